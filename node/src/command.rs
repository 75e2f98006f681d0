//! Carries out what the command line says.

pub mod contract;
pub mod replay;
pub mod session_keys;
pub mod snapshot;

use crate::{
	chain_spec,
	cli::{Cli, KeyCommand, Subcommand},
	command::{
		contract::ContractCmd,
		snapshot::{RestoreCmd, SnapshotCmd},
	},
	receipts::ReceiptIndex,
	service::{self, Backend, Client},
};
use mbongo_primitives::OpaqueBlock as Block;
use polkadot_sdk::{
	sc_chain_spec::ChainType,
	sc_cli::{self, CliConfiguration, SubstrateCli},
	sc_client_api::{Backend as _, BlockBackend, HeaderBackend},
	sc_consensus_babe, sc_consensus_grandpa,
	sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, NetworkWorker},
	sc_service::{self, Configuration, PartialComponents},
	sp_api::{ApiExt, CallContext, Core, ProvideRuntimeApi},
	sp_blockchain::Backend as _,
	sp_runtime::{
		generic::BlockId,
		traits::{Block as _, Header as _},
	},
};
use std::{future::Future, sync::Arc};

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Mbongo Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		env!("CARGO_PKG_AUTHORS").into()
	}

	fn support_url() -> String {
		"the issue tracker of the repository that this node was built from".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(Box::new(chain_spec::load(id)?))
	}
}

