//! Guests that call guests.

use super::*;
use crate::{
	abi::Permission,
	costs::{FUEL_PER_CODE_BYTE, FUEL_PER_GAS},
};

const CALL: &str =
	r#"(import "mbongo" "call" (func $call (param i32 i32 i64 i32 i32) (result i32)))"#;
const COPY: &str = r#"(import "mbongo" "output_copy" (func $copy (param i32 i32) (result i32)))"#;
const WRITE: &str = r#"(import "mbongo" "storage_write" (func $write (param i32 i32 i32 i32)))"#;
const DELETE: &str =
	r#"(import "mbongo" "storage_delete" (func $delete (param i32 i32) (result i32)))"#;

/// A key of storage, a zero.
const KEY: &[u8] = &[0];

/// Text of the bytes that a guest below calls with: whom, no money, and an empty call.
fn target(whom: Address) -> String {
	format!("(data (i32.const 256) \"{}\")", hex(&whom))
}

/// Text of a call of whom [`target`] says with this much gas.
fn call(gas: i64) -> String {
	format!(
		"(call $call (i32.const 256) (i32.const 288) (i64.const {gas}) (i32.const 304) (i32.const 2))"
	)
}

const ALL: i64 = -1;

/// Text that keeps the number on the stack as the answer.
fn keep(number: &str) -> String {
	format!("(i64.store (i32.const 65542) (i64.extend_i32_s {number}))")
}

/// Writes an item of storage.
const WRITES: &str = "(call $write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 4))";

/// A guest that does something, calls another and answers what came of it.
fn caller(whom: Address, first: &str, gas: i64) -> String {
	let more = format!("{CALL}{WRITE}{}", target(whom));
	guest_answering(&more, &format!("{first} {}", keep(&call(gas))), 8)
}

/// A guest that writes, and then does this.
fn writer(then: &str) -> String {
	guest_answering(WRITE, &format!("{WRITES} {then}"), 8)
}

fn world(contract: &str, other: &str) -> World {
	let mut world = World::with(contract);
	world.put(OTHER, other);
	world
}

fn has_written(world: &World, who: Address) -> bool {
	world.contracts[&who].storage.contains_key(KEY)
}

#[test]
fn what_is_called_stays_done_if_it_succeeds() {
	let mut world = world(&caller(OTHER, WRITES, ALL), &writer(""));
	assert_eq!(number(&world.call("", &[]).unwrap()), ReturnCode::Done as i64);
	assert!(has_written(&world, CONTRACT) && has_written(&world, OTHER));
}

#[test]
fn what_fails_undoes_itself_and_no_more() {
	for (then, code) in [
		("unreachable", ReturnCode::Failed),
		("(loop (br 0))", ReturnCode::Failed),
		("(drop (i32.load (i32.const -1)))", ReturnCode::Failed),
		("(return (i32.const 131072))", ReturnCode::Failed),
		("(return (i32.const -5))", ReturnCode::Refused),
	] {
		let mut world = world(&caller(OTHER, WRITES, 200_000), &writer(then));
		assert_eq!(number(&world.call("", &[]).unwrap()), code as i64, "{then}");
		assert!(has_written(&world, CONTRACT) && !has_written(&world, OTHER), "{then}");
	}
}

#[test]
fn what_was_written_before_a_call_is_undone_if_the_caller_fails_after_it() {
	let more = format!("{CALL}{WRITE}{}", target(OTHER));
	let body = format!("{WRITES} (drop {}) unreachable", call(ALL));
	let mut world = world(&guest(&more, &body), &writer(""));
	let before = world.clone();
	assert!(world.call("", &[]).is_err());
	assert_eq!(world, before);
}

