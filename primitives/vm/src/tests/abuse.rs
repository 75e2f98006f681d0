//! What a guest can do to hurt, and what comes of it.

use super::*;
use crate::{
	abi::Trap,
	costs::{BYTES_PER_FUEL, EIGHT_LOCALS, FUEL_PER_CODE_BYTE, FUEL_PER_GAS},
	Refusal, Rule,
};

/// What comes of a guest of this text, and what it used.
fn outcome(text: &str) -> (Result<VmOutput, VmError>, Meter) {
	World::with(text).call_with(PLENTY, Mode::Standard, "", &[])
}

/// The gas of a guest that does this, and then succeeds.
fn cost(more: &str, body: &str) -> Gas {
	let (result, meter) = outcome(&guest_answering(more, body, 8));
	assert!(result.is_ok(), "{result:?}");
	meter.needed()
}

/// The number that a guest answers which leaves it on the stack.
fn answered(more: &str, number: &str) -> i64 {
	let body = format!("(i64.store (i32.const 65542) {number})");
	self::number(&outcome(&guest_answering(more, &body, 8)).0.unwrap())
}

fn refusal(text: &str) -> Rule {
	admit(&wasm(text), limits::CONTRACT_PAGES).unwrap_err().rule
}

#[test]
fn a_loop_without_end_ends_when_its_gas_does() {
	for body in [
		"(loop (br 0)) unreachable",
		"(loop (br_if 0 (i32.const 1))) unreachable",
		"(local $n i32) (loop (local.set $n (i32.add (local.get $n) (i32.const 1))) (br 0)) \
		 unreachable",
		"(loop (block (br_table 1 1 0 (local.get 0))) (br 0)) unreachable",
		"(loop (drop (memory.grow (i32.const 0))) (br 0)) unreachable",
		"(loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0)) (br 0)) unreachable",
	] {
		for gas in [0, 1, 20_000, 100_000, 1_000_000] {
			let mut world = World::with(&guest("", body));
			let before = world.clone();
			let (result, meter) = world.call_with(gas, Mode::Standard, "", &[]);
			assert_eq!(result, Err(VmError::FuelExhausted), "{body}");
			assert_eq!((meter.used(), meter.left()), (gas, 0), "{body}");
			assert_eq!(world, before);
		}
	}
}

#[test]
fn a_loop_without_end_in_what_the_machine_calls_first_or_last_ends_too() {
	for (export, types) in [("alloc", "(param i32)"), ("output_len", "")] {
		let others = ["alloc", "output_len"].map(|name| {
			let types = if name == "alloc" { "(param i32)" } else { "" };
			let body = if name == export { "(loop (br 0)) unreachable" } else { "(i32.const 8)" };
			format!("(func (export \"{name}\") {types} (result i32) {body})")
		});
		let text = format!(
			r#"(module (memory (export "memory") 1) {}
			(func (export "execute") (param i32 i32) (result i32) (i32.const 0)))"#,
			others.concat()
		);
		assert!(text.contains(types));
		assert_eq!(outcome(&text).0, Err(VmError::FuelExhausted), "{export}");
	}
}

#[test]
fn recursion_without_end_is_stopped_where_the_stack_is() {
	for more in [
		"(func $f (call $f))",
		"(func $f (call $g)) (func $g (call $f))",
		"(func $f (result i64) (i64.add (call $f) (i64.const 1)))",
		"(table 1 funcref) (elem (i32.const 0) $f) (type $t (func))
		 (func $f (call_indirect (type $t) (i32.const 0)))",
	] {
		let drop = if more.contains("result") { "drop" } else { "" };
		let (result, meter) = outcome(&guest(more, &format!("(call $f) {drop} (i32.const 0)")));
		assert_eq!(result, Err(VmError::ResourceLimitExceeded), "{more}");
		// The gas that it did not use is not lost.
		assert!(meter.used() < PLENTY / 100, "{more}: {}", meter.used());
	}
}

