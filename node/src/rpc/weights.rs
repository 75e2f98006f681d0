//! `mbongo_chainWeight`.

use super::Error;
use jsonrpsee::proc_macros::rpc;
use mbongo_primitives::{BlockNumber, Hash, OpaqueBlock};
use polkadot_sdk::{sc_client_api::AuxStore, sp_blockchain::HeaderBackend};
use std::sync::Arc;

/// The weight of a block and of the chain that it ends.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockWeightInfo {
	/// The block.
	pub hash: Hash,
	/// Its number.
	pub number: BlockNumber,
	/// The sum of all weights up to it, from genesis or from the state that a warp sync brought, in
	/// decimal. `null` where it is no longer kept: below the last finalised block, and on branches
	/// that finality has left.
	pub chain_weight: Option<String>,
	/// For the kind of the slot.
	pub base: u64,
	/// For the support of the parent.
	pub attestation: u64,
	/// For useful work.
	pub pouw: u64,
	/// The sum of the scores settled in it, in decimal.
	pub total_pouw_score: String,
	/// How many providers those are of.
	pub provider_count: u32,
}

/// The weight of blocks.
#[rpc(server, namespace = "mbongo")]
pub trait WeightsApi {
	/// The weight of a block, by part, and of its chain; of the best block if none is named.
	#[method(name = "chainWeight", blocking)]
	fn chain_weight(&self, hash: Option<Hash>) -> Result<BlockWeightInfo, Error>;
}

pub struct Weights<C> {
	pub client: Arc<C>,
}

impl<C> WeightsApiServer for Weights<C>
where
	C: HeaderBackend<OpaqueBlock> + AuxStore + Send + Sync + 'static,
{
	fn chain_weight(&self, hash: Option<Hash>) -> Result<BlockWeightInfo, Error> {
		let lookup = |error: &dyn std::fmt::Display| Error::Lookup(error.to_string());
		let chain = self.client.info();
		let hash = hash.unwrap_or(chain.best_hash);
		let header = self.client.header(hash).map_err(|error| lookup(&error))?;
		let header = header.ok_or(Error::UnknownBlock(hash))?;
		if hash == chain.genesis_hash {
			return Ok(genesis(hash));
		}
		let own = sp_consensus_pouw::find_weight_log(&header).map_err(|error| lookup(&error))?;
		let chain_weight = sc_consensus_pouw::load_chain_weight(&*self.client, hash)
			.map_err(|error| lookup(&error))?;
		Ok(BlockWeightInfo {
			hash,
			number: header.number,
			chain_weight: chain_weight.map(|weight| weight.to_string()),
			base: own.base,
			attestation: own.attestation,
			pouw: own.pouw,
			total_pouw_score: own.total_pouw_score.to_string(),
			provider_count: own.provider_count,
		})
	}
}

