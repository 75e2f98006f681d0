//! The gates that a transaction passes before it waits in a node's pool, and why it is refused there.

use crate::{AccountId, Balance, BlockNumber, Hash, Nonce};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use core::fmt;
use scale_info::TypeInfo;
use sp_runtime::transaction_validity::{TransactionSource, TransactionValidityError};

/// What the pool has to know of a transaction that it may take.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Admission {
	/// Who signed it, and the number that it is of theirs; nobody, if it needs no signature.
	pub sender: Option<(AccountId, Nonce)>,
	/// What its sender gives the author.
	pub tip: Balance,
}

/// What a signature is for beside a call: a chain, and a version of its runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct SignedFor {
	/// The hash of the chain's first block.
	pub genesis_hash: Hash,
	/// The version of the runtime.
	pub spec_version: u32,
}

/// Why a transaction is refused before it is executed. It costs nothing and changes nothing.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Refusal {
	/// It has more bytes than its call may.
	#[codec(index = 0)]
	Oversized {
		/// How many it has.
		length: u32,
		/// How many it may have.
		limit: u32,
	},
	/// Its bytes are no transaction of this chain.
	#[codec(index = 1)]
	Malformed,
	/// It is a transaction of another format.
	#[codec(index = 2)]
	UnsupportedVersion {
		/// The version of the format that it names.
		version: u8,
	},
	/// Its signature is not of the sender that it names.
	#[codec(index = 3)]
	InvalidSignature {
		/// What it must be signed for.
		expected: SignedFor,
	},
	/// It is signed for another chain, or for another version of this one.
	#[codec(index = 4)]
	WrongChain {
		/// What it must be signed for.
		expected: SignedFor,
		/// What it is signed for.
		got: SignedFor,
	},
	/// The blocks that it was signed for are over.
	#[codec(index = 5)]
	Expired {
		/// The first block that it could no longer be in.
		until: BlockNumber,
		/// The block that it would be in.
		now: BlockNumber,
	},
	/// Its sender has sent a transaction with this number.
	#[codec(index = 6)]
	InvalidNonce {
		/// The sender's next number.
		expected: Nonce,
		/// The transaction's.
		got: Nonce,
	},
	/// Its sender has less than the fee, at its most, and what the call moves.
	#[codec(index = 7)]
	InsufficientBalance {
		/// What is needed.
		required: Balance,
		/// What the sender can spend.
		available: Balance,
	},
	/// It breaks another rule of the runtime.
	#[codec(index = 8)]
	Invalid(TransactionValidityError),
}

impl fmt::Display for Refusal {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Oversized { length, limit } => {
				write!(f, "it has {length} bytes, and may have {limit}")
			}
			Self::Malformed => f.write_str("it is no transaction of this chain"),
			Self::UnsupportedVersion { version } => {
				write!(f, "it is a transaction of format {version}")
			}
			Self::InvalidSignature { .. } => {
				f.write_str("it is not signed by the sender that it names, for this chain")
			}
			Self::WrongChain { got, .. } => write!(
				f,
				"it is signed for the chain with genesis {:?}, version {}",
				got.genesis_hash, got.spec_version
			),
			Self::Expired { until, now } => {
				write!(f, "it could be in blocks before {until}, and the next is {now}")
			}
			Self::InvalidNonce { expected, got } => {
				write!(f, "its nonce is {got}, and the sender's next is {expected}")
			}
			Self::InsufficientBalance { required, available } => {
				write!(f, "{required} units are needed, and {available} can be spent")
			}
			Self::Invalid(error) => {
				let error: &'static str = (*error).into();
				f.write_str(error)
			}
		}
	}
}

sp_api::decl_runtime_apis! {
	/// Whether transactions may wait for a block after the one in whose state it is asked.
	pub trait GatesApi {
		/// Whether this one may, given as bytes that begin with their length.
		fn examine(
			source: TransactionSource,
			transaction: Vec<u8>,
			block_hash: Hash,
		) -> Result<Admission, Refusal>;
		/// What is wrong with one whose signature is, if that can be known: whether it is for other
		/// blocks, for another version, or for one of these other chains.
		fn explain_signature(transaction: Vec<u8>, others: Vec<Hash>) -> Option<Refusal>;
	}
}
