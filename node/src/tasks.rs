//! The parts of a running node that are there or not by role and settings, a function for each.

use crate::{
	checkpoints::Checkpoints,
	guard::Damage,
	layers::{GrandpaLink, JUSTIFICATION_PERIOD},
	pool::GatedPool,
	protocols::Notifications,
	receipts::ReceiptIndex,
	service::{slot_and_time, Backend, Client, SelectChain},
};
use futures::{channel::mpsc, FutureExt, StreamExt};
use mbongo_primitives::{time, BlockNumber, Hash, Header, OpaqueBlock as Block};
use polkadot_sdk::{
	sc_authority_discovery as discovery, sc_basic_authorship,
	sc_client_api::{Backend as _, BlockchainEvents},
	sc_consensus::BlockImport,
	sc_consensus_babe::{self, BabeLink, SlotProportion},
	sc_consensus_grandpa as grandpa,
	sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging,
	sc_informant,
	sc_network::{
		event::Event, service::traits::NetworkService, NetworkEventStream, NotificationService,
		ProtocolName,
	},
	sc_network_sync::SyncingService,
	sc_network_transactions::TransactionsHandlerController,
	sc_offchain,
	sc_service::{
		self, config::PrometheusConfig, error::Error as ServiceError, BlocksPruning, Configuration,
		MetricsService, Role, SpawnEssentialTaskHandle, SpawnTaskHandle,
	},
	sc_sysinfo,
	sc_telemetry::{Telemetry, TelemetryHandle},
	sc_transaction_pool,
	sc_transaction_pool_api::OffchainTransactionPoolFactory,
	sp_blockchain::{Backend as _, HeaderBackend},
	sp_consensus::Error as ConsensusError,
	sp_consensus_babe::SlotDuration,
	sp_keystore::KeystorePtr,
	sp_session,
	substrate_prometheus_endpoint::{self as prometheus, Registry},
};
use sc_consensus_pouw::{
	parent_attestations, run_attestations, AttestationParams, AttestationPool, AttestedSlots,
	HeaderPair, Metrics,
};
use std::{path::Path, sync::Arc, time::Duration};

/// How long a GRANDPA message is expected to take through the network; a round takes some four of it.
const GOSSIP_DURATION: Duration = Duration::from_millis(time::SLOT_MILLIS / 9);

/// The part of a slot in which a block is written: what its transactions may take to execute.
const PROPOSAL_PORTION: f32 = 0.5;

/// What the parts of a running node share.
pub(crate) struct Node {
	pub role: Role,
	pub client: Arc<Client>,
	pub keystore: KeystorePtr,
	pub select_chain: SelectChain,
	pub transaction_pool: Arc<GatedPool>,
	pub network: Arc<dyn NetworkService>,
	pub sync_service: Arc<SyncingService<Block>>,
	pub tasks: SpawnTaskHandle,
	pub essential_tasks: SpawnEssentialTaskHandle,
	pub registry: Option<Registry>,
	pub telemetry: Option<TelemetryHandle>,
}

/// What attesting needs beside.
pub(crate) struct Attesting {
	pub notifications: Notifications,
	pub pool: Arc<AttestationPool<Block>>,
	pub authors: mpsc::Receiver<HeaderPair<Header>>,
	pub slot_duration: SlotDuration,
	pub attested: Option<AttestedSlots>,
	pub metrics: Option<Metrics>,
}

impl Node {
	fn offchain_pool(&self) -> OffchainTransactionPoolFactory<Block> {
		OffchainTransactionPoolFactory::new(self.transaction_pool.clone())
	}

	/// Only authorities sign.
	fn signing_keys(&self) -> Option<KeystorePtr> {
		self.role.is_authority().then(|| self.keystore.clone())
	}