#[test]
fn functions_nest_as_deep_as_the_limit_says() {
	// `execute` is one of them.
	let down = |times: u32| {
		let more = "(func $f (param i32)
			(if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))";
		outcome(&guest_answering(more, &format!("(call $f (i32.const {times}))"), 8)).0
	};
	assert!(down(limits::NESTING - 2).is_ok());
	assert_eq!(down(limits::NESTING - 1), Err(VmError::ResourceLimitExceeded));
}

#[test]
fn many_locals_fill_the_stack_before_it_is_deep() {
	let down = |times: u32| {
		let more = "(func $f (param i32) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
			i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
			i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
			(if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))";
		outcome(&guest_answering(more, &format!("(call $f (i32.const {times}))"), 8)).0
	};
	// 53 of 8 bytes each, and a few operands.
	assert!(down(limits::STACK_BYTES / 8 / 60).is_ok());
	assert_eq!(down(limits::STACK_BYTES / 8 / 53), Err(VmError::ResourceLimitExceeded));
}

#[test]
fn memory_grows_to_its_limit_and_no_further() {
	let of = |grow: &str| answered("", &format!("(i64.extend_i32_s (memory.grow {grow}))"));
	assert_eq!(of("(i32.const 14)"), 2);
	for beyond in [15, 16, 65_536, -1, i32::MIN, i32::MAX] {
		assert_eq!(of(&format!("(i32.const {beyond})")), -1, "{beyond}");
	}
	// Also where the module itself knows no limit.
	let unlimited = guest_answering("", "", 8).replace(" 2 16)", " 2)");
	let grow = "(i64.store (i32.const 65542) (i64.extend_i32_s (memory.grow (i32.const 15))))";
	let text = unlimited.replace("(global.set $length", &format!("{grow} (global.set $length"));
	assert_eq!(number(&outcome(&text).0.unwrap()), -1);
}

#[test]
fn memory_is_paid_for_when_it_grows_and_when_it_is_there_from_the_beginning() {
	let page = mbongo_gas::memory(limits::PAGE_BYTES.into());
	let grown = |pages: u32| cost("", &format!("(drop (memory.grow (i32.const {pages})))"));
	let (none, one, most) = (grown(0), grown(1), grown(14));
	// Growing is fuel too.
	let fuel = u64::from(limits::PAGE_BYTES) / u64::from(BYTES_PER_FUEL) / FUEL_PER_GAS;
	assert_eq!(one - none, page + fuel);
	assert_eq!(most - none, 14 * (page + fuel));
	// What is refused costs no more than to ask.
	assert_eq!(grown(15), none);

	let begun = |pages: u32| {
		let text = guest_answering("", "", 8).replace(" 2 16)", &format!(" {pages} 16)"));
		outcome(&text).1
	};
	let (two, all) = (begun(2), begun(16));
	assert_eq!(all.needed() - two.needed(), 14 * page);
	// It is time as well, however much gas something else has cost.
	let gas_only = |meter: &Meter| {
		let mut meter = meter.clone();
		meter.charge_gas(1).unwrap();
		meter.needed() - 1
	};
	assert!(gas_only(&all) > 16 * page);
}

#[test]
fn memory_beyond_the_gas_for_it_is_not_made() {
	let text = guest_answering("", "", 8).replace(" 2 16)", " 16 16)");
	let mut world = World::with(&text);
	let (result, meter) = world.call_with(60_000, Mode::Standard, "", &[]);
	assert_eq!((result, meter.used()), (Err(VmError::FuelExhausted), 60_000));
	let (result, _) = World::with(&guest("", "(memory.grow (i32.const 14))")).call_with(
		60_000,
		Mode::Standard,
		"",
		&[],
	);
	assert_eq!(result, Err(VmError::FuelExhausted));
}

#[test]
fn a_segment_outside_of_memory_or_table_ends_the_call() {
	for more in ["(data (i32.const 131072) \"x\")", "(data (i32.const -1) \"x\")"] {
		assert_eq!(outcome(&guest_answering(more, "", 8)).0, Err(VmError::MemoryViolation));
	}
	let more = "(table 1 funcref) (func $f) (elem (i32.const 1) $f)";
	let trap = VmError::Trapped(Trap::OutsideTable);
	assert_eq!(outcome(&guest_answering(more, "", 8)).0, Err(trap));
}