/// Carries out what the command line says.
pub fn run() -> sc_cli::Result<()> {
	let mut cli = Cli::from_args();
	cli.prefer_paritydb();

	match cli.subcommand.take() {
		None => run_node(cli),
		Some(Subcommand::Key(KeyCommand::Stock(cmd))) => cmd.run(&cli),
		Some(Subcommand::Key(KeyCommand::Session(cmd))) => cmd.run(&cli),
		Some(Subcommand::ExportChainSpec(cmd)) => {
			// A genesis that is refused says why in the log.
			sc_cli::LoggerBuilder::new("").init()?;
			let spec = cli.load_spec(&cmd.chain)?;
			cmd.run(spec)
		}
		Some(Subcommand::BuildSpec(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.sync_run(|config| cmd.run(config.chain_spec, config.network))
		}
		Some(Subcommand::CheckBlock(cmd)) => {
			let block = cmd.input.clone();
			on_database(
				&cli,
				&cmd,
				|client, _, _| async move { check_block(&client, block.parse()?) },
			)
		}
		Some(Subcommand::ExportBlocks(cmd)) => {
			on_database(&cli, &cmd, |client, _, config| cmd.run(client, config.database))
		}
		Some(Subcommand::ImportBlocks(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, import_queue, .. } =
					service::new_partial(&config)?;
				Ok((cmd.run(client, import_queue), task_manager))
			})
		}
		Some(Subcommand::ExportState(cmd)) => {
			on_database(&cli, &cmd, |client, _, config| cmd.run(client, config.chain_spec))
		}
		Some(Subcommand::PurgeChain(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.sync_run(|config| cmd.run(config.database))
		}
		Some(Subcommand::Revert(cmd)) => on_database(&cli, &cmd, |client, backend, _| {
			let revert_aux = |client: Arc<Client>, backend: Arc<Backend>, blocks| {
				sc_consensus_babe::revert(client.clone(), backend.clone(), blocks)?;
				sc_consensus_pouw::revert(&*client, &*backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			};
			cmd.run(client, backend, Some(Box::new(revert_aux)))
		}),
		Some(Subcommand::ChainInfo(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.sync_run(|config| {
				must_exist(&config)?;
				cmd.run::<Block>(&config)
			})
		}
		Some(Subcommand::Replay(cmd)) => on_database(&cli, &cmd, |client, backend, config| {
			let executor = sc_service::new_wasm_executor(&config.executor);
			let replayed = cmd.run(client, backend, executor);
			async move { replayed }
		}),
		Some(Subcommand::Contract(ContractCmd::Trace(cmd))) => {
			on_database(&cli, &*cmd, |client, _, _| {
				let traced = cmd.run(client);
				async move { traced }
			})
		}
		Some(Subcommand::Contract(ContractCmd::Verify(cmd))) => cmd.run(),
		Some(Subcommand::Snapshot(SnapshotCmd::Create(cmd))) => {
			on_database(&cli, &cmd, |client, backend, config| {
				let created = cmd.run(client, backend, &config);
				async move { created }
			})
		}
		Some(Subcommand::Snapshot(SnapshotCmd::Verify(cmd))) => {
			cli.create_runner(&cmd)?.sync_run(|config| cmd.run(&config))
		}
		Some(Subcommand::Snapshot(SnapshotCmd::Restore(cmd))) => {
			cli.create_runner(&cmd)?.async_run(|mut config| {
				let snapshot = cmd.check(&config)?;
				let PartialComponents { client, task_manager, other: consensus, .. } =
					RestoreCmd::open(&mut config)?;
				Ok((RestoreCmd::run(client, consensus, snapshot), task_manager))
			})
		}
		Some(Subcommand::IndexReceipts(cmd)) => on_database(
			&cli,
			&cmd,
			|client, backend, _| async move { index_receipts(client, &backend) },
		),
	}
}

/// Indexes the receipts of all blocks whose states are kept.
fn index_receipts(client: Arc<Client>, backend: &Backend) -> sc_cli::Result<()> {
	let leaves = backend.blockchain().leaves().map_err(sc_service::Error::from)?;
	let index = ReceiptIndex::new(client);
	let count = index.catch_up(leaves, true).map_err(sc_service::Error::from)?;
	println!("The receipts of {count} blocks are indexed");
	Ok(())
}

/// Runs a command on the database of a chain.
fn on_database<Run: Future<Output = sc_cli::Result<()>>>(
	cli: &Cli,
	cmd: &impl CliConfiguration,
	run: impl FnOnce(Arc<Client>, Arc<Backend>, Configuration) -> Run,
) -> sc_cli::Result<()> {
	cli.create_runner(cmd)?.async_run(|config| {
		must_exist(&config)?;
		let (client, backend, _, task_manager) =
			service::new_client(&config, sc_service::new_wasm_executor(&config.executor), None)?;
		Ok((run(client, backend, config), task_manager))
	})
}

/// Opening a database would make one where there is none.
fn must_exist(config: &Configuration) -> sc_cli::Result<()> {
	match config.database.path() {
		Some(path) if !path.exists() => {
			Err(sc_cli::Error::Input(format!("There is no database at {}", path.display())))
		}
		_ => Ok(()),
	}
}

/// Executes a block of the database once more: it must lead to the state, and have the extrinsics and
/// the digest, that its header says.
pub(crate) fn check_block(client: &Client, id: BlockId<Block>) -> sc_cli::Result<()> {
	let found = client.block_hash_from_id(&id)?.map(|hash| client.block(hash)).transpose()?;
	let unknown = || sc_service::Error::Other(format!("Unknown block: {id}"));
	let (mut header, body) = found.flatten().ok_or_else(unknown)?.block.deconstruct();
	let (number, hash) = (header.number, header.hash());
	if number == 0 {
		return Err(sc_cli::Error::Input("Genesis was never executed".into()));
	}
	// The seal is made of all else.
	header.digest_mut().pop();
	let parent = *header.parent_hash();
	let mut api = client.runtime_api();
	api.set_call_context(CallContext::Onchain { import: true });
	api.execute_block(parent, Block::new(header, body).into())
		.map_err(|error| sc_cli::Error::Application(Box::new(error)))?;
	println!("Block {number} ({hash:?}) is as its header says");
	Ok(())
}

fn run_node(mut cli: Cli) -> sc_cli::Result<()> {
	let spec = cli.load_spec(&cli.run.chain_id(cli.run.is_dev()?)?)?;
	cli.run.network_params.node_key_params.unsafe_force_node_key_generation |=
		keeps_its_node_key(spec.chain_type());
	let runner = cli.create_runner(&cli.run)?;
	runner.run_node_until_exit(|config| async move {
		match config.network.network_backend {
			NetworkBackendType::Libp2p => service::new_full::<NetworkWorker<_, _>>(
				config,
				cli.storage_monitor,
				cli.checkpoints,
			),
			NetworkBackendType::Litep2p => service::new_full::<Litep2pNetworkBackend>(
				config,
				cli.storage_monitor,
				cli.checkpoints,
			),
		}
		.map_err(sc_cli::Error::Service)
	})
}

/// Whether a network is one for development: its nodes make their node keys at the first start and
/// keep them. Elsewhere an authority without a key is an error, since others would lose it.
fn keeps_its_node_key(chain: ChainType) -> bool {
	matches!(chain, ChainType::Development | ChainType::Local)
}

/// What the program exits with after an error: 2 for misuse, as for arguments that clap refuses, 1
/// for all else.
pub fn exit_code(error: &sc_cli::Error) -> u8 {
	use sc_cli::Error::*;
	match error {
		Cli(_)
		| Input(_)
		| InvalidListenMultiaddress
		| InvalidUri(_)
		| SignatureFormatInvalid
		| KeyFormatInvalid
		| KeyTypeInvalid
		| HexDataConversion(_)
		| NetworkKeyNotFound(_)
		| KeyAlreadyExistsInPath(_) => 2,
		_ => 1,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_misuse_exits_with_two() {
		assert_eq!(exit_code(&"no such network".into()), 2);
		assert_eq!(exit_code(&sc_cli::Error::NetworkKeyNotFound("key".into())), 2);
		assert_eq!(exit_code(&sc_cli::Error::SignatureInvalid), 1);
		assert_eq!(exit_code(&sc_service::Error::Other("bad block".into()).into()), 1);
	}

	#[test]
	fn only_live_networks_want_a_node_key() {
		assert!(keeps_its_node_key(ChainType::Development));
		assert!(keeps_its_node_key(ChainType::Local));
		assert!(!keeps_its_node_key(ChainType::Live));
		assert!(!keeps_its_node_key(ChainType::Custom("test".into())));
	}
}
