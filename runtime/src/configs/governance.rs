//! Referenda, votes, the validators' council and the treasury.

use super::tracks::Tracks;
use crate::{governance::Origin, *};
use core::{cmp::Ordering, marker::PhantomData};
use frame_support::{
	instances::Instance1,
	parameter_types,
	traits::{
		fungible::HoldConsideration,
		tokens::{currency::ActiveIssuanceOf, PayFromAccount, UnityAssetBalanceConversion},
		AsEnsureOriginWithArg, ChangeMembers, ConstU32, Contains, EitherOfDiverse, EnsureOrigin,
		Get, OriginTrait, PrivilegeCmp,
	},
	weights::Weight,
	PalletId,
};
use frame_system::{EnsureNever, EnsureRoot, EnsureSigned, RawOrigin};
use mbongo_primitives::{limits, units::MBO, Balance, Hashing};
use pallet_collective::{deposit::Geometric, EnsureProportionAtLeast, PrimeDefaultVote};
use sp_runtime::{traits::Hash as _, FixedU128, Perbill, Permill};

/// Hours of a day.
pub const DAY: u32 = 24;

/// The most that one referendum of the small spenders' track may spend.
pub const SMALL_SPEND: Balance = 1_000 * MBO;

/// The deposit for proposing a referendum.
pub const SUBMISSION_DEPOSIT: Balance = 10 * MBO;

/// How many blocks a day has: staking's days, as the genesis has them.
pub struct DayBlocks;

impl Get<BlockNumber> for DayBlocks {
	fn get() -> BlockNumber {
		let epochs = pallet_staking::Settings::<Runtime>::get().day_epochs;
		pallet_pouw::EpochSlots::<Runtime>::get().saturating_mul(epochs).max(1)
	}
}

/// Blocks of so many hours, one at least.
pub fn hours(count: u32) -> BlockNumber {
	let blocks = u64::from(DayBlocks::get()).saturating_mul(count.into()) / u64::from(DAY);
	BlockNumber::try_from(blocks).unwrap_or(BlockNumber::MAX).max(1)
}

/// Blocks of so many days.
pub struct Days<const COUNT: u32>;

impl<const COUNT: u32> Get<BlockNumber> for Days<COUNT> {
	fn get() -> BlockNumber {
		hours(COUNT.saturating_mul(DAY))
	}
}

/// Root is above all others, of whom none is above another: what a referendum has scheduled can be
/// cancelled by one of Root.
pub struct RootFirst;

impl PrivilegeCmp<OriginCaller> for RootFirst {
	fn cmp_privilege(left: &OriginCaller, right: &OriginCaller) -> Option<Ordering> {
		let root = OriginCaller::system(RawOrigin::Root);
		match (left == &root, right == &root) {
			_ if left == right => Some(Ordering::Equal),
			(true, _) => Some(Ordering::Greater),
			(_, true) => Some(Ordering::Less),
			_ => None,
		}
	}
}

/// Exactly this origin of a referendum.
pub struct Ensure<Which>(PhantomData<Which>);

impl<Which: Get<Origin>> EnsureOrigin<RuntimeOrigin> for Ensure<Which> {
	type Success = ();

	fn try_origin(origin: RuntimeOrigin) -> Result<(), RuntimeOrigin> {
		match origin.caller() == &OriginCaller::Governance(Which::get()) {
			true => Ok(()),
			false => Err(origin),
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		Ok(Which::get().into())
	}
}

/// Who may spend from the treasury, and how much at a time.
pub struct Spenders;

impl EnsureOrigin<RuntimeOrigin> for Spenders {
	type Success = Balance;

