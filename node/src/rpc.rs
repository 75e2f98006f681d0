//! The RPC of the node: the standard methods, and `mbongo_chainWeight`.

use crate::service::{Backend, Client, SelectChain, TransactionPool};
use jsonrpsee::{
	core::RpcResult,
	proc_macros::rpc,
	types::ErrorObjectOwned,
	RpcModule,
};
use mbongo_primitives::{BlockNumber, Hash, OpaqueBlock};
use polkadot_sdk::{
	pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer},
	sc_consensus_babe::BabeWorkerHandle,
	sc_consensus_babe_rpc::{Babe, BabeApiServer},
	sc_consensus_grandpa::{
		FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
	},
	sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer},
	sc_rpc::SubscriptionTaskExecutor,
	sc_service::ChainSpec,
	sc_sync_state_rpc::{SyncState, SyncStateApiServer},
	sp_blockchain::HeaderBackend,
	sp_keystore::KeystorePtr,
	substrate_frame_rpc_system::{System, SystemApiServer},
};
use std::sync::Arc;

/// What the RPC answers from.
pub struct Deps {
	/// The client.
	pub client: Arc<Client>,
	/// The pool.
	pub pool: Arc<TransactionPool>,
	/// The heaviest chain.
	pub select_chain: SelectChain,
	/// The specification of the network.
	pub chain_spec: Box<dyn ChainSpec>,
	/// The node's keys.
	pub keystore: KeystorePtr,
	/// BABE's epochs.
	pub babe_worker: BabeWorkerHandle<OpaqueBlock>,
	/// GRANDPA's voter.
	pub voter_state: SharedVoterState,
	/// GRANDPA's authorities.
	pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	/// GRANDPA's justifications.
	pub justifications: GrandpaJustificationStream<OpaqueBlock>,
	/// GRANDPA's proofs.
	pub finality_proofs: Arc<FinalityProofProvider<Backend, OpaqueBlock>>,
	/// Runs subscriptions.
	pub executor: SubscriptionTaskExecutor,
}

/// All methods beside those that every node has.
pub fn create(
	deps: Deps,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	let Deps { client, .. } = deps;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), deps.pool).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(
		Babe::new(
			client.clone(),
			deps.babe_worker.clone(),
			deps.keystore,
			deps.select_chain,
		)
		.into_rpc(),
	)?;
	module.merge(
		Grandpa::new(
			deps.executor,
			deps.authority_set.clone(),
			deps.voter_state,
			deps.justifications,
			deps.finality_proofs,
		)
		.into_rpc(),
	)?;
	module.merge(
		SyncState::new(deps.chain_spec, client.clone(), deps.authority_set, deps.babe_worker)?
			.into_rpc(),
	)?;
	module.merge(Weights { client }.into_rpc())?;
	Ok(module)
}

/// The weight of a block and of the chain that it ends.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockWeightInfo {
	/// The block.
	pub hash: Hash,
	/// Its number.
	pub number: BlockNumber,
	/// The sum of all weights up to it, in decimal. `null` below the last finalised block, where it
	/// is no longer kept.
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

/// Mbongo's own methods.
#[rpc(server, namespace = "mbongo")]
pub trait WeightsApi {
	/// The weight of a block, by part, and of its chain; of the best block if none is named.
	#[method(name = "chainWeight", blocking)]
	fn chain_weight(&self, hash: Option<Hash>) -> RpcResult<BlockWeightInfo>;
}

struct Weights {
	client: Arc<Client>,
}

/// The block is not known to this node.
const UNKNOWN_BLOCK: i32 = 10_001;
/// The node could not answer.
const INTERNAL: i32 = 10_000;

impl WeightsApiServer for Weights {
	fn chain_weight(&self, hash: Option<Hash>) -> RpcResult<BlockWeightInfo> {
		let internal =
			|error: String| ErrorObjectOwned::owned(INTERNAL, error, None::<()>);
		let info = self.client.info();
		let hash = hash.unwrap_or(info.best_hash);
		let header = self
			.client
			.header(hash)
			.map_err(|error| internal(error.to_string()))?
			.ok_or_else(|| {
				ErrorObjectOwned::owned(
					UNKNOWN_BLOCK,
					format!("block {hash:?} is not known"),
					Some(hash),
				)
			})?;
		if hash == info.genesis_hash {
			return Ok(BlockWeightInfo {
				hash,
				number: 0,
				chain_weight: Some("0".into()),
				base: 0,
				attestation: 0,
				pouw: 0,
				total_pouw_score: "0".into(),
				provider_count: 0,
			});
		}
		let own = sp_consensus_pouw::find_weight_log(&header)
			.map_err(|error| internal(error.to_string()))?;
		let chain_weight = sc_consensus_pouw::load_chain_weight(&*self.client, hash)
			.map_err(|error| internal(error.to_string()))?;
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
