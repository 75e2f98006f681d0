//! The rule: the heaviest chain is the best; at equal weight the longer one, then the one whose head
//! has the lower hash.
//!
//! This import stands between BABE's and GRANDPA's. BABE has set a fork choice by its own weights;
//! ours has the last word. A claimed weight counts as soon as the block is imported, because a false
//! one makes the execution, which the import includes, fail. So a block whose parent's state is not
//! here is not imported. Only what fast sync downloads before it has the state is taken on trust, as
//! by BABE.

use crate::{
	authors::AuthorWatch,
	aux_schema::{chain_weight_key, load_chain_weight},
	Error, Metrics,
};
use codec::Encode;
use futures::lock::Mutex;
use polkadot_sdk::{
	sc_client_api::AuxStore,
	sc_consensus::{
		BlockCheckParams, BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult,
		StateAction,
	},
	sp_blockchain::{BlockStatus, HeaderBackend},
	sp_consensus::{BlockOrigin, Error as ConsensusError, SelectChain},
	sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor, One},
};
use sp_consensus_pouw::{find_weight_log, ChainWeight};
use std::sync::Arc;

/// Imports blocks by weight.
pub struct PouwBlockImport<Block: BlockT, Client, Select, Inner> {
	client: Arc<Client>,
	select_chain: Select,
	inner: Inner,
	authors: Arc<AuthorWatch<Block::Header>>,
	/// Held from the comparison with the best block to the end of the import, so that no other
	/// block becomes the best one in between.
	comparing: Arc<Mutex<()>>,
	metrics: Option<Metrics>,
}

impl<Block: BlockT, Client, Select: Clone, Inner: Clone> Clone
	for PouwBlockImport<Block, Client, Select, Inner>
{
	fn clone(&self) -> Self {
		Self {
			client: self.client.clone(),
			select_chain: self.select_chain.clone(),
			inner: self.inner.clone(),
			authors: self.authors.clone(),
			comparing: self.comparing.clone(),
			metrics: self.metrics.clone(),
		}
	}
}

impl<Block: BlockT, Client, Select, Inner> PouwBlockImport<Block, Client, Select, Inner> {
	/// An import that decides and hands the block on to `inner`.
	pub fn new(
		client: Arc<Client>,
		select_chain: Select,
		inner: Inner,
		authors: Arc<AuthorWatch<Block::Header>>,
		metrics: Option<Metrics>,
	) -> Self {
		Self { client, select_chain, inner, authors, comparing: Default::default(), metrics }
	}

	/// The weight of the chain with this head.
	fn weight_of(&self, head: Block::Hash) -> Result<ChainWeight, Error>
	where
		Client: AuxStore + HeaderBackend<Block>,
	{
		if head == self.client.info().genesis_hash {
			return Ok(0);
		}
		load_chain_weight(&*self.client, head)?
			.ok_or_else(|| Error::UnknownWeight(format!("{head:?}")))
	}

	/// Whether this block's weight is not ours to judge: it fills the gap below a warp-synced state,
	/// is one of the headers of a warp proof, or is there already.
	fn passes_unweighed(
		&self,
		block: &BlockImportParams<Block>,
		hash: Block::Hash,
	) -> Result<bool, Error>
	where
		Client: HeaderBackend<Block>,
	{
		let number = *block.header.number();
		let in_gap = self
			.client
			.info()
			.block_gap
			.is_some_and(|gap| gap.start <= number && number <= gap.end);
		let known = self.client.status(hash)? == BlockStatus::InChain;
		Ok(in_gap || known || block.origin == BlockOrigin::WarpSync)
	}
}

/// Whether a head is better than the best: by weight, then length, then the lower hash.
pub(crate) fn is_better<N: Ord, H: Ord>(
	(weight, number, hash): (ChainWeight, N, H),
	(best_weight, best_number, best_hash): (ChainWeight, N, H),
) -> bool {
	(weight, number, best_hash) > (best_weight, best_number, hash)
}

#[async_trait::async_trait]
impl<Block, Client, Select, Inner> BlockImport<Block>
	for PouwBlockImport<Block, Client, Select, Inner>
where
	Block: BlockT,
	Client: AuxStore + HeaderBackend<Block> + Send + Sync,
	Select: SelectChain<Block>,
	Inner: BlockImport<Block> + Send + Sync,
	Inner::Error: Into<ConsensusError>,
{
	type Error = ConsensusError;

	async fn check_block(
		&self,
		block: BlockCheckParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		self.inner.check_block(block).await.map_err(Into::into)
	}

	async fn import_block(
		&self,
		mut block: BlockImportParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		let hash = block.post_hash();
		let number: NumberFor<Block> = *block.header.number();

		if self.passes_unweighed(&block, hash)? {
			block.fork_choice = Some(ForkChoiceStrategy::Custom(false));
			return self.inner.import_block(block).await.map_err(Into::into);
		}

		if matches!(block.state_action, StateAction::ExecuteIfPossible) {
			block.state_action = StateAction::Execute;
		}
		self.authors.note(block.post_header());
		let _comparing = self.comparing.lock().await;
		let own = find_weight_log(&block.header).map_err(Error::from)?;
		let weight = if block.with_state() {
			// A state that was synced: weights count from here.
			block.fork_choice = Some(ForkChoiceStrategy::Custom(true));
			0
		} else {
			let parent = *block.header.parent_hash();
			let parent_weight = if number == One::one() { 0 } else { self.weight_of(parent)? };
			let weight = own.weight().on(parent_weight);
			// The client's own best block is an inner one after finality went to another fork.
			let best = self.select_chain.best_chain().await?;
			let best_weight = self.weight_of(best.hash())?;
			block.fork_choice = Some(ForkChoiceStrategy::Custom(is_better(
				(weight, number, hash),
				(best_weight, *best.number(), best.hash()),
			)));
			weight
		};
		block.auxiliary.push((chain_weight_key(hash), Some(weight.encode())));

		let result = self.inner.import_block(block).await.map_err(Into::into)?;
		if let (Some(metrics), ImportResult::Imported(aux)) = (&self.metrics, &result) {
			if aux.is_new_best {
				metrics.note_best(weight, &own);
			}
		}
		Ok(result)
	}
}