	/// Puts the keys of a development account into the keystore, if the node is to have one's.
	pub fn insert_development_keys(&self, config: &Configuration) -> Result<(), ServiceError> {
		let seeds = config.dev_key_seed.iter().cloned().collect();
		let best = self.client.info().best_hash;
		let keystore = self.keystore.clone();
		sp_session::generate_initial_session_keys(self.client.clone(), best, seeds, keystore)
			.map_err(|error| ServiceError::Application(Box::new(error)))
	}

	/// Tells the pool of blocks, and peers of transactions.
	pub fn spawn_transactions(
		&self,
		config: &Configuration,
		peers: TransactionsHandlerController<Hash>,
	) {
		let blocks = sc_transaction_pool::notification_future(
			self.client.clone(),
			self.transaction_pool.clone(),
			config.transaction_pool.use_all_block_notifications(),
		);
		self.tasks.spawn("txpool-notifications", Some("transaction-pool"), blocks);
		let imported = sc_service::propagate_transaction_notifications(
			self.transaction_pool.clone(),
			peers,
			self.telemetry.clone(),
		);
		self.tasks.spawn("on-transaction-imported", Some("transaction-pool"), imported);
	}

	/// Shows how the node is: in the log, to Prometheus, and to telemetry.
	pub fn spawn_reports(
		&self,
		config: &Configuration,
		telemetry: Option<&mut Telemetry>,
	) -> Result<(), ServiceError> {
		let sysinfo = sc_sysinfo::gather_sysinfo();
		sc_sysinfo::print_sysinfo(&sysinfo);
		let telemetry = telemetry
			.map(|telemetry| {
				sc_service::init_telemetry(
					config.network.node_name.clone(),
					config.impl_name.clone(),
					config.impl_version.clone(),
					config.chain_spec.name().to_string(),
					config.role.is_authority(),
					self.network.clone(),
					self.client.clone(),
					telemetry,
					Some(sysinfo),
				)
			})
			.transpose()?;
		log::info!("📦 Highest known block at #{}", self.client.info().best_number);

		let metrics = match config.prometheus_config.clone() {
			Some(PrometheusConfig { port, registry }) => {
				let metrics = MetricsService::with_prometheus(
					telemetry,
					&registry,
					config.role,
					&config.network.node_name,
					&config.impl_version,
				)?;
				let endpoint = prometheus::init_prometheus(port, registry).map(drop);
				self.tasks.spawn("prometheus-endpoint", None, endpoint);
				metrics
			}
			None => MetricsService::new(telemetry),
		};
		let metrics = metrics.run(
			self.client.clone(),
			self.transaction_pool.clone(),
			self.network.clone(),
			self.sync_service.clone(),
		);
		self.tasks.spawn("telemetry-periodic-send", None, metrics);
		let informant = sc_informant::build(
			self.client.clone(),
			Arc::new(self.network.clone()),
			self.sync_service.clone(),
		);
		self.tasks.spawn("informant", None, informant);
		Ok(())
	}

