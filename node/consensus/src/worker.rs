//! Attests each new best block, and reports authorities that attest or write two blocks of one slot.

use crate::{
	attester::Attester,
	authors::HeaderPair,
	gossip::{topic, AttestationValidator},
	pool::{is_old, Outcome},
	AttestationPool, AttestedSlots, Error, Metrics, LOG_TARGET, REPORT_QUEUE,
};
use codec::Encode;
use futures::{channel::mpsc, select, StreamExt};
use parking_lot::Mutex;
use polkadot_sdk::{
	sc_client_api::{BlockBackend, BlockchainEvents},
	sc_network::{NotificationService, ProtocolName},
	sc_network_gossip::{GossipEngine, Network, Syncing},
	sc_transaction_pool_api::OffchainTransactionPoolFactory,
	sp_api::{ApiError, ApiExt, ApiRef, ProvideRuntimeApi},
	sp_blockchain::HeaderBackend,
	sp_consensus_babe::{self, BabeApi, SlotDuration},
	sp_core::H256,
	sp_keystore::KeystorePtr,
	sp_runtime::traits::{Block as BlockT, Header as HeaderT},
	sp_timestamp::Timestamp,
};
use sp_consensus_pouw::{
	find_claim, find_slot, Attestation, AuthorityId, EquivocationProof, GossipMessage, PouwApi,
	Slot,
};
use std::sync::Arc;

/// Inherents come first in a block: where the one with attestations must be.
const INHERENTS: usize = 8;

/// What the task needs.
pub struct AttestationParams<Block: BlockT, Client, Network, Sync> {
	/// The client.
	pub client: Arc<Client>,
	/// The keys that may attest, and the slots that they attested; `None` for a node that is no
	/// authority.
	pub keys: Option<(KeystorePtr, AttestedSlots)>,
	/// Shared with the author's inherent.
	pub pool: Arc<AttestationPool<Block>>,
	/// Where authors with two blocks in one slot are heard of.
	pub authors: mpsc::Receiver<HeaderPair<Block::Header>>,
	/// How long a slot takes.
	pub slot_duration: SlotDuration,
	/// The network.
	pub network: Network,
	/// The sync service.
	pub sync: Sync,
	/// The protocol's notifications.
	pub notification_service: Box<dyn NotificationService>,
	/// The protocol.
	pub protocol: ProtocolName,
	/// Through which reports of equivocations reach the transaction pool.
	pub offchain_tx_pool_factory: OffchainTransactionPoolFactory<Block>,
	/// Where attestations are counted.
	pub metrics: Option<Metrics>,
}

