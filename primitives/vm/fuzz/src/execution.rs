//! Guests that are let in, run with a limit: the same twice, and never more than the limit.

use crate::{
	host::{Asked, State, World},
	import, smith, PAGES,
};
use arbitrary::{Arbitrary, Unstructured};
use mbongo_vm::{admit, limits, Function, Meter, Module, VmCall, VmError, VmOutput};
use std::ops::AddAssign;

/// The most gas of a run: the fuzzer's own build takes a while for it.
const MOST_GAS: u64 = 400_000;

/// What was run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ran {
	/// Bytes that make no module, or one that is refused.
	pub none: u64,
	/// Guests that were run.
	pub guests: u64,
	/// Of those, that succeeded.
	pub successes: u64,
	/// Of those, that ran out of gas.
	pub out_of_gas: u64,
	/// Calls of the host.
	pub asked: u64,
	/// Of those, that ended the run.
	pub refused: u64,
}

impl AddAssign for Ran {
	fn add_assign(&mut self, other: Self) {
		self.none += other.none;
		self.guests += other.guests;
		self.successes += other.successes;
		self.out_of_gas += other.out_of_gas;
		self.asked += other.asked;
		self.refused += other.refused;
	}
}

/// Makes a guest of the bytes and runs it twice. Panics if that is not the same, or not in order.
pub fn execution(bytes: &[u8]) -> Ran {
	let mut input = Unstructured::new(bytes);
	let none = Ran { none: 1, ..Ran::default() };
	let Ok(code) = made(&mut input) else { return none };
	let Ok(facts) = admit(&code, PAGES) else { return none };
	let gas = match input.int_in_range(0..=3_u8).unwrap_or_default() {
		0 => input.int_in_range(0..=100_000).unwrap_or_default(),
		1 => input.int_in_range(0..=MOST_GAS).unwrap_or_default(),
		_ => MOST_GAS,
	};
	let is_read_only = input.ratio(1, 4).unwrap_or_default();
	let args = Vec::arbitrary(&mut input).unwrap_or_default();
	let call = VmCall { function: "f".into(), args };
	let again = || {
		let module = Module::new(&code, &facts).expect("it was let in");
		run(&module, gas, is_read_only, call.clone())
	};
	let (first, second) = (again(), again());
	assert_eq!(first, second, "the same is not the same");
	let (result, .., asked) = first;
	Ran {
		guests: 1,
		successes: result.as_ref().is_ok_and(VmOutput::is_success).into(),
		out_of_gas: (result == Err(VmError::FuelExhausted)).into(),
		asked: asked.len() as u64,
		refused: asked.iter().filter(|(.., result, _, _)| result.is_err()).count() as u64,
		none: 0,
	}
}

/// The guest that is run.
pub fn guest(bytes: &[u8]) -> Option<Vec<u8>> {
	made(&mut Unstructured::new(bytes)).ok()
}

fn made(input: &mut Unstructured) -> arbitrary::Result<Vec<u8>> {
	match input.ratio(1, 4) {
		Ok(true) => smith::guest(input),
		_ => Program::arbitrary(input).map(|program| program.code()),
	}
}

type Outcome = (std::result::Result<VmOutput, VmError>, Meter, State, Vec<Asked>);

/// Runs a guest, and looks at what must hold of every run.
pub fn run(module: &Module, gas: u64, is_read_only: bool, call: VmCall) -> Outcome {
	let mut world = World::new(module, is_read_only);
	let before = world.state.clone();
	let mut meter = Meter::new(gas);
	let result = world.run(call, &mut meter);
	assert!(meter.used() <= meter.needed() && meter.needed() <= gas, "{meter:?} of {gas}");
	if result == Err(VmError::FuelExhausted) {
		assert_eq!((meter.used(), meter.left()), (gas, 0));
	}
	if is_read_only || !result.as_ref().is_ok_and(VmOutput::is_success) {
		assert!(world.state == before, "something is left");
	}
	if let Ok(output) = &result {
		assert!(output.data.len() <= limits::OUTPUT_BYTES as usize);
	}
	(result, meter, world.state, world.asked)
}

