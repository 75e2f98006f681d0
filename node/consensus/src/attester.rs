//! Makes this node's attestations: of each slot one at most by each of its keys, whatever happens.

use crate::{
	pool::{is_old, SLOTS_AHEAD},
	AttestationPool, AttestedSlots, Error, LOG_TARGET,
};
use polkadot_sdk::{
	sp_application_crypto::{AppCrypto, ByteArray},
	sp_keystore::KeystorePtr,
	sp_runtime::traits::Block as BlockT,
};
use sp_consensus_pouw::{attestation_payload, Attestation, AuthorityId, AuthoritySignature, Slot};
use std::sync::Arc;

/// An authority's hand.
pub(crate) struct Attester<Block: BlockT> {
	pub genesis_hash: Block::Hash,
	pub keystore: KeystorePtr,
	pub attested: AttestedSlots,
	pub pool: Arc<AttestationPool<Block>>,
	/// The slot in which the node started. It attests later ones only, so that it cannot contradict
	/// what it signed before its record of slots was lost.
	pub started: Slot,
}

impl<Block: BlockT> Attester<Block> {
	/// Attests a new best block of this slot with each of this node's keys that are in its set. An
	/// error is one that a validator must not run with.
	pub fn attest(
		&mut self,
		set: Vec<AuthorityId>,
		block_hash: Block::Hash,
		slot: Slot,
		now: Slot,
	) -> Result<Vec<Attestation<Block::Hash>>, Error> {
		let keystore = self.keystore.clone();
		let ours = set
			.into_iter()
			.filter(|authority| keystore.has_keys(&[(authority.to_raw_vec(), AuthorityId::ID)]));
		self.attest_with(ours, block_hash, slot, now, |authority, payload| {
			match keystore.sr25519_sign(AuthorityId::ID, authority.as_ref(), payload) {
				Ok(Some(signature)) => return Some(signature.into()),
				Ok(None) => log::warn!(target: LOG_TARGET, "The key {authority} has gone"),
				Err(error) => log::warn!(target: LOG_TARGET, "{authority} cannot sign: {error}"),
			}
			None
		})
	}

	fn attest_with(
		&mut self,
		ours: impl Iterator<Item = AuthorityId>,
		block_hash: Block::Hash,
		slot: Slot,
		now: Slot,
		sign: impl Fn(&AuthorityId, &[u8]) -> Option<AuthoritySignature>,
	) -> Result<Vec<Attestation<Block::Hash>>, Error> {
		// A block of long ago, as in a sync, gains nothing; one that nobody would take, neither.
		if slot <= self.started || is_old(slot, now) || *slot > (*now).saturating_add(SLOTS_AHEAD) {
			return Ok(Vec::new());
		}
		let payload = attestation_payload(&self.genesis_hash, slot, &block_hash);
		let mut made = Vec::new();
		for authority in ours {
			if self.pool.contradicts(&authority, slot, block_hash) {
				log::error!(target: LOG_TARGET, "Somebody else attests with our key {authority}");
				continue;
			}
			// Written down before it is signed.
			if !self.attested.claim(&authority, slot)? {
				continue;
			}
			let Some(signature) = sign(&authority, &payload) else { continue };
			let attestation = Attestation { slot, block_hash, authority, signature };
			self.pool.add(attestation.clone(), now);
			made.push(attestation);
		}
		log::debug!(target: LOG_TARGET, "Attested {block_hash:?} of {slot} {} times", made.len());
		Ok(made)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		pool::Outcome,
		tests::{attest, hash, public, temporary_folder, Block, GENESIS},
	};
	use polkadot_sdk::sp_keystore::{testing::MemoryKeystore, Keystore};
	use std::path::Path;

	const STARTED: u64 = 100;

	fn seed(n: u8) -> String {
		format!("0x{}", format!("{n:02x}").repeat(32))
	}

