//! The receipts of transactions, kept beside the chain: a block's state holds its receipts, but old
//! states are given up. Receipts are read and kept as soon as their block is imported, so none is
//! missed however fast blocks come. A crash in between leaves a block without; the next start makes
//! up for it.
//!
//! A transaction can be in blocks of several forks. All are kept, and the one that counts is found by
//! asking which block is in the best chain, so a reorg changes nothing here. When finality leaves a
//! fork behind, its blocks' receipts go, and so do those of blocks that are pruned. What a `revert`
//! takes back, or a crash keeps from going, stays and is never found.

use codec::{DecodeAll, Encode};
use mbongo_primitives::{
	execution::{find_execution_log, receipts_root, ExecutionApi, Receipt},
	BlockNumber, Hash, OpaqueBlock as Block,
};
use parking_lot::Mutex;
use polkadot_sdk::{
	sc_client_api::{AuxStore, BlockBackend, FinalityNotification},
	sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult, StateAction},
	sp_api::ProvideRuntimeApi,
	sp_blockchain::{Error, HeaderBackend, Result},
	sp_consensus::{BlockStatus, Error as ConsensusError},
};
use std::{collections::HashSet, sync::Arc};

/// The key of a block's receipts.
pub(crate) fn block_key(block: Hash) -> Vec<u8> {
	(b"mbex_receipts", block).encode()
}

/// The key of the blocks that have a transaction.
pub(crate) fn transaction_key(transaction: Hash) -> Vec<u8> {
	(b"mbex_transaction", transaction).encode()
}

/// Where receipts are kept, in the auxiliary part of the chain's database.
pub struct ReceiptIndex<C> {
	client: Arc<C>,
	/// Who changes a transaction's list of blocks reads it first.
	changing: Arc<Mutex<()>>,
}

impl<C> Clone for ReceiptIndex<C> {
	fn clone(&self) -> Self {
		Self { client: self.client.clone(), changing: self.changing.clone() }
	}
}

