//! Puts the node together. What the parts do is in their crates.

use crate::rpc;
use futures::FutureExt;
use mbongo_primitives::{time, Hash, OpaqueBlock as Block};
use mbongo_runtime::RuntimeApi;
use polkadot_sdk::{
	sc_authority_discovery, sc_basic_authorship,
	sc_client_api::{Backend as _, BlockBackend},
	sc_consensus_babe::{self, BabeLink, BabeWorkerHandle, SlotProportion},
	sc_consensus_grandpa as grandpa,
	sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging,
	sc_executor::WasmExecutor,
	sc_network::{
		config::FullNetworkConfiguration, event::Event, service::traits::NetworkService, Multiaddr,
		NetworkBackend, NetworkEventStream,
	},
	sc_network_sync::SyncingService,
	sc_offchain,
	sc_service::{
		self, error::Error as ServiceError, Configuration, PartialComponents, TaskManager,
		WarpSyncConfig,
	},
	sc_telemetry::{Telemetry, TelemetryHandle, TelemetryWorker},
	sc_transaction_pool::TransactionPoolHandle,
	sc_transaction_pool_api::OffchainTransactionPoolFactory,
	sp_api::ProvideRuntimeApi,
	sp_consensus_babe::{inherents::InherentDataProvider as SlotProvider, BabeApi, SlotDuration},
	sp_core::crypto::KeyTypeId,
	sp_inherents::CreateInherentDataProviders,
	sp_io, sp_timestamp,
};
use sc_consensus_pouw::{
	attestation_peers_set_config, attestation_protocol, parent_attestations, run_attestations,
	AttestationParams, AttestationPool, HeaviestChain, Metrics, PouwBlockImport,
};
use std::{error::Error as StdError, sync::Arc, time::Duration};

/// The client.
pub type Client =
	sc_service::TFullClient<Block, RuntimeApi, WasmExecutor<sp_io::SubstrateHostFunctions>>;
/// The database.
pub type Backend = sc_service::TFullBackend<Block>;
/// Which chain counts.
pub type SelectChain = HeaviestChain<Backend, Block>;
/// The pool of transactions.
pub type TransactionPool = TransactionPoolHandle<Block, Client>;

type GrandpaImport = grandpa::GrandpaBlockImport<Backend, Block, Client, SelectChain>;
type PouwImport = PouwBlockImport<Client, GrandpaImport>;
type BabeImport =
	sc_consensus_babe::BabeBlockImport<Block, Client, PouwImport, SlotAndTime, SelectChain>;

/// How often at least GRANDPA makes a justification that warp sync can start from.
const JUSTIFICATION_PERIOD: u32 = 512;

/// What consensus needs beside the parts that every node has.
pub struct Consensus {
	babe_import: BabeImport,
	babe_link: BabeLink<Block>,
	babe_worker: BabeWorkerHandle<Block>,
	grandpa_link: grandpa::LinkHalf<Block, Client, SelectChain>,
	metrics: Option<Metrics>,
	telemetry: Option<Telemetry>,
}

type Partial = PartialComponents<
	Client,
	Backend,
	SelectChain,
	polkadot_sdk::sc_consensus::DefaultImportQueue<Block>,
	TransactionPool,
	Consensus,
>;

/// What every block is checked against: the time, and the slot that it is.
#[derive(Clone)]
pub struct SlotAndTime(SlotDuration);

impl SlotAndTime {
	fn now(&self) -> (SlotProvider, sp_timestamp::InherentDataProvider) {
		let time = sp_timestamp::InherentDataProvider::from_system_time();
		(SlotProvider::from_timestamp_and_slot_duration(*time, self.0), time)
	}
}

#[async_trait::async_trait]
impl CreateInherentDataProviders<Block, ()> for SlotAndTime {
	type InherentDataProviders = (SlotProvider, sp_timestamp::InherentDataProvider);

	async fn create_inherent_data_providers(
		&self,
		_: Hash,
		_: (),
	) -> Result<Self::InherentDataProviders, Box<dyn StdError + Send + Sync>> {
		Ok(self.now())
	}
}

