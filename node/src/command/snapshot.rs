//! `snapshot create`, `verify` and `restore`.

use crate::{
	chain_spec,
	layers::Layers,
	progress::Progress,
	service::{self, Backend, Client, Consensus, Partial, SelectChain},
	snapshot::{self, voter_state, Head, Size, Snapshot, Source, RESTORING, VOTER_STATE},
};
use mbongo_primitives::{BlockNumber, Header};
use polkadot_sdk::{
	sc_cli::{self, CliConfiguration, DatabaseParams, ImportParams, PruningParams, SharedParams},
	sc_client_api::{AuxStore, HeaderBackend},
	sc_consensus::{
		BlockImport, BlockImportParams, ImportResult, ImportedState, StateAction, StorageChanges,
	},
	sc_network::config::SyncMode,
	sc_service::{self, Configuration},
	sp_api::ProvideRuntimeApi,
	sp_consensus::{BlockOrigin, Error as ConsensusError},
	sp_consensus_grandpa::GrandpaApi,
};
use std::{
	fmt::Display,
	path::{Path, PathBuf},
	sync::Arc,
	time::Instant,
};

/// What can be done with snapshots.
#[derive(Debug, clap::Subcommand)]
pub enum SnapshotCmd {
	/// Write a finalised block with its whole state to a file
	Create(CreateCmd),

	/// Check a snapshot against the genesis of a chain
	Verify(VerifyCmd),

	/// Begin a fresh database with a snapshot
	Restore(RestoreCmd),
}

/// Write a finalised block with its whole state to a file
#[derive(Debug, Clone, clap::Parser)]
pub struct CreateCmd {
	/// The block; the finalised one unless given
	#[arg(long, value_name = "NUMBER")]
	pub at: Option<BlockNumber>,

	/// The file
	#[arg(long, value_name = "FILE")]
	pub out: PathBuf,

	#[command(flatten)]
	pub shared_params: SharedParams,

	#[command(flatten)]
	pub pruning_params: PruningParams,

	#[command(flatten)]
	pub database_params: DatabaseParams,
}

/// Check a snapshot against the genesis of a chain
#[derive(Debug, Clone, clap::Parser)]
pub struct VerifyCmd {
	/// The file
	#[arg(value_name = "FILE")]
	pub file: PathBuf,

	#[command(flatten)]
	pub shared_params: SharedParams,
}

/// Begin a fresh database with a snapshot
#[derive(Debug, Clone, clap::Parser)]
pub struct RestoreCmd {
	/// The file
	#[arg(value_name = "FILE")]
	pub file: PathBuf,

	#[command(flatten)]
	pub shared_params: SharedParams,

	#[command(flatten)]
	pub import_params: ImportParams,
}

impl CliConfiguration for CreateCmd {
	fn shared_params(&self) -> &SharedParams {
		&self.shared_params
	}

	fn pruning_params(&self) -> Option<&PruningParams> {
		Some(&self.pruning_params)
	}

	fn database_params(&self) -> Option<&DatabaseParams> {
		Some(&self.database_params)
	}
}

impl CliConfiguration for VerifyCmd {
	fn shared_params(&self) -> &SharedParams {
		&self.shared_params
	}
}