/// Attests new best blocks and reports equivocations until the node stops. An error is one that a
/// validator must not run with.
pub async fn run_attestations<Block, Client, N, S>(
	params: AttestationParams<Block, Client, N, S>,
) -> Result<(), Error>
where
	Block: BlockT<Hash = H256>,
	Client: BlockBackend<Block>
		+ BlockchainEvents<Block>
		+ HeaderBackend<Block>
		+ ProvideRuntimeApi<Block>,
	Client::Api: BabeApi<Block> + PouwApi<Block>,
	N: Network<Block> + Clone + Send + Sync + 'static,
	S: Syncing<Block> + Clone + Send + 'static,
{
	let slot_now = move || Slot::from_timestamp(Timestamp::current(), params.slot_duration);
	let (equivocations, mut proofs) = mpsc::channel(REPORT_QUEUE);
	let mut pairs = params.authors;
	let reporting = params.network.clone();
	let validator = AttestationValidator {
		pool: params.pool.clone(),
		now: Box::new(slot_now),
		report: Box::new(move |peer, change| reporting.report_peer(peer, change)),
		equivocations: Mutex::new(equivocations),
		metrics: params.metrics.clone(),
	};
	let mut gossip = GossipEngine::new(
		params.network,
		params.sync,
		params.notification_service,
		params.protocol,
		Arc::new(validator),
		// GRANDPA's has the names of the engine's metrics.
		None,
	);
	let genesis_hash = params.client.info().genesis_hash;
	let mut attester = params.keys.map(|(keystore, attested)| Attester {
		genesis_hash,
		keystore,
		attested,
		pool: params.pool.clone(),
		started: slot_now(),
	});
	let worker = Worker {
		client: params.client,
		pool: params.pool,
		offchain_tx_pool_factory: params.offchain_tx_pool_factory,
		metrics: params.metrics,
	};
	worker.note_sets(worker.client.info().best_hash, slot_now());
	let mut imported = worker.client.import_notification_stream().fuse();
	let mut finalised = worker.client.finality_notification_stream().fuse();
	loop {
		select! {
			block = imported.next() => {
				let Some(block) = block else { return Ok(()) };
				for proof in worker.note_included(block.hash, &block.header, slot_now()) {
					worker.report_attester(proof);
				}
				if !block.is_new_best {
					continue;
				}
				let set = worker.note_sets(block.hash, slot_now());
				let (Some(attester), Ok(slot)) = (&mut attester, find_slot(&block.header)) else {
					continue;
				};
				for attestation in attester.attest(set, block.hash, slot, slot_now())? {
					let message = GossipMessage::Attestation(attestation).encode();
					gossip.gossip_message(topic::<Block>(), message, false);
					worker.note_signed();
				}
			},
			blocks = finalised.next() => {
				let Some(blocks) = blocks else { return Ok(()) };
				for block in blocks.tree_route.iter().chain([&blocks.hash]) {
					worker.note_offences(*block);
				}
			},
			proof = proofs.next() => {
				let Some(proof) = proof else { return Ok(()) };
				worker.report_attester(proof);
			},
			pair = pairs.next() => {
				// The import ends with the node.
				if let Some(pair) = pair {
					worker.report_author(pair);
				}
			},
			_ = gossip => return Ok(()),
		}
	}
}

struct Worker<Block: BlockT, Client> {
	client: Arc<Client>,
	pool: Arc<AttestationPool<Block>>,
	offchain_tx_pool_factory: OffchainTransactionPoolFactory<Block>,
	metrics: Option<Metrics>,
}

