//! `mbongo_getTransactionReceipt`, `mbongo_getBlockReceipts` and `mbongo_proveReceipt`.

use super::Error;
use crate::{errors, receipts::ReceiptIndex};
use codec::Encode;
use jsonrpsee::proc_macros::rpc;
use mbongo_primitives::{
	execution::{find_execution_log, ErrorClass, ExecutionApi, Receipt, ReceiptProof, Status},
	BlockNumber, Hash, OpaqueBlock,
};
use polkadot_sdk::{
	sc_client_api::{AuxStore, BlockBackend},
	sp_api::ProvideRuntimeApi,
	sp_blockchain::HeaderBackend,
	sp_core::Bytes,
};
use std::{collections::HashMap, sync::Arc};

/// A receipt as the RPC shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionReceipt {
	/// The transaction's hash.
	pub transaction_hash: Hash,
	/// Its block.
	pub block_hash: Hash,
	/// The number of its block.
	pub block_number: BlockNumber,
	/// Its place in the block.
	pub index: u32,
	/// `Success`, `Failed` or `OutOfGas`.
	pub status: String,
	/// Why it failed.
	pub error: Option<TransactionError>,
	/// The gas that was paid for.
	pub gas_used: u64,
	/// The Merkle root of its events.
	pub events_root: Hash,
	/// How many events there are.
	pub event_count: u32,
	/// The receipt as it is hashed for the root of the block's receipts.
	pub encoded: Bytes,
}

/// Why a transaction failed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionError {
	/// What kind of error it was.
	pub class: String,
	/// The index of the pallet that it came from; `null` for the runtime's own errors.
	pub pallet: Option<u8>,
	/// The pallet's error, else the beginning of the encoded `DispatchError`.
	pub code: Bytes,
	/// Both by name, as in `Balances.InsufficientBalance`.
	pub name: Option<String>,
}

/// Shows to who has the header of a block that it has a receipt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvenReceipt {
	/// The block whose header it is checked against.
	pub block_hash: Hash,
	/// The receipt, encoded.
	pub receipt: Bytes,
	/// How many receipts the block has.
	pub length: u32,
	/// The place of this one.
	pub index: u32,
	/// What it is hashed with, from the leaf up.
	pub siblings: Vec<Hash>,
	/// The root in the header.
	pub receipts_root: Hash,
	/// All of the proof as `mbongo-primitives` decodes it.
	pub encoded: Bytes,
}

/// The receipts of transactions.
#[rpc(server, namespace = "mbongo")]
pub trait ReceiptsApi {
	/// The receipt of a transaction in the best chain; `null` if none there has this hash.
	#[method(name = "getTransactionReceipt", blocking)]
	fn transaction_receipt(&self, hash: Hash) -> Result<Option<TransactionReceipt>, Error>;

	/// The receipts of a block, in their order; of the best block if none is named.
	#[method(name = "getBlockReceipts", blocking)]
	fn block_receipts(&self, hash: Option<Hash>) -> Result<Vec<TransactionReceipt>, Error>;

	/// A proof that a block has a receipt.
	#[method(name = "proveReceipt", blocking)]
	fn prove_receipt(&self, block: Hash, index: u32) -> Result<ProvenReceipt, Error>;
}

/// The names of errors, by pallet and error: each is asked for once in an answer.
type Names = HashMap<(u8, u8), Option<String>>;

/// What answers.
pub struct TransactionReceipts<C> {
	pub client: Arc<C>,
	pub index: ReceiptIndex<C>,
}

impl<C> TransactionReceipts<C>
where
	C: AuxStore + BlockBackend<OpaqueBlock> + HeaderBackend<OpaqueBlock>,
	C: ProvideRuntimeApi<OpaqueBlock>,
	C::Api: ExecutionApi<OpaqueBlock>,
{
	fn receipts(&self, block: Hash) -> Result<Vec<Receipt>, Error> {
		self.index.receipts(block)?.ok_or(Error::NoReceipts(block))
	}

	fn number(&self, block: Hash) -> Result<BlockNumber, Error> {
		self.client.number(block)?.ok_or(Error::UnknownBlock(block))
	}

	fn show(
		&self,
		names: &mut Names,
		block_hash: Hash,
		block_number: BlockNumber,
		receipt: Receipt,
	) -> TransactionReceipt {
		let (status, error) = match receipt.status {
			Status::Success => ("Success", None),
			Status::OutOfGas => ("OutOfGas", None),
			Status::Failed { class, pallet, error } => {
				("Failed", Some(self.show_error(names, class, pallet, error)))
			}
		};
		TransactionReceipt {
			transaction_hash: receipt.extrinsic_hash,
			block_hash,
			block_number,
			index: receipt.index,
			status: status.into(),
			error,
			gas_used: receipt.gas_used,
			events_root: receipt.events_root,
			event_count: receipt.event_count,
			encoded: receipt.encode().into(),
		}
	}

	fn show_error(
		&self,
		names: &mut Names,
		class: ErrorClass,
		pallet: Option<u8>,
		code: [u8; 4],
	) -> TransactionError {
		let name = pallet.and_then(|pallet| {
			let find = || errors::name(&*self.client, pallet, code[0]);
			names.entry((pallet, code[0])).or_insert_with(find).clone()
		});
		TransactionError { class: format!("{class:?}"), pallet, code: code.to_vec().into(), name }
	}
}

impl<C> ReceiptsApiServer for TransactionReceipts<C>
where
	C: AuxStore + BlockBackend<OpaqueBlock> + HeaderBackend<OpaqueBlock>,
	C: ProvideRuntimeApi<OpaqueBlock> + Send + Sync + 'static,
	C::Api: ExecutionApi<OpaqueBlock>,
{
	fn transaction_receipt(&self, hash: Hash) -> Result<Option<TransactionReceipt>, Error> {
		let Some((block, receipt)) = self.index.find(hash)? else { return Ok(None) };
		Ok(Some(self.show(&mut Names::new(), block, self.number(block)?, receipt)))
	}

	fn block_receipts(&self, hash: Option<Hash>) -> Result<Vec<TransactionReceipt>, Error> {
		let block = hash.unwrap_or_else(|| self.client.info().best_hash);
		let number = self.number(block)?;
		let mut names = Names::new();
		let receipts = self.receipts(block)?.into_iter();
		Ok(receipts.map(|receipt| self.show(&mut names, block, number, receipt)).collect())
	}

	fn prove_receipt(&self, block: Hash, index: u32) -> Result<ProvenReceipt, Error> {
		let header = self.client.header(block)?.ok_or(Error::UnknownBlock(block))?;
		let receipts = self.receipts(block)?;
		let proof =
			ReceiptProof::new(&receipts, index).ok_or(Error::NoTransaction(block, index))?;
		let root = find_execution_log(&header.digest).map(|log| log.receipts_root);
		let receipts_root = root.filter(|root| proof.holds_under(*root)).ok_or_else(|| {
			Error::Lookup("The index of receipts is damaged; `index-receipts` makes it anew".into())
		})?;
		Ok(ProvenReceipt {
			block_hash: block,
			receipt: proof.receipt.encode().into(),
			length: proof.path.length,
			index,
			encoded: proof.encode().into(),
			siblings: proof.path.siblings,
			receipts_root,
		})
	}
}
