//! The RPC of the node: the methods of consensus, accounts and fees, Mbongo's own, of weights,
//! receipts and the supply, and how transactions are sent, in place of the SDK's.

mod author;
mod contracts;
mod receipts;
mod server;
mod supply;
mod weights;

pub use server::serve;

use crate::{
	pool::GatedPool,
	receipts::ReceiptIndex,
	service::{Backend, Client, SelectChain},
};
use author::{Submission, SubmissionApiServer};
use contracts::{ContractsRpcServer, ProvenCalls};
use jsonrpsee::{types::ErrorObjectOwned, RpcModule};
use mbongo_primitives::{BlockNumber, Hash, OpaqueBlock};
use polkadot_sdk::{
	pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer},
	sc_consensus_babe::BabeWorkerHandle,
	sc_consensus_babe_rpc::{Babe, BabeApiServer},
	sc_consensus_grandpa::{
		FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
	},
	sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer},
	sc_network_sync::SyncingService,
	sc_rpc::{system::Request, SubscriptionTaskExecutor},
	sc_service::ChainSpec,
	sc_sync_state_rpc::{SyncState, SyncStateApiServer},
	sc_utils::mpsc::TracingUnboundedSender,
	sp_blockchain,
	sp_keystore::KeystorePtr,
	substrate_frame_rpc_system::{System, SystemApiServer},
};
use receipts::{ReceiptsApiServer, TransactionReceipts};
use std::sync::Arc;
use supply::{SupplyApiServer, TokenSupply};
use weights::{Weights, WeightsApiServer};

/// What the RPC answers from.
pub struct Deps {
	/// The client.
	pub client: Arc<Client>,
	/// The database.
	pub backend: Arc<Backend>,
	/// What is asked of the network goes here.
	pub system: TracingUnboundedSender<Request<OpaqueBlock>>,
	/// Whether the node is behind.
	pub sync: Arc<SyncingService<OpaqueBlock>>,
	/// The pool.
	pub pool: Arc<GatedPool>,
	/// The heaviest chain.
	pub select_chain: SelectChain,
	/// The specification of the network.
	pub chain_spec: Arc<dyn ChainSpec>,
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
	/// The receipts of transactions.
	pub receipts: ReceiptIndex<Client>,
	/// GRANDPA's proofs.
	pub finality_proofs: Arc<FinalityProofProvider<Backend, OpaqueBlock>>,
	/// What a test can make the node do.
	#[cfg(feature = "test-faults")]
	pub faults: crate::faults::Faults,
}

/// All methods beside those of the SDK that every node has.
fn our_methods(
	deps: Deps,
	executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	let Deps { client, babe_worker, authority_set, .. } = deps;
	let babe = Babe::new(client.clone(), babe_worker.clone(), deps.keystore, deps.select_chain);
	let submission =
		Submission { client: client.clone(), pool: deps.pool.clone(), executor: executor.clone() };
	let grandpa = Grandpa::new(
		executor,
		authority_set.clone(),
		deps.voter_state,
		deps.justifications,
		deps.finality_proofs,
	);
	let sync_state =
		SyncState::new(deps.chain_spec.cloned_box(), client.clone(), authority_set, babe_worker)?;
	let mut module = RpcModule::new(());
	module.merge(submission.into_rpc())?;
	module.merge(System::new(client.clone(), deps.pool).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(babe.into_rpc())?;
	module.merge(grandpa.into_rpc())?;
	module.merge(sync_state.into_rpc())?;
	module
		.merge(TransactionReceipts { client: client.clone(), index: deps.receipts }.into_rpc())?;
	module.merge(TokenSupply { client: client.clone() }.into_rpc())?;
	module.merge(ProvenCalls { client: client.clone() }.into_rpc())?;
	module.merge(Weights { client }.into_rpc())?;
	#[cfg(feature = "test-faults")]
	module.merge(crate::faults::FaultsApiServer::into_rpc(deps.faults))?;
	Ok(module)
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Error {
	/// The block is not known to this node.
	UnknownBlock(Hash),
	/// The block has no such transaction.
	NoTransaction(Hash, u32),
	/// The receipts of the block are neither kept nor in a state that is.
	NoReceipts(Hash),
	/// The contract did not answer.
	CallFailed(String),
	/// The node could not look it up.
	Lookup(String),
}

/// The codes of these errors begin here.
const BASE_ERROR: i32 = 10_000;

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		match error {
			Error::UnknownBlock(hash) => {
				Self::owned(BASE_ERROR + 1, format!("Block {hash:?} is not known"), Some(hash))
			}
			Error::NoTransaction(hash, index) => Self::owned(
				BASE_ERROR + 2,
				format!("Block {hash:?} has no transaction {index}"),
				Some((hash, index)),
			),
			Error::NoReceipts(hash) => Self::owned(
				BASE_ERROR + 3,
				format!("This node has not executed block {hash:?}, so it has no receipts of it"),
				Some(hash),
			),
			Error::CallFailed(reason) => Self::owned(BASE_ERROR + 4, reason, None::<()>),
			Error::Lookup(reason) => Self::owned(BASE_ERROR, reason, None::<()>),
		}
	}
}

impl From<sp_blockchain::Error> for Error {
	fn from(error: sp_blockchain::Error) -> Self {
		Self::Lookup(error.to_string())
	}
}
