//! The functions of the host, as a guest imports them.

pub(crate) use crate::guest::Buffer;

use crate::{
	abi::{limits::VALUE_BYTES, Address},
	guest, Input,
};

/// The imports. What each takes is the table of `mbongo-vm`.
#[allow(unsafe_code)]
mod imports {
	#[link(wasm_import_module = "mbongo")]
	extern "C" {
		pub fn log(at: *const u8, length: usize);
		pub fn get_balance_wide(who: *const u8, length: usize, out: *mut u8);
		pub fn transfer_wide(
			from: *const u8,
			from_length: usize,
			to: *const u8,
			to_length: usize,
			amount: *const u8,
		) -> i32;
		pub fn storage_read(key: *const u8, key_length: usize, out: *mut u8, room: usize) -> i32;
		pub fn storage_write(key: *const u8, key_length: usize, value: *const u8, length: usize);
		pub fn storage_delete(key: *const u8, length: usize) -> i32;
		pub fn storage_len(key: *const u8, length: usize) -> i32;
		pub fn emit_event(topic: *const u8, topic_length: usize, at: *const u8, length: usize);
		pub fn hash_blake2_256(at: *const u8, length: usize, out: *mut u8);
		pub fn hash_sha2_256(at: *const u8, length: usize, out: *mut u8);
		pub fn hash_keccak_256(at: *const u8, length: usize, out: *mut u8);
		pub fn verify_ed25519(
			signature: *const u8,
			key: *const u8,
			at: *const u8,
			length: usize,
		) -> i32;
		pub fn verify_sr25519(
			signature: *const u8,
			key: *const u8,
			at: *const u8,
			length: usize,
		) -> i32;
		pub fn call(
			contract: *const u8,
			value: *const u8,
			gas: i64,
			input: *const u8,
			length: usize,
		) -> i32;
		pub fn output_copy(out: *mut u8, room: usize) -> i32;
		pub fn deploy(
			code_hash: *const u8,
			salt: *const u8,
			salt_length: usize,
			value: *const u8,
			gas: i64,
			input: *const u8,
			length: usize,
			out: *mut u8,
		) -> i32;
		pub fn set_code(code_hash: *const u8) -> i32;
		pub fn terminate(beneficiary: *const u8, length: usize);
		pub fn request_compute(
			spec: *const u8,
			length: usize,
			max_fee: *const u8,
			callback: *const u8,
			callback_length: usize,
			gas: i64,
		) -> i64;
		pub fn random_at(block: u32, out: *mut u8) -> i32;
	}
}

/// Calls an import.
///
/// Safe for every use below: pointers and lengths are those of slices and arrays that live until the
/// call is over, the host reads and writes within them only, and it keeps none.
macro_rules! import {
	($name:ident($($argument:expr),* $(,)?)) => {{
		// SAFETY: see above.
		#[allow(unsafe_code)]
		unsafe {
			imports::$name($($argument),*)
		}
	}};
}

/// Looks at what the guest was given.
pub(crate) fn input<R>(look: impl FnOnce(&Input) -> R) -> R {
	look(guest::input())
}

pub(crate) fn log(line: &[u8]) {
	import!(log(line.as_ptr(), line.len()))
}

pub(crate) fn balance(who: &Address) -> u128 {
	let mut out = [0; 16];
	import!(get_balance_wide(who.as_ptr(), who.len(), out.as_mut_ptr()));
	u128::from_le_bytes(out)
}

pub(crate) fn transfer(from: &Address, to: &Address, amount: u128) -> i32 {
	let amount = amount.to_le_bytes();
	import!(transfer_wide(from.as_ptr(), from.len(), to.as_ptr(), to.len(), amount.as_ptr()))
}

/// Reads into room for the longest value there is: one call of the host.
pub(crate) fn storage_read(key: &[u8]) -> Option<Buffer> {
	let room = VALUE_BYTES as usize;
	Buffer::filled(room, |out| {
		let length = import!(storage_read(key.as_ptr(), key.len(), out, room));
		usize::try_from(length).ok()
	})
}

