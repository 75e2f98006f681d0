//! The functions of the host, by the mock. What a guest would be stopped for stops it here too, unless it
//! is gas, a deposit, or a place in its memory.

use super::{
	frames::{self, stop, with, Mock, Stop},
	world::{Emitted, Task},
};
use crate::abi::{limits, Address, Mode, Permission, ReturnCode, VmCall, VmError};
use crate::Input;
use alloc::{string::String, vec::Vec};
use codec::{DecodeAll, Encode};

fn check(holds: bool, error: VmError) {
	if !holds {
		stop(Stop::Failed(error));
	}
}

/// That there are at most so many bytes.
fn at_most(bytes: &[u8], limit: u32) {
	check(bytes.len() <= limit as usize, VmError::ResourceLimitExceeded);
}

/// That the contract may do more than look.
fn writes() {
	check(with(|mock| mock.input().mode) == Mode::Standard, VmError::ReadOnly);
}

/// That the run may tell one thing more.
fn tells() {
	check(with(|mock| mock.may_tell()), VmError::ResourceLimitExceeded);
}

fn number(result: Result<(), ReturnCode>) -> i32 {
	result.err().unwrap_or(ReturnCode::Done).into()
}

/// Bytes that are being written.
pub(crate) type Buffer = Vec<u8>;

pub(crate) fn input<R>(look: impl FnOnce(&Input) -> R) -> R {
	let bytes = with(|mock| mock.input()).encode();
	match Input::read(&bytes) {
		Some(input) => look(&input),
		None => stop(Stop::Failed(VmError::MalformedAbi)),
	}
}

pub(crate) fn log(line: &[u8]) {
	writes();
	at_most(line, limits::LOG_BYTES);
	tells();
	with(|mock| {
		let this = mock.this();
		mock.world.logs.push((this, line.to_vec()));
	});
}

pub(crate) fn balance(who: &Address) -> u128 {
	with(|mock| mock.world.balance(who))
}

pub(crate) fn transfer(from: &Address, to: &Address, amount: u128) -> i32 {
	writes();
	with(|mock| match *from == mock.this() {
		true => number(mock.pay(from, to, amount)),
		false => ReturnCode::NotAllowed.into(),
	})
}

fn place(mock: &Mock, key: &[u8]) -> (Address, Vec<u8>) {
	(mock.this(), key.to_vec())
}

pub(crate) fn storage_read(key: &[u8]) -> Option<Vec<u8>> {
	at_most(key, limits::KEY_BYTES);
	with(|mock| mock.world.storage.get(&place(mock, key)).cloned())
}

pub(crate) fn storage_write(key: &[u8], value: &[u8]) {
	writes();
	at_most(key, limits::KEY_BYTES);
	at_most(value, limits::VALUE_BYTES);
	with(|mock| mock.world.storage.insert(place(mock, key), value.to_vec()));
}

pub(crate) fn storage_delete(key: &[u8]) -> bool {
	writes();
	at_most(key, limits::KEY_BYTES);
	with(|mock| mock.world.storage.remove(&place(mock, key)).is_some())
}

pub(crate) fn storage_exists(key: &[u8]) -> bool {
	storage_read(key).is_some()
}

pub(crate) fn emit_event(topic: &[u8], data: &[u8]) {
	writes();
	at_most(topic, limits::TOPIC_BYTES);
	at_most(data, limits::EVENT_BYTES);
	tells();
	with(|mock| {
		let contract = mock.this();
		mock.world.events.push(Emitted { contract, topic: topic.to_vec(), data: data.to_vec() });
	});
}

pub(crate) fn hash_blake2_256(bytes: &[u8]) -> [u8; 32] {
	sp_crypto_hashing::blake2_256(bytes)
}

pub(crate) fn hash_sha2_256(bytes: &[u8]) -> [u8; 32] {
	sp_crypto_hashing::sha2_256(bytes)
}

pub(crate) fn hash_keccak_256(bytes: &[u8]) -> [u8; 32] {
	sp_crypto_hashing::keccak_256(bytes)
}

pub(crate) fn verify_ed25519(signature: &[u8; 64], key: &[u8; 32], message: &[u8]) -> bool {
	let signature = ed25519_zebra::Signature::from(*signature);
	ed25519_zebra::VerificationKey::try_from(*key)
		.is_ok_and(|key| key.verify(&signature, message).is_ok())
}

