//! Which pallets can be measured, and what they need for it.

use crate::*;
use codec::Encode;
use frame_support::traits::KeyOwnerProofSystem;
use mbongo_primitives::limits;
use sp_consensus_pouw::AuthorityId as PouwId;
use sp_core::{ed25519, sr25519};

// Not of the collective, whose benchmarks set members as Root, which may not.
polkadot_sdk::frame_benchmarking::define_benchmarks!(
	[frame_benchmarking, BaselineBench::<Runtime>]
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_balances, Balances]
	[pallet_conviction_voting, ConvictionVoting]
	[pallet_execution, Execution]
	[pallet_migrations, Migrations]
	[pallet_multisig, Multisig]
	[pallet_pouw, Pouw]
	[pallet_preimage, Preimage]
	[pallet_proxy, Proxy]
	[pallet_referenda, Referenda]
	[pallet_scheduler, Scheduler]
	[pallet_staking, Staking]
	[pallet_sudo, Sudo]
	[pallet_timestamp, Timestamp]
	[pallet_transaction_payment, TransactionPayment]
	[pallet_treasury, Treasury]
	[pallet_utility, Utility]
	[pallet_whitelist, Whitelist]
);

/// As many validators as there may be, with keys.
pub struct FullSet;

impl pallet_pouw::BenchmarkHelper<sp_session::MembershipProof> for FullSet {
	fn prove_in_full_set(key: PouwId) -> sp_session::MembershipProof {
		let set: Vec<(AccountId, SessionKeys)> = (0..limits::MAX_VALIDATORS)
			.map(|n| {
				let bytes = sp_io::hashing::blake2_256(&n.encode());
				let keys = SessionKeys {
					babe: sr25519::Public::from_raw(bytes).into(),
					grandpa: ed25519::Public::from_raw(bytes).into(),
					authority_discovery: sr25519::Public::from_raw(bytes).into(),
					pouw: if n == 0 {
						key.clone()
					} else {
						sr25519::Public::from_raw(bytes).into()
					},
				};
				(bytes.into(), keys)
			})
			.collect();
		for (validator, keys) in &set {
			pallet_session::NextKeys::<Runtime>::insert(validator, keys);
		}
		pallet_session::QueuedKeys::<Runtime>::put(set);
		Session::rotate_session();
		Historical::prove((sp_consensus_pouw::KEY_TYPE, key)).expect("it is a key of the session's")
	}
}

/// Whom the treasury pays.
pub struct Beneficiaries;

impl pallet_treasury::ArgumentsFactory<(), AccountId> for Beneficiaries {
	fn create_asset_kind(_: u32) {}

	fn create_beneficiary(seed: [u8; 32]) -> AccountId {
		seed.into()
	}
}

impl pallet_transaction_payment::BenchmarkConfig for Runtime {}
