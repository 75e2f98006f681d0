//! The proof that an authority attested two blocks of one slot, as a transaction brings it.

#![no_main]

use codec::{DecodeAll, Encode};
use libfuzzer_sys::fuzz_target;
use sp_consensus_pouw::{Attestation, EquivocationProof};
use sp_core::H256;

/// The genesis of the corpus.
const GENESIS: H256 = H256([7; 32]);

fuzz_target!(|bytes: &[u8]| {
	let Ok(proof) = EquivocationProof::<H256>::decode_all(&mut &bytes[..]) else { return };
	assert_eq!(proof.encode(), bytes);
	let [first, second] =
		[&proof.first, &proof.second].map(|(block_hash, signature)| Attestation {
			slot: proof.slot,
			block_hash: *block_hash,
			authority: proof.offender.clone(),
			signature: signature.clone(),
		});
	// It holds just when its two attestations do, and contradict each other.
	let pair = EquivocationProof::from_pair(&first, &second);
	assert_eq!(pair.is_some(), first.block_hash != second.block_hash);
	assert!(pair.is_none_or(|pair| pair == proof));
	let holds =
		first.block_hash != second.block_hash && first.verify(&GENESIS) && second.verify(&GENESIS);
	assert_eq!(proof.verify(&GENESIS), holds);
});