/// A number for an argument.
#[derive(Arbitrary, Clone, Debug)]
enum Number {
	/// A place that is in memory.
	Place(u16),
	Length(u8),
	Address,
	/// Where the machine looks twice.
	Edge(Edge),
	/// What a function has answered.
	Answer(u8),
	Any(i64),
}

#[derive(Arbitrary, Clone, Debug)]
enum Edge {
	Lowest,
	Highest,
	MinusOne,
	/// Where memory ends.
	Memory,
	/// The last place in memory.
	LastByte,
	/// A page, and the longest input or output.
	Page,
	/// A byte more than a value in storage may have.
	Value,
}

/// Something that a guest does.
#[derive(Arbitrary, Clone, Debug)]
enum Step {
	/// Calls a function of the host, and keeps what it answers.
	Ask {
		function: u8,
		arguments: [Number; 8],
		keep: u8,
	},
	/// As before, with arguments that are in order.
	AskWell {
		function: u8,
		keep: u8,
	},
	Store {
		at: u16,
		number: i64,
	},
	Fill {
		at: u16,
		byte: u8,
		length: u16,
	},
	Grow(u8),
	Times {
		count: u8,
		steps: Vec<Step>,
	},
	IfAnswer {
		keep: u8,
		steps: Vec<Step>,
	},
	Trap(u8),
	Refuse(i32),
}

/// What a guest does, and how it answers.
#[derive(Arbitrary, Clone, Debug)]
struct Program {
	pages: u8,
	room: u16,
	steps: Vec<Step>,
	in_alloc: Vec<Step>,
	in_length: Vec<Step>,
	length: Option<i32>,
}

impl Program {
	fn code(&self) -> Vec<u8> {
		let imports: String = Function::ALL.iter().copied().map(import).collect();
		let length = self.length.unwrap_or(9);
		// The guest's own address at 512, and an empty output at 768.
		let text = format!(
			r#"(module {imports} (memory (export "memory") {} 16)
			(data (i32.const 512) "{}") (data (i32.const 768) "\01\00\00\00\00\0c\01\02\03")
			(global $k0 (mut i64) (i64.const 0)) (global $k1 (mut i64) (i64.const 0))
			(func (export "alloc") (param i32) (result i32) (local $n0 i32) (local $n1 i32)
				{} (i32.const {}))
			(func (export "output_len") (result i32) (local $n0 i32) (local $n1 i32)
				{} (i32.const {length}))
			(func (export "execute") (param i32 i32) (result i32) (local $n0 i32) (local $n1 i32)
				{} (i32.const 768)))"#,
			1 + self.pages % 4,
			"\\64".repeat(32),
			steps(&self.in_alloc, 0),
			4_096 + u32::from(self.room),
			steps(&self.in_length, 0),
			steps(&self.steps, 0),
		);
		wat::parse_str(text).expect("it is a module")
	}
}

fn steps(steps: &[Step], depth: usize) -> String {
	steps.iter().map(|step| step.text(depth)).collect()
}

impl Number {
	fn text(&self, kind: &str) -> String {
		let number = match self {
			Self::Place(at) => i64::from(*at),
			Self::Length(length) => i64::from(*length),
			Self::Address => 512,
			Self::Edge(edge) => match edge {
				Edge::Lowest if kind == "i64" => i64::MIN,
				Edge::Highest if kind == "i64" => i64::MAX,
				Edge::Lowest => i64::from(i32::MIN),
				Edge::Highest => i64::from(i32::MAX),
				Edge::MinusOne => -1,
				Edge::Memory => return before_end(0, kind),
				Edge::LastByte => return before_end(1, kind),
				Edge::Page => limits::PAGE_BYTES.into(),
				Edge::Value => i64::from(limits::VALUE_BYTES) + 1,
			},
			Self::Answer(keep) if kind == "i32" => {
				return format!("(i32.wrap_i64 (global.get $k{}))", keep % 2);
			}
			Self::Answer(keep) => return format!("(global.get $k{})", keep % 2),
			Self::Any(number) if kind == "i32" => i64::from(*number as i32),
			Self::Any(number) => *number,
		};
		format!("({kind}.const {number})")
	}
}

