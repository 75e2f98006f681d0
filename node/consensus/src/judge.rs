//! Whether a block that could not be imported is bad in itself, so that whoever sent it is punished.

use polkadot_sdk::{
	sp_api::{ApiError, ApiExt, CallContext, Core, ProvideRuntimeApi},
	sp_blockchain,
	sp_runtime::traits::{Block as BlockT, Header as HeaderT},
};

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
