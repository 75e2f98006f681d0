//! What this pallet keeps, and what it asks of a runtime.

use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::PalletError;
use mbongo_gas::Gas;
use mbongo_primitives::Balance;
use mbongo_vm::{
	abi::{ReturnCode, Trap},
	ComputeRequest, Facts, Meter, Refusal, Rule, VmError, VmOutput,
};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

/// Names the storage of a contract. No two ever had the same.
pub type TrieId = [u8; 8];

/// Code that contracts can be made of.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct CodeInfo<AccountId> {
	/// Who brought it.
	pub owner: AccountId,
	/// What is on hold for it.
	pub deposit: Balance,
	/// How many contracts are made of it.
	pub contracts: u32,
	/// How long it is.
	pub bytes: u32,
	/// What was found when it came.
	pub facts: Facts,
}

/// A contract.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct ContractInfo<AccountId, Hash> {
	/// The hash of its code.
	pub code_hash: Hash,
	/// Who deployed it.
	pub deployer: AccountId,
	/// Where its storage is.
	pub trie_id: TrieId,
	/// How many items are in there.
	pub items: u32,
	/// The bytes of their keys and values.
	pub bytes: u32,
	/// What is on hold for it and them.
	pub deposit: Balance,
}

/// Why code was refused, within an error.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, Copy, PartialEq, Eq, Debug)]
pub struct BrokenRule {
	/// The rule.
	pub rule: Rule,
	/// Where, in bytes from the start of the code; there are no more than this can count.
	pub offset: u16,
}

impl From<Refusal> for BrokenRule {
	fn from(refusal: Refusal) -> Self {
		let offset = u16::try_from(refusal.offset).unwrap_or(u16::MAX);
		Self { rule: refusal.rule, offset }
	}
}

impl PalletError for BrokenRule {
	const MAX_ENCODED_SIZE: usize = 3;
}

/// Why a guest's instructions could not go on, within an error.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrapReason(pub Trap);

impl PalletError for TrapReason {
	const MAX_ENCODED_SIZE: usize = 1;
}

/// Why a call came to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
	/// The run ended without an answer.
	Vm(VmError),
	/// The contract refused, and says why.
	Refused(VmOutput),
	/// It did not come to a run, for a reason that the calling contract is told.
	Not(ReturnCode),
}

impl From<VmError> for Failure {
	fn from(error: VmError) -> Self {
		Self::Vm(error)
	}
}

impl From<mbongo_vm::OutOfFuel> for Failure {
	fn from(error: mbongo_vm::OutOfFuel) -> Self {
		Self::Vm(error.into())
	}
}

impl From<ReturnCode> for Failure {
	fn from(code: ReturnCode) -> Self {
		Self::Not(code)
	}
}

/// Code that a contract would be made of.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub enum CodeSource<Hash> {
	/// Code that is there, by its hash.
	Stored(Hash),
	/// Code that is brought with it.
	Brought(Vec<u8>),
}

/// What a call would come to.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Simulation<AccountId> {
	/// What the contract answers.
	pub result: Result<VmOutput, DispatchError>,
	/// What it says if it refuses, by numbers of its own.
	pub refusal: Option<VmOutput>,
	/// The contract that would be made, if one would.
	pub deployed: Option<AccountId>,
	/// The gas that the call uses.
	pub gas_used: Gas,
	/// The least limit with which it ends as it does.
	pub gas_needed: Gas,
	/// What the sender would pay for what contracts come to keep, for code, and for new contracts to be
	/// accounts.
	pub deposit_charged: Balance,
	/// What would go back to the sender.
	pub deposit_released: Balance,
	/// What the contracts tell, in their order.
	pub events: Vec<ContractEvent<AccountId>>,
	/// What would be different in contracts' storage.
	pub changes: Vec<Change<AccountId>>,
}

/// What a contract tells the world.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub enum ContractEvent<AccountId> {
	/// A line.
	Logged { contract: AccountId, line: Vec<u8> },
	/// An event.
	Emitted { contract: AccountId, topic: Vec<u8>, data: Vec<u8> },
}

/// What is different in a contract's storage.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Change<AccountId> {
	/// Whose storage.
	pub contract: AccountId,
	/// Under which key.
	pub key: Vec<u8>,
	/// What was there before.
	pub before: Option<Vec<u8>>,
	/// What is there after.
	pub after: Option<Vec<u8>>,
}

/// A call of a function of the host, seen while a call was watched.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Step<AccountId> {
	/// How many contracts wait for this one.
	pub depth: u32,
	/// Whose code called.
	pub contract: AccountId,
	/// The function.
	pub function: String,
	/// Its arguments, as numbers.
	pub arguments: Vec<i64>,
	/// What lies at the places in the contract's memory that they name, as far as it is shown.
	pub bytes: Vec<Vec<u8>>,
	/// What it answered, if it has an answer, or why it ended the run.
	pub result: Result<Option<i64>, VmError>,
	/// The gas left before, when the contract's own instructions until then are paid.
	pub gas_before: Gas,
	/// The gas left after.
	pub gas_after: Gas,
}

/// The randomness of blocks that are over.
pub trait RandomAt {
	/// That of one of them, if it is still known.
	fn random_at(block: u32) -> Option<[u8; 32]>;
}

/// Who takes orders for work from contracts.
pub trait TakesOrders<AccountId> {
	/// Takes one: its number.
	fn request(
		contract: &AccountId,
		request: ComputeRequest,
		meter: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError>;
}

/// Nobody.
impl<AccountId> TakesOrders<AccountId> for () {
	fn request(
		_: &AccountId,
		_: ComputeRequest,
		_: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError> {
		Ok(Err(ReturnCode::Unavailable))
	}
}
