//! The weights of `pallet_execution`. Written by `scripts/weights`, never by hand.
//!
//! Measured on 2026-11-21 on Intel(R) Xeon(R) Processor, in 20 steps of 20 runs.

use core::marker::PhantomData;
use polkadot_sdk::{
	frame_support::{traits::Get, weights::Weight},
	frame_system,
};

/// By the database weights of `T`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_execution::WeightInfo for WeightInfo<T> {
	// Storage: `System::Account` (r:1 w:1)
	// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	fn charge_transaction_payment() -> Weight {
		Weight::from_parts(65_089_000, 3593)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	// Storage: `System::ExtrinsicData` (r:1001 w:0)
	// Proof: `System::ExtrinsicData` (`max_values`: None, `max_size`: None, mode: `Measured`)
	// Storage: `Session::CurrentIndex` (r:1 w:0)
	// Proof: `Session::CurrentIndex` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	// Storage: `Execution::Books` (r:1 w:1)
	// Proof: `Execution::Books` (`max_values`: Some(1), `max_size`: Some(52), added: 547, mode: `MaxEncodedLen`)
	// Storage: `Execution::Receipts` (r:0 w:1)
	// Proof: `Execution::Receipts` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	fn receipts(t: u32, e: u32) -> Weight {
		// `t` is from 0 to 1000.
		// `e` is from 0 to 20000.
		Weight::from_parts(875_176_511, 16381)
			.saturating_add(Weight::from_parts(8_763_037, 0).saturating_mul(t.into()))
			.saturating_add(Weight::from_parts(1_141_731, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(t.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(Weight::from_parts(0, 2540).saturating_mul(t.into()))
	}
}
