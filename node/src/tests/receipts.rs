//! What is kept of receipts: over reorgs, crashes and finality, and when states are given up.

use super::*;
use crate::receipts::{block_key, transaction_key, ReceiptIndex};
use futures::StreamExt;
use mbongo_primitives::execution::{find_execution_log, receipts_root, ReceiptProof, Status};
use mbongo_runtime::{RuntimeCall, TxExtension, UncheckedExtrinsic, VERSION};
use polkadot_sdk::{
	frame_metadata_hash_extension, frame_system,
	sc_client_api::{AuxStore, BlockchainEvents},
	sp_consensus::BlockStatus,
	sp_runtime::generic::{Era, SignedPayload},
};

type Index = ReceiptIndex<Client>;

fn index(node: &Node) -> Index {
	ReceiptIndex::new(node.client.clone())
}

/// Bob's transaction with this nonce, and its hash.
pub(super) fn remark(node: &Node, nonce: u32) -> (OpaqueExtrinsic, Hash) {
	let call = RuntimeCall::System(frame_system::Call::remark { remark: vec![7; 40] });
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		pallet_execution::ChargeTransactionPayment::from(0),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	let genesis = node.genesis();
	let versions = (VERSION.spec_version, VERSION.transaction_version);
	let implicit = ((), (), versions.0, versions.1, genesis, genesis, (), (), (), None, ());
	let payload = SignedPayload::from_raw(call, extension, implicit);
	let signature = payload.using_encoded(|bytes| Bob.sign(bytes));
	let (call, extension, _) = payload.deconstruct();
	let transaction = UncheckedExtrinsic::new_signed(
		call,
		Bob.to_account_id().into(),
		signature.into(),
		extension,
	);
	let hash = Hashing::hash_of(&transaction);
	(transaction.into(), hash)
}

/// Where a transaction is, and whether its receipt is proven by that block's header.
fn place(node: &Node, index: &Index, transaction: Hash) -> Option<Hash> {
	let (block, receipt) = index.find(transaction).unwrap()?;
	assert_eq!((receipt.extrinsic_hash, receipt.status), (transaction, Status::Success));
	let receipts = index.receipts(block).unwrap().unwrap();
	let digest = node.header(block).digest;
	let log = find_execution_log(&digest).unwrap();
	assert_eq!(log.receipts_root, receipts_root(&receipts));
	assert!(ReceiptProof::new(&receipts, receipt.index).unwrap().holds(&digest));
	Some(block)
}

#[test]
fn a_reorg_of_five_blocks_takes_receipts_along() {
	let node = Node::new();
	let index = index(&node);
	let base = node.head_of(node.genesis(), &[SECONDARY]);
	let (transaction, hash) = remark(&node, 0);
	assert_eq!(place(&node, &index, hash), None);

	// One fork has it in its first block, the other in its third.
	let first = node.author_with(base, SECONDARY, std::slice::from_ref(&transaction)).hash();
	let long = node.extend(first, &[SECONDARY; 4]);
	assert_eq!(place(&node, &index, hash), Some(first));
	let fork = node.extend(base, &[SECONDARY.by(1); 2]);
	let third = node.author_with(fork[1], SECONDARY.by(1), &[transaction]).hash();
	assert_eq!(node.best(), long[3]);
	assert_eq!(place(&node, &index, hash), Some(first), "only the best chain counts");
	let head = node.head_of(third, &[PRIMARY; 2]);
	assert_eq!(node.best(), head, "five blocks were taken back");
	assert_eq!(place(&node, &index, hash), Some(third));

	// And back, by a block that a peer sends.
	let heavier = node.head_of(long[3], &[SUPPORTED]);
	let peer = node.build(heavier, SUPPORTED);
	node.import(&peer).unwrap();
	assert_eq!(node.best(), peer.hash());
	assert_eq!(place(&node, &index, hash), Some(first));

	drop(index);
	let node = node.restart();
	let index = self::index(&node);
	assert_eq!(place(&node, &index, hash), Some(first));

	// Finality decides, and the other fork's receipts are given up.
	let mut finality = node.client.finality_notification_stream();
	node.finalise(first);
	index.note_finality(&block_on(finality.next()).unwrap(), None).unwrap();
	assert_eq!(place(&node, &index, hash), Some(first));
	let kept = |block| node.client.get_aux(&block_key(block)).unwrap().is_some();
	assert_eq!([first, third, head].map(kept), [true, false, false]);
	assert_eq!(
		node.client.get_aux(&transaction_key(hash)).unwrap(),
		Some(vec![first].encode()),
		"nothing is left of the other"
	);
}