/// The parts that sub-commands need too.
pub fn new_partial(config: &Configuration) -> Result<Partial, ServiceError> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, polkadot_sdk::sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			sc_service::new_wasm_executor(&config.executor),
			Vec::new(),
		)?;
	let client = Arc::new(client);
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});
	let telemetry_handle = telemetry.as_ref().map(Telemetry::handle);
	let registry = config.prometheus_registry();

	sc_consensus_pouw::check_version(&*backend).map_err(other)?;
	sc_consensus_pouw::register_pruning(&client);
	let select_chain = HeaviestChain::new(backend.clone());
	let transaction_pool = Arc::new(
		polkadot_sdk::sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(registry)
		.build(),
	);

	// BABE(PoUW(GRANDPA(client))): BABE checks, PoUW decides, GRANDPA imports.
	let (grandpa_import, grandpa_link) = grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry_handle.clone(),
	)?;
	let metrics = Metrics::register(registry);
	let pouw_import =
		PouwBlockImport::new(client.clone(), grandpa_import.clone(), metrics.clone());
	let babe_config = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe_config.slot_duration();
	let (babe_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		pouw_import,
		client.clone(),
		SlotAndTime(slot_duration),
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(transaction_pool.clone()),
	)?;
	let (import_queue, babe_worker) =
		sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
			link: babe_link.clone(),
			block_import: babe_import.clone(),
			justification_import: Some(Box::new(grandpa_import)),
			client: client.clone(),
			slot_duration,
			spawner: &task_manager.spawn_essential_handle(),
			registry,
			telemetry: telemetry_handle,
		})?;

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: Consensus {
			babe_import,
			babe_link,
			babe_worker,
			grandpa_link,
			metrics,
			telemetry,
		},
	})
}

