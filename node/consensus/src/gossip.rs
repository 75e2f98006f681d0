//! Attestations on the network: `/<genesis>/attest/1`, one message an attestation, each checked
//! before it is passed on. Peers that send bad ones lose reputation, in proportion to what the check
//! cost us and to how sure we are that it was no accident.

use crate::{
	pool::{is_old, AttestationPool, Outcome},
	Metrics,
};
use codec::DecodeAll;
use futures::channel::mpsc;
use parking_lot::Mutex;
use polkadot_sdk::{
	sc_network::{
		config::{NonReservedPeerMode, SetConfig},
		peer_store::PeerStoreProvider,
		service::NotificationMetrics,
		NetworkBackend, NotificationService, ProtocolName, ReputationChange,
	},
	sc_network_gossip::{MessageIntent, ValidationResult, Validator, ValidatorContext},
	sc_network_types::PeerId,
	sp_runtime::traits::{Block as BlockT, Hash as HashT, HashingFor},
};
use sp_consensus_pouw::{EquivocationProof, GossipMessage, Slot};
use std::sync::Arc;

/// The most bytes of a message. An attestation takes 137.
pub const MAX_MESSAGE_BYTES: usize = 256;

/// What the transport lets through, so that whoever sends a little more is known and punished. A node
/// of the network tests sends more than others let through.
const MAX_NOTIFICATION_BYTES: usize =
	if cfg!(feature = "test-faults") { 1024 * MAX_MESSAGE_BYTES } else { 4 * MAX_MESSAGE_BYTES };

/// The protocol's name on the chain with this genesis.
pub fn attestation_protocol(genesis_hash: impl AsRef<[u8]>, fork_id: Option<&str>) -> ProtocolName {
	let genesis =
		genesis_hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
	match fork_id {
		Some(fork_id) => format!("/{genesis}/{fork_id}/attest/1").into(),
		None => format!("/{genesis}/attest/1").into(),
	}
}

/// The protocol's settings: it goes over the connections that block announcements have opened.
pub fn attestation_peers_set_config<Block, N>(
	protocol: ProtocolName,
	metrics: NotificationMetrics,
	peer_store: Arc<dyn PeerStoreProvider>,
) -> (N::NotificationProtocolConfig, Box<dyn NotificationService>)
where
	Block: BlockT,
	N: NetworkBackend<Block, Block::Hash>,
{
	N::notification_config(
		protocol,
		Vec::new(),
		MAX_NOTIFICATION_BYTES as u64,
		None,
		SetConfig {
			in_peers: 0,
			out_peers: 0,
			reserved_nodes: Vec::new(),
			non_reserved_mode: NonReservedPeerMode::Deny,
		},
		metrics,
		peer_store,
	)
}

/// The one topic: every node wants every attestation.
pub(crate) fn topic<Block: BlockT>() -> Block::Hash {
	HashingFor::<Block>::hash(b"pouw attestations")
}

mod cost {
	use polkadot_sdk::sc_network::ReputationChange as Change;

	/// What no honest node sends: each checks a message before it passes it on. Six of them ban a
	/// peer.
	const LIE: i32 = -(1 << 28);

	/// What an honest node sends when its clock is wrong. A peer that goes on with it is banned: of
	/// what it loses, half is forgiven in two minutes.
	const UNTIMELY: i32 = -(1 << 18);

	pub const MALFORMED: Change = Change::new(LIE, "PoUW: malformed attestation");
	pub const OVERSIZED: Change = Change::new_fatal("PoUW: oversized message");
	pub const BAD_SIGNATURE: Change = Change::new(LIE, "PoUW: bad signature of an attestation");
	/// Little, because a node that is still syncing knows of old sets only.
	pub const STRANGER: Change = Change::new(-20, "PoUW: attestation by nobody of the set");
	pub const FUTURE: Change = Change::new(UNTIMELY, "PoUW: attestation of a slot to come");
	pub const OLD: Change = Change::new(UNTIMELY, "PoUW: attestation of a slot long past");
	pub const KNOWN: Change = Change::new(0, "");
}

mod benefit {
	use polkadot_sdk::sc_network::ReputationChange as Change;

