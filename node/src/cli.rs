//! The command line.

use polkadot_sdk::sc_cli::{
	BuildSpecCmd, ChainInfoCmd, CheckBlockCmd, ExportBlocksCmd, ExportChainSpecCmd,
	ExportStateCmd, ImportBlocksCmd, KeySubcommand, PurgeChainCmd, RevertCmd, RunCmd,
};

/// What the node is told to do.
#[derive(Debug, clap::Parser)]
pub struct Cli {
	/// Something else than running.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// How to run.
	#[command(flatten)]
	pub run: RunCmd,
}

/// What the node can do but run.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)] // read once
pub enum Subcommand {
	/// Make, inspect and insert keys
	#[command(subcommand)]
	Key(KeySubcommand),

	/// Write a chain specification to a file
	ExportChainSpec(ExportChainSpecCmd),

	/// Build a chain specification (older name of export-chain-spec)
	BuildSpec(BuildSpecCmd),

	/// Validate blocks
	CheckBlock(CheckBlockCmd),

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
}
