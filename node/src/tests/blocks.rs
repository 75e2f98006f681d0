//! Which blocks are refused, what they leave behind, and whom they are held against.

use super::*;
use crate::command;
use polkadot_sdk::{
	sc_client_api::AuxStore, sc_consensus::ForkChoiceStrategy, sp_blockchain::BlockStatus,
	sp_runtime::generic::BlockId,
};
use sp_consensus_pouw::{PouwLog, POUW_ENGINE_ID};

/// What an import of a bad block must not change.
fn unchanged(node: &Node, block: &Unsealed, before: &(BTreeSet<Hash>, Hash, Hash)) {
	let hash = block.hash();
	assert_eq!(node.weight(hash), None);
	assert_eq!(node.client.status(hash).unwrap(), BlockStatus::Unknown);
	assert_eq!(node.heads(), *before);
}

/// Checks that a block is held against the peer that sent it, and leaves nothing.
fn refused(node: &Node, block: &Unsealed) {
	let before = node.heads();
	for origin in [BlockOrigin::NetworkBroadcast, BlockOrigin::NetworkInitialSync] {
		let outcome = node.import_as(origin, block);
		assert!(matches!(outcome, Ok(ImportResult::KnownBad)), "{outcome:?}");
		unchanged(node, block, &before);
	}
	// Nobody has sent this node its own block.
	assert!(node.import_as(BlockOrigin::Own, block).is_err());
	unchanged(node, block, &before);
}

fn imported(node: &Node, block: &Unsealed) {
	let outcome = node.import(block);
	assert!(matches!(outcome, Ok(ImportResult::Imported(_))), "{outcome:?}");
	assert!(node.weight(block.hash()).is_some());
}

/// The block with its weight digest replaced by these.
fn with_logs(block: &Unsealed, logs: impl IntoIterator<Item = DigestItem>) -> Unsealed {
	let mut forged = block.clone();
	let all = &mut forged.header.digest_mut().logs;
	let is_one = |item: &DigestItem| matches!(item, DigestItem::Consensus(POUW_ENGINE_ID, _));
	let place = all.iter().position(is_one).expect("every block has one");
	all.splice(place..=place, logs);
	forged
}

#[test]
fn a_forged_weight_is_known_bad_and_its_honest_sibling_is_not() {
	let node = Node::new();
	let head = node.head_of(node.genesis(), &[SECONDARY; 2]);
	let honest = node.build(head, Kind { attesters: 1, ..SECONDARY });
	let log = honest.weight_log();
	assert_eq!(log.weight().total(), 833);
	for forged in [
		WeightLog { attestation: 1000, ..log.clone() },
		WeightLog { attestation: 0, ..log.clone() },
		WeightLog { base: 1000, ..log.clone() },
		WeightLog { pouw: 277, total_pouw_score: 277, ..log.clone() },
		WeightLog { total_pouw_score: 1, ..log.clone() },
		WeightLog { compute_receipts_root: Hash::repeat_byte(1), ..log.clone() },
	] {
		let block = with_logs(&honest, [PouwLog::Weight(forged).into()]);
		refused(&node, &block);
	}
	// The same digest in the same place is the honest block.
	assert_eq!(with_logs(&honest, [PouwLog::Weight(log).into()]).hash(), honest.hash());
	imported(&node, &honest);
	assert_eq!(node.best(), honest.hash());
}

