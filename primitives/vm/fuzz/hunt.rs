//! Looks for code that takes more time than its gas says, by making a lot of it:
//! `cargo run --release --example hunt -- COUNT [FIRST]`, FIRST being the first seed. What takes over
//! twice as much time for its gas as the benchmark's loops is named, and the text of the ten worst is kept.
//!
//! `cargo run --release --example hunt -- corpus` measures the guests that the fuzz targets make of their
//! corpus instead: how many there are, what a gas takes in the median and at worst, and how many take over
//! twice as much as a gas stands for, or as the loops do. Those are named. `scripts/test --full` runs it.
//!
//! Natively, and in the processor's time: what counts is by how much one takes more than another. Times
//! are never a failure; that nothing could be measured is one.

use arbitrary::Unstructured;
use mbongo_gas::PICOS_PER_GAS;
use mbongo_vm::{admit, Facts, Module, VmCall};
use mbongo_vm_fuzz::{bytes, dense, run, smith, GUESTS, PAGES};
use rustix::time::{clock_gettime, ClockId};
use std::{
	env, fs,
	path::{Path, PathBuf},
	process::ExitCode,
};

/// The gas of a run.
const GAS: u64 = 1_000_000;
/// Who uses less is done too soon to be measured.
const LEAST_GAS: u64 = 100_000;
/// How often each is run.
const ROUNDS: usize = 3;
/// How often what seems to be too cheap is run again, and what it is compared with. Those of the corpus
/// are few, and run as often at once.
const MORE_ROUNDS: usize = 15;
/// How often one of the corpus is measured that seems to be too cheap each time.
const TRIES: usize = 5;
/// What is too much, beside the benchmark's loops.
const TIMES: f64 = 2.0;
/// What is too much, in picoseconds for a gas.
const MOST_PICOS: f64 = TIMES * PICOS_PER_GAS as f64;
/// How many are kept.
const KEPT: usize = 10;

type Kind = &'static str;
const I32: Kind = "i32";
const I64: Kind = "i64";

/// The locals of functions that do something.
const LOCALS: &str = "(local $n i32) (local $i32_0 i32) (local $i32_1 i32) (local $i32_2 i32)
	(local $i64_0 i64) (local $i64_1 i64) (local $i64_2 i64)";

/// A guest with more functions, one of them with so many locals, which does this.
fn text(more: &str, inside: &str, locals: usize) -> String {
	let eight = " i64".repeat(8);
	let results = "(i64.const 1)".repeat(8);
	let locals = " i64".repeat(locals);
	let data = "x".repeat(64);
	format!(
		r#"(module
		(type $none (func))
		(type $same_i32 (func (param i32) (result i32)))
		(type $same_i64 (func (param i64) (result i64)))
		(memory (export "memory") 2 16)
		(data (i32.const 768) "\01\00\00\00\00\00") (data $data "{data}") (data $other "x")
		(table 1024 funcref) (elem (i32.const 0) $same_i32 $same_i64 $none)
		(elem $items func $none $none) (elem $other func $none)
		(global $i32 (mut i32) (i32.const 7)) (global $i64 (mut i64) (i64.const 7))
		(func $none (type $none) (local{locals}))
		(func $same_i32 (type $same_i32) (local.get 0))
		(func $same_i64 (type $same_i64) (local.get 0))
		(func $wide (param{eight}) (result i64) (local.get 7))
		(func $many (result{eight}) {results})
		{more}
		(func (export "alloc") (param i32) (result i32) (i32.const 1024))
		(func (export "output_len") (result i32) (i32.const 6))
		(func (export "execute") (param i32 i32) (result i32) {LOCALS}
			{inside} (i32.const 768)))"#
	)
}

