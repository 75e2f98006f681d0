//! What a module that is kept for another call takes of the host's memory, for which nobody pays.

use super::*;
use crate::HEAP_BYTES_PER_CODE_BYTE;
use std::{
	alloc::{GlobalAlloc, Layout, System},
	cell::Cell,
};

/// The system's, which counts what each thread holds.
struct Counting;

thread_local! {
	static HELD: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
	// There is none any more when a thread ends.
	let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: all is left to the system's.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		count(layout.size() as isize);
		System.alloc(layout)
	}

	unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
		count(-(layout.size() as isize));
		System.dealloc(at, layout)
	}
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is held by the module of a contract after a call.
fn held_after_a_call(text: &str) -> (u64, usize) {
	let mut world = World::with(text);
	let code_bytes = world.contracts[&CONTRACT].code.len();
	let mut modules = Modules::default();
	let mut frame = Frame::new(&mut world, &mut modules, Mode::Standard);
	let mut meter = Meter::new(PLENTY);
	let call = VmCall { function: String::new(), args: Vec::new() };
	let _ = frame.run(ALICE, 0, call, &mut meter);
	let before = HELD.get();
	drop(modules);
	((before - HELD.get()) as u64, code_bytes)
}

#[test]
fn a_module_takes_no_more_of_the_hosts_memory_than_is_thought() {
	let deep = "(func $f (local i64 i64 i64 i64 i64 i64 i64 i64) (call $f))";
	let deep = ("the stack as deep as it may be", guest_answering(deep, "(call $f)", 8));
	let tiny: String = (0..2_040).map(|n| format!("(func $f{n})")).collect();
	let calls: String = (0..2_040).map(|n| format!("(call $f{n})")).collect();
	let tiny = ("many functions", guest_answering(&tiny, &calls, 8));
	let mut over = Vec::new();
	for (name, text) in guests::written().into_iter().chain([deep, tiny]) {
		let (held, code_bytes) = held_after_a_call(&text);
		let counted = code_bytes.max(limits::MODULE_BYTES as usize) as u64;
		println!("{name}: {held} bytes for {code_bytes} of code");
		if held > HEAP_BYTES_PER_CODE_BYTE * counted {
			over.push(name);
		}
	}
	assert_eq!(over, Vec::<&str>::new());
}

#[test]
fn only_so_many_modules_are_kept() {
	let mut world = World::default();
	let mut modules = Modules::default();
	const SOME: u32 = limits::MODULES_BYTES / limits::MODULE_BYTES;
	let (before, mut some) = (HELD.get(), 0);
	for n in 0..200u32 {
		let text = guest_answering("", &format!("(drop (i32.const {n}))"), 8);
		world.put(CONTRACT, &text);
		let contract = world.contracts[&CONTRACT].clone();
		let mut meter = Meter::new(PLENTY);
		let loaded = modules.load(contract.hash, contract.code.len() as u32, &mut meter, |_| {
			Ok::<_, VmError>((contract.code.clone(), contract.facts))
		});
		assert!(loaded.is_ok());
		drop(loaded);
		let held = HELD.get() - before;
		match n + 1 {
			SOME => some = held,
			n => assert!(n < SOME || held < 2 * some, "{held} for {n}, {some} for {SOME}"),
		}
	}
}
