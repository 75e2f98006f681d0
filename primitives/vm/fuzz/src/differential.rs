//! The guest machine's wasmi against wasmtime: the same module, the same calls, the same results.

use crate::{dense, smith, PAGES};
use arbitrary::Unstructured;
use mbongo_vm::fuzzing::{
	engine, judge,
	wasmi::{self, errors::ErrorKind, CompilationMode, TrapCode},
};
use std::{ops::AddAssign, sync::OnceLock};

/// What wasmtime may burn in a call: an instruction each.
const FUEL: u64 = 100_000;
/// What wasmi may: more, since its instructions cost more.
const WASMI_FUEL: u64 = 40 * FUEL;

/// What was compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Compared {
	/// Modules that were run.
	pub modules: u64,
	/// Of those, modules of wasm-smith.
	pub smith: u64,
	/// Modules that a rule refuses.
	pub refused: u64,
	/// Bytes that make no module.
	pub none: u64,
	/// Modules that could not be instantiated, on either side.
	pub stillborn: u64,
	/// Of those, modules that returned from a call, and did a hundred instructions.
	pub busy: u64,
	/// Of those, modules whose memory or globals became others.
	pub changed: u64,
	/// Calls whose results, memory and globals are the same.
	pub calls: u64,
	/// Of those, calls that ended in the same trap.
	pub traps: u64,
	/// Of those, calls that returned values.
	pub values: u64,
	/// Instructions in those, as wasmtime counts.
	pub instructions: u64,
	/// Calls that ran out of fuel on either side, which ends the comparison of the module.
	pub out_of_fuel: u64,
	/// Calls that ran out of stack, likewise.
	pub out_of_stack: u64,
}

impl AddAssign for Compared {
	fn add_assign(&mut self, other: Self) {
		self.modules += other.modules;
		self.smith += other.smith;
		self.busy += other.busy;
		self.changed += other.changed;
		self.refused += other.refused;
		self.none += other.none;
		self.stillborn += other.stillborn;
		self.calls += other.calls;
		self.traps += other.traps;
		self.values += other.values;
		self.instructions += other.instructions;
		self.out_of_fuel += other.out_of_fuel;
		self.out_of_stack += other.out_of_stack;
	}
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
enum End {
	Values(Vec<i64>),
	Unreachable,
	DivisionByZero,
	Overflow,
	OutsideTable,
	NoFunction,
	OtherType,
	OutsideMemory,
	OutOfFuel,
	OutOfStack,
}

/// An instance on one of the sides.
trait Side {
	fn call(&mut self, name: &str, arguments: &[i64]) -> End;
	fn memory(&self) -> &[u8];
	fn global(&mut self, name: &str) -> i64;
}

/// What a module exports.
struct Exports {
	functions: Vec<(String, Vec<wasmtime::ValType>, usize)>,
	globals: Vec<String>,
	memory: Option<String>,
}

/// Makes a module of the bytes and compares what becomes of its functions. Panics if that is not the
/// same.
pub fn differential(bytes: &[u8]) -> Compared {
	let mut input = Unstructured::new(bytes);
	let is_dense = is_dense(&mut input);
	let module = match is_dense {
		true => dense::closed(&mut input),
		false => smith::closed(&mut input),
	};
	let Ok(code) = module else { return Compared { none: 1, ..Compared::default() } };
	let seen = compare(&code, &mut input);
	let is_called = seen.calls > 0;
	Compared { smith: (is_called && !is_dense).into(), ..seen }
}

/// A guest that calls the functions which are compared, again and again. There is none where they are
/// wasm-smith's: such a module does not export what a guest must.
pub fn guest(bytes: &[u8]) -> Option<Vec<u8>> {
	let mut input = Unstructured::new(bytes);
	match is_dense(&mut input) {
		true => dense::guest(&mut input).ok(),
		false => None,
	}
}

/// Whether these bytes make a module of wasm-smith's.
pub fn is_smith(bytes: &[u8]) -> bool {
	!is_dense(&mut Unstructured::new(bytes))
}

fn is_dense(input: &mut Unstructured) -> bool {
	input.ratio(1, 2) == Ok(true)
}

fn wasmtime_engine() -> &'static wasmtime::Engine {
	static ENGINE: OnceLock<wasmtime::Engine> = OnceLock::new();
	ENGINE.get_or_init(|| {
		let mut config = wasmtime::Config::new();
		config
			.consume_fuel(true)
			.cranelift_opt_level(wasmtime::OptLevel::None)
			.memory_reservation(0)
			.memory_guard_size(0)
			.memory_init_cow(false)
			.wasm_simd(false)
			.wasm_relaxed_simd(false)
			.wasm_multi_memory(false)
			.wasm_memory64(false)
			.wasm_tail_call(false)
			.wasm_extended_const(false)
			.wasm_backtrace(false);
		wasmtime::Engine::new(&config).expect("the features are there")
	})
}