/// The place so many bytes before the end of memory: of what there is by then, since it may have grown.
fn before_end(bytes: u32, kind: &str) -> String {
	let place = format!("(i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const {bytes}))");
	match kind {
		"i64" => format!("(i64.extend_i32_u {place})"),
		_ => place,
	}
}

impl Step {
	fn text(&self, depth: usize) -> String {
		match self {
			Self::Ask { function, arguments, keep } => {
				let function = Function::ALL[*function as usize % Function::ALL.len()];
				let kinds = function.parameters().iter();
				let text: String = kinds
					.zip(arguments)
					.map(|(kind, argument)| argument.text(&kind.to_string()))
					.collect();
				asking(function, &text, *keep)
			}
			Self::AskWell { function, keep } => {
				let function = Function::ALL[*function as usize % Function::ALL.len()];
				let kinds = function.parameters().iter();
				let text: String = kinds
					.zip(well(function))
					.map(|(kind, n)| format!("({kind}.const {n})"))
					.collect();
				asking(function, &text, *keep)
			}
			Self::Store { at, number } => {
				format!("(i64.store (i32.const {at}) (i64.const {number}))")
			}
			Self::Fill { at, byte, length } => {
				format!("(memory.fill (i32.const {at}) (i32.const {byte}) (i32.const {length}))")
			}
			Self::Grow(pages) => format!("(drop (memory.grow (i32.const {})))", pages % 20),
			Self::Times { count, steps: inner } if depth < 2 => format!(
				"(local.set $n{depth} (i32.const {count})) (loop {} (br_if 0 (i32.gt_s
				(local.tee $n{depth} (i32.sub (local.get $n{depth}) (i32.const 1))) (i32.const 0))))",
				steps(inner, depth + 1)
			),
			Self::Times { steps: inner, .. } => steps(inner, depth),
			Self::IfAnswer { keep, steps: inner } => {
				format!("(if (i64.eqz (global.get $k{})) (then {}))", keep % 2, steps(inner, depth))
			}
			Self::Trap(which) => match which % 8 {
				0 => "(unreachable)".into(),
				1 => "(drop (i32.div_s (i32.const 1) (local.get $n0)))".into(),
				2 => "(drop (i32.load (i32.const -1)))".into(),
				3 => "(loop (br 0))".into(),
				_ => String::new(),
			},
			// Only from time to time.
			Self::Refuse(status) if status % 4 == 0 => format!("(return (i32.const {status}))"),
			Self::Refuse(_) => String::new(),
		}
	}
}

fn asking(function: Function, arguments: &str, keep: u8) -> String {
	let call = format!("(call ${} {arguments})", function.name());
	match function.results() {
		[] => call,
		[kind] if kind.to_string() == "i64" => format!("(global.set $k{} {call})", keep % 2),
		_ => format!("(global.set $k{} (i64.extend_i32_s {call}))", keep % 2),
	}
}

/// Arguments that are in order.
fn well(function: Function) -> Vec<i64> {
	// The own address, nobody's, an amount of nothing, a call, room.
	let (own, nobody, amount, call, out) = (512, 32, 64, 96, 1_024);
	match function {
		Function::Log => vec![0, 8],
		Function::Balance => vec![own, 32],
		Function::BalanceWide => vec![own, 32, out],
		Function::Transfer => vec![own, 32, nobody, 32, 1],
		Function::TransferWide => vec![own, 32, nobody, 32, amount],
		Function::StorageRead => vec![0, 8, out, 64],
		Function::StorageWrite => vec![0, 8, own, 64],
		Function::StorageDelete | Function::StorageLen => vec![0, 8],
		Function::EmitEvent => vec![0, 8, own, 8],
		Function::HashBlake2 | Function::HashSha2 | Function::HashKeccak => vec![0, 64, out],
		Function::VerifyEd25519 | Function::VerifySr25519 => vec![0, own, 0, 8],
		Function::Call => vec![own, amount, 100_000, call, 2],
		Function::OutputCopy => vec![out, 8],
		Function::Deploy => vec![nobody, 0, 8, amount, 100_000, call, 2, out],
		Function::SetCode => vec![nobody],
		Function::Terminate => vec![nobody, 32],
		Function::RequestCompute => vec![0, 8, amount, 0, 8, 1_000],
		Function::RandomAt => vec![3, out],
	}
}
