//! Where items lie.

use crate::{abi::limits::KEY_BYTES, crypto, host::Buffer};
use codec::{Encode, Output};

/// What the key of a hash begins with: no name is of this length.
const HASHED: u8 = 0;

/// Where a contract notes that it was deployed. It is shorter than the keys of hashes.
pub(crate) const DEPLOYED: [u8; 1] = [HASHED];

/// A name with its length in front, as the attribute `contract` writes it.
pub(super) const fn checked(name: &'static str) -> &'static [u8] {
	let bytes = name.as_bytes();
	assert!(
		bytes.len() >= 2 && bytes.len() <= 33 && bytes[0] as usize == bytes.len() - 1,
		"a name has 1 to 32 bytes, with their number in front",
	);
	bytes
}

/// The key of an item of the map of this name.
pub(super) fn in_map<K: Encode>(name: &[u8], at: &K) -> Buffer {
	let mut key = Buffer::new();
	key.write(name);
	at.encode_to(&mut key);
	bounded(key)
}

fn bounded(key: Buffer) -> Buffer {
	match key.len() <= KEY_BYTES as usize {
		true => key,
		false => hashed(&key),
	}
}

#[cold]
#[inline(never)]
fn hashed(key: &[u8]) -> Buffer {
	let mut hashed = Buffer::new();
	hashed.write(&[HASHED]);
	hashed.write(&crypto::blake2_256(key));
	hashed
}
