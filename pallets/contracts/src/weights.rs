//! What this pallet's calls and hooks take, and contracts that call the functions of the host.

use frame_support::weights::Weight;

/// What this pallet's calls and hooks take. What is named after the host is measured only for the
/// machine's prices to be compared with.
pub trait WeightInfo {
	/// To judge and keep so many bytes of code.
	fn upload_code(bytes: u32) -> Weight;
	/// To remove code, at its longest.
	fn remove_code() -> Weight;
	/// To deploy a contract, without what its code does.
	fn deploy_base() -> Weight;
	/// To call a contract, without what its code does.
	fn call_base() -> Weight;
	/// To give a contract other code.
	fn set_code() -> Weight;
	/// To end a contract.
	fn terminate() -> Weight;
	/// To settle the deposit of a contract.
	fn settle() -> Weight;
	/// To look at the next trie to be deleted.
	fn delete_base() -> Weight;
	/// To delete so many items of it.
	fn delete_item(items: u32) -> Weight;
	/// A contract that logs so often.
	fn host_log(times: u32) -> Weight;
	/// One that logs 60 lines of so many bytes.
	fn host_log_bytes(bytes: u32) -> Weight;
	/// One that asks for a balance.
	fn host_balance(times: u32) -> Weight;
	/// One that reads an item.
	fn host_storage_read(times: u32) -> Weight;
	/// One that reads 60 items of so many bytes.
	fn host_storage_read_bytes(bytes: u32) -> Weight;
	/// One that asks how long an item is.
	fn host_storage_len(times: u32) -> Weight;
	/// One that makes an item.
	fn host_storage_write(times: u32) -> Weight;
	/// One that makes 60 items of so many bytes.
	fn host_storage_write_bytes(bytes: u32) -> Weight;
	/// One that deletes an item.
	fn host_storage_delete(times: u32) -> Weight;
	/// One that pays to a new account.
	fn host_transfer(times: u32) -> Weight;
	/// One that tells an event.
	fn host_emit_event(times: u32) -> Weight;
	/// One that tells 60 events of so many bytes.
	fn host_emit_event_bytes(bytes: u32) -> Weight;
	/// One that hashes nothing.
	fn host_hash(times: u32) -> Weight;
	/// One that hashes so many bytes.
	fn host_hash_blake2(bytes: u32) -> Weight;
	/// One that hashes so many bytes.
	fn host_hash_sha2(bytes: u32) -> Weight;
	/// One that hashes so many bytes.
	fn host_hash_keccak(bytes: u32) -> Weight;
	/// One that checks a signature.
	fn host_verify_sr25519(times: u32) -> Weight;
	/// One that checks a signature of so many bytes.
	fn host_verify_sr25519_bytes(bytes: u32) -> Weight;
	/// One that checks a signature.
	fn host_verify_ed25519(times: u32) -> Weight;
	/// One that checks a signature of so many bytes.
	fn host_verify_ed25519_bytes(bytes: u32) -> Weight;
	/// One that calls another, which does nothing.
	fn host_call(times: u32) -> Weight;
	/// One that calls another, which is given so many bytes.
	fn host_call_bytes(bytes: u32) -> Weight;
	/// One that copies an answer of nothing.
	fn host_output_copy(times: u32) -> Weight;
	/// One that copies an answer of so many bytes.
	fn host_output_copy_bytes(bytes: u32) -> Weight;
	/// One that deploys another, which does nothing.
	fn host_deploy(times: u32) -> Weight;
	/// One that takes other code.
	fn host_set_code(times: u32) -> Weight;
	/// One that ends, with all of the call.
	fn host_terminate() -> Weight;
	/// One that asks for randomness.
	fn host_random_at(times: u32) -> Weight;
}

/// A base, and so much for each.
const fn linear(base: u64, each: u64, count: u32) -> Weight {
	Weight::from_parts(base.saturating_add(each.saturating_mul(count as u64)), 0)
}

