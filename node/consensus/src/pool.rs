//! The attestations that this node knows of: one by each authority for each of the last
//! [`KEPT_SLOTS`] slots. One that contradicts it proves an equivocation, and is not kept.

use parking_lot::Mutex;
use polkadot_sdk::sp_runtime::traits::Block as BlockT;
use sp_consensus_pouw::{Attestation, AuthorityId, AuthoritySignature, EquivocationProof, Slot};
use std::{
	collections::{BTreeMap, HashMap, HashSet},
	sync::Arc,
};

/// How many slots back an attestation is still taken. A block is attested as it is imported, and the
/// attestation is of use until the block has a child.
pub const KEPT_SLOTS: u64 = 32;

/// How far ahead of ours another node's clock may be, in slots.
pub const SLOTS_AHEAD: u64 = 1;

/// Whether attestations of `slot` are of no more use. Slots come from peers: any value must do.
pub(crate) fn is_old(slot: Slot, now: Slot) -> bool {
	*slot < (*now).saturating_sub(KEPT_SLOTS)
}

/// What became of an attestation.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<H> {
	/// It is new and good.
	Accepted,
	/// It is good, and contradicts another of its authority.
	Equivocation(Box<EquivocationProof<H>>),
	/// It is here already, or its authority has been proven an equivocator for that slot.
	Known,
	/// Its slot is past.
	Old,
	/// Its slot has not come.
	Future,
	/// It is by nobody of the set.
	Stranger,
	/// Its signature is not the authority's.
	BadSignature,
}

/// The attestations of one authority for one slot.
struct Record<H> {
	first: Attestation<H>,
	equivocated: bool,
}

/// The attestations that this node knows of.
pub struct AttestationPool<Block: BlockT> {
	genesis_hash: Block::Hash,
	inner: Mutex<Inner<Block::Hash>>,
}

struct Inner<H> {
	slots: BTreeMap<Slot, HashMap<AuthorityId, Record<H>>>,
	/// The best block's set.
	current: HashSet<AuthorityId>,
	/// The one before it, and the slot in which it was replaced: around an epoch's border both attest.
	last: (HashSet<AuthorityId>, Slot),
	/// The set to come: others may be past the border already.
	next: HashSet<AuthorityId>,
}

impl<Block: BlockT> AttestationPool<Block> {
	/// An empty pool for the chain with this genesis.
	pub fn new(genesis_hash: Block::Hash) -> Arc<Self> {
		let inner = Inner {
			slots: BTreeMap::new(),
			current: HashSet::new(),
			last: (HashSet::new(), 0.into()),
			next: HashSet::new(),
		};
		Arc::new(Self { genesis_hash, inner: Mutex::new(inner) })
	}

	/// Takes note at slot `now` of the best block's set, and of the one that comes after it.
	pub fn note_sets(
		&self,
		set: impl IntoIterator<Item = AuthorityId>,
		next: impl IntoIterator<Item = AuthorityId>,
		now: Slot,
	) {
		let set: HashSet<_> = set.into_iter().collect();
		let mut inner = self.inner.lock();
		inner.next = next.into_iter().collect();
		if inner.current != set {
			inner.last = (std::mem::replace(&mut inner.current, set), now);
		} else if is_old(inner.last.1, now) {
			inner.last.0.clear();
		}
	}

	/// Checks an attestation at slot `now`, the signature last, and keeps it if it is good.
	pub fn add(&self, attestation: Attestation<Block::Hash>, now: Slot) -> Outcome<Block::Hash> {
		if let Some(refusal) = self.refuse_early(&attestation, now) {
			return refusal;
		}
		// Without the lock: a signature takes as long as a thousand look-ups.
		if !attestation.verify(&self.genesis_hash) {
			return Outcome::BadSignature;
		}
		let mut inner = self.inner.lock();
		inner.forget_before(now);
		let records = inner.slots.entry(attestation.slot).or_default();
		let Some(record) = records.get_mut(&attestation.authority) else {
			let record = Record { first: attestation.clone(), equivocated: false };
			records.insert(attestation.authority, record);
			return Outcome::Accepted;
		};
		match EquivocationProof::from_pair(&record.first, &attestation) {
			Some(proof) if !record.equivocated => {
				record.equivocated = true;
				Outcome::Equivocation(Box::new(proof))
			}
			_ => Outcome::Known,
		}
	}

	/// What can be said of it before its signature is looked at.
	fn refuse_early(
		&self,
		attestation: &Attestation<Block::Hash>,
		now: Slot,
	) -> Option<Outcome<Block::Hash>> {
		if is_old(attestation.slot, now) {
			return Some(Outcome::Old);
		}
		if *attestation.slot > (*now).saturating_add(SLOTS_AHEAD) {
			return Some(Outcome::Future);
		}
		let inner = self.inner.lock();
		let sets = [&inner.current, &inner.last.0, &inner.next];
		if !sets.iter().any(|set| set.contains(&attestation.authority)) {
			return Some(Outcome::Stranger);
		}
		let record = inner.slots.get(&attestation.slot)?.get(&attestation.authority)?;
		(record.equivocated || record.first.block_hash == attestation.block_hash)
			.then_some(Outcome::Known)
	}

	/// Whether an authority is known to have attested another block of this slot.
	pub(crate) fn contradicts(
		&self,
		authority: &AuthorityId,
		slot: Slot,
		block_hash: Block::Hash,
	) -> bool {
		let inner = self.inner.lock();
		let record = inner.slots.get(&slot).and_then(|records| records.get(authority));
		record.is_some_and(|record| record.first.block_hash != block_hash)
	}

