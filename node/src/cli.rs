//! The command line.

use crate::{
	checkpoints::CheckpointParams,
	command::{
		contract::ContractCmd, replay::ReplayCmd, session_keys::SessionKeysCmd,
		snapshot::SnapshotCmd,
	},
};
use polkadot_sdk::{
	sc_cli::{
		BuildSpecCmd, ChainInfoCmd, CheckBlockCmd, Database, DatabaseParams, ExportBlocksCmd,
		ExportChainSpecCmd, ExportStateCmd, ImportBlocksCmd, KeySubcommand, PurgeChainCmd,
		RevertCmd, RunCmd,
	},
	sc_storage_monitor::StorageMonitorParams,
};

/// What the pool holds at most, unless the command line says something else; the SDK lets a tenth as much
/// wait for earlier transactions.
const POOL_TRANSACTIONS: &str = "10000";
const POOL_KBYTES: &str = "65536";

/// How long a transaction that has left the pool may not come back. The gates keep out what is not valid;
/// what had to make room is to be sent again when there is some.
const BAN_SECONDS: &str = "0";

/// What the node is told to do.
#[derive(Debug, clap::Parser)]
#[command(mut_arg("pool_limit", |arg| arg.default_value(POOL_TRANSACTIONS)))]
#[command(mut_arg("pool_kbytes", |arg| arg.default_value(POOL_KBYTES)))]
#[command(mut_arg("tx_ban_seconds", |arg| arg.default_value(BAN_SECONDS)))]
pub struct Cli {
	/// Something else than running.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// How to run.
	#[command(flatten)]
	pub run: RunCmd,

	/// When to stop for want of space.
	#[command(flatten)]
	pub storage_monitor: StorageMonitorParams,

	/// When to write snapshots.
	#[command(flatten)]
	pub checkpoints: CheckpointParams,
}

/// What the node can do besides running.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)] // read once
pub enum Subcommand {
	/// Make, inspect and insert keys
	#[command(subcommand)]
	Key(KeyCommand),

	/// Write a chain specification to a file
	ExportChainSpec(ExportChainSpecCmd),

	/// Build a chain specification (older name of export-chain-spec)
	BuildSpec(BuildSpecCmd),

	/// Execute a block of the database once more
	CheckBlock(CheckBlockCmd),

	/// Execute blocks of the database once more and compare every root
	Replay(ReplayCmd),

	/// Export blocks
	ExportBlocks(ExportBlocksCmd),

	/// Import blocks
	ImportBlocks(ImportBlocksCmd),

	/// Export the state of a given block into a chain spec
	ExportState(ExportStateCmd),

	/// Remove the whole chain
	PurgeChain(PurgeChainCmd),

	/// Revert the chain to a previous state
	Revert(RevertCmd),

	/// Show what the database holds
	ChainInfo(ChainInfoCmd),

	/// Write, check and begin with snapshots: a finalised block with its whole state
	#[command(subcommand)]
	Snapshot(SnapshotCmd),

	/// Look at contracts
	#[command(subcommand)]
	Contract(ContractCmd),

	/// Index anew the receipts of all blocks whose states are kept
	// It takes the same options: where the database is.
	IndexReceipts(ChainInfoCmd),
}

/// What can be done with keys.
#[derive(Debug, clap::Subcommand)]
pub enum KeyCommand {
	#[command(flatten)]
	Stock(KeySubcommand),

	/// Make session keys, keep them, and prove that they are their owner's
	Session(SessionKeysCmd),
}

impl Cli {
	/// Makes ParityDB the database unless another one is named, also in a build that has RocksDB,
	/// which the SDK would then prefer.
	pub fn prefer_paritydb(&mut self) {
		if let Some(params) = self.database_params() {
			params.database.get_or_insert(Database::ParityDb);
		}
	}

	fn database_params(&mut self) -> Option<&mut DatabaseParams> {
		Some(match &mut self.subcommand {
			None => &mut self.run.import_params.database_params,
			Some(Subcommand::CheckBlock(cmd)) => &mut cmd.import_params.database_params,
			Some(Subcommand::Replay(cmd)) => &mut cmd.import_params.database_params,
			Some(Subcommand::Contract(ContractCmd::Trace(cmd))) => {
				&mut cmd.import_params.database_params
			}
			Some(Subcommand::ImportBlocks(cmd)) => &mut cmd.import_params.database_params,
			Some(Subcommand::Snapshot(SnapshotCmd::Create(cmd))) => &mut cmd.database_params,
			Some(Subcommand::Snapshot(SnapshotCmd::Restore(cmd))) => {
				&mut cmd.import_params.database_params
			}
			Some(Subcommand::ExportBlocks(cmd)) => &mut cmd.database_params,
			Some(Subcommand::ExportState(cmd)) => &mut cmd.database_params,
			Some(Subcommand::PurgeChain(cmd)) => &mut cmd.database_params,
			Some(Subcommand::Revert(cmd)) => &mut cmd.database_params,
			Some(Subcommand::ChainInfo(cmd) | Subcommand::IndexReceipts(cmd)) => {
				&mut cmd.database_params
			}
			Some(
				Subcommand::Key(_)
				| Subcommand::ExportChainSpec(_)
				| Subcommand::BuildSpec(_)
				| Subcommand::Snapshot(SnapshotCmd::Verify(_)),
			) => return None,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::{CommandFactory, Parser};

	fn database(args: &[&str]) -> Option<Database> {
		let mut cli = Cli::try_parse_from([&["mbongo-node"], args].concat()).unwrap();
		cli.prefer_paritydb();
		cli.database_params().and_then(|params| params.database)
	}

	#[test]
	fn command_line_is_sound() {
		Cli::command().debug_assert();
	}

	#[test]
	fn paritydb_unless_another_is_named() {
		for command in [
			&[][..],
			&["check-block", "1"],
			&["replay"],
			&["import-blocks"],
			&["export-blocks"],
			&["export-state"],
			&["purge-chain"],
			&["revert"],
			&["chain-info"],
			&["index-receipts"],
			&["contract", "trace", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "get"],
			&["snapshot", "create", "--out", "file"],
			&["snapshot", "restore", "file"],
		] {
			assert_eq!(database(command), Some(Database::ParityDb), "{command:?}");
		}
		assert_eq!(database(&["--database", "auto"]), Some(Database::Auto));
		assert_eq!(database(&["build-spec"]), None);
	}

	#[test]
	fn the_pool_has_our_limits_unless_others_are_named() {
		let limits = |args: &[&str]| {
			let cli = Cli::try_parse_from([&["mbongo-node"], args].concat()).unwrap();
			[cli.run.pool_config.pool_limit, cli.run.pool_config.pool_kbytes]
		};
		assert_eq!(limits(&[]), [10_000, 64 * 1024]);
		assert_eq!(limits(&["--pool-limit", "50", "--pool-kbytes", "1100"]), [50, 1_100]);
	}

	#[test]
	fn misuse_exits_with_two() {
		let error = Cli::try_parse_from(["mbongo-node", "--no-such-flag"]).unwrap_err();
		assert_eq!(error.exit_code(), 2);
	}
}
