//! A client in memory that takes what the import decides: blocks, auxiliary data, the best block.

use super::{Block, Header, MemoryAux};
use crate::Judge;
use parking_lot::Mutex;
use polkadot_sdk::{
	sc_client_api::AuxStore,
	sc_consensus::{
		BlockCheckParams, BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult,
		ImportedAux, StateAction,
	},
	sp_blockchain::{self, BlockGap, BlockStatus, HeaderBackend, Info},
	sp_consensus::{Error as ConsensusError, SelectChain},
	sp_core::H256,
	sp_runtime::{traits::Header as _, Digest},
};
use sp_consensus_pouw::{BlockWeight, PouwLog, WeightLog, WEIGHT_LOG_VERSION};
use std::{collections::HashMap, future::poll_fn, sync::Arc, task::Poll};

/// The chain, and the import that is told what to do.
#[derive(Default)]
pub struct Chain {
	pub aux: MemoryAux,
	state: Mutex<State>,
}

#[derive(Default)]
struct State {
	headers: HashMap<H256, Header>,
	best: (H256, u32),
	gap: Option<BlockGap<u32>>,
	/// What was last decided.
	choice: Option<ForkChoiceStrategy>,
	/// Whether the last block was to be executed.
	executes: bool,
	/// Why blocks cannot be imported.
	fault: Option<Fault>,
}

/// Why a block cannot be imported.
#[derive(Clone, Copy, PartialEq)]
pub enum Fault {
	/// It is bad.
	Bad,
	/// This node cannot.
	Ours,
}

/// The genesis header.
pub fn genesis() -> Header {
	Header::new(0, H256::zero(), H256::zero(), H256::zero(), Digest::default())
}

/// A block with this weight. `salt` tells blocks with the same content apart.
pub fn block(parent: &Header, weight: BlockWeight, salt: u8) -> Header {
	let log = WeightLog {
		version: WEIGHT_LOG_VERSION,
		base: weight.base,
		attestation: weight.attestation,
		pouw: weight.pouw,
		total_pouw_score: 0,
		provider_count: 0,
		compute_receipts_root: H256::zero(),
	};
	Header::new(
		parent.number + 1,
		H256::repeat_byte(salt),
		H256::zero(),
		parent.hash(),
		Digest { logs: vec![PouwLog::Weight(log).into()] },
	)
}

/// A weight from a primary slot or not, support in thousandths, and a score.
pub fn weight(primary: bool, support: u128, score: u128) -> BlockWeight {
	BlockWeight::new(primary, support, 1000, score)
}

impl Chain {
	pub fn new() -> Arc<Self> {
		let chain = Self::default();
		let genesis = genesis();
		{
			let mut state = chain.state.lock();
			state.best = (genesis.hash(), 0);
			state.headers.insert(genesis.hash(), genesis);
		}
		Arc::new(chain)
	}

	pub fn best(&self) -> H256 {
		self.state.lock().best.0
	}

	pub fn set_gap(&self, gap: BlockGap<u32>) {
		self.state.lock().gap = Some(gap);
	}

	pub fn choice(&self) -> Option<ForkChoiceStrategy> {
		self.state.lock().choice.take()
	}

	/// Whether the last block was to be executed, and not imported otherwise.
	pub fn executes(&self) -> bool {
		self.state.lock().executes
	}

	/// Lets imports fail from now on.
	pub fn fail(&self, fault: Fault) {
		self.state.lock().fault = Some(fault);
	}

	/// Puts a header there without importing it.
	pub fn insert(&self, header: Header) {
		self.state.lock().headers.insert(header.hash(), header);
	}
}

/// Lets other imports go on, as one does that executes its block.
async fn pause() {
	let mut paused = false;
	poll_fn(|context| {
		if std::mem::replace(&mut paused, true) {
			return Poll::Ready(());
		}
		context.waker().wake_by_ref();
		Poll::Pending
	})
	.await
}

