//! Consensus over a real client: its database on disk, the runtime's code, blocks that this code has
//! made, and the imports as the node stacks them. Only BABE's is left out where a test is not about
//! epochs: it checks seals and slot claims, so that blocks need not wait for their authors' luck.

mod attestations;
mod blocks;
mod epochs;
mod forks;
mod receipts;
mod replay;
mod snapshot;
mod storage;

use crate::{
	chain_spec::{self, ChainSpec},
	cli::Cli,
	guard::{Damage, Guard},
	layers::{Layers, PouwImport},
	replay::Replay,
	service::{new_client, Backend, Client, Executor, SelectChain},
};
use codec::Encode;
use futures::{channel::mpsc, executor::block_on};
use mbongo_primitives::{
	time::SLOT_MILLIS, BlockNumber, Hash, Hashing, Header, OpaqueBlock as Block,
};
use polkadot_sdk::{
	sc_block_builder::{BlockBuilderBuilder, BuiltBlock},
	sc_chain_spec::ChainSpec as _,
	sc_cli::{self, SubstrateCli},
	sc_client_api::{Backend as _, Finalizer},
	sc_consensus::{BlockImport, BlockImportParams, ImportResult, StateAction, StorageChanges},
	sc_service::TaskManager,
	sp_api::ProvideRuntimeApi,
	sp_block_builder::BlockBuilder as _,
	sp_blockchain::{self, Backend as _, HeaderBackend},
	sp_consensus::{BlockOrigin, Error as ConsensusError},
	sp_consensus_babe::{
		digests::{CompatibleDigestItem, PreDigest, PrimaryPreDigest, SecondaryPlainPreDigest},
		make_vrf_sign_data, BABE_ENGINE_ID,
	},
	sp_core::{crypto::VrfSecret, sr25519::vrf::VrfSignature, storage::StateVersion, Bytes},
	sp_inherents::InherentDataProvider as _,
	sp_io::hashing::twox_128,
	sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie},
	sp_runtime::{
		traits::{Block as _, Hash as _, Header as _},
		Digest, DigestItem, OpaqueExtrinsic,
	},
	sp_timestamp::InherentDataProvider as TimeProvider,
};
use sc_consensus_pouw::{load_chain_weight, JudgingImport};
use sp_consensus_pouw::{
	attestation_payload, find_slot, find_weight_log, Attestation, ChainWeight,
	InherentDataProvider, InherentType, ParentAttestations, WeightLog,
};
use std::{
	any::Any,
	collections::BTreeSet,
	sync::{Arc, LazyLock},
};
use tempfile::TempDir;

/// The validators, in the order of the set.
const VALIDATORS: [Sr25519Keyring; 3] = [Alice, Bob, Charlie];

/// The slot of each chain's first block.
const FIRST_SLOT: u64 = 100;

/// Slots of an epoch, where a test is not about sessions: more than it uses.
const ENDLESS: u32 = 1_000_000;

/// The genesis of the local network as the runtime's preset makes it.
static GENESIS: LazyLock<serde_json::Value> = LazyLock::new(|| {
	let spec = chain_spec::load("local").unwrap();
	serde_json::from_str(&spec.as_json(true).unwrap()).unwrap()
});

/// One for all, since it keeps the compiled runtime.
static EXECUTOR: LazyLock<Executor> = LazyLock::new(|| Executor::builder().build());

/// Primary slots are claimed with this. Nobody looks at it here, and signatures are random.
static DRAW: LazyLock<VrfSignature> = LazyLock::new(|| {
	Alice.pair().vrf_sign(&make_vrf_sign_data(&Default::default(), FIRST_SLOT.into(), 0))
});