/// A `br_table` of so many targets, in a function that takes the index.
fn branches(targets: u32, copies: usize) -> String {
	let table =
		format!("(block (block (br_table {} 1 (local.get 0))))", "0 ".repeat(targets as usize));
	format!("(func $f (param i32) {})", table.repeat(copies))
}

#[test]
fn a_table_of_branches_is_not_longer_than_the_limit() {
	let most = limits::BRANCH_TARGETS;
	let of = |targets| guest_answering(&branches(targets, 1), "(call $f (i32.const 3))", 8);
	assert_eq!(refusal(&of(most + 1)), Rule::BranchTables);
	assert!(outcome(&of(most)).0.is_ok());
	// They move one value at most.
	let two = "(func $f (param i32) (result i32 i32)
		(i32.const 1) (i32.const 2) (br_table 0 0 (local.get 0)))";
	assert_eq!(refusal(&guest_answering(two, "", 8)), Rule::BranchTables);
}

#[test]
fn translating_is_paid_for_by_each_byte_and_only_if_it_is_called() {
	let many = branches(limits::BRANCH_TARGETS, 100);
	let bytes = 100 * u64::from(limits::BRANCH_TARGETS);
	let uncalled = cost(&many, "");
	let called = cost(&many, "(call $f (i32.const 3))");
	let least = bytes * u64::from(FUEL_PER_CODE_BYTE) / FUEL_PER_GAS;
	assert!(called - uncalled >= least, "{} of {least}", called - uncalled);
	// Called again in the same run, it is not translated again.
	let again = cost(&many, "(call $f (i32.const 3)) (call $f (i32.const 3))");
	assert!(again - called < least / 50, "{}", again - called);
}

#[test]
fn locals_are_limited_and_those_of_the_worst_function_make_every_call_dearer() {
	let locals = |count: usize| format!("(func $f (local {}))", "i64 ".repeat(count));
	let most = limits::LOCALS as usize;
	assert_eq!(refusal(&guest_answering(&locals(most + 1), "", 8)), Rule::Locals);
	// With the parameters.
	let parameter = locals(most).replace("(local", "(param i32) (local");
	assert_eq!(refusal(&guest_answering(&parameter, "", 8)), Rule::Locals);
	// In many groups, which are few bytes.
	let of = |count: u32| {
		let mut code = wasm(&guest_answering("(func (local i64 i64 i32 i32))", "", 8));
		let groups = [2, 2, 0x7e, 2, 0x7f];
		let at = code.windows(5).position(|bytes| bytes == groups).unwrap();
		code[at + 1] = (count & 0x7f) as u8;
		admit(&code, limits::CONTRACT_PAGES)
	};
	assert_eq!(of(2).unwrap().locals, 4);
	assert_eq!(of(120).unwrap().locals, 122);

	let calls = |count: usize| {
		let body = "(local $n i32) (local.set $n (i32.const 1000)) (loop (call $f)
			(br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))";
		cost(&locals(count), body)
	};
	let (none, most) = (calls(0), calls(most));
	// A thousand calls. If `$f` has no locals, `execute` has the most, which are less than eight.
	let eights = u64::from(limits::LOCALS) / 8 - 1;
	let more = 1_000 * eights * u64::from(EIGHT_LOCALS) / FUEL_PER_GAS;
	assert!(most - none >= more, "{} of {more}", most - none);
}

#[test]
fn what_moves_many_bytes_is_paid_for_by_the_byte() {
	let none = cost("", "");
	for body in [
		"(memory.fill (i32.const 0) (i32.const 0) (i32.const 65536))",
		"(memory.copy (i32.const 0) (i32.const 65536) (i32.const 65536))",
	] {
		let used = cost("", body) - none;
		assert!(used >= 65_536 / u64::from(BYTES_PER_FUEL) / FUEL_PER_GAS, "{body}: {used}");
	}
	let data = format!("(data $d \"{}\")", "x".repeat(30_000));
	let init = "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 30000))";
	let used = cost(&data, init) - cost(&data, "(data.drop $d)");
	assert!(used >= 30_000 / u64::from(BYTES_PER_FUEL) / FUEL_PER_GAS, "{used}");
	let table = format!(
		"(table 1024 funcref) (func $f) (elem $e func {})",
		"$f ".repeat(limits::TABLE_ELEMENTS as usize)
	);
	let init = "(table.init $e (i32.const 0) (i32.const 0) (i32.const 1024))";
	let used = cost(&table, init) - cost(&table, "(elem.drop $e)");
	assert!(used >= 1_024 / u64::from(BYTES_PER_FUEL) / FUEL_PER_GAS, "{used}");
	let copy = "(table.copy (i32.const 0) (i32.const 1) (i32.const 1023))";
	let used = cost(&table, copy) - cost(&table, "(elem.drop $e)");
	assert!(used >= 1_023 / u64::from(BYTES_PER_FUEL) / FUEL_PER_GAS, "{used}");
}

