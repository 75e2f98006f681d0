//! The last slot that each of this node's keys attested, on disk before the signature is made, so
//! that neither a crash nor a database put back from a backup makes the node attest a slot twice.
//!
//! It is a file of its own rather than auxiliary storage, which is flushed in the background and may
//! be older than the last signature after a crash.

use crate::Error;
use codec::{DecodeAll, Encode};
use sp_consensus_pouw::{AuthorityId, Slot};
use std::{
	collections::BTreeMap,
	fs::{self, File},
	io::{ErrorKind, Write},
	path::{Path, PathBuf},
};

const VERSION: u8 = 1;

/// The record of attested slots.
pub struct AttestedSlots {
	path: PathBuf,
	slots: BTreeMap<AuthorityId, Slot>,
}

impl AttestedSlots {
	/// Opens the record, or begins one. A damaged record is an error: going on without it could be
	/// an equivocation.
	pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
		let path = path.into();
		let slots = match fs::read(&path) {
			Ok(bytes) => match <(u8, BTreeMap<AuthorityId, Slot>)>::decode_all(&mut &bytes[..]) {
				Ok((VERSION, slots)) => slots,
				Ok((version, _)) => return Err(fault(&path, format!("unknown version {version}"))),
				Err(_) => return Err(fault(&path, "it is damaged")),
			},
			Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
			Err(error) => return Err(fault(&path, error)),
		};
		Ok(Self { path, slots })
	}

	/// Writes down that `authority` is about to attest `slot`. `false` when it attested this slot or
	/// a later one before; then it must not sign.
	pub fn claim(&mut self, authority: &AuthorityId, slot: Slot) -> Result<bool, Error> {
		if self.slots.get(authority).is_some_and(|last| *last >= slot) {
			return Ok(false);
		}
		let mut slots = self.slots.clone();
		slots.insert(authority.clone(), slot);
		write(&self.path, &(VERSION, &slots).encode()).map_err(|error| fault(&self.path, error))?;
		self.slots = slots;
		Ok(true)
	}
}

fn fault(path: &Path, reason: impl ToString) -> Error {
	Error::AttestedSlots { path: path.into(), reason: reason.to_string() }
}

/// Replaces the file whole, on disk when it returns.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
	let folder = path.parent().unwrap_or_else(|| Path::new("."));
	fs::create_dir_all(folder)?;
	let new = path.with_extension("new");
	let mut file = File::create(&new)?;
	file.write_all(bytes)?;
	file.sync_all()?;
	fs::rename(&new, path)?;
	File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::{public, temporary_folder};

	#[test]
	fn no_slot_twice_and_none_backwards_across_restarts() {
		let folder = temporary_folder();
		let path = folder.path().join("chain/attested");
		let (alice, bob) = (public(1), public(2));
		let mut record = AttestedSlots::open(&path).unwrap();
		assert!(record.claim(&alice, 5.into()).unwrap());
		assert!(!record.claim(&alice, 5.into()).unwrap());
		assert!(!record.claim(&alice, 4.into()).unwrap());
		assert!(record.claim(&bob, 5.into()).unwrap());

		let mut record = AttestedSlots::open(&path).unwrap();
		assert!(!record.claim(&alice, 5.into()).unwrap());
		assert!(record.claim(&alice, 6.into()).unwrap());
	}

	#[test]
	fn damaged_or_unknown_record_is_refused_and_kept() {
		let folder = temporary_folder();
		let path = folder.path().join("attested");
		for bytes in [vec![], vec![VERSION], vec![2, 0], vec![VERSION, 0, 0]] {
			fs::write(&path, &bytes).unwrap();
			assert!(matches!(AttestedSlots::open(&path), Err(Error::AttestedSlots { .. })));
			assert_eq!(fs::read(&path).unwrap(), bytes);
		}
	}

	#[test]
	fn slot_that_cannot_be_written_down_is_not_claimed() {
		let folder = temporary_folder();
		let blocker = folder.path().join("file");
		fs::write(&blocker, b"").unwrap();
		let mut record = AttestedSlots { path: blocker.join("attested"), slots: BTreeMap::new() };
		assert!(record.claim(&public(1), 5.into()).is_err());
		assert!(record.slots.is_empty());
	}
}
