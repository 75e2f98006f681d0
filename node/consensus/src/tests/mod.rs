//! What this crate's tests share.

mod chain;
mod import;

use parking_lot::Mutex;
use polkadot_sdk::{
	sc_client_api::AuxStore,
	sc_network_gossip::ValidatorContext,
	sc_network_types::PeerId,
	sp_blockchain,
	sp_core::{Pair, H256},
	sp_runtime::{generic, traits::BlakeTwo256, OpaqueExtrinsic},
};
use sp_consensus_pouw::{Attestation, AuthorityId, AuthorityPair};
use std::collections::HashMap;

pub type Header = generic::Header<u32, BlakeTwo256>;
pub type Block = generic::Block<Header, OpaqueExtrinsic>;

pub const GENESIS: H256 = H256::repeat_byte(0xff);

pub fn hash(n: u8) -> H256 {
	H256::repeat_byte(n)
}

fn authority(n: u8) -> AuthorityPair {
	AuthorityPair::from_seed(&[n; 32])
}

/// The public key of an authority.
pub fn public(n: u8) -> AuthorityId {
	authority(n).public()
}

pub fn attest(n: u8, slot: u64, block_hash: H256) -> Attestation<H256> {
	Attestation::sign(&authority(n), &GENESIS, slot.into(), block_hash)
}

pub fn temporary_folder() -> tempfile::TempDir {
	tempfile::tempdir().expect("a temporary folder can be made; qed")
}

/// Auxiliary storage in memory.
#[derive(Default)]
pub struct MemoryAux(Mutex<HashMap<Vec<u8>, Vec<u8>>>);

impl AuxStore for MemoryAux {
	fn insert_aux<
		'a,
		'b: 'a,
		'c: 'a,
		I: IntoIterator<Item = &'a (&'c [u8], &'c [u8])>,
		D: IntoIterator<Item = &'a &'b [u8]>,
	>(
		&self,
		insert: I,
		delete: D,
	) -> sp_blockchain::Result<()> {
		let mut map = self.0.lock();
		map.extend(insert.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())));
		delete.into_iter().for_each(|key| {
			map.remove(*key);
		});
		Ok(())
	}

	fn get_aux(&self, key: &[u8]) -> sp_blockchain::Result<Option<Vec<u8>>> {
		Ok(self.0.lock().get(key).cloned())
	}
}

/// A gossip context that nothing is sent through.
pub struct NoContext;

impl ValidatorContext<Block> for NoContext {
	fn broadcast_topic(&mut self, _: H256, _: bool) {}
	fn broadcast_message(&mut self, _: H256, _: Vec<u8>, _: bool) {}
	fn send_message(&mut self, _: &PeerId, _: Vec<u8>) {}
	fn send_topic(&mut self, _: &PeerId, _: H256, _: bool) {}
}
