//! `replay`.

use crate::{
	replay::{Error, Replay},
	service::{Backend, Client, Executor},
};
use mbongo_primitives::BlockNumber;
use polkadot_sdk::{
	sc_cli::{self, CliConfiguration, DatabaseParams, ImportParams, PruningParams, SharedParams},
	sc_client_api::HeaderBackend,
};
use std::{fs::File, io::BufWriter, path::PathBuf, sync::Arc};

/// Execute blocks of the database once more and compare every root
#[derive(Debug, Clone, clap::Parser)]
pub struct ReplayCmd {
	/// The first block
	#[arg(long, value_name = "NUMBER", default_value_t = 1)]
	pub from: BlockNumber,

	/// The last block; the finalised one unless given
	#[arg(long, value_name = "NUMBER")]
	pub to: Option<BlockNumber>,

	/// Compute the state's root after every transaction
	#[arg(long)]
	pub tx_roots: bool,

	/// Write a line of JSON for every transaction to this file
	#[arg(long, value_name = "FILE")]
	pub journal: Option<PathBuf>,

	#[command(flatten)]
	pub shared_params: SharedParams,

	#[command(flatten)]
	pub import_params: ImportParams,
}

impl CliConfiguration for ReplayCmd {
	fn shared_params(&self) -> &SharedParams {
		&self.shared_params
	}

	fn import_params(&self) -> Option<&ImportParams> {
		Some(&self.import_params)
	}

	fn pruning_params(&self) -> Option<&PruningParams> {
		Some(&self.import_params.pruning_params)
	}

	fn database_params(&self) -> Option<&DatabaseParams> {
		Some(&self.import_params.database_params)
	}
}

impl ReplayCmd {
	/// Replays, and says what was compared.
	pub fn run(
		&self,
		client: Arc<Client>,
		backend: Arc<Backend>,
		executor: Executor,
	) -> sc_cli::Result<()> {
		let to = self.to.unwrap_or_else(|| client.info().finalized_number);
		if self.from == 0 || self.from > to {
			return Err(sc_cli::Error::Input(format!("There are no blocks {} to {to}", self.from)));
		}
		let replay = Replay { client, backend, executor, tx_roots: self.tx_roots };
		let failed = |error: Error| sc_cli::Error::Application(Box::new(error));
		let create = |path: &PathBuf| File::create(path).map(BufWriter::new);
		let mut journal =
			self.journal.as_ref().map(create).transpose().map_err(|error| failed(error.into()))?;
		let replayed = replay.run(self.from, to, &mut journal).map_err(failed)?;
		println!(
			"Blocks {} to {to} with {} transactions: hashes, state and extrinsics roots, and digests \
			 with the roots of receipts are as their headers say; the last state root is {:?}",
			self.from, replayed.transactions, replayed.state_root,
		);
		Ok(())
	}
}
