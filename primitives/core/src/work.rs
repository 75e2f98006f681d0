//! The traits through which consensus hears of stakes and of useful work.

use sp_core::H256;

/// Where a validator's stake comes from.
pub trait StakeSource<ValidatorId> {
	/// The stake behind `validator` in the set that is now being made.
	fn stake_of(validator: &ValidatorId) -> u128;
}

/// The same stake for everybody.
pub struct EqualStakes;

impl<ValidatorId> StakeSource<ValidatorId> for EqualStakes {
	fn stake_of(_: &ValidatorId) -> u128 {
		1
	}
}

/// The useful work settled in one block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SettledWork {
	/// The sum of its scores.
	pub total_score: u128,
	/// How many providers did it.
	pub provider_count: u32,
	/// The Merkle root of its receipts; zero if there are none.
	pub receipts_root: H256,
}

/// Tells how much useful work the current block has settled; asked when the block ends.
pub trait SettledWorkSource {
	/// What this block has settled.
	fn settled() -> SettledWork;
}

/// No useful work.
impl SettledWorkSource for () {
	fn settled() -> SettledWork {
		SettledWork::default()
	}
}
