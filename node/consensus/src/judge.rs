//! Whether a block that could not be imported is bad in itself, so that whoever sent it is punished.
//!
//! The import tells a bad block from a fault of this node by nothing but its words, and then sync does
//! not blame the peer. This import stands before all others: they undo what they noted of a block when
//! it fails, and must hear that it did.

use crate::LOG_TARGET;
use polkadot_sdk::{
	sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult},
	sp_api::{ApiError, ApiExt, CallContext, Core, ProvideRuntimeApi},
	sp_blockchain,
	sp_consensus::{BlockOrigin, Error as ConsensusError},
	sp_runtime::traits::{Block as BlockT, Header as HeaderT},
};
use std::sync::Arc;

/// Says whether blocks are bad.
pub trait Judge<Block: BlockT> {
	/// Whether the block, without its seal, fails on its parent's state. That it cannot be executed
	/// here is no proof.
	fn is_bad(&self, block: &Block) -> bool;
}

impl<Block, Client> Judge<Block> for Client
where
	Block: BlockT,
	Client: ProvideRuntimeApi<Block>,
	Client::Api: Core<Block>,
{
	fn is_bad(&self, block: &Block) -> bool {
		let parent = *block.header().parent_hash();
		let mut api = self.runtime_api();
		api.set_call_context(CallContext::Onchain { import: true });
		match api.execute_block(parent, block.clone().into()) {
			Err(ApiError::Application(error)) => matches!(
				error.downcast_ref::<sp_blockchain::Error>(),
				Some(sp_blockchain::Error::Execution(_))
			),
			_ => false,
		}
	}
}

/// Imports blocks, and calls those bad that fail twice.
pub struct JudgingImport<Client, Inner> {
	client: Arc<Client>,
	inner: Inner,
}

impl<Client, Inner> JudgingImport<Client, Inner> {
	/// An import before `inner`.
	pub fn new(client: Arc<Client>, inner: Inner) -> Self {
		Self { client, inner }
	}
}

fn is_from_network(origin: BlockOrigin) -> bool {
	matches!(origin, BlockOrigin::NetworkBroadcast | BlockOrigin::NetworkInitialSync)
}

#[async_trait::async_trait]
impl<Block, Client, Inner> BlockImport<Block> for JudgingImport<Client, Inner>
where
	Block: BlockT,
	Client: Judge<Block> + Send + Sync,
	Inner: BlockImport<Block, Error = ConsensusError> + Send + Sync,
{
	type Error = ConsensusError;

	async fn check_block(
		&self,
		block: BlockCheckParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		self.inner.check_block(block).await
	}

	async fn import_block(
		&self,
		block: BlockImportParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		let hash = block.post_hash();
		let suspect = is_from_network(block.origin)
			.then(|| block.body.clone().map(|body| Block::new(block.header.clone(), body)))
			.flatten();
		match (self.inner.import_block(block).await, suspect) {
			(Err(error), Some(suspect)) if self.client.is_bad(&suspect) => {
				log::warn!(target: LOG_TARGET, "Block {hash:?} is bad: {error}");
				Ok(ImportResult::KnownBad)
			}
			(result, _) => result,
		}
	}
}
