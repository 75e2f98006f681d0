//! Puts together all methods and serves them. The SDK's own start would not let its methods be
//! replaced.

use super::{author, our_methods, Deps};
use jsonrpsee::{server::RegisterMethodError, RpcModule};
use polkadot_sdk::{
	sc_client_api::{Backend as _, HeaderBackend},
	sc_rpc::{
		author::{Author, AuthorApiServer},
		chain::ChainApiServer,
		offchain::{Offchain, OffchainApiServer},
		state::{ChildStateApiServer, StateApiServer},
		system::{System, SystemApiServer, SystemInfo},
		SubscriptionTaskExecutor,
	},
	sc_rpc_server::{RpcSpawnHandle, Server},
	sc_rpc_spec_v2::{
		archive::{Archive, ArchiveApiServer},
		bitswap::{Bitswap, BitswapApiServer},
		chain_head::{ChainHead, ChainHeadApiServer, ChainHeadConfig},
		chain_spec::{ChainSpec, ChainSpecApiServer},
		transaction::{
			Transaction, TransactionApiServer, TransactionBroadcast, TransactionBroadcastApiServer,
			TransactionMetrics,
		},
	},
	sc_service::{create_rpc_runtime, start_rpc_servers, Configuration, Error},
};
use std::sync::Arc;

/// How many transactions a connection may have broadcast at a time.
const BROADCASTS_PER_CONNECTION: usize = 16;

/// Starts the RPC, which ends when what is returned is dropped.
pub fn serve(config: &mut Configuration, deps: Deps) -> Result<Server, Error> {
	// Of its own, so that requests which block do not hold up the node.
	let runtime = create_rpc_runtime(config.rpc.max_connections)
		.map_err(|error| Error::Application(Box::new(error)))?;
	let executor: SubscriptionTaskExecutor =
		Arc::new(RpcSpawnHandle::new(runtime.handle().clone()));
	let metrics = config.prometheus_registry().map(TransactionMetrics::new).transpose()?;

	let conflict = |error: RegisterMethodError| Error::Application(error.into());
	let mut module = stock_methods(config, &deps, executor.clone(), metrics).map_err(conflict)?;
	for method in author::METHODS {
		module.remove_method(method);
	}
	module.merge(our_methods(deps, executor).map_err(Error::Application)?).map_err(conflict)?;
	let ids = config.rpc.id_provider.take();
	start_rpc_servers(
		&config.rpc,
		config.prometheus_registry(),
		&config.tokio_handle,
		module,
		runtime,
		ids,
	)
}

/// The methods that every node of the SDK has, old and new.
fn stock_methods(
	config: &Configuration,
	deps: &Deps,
	executor: SubscriptionTaskExecutor,
	metrics: Option<TransactionMetrics>,
) -> Result<RpcModule<()>, RegisterMethodError> {
	let Deps { client, pool, keystore, backend, system, sync, .. } = deps;
	let (client, pool) = (|| client.clone(), || pool.clone());
	let mut module = RpcModule::new(());

	let spec = &config.chain_spec;
	let genesis = client().info().genesis_hash;
	let limit = BROADCASTS_PER_CONNECTION;
	module.merge(Transaction::new(client(), pool(), executor.clone(), metrics).into_rpc())?;
	module
		.merge(TransactionBroadcast::new(client(), pool(), executor.clone(), limit).into_rpc())?;
	module.merge(
		ChainHead::new(client(), backend.clone(), executor.clone(), ChainHeadConfig::default())
			.into_rpc(),
	)?;
	module.merge(ChainSpec::new(spec.name().into(), genesis, spec.properties()).into_rpc())?;
	module.merge(Bitswap::new(client(), sync.clone()).into_rpc())?;
	// It answers for all blocks.
	let keeps_states = config.state_pruning.as_ref().is_some_and(|pruning| pruning.is_archive());
	if keeps_states && config.blocks_pruning.is_archive() {
		module
			.merge(Archive::new(client(), backend.clone(), genesis, executor.clone()).into_rpc())?;
	}

	let (state, child_state) =
		polkadot_sdk::sc_rpc::state::new_full(client(), executor.clone(), None);
	module.merge(polkadot_sdk::sc_rpc::chain::new_full(client(), executor.clone()).into_rpc())?;
	module.merge(Author::new(client(), pool(), keystore.clone(), executor).into_rpc())?;
	module.merge(state.into_rpc())?;
	module.merge(child_state.into_rpc())?;
	if let Some(storage) = backend.offchain_storage() {
		module.merge(Offchain::new(storage).into_rpc())?;
	}
	let system_info = SystemInfo {
		chain_name: spec.name().into(),
		impl_name: config.impl_name.clone(),
		impl_version: config.impl_version.clone(),
		properties: spec.properties(),
		chain_type: spec.chain_type(),
	};
	module.merge(System::new(system_info, system.clone()).into_rpc())?;
	Ok(module)
}