/// The body so many times in each round of a loop, which ends when there is no gas left.
fn looped(body: &str, times: usize) -> String {
	format!(
		"(local.set $n (i32.const 1000000000)) (loop {} (br_if 0
		(local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
		body.repeat(times)
	)
}

/// Two loops of the benchmark.
fn yardsticks() -> [Guest; 2] {
	let add = looped("(local.set $i64_0 (i64.add (local.get $i64_0) (i64.const 3))) ", 8);
	let fib = "(func $fib (param i32) (result i32)
		(if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
		(then (local.get 0)) (else (i32.add
		(call $fib (i32.sub (local.get 0) (i32.const 1)))
		(call $fib (i32.sub (local.get 0) (i32.const 2)))))))";
	let texts = [text("", &add, 0), text(fib, "(drop (call $fib (i32.const 40)))", 0)];
	texts.map(|text| Guest::new(code(&text)).expect("it is let in"))
}

fn code(text: &str) -> Vec<u8> {
	wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What this thread has taken of the processor, whoever else wants it too.
fn nanos() -> u128 {
	let time = clock_gettime(ClockId::ThreadCPUTime);
	time.tv_sec as u128 * 1_000_000_000 + time.tv_nsec as u128
}

/// Code that was let in.
struct Guest {
	code: Vec<u8>,
	facts: Facts,
}

impl Guest {
	fn new(code: Vec<u8>) -> Option<Self> {
		let facts = admit(&code, PAGES).ok()?;
		Some(Self { code, facts })
	}

	/// How much gas it uses, and what each takes at best, in picoseconds.
	fn takes(&self, rounds: usize) -> (u64, f64) {
		let (mut gas, mut least) = (0, u128::MAX);
		for _ in 0..rounds {
			let began = nanos();
			let module = Module::new(&self.code, &self.facts).expect("it was let in");
			let (_, meter, ..) = run(&module, GAS, false, VmCall::default());
			drop(module);
			least = least.min(nanos() - began);
			gas = meter.needed();
		}
		(gas, least as f64 * 1_000.0 / gas as f64)
	}
}

/// What a gas takes in the slower of the benchmark's loops.
fn unit(yardsticks: &[Guest]) -> f64 {
	let takes = yardsticks.iter().map(|guest| guest.takes(MORE_ROUNDS).1);
	takes.fold(0.0, f64::max)
}

const BINARY: [&str; 15] = [
	"add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "div_s",
	"div_u", "rem_s", "rem_u",
];
const TESTS: [&str; 10] =
	["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
const UNARY_I32: [&str; 6] = ["eqz", "clz", "ctz", "popcnt", "extend8_s", "extend16_s"];
const UNARY_I64: [&str; 6] = ["clz", "ctz", "popcnt", "extend8_s", "extend16_s", "extend32_s"];
const LOADS_I32: [&str; 5] = ["load", "load8_s", "load8_u", "load16_s", "load16_u"];
const LOADS_I64: [&str; 7] =
	["load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u"];
const STORES_I32: [&str; 3] = ["store", "store8", "store16"];
const STORES_I64: [&str; 4] = ["store", "store8", "store16", "store32"];
const SIZES: [&str; 4] = [
	"(memory.size)",
	"(memory.grow (i32.const 0))",
	"(memory.grow (i32.const 1))",
	"(memory.grow (i32.const 100))",
];
const NOTHINGS: [&str; 5] =
	["nop", "(block)", "(loop)", "(data.drop $other)", "(elem.drop $other)"];
const NUMBERS: [i64; 16] = [
	0,
	1,
	-1,
	2,
	3,
	7,
	8,
	31,
	63,
	255,
	4_096,
	65_535,
	i32::MAX as i64,
	i32::MIN as i64,
	i64::MAX,
	i64::MIN,
];
/// Of what is copied or filled.
const LENGTHS: [u32; 14] = [0, 1, 3, 7, 8, 9, 16, 31, 32, 64, 100, 1_000, 4_096, 60_000];
/// A place in the first page and one of these are together in the first two, which are always there.
const OFFSETS: [u32; 4] = [0, 8, 1_000, 60_000];

/// Writes what a guest does again and again, of all instructions that there are.
struct Body<'a> {
	input: Unstructured<'a>,
	/// How many instructions more are wanted.
	left: usize,
	/// About how many there are.
	written: usize,
}

impl Body<'_> {
	fn below(&mut self, most: usize) -> usize {
		self.input.int_in_range(0..=most - 1).unwrap_or_default()
	}

	fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
		all[self.below(all.len())]
	}

	fn count(&mut self) {
		self.left = self.left.saturating_sub(1);
		self.written += 1;
	}

	fn number(&mut self, kind: Kind) -> i64 {
		let number = match self.below(3) {
			0 => self.input.arbitrary().unwrap_or_default(),
			_ => self.one_of(&NUMBERS),
		};
		match kind {
			I32 => i64::from(number as i32),
			_ => number,
		}
	}

	fn leaf(&mut self, kind: Kind) -> String {
		match self.below(4) {
			0 => format!("({kind}.const {})", self.number(kind)),
			1 => format!("(global.get ${kind})"),
			_ => format!("(local.get ${kind}_{})", self.below(3)),
		}
	}

	/// A place in the first page.
	fn place(&mut self, depth: usize) -> String {
		match self.below(3) {
			0 => format!("(i32.const {})", self.below(65_536)),
			// Where the input lies.
			1 => "(local.get 0)".into(),
			_ => format!("(i32.and {} (i32.const 0xffff))", self.value(I32, depth)),
		}
	}

	/// A value of this kind, of others up to this depth.
	fn value(&mut self, kind: Kind, depth: usize) -> String {
		self.count();
		if depth == 0 || self.left == 0 {
			return self.leaf(kind);
		}
		let depth = depth - 1;
		match self.below(24) {
			0..=5 => self.leaf(kind),
			6..=11 => {
				let name = self.one_of(&BINARY);
				let (first, mut second) = (self.value(kind, depth), self.value(kind, depth));
				if name.starts_with("div") || name.starts_with("rem") {
					// By zero it would be over.
					second = format!("({kind}.or {second} ({kind}.const 1))");
				}
				format!("({kind}.{name} {first} {second})")
			}
			12 | 13 => {
				let names: &[&str] = if kind == I32 { &UNARY_I32 } else { &UNARY_I64 };
				let name = self.one_of(names);
				format!("({kind}.{name} {})", self.value(kind, depth))
			}
			14 if kind == I32 => format!("(i32.wrap_i64 {})", self.value(I64, depth)),
			14 => {
				let sign = self.one_of(&["s", "u"]);
				format!("(i64.extend_i32_{sign} {})", self.value(I32, depth))
			}
			15 => {
				let (of, test) = (self.one_of(&[I32, I64]), self.one_of(&TESTS));
				let (first, second) = (self.value(of, depth), self.value(of, depth));
				widened(kind, format!("({of}.{test} {first} {second})"))
			}
			16 | 17 => {
				let loads: &[&str] = if kind == I32 { &LOADS_I32 } else { &LOADS_I64 };
				let (name, offset) = (self.one_of(loads), self.one_of(&OFFSETS));
				format!("({kind}.{name} offset={offset} {})", self.place(depth))
			}
			18 => {
				let local = self.below(3);
				format!("(local.tee ${kind}_{local} {})", self.value(kind, depth))
			}
			19 => {
				let (first, second) = (self.value(kind, depth), self.value(kind, depth));
				format!("(select {first} {second} {})", self.value(I32, depth))
			}
			20 => self.call(kind, depth),
			21 => {
				let (value, asked) = (self.value(kind, depth), self.value(I32, depth));
				format!("(block (result {kind}) (br_if 0 {value} {asked}))")
			}
			22 => {
				let asked = self.value(I32, depth);
				let (first, second) = (self.value(kind, depth), self.value(kind, depth));
				format!("(if (result {kind}) {asked} (then {first}) (else {second}))")
			}
			_ => widened(kind, self.one_of(&SIZES).into()),
		}
	}

	fn call(&mut self, kind: Kind, depth: usize) -> String {
		match self.below(3) {
			0 if kind == I64 => {
				let eight: String = (0..8).map(|_| self.value(I64, 0)).collect();
				format!("(call $wide {eight})")
			}
			1 => {
				let place = if kind == I32 { 0 } else { 1 };
				let value = self.value(kind, depth);
				format!("(call_indirect (type $same_{kind}) {value} (i32.const {place}))")
			}
			_ => format!("(call $same_{kind} {})", self.value(kind, depth)),
		}
	}

	/// Something that leaves no value, with others in it up to this depth.
	fn statement(&mut self, depth: usize) -> String {
		self.count();
		let kind = self.one_of(&[I32, I64]);
		// Those that have others in them come last.
		let which = self.below(if depth == 0 { 13 } else { 20 });
		let depth = depth.saturating_sub(1);
		match which {
			0..=4 => {
				let local = self.below(3);
				format!("(local.set ${kind}_{local} {})", self.value(kind, 3))
			}
			5 => format!("(global.set ${kind} {})", self.value(kind, 3)),
			6 | 7 => {
				let stores: &[&str] = if kind == I32 { &STORES_I32 } else { &STORES_I64 };
				let (name, offset) = (self.one_of(stores), self.one_of(&OFFSETS));
				let (place, value) = (self.place(2), self.value(kind, 2));
				format!("({kind}.{name} offset={offset} {place} {value})")
			}
			8 => format!("(drop {})", self.value(kind, 3)),
			9 => self.memory(),
			10 => self.table(),
			11 => match self.below(3) {
				0 => "(call $none)".into(),
				1 => "(call_indirect (type $none) (i32.const 2))".into(),
				_ => format!("(call $many) {}", "drop ".repeat(8)),
			},
			12 => self.one_of(&NOTHINGS).into(),
			13 | 14 => {
				let asked = self.value(I32, 2);
				format!("(block (br_if 0 {asked}) {})", self.statement(depth))
			}
			15 | 16 => {
				let asked = self.value(I32, 2);
				let (first, second) = (self.statement(depth), self.statement(depth));
				format!("(if {asked} (then {first}) (else {second}))")
			}
			17 => {
				let asked = self.value(I32, 2);
				let inside = self.statement(depth);
				format!("(block (block (br_table 0 1 0 1 0 {asked})) {inside})")
			}
			18 => format!("(loop {})", self.statement(depth)),
			_ => format!("(block {} (br 0))", self.statement(depth)),
		}
	}

	fn memory(&mut self) -> String {
		let (to, length) = (self.place(1), self.one_of(&LENGTHS));
		match self.below(3) {
			0 => format!("(memory.fill {to} {} (i32.const {length}))", self.value(I32, 1)),
			1 => format!("(memory.copy {to} {} (i32.const {length}))", self.place(1)),
			_ => {
				let (from, length) = (self.below(33), self.below(33));
				format!("(memory.init $data {to} (i32.const {from}) (i32.const {length}))")
			}
		}
	}

	fn table(&mut self) -> String {
		// The first ones are called.
		let to = 8 + self.below(500);
		match self.below(2) {
			0 => {
				let (from, length) = (self.below(500), self.one_of(&[0, 1, 2, 7, 64, 500]));
				format!("(table.copy (i32.const {to}) (i32.const {from}) (i32.const {length}))")
			}
			_ => {
				let length = self.below(3);
				format!("(table.init $items (i32.const {to}) (i32.const 0) (i32.const {length}))")
			}
		}
	}

	/// 2 to 30 instructions, or a few more.
	fn statements(&mut self) -> String {
		self.left = 2 + self.below(29);
		let mut all = String::new();
		while self.left > 0 {
			all += &self.statement(2);
			all.push(' ');
		}
		all
	}

	/// A guest that does them until there is no gas left.
	fn in_a_loop(&mut self) -> String {
		let body = self.statements();
		let mut inside = String::new();
		for kind in [I32, I64] {
			for local in 0..3 {
				let number = self.number(kind);
				inside += &format!("(local.set ${kind}_{local} ({kind}.const {number})) ");
			}
		}
		inside += &looped(&body, 1 + self.below(16));
		text("", &inside, self.one_of(&[0, 1, 8, 9, 64, 200]))
	}

	/// A guest that has them translated, many times over, and does none.
	fn translated(&mut self) -> String {
		let body = self.statements();
		let body = body.repeat(6_000 / self.written);
		let more = format!(
			"(func $long (param i32 i32) (result i32) {LOCALS}
			(if (i32.eqz (local.get 0)) (then (return (i32.const 0)))) {body} (i32.const 0))"
		);
		text(&more, "(drop (call $long (i32.const 0) (i32.const 0)))", 0)
	}
}

