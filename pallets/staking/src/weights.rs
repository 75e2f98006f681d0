//! What this pallet's calls and hooks weigh. A runtime measures it with the benchmarks.

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MILLIS, Weight};

const MILLISECOND: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_MILLIS, 0);

/// The weights of this pallet's calls and hooks.
pub trait WeightInfo {
	/// Of [`crate::Call::stake`].
	fn stake() -> Weight;
	/// Of [`crate::Call::unstake`].
	fn unstake() -> Weight;
	/// Of [`crate::Call::withdraw`] with so many chunks.
	fn withdraw(chunks: u32) -> Weight;
	/// Of [`crate::Call::redelegate`].
	fn redelegate() -> Weight;
	/// Of [`crate::Call::register_validator`].
	fn register_validator() -> Weight;
	/// Of [`crate::Call::set_commission`].
	fn set_commission() -> Weight;
	/// Of [`crate::Call::chill`].
	fn chill() -> Weight;
	/// Of [`crate::Call::resume`].
	fn resume() -> Weight;
	/// Of [`crate::Call::claim_rewards`].
	fn claim_rewards() -> Weight;
	/// Of [`crate::Call::payout`].
	fn payout() -> Weight;
	/// Of [`crate::Call::settle`].
	fn settle() -> Weight;
	/// Of [`crate::Call::cancel_slash`].
	fn cancel_slash() -> Weight;
	/// Of an offence by one validator.
	fn on_offence() -> Weight;
	/// Of slashing what was deferred.
	fn slash() -> Weight;
	/// Of a full set's attestations.
	fn attested() -> Weight;
	/// Of noting a block's author.
	fn note_author() -> Weight;
	/// Of the end of an epoch with so many candidates.
	fn end_epoch(candidates: u32) -> Weight;
}

/// For tests: a millisecond each.
impl WeightInfo for () {
	fn stake() -> Weight {
		MILLISECOND
	}

	fn unstake() -> Weight {
		MILLISECOND
	}

	fn withdraw(chunks: u32) -> Weight {
		MILLISECOND.saturating_mul(chunks.into())
	}

	fn redelegate() -> Weight {
		MILLISECOND
	}

	fn register_validator() -> Weight {
		MILLISECOND
	}

	fn set_commission() -> Weight {
		MILLISECOND
	}

	fn chill() -> Weight {
		MILLISECOND
	}

	fn resume() -> Weight {
		MILLISECOND
	}

	fn claim_rewards() -> Weight {
		MILLISECOND
	}

	fn payout() -> Weight {
		MILLISECOND
	}

	fn settle() -> Weight {
		MILLISECOND
	}

	fn cancel_slash() -> Weight {
		MILLISECOND
	}

	fn on_offence() -> Weight {
		MILLISECOND
	}

	fn slash() -> Weight {
		MILLISECOND
	}

	fn attested() -> Weight {
		MILLISECOND
	}

	fn note_author() -> Weight {
		MILLISECOND
	}

	fn end_epoch(candidates: u32) -> Weight {
		MILLISECOND.saturating_mul(candidates.into())
	}
}
