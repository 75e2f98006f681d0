//! What a contract keeps.
//!
//! Each item lies at a key that says its name's length, its name and, in a map, the SCALE bytes of the
//! map's key: so no two items meet. A key that would be too long is hashed, at a place where no other
//! begins. Values are their SCALE bytes, of which there may be 16 KiB.

mod cell;
mod key;
mod map;
#[cfg(test)]
mod tests;

pub use cell::Cell;
pub(crate) use key::DEPLOYED;
pub use map::Map;

use crate::host::{self, Buffer};
use codec::{Decode, DecodeAll, Encode};

/// What lies at a key.
fn read<T: Decode>(key: &[u8]) -> Option<T> {
	let bytes = host::storage_read(key)?;
	match T::decode_all(&mut &bytes[..]) {
		Ok(value) => Some(value),
		// The contract's code was changed, and the new one does not know what the old one kept.
		Err(_) => panic!("what is kept is of another type"),
	}
}

/// Keeps a value at a key.
fn write<T: Encode>(key: &[u8], value: &T) {
	let mut bytes = Buffer::new();
	value.encode_to(&mut bytes);
	host::storage_write(key, &bytes);
}
