//! What is kept in auxiliary storage: the weight of each chain, by its head, from the last finalised
//! block on. A weight is written in the commit of its block.

use crate::Error;
use codec::{Decode, DecodeAll, Encode};
use polkadot_sdk::sc_client_api::AuxStore;
use sp_consensus_pouw::ChainWeight;

const VERSION_KEY: &[u8] = b"pouw_version";
const CURRENT_VERSION: u32 = 1;

/// The key of the weight of the chain with this head.
pub(crate) fn chain_weight_key<H: Encode>(head: H) -> Vec<u8> {
	(b"pouw_chain_weight", head).encode()
}

/// Marks a fresh database with the current version; refuses one of a version that is not known.
pub fn ensure_version(store: &impl AuxStore) -> Result<(), Error> {
	match load::<u32>(store, VERSION_KEY, "version")? {
		Some(CURRENT_VERSION) => Ok(()),
		Some(other) => Err(Error::UnsupportedVersion(other)),
		None => Ok(store.insert_aux(&[(VERSION_KEY, &CURRENT_VERSION.encode()[..])], &[])?),
	}
}

/// The weight of the chain with this head, if it is kept.
pub fn load_chain_weight<H: Encode>(
	store: &impl AuxStore,
	head: H,
) -> Result<Option<ChainWeight>, Error> {
	load(store, &chain_weight_key(head), "chain weight")
}

fn load<T: Decode>(
	store: &impl AuxStore,
	key: &[u8],
	what: &'static str,
) -> Result<Option<T>, Error> {
	store
		.get_aux(key)?
		.map(|bytes| T::decode_all(&mut &bytes[..]).map_err(|_| Error::Damaged(what)))
		.transpose()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::MemoryAux;

	#[test]
	fn fresh_database_gets_the_version_and_opens_again() {
		let store = MemoryAux::default();
		ensure_version(&store).unwrap();
		ensure_version(&store).unwrap();
		assert_eq!(store.get_aux(VERSION_KEY).unwrap(), Some(CURRENT_VERSION.encode()));
	}

	#[test]
	fn later_version_is_refused() {
		let store = MemoryAux::default();
		store.insert_aux(&[(VERSION_KEY, &2u32.encode()[..])], &[]).unwrap();
		assert!(matches!(ensure_version(&store), Err(Error::UnsupportedVersion(2))));
	}

	#[test]
	fn damaged_weight_is_an_error_not_a_weight() {
		let store = MemoryAux::default();
		let key = chain_weight_key([1u8; 32]);
		assert!(load_chain_weight(&store, [1u8; 32]).unwrap().is_none());
		store.insert_aux(&[(&key[..], &7u128.encode()[..])], &[]).unwrap();
		assert_eq!(load_chain_weight(&store, [1u8; 32]).unwrap(), Some(7));
		store.insert_aux(&[(&key[..], &[1, 2, 3][..])], &[]).unwrap();
		assert!(matches!(load_chain_weight(&store, [1u8; 32]), Err(Error::Damaged(_))));
	}
}