/// Genesis weighs nothing.
fn genesis(hash: Hash) -> BlockWeightInfo {
	BlockWeightInfo {
		hash,
		number: 0,
		chain_weight: Some("0".into()),
		base: 0,
		attestation: 0,
		pouw: 0,
		total_pouw_score: "0".into(),
		provider_count: 0,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::BASE_ERROR;
	use jsonrpsee::core::server::MethodsError;
	use mbongo_primitives::Header;
	use polkadot_sdk::{
		sp_blockchain::{BlockStatus, Info, Result},
		sp_core::Encode,
		sp_runtime::{traits::Header as _, Digest},
	};
	use sp_consensus_pouw::{PouwLog, WeightLog, WEIGHT_LOG_VERSION};

	/// Genesis, a block whose weight is kept, and a best block whose weight is not.
	struct Chain([Header; 3]);

	fn header(number: u32, parent: Hash, score: u128) -> Header {
		let weight = PouwLog::Weight(WeightLog {
			version: WEIGHT_LOG_VERSION,
			base: 1000,
			attestation: 500,
			pouw: 20,
			total_pouw_score: score,
			provider_count: 3,
			compute_receipts_root: Hash::zero(),
		});
		let digest = Digest { logs: vec![weight.into()] };
		Header::new(number, Hash::zero(), Hash::zero(), parent, digest)
	}

	impl Chain {
		fn new() -> Self {
			let zero = Hash::zero();
			let genesis = Header::new(0, zero, zero, zero, Digest::default());
			let first = header(1, genesis.hash(), 10);
			let second = header(2, first.hash(), u128::MAX);
			Self([genesis, first, second])
		}

		fn hash_of(&self, number: usize) -> Hash {
			self.0[number].hash()
		}
	}

	impl HeaderBackend<OpaqueBlock> for Chain {
		fn header(&self, hash: Hash) -> Result<Option<Header>> {
			Ok(self.0.iter().find(|header| header.hash() == hash).cloned())
		}

		fn info(&self) -> Info<OpaqueBlock> {
			Info {
				best_hash: self.hash_of(2),
				best_number: 2,
				genesis_hash: self.hash_of(0),
				finalized_hash: self.hash_of(0),
				finalized_number: 0,
				finalized_state: None,
				number_leaves: 1,
				block_gap: None,
			}
		}

		fn status(&self, hash: Hash) -> Result<BlockStatus> {
			let known = self.header(hash)?.is_some();
			Ok(if known { BlockStatus::InChain } else { BlockStatus::Unknown })
		}

		fn number(&self, hash: Hash) -> Result<Option<BlockNumber>> {
			Ok(self.header(hash)?.map(|header| header.number))
		}

		fn hash(&self, number: BlockNumber) -> Result<Option<Hash>> {
			Ok(self.0.get(number as usize).map(Header::hash))
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
			_: I,
			_: D,
		) -> Result<()> {
			Ok(())
		}

		fn get_aux(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
			let kept = key.ends_with(self.hash_of(1).as_ref());
			Ok(kept.then(|| u128::MAX.encode()))
		}
	}

	fn call(hash: Option<Hash>) -> std::result::Result<BlockWeightInfo, MethodsError> {
		let module = Weights { client: Arc::new(Chain::new()) }.into_rpc();
		let tokio = polkadot_sdk::sc_cli::build_runtime().unwrap();
		tokio.block_on(module.call("mbongo_chainWeight", [hash]))
	}

	#[test]
	fn large_numbers_come_whole_and_the_best_block_is_the_default() {
		let chain = Chain::new();
		let first = call(Some(chain.hash_of(1))).unwrap();
		assert_eq!(first.chain_weight, Some(u128::MAX.to_string()));
		assert_eq!((first.base, first.attestation, first.pouw), (1000, 500, 20));
		assert_eq!((first.number, first.provider_count), (1, 3));
		let best = call(None).unwrap();
		assert_eq!(best.hash, chain.hash_of(2));
		assert_eq!(best.total_pouw_score, u128::MAX.to_string());
		assert_eq!(best.chain_weight, None);
	}

	#[test]
	fn genesis_weighs_nothing() {
		let genesis = call(Some(Chain::new().hash_of(0))).unwrap();
		assert_eq!(genesis.chain_weight.as_deref(), Some("0"));
		assert_eq!(genesis.number, 0);
	}

	#[test]
	fn unknown_block_has_its_own_error() {
		let unknown = Hash::repeat_byte(7);
		let Err(MethodsError::JsonRpc(error)) = call(Some(unknown)) else { panic!("an error") };
		assert_eq!(error.code(), BASE_ERROR + 1);
		assert!(error.message().contains(&format!("{unknown:?}")));
	}

	#[test]
	fn fields_are_named_as_published() {
		let json = serde_json::to_value(genesis(Hash::zero())).unwrap();
		let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
		for name in ["chainWeight", "totalPouwScore", "providerCount", "base", "pouw"] {
			assert!(names.contains(&name), "{name}");
		}
	}
}
