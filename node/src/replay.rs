//! Executes blocks of the database once more, a transaction at a time, and compares what comes of
//! them with what their headers say. Every node of the state's trie that is read on the way is hashed
//! again, so that a damaged one is found by the transaction that needs it, even where the outcome
//! would be the same.

use crate::{
	progress::Progress,
	receipts::ReceiptIndex,
	service::{Backend, Client, Executor},
	state::{CheckedState, DamagedNode},
};
use codec::{Decode, Encode};
use mbongo_primitives::{
	execution::{Receipt, Status},
	BlockNumber, Hash, Hashing, Header,
};
use polkadot_sdk::{
	sc_client_api::{BlockBackend, ExecutorProvider, HeaderBackend},
	sp_api::CallContext,
	sp_externalities::Extensions,
	sp_runtime::{
		traits::{Block as _, Header as _},
		ApplyExtrinsicResult, DigestItem, OpaqueExtrinsic,
	},
	sp_state_machine::{backend::BackendRuntimeCode, OverlayedChanges, StateMachine},
};
use serde::Serialize;
use std::{
	io::{Sink, Write},
	sync::Arc,
};

/// What the journal says of a transaction.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
	block: BlockNumber,
	block_hash: Hash,
	index: u32,
	transaction_hash: Hash,
	status: &'a str,
	gas_used: u64,
	events_root: Hash,
	event_count: u32,
	#[serde(skip_serializing_if = "Option::is_none")]
	state_root: Option<Hash>,
}

/// The last line of a journal that ends before it should.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct End<'a> {
	block: BlockNumber,
	block_hash: Hash,
	index: Option<u32>,
	diverged: &'a str,
}

/// Where replay and history part.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Block {number} ({hash:?}){}: {what}", transaction.map(|index| format!(", transaction {index}")).unwrap_or_default())]
pub struct Divergence {
	/// The block.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Hash,
	/// The first transaction that differs, if it is one.
	pub transaction: Option<u32>,
	/// How.
	pub what: String,
}

/// What was replayed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replayed {
	/// How many blocks.
	pub blocks: u32,
	/// How many transactions, inherents too.
	pub transactions: u64,
	/// The state's root after the last block.
	pub state_root: Hash,
}