#[test]
fn a_header_without_just_one_good_weight_is_known_bad() {
	let node = Node::new();
	let honest = node.build(node.genesis(), PRIMARY);
	let log = honest.weight_log();
	let good: DigestItem = PouwLog::Weight(log.clone()).into();
	let trailing = [PouwLog::Weight(log.clone()).encode(), vec![0]].concat();
	let before = node.heads();
	for logs in [
		vec![],
		vec![good.clone(), good.clone()],
		vec![DigestItem::Consensus(POUW_ENGINE_ID, vec![])],
		vec![DigestItem::Consensus(POUW_ENGINE_ID, trailing)],
		vec![PouwLog::Weight(WeightLog { pouw: u64::MAX, ..log.clone() }).into()],
		// This runtime writes no such version.
		vec![PouwLog::Weight(WeightLog { version: 9, ..log }).into()],
	] {
		let block = with_logs(&honest, logs);
		for origin in [BlockOrigin::NetworkBroadcast, BlockOrigin::NetworkInitialSync] {
			let outcome = node.import_as(origin, &block);
			assert!(matches!(outcome, Ok(ImportResult::KnownBad)), "{outcome:?}");
			unchanged(&node, &block, &before);
		}
		assert!(node.import_as(BlockOrigin::Own, &block).is_err(), "nobody sent it");
		unchanged(&node, &block, &before);
	}
	imported(&node, &honest);
}

#[test]
fn other_lies_are_known_bad_too() {
	let node = Node::new();
	let head = node.head_of(node.genesis(), &[SECONDARY]);
	let honest = node.build(head, SECONDARY);
	let mut state = honest.clone();
	state.header.state_root = Hash::repeat_byte(1);
	refused(&node, &state);
	let mut body = honest.clone();
	body.body.clear();
	refused(&node, &body);
	imported(&node, &honest);
}

#[test]
fn check_block_tells_whether_a_block_is_as_its_header_says() {
	let node = Node::new();
	let chain = node.extend(node.genesis(), &[SECONDARY, SUPPORTED]);
	let check = |hash| command::check_block(&node.client, BlockId::Hash(hash));
	check(chain[0]).unwrap();
	check(chain[1]).unwrap();
	command::check_block(&node.client, BlockId::Number(2)).unwrap();

	// As a disk might have it, not as anybody could import it.
	let honest = node.build(chain[1], PRIMARY);
	let mut state = honest.clone();
	state.header.state_root = Hash::repeat_byte(1);
	let mut body = honest.clone();
	body.body.pop();
	let log = WeightLog { base: 999, ..honest.weight_log() };
	let weight = with_logs(&honest, [PouwLog::Weight(log).into()]);
	for wrong in [state, body, weight] {
		let mut params = wrong.params(BlockOrigin::File);
		params.state_action = StateAction::Skip;
		params.fork_choice = Some(ForkChoiceStrategy::Custom(false));
		block_on((*node.client).import_block(params)).unwrap();
		let error = check(wrong.hash()).unwrap_err();
		assert_eq!(command::exit_code(&error), 1, "{error}");
	}
	for (id, code) in [(BlockId::Number(9), 1), (BlockId::Number(0), 2)] {
		let error = command::check_block(&node.client, id).unwrap_err();
		assert_eq!(command::exit_code(&error), code, "{error}");
	}
}

