//! Carries out what the command line says.

pub mod session_keys;

use crate::{
	chain_spec,
	cli::{Cli, KeyCommand, Subcommand},
	service,
};
use mbongo_primitives::OpaqueBlock;
use polkadot_sdk::{
	sc_chain_spec::ChainType,
	sc_cli::{self, CliConfiguration, SubstrateCli},
	sc_consensus_babe, sc_consensus_grandpa,
	sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, NetworkWorker},
	sc_service::{self, PartialComponents},
};

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
			let spec = cli.load_spec(&cmd.chain)?;
			cmd.run(spec)
		}
		Some(Subcommand::BuildSpec(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.sync_run(|config| cmd.run(config.chain_spec, config.network))
		}
		Some(Subcommand::CheckBlock(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, import_queue, .. } =
					service::new_partial(&config)?;
				Ok((cmd.run(client, import_queue), task_manager))
			})
		}
		Some(Subcommand::ExportBlocks(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, .. } = service::new_partial(&config)?;
				Ok((cmd.run(client, config.database), task_manager))
			})
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
			let runner = cli.create_runner(&cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, .. } = service::new_partial(&config)?;
				Ok((cmd.run(client, config.chain_spec), task_manager))
			})
		}
		Some(Subcommand::PurgeChain(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.sync_run(|config| cmd.run(config.database))
		}
		Some(Subcommand::Revert(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, backend, .. } =
					service::new_partial(&config)?;
				let revert_aux = Box::new(
					|client: std::sync::Arc<service::Client>,
					 backend: std::sync::Arc<service::Backend>,
					 blocks| {
						sc_consensus_babe::revert(client.clone(), backend.clone(), blocks)?;
						sc_consensus_pouw::revert(&*client, &*backend, blocks)?;
						sc_consensus_grandpa::revert(client, blocks)?;
						Ok(())
					},
				);
				Ok((cmd.run(client, backend, Some(revert_aux)), task_manager))
			})
		}
		Some(Subcommand::ChainInfo(cmd)) => {
			let runner = cli.create_runner(&cmd)?;
			runner.sync_run(|config| cmd.run::<OpaqueBlock>(&config))
		}
	}
}

fn run_node(mut cli: Cli) -> sc_cli::Result<()> {
	let spec = cli.load_spec(&cli.run.chain_id(cli.run.is_dev()?)?)?;
	cli.run.network_params.node_key_params.unsafe_force_node_key_generation |=
		keeps_its_node_key(spec.chain_type());
	let runner = cli.create_runner(&cli.run)?;
	runner.run_node_until_exit(|config| async move {
		match config.network.network_backend {
			NetworkBackendType::Libp2p => {
				service::new_full::<NetworkWorker<_, _>>(config, cli.storage_monitor)
			}
			NetworkBackendType::Litep2p => {
				service::new_full::<Litep2pNetworkBackend>(config, cli.storage_monitor)
			}
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
