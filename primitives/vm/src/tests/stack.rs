//! However long a guest runs, it takes no more of the host's own stack: what overflows that is not a
//! guest's error, but the host's end. If wasmi goes from one instruction to the next by tail calls, which
//! compilers need not keep, each `memory.grow` takes room there until the run ends: so it is built to go
//! without them.

use super::*;

/// A byte of stack for each would already be too much.
const ROUNDS: u32 = 300_000;
const STACK: usize = 256 * 1024;

/// Does something over and over, on a thread with a small stack.
fn over_and_over(more: &str, body: &str) {
	let body = format!(
		"(local $n i32) (local.set $n (i32.const {ROUNDS}))
		(loop $next {body}
			(br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
	);
	let text = guest_answering(more, &body, 8);
	let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
		let mut world = World::with(&text);
		world.call_with(50 * PLENTY, Mode::Standard, "", &[]).0
	});
	let result = thread.expect("it begins").join().expect("it does not panic");
	assert!(result.is_ok(), "{body}: {result:?}");
}

#[test]
fn no_instruction_leaves_anything_on_the_hosts_stack() {
	for body in [
		"(drop (memory.grow (i32.const 0)))",
		"(drop (memory.grow (global.get $none)))", // a 0 that it does not see beforehand
		"(drop (memory.grow (i32.const -1)))",
		"(drop (memory.size))",
		"(memory.fill (i32.const 0) (i32.const 1) (i32.const 8))",
		"(memory.copy (i32.const 0) (i32.const 4) (i32.const 8))",
		"(memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))",
		"(table.init $e (i32.const 0) (i32.const 0) (i32.const 1))",
		"(table.copy (i32.const 0) (i32.const 1) (i32.const 1))",
		"(i64.store (i32.const 0) (i64.add (i64.load (i32.const 8)) (i64.const 1)))",
		"(global.set $g (i32.xor (global.get $g) (local.get $n)))",
		"(drop (select (i64.const 1) (i64.const 2) (local.get $n)))",
		"(drop (i64.div_u (i64.const 7) (i64.extend_i32_u (local.get $n))))",
		"(block (block (br_table 0 1 0 (local.get $n))))",
		"(drop (block (result i32) (br_table 0 0 (i32.const 5) (local.get $n))))",
		"(drop (block (result i64) (br_table 0 0 (i64.extend_i32_u (local.get $n)) (local.get $n))))",
		"(if (local.get $n) (then (call $f)) (else (nop)))",
		"(call $h (local.get $n)) drop drop",
		"(call_indirect (type $t) (i32.const 0))",
		"(call $hash (i32.const 0) (i32.const 8) (i32.const 64))",
	] {
		let more = r#"(import "mbongo" "hash_blake2_256" (func $hash (param i32 i32 i32)))
			(type $t (func)) (table 2 funcref) (elem (i32.const 0) $f) (elem $e func $f)
			(data $d "x") (global $g (mut i32) (i32.const 0)) (func $f)
			(global $none (mut i32) (i32.const 0))
			(func $h (param i32) (result i32 i64) (local.get 0) (i64.const 1))"#;
		over_and_over(more, body);
	}
}