impl CliConfiguration for RestoreCmd {
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

fn failed(error: snapshot::Error) -> sc_cli::Error {
	use snapshot::Error::{Exists, NotFinal};
	match error {
		Exists(_) | NotFinal { .. } => sc_cli::Error::Input(error.to_string()),
		error => sc_cli::Error::Application(Box::new(error)),
	}
}

/// How large a snapshot of a block is, and how long something took with it.
fn summary(header: &Header, size: Size, began: Instant) -> String {
	format!(
		"block {} ({:?}): {} entries in {} chunks, {} bytes, {:.1} s",
		header.number,
		header.hash(),
		size.entries,
		size.chunks,
		size.bytes,
		began.elapsed().as_secs_f64()
	)
}

impl CreateCmd {
	/// Writes the snapshot.
	pub fn run(
		&self,
		client: Arc<Client>,
		backend: Arc<Backend>,
		config: &Configuration,
	) -> sc_cli::Result<()> {
		let began = Instant::now();
		let at = self.at.unwrap_or_else(|| client.info().finalized_number);
		let select_chain = SelectChain::new(backend.clone());
		let layers = Layers::new(&client, &select_chain, None, None)?;
		let authority_set = layers.grandpa_link.shared_authority_set().clone();
		let source = Source::new(client, backend, authority_set, &*config.chain_spec)?;
		let progress = Some(Progress::new("Writing the state", 256));
		let (header, size) = source.write(at, &self.out, progress).map_err(failed)?;
		println!("{} is a snapshot of {}", self.out.display(), summary(&header, size, began));
		Ok(())
	}
}

/// Reads a snapshot and checks all of it against the genesis of a chain.
fn read_checked(file: &Path, config: &Configuration) -> sc_cli::Result<Snapshot> {
	let began = Instant::now();
	let spec = &config.chain_spec;
	let mut sets = 0;
	let check_head = |head: &Head| {
		let genesis = chain_spec::genesis(&**spec).map_err(snapshot::Error::Missing)?;
		sets = head.verify(genesis.hash, genesis.grandpa_authorities)? + 1;
		Ok(())
	};
	let (snapshot, size) = Snapshot::read(file, check_head).map_err(failed)?;
	snapshot.verify_state().map_err(failed)?;
	println!(
		"{} holds {}. Every chunk's hash, the finality from genesis on through {} sets of \
		 GRANDPA's authorities, the transactions' root and the state's root, {:?}, are right",
		file.display(),
		summary(&snapshot.head.header, size, began),
		sets,
		snapshot.head.header.state_root,
	);
	Ok(snapshot)
}

impl VerifyCmd {
	/// Checks the snapshot.
	pub fn run(&self, config: &Configuration) -> sc_cli::Result<()> {
		read_checked(&self.file, config).map(drop)
	}
}

impl RestoreCmd {
	/// Checks the snapshot; only then is something written.
	pub fn check(&self, config: &Configuration) -> sc_cli::Result<Snapshot> {
		if let Some(path) = config.database.path().filter(|path| path.exists()) {
			return Err(sc_cli::Error::Input(format!(
				"There is a database at {} already; purge-chain removes it",
				path.display()
			)));
		}
		read_checked(&self.file, config)
	}

	/// Makes a database that can begin with any block.
	pub fn open(config: &mut Configuration) -> Result<Partial, sc_service::Error> {
		// As for a warp sync genesis goes in without its state, which the block's could not follow.
		config.network.sync_mode = SyncMode::Warp;
		service::new_partial(config)
	}

	/// Begins the database with the snapshot.
	pub async fn run(
		client: Arc<Client>,
		consensus: Consensus,
		snapshot: Snapshot,
	) -> sc_cli::Result<()> {
		let (number, hash) = (snapshot.head.header.number, snapshot.head.header.hash());
		let began = Instant::now();
		// It takes several steps, between which the program may be killed.
		client.insert_aux(&[(RESTORING, &[][..])], &[])?;
		begin(&client, &consensus, snapshot)
			.await
			.map_err(|error| sc_cli::Error::Application(Box::new(error)))?;
		client.insert_aux(&[], &[RESTORING])?;
		println!(
			"The database begins with block {number} ({hash:?}), {:.1} s. A validator must not vote \
			 twice in a round: see \"Begin anew\" in the runbook",
			began.elapsed().as_secs_f64()
		);
		Ok(())
	}
}

/// Begins a fresh chain with a block and its state, as a warp sync does. Neither is checked here.
async fn begin(
	client: &Client,
	consensus: &Consensus,
	snapshot: Snapshot,
) -> Result<(), ConsensusError> {
	let (head, state) = snapshot.into_state();
	let (number, hash) = (head.header.number, head.header.hash());
	let mut block = BlockImportParams::new(BlockOrigin::NetworkInitialSync, head.header);
	block.justifications = head.finality.into_justifications();
	block.body = Some(head.body);
	let state = ImportedState { block: hash, state };
	block.state_action = StateAction::ApplyChanges(StorageChanges::Import(state));
	match consensus.babe_import.import_block(block).await? {
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
