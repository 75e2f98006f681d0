//! A node that lies when a test tells it to, built with the feature `test-faults` only. What it says
//! is made by the test, so that the check of it is not written twice by the same hand.

use crate::{layers::BabeImport, protocols::Protocols};
use async_trait::async_trait;
use futures::{
	channel::mpsc,
	future::{select, Either},
	StreamExt,
};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use mbongo_primitives::OpaqueBlock as Block;
use polkadot_sdk::{
	sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult},
	sc_network::{
		error::Error as NetworkError,
		service::traits::{MessageSink, NotificationEvent},
		NotificationService, ProtocolName,
	},
	sc_network_types::PeerId,
	sp_application_crypto::AppCrypto,
	sp_consensus::{BlockOrigin, Error as ConsensusError},
	sp_consensus_babe::{digests::CompatibleDigestItem, AuthorityId, AuthoritySignature},
	sp_core::Bytes,
	sp_keystore::KeystorePtr,
	sp_runtime::{
		traits::{BlakeTwo256, Hash, Header},
		DigestItem,
	},
};
use sp_consensus_pouw::{find_weight_log, PouwLog, WeightLog, POUW_ENGINE_ID};
use std::{
	collections::HashSet,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
};

/// What a test can make the node do.
#[rpc(server, namespace = "test")]
pub trait FaultsApi {
	/// Says these bytes to all peers on GRANDPA's protocol.
	#[method(name = "sayOnGrandpa")]
	fn say_on_grandpa(&self, message: Bytes) -> RpcResult<()>;

	/// Says these bytes to all peers on the protocol of attestations.
	#[method(name = "sayOnAttest")]
	fn say_on_attest(&self, message: Bytes) -> RpcResult<()>;

	/// The next block that this node writes claims useful work that nobody did.
	#[method(name = "forgeWeight")]
	fn forge_weight(&self) -> RpcResult<()>;
}

/// The faults of a node.
#[derive(Clone)]
pub struct Faults {
	grandpa: mpsc::UnboundedSender<Vec<u8>>,
	attest: mpsc::UnboundedSender<Vec<u8>>,
	forge_weight: Arc<AtomicBool>,
}

impl Faults {
	/// Wraps both protocols, so that a test can say something on them.
	pub fn wrap(protocols: Protocols) -> (Protocols, Self) {
		let (grandpa_end, grandpa) = Injector::wrap(protocols.grandpa.1);
		let (attest_end, attest) = Injector::wrap(protocols.attestations.1);
		let protocols = Protocols {
			grandpa: (protocols.grandpa.0, grandpa_end),
			attestations: (protocols.attestations.0, attest_end),
		};
		(protocols, Self { grandpa, attest, forge_weight: Default::default() })
	}

	/// An import of own blocks that forges them when it is told to.
	pub fn forging(&self, import: BabeImport, keystore: KeystorePtr) -> ForgingImport {
		ForgingImport { import, keystore, forge_weight: self.forge_weight.clone() }
	}
}

impl FaultsApiServer for Faults {
	fn say_on_grandpa(&self, message: Bytes) -> RpcResult<()> {
		self.grandpa.unbounded_send(message.0).expect("the protocol runs as long as the node");
		Ok(())
	}

	fn say_on_attest(&self, message: Bytes) -> RpcResult<()> {
		self.attest.unbounded_send(message.0).expect("the protocol runs as long as the node");
		Ok(())
	}

	fn forge_weight(&self) -> RpcResult<()> {
		self.forge_weight.store(true, Ordering::SeqCst);
		Ok(())
	}
}