/// What is 32 bits, as a value of this kind.
fn widened(kind: Kind, value: String) -> String {
	match kind {
		I32 => value,
		_ => format!("(i64.extend_i32_u {value})"),
	}
}

/// What is made of a seed, and how it is called.
fn made(seed: u64) -> (&'static str, Option<Vec<u8>>) {
	let bytes = bytes(seed, 4_000);
	let mut input = Unstructured::new(&bytes);
	match seed % 8 {
		0 => ("smith", smith::guest(&mut input).ok()),
		1 | 2 => ("dense", dense::guest(&mut input).ok()),
		3 => ("translated", Some(code(&Body { input, left: 0, written: 0 }.translated()))),
		_ => ("loop", Some(code(&Body { input, left: 0, written: 0 }.in_a_loop()))),
	}
}

/// A guest that gets too much.
struct Found {
	seed: u64,
	times: f64,
	code: Vec<u8>,
}

fn main() -> ExitCode {
	let arguments: Vec<String> = env::args().skip(1).collect();
	if arguments == ["corpus"] {
		return measure_corpus();
	}
	let numbers: Option<Vec<u64>> = arguments.iter().map(|number| number.parse().ok()).collect();
	match numbers.as_deref() {
		Some([count]) => hunt(*count, 0),
		Some([count, first]) => hunt(*count, *first),
		_ => {
			eprintln!("How many, and from which seed on? Or `corpus`?");
			return ExitCode::FAILURE;
		}
	}
	ExitCode::SUCCESS
}

