//! `mbongo_proveCall`.

use super::Error;
use crate::errors;
use codec::{Decode, Encode};
use jsonrpsee::proc_macros::rpc;
use mbongo_primitives::{execution::ExecutionApi, AccountId, BlockNumber, Hash, OpaqueBlock};
use mbongo_vm::{
	proof::{verify, Question},
	VmCall, VmOutput,
};
use pallet_contracts::MOST_GAS_ASKED;
use polkadot_sdk::{
	sc_client_api::ProofProvider,
	sp_api::ProvideRuntimeApi,
	sp_blockchain::HeaderBackend,
	sp_core::Bytes,
	sp_runtime::{traits::Header as _, DispatchError},
};
use std::sync::Arc;

/// What a contract answers, and what shows to who has the header of a block that it does.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvenCall {
	/// The block in whose state it was asked.
	pub block_hash: Hash,
	/// The number of that block.
	pub block_number: BlockNumber,
	/// The root of its state, as it is in its header.
	pub state_root: Hash,
	/// Who asked.
	pub caller: AccountId,
	/// The gas that the call could use.
	pub gas_limit: u64,
	/// 0 if the contract answers, else by which number of its own it refuses.
	pub status: u32,
	/// What it answers.
	pub data: Bytes,
	/// The parts of the state that were read.
	pub proof: Vec<Bytes>,
}

impl ProvenCall {
	/// Who asks if nobody says who: the answer and its proof must be about the same caller.
	pub const NOBODY: AccountId = AccountId::new([0; 32]);
}

/// Contracts.
#[rpc(server, namespace = "mbongo")]
pub trait ContractsRpc {
	/// What a contract answers to who only looks, in the state of a block, or of the best one, with a
	/// proof.
	#[method(name = "proveCall", blocking)]
	fn prove_call(
		&self,
		contract: AccountId,
		function: String,
		args: Option<Vec<Bytes>>,
		at: Option<Hash>,
		caller: Option<AccountId>,
	) -> Result<ProvenCall, Error>;
}

/// What answers.
pub struct ProvenCalls<C> {
	pub client: Arc<C>,
}

impl<C> ContractsRpcServer for ProvenCalls<C>
where
	C: HeaderBackend<OpaqueBlock> + ProofProvider<OpaqueBlock> + Send + Sync + 'static,
	C: ProvideRuntimeApi<OpaqueBlock>,
	C::Api: ExecutionApi<OpaqueBlock>,
{
	fn prove_call(
		&self,
		contract: AccountId,
		function: String,
		args: Option<Vec<Bytes>>,
		at: Option<Hash>,
		caller: Option<AccountId>,
	) -> Result<ProvenCall, Error> {
		let block_hash = at.unwrap_or_else(|| self.client.info().best_hash);
		let header = self.client.header(block_hash)?.ok_or(Error::UnknownBlock(block_hash))?;
		let caller = caller.unwrap_or(ProvenCall::NOBODY);
		let args = args.unwrap_or_default().into_iter().map(|arg| arg.0).collect();
		let call = VmCall { function, args };
		let asked = (&caller, &contract, &call, MOST_GAS_ASKED).encode();
		let (answer, proof) =
			self.client.execution_proof(block_hash, "ContractsApi_view", &asked)?;
		let answer =
			Result::<VmOutput, DispatchError>::decode(&mut &answer[..]).map_err(|error| {
				Error::Lookup(format!("The runtime's answer is unreadable: {error}"))
			})?;
		let output =
			answer.map_err(|error| Error::CallFailed(errors::reason(&*self.client, error)))?;
		let proof: Vec<Vec<u8>> = proof.into_iter_nodes().collect();
		// Nothing is given away that would not convince.
		let question = Question {
			caller: caller.clone().into(),
			contract: contract.into(),
			call,
			gas_limit: MOST_GAS_ASKED,
		};
		let verified = verify(*header.state_root(), proof.iter().cloned(), &question);
		if verified != Ok(Ok(output.clone())) {
			return Err(Error::Lookup(format!("The call cannot be proven: {verified:?}")));
		}
		Ok(ProvenCall {
			block_hash,
			block_number: *header.number(),
			state_root: *header.state_root(),
			caller,
			gas_limit: MOST_GAS_ASKED,
			status: output.status,
			data: output.data.into(),
			proof: proof.into_iter().map(Bytes).collect(),
		})
	}
}
