//! Authors that write two blocks in one slot.
//!
//! BABE's import looks for them too, but it reports headers without their seals, which prove nothing
//! to the runtime. So each header that BABE has verified is looked at here as well, with its seal.

use crate::REPORT_QUEUE;
use futures::channel::mpsc;
use parking_lot::Mutex;
use polkadot_sdk::{sp_consensus_babe::AuthorityIndex, sp_runtime::traits::Header as HeaderT};
use sp_consensus_pouw::{find_claim, Slot};
use std::{collections::BTreeMap, sync::Arc};

/// How many slots back a second block is still looked for. Older ones are of no use to anybody.
const WATCHED_SLOTS: u64 = 1_000;

/// No valid header is as large: the runtime limits what authors write into theirs. One of a block that
/// is yet to fail is not kept.
const MAX_HEADER_BYTES: usize = 16_384;

/// Two headers of one slot, claimed with the same authority's index.
pub type HeaderPair<Header> = [Header; 2];

/// Looks for authors that write two blocks in one slot.
pub struct AuthorWatch<Header>(Mutex<Inner<Header>>);

struct Inner<Header> {
	seen: BTreeMap<(Slot, AuthorityIndex), Seen<Header>>,
	/// Never cloned: each clone would have a place of its own in the queue.
	pairs: mpsc::Sender<HeaderPair<Header>>,
}

enum Seen<Header> {
	Once(Header),
	/// A pair has been handed on. More of them would prove nothing new.
	Twice,
}

impl<Header: HeaderT> AuthorWatch<Header> {
	/// A watch, and where it hands pairs on.
	pub fn new() -> (Arc<Self>, mpsc::Receiver<HeaderPair<Header>>) {
		let (pairs, receiver) = mpsc::channel(REPORT_QUEUE);
		(Arc::new(Self(Mutex::new(Inner { seen: BTreeMap::new(), pairs }))), receiver)
	}

	/// Takes note of a verified header with its seal.
	pub(crate) fn note(&self, header: Header) {
		// What an author could fill our memory with.
		if header.encoded_size() > MAX_HEADER_BYTES {
			return;
		}
		let Some(claim) = find_claim(header.digest()) else { return };
		let (slot, author) = (claim.slot(), claim.authority_index());
		let Inner { seen, pairs } = &mut *self.0.lock();
		match seen.get(&(slot, author)) {
			None => {
				seen.insert((slot, author), Seen::Once(header));
			}
			Some(Seen::Once(first)) if first.hash() != header.hash() => {
				// A full queue means that many are being reported already.
				let _ = pairs.try_send([first.clone(), header]);
				seen.insert((slot, author), Seen::Twice);
			}
			_ => {}
		}
		// Verified slots are not ahead of the clock, so the latest tells what is old.
		let latest = seen.last_key_value().map_or(slot, |((latest, _), _)| *latest);
		let oldest = latest.saturating_sub(WATCHED_SLOTS);
		while seen.first_key_value().is_some_and(|((slot, _), _)| *slot < oldest) {
			seen.pop_first();
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::{hash, Header};
	use codec::Encode;
	use polkadot_sdk::{
		sp_consensus_babe::{
			digests::{PreDigest, SecondaryPlainPreDigest},
			BABE_ENGINE_ID,
		},
		sp_core::H256,
		sp_runtime::{Digest, DigestItem},
	};

	fn header(slot: u64, author: u32, salt: u8) -> Header {
		let claim = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: author,
			slot: slot.into(),
		});
		let digest = Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, claim.encode())] };
		Header::new(1, hash(salt), H256::zero(), H256::zero(), digest)
	}

	#[test]
	fn two_headers_of_one_slot_and_author_are_a_pair_once() {
		let (watch, mut pairs) = AuthorWatch::new();
		for header in [header(5, 0, 1), header(5, 0, 1), header(5, 1, 2), header(6, 0, 3)] {
			watch.note(header);
			assert!(pairs.try_recv().is_err(), "nobody has contradicted itself");
		}
		watch.note(header(5, 0, 4));
		assert_eq!(pairs.try_recv().unwrap(), [header(5, 0, 1), header(5, 0, 4)]);
		watch.note(header(5, 0, 5));
		assert!(pairs.try_recv().is_err(), "it is known");
	}

	#[test]
	fn old_slots_are_forgotten_and_a_flood_is_bounded() {
		let (watch, mut pairs) = AuthorWatch::new();
		for slot in 0..3 * WATCHED_SLOTS {
			watch.note(header(slot, 0, 1));
			watch.note(header(slot, 0, 2));
		}
		assert_eq!(watch.0.lock().seen.len() as u64, WATCHED_SLOTS + 1);
		watch.note(header(1, 0, 1));
		assert_eq!(watch.0.lock().seen.len() as u64, WATCHED_SLOTS + 1);
		// The channel adds a place for its one sender.
		assert_eq!(std::iter::from_fn(|| pairs.try_recv().ok()).count(), REPORT_QUEUE + 1);
	}

	#[test]
	fn oversized_headers_are_not_kept() {
		let (watch, _pairs) = AuthorWatch::new();
		let mut large = header(5, 0, 1);
		large.digest.logs.push(DigestItem::Other(vec![0; MAX_HEADER_BYTES]));
		watch.note(large);
		assert!(watch.0.lock().seen.is_empty());
	}

	#[test]
	fn headers_without_a_claim_are_passed_over() {
		let (watch, mut pairs) = AuthorWatch::new();
		for salt in 0..2 {
			let digest = Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, vec![9])] };
			watch.note(Header::new(1, hash(salt), H256::zero(), H256::zero(), digest));
		}
		assert!(pairs.try_recv().is_err());
	}
}
