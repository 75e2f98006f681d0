//! The weights of `pallet_pouw`. Written by `scripts/weights`, never by hand.
//!
//! Measured on 2026-11-21 on Intel(R) Xeon(R) Processor, in 20 steps of 20 runs.

use core::marker::PhantomData;
use polkadot_sdk::{
	frame_support::{traits::Get, weights::Weight},
	frame_system,
};

/// By the database weights of `T`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_pouw::WeightInfo for WeightInfo<T> {
	// Storage: `Pouw::LastSlot` (r:1 w:0)
	// Proof: `Pouw::LastSlot` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	// Storage: `Pouw::ParentSupport` (r:1 w:1)
	// Proof: `Pouw::ParentSupport` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	// Storage: `Pouw::ParentAuthorities` (r:1 w:0)
	// Proof: `Pouw::ParentAuthorities` (`max_values`: Some(1), `max_size`: Some(4802), added: 5297, mode: `MaxEncodedLen`)
	// Storage: `Pouw::Authorities` (r:1 w:0)
	// Proof: `Pouw::Authorities` (`max_values`: Some(1), `max_size`: Some(4802), added: 5297, mode: `MaxEncodedLen`)
	// Storage: `System::BlockHash` (r:1 w:0)
	// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	// Storage: `System::ParentHash` (r:1 w:0)
	// Proof: `System::ParentHash` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	fn attest(n: u32) -> Weight {
		// `n` is from 0 to 100.
		Weight::from_parts(57_605_390, 6287)
			.saturating_add(Weight::from_parts(35_887_433, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	// Storage: `Pouw::SessionStarts` (r:2 w:0)
	// Proof: `Pouw::SessionStarts` (`max_values`: None, `max_size`: Some(20), added: 2495, mode: `MaxEncodedLen`)
	// Storage: `Session::CurrentIndex` (r:1 w:0)
	// Proof: `Session::CurrentIndex` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	// Storage: `Session::Validators` (r:1 w:0)
	// Proof: `Session::Validators` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	// Storage: `Session::NextKeys` (r:100 w:0)
	// Proof: `Session::NextKeys` (`max_values`: None, `max_size`: None, mode: `Measured`)
	// Storage: `System::BlockHash` (r:1 w:0)
	// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	// Storage: `Offences::ConcurrentReportsIndex` (r:1 w:1)
	// Proof: `Offences::ConcurrentReportsIndex` (`max_values`: None, `max_size`: None, mode: `Measured`)
	// Storage: `Offences::Reports` (r:1 w:1)
	// Proof: `Offences::Reports` (`max_values`: None, `max_size`: None, mode: `Measured`)
	// Storage: `Session::DisabledValidators` (r:1 w:1)
	// Proof: `Session::DisabledValidators` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	fn report_equivocation() -> Weight {
		Weight::from_parts(1_627_672_000, 269766)
			.saturating_add(T::DbWeight::get().reads(108))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	// Storage: `Pouw::Beacons` (r:1 w:2)
	// Proof: `Pouw::Beacons` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	// Storage: `Babe::AuthorVrfRandomness` (r:1 w:0)
	// Proof: `Babe::AuthorVrfRandomness` (`max_values`: Some(1), `max_size`: Some(33), added: 528, mode: `MaxEncodedLen`)
	// Storage: `Pouw::ParentSupport` (r:1 w:1)
	// Proof: `Pouw::ParentSupport` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	// Storage: `Pouw::LastSlot` (r:0 w:1)
	// Proof: `Pouw::LastSlot` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	// Storage: `Pouw::ParentAuthorities` (r:0 w:1)
	// Proof: `Pouw::ParentAuthorities` (`max_values`: Some(1), `max_size`: Some(4802), added: 5297, mode: `MaxEncodedLen`)
	fn on_finalize() -> Weight {
		Weight::from_parts(17_160_000, 3509)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(5))
	}
}