/// Takes blocks into the chain, as the client under the import does.
#[derive(Clone)]
pub struct IntoChain(pub Arc<Chain>);

#[async_trait::async_trait]
impl BlockImport<Block> for IntoChain {
	type Error = ConsensusError;

	async fn check_block(&self, _: BlockCheckParams<Block>) -> Result<ImportResult, Self::Error> {
		Ok(ImportResult::imported(false))
	}

	async fn import_block(
		&self,
		block: BlockImportParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		let choice = block.fork_choice.expect("it is decided above");
		pause().await;
		if self.0.state.lock().fault.is_some() {
			return Err(ConsensusError::ClientImport("it failed".into()));
		}
		for (key, value) in &block.auxiliary {
			let written = match value {
				Some(value) => self.0.aux.insert_aux(&[(&key[..], &value[..])], &[]),
				None => self.0.aux.insert_aux(&[], &[&key[..]]),
			};
			written.expect("memory takes everything");
		}
		let header = block.post_header();
		let is_new_best = choice == ForkChoiceStrategy::Custom(true);
		let mut state = self.0.state.lock();
		if is_new_best {
			state.best = (header.hash(), header.number);
		}
		state.choice = Some(choice);
		state.executes = matches!(block.state_action, StateAction::Execute);
		state.headers.insert(header.hash(), header);
		Ok(ImportResult::Imported(ImportedAux { is_new_best, ..Default::default() }))
	}
}

#[async_trait::async_trait]
impl SelectChain<Block> for IntoChain {
	async fn leaves(&self) -> Result<Vec<H256>, ConsensusError> {
		Ok(vec![self.0.best()])
	}

	async fn best_chain(&self) -> Result<Header, ConsensusError> {
		let state = self.0.state.lock();
		Ok(state.headers[&state.best.0].clone())
	}
}

impl Judge<Block> for Chain {
	fn is_bad(&self, _: &Block) -> bool {
		self.state.lock().fault == Some(Fault::Bad)
	}
}

impl AuxStore for Chain {
	fn insert_aux<
		'a,
		'b: 'a,
		'c: 'a,
		I: IntoIterator<Item = &'a (&'c [u8], &'c [u8])>,
		D: IntoIterator<Item = &'a &'b [u8]>,
	>(
		&self,
		insert: I,
		delete: D,
	) -> sp_blockchain::Result<()> {
		self.aux.insert_aux(insert, delete)
	}

	fn get_aux(&self, key: &[u8]) -> sp_blockchain::Result<Option<Vec<u8>>> {
		self.aux.get_aux(key)
	}
}

impl HeaderBackend<Block> for Chain {
	fn header(&self, hash: H256) -> sp_blockchain::Result<Option<Header>> {
		Ok(self.state.lock().headers.get(&hash).cloned())
	}

	fn info(&self) -> Info<Block> {
		let state = self.state.lock();
		Info {
			best_hash: state.best.0,
			best_number: state.best.1,
			genesis_hash: genesis().hash(),
			finalized_hash: genesis().hash(),
			finalized_number: 0,
			finalized_state: None,
			number_leaves: 1,
			block_gap: state.gap,
		}
	}

	fn status(&self, hash: H256) -> sp_blockchain::Result<BlockStatus> {
		let known = self.state.lock().headers.contains_key(&hash);
		Ok(if known { BlockStatus::InChain } else { BlockStatus::Unknown })
	}

	fn number(&self, hash: H256) -> sp_blockchain::Result<Option<u32>> {
		Ok(self.header(hash)?.map(|header| header.number))
	}

	fn hash(&self, number: u32) -> sp_blockchain::Result<Option<H256>> {
		let state = self.state.lock();
		let mut at = state.headers.get(&state.best.0);
		while let Some(header) = at.filter(|header| header.number > number) {
			at = state.headers.get(&header.parent_hash);
		}
		Ok(at.map(Header::hash))
	}
}