/// A protocol's end that also sends what a test gives it.
#[derive(Debug)]
struct Injector {
	inner: Box<dyn NotificationService>,
	peers: HashSet<PeerId>,
	messages: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl Injector {
	fn wrap(
		inner: Box<dyn NotificationService>,
	) -> (Box<dyn NotificationService>, mpsc::UnboundedSender<Vec<u8>>) {
		let (sender, messages) = mpsc::unbounded();
		(Box::new(Self { inner, peers: HashSet::new(), messages }), sender)
	}
}

#[async_trait]
impl NotificationService for Injector {
	async fn next_event(&mut self) -> Option<NotificationEvent> {
		loop {
			let event = match select(self.inner.next_event(), self.messages.next()).await {
				Either::Left((event, _)) => Ok(event),
				Either::Right((message, _)) => Err(message?),
			};
			match event {
				Ok(event) => {
					match &event {
						Some(NotificationEvent::NotificationStreamOpened { peer, .. }) => {
							self.peers.insert(*peer);
						}
						Some(NotificationEvent::NotificationStreamClosed { peer }) => {
							self.peers.remove(peer);
						}
						_ => {}
					}
					return event;
				}
				Err(message) => {
					for peer in &self.peers {
						self.inner.send_sync_notification(peer, message.clone());
					}
				}
			}
		}
	}

	async fn open_substream(&mut self, peer: PeerId) -> Result<(), ()> {
		self.inner.open_substream(peer).await
	}

	async fn close_substream(&mut self, peer: PeerId) -> Result<(), ()> {
		self.inner.close_substream(peer).await
	}

	fn send_sync_notification(&mut self, peer: &PeerId, notification: Vec<u8>) {
		self.inner.send_sync_notification(peer, notification)
	}

	async fn send_async_notification(
		&mut self,
		peer: &PeerId,
		notification: Vec<u8>,
	) -> Result<(), NetworkError> {
		self.inner.send_async_notification(peer, notification).await
	}

	async fn set_handshake(&mut self, handshake: Vec<u8>) -> Result<(), ()> {
		self.inner.set_handshake(handshake).await
	}

	fn try_set_handshake(&mut self, handshake: Vec<u8>) -> Result<(), ()> {
		self.inner.try_set_handshake(handshake)
	}

	fn clone(&mut self) -> Result<Box<dyn NotificationService>, ()> {
		self.inner.clone()
	}

	fn protocol(&self) -> &ProtocolName {
		self.inner.protocol()
	}

	fn message_sink(&self, peer: &PeerId) -> Option<Box<dyn MessageSink>> {
		self.inner.message_sink(peer)
	}
}

/// An import of own blocks that forges them when it is told to.
pub struct ForgingImport {
	import: BabeImport,
	keystore: KeystorePtr,
	forge_weight: Arc<AtomicBool>,
}

#[async_trait]
impl BlockImport<Block> for ForgingImport {
	type Error = ConsensusError;

	async fn check_block(
		&self,
		block: BlockCheckParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		self.import.check_block(block).await
	}

	async fn import_block(
		&self,
		mut block: BlockImportParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		if block.origin == BlockOrigin::Own && self.forge_weight.swap(false, Ordering::SeqCst) {
			self.forge(&mut block);
		}
		self.import.import_block(block).await
	}
}

impl ForgingImport {
	/// Claims as much useful work as a block may, and seals it anew.
	fn forge(&self, block: &mut BlockImportParams<Block>) {
		let honest = find_weight_log(&block.header).expect("the runtime has just written it");
		let pouw = (honest.base + honest.attestation) / 3;
		let forged = WeightLog { pouw, total_pouw_score: pouw.into(), provider_count: 1, ..honest };
		for item in &mut block.header.digest_mut().logs {
			if matches!(item, DigestItem::Consensus(POUW_ENGINE_ID, _)) {
				*item = PouwLog::Weight(forged.clone()).into();
			}
		}
		let keys = self.keystore.sr25519_public_keys(AuthorityId::ID);
		let key = keys.first().expect("an author has a key");
		let hash = BlakeTwo256::hash_of(&block.header);
		let signature = self
			.keystore
			.sr25519_sign(AuthorityId::ID, key, hash.as_ref())
			.expect("the keystore works")
			.expect("it has the key");
		block.post_digests = vec![<DigestItem as CompatibleDigestItem>::babe_seal(
			AuthoritySignature::from(signature),
		)];
		block.post_hash = None;
		log::warn!("A forged block of weight {}: {:?}", forged.weight().total(), block.post_hash());
	}
}
