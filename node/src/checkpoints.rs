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
	/// Write a snapshot every so many finalised blocks, into the folder `checkpoints` beside the database
	#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(1..))]
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
	pub async fn run(self, mut finality: impl Stream<Item = FinalityNotification<Block>> + Unpin) {
		let mut last = match self.existing() {
			Ok(existing) => existing.last().map_or(0, |(number, _)| *number),
			Err(error) => return log::error!("No checkpoints: {}: {error}", self.folder.display()),
		};
		while let Some(notification) = finality.next().await {
			let finalised = notification.header.number;
			let number = finalised - finalised % self.interval;
			if number <= last {
				continue;
			}
			match self.write(number) {
				Ok(()) => last = number,
				// There may be a justification with the next one.
				Err(Error::Missing(reason)) => log::debug!("No checkpoint {number} yet: {reason}"),
				Err(error) => log::warn!("No checkpoint {number}: {error}"),
			}
		}
	}

	fn write(&self, number: BlockNumber) -> Result<(), Error> {
		let path = self.folder.join(format!("{number}.{EXTENSION}"));
		let (header, size) = snapshot::create(&self.source, number, &path)?;
		log::info!("📸 Checkpoint of block {number} ({:?}), {} bytes", header.hash(), size.bytes);
		let in_folder = |error| Error::File { path: self.folder.clone(), error };
		let existing = self.existing().map_err(in_folder)?;
		let old = existing.len().saturating_sub(self.keep as usize);
		for (_, path) in &existing[..old] {
			fs::remove_file(path).map_err(in_folder)?;
		}
		Ok(())
	}

	/// The checkpoints that are there, the oldest first. What was not finished is removed.
	fn existing(&self) -> io::Result<Vec<(BlockNumber, PathBuf)>> {
		fs::create_dir_all(&self.folder)?;
		let mut existing = Vec::new();
		for entry in fs::read_dir(&self.folder)? {
			let path = entry?.path();
			if path.extension().is_some_and(|extension| extension == snapshot::UNFINISHED) {
				fs::remove_file(path)?;
			} else if let Some(number) = number_of(&path) {
				existing.push((number, path));
			}
		}
		existing.sort();
		Ok(existing)
	}
}

fn number_of(path: &Path) -> Option<BlockNumber> {
	let is_one = path.extension().is_some_and(|extension| extension == EXTENSION);
	path.file_stem().filter(|_| is_one)?.to_str()?.parse().ok()
}
