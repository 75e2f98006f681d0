//! Runs guests.

use crate::{
	abi::{VmError, VmInput, VmOutput, ABI_VERSION},
	costs,
	frame::{ended, Frame, Stop},
	imports::import,
	limits, Facts, Function, Host, Meter,
};
use alloc::{collections::BTreeMap, vec, vec::Vec};
use codec::{DecodeAll, Encode};
use wasmi::{
	AsContextMut, CompilationMode, Config, Engine, Error, Extern, ExternType, Instance, Memory,
	Store, TypedFunc, WasmParams, WasmResults,
};

/// How many bytes of the host's memory a module takes at most for each byte of its code, or of
/// [`limits::MODULE_BYTES`] if that is more.
pub const HEAP_BYTES_PER_CODE_BYTE: u64 = 64;

/// How wasmi is set up for a module with functions of so many locals at most.
pub(crate) fn engine(locals: u16, mode: CompilationMode) -> Engine {
	let mut config = Config::default();
	config
		.wasm_mutable_global(true)
		.wasm_sign_extension(true)
		.wasm_multi_value(true)
		.wasm_bulk_memory(true)
		.wasm_saturating_float_to_int(false)
		.wasm_multi_memory(false)
		.wasm_reference_types(false)
		.wasm_tail_call(false)
		.wasm_extended_const(false)
		.wasm_custom_page_sizes(false)
		.wasm_wide_arithmetic(false)
		.floats(false)
		.allow_start_fn(false)
		.ignore_custom_sections(true)
		.consume_fuel(true)
		.operator_cost(costs::operators(locals))
		.fuel_cost(costs::bytes())
		.compilation_mode(mode)
		.set_max_recursion_depth(limits::NESTING as usize)
		.set_max_stack_height(limits::STACK_BYTES as usize)
		// A module that is kept for another call keeps no stack.
		.set_max_cached_stacks(0);
	Engine::new(&config)
}

/// A guest's code, ready to be run.
#[derive(Clone)]
pub struct Module {
	module: wasmi::Module,
	code_bytes: u32,
	/// What its parts take to be loaded.
	parts: u64,
	/// Of its memory in the beginning.
	pages: u32,
}

/// The modules of one dispatched call. They are translated as they are run, which costs fuel: so they
/// are shared by the frames of that call, and by no other. Only so many are kept: nobody pays for the
/// memory that they take.
#[derive(Default)]
pub struct Modules {
	modules: BTreeMap<[u8; 32], Module>,
	bytes: u32,
}

impl Modules {
	/// The module of this hash, whose code of so many bytes is given if it is not there yet. It is charged
	/// for as it is run; who could not pay for that has nothing read, or nothing parsed.
	pub fn load<E: From<VmError>>(
		&mut self,
		hash: [u8; 32],
		code_bytes: u32,
		meter: &mut Meter,
		code: impl FnOnce(&mut Meter) -> Result<(Vec<u8>, Facts), E>,
	) -> Result<Module, E> {
		if let Some(module) = self.modules.get(&hash) {
			return Ok(module.clone());
		}
		let can_pay = |meter: &mut Meter, parts| {
			let can = meter.has(costs::code_load(code_bytes.into(), parts, 0));
			if !can {
				meter.exhaust();
			}
			can.then_some(()).ok_or(VmError::FuelExhausted)
		};
		can_pay(meter, 0)?;
		let (bytes, facts) = code(meter)?;
		can_pay(meter, facts.load)?;
		let module = Module::new(&bytes, &facts)?;
		let counted = code_bytes.max(limits::MODULE_BYTES);
		self.bytes = self.bytes.saturating_add(counted);
		if self.bytes > limits::MODULES_BYTES {
			// Those of frames that wait stay as long as these.
			self.modules.clear();
			self.bytes = counted;
		}
		self.modules.insert(hash, module.clone());
		Ok(module)
	}
}

impl Module {
	/// Of code that [`admit`](crate::admit) has let in, with what it then said.
	#[allow(unsafe_code)]
	pub fn new(code: &[u8], facts: &Facts) -> Result<Self, VmError> {
		let engine = engine(facts.locals, CompilationMode::LazyTranslation);
		// SAFETY: `admit` has validated it for an engine with the same features.
		let module = unsafe { wasmi::Module::new_unchecked(&engine, code) };
		let module = module.map_err(|_| VmError::MalformedAbi)?;
		let code_bytes = u32::try_from(code.len()).map_err(|_| VmError::ResourceLimitExceeded)?;
		let Some(ExternType::Memory(memory)) = module.get_export("memory") else {
			return Err(VmError::MalformedAbi);
		};
		let pages = u32::try_from(memory.minimum()).map_err(|_| VmError::ResourceLimitExceeded)?;
		Ok(Self { module, code_bytes, parts: facts.load, pages })
	}
}

