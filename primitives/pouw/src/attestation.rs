//! Attestations, and the proof that an authority made two of them for one slot.

#[cfg(feature = "std")]
use crate::AuthorityPair;
use crate::{AuthorityId, AuthoritySignature, HashLike};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_application_crypto::RuntimeAppPublic;
use sp_consensus_babe::Slot;
#[cfg(feature = "std")]
use sp_core::Pair;

/// Separates attestations from everything else that the same key signs.
const ATTESTATION_CONTEXT: &[u8] = b"mbongo-attest";

/// The bytes that an attestation signs.
pub fn attestation_payload<H: HashLike>(genesis_hash: &H, slot: Slot, block_hash: &H) -> Vec<u8> {
	(ATTESTATION_CONTEXT, genesis_hash, slot, block_hash).encode()
}

/// An authority's word that `block_hash`, of `slot`, was its best block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Attestation<H> {
	/// The slot of the attested block.
	pub slot: Slot,
	/// The attested block.
	pub block_hash: H,
	/// Who attests.
	pub authority: AuthorityId,
	/// Over [`attestation_payload`].
	pub signature: AuthoritySignature,
}

impl<H: HashLike> Attestation<H> {
	/// The attestation of a pair that is at hand; a node's keys are in its keystore.
	#[cfg(feature = "std")]
	pub fn sign(pair: &AuthorityPair, genesis_hash: &H, slot: Slot, block_hash: H) -> Self {
		let signature = pair.sign(&attestation_payload(genesis_hash, slot, &block_hash));
		Self { slot, block_hash, authority: pair.public(), signature }
	}

	/// Whether the signature is the named authority's, on the chain with this genesis.
	pub fn verify(&self, genesis_hash: &H) -> bool {
		self.authority.verify(
			&attestation_payload(genesis_hash, self.slot, &self.block_hash),
			&self.signature,
		)
	}
}

/// A message of the protocol on which attestations are gossiped.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum GossipMessage<H> {
	/// An attestation.
	#[codec(index = 1)]
	Attestation(Attestation<H>),
}

/// Two attestations of one authority for one slot, to different blocks.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct EquivocationProof<H> {
	/// The offender.
	pub offender: AuthorityId,
	/// The slot attested twice.
	pub slot: Slot,
	/// One block and the offender's signature for it.
	pub first: (H, AuthoritySignature),
	/// The other.
	pub second: (H, AuthoritySignature),
}

impl<H: HashLike> EquivocationProof<H> {
	/// The proof that two attestations make, if they contradict each other. Signatures are not
	/// checked here.
	pub fn from_pair(first: &Attestation<H>, second: &Attestation<H>) -> Option<Self> {
		let contradict = first.authority == second.authority
			&& first.slot == second.slot
			&& first.block_hash != second.block_hash;
		contradict.then(|| Self {
			offender: first.authority.clone(),
			slot: first.slot,
			first: (first.block_hash.clone(), first.signature.clone()),
			second: (second.block_hash.clone(), second.signature.clone()),
		})
	}

	/// Whether this proves an equivocation on the chain with this genesis.
	pub fn verify(&self, genesis_hash: &H) -> bool {
		self.first.0 != self.second.0
			&& [&self.first, &self.second].into_iter().all(|(block_hash, signature)| {
				self.offender
					.verify(&attestation_payload(genesis_hash, self.slot, block_hash), signature)
			})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::H256;

	fn attest(pair: &AuthorityPair, genesis: H256, slot: u64, hash: H256) -> Attestation<H256> {
		Attestation::sign(pair, &genesis, slot.into(), hash)
	}

	#[test]
	fn attestation_holds_for_its_own_chain_slot_and_block_only() {
		let pair = AuthorityPair::from_seed(&[1; 32]);
		let (genesis, hash, other) =
			(H256::repeat_byte(1), H256::repeat_byte(2), H256::repeat_byte(3));
		let good = attest(&pair, genesis, 7, hash);
		assert!(good.verify(&genesis));
		assert!(!good.verify(&other));
		assert!(!Attestation { slot: 8.into(), ..good.clone() }.verify(&genesis));
		assert!(!Attestation { block_hash: other, ..good.clone() }.verify(&genesis));
		let stranger = AuthorityPair::from_seed(&[2; 32]).public();
		assert!(!Attestation { authority: stranger, ..good }.verify(&genesis));
	}

	#[test]
	fn equivocation_needs_one_authority_one_slot_two_blocks() {
		let (pair, stranger) =
			(AuthorityPair::from_seed(&[1; 32]), AuthorityPair::from_seed(&[2; 32]));
		let genesis = H256::repeat_byte(1);
		let [a, b] = [2, 3].map(|n| attest(&pair, genesis, 7, H256::repeat_byte(n)));
		let proof = EquivocationProof::from_pair(&a, &b).expect("they contradict each other");
		assert!(proof.verify(&genesis));
		assert!(!proof.verify(&H256::repeat_byte(9)));
		assert_eq!(EquivocationProof::from_pair(&a, &a), None);
		let later = attest(&pair, genesis, 8, H256::repeat_byte(3));
		assert_eq!(EquivocationProof::from_pair(&a, &later), None);
		let theirs = attest(&stranger, genesis, 7, H256::repeat_byte(3));
		assert_eq!(EquivocationProof::from_pair(&a, &theirs), None);

		let same_block = EquivocationProof { second: proof.first.clone(), ..proof.clone() };
		assert!(!same_block.verify(&genesis));
		let forged = EquivocationProof { second: (b.block_hash, theirs.signature), ..proof };
		assert!(!forged.verify(&genesis));
	}
}
