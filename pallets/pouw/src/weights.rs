//! What this pallet's calls and hooks weigh. A runtime measures it with the benchmarks.

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight};

/// The weights of this pallet's calls and hooks.
pub trait WeightInfo {
	/// `signatures` attestations.
	fn attest(signatures: u32) -> Weight;
	/// A report against one of a full set.
	fn report_equivocation() -> Weight;
	/// The end of a block.
	fn on_finalize() -> Weight;
}

/// For tests: 60 us for each signature and each call.
impl WeightInfo for () {
	fn attest(signatures: u32) -> Weight {
		Self::on_finalize().saturating_mul(signatures.into())
	}

	fn report_equivocation() -> Weight {
		Self::on_finalize()
	}

	fn on_finalize() -> Weight {
		Weight::from_parts(WEIGHT_REF_TIME_PER_MICROS.saturating_mul(60), 0)
	}
}
