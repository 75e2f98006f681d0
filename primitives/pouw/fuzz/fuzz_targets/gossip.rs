//! A message of the attestation protocol: its index, and the attestation.

#![no_main]

use codec::{DecodeAll, Encode};
use libfuzzer_sys::fuzz_target;
use sp_consensus_pouw::Attestation;
use sp_core::H256;

/// The genesis of the corpus.
const GENESIS: H256 = H256([7; 32]);
/// Every message is as long, so that none can be padded.
const MESSAGE_BYTES: usize = 137;

fuzz_target!(|bytes: &[u8]| {
	let Ok(message) = <(u8, Attestation<H256>)>::decode_all(&mut &bytes[..]) else { return };
	assert_eq!(message.encode(), bytes);
	assert_eq!(bytes.len(), MESSAGE_BYTES);
	let (_, attestation) = message;
	let _ = attestation.verify(&GENESIS);
});
