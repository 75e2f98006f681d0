//! What this pallet stores, and asks of a runtime.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
pub use mbongo_primitives::staking::Standing;
use mbongo_primitives::{limits, time, units::MBO, Balance};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{Perbill, Percent};
use sp_staking::SessionIndex;

/// An epoch, by its session.
pub type EpochIndex = SessionIndex;

/// A day of the chain, since genesis.
pub type Day = u32;

/// The most days that unbonding may take: with the day in which it begins, one pool for each is what a
/// slash has to look at.
pub const MAX_UNBONDING_DAYS: u32 = 21;

/// One of these days, or the one in which unbonding begins.
pub type SlashableDays = ConstU32<{ MAX_UNBONDING_DAYS + 1 }>;

/// The most chunks of an account that are unbonding.
pub const MAX_CHUNKS: u32 = 32;

/// The most parts of a delegation that were redelegated and are still slashable for another validator.
pub const MAX_LIABILITIES: u32 = 8;

/// The most validators of a set.
pub type MaxSet = ConstU32<{ limits::MAX_VALIDATORS }>;

/// The most reporters of a validator's offences that wait for their reward.
pub const MAX_OWED: u32 = 8;

/// The most epochs of a validator that are pardoned at a time.
pub const MAX_PARDONED: u32 = 8;

/// What a genesis may choose.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
	/// A validator's own stake at least.
	pub least_own_stake: Balance,
	/// A delegation at least.
	pub least_delegation: Balance,
	/// Epochs of a day.
	pub day_epochs: u32,
	/// Days that unbonding takes.
	pub unbonding_days: u32,
	/// Slots after its report in which a slash can be cancelled.
	pub deferral_slots: u64,
	/// Who attests less than this part of an epoch's blocks is chilled.
	pub least_attested: Percent,
}

impl Default for Parameters {
	/// Those of a live network.
	fn default() -> Self {
		Self {
			least_own_stake: 50_000 * MBO,
			least_delegation: 100 * MBO,
			day_epochs: time::DAY_EPOCHS,
			unbonding_days: MAX_UNBONDING_DAYS,
			deferral_slots: (time::DAY_EPOCHS as u64).saturating_mul(time::EPOCH_SLOTS as u64),
			least_attested: Percent::from_percent(50),
		}
	}
}

impl Parameters {
	/// Those for development, whose days are epochs.
	pub fn development() -> Self {
		Self {
			least_own_stake: 1_000 * MBO,
			least_delegation: MBO,
			day_epochs: 1,
			unbonding_days: 2,
			deferral_slots: (time::DEV_EPOCH_SLOTS / 2).into(),
			..Self::default()
		}
	}
}

/// Stake that many have shares in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Pool {
	/// What the shares are worth together.
	pub value: Balance,
	/// The shares.
	pub shares: u128,
	/// Set aside for slashes that can still be cancelled.
	pub aside: Balance,
	/// Slashed, but not yet cut from what is held.
	pub pending: Balance,
}

/// Somebody's part of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Position {
	/// Its shares.
	pub shares: u128,
	/// The tokens on hold for it: what the shares were worth when it was last settled.
	pub held: Balance,
}

/// What a pool has earned for each share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Earnings {
	/// Units for each share since genesis, times [`crate::EARNINGS_SCALE`].
	pub of_a_share: u128,
	/// The shares that earn in the current epoch.
	pub earning: u128,
	/// Those that came in the epoch `joined`, and earn after it.
	pub joining: u128,
	/// See `joining`.
	pub joined: EpochIndex,
	/// The validator's commission that was not paid out.
	pub commission: Balance,
}

/// All stake behind a validator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Stake {
	/// The stake.
	pub pool: Pool,
	/// What it earns.
	pub earnings: Earnings,
}

/// What a pool had earned for each share when the epoch ended in which somebody joined it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Snapshot {
	/// See [`Earnings::of_a_share`].
	pub of_a_share: u128,
	/// How many delegations still need it.
	pub waiting: u32,
}

/// Stake that has moved on to another validator, and answers for this one until unbonding would be over.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Liability<AccountId> {
	/// The validator that it was with.
	pub from: AccountId,
	/// When it left.
	pub day: Day,
	/// The part of all that left on that day.
	pub position: Position,
	/// How much of that is left where it is now, whose slashes it has shared.
	pub left: Balance,
}

/// Somebody's stake with a validator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Delegation<AccountId> {
	/// The part of the validator's pool.
	pub position: Position,
	/// Those of the shares that came in the epoch `joined`.
	pub joining: u128,
	/// See `joining`.
	pub joined: EpochIndex,
	/// Up to where the other shares' earnings are in `unclaimed`.
	pub of_a_share: u128,
	/// What was earned and not claimed.
	pub unclaimed: Balance,
	/// Parts that came from other validators not long ago.
	pub liabilities: BoundedVec<Liability<AccountId>, ConstU32<MAX_LIABILITIES>>,
}