#[test]
fn out_of_gas_above_leaves_the_rest_below() {
	let text = caller(OTHER, "", 300_000)
		.replace("(global.set $length", &format!("{WRITES} (global.set $length"));
	let mut world = world(&text, &writer("(loop (br 0))"));
	let (result, meter) = world.call_with(1_000_000, Mode::Standard, "", &[]);
	assert_eq!(number(&result.unwrap()), ReturnCode::Failed as i64);
	assert!(has_written(&world, CONTRACT) && !has_written(&world, OTHER));
	// All that was given above is gone, and not much more.
	assert!((300_000..500_000).contains(&meter.used()), "{}", meter.used());
}

#[test]
fn out_of_gas_above_is_the_end_if_it_had_all() {
	let mut world = world(&caller(OTHER, WRITES, ALL), &writer("(loop (br 0))"));
	let before = world.clone();
	let (result, meter) = world.call_with(1_000_000, Mode::Standard, "", &[]);
	assert_eq!((result, meter.used()), (Err(VmError::FuelExhausted), 1_000_000));
	assert_eq!(world, before);
}

#[test]
fn a_call_has_no_more_gas_than_it_is_given() {
	let needed = {
		let mut other = World::with(&writer(""));
		other.call_with(PLENTY, Mode::Standard, "", &[]).1.needed()
	};
	let of = |gas: u64| {
		let mut world = world(&caller(OTHER, "", gas as i64), &writer(""));
		number(&world.call("", &[]).unwrap())
	};
	// Its input differs by nothing but who calls.
	assert_eq!(of(needed), ReturnCode::Done as i64);
	assert_eq!(of(needed - 1), ReturnCode::Failed as i64);
	assert_eq!(of(0), ReturnCode::Failed as i64);
	assert_eq!(of(i64::MAX as u64), ReturnCode::Done as i64);
}

#[test]
fn the_reason_of_a_refusal_can_be_read() {
	let refusing = {
		let output = VmOutput { abi: ABI_VERSION, status: 9, data: 77_u64.encode() }.encode();
		guest(
			&format!("{WRITE} (data (i32.const 65536) \"{}\")", hex(&output)),
			&format!(
				"{WRITES} (global.set $length (i32.const {})) (i32.const 65536)",
				output.len()
			),
		)
	};
	let more = format!("{CALL}{COPY}{}", target(OTHER));
	let body = format!(
		"(if (i32.ne {} (i32.const {})) (then unreachable))
		(drop (call $copy (i32.const 65542) (i32.const 8)))",
		call(ALL),
		ReturnCode::Refused as i32
	);
	let mut world = world(&guest_answering(&more, &body, 8), &refusing);
	assert_eq!(number(&world.call("", &[]).unwrap()), 77);
	assert!(!has_written(&world, OTHER));
}

#[test]
fn what_a_failed_call_leaves_to_be_read_is_nothing() {
	let more = format!("{CALL}{COPY}{}", target(OTHER));
	let body = format!("(drop {}) {}", call(ALL), keep("(call $copy (i32.const 0) (i32.const 8))"));
	let mut failing = world(&guest_answering(&more, &body, 8), &guest("", "unreachable"));
	assert_eq!(number(&failing.call("", &[]).unwrap()), 0);
	let mut answering = world(&guest_answering(&more, &body, 8), &guest_answering("", "", 8));
	assert_eq!(number(&answering.call("", &[]).unwrap()), 8);
	// Not even of the call before.
	let body = format!(
		"(drop {0}) (i64.store (i32.const 256) (i64.const 0)) (drop {0}) {1}",
		call(ALL),
		keep("(call $copy (i32.const 0) (i32.const 8))")
	);
	let mut absent = world(&guest_answering(&more, &body, 8), &guest_answering("", "", 8));
	assert_eq!(number(&absent.call("", &[]).unwrap()), 0);
}

/// The same text, with a section that says this.
fn saying(text: &str, manifest: Manifest) -> String {
	let section = manifest_section(manifest);
	text.strip_suffix(')').map(|text| format!("{text} {section})")).unwrap()
}

