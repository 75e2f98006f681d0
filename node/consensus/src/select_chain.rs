//! The heaviest chain, for BABE's authors and GRANDPA's targets.
//!
//! The import keeps the client's best block the heaviest, so it is a leaf and the answer. Only when
//! finality went to another fork is the client's best block an inner one (the one just finalised);
//! then the heaviest leaf above it is.

use crate::{aux_schema::load_chain_weight, block_import::is_better};
use polkadot_sdk::{
	sc_client_api::Backend,
	sp_blockchain::{self, Backend as _, Error::MissingHeader, HeaderBackend},
	sp_consensus::{Error as ConsensusError, SelectChain},
	sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor},
};
use std::{marker::PhantomData, sync::Arc};

/// Selects the heaviest chain.
pub struct HeaviestChain<B, Block> {
	backend: Arc<B>,
	_block: PhantomData<Block>,
}

impl<B, Block> Clone for HeaviestChain<B, Block> {
	fn clone(&self) -> Self {
		Self { backend: self.backend.clone(), _block: PhantomData }
	}
}

impl<B, Block> HeaviestChain<B, Block>
where
	B: Backend<Block>,
	Block: BlockT,
{
	/// Selects among the blocks of this backend.
	pub fn new(backend: Arc<B>) -> Self {
		Self { backend, _block: PhantomData }
	}

	fn header(&self, hash: Block::Hash) -> sp_blockchain::Result<Block::Header> {
		self.backend.blockchain().header(hash)?.ok_or_else(|| MissingHeader(format!("{hash:?}")))
	}

	fn best(&self) -> sp_blockchain::Result<Block::Hash> {
		// In the middle of an import there are leaves without headers, and a best block that is no leaf.
		let _no_import = self.backend.get_import_lock().read();
		let blockchain = self.backend.blockchain();
		let client_best = blockchain.info().best_hash;
		let leaves = blockchain.leaves()?;
		if leaves.contains(&client_best) {
			return Ok(client_best);
		}
		let mut best = None;
		for leaf in leaves {
			if !sp_blockchain::tree_route(blockchain, client_best, leaf)?.retracted().is_empty() {
				continue;
			}
			let weight = load_chain_weight(&*self.backend, leaf)
				.map_err(|error| sp_blockchain::Error::Backend(error.to_string()))?
				.unwrap_or_default();
			let candidate = (weight, *self.header(leaf)?.number(), leaf);
			if best.is_none_or(|best| is_better(candidate, best)) {
				best = Some(candidate);
			}
		}
		Ok(best.map_or(client_best, |(_, _, hash)| hash))
	}

	/// The block of the heaviest chain at `max_number`, or its head; it must descend from `base`.
	fn target(
		&self,
		base: Block::Hash,
		max_number: Option<NumberFor<Block>>,
	) -> sp_blockchain::Result<Block::Hash> {
		let base_number = *self.header(base)?.number();
		let refuse = |reason: String| sp_blockchain::Error::Application(reason.into());
		if max_number.is_some_and(|max| max < base_number) {
			return Err(refuse(format!("finality target below its base {base:?}")));
		}
		let mut target = self.best()?;
		let mut header = self.header(target)?;
		while max_number.is_some_and(|max| *header.number() > max) {
			target = *header.parent_hash();
			header = self.header(target)?;
		}
		let (mut ancestor, mut ancestor_header) = (target, header);
		while *ancestor_header.number() > base_number {
			ancestor = *ancestor_header.parent_hash();
			ancestor_header = self.header(ancestor)?;
		}
		if ancestor != base {
			return Err(refuse(format!("{base:?} is not in the heaviest chain")));
		}
		Ok(target)
	}
}

#[async_trait::async_trait]
impl<B, Block> SelectChain<Block> for HeaviestChain<B, Block>
where
	B: Backend<Block>,
	Block: BlockT,
{
	async fn leaves(&self) -> Result<Vec<Block::Hash>, ConsensusError> {
		self.backend.blockchain().leaves().map_err(lookup)
	}

	async fn best_chain(&self) -> Result<Block::Header, ConsensusError> {
		self.best().and_then(|hash| self.header(hash)).map_err(lookup)
	}

	async fn finality_target(
		&self,
		base_hash: Block::Hash,
		maybe_max_number: Option<NumberFor<Block>>,
	) -> Result<Block::Hash, ConsensusError> {
		self.target(base_hash, maybe_max_number).map_err(lookup)
	}
}

fn lookup(error: sp_blockchain::Error) -> ConsensusError {
	ConsensusError::ChainLookup(error.to_string())
}
