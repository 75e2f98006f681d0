//! What is kept of weights: over a restart, under finality, and when blocks are taken back.

use super::*;
use crate::service::new_partial;
use polkadot_sdk::{
	sc_consensus_babe, sc_consensus_grandpa, sc_service::chain_ops::revert_chain,
	sp_consensus::SelectChain as _,
};
use std::collections::BTreeMap;

fn weights(node: &Node, hashes: &[Hash]) -> BTreeMap<Hash, Option<ChainWeight>> {
	hashes.iter().map(|hash| (*hash, node.weight(*hash))).collect()
}

#[test]
fn a_restart_keeps_the_best_block_and_the_weights() {
	let node = Node::new();
	let base = node.head_of(node.genesis(), &[SECONDARY; 3]);
	node.finalise(base);
	let long = node.extend(base, &[SECONDARY; 3]);
	let short = node.extend(base, &[PRIMARY; 2]);
	let hashes = [vec![base], long.clone(), short.clone()].concat();
	let before = (node.heads(), weights(&node, &hashes));
	assert_eq!(node.best(), short[1]);
	assert!(before.1.values().all(Option::is_some));

	let node = node.restart();
	assert_eq!((node.heads(), weights(&node, &hashes)), before);
	// The lighter chain goes on from its weight, not from nothing: to a tie, and ahead.
	let peer = node.build(long[2], SECONDARY);
	node.import(&peer).unwrap();
	assert_eq!(node.weight(peer.hash()), Some(3500));
	assert_eq!(node.best(), peer.hash(), "as heavy and longer");
	let head = node.head_of(short[1], &[SECONDARY]);
	assert_eq!(node.best(), head);

	let node = node.restart();
	assert_eq!((node.best(), node.weight(head)), (head, Some(4000)));
	node.finalise(head);
	let node = node.restart();
	assert_eq!(node.best(), head);
	assert_eq!(weights(&node, &hashes).into_values().flatten().count(), 0);
	node.head_of(head, &[SECONDARY]);
}

/// The parts of a running node do as those that these tests put together.
#[test]
fn the_service_goes_on_with_the_same_chain_and_prunes_it() {
	let node = Node::new();
	let chain = node.extend(node.genesis(), &[SECONDARY; 4]);
	let stale = node.head_of(chain[0], &[SECONDARY.by(1)]);
	let (folder, spec) = node.close();

	let tokio = sc_cli::build_runtime().unwrap();
	let cli = cli(&folder);
	let mut config = cli.create_configuration(&cli.run, tokio.handle().clone()).unwrap();
	config.chain_spec = spec.cloned_box();
	let service = new_partial(&config).unwrap();
	let best = block_on(service.select_chain.best_chain()).unwrap();
	assert_eq!(best.hash(), chain[3]);
	service.client.finalize_block(chain[2], None, true).unwrap();
	let weight = |hash| load_chain_weight(&*service.client, hash).unwrap();
	assert_eq!([chain[0], chain[1], stale].map(weight), [None; 3]);
	assert_eq!([chain[2], chain[3]].map(weight), [Some(1500), Some(2000)]);
}

/// How many blocks are finalised.
const BLOCKS: usize = 10_000;
/// How many are not, as finality lags.
const LAG: usize = 5;

#[test]
fn weights_stay_few_however_many_blocks_are_finalised() {
	let node = Node::new();
	let (mut chain, mut forks) = (vec![node.genesis()], Vec::new());
	let mut finalised = 0;
	while finalised < BLOCKS {
		// Finality comes for one block at a time, and for several.
		for _ in 0..1 + chain.len() % 7 {
			let parent = *chain.last().unwrap();
			if chain.len() % 20 == 0 {
				let below = chain.len() - 1;
				let long = node.extend(parent, &[SECONDARY.by(1); 2]);
				let short = node.extend(parent, &[SECONDARY.by(2)]);
				forks.extend([long, short].concat().into_iter().map(|hash| (below, hash)));
			}
			chain.push(node.head_of(parent, &[PRIMARY]));
		}
		let next = chain.len() - 1 - LAG.min(chain.len() - 1);
		if next > finalised {
			finalised = next;
			node.finalise(chain[finalised]);
		}
		let recent = &chain[chain.len().saturating_sub(50)..];
		let kept = recent.iter().filter(|hash| node.weight(**hash).is_some()).count();
		assert!(kept <= LAG + 1, "{kept} at block {}", chain.len());
	}
	assert_eq!(node.client.info().finalized_number as usize, finalised);
	assert!(forks.len() > finalised / 10);

	for (number, hash) in chain.iter().enumerate() {
		// Of the last finalised block and of those after it.
		let expected = (number >= finalised).then_some(1000 * number as ChainWeight);
		assert_eq!(node.weight(*hash), expected, "block {number}");
	}
	for (below, hash) in forks {
		let alive = below >= finalised;
		assert_eq!(node.weight(hash).is_some(), alive, "fork on block {below}");
	}
}

/// As the command does it.
fn revert(node: &Node, blocks: u32) {
	sc_consensus_babe::revert(node.client.clone(), node.backend.clone(), blocks).unwrap();
	sc_consensus_pouw::revert(&*node.client, &*node.backend, blocks).unwrap();
	sc_consensus_grandpa::revert(node.client.clone(), blocks).unwrap();
	revert_chain(node.client.clone(), node.backend.clone(), blocks).unwrap();
}

#[test]
fn a_revert_leaves_the_chain_as_it_was_before_those_blocks() {
	let node = Node::new();
	let chain = node.extend(node.genesis(), &[SECONDARY; 4]);
	let before = (node.heads(), weights(&node, &chain));
	let taken_back = node.extend(chain[3], &[PRIMARY; 3]);
	let fork = node.extend(chain[3], &[SECONDARY; 2]);

	revert(&node, 3);
	assert_eq!((node.heads(), weights(&node, &chain)), before);
	assert!(taken_back.iter().chain(&fork).all(|hash| node.weight(*hash).is_none()));

	let node = node.restart();
	assert_eq!((node.heads(), weights(&node, &chain)), before);
	let other = node.extend(chain[3], &[SECONDARY.by(1); 2]);
	assert_eq!((node.best(), node.weight(other[1])), (other[1], Some(3000)));
	// The blocks that were taken back can come again, and are as heavy as they were.
	assert_eq!(node.extend(chain[3], &[PRIMARY; 3]), taken_back);
	assert_eq!((node.best(), node.weight(taken_back[2])), (taken_back[2], Some(5000)));
}

#[test]
fn a_revert_stops_at_the_finalised_block() {
	let node = Node::new();
	let chain = node.extend(node.genesis(), &[SECONDARY; 5]);
	node.finalise(chain[2]);
	revert(&node, 100);
	assert_eq!(node.best(), chain[2]);
	assert_eq!(node.weight(chain[2]), Some(1500));
	assert_eq!(node.head_of(chain[2], &[SECONDARY; 2]), chain[4]);
	assert_eq!(node.weight(chain[4]), Some(2500));
}
