//! Puts the node together. What the parts do is in their crates.

use crate::{
	checkpoints::{CheckpointParams, Checkpoints, FOLDER},
	guard::{self, Damage, Guard},
	layers::{BabeImport, GrandpaLink, ImportInherents, Layers},
	pool::GatedPool,
	protocols::Protocols,
	receipts::ReceiptIndex,
	replay::Replay,
	rpc,
	snapshot::{ensure_finished, Source},
	tasks::{discovery_config, Attesting, Node},
};
use futures::channel::mpsc;
use mbongo_primitives::{Hash, Header, OpaqueBlock as Block};
use mbongo_runtime::RuntimeApi;
use polkadot_sdk::{
	sc_consensus::DefaultImportQueue,
	sc_consensus_babe::{self, BabeLink, BabeWorkerHandle},
	sc_consensus_grandpa as grandpa,
	sc_executor::WasmExecutor,
	sc_network::{config::FullNetworkConfiguration, NetworkBackend},
	sc_service::{
		self, error::Error as ServiceError, Configuration, KeystoreContainer, PartialComponents,
		TaskManager, WarpSyncConfig,
	},
	sc_storage_monitor::{StorageMonitorParams, StorageMonitorService},
	sc_telemetry::{self, Telemetry, TelemetryHandle, TelemetryWorker},
	sc_transaction_pool,
	sc_transaction_pool_api::OffchainTransactionPoolFactory,
	sp_blockchain::{Error as ClientError, HeaderBackend},
	sp_consensus_babe::{inherents::InherentDataProvider as SlotProvider, SlotDuration},
	sp_io,
	sp_timestamp::InherentDataProvider as TimeProvider,
};
use sc_consensus_pouw::{
	AttestationPool, AttestedSlots, HeaderPair, HeaviestChain, JudgingImport, Metrics,
};
use std::sync::Arc;

/// What runs the runtime.
pub type Executor = WasmExecutor<sp_io::SubstrateHostFunctions>;
/// The client.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub type Backend = sc_service::TFullBackend<Block>;
/// Which chain counts.
pub type SelectChain = HeaviestChain<Backend, Block>;

/// What is wrong with `live` as it is.
const NO_VALIDATORS: &str =
	"This network has no validators, so nobody could write a block. `export-chain-spec \
	--chain live` prints its specification: fill in `session.keys`, `staking.validators` and \
	`balances.balances`, and start the node with that file as its --chain";

/// What consensus needs beside the parts that every node has.
pub struct Consensus {
	pub(crate) babe_import: BabeImport,
	babe_link: BabeLink<Block>,
	pub(crate) babe_worker: BabeWorkerHandle<Block>,
	grandpa_link: GrandpaLink,
	authors: mpsc::Receiver<HeaderPair<Header>>,
	receipts: ReceiptIndex<Client>,
	damage: mpsc::UnboundedReceiver<Damage>,
	metrics: Option<Metrics>,
	telemetry: Option<Telemetry>,
}

/// The parts that importing blocks needs too.
pub type Partial = PartialComponents<
	Client,
	Backend,
	SelectChain,
	DefaultImportQueue<Block>,
	GatedPool,
	Consensus,
>;

/// The database and what reads it, which is all that most sub-commands need.
pub fn new_client(
	config: &Configuration,
	executor: Executor,
	telemetry: Option<TelemetryHandle>,
) -> Result<(Arc<Client>, Arc<Backend>, KeystoreContainer, TaskManager), ServiceError> {
	let (client, backend, keystore, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry,
			executor,
			// Warp sync proofs are made of these blocks.
			vec![Arc::new(grandpa::GrandpaPruningFilter)],
		)
		.map_err(|error| match error {
			ServiceError::Client(ClientError::Backend(reason)) => {
				guard::unreadable(config.database.path(), &reason).into()
			}
			error => error,
		})?;
	let client = Arc::new(client);
	ensure_finished(&client)?;
	sc_consensus_pouw::ensure_version(&*backend).map_err(application_error)?;
	sc_consensus_pouw::register_pruning(&client);
	Ok((client, backend, keystore, task_manager))
}

