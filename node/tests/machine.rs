//! What a contract does and uses is the same wherever the runtime runs: as WASM, as validators run it,
//! and natively. Whatever one call does, the memory that the runtime has as WASM is enough for it.

#[path = "../benches/contracts/asking.rs"]
mod asking;
#[path = "../benches/contracts/chain.rs"]
mod chain;
#[path = "../../primitives/vm/src/tests/guests.rs"]
#[allow(dead_code)] // what is only measured
mod guests;

use chain::{call, Chain, InRuntime, Native};
use codec::Encode;
use mbongo_contract_examples::{PROBE, WORKLOAD};
use mbongo_primitives::{units::EXISTENTIAL_DEPOSIT, AccountId};
use mbongo_vm::{
	limits::{CALL_DEPTH, CONTRACT_PAGES, PAGE_BYTES, STACK_BYTES},
	ReturnCode, VmCall,
};
use polkadot_sdk::sp_keyring::Sr25519Keyring::Bob;

/// How much gas the calls need together, and which functions fail.
fn is_the_same(
	chain: &mut Chain,
	code: &[u8],
	deploy: &str,
	calls: &[VmCall],
) -> (u64, Vec<String>) {
	let contract = chain.deploy(code, call(deploy, &[]));
	let (mut gas, mut failed) = (0, Vec::new());
	for call in calls {
		let [(native, _), (in_runtime, _)] =
			[Native, InRuntime].map(|machine| chain.simulate(machine, &contract, call));
		assert_eq!(native, in_runtime, "{call:?}");
		gas += in_runtime.gas_needed;
		if in_runtime.result.is_err() {
			failed.push(call.function.clone());
		}
	}
	(gas, failed)
}

#[test]
fn rust_uses_the_same_gas_natively_and_in_the_runtime() {
	let mut chain = Chain::new();
	let size = [5_000_u32.encode()];
	let works = [
		call("fib", &[17_u32.encode()]),
		call("sha256", &size),
		call("keccak", &size),
		call("sort", &size),
		call("nothing", &[]),
		call("no such function", &[]),
	];
	let (gas, failed) = is_the_same(&mut chain, WORKLOAD, "deploy", &works);
	assert!(gas > 100_000, "{gas}");
	assert_eq!(failed, ["no such function"]);
	let bytes = b"some bytes".to_vec().encode();
	let to = Bob.to_account_id().encode();
	let asks = [
		call("say", &["a text".encode()]),
		call("keep", &[bytes.clone(), bytes.clone()]),
		call("remove", std::slice::from_ref(&bytes)),
		call("hashes", std::slice::from_ref(&bytes)),
		call("verify", &[[1_u8; 64].encode(), [2_u8; 32].encode(), bytes]),
		call("pay", &[to, 1_u128.encode()]),
		call("seen", &[]),
	];
	let (gas, failed) = is_the_same(&mut chain, PROBE, "deploy", &asks);
	assert!(gas > 10_000, "{gas}");
	assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn what_tries_to_get_much_for_its_gas_uses_the_same_natively_and_in_the_runtime() {
	let mut chain = Chain::new();
	let mut failing = Vec::new();
	for (name, text) in guests::written().into_iter().chain(asking::asking(EXISTENTIAL_DEPOSIT)) {
		let code = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
		let (gas, failed) = is_the_same(&mut chain, &code, "again", &[call("again", &[])]);
		assert!(gas > 0, "{name}");
		if !failed.is_empty() {
			failing.push(name);
		}
	}
	// None is stopped before it has done what it is for.
	assert_eq!(failing, Vec::<&str>::new());
}

/// How many contracts one call calls, one after the other.
const MANY: u32 = 300;

/// A guest that does this when it is called `x`, and nothing when it is made. Its third local is free.
fn when_called(more: &str, body: &str) -> Vec<u8> {
	let text = format!(
		r#"(module {more}
		(memory (export "memory") 1 16) (data (i32.const 768) "\01\00\00\00\00\00")
		(func (export "alloc") (param i32) (result i32) (i32.const 1024))
		(func (export "output_len") (result i32) (i32.const 6))
		(func (export "execute") (param i32 i32) (result i32) (local i32)
			(if (i32.eq (i32.load8_u offset=1 (local.get 0)) (i32.const 4)) (then {body}))
			(i32.const 768)))"#
	);
	wat::parse_str(text).expect("it is WASM")
}