	pub fn spawn_offchain_workers(&self, backend: &Backend) -> Result<(), ServiceError> {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: self.client.clone(),
			keystore: Some(self.keystore.clone()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(self.offchain_pool()),
			network_provider: Arc::new(self.network.clone()),
			is_validator: self.role.is_authority(),
			enable_http_requests: false,
			custom_extensions: |_| Vec::new(),
		})?;
		let run = workers.run(self.client.clone(), self.tasks.clone());
		self.tasks.spawn("offchain-workers-runner", "offchain-worker", run.boxed());
		Ok(())
	}

	/// Stops the node when its database is damaged.
	pub fn spawn_guard(&self, mut damage: mpsc::UnboundedReceiver<Damage>, config: &Configuration) {
		let path = config.database.path().map(Path::to_owned);
		let guard = async move {
			match damage.next().await {
				Some(damage) => log::error!("{}", damage.message(path.as_deref())),
				// Nobody imports any more: the node stops as it is.
				None => std::future::pending().await,
			}
		};
		// Its end is the node's.
		self.essential_tasks.spawn("database-guard", None, guard);
	}

	/// Writes snapshots as finality goes on.
	pub fn spawn_checkpoints(&self, checkpoints: Checkpoints) {
		let finality = self.client.finality_notification_stream();
		let run = checkpoints.run(self.client.info().finalized_number, finality);
		self.tasks.spawn_blocking("checkpoints", None, run);
	}

	/// Keeps the receipts that a crash has cost, and gives up those of stale and of pruned blocks. The
	/// node runs without them if it must.
	pub fn spawn_receipts(
		&self,
		backend: &Backend,
		index: ReceiptIndex<Client>,
		pruning: BlocksPruning,
	) {
		let leaves = backend.blockchain().leaves();
		match leaves.and_then(|leaves| index.catch_up(leaves, false)) {
			Ok(0) => {}
			Ok(count) => log::info!("Kept the receipts of {count} blocks that had none"),
			Err(error) => log::error!("Some blocks have no receipts: {error}"),
		}
		let keep = match pruning {
			BlocksPruning::Some(blocks) => Some(blocks),
			BlocksPruning::KeepAll | BlocksPruning::KeepFinalized => None,
		};
		let finality = self.client.finality_notification_stream();
		let forgetting = finality.for_each(move |finality| {
			if let Err(error) = index.note_finality(&finality, keep) {
				log::warn!("Receipts of blocks that are gone stay: {error}");
			}
			std::future::ready(())
		});
		self.tasks.spawn_blocking("receipts", None, forgetting);
	}

	pub fn spawn_author(
		&self,
		block_import: impl BlockImport<Block, Error = ConsensusError> + Send + Sync + 'static,
		babe_link: BabeLink<Block>,
		pool: Arc<AttestationPool<Block>>,
		force_authoring: bool,
	) -> Result<(), ServiceError> {
		let env = sc_basic_authorship::ProposerFactory::new(
			self.tasks.clone(),
			self.client.clone(),
			self.transaction_pool.clone(),
			self.registry.as_ref(),
			self.telemetry.clone(),
		);
		let slot_duration = babe_link.config().slot_duration();
		let client = self.client.clone();
		let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
			keystore: self.keystore.clone(),
			client: self.client.clone(),
			select_chain: self.select_chain.clone(),
			env,
			block_import,
			sync_oracle: self.sync_service.clone(),
			justification_sync_link: self.sync_service.clone(),
			create_inherent_data_providers: move |parent, ()| {
				// A block without attestations is better than none.
				let attestations = parent_attestations(&*client, &pool, parent)
					.inspect_err(|error| log::warn!("No attestations of {parent:?}: {error}"))
					.unwrap_or_default();
				let (slot, time) = slot_and_time(slot_duration);
				async move { Ok((slot, time, attestations)) }
			},
			force_authoring,
			backoff_authoring_blocks: Some(backoff()),
			babe_link,
			block_proposal_slot_portion: SlotProportion::new(PROPOSAL_PORTION),
			max_block_proposal_slot_portion: None,
			telemetry: self.telemetry.clone(),
		})?;
		self.essential_tasks.spawn_blocking("babe-proposer", Some("block-authoring"), babe);
		Ok(())
	}

	pub fn spawn_authority_discovery(&self, config: discovery::WorkerConfig) {
		let dht_events =
			self.network.event_stream("authority-discovery").filter_map(|event| async move {
				match event {
					Event::Dht(event) => Some(event),
					_ => None,
				}
			});
		let (worker, _service) = discovery::new_worker_and_service_with_config(
			config,
			self.client.clone(),
			Arc::new(self.network.clone()),
			Box::pin(dht_events),
			discovery::Role::PublishAndDiscover(self.keystore.clone()),
			self.registry.clone(),
			self.tasks.clone(),
		);
		self.tasks.spawn("authority-discovery-worker", Some("networking"), worker.run());
	}

	pub fn spawn_attestations(&self, parts: Attesting) {
		let (protocol, notification_service) = parts.notifications;
		let attesting = run_attestations(AttestationParams {
			client: self.client.clone(),
			keys: self.signing_keys().zip(parts.attested),
			pool: parts.pool,
			authors: parts.authors,
			slot_duration: parts.slot_duration,
			network: self.network.clone(),
			sync: self.sync_service.clone(),
			notification_service,
			protocol,
			offchain_tx_pool_factory: self.offchain_pool(),
			metrics: parts.metrics,
		});
		let attesting = attesting.map(|ended| {
			if let Err(error) = ended {
				log::error!("Attesting has stopped: {error}");
			}
		});
		self.essential_tasks.spawn_blocking("pouw-attestations", Some("pouw"), attesting);
	}

	/// `None` when GRANDPA is switched off.
	pub fn voter_config(
		&self,
		config: &Configuration,
		protocol_name: ProtocolName,
	) -> Option<grandpa::Config> {
		(!config.disable_grandpa).then(|| grandpa::Config {
			gossip_duration: GOSSIP_DURATION,
			justification_generation_period: JUSTIFICATION_PERIOD,
			observer_enabled: false,
			local_role: self.role,
			name: Some(config.network.node_name.clone()),
			keystore: self.signing_keys(),
			telemetry: self.telemetry.clone(),
			protocol_name,
		})
	}

	pub fn spawn_voter(
		&self,
		config: grandpa::Config,
		link: GrandpaLink,
		notification_service: Box<dyn NotificationService>,
		shared_voter_state: grandpa::SharedVoterState,
	) -> Result<(), ServiceError> {
		let voter = grandpa::run_grandpa_voter(grandpa::GrandpaParams {
			config,
			link,
			network: self.network.clone(),
			sync: self.sync_service.clone(),
			notification_service,
			voting_rule: grandpa::VotingRulesBuilder::default().build(),
			prometheus_registry: self.registry.clone(),
			shared_voter_state,
			telemetry: self.telemetry.clone(),
			offchain_tx_pool_factory: self.offchain_pool(),
		})?;
		self.essential_tasks.spawn_blocking("grandpa-voter", Some("grandpa"), voter);
		Ok(())
	}
}