/// Runs a guest in a frame of its own: gives it its input, and reads what it answers. What it uses is
/// charged to the meter whatever comes of it.
pub fn run<H: Host>(
	module: &Module,
	pages: u32,
	input: &VmInput,
	host: &mut H,
	meter: &mut Meter,
) -> Result<VmOutput, VmError> {
	let own = core::mem::replace(meter, Meter::new(0));
	let mut store = Store::new(module.module.engine(), Frame::new(host, own, pages));
	store.limiter(|frame| &mut frame.limits);
	let result = in_store(module, &mut store, &input.encode());
	*meter = store.into_data().meter;
	match result {
		Ok(output) => Ok(output),
		Err(Stop::Terminated) => Ok(VmOutput { abi: ABI_VERSION, status: 0, data: Vec::new() }),
		Err(Stop::Failed(error)) => {
			if error == VmError::FuelExhausted {
				meter.exhaust();
			}
			Err(error)
		}
	}
}

fn in_store<H: Host>(
	module: &Module,
	store: &mut Store<Frame<'_, H>>,
	input: &[u8],
) -> Result<VmOutput, Stop> {
	if input.len() > limits::INPUT_BYTES as usize {
		return Err(VmError::ResourceLimitExceeded.into());
	}
	let load = costs::code_load(module.code_bytes.into(), module.parts, input.len() as u64);
	store.data_mut().meter.charge(load)?;
	let mut guest = Guest::new(module, store)?;

	let length = i32::try_from(input.len()).map_err(|_| VmError::ResourceLimitExceeded)?;
	let room = guest.call("alloc", length)?;
	guest.write(room, input)?;
	let answer: i32 = guest.call("execute", (room, length))?;
	if answer < 0 {
		let status = answer.unsigned_abs();
		return Ok(VmOutput { abi: ABI_VERSION, status, data: Vec::new() });
	}
	let length: i32 = guest.call("output_len", ())?;
	let output = guest.read(answer, length)?;
	let output = VmOutput::decode_all(&mut &output[..]).map_err(|_| VmError::MalformedAbi)?;
	match output.abi {
		ABI_VERSION => Ok(output),
		_ => Err(VmError::MalformedAbi.into()),
	}
}

/// An instance, with what the machine needs of it.
struct Guest<'s, 'a, H> {
	store: &'s mut Store<Frame<'a, H>>,
	instance: Instance,
	memory: Memory,
}

impl<'s, 'a, H: Host> Guest<'s, 'a, H> {
	fn new(module: &Module, store: &'s mut Store<Frame<'a, H>>) -> Result<Self, Stop> {
		let names = module.module.imports().map(|import| Function::of_name(import.name()));
		let functions: Option<Vec<Function>> = names.collect();
		let functions = functions.ok_or(VmError::MalformedAbi)?;
		// Each is of the table, with its type: admitted code has no other imports.
		let imports: Vec<Extern> =
			functions.into_iter().map(|function| import(store, function).into()).collect();
		// Before there is anything: that memory has to be paid for too.
		let bytes = u64::from(module.pages).saturating_mul(limits::PAGE_BYTES.into());
		store.data_mut().charge_initial_memory(bytes)?;
		let instance = Instance::new(&mut *store, &module.module, &imports);
		let instance = instance.map_err(|error| ended(&error))?;
		let memory = instance.get_memory(&*store, "memory").ok_or(VmError::MalformedAbi)?;
		store.data_mut().memory = Some(memory);
		Ok(Self { store, instance, memory })
	}

	/// Calls one of the guest's functions.
	fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, params: P) -> Result<R, Stop> {
		let function: TypedFunc<P, R> = self
			.instance
			.get_typed_func(&*self.store, name)
			.map_err(|_| Stop::from(VmError::MalformedAbi))?;
		let given = self.store.data_mut().give();
		self.store.set_fuel(given).map_err(|error| ended(&error))?;
		let result = function.call(self.store.as_context_mut(), params);
		let left = self.store.get_fuel().map_err(|error| ended(&error))?;
		let memory_bytes = self.memory.data_size(&*self.store);
		let taken_back = self.store.data_mut().take_back(left, memory_bytes);
		let result = result.map_err(|error: Error| ended(&error))?;
		taken_back?;
		Ok(result)
	}

	fn write(&mut self, at: i32, bytes: &[u8]) -> Result<(), VmError> {
		let at = at as u32 as usize;
		self.memory.write(&mut *self.store, at, bytes).map_err(|_| VmError::MemoryViolation)
	}

	/// What lies in the guest's memory: room for it is made only when it is known to be there.
	fn read(&mut self, at: i32, length: i32) -> Result<Vec<u8>, Stop> {
		let length = usize::try_from(length).map_err(|_| VmError::MemoryViolation)?;
		if length > limits::OUTPUT_BYTES as usize {
			return Err(VmError::ResourceLimitExceeded.into());
		}
		self.store.data_mut().meter.charge(costs::output(length as u64))?;
		let at = at as u32 as usize;
		let there = self.memory.data_size(&*self.store);
		if at.checked_add(length).is_none_or(|end| end > there) {
			return Err(VmError::MemoryViolation.into());
		}
		let mut bytes = vec![0; length];
		let read = self.memory.read(&*self.store, at, &mut bytes);
		read.map_err(|_| VmError::MemoryViolation)?;
		Ok(bytes)
	}
}