/// The whole node, running.
pub fn new_full<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
) -> Result<TaskManager, ServiceError> {
	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other:
			Consensus { babe_import, babe_link, babe_worker, grandpa_link, metrics, mut telemetry },
	} = new_partial(&config)?;
	let registry = config.prometheus_registry().cloned();
	let genesis_hash =
		client.block_hash(0)?.ok_or_else(|| ServiceError::Other("there is no genesis".into()))?;
	let fork_id = config.chain_spec.fork_id();

	let mut net_config =
		FullNetworkConfiguration::<_, _, N>::new(&config.network, registry.clone());
	let peer_store = net_config.peer_store_handle();
	let net_metrics = N::register_notification_metrics(registry.as_ref());
	let grandpa_protocol =
		grandpa::protocol_standard_name(&genesis_hash, &config.chain_spec);
	let (grandpa_config, grandpa_notifications) = grandpa::grandpa_peers_set_config::<_, N>(
		grandpa_protocol.clone(),
		net_metrics.clone(),
		peer_store.clone(),
	);
	net_config.add_notification_protocol(grandpa_config);
	let attestations = attestation_protocol(genesis_hash, fork_id);
	let (attestation_config, attestation_notifications) =
		attestation_peers_set_config::<Block, N>(
			attestations.clone(),
			net_metrics.clone(),
			peer_store,
		);
	net_config.add_notification_protocol(attestation_config);

	let warp_sync = Arc::new(grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		Vec::new(),
	));
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay: None,
			metrics: net_metrics,
			gap_sync_body_policy: None,
		})?;

	if config.offchain_worker.enabled {
		spawn_offchain_workers(
			&config,
			&task_manager,
			client.clone(),
			backend.clone(),
			transaction_pool.clone(),
			network.clone(),
			keystore_container.keystore(),
		)?;
	}

	let role = config.role;
	let name = config.network.node_name.clone();
	let grandpa_enabled = !config.disable_grandpa;
	let force_authoring = config.force_authoring;
	let public_addresses = config.network.public_addresses.clone();
	let publish_non_global_ips = config.network.allow_non_globals_in_dht;
	let attested_slots =
		config.base_path.config_dir(config.chain_spec.id()).join("attested-slots");
	let keystore = keystore_container.keystore();
	let slot_duration = babe_link.config().slot_duration();
	let voter_state = grandpa::SharedVoterState::empty();
	let rpc_builder = {
		let (client, pool) = (client.clone(), transaction_pool.clone());
		let (select_chain, keystore) = (select_chain.clone(), keystore.clone());
		let chain_spec = config.chain_spec.cloned_box();
		let voter_state = voter_state.clone();
		let authority_set = grandpa_link.shared_authority_set().clone();
		let justifications = grandpa_link.justification_stream();
		let finality_proofs = grandpa::FinalityProofProvider::new_for_service(
			backend.clone(),
			Some(authority_set.clone()),
		);
		Box::new(move |executor| {
			rpc::create(rpc::Deps {
				client: client.clone(),
				pool: pool.clone(),
				select_chain: select_chain.clone(),
				chain_spec: chain_spec.cloned_box(),
				keystore: keystore.clone(),
				babe_worker: babe_worker.clone(),
				voter_state: voter_state.clone(),
				authority_set: authority_set.clone(),
				justifications: justifications.clone(),
				finality_proofs: finality_proofs.clone(),
				executor,
			})
			.map_err(|error| ServiceError::Application(error))
		})
	};
	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		config,
		client: client.clone(),
		backend,
		task_manager: &mut task_manager,
		keystore: keystore.clone(),
		transaction_pool: transaction_pool.clone(),
		rpc_builder,
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;
	let telemetry = telemetry.as_ref().map(Telemetry::handle);

	let pool_of_attestations = AttestationPool::<Block>::new(genesis_hash);
	if role.is_authority() {
		spawn_babe(
			&task_manager,
			client.clone(),
			select_chain.clone(),
			transaction_pool.clone(),
			sync_service.clone(),
			(babe_import, babe_link),
			pool_of_attestations.clone(),
			keystore.clone(),
			force_authoring,
			(registry.as_ref(), telemetry.clone()),
		)?;
		spawn_authority_discovery(
			&task_manager,
			client.clone(),
			network.clone(),
			keystore.clone(),
			(public_addresses, publish_non_global_ips),
			registry.clone(),
		);
	}

	let attesting = run_attestations(AttestationParams {
		client,
		keystore: role.is_authority().then(|| keystore.clone()),
		attested_slots,
		pool: pool_of_attestations,
		slot_duration,
		network: network.clone(),
		sync: sync_service.clone(),
		notification_service: attestation_notifications,
		protocol: attestations,
		offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool.clone()),
		metrics,
		prometheus_registry: registry.clone(),
	});
	task_manager.spawn_essential_handle().spawn_blocking(
		"pouw-attestations",
		Some("pouw"),
		attesting.map(|ended| {
			if let Err(error) = ended {
				log::error!("Attesting has stopped: {error}");
			}
		}),
	);

	if grandpa_enabled {
		let config = grandpa::Config {
			gossip_duration: Duration::from_millis(time::SLOT_MILLIS / 9),
			justification_generation_period: JUSTIFICATION_PERIOD,
			name: Some(name),
			observer_enabled: false,
			keystore: role.is_authority().then_some(keystore),
			local_role: role,
			telemetry: telemetry.clone(),
			protocol_name: grandpa_protocol,
		};
		let voter = grandpa::run_grandpa_voter(grandpa::GrandpaParams {
			config,
			link: grandpa_link,
			network,
			sync: sync_service,
			notification_service: grandpa_notifications,
			voting_rule: grandpa::VotingRulesBuilder::default().build(),
			prometheus_registry: registry,
			shared_voter_state: voter_state,
			telemetry,
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
		})?;
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("grandpa-voter", Some("grandpa"), voter);
	}
	Ok(task_manager)
}