/// The local network with `epoch_slots`, and with these items of storage changed.
fn network<'a>(
	epoch_slots: u32,
	changes: impl IntoIterator<Item = (&'a str, &'a str, Vec<u8>)>,
) -> ChainSpec {
	let mut spec = GENESIS.clone();
	let epoch_slots = [("Pouw", "EpochSlots", epoch_slots.encode())];
	for (pallet, item, value) in epoch_slots.into_iter().chain(changes) {
		let key = [pallet, item].map(|name| twox_128(name.as_bytes())).concat();
		spec["genesis"]["raw"]["top"]
			[serde_json::to_value(Bytes(key)).unwrap().as_str().unwrap()] =
			serde_json::to_value(Bytes(value)).unwrap();
	}
	ChainSpec::from_json_bytes(serde_json::to_vec(&spec).unwrap()).unwrap()
}

/// The command line of a node with its data in this folder.
fn cli(folder: &TempDir) -> Cli {
	let base_path = folder.path().to_str().unwrap();
	let mut cli = Cli::from_iter([
		"mbongo-node",
		"--chain=local",
		"--no-prometheus",
		"--no-telemetry",
		"--base-path",
		base_path,
	]);
	cli.prefer_paritydb();
	cli
}

/// How a block is made on its parent, in the slot after its parent's.
#[derive(Clone, Copy, Debug)]
struct Kind {
	/// Whether its slot was won by VRF.
	primary: bool,
	/// By which of the validators; it also tells twins apart.
	author: u32,
	/// How many of the validators have attested the parent.
	attesters: usize,
}

/// 500.
const SECONDARY: Kind = Kind { primary: false, author: 0, attesters: 0 };
/// 1000.
const PRIMARY: Kind = Kind { primary: true, ..SECONDARY };
/// 1500.
const SUPPORTED: Kind = Kind { attesters: 3, ..SECONDARY };

impl Kind {
	/// What such a block weighs, by the formula of the design.
	fn weight(&self) -> ChainWeight {
		(if self.primary { 1000 } else { 500 }) + 1000 * self.attesters as ChainWeight / 3
	}

	fn by(self, author: u32) -> Self {
		Self { author, ..self }
	}
}

/// A block as it reaches the import: BABE has put its seal aside.
#[derive(Clone)]
struct Unsealed {
	header: Header,
	body: Vec<OpaqueExtrinsic>,
}

impl From<Block> for Unsealed {
	fn from(block: Block) -> Self {
		let (header, body) = block.deconstruct();
		Self { header, body }
	}
}

impl Unsealed {
	fn params(&self, origin: BlockOrigin) -> BlockImportParams<Block> {
		let mut params = BlockImportParams::new(origin, self.header.clone());
		// What it says is BABE's to check.
		params.post_digests = vec![DigestItem::Seal(BABE_ENGINE_ID, vec![0; 64])];
		params.body = Some(self.body.clone());
		// As sync asks for it.
		params.state_action = StateAction::ExecuteIfPossible;
		params
	}

	/// Of the block with its seal.
	fn hash(&self) -> Hash {
		self.params(BlockOrigin::Own).post_hash()
	}

	/// What its header claims to weigh.
	fn weight_log(&self) -> WeightLog {
		find_weight_log(&self.header).unwrap()
	}

	/// The block with this body, its root, and all else as it was.
	fn with_body(&self, body: Vec<OpaqueExtrinsic>) -> Self {
		let encoded = body.iter().map(Encode::encode).collect();
		let mut header = self.header.clone();
		header.extrinsics_root = Hashing::ordered_trie_root(encoded, StateVersion::V0);
		Self { header, body }
	}
}

/// Attestations of a block by some of the validators, for the block upon it.
fn signed(attestations: &[Attestation<Hash>]) -> ParentAttestations {
	let signed = VALIDATORS.iter().enumerate().filter_map(|(index, who)| {
		let by_who = attestations.iter().find(|made| made.authority == who.public().into())?;
		Some((index, by_who.signature.clone()))
	});
	ParentAttestations::new(VALIDATORS.len(), signed).unwrap()
}

/// The slot after a block's.
fn next_slot(client: &Client, parent: Hash) -> u64 {
	let header = client.header(parent).unwrap().unwrap();
	find_slot(&header).map_or(FIRST_SLOT, |slot| *slot + 1)
}

