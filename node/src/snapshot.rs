//! Snapshots: a finalised block with its whole state in a file, from which a node can begin. Nothing in
//! one is trusted: GRANDPA's authorities are followed from genesis to the block, and the state must have
//! the root that the block's header says.

mod file;
mod finality;

pub use file::{Damage, Reader, Writer};
pub use finality::{voter_state, FinalityProof, VOTER_STATE};

use crate::{
	command::progress::Progress,
	service::{Backend, Client},
};
use codec::{Decode, Encode};
use mbongo_primitives::{BlockNumber, Hash, Hashing, Header};
use polkadot_sdk::{
	sc_client_api::{BlockBackend, HeaderBackend, StorageProvider},
	sc_consensus_grandpa::SharedAuthoritySet,
	sp_blockchain,
	sp_consensus_grandpa::AuthorityList,
	sp_core::storage::{well_known_keys, ChildInfo, ChildType, PrefixedStorageKey},
	sp_runtime::{traits::Hash as _, OpaqueExtrinsic},
	sp_state_machine::{KeyValueStates, KeyValueStorageLevel},
};
use std::{
	collections::BTreeMap,
	fs::{self, File},
	io::{self, BufReader, BufWriter, Read, Write},
	path::{Path, PathBuf},
	sync::Arc,
};

/// What the name of a file ends with until it is whole.
pub const UNFINISHED: &str = "unfinished";

/// Why there is no snapshot, or why one is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The file is not as it was written.
	#[error(transparent)]
	Damaged(#[from] Damage),
	/// The file is whole, and what it says is not so.
	#[error("{0}")]
	False(String),
	/// The node does not have what a snapshot needs.
	#[error("{0}")]
	Missing(String),
	/// There is a file already.
	#[error("{} is there already", .0.display())]
	Exists(PathBuf),
	/// A file cannot be read or written.
	#[error("{}: {error}", path.display())]
	File { path: PathBuf, error: io::Error },
	/// The database.
	#[error(transparent)]
	Client(#[from] sp_blockchain::Error),
}

/// What a snapshot begins with: all but the state.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Head {
	/// The chain's first block.
	pub genesis_hash: Hash,
	/// The block's header.
	pub header: Header,
	/// Its transactions.
	pub body: Vec<OpaqueExtrinsic>,
	/// That it is final.
	pub finality: FinalityProof,
}

/// The keys and values of a trie.
pub type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// A snapshot that has been read.
#[derive(Debug)]
pub struct Snapshot {
	/// All but the state.
	pub head: Head,
	/// The state, without the roots of child tries.
	pub top: Entries,
	/// Child tries by their keys.
	pub children: BTreeMap<Vec<u8>, Entries>,
}

/// How large a snapshot is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
	/// Pairs of key and value.
	pub entries: u64,
	/// Chunks of the file.
	pub chunks: u32,
	/// Bytes of the file.
	pub bytes: u64,
}

/// What snapshots are made from.
pub struct Source {
	pub client: Arc<Client>,
	pub backend: Arc<Backend>,
	/// Who makes blocks final now, and when that changed.
	pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	/// Who made them final first.
	pub genesis_authorities: AuthorityList,
}

/// Writes a snapshot of a finalised block, whole or not at all.
pub fn create(source: &Source, number: BlockNumber, path: &Path) -> Result<(Header, Size), Error> {
	let in_file = |error| Error::File { path: path.into(), error };
	if path.exists() {
		return Err(Error::Exists(path.into()));
	}
	let head = head(source, number)?;
	let header = head.header.clone();

	let mut unfinished = path.as_os_str().to_owned();
	unfinished.push(format!(".{UNFINISHED}"));
	let unfinished = Path::new(&unfinished);
	let written = File::create(unfinished).map_err(in_file).and_then(|file| {
		let mut writer = Writer::new(BufWriter::new(file), &head).map_err(in_file)?;
		write_state(&source.client, head.header.hash(), &mut writer).map_err(
			|error| match error {
				WriteError::File(error) => in_file(error),
				WriteError::Client(error) => error.into(),
			},
		)?;
		let (file, size) = writer.finish().map_err(in_file)?;
		let file = file.into_inner().map_err(|error| in_file(error.into_error()))?;
		file.sync_all().map_err(in_file)?;
		fs::rename(unfinished, path).map_err(in_file)?;
		Ok(size)
	});
	if written.is_err() {
		// It may never have come to be.
		let _ = fs::remove_file(unfinished);
	}
	Ok((header, written?))
}

fn head(source: &Source, number: BlockNumber) -> Result<Head, Error> {
	let Source { client, backend, authority_set, genesis_authorities } = source;
	let info = client.info();
	if number == 0 || number > info.finalized_number {
		return Err(Error::Missing(format!(
			"A snapshot is of a block from 1 to the finalised one, {}; not of {number}",
			info.finalized_number
		)));
	}
	let missing = || Error::Missing(format!("This node does not have block {number}"));
	let hash = client.hash(number)?.ok_or_else(missing)?;
	let header = client.header(hash)?.ok_or_else(missing)?;
	let body = client.block_body(hash)?.ok_or_else(missing)?;
	let finality = FinalityProof::make(client, backend, authority_set, &header)?;
	// As where somebody has set GRANDPA's authorities by hand after a stall.
	finality.verify(&header, genesis_authorities.clone()).map_err(|error| {
		Error::Missing(format!("Block {number} cannot be proven from genesis on: {error}"))
	})?;
	Ok(Head { genesis_hash: info.genesis_hash, header, body, finality })
}