fn say_unit(unit_takes: f64) {
	println!("A gas stands for {PICOS_PER_GAS} ps; the benchmark's loops take {unit_takes:.0} of them here.");
}

/// Measures so many guests that it makes, from this seed on.
fn hunt(count: u64, first: u64) {
	let yardsticks = yardsticks();
	let mut unit_takes = unit(&yardsticks);
	say_unit(unit_takes);
	println!("{:>10} {:<10} {:>10} {:>6}", "seed", "kind", "ps per gas", "times");
	let (mut measured, mut refused, mut short) = (0_u64, 0_u64, 0_u64);
	let mut found = Vec::new();
	for seed in first..first + count {
		if seed % 500 == 0 {
			// The processor is not always as fast.
			unit_takes = unit(&yardsticks);
		}
		let (kind, code) = made(seed);
		let Some(guest) = code.and_then(Guest::new) else {
			refused += 1;
			continue;
		};
		let (gas, takes) = guest.takes(ROUNDS);
		if gas < LEAST_GAS {
			short += 1;
			continue;
		}
		measured += 1;
		if takes <= TIMES * unit_takes {
			continue;
		}
		// Once more, one right after the other.
		unit_takes = unit(&yardsticks);
		let (_, takes) = guest.takes(MORE_ROUNDS);
		let times = takes / unit_takes;
		if times > TIMES {
			println!("{seed:>10} {kind:<10} {takes:>10.0} {times:>6.1}");
			found.push(Found { seed, times, code: guest.code });
		}
	}
	println!(
		"{} of {measured} take over {TIMES} times as much; of {count}, {refused} were refused, and {short} used \
		less than {LEAST_GAS} gas",
		found.len()
	);
	keep(found, &format!("mbongo-hunt-{first}-{count}"));
}