fn spawn_offchain_workers(
	config: &Configuration,
	task_manager: &TaskManager,
	client: Arc<Client>,
	backend: Arc<Backend>,
	transaction_pool: Arc<TransactionPool>,
	network: Arc<dyn NetworkService>,
	keystore: polkadot_sdk::sp_keystore::KeystorePtr,
) -> Result<(), ServiceError> {
	let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
		runtime_api_provider: client.clone(),
		keystore: Some(keystore),
		offchain_db: backend.offchain_storage(),
		transaction_pool: Some(OffchainTransactionPoolFactory::new(transaction_pool)),
		network_provider: Arc::new(network),
		is_validator: config.role.is_authority(),
		enable_http_requests: false,
		custom_extensions: |_| Vec::new(),
	})?;
	task_manager.spawn_handle().spawn(
		"offchain-workers-runner",
		"offchain-worker",
		workers.run(client, task_manager.spawn_handle()).boxed(),
	);
	Ok(())
}

#[allow(clippy::too_many_arguments)] // each is another part of the node
fn spawn_babe(
	task_manager: &TaskManager,
	client: Arc<Client>,
	select_chain: SelectChain,
	transaction_pool: Arc<TransactionPool>,
	sync_service: Arc<SyncingService<Block>>,
	(block_import, babe_link): (BabeImport, BabeLink<Block>),
	attestations: Arc<AttestationPool<Block>>,
	keystore: polkadot_sdk::sp_keystore::KeystorePtr,
	force_authoring: bool,
	(registry, telemetry): (
		Option<&polkadot_sdk::substrate_prometheus_endpoint::Registry>,
		Option<TelemetryHandle>,
	),
) -> Result<(), ServiceError> {
	let env = sc_basic_authorship::ProposerFactory::new(
		task_manager.spawn_handle(),
		client.clone(),
		transaction_pool,
		registry,
		telemetry.clone(),
	);
	let slot_and_time = SlotAndTime(babe_link.config().slot_duration());
	let of_parent = client.clone();
	let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
		keystore,
		client,
		select_chain,
		env,
		block_import,
		sync_oracle: sync_service.clone(),
		justification_sync_link: sync_service,
		create_inherent_data_providers: move |parent, ()| {
			let (slot, time) = slot_and_time.now();
			let included = parent_attestations(&*of_parent, &attestations, parent);
			async move {
				let included = included
					.map_err(|error| Box::new(error) as Box<dyn StdError + Send + Sync>)?;
				Ok((slot, time, included))
			}
		},
		force_authoring,
		backoff_authoring_blocks: Some(BackoffAuthoringOnFinalizedHeadLagging {
			unfinalized_slack: time::UNFINALISED_SLACK,
			..Default::default()
		}),
		babe_link,
		block_proposal_slot_portion: SlotProportion::new(0.5),
		max_block_proposal_slot_portion: None,
		telemetry,
	})?;
	task_manager
		.spawn_essential_handle()
		.spawn_blocking("babe-proposer", Some("block-authoring"), babe);
	Ok(())
}

fn spawn_authority_discovery(
	task_manager: &TaskManager,
	client: Arc<Client>,
	network: Arc<dyn NetworkService>,
	keystore: polkadot_sdk::sp_keystore::KeystorePtr,
	(public_addresses, publish_non_global_ips): (Vec<Multiaddr>, bool),
	registry: Option<polkadot_sdk::substrate_prometheus_endpoint::Registry>,
) {
	let dht_events = futures::StreamExt::filter_map(
		network.event_stream("authority-discovery"),
		|event| async move {
			match event {
				Event::Dht(event) => Some(event),
				_ => None,
			}
		},
	);
	let (worker, _service) = sc_authority_discovery::new_worker_and_service_with_config(
		sc_authority_discovery::WorkerConfig {
			publish_non_global_ips,
			public_addresses,
			..Default::default()
		},
		client,
		Arc::new(network),
		Box::pin(dht_events),
		sc_authority_discovery::Role::PublishAndDiscover(keystore),
		registry,
		task_manager.spawn_handle(),
	);
	task_manager
		.spawn_handle()
		.spawn("authority-discovery-worker", Some("networking"), worker.run());
}

fn other(error: sc_consensus_pouw::Error) -> ServiceError {
	ServiceError::Application(Box::new(error))
}
