//! What things cost in gas. Users pay for gas; what a block may hold is bounded by weight, which is
//! benchmarked. Here is the one table of prices, and how the two relate.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::arithmetic_side_effects,
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing
	)
)]

#[cfg(test)]
mod tests;

use sp_weights::Weight;

/// An amount of gas.
pub type Gas = u64;

/// What a gas costs at least, in the token's smallest unit.
pub const MIN_GAS_PRICE: u128 = 1_000_000_000;

/// How many picoseconds of reference time a gas buys.
pub const PICOS_PER_GAS: u64 = 5_000;

/// What comes back for an item of storage deleted.
pub const DELETE_REFUND: Gas = 15_000;

/// The bytes that hashing and memory are counted in.
pub const WORD_BYTES: u64 = 32;

/// What has a price of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
	/// To be a transaction, with the check of its own signature.
	Transaction,
	/// To move tokens.
	Transfer,
	/// To read an item of storage.
	StorageRead,
	/// To make an item of storage.
	StorageInsert,
	/// To change an item of storage.
	StorageUpdate,
	/// To delete an item of storage; [`DELETE_REFUND`] comes back.
	StorageDelete,
	/// To check a signature.
	SignatureCheck,
	/// To hash up to 32 bytes.
	HashWord,
	/// To have 32 bytes more of guest memory.
	MemoryWord,
	/// A byte 0 in the encoded call.
	ZeroByte,
	/// Another byte in the encoded call.
	NonZeroByte,
}

impl Operation {
	/// The table.
	pub const fn gas(self) -> Gas {
		match self {
			Self::Transaction => 21_000,
			Self::Transfer => 2_100,
			Self::StorageRead => 200,
			Self::StorageInsert => 20_000,
			Self::StorageUpdate => 5_000,
			Self::StorageDelete => 5_000,
			Self::SignatureCheck => 3_000,
			Self::HashWord => 30,
			Self::MemoryWord => 3,
			Self::ZeroByte => 4,
			Self::NonZeroByte => 16,
		}
	}

	/// So many of it.
	pub const fn times(self, count: u64) -> Gas {
		self.gas().saturating_mul(count)
	}
}

/// The gas of hashing bytes.
pub const fn hash(bytes: u64) -> Gas {
	Operation::HashWord.times(bytes.div_ceil(WORD_BYTES))
}

/// The gas of guest memory that grows by bytes.
pub const fn memory(bytes: u64) -> Gas {
	Operation::MemoryWord.times(bytes.div_ceil(WORD_BYTES))
}

/// The gas of work that only its weight says the size of, rounded up.
pub const fn weight(weight: Weight) -> Gas {
	weight.ref_time().div_ceil(PICOS_PER_GAS)
}

/// The gas of a call's bytes.
pub fn data(encoded_call: &[u8]) -> Gas {
	let zeros = encoded_call.iter().filter(|byte| **byte == 0).count();
	let others = encoded_call.len().saturating_sub(zeros);
	Operation::ZeroByte
		.times(zeros as u64)
		.saturating_add(Operation::NonZeroByte.times(others as u64))
}

/// The most that this many bytes can cost.
pub const fn data_at_most(bytes: u64) -> Gas {
	Operation::NonZeroByte.times(bytes)
}
