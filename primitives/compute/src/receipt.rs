//! What a provider signs when it has done a task.

use crate::{
	blob::BlobId,
	fraud::{Claim, MadeIds},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use mbongo_primitives::{AccountId, BlockNumber, Hash, Hashing, Signature};
use scale_info::TypeInfo;
use sp_runtime::traits::{Hash as _, Verify};

/// The version of receipts.
pub const RECEIPT_VERSION: u8 = 1;

/// What a signature of a receipt is made for, and for nothing else.
const RECEIPT: &[u8] = b"mbongo-receipt";

/// What a commitment to a receipt is made for.
const COMMITMENT: &[u8] = b"mbongo-commit";

/// What the work took, as the provider says. Nothing depends on it.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Metrics {
	/// Milliseconds.
	pub execution_time_ms: u64,
	/// Bytes of memory.
	pub memory_bytes: u64,
	/// Whether an accelerator did it.
	pub is_accelerated: bool,
}

/// A receipt before it is signed.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct UnsignedReceipt {
	/// [`RECEIPT_VERSION`].
	pub version: u8,
	/// The task.
	pub task_id: u64,
	/// Who did it.
	pub provider: AccountId,
	/// What was run.
	pub asset: u64,
	/// What went in.
	pub input_root: BlobId,
	/// What came out.
	pub output_root: BlobId,
	/// What was made on the way.
	pub intermediate_roots: MadeIds,
	/// A block of the chain that the work was done for.
	pub anchor_block: (BlockNumber, Hash),
	/// The work that it was.
	pub work_units: u64,
	/// What it took.
	pub metrics: Metrics,
}

/// A receipt.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ComputeReceipt {
	/// What is signed.
	pub receipt: UnsignedReceipt,
	/// The provider's signature of it.
	pub signature: Signature,
}

impl UnsignedReceipt {
	/// What the provider signs, on the chain of this genesis.
	pub fn message(&self, genesis: &Hash) -> Hash {
		Hashing::hash_of(&(RECEIPT, genesis, self))
	}

	/// What the provider commits to before it shows the receipt.
	pub fn commitment(&self, genesis: &Hash, salt: &[u8; 32]) -> Hash {
		Hashing::hash_of(&(COMMITMENT, genesis, self, salt))
	}

	/// The result that it claims.
	pub fn claim(&self) -> Claim {
		Claim {
			made: self.intermediate_roots.clone(),
			output: self.output_root,
			units: self.work_units,
		}
	}
}

impl ComputeReceipt {
	/// Whether its provider has signed it, on the chain of this genesis.
	pub fn is_signed(&self, genesis: &Hash) -> bool {
		self.signature.verify(self.receipt.message(genesis).as_bytes(), &self.receipt.provider)
	}
}