#[test]
fn moving_outside_of_memory_moves_nothing() {
	for body in [
		"(memory.fill (i32.const 131071) (i32.const 0) (i32.const 2))",
		"(memory.fill (i32.const -1) (i32.const 0) (i32.const -1))",
		"(memory.copy (i32.const 0) (i32.const 131071) (i32.const 2))",
		"(memory.copy (i32.const -1) (i32.const 0) (i32.const 1))",
		"(i32.store (i32.const 131069) (i32.const 1))",
		"(i32.store offset=4294967295 (i32.const -1) (i32.const 1))",
		"(drop (i64.load (i32.const -8)))",
	] {
		assert_eq!(
			outcome(&guest_answering("", body, 8)).0,
			Err(VmError::MemoryViolation),
			"{body}"
		);
	}
}

#[test]
fn each_trap_has_its_name() {
	use Trap::*;
	let table = "(type $t (func)) (type $u (func (result i32))) (table 2 funcref)
		(func $f (result i32) (i32.const 1)) (elem (i32.const 1) $f)";
	for (body, trap) in [
		("unreachable", Unreachable),
		("(drop (i32.div_s (i32.const 1) (local.get 1)))", DivisionByZero),
		("(drop (i64.rem_u (i64.const 1) (i64.extend_i32_s (local.get 1))))", DivisionByZero),
		(
			"(drop (i32.div_s (i32.const -2147483648) (i32.sub (local.get 1) (i32.const 1))))",
			Overflow,
		),
		("(call_indirect (type $t) (i32.const 2))", OutsideTable),
		("(call_indirect (type $t) (i32.const 0))", NoFunction),
		("(call_indirect (type $t) (i32.const 1))", OtherType),
	] {
		let body = format!("(local.set 1 (i32.const 0)) {body}");
		assert_eq!(
			outcome(&guest_answering(table, &body, 8)).0,
			Err(VmError::Trapped(trap)),
			"{body}"
		);
	}
}

/// Text with the other output of these bytes, which are said to be so many.
fn answering(output: &[u8], length: i64, at: i64) -> String {
	let body = format!("(global.set $length (i32.const {length})) (i32.const {at})");
	guest(&format!("(data (i32.const 65536) \"{}\")", hex(output)), &body)
}

#[test]
fn output_that_is_not_one_is_refused_by_name() {
	use VmError::{MalformedAbi, MemoryViolation, ResourceLimitExceeded};
	let good = VmOutput { abi: ABI_VERSION, status: 0, data: vec![7; 3] };
	let bytes = good.encode();
	let of = |length: i64, at: i64| outcome(&answering(&bytes, length, at)).0;
	let length = bytes.len() as i64;
	assert_eq!(of(length, 65_536), Ok(good.clone()));
	let memory = i64::from(2 * limits::PAGE_BYTES);
	for (length, at) in [
		(length, memory),
		(length, memory - 1),
		(length, i64::from(i32::MAX)),
		(65_536, memory - 65_535),
		(-1, 65_536),
		(i64::from(i32::MIN), 65_536),
	] {
		assert_eq!(of(length, at), Err(MemoryViolation), "{length} at {at}");
	}
	for length in [65_537, i64::from(i32::MAX)] {
		assert_eq!(of(length, 0), Err(ResourceLimitExceeded));
	}
	// Too short, too long, nothing, zeros.
	for (length, at) in [(length - 1, 65_536), (length + 1, 65_536), (0, 65_536), (9, 0)] {
		assert_eq!(of(length, at), Err(MalformedAbi), "{length} at {at}");
	}
	for abi in [0, ABI_VERSION + 1, 255] {
		let other = VmOutput { abi, ..good.clone() }.encode();
		assert_eq!(outcome(&answering(&other, length, 65_536)).0, Err(MalformedAbi));
	}
	// Data that says it is longer than all that there is.
	let boast = [vec![ABI_VERSION, 0, 0, 0, 0], vec![3, 255, 255, 255, 255]].concat();
	assert_eq!(outcome(&answering(&boast, boast.len() as i64, 65_536)).0, Err(MalformedAbi));
	let most = VmOutput { data: vec![0; 65_536 - 9], ..good };
	assert_eq!(most.encoded_size(), limits::OUTPUT_BYTES as usize);
}

