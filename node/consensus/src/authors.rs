//! Authors that write two blocks in one slot.
//!
//! BABE's import looks for them too, but it reports headers without their seals, which prove nothing
//! to the runtime. So each header that BABE has verified is looked at here as well, with its seal.

use codec::Decode;
use futures::channel::mpsc;
use parking_lot::Mutex;
use polkadot_sdk::{
	sp_consensus_babe::{digests::PreDigest, AuthorityIndex, BABE_ENGINE_ID},
	sp_runtime::{traits::Header as HeaderT, DigestItem},
};
use sp_consensus_pouw::Slot;
use std::{collections::BTreeMap, sync::Arc};

/// How many slots back a second block is still looked for. Older ones are of no use to anybody.
const WATCHED_SLOTS: u64 = 1_000;

/// Pairs under way; further ones are let go, since other nodes report as well.
const REPORT_QUEUE: usize = 16;

/// Two headers of one slot, claimed with the same authority's index.
pub type HeaderPair<Header> = [Header; 2];

/// Looks for authors that write two blocks in one slot.
pub struct AuthorWatch<Header> {
	seen: Mutex<BTreeMap<(Slot, AuthorityIndex), Seen<Header>>>,
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
		(Arc::new(Self { seen: Mutex::new(BTreeMap::new()), pairs }), receiver)
	}

	/// Takes note of a verified header with its seal.
	pub(crate) fn note(&self, header: Header) {
		let Some((slot, author)) = claim(&header) else { return };
		let mut seen = self.seen.lock();
		match seen.get(&(slot, author)) {
			None => {
				seen.insert((slot, author), Seen::Once(header));
			}
			Some(Seen::Once(first)) if first.hash() != header.hash() => {
				// A full queue means that many are being reported already.
				let _ = self.pairs.clone().try_send([first.clone(), header]);
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

/// Which slot a header claims, and as which of the epoch's authorities.
pub(crate) fn claim(header: &impl HeaderT) -> Option<(Slot, AuthorityIndex)> {
	header.digest().logs().iter().find_map(|item| match item {
		DigestItem::PreRuntime(BABE_ENGINE_ID, data) => PreDigest::decode(&mut &data[..])
			.ok()
			.map(|claim| (claim.slot(), claim.authority_index())),
		_ => None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::{hash, Header};
	use codec::Encode;
	use polkadot_sdk::{
		sp_consensus_babe::digests::SecondaryPlainPreDigest, sp_core::H256, sp_runtime::Digest,
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
		let (watch, _pairs) = AuthorWatch::new();
		for slot in 0..3 * WATCHED_SLOTS {
			watch.note(header(slot, 0, 1));
			watch.note(header(slot, 0, 2));
		}
		assert_eq!(watch.seen.lock().len() as u64, WATCHED_SLOTS + 1);
		watch.note(header(1, 0, 1));
		assert_eq!(watch.seen.lock().len() as u64, WATCHED_SLOTS + 1);
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
