//! States as the database has them, each node of the trie checked by its hash when it is read.

use crate::service::Backend;
use mbongo_primitives::{Hash, Hashing};
use parking_lot::Mutex;
use polkadot_sdk::{
	sc_client_api::{self, Backend as _, TrieCacheContext},
	sp_blockchain::{self, HeaderBackend as _},
	sp_panic_handler::AbortGuard,
	sp_runtime::{generic::BlockId, traits::Hash as _},
	sp_state_machine::{
		backend::AsTrieBackend, Storage, TrieBackend, TrieBackendBuilder, TrieBackendStorage,
	},
	sp_trie::DBValue,
};
use std::{
	panic::{catch_unwind, AssertUnwindSafe},
	sync::Arc,
};

/// The state of a block. It is not pruned as long as this is there.
pub struct CheckedState {
	trie: TrieBackend<Nodes, Hashing>,
	_pinned: <Backend as sc_client_api::Backend<mbongo_primitives::OpaqueBlock>>::State,
}

/// A part of a state is not what its hash says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node {0:?} of the state is missing or altered")]
pub struct DamagedNode(pub Hash);

impl CheckedState {
	/// The state of a block, if it is kept.
	pub fn open(backend: &Backend, block: Hash) -> sp_blockchain::Result<Self> {
		let pinned = backend.state_at(block, TrieCacheContext::Untrusted)?;
		// Where all states are kept, those from before a snapshot or a warp sync never were.
		let number = backend.blockchain().expect_block_number_from_id(&BlockId::Hash(block))?;
		if !backend.have_state_at(block, number) {
			return Err(sp_blockchain::Error::UnknownBlock(format!("no state of {block:?}")));
		}
		let trie = pinned.as_trie_backend();
		let nodes = Nodes { stored: trie.backend_storage().clone(), damaged: Mutex::default() };
		let trie = TrieBackendBuilder::<_, Hashing>::new(nodes, *trie.root()).build();
		Ok(Self { trie, _pinned: pinned })
	}

	/// The trie.
	pub fn trie(&self) -> &TrieBackend<Nodes, Hashing> {
		&self.trie
	}

	/// Whether all that was read is as it should be. Who reads may have gone on without what is not.
	pub fn is_sound(&self) -> Result<(), DamagedNode> {
		match *self.trie.backend_storage().damaged.lock() {
			Some(first) => Err(first),
			None => Ok(()),
		}
	}
}

/// The nodes of a trie.
pub struct Nodes {
	stored: Arc<dyn Storage<Hashing>>,
	/// The first one that was found to be damaged.
	damaged: Mutex<Option<DamagedNode>>,
}

impl TrieBackendStorage<Hashing> for Nodes {
	fn get(&self, key: &Hash, prefix: (&[u8], Option<u8>)) -> Result<Option<DBValue>, String> {
		// The empty trie is nowhere.
		if *key == Hashing::hash(&[0]) {
			return Ok(None);
		}
		// What the database itself finds out, it panics about.
		let read = || {
			let _guard = AbortGuard::force_unwind();
			catch_unwind(AssertUnwindSafe(|| self.stored.get(key, prefix)))
		};
		if let Ok(Ok(Some(value))) = read() {
			if Hashing::hash(&value) == *key {
				return Ok(Some(value));
			}
		}
		let damaged = DamagedNode(*key);
		self.damaged.lock().get_or_insert(damaged);
		Err(damaged.to_string())
	}
}