#[test]
fn a_negative_status_refuses_and_undoes() {
	let write = r#"(import "mbongo" "storage_write" (func $w (param i32 i32 i32 i32)))"#;
	let body = "(call $w (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))";
	for status in [-1, -77, i32::MIN] {
		let mut world = World::with(&guest(write, &format!("{body} (i32.const {status})")));
		let before = world.clone();
		let output = world.call("", &[]).unwrap();
		assert_eq!((output.status, output.data.len()), (status.unsigned_abs(), 0));
		assert_eq!(world, before);
	}
}

#[test]
fn room_that_is_none_is_refused() {
	for room in [-1, i32::MIN, i32::MAX, 2 * limits::PAGE_BYTES as i32, 131_070] {
		let text =
			guest_answering("", "", 8).replace("(i32.const 1024)", &format!("(i32.const {room})"));
		assert_eq!(outcome(&text).0, Err(VmError::MemoryViolation), "{room}");
	}
	// Its own output is a bad place for the input, but the guest's own matter.
	let text = guest_answering("", "", 8).replace("(i32.const 1024)", "(i32.const 65536)");
	let (result, _) = outcome(&text);
	assert!(matches!(result, Ok(_) | Err(VmError::MalformedAbi)), "{result:?}");
	let text = guest_answering("", "", 8).replace("(i32.const 1024)", "unreachable");
	assert_eq!(outcome(&text).0, Err(VmError::Trapped(Trap::Unreachable)));
}

#[test]
fn input_is_limited_and_paid_for() {
	let mut world = World::with(&guest_answering("", "", 8));
	let call = |world: &mut World, bytes: usize| {
		world.call_with(PLENTY, Mode::Standard, "f", &[&vec![1; bytes]])
	};
	// All that comes with the arguments is input too.
	assert!(call(&mut world, 60_000).0.is_ok());
	let most = limits::INPUT_BYTES as usize;
	for bytes in [most - 100, most, 1_000_000] {
		assert_eq!(call(&mut world, bytes).0, Err(VmError::ResourceLimitExceeded), "{bytes}");
	}
	let (few, many) = (call(&mut world, 0).1.needed(), call(&mut world, 60_000).1.needed());
	assert!(many - few >= 60_000 / 5, "{}", many - few);
}

#[test]
fn a_call_that_claims_many_arguments_is_no_call() {
	let call = |bytes: &[u8]| VmCall::read(bytes);
	let good = VmCall { function: "f".into(), args: vec![vec![1, 2]; limits::ARGS as usize] };
	assert_eq!(call(&good.encode()), Some(good.clone()));
	let mut more = good.clone();
	more.args.push(vec![]);
	assert_eq!(call(&more.encode()), None);
	assert_eq!(call(&[good.encode(), vec![0]].concat()), None);
	assert_eq!(call(&good.encode()[..good.encoded_size() - 1]), None);
	// As many as there are bytes, and as many as there are numbers.
	let claims = (String::new(), codec::Compact(65_000_u32)).encode();
	assert_eq!(call(&[claims, vec![0; 65_000]].concat()), None);
	assert_eq!(call(&(String::new(), codec::Compact(u32::MAX)).encode()), None);
	let long = VmCall { function: "f".repeat(limits::NAME_BYTES as usize + 1), args: vec![] };
	assert_eq!(call(&long.encode()), None);
	assert_eq!(call(&[4, 0xff, 0]), None, "not UTF-8");
}