/// Makes the parts that importing blocks needs too.
pub fn new_partial(config: &Configuration) -> Result<Partial, ServiceError> {
	let registry = config.prometheus_registry();
	let telemetry = new_telemetry(config)?;
	let telemetry_handle = telemetry.as_ref().map(|(_, telemetry)| telemetry.handle());
	let executor = sc_service::new_wasm_executor(&config.executor);
	let (client, backend, keystore_container, task_manager) =
		new_client(config, executor, telemetry_handle)?;
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});

	let select_chain = HeaviestChain::new(backend.clone());
	let pool = sc_transaction_pool::Builder::new(
		task_manager.spawn_essential_handle(),
		client.clone(),
		config.role.is_authority().into(),
	)
	.with_options(config.transaction_pool.clone())
	.with_prometheus(registry)
	.build();
	let transaction_pool =
		Arc::new(GatedPool::new(pool, client.clone(), &task_manager.spawn_handle()));

	let (import_queue, consensus) = new_consensus(
		config,
		&client,
		&backend,
		&select_chain,
		&transaction_pool,
		&task_manager,
		telemetry,
	)?;
	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: consensus,
	})
}

/// The layers of consensus, and the queue that blocks come through.
fn new_consensus(
	config: &Configuration,
	client: &Arc<Client>,
	backend: &Arc<Backend>,
	select_chain: &SelectChain,
	transaction_pool: &Arc<GatedPool>,
	task_manager: &TaskManager,
	telemetry: Option<Telemetry>,
) -> Result<(DefaultImportQueue<Block>, Consensus), ServiceError> {
	let babe_config = sc_consensus_babe::configuration(&**client)
		.map_err(|error| guard::unreadable(config.database.path(), &error.to_string()))?;
	if babe_config.authorities.is_empty() {
		return Err(ServiceError::Other(NO_VALIDATORS.into()));
	}
	let registry = config.prometheus_registry();
	let telemetry_handle = telemetry.as_ref().map(Telemetry::handle);
	let metrics = Metrics::register(registry);
	let Layers { grandpa_import, grandpa_link, pouw_import, receipts, authors } =
		Layers::new(client, select_chain, metrics.clone(), telemetry_handle.clone())?;
	let slot_duration = babe_config.slot_duration();
	let (babe_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		pouw_import,
		client.clone(),
		Arc::new(move |_, ()| async move { Ok(slot_and_time(slot_duration)) }) as ImportInherents,
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(transaction_pool.clone()),
	)?;
	let replay = Replay {
		client: client.clone(),
		backend: backend.clone(),
		executor: sc_service::new_wasm_executor(&config.executor),
		tx_roots: false,
	};
	let (guard, damage) = Guard::new(client.clone(), replay);
	let (import_queue, babe_worker) =
		sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
			link: babe_link.clone(),
			// What peers send is judged before all else.
			block_import: JudgingImport::new(guard, babe_import.clone()),
			justification_import: Some(Box::new(grandpa_import)),
			client: client.clone(),
			slot_duration,
			spawner: &task_manager.spawn_essential_handle(),
			registry,
			telemetry: telemetry_handle,
		})?;

	let consensus = Consensus {
		babe_import,
		babe_link,
		babe_worker,
		grandpa_link,
		authors,
		receipts,
		damage,
		metrics,
		telemetry,
	};
	Ok((import_queue, consensus))
}