impl<C> ReceiptIndex<C>
where
	C: AuxStore + BlockBackend<Block> + HeaderBackend<Block> + ProvideRuntimeApi<Block>,
	C::Api: ExecutionApi<Block>,
{
	/// The index of this client's database.
	pub fn new(client: Arc<C>) -> Self {
		Self { client, changing: Default::default() }
	}

	/// The receipts of a block, if they are kept or its state is.
	pub fn receipts(&self, block: Hash) -> Result<Option<Vec<Receipt>>> {
		match self.load(&block_key(block))? {
			None => self.read_state(block),
			kept => Ok(kept),
		}
	}

	/// The block in the best chain that has a transaction, and its receipt.
	pub fn find(&self, transaction: Hash) -> Result<Option<(Hash, Receipt)>> {
		for block in self.blocks_with(transaction)? {
			if self.is_in_best_chain(block)? {
				return self.find_in(block, transaction)?.map(Some).ok_or_else(damaged);
			}
		}
		// Who has just heard of the best block may be faster than we are.
		let best = self.client.info().best_hash;
		match self.client.get_aux(&block_key(best))? {
			None => self.find_in(best, transaction),
			Some(_) => Ok(None),
		}
	}

	fn is_in_best_chain(&self, block: Hash) -> Result<bool> {
		let Some(number) = self.client.number(block)? else { return Ok(false) };
		Ok(self.client.hash(number)? == Some(block))
	}

	fn find_in(&self, block: Hash, transaction: Hash) -> Result<Option<(Hash, Receipt)>> {
		let receipts = self.receipts(block)?.unwrap_or_default();
		let own = receipts.into_iter().find(|receipt| receipt.extrinsic_hash == transaction);
		Ok(own.map(|receipt| (block, receipt)))
	}

	/// Keeps the receipts of a block whose state is here; otherwise there is nothing to keep.
	pub fn note(&self, block: Hash) -> Result<bool> {
		let Some(receipts) = self.read_state(block)? else { return Ok(false) };
		let _changing = self.changing.lock();
		let mut changes = vec![(block_key(block), receipts.encode())];
		for receipt in &receipts {
			// A list that is damaged is begun anew.
			let mut blocks = self.blocks_with(receipt.extrinsic_hash).unwrap_or_default();
			if !blocks.contains(&block) {
				blocks.push(block);
				changes.push((transaction_key(receipt.extrinsic_hash), blocks.encode()));
			}
		}
		let changes: Vec<_> = changes.iter().map(|(key, value)| (&key[..], &value[..])).collect();
		self.client.insert_aux(&changes, &[])?;
		Ok(true)
	}

	/// Gives up the receipts of blocks that finality has left behind.
	pub fn forget(&self, blocks: impl IntoIterator<Item = Hash>) -> Result<()> {
		for block in blocks {
			let _changing = self.changing.lock();
			let receipts: Option<Vec<Receipt>> = self.load(&block_key(block))?;
			let (mut changes, mut gone) = (Vec::new(), vec![block_key(block)]);
			for receipt in receipts.unwrap_or_default() {
				let key = transaction_key(receipt.extrinsic_hash);
				let mut blocks = self.blocks_with(receipt.extrinsic_hash).unwrap_or_default();
				blocks.retain(|other| *other != block);
				match blocks.is_empty() {
					true => gone.push(key),
					false => changes.push((key, blocks.encode())),
				}
			}
			let changes: Vec<_> =
				changes.iter().map(|(key, value)| (&key[..], &value[..])).collect();
			self.client
				.insert_aux(&changes, &gone.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
		}
		Ok(())
	}

	/// Keeps the receipts of the blocks of these chains that have none: of those that are not final,
	/// or if `all` is set, of all whose state is here, whether they have some or not. Returns how many
	/// blocks that were.
	pub fn catch_up(&self, heads: impl IntoIterator<Item = Hash>, all: bool) -> Result<u32> {
		let finalised = self.client.info().finalized_number;
		let (mut seen, mut count) = (HashSet::new(), 0);
		for mut block in heads {
			while seen.insert(block) {
				let Some(header) = self.client.header(block)? else { break };
				let kept = !all && self.client.get_aux(&block_key(block))?.is_some();
				if header.number == 0 || (kept && header.number <= finalised) {
					break;
				}
				match if kept { None } else { Some(self.note(block)) } {
					None => (),
					Some(Ok(true)) => count += 1,
					Some(Ok(false)) => break,
					// There are those before.
					Some(Err(error)) => log::warn!("No receipts of block {block:?}: {error}"),
				}
				block = header.parent_hash;
			}
		}
		Ok(count)
	}

	/// The receipts in a block's state, which must be those of its header: they are not if the block
	/// has brought code that stores them otherwise.
	fn read_state(&self, block: Hash) -> Result<Option<Vec<Receipt>>> {
		if self.client.block_status(block)? != BlockStatus::InChainWithState {
			return Ok(None);
		}
		let receipts = self.client.runtime_api().receipts(block);
		let receipts = receipts.map_err(|error| Error::Application(Box::new(error)))?;
		let header = self.client.header(block)?;
		let log = header.and_then(|header| find_execution_log(&header.digest));
		match log {
			Some(log) if log.receipts_root != receipts_root(&receipts) => Err(Error::Backend(
				format!("the receipts in the state of block {block:?} are not those of its header"),
			)),
			_ => Ok(Some(receipts)),
		}
	}

	fn blocks_with(&self, transaction: Hash) -> Result<Vec<Hash>> {
		Ok(self.load(&transaction_key(transaction))?.unwrap_or_default())
	}

	fn load<T: DecodeAll>(&self, key: &[u8]) -> Result<Option<T>> {
		let bytes = self.client.get_aux(key)?;
		bytes.map(|bytes| T::decode_all(&mut &bytes[..]).map_err(|_| damaged())).transpose()
	}

	/// Gives up the receipts of blocks that a finality has left behind, and those that are pruned with
	/// it, if only the last `keep` finalised blocks are kept.
	pub fn note_finality(
		&self,
		finality: &FinalityNotification<Block>,
		keep: Option<BlockNumber>,
	) -> Result<()> {
		self.forget(finality.stale_blocks.iter().map(|stale| stale.hash))?;
		let Some(keep) = keep else { return Ok(()) };
		let last = finality.header.number.saturating_sub(keep);
		let first = last.saturating_sub(finality.tree_route.len() as BlockNumber);
		for number in first..=last {
			self.forget(self.client.hash(number)?)?;
		}
		Ok(())
	}
}

fn damaged() -> Error {
	Error::Backend("the index of receipts is damaged; `index-receipts` makes it anew".into())
}

/// Imports blocks, and keeps their receipts.
pub struct KeepingReceipts<C, Inner> {
	index: ReceiptIndex<C>,
	inner: Inner,
}

impl<C, Inner> KeepingReceipts<C, Inner> {
	/// Imports by `inner`.
	pub fn new(index: ReceiptIndex<C>, inner: Inner) -> Self {
		Self { index, inner }
	}
}

impl<C, Inner: Clone> Clone for KeepingReceipts<C, Inner> {
	fn clone(&self) -> Self {
		Self { index: self.index.clone(), inner: self.inner.clone() }
	}
}

#[async_trait::async_trait]
impl<C, Inner> BlockImport<Block> for KeepingReceipts<C, Inner>
where
	C: AuxStore
		+ BlockBackend<Block>
		+ HeaderBackend<Block>
		+ ProvideRuntimeApi<Block>
		+ Send
		+ Sync,
	C::Api: ExecutionApi<Block>,
	Inner: BlockImport<Block, Error = ConsensusError> + Send + Sync,
{
	type Error = ConsensusError;

	async fn check_block(
		&self,
		block: BlockCheckParams<Block>,
	) -> std::result::Result<ImportResult, Self::Error> {
		self.inner.check_block(block).await
	}

	async fn import_block(
		&self,
		block: BlockImportParams<Block>,
	) -> std::result::Result<ImportResult, Self::Error> {
		let hash = block.post_hash();
		let has_state = !matches!(block.state_action, StateAction::Skip);
		let result = self.inner.import_block(block).await?;
		if has_state && matches!(result, ImportResult::Imported(_)) {
			// The block is in the chain whatever becomes of its receipts.
			if let Err(error) = self.index.note(hash) {
				log::error!("The receipts of block {hash:?} are not kept: {error}");
			}
		}
		Ok(result)
	}
}
