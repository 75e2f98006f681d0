//! Snapshots: a finalised block with its whole state in a file, from which a node can begin. Nothing in
//! one is trusted: GRANDPA's authorities are followed from genesis to the block, and the state must have
//! the root that the block's header says.

mod file;
mod finality;

pub use file::Damage;
pub use finality::{voter_state, FinalityProof, VOTER_STATE};

use crate::{
	chain_spec,
	progress::Progress,
	service::{Backend, Client},
	state::{CheckedState, DamagedNode},
};
use codec::{Decode, Encode};
use file::{Reader, Writer};
use mbongo_primitives::{BlockNumber, Hash, Hashing, Header};
use polkadot_sdk::{
	sc_client_api::{AuxStore, BlockBackend, HeaderBackend},
	sc_consensus_grandpa::SharedAuthoritySet,
	sc_service::ChainSpec,
	sp_blockchain,
	sp_consensus_grandpa::AuthorityList,
	sp_core::storage::{well_known_keys, ChildInfo, ChildType, PrefixedStorageKey},
	sp_runtime::{traits::Hash as _, OpaqueExtrinsic},
	sp_state_machine::{backend::Backend as _, IterArgs, KeyValueStates, KeyValueStorageLevel},
	sp_trie::{LayoutV1, TrieConfiguration},
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

/// In a database that a restore has not finished.
pub const RESTORING: &[u8] = b"mbongo_restoring";

/// A database that a restore has not finished is no chain.
pub fn ensure_finished(client: &Client) -> Result<(), String> {
	match client.get_aux(RESTORING) {
		Ok(None) => Ok(()),
		Ok(Some(_)) => Err("A restore was cut short: purge-chain, and restore again".into()),
		Err(error) => Err(error.to_string()),
	}
}

/// Why there is no snapshot, or why one is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The file is not as it was written.
	#[error(transparent)]
	Damaged(#[from] Damage),
	/// The file is whole, and what it says is not so.
	#[error("{0}")]
	False(String),
	/// There is no such snapshot to be had.
	#[error("A snapshot is of a block from 1 to the finalised one, {finalised}; not of {number}")]
	NotFinal { number: BlockNumber, finalised: BlockNumber },
	/// The node does not have what a snapshot needs.
	#[error("{0}")]
	Missing(String),
	/// The node will have it.
	#[error("{0}")]
	NotYet(String),
	/// The state cannot be read.
	#[error(transparent)]
	State(#[from] DamagedNode),
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
	client: Arc<Client>,
	backend: Arc<Backend>,
	authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	genesis_authorities: AuthorityList,
}

impl Source {
	/// A node's database, and who makes its blocks final now.
	pub fn new(
		client: Arc<Client>,
		backend: Arc<Backend>,
		authority_set: SharedAuthoritySet<Hash, BlockNumber>,
		spec: &dyn ChainSpec,
	) -> Result<Self, String> {
		let genesis_authorities = chain_spec::genesis(spec)?.grandpa_authorities;
		Ok(Self { client, backend, authority_set, genesis_authorities })
	}

	/// Writes a snapshot of a finalised block, whole or not at all.
	pub fn write(
		&self,
		number: BlockNumber,
		path: &Path,
		progress: Option<Progress>,
	) -> Result<(Header, Size), Error> {
		let in_file = |error| Error::File { path: path.into(), error };
		if path.exists() {
			return Err(Error::Exists(path.into()));
		}
		let head = self.head(number)?;
		let state = CheckedState::open(&self.backend, head.header.hash())?;

		let mut unfinished = path.as_os_str().to_owned();
		unfinished.push(format!(".{UNFINISHED}"));
		let unfinished = Path::new(&unfinished);
		let written = File::create(unfinished).map_err(in_file).and_then(|file| {
			let mut writer = Writer::new(BufWriter::new(file), &head).map_err(in_file)?;
			write_state(&state, &mut writer, progress).map_err(|error| match error {
				WriteError::File(error) => in_file(error),
				WriteError::State(error) => error,
			})?;
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
		Ok((head.header, written?))
	}

	fn head(&self, number: BlockNumber) -> Result<Head, Error> {
		let Self { client, backend, authority_set, genesis_authorities } = self;
		let info = client.info();
		if number == 0 || number > info.finalized_number {
			return Err(Error::NotFinal { number, finalised: info.finalized_number });
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
}

enum WriteError {
	File(io::Error),
	State(Error),
}

impl From<io::Error> for WriteError {
	fn from(error: io::Error) -> Self {
		Self::File(error)
	}
}

/// Writes the whole state, in which nothing may be damaged.
fn write_state<W: Write>(
	state: &CheckedState,
	writer: &mut Writer<W>,
	mut progress: Option<Progress>,
) -> Result<(), WriteError> {
	let unreadable = |reason: String| {
		WriteError::State(match state.is_sound() {
			Err(damaged) => damaged.into(),
			Ok(()) => Error::Missing(format!("The state cannot be read: {reason}")),
		})
	};
	let mut children = Vec::new();
	// Keys are hashes, so the first byte says how far it is.
	let mut reached = 0;
	for pair in state.trie().pairs(IterArgs::default()).map_err(unreadable)? {
		let (key, value) = pair.map_err(unreadable)?;
		let first = key.first().copied().unwrap_or_default().into();
		if let Some(progress) = &mut progress {
			progress.advance(first - reached);
		}
		reached = first;
		// Their roots come of what is in them.
		match well_known_keys::is_child_storage_key(&key) {
			true => children.push(PrefixedStorageKey::new(key)),
			false => writer.add(None, key, value)?,
		}
	}
	for child in children {
		let Some((ChildType::ParentKeyId, name)) = ChildType::from_prefixed_key(&child) else {
			return Err(unreadable("a child trie is of a kind that is not known".into()));
		};
		let mut args = IterArgs::default();
		args.child_info = Some(ChildInfo::new_default(name));
		for pair in state.trie().pairs(args).map_err(unreadable)? {
			let (key, value) = pair.map_err(unreadable)?;
			writer.add(Some(name), key, value)?;
		}
	}
	if let Some(mut progress) = progress {
		progress.advance(u64::from(u8::MAX) + 1 - reached);
	}
	state.is_sound().map_err(|damaged| WriteError::State(damaged.into()))
}

impl Head {
	/// Checks it against a chain's genesis: that the block is final, and that the transactions are the
	/// block's. Tells how often GRANDPA's authorities changed before.
	pub fn verify(&self, genesis_hash: Hash, authorities: AuthorityList) -> Result<u64, Error> {
		let Self { header, body, finality, .. } = self;
		if self.genesis_hash != genesis_hash {
			return Err(Error::False(format!(
				"The snapshot is of the chain with genesis {:?}, not of this one with {genesis_hash:?}",
				self.genesis_hash
			)));
		}
		if header.number == 0 {
			return Err(Error::False("The snapshot is of genesis itself".into()));
		}
		let changes = finality.verify(header, authorities)?;
		let version = mbongo_runtime::VERSION.extrinsics_root_state_version();
		let body = body.iter().map(Encode::encode).collect();
		if Hashing::ordered_trie_root(body, version) != header.extrinsics_root {
			return Err(Error::False("The transactions are not the block's".into()));
		}
		Ok(changes)
	}
}

impl Snapshot {
	/// Reads a file, each chunk of which must be as it was written. Nothing of the state is read before
	/// the head has been checked.
	pub fn read(
		path: &Path,
		check_head: impl FnOnce(&Head) -> Result<(), Error>,
	) -> Result<(Self, Size), Error> {
		let in_file = |error| Error::File { path: path.into(), error };
		let file = File::open(path).map_err(in_file)?;
		let length = file.metadata().map_err(in_file)?.len();
		let progress = Progress::new("Reading the snapshot", length);
		let reader = Watched { inner: BufReader::new(file), progress };
		let mut reader = Reader::new(reader, length);
		let head = reader.head()?;
		check_head(&head)?;
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

	/// Checks that the state is the block's.
	pub fn verify_state(&self) -> Result<(), Error> {
		// As if it were the child trie itself, which would then be missing.
		if self.top.keys().any(|key| well_known_keys::is_child_storage_key(key)) {
			return Err(Error::False(
				"The root of a child trie is among the state's entries".into(),
			));
		}
		let (root, expected) = (self.state_root(), self.head.header.state_root);
		if root != expected {
			return Err(Error::False(format!(
				"The state has the root {root:?}, the block {expected:?}"
			)));
		}
		Ok(())
	}

	/// The root of the state, whose layout has been this one from the chain's first block on.
	pub fn state_root(&self) -> Hash {
		let children = self.children.iter().filter(|(_, entries)| !entries.is_empty());
		let roots = children.map(|(child, entries)| {
			let key = ChildInfo::new_default(child).prefixed_storage_key().into_inner();
			(key, LayoutV1::<Hashing>::trie_root(entries).encode())
		});
		let roots: Entries = roots.collect();
		LayoutV1::<Hashing>::trie_root(self.top.iter().chain(&roots))
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
