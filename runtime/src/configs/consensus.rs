//! BABE, GRANDPA, PoUW, sessions and offences.

use crate::*;
use alloc::vec::Vec;
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Get, KeyOwnerProofSystem},
	weights::Weight,
};
use mbongo_primitives::{limits, units};
use pallet_pouw::WeightInfo as PouwWeight;
use pallet_session::{
	disabling::UpToLimitDisablingStrategy, historical, FindAccountFromAuthorIndex,
};
use pallet_staking::WeightInfo as StakingWeight;
use sp_runtime::{
	traits::{Convert, ConvertInto, OpaqueKeys},
	Perbill,
};
use sp_staking::{
	offence::{Kind, Offence, OffenceError, ReportOffence},
	SessionIndex,
};

parameter_types! {
	/// A report must be in a block within this many blocks of being made.
	pub ReportLongevity: u64 =
		u64::from(time::HISTORY_SESSIONS) * pallet_pouw::EpochDuration::<Runtime>::get();
	pub const MaxSetIdSessionEntries: u64 = time::HISTORY_SESSIONS as u64;
}

type MaxAuthorities = ConstU32<{ limits::MAX_VALIDATORS }>;

/// Twice what the proof of a key in a full set takes.
pub const MAX_PROOF_NODES: usize = 16;
pub const MAX_PROOF_BYTES: usize = 8_192;

impl pallet_babe::Config for Runtime {
	type EpochDuration = pallet_pouw::EpochDuration<Runtime>;
	type ExpectedBlockTime = ConstU64<{ time::SLOT_MILLIS }>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ReportWeight;
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_babe::EquivocationReportSystem<Runtime, OncePerSet, KeyOwners, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ReportWeight;
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = MaxSetIdSessionEntries;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Runtime, OncePerSet, KeyOwners, ReportLongevity>;
}

impl pallet_pouw::Config for Runtime {
	type WeightInfo = ReportWeight;
	type MaxAuthorities = MaxAuthorities;
	type Stakes = Staking;
	#[cfg(not(feature = "test-scores"))]
	type Work = ();
	#[cfg(feature = "test-scores")]
	type Work = test_scores::ScoreFromStorage;
	type Attested = Staking;
	type AuthorVrf = AuthorVrf;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_pouw::EquivocationReportSystem<Runtime, Offences, KeyOwners, ReportLongevity>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::FullSet;
}

/// What reports weigh: as for a full set, whatever number of validators the proof claims, since that is
/// checked only after the work is done; and as for a third of it that offends at once, since each of
/// them is slashed more with each report. More than that cannot be slashed more.
pub struct ReportWeight;

type Measured = weights::pallet_pouw::WeightInfo<Runtime>;
type StakingWeights = <Runtime as pallet_staking::Config>::WeightInfo;

/// What it takes to check a report and to punish for it.
fn report() -> Weight {
	let again = StakingWeights::on_offence();
	<Measured as PouwWeight>::report_equivocation()
		.saturating_add(again.saturating_mul(limits::MAX_VALIDATORS.div_ceil(3).into()))
}

impl PouwWeight for ReportWeight {
	fn attest(signatures: u32) -> Weight {
		Measured::attest(signatures).saturating_add(StakingWeights::attested())
	}

	fn report_equivocation() -> Weight {
		report()
	}

	fn on_finalize() -> Weight {
		Measured::on_finalize()
	}
}

impl pallet_babe::WeightInfo for ReportWeight {
	fn plan_config_change() -> Weight {
		<() as pallet_babe::WeightInfo>::plan_config_change()
	}

	fn report_equivocation(_claimed: u32, nominators: u32) -> Weight {
		<() as pallet_babe::WeightInfo>::report_equivocation(limits::MAX_VALIDATORS, nominators)
			.max(report())
	}
}

impl pallet_grandpa::WeightInfo for ReportWeight {
	fn report_equivocation(_claimed: u32, nominators: u32) -> Weight {
		<() as pallet_grandpa::WeightInfo>::report_equivocation(limits::MAX_VALIDATORS, nominators)
			.max(report())
	}

	fn note_stalled() -> Weight {
		<() as pallet_grandpa::WeightInfo>::note_stalled()
	}
}

/// Passes on one offence of a kind by a validator for each set that it was in. With a key there can be
/// one for each slot or round, and none of them costs a reporter anything.
pub struct OncePerSet;

/// An offence that happened at no other time than that of its set.
pub struct OfSet<O>(O);

/// When an offence happened, of which the set can be told.
pub trait InSet {
	/// The set, by its number.
	fn set(&self) -> u64;
}