	pub const NEW: Change = Change::new(10, "PoUW: new attestation");
}

/// Checks what peers send.
pub(crate) struct AttestationValidator<Block: BlockT> {
	pub pool: Arc<AttestationPool<Block>>,
	/// The slot that it is now.
	pub now: Box<dyn Fn() -> Slot + Send + Sync>,
	/// Tells the network what to think of a peer.
	pub report: Box<dyn Fn(PeerId, ReputationChange) + Send + Sync>,
	/// Where proofs of equivocations go. Never cloned: each clone would have a place of its own in
	/// the queue.
	pub equivocations: Mutex<mpsc::Sender<EquivocationProof<Block::Hash>>>,
	pub metrics: Option<Metrics>,
}

impl<Block: BlockT> AttestationValidator<Block> {
	/// What to think of the sender, and whether to pass the message on.
	fn check(&self, data: &[u8]) -> (ReputationChange, bool, &'static str) {
		if data.len() > MAX_MESSAGE_BYTES {
			return (cost::OVERSIZED, false, "oversized");
		}
		let Ok(GossipMessage::Attestation(attestation)) = GossipMessage::decode_all(&mut &data[..])
		else {
			return (cost::MALFORMED, false, "malformed");
		};
		match self.pool.add(attestation, (self.now)()) {
			Outcome::Accepted => (benefit::NEW, true, "accepted"),
			Outcome::Equivocation(proof) => {
				// A full queue means that many are being reported already.
				let _ = self.equivocations.lock().try_send(*proof);
				(benefit::NEW, true, "equivocation")
			}
			Outcome::Known => (cost::KNOWN, false, "known"),
			Outcome::Old => (cost::OLD, false, "old"),
			Outcome::Future => (cost::FUTURE, false, "future"),
			Outcome::Stranger => (cost::STRANGER, false, "stranger"),
			Outcome::BadSignature => (cost::BAD_SIGNATURE, false, "bad_signature"),
		}
	}
}

impl<Block: BlockT> Validator<Block> for AttestationValidator<Block> {
	fn validate(
		&self,
		_: &mut dyn ValidatorContext<Block>,
		sender: &PeerId,
		data: &[u8],
	) -> ValidationResult<Block::Hash> {
		let (change, keep, outcome) = self.check(data);
		if let Some(metrics) = &self.metrics {
			metrics.note_attestation(outcome);
		}
		if change.value != 0 {
			(self.report)(*sender, change);
		}
		if keep {
			ValidationResult::ProcessAndKeep(topic::<Block>())
		} else {
			ValidationResult::Discard
		}
	}

