//! The traits through which consensus hears of stakes and of useful work, and tells who attested.

use crate::{Balance, BlockNumber};
use sp_core::H256;

/// Where a validator's stake comes from.
pub trait StakeSource<ValidatorId> {
	/// The stake behind `validator` in the set that is now being made.
	fn stake_of(validator: &ValidatorId) -> u128;
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

/// Hears what the emission leaves to useful work.
pub trait WorkEmissionSink {
	/// This epoch is over, and its useful work can earn this much.
	fn epoch_is_over(epoch: u32, emission: Balance);
}

/// Nobody hears of it.
impl WorkEmissionSink for () {
	fn epoch_is_over(_: u32, _: Balance) {}
}

/// Hears of the attestations that blocks include.
pub trait AttestationSink {
	/// The current block includes attestations of its parent; told at most once a block.
	///
	/// - `signers`: who attested, by their places in the parent's set, in rising order. It may be
	///   nobody. The places are those of the session's validators, as far as the set goes.
	/// - `of_last_set`: whether that is the set of the last session. So it is in the first block of
	///   each session, whether or not the session brought another set: the keys may be the same and
	///   yet other validators'.
	/// - `unfinalised`: how many blocks between the last one that the author knew to be final and
	///   its own. This is a claim that nobody can check: an author can make finality look slower
	///   than it is, or faster. What depends on it must not trust one author.
	fn attested(signers: &[usize], of_last_set: bool, unfinalised: BlockNumber);
}

/// Nobody hears of them.
impl AttestationSink for () {
	fn attested(_: &[usize], _: bool, _: BlockNumber) {}
}