/// Rough values, for tests. The runtime has those that were measured.
impl WeightInfo for () {
	fn upload_code(bytes: u32) -> Weight {
		linear(400_000_000, 70_000, bytes)
	}
	fn remove_code() -> Weight {
		linear(400_000_000, 0, 0)
	}
	fn deploy_base() -> Weight {
		linear(1_800_000_000, 0, 0)
	}
	fn call_base() -> Weight {
		linear(900_000_000, 0, 0)
	}
	fn set_code() -> Weight {
		linear(700_000_000, 0, 0)
	}
	fn terminate() -> Weight {
		linear(1_200_000_000, 0, 0)
	}
	fn settle() -> Weight {
		linear(700_000_000, 0, 0)
	}
	fn delete_base() -> Weight {
		linear(300_000_000, 0, 0)
	}
	fn delete_item(items: u32) -> Weight {
		linear(0, 130_000_000, items)
	}
	fn host_log(times: u32) -> Weight {
		linear(0, 4_000_000, times)
	}
	fn host_log_bytes(bytes: u32) -> Weight {
		linear(0, 60 * 5_000, bytes)
	}
	fn host_balance(times: u32) -> Weight {
		linear(0, 30_000_000, times)
	}
	fn host_storage_read(times: u32) -> Weight {
		linear(0, 30_000_000, times)
	}
	fn host_storage_read_bytes(bytes: u32) -> Weight {
		linear(0, 60 * 1_000, bytes)
	}
	fn host_storage_len(times: u32) -> Weight {
		linear(0, 30_000_000, times)
	}
	fn host_storage_write(times: u32) -> Weight {
		linear(0, 130_000_000, times)
	}
	fn host_storage_write_bytes(bytes: u32) -> Weight {
		linear(0, 60 * 2_000, bytes)
	}
	fn host_storage_delete(times: u32) -> Weight {
		linear(0, 130_000_000, times)
	}
	fn host_transfer(times: u32) -> Weight {
		linear(0, 220_000_000, times)
	}
	fn host_emit_event(times: u32) -> Weight {
		linear(0, 6_000_000, times)
	}
	fn host_emit_event_bytes(bytes: u32) -> Weight {
		linear(0, 60 * 5_000, bytes)
	}
	fn host_hash(times: u32) -> Weight {
		linear(0, 1_500_000, times)
	}
	fn host_hash_blake2(bytes: u32) -> Weight {
		linear(0, 1_200, bytes)
	}
	fn host_hash_sha2(bytes: u32) -> Weight {
		linear(0, 4_000, bytes)
	}
	fn host_hash_keccak(bytes: u32) -> Weight {
		linear(0, 4_000, bytes)
	}
	fn host_verify_sr25519(times: u32) -> Weight {
		linear(0, 60_000_000, times)
	}
	fn host_verify_sr25519_bytes(bytes: u32) -> Weight {
		linear(0, 4_000, bytes)
	}
	fn host_verify_ed25519(times: u32) -> Weight {
		linear(0, 60_000_000, times)
	}
	fn host_verify_ed25519_bytes(bytes: u32) -> Weight {
		linear(0, 4_000, bytes)
	}
	fn host_call(times: u32) -> Weight {
		linear(0, 300_000_000, times)
	}
	fn host_call_bytes(bytes: u32) -> Weight {
		linear(0, 1_000, bytes)
	}
	fn host_output_copy(times: u32) -> Weight {
		linear(0, 500_000, times)
	}
	fn host_output_copy_bytes(bytes: u32) -> Weight {
		linear(0, 1_000, bytes)
	}
	fn host_deploy(times: u32) -> Weight {
		linear(0, 700_000_000, times)
	}
	fn host_set_code(times: u32) -> Weight {
		linear(0, 250_000_000, times)
	}
	fn host_terminate() -> Weight {
		linear(1_500_000_000, 0, 0)
	}
	fn host_random_at(times: u32) -> Weight {
		linear(0, 30_000_000, times)
	}
}