	/// The signatures for a block, by authority.
	pub fn of_block(
		&self,
		slot: Slot,
		block_hash: Block::Hash,
	) -> HashMap<AuthorityId, AuthoritySignature> {
		let inner = self.inner.lock();
		inner
			.slots
			.get(&slot)
			.into_iter()
			.flat_map(HashMap::values)
			.filter(|record| record.first.block_hash == block_hash)
			.map(|record| (record.first.authority.clone(), record.first.signature.clone()))
			.collect()
	}
}

impl<H> Inner<H> {
	fn forget_before(&mut self, now: Slot) {
		self.slots.retain(|slot, _| !is_old(*slot, now));
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::{attest, hash, public, Block, GENESIS};
	use proptest::prelude::*;

	fn pool(members: u8) -> Arc<AttestationPool<Block>> {
		let pool = AttestationPool::new(GENESIS);
		pool.note_sets((1..=members).map(public), [], 100.into());
		pool
	}

	#[test]
	fn accepts_once_and_serves_by_block() {
		let pool = pool(2);
		let good = attest(1, 100, hash(1));
		assert_eq!(pool.add(good.clone(), 100.into()), Outcome::Accepted);
		assert_eq!(pool.add(good, 100.into()), Outcome::Known);
		assert_eq!(pool.add(attest(2, 100, hash(2)), 100.into()), Outcome::Accepted);
		let served = pool.of_block(100.into(), hash(1));
		assert_eq!(served.keys().cloned().collect::<Vec<_>>(), vec![public(1)]);
		assert!(pool.of_block(101.into(), hash(1)).is_empty());
	}

	#[test]
	fn refuses_old_future_strange_and_forged() {
		let pool = pool(1);
		let now = Slot::from(100);
		assert_eq!(pool.add(attest(1, 67, hash(1)), now), Outcome::Old);
		assert_eq!(pool.add(attest(1, 68, hash(1)), now), Outcome::Accepted);
		assert_eq!(pool.add(attest(1, 101, hash(1)), now), Outcome::Accepted);
		assert_eq!(pool.add(attest(1, 102, hash(1)), now), Outcome::Future);
		assert_eq!(pool.add(attest(1, u64::MAX, hash(1)), now), Outcome::Future);
		assert_eq!(pool.add(attest(9, 100, hash(1)), now), Outcome::Stranger);
		let replayed = Attestation { slot: 99.into(), ..attest(1, 100, hash(1)) };
		assert_eq!(pool.add(replayed, now), Outcome::BadSignature);
		let forged = Attestation { authority: public(1), ..attest(9, 100, hash(1)) };
		assert_eq!(pool.add(forged, now), Outcome::BadSignature);
		assert!(pool.of_block(100.into(), hash(1)).is_empty());
	}

	#[test]
	fn equivocation_is_proven_once_and_keeps_the_first() {
		let pool = pool(1);
		let now = Slot::from(100);
		pool.add(attest(1, 100, hash(1)), now);
		let Outcome::Equivocation(proof) = pool.add(attest(1, 100, hash(2)), now) else {
			panic!("two blocks of one slot")
		};
		assert!(proof.verify(&GENESIS));
		assert_eq!(pool.add(attest(1, 100, hash(3)), now), Outcome::Known);
		assert_eq!(pool.of_block(100.into(), hash(1)).len(), 1);
		assert!(pool.of_block(100.into(), hash(2)).is_empty());
	}

	#[test]
	fn three_sets_attest_at_an_epochs_border_but_no_fourth() {
		let pool = AttestationPool::<Block>::new(GENESIS);
		pool.note_sets([public(1)], [public(2)], 100.into());
		let add = |n, slot| pool.add(attest(n, slot, hash(n)), slot.into());
		assert_eq!(add(1, 101), Outcome::Accepted);
		assert_eq!(add(2, 101), Outcome::Accepted, "whose sender is past the border already");
		assert_eq!(add(3, 101), Outcome::Stranger);
		for now in [102, 103, 134] {
			pool.note_sets([public(2)], [public(3)], now.into());
			for n in 1..=3 {
				assert_eq!(add(n, now), Outcome::Accepted);
			}
		}
		pool.note_sets([public(2)], [public(3)], 135.into());
		assert_eq!(add(1, 135), Outcome::Stranger, "the border is long past");
		pool.note_sets([public(3)], [public(3)], 140.into());
		assert_eq!(add(1, 140), Outcome::Stranger);
		assert_eq!(add(2, 140), Outcome::Accepted);
	}

	#[test]
	fn what_an_authority_attested_is_known() {
		let pool = pool(1);
		pool.add(attest(1, 100, hash(1)), 100.into());
		assert!(pool.contradicts(&public(1), 100.into(), hash(2)));
		assert!(!pool.contradicts(&public(1), 100.into(), hash(1)));
		assert!(!pool.contradicts(&public(1), 101.into(), hash(2)));
		assert!(!pool.contradicts(&public(2), 100.into(), hash(2)));
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 16))]

		/// Whatever arrives, there is no more than one attestation by each member for each kept slot.
		#[test]
		fn bounded(arrivals in prop::collection::vec((1u8..5, 0u64..200, 0u8..3), 0..100)) {
			let pool = pool(3);
			let mut now = 0;
			for (member, slot, block) in arrivals {
				now = now.max(slot);
				pool.add(attest(member, slot, hash(block)), now.into());
				let inner = pool.inner.lock();
				prop_assert!(inner.slots.len() as u64 <= KEPT_SLOTS + SLOTS_AHEAD + 1);
				prop_assert!(inner.slots.values().all(|records| records.len() <= 3));
			}
		}
	}
}
