//! Which block becomes the best one, and what is kept of weights.

use super::{
	chain::{block, genesis, weight, Chain, Fault, IntoChain},
	Block, Header,
};
use crate::{
	aux_schema::load_chain_weight, block_import::is_better, AuthorWatch, JudgingImport,
	PouwBlockImport,
};
use codec::Encode;
use futures::{executor::block_on, future::join_all};
use polkadot_sdk::{
	sc_consensus::{
		BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult, ImportedState,
		StateAction, StorageChanges,
	},
	sp_blockchain::{BlockGap, BlockGapType},
	sp_consensus::{BlockOrigin, Error as ConsensusError},
	sp_consensus_babe::{
		digests::{PreDigest, SecondaryPlainPreDigest},
		BABE_ENGINE_ID,
	},
	sp_runtime::DigestItem,
};
use proptest::prelude::*;
use sp_consensus_pouw::BlockWeight;
use std::sync::Arc;

type Import = PouwBlockImport<Block, Chain, IntoChain, IntoChain>;

fn import_into(chain: &Arc<Chain>) -> Import {
	let (watch, _) = AuthorWatch::new();
	watched_import_into(chain, watch)
}

fn watched_import_into(chain: &Arc<Chain>, watch: Arc<AuthorWatch<Header>>) -> Import {
	let inner = IntoChain(chain.clone());
	PouwBlockImport::new(chain.clone(), inner.clone(), inner, watch, None)
}

fn params(header: &Header) -> BlockImportParams<Block> {
	BlockImportParams::new(BlockOrigin::NetworkBroadcast, header.clone())
}

fn import(import: &Import, header: &Header) -> Result<(), ConsensusError> {
	block_on(import.import_block(params(header))).map(|_| ())
}

/// A chain of `weights` on `parent`, imported.
fn extend(into: &Import, parent: &Header, weights: &[BlockWeight], salt: u8) -> Header {
	let mut head = parent.clone();
	for weight in weights {
		head = block(&head, *weight, salt);
		import(into, &head).unwrap();
	}
	head
}

const LOST: (bool, u128, u128) = (false, 250, 0);

fn all(count: usize, (primary, support, score): (bool, u128, u128)) -> Vec<BlockWeight> {
	vec![weight(primary, support, score); count]
}

#[test]
fn heavier_is_best_though_shorter() {
	let chain = Chain::new();
	let into = import_into(&chain);
	let long = extend(&into, &genesis(), &all(4, LOST), 1);
	assert_eq!(chain.best(), long.hash());
	// Two blocks with scores outweigh four without support.
	let short = extend(&into, &genesis(), &all(2, (true, 1000, 500)), 2);
	assert!(short.number < long.number);
	assert_eq!(chain.best(), short.hash());
	assert_eq!(load_chain_weight(&chain.aux, long.hash()).unwrap(), Some(3000));
	assert_eq!(load_chain_weight(&chain.aux, short.hash()).unwrap(), Some(2 * 2666));
	// The long one goes on, and wins when it is heavier again.
	let longer = extend(&into, &long, &all(4, LOST), 1);
	assert_eq!(chain.best(), longer.hash());
}

#[test]
fn fork_below_the_last_finalised_block_is_refused() {
	let chain = Chain::new();
	let into = import_into(&chain);
	let parent = block(&genesis(), weight(true, 0, 0), 1);
	chain.insert(parent.clone());
	let error = import(&into, &block(&parent, weight(true, 0, 0), 2)).unwrap_err();
	assert!(error.to_string().contains("is not known"), "{error}");
}

#[test]
fn of_blocks_imported_at_once_the_heavier_is_best() {
	let [heavy, light] = [(true, 2), (false, 3)]
		.map(|(primary, salt)| block(&genesis(), weight(primary, 0, 0), salt));
	for [first, second] in [[&heavy, &light], [&light, &heavy]] {
		let chain = Chain::new();
		let into = import_into(&chain);
		let imports = [first, second].map(|header| into.import_block(params(header)));
		for imported in block_on(join_all(imports)) {
			assert!(matches!(imported, Ok(ImportResult::Imported(_))));
		}
		assert_eq!(chain.best(), heavy.hash());
	}
}

#[test]
fn a_block_is_executed_or_not_imported() {
	let chain = Chain::new();
	let into = import_into(&chain);
	// As sync asks for it.
	let mut block = params(&block(&genesis(), weight(true, 0, 0), 1));
	block.state_action = StateAction::ExecuteIfPossible;
	block_on(into.import_block(block)).unwrap();
	assert!(chain.executes());
}

#[test]
fn gap_warp_and_known_blocks_are_never_best() {
	let chain = Chain::new();
	let into = import_into(&chain);
	let unweighed = |block: BlockImportParams<Block>| {
		let hash = block.post_hash();
		block_on(into.import_block(block)).unwrap();
		assert_eq!(chain.choice(), Some(ForkChoiceStrategy::Custom(false)));
		assert_eq!(chain.best(), genesis().hash());
		assert_eq!(load_chain_weight(&chain.aux, hash).unwrap(), None);
	};
	let warp = block(&genesis(), weight(true, 1000, 0), 1);
	unweighed(BlockImportParams::new(BlockOrigin::WarpSync, warp.clone()));
	unweighed(params(&warp)); // now known
	chain.set_gap(BlockGap { start: 1, end: 3, gap_type: BlockGapType::MissingHeaderAndBody });
	unweighed(params(&block(&warp, weight(true, 1000, 0), 2)));
}