impl<Block, Client> Worker<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: BlockBackend<Block> + HeaderBackend<Block> + ProvideRuntimeApi<Block>,
	Client::Api: BabeApi<Block> + PouwApi<Block>,
{
	/// Tells the pool who attests at this block, and after it.
	fn note_sets(&self, at: Block::Hash, now: Slot) -> Vec<AuthorityId> {
		let api = self.client.runtime_api();
		let sets = api.authorities(at).and_then(|set| Ok((set, api.next_authorities(at)?)));
		match sets {
			Ok((set, next)) => {
				let set: Vec<_> = set.into_iter().map(|(authority, _)| authority).collect();
				self.pool.note_sets(set.iter().cloned(), next, now);
				set
			}
			Err(error) => {
				log::warn!(target: LOG_TARGET, "No sets of authorities at {at:?}: {error}");
				Vec::new()
			}
		}
	}

	/// Counts an attestation of ours.
	fn note_signed(&self) {
		if let Some(metrics) = &self.metrics {
			metrics.note_attestation("signed");
		}
	}

	/// Counts what was reported in a final block.
	fn note_offences(&self, at: Block::Hash) {
		let Some(metrics) = &self.metrics else { return };
		for kind in self.client.runtime_api().reported_offences(at).unwrap_or_default() {
			metrics.note_offence(&kind);
		}
	}

	/// Takes the attestations that a block includes into the pool: an author may know of ones that
	/// nobody gossips. Returns the equivocations that they prove.
	fn note_included(
		&self,
		block_hash: Block::Hash,
		header: &Block::Header,
		now: Slot,
	) -> Vec<EquivocationProof<Block::Hash>> {
		let parent_hash = *header.parent_hash();
		let included = || {
			let parent = self.client.header(parent_hash).ok()??;
			let slot = find_slot(&parent).ok()?;
			if is_old(slot, now) {
				return None;
			}
			let api = self.client.runtime_api();
			let body = self.client.block_body(block_hash).ok()??;
			let attestations = body
				.into_iter()
				.take(INHERENTS)
				.find_map(|extrinsic| api.included_attestations(block_hash, extrinsic).ok()?)?;
			let set = self.client.runtime_api().authorities(parent_hash).ok()?;
			Some((slot, attestations, set))
		};
		let Some((slot, attestations, set)) = included() else { return Vec::new() };
		let signers = attestations.signers(set.len()).unwrap_or_default();
		signers
			.into_iter()
			.filter_map(|(index, signature)| {
				let attestation = Attestation {
					slot,
					block_hash: parent_hash,
					authority: set.get(index)?.0.clone(),
					signature: signature.clone(),
				};
				match self.pool.add(attestation, now) {
					Outcome::Equivocation(proof) => Some(*proof),
					_ => None,
				}
			})
			.collect()
	}

	fn report_attester(&self, proof: EquivocationProof<Block::Hash>) {
		let (offender, slot) = (proof.offender.clone(), proof.slot);
		log::warn!(target: LOG_TARGET, "{offender} attested two blocks of slot {slot}");
		let blocks = [proof.first.0, proof.second.0];
		let prove = |api: &Client::Api, at| {
			PouwApi::generate_key_ownership_proof(api, at, slot, offender.clone())
		};
		let outcome = self.report(&blocks, prove, |api, at, owner| {
			PouwApi::submit_report_equivocation_unsigned_extrinsic(api, at, proof, owner)
		});
		log::info!(target: LOG_TARGET, "{offender} for slot {slot}: {outcome}");
	}

	fn report_author(&self, [first, second]: HeaderPair<Block::Header>) {
		let Some(claim) = find_claim(first.digest()) else { return };
		let (slot, index) = (claim.slot(), claim.authority_index());
		let blocks = [first.hash(), second.hash()];
		// One of the two may have been refused, but both are of one epoch.
		let api = self.client.runtime_api();
		let epoch = blocks.iter().find_map(|block| BabeApi::current_epoch(&*api, *block).ok());
		let author = epoch.and_then(|epoch| epoch.authorities.get(index as usize).cloned());
		let Some((offender, _)) = author else { return };
		log::warn!(target: LOG_TARGET, "{offender} wrote two blocks of slot {slot}");
		let prove = |api: &Client::Api, at| {
			BabeApi::generate_key_ownership_proof(api, at, slot, offender.clone())
		};
		let outcome = self.report(&blocks, prove, |api, at, owner| {
			let proof = sp_consensus_babe::EquivocationProof {
				offender: offender.clone(),
				slot,
				first_header: first,
				second_header: second,
			};
			BabeApi::submit_report_equivocation_unsigned_extrinsic(api, at, proof, owner)
		});
		log::info!(target: LOG_TARGET, "{offender} for slot {slot}: {outcome}");
	}

	/// Proves at the best block, or else at the blocks in question, whose session it was, that the
	/// key is a validator's, and hands the report to the pool.
	fn report<Owner>(
		&self,
		blocks: &[Block::Hash],
		prove: impl Fn(&Client::Api, Block::Hash) -> Result<Option<Owner>, ApiError>,
		submit: impl FnOnce(&Client::Api, Block::Hash, Owner) -> Result<Option<()>, ApiError>,
	) -> &'static str {
		let best = self.client.info().best_hash;
		let owner = [best].iter().chain(blocks).find_map(|at| {
			let api: ApiRef<'_, Client::Api> = self.client.runtime_api();
			prove(&api, *at).ok().flatten()
		});
		let Some(owner) = owner else { return "not reported, the key is in no known session" };
		let mut api = self.client.runtime_api();
		api.register_extension(self.offchain_tx_pool_factory.offchain_transaction_pool(best));
		match submit(&api, best, owner) {
			Ok(Some(())) => "reported",
			Ok(None) => "not reported, the transaction pool refused the report",
			Err(error) => {
				log::warn!(target: LOG_TARGET, "The report failed: {error}");
				"not reported"
			}
		}
	}
}
