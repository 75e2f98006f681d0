//! # Compute pallet
//!
//! People order work and pay for it, providers do it, validators judge it, and anybody can prove that it is
//! wrong.
//!
//! ## Terms
//!
//! - **Asset**: a program that can be ordered.
//! - **Task**: an order, with the fee for it on hold.
//! - **Provider**: somebody who does tasks, and answers for them with a bond.
//! - **Verifier**: a validator that the beacon draws to judge a receipt.
//! - **Challenge**: the promise to prove that a receipt is wrong, made before the proof is shown, so that
//!   nobody can take it and be first.
//! - **Demand**: the claim to be shown a part of what went in, came out, or was made on the way.
//! - **Clock**: the block at which something becomes of a task though nobody does anything.
//!
//! ## Overview
//!
//! [`Call::submit_task`] puts the fee on hold. Eight blocks later the beacon draws a provider, or the requester
//! has chosen one, who [accepts](Call::accept) when it has the input, [commits](Call::commit) to a receipt and
//! [reveals](Call::reveal) it. Verifiers are drawn eight blocks after that. They [commit to](Call::commit_vote)
//! and [show](Call::show_vote) votes, which decide what is paid and scored, and slash nobody.
//!
//! What slashes is a [fraud proof](Call::prove_fraud), which the runtime itself checks, a
//! [demand](Call::demand) that is not [answered](Call::answer), and a missed deadline. Until the window after the
//! verdict is over, one honest party with the data can prove any wrong receipt wrong.
//!
//! When it is over, the fee is paid out: a tenth is burned, and of the rest 70 % go to the provider, 20 % to
//! the verifiers and 10 % to the treasury. Work that was drawn gives the block weight, and its provider a part of
//! the epoch's emission, at most nine tenths of what was burned for it: who deals with himself loses.
//!
//! ## Example
//!
//! A task of 10 MBO: its provider gets 6.3 MBO, its three verifiers 0.6 MBO each, the treasury 0.9 MBO, and
//! 1 MBO is burned. Of the emission it can earn its provider 0.9 MBO.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(any(test, feature = "runtime-benchmarks")),
	deny(
		clippy::arithmetic_side_effects,
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing
	)
)]

extern crate alloc;

pub mod api;
mod assets;
mod challenges;
mod clocks;
mod demands;
mod draw;
mod invariants;
mod money;
mod providers;
mod queries;
mod tasks;
mod trials;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use challenges::challenge_commitment;
pub use pallet::*;
pub use queries::MOST_LOOKED_AT;
pub use trials::{vote_commitment, vote_payload};
pub use types::{Task, *};
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	pallet_prelude::*,
	traits::fungible::{Inspect, InspectHold, Mutate, MutateHold},
};
use frame_system::pallet_prelude::*;
use mbongo_compute_primitives::{ComputeReceipt, FraudProof, RangeProof};
use mbongo_primitives::{AccountId, Balance, BlockNumber, Hash};
use sp_consensus_pouw::AuthoritySignature;
use sp_runtime::{
	traits::{SaturatedConversion, Zero},
	Percent,
};

const LOG_TARGET: &str = "runtime::compute";

/// Blocks after which the beacon draws for what came in one.
pub const DRAW_BLOCKS: BlockNumber = 8;

/// The most tasks that a block takes.
pub const TASKS_PER_BLOCK: u32 = 100;

/// The most fraud proofs that a block takes.
pub const PROOFS_PER_BLOCK: u32 = 20;

/// The most tasks of a requester that have not ended.
pub const TASKS_PER_REQUESTER: u32 = 1_000;

/// The most tasks of a provider that have not ended.
pub const TASKS_PER_PROVIDER: u32 = 256;

/// How often somebody is assigned to a task.
pub const ASSIGNMENTS: u8 = 3;

/// For how many blocks a task waits for a provider.
pub const WAITS: BlockNumber = 1_000;

/// The most blocks from acceptance to a result: half a day.
pub const MAX_DEADLINE: BlockNumber = 14_400;

/// Blocks after the commitment from which on, and until which, a challenge is proven.
pub const CHALLENGE_BLOCKS: (BlockNumber, BlockNumber) = (2, 20);