/// Writes down the worst.
fn keep(mut found: Vec<Found>, name: &str) {
	if found.is_empty() {
		return;
	}
	found.sort_by(|a, b| b.times.total_cmp(&a.times));
	let folder = env::temp_dir().join(name);
	fs::create_dir_all(&folder).expect("the folder can be made");
	for Found { seed, code, .. } in found.iter().take(KEPT) {
		let text = wasmprinter::print_bytes(code).expect("it is a module");
		fs::write(folder.join(format!("{seed}.wat")), text).expect("the file can be written");
	}
	println!("The text of the worst is in {}", folder.display());
}

/// What a guest of the corpus takes.
struct Measured {
	/// Of what it is made.
	input: String,
	/// What a gas takes, in picoseconds, and how many times as much that is as in the benchmark's loops.
	takes: f64,
	times: f64,
}

impl Measured {
	/// At best, of a few tries: others may want the processor too.
	fn of(input: String, guest: &Guest, yardsticks: &[Guest], unit_takes: &mut f64) -> Self {
		let mut measured = Self { input, takes: f64::INFINITY, times: f64::INFINITY };
		for _ in 0..TRIES {
			let (_, takes) = guest.takes(MORE_ROUNDS);
			measured.takes = measured.takes.min(takes);
			measured.times = measured.times.min(takes / *unit_takes);
			if !measured.is_more_than_it_stands_for() && !measured.is_more_than_loops() {
				break;
			}
			// Beside what the loops take now.
			*unit_takes = unit(yardsticks);
		}
		measured
	}