/// Whether wasmtime takes a module for a valid one.
pub fn is_valid(code: &[u8]) -> bool {
	wasmtime::Module::validate(wasmtime_engine(), code).is_ok()
}

fn compare(code: &[u8], input: &mut Unstructured) -> Compared {
	let mut seen = Compared::default();
	let theirs = wasmtime::Module::new(wasmtime_engine(), code);
	let theirs = theirs.unwrap_or_else(|error| panic!("a module is not valid: {error:?}"));
	let Ok(locals) = judge(code, PAGES) else {
		seen.refused = 1;
		return seen;
	};
	let exports = exports(&theirs);
	let mut sides: Vec<Box<dyn Side>> = Vec::new();
	let (reference, theirs_failed) = match Wasmtime::new(&theirs, &exports) {
		Ok(side) => (Some(side), None),
		Err(end) => (None, Some(end)),
	};
	for mode in [CompilationMode::Eager, CompilationMode::LazyTranslation] {
		match Wasmi::new(code, locals, mode, &exports) {
			Ok(side) => sides.push(Box::new(side)),
			Err(end) => {
				assert_eq!(Some(end), theirs_failed, "instances are not made alike");
			}
		}
	}
	let Some(mut reference) = reference else {
		assert!(sides.is_empty(), "only wasmtime makes no instance: {theirs_failed:?}");
		seen.stillborn = 1;
		return seen;
	};
	assert_eq!(sides.len(), 2, "only wasmtime makes an instance");
	same(&mut reference, &mut sides, &exports, "in the beginning");
	let beginning = state(&mut reference, &exports);
	calls(&mut reference, &mut sides, &exports, input, &mut seen);
	seen.modules = 1;
	seen.busy = u64::from(seen.calls > seen.traps && seen.instructions >= 100);
	seen.changed = u64::from(state(&mut reference, &exports) != beginning);
	seen
}

/// Memory and globals.
fn state(reference: &mut Wasmtime, exports: &Exports) -> (Vec<u8>, Vec<i64>) {
	let globals = exports.globals.iter().map(|name| reference.global(name)).collect();
	(reference.memory().to_vec(), globals)
}

fn calls(
	reference: &mut Wasmtime,
	sides: &mut [Box<dyn Side>],
	exports: &Exports,
	input: &mut Unstructured,
	seen: &mut Compared,
) {
	// Each a few times, since what came before stays in memory, and on wasmi's stack.
	for round in 0..3 {
		for (name, parameters, _) in &exports.functions {
			let arguments: Vec<i64> = parameters.iter().map(|kind| argument(kind, input)).collect();
			let expected = reference.call(name, &arguments);
			let ends: Vec<End> = sides.iter_mut().map(|side| side.call(name, &arguments)).collect();
			for end in ends.iter().chain([&expected]) {
				seen.out_of_fuel += u64::from(*end == End::OutOfFuel);
				seen.out_of_stack += u64::from(*end == End::OutOfStack);
			}
			if seen.out_of_fuel + seen.out_of_stack > 0 {
				// They stopped at different places.
				seen.out_of_fuel = seen.out_of_fuel.min(1);
				seen.out_of_stack = seen.out_of_stack.min(1);
				return;
			}
			for end in ends {
				assert_eq!(end, expected, "{name} of {arguments:?} in round {round}");
			}
			same(reference, sides, exports, name);
			seen.calls += 1;
			seen.instructions += FUEL - reference.store.get_fuel().expect("it is counted");
			match expected {
				End::Values(values) => seen.values += u64::from(!values.is_empty()),
				_ => seen.traps += 1,
			}
		}
	}
}

