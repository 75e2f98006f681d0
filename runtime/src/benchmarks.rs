//! Which pallets can be measured, and what they need for it.

use crate::*;
use codec::{Decode, Encode};
use frame_support::{
	traits::{Get, KeyOwnerProofSystem},
	BoundedVec,
};
use mbongo_primitives::limits;
use sp_consensus_pouw::AuthorityId as PouwId;
use sp_core::{ed25519, sr25519};

// Not of the collective, whose benchmarks set members as Root, which may not, nor of those that want another
// set of validators than this runtime lets them make: BABE, GRANDPA, sessions, offences.
polkadot_sdk::frame_benchmarking::define_benchmarks!(
	[frame_benchmarking, BaselineBench::<Runtime>]
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_balances, Balances]
	[pallet_contracts, Contracts]
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

/// The council has as many motions as it may, and each member has voted on all of them.
pub fn vote_on_all_motions(members: &[AccountId]) {
	type Council = frame_support::instances::Instance1;
	type Votes = pallet_collective::Votes<AccountId, BlockNumber>;

	let motions: Vec<mbongo_primitives::Hash> =
		(0..<Runtime as pallet_collective::Config<Council>>::MaxProposals::get())
			.map(|n| sp_io::hashing::blake2_256(&n.encode()).into())
			.collect();
	for (index, motion) in (0u32..).zip(&motions) {
		let nobody: Vec<AccountId> = Vec::new();
		let votes = (index, u32::MAX, members, nobody, BlockNumber::MAX).encode();
		let votes = Votes::decode(&mut &votes[..]).expect("so it is encoded");
		pallet_collective::Voting::<Runtime, Council>::insert(motion, votes);
	}
	pallet_collective::Proposals::<Runtime, Council>::put(BoundedVec::truncate_from(motions));
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