pub(crate) fn verify_sr25519(signature: &[u8; 64], key: &[u8; 32], message: &[u8]) -> bool {
	let signature = schnorrkel::Signature::from_bytes(signature);
	let key = schnorrkel::PublicKey::from_bytes(key);
	match (signature, key) {
		(Ok(signature), Ok(key)) => key.verify_simple(b"substrate", message, &signature).is_ok(),
		_ => false,
	}
}

/// A call as the machine reads it.
fn vm_call(input: &[u8]) -> VmCall {
	match VmCall::decode_all(&mut &input[..]) {
		Ok(call) if call.fits() => call,
		_ => stop(Stop::Failed(VmError::MalformedAbi)),
	}
}

pub(crate) fn call(contract: &Address, value: u128, _gas: i64, input: &[u8]) -> i32 {
	let call = vm_call(input);
	if value > 0 {
		writes();
	}
	with(|mock| mock.output().clear());
	number(frames::call(*contract, value, call))
}

pub(crate) fn output() -> Vec<u8> {
	with(|mock| mock.output().clone())
}

pub(crate) fn deploy(
	code_hash: &[u8; 32],
	salt: &[u8],
	value: u128,
	_gas: i64,
	input: &[u8],
) -> (i32, Address) {
	writes();
	at_most(salt, limits::SALT_BYTES);
	let call = vm_call(input);
	with(|mock| mock.output().clear());
	match frames::deploy(*code_hash, salt, value, call) {
		Ok(contract) => (ReturnCode::Done.into(), contract),
		Err(code) => (code.into(), Address::default()),
	}
}

/// What the code of the contract that runs says of itself.
fn permission(of: impl FnOnce(crate::abi::Manifest) -> Permission) -> Permission {
	with(|mock| {
		let code = mock.world.contracts.get(&mock.this()).and_then(|hash| mock.codes.get(hash));
		code.map_or(Permission::Nobody, |code| of(code.manifest))
	})
}

pub(crate) fn set_code(code_hash: &[u8; 32]) -> i32 {
	writes();
	if permission(|manifest| manifest.upgrade) != Permission::Contract {
		return ReturnCode::NotAllowed.into();
	}
	with(|mock| {
		if !mock.codes.contains_key(code_hash) {
			return ReturnCode::Absent.into();
		}
		let this = mock.this();
		mock.world.contracts.insert(this, *code_hash);
		ReturnCode::Done.into()
	})
}

pub(crate) fn terminate(beneficiary: &Address) -> ! {
	writes();
	let allowed = permission(|manifest| manifest.terminate) == Permission::Contract;
	// One that still waits below would find itself gone, and none can be its own heir.
	let can = with(|mock| mock.is_once() && mock.this() != *beneficiary);
	check(allowed && can, VmError::CapabilityViolation);
	with(|mock| {
		let this = mock.this();
		mock.world.end(&this, beneficiary);
	});
	stop(Stop::Terminated)
}

pub(crate) fn request_compute(spec: &[u8], max_fee: u128, callback: &[u8], gas: i64) -> i64 {
	writes();
	at_most(spec, limits::INPUT_BYTES);
	at_most(callback, limits::NAME_BYTES);
	let Ok(gas) = u64::try_from(gas) else { stop(Stop::Failed(VmError::MalformedAbi)) };
	let ordered = with(|mock| {
		let pallet = mock.compute.ok_or(ReturnCode::Unavailable)?;
		let contract = mock.this();
		mock.pay(&contract, &pallet, max_fee)?;
		let id = mock.world.next_task;
		mock.world.next_task += 1;
		let callback = String::from_utf8_lossy(callback).into_owned();
		mock.world.tasks.push(Task { id, contract, spec: spec.to_vec(), max_fee, callback, gas });
		Ok(id as i64)
	});
	ordered.unwrap_or_else(|code: ReturnCode| i32::from(code).into())
}

pub(crate) fn random_at(block: u32) -> Option<[u8; 32]> {
	with(|mock| (block < mock.block).then(|| mock.random.get(&block).copied()).flatten())
}