#[test]
fn who_waits_is_called_only_if_its_code_allows_it() {
	// It calls itself, until something says no.
	let text = caller(CONTRACT, "", ALL);
	let mut world = World::with(&text);
	assert_eq!(number(&world.call("", &[]).unwrap()), ReturnCode::Reentered as i64);

	let reentrant =
		Manifest { is_reentrant: true, upgrade: Permission::Nobody, terminate: Permission::Nobody };
	let mut world = World::with(&saying(&text, reentrant));
	assert!(world.contracts[&CONTRACT].facts.manifest.is_reentrant);
	assert_eq!(number(&world.call("", &[]).unwrap()), ReturnCode::Done as i64);

	// Through another one, which does not mind.
	let (there, back) = (caller(OTHER, "", ALL), passing(CONTRACT));
	let mut refused = self::world(&there, &back);
	assert_eq!(number(&refused.call("", &[]).unwrap()), ReturnCode::Refused as i64);
	let mut allowed = self::world(&saying(&there, reentrant), &saying(&back, reentrant));
	assert_eq!(number(&allowed.call("", &[]).unwrap()), ReturnCode::Done as i64);
}

/// A guest that calls on, and refuses with what came of it if that was no success.
fn passing(whom: Address) -> String {
	let more = format!("{CALL}{}(global $code (mut i32) (i32.const 0))", target(whom));
	let body = format!(
		"(global.set $code {}) (if (global.get $code) (then (return (global.get $code))))",
		call(ALL)
	);
	guest_answering(&more, &body, 8)
}

#[test]
fn no_more_contracts_wait_for_one_another_than_may() {
	let place = |number: u8| if number == 0 { CONTRACT } else { [number; 32] };
	for (length, code) in
		[(5, ReturnCode::Done), (6, ReturnCode::Refused), (7, ReturnCode::Refused)]
	{
		let mut world = World::default();
		for number in 0..length {
			let whom = place(number + 1);
			let text = if number == 0 { caller(whom, "", ALL) } else { passing(whom) };
			world.put(place(number), &text);
		}
		world.put(place(length), &guest_answering("", "", 8));
		assert_eq!(number(&world.call("", &[]).unwrap()), code as i64, "{length}");
	}
	// Where it is one too many, it says so.
	let mut world = World::default();
	for number in 0..5 {
		let text = if number == 0 { caller(place(1), "", ALL) } else { passing(place(number + 1)) };
		world.put(place(number), &text);
	}
	world.put(place(5), &caller(place(6), WRITES, ALL));
	world.put(place(6), &guest_answering("", "", 8));
	world.call("", &[]).unwrap();
	assert!(has_written(&world, place(5)), "it went on");
}

/// Text that costs much more gas than time: only then what comes back is seen.
fn gas() -> (&'static str, String) {
	let import = r#"(import "mbongo" "hash_blake2_256" (func $hash (param i32 i32 i32)))"#;
	(import, "(call $hash (i32.const 0) (i32.const 65536) (i32.const 512))".repeat(16))
}

/// A guest that deletes, and then does this.
fn deleting(then: &str) -> String {
	let (hash, gas) = gas();
	let delete = "(drop (call $delete (i32.const 0) (i32.const 1)))";
	guest_answering(&format!("{DELETE}{hash}"), &format!("{gas} {delete} {then}"), 8)
}

/// What comes back in a world where there is something to delete, and whether it is still there.
fn refund(mut world: World, who: Address) -> (Gas, bool) {
	let storage = &mut world.contracts.get_mut(&who).unwrap().storage;
	storage.insert(KEY.to_vec(), vec![1]);
	let (result, meter) = world.call_with(PLENTY, Mode::Standard, "", &[]);
	result.unwrap();
	(meter.needed() - meter.used(), has_written(&world, who))
}

#[test]
fn what_was_deleted_gives_back() {
	let (alone, there) = refund(World::with(&deleting("")), CONTRACT);
	assert_eq!((alone, there), (mbongo_gas::DELETE_REFUND, false));
	// Above as below.
	let nested = world(&caller(OTHER, "", ALL), &deleting(""));
	assert_eq!(refund(nested, OTHER), (mbongo_gas::DELETE_REFUND, false));
}

