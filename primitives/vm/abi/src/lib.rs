//! What passes between a guest and the machine: version 1. Both sides are built from this.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::expect_used,
	clippy::indexing_slicing
)]

extern crate alloc;

pub mod limits;

use alloc::{string::String, vec::Vec};
use codec::{Compact, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The version of the interface.
pub const ABI_VERSION: u8 = 1;

/// The name of the section of a module that holds its [`Manifest`].
pub const MANIFEST_SECTION: &str = "mbongo";

/// The module that a guest imports its functions from.
pub const IMPORT_MODULE: &str = "mbongo";

/// An account.
pub type Address = [u8; 32];

/// What a guest may do.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum Mode {
	/// All that the host offers.
	#[codec(index = 0)]
	Standard,
	/// Look only.
	#[codec(index = 1)]
	View,
}

/// A function of a guest, and what it is given.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, Default, PartialEq, Eq, Debug)]
pub struct VmCall {
	/// The function's name.
	pub function: String,
	/// Its arguments, each encoded as the guest expects it.
	pub args: Vec<Vec<u8>>,
}

impl VmCall {
	/// Whether it is within the limits.
	pub fn fits(&self) -> bool {
		self.function.len() <= limits::NAME_BYTES as usize
			&& self.args.len() <= limits::ARGS as usize
			&& self.encoded_size() <= limits::CALL_BYTES as usize
	}

	/// What these bytes encode, if it is within the limits. There is no room made for more arguments
	/// than there may be: a byte each would do to claim them.
	pub fn read(mut bytes: &[u8]) -> Option<Self> {
		let input = &mut bytes;
		let function = String::decode(input).ok()?;
		let Compact(count) = Compact::<u32>::decode(input).ok()?;
		if count > limits::ARGS {
			return None;
		}
		let args: Result<_, _> = (0..count).map(|_| Decode::decode(input)).collect();
		let call = Self { function, args: args.ok()? };
		(bytes.is_empty() && call.fits()).then_some(call)
	}
}

/// What a guest is given.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct VmInput {
	/// [`ABI_VERSION`].
	pub abi: u8,
	/// The function that is called.
	pub function: String,
	/// Its arguments.
	pub args: Vec<Vec<u8>>,
	/// Who calls: an account, or a contract.
	pub caller: Address,
	/// Who sent the transaction.
	pub origin: Address,
	/// The guest's own account.
	pub contract: Address,
	/// What came with the call, and is the guest's by now.
	pub value: u128,
	/// The block.
	pub block: u32,
	/// The epoch.
	pub epoch: u32,
	/// What the guest may do.
	pub mode: Mode,
	/// What the caller may do for others.
	pub capability: Option<[u8; 32]>,
}

/// What a guest answers.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct VmOutput {
	/// [`ABI_VERSION`].
	pub abi: u8,
	/// 0 if what the guest did shall stay done; else why not, by the guest's own numbers.
	pub status: u32,
	/// What it returns.
	pub data: Vec<u8>,
}

impl VmOutput {
	/// Whether what the guest did shall stay done.
	pub fn is_success(&self) -> bool {
		self.status == 0
	}
}

/// Who may do something to a contract.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Debug,
)]
pub enum Permission {
	/// Nobody.
	#[default]
	#[codec(index = 0)]
	Nobody,
	/// Who deployed it, by a transaction: so nobody, if that is a contract.
	#[codec(index = 1)]
	Deployer,
	/// Its own code.
	#[codec(index = 2)]
	Contract,
}

/// What code says of itself, for all to see before they trust it.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Manifest {
	/// Whether it may be called while it waits for a contract that it called.
	pub is_reentrant: bool,
	/// Who may give the contract other code.
	pub upgrade: Permission,
	/// Who may end the contract.
	pub terminate: Permission,
}

/// Why a run ended without an answer. All that the guest did is undone.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum VmError {
	/// Gas or weight ran out.
	#[codec(index = 0)]
	FuelExhausted,
	/// What the guest gave the machine does not read as what it should be.
	#[codec(index = 1)]
	MalformedAbi,
	/// A place outside the guest's memory.
	#[codec(index = 2)]
	MemoryViolation,
	/// Something that the guest may not do.
	#[codec(index = 3)]
	CapabilityViolation,
	/// More of something than one may have.
	#[codec(index = 4)]
	ResourceLimitExceeded,
	/// A guest that may only look tried to change something.
	#[codec(index = 5)]
	ReadOnly,
	/// More would be held for storage than the sender allows, or has.
	#[codec(index = 6)]
	DepositLimit,
	/// The guest's own instructions cannot go on.
	#[codec(index = 7)]
	Trapped(Trap),
	/// The guest's code breaks a rule that there was not yet when it came.
	#[codec(index = 8)]
	CodeOutdated,
}

/// Why instructions cannot go on.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum Trap {
	/// `unreachable`, which is what panics become.
	#[codec(index = 0)]
	Unreachable,
	/// Division by zero.
	#[codec(index = 1)]
	DivisionByZero,
	/// A division whose result is too large.
	#[codec(index = 2)]
	Overflow,
	/// A place outside the table.
	#[codec(index = 3)]
	OutsideTable,
	/// A place in the table without a function.
	#[codec(index = 4)]
	NoFunction,
	/// A function of another type.
	#[codec(index = 5)]
	OtherType,
}

/// What a function of the host answers where it can be refused without ending the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum ReturnCode {
	/// Done.
	Done = 0,
	/// There is no such thing.
	Absent = -1,
	/// There is not enough money.
	Insufficient = -2,
	/// Not by this guest.
	NotAllowed = -3,
	/// The receiver would have less than an account must.
	BelowMinimum = -4,
	/// The contract is waiting for another, and does not allow to be called meanwhile.
	Reentered = -5,
	/// Too many contracts wait for one another.
	TooDeep = -6,
	/// The other guest failed: out of gas, a trap, a rule broken.
	Failed = -7,
	/// The other guest refused; its output says why.
	Refused = -8,
	/// It is there already.
	Exists = -9,
	/// Nobody offers this here.
	Unavailable = -10,
}

impl ReturnCode {
	/// All of them, as they count down from 0.
	pub const ALL: [Self; 11] = [
		Self::Done,
		Self::Absent,
		Self::Insufficient,
		Self::NotAllowed,
		Self::BelowMinimum,
		Self::Reentered,
		Self::TooDeep,
		Self::Failed,
		Self::Refused,
		Self::Exists,
		Self::Unavailable,
	];

	/// What a number means. One that is not known yet means that it failed.
	pub fn of(number: i32) -> Self {
		let place = 0i32.wrapping_sub(number) as usize;
		Self::ALL.get(place).copied().unwrap_or(Self::Failed)
	}
}

impl From<ReturnCode> for i32 {
	fn from(code: ReturnCode) -> i32 {
		code as i32
	}
}
