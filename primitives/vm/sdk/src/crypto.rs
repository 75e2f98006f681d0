//! Hashes and signatures, which the host computes.

use crate::host;

/// BLAKE2b of 256 bits, the chain's hash.
pub fn blake2_256(bytes: &[u8]) -> [u8; 32] {
	host::hash_blake2_256(bytes)
}

/// SHA-2 of 256 bits.
pub fn sha2_256(bytes: &[u8]) -> [u8; 32] {
	host::hash_sha2_256(bytes)
}

/// Keccak of 256 bits, as Ethereum has it.
pub fn keccak_256(bytes: &[u8]) -> [u8; 32] {
	host::hash_keccak_256(bytes)
}

/// Whether who has this key has signed the message, by Ed25519.
pub fn verify_ed25519(signature: &[u8; 64], key: &[u8; 32], message: &[u8]) -> bool {
	host::verify_ed25519(signature, key, message)
}

/// Whether who has this key has signed the message, by Sr25519.
pub fn verify_sr25519(signature: &[u8; 64], key: &[u8; 32], message: &[u8]) -> bool {
	host::verify_sr25519(signature, key, message)
}