	fn try_origin(origin: RuntimeOrigin) -> Result<Balance, RuntimeOrigin> {
		match origin.caller() {
			OriginCaller::system(RawOrigin::Root) | OriginCaller::Governance(Origin::Treasurer) => {
				Ok(Balance::MAX)
			}
			OriginCaller::Governance(Origin::SmallSpender) => Ok(SMALL_SPEND),
			_ => Err(origin),
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		Ok(RuntimeOrigin::root())
	}
}

parameter_types! {
	pub const WhitelistedCaller: Origin = Origin::WhitelistedCaller;
	pub const Treasurer: Origin = Origin::Treasurer;
	pub const SubmissionDeposit: Balance = SUBMISSION_DEPOSIT;
	pub MaxMotionWeight: Weight =
		Perbill::from_percent(50) * configs::RuntimeBlockWeights::get().max_block;
	pub const TreasuryId: PalletId = PalletId(*b"mb/trsry");
	/// The account of the treasury.
	pub TreasuryAccount: AccountId = Treasury::account_id();
	/// The deposit for the first of the motions that run at a time, each further one of which takes twice as
	/// much: who fills places makes the next one cost no more than all that it has placed itself.
	pub const MotionDeposit: Balance = 10 * MBO;
	pub const MotionRatio: FixedU128 = FixedU128::from_u32(2);
	pub const MotionHoldReason: RuntimeHoldReason = RuntimeHoldReason::ValidatorsCouncil(
		pallet_collective::HoldReason::ProposalSubmission,
	);
	pub const NoBurn: Permill = Permill::zero();
}

/// The validators' council: the active validators, whom the stake elects.
type Council = Instance1;

/// Two thirds of the validators' council.
type CouncilMajority = EnsureProportionAtLeast<AccountId, Council, 2, 3>;

/// Who may act at once when the chain is in danger: `note_stalled` and, of a slash that is deferred,
/// `cancel_slash` take it, and no other call may.
pub type EmergencyOrigin = EitherOfDiverse<EnsureRoot<AccountId>, CouncilMajority>;

/// Makes the active validators the members of the council. What those who leave have voted for is
/// forgotten, and motions go on.
pub fn council_is(validators: &[AccountId]) {
	let mut members = validators.to_vec();
	members.sort();
	members.dedup();
	let before = pallet_collective::Members::<Runtime, Council>::get();
	if members != before {
		<ValidatorsCouncil as ChangeMembers<AccountId>>::set_members_sorted(&members, &before);
	}
}

/// Refuses to move a call again while the deposit of its motion before waits to be given back. The council's
/// pallet would write the new deposit over the old one, which then nobody could ever release.
pub struct NoDepositIsForgotten;
impl Contains<RuntimeCall> for NoDepositIsForgotten {
	fn contains(call: &RuntimeCall) -> bool {
		let RuntimeCall::ValidatorsCouncil(pallet_collective::Call::propose { proposal, .. }) =
			call
		else {
			return true;
		};
		let motion = Hashing::hash_of(proposal);
		// While it runs, the pallet itself refuses it, and says why.
		!pallet_collective::CostOf::<Runtime, Council>::contains_key(motion)
			|| pallet_collective::ProposalOf::<Runtime, Council>::contains_key(motion)
	}
}

impl governance::Config for Runtime {
	type EmergencyOrigin = EmergencyOrigin;
	type MaxDelay = Days<1>;
}

impl pallet_referenda::Config for Runtime {
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_referenda::weights::SubstrateWeight<Runtime>;
	type Scheduler = Scheduler;
	type Currency = Balances;
	type SubmitOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
	type CancelOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Slash = Treasury;
	type Votes = pallet_conviction_voting::VotesOf<Runtime>;
	type Tally = pallet_conviction_voting::TallyOf<Runtime>;
	type SubmissionDeposit = SubmissionDeposit;
	type MaxQueued = ConstU32<100>;
	type UndecidingTimeout = Days<14>;
	type AlarmInterval = ConstU32<1>;
	type Tracks = Tracks;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_conviction_voting::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_conviction_voting::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type Polls = Referenda;
	/// What the treasury has cannot vote.
	type MaxTurnout = ActiveIssuanceOf<Balances, AccountId>;
	type MaxVotes = ConstU32<100>;
	type VoteLockingPeriod = Days<7>;
	type BlockNumberProvider = System;
	type VotingHooks = ();
}

impl pallet_whitelist::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	/// To whitelist a call runs nothing: a referendum must want it too.
	type WhitelistOrigin = EitherOfDiverse<EnsureRoot<AccountId>, CouncilMajority>;
	type DispatchWhitelistedOrigin =
		EitherOfDiverse<EnsureRoot<AccountId>, Ensure<WhitelistedCaller>>;
	type Preimages = Preimage;
	type DeferredDispatchExpiration = Days<7>;
	type BlockNumberProvider = System;
	type WeightInfo = pallet_whitelist::weights::SubstrateWeight<Runtime>;
}

impl pallet_collective::Config<Council> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = Days<1>;
	type MaxProposals = ConstU32<20>;
	type MaxMembers = ConstU32<{ limits::MAX_VALIDATORS }>;
	/// There is no prime member, so who does not vote is against.
	type DefaultVote = PrimeDefaultVote;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
	/// Nobody: see [`council_is`].
	type SetMembersOrigin = EnsureNever<()>;
	type MaxProposalWeight = MaxMotionWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	/// So that no single member can fill all places with motions of its own.
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		MotionHoldReason,
		Geometric<MotionRatio, MotionDeposit>,
		u32,
	>;
}

impl pallet_treasury::Config for Runtime {
	type Currency = Balances;
	type RejectOrigin = EitherOfDiverse<EnsureRoot<AccountId>, Ensure<Treasurer>>;
	type RuntimeEvent = RuntimeEvent;
	type SpendPeriod = Days<7>;
	type Burn = NoBurn;
	type PalletId = TreasuryId;
	type BurnDestination = ();
	type WeightInfo = pallet_treasury::weights::SubstrateWeight<Runtime>;
	type SpendFunds = ();
	type MaxApprovals = ConstU32<100>;
	type SpendOrigin = Spenders;
	type AssetKind = ();
	type Beneficiary = AccountId;
	type BeneficiaryLookup = <Runtime as frame_system::Config>::Lookup;
	type Paymaster = PayFromAccount<Balances, TreasuryAccount>;
	type BalanceConverter = UnityAssetBalanceConversion;
	type PayoutPeriod = Days<30>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmarks::Beneficiaries;
	type BlockNumberProvider = System;
}