#[test]
fn a_fault_that_is_not_the_blocks_is_held_against_nobody() {
	let (node, elsewhere) = (Node::new(), Node::new());
	let head = node.head_of(node.genesis(), &[SECONDARY; 3]);
	let spared = |block: &Unsealed, why: &str| {
		let before = node.heads();
		let outcome = node.import(block);
		assert!(
			!matches!(outcome, Ok(ImportResult::KnownBad | ImportResult::Imported(_))),
			"{why}: {outcome:?}"
		);
		unchanged(&node, block, &before);
	};

	let parent = elsewhere.head_of(elsewhere.genesis(), &[SECONDARY.by(1); 2]);
	spared(&elsewhere.build(parent, PRIMARY), "its parent is not known here");

	// A header without its state, as a sync may leave it.
	let parent = elsewhere.author(parent, SECONDARY);
	let grandparent = elsewhere.header(*parent.header.parent_hash());
	let mut stateless = None;
	for number in 1..=*grandparent.number() {
		let hash = elsewhere.client.hash(number).unwrap().unwrap();
		let header = elsewhere.header(hash);
		let mut params = BlockImportParams::new(BlockOrigin::NetworkInitialSync, header);
		params.state_action = StateAction::Skip;
		let outcome = block_on(node.import.import_block(params));
		assert!(matches!(outcome, Ok(ImportResult::Imported(_))), "{outcome:?}");
		stateless = Some(hash);
	}
	assert_eq!(stateless, Some(*parent.header.parent_hash()));
	spared(&parent, "its parent's state is not here");

	let block = node.build(head, SUPPORTED);
	let key_of = |head: Hash| (b"pouw_chain_weight", head).encode();
	let key = key_of(head);
	let record = node.client.get_aux(&key).unwrap().unwrap();
	node.client.insert_aux(&[(&key[..], &[1, 2, 3][..])], &[]).unwrap();
	let outcome = node.import(&block);
	assert!(outcome.unwrap_err().to_string().contains("damaged"));
	node.client.insert_aux(&[(&key[..], &record[..])], &[]).unwrap();
	imported(&node, &block);

	// Below the finalised block there is no weight to go on from.
	let parent = *node.header(head).parent_hash();
	let late = node.build(parent, PRIMARY);
	node.finalise(head);
	spared(&late, "finality has passed it by");
	// Nor if the client itself has to refuse it, and it is executed once more to be judged.
	node.client.insert_aux(&[(&key_of(parent)[..], &record[..])], &[]).unwrap();
	let outcome = node.import(&late);
	assert!(outcome.unwrap_err().to_string().contains("finalized"));
}

/// A header that large would be left out of the watch for authors of two blocks in a slot, and would
/// lie on every disk for good.
#[test]
fn what_authors_may_write_into_their_headers_is_limited() {
	let node = Node::new();
	let head = node.head_of(node.genesis(), &[SECONDARY]);
	let inherents = node.inherents_of(head, SECONDARY);
	let with_note = |bytes: usize| {
		let note = DigestItem::PreRuntime(*b"note", vec![0; bytes]);
		let authored = [node.build(head, SECONDARY).header.digest.logs[0].clone(), note];
		write(&node.client, head, authored.to_vec(), &inherents)
	};
	let limit = mbongo_primitives::limits::AUTHORED_HEADER_BYTES as usize;
	imported(&node, &with_note(limit / 2).unwrap().block.into());
	// Whoever executes such a block fails as its author does here.
	let error = format!("{:?}", with_note(limit).err().unwrap());
	assert!(error.contains("Core_initialize_block"), "{error}");
}

/// Checks that a block with these inherents is refused, and for no other reason than an inherent.
fn refused_inherents(node: &Node, honest: &Unsealed, kind: Kind, inherents: Vec<OpaqueExtrinsic>) {
	let written = node.write(*honest.header.parent_hash(), kind, &inherents);
	let error = format!("{:?}", written.err().unwrap());
	assert!(error.contains("BadMandatory"), "{error}");
	refused(node, &honest.with_body(inherents));
}

#[test]
fn attestations_that_do_not_hold_make_a_block_bad() {
	let node = Node::new();
	let chain = node.extend(node.genesis(), &[SECONDARY; 3]);
	let (before, parent) = (chain[1], chain[2]);
	let good = [Alice, Bob].map(|who| node.attest(who, parent));
	let inherents = node.inherents(parent, signed(&good));
	let honest = Unsealed::from(node.write(parent, SECONDARY, &inherents).unwrap().block);
	assert_eq!(honest.weight_log().attestation, 666);
	// The runtime computes the body's root as these tests do.
	assert_eq!(honest.with_body(inherents).hash(), honest.hash());

	let slot = good[1].slot;
	let elsewhere = attestation_payload(&Hash::repeat_byte(9), slot, &parent);
	let later = attestation_payload(&node.genesis(), slot + 1, &parent);
	// The state does not depend on the signature, so only its check can refuse these.
	for signature in [
		node.attest(Bob, before).signature,
		node.attest(Charlie, parent).signature,
		good[0].signature.clone(),
		Bob.sign(&elsewhere).into(),
		Bob.sign(&later).into(),
		Bob.sign(parent.as_ref()).into(),
	] {
		let by_bob = Attestation { signature, ..good[1].clone() };
		let inherents = node.inherents(parent, signed(&[good[0].clone(), by_bob]));
		refused_inherents(&node, &honest, SECONDARY, inherents);
	}
	imported(&node, &honest);
}

