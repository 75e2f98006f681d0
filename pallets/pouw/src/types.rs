//! What this pallet stores, and asks of a runtime.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_consensus_pouw::Stake;

/// The stake that attested a block, and its whole set's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Support {
	/// What attested.
	pub attested: Stake,
	/// What could have.
	pub total: Stake,
}

/// What the benchmarks need of a runtime.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<Proof> {
	/// Makes this key one of a full set in the current session, and proves it.
	fn prove_in_full_set(key: sp_consensus_pouw::AuthorityId) -> Proof;
}
