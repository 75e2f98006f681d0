//! A guest that counts in its storage: what it answers, keeps and costs.

use super::*;

const READ: &str =
	r#"(import "mbongo" "storage_read" (func $read (param i32 i32 i32 i32) (result i32)))"#;
const WRITE: &str = r#"(import "mbongo" "storage_write" (func $write (param i32 i32 i32 i32)))"#;

/// Adds one to a number in storage, and answers it.
fn counter() -> String {
	guest_answering(
		&format!("{READ}{WRITE}"),
		r#"
		(drop (call $read (i32.const 0) (i32.const 4) (i32.const 65542) (i32.const 8)))
		(i64.store (i32.const 65542) (i64.add (i64.load (i32.const 65542)) (i64.const 1)))
		(call $write (i32.const 0) (i32.const 4) (i32.const 65542) (i32.const 8))
		"#,
		8,
	)
}

#[test]
fn a_counter_counts() {
	let mut world = World::with(&counter());
	for count in 1..=3 {
		let output = world.call("add", &[]).unwrap();
		assert_eq!(number(&output), count);
	}
	let kept: Vec<_> = world.contracts[&CONTRACT].storage.clone().into_iter().collect();
	assert_eq!(kept, [(vec![0; 4], 3u64.encode())]);
}

#[test]
fn the_same_call_costs_the_same() {
	let mut world = World::with(&counter());
	world.call("add", &[]).unwrap();
	let cost = |world: &World| world.clone().call_with(PLENTY, Mode::Standard, "add", &[]).1.used();
	let used = cost(&world);
	assert!(used > 5_000 && used < 200_000, "{used}");
	for _ in 0..3 {
		world.call("add", &[]).unwrap();
		assert_eq!(cost(&world), used);
	}
	// With what it used it is enough, with less it is not.
	let needed = world.clone().call_with(PLENTY, Mode::Standard, "add", &[]).1.needed();
	assert!(world.clone().call_with(needed, Mode::Standard, "add", &[]).0.is_ok());
	let before = world.clone();
	let (result, meter) = world.call_with(needed - 1, Mode::Standard, "add", &[]);
	assert_eq!((result, meter.used()), (Err(VmError::FuelExhausted), needed - 1));
	assert_eq!(world, before);
}

#[test]
fn who_may_only_look_changes_nothing() {
	let mut world = World::with(&counter());
	let before = world.clone();
	let (result, _) = world.call_with(PLENTY, Mode::View, "add", &[]);
	assert_eq!(result, Err(VmError::ReadOnly));
	assert_eq!(world, before);
}