#[frame_support::pallet]
#[allow(clippy::expect_used)] // in what the macro writes for storage items
pub mod pallet {
	use super::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<Hash = Hash, AccountId = AccountId, RuntimeEvent: From<Event<Self>>>
	{
		/// The weights of this pallet's calls and hooks.
		type WeightInfo: WeightInfo;

		/// The token.
		type Token: Inspect<AccountId, Balance = Balance>
			+ Mutate<AccountId>
			+ InspectHold<AccountId, Reason = <Self as Config>::RuntimeHoldReason>
			+ MutateHold<AccountId>;

		/// Why tokens are on hold.
		type RuntimeHoldReason: From<HoldReason>;

		/// What is put on hold for each item that is kept.
		#[pallet::constant]
		type DepositPerItem: Get<Balance>;

		/// What is put on hold for each byte that is kept.
		#[pallet::constant]
		type DepositPerByte: Get<Balance>;

		/// What the treasury's account is.
		type Treasury: Get<AccountId>;

		/// The epoch.
		type Epoch: Get<EpochIndex>;

		/// What draws.
		type Beacon: Beacons;

		/// Who judges.
		type Verifiers: VerifierSet;

		/// Where guests' code is.
		type Codes: Codes;

		/// What pays for useful work beside the fees.
		type Emission: WorkEmission;

		/// Makes what the worst cases need.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper;
	}

