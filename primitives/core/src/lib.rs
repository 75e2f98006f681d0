//! What every part of Mbongo Chain agrees on: basic types, units, times, limits, Merkle trees,
//! execution receipts, the gates of transactions, the emission, and the small traits through which pallets meet.

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

extern crate alloc;

pub mod emission;
pub mod execution;
pub mod gates;
pub mod limits;
pub mod merkle;
pub mod staking;
pub mod time;
pub mod units;
pub mod work;

use sp_runtime::{
	generic,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature, OpaqueExtrinsic,
};

/// A signature by any of the key types that stock wallets have.
pub type Signature = MultiSignature;

/// An account, the same type for every kind of key.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;

/// How a call names an account.
pub type Address = MultiAddress<AccountId, ()>;

/// An amount of MBO, in its smallest unit.
pub type Balance = u128;

/// The number of a block.
pub type BlockNumber = u32;

/// The number of an account's transactions.
pub type Nonce = u32;

/// The chain's hash function.
pub type Hashing = BlakeTwo256;

/// A hash of it.
pub type Hash = sp_core::H256;

/// A block header.
pub type Header = generic::Header<BlockNumber, Hashing>;

/// A block as the node handles it, its transactions opaque.
pub type OpaqueBlock = generic::Block<Header, OpaqueExtrinsic>;