impl<AccountId> Default for Delegation<AccountId> {
	fn default() -> Self {
		Self {
			position: Default::default(),
			joining: 0,
			joined: 0,
			of_a_share: 0,
			unclaimed: 0,
			liabilities: Default::default(),
		}
	}
}

/// Stake that was taken from a validator, and is not free yet.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Chunk<AccountId> {
	/// The validator.
	pub validator: AccountId,
	/// The day.
	pub day: Day,
	/// The part of all that was taken from the validator on that day.
	pub position: Position,
	/// If it had come from another one.
	pub liability: Option<Liability<AccountId>>,
}

/// The offences of a validator that count as the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Strike {
	/// How many there were with this one.
	pub count: u8,
	/// The earliest epoch of which something was slashed for it.
	pub since: EpochIndex,
	/// Offences up to this epoch count as this one: it takes so long until the set is without it.
	pub until: EpochIndex,
	/// What was slashed for it.
	pub fraction: Perbill,
	/// How many slashes for it were not cancelled.
	pub slashes: u8,
}

/// Somebody who is or was a validator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Validator {
	/// Its number, in the order of registration.
	pub number: u32,
	/// Whether it is to be one.
	pub standing: Standing,
	/// Its part of rewards before they are shared.
	pub commission: Perbill,
	/// The commission at the beginning of this epoch, if it was changed in it.
	pub commission_before: (EpochIndex, Perbill),
	/// Its last double signing.
	pub strike: Option<Strike>,
	/// The one before that.
	pub strike_before: Option<Strike>,
	/// Epochs of which a slash was cancelled: further reports of them do nothing.
	pub pardoned: BoundedVec<EpochIndex, ConstU32<MAX_PARDONED>>,
	/// In how many epochs in a row it has attested too little.
	pub missed: u8,
}

/// Part of a slash, in the pools of those who left on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct SetAside {
	/// The day.
	pub day: Day,
	/// Of what is unbonding.
	pub unbonding: Balance,
	/// Of what is with another validator now.
	pub redelegated: Balance,
}

/// A slash that can still be cancelled.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DeferredSlash<AccountId> {
	/// Who is slashed.
	pub validator: AccountId,
	/// Who reported it.
	pub reporter: Option<AccountId>,
	/// The epoch of the offence.
	pub epoch: EpochIndex,
	/// How much of what was there.
	pub fraction: Perbill,
	/// The strike that this is for, by its `until`, if it is for double signing.
	pub strike: Option<EpochIndex>,
	/// Set aside of the validator's pool.
	pub stake: Balance,
	/// Set aside of what has left it since the offence.
	pub left: BoundedVec<SetAside, SlashableDays>,
}

impl<AccountId> DeferredSlash<AccountId> {
	/// All that is set aside.
	pub fn amount(&self) -> Balance {
		self.left.iter().fold(self.stake, |sum, part| {
			sum.saturating_add(part.unbonding).saturating_add(part.redelegated)
		})
	}
}

/// What the members of the set did in an epoch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Tally {
	/// How many blocks there were.
	pub blocks: u32,
	/// By place in the set, whether somebody has said in its blocks that finality lags too far.
	pub lagging: BoundedVec<bool, MaxSet>,
	/// By place in the set, blocks written.
	pub written: BoundedVec<u32, MaxSet>,
	/// By place in the set, attestations of blocks of this epoch that were included in it.
	pub attested: BoundedVec<u32, MaxSet>,
	/// By place in the set, the same of all blocks.
	pub included: BoundedVec<u32, MaxSet>,
}

/// Why somebody was chilled.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ChillReason {
	/// It wanted to be.
	#[codec(index = 0)]
	Asked,
	/// It attested too little in an epoch.
	#[codec(index = 1)]
	Missing,
	/// It signed two things that exclude each other.
	#[codec(index = 2)]
	Offence,
	/// It attested nothing in an epoch, and finality had lagged for a day.
	#[codec(index = 3)]
	Silent,
}

/// Who wants to know the set of each epoch.
pub trait SetWatcher<AccountId> {
	/// An epoch begins with this set.
	fn set_is(validators: &[AccountId]);

	/// The same, with as much begun by this set as there may be when the next one follows.
	#[cfg(feature = "runtime-benchmarks")]
	fn set_is_and_busy(validators: &[AccountId]) {
		Self::set_is(validators);
	}
}

impl<AccountId> SetWatcher<AccountId> for () {
	fn set_is(_: &[AccountId]) {}
}