	/// Why this pallet holds tokens.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// A provider answers with them.
		Bond,
		/// They are the fee of a task.
		Fee,
		/// For an asset, or a task, that is kept.
		Deposit,
		/// Somebody promises to prove a receipt wrong.
		Challenge,
		/// Somebody wants to be shown something.
		Demand,
	}

	/// What the genesis has chosen.
	#[pallet::storage]
	pub type Settings<T: Config> = StorageValue<_, Parameters, ValueQuery>;

	/// What gives a point of score.
	#[pallet::storage]
	pub type ScoreRates<T: Config> = StorageValue<_, Rates, ValueQuery>;

	/// The programs.
	#[pallet::storage]
	pub type Assets<T: Config> = StorageMap<_, Twox64Concat, AssetId, Asset, OptionQuery>;

	/// The number of the next one.
	#[pallet::storage]
	pub type NextAsset<T: Config> = StorageValue<_, AssetId, ValueQuery>;

	/// The tasks.
	#[pallet::storage]
	pub type Tasks<T: Config> = StorageMap<_, Twox64Concat, TaskId, Task, OptionQuery>;

	/// The number of the next one.
	#[pallet::storage]
	pub type NextTask<T: Config> = StorageValue<_, TaskId, ValueQuery>;

	/// How many tasks of a requester have not ended.
	#[pallet::storage]
	pub type OpenTasks<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, u32, ValueQuery>;

	/// Tasks that a provider was assigned and that have not ended.
	#[pallet::storage]
	pub type TasksOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId, Twox64Concat, TaskId, (), OptionQuery>;

	/// What providers have shown of tasks.
	#[pallet::storage]
	pub type Receipts<T: Config> = StorageMap<_, Twox64Concat, TaskId, ComputeReceipt, OptionQuery>;

	/// What becomes of receipts that are not settled.
	#[pallet::storage]
	pub type Trials<T: Config> = StorageMap<_, Twox64Concat, TaskId, Trial, OptionQuery>;

	/// Receipts that a validator is to judge.
	#[pallet::storage]
	pub type Duties<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId, Twox64Concat, TaskId, (), OptionQuery>;

	/// How reliably a validator judges, in millionths; those that always do have none.
	#[pallet::storage]
	pub type Diligence<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, u32, OptionQuery>;

	/// Who has committed to prove what wrong.
	#[pallet::storage]
	pub type Challenges<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		TaskId,
		Blake2_128Concat,
		AccountId,
		Challenge,
		OptionQuery,
	>;

	/// What is to be shown.
	#[pallet::storage]
	pub type Demands<T: Config> =
		StorageDoubleMap<_, Twox64Concat, TaskId, Twox64Concat, DemandId, Demand, OptionQuery>;

	/// How many demands are open.
	#[pallet::storage]
	pub type OpenDemands<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Demands that wait to be opened, in their order.
	#[pallet::storage]
	pub type DemandQueue<T: Config> =
		StorageMap<_, Twox64Concat, u64, (TaskId, DemandId), OptionQuery>;

	/// The place of the first of them, and that of the next one to come.
	#[pallet::storage]
	pub type QueuePlaces<T: Config> = StorageValue<_, (u64, u64), ValueQuery>;

	/// Who does tasks.
	#[pallet::storage]
	pub type Providers<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, Provider, OptionQuery>;

	/// Who of them has which place.
	#[pallet::storage]
	pub type Places<T: Config> = StorageMap<_, Twox64Concat, u32, AccountId, OptionQuery>;

	/// How many places are taken: the first ones.
	#[pallet::storage]
	pub type PlaceCount<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Sums of weights of providers: see `draw.rs`.
	#[pallet::storage]
	pub type WeightSums<T: Config> = StorageMap<_, Twox64Concat, u32, u128, ValueQuery>;

	/// The sum of them all.
	#[pallet::storage]
	pub type TotalWeight<T: Config> = StorageValue<_, u128, ValueQuery>;

	/// What is to happen when.
	#[pallet::storage]
	pub type Clocks<T: Config> =
		StorageDoubleMap<_, Twox64Concat, BlockNumber, Blake2_128Concat, Timer, (), OptionQuery>;

	/// The first block of which something may be left to do.
	#[pallet::storage]
	pub type ClocksFrom<T: Config> = StorageValue<_, BlockNumber, ValueQuery>;

	/// What happened in this block; that of the last one, until this one begins.
	#[pallet::storage]
	pub type Block<T: Config> = StorageValue<_, ThisBlock, ValueQuery>;

	/// What the work of epochs has earned, until all of it is claimed.
	#[pallet::storage]
	pub type WorkOf<T: Config> = StorageMap<_, Twox64Concat, EpochIndex, EpochWork, OptionQuery>;

	/// What each provider has done in which epoch, until it is paid.
	#[pallet::storage]
	pub type EarnedBy<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		AccountId,
		Twox64Concat,
		EpochIndex,
		Earned,
		OptionQuery,
	>;

	/// What this network chooses.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// See [`Parameters`].
		pub parameters: Parameters,
		#[serde(skip)]
		#[doc(hidden)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Settings::<T>::put(&self.parameters);
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// There is a new program.
		AssetRegistered { asset: AssetId, owner: AccountId },
		/// A program has changed, for tasks to come.
		AssetUpdated { asset: AssetId, version: u32 },
		/// A program cannot be ordered any more, and is forgotten.
		AssetRetired { asset: AssetId },
		/// Somebody will do tasks.
		ProviderRegistered { provider: AccountId, bond: Balance },
		/// A provider has changed what it has, or whether it wants tasks.
		ProviderSet { provider: AccountId, machine: Machine, is_open: bool },
		/// A provider answers with more.
		BondAdded { provider: AccountId, amount: Balance },
		/// A provider has asked for some of its bond back.
		Unbonded { provider: AccountId, amount: Balance, free_at: BlockNumber },
		/// A provider has got it back.
		BondWithdrawn { provider: AccountId, amount: Balance },
		/// Somebody does no tasks any more.
		ProviderLeft { provider: AccountId },
		/// A provider has done so badly that it is not drawn for a while.
		Jailed { provider: AccountId, until: BlockNumber },
		/// Somebody wants something to be done.
		TaskSubmitted { task: TaskId, requester: AccountId, asset: AssetId, fee: Balance },
		/// A provider was found.
		TaskAssigned { task: TaskId, provider: AccountId },
		/// It will not do the task.
		TaskDeclined { task: TaskId, provider: AccountId },
		/// It has accepted, and has this bond reserved.
		TaskAccepted { task: TaskId, provider: AccountId, bond: Balance },
		/// It has a result.
		ReceiptCommitted { task: TaskId, provider: AccountId, commitment: Hash },
		/// It has shown it.
		ReceiptRevealed { task: TaskId, provider: AccountId, receipt: Hash },
		/// It had none in time, and lost this.
		DeadlineMissed { task: TaskId, provider: AccountId, slashed: Balance },
		/// Validators were drawn to judge a receipt.
		VerifiersDrawn { task: TaskId, verifiers: Vec<AccountId> },
		/// One has committed to its vote.
		VoteCommitted { task: TaskId, verifier: AccountId },
		/// One has voted.
		Voted { task: TaskId, verifier: AccountId, verdict: Verdict },
		/// Verifiers have judged a receipt; nothing, if they could not agree.
		Judged { task: TaskId, verdict: Option<Verdict> },
		/// Those who judged it wrong are to prove it.
		Disputed { task: TaskId, until: BlockNumber },
		/// They have not.
		Upheld { task: TaskId },
		/// Somebody will prove a receipt wrong.
		ChallengeCommitted { task: TaskId, who: AccountId },
		/// Somebody did not, and has lost this to the provider.
		ChallengeFailed { task: TaskId, who: AccountId, bond: Balance },
		/// A receipt was proven wrong.
		FraudProven { task: TaskId, provider: AccountId, by: AccountId },
		/// Somebody wants to be shown something.
		Demanded { task: TaskId, demand: DemandId, who: AccountId },
		/// The provider has to show it from now on.
		DemandOpened { task: TaskId, demand: DemandId, until: BlockNumber },
		/// It was shown, in the transaction of this event.
		Answered { task: TaskId, demand: DemandId },
		/// It was not.
		Unanswered { task: TaskId, demand: DemandId },
		/// A provider has lost its bond for a task.
		ProviderSlashed { task: TaskId, provider: AccountId, amount: Balance },
		/// A task is done and paid.
		TaskSettled { task: TaskId, provider: AccountId, score: u128 },
		/// Nobody did a task.
		TaskExpired { task: TaskId },
		/// A task was taken back.
		TaskCancelled { task: TaskId },
		/// A provider was paid for an epoch's work beside the fees.
		WorkRewarded { provider: AccountId, epoch: EpochIndex, amount: Balance },
		/// What gives a point of score is something else now.
		RatesSet { rates: Rates },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such asset, or no longer.
		AssetNotFound,
		/// It is somebody else's.
		NotOwner,
		/// The code that it runs is not on the chain.
		CodeNotFound,
		/// There is no such task, or it is forgotten.
		TaskNotFound,
		/// The task is not, or no longer, at the point where this could be done.
		AlreadyProcessed,
		/// It is too late.
		DeadlinePassed,
		/// It is too early.
		TooEarly,
		/// The task is somebody else's.
		NotYours,
		/// There can be no such task: its sizes, the input and what the asset has do not fit each other.
		NoSuchJob,
		/// The fee is less than it must be.
		FeeTooLow,
		/// There is no time to do it, or more than there may be.
		BadDeadline,
		/// Nothing of the work would be done again, or only a part of what can only be checked as a whole.
		BadShare,
		/// The requester, or the block, has as many tasks as it may.
		TooManyTasks,
		/// The account is no provider.
		ProviderNotRegistered,
		/// The account is one already.
		AlreadyRegistered,
		/// There are as many providers as there may be.
		TooManyProviders,
		/// The bond is less than it must be, or too little of it is free.
		BondTooLow,
		/// It still answers for something.
		BondInUse,
		/// The provider has as many tasks as it may.
		TooManyAccepted,
		/// The block that the receipt names is not of this chain, or too old, or older than the assignment.
		AnchorUnknown,
		/// This is not what was committed to.
		CommitmentMismatch,
		/// The receipt is of another task, or of a result that the task cannot have.
		OutputMismatch,
		/// The receipt is not signed by its provider.
		InvalidSignature,
		/// The account has a challenge there already.
		AlreadyChallenged,
		/// The account has no challenge there.
		NoChallenge,
		/// The block has as many fraud proofs as it may.
		TooManyProofs,
		/// A record of this task can take more fuel.
		FuelTooLow,
		/// There is no such demand.
		NoDemand,
		/// There is nothing like that to be shown.
		NothingToShow,
		/// This does not show it.
		BadAnswer,
		/// There is nothing to be paid for this, or not yet.
		NothingEarned,
		/// A rate is zero.
		BadRates,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Block::<T>::kill();
			Self::open_waiting_demands().saturating_add(Self::run_clocks())
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Brings a program that tasks can run.
		///
		/// Origin: signed, by who owns it then. A deposit is on hold for it. Emits
		/// [`Event::AssetRegistered`].
		///
		/// Fails with `CodeNotFound`, or a token error.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_asset())]
		pub fn register_asset(origin: OriginFor<T>, program: Program) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_register_asset(owner, program)
		}

		/// Changes a program, for tasks to come.
		///
		/// Origin: signed, by its owner. Emits [`Event::AssetUpdated`].
		///
		/// Fails with `AssetNotFound`, `NotOwner`, `CodeNotFound`, or a token error.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::update_asset())]
		pub fn update_asset(
			origin: OriginFor<T>,
			asset: AssetId,
			program: Program,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_update_asset(&owner, asset, program)
		}

		/// Takes a program out of use, for good, and gives the deposit back. What was ordered goes on.
		///
		/// Origin: signed, by its owner. Emits [`Event::AssetRetired`].
		///
		/// Fails with `AssetNotFound`, `NotOwner`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::retire_asset())]
		pub fn retire_asset(origin: OriginFor<T>, asset: AssetId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_retire_asset(&owner, asset)
		}

		/// Makes the sender a provider, with this bond.
		///
		/// Origin: signed. Emits [`Event::ProviderRegistered`].
		///
		/// Fails with `AlreadyRegistered`, `BondTooLow`, `TooManyProviders`, or a token error. Who has left and
		/// still has a bond here adds to that and keeps its record.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::register_provider())]
		pub fn register_provider(
			origin: OriginFor<T>,
			#[pallet::compact] bond: Balance,
			machine: Machine,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register_provider(who, bond, machine)
		}

		/// Says what the sender's machine has, and whether it wants tasks.
		///
		/// Origin: signed, by a provider. Emits [`Event::ProviderSet`].
		///
		/// Fails with `ProviderNotRegistered`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_provider())]
		pub fn set_provider(
			origin: OriginFor<T>,
			machine: Machine,
			is_open: bool,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_provider(who, machine, is_open)
		}

		/// Adds to the sender's bond.
		///
		/// Origin: signed, by a provider. Emits [`Event::BondAdded`].
		///
		/// Fails with `ProviderNotRegistered`, or a token error.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_provider())]
		pub fn add_bond(
			origin: OriginFor<T>,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_add_bond(who, amount)
		}

		/// Asks for a part of the bond back. What is asked for again waits anew with all that waits already.
		///
		/// Origin: signed, by a provider. Emits [`Event::Unbonded`].
		///
		/// Fails with `ProviderNotRegistered`, with `BondInUse` if tasks need it, with `BondTooLow` if something
		/// but less than the least bond would be left.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_provider())]
		pub fn unbond(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_unbond(who, amount)
		}

		/// Takes what was asked back. Who has no bond left is no provider any more.
		///
		/// Origin: signed, by a provider. Emits [`Event::BondWithdrawn`], and [`Event::ProviderLeft`] in the end.
		///
		/// Fails with `ProviderNotRegistered`, `TooEarly`, with `BondInUse` if it was all and there are tasks
		/// still.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::withdraw_bond())]
		pub fn withdraw_bond(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw_bond(who)
		}

		/// Orders work. The fee is put on hold, and a deposit for the task until it is forgotten.
		///
		/// Origin: signed. Emits [`Event::TaskSubmitted`], and [`Event::TaskAssigned`] if the sender has chosen
		/// who does it.
		///
		/// Fails with `AssetNotFound`, `NoSuchJob`, `FeeTooLow`, `BadDeadline`, `BadShare`,
		/// `TooManyTasks`, `ProviderNotRegistered`, `TooManyAccepted`, `CodeNotFound`, or a token error.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::submit_task())]
		pub fn submit_task(origin: OriginFor<T>, order: Order) -> DispatchResult {
			let requester = ensure_signed(origin)?;
			Self::do_submit(requester, order)?;
			Ok(())
		}

		/// Takes a task back that nobody has accepted.
		///
		/// Origin: signed, by its requester. Emits [`Event::TaskCancelled`].
		///
		/// Fails with `TaskNotFound`, `NotYours`, `AlreadyProcessed`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::cancel_task())]
		pub fn cancel_task(origin: OriginFor<T>, task: TaskId) -> DispatchResult {
			let requester = ensure_signed(origin)?;
			Self::do_cancel(&requester, task)
		}

		/// Accepts a task that the sender was assigned. It should have the input by now: from here on it owes
		/// every part of it, and of what it makes of it, to whoever demands it.
		///
		/// Origin: signed, by the provider. Emits [`Event::TaskAccepted`].
		///
		/// Fails with `TaskNotFound`, `NotYours`, `AlreadyProcessed`, `DeadlinePassed`, `BondTooLow`,
		/// `ProviderNotRegistered`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::accept())]
		pub fn accept(origin: OriginFor<T>, task: TaskId) -> DispatchResult {
			let provider = ensure_signed(origin)?;
			Self::do_accept(&provider, task)
		}

		/// Leaves a task that the sender was assigned to others.
		///
		/// Origin: signed, by the provider. Emits [`Event::TaskDeclined`].
		///
		/// Fails with `TaskNotFound`, `NotYours`, `AlreadyProcessed`.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::decline())]
		pub fn decline(origin: OriginFor<T>, task: TaskId) -> DispatchResult {
			let provider = ensure_signed(origin)?;
			Self::do_decline(&provider, task)
		}

		/// Commits to a receipt.
		///
		/// Origin: signed, by the provider. Emits [`Event::ReceiptCommitted`].
		///
		/// Fails with `TaskNotFound`, `NotYours`, `AlreadyProcessed`, `DeadlinePassed`, `AnchorUnknown`.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::commit())]
		pub fn commit(
			origin: OriginFor<T>,
			task: TaskId,
			anchor: (BlockNumber, Hash),
			commitment: Hash,
		) -> DispatchResult {
			let provider = ensure_signed(origin)?;
			Self::do_commit(&provider, task, anchor, commitment)
		}

		/// Shows the receipt that was committed to. `ending` shows the last step of a fold.
		///
		/// Origin: signed, by the provider. Emits [`Event::ReceiptRevealed`].
		///
		/// Fails with `TaskNotFound`, `ProviderNotRegistered`, `NotYours`, `AlreadyProcessed`,
		/// `DeadlinePassed`, `CommitmentMismatch`, `OutputMismatch`, `InvalidSignature`. Until the time is over
		/// another try can be made.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::reveal())]
		pub fn reveal(
			origin: OriginFor<T>,
			receipt: ComputeReceipt,
			salt: [u8; 32],
			ending: Option<RangeProof>,
		) -> DispatchResult {
			let provider = ensure_signed(origin)?;
			Self::do_reveal(&provider, receipt, &salt, ending)
		}

		/// Commits to a vote of a verifier, who has signed it with its `pouw` key. Costs no fee.
		///
		/// Origin: authorised by the signature. Emits [`Event::VoteCommitted`].
		///
		/// Refused unless the task is judged, its verifiers commit to their votes, and this one has not.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::commit_vote())]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_vote())]
		#[pallet::authorize(|_, task, verifier, commitment, signature| {
			Pallet::<T>::authorize_commitment(*task, verifier, commitment, signature)
		})]
		pub fn commit_vote(
			origin: OriginFor<T>,
			task: TaskId,
			verifier: AccountId,
			commitment: Hash,
			_signature: AuthoritySignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_commit_vote(task, &verifier, commitment)
		}

		/// Shows the vote that a verifier has committed to. Costs no fee.
		///
		/// Origin: authorised by the commitment. Emits [`Event::Voted`], and [`Event::Judged`] when it was the
		/// last one.
		///
		/// Refused unless the task is judged, its verifiers show their votes, and this is what this one has
		/// committed to.
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::show_vote())]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_vote())]
		#[pallet::authorize(|_, task, verifier, vote, salt| {
			Pallet::<T>::authorize_vote(*task, verifier, vote, salt)
		})]
		pub fn show_vote(
			origin: OriginFor<T>,
			task: TaskId,
			verifier: AccountId,
			vote: Vote,
			_salt: [u8; 32],
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_show_vote(task, &verifier, vote)
		}

		/// Commits to prove a receipt wrong: to the hash that [`challenge_commitment`] gives. A bond is put on
		/// hold.
		///
		/// Origin: signed. Emits [`Event::ChallengeCommitted`].
		///
		/// Fails with `TaskNotFound`, `AlreadyProcessed`, `AlreadyChallenged`, or a token error.
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::commit_challenge())]
		pub fn commit_challenge(
			origin: OriginFor<T>,
			task: TaskId,
			commitment: Hash,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_commit_challenge(who, task, commitment)
		}

		/// Proves a receipt wrong, 2 to 20 blocks after the commitment. `fuel` is what the record may take, if
		/// it is a step of a fold.
		///
		/// Origin: signed, by who committed. Emits [`Event::FraudProven`], or [`Event::ChallengeFailed`] if the
		/// proof proves nothing: then the bond is the provider's.
		///
		/// Fails with `TaskNotFound`, `AlreadyProcessed`, `NoChallenge`, `TooEarly`, `DeadlinePassed`,
		/// `CommitmentMismatch`, `FuelTooLow`, `TooManyProofs`: then nothing has changed.
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::prove_fraud().saturating_add(challenges::weight_of(*fuel)))]
		pub fn prove_fraud(
			origin: OriginFor<T>,
			task: TaskId,
			proof: FraudProof,
			salt: [u8; 32],
			#[pallet::compact] fuel: u64,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_prove_fraud(&who, task, &proof, &salt, fuel)
		}

		/// Wants to be shown something of a receipt that is not settled. A bond is put on hold, which pays for
		/// the answer.
		///
		/// Origin: signed. Emits [`Event::Demanded`], and [`Event::DemandOpened`] once there is room for it.
		///
		/// Fails with `TaskNotFound`, `AlreadyProcessed`, `NothingToShow`, or a token error.
		#[pallet::call_index(18)]
		#[pallet::weight(T::WeightInfo::demand())]
		pub fn demand(origin: OriginFor<T>, task: TaskId, what: Demanded) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_demand(who, task, what)
		}

		/// Shows what was demanded.
		///
		/// Origin: signed, by the provider. Emits [`Event::Answered`].
		///
		/// Fails with `TaskNotFound`, `NotYours`, `NoDemand`, `BadAnswer`.
		#[pallet::call_index(19)]
		#[pallet::weight(T::WeightInfo::answer())]
		pub fn answer(
			origin: OriginFor<T>,
			task: TaskId,
			demand: DemandId,
			answer: Answer,
		) -> DispatchResult {
			let provider = ensure_signed(origin)?;
			Self::do_answer(&provider, task, demand, &answer)
		}

		/// Pays a provider its part of the emission for an epoch that is over.
		///
		/// Origin: signed, by anybody. Emits [`Event::WorkRewarded`].
		///
		/// Fails with `NothingEarned`.
		#[pallet::call_index(20)]
		#[pallet::weight(T::WeightInfo::claim_work_reward())]
		pub fn claim_work_reward(
			origin: OriginFor<T>,
			provider: AccountId,
			epoch: EpochIndex,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_claim_work_reward(&provider, epoch)
		}

		/// Sets what gives a point of score.
		///
		/// Origin: root. Emits [`Event::RatesSet`].
		///
		/// Fails with `BadRates`.
		#[pallet::call_index(21)]
		#[pallet::weight(T::WeightInfo::set_rates())]
		pub fn set_rates(origin: OriginFor<T>, rates: Rates) -> DispatchResult {
			ensure_root(origin)?;
			let are_good = rates.price > 0 && rates.units.iter().all(|units| *units > 0);
			ensure!(are_good, Error::<T>::BadRates);
			ScoreRates::<T>::put(&rates);
			Self::deposit_event(Event::RatesSet { rates });
			Ok(())
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The number of this block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The hash of a block of this chain, if it is known still.
	pub(crate) fn hash_of(number: BlockNumber) -> Hash {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(number))
	}

	/// What names this chain.
	pub(crate) fn genesis() -> Hash {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	pub(crate) fn task(id: TaskId) -> Result<Task, DispatchError> {
		Ok(Tasks::<T>::get(id).ok_or(Error::<T>::TaskNotFound)?)
	}
}