pub(crate) fn storage_write(key: &[u8], value: &[u8]) {
	import!(storage_write(key.as_ptr(), key.len(), value.as_ptr(), value.len()))
}

pub(crate) fn storage_delete(key: &[u8]) -> bool {
	import!(storage_delete(key.as_ptr(), key.len())) >= 0
}

pub(crate) fn storage_exists(key: &[u8]) -> bool {
	import!(storage_len(key.as_ptr(), key.len())) >= 0
}

pub(crate) fn emit_event(topic: &[u8], data: &[u8]) {
	import!(emit_event(topic.as_ptr(), topic.len(), data.as_ptr(), data.len()))
}

pub(crate) fn hash_blake2_256(bytes: &[u8]) -> [u8; 32] {
	let mut out = [0; 32];
	import!(hash_blake2_256(bytes.as_ptr(), bytes.len(), out.as_mut_ptr()));
	out
}

pub(crate) fn hash_sha2_256(bytes: &[u8]) -> [u8; 32] {
	let mut out = [0; 32];
	import!(hash_sha2_256(bytes.as_ptr(), bytes.len(), out.as_mut_ptr()));
	out
}

pub(crate) fn hash_keccak_256(bytes: &[u8]) -> [u8; 32] {
	let mut out = [0; 32];
	import!(hash_keccak_256(bytes.as_ptr(), bytes.len(), out.as_mut_ptr()));
	out
}

pub(crate) fn verify_ed25519(signature: &[u8; 64], key: &[u8; 32], message: &[u8]) -> bool {
	let (signature, key) = (signature.as_ptr(), key.as_ptr());
	import!(verify_ed25519(signature, key, message.as_ptr(), message.len())) == 1
}

pub(crate) fn verify_sr25519(signature: &[u8; 64], key: &[u8; 32], message: &[u8]) -> bool {
	let (signature, key) = (signature.as_ptr(), key.as_ptr());
	import!(verify_sr25519(signature, key, message.as_ptr(), message.len())) == 1
}

pub(crate) fn call(contract: &Address, value: u128, gas: i64, input: &[u8]) -> i32 {
	let value = value.to_le_bytes();
	import!(call(contract.as_ptr(), value.as_ptr(), gas, input.as_ptr(), input.len()))
}

/// What the contract called last has answered.
pub(crate) fn output() -> Buffer {
	let copy = |out: *mut u8, room| import!(output_copy(out, room)) as usize;
	let length = copy(core::ptr::NonNull::dangling().as_ptr(), 0);
	match Buffer::filled(length, |out| Some(copy(out, length))) {
		Some(output) => output,
		None => Buffer::new(),
	}
}

pub(crate) fn deploy(
	code_hash: &[u8; 32],
	salt: &[u8],
	value: u128,
	gas: i64,
	input: &[u8],
) -> (i32, Address) {
	let value = value.to_le_bytes();
	let mut contract = Address::default();
	let code = import!(deploy(
		code_hash.as_ptr(),
		salt.as_ptr(),
		salt.len(),
		value.as_ptr(),
		gas,
		input.as_ptr(),
		input.len(),
		contract.as_mut_ptr(),
	));
	(code, contract)
}

pub(crate) fn set_code(code_hash: &[u8; 32]) -> i32 {
	import!(set_code(code_hash.as_ptr()))
}

pub(crate) fn terminate(beneficiary: &Address) -> ! {
	import!(terminate(beneficiary.as_ptr(), beneficiary.len()));
	// The host has ended the run.
	core::arch::wasm32::unreachable()
}

pub(crate) fn request_compute(spec: &[u8], max_fee: u128, callback: &[u8], gas: i64) -> i64 {
	let max_fee = max_fee.to_le_bytes();
	import!(request_compute(
		spec.as_ptr(),
		spec.len(),
		max_fee.as_ptr(),
		callback.as_ptr(),
		callback.len(),
		gas,
	))
}

pub(crate) fn random_at(block: u32) -> Option<[u8; 32]> {
	let mut out = [0; 32];
	let code = import!(random_at(block, out.as_mut_ptr()));
	(code >= 0).then_some(out)
}