/// The whole node, running.
pub fn new_full<N: NetworkBackend<Block, Hash>>(
	mut config: Configuration,
	storage_monitor: StorageMonitorParams,
	checkpoints: CheckpointParams,
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
			Consensus {
				babe_import,
				babe_link,
				babe_worker,
				grandpa_link,
				authors,
				receipts,
				damage,
				metrics,
				mut telemetry,
			},
	} = new_partial(&config)?;
	let registry = config.prometheus_registry().cloned();
	let net_metrics = N::register_notification_metrics(registry.as_ref());
	let mut net_config =
		FullNetworkConfiguration::<_, _, N>::new(&config.network, registry.clone());
	let genesis_hash = client.info().genesis_hash;
	let protocols = Protocols::add(&config, genesis_hash, &mut net_config, &net_metrics);
	#[cfg(feature = "test-faults")]
	let (protocols, faults) = crate::faults::Faults::wrap(protocols);
	let authority_set = grandpa_link.shared_authority_set().clone();
	let warp_sync = Arc::new(grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		authority_set.clone(),
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

	let node = Node {
		role: config.role,
		client: client.clone(),
		keystore: keystore_container.keystore(),
		select_chain: select_chain.clone(),
		transaction_pool: transaction_pool.clone(),
		network: network.clone(),
		sync_service: sync_service.clone(),
		tasks: task_manager.spawn_handle(),
		essential_tasks: task_manager.spawn_essential_handle(),
		registry,
		telemetry: telemetry.as_ref().map(Telemetry::handle),
	};
	if let Some(path) = config.database.path() {
		StorageMonitorService::try_spawn(storage_monitor, path.into(), &node.essential_tasks)
			.map_err(|error| ServiceError::Application(error.into()))?;
	}
	node.spawn_guard(damage, &config);
	if let Some(interval) = checkpoints.checkpoint_interval {
		node.spawn_checkpoints(Checkpoints {
			source: Source::new(
				client.clone(),
				backend.clone(),
				authority_set.clone(),
				&*config.chain_spec,
			)?,
			folder: config.data_path.join(FOLDER),
			interval,
			keep: checkpoints.checkpoint_keep,
		});
	}
	node.spawn_receipts(&backend, receipts.clone(), config.blocks_pruning);
	if config.offchain_worker.enabled {
		node.spawn_offchain_workers(&backend)?;
	}
	let voter_config = node.voter_config(&config, protocols.grandpa.0);
	let discovery_config = discovery_config(&config);
	let force_authoring = config.force_authoring;
	// A validator that cannot read what it attested does not start at all.
	let attested = match node.role.is_authority() {
		true => Some(
			AttestedSlots::open(config.data_path.join("attested-slots"))
				.map_err(application_error)?,
		),
		false => None,
	};
	let voter_state = grandpa::SharedVoterState::empty();
	let finality_proofs = grandpa::FinalityProofProvider::new_for_service(
		backend.clone(),
		Some(authority_set.clone()),
	);
	let rpc = rpc::Deps {
		client: client.clone(),
		backend,
		system: system_rpc_tx,
		sync: sync_service,
		pool: transaction_pool.clone(),
		select_chain,
		chain_spec: config.chain_spec.cloned_box().into(),
		keystore: node.keystore.clone(),
		babe_worker,
		voter_state: voter_state.clone(),
		authority_set,
		justifications: grandpa_link.justification_stream(),
		receipts: receipts.clone(),
		finality_proofs,
		#[cfg(feature = "test-faults")]
		faults: faults.clone(),
	};
	// Before consensus starts, which signs with them.
	node.insert_development_keys(&config)?;
	node.spawn_reports(&config, telemetry.as_mut())?;
	node.spawn_transactions(&config, tx_handler_controller);
	task_manager.keep_alive(rpc::serve(&mut config, rpc)?);
	task_manager.keep_alive(config.base_path);

	let pool = AttestationPool::new(genesis_hash);
	let slot_duration = babe_link.config().slot_duration();
	if node.role.is_authority() {
		#[cfg(feature = "test-faults")]
		let babe_import = faults.forging(babe_import, node.keystore.clone());
		node.spawn_author(babe_import, babe_link, pool.clone(), force_authoring)?;
		node.spawn_authority_discovery(discovery_config);
	}
	node.spawn_attestations(Attesting {
		notifications: protocols.attestations,
		pool,
		authors,
		slot_duration,
		attested,
		metrics,
	});
	if let Some(voter_config) = voter_config {
		node.spawn_voter(voter_config, grandpa_link, protocols.grandpa.1, voter_state)?;
	}
	Ok(task_manager)
}

fn new_telemetry(
	config: &Configuration,
) -> Result<Option<(TelemetryWorker, Telemetry)>, sc_telemetry::Error> {
	let endpoints = config.telemetry_endpoints.clone().filter(|endpoints| !endpoints.is_empty());
	endpoints
		.map(|endpoints| {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()
}

/// What every block is checked against: the slot that it is, and the time.
pub(crate) fn slot_and_time(slot_duration: SlotDuration) -> (SlotProvider, TimeProvider) {
	let time = TimeProvider::from_system_time();
	(SlotProvider::from_timestamp_and_slot_duration(*time, slot_duration), time)
}

fn application_error(error: sc_consensus_pouw::Error) -> ServiceError {
	ServiceError::Application(Box::new(error))
}
