//! Forgetting weights: of finalised blocks but the last, of stale blocks, and of reverted ones.

use crate::{aux_schema::chain_weight_key, LOG_TARGET};
use polkadot_sdk::{
	sc_client_api::{AuxDataOperations, AuxStore, Backend, FinalityNotification, PreCommitActions},
	sp_blockchain::{self, Backend as _, HeaderBackend, HeaderMetadata},
	sp_runtime::{
		traits::{Block as BlockT, NumberFor, Saturating},
		SaturatedConversion,
	},
};
use std::{
	collections::HashSet,
	sync::{Arc, Weak},
};

/// Removes, in the commit of each finality, the weights that no import will ask for again.
pub fn register_pruning<Block, Client>(client: &Arc<Client>)
where
	Block: BlockT,
	Client: HeaderMetadata<Block, Error = sp_blockchain::Error>
		+ PreCommitActions<Block>
		+ Send
		+ Sync
		+ 'static,
{
	// Weak, because the client keeps the action.
	let weak: Weak<Client> = Arc::downgrade(client);
	client.register_finality_action(Box::new(move |finality: &FinalityNotification<Block>| {
		weak.upgrade().map_or_else(Vec::new, |client| {
			let stale = finality.stale_blocks.iter().map(|stale| stale.hash);
			outdated(&*client, finality.hash, &finality.tree_route, stale)
		})
	}));
}

/// The weights that are of no more use once `finalised` is, with the blocks `between` it and the
/// one finalised last, and with the `stale` ones on other forks.
fn outdated<Block, Client>(
	client: &Client,
	finalised: Block::Hash,
	between: &[Block::Hash],
	stale: impl Iterator<Item = Block::Hash>,
) -> AuxDataOperations
where
	Block: BlockT,
	Client: HeaderMetadata<Block, Error = sp_blockchain::Error>,
{
	let first = between.first().copied().unwrap_or(finalised);
	let last_finalised = client.header_metadata(first).map(|metadata| metadata.parent);
	if let Err(error) = &last_finalised {
		log::warn!(target: LOG_TARGET, "No metadata of {first:?}, its parent's weight stays: {error}");
	}
	last_finalised
		.into_iter()
		.chain(between.iter().copied())
		.chain(stale)
		.filter(|hash| *hash != finalised)
		.map(|hash| (chain_weight_key(hash), None))
		.collect()
}

/// Forgets the weights above the block to which `blocks` blocks of the best chain are taken back.
/// Called before the client reverts.
pub fn revert<Block, Client, B>(
	client: &Client,
	backend: &B,
	blocks: NumberFor<Block>,
) -> sp_blockchain::Result<()>
where
	Block: BlockT,
	Client: AuxStore + HeaderBackend<Block> + HeaderMetadata<Block, Error = sp_blockchain::Error>,
	B: Backend<Block>,
{
	let info = client.info();
	let revertible = blocks.min(info.best_number.saturating_sub(info.finalized_number));
	let to_number = info.best_number.saturating_sub(revertible);
	let to = client.hash(to_number)?.ok_or_else(|| {
		sp_blockchain::Error::UnknownBlock(format!("no block {to_number} in the best chain"))
	})?;

	let mut keys = HashSet::with_capacity(revertible.saturated_into());
	for leaf in backend.blockchain().leaves()? {
		if !sp_blockchain::tree_route(client, to, leaf)?.retracted().is_empty() {
			continue;
		}
		let mut metadata = client.header_metadata(leaf)?;
		while metadata.number > to_number && keys.insert(chain_weight_key(metadata.hash)) {
			metadata = client.header_metadata(metadata.parent)?;
		}
	}
	let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
	client.insert_aux(&[], &keys)
}