#[test]
fn what_a_crash_has_cost_is_made_up_for() {
	let node = Node::new();
	let index = index(&node);
	let mut chain = vec![node.head_of(node.genesis(), &[SECONDARY])];
	let mut hashes = Vec::new();
	for nonce in 0..6 {
		let (transaction, hash) = remark(&node, nonce);
		hashes.push(hash);
		chain.push(node.author_with(chain[chain.len() - 1], SECONDARY, &[transaction]).hash());
	}
	let places =
		|index: &Index| hashes.iter().map(|hash| place(&node, index, *hash)).collect::<Vec<_>>();
	let before = places(&index);
	assert!(before.iter().all(Option::is_some));
	assert_eq!(index.catch_up([node.best()], false).unwrap(), 0);

	// The last three blocks were imported, and nothing more.
	let lost: Vec<_> = chain[4..]
		.iter()
		.map(|block| block_key(*block))
		.chain(hashes[3..].iter().map(|hash| transaction_key(*hash)))
		.collect();
	let lost: Vec<_> = lost.iter().map(Vec::as_slice).collect();
	node.client.insert_aux(&[], &lost).unwrap();
	// The best block is asked itself.
	assert_eq!(places(&index)[3..], [None, None, before[5]]);
	assert_eq!(index.catch_up([node.best()], false).unwrap(), 3);
	assert_eq!(places(&index), before);

	// Or all of it is lost, and asked for.
	assert_eq!(index.catch_up([node.best()], true).unwrap(), 7);
	assert_eq!(places(&index), before);
}

#[test]
fn receipts_outlive_the_states_that_they_were_in() {
	let node = Node::new();
	let index = index(&node);
	let (transaction, hash) = remark(&node, 0);
	let block = node.author_with(node.genesis(), SECONDARY, &[transaction]).hash();
	let head = node.head_of(block, &[SECONDARY; 300]);
	node.finalise(head);
	assert_eq!(node.client.block_status(block).unwrap(), BlockStatus::InChainPruned);
	assert_eq!(place(&node, &index, hash), Some(block));
}

#[test]
fn receipts_go_with_the_blocks_that_are_pruned() {
	let node = Node::new();
	let index = index(&node);
	let chain = node.extend(node.genesis(), &[SECONDARY; 10]);
	let mut finality = node.client.finality_notification_stream();
	for head in [chain[4], chain[8]] {
		node.finalise(head);
		index.note_finality(&block_on(finality.next()).unwrap(), Some(3)).unwrap();
	}
	let kept = |block: &Hash| node.client.get_aux(&block_key(*block)).unwrap().is_some();
	let kept: Vec<_> = chain.iter().map(kept).collect();
	assert_eq!(kept, [[false; 6].as_slice(), &[true; 4]].concat());
}

#[test]
fn a_transaction_in_the_best_block_is_found_before_it_is_kept() {
	let node = Node::new();
	let index = index(&node);
	let (transaction, hash) = remark(&node, 0);
	let block = node.author_with(node.genesis(), SECONDARY, &[transaction]).hash();
	node.client.insert_aux(&[], &[&block_key(block)[..], &transaction_key(hash)]).unwrap();
	assert_eq!(place(&node, &index, hash), Some(block));
}

#[test]
fn a_damaged_index_is_an_error_not_an_answer() {
	let node = Node::new();
	let index = index(&node);
	let (transaction, hash) = remark(&node, 0);
	let block = node.author_with(node.genesis(), SECONDARY, &[transaction]).hash();
	node.client.insert_aux(&[(&block_key(block)[..], &[1, 2, 3][..])], &[]).unwrap();
	let error = index.find(hash).unwrap_err().to_string();
	assert!(error.contains("index-receipts"), "{error}");
	node.client.insert_aux(&[(&transaction_key(hash)[..], &[1, 2, 3][..])], &[]).unwrap();
	assert!(index.find(hash).is_err());
	// And what it says to do about it helps.
	assert_eq!(index.catch_up([node.best()], true).unwrap(), 1);
	assert_eq!(place(&node, &index, hash), Some(block));
}