/// The inherents of the block upon `parent`, whether they are good or not.
fn inherents(
	client: &Client,
	parent: Hash,
	known: InherentType<BlockNumber>,
) -> Vec<OpaqueExtrinsic> {
	let time = TimeProvider::new((next_slot(client, parent) * SLOT_MILLIS).into());
	let providers = (time, InherentDataProvider(known));
	let data = block_on(providers.create_inherent_data()).unwrap();
	client.runtime_api().inherent_extrinsics(parent, data).unwrap()
}

/// What BABE has an author write into its header.
fn claim(claim: PreDigest) -> DigestItem {
	<DigestItem as CompatibleDigestItem>::babe_pre_digest(claim)
}

/// Lets the runtime write a block with what its author has put into the header, and these inherents.
fn write(
	client: &Client,
	parent: Hash,
	authored: Vec<DigestItem>,
	inherents: &[OpaqueExtrinsic],
) -> Result<BuiltBlock<Block>, sp_blockchain::Error> {
	let mut builder = BlockBuilderBuilder::new(client)
		.on_parent_block(parent)
		.fetch_parent_block_number(client)?
		.with_inherent_digests(Digest { logs: authored })
		.build()?;
	for inherent in inherents {
		builder.push(inherent.clone())?;
	}
	builder.build()
}

/// A node without a network. Its fields are closed in this order, the database before the folder.
struct Node {
	import: JudgingImport<Guard, PouwImport>,
	select_chain: SelectChain,
	client: Arc<Client>,
	backend: Arc<Backend>,
	/// What the import has found to be damaged.
	damage: mpsc::UnboundedReceiver<Damage>,
	_tasks: TaskManager,
	// A runtime of tokio, in which the client's tasks are.
	_tokio: Box<dyn Any>,
	spec: ChainSpec,
	folder: TempDir,
}

impl Node {
	/// A new node of three validators.
	fn new() -> Self {
		Self::with(network(ENDLESS, []))
	}

	/// A new node of this network.
	fn with(spec: ChainSpec) -> Self {
		Self::open(tempfile::tempdir().unwrap(), spec)
	}

	fn open(folder: TempDir, spec: ChainSpec) -> Self {
		let tokio = sc_cli::build_runtime().unwrap();
		let cli = cli(&folder);
		let mut config = cli.create_configuration(&cli.run, tokio.handle().clone()).unwrap();
		config.chain_spec = spec.cloned_box();

		let (client, backend, _, tasks) = new_client(&config, EXECUTOR.clone(), None).unwrap();
		let select_chain = SelectChain::new(backend.clone());
		let Layers { pouw_import, .. } = Layers::new(&client, &select_chain, None, None).unwrap();
		let replay = Replay {
			client: client.clone(),
			backend: backend.clone(),
			executor: EXECUTOR.clone(),
			tx_roots: false,
		};
		let (guard, damage) = Guard::new(client.clone(), replay);
		let import = JudgingImport::new(guard, pouw_import);
		let _tokio = Box::new(tokio);
		Self { import, select_chain, client, backend, damage, _tasks: tasks, _tokio, spec, folder }
	}

	/// Closes everything.
	fn close(self) -> (TempDir, ChainSpec) {
		let Self { import, select_chain, client, backend, _tasks, _tokio, spec, folder, .. } = self;
		drop((import, select_chain, client, _tasks, _tokio));
		assert_eq!(Arc::strong_count(&backend), 1, "somebody still has the database");
		(folder, spec)
	}

	/// Closes everything and opens the same folder.
	fn restart(self) -> Self {
		let (folder, spec) = self.close();
		Self::open(folder, spec)
	}

	fn genesis(&self) -> Hash {
		self.client.info().genesis_hash
	}

	fn best(&self) -> Hash {
		self.client.info().best_hash
	}

	fn weight(&self, hash: Hash) -> Option<ChainWeight> {
		load_chain_weight(&*self.client, hash).unwrap()
	}

	fn header(&self, hash: Hash) -> Header {
		self.client.header(hash).unwrap().unwrap()
	}