/// A block that takes a value makes wasmi 2.0.0 forget to keep the local below: then the answer is
/// whatever lies there, which another host need not share.
#[test]
fn blocks_that_take_values_are_refused() {
	let body = |kind: &str| {
		format!(
			"(func $f (param i32 i32) (result i32)
				local.get 0 i32.const 1 {kind} (param i32)
					drop local.get 1 br_if 0 i32.const 99 local.set 0
				end)"
		)
	};
	for kind in ["block", "loop", "i32.const 1 if"] {
		let text = guest_answering(&body(kind), "", 8);
		let Err(Refusal { rule, offset }) = admit(&wasm(&text), limits::CONTRACT_PAGES) else {
			panic!("{kind} is let in");
		};
		assert_eq!(rule, Rule::BlockParameters, "{kind}");
		assert!(offset as usize <= wasm(&text).len());
	}
	// Those that answer are let in.
	let many = "(func $f (result i32 i64) (block (result i32 i64) (i32.const 1) (i64.const 2)))";
	assert!(outcome(&guest_answering(many, "(call $f) drop drop", 8)).0.is_ok());
}

/// wasmi 2.0.0 leaves out the comparison of a local with zero in front of a `select`, and then goes by
/// whatever the last instruction has left.
#[test]
fn selects_by_zero_are_refused() {
	let text = |condition: &str| {
		let choose = format!(
			"(func $choose (param i32 i32) (result i32)
				(select (i32.eqz (local.get 0)) (local.get 1) {condition}))"
		);
		// It must be 1 for (0, 0), and 0 for (1, 0).
		let body = "(if (i32.ne (call $choose (i32.const 0) (i32.const 0)) (i32.const 1))
				(then (return (i32.const -1))))
			(if (call $choose (i32.const 1) (i32.const 0)) (then (return (i32.const -2))))";
		guest_answering(&choose, body, 8)
	};
	for condition in ["(i32.eqz (local.get 1))", "(i32.eq (i32.const 0) (local.get 1))"] {
		let refusal = admit(&wasm(&text(condition)), limits::CONTRACT_PAGES).unwrap_err();
		assert_eq!(refusal.rule, Rule::SelectByZero, "{condition}");
	}
	for condition in [
		"(local.tee 1 (i32.eqz (local.get 1)))",
		"(i32.eq (local.get 1) (i32.load (i32.const 32)))",
		"(i32.ne (local.get 1) (i32.const 5))",
		"(i32.lt_s (local.get 1) (i32.const 1))",
		"(i64.eqz (i64.extend_i32_u (local.get 1)))",
	] {
		let output = outcome(&text(condition)).0.unwrap();
		assert!(output.is_success(), "{condition}: {output:?}");
	}
}

/// wasmi 2.0.0 panics when a local is in its register, and stored far beyond the place that it is.
#[test]
fn what_is_stored_far_beyond_itself_is_refused() {
	let text = |store: &str| {
		let body = format!(
			"(local $x i32) (local.set $x (i32.add (local.get 0) (i32.const 1))) ({store})"
		);
		guest_answering("", &body, 8)
	};
	let number = "(local.get $x)";
	for kind in ["i32.store", "i32.store8", "i32.store16"] {
		assert_eq!(
			refusal(&text(&format!("{kind} offset=65536 (local.get $x) {number}"))),
			Rule::StoreAtItself,
			"{kind}"
		);
		for allowed in [
			format!("{kind} offset=65535 (local.get $x) {number}"),
			format!("{kind} offset=65600 (local.get $x) (local.get 1)"),
			format!("{kind} offset=65600 (local.get 0) {number}"),
			format!("{kind} offset=65600 (local.get $x) (i32.add (local.get $x) (i32.const 1))"),
			format!("{kind} offset=65600 (local.get $x) (i32.const 1)"),
		] {
			let output = outcome(&text(&allowed)).0.unwrap();
			assert!(output.is_success(), "{allowed}");
		}
	}
}