impl InSet for sp_consensus_babe::Slot {
	/// The epoch, which has a set of its own.
	fn set(&self) -> u64 {
		let genesis = pallet_babe::GenesisSlot::<Runtime>::get();
		let since_genesis = u64::from(*self).saturating_sub(genesis.into());
		since_genesis / pallet_pouw::EpochDuration::<Runtime>::get().max(1)
	}
}

impl InSet for pallet_grandpa::TimeSlot {
	fn set(&self) -> u64 {
		self.set_id
	}
}

impl<Offender, O: Offence<Offender, Slot: InSet>> Offence<Offender> for OfSet<O> {
	const ID: Kind = O::ID;
	type Slot = u64;

	fn offenders(&self) -> Vec<Offender> {
		self.0.offenders()
	}

	fn session_index(&self) -> SessionIndex {
		self.0.session_index()
	}

	fn validator_set_count(&self) -> u32 {
		self.0.validator_set_count()
	}

	fn slot(&self) -> u64 {
		self.0.slot().set()
	}

	fn slash_fraction(&self, offenders_count: u32) -> Perbill {
		self.0.slash_fraction(offenders_count)
	}
}

impl<Reporter, Offender, O> ReportOffence<Reporter, Offender, O> for OncePerSet
where
	O: Offence<Offender, Slot: InSet>,
	Offences: ReportOffence<Reporter, Offender, OfSet<O>>,
{
	fn report_offence(reporters: Vec<Reporter>, offence: O) -> Result<(), OffenceError> {
		Offences::report_offence(reporters, OfSet(offence))
	}

	fn is_known_offence(offenders: &[Offender], time_slot: &O::Slot) -> bool {
		<Offences as ReportOffence<Reporter, Offender, OfSet<O>>>::is_known_offence(
			offenders,
			&time_slot.set(),
		)
	}
}

/// Whose a key is, by proofs of the size that honest ones have: a larger one would cost more to check
/// than its report weighs.
pub struct KeyOwners;

impl<Key> KeyOwnerProofSystem<Key> for KeyOwners
where
	Historical: KeyOwnerProofSystem<Key, Proof = sp_session::MembershipProof>,
{
	type Proof = sp_session::MembershipProof;
	type IdentificationTuple = <Historical as KeyOwnerProofSystem<Key>>::IdentificationTuple;

	fn prove(key: Key) -> Option<Self::Proof> {
		Historical::prove(key)
	}

	fn check_proof(key: Key, proof: Self::Proof) -> Option<Self::IdentificationTuple> {
		let bytes = proof.trie_nodes.iter().map(Vec::len).sum::<usize>();
		if proof.trie_nodes.len() > MAX_PROOF_NODES || bytes > MAX_PROOF_BYTES {
			return None;
		}
		Historical::check_proof(key, proof)
	}
}

/// What this block's author drew; Babe knows it when Pouw asks, at the block's end.
pub struct AuthorVrf;

impl Get<Option<[u8; 32]>> for AuthorVrf {
	fn get() -> Option<[u8; 32]> {
		Babe::author_vrf_randomness()
	}
}

/// Scores that sudo can set, so that a test of the fork choice can make one chain heavier.
#[cfg(feature = "test-scores")]
mod test_scores {
	use super::*;
	use mbongo_primitives::work::{SettledWork, SettledWorkSource};

	pub struct ScoreFromStorage;

	impl SettledWorkSource for ScoreFromStorage {
		fn settled() -> SettledWork {
			let total_score =
				frame_support::storage::unhashed::get::<u128>(b":test:score").unwrap_or_default();
			SettledWork {
				total_score,
				provider_count: (total_score > 0).into(),
				receipts_root: Default::default(),
			}
		}
	}
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = FindAccountFromAuthorIndex<Self, Babe>;
	type EventHandler = Staking;
}

impl pallet_authority_discovery::Config for Runtime {
	type MaxAuthorities = MaxAuthorities;
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = historical::NoteHistoricalRoot<Self, Staking>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = UpToLimitDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	/// Five items: the four keys, and under each key its owner.
	type KeyDeposit = ConstU128<{ units::deposit(5, 4 * 32 + 4 * (4 + 32 + 32)) }>;
}

impl historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = ValidatorsOnly;
}

/// An identification for current validators. There is nothing in it: a slash needs no list of who is
/// behind a validator.
pub struct ValidatorsOnly;

impl Convert<AccountId, Option<()>> for ValidatorsOnly {
	fn convert(validator: AccountId) -> Option<()> {
		Session::validators().contains(&validator).then_some(())
	}
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = historical::IdentificationTuple<Self>;
	type OnOffenceHandler = configs::SlashAndDisable;
}
