//! The words of PoUW consensus, shared by runtime and client.
//!
//! - **Attestation**: an authority's signature that it imported a block as its best one.
//! - **Support**: the stake that attested a block, out of the whole set's stake.
//! - **Weight**: what a block adds to its chain, from slot kind, support of its parent and the
//!   scores of the useful work settled in it. The heaviest chain is the best one.
//! - **Beacon**: a chain of hashes over the authors' VRF outputs, for draws inside an epoch.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::arithmetic_side_effects,
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing
	)
)]

extern crate alloc;

mod attestation;
mod digest;
mod inherent;
mod weight;

pub use attestation::*;
pub use digest::*;
pub use inherent::*;
pub use weight::*;

use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
use scale_info::TypeInfo;
pub use sp_consensus_babe::Slot;
use sp_core::H256;
use sp_runtime::{traits::Block as BlockT, ConsensusEngineId, KeyTypeId};

/// The engine id of PoUW's digest items.
pub const POUW_ENGINE_ID: ConsensusEngineId = *b"pouw";

/// The key type of the session key that signs attestations and verifiers' votes.
pub const KEY_TYPE: KeyTypeId = KeyTypeId(*b"pouw");

/// The kind of an offence, as staking's primitives have it.
pub type OffenceKind = [u8; 16];

/// The kind of the offence of attesting two blocks of one slot.
pub const OFFENCE_KIND: OffenceKind = *b"pouw:equivocatio";

/// The most authorities that a set holds, and so the most signatures that a block carries.
pub const MAX_AUTHORITIES: u32 = 128;

mod app {
	use sp_application_crypto::{app_crypto, sr25519};
	app_crypto!(sr25519, super::KEY_TYPE);
}

sp_application_crypto::with_pair! {
	/// The pair of an authority's PoUW session key.
	pub type AuthorityPair = app::Pair;
}

/// An authority, named by its PoUW session key.
pub type AuthorityId = app::Public;

/// A signature of an authority's PoUW session key.
pub type AuthoritySignature = app::Signature;

/// Stake, in the chain's smallest unit.
pub type Stake = u128;

/// The set that attests a block: authorities with their stakes.
pub type AuthoritySet = Vec<(AuthorityId, Stake)>;

/// Proof that a key belonged to a validator of some session, opaque to the client.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct OpaqueKeyOwnershipProof(Vec<u8>);

impl OpaqueKeyOwnershipProof {
	/// Wraps an encoded proof.
	pub fn new(inner: Vec<u8>) -> Self {
		Self(inner)
	}

	/// The proof itself, if it decodes.
	pub fn decode<T: Decode>(self) -> Option<T> {
		Decode::decode(&mut &self.0[..]).ok()
	}
}

sp_api::decl_runtime_apis! {
	/// What the client's PoUW layer asks of the runtime.
	pub trait PouwApi {
		/// The set that attests the block at whose state this is called.
		fn authorities() -> AuthoritySet;

		/// Who will attest from the next session on.
		fn next_authorities() -> Vec<AuthorityId>;

		/// The attestations that this extrinsic includes, if it is the inherent for them.
		fn included_attestations(extrinsic: Block::Extrinsic) -> Option<ParentAttestations>;

		/// The kinds of the offences that were reported in the block at whose state this is called.
		fn reported_offences() -> Vec<OffenceKind>;

		/// The beacon of block `number`, if it is still kept.
		fn beacon(number: <<Block as BlockT>::Header as sp_runtime::traits::Header>::Number)
			-> Option<H256>;

		/// Proof that `authority` was in the set of the session that `slot` fell in, if that can
		/// still be proven at this state.
		fn generate_key_ownership_proof(
			slot: Slot,
			authority: AuthorityId,
		) -> Option<OpaqueKeyOwnershipProof>;

		/// Submits an equivocation report as an unsigned transaction. `None` when it could not be
		/// handed to the pool. Only meaningful from an offchain context.
		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: EquivocationProof<Block::Hash>,
			key_owner_proof: OpaqueKeyOwnershipProof,
		) -> Option<()>;
	}
}

/// Marks the types that may stand for a hash in this crate's generic types.
pub trait HashLike: Codec + Clone + PartialEq + AsRef<[u8]> {}
impl<T: Codec + Clone + PartialEq + AsRef<[u8]>> HashLike for T {}
