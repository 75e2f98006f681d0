//! A host in memory, for tests of contracts in ordinary `#[test]`s.
//!
//! There is one for each thread. A test begins in it as an account, [`ALICE`] unless [`sign_as`] says
//! another, which calls and deploys with [`Call`] and [`Deploy`](crate::Deploy) as contracts do. What
//! fails or refuses is undone, as on the chain. A panic in a contract is [`ReturnCode::Failed`] for who called
//! it.
//!
//! There is no gas, no deposit for storage, and no fee. What a contract costs is measured on the chain.

mod frames;
pub(crate) mod host;
#[cfg(test)]
mod tests;
mod world;

pub use world::{Emitted, Task};

use crate::{
	abi::{Address, Manifest, Mode, ReturnCode, VmError, VmInput, VmOutput, ABI_VERSION},
	dispatch::{self, Contract},
	errors::CallError,
	events::Event,
	Call, Input, Output,
};
use alloc::{rc::Rc, string::String, vec::Vec};
use codec::{DecodeAll, Encode};
use frames::{stop, with, Program, Stop};

/// An account.
pub const ALICE: Address = [1; 32];
/// Another.
pub const BOB: Address = [2; 32];
/// Another.
pub const CHARLIE: Address = [3; 32];

/// Begins again with nothing. A test that shares its thread with others begins with this.
pub fn reset() {
	with(|mock| *mock = frames::Mock::default());
}

/// Who signs what comes next.
pub fn sign_as(who: Address) {
	with(|mock| mock.signer = who);
}

/// Sets the number of the block, which is 1 in the beginning.
pub fn set_block(block: u32) {
	with(|mock| mock.block = block);
}

/// Sets the epoch.
pub fn set_epoch(epoch: u32) {
	with(|mock| mock.epoch = epoch);
}

/// Sets what an account must have to be one, which is 0 in the beginning. It is paid by the origin for
/// contracts that are deployed, as on the chain.
pub fn set_least_balance(least: u128) {
	with(|mock| mock.least_balance = least);
}

/// Gives an account money out of nowhere, and takes what it had.
pub fn set_balance(who: Address, balance: u128) {
	with(|mock| mock.world.balances.insert(who, balance));
}

/// What an account has.
pub fn balance_of(who: Address) -> u128 {
	with(|mock| mock.world.balance(&who))
}

/// What all accounts have.
pub fn issuance() -> u128 {
	with(|mock| mock.world.balances.values().sum())
}

/// Sets the randomness of a block.
pub fn set_random(block: u32, random: [u8; 32]) {
	with(|mock| mock.random.insert(block, random));
}

/// Brings code, so that it can be deployed by its hash, which is another one each time.
pub fn upload(contract: Contract) -> [u8; 32] {
	with(|mock| {
		let hash = crate::crypto::blake2_256(&(b"code", mock.codes.len() as u64).encode());
		let Contract { execute, manifest } = contract;
		let execute = Rc::new(move |input: &VmInput| as_machine(execute, input));
		mock.codes.insert(hash, Program { execute, manifest });
		hash
	})
}

/// Runs code as the machine does: by bytes.
fn as_machine(execute: fn(&Input) -> Output, input: &VmInput) -> VmOutput {
	let bytes = input.encode();
	let output = Input::read(&bytes).map_or_else(dispatch::other_abi, |input| execute(&input));
	match VmOutput::decode_all(&mut output.bytes()) {
		Ok(output) => output,
		Err(_) => stop(Stop::Failed(VmError::MalformedAbi)),
	}
}

/// Puts a contract at an address, made of a closure. It gets money and calls the host like any other.
pub fn put(at: Address, manifest: Manifest, execute: impl Fn(&VmInput) -> VmOutput + 'static) {
	let execute = Rc::new(execute);
	with(|mock| {
		let hash = crate::crypto::blake2_256(&(b"code", mock.codes.len() as u64).encode());
		mock.codes.insert(hash, Program { execute, manifest });
		mock.world.contracts.insert(at, hash);
	});
}

/// What a closure answers that succeeds.
pub fn ok<T: Encode>(answer: &T) -> VmOutput {
	VmOutput { abi: ABI_VERSION, status: 0, data: answer.encode() }
}

/// What a closure answers that refuses.
pub fn refusal(status: u32) -> VmOutput {
	VmOutput { abi: ABI_VERSION, status, data: Vec::new() }
}

/// Whether there is a contract at an address.
pub fn is_contract(at: Address) -> bool {
	with(|mock| mock.world.contracts.contains_key(&at))
}

/// The hash of a contract's code.
pub fn code_hash(at: Address) -> Option<[u8; 32]> {
	with(|mock| mock.world.contracts.get(&at).copied())
}

/// How many items a contract keeps.
pub fn items(at: Address) -> usize {
	with(|mock| mock.world.storage.keys().filter(|(whose, _)| *whose == at).count())
}

/// Does something that may only look: what tries to change anything fails.
pub fn looking<R>(work: impl FnOnce() -> R) -> R {
	let before = with(|mock| core::mem::replace(&mut mock.mode, Mode::View));
	let result = work();
	with(|mock| mock.mode = before);
	result
}

/// The status of what refused last, which tells refusals without data from each other.
pub fn last_status() -> Option<u32> {
	with(|mock| mock.last_status)
}

/// What was told, in order.
pub fn events() -> Vec<Emitted> {
	with(|mock| mock.world.events.clone())
}

/// What one contract told of one type.
pub fn events_of<E: Event + codec::Decode>(contract: Address) -> Vec<E> {
	let is_one = |event: &Emitted| event.contract == contract && event.topic == E::NAME.as_bytes();
	let read = |event: Emitted| E::decode_all(&mut &event.data[..]).ok();
	events().into_iter().filter(is_one).filter_map(read).collect()
}

/// The lines that a contract has noted.
pub fn logs(contract: Address) -> Vec<String> {
	with(|mock| {
		let lines = mock.world.logs.iter().filter(|(by, _)| *by == contract);
		lines.map(|(_, line)| String::from_utf8_lossy(line).into_owned()).collect()
	})
}

/// Has tasks kept by this account. Before that, nobody takes them.
pub fn offer_compute(pallet: Address) {
	with(|mock| mock.compute = Some(pallet));
}

/// The tasks that were ordered and not yet delivered.
pub fn tasks() -> Vec<Task> {
	with(|mock| mock.world.tasks.clone())
}

/// Calls the contract that ordered a task with what came of it, as the account that keeps the tasks.
/// Whatever it answers, the task is done.
pub fn deliver(id: u64, outcome: &crate::compute::Outcome) -> Result<(), CallError> {
	let absent = CallError::Not(ReturnCode::Absent);
	let (task, pallet) = with(|mock| {
		let place = mock.world.tasks.iter().position(|task| task.id == id)?;
		Some((mock.world.tasks.remove(place), mock.compute?))
	})
	.ok_or(absent)?;
	let signer = with(|mock| core::mem::replace(&mut mock.signer, pallet));
	let result = Call::to(task.contract).function(&task.callback).arg(&id).arg(outcome).send();
	with(|mock| mock.signer = signer);
	result
}