/// Has a contract call many others in the runtime, each of code of its own. Each time it must be told
/// this.
fn calls_many(code_of: impl Fn(u32) -> Vec<u8>, told: ReturnCode) {
	let mut chain = Chain::new();
	let mut addresses = Vec::new();
	for number in 0..MANY {
		let contract = chain.deploy(&code_of(number), call("new", &[]));
		addresses.extend(contract.encode());
	}
	let asked = call("x", &[]);
	let imports = format!(
		r#"(import "mbongo" "call" (func $call (param i32 i32 i64 i32 i32) (result i32))) {} {}"#,
		guests::data(64, &asked.encode()),
		guests::data(4_096, &addresses),
	);
	let body = format!(
		"(loop $l
			(if (i32.ne (i32.const {}) (call $call
					(i32.add (i32.const 4096) (i32.mul (i32.const 32) (local.get 2)))
					(i32.const 0) (i64.const -1) (i32.const 64) (i32.const {})))
				(then (unreachable)))
			(local.set 2 (i32.add (local.get 2) (i32.const 1)))
			(br_if $l (i32.lt_u (local.get 2) (i32.const {MANY}))))",
		i32::from(told),
		asked.encoded_size(),
	);
	let calls = chain.deploy(&when_called(&imports, &body), call("new", &[]));
	// All of it would have room for every module, which should not be kept.
	chain.heap_pages /= 32;
	let (simulation, _) = chain.simulate(InRuntime, &calls, &asked);
	assert!(simulation.result.is_ok(), "{:?}", simulation.result);
}

#[test]
fn many_that_take_all_of_their_stack_fit_the_runtimes_memory() {
	let locals = " i64".repeat(250);
	let deep = |number: u32| {
		let deep = format!("(func $f (local{locals}) (drop (i32.const {number})) (call $f))");
		when_called(&deep, "(call $f)")
	};
	calls_many(deep, ReturnCode::Failed);
}

#[test]
fn many_with_many_functions_fit_the_runtimes_memory() {
	const FUNCTIONS: u32 = 2_040;
	let functions = "(func)".repeat(FUNCTIONS as usize);
	let calls: String = (0..FUNCTIONS).map(|function| format!("(call {function})")).collect();
	let wide =
		|number: u32| when_called(&functions, &format!("(drop (i32.const {number})) {calls}"));
	calls_many(wide, ReturnCode::Done);
}

/// As many contracts wait for one another as may, each with all of its memory and nearly all of its stack.
#[test]
fn those_that_wait_with_all_that_they_may_have_fit_the_runtimes_memory() {
	const LOCALS: u32 = 250;
	/// How deep a function with so many locals may call itself: the machine keeps a few more for each.
	const DEEP: u32 = STACK_BYTES / (8 * (LOCALS + 12));
	let asked = call("x", &[]);
	// Takes its memory, and calls itself so often; then it calls the next one.
	let waits = |next: Option<&AccountId>, deep: u32| {
		let calls = format!(
			"(if (call $call (i32.const 4096) (i32.const 0) (i64.const -1) (i32.const 64)
				(i32.const {})) (then (unreachable)))",
			asked.encoded_size()
		);
		let calls = next.map(|_| calls).unwrap_or_default();
		let address = next.map(|next| guests::data(4_096, next.as_ref())).unwrap_or_default();
		let more = format!(
			r#"(import "mbongo" "call" (func $call (param i32 i32 i64 i32 i32) (result i32)))
			{} {}
			(func $f (param i32) (local{})
				(if (local.get 0)
					(then (call $f (i32.sub (local.get 0) (i32.const 1))))
					(else {})))"#,
			guests::data(64, &asked.encode()),
			address,
			" i64".repeat(LOCALS as usize),
			calls,
		);
		let all = format!(
			"(if (i32.lt_s (memory.grow (i32.const {})) (i32.const 0)) (then (unreachable)))
			(memory.fill (i32.const 8192) (i32.const 1) (i32.const {}))
			(call $f (i32.const {deep}))",
			CONTRACT_PAGES - 1,
			CONTRACT_PAGES * PAGE_BYTES - 8_192,
		);
		when_called(&more, &all)
	};
	let mut chain = Chain::new();
	let mut contract = chain.deploy(&waits(None, DEEP), call("new", &[]));
	for _ in 0..CALL_DEPTH {
		contract = chain.deploy(&waits(Some(&contract), DEEP), call("new", &[]));
	}
	let (simulation, _) = chain.simulate(InRuntime, &contract, &asked);
	assert!(simulation.result.is_ok(), "{:?}", simulation.result);
	// It was nearly all of the stack.
	let deeper = chain.deploy(&waits(None, DEEP / 10 * 11), call("new", &[]));
	let (simulation, _) = chain.simulate(InRuntime, &deeper, &asked);
	assert!(simulation.result.is_err());
}