	fn is_more_than_it_stands_for(&self) -> bool {
		self.takes > MOST_PICOS
	}

	fn is_more_than_loops(&self) -> bool {
		self.times > TIMES
	}
}

/// The inputs in the corpus for a target, by their names.
fn inputs(target: &str) -> Vec<PathBuf> {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
	let files = fs::read_dir(&folder);
	let files = files.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
	let mut inputs: Vec<PathBuf> =
		files.map(|file| file.expect("the folder can be read").path()).collect();
	inputs.sort();
	inputs
}

/// Measures the guests that the targets make of the corpus. That there are none is a failure.
fn measure_corpus() -> ExitCode {
	let yardsticks = yardsticks();
	let mut unit_takes = unit(&yardsticks);
	say_unit(unit_takes);
	let mut count = 0;
	let mut all = Vec::new();
	println!("{:<40} {:>10} {:>6}", "input", "ps per gas", "times");
	for (target, guest_of) in GUESTS {
		for path in inputs(target) {
			count += 1;
			let bytes = fs::read(&path).expect("the file can be read");
			let Some(guest) = guest_of(&bytes).and_then(Guest::new) else { continue };
			let name = path.file_name().unwrap_or_default().to_string_lossy();
			let input = format!("{target}/{name}");
			let measured = Measured::of(input, &guest, &yardsticks, &mut unit_takes);
			if measured.is_more_than_it_stands_for() || measured.is_more_than_loops() {
				let Measured { input, takes, times } = &measured;
				println!("{input:<40} {takes:>10.0} {times:>6.1}");
			}
			all.push(measured);
		}
	}
	all.sort_by(|a, b| a.takes.total_cmp(&b.takes));
	let (Some(median), Some(worst)) = (all.get(all.len() / 2), all.last()) else {
		println!("None of {count} inputs made a guest that is let in");
		return ExitCode::FAILURE;
	};
	println!(
		"{} guests of {count} inputs were measured: a gas takes {:.0} ps in the median, and {:.0} ps at worst, \
		in {}",
		all.len(),
		median.takes,
		worst.takes,
		worst.input
	);
	println!(
		"{} take over {MOST_PICOS:.0} ps, {TIMES} times what a gas stands for; {} take over {TIMES} times as \
		much as the benchmark's loops",
		all.iter().filter(|measured| measured.is_more_than_it_stands_for()).count(),
		all.iter().filter(|measured| measured.is_more_than_loops()).count()
	);
	ExitCode::SUCCESS
}