enum WriteError {
	File(io::Error),
	Client(sp_blockchain::Error),
}

impl From<io::Error> for WriteError {
	fn from(error: io::Error) -> Self {
		Self::File(error)
	}
}

impl From<sp_blockchain::Error> for WriteError {
	fn from(error: sp_blockchain::Error) -> Self {
		Self::Client(error)
	}
}

fn write_state<W: Write>(
	client: &Client,
	hash: Hash,
	writer: &mut Writer<W>,
) -> Result<(), WriteError> {
	let mut children = Vec::new();
	// Keys are hashes, so the first byte says how far it is.
	let mut progress = Progress::new("Writing the state", 256);
	let mut reached = 0;
	for (key, value) in client.storage_pairs(hash, None, None)? {
		let first = key.0.first().copied().unwrap_or_default().into();
		progress.advance(first - reached);
		reached = first;
		// Their roots come of what is in them.
		match well_known_keys::is_child_storage_key(&key.0) {
			true => children.push(PrefixedStorageKey::new(key.0)),
			false => writer.add(None, key.0, value.0)?,
		}
	}
	progress.advance(256 - reached);
	for child in children {
		let Some((ChildType::ParentKeyId, name)) = ChildType::from_prefixed_key(&child) else {
			continue;
		};
		let info = ChildInfo::new_default(name);
		for key in client.child_storage_keys(hash, info.clone(), None, None)? {
			let value = client
				.child_storage(hash, &info, &key)?
				.unwrap_or(polkadot_sdk::sp_core::storage::StorageData(Vec::new()));
			writer.add(Some(name), key.0, value.0)?;
		}
	}
	Ok(())
}

impl Snapshot {
	/// Reads a file, each chunk of which must be as it was written.
	pub fn read(path: &Path) -> Result<(Self, Size), Error> {
		let in_file = |error| Error::File { path: path.into(), error };
		let file = File::open(path).map_err(in_file)?;
		let length = file.metadata().map_err(in_file)?.len();
		let progress = Progress::new("Reading the snapshot", length);
		let reader = Watched { inner: BufReader::new(file), progress };
		let (head, reader) = Reader::new(reader)?;
		let (mut top, mut children) = (Entries::new(), BTreeMap::<_, Entries>::new());
		let size = reader.for_each(|child, key, value| {
			let trie = match child {
				Some(child) => children.entry(child.to_vec()).or_default(),
				None => &mut top,
			};
			trie.insert(key, value);
		})?;
		Ok((Self { head, top, children }, size))
	}

	/// Checks it all against a chain's genesis: that the block is final, and that transactions and state
	/// are the block's. Tells how often the authorities changed before.
	pub fn verify(&self, genesis_hash: Hash, authorities: AuthorityList) -> Result<u64, Error> {
		let Head { header, body, finality, .. } = &self.head;
		if self.head.genesis_hash != genesis_hash {
			return Err(Error::False(format!(
				"The snapshot is of the chain with genesis {:?}, not of this one with {genesis_hash:?}",
				self.head.genesis_hash
			)));
		}
		let changes = finality.verify(header, authorities)?;
		let version = mbongo_runtime::VERSION.extrinsics_root_state_version();
		let body = body.iter().map(Encode::encode).collect();
		if Hashing::ordered_trie_root(body, version) != header.extrinsics_root {
			return Err(Error::False("The transactions are not the block's".into()));
		}
		let root = self.state_root();
		if root != header.state_root {
			return Err(Error::False(format!(
				"The state has the root {root:?}, the block {:?}",
				header.state_root
			)));
		}
		Ok(changes)
	}

	/// The root of the state.
	pub fn state_root(&self) -> Hash {
		let version = mbongo_runtime::VERSION.state_version();
		let pairs = |entries: &Entries| {
			entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
		};
		let mut top = pairs(&self.top);
		for (child, entries) in self.children.iter().filter(|(_, entries)| !entries.is_empty()) {
			let key = ChildInfo::new_default(child).prefixed_storage_key().into_inner();
			top.push((key, Hashing::trie_root(pairs(entries), version).encode()));
		}
		Hashing::trie_root(top, version)
	}

	/// The state as block import takes it.
	pub fn into_state(self) -> (Head, KeyValueStates) {
		let top = KeyValueStorageLevel {
			state_root: Vec::new(),
			key_values: self.top.into_iter().collect(),
			parent_storage_keys: Vec::new(),
		};
		let children = self.children.into_iter().map(|(child, entries)| KeyValueStorageLevel {
			// Only that there is one tells child tries from the top.
			state_root: vec![1],
			key_values: entries.into_iter().collect(),
			parent_storage_keys: vec![ChildInfo::new_default(&child)
				.prefixed_storage_key()
				.into_inner()],
		});
		(self.head, KeyValueStates(std::iter::once(top).chain(children).collect()))
	}
}

/// Shows how much has been read.
struct Watched<R> {
	inner: R,
	progress: Progress,
}

impl<R: Read> Read for Watched<R> {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		let count = self.inner.read(buffer)?;
		self.progress.advance(count as u64);
		Ok(count)
	}
}