/// Authors wait the longer for their next block the further finality lags: wallets and light clients
/// lose a chain whose head is too far from it.
fn backoff() -> BackoffAuthoringOnFinalizedHeadLagging<BlockNumber> {
	BackoffAuthoringOnFinalizedHeadLagging {
		unfinalized_slack: time::UNFINALISED_SLACK,
		..Default::default()
	}
}

/// How authorities find each other's addresses.
pub(crate) fn discovery_config(config: &Configuration) -> discovery::WorkerConfig {
	discovery::WorkerConfig {
		publish_non_global_ips: config.network.allow_non_globals_in_dht,
		public_addresses: config.network.public_addresses.clone(),
		// There are no nodes of older versions.
		strict_record_validation: true,
		persisted_cache_directory: config.network.net_config_path.clone(),
		..Default::default()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use polkadot_sdk::sc_consensus_slots::BackoffAuthoringBlocksStrategy;

	#[test]
	fn authors_slow_down_while_finality_lags_but_never_stop() {
		// How many slots pass without a block after the head, with so many blocks unfinalised.
		let waits = |lag: BlockNumber| {
			let (head, slot) = (1_000, 5_000);
			let waits = |ahead: &u64| {
				backoff().should_backoff(head, slot.into(), head - lag, (slot + ahead).into(), "")
			};
			(1..).take_while(waits).count()
		};
		assert_eq!([0, 1, 20].map(waits), [0; 3]);
		assert_eq!([22, 24, 30, 60].map(waits), [1, 2, 5, 20]);
		assert_eq!(waits(1_000), 100);
	}
}
