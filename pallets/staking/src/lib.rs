//! # Staking pallet
//!
//! Lets people put tokens behind validators, makes the set of them, pays them and slashes them.
//!
//! ## Terms
//!
//! - **Stake**: tokens on hold in their owner's account, behind a validator. A validator's own are its
//!   delegation to itself.
//! - **Pool**: all stake behind a validator. Who put it there has shares of it, so that a reward or a
//!   slash is one step for however many delegators.
//! - **Epoch**: a session. **Day**: some epochs, by [`Parameters`].
//! - **Chunk**: stake that was taken from a validator on a day, and is free when unbonding is over.
//! - **Candidate**: a validator that wants to be in the set.
//! - **Deferred slash**: one that can still be cancelled. What it takes is set aside already, and nobody
//!   joins or leaves the pool.
//!
//! ## Overview
//!
//! [`Call::stake`] puts tokens behind a validator, or behind oneself, before [`Call::register_validator`].
//! When an epoch ends, the candidates with the largest pools are chosen for the one after the next, since
//! BABE announces its authorities an epoch ahead. Stake that comes or goes counts from the next epoch on.
//!
//! Half of the emission goes to who wrote the epoch's blocks (40 %) and whose attestations were included
//! (60 %). Of a validator's part it keeps its commission, and the rest is the pool's, by shares.
//! [`Call::claim_rewards`] and [`Call::payout`] pay it out. The other half waits, not issued, for useful
//! work.
//!
//! [`Call::unstake`] begins unbonding, [`Call::withdraw`] ends it. [`Call::redelegate`] moves stake without
//! unbonding; it stays slashable for where it was, and cannot move on before that is over.
//!
//! A slash lowers the value of the pools: of the validator's, of what has left it since the epoch before
//! the offence's, whose stake had put it into the set, and of what went on from it to other validators.
//! Whoever joined between the offence and its report pays too, and whoever left earlier on the same day:
//! pools do not know their members' dates. What each owner's hold is too large by then is cut when
//! the owner next does something, or when anybody calls [`Call::settle`] with the validator where the stake
//! is now. Of the cuts 20 % go to who reported it, but no more than the validator itself loses: else it
//! could report itself and live on its delegators.
//!
//! ## Example
//!
//! A validator with 50,000 MBO of its own and 150,000 MBO of others signs two blocks of one slot. It is
//! chilled; 5 % of the pool, 10,000 MBO, are set aside. A day later they are lost: 2,500 MBO of its own,
//! which are cut at once, and 7,500 MBO of the others', as they are settled. Of each cut half is burned,
//! 30 % go to the treasury and 20 % to who reported it.

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

mod delegating;
mod epochs;
mod pool;
mod queries;
mod rewards;
mod slashing;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	pallet_prelude::*,
	traits::fungible::{Balanced, BalancedHold, Inspect, InspectHold, Mutate, MutateHold},
	PalletId,
};
use frame_system::pallet_prelude::*;
use mbongo_primitives::{limits, Balance};
use pallet_session::historical;
use sp_runtime::{traits::AccountIdConversion, Perbill};

const LOG_TARGET: &str = "runtime::staking";

/// What [`Earnings::of_a_share`] is multiplied by.
pub const EARNINGS_SCALE: u128 = 1_000_000_000_000_000_000_000_000;

/// The most slashes that wait. Of a full set a third can be slashed again with each report of another of
/// them, 574 slashes until nothing is left to add, and once for each of 21 days that reports reach back to.
pub const MAX_DEFERRED: u32 = 2_048;