	/// All that an import can change: the heads, the best and the finalised block.
	fn heads(&self) -> (BTreeSet<Hash>, Hash, Hash) {
		let info = self.client.info();
		let leaves = self.backend.blockchain().leaves().unwrap();
		(leaves.into_iter().collect(), info.best_hash, info.finalized_hash)
	}

	fn attest(&self, who: Sr25519Keyring, block_hash: Hash) -> Attestation<Hash> {
		let slot = find_slot(&self.header(block_hash)).unwrap();
		let signature = who.sign(&attestation_payload(&self.genesis(), slot, &block_hash)).into();
		Attestation { slot, block_hash, authority: who.public().into(), signature }
	}

	/// The inherents of the block upon `parent`, whether they are good or not, by an author that has
	/// seen nothing final.
	fn inherents(&self, parent: Hash, attestations: ParentAttestations) -> Vec<OpaqueExtrinsic> {
		inherents(&self.client, parent, InherentType { attestations, finalised: 0 })
	}

	/// Lets the runtime write a block with these inherents.
	fn write(
		&self,
		parent: Hash,
		kind: Kind,
		inherents: &[OpaqueExtrinsic],
	) -> Result<BuiltBlock<Block>, sp_blockchain::Error> {
		let (slot, authority_index) = (next_slot(&self.client, parent).into(), kind.author);
		let pre_digest = if kind.primary {
			let vrf_signature = DRAW.clone();
			PreDigest::Primary(PrimaryPreDigest { authority_index, slot, vrf_signature })
		} else {
			PreDigest::SecondaryPlain(SecondaryPlainPreDigest { authority_index, slot })
		};
		write(&self.client, parent, vec![claim(pre_digest)], inherents)
	}

	/// The inherents of a block of this kind.
	fn inherents_of(&self, parent: Hash, kind: Kind) -> Vec<OpaqueExtrinsic> {
		let attesters = &VALIDATORS[..kind.attesters];
		let made: Vec<_> = attesters.iter().map(|who| self.attest(*who, parent)).collect();
		self.inherents(parent, signed(&made))
	}

	/// A block that nobody has imported.
	fn build(&self, parent: Hash, kind: Kind) -> Unsealed {
		self.write(parent, kind, &self.inherents_of(parent, kind)).unwrap().block.into()
	}

	/// Imports a block that peers have sent.
	fn import(&self, block: &Unsealed) -> Result<ImportResult, ConsensusError> {
		self.import_as(BlockOrigin::NetworkBroadcast, block)
	}

	fn import_as(
		&self,
		origin: BlockOrigin,
		block: &Unsealed,
	) -> Result<ImportResult, ConsensusError> {
		block_on(self.import.import_block(block.params(origin)))
	}

	/// Writes a block and imports it, as an author does: without executing it a second time.
	fn author(&self, parent: Hash, kind: Kind) -> Unsealed {
		self.author_with(parent, kind, &[])
	}

	/// The same, with transactions.
	fn author_with(&self, parent: Hash, kind: Kind, transactions: &[OpaqueExtrinsic]) -> Unsealed {
		let body = [&self.inherents_of(parent, kind)[..], transactions].concat();
		let (block, changes) = self.write(parent, kind, &body).unwrap().into_inner();
		let block = Unsealed::from(block);
		let mut params = block.params(BlockOrigin::Own);
		params.state_action = StateAction::ApplyChanges(StorageChanges::Changes(changes));
		let imported = block_on(self.import.import_block(params)).unwrap();
		assert!(matches!(imported, ImportResult::Imported(_)), "{imported:?}");
		block
	}

	/// Authors a chain on `parent`; the hashes of its blocks.
	fn extend(&self, parent: Hash, kinds: &[Kind]) -> Vec<Hash> {
		let chain = kinds.iter().scan(parent, |head, kind| {
			*head = self.author(*head, *kind).hash();
			Some(*head)
		});
		chain.collect()
	}

	/// The head of such a chain.
	fn head_of(&self, parent: Hash, kinds: &[Kind]) -> Hash {
		*self.extend(parent, kinds).last().unwrap()
	}

	fn finalise(&self, hash: Hash) {
		self.client.finalize_block(hash, None, true).unwrap();
	}
}
