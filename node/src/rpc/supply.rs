//! `mbongo_supply`.

use super::Error;
use jsonrpsee::proc_macros::rpc;
use mbongo_primitives::{
	staking::{StakingApi, Supply},
	BlockNumber, Hash, OpaqueBlock,
};
use polkadot_sdk::{sp_api::ProvideRuntimeApi, sp_blockchain::HeaderBackend};
use std::sync::Arc;

/// How much of the token there is, as the RPC shows it. Amounts are in decimal: JavaScript's numbers are
/// too small for them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupplyAt {
	/// The block in whose state it is so much.
	pub hash: Hash,
	/// Its number.
	pub number: BlockNumber,
	/// What there was at genesis.
	pub genesis: String,
	/// What was made since.
	pub minted: String,
	/// What was destroyed since.
	pub burned: String,
	/// What there is: `genesis + minted - burned`.
	pub issued: String,
	/// What may ever be there.
	pub cap: String,
	/// The part of the emission that useful work can still earn, and that is not issued yet.
	pub for_useful_work: String,
}

/// The supply of the token.
#[rpc(server, namespace = "mbongo")]
pub trait SupplyApi {
	/// How much of the token there is after a block; after the best block if none is named.
	#[method(name = "supply", blocking)]
	fn supply(&self, hash: Option<Hash>) -> Result<SupplyAt, Error>;
}

/// What answers.
pub struct TokenSupply<C> {
	pub client: Arc<C>,
}

impl<C> SupplyApiServer for TokenSupply<C>
where
	C: HeaderBackend<OpaqueBlock> + ProvideRuntimeApi<OpaqueBlock> + Send + Sync + 'static,
	C::Api: StakingApi<OpaqueBlock>,
{
	fn supply(&self, hash: Option<Hash>) -> Result<SupplyAt, Error> {
		let hash = hash.unwrap_or_else(|| self.client.info().best_hash);
		let number = self.client.number(hash)?.ok_or(Error::UnknownBlock(hash))?;
		let supply = self.client.runtime_api().supply(hash);
		let supply: Supply = supply.map_err(|error| Error::Lookup(error.to_string()))?;
		Ok(SupplyAt {
			hash,
			number,
			genesis: supply.genesis.to_string(),
			minted: supply.minted.to_string(),
			burned: supply.burned.to_string(),
			issued: supply.issued.to_string(),
			cap: supply.cap.to_string(),
			for_useful_work: supply.for_useful_work.to_string(),
		})
	}
}