/// By how much a commission can rise in an epoch.
pub const COMMISSION_STEP: Perbill = Perbill::from_percent(1);

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
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ pallet_session::Config<ValidatorId = <Self as frame_system::Config>::AccountId>
		+ historical::Config<FullIdentification = ()>
		+ pallet_authorship::Config
	{
		/// The weights of this pallet's calls and hooks.
		type WeightInfo: WeightInfo;

		/// The token.
		type Token: Inspect<Self::AccountId, Balance = Balance>
			+ Mutate<Self::AccountId>
			+ Balanced<Self::AccountId>
			+ InspectHold<Self::AccountId, Reason = <Self as Config>::RuntimeHoldReason>
			+ MutateHold<Self::AccountId>
			+ BalancedHold<Self::AccountId>;

		/// Why tokens are on hold.
		type RuntimeHoldReason: From<HoldReason>;

		/// Where rewards wait for being claimed.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// What the treasury's account is.
		type Treasury: Get<Self::AccountId>;

		/// The most that may ever be issued.
		#[pallet::constant]
		type SupplyCap: Get<Balance>;

		/// The slots since genesis.
		type Slot: Get<u64>;

		/// The slots of an epoch.
		type EpochSlots: Get<u64>;

		/// Who may cancel a slash.
		type EmergencyOrigin: EnsureOrigin<<Self as frame_system::Config>::RuntimeOrigin>;

		/// Who wants to know the set of each epoch.
		type Watcher: SetWatcher<Self::AccountId>;
	}

	/// Why this pallet holds tokens.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// They are stake, or were not long ago.
		Stake,
	}

	/// What the genesis has chosen.
	#[pallet::storage]
	pub type Settings<T: Config> = StorageValue<_, Parameters, ValueQuery>;

	/// Who is or was a validator.
	#[pallet::storage]
	pub type Validators<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Validator, OptionQuery>;

	/// Those of them that want to be in the set.
	#[pallet::storage]
	pub type Candidates<T: Config> =
		CountedStorageMap<_, Blake2_128Concat, T::AccountId, (), OptionQuery>;

	/// The number of the next validator.
	#[pallet::storage]
	pub type NextNumber<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// All stake behind each validator, by the validator.
	#[pallet::storage]
	pub type Stakes<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Stake, ValueQuery>;

	/// Whose stake is behind whom, by owner and validator.
	#[pallet::storage]
	pub type Delegations<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		T::AccountId,
		Delegation<T::AccountId>,
		OptionQuery,
	>;

	/// What each account is unbonding.
	#[pallet::storage]
	pub type Unbonding<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<Chunk<T::AccountId>, ConstU32<MAX_CHUNKS>>,
		ValueQuery,
	>;

	/// All that was taken from a validator on a day, until it is withdrawn.
	#[pallet::storage]
	pub type UnbondingPools<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, Day, Pool, ValueQuery>;

	/// All that went on from a validator to others on a day. No tokens are on hold for these: they are for
	/// what the stake is now. What is pending here is to be cut there.
	#[pallet::storage]
	pub type RedelegatedPools<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, Day, Pool, ValueQuery>;

	/// What validators' shares had earned when an epoch ended, for those that came in it.
	#[pallet::storage]
	pub type Snapshots<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Twox64Concat,
		EpochIndex,
		Snapshot,
		OptionQuery,
	>;

	/// The set of this epoch.
	#[pallet::storage]
	pub type ActiveSet<T: Config> = StorageValue<_, BoundedVec<T::AccountId, MaxSet>, ValueQuery>;

	/// The set of the epoch before.
	#[pallet::storage]
	pub type LastSet<T: Config> = StorageValue<_, BoundedVec<T::AccountId, MaxSet>, ValueQuery>;

	/// What the set has done in this epoch.
	#[pallet::storage]
	pub type Work<T: Config> = StorageValue<_, Tally, ValueQuery>;

	/// For how many epochs finality has lagged too far without a break.
	#[pallet::storage]
	pub type LaggingEpochs<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Up to which slot the emission has been given out.
	#[pallet::storage]
	pub type EmittedUntil<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// The part of the emission that useful work can still earn. It is not issued yet.
	#[pallet::storage]
	pub type UsefulWorkPot<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Slashes that can still be cancelled, by their numbers.
	#[pallet::storage]
	pub type DeferredSlashes<T: Config> =
		StorageMap<_, Twox64Concat, u32, DeferredSlash<T::AccountId>, OptionQuery>;

	/// In which slot which of them is due, in their order.
	#[pallet::storage]
	pub type SlashQueue<T: Config> =
		StorageValue<_, BoundedVec<(u64, u32), ConstU32<MAX_DEFERRED>>, ValueQuery>;

	/// The number of the next one.
	#[pallet::storage]
	pub type NextSlash<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// How many slashes are deferred of validators that have any: nobody joins or leaves these.
	#[pallet::storage]
	pub type Frozen<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// Whom to pay from cuts for validators' offences: the reporters, in their order.
	#[pallet::storage]
	pub type Owed<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<(T::AccountId, Balance), ConstU32<MAX_OWED>>,
		ValueQuery,
	>;

	/// Who has stake at the beginning.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// What this network chooses.
		pub parameters: Parameters,
		/// Validators with their own stakes, which they have in their accounts, and commissions.
		pub validators: Vec<(T::AccountId, Balance, Perbill)>,
		/// How much is to be issued. What nobody was given is the treasury's; nothing, if this is zero.
		pub supply: Balance,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self { parameters: Parameters::default(), validators: Vec::new(), supply: 0 }
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::build_genesis(self);
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Somebody has become a validator.
		Registered { validator: T::AccountId, commission: Perbill },
		/// A validator's commission is another one now.
		CommissionSet { validator: T::AccountId, commission: Perbill },
		/// A validator will leave the set.
		Chilled { validator: T::AccountId, reason: ChillReason },
		/// A validator wants to be in the set again.
		Resumed { validator: T::AccountId },
		/// Somebody is no validator any more, and nobody's stake is behind it.
		Removed { validator: T::AccountId },
		/// Tokens were put behind a validator.
		Staked { who: T::AccountId, validator: T::AccountId, amount: Balance },
		/// Tokens were taken from a validator, and will be free at the beginning of the day `free_on`.
		Unstaked { who: T::AccountId, validator: T::AccountId, amount: Balance, free_on: Day },
		/// Tokens have moved from one validator to another.
		Redelegated { who: T::AccountId, from: T::AccountId, to: T::AccountId, amount: Balance },
		/// Tokens that were unbonding are free.
		Withdrawn { who: T::AccountId, amount: Balance },
		/// An epoch has earned its validators this much, and useful work so much that is not issued yet.
		EpochPaid { epoch: EpochIndex, stakers: Balance, useful_work: Balance },
		/// A validator and who is behind it have earned this much in an epoch.
		Earned { validator: T::AccountId, amount: Balance, commission: Balance },
		/// A reward was paid out.
		Rewarded { who: T::AccountId, validator: T::AccountId, amount: Balance },
		/// A validator is to be slashed, unless it is cancelled before, in the second block from this slot on.
		SlashDeferred {
			number: u32,
			validator: T::AccountId,
			epoch: EpochIndex,
			fraction: Perbill,
			amount: Balance,
			due: u64,
		},
		/// A validator was slashed.
		Slashed { number: u32, validator: T::AccountId, amount: Balance },
		/// A slash was cancelled, and what it had set aside put back.
		SlashCancelled { number: u32, validator: T::AccountId, amount: Balance },
		/// Somebody's tokens were cut, for a slash of this validator.
		Cut {
			who: T::AccountId,
			validator: T::AccountId,
			burned: Balance,
			to_treasury: Balance,
			to_reporters: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such validator.
		NotAValidator,
		/// It is one already.
		AlreadyAValidator,
		/// A validator needs session keys.
		NoSessionKeys,
		/// There are as many candidates as there may be.
		TooManyValidators,
		/// The stake would be smaller than stakes may be.
		BelowMinimum,
		/// A validator's own stake would be smaller than it may be.
		BelowOwnMinimum,
		/// There is no stake of this account with this validator.
		NoStake,
		/// A slash of the validator is deferred: nobody joins or leaves it until that is over.
		SlashDeferred,
		/// The validator is out for good.
		Out,
		/// All stake with this validator was slashed, or all that left it today.
		Closed,
		/// There are as many chunks unbonding as there may be.
		TooManyChunks,
		/// Too many parts of this stake were redelegated not long ago.
		TooManyRedelegations,
		/// This part came from another validator not long ago, and cannot move on yet.
		SecondHop,
		/// It is with that validator already.
		SameValidator,
		/// Nothing that was unbonding is free yet.
		NothingToWithdraw,
		/// There is no reward to be claimed.
		NothingToClaim,
		/// There is nothing to be settled.
		NothingToSettle,
		/// A commission rises by at most one point in an epoch.
		CommissionRisesTooFast,
		/// It is chilled already.
		AlreadyChilled,
		/// It is not chilled.
		NotChilled,
		/// There is no such slash.
		NoSuchSlash,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			// Who wrote the block is noted later.
			Self::slash_what_is_due().saturating_add(<T as Config>::WeightInfo::note_author())
		}

		fn integrity_test() {
			let parameters = Parameters::default();
			assert!(parameters.is_sound(), "the parameters of a live network are sound");
			assert!(Parameters::development().is_sound(), "those for development are sound");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Puts tokens behind a validator, or behind oneself in order to become one. They earn from the
		/// next epoch on.
		///
		/// ## Origin
		/// Signed, by their owner.
		///
		/// ## Errors
		/// [`Error::NotAValidator`], [`Error::Out`], [`Error::SlashDeferred`], [`Error::Closed`],
		/// [`Error::BelowMinimum`], and the token's, if there are too few.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::stake())]
		pub fn stake(
			origin: OriginFor<T>,
			validator: T::AccountId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_stake(who, validator, amount)
		}

		/// Takes tokens from a validator: all, if there are not more than `amount`. They are free when
		/// unbonding is over.
		///
		/// ## Origin
		/// Signed, by their owner.
		///
		/// ## Errors
		/// [`Error::NoStake`], [`Error::SlashDeferred`], [`Error::BelowMinimum`] or
		/// [`Error::BelowOwnMinimum`] if too few would stay, [`Error::TooManyChunks`], and [`Error::Closed`]
		/// until tomorrow if all that left today was slashed.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::unstake())]
		pub fn unstake(
			origin: OriginFor<T>,
			validator: T::AccountId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_unstake(who, validator, amount)
		}

		/// Frees the tokens whose unbonding is over, and of which no deferred slash has set a part aside.
		///
		/// ## Origin
		/// Signed, by their owner.
		///
		/// ## Errors
		/// [`Error::NothingToWithdraw`].
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::withdraw(MAX_CHUNKS))]
		pub fn withdraw(origin: OriginFor<T>) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let chunks = Self::do_withdraw(who)?;
			Ok(Some(<T as Config>::WeightInfo::withdraw(chunks)).into())
		}

		/// Moves tokens from one validator to another without unbonding. They stay slashable for the first
		/// one as long as unbonding would take, and cannot move on before.
		///
		/// ## Origin
		/// Signed, by their owner.
		///
		/// ## Errors
		/// [`Error::SameValidator`], [`Error::SecondHop`], [`Error::TooManyRedelegations`], and those of
		/// [`Call::unstake`] and [`Call::stake`].
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::redelegate())]
		pub fn redelegate(
			origin: OriginFor<T>,
			from: T::AccountId,
			to: T::AccountId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_redelegate(who, from, to, amount)
		}

		/// Becomes a validator, which keeps this part of its rewards before they are shared.
		///
		/// ## Origin
		/// Signed, by an account with session keys and enough stake behind itself.
		///
		/// ## Errors
		/// [`Error::AlreadyAValidator`], [`Error::Out`], [`Error::NoSessionKeys`],
		/// [`Error::BelowOwnMinimum`], [`Error::TooManyValidators`].
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::register_validator())]
		pub fn register_validator(origin: OriginFor<T>, commission: Perbill) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register(who, commission)
		}

		/// Changes the commission, from the current epoch on. It rises by at most one point in an epoch.
		///
		/// ## Origin
		/// Signed, by a validator.
		///
		/// ## Errors
		/// [`Error::NotAValidator`], [`Error::CommissionRisesTooFast`].
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::set_commission())]
		pub fn set_commission(origin: OriginFor<T>, commission: Perbill) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_commission(who, commission)
		}

		/// Leaves the set, when those that have been announced are over.
		///
		/// ## Origin
		/// Signed, by a validator.
		///
		/// ## Errors
		/// [`Error::NotAValidator`], [`Error::AlreadyChilled`], [`Error::Out`].
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::chill())]
		pub fn chill(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_chill(who)
		}

		/// Wants to be in the set again, after having been chilled.
		///
		/// ## Origin
		/// Signed, by a validator.
		///
		/// ## Errors
		/// [`Error::NotAValidator`], [`Error::NotChilled`], [`Error::Out`], [`Error::SlashDeferred`],
		/// [`Error::NoSessionKeys`], [`Error::BelowOwnMinimum`], [`Error::TooManyValidators`].
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::resume())]
		pub fn resume(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_resume(who)
		}

		/// Claims what stake with this validator has earned.
		///
		/// ## Origin
		/// Signed, by the stake's owner.
		///
		/// ## Errors
		/// [`Error::NoStake`], [`Error::NothingToClaim`].
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::claim_rewards())]
		pub fn claim_rewards(origin: OriginFor<T>, validator: T::AccountId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_claim(who, validator)
		}

		/// Pays a validator its commission, and what its own stake has earned.
		///
		/// ## Origin
		/// Signed, by anybody.
		///
		/// ## Errors
		/// [`Error::NoStake`], [`Error::NothingToClaim`].
		#[pallet::call_index(9)]
		#[pallet::weight(<T as Config>::WeightInfo::payout())]
		pub fn payout(origin: OriginFor<T>, validator: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_payout(validator)
		}

		/// Cuts what somebody has with a validator, or had and is unbonding, to what slashes have left of
		/// it.
		///
		/// ## Origin
		/// Signed, by anybody.
		///
		/// ## Errors
		/// [`Error::SlashDeferred`], [`Error::NothingToSettle`].
		#[pallet::call_index(10)]
		#[pallet::weight(<T as Config>::WeightInfo::settle())]
		pub fn settle(
			origin: OriginFor<T>,
			who: T::AccountId,
			validator: T::AccountId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_settle(who, validator)
		}

		/// Cancels a slash that was wrong, and puts back what it has set aside.
		///
		/// ## Origin
		/// [`Config::EmergencyOrigin`].
		///
		/// ## Errors
		/// [`Error::NoSuchSlash`].
		#[pallet::call_index(11)]
		#[pallet::weight((<T as Config>::WeightInfo::cancel_slash(), DispatchClass::Operational))]
		pub fn cancel_slash(
			origin: OriginFor<T>,
			#[pallet::compact] number: u32,
		) -> DispatchResult {
			T::EmergencyOrigin::ensure_origin(origin)?;
			Self::do_cancel_slash(number)
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The account in which rewards wait.
	pub fn pot() -> T::AccountId {
		T::PotId::get().into_account_truncating()
	}

	/// This epoch.
	pub fn epoch() -> EpochIndex {
		pallet_session::Pallet::<T>::current_index()
	}

	/// The day of an epoch.
	pub(crate) fn day_of(epoch: EpochIndex) -> Day {
		epoch.checked_div(Settings::<T>::get().day_epochs).unwrap_or(epoch)
	}

	/// This day.
	pub fn today() -> Day {
		Self::day_of(Self::epoch())
	}

	/// The day on which all that left on `day` is free.
	pub(crate) fn free_on(day: Day) -> Day {
		// The whole of the day counts, so that it is never less.
		day.saturating_add(Settings::<T>::get().unbonding_days).saturating_add(1)
	}

	/// Whether a validator can be in the set, but for its stake.
	pub(crate) fn has_keys(validator: &T::AccountId) -> bool {
		pallet_session::NextKeys::<T>::contains_key(validator)
	}

	fn build_genesis(genesis: &GenesisConfig<T>) {
		let parameters = genesis.parameters.clone();
		assert!(parameters.is_sound(), "staking's parameters contradict each other");
		Settings::<T>::put(&parameters);
		// So that the pot can be emptied and stays.
		let least = T::Token::minimum_balance();
		if T::Token::balance(&Self::pot()) < least {
			assert!(T::Token::mint_into(&Self::pot(), least).is_ok(), "the pot can be made");
		}
		for (validator, own, commission) in &genesis.validators {
			assert!(!Validators::<T>::contains_key(validator), "a validator is listed twice");
			assert!(*own >= parameters.least_own_stake, "a validator has too little stake");
			let staked = Self::put_in(validator, validator, *own);
			assert!(staked.is_ok(), "a validator has its stake: {staked:?}");
			// Those of genesis earn from the first epoch on.
			Self::end_joining(validator);
			Self::enter(validator, *commission);
		}
		if genesis.supply > 0 {
			let rest = genesis.supply.checked_sub(T::Token::total_issuance());
			assert!(rest.is_some(), "more was given to accounts than is to be issued");
			let rest = rest.unwrap_or_default();
			if rest > 0 {
				assert!(
					T::Token::mint_into(&T::Treasury::get(), rest).is_ok(),
					"the treasury can have the rest"
				);
			}
		}
	}
}

impl Parameters {
	/// Whether they do not contradict each other.
	pub fn is_sound(&self) -> bool {
		self.day_epochs > 0
			&& (1..=MAX_UNBONDING_DAYS).contains(&self.unbonding_days)
			&& self.least_delegation > 0
			&& self.least_own_stake >= self.least_delegation
			&& self.deferral_slots > 0
	}

	/// The epochs that unbonding takes at least.
	pub fn unbonding_epochs(&self) -> EpochIndex {
		self.unbonding_days.saturating_mul(self.day_epochs)
	}
}