#[test]
fn imported_state_is_best_and_weights_count_from_it() {
	let chain = Chain::new();
	let into = import_into(&chain);
	let mut parent = genesis();
	parent.number = 99;
	let target = block(&parent, weight(true, 1000, 0), 1);
	let mut with_state = params(&target);
	with_state.state_action = StateAction::ApplyChanges(StorageChanges::Import(ImportedState {
		block: target.hash(),
		state: Vec::new().into(),
	}));
	block_on(into.import_block(with_state)).unwrap();
	assert_eq!(chain.best(), target.hash());
	assert_eq!(load_chain_weight(&chain.aux, target.hash()).unwrap(), Some(0));
	let next = extend(&into, &target, &all(1, (false, 500, 0)), 1);
	assert_eq!(load_chain_weight(&chain.aux, next.hash()).unwrap(), Some(1000));
	assert_eq!(chain.best(), next.hash());
}

/// BABE notes the epoch that a block begins, and takes that back only when it hears an error. With what
/// it kept of one bad block no honest node could write a block any more.
#[test]
fn imports_above_hear_that_a_bad_block_failed() {
	for origin in [BlockOrigin::NetworkBroadcast, BlockOrigin::NetworkInitialSync] {
		let chain = Chain::new();
		chain.fail(Fault::Bad);
		let header = block(&genesis(), weight(true, 0, 0), 1);
		let mut params = BlockImportParams::<Block>::new(origin, header);
		params.body = Some(Vec::new());
		assert!(block_on(import_into(&chain).import_block(params)).is_err());
	}
}

#[test]
fn who_sends_a_bad_block_is_told_apart_from_our_own_faults() {
	let outcome = |fault, origin| {
		let chain = Chain::new();
		let into = JudgingImport::new(chain.clone(), import_into(&chain));
		chain.fail(fault);
		let header = block(&genesis(), weight(true, 0, 0), 1);
		let mut params = BlockImportParams::<Block>::new(origin, header.clone());
		params.body = Some(Vec::new());
		let outcome = block_on(into.import_block(params));
		assert_eq!(chain.best(), genesis().hash());
		assert_eq!(load_chain_weight(&chain.aux, header.hash()).unwrap(), None);
		outcome
	};
	for origin in [BlockOrigin::NetworkBroadcast, BlockOrigin::NetworkInitialSync] {
		assert!(matches!(outcome(Fault::Bad, origin), Ok(ImportResult::KnownBad)));
		assert!(outcome(Fault::Ours, origin).is_err());
	}
	assert!(outcome(Fault::Bad, BlockOrigin::Own).is_err(), "nobody sent it");
}

#[test]
fn an_author_of_two_blocks_in_a_slot_is_heard_of() {
	let chain = Chain::new();
	let (watch, mut pairs) = AuthorWatch::new();
	let into = watched_import_into(&chain, watch);
	let claim = SecondaryPlainPreDigest { authority_index: 0, slot: 7.into() };
	let claim = DigestItem::PreRuntime(BABE_ENGINE_ID, PreDigest::SecondaryPlain(claim).encode());
	let [first, second] = [1, 2].map(|salt| {
		let mut header = block(&genesis(), weight(false, 0, 0), salt);
		header.digest.logs.insert(0, claim.clone());
		header
	});
	// The seal stands apart while a block is imported; a proof needs it.
	let sealed = |header: &Header, seal: u8| {
		let mut params = params(header);
		params.post_digests = vec![DigestItem::Seal(BABE_ENGINE_ID, vec![seal])];
		params
	};
	for (header, seal) in [(&first, 1), (&second, 2)] {
		assert!(pairs.try_recv().is_err());
		block_on(into.import_block(sealed(header, seal))).unwrap();
	}
	let pair = [sealed(&first, 1).post_header(), sealed(&second, 2).post_header()];
	assert_eq!(pairs.try_recv().unwrap(), pair);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

	/// Whatever the order in which forks arrive, the same block is best.
	#[test]
	fn best_is_independent_of_arrival(
		forks in prop::collection::vec(
			prop::collection::vec((any::<bool>(), 0u128..=1000, 0u128..800), 1..6),
			1..5,
		),
		rotation in 0usize..5,
	) {
		let best_of = |order: &[(usize, &Vec<(bool, u128, u128)>)]| {
			let chain = Chain::new();
			let into = import_into(&chain);
			for (salt, fork) in order {
				let weights: Vec<_> =
					fork.iter().map(|(slot, support, score)| weight(*slot, *support, *score)).collect();
				extend(&into, &genesis(), &weights, *salt as u8 + 1);
			}
			chain.best()
		};
		let mut order: Vec<_> = forks.iter().enumerate().collect();
		let first = best_of(&order);
		let middle = rotation % order.len();
		order.rotate_left(middle);
		prop_assert_eq!(best_of(&order), first);
		order.reverse();
		prop_assert_eq!(best_of(&order), first);
	}

	/// Of two heads exactly one is better, unless they are one.
	#[test]
	fn the_order_is_total(a: (u8, u8, [u8; 2]), b: (u8, u8, [u8; 2])) {
		let head = |(weight, number, hash): (u8, u8, [u8; 2])| (u128::from(weight), number, hash);
		let (a, b) = (head(a), head(b));
		prop_assert_eq!(is_better(a, b) ^ is_better(b, a), a != b);
	}
}