/// An argument: mostly one where something changes.
fn argument(kind: &wasmtime::ValType, input: &mut Unstructured) -> i64 {
	let special = [0, 1, -1, 2, 7, 31, 63, 127, -128, 65_535, 65_536];
	let ends = [i64::from(i32::MIN), i64::from(i32::MAX), i64::MIN, i64::MAX];
	let number = match input.int_in_range(0..=3_u8).unwrap_or_default() {
		0 => input.arbitrary().unwrap_or_default(),
		1 => input.choose(&ends).copied().unwrap_or_default(),
		_ => input.choose(&special).copied().unwrap_or_default(),
	};
	match kind {
		wasmtime::ValType::I32 => i64::from(number as i32),
		_ => number,
	}
}

/// That memories and globals are the same.
fn same(reference: &mut Wasmtime, sides: &mut [Box<dyn Side>], exports: &Exports, when: &str) {
	for side in sides {
		assert!(side.memory() == reference.memory(), "memories differ after {when}");
		for global in &exports.globals {
			assert_eq!(side.global(global), reference.global(global), "{global} after {when}");
		}
	}
}

fn exports(module: &wasmtime::Module) -> Exports {
	let mut exports = Exports { functions: Vec::new(), globals: Vec::new(), memory: None };
	for export in module.exports() {
		let name = export.name().to_owned();
		match export.ty() {
			wasmtime::ExternType::Func(kind) => {
				exports.functions.push((name, kind.params().collect(), kind.results().len()))
			}
			wasmtime::ExternType::Global(_) => exports.globals.push(name),
			wasmtime::ExternType::Memory(_) => exports.memory = Some(name),
			_ => (),
		}
	}
	exports
}

struct Wasmtime {
	store: wasmtime::Store<()>,
	instance: wasmtime::Instance,
	memory: Option<wasmtime::Memory>,
}

impl Wasmtime {
	fn new(module: &wasmtime::Module, exports: &Exports) -> Result<Self, End> {
		let mut store = wasmtime::Store::new(wasmtime_engine(), ());
		store.set_fuel(FUEL).expect("it is counted");
		let instance = wasmtime::Instance::new(&mut store, module, &[]);
		let instance = instance.map_err(|error| Self::end(&error))?;
		let memory = exports.memory.as_ref();
		let memory = memory.and_then(|name| instance.get_memory(&mut store, name));
		Ok(Self { store, instance, memory })
	}

	fn end(error: &wasmtime::Error) -> End {
		use wasmtime::Trap;
		match error.downcast_ref::<Trap>() {
			Some(Trap::UnreachableCodeReached) => End::Unreachable,
			Some(Trap::IntegerDivisionByZero) => End::DivisionByZero,
			Some(Trap::IntegerOverflow) => End::Overflow,
			Some(Trap::TableOutOfBounds) => End::OutsideTable,
			Some(Trap::IndirectCallToNull) => End::NoFunction,
			Some(Trap::BadSignature) => End::OtherType,
			Some(Trap::MemoryOutOfBounds) => End::OutsideMemory,
			Some(Trap::OutOfFuel) => End::OutOfFuel,
			Some(Trap::StackOverflow) => End::OutOfStack,
			_ => panic!("wasmtime: {error:?}"),
		}
	}
}

impl Side for Wasmtime {
	fn call(&mut self, name: &str, arguments: &[i64]) -> End {
		use wasmtime::{Val, ValType};
		let function = self.instance.get_func(&mut self.store, name).expect("it is exported");
		let kind = function.ty(&self.store);
		let arguments: Vec<Val> = kind
			.params()
			.zip(arguments)
			.map(|(kind, number)| match kind {
				ValType::I32 => Val::I32(*number as i32),
				_ => Val::I64(*number),
			})
			.collect();
		let mut results = vec![Val::I32(0); kind.results().len()];
		self.store.set_fuel(FUEL).expect("it is counted");
		match function.call(&mut self.store, &arguments, &mut results) {
			Err(error) => Self::end(&error),
			Ok(()) => End::Values(
				results
					.iter()
					.map(|value| match value {
						Val::I32(number) => i64::from(*number),
						Val::I64(number) => *number,
						other => panic!("{other:?} is no number"),
					})
					.collect(),
			),
		}
	}

