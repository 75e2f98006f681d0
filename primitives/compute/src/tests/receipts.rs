//! What is signed and committed to.

use super::*;
use crate::{receipt::RECEIPT_VERSION, ComputeReceipt, Metrics, UnsignedReceipt};
use codec::{DecodeAll, Encode};
use mbongo_primitives::Hash;
use sp_core::{ecdsa, ed25519, sr25519, Pair};
use sp_runtime::{traits::IdentifyAccount, MultiSignature, MultiSigner};

fn genesis() -> Hash {
	Hash::repeat_byte(7)
}

fn unsigned(provider: MultiSigner) -> UnsignedReceipt {
	UnsignedReceipt {
		version: RECEIPT_VERSION,
		task_id: 5,
		provider: provider.into_account(),
		asset: 3,
		input_root: BlobId::of(b"in"),
		output_root: BlobId::of(b"out"),
		intermediate_roots: vec![BlobId::of(b"between")].try_into().unwrap(),
		anchor_block: (100, Hash::repeat_byte(9)),
		work_units: 1_000,
		metrics: Metrics::default(),
	}
}

fn signed() -> Vec<ComputeReceipt> {
	let (sr, ed, ec) = (
		sr25519::Pair::from_seed(&[1; 32]),
		ed25519::Pair::from_seed(&[1; 32]),
		ecdsa::Pair::from_seed(&[1; 32]),
	);
	let message = |receipt: &UnsignedReceipt| receipt.message(&genesis());
	let [by_sr, by_ed, by_ec] =
		[sr.public().into(), ed.public().into(), ecdsa::Public::into(ec.public())].map(unsigned);
	let signatures: [MultiSignature; 3] = [
		sr.sign(message(&by_sr).as_bytes()).into(),
		ed.sign(message(&by_ed).as_bytes()).into(),
		ec.sign(message(&by_ec).as_bytes()).into(),
	];
	let receipts = [by_sr, by_ed, by_ec].into_iter().zip(signatures);
	receipts.map(|(receipt, signature)| ComputeReceipt { receipt, signature }).collect()
}

#[test]
fn a_receipt_is_its_providers_on_its_chain() {
	for receipt in signed() {
		assert!(receipt.is_signed(&genesis()));
		assert!(!receipt.is_signed(&Hash::repeat_byte(8)), "of another chain");
	}
	let [first, second, third] = &signed()[..] else { unreachable!() };
	for (one, other) in [(first, second), (second, third), (third, first)] {
		let others = ComputeReceipt { signature: other.signature.clone(), ..one.clone() };
		assert!(!others.is_signed(&genesis()));
	}
}

#[test]
fn no_bit_of_a_receipt_can_be_changed() {
	for receipt in signed() {
		let bytes = receipt.encode();
		let mut read = 0;
		for bit in 0..bytes.len() * 8 {
			let mut bytes = bytes.clone();
			bytes[bit / 8] ^= 1 << (bit % 8);
			if let Ok(other) = ComputeReceipt::decode_all(&mut &bytes[..]) {
				// Of ecdsa both forms of a signature are one's own.
				assert!(!other.is_signed(&genesis()), "{bit}");
				read += 1;
			}
		}
		assert!(read > 1_000);
	}
}

#[test]
fn points_of_other_curves_sign_nothing() {
	for receipt in signed() {
		for byte in [0, 1, 0xed, 0xff] {
			let signatures: [MultiSignature; 3] = [
				sr25519::Signature::from_raw([byte; 64]).into(),
				ed25519::Signature::from_raw([byte; 64]).into(),
				ecdsa::Signature::from_raw([byte; 65]).into(),
			];
			for signature in signatures {
				let forged = ComputeReceipt { signature, ..receipt.clone() };
				assert!(!forged.is_signed(&genesis()), "{byte} {forged:?}");
			}
		}
	}
}

#[test]
fn a_commitment_is_to_one_receipt_with_one_salt_on_one_chain() {
	let receipt = signed().remove(0).receipt;
	let commitment = receipt.commitment(&genesis(), &[1; 32]);
	assert_ne!(commitment, receipt.commitment(&genesis(), &[2; 32]));
	assert_ne!(commitment, receipt.commitment(&Hash::zero(), &[1; 32]));
	let other = UnsignedReceipt { work_units: 1_001, ..receipt.clone() };
	assert_ne!(commitment, other.commitment(&genesis(), &[1; 32]));
	assert_ne!(commitment, receipt.message(&genesis()));
}
