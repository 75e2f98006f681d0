//! What guests are charged for what the host does is at least what `scripts/weights` has measured.

use super::*;
use mbongo_vm::{costs, Function};
use pallet_contracts::WeightInfo;
use polkadot_sdk::frame_support::weights::Weight;

type Measured = <Runtime as pallet_contracts::Config>::WeightInfo;

/// How often it was measured at most that a function is called, and deploys.
const TIMES: u32 = 60;
const DEPLOYMENTS: u32 = 20;

/// What one more takes, where so many were measured at most.
fn each(measured: fn(u32) -> Weight, most: u32) -> u64 {
	measured(most).ref_time().saturating_sub(measured(0).ref_time()).div_ceil(most.into())
}

/// What it is charged to run a contract of little code that does nothing.
fn frame() -> u64 {
	costs::code_load(100, 0, 100).picos + costs::memory(2 * 65_536).picos
}

/// What a byte takes, where so many calls of so many bytes at most were measured.
fn byte_of_each(measured: fn(u32) -> Weight, most: u32) -> u64 {
	each(measured, most).div_ceil(TIMES.into())
}

/// With how many bytes a function was measured, what is charged with it for what it does beside, and
/// what it takes with that.
fn of_once(function: Function) -> (u64, u64, u64) {
	use Function::*;
	let settling = Measured::settle().ref_time();
	match function {
		Log => (64, 0, each(Measured::host_log, TIMES)),
		Balance | BalanceWide => (0, 0, each(Measured::host_balance, TIMES)),
		Transfer | TransferWide => (0, 0, each(Measured::host_transfer, TIMES)),
		StorageRead => (16, 0, each(Measured::host_storage_read, TIMES)),
		StorageWrite => (16, 0, each(Measured::host_storage_write, TIMES)),
		StorageDelete => (8, 0, each(Measured::host_storage_delete, TIMES)),
		StorageLen => (16, 0, each(Measured::host_storage_len, TIMES)),
		EmitEvent => (64, 0, each(Measured::host_emit_event, TIMES)),
		HashBlake2 | HashSha2 | HashKeccak => (0, 0, each(Measured::host_hash, TIMES)),
		VerifyEd25519 => (32, 0, each(Measured::host_verify_ed25519, TIMES)),
		VerifySr25519 => (32, 0, each(Measured::host_verify_sr25519, TIMES)),
		Call => (5, frame(), each(Measured::host_call, TIMES)),
		OutputCopy => (0, 0, each(Measured::host_output_copy, TIMES)),
		Deploy => (5, frame() + settling, each(Measured::host_deploy, DEPLOYMENTS)),
		SetCode => (0, 0, each(Measured::host_set_code, TIMES)),
		// With all of the call, whose own is charged before the contract runs.
		Terminate => {
			let call = Measured::call_base().ref_time() + frame();
			(0, call, Measured::host_terminate().ref_time())
		}
		// Nobody takes orders yet.
		RequestCompute => (0, 0, 0),
		RandomAt => (0, 0, each(Measured::host_random_at, TIMES)),
	}
}

/// What is charged for a byte with a function, beside its own price of a byte, and what a byte takes
/// with that.
fn of_a_byte(function: Function) -> (u64, u64) {
	use Function::*;
	const MANY: u32 = 64_000;
	const PAGE: u32 = 65_536;
	let (value, line) = (mbongo_vm::limits::VALUE_BYTES, mbongo_vm::limits::LOG_BYTES);
	let input = costs::code_load(0, 0, 1).picos - costs::code_load(0, 0, 0).picos;
	match function {
		Log => (0, byte_of_each(Measured::host_log_bytes, line)),
		StorageRead | StorageLen => (0, byte_of_each(Measured::host_storage_read_bytes, value)),
		StorageWrite => (0, byte_of_each(Measured::host_storage_write_bytes, value)),
		EmitEvent => {
			(0, byte_of_each(Measured::host_emit_event_bytes, mbongo_vm::limits::EVENT_BYTES))
		}
		HashBlake2 => (0, each(Measured::host_hash_blake2, PAGE)),
		HashSha2 => (0, each(Measured::host_hash_sha2, PAGE)),
		HashKeccak => (0, each(Measured::host_hash_keccak, PAGE)),
		VerifyEd25519 => (0, each(Measured::host_verify_ed25519_bytes, MANY)),
		VerifySr25519 => (0, each(Measured::host_verify_sr25519_bytes, MANY)),
		// What the other is given, and answers, is charged there too.
		Call | Deploy => (input, each(Measured::host_call_bytes, MANY)),
		OutputCopy => (costs::output(1).picos, each(Measured::host_output_copy_bytes, MANY)),
		// They have no bytes, or few: those of a key.
		Balance | BalanceWide | Transfer | TransferWide | StorageDelete => (0, 0),
		SetCode | Terminate | RandomAt => (0, 0),
		// Nobody takes orders yet.
		RequestCompute => (0, 0),
	}
}

#[test]
fn functions_of_the_host_cost_what_they_take() {
	for function in Function::ALL {
		let (bytes, beside, takes) = of_once(*function);
		let costs = function.cost(bytes).picos + beside;
		println!("{function:?} costs {costs}, takes {takes}");
		assert!(costs >= takes, "{function:?} costs {costs}, and takes {takes}");
		let (beside, takes) = of_a_byte(*function);
		let costs = function.bytes(1).picos + beside;
		println!("{function:?} costs {costs} for a byte, takes {takes}");
		assert!(costs >= takes, "{function:?} costs {costs} for a byte, and takes {takes}");
	}
}
