//! The Mbongo Chain runtime: which pallets there are, in which order and with which settings. What
//! they do is in the pallets.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
pub mod errors;
mod gates;
pub mod genesis;
pub mod governance;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
#[cfg(feature = "test-upgrade")]
mod test_upgrade;
#[cfg(test)]
mod tests;
mod weights;

pub use apis::RUNTIME_API_VERSIONS;
#[cfg(feature = "std")]
pub use apis::{api, RuntimeApi};

#[cfg(not(feature = "test-upgrade"))]
use alloc::borrow::Cow;
use alloc::vec::Vec;
use mbongo_primitives::{time, AccountId, Address, BlockNumber, Signature};
use polkadot_sdk::{
	sp_runtime::{generic, impl_opaque_keys},
	*,
};
use sp_version::RuntimeVersion;

pub use mbongo_primitives::Header;

impl_opaque_keys! {
	/// What a validator signs with.
	pub struct SessionKeys {
		pub babe: Babe,
		pub grandpa: Grandpa,
		pub authority_discovery: AuthorityDiscovery,
		pub pouw: Pouw,
	}
}

/// The version of this code.
#[cfg(not(feature = "test-upgrade"))]
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("mbongo"),
	impl_name: Cow::Borrowed("mbongo-node"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

#[cfg(feature = "test-upgrade")]
pub use test_upgrade::VERSION;

/// What BABE starts with.
pub const BABE_GENESIS_EPOCH: sp_consensus_babe::BabeEpochConfiguration =
	sp_consensus_babe::BabeEpochConfiguration {
		c: time::PRIMARY_PROBABILITY,
		allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
	};

/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// What a transaction carries beside its call, in this order from the first block on.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_execution::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// A transaction.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// Executes blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	// The order of the indices is that of genesis and of hooks.

	// Money, and what it pays for. Before Session, whose validators are to have accounts when genesis
	// is made.
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type TransactionPayment = pallet_transaction_payment;
	// Before Session, whose first set are those who have stake when genesis is made.
	#[runtime::pallet_index(3)]
	pub type Staking = pallet_staking;

	// Consensus, in the order in which blocks begin and end: Babe reads the slot claim first, Pouw
	// weighs the block last. Authorship comes after Session, since the claim names the author by its
	// place in the set of the block, which in the first one of a session Session brings.
	#[runtime::pallet_index(10)]
	pub type Babe = pallet_babe;
	#[runtime::pallet_index(11)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(13)]
	pub type Offences = pallet_offences;
	#[runtime::pallet_index(14)]
	pub type Historical = pallet_session::historical;
	#[runtime::pallet_index(15)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(16)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(17)]
	pub type AuthorityDiscovery = pallet_authority_discovery;
	#[runtime::pallet_index(18)]
	pub type Authorship = pallet_authorship;

	// What accounts can do together and later.
	#[runtime::pallet_index(20)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(21)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(22)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(23)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(24)]
	pub type Scheduler = pallet_scheduler;

	// Upkeep.
	#[runtime::pallet_index(30)]
	pub type Migrations = pallet_migrations;
	#[runtime::pallet_index(31)]
	pub type Sudo = pallet_sudo;

	// Governance: what referenda, the validators' council and the treasury may do.
	#[runtime::pallet_index(40)]
	pub type Governance = governance;
	#[runtime::pallet_index(41)]
	pub type Referenda = pallet_referenda;
	#[runtime::pallet_index(42)]
	pub type ConvictionVoting = pallet_conviction_voting;
	#[runtime::pallet_index(43)]
	pub type Whitelist = pallet_whitelist;
	#[runtime::pallet_index(44)]
	pub type ValidatorsCouncil = pallet_collective<Instance1>;
	#[runtime::pallet_index(45)]
	pub type Treasury = pallet_treasury;

	// Contracts.
	#[runtime::pallet_index(47)]
	pub type Contracts = pallet_contracts;

	// After everything that settles work.
	#[runtime::pallet_index(50)]
	pub type Pouw = pallet_pouw;

	// Last, so that it has seen what all others did in a block when it ends.
	#[runtime::pallet_index(100)]
	pub type Execution = pallet_execution;
}