/// Why there was no full replay.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// Something differs.
	#[error("{0}")]
	Diverged(#[from] Divergence),
	/// The database does not have what is needed.
	#[error("{0}")]
	Missing(String),
	/// The database.
	#[error(transparent)]
	Client(#[from] polkadot_sdk::sp_blockchain::Error),
	/// The journal.
	#[error("The journal cannot be written: {0}")]
	Journal(#[from] std::io::Error),
}

/// Replays blocks.
pub struct Replay {
	/// The chain.
	pub client: Arc<Client>,
	/// Its database.
	pub backend: Arc<Backend>,
	/// What runs the runtime.
	pub executor: Executor,
	/// Whether to compute the root after each transaction.
	pub tx_roots: bool,
}

/// The seal that a header ends with is made of all else, by its author; without it the header is as the
/// runtime has written it.
fn unsealed(header: &Header) -> Option<Header> {
	let mut header = header.clone();
	matches!(header.digest.pop()?, DigestItem::Seal(..)).then_some(header)
}

impl Replay {
	/// Replays the blocks of the best chain with these numbers.
	pub fn run(
		&self,
		from: BlockNumber,
		to: BlockNumber,
		journal: &mut Option<impl Write>,
	) -> Result<Replayed, Error> {
		let mut progress = Progress::new("Replaying", u64::from(to - from) + 1);
		let (mut replayed, mut last) = (Replayed::default(), None);
		for number in from..=to {
			let hash = self.client.hash(number)?;
			let hash = hash.ok_or_else(|| Error::Missing(format!("There is no block {number}")))?;
			let block = self.client.block(hash)?.ok_or_else(|| {
				Error::Missing(format!("The transactions of block {number} are not kept"))
			})?;
			let (header, body) = block.block.deconstruct();
			replayed.transactions += body.len() as u64;
			replayed.state_root = header.state_root;
			let number = header.number;
			let diverged =
				|what: &str| Divergence { number, hash, transaction: None, what: what.into() };
			if header.hash() != hash {
				return Err(diverged("its header has another hash").into());
			}
			if last.is_some_and(|last| header.parent_hash != last) {
				return Err(diverged("its parent is another block than the one before it").into());
			}
			last = Some(hash);
			let executed = self.block(&header, hash, &body, journal);
			if let (Err(Error::Diverged(divergence)), Some(journal)) = (&executed, &mut *journal) {
				let Divergence { transaction: index, what, .. } = divergence;
				write_line(
					journal,
					&End { block: number, block_hash: hash, index: *index, diverged: what },
				)?;
				journal.flush()?;
			}
			executed?;
			replayed.blocks += 1;
			progress.advance(1);
		}
		if let Some(journal) = journal {
			journal.flush()?;
		}
		Ok(replayed)
	}

	/// Executes a block to see whether what it reads of its parent's state is as it should be.
	pub fn damage_met_by(&self, header: &Header, body: &[OpaqueExtrinsic]) -> Option<DamagedNode> {
		let state = CheckedState::open(&self.backend, header.parent_hash).ok()?;
		// What comes of it is known: the block was refused.
		let _ = self.execute(&state, header, header.hash(), body, &mut None::<Sink>);
		state.is_sound().err()
	}

	fn block(
		&self,
		header: &Header,
		hash: Hash,
		body: &[OpaqueExtrinsic],
		journal: &mut Option<impl Write>,
	) -> Result<(), Error> {
		let state = CheckedState::open(&self.backend, header.parent_hash).map_err(|error| {
			Error::Missing(format!("The state before block {} is not kept: {error}", header.number))
		})?;
		self.execute(&state, header, hash, body, journal)
	}

	fn execute(
		&self,
		state: &CheckedState,
		header: &Header,
		hash: Hash,
		body: &[OpaqueExtrinsic],
		journal: &mut Option<impl Write>,
	) -> Result<(), Error> {
		let diverged = |transaction: Option<u32>, what: String| {
			Error::from(Divergence { number: header.number, hash, transaction, what })
		};
		let parent = header.parent_hash;
		let mut steps = Steps {
			state,
			executor: &self.executor,
			changes: OverlayedChanges::default(),
			// What the client gives a block too.
			extensions: self.client.execution_extensions().extensions(parent, header.number),
		};

		// What the author has put into the header, to which the runtime adds the rest.
		let authored = header.digest.logs.iter();
		let authored = authored.filter(|item| matches!(item, DigestItem::PreRuntime(..))).cloned();
		let begun = Header::new(
			header.number,
			Default::default(),
			Default::default(),
			parent,
			polkadot_sdk::sp_runtime::Digest { logs: authored.collect() },
		);
		steps
			.call("Core_initialize_block", &begun.encode())
			.map_err(|error| diverged(None, error))?;

		let mut roots = Vec::new();
		for (index, transaction) in (0..).zip(body) {
			let at = Some(index);
			let applied = steps
				.call("BlockBuilder_apply_extrinsic", &transaction.encode())
				.map_err(|error| diverged(at, error))?;
			match ApplyExtrinsicResult::decode(&mut &applied[..]) {
				Ok(Ok(_)) => {}
				Ok(Err(error)) => {
					return Err(diverged(at, format!("it is not valid: {error:?}")));
				}
				Err(error) => return Err(diverged(at, error.to_string())),
			}
			if self.tx_roots {
				roots.push(steps.root().map_err(|error| diverged(at, error))?);
			}
		}
		let finished = steps
			.call("BlockBuilder_finalize_block", &[])
			.map_err(|error| diverged(None, error))?;
		let finished = Header::decode(&mut &finished[..])
			.map_err(|error| diverged(None, error.to_string()))?;
		let receipts =
			steps.call("ExecutionApi_receipts", &[]).map_err(|error| diverged(None, error))?;
		let receipts = Vec::<Receipt>::decode(&mut &receipts[..])
			.map_err(|error| diverged(None, error.to_string()))?;
		if let Some(journal) = journal {
			for (place, receipt) in receipts.iter().enumerate() {
				let state_root = roots.get(place).copied();
				write_line(journal, &entry(header.number, hash, receipt, state_root))?;
			}
		}
		self.compare(header, hash, &finished, &receipts).map_err(Error::from)
	}

	/// The first difference, of a transaction if one can be named.
	pub(crate) fn compare(
		&self,
		header: &Header,
		hash: Hash,
		finished: &Header,
		receipts: &[Receipt],
	) -> Result<(), Divergence> {
		let diverged =
			|transaction, what| Divergence { number: header.number, hash, transaction, what };
		let expected = unsealed(header).ok_or_else(|| diverged(None, "it has no seal".into()))?;
		if *finished == expected {
			return Ok(());
		}
		let index = ReceiptIndex::new(self.client.clone());
		let kept = index.receipts(hash).ok().flatten().unwrap_or_default();
		let transaction = kept
			.iter()
			.zip(receipts)
			.position(|(kept, receipt)| kept != receipt)
			.map(|index| index as u32);
		let differing = [
			("state root", finished.state_root != expected.state_root),
			("extrinsics root", finished.extrinsics_root != expected.extrinsics_root),
			("digest", finished.digest != expected.digest),
		];
		let what: Vec<_> =
			differing.iter().filter(|(_, differs)| *differs).map(|(what, _)| *what).collect();
		let what = format!("another {} than in the header", what.join(" and "));
		Err(diverged(transaction, what))
	}
}

/// The calls that make up a block, one after the other.
struct Steps<'a> {
	state: &'a CheckedState,
	executor: &'a Executor,
	changes: OverlayedChanges<Hashing>,
	extensions: Extensions,
}

impl Steps<'_> {
	fn call(&mut self, method: &str, data: &[u8]) -> Result<Vec<u8>, String> {
		let context = CallContext::Onchain { import: true };
		let code = BackendRuntimeCode::new(self.state.trie(), context.into());
		let code = code.runtime_code()?;
		let answer = StateMachine::new(
			self.state.trie(),
			&mut self.changes,
			self.executor,
			method,
			data,
			&mut self.extensions,
			&code,
			context,
		)
		.execute();
		self.state.is_sound().map_err(|damaged| damaged.to_string())?;
		answer.map_err(|error| error.to_string())
	}

	/// The root that the state would have now.
	fn root(&mut self) -> Result<Hash, String> {
		let version = mbongo_runtime::VERSION.state_version();
		let (root, _) = self.changes.storage_root(self.state.trie(), version);
		self.state.is_sound().map_err(|damaged| damaged.to_string())?;
		Ok(root)
	}
}

fn write_line(journal: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
	serde_json::to_writer(&mut *journal, line)?;
	journal.write_all(b"\n")
}

fn entry(
	block: BlockNumber,
	block_hash: Hash,
	receipt: &Receipt,
	state_root: Option<Hash>,
) -> Entry<'static> {
	Entry {
		block,
		block_hash,
		index: receipt.index,
		transaction_hash: receipt.extrinsic_hash,
		status: match receipt.status {
			Status::Success => "Success",
			Status::Failed { .. } => "Failed",
			Status::OutOfGas => "OutOfGas",
		},
		gas_used: receipt.gas_used,
		events_root: receipt.events_root,
		event_count: receipt.event_count,
		state_root,
	}
}