#[test]
fn attestations_of_another_form_or_place_make_a_block_bad() {
	let node = Node::new();
	let parent = node.head_of(node.genesis(), &[SECONDARY; 3]);
	let good = signed(&[Alice, Bob].map(|who| node.attest(who, parent)));
	let inherents = node.inherents(parent, good.clone());
	let honest = Unsealed::from(node.write(parent, SECONDARY, &inherents).unwrap().block);

	let form = |change: &dyn Fn(&mut ParentAttestations)| {
		let mut attested = good.clone();
		change(&mut attested);
		node.inherents(parent, attested)
	};
	for bad in [
		// For a set of another length.
		form(&|attested| attested.bitfield.try_push(0).unwrap()),
		form(&|attested| attested.bitfield.clear()),
		// By somebody past the set.
		form(&|attested| attested.bitfield[0] = 0b1001),
		// More bits than signatures, and fewer.
		form(&|attested| attested.bitfield[0] = 0b111),
		form(&|attested| attested.bitfield[0] = 0b1),
		// Not in the order of the set.
		form(&|attested| {
			let backwards: Vec<_> = attested.signatures.iter().rev().cloned().collect();
			attested.signatures = backwards.try_into().unwrap();
		}),
		// Twice.
		[&inherents[..], &inherents[1..]].concat(),
	] {
		refused_inherents(&node, &honest, SECONDARY, bad);
	}
	imported(&node, &honest);

	// Genesis has no slot, so nobody attests it.
	let twin = SECONDARY.by(1);
	let first = node.build(node.genesis(), twin);
	refused_inherents(&node, &first, twin, node.inherents(node.genesis(), good));
	imported(&node, &first);
}

#[test]
fn a_claim_that_a_block_not_before_it_is_final_makes_a_block_bad() {
	let node = Node::new();
	let parent = node.head_of(node.genesis(), &[SECONDARY; 3]);
	let attestations = signed(&[Alice, Bob].map(|who| node.attest(who, parent)));
	let claiming = |finalised| {
		let known = InherentType { attestations: attestations.clone(), finalised };
		inherents(&node.client, parent, known)
	};
	let write = |finalised| {
		Unsealed::from(node.write(parent, SECONDARY, &claiming(finalised)).unwrap().block)
	};
	let honest = write(0);
	for bad in [4, 5, BlockNumber::MAX] {
		refused_inherents(&node, &honest, SECONDARY, claiming(bad));
	}
	imported(&node, &honest);
	// Nobody knows what an author has seen, so no lower claim can be refused.
	for claimed in 1..=3 {
		imported(&node, &write(claimed));
	}
}

#[test]
fn a_block_that_comes_again_changes_nothing() {
	let node = Node::new();
	let base = node.author(node.genesis(), SECONDARY);
	let loser = node.author(base.hash(), SECONDARY);
	let winner = node.author(base.hash(), PRIMARY);
	let head = node.author(winner.hash(), SECONDARY);
	node.finalise(winner.hash());
	let blocks = [&base, &loser, &winner, &head];
	let weights = || blocks.map(|block| node.weight(block.hash()));
	let before = (node.heads(), weights());
	assert_eq!(before.1, [None, None, Some(1500), Some(2000)]);
	for block in blocks {
		for origin in
			[BlockOrigin::NetworkBroadcast, BlockOrigin::NetworkInitialSync, BlockOrigin::Own]
		{
			if node.client.status(block.hash()).unwrap() == BlockStatus::Unknown {
				continue;
			}
			let outcome = node.import_as(origin, block);
			assert!(matches!(outcome, Ok(ImportResult::AlreadyInChain)), "{outcome:?}");
			assert_eq!((node.heads(), weights()), before);
		}
	}
}
