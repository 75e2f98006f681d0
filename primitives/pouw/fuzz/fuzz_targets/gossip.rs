//! A message of the attestation protocol.

#![no_main]

use codec::{DecodeAll, Encode};
use libfuzzer_sys::fuzz_target;
use sp_consensus_pouw::GossipMessage;
use sp_core::H256;

/// The genesis of the corpus.
const GENESIS: H256 = H256([7; 32]);
/// Every message is as long, so that none can be padded.
const MESSAGE_BYTES: usize = 137;

fuzz_target!(|bytes: &[u8]| {
	let Ok(message) = GossipMessage::<H256>::decode_all(&mut &bytes[..]) else { return };
	assert_eq!(message.encode(), bytes);
	assert_eq!(bytes.len(), MESSAGE_BYTES);
	let GossipMessage::Attestation(attestation) = message;
	let _ = attestation.verify(&GENESIS);
});
