//! Writes the corpus: a few real values for each target. Run it in this folder whenever a format
//! changes: `cargo run --example seeds`.

use codec::Encode;
use mbongo_primitives::Header;
use sp_consensus_babe::{
	digests::{PreDigest, PrimaryPreDigest, SecondaryPlainPreDigest, SecondaryVRFPreDigest},
	Slot, BABE_ENGINE_ID,
};
use sp_consensus_pouw::{
	Attestation, AuthorityPair, EquivocationProof, ParentAttestations, PouwLog, WeightLog,
	POUW_ENGINE_ID, WEIGHT_LOG_VERSION,
};
use sp_core::{
	crypto::VrfSecret,
	sr25519::{self, vrf::VrfTranscript},
	Pair, H256,
};
use sp_runtime::{Digest, DigestItem};
use std::{fs, path::Path};

const GENESIS: H256 = H256([7; 32]);

fn write(target: &str, name: &str, value: impl Encode) {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
	fs::create_dir_all(&folder).expect("the folder can be made");
	fs::write(folder.join(name), value.encode()).expect("the file can be written");
}

fn attest(authority: u8, slot: u64, block: u8) -> Attestation<H256> {
	let pair = AuthorityPair::from_seed(&[authority; 32]);
	Attestation::sign(&pair, &GENESIS, slot.into(), H256::repeat_byte(block))
}

fn inherent(set_len: usize, signers: impl IntoIterator<Item = usize>) -> ParentAttestations {
	let signed = signers.into_iter().map(|place| (place, attest(place as u8, 9, 1).signature));
	ParentAttestations::new(set_len, signed).expect("they are in order, and in the set")
}

fn header(number: u32, logs: Vec<DigestItem>) -> Header {
	Header {
		parent_hash: H256::repeat_byte(1),
		number,
		state_root: H256::repeat_byte(2),
		extrinsics_root: H256::repeat_byte(3),
		digest: Digest { logs },
	}
}

fn main() {
	write("gossip", "attestation", (1u8, attest(1, 9, 1)));
	let forged = Attestation { slot: 10.into(), ..attest(1, 9, 1) };
	write("gossip", "of-another-slot", (1u8, forged));
	write("gossip", "unknown-kind", (2u8, attest(1, 9, 1)));

	let pair = sr25519::Pair::from_seed(&[0; 32]);
	let vrf_signature = pair.vrf_sign(&VrfTranscript::new(b"", &[]).into_sign_data());
	let (authority_index, slot) = (1, Slot::from(9));
	let claim = |claim: PreDigest| DigestItem::PreRuntime(BABE_ENGINE_ID, claim.encode());
	let plain = claim(PreDigest::SecondaryPlain(SecondaryPlainPreDigest { authority_index, slot }));
	let secondary = claim(PreDigest::SecondaryVRF(SecondaryVRFPreDigest {
		authority_index,
		slot,
		vrf_signature: vrf_signature.clone(),
	}));
	let primary =
		claim(PreDigest::Primary(PrimaryPreDigest { authority_index, slot, vrf_signature }));
	let weight = WeightLog {
		version: WEIGHT_LOG_VERSION,
		base: 1000,
		attestation: 750,
		pouw: 583,
		total_pouw_score: 4_000,
		provider_count: 3,
		compute_receipts_root: H256::repeat_byte(4),
	};
	let next = WeightLog { version: WEIGHT_LOG_VERSION + 1, ..weight.clone() };
	let excessive = WeightLog { pouw: 584, ..weight.clone() };
	let [weight, next, excessive] =
		[weight, next, excessive].map(|log| DigestItem::from(PouwLog::Weight(log)));
	let seal = DigestItem::Seal(BABE_ENGINE_ID, vec![5; 64]);
	let receipts = DigestItem::Consensus(*b"mbex", vec![6; 32]);
	write("digest", "genesis", header(0, vec![]));
	write("digest", "primary", header(1, vec![primary, receipts, weight.clone(), seal.clone()]));
	write("digest", "secondary", header(70_000, vec![secondary, weight.clone(), seal.clone()]));
	write("digest", "plain", header(300, vec![plain.clone(), weight.clone(), seal.clone()]));
	write("digest", "two-weights", header(300, vec![plain.clone(), weight.clone(), weight]));
	write("digest", "next-version", header(300, vec![plain.clone(), next]));
	write("digest", "excessive", header(300, vec![plain, excessive]));
	write("digest", "malformed", header(300, vec![DigestItem::Consensus(POUW_ENGINE_ID, vec![0])]));

	write("inherent", "empty-set", inherent(0, []));
	write("inherent", "nobody-of-nine", inherent(9, []));
	write("inherent", "some-of-nine", inherent(9, [0, 3, 8]));
	write("inherent", "half-of-eight", inherent(8, [1, 3, 5, 7]));
	write("inherent", "all-of-128", inherent(128, 0..128));

	let proof = EquivocationProof::from_pair(&attest(1, 9, 1), &attest(1, 9, 2))
		.expect("two blocks of one slot");
	let same = EquivocationProof { second: proof.first.clone(), ..proof.clone() };
	let forged = EquivocationProof { slot: 10.into(), ..proof.clone() };
	write("equivocation", "proof", proof);
	write("equivocation", "same-block", same);
	write("equivocation", "of-another-slot", forged);
}