#[test]
fn what_an_undone_call_deleted_gives_nothing_back() {
	for then in ["unreachable", "(return (i32.const -1))", "(loop (br 0))"] {
		let world = world(&caller(OTHER, "", 1_000_000), &deleting(then));
		assert_eq!(refund(world, OTHER), (0, true), "{then}");
	}
}

#[test]
fn a_module_is_translated_once_in_a_call_and_again_in_the_next() {
	let times = |count: usize| {
		let more = format!("{CALL}{}", target(OTHER));
		let body = format!("(drop {})", call(ALL)).repeat(count);
		let big =
			format!("(func $f (param i32) {})", "(drop (i32.load (local.get 0)))".repeat(2_000));
		let other = guest_answering(&big, "(call $f (i32.const 0))", 8);
		world(&guest_answering(&more, &body, 8), &other)
	};
	let cost = |world: &mut World| {
		let (result, meter) = world.call_with(PLENTY, Mode::Standard, "", &[]);
		result.unwrap();
		meter.needed()
	};
	let used: Vec<u64> = (0..5).map(|count| cost(&mut times(count))).collect();
	let steps: Vec<u64> = used.windows(2).map(|pair| pair[1] - pair[0]).collect();
	// 2,000 times six bytes.
	let least = 2_000 * 6 * u64::from(FUEL_PER_CODE_BYTE) / FUEL_PER_GAS;
	assert!(steps[0] - steps[1] >= least, "{steps:?}");
	// From then on each costs the same, up to the rounding of its fuel.
	assert!(steps[1].abs_diff(steps[2]) <= 1 && steps[2].abs_diff(steps[3]) <= 1, "{steps:?}");
	let mut world = times(2);
	assert_eq!([cost(&mut world), cost(&mut world), cost(&mut world)], [used[2]; 3]);
}

#[test]
fn a_call_costs_the_same_whoever_ran_before() {
	let mut world = world(&caller(OTHER, WRITES, ALL), &writer(""));
	world.call("", &[]).unwrap();
	let alone = world.clone().call_with(PLENTY, Mode::Standard, "", &[]);
	let mut busy = world.clone();
	for gas in [50_000, 120_000, 200_000] {
		let _ = busy.call_with(gas, Mode::Standard, "", &[]);
	}
	assert_eq!(busy.call_with(PLENTY, Mode::Standard, "", &[]), alone);
}

#[test]
fn looking_goes_all_the_way_up() {
	let mut world = world(&caller(OTHER, "", ALL), &writer(""));
	let (result, _) = world.call_with(PLENTY, Mode::View, "", &[]);
	assert_eq!(number(&result.unwrap()), ReturnCode::Failed as i64);
	assert!(!has_written(&world, OTHER));
}

#[test]
fn money_goes_with_a_call_and_comes_back_if_it_fails() {
	for (other, code, moved) in [
		(guest_answering("", "", 8), ReturnCode::Done, 7),
		(guest("", "unreachable"), ReturnCode::Failed, 0),
		(guest("", "(i32.const -1)"), ReturnCode::Refused, 0),
	] {
		let text = caller(OTHER, "(i32.store8 (i32.const 288) (i32.const 7))", ALL);
		let mut world = world(&text, &other);
		world.balances.insert(CONTRACT, 10);
		assert_eq!(number(&world.call("", &[]).unwrap()), code as i64);
		assert_eq!((world.balance_of(&CONTRACT), world.balance_of(&OTHER)), (10 - moved, moved));
	}
	let text = caller(OTHER, "(i32.store8 (i32.const 303) (i32.const 7))", ALL);
	let mut world = world(&text, &guest_answering("", "", 8));
	assert_eq!(number(&world.call("", &[]).unwrap()), ReturnCode::Insufficient as i64);
}
