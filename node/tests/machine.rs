//! What a contract does and uses is the same wherever the runtime runs: as WASM, as validators run it,
//! and natively.

#[path = "../benches/contracts/chain.rs"]
mod chain;
#[path = "../benches/contracts/guests.rs"]
mod guests;

use chain::{call, Chain, InRuntime, Native};
use codec::Encode;
use mbongo_contract_examples::{PROBE, WORKLOAD};
use mbongo_vm::VmCall;
use polkadot_sdk::sp_keyring::Sr25519Keyring::Bob;

fn is_the_same(chain: &mut Chain, code: &[u8], deploy: &str, calls: &[VmCall]) -> u64 {
	let contract = chain.deploy(code, call(deploy, &[]));
	let mut gas = 0;
	for call in calls {
		let [(native, _), (in_runtime, _)] =
			[Native, InRuntime].map(|machine| chain.simulate(machine, &contract, call));
		assert_eq!(native, in_runtime, "{call:?}");
		gas += in_runtime.gas_needed;
	}
	gas
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
	assert!(is_the_same(&mut chain, WORKLOAD, "deploy", &works) > 100_000);
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
	assert!(is_the_same(&mut chain, PROBE, "deploy", &asks) > 10_000);
}

#[test]
fn what_tries_to_get_much_for_its_gas_uses_the_same_natively_and_in_the_runtime() {
	let mut chain = Chain::new();
	for (name, text) in guests::written().into_iter().chain(guests::asking()) {
		let code = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
		assert!(is_the_same(&mut chain, &code, "again", &[call("again", &[])]) > 0, "{name}");
	}
}
