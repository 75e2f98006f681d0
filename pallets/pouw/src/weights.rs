//! The weights of this pallet's calls and hooks.
//!
//! Until they are measured with the runtime's benchmarks these are estimates from above: 60 us for a
//! signature, 40 us for each call, database accesses by the runtime's table.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
};

/// The weights of this pallet's calls and hooks.
pub trait WeightInfo {
	/// `signatures` attestations.
	fn attest(signatures: u32) -> Weight;
	/// A report against one of a full set.
	fn report_equivocation() -> Weight;
	/// The end of a block.
	fn on_finalize() -> Weight;
}

const SIGNATURE_MICROS: u64 = 60;
const CALL_MICROS: u64 = 40;
/// A set of 128 in a storage proof.
const SET_PROOF_BYTES: u64 = 8_192;
/// Any other item in a storage proof.
const ITEM_PROOF_BYTES: u64 = 3_072;

const fn micros(micros: u64) -> Weight {
	Weight::from_parts(WEIGHT_REF_TIME_PER_MICROS.saturating_mul(micros), 0)
}

const fn proof(bytes: u64) -> Weight {
	Weight::from_parts(0, bytes)
}

/// By the database weights of `T`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn attest(signatures: u32) -> Weight {
		micros(SIGNATURE_MICROS)
			.saturating_mul(signatures.into())
			.saturating_add(micros(CALL_MICROS))
			.saturating_add(proof(SET_PROOF_BYTES.saturating_mul(2)))
			.saturating_add(T::DbWeight::get().reads_writes(6, 1))
	}

	fn report_equivocation() -> Weight {
		// Two signatures, a trie proof, and what the offences pallet and the session do with it.
		micros(SIGNATURE_MICROS.saturating_mul(2))
			.saturating_add(micros(CALL_MICROS))
			.saturating_add(micros(1).saturating_mul(128))
			.saturating_add(proof(ITEM_PROOF_BYTES.saturating_mul(12)))
			.saturating_add(T::DbWeight::get().reads_writes(12, 10))
	}

	fn on_finalize() -> Weight {
		micros(CALL_MICROS)
			.saturating_add(proof(ITEM_PROOF_BYTES.saturating_mul(4)))
			.saturating_add(T::DbWeight::get().reads_writes(4, 6))
	}
}

impl WeightInfo for () {
	fn attest(signatures: u32) -> Weight {
		micros(SIGNATURE_MICROS).saturating_mul(signatures.into())
	}

	fn report_equivocation() -> Weight {
		micros(CALL_MICROS)
	}

	fn on_finalize() -> Weight {
		micros(CALL_MICROS)
	}
}
