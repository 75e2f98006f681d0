//! What the author of a block includes: the good attestations of its parent that it knows of, and how
//! far it has seen finality come.

use crate::AttestationPool;
use polkadot_sdk::{
	sp_api::{ApiError, ProvideRuntimeApi},
	sp_blockchain::HeaderBackend,
	sp_core::H256,
	sp_runtime::traits::{Block as BlockT, Header as _, NumberFor},
};
use sp_consensus_pouw::{
	find_slot, InherentDataProvider, InherentType, ParentAttestations, PouwApi,
};

/// The attestations of `parent` for the block that is written upon it, in the order of its set, and
/// the last block known to be final.
pub fn parent_attestations<Block, Client>(
	client: &Client,
	pool: &AttestationPool<Block>,
	parent: Block::Hash,
) -> Result<InherentDataProvider<NumberFor<Block>>, ApiError>
where
	Block: BlockT<Hash = H256>,
	Client: HeaderBackend<Block> + ProvideRuntimeApi<Block>,
	Client::Api: PouwApi<Block>,
{
	let header = client
		.header(parent)
		.map_err(|error| ApiError::Application(Box::new(error)))?
		.ok_or_else(|| ApiError::UnknownBlock(format!("{parent:?}")))?;
	// Genesis has no slot, and nobody attests it.
	let Ok(slot) = find_slot(&header) else { return Ok(Default::default()) };
	let mut known = pool.of_block(slot, parent);
	let set = client.runtime_api().authorities(parent)?;
	let signed = set
		.iter()
		.enumerate()
		.filter_map(|(index, (authority, _))| Some((index, known.remove(authority)?)));
	// `None` only for a set larger than the runtime's bound.
	let attestations = ParentAttestations::new(set.len(), signed).unwrap_or_default();
	// Finality may have come past the parent since it was chosen, and the runtime takes no such word.
	let finalised = client.info().finalized_number.min(*header.number());
	Ok(InherentDataProvider(InherentType { attestations, finalised }))
}
