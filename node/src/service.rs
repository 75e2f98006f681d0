//! Puts the node together. What the parts do is in their crates.

use crate::{
	chain_spec,
	checkpoints::{CheckpointParams, Checkpoints, FOLDER},
	command::replay::Replay,
	guard::{self, Damage, Guarded},
	pool::GatedPool,
	protocols::Protocols,
	receipts::{KeepingReceipts, ReceiptIndex},
	rpc,
	snapshot::{voter_state, Snapshot, Source, VOTER_STATE},
	tasks::{discovery_config, Attesting, Node},
};
use futures::channel::mpsc;
use mbongo_primitives::{Hash, Header, OpaqueBlock as Block};
use mbongo_runtime::RuntimeApi;
use polkadot_sdk::{
	sc_client_api::AuxStore,
	sc_consensus::{
		BlockImport, BlockImportParams, DefaultImportQueue, ImportResult, ImportedState,
		StateAction, StorageChanges,
	},
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
	sp_api::ProvideRuntimeApi,
	sp_blockchain::{Error as ClientError, HeaderBackend},
	sp_consensus::{BlockOrigin, Error as ConsensusError},
	sp_consensus_babe::{
		inherents::{BabeCreateInherentDataProviders, InherentDataProvider as SlotProvider},
		SlotDuration,
	},
	sp_consensus_grandpa::GrandpaApi,
	sp_io,
	sp_timestamp::InherentDataProvider as TimeProvider,
};
use sc_consensus_pouw::{
	AttestationPool, AttestedSlots, AuthorWatch, HeaderPair, HeaviestChain, JudgingImport, Metrics,
	PouwBlockImport,
};
use std::{fmt::Display, sync::Arc};

/// What runs the runtime.
pub type Executor = WasmExecutor<sp_io::SubstrateHostFunctions>;
/// The client.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub type Backend = sc_service::TFullBackend<Block>;
/// Which chain counts.
pub type SelectChain = HeaviestChain<Backend, Block>;

type GrandpaImport = grandpa::GrandpaBlockImport<Backend, Block, Client, SelectChain>;
pub(crate) type GrandpaLink = grandpa::LinkHalf<Block, Client, SelectChain>;
type KeepingImport = KeepingReceipts<Client, Guarded<GrandpaImport>>;
pub(crate) type PouwImport = PouwBlockImport<Block, Client, SelectChain, KeepingImport>;
type ImportInherents = BabeCreateInherentDataProviders<Block>;
pub(crate) type BabeImport =
	sc_consensus_babe::BabeBlockImport<Block, Client, PouwImport, ImportInherents, SelectChain>;

/// How often at least GRANDPA makes a justification that warp sync can start from, in blocks.
pub(crate) const JUSTIFICATION_PERIOD: u32 = 512;

/// What consensus needs beside the parts that every node has.
pub struct Consensus {
	babe_import: BabeImport,
	babe_link: BabeLink<Block>,
	pub(crate) babe_worker: BabeWorkerHandle<Block>,
	grandpa_link: GrandpaLink,
	authors: mpsc::Receiver<HeaderPair<Header>>,
	receipts: ReceiptIndex<Client>,
	damage: mpsc::UnboundedReceiver<Damage>,
	metrics: Option<Metrics>,
	telemetry: Option<Telemetry>,
}

