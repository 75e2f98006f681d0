//! Which chain counts.

use super::*;
use polkadot_sdk::sp_consensus::SelectChain as _;
use proptest::{prelude::*, test_runner::TestRunner};
use std::{
	cmp::Reverse,
	sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

fn best_chain(node: &Node) -> Hash {
	block_on(node.select_chain.best_chain()).unwrap().hash()
}

fn finality_target(node: &Node, base: Hash, max: Option<u32>) -> Option<Hash> {
	block_on(node.select_chain.finality_target(base, max)).ok()
}

#[test]
fn two_primary_slots_outweigh_three_secondary_ones() {
	let node = Node::new();
	let long = node.extend(node.genesis(), &[SECONDARY; 3]);
	assert_eq!((node.best(), node.weight(long[2])), (long[2], Some(1500)));
	let short = node.extend(node.genesis(), &[PRIMARY; 2]);
	assert_eq!((node.best(), node.weight(short[1])), (short[1], Some(2000)));
	assert_eq!(best_chain(&node), short[1]);
	// And the long one wins again when it is heavier again.
	let longer = node.extend(long[2], &[SECONDARY; 2]);
	assert_eq!(node.weight(longer[1]), Some(2500));
	assert_eq!(node.best(), longer[1]);
}

#[test]
fn attestations_alone_make_a_shorter_chain_heavier() {
	let node = Node::new();
	let base = node.head_of(node.genesis(), &[SECONDARY]);
	let long = node.head_of(base, &[SECONDARY; 4]);
	let some = Kind { attesters: 2, ..SECONDARY };
	let short = node.head_of(base, &[some; 2]);
	assert_eq!([long, short].map(|head| node.weight(head)), [Some(2500), Some(500 + 2 * 1166)]);
	assert_eq!(node.best(), short);
	// The inherents were executed, so another node that imports them comes to the same.
	let other = Node::new();
	let first = other.build(other.genesis(), SECONDARY);
	other.import(&first).unwrap();
	assert_eq!(first.hash(), base);
	let second = node.build(base, some);
	other.import(&second).unwrap();
	assert_eq!(other.weight(second.hash()), Some(500 + 1166));
}

#[test]
fn at_equal_weight_the_longer_chain_wins_then_the_lower_hash() {
	let node = Node::new();
	let short = node.head_of(node.genesis(), &[PRIMARY]);
	assert_eq!(node.best(), short);
	let long = node.head_of(node.genesis(), &[SECONDARY; 2]);
	assert_eq!(node.weight(short), node.weight(long));
	assert_eq!(node.best(), long);
	// The long one first, on top of that.
	let longer = node.head_of(long, &[SECONDARY; 2]);
	let shorter = node.head_of(long, &[PRIMARY]);
	assert_eq!(node.weight(shorter), node.weight(longer));
	assert_eq!(node.best(), longer);

	let mut twins: Vec<_> =
		(0..3).map(|author| node.head_of(longer, &[SECONDARY.by(author)])).collect();
	twins.sort();
	assert_eq!(node.best(), twins[0]);
	assert!(twins.iter().all(|twin| node.weight(*twin) == node.weight(twins[0])));
}

/// Of few weights, so that there are ties.
fn kinds() -> impl Strategy<Value = Kind> {
	(any::<bool>(), 0u32..3, prop::sample::select(vec![0, 0, 1, 3]))
		.prop_map(|(primary, author, attesters)| Kind { primary, author, attesters })
}

/// Blocks, each with the place of its parent among those before it (0 is the base), and a rank by
/// which the second node gets them.
fn trees() -> impl Strategy<Value = Vec<(prop::sample::Index, Kind, u8)>> {
	prop::collection::vec((any::<prop::sample::Index>(), kinds(), any::<u8>()), 1..9)
}

/// Whatever the tree, and whatever the order in which two nodes get it, both have the same best
/// block: the heaviest, the longest, the one of the lowest hash.
#[test]
fn the_same_block_is_best_whatever_the_order_of_arrival() {
	let (first, second) = (Node::new(), Node::new());
	let mut runner = TestRunner::new(ProptestConfig {
		cases: ProptestConfig::default().cases / 8,
		..ProptestConfig::with_source_file(file!())
	});
	let outcome = runner.run(&trees(), |tree| {
		// Each case is on top of the one before it, so that no node is made anew.
		let base = first.best();
		let base_weight = first.weight(base).unwrap_or_default();
		let base_number = *first.header(base).number();
		let mut made = vec![(base, base_weight, base_number)];
		let mut waiting = Vec::new();
		for (parent, kind, rank) in tree {
			let (parent, weight, number) = *parent.get(&made);
			// Nobody attests genesis.
			let attesters = if number == 0 { 0 } else { kind.attesters };
			let kind = Kind { attesters, ..kind };
			let block = first.build(parent, kind);
			let hash = block.hash();
			if made.iter().any(|(known, ..)| *known == hash) {
				continue;
			}
			first.import(&block).unwrap();
			made.push((hash, weight + kind.weight(), number + 1));
			waiting.push((rank, block));
		}

		let mut there = BTreeSet::from([base]);
		waiting.sort_by_key(|(rank, _)| *rank);
		while let Some(next) =
			waiting.iter().position(|(_, block)| there.contains(block.header.parent_hash()))
		{
			let (_, block) = waiting.remove(next);
			second.import(&block).unwrap();
			there.insert(block.hash());
		}

		let (best, ..) = *made[1..]
			.iter()
			.max_by_key(|(hash, weight, number)| (*weight, *number, Reverse(*hash)))
			.unwrap();
		for node in [&first, &second] {
			prop_assert_eq!(node.best(), best);
			prop_assert_eq!(best_chain(node), best);
			for (hash, weight, _) in &made[1..] {
				prop_assert_eq!(node.weight(*hash), Some(*weight));
			}
			node.finalise(best);
		}
		Ok(())
	});
	outcome.unwrap();
}

#[test]
fn finality_target_is_on_the_heaviest_chain_and_no_higher_than_asked() {
	let node = Node::new();
	let base = node.head_of(node.genesis(), &[SECONDARY]);
	let long = node.extend(base, &[SECONDARY; 4]);
	let heavy = node.extend(base, &[PRIMARY; 3]);
	let head = heavy[2];
	assert_eq!(best_chain(&node), head);
	for from in [node.genesis(), base, heavy[0]] {
		assert_eq!(finality_target(&node, from, None), Some(head));
		assert_eq!(finality_target(&node, from, Some(100)), Some(head));
		// Not the block of the longer fork at that height.
		assert_eq!(finality_target(&node, from, Some(3)), Some(heavy[1]));
		assert_eq!(finality_target(&node, from, Some(2)), Some(heavy[0]));
	}
	assert_eq!(finality_target(&node, base, Some(1)), Some(base));
	assert_eq!(finality_target(&node, head, None), Some(head));
	assert_eq!(finality_target(&node, heavy[0], Some(1)), None, "it is below the base");
	assert_eq!(finality_target(&node, long[0], None), None, "the base is on no heaviest chain");
	assert_eq!(finality_target(&node, Hash::zero(), None), None, "there is no such base");
}

#[test]
fn finality_on_a_lighter_fork_moves_to_the_heaviest_chain_upon_it() {
	let node = Node::new();
	let base = node.head_of(node.genesis(), &[SECONDARY]);
	let light = node.extend(base, &[SECONDARY; 2]);
	let lighter = node.head_of(light[0], &[SECONDARY.by(1)]).min(light[1]);
	let heavy = node.extend(base, &[SUPPORTED; 3]);
	assert_eq!(best_chain(&node), heavy[2]);

	node.finalise(light[0]);
	assert_eq!(best_chain(&node), lighter);
	assert_eq!(finality_target(&node, light[0], None), Some(lighter));
	assert_eq!(finality_target(&node, base, Some(2)), Some(light[0]));
	// The heavier fork is over.
	assert!(heavy.into_iter().all(|hash| node.weight(hash).is_none()));
}

/// Finality may make an inner block the client's best one. What comes then must be compared with the
/// heaviest chain, not with that block.
#[test]
fn after_finality_on_a_lighter_fork_no_lighter_block_becomes_best() {
	let node = Node::new();
	let base = node.head_of(node.genesis(), &[SECONDARY]);
	let light = node.extend(base, &[SECONDARY; 3]);
	node.extend(base, &[SUPPORTED; 3]);
	node.finalise(light[0]);
	node.extend(light[0], &[PRIMARY.by(1)]);
	assert_eq!(best_chain(&node), light[2]);
	let head = node.head_of(light[2], &[SECONDARY]);
	assert_eq!((node.best(), best_chain(&node)), (head, head));
}

/// GRANDPA asks at any time, and a vote that it cannot make is lost for the round.
#[test]
fn the_heaviest_chain_is_known_in_the_middle_of_an_import() {
	let node = Node::new();
	let (select_chain, genesis) = (node.select_chain.clone(), node.genesis());
	let (asked, done) = (AtomicUsize::new(0), AtomicBool::new(false));
	std::thread::scope(|scope| {
		scope.spawn(|| {
			while !done.load(Ordering::Relaxed) {
				block_on(select_chain.finality_target(genesis, None)).unwrap();
				asked.fetch_add(1, Ordering::Relaxed);
			}
		});
		// Also when a block cannot be imported.
		let _done = Done(&done);
		let mut head = node.genesis();
		for blocks in 1.. {
			head = node.head_of(head, &[SECONDARY]);
			if blocks >= 200 && asked.load(Ordering::Relaxed) >= 200 {
				break;
			}
		}
	});
}

/// Says that something is done when it goes.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
	fn drop(&mut self) {
		self.0.store(true, Ordering::Relaxed);
	}
}
