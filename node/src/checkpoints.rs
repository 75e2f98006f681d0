//! Snapshots that a running node writes by itself.

use crate::snapshot::{self, Error, Source};
use futures::{Stream, StreamExt};
use mbongo_primitives::{BlockNumber, OpaqueBlock as Block};
use polkadot_sdk::sc_client_api::FinalityNotification;
use std::{
	fs, io,
	path::{Path, PathBuf},
};

/// The folder of checkpoints, beside the database.
pub const FOLDER: &str = "checkpoints";

/// What the files are called after the number of the block.
const EXTENSION: &str = "mbsnap";

/// When to write checkpoints.
#[derive(Debug, Clone, clap::Args)]
pub struct CheckpointParams {
	/// Write a snapshot every so many finalised blocks, into the folder `checkpoints` beside the database;
	/// every 1000 if no number is given
	#[arg(
		long,
		value_name = "BLOCKS",
		num_args = 0..=1,
		default_missing_value = "1000",
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	pub checkpoint_interval: Option<BlockNumber>,

	/// How many of these snapshots to keep
	#[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
	pub checkpoint_keep: u32,
}

/// Writes checkpoints.
pub struct Checkpoints {
	pub source: Source,
	pub folder: PathBuf,
	pub interval: BlockNumber,
	pub keep: u32,
}

impl Checkpoints {
	/// Writes one whenever finality has passed a multiple of the interval.
	pub async fn run(
		self,
		finalised: BlockNumber,
		mut finality: impl Stream<Item = FinalityNotification<Block>> + Unpin,
	) {
		if let Err(error) = self.remove_unfinished() {
			return log::error!("No checkpoints: {}: {error}", self.folder.display());
		}
		// Those of before may be gone from the database.
		let mut last = finalised;
		while let Some(notification) = finality.next().await {
			let finalised = notification.header.number;
			let number = finalised - finalised % self.interval;
			if number <= last {
				continue;
			}
			match self.write(number) {
				// There may be a justification with the next one.
				Err(Error::NotYet(reason)) => log::debug!("No checkpoint {number} yet: {reason}"),
				Err(error) => {
					log::warn!("No checkpoint of block {number}: {error}");
					last = number;
				}
				Ok(()) => last = number,
			}
		}
	}

	fn write(&self, number: BlockNumber) -> Result<(), Error> {
		let path = self.folder.join(format!("{number}.{EXTENSION}"));
		let (header, size) = self.source.write(number, &path, None)?;
		log::info!("📸 Checkpoint of block {number} ({:?}), {} bytes", header.hash(), size.bytes);
		let in_folder = |error| Error::File { path: self.folder.clone(), error };
		self.remove_old().map_err(in_folder)
	}

	/// Removes all but the last ones.
	fn remove_old(&self) -> io::Result<()> {
		let mut all = Vec::new();
		for entry in fs::read_dir(&self.folder)? {
			let path = entry?.path();
			all.extend(number_of(&path).map(|number| (number, path)));
		}
		all.sort();
		let old = all.len().saturating_sub(self.keep as usize);
		all[..old].iter().try_for_each(|(_, path)| fs::remove_file(path))
	}

	/// Makes the folder, and removes what a crash has left in it.
	fn remove_unfinished(&self) -> io::Result<()> {
		fs::create_dir_all(&self.folder)?;
		for entry in fs::read_dir(&self.folder)? {
			let path = entry?.path();
			if path.extension().is_some_and(|extension| extension == snapshot::UNFINISHED) {
				fs::remove_file(path)?;
			}
		}
		Ok(())
	}
}

fn number_of(path: &Path) -> Option<BlockNumber> {
	let is_one = path.extension().is_some_and(|extension| extension == EXTENSION);
	path.file_stem().filter(|_| is_one)?.to_str()?.parse().ok()
}
