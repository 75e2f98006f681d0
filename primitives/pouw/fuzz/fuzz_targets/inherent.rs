//! The inherent with the parent's attestations, against sets of every size.

#![no_main]

use codec::{DecodeAll, Encode};
use libfuzzer_sys::fuzz_target;
use sp_consensus_pouw::{ParentAttestations, MAX_AUTHORITIES};

fuzz_target!(|bytes: &[u8]| {
	let Ok(attestations) = ParentAttestations::decode_all(&mut &bytes[..]) else { return };
	assert_eq!(attestations.encode(), bytes);
	let sizes = (0..=MAX_AUTHORITIES as usize + 8).chain([usize::MAX]);
	for size in sizes {
		let Some(signers) = attestations.signers(size) else { continue };
		assert_eq!(signers.len(), attestations.signatures.len());
		let signed = signers.into_iter().map(|(place, signature)| (place, signature.clone()));
		let again =
			ParentAttestations::new(size, signed).expect("they are in order, and in the set");
		assert_eq!(again.encode(), bytes);
	}
});