impl Consensus {
	/// Begins a fresh chain with a block and its state, as a warp sync does. Neither is checked here.
	pub async fn begin_with(
		&self,
		client: &Client,
		snapshot: Snapshot,
	) -> Result<(), ConsensusError> {
		let (head, state) = snapshot.into_state();
		let (number, hash) = (head.header.number, head.header.hash());
		let mut block = BlockImportParams::new(BlockOrigin::NetworkInitialSync, head.header);
		block.justifications = head.finality.into_justifications();
		block.body = Some(head.body);
		let state = ImportedState { block: hash, state };
		block.state_action = StateAction::ApplyChanges(StorageChanges::Import(state));
		match self.babe_import.import_block(block).await? {
			ImportResult::Imported(_) => (),
			other => return Err(ConsensusError::ClientImport(format!("{other:?}"))),
		}

		let failed = |error: &dyn Display| ConsensusError::ClientImport(error.to_string());
		let api = client.runtime_api();
		let set_id = api.current_set_id(hash).map_err(|error| failed(&error))?;
		let voters = api.grandpa_authorities(hash).map_err(|error| failed(&error))?;
		let voter = voter_state((hash, number), set_id, &voters);
		client.insert_aux(&[(VOTER_STATE, &voter[..])], &[]).map_err(|error| failed(&error))
	}
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
		.map_err(|error| match (error, config.database.path()) {
			(ServiceError::Client(ClientError::Backend(reason)), Some(path)) => {
				guard::unopened(path, &reason).into()
			}
			(error, _) => error,
		})?;
	let client = Arc::new(client);
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

/// The layers under BABE's: PoUW decides, GRANDPA imports, and the receipts are kept.
pub(crate) struct Layers {
	pub grandpa_import: GrandpaImport,
	pub grandpa_link: GrandpaLink,
	pub pouw_import: PouwImport,
	pub receipts: ReceiptIndex<Client>,
	pub authors: mpsc::Receiver<HeaderPair<Header>>,
	pub damage: mpsc::UnboundedReceiver<Damage>,
}

impl Layers {
	pub fn new(
		client: &Arc<Client>,
		backend: &Arc<Backend>,
		select_chain: &SelectChain,
		metrics: Option<Metrics>,
		telemetry: Option<TelemetryHandle>,
	) -> Result<Self, ServiceError> {
		let (grandpa_import, grandpa_link) = grandpa::block_import(
			client.clone(),
			JUSTIFICATION_PERIOD,
			client,
			select_chain.clone(),
			telemetry,
		)?;
		let (watch, authors) = AuthorWatch::new();
		let receipts = ReceiptIndex::new(client.clone());
		let replay = Replay {
			client: client.clone(),
			backend: backend.clone(),
			executor: Executor::builder().build(),
			tx_roots: false,
		};
		let (guarded, damage) = Guarded::new(grandpa_import.clone(), replay);
		let inner = KeepingReceipts::new(receipts.clone(), guarded);
		let pouw_import =
			PouwBlockImport::new(client.clone(), select_chain.clone(), inner, watch, metrics);
		Ok(Self { grandpa_import, grandpa_link, pouw_import, receipts, authors, damage })
	}
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
	let registry = config.prometheus_registry();
	let telemetry_handle = telemetry.as_ref().map(Telemetry::handle);
	let metrics = Metrics::register(registry);
	let Layers { grandpa_import, grandpa_link, pouw_import, receipts, authors, damage } =
		Layers::new(client, backend, select_chain, metrics.clone(), telemetry_handle.clone())?;
	let babe_config = sc_consensus_babe::configuration(&**client)?;
	let slot_duration = babe_config.slot_duration();
	let (babe_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		pouw_import,
		client.clone(),
		Arc::new(move |_, ()| async move { Ok(slot_and_time(slot_duration)) }) as ImportInherents,
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(transaction_pool.clone()),
	)?;
	let (import_queue, babe_worker) =
		sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
			link: babe_link.clone(),
			// What peers send is judged before all else.
			block_import: JudgingImport::new(client.clone(), babe_import.clone()),
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
			source: Source {
				client: client.clone(),
				backend: backend.clone(),
				authority_set: authority_set.clone(),
				genesis_authorities: chain_spec::genesis(&*config.chain_spec)?.grandpa_authorities,
			},
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
	let served = rpc::Served { backend, system: system_rpc_tx, sync: sync_service };
	task_manager.keep_alive(rpc::serve(&mut config, rpc, served)?);
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