	/// A node that has started at [`STARTED`] in this folder, with the keys 1 and 2 of a set of three.
	fn node(folder: &Path) -> Attester<Block> {
		let keystore = MemoryKeystore::new();
		for n in [1, 2] {
			let made = keystore.sr25519_generate_new(AuthorityId::ID, Some(&seed(n))).unwrap();
			assert_eq!(AuthorityId::from(made), public(n));
		}
		let pool = AttestationPool::new(GENESIS);
		pool.note_sets([1, 2, 3].map(public), [], STARTED.into());
		Attester {
			genesis_hash: GENESIS,
			keystore: Arc::new(keystore),
			attested: AttestedSlots::open(folder.join("attested")).unwrap(),
			pool,
			started: STARTED.into(),
		}
	}

	impl Attester<Block> {
		/// Which keys attest a block of this slot.
		fn signers(&mut self, block: u8, slot: u64, now: u64) -> Vec<AuthorityId> {
			let set = [1, 2, 3].map(public).to_vec();
			let made = self.attest(set, hash(block), slot.into(), now.into()).unwrap();
			for attestation in &made {
				assert!(attestation.verify(&GENESIS));
				assert_eq!((attestation.slot, attestation.block_hash), (slot.into(), hash(block)));
				let again = self.pool.add(attestation.clone(), now.into());
				assert_eq!(again, Outcome::Known, "an author of this node includes it");
			}
			made.into_iter().map(|attestation| attestation.authority).collect()
		}
	}

	#[test]
	fn attests_with_each_of_its_keys_once_a_slot() {
		let folder = temporary_folder();
		let mut node = node(folder.path());
		assert_eq!(node.signers(1, 101, 101), [1, 2].map(public));
		// A block that another one has replaced as the best, and the same again.
		assert!(node.signers(2, 101, 101).is_empty());
		assert!(node.signers(1, 101, 101).is_empty());
		assert_eq!(node.signers(3, 103, 103), [1, 2].map(public));
		assert!(node.signers(4, 102, 103).is_empty(), "an earlier slot than the last");
	}

	#[test]
	fn attests_nothing_of_before_its_start_of_long_ago_or_far_ahead() {
		let folder = temporary_folder();
		let mut node = node(folder.path());
		assert!(node.signers(1, STARTED, STARTED).is_empty());
		assert!(node.signers(1, 101, 134).is_empty());
		assert!(node.signers(1, 136, 134).is_empty());
		assert_eq!(node.signers(1, 135, 134).len(), 2, "our clock may be slow");
		assert_eq!(node.signers(2, 140, 172).len(), 2, "the last one that is taken");
	}

	#[test]
	fn a_slot_is_written_down_before_it_is_signed() {
		let folder = temporary_folder();
		let ours = || [1, 2].map(public).into_iter();
		let (slot, now) = (101.into(), 101.into());
		// As the next start would find it, if the node stopped just here.
		let made = node(folder.path()).attest_with(ours(), hash(1), slot, now, |authority, _| {
			let mut record = AttestedSlots::open(folder.path().join("attested")).unwrap();
			assert!(!record.claim(authority, slot).unwrap());
			None
		});
		assert!(made.unwrap().is_empty());
		assert!(node(folder.path()).signers(2, 101, 101).is_empty());
		assert_eq!(node(folder.path()).signers(3, 102, 102), [1, 2].map(public));
	}

	#[test]
	fn a_slot_that_cannot_be_written_down_is_not_signed() {
		let folder = temporary_folder();
		let mut node = node(folder.path());
		let blocker = folder.path().join("attested.new");
		std::fs::create_dir(blocker).unwrap();
		let set = [1, 2, 3].map(public).to_vec();
		let outcome = node.attest(set, hash(1), 101.into(), 101.into());
		assert!(matches!(outcome, Err(Error::AttestedSlots { .. })));
		assert!(node.pool.of_block(101.into(), hash(1)).is_empty());
	}

	#[test]
	fn never_contradicts_what_the_network_has_of_its_key() {
		let folder = temporary_folder();
		let mut node = node(folder.path());
		node.pool.add(attest(1, 101, hash(9)), 101.into());
		assert_eq!(node.signers(1, 101, 101), [public(2)]);
	}
}