	/// Nothing is sent to a peer that has it: the engine would send all that is kept again and again.
	fn message_allowed<'a>(
		&'a self,
	) -> Box<dyn FnMut(&PeerId, MessageIntent, &Block::Hash, &[u8]) -> bool + 'a> {
		Box::new(|_, intent, _, _| intent != MessageIntent::PeriodicRebroadcast)
	}

	fn message_expired<'a>(&'a self) -> Box<dyn FnMut(Block::Hash, &[u8]) -> bool + 'a> {
		let now = (self.now)();
		Box::new(move |_, data| match GossipMessage::<Block::Hash>::decode_all(&mut &data[..]) {
			Ok(GossipMessage::Attestation(attestation)) => is_old(attestation.slot, now),
			Err(_) => true,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::{attest, hash, public, Block, NoContext, GENESIS};
	use codec::Encode;

	struct Peer {
		validator: AttestationValidator<Block>,
		reports: Arc<Mutex<Vec<i32>>>,
		proofs: mpsc::Receiver<EquivocationProof<polkadot_sdk::sp_core::H256>>,
	}

	fn peer() -> Peer {
		let pool = AttestationPool::new(GENESIS);
		pool.note_sets([public(1)], [], 100.into());
		let reports = Arc::new(Mutex::new(Vec::new()));
		let (equivocations, proofs) = mpsc::channel(1);
		let noted = reports.clone();
		let validator = AttestationValidator {
			pool,
			now: Box::new(|| 100.into()),
			report: Box::new(move |_, change| noted.lock().push(change.value)),
			equivocations: Mutex::new(equivocations),
			metrics: None,
		};
		Peer { validator, reports, proofs }
	}

	impl Peer {
		fn sends(&self, data: &[u8]) -> bool {
			let verdict = self.validator.validate(&mut NoContext, &PeerId::random(), data);
			matches!(verdict, ValidationResult::ProcessAndKeep(_))
		}

		fn attests(
			&self,
			attestation: sp_consensus_pouw::Attestation<polkadot_sdk::sp_core::H256>,
		) -> bool {
			self.sends(&GossipMessage::Attestation(attestation).encode())
		}

		fn last_report(&self) -> Option<i32> {
			self.reports.lock().last().copied()
		}
	}

	#[test]
	fn good_ones_are_passed_on_and_thanked() {
		let peer = peer();
		assert!(peer.attests(attest(1, 100, hash(1))));
		assert_eq!(peer.last_report(), Some(10));
		assert!(!peer.attests(attest(1, 100, hash(1))));
		assert_eq!(peer.reports.lock().len(), 1);
	}

	#[test]
	fn oversized_malformed_and_forged_ones_cost_the_sender() {
		let peer = peer();
		assert!(!peer.sends(&[0; MAX_MESSAGE_BYTES + 1]));
		assert_eq!(peer.last_report(), Some(i32::MIN));
		let good = GossipMessage::Attestation(attest(1, 100, hash(1))).encode();
		for malformed in [&[][..], &[9], &good[..good.len() - 1], &[&good[..], &[0]].concat()] {
			assert!(!peer.sends(malformed));
			assert_eq!(peer.last_report(), Some(-(1 << 28)));
		}
		for (bad, report) in [
			(
				sp_consensus_pouw::Attestation { slot: 99.into(), ..attest(1, 100, hash(1)) },
				-(1 << 28),
			),
			(attest(2, 100, hash(1)), -20),
			(attest(1, 102, hash(1)), -(1 << 18)),
			(attest(1, 1, hash(1)), -(1 << 18)),
		] {
			assert!(!peer.attests(bad));
			assert_eq!(peer.last_report(), Some(report));
		}
	}

	#[test]
	fn equivocation_is_handed_on_once_and_a_full_queue_harms_nobody() {
		let mut peer = peer();
		for slot in 90..100 {
			assert!(peer.attests(attest(1, slot, hash(1))));
			assert!(peer.attests(attest(1, slot, hash(2))));
			assert!(!peer.attests(attest(1, slot, hash(3))));
		}
		let proofs: Vec<_> = std::iter::from_fn(|| peer.proofs.try_recv().ok()).collect();
		// As long as the channel is, and a place for its one sender.
		assert_eq!(proofs.len(), 2);
		assert!(proofs.iter().all(|proof| proof.verify(&GENESIS)));
	}

	#[test]
	fn nobody_gets_again_what_it_has() {
		let peer = peer();
		let mut allowed = peer.validator.message_allowed();
		let mut sends = |intent| allowed(&PeerId::random(), intent, &topic::<Block>(), &[]);
		assert!(sends(MessageIntent::Broadcast), "it is new to the peer");
		assert!(!sends(MessageIntent::PeriodicRebroadcast));
	}

	#[test]
	fn messages_expire_with_their_slot() {
		let peer = peer();
		let mut expired = peer.validator.message_expired();
		let message = |slot| GossipMessage::Attestation(attest(1, slot, hash(1))).encode();
		assert!(!expired(topic::<Block>(), &message(68)));
		assert!(expired(topic::<Block>(), &message(67)));
		assert!(expired(topic::<Block>(), &[1, 2]));
	}

	#[test]
	fn the_protocol_is_named_after_the_chain() {
		assert_eq!(attestation_protocol([0xab, 1], None), "/ab01/attest/1".into());
		assert_eq!(attestation_protocol([0xab, 1], Some("x")), "/ab01/x/attest/1".into());
		assert!(
			GossipMessage::Attestation(attest(1, 1, hash(1))).encode().len() <= MAX_MESSAGE_BYTES
		);
	}
}
