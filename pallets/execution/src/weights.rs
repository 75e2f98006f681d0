//! What this pallet's extension and hooks weigh. A runtime measures it with the benchmarks.

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight};

/// The weights of this pallet's extension and hooks.
pub trait WeightInfo {
	/// A fee taken, and in part given back.
	fn charge_transaction_payment() -> Weight;
	/// The end of a block with `transactions`, which have `events` of 64 bytes.
	fn receipts(transactions: u32, events: u32) -> Weight;
}

/// For tests: 10 us for a fee, for a receipt, and for an event.
impl WeightInfo for () {
	fn charge_transaction_payment() -> Weight {
		Self::receipts(0, 0)
	}

	fn receipts(transactions: u32, events: u32) -> Weight {
		let things = u64::from(transactions).saturating_add(events.into()).saturating_add(1);
		Weight::from_parts(WEIGHT_REF_TIME_PER_MICROS.saturating_mul(10), 0).saturating_mul(things)
	}
}