	fn memory(&self) -> &[u8] {
		self.memory.map(|memory| memory.data(&self.store)).unwrap_or_default()
	}

	fn global(&mut self, name: &str) -> i64 {
		let global = self.instance.get_global(&mut self.store, name).expect("it is exported");
		match global.get(&mut self.store) {
			wasmtime::Val::I32(number) => i64::from(number),
			wasmtime::Val::I64(number) => number,
			other => panic!("{other:?} is no number"),
		}
	}
}

struct Wasmi {
	store: wasmi::Store<()>,
	instance: wasmi::Instance,
	memory: Option<wasmi::Memory>,
}

impl Wasmi {
	fn new(
		code: &[u8],
		locals: u16,
		mode: CompilationMode,
		exports: &Exports,
	) -> Result<Self, End> {
		let engine = engine(locals, mode);
		let module = wasmi::Module::new(&engine, code).expect("a valid module is translated");
		let mut store = wasmi::Store::new(&engine, ());
		store.set_fuel(WASMI_FUEL).expect("it is counted");
		let instance = wasmi::Instance::new(&mut store, &module, &[]);
		let instance = instance.map_err(|error| Self::end(&error))?;
		let memory = exports.memory.as_ref();
		let memory = memory.and_then(|name| instance.get_memory(&store, name));
		Ok(Self { store, instance, memory })
	}

	fn end(error: &wasmi::Error) -> End {
		if let ErrorKind::Instantiation(
			wasmi::errors::InstantiationError::ElementSegmentDoesNotFit { .. },
		) = error.kind()
		{
			return End::OutsideTable;
		}
		match error.as_trap_code() {
			Some(TrapCode::UnreachableCodeReached) => End::Unreachable,
			Some(TrapCode::IntegerDivisionByZero) => End::DivisionByZero,
			Some(TrapCode::IntegerOverflow) => End::Overflow,
			Some(TrapCode::TableOutOfBounds) => End::OutsideTable,
			Some(TrapCode::IndirectCallToNull) => End::NoFunction,
			Some(TrapCode::BadSignature) => End::OtherType,
			Some(TrapCode::MemoryOutOfBounds) => End::OutsideMemory,
			Some(TrapCode::OutOfFuel) => End::OutOfFuel,
			Some(TrapCode::StackOverflow) => End::OutOfStack,
			_ => panic!("wasmi: {error:?}"),
		}
	}
}

impl Side for Wasmi {
	fn call(&mut self, name: &str, arguments: &[i64]) -> End {
		use wasmi::{Val, ValType};
		let function = self.instance.get_func(&self.store, name).expect("it is exported");
		let kind = function.ty(&self.store);
		let arguments: Vec<Val> = kind
			.params()
			.iter()
			.zip(arguments)
			.map(|(kind, number)| match kind {
				ValType::I32 => Val::I32(*number as i32),
				_ => Val::I64(*number),
			})
			.collect();
		let mut results = vec![Val::I32(0); kind.results().len()];
		self.store.set_fuel(WASMI_FUEL).expect("it is counted");
		match function.call(&mut self.store, &arguments, &mut results) {
			Err(error) => Self::end(&error),
			Ok(()) => End::Values(
				results
					.iter()
					.map(|value| match value {
						Val::I32(number) => i64::from(*number),
						Val::I64(number) => *number,
						other => panic!("{other:?} is no number"),
					})
					.collect(),
			),
		}
	}

	fn memory(&self) -> &[u8] {
		self.memory.map(|memory| memory.data(&self.store)).unwrap_or_default()
	}

	fn global(&mut self, name: &str) -> i64 {
		let global = self.instance.get_global(&self.store, name).expect("it is exported");
		match global.get(&self.store) {
			wasmi::Val::I32(number) => i64::from(number),
			wasmi::Val::I64(number) => number,
			other => panic!("{other:?} is no number"),
		}
	}
}
