//! What an author includes for its block's parent, and who counts at a session's border.

use super::*;
use mbongo_primitives::AccountId;
use mbongo_runtime::{genesis::dev_session_keys, SessionKeys};
use polkadot_sdk::sp_keyring::Sr25519Keyring::{Dave, Eve};
use sc_consensus_pouw::{parent_attestations, AttestationPool};
use sp_consensus_pouw::{AuthorityId, PouwApi};
use std::sync::Arc;

fn set_at(node: &Node, block: Hash) -> Vec<AuthorityId> {
	let set = node.client.runtime_api().authorities(block).unwrap();
	set.into_iter().map(|(authority, _)| authority).collect()
}

fn keys(of: [Sr25519Keyring; 3]) -> Vec<AuthorityId> {
	of.map(|who| who.public().into()).to_vec()
}

/// A pool that knows the sets of these blocks.
fn pool(node: &Node, sets_of: &[Hash]) -> Arc<AttestationPool<Block>> {
	let pool = AttestationPool::new(node.genesis());
	for block in sets_of {
		pool.note_sets(set_at(node, *block), [], FIRST_SLOT.into());
	}
	pool
}

fn add(
	node: &Node,
	pool: &AttestationPool<Block>,
	who: Sr25519Keyring,
	block: Hash,
) -> Attestation<Hash> {
	let made = node.attest(who, block);
	pool.add(made.clone(), made.slot);
	made
}

/// Which places of the parent's set an author's inherent has.
fn places(attested: &ParentAttestations) -> Vec<usize> {
	let signers = attested.signers(VALIDATORS.len()).unwrap();
	signers.into_iter().map(|(place, _)| place).collect()
}

/// What a block upon `parent` weighs for the attestations of it, imported by everybody.
fn support(node: &Node, parent: Hash, attested: ParentAttestations) -> u64 {
	let inherents = node.inherents(parent, attested);
	let block = Unsealed::from(node.write(parent, SECONDARY, &inherents).unwrap().block);
	node.import(&block).unwrap();
	let own = node.weight(block.hash()).unwrap() - node.weight(parent).unwrap();
	assert_eq!(own, block.weight_log().weight().total().into());
	block.weight_log().attestation
}

#[test]
fn an_author_includes_just_the_attestations_of_its_parent() {
	let node = Node::new();
	let before = node.head_of(node.genesis(), &[SECONDARY; 2]);
	let [parent, sibling] = [0, 1].map(|author| node.head_of(before, &[SECONDARY.by(author)]));
	let pool = pool(&node, &[parent]);
	let known = |parent| parent_attestations(&*node.client, &pool, parent).unwrap().0;
	let included = |parent| known(parent).attestations;
	assert!(places(&included(parent)).is_empty());

	add(&node, &pool, Alice, before);
	add(&node, &pool, Bob, sibling);
	let by_charlie = add(&node, &pool, Charlie, parent);
	// A stranger, and a signature that is not its authority's.
	add(&node, &pool, Eve, parent);
	let forged = node.attest(Eve, parent);
	pool.add(Attestation { authority: Alice.public().into(), ..forged.clone() }, forged.slot);

	assert_eq!(places(&included(before)), [0]);
	assert_eq!(places(&included(sibling)), [1]);
	assert_eq!(places(&included(parent)), [2]);
	assert_eq!(included(parent), signed(&[by_charlie]));
	assert_eq!(support(&node, parent, included(parent)), 333);
	add(&node, &pool, Alice, parent);
	assert_eq!(support(&node, parent, included(parent)), 666);

	// Bob has attested its sibling in the same slot, and its first word counts.
	add(&node, &pool, Bob, parent);
	assert_eq!(places(&included(parent)), [0, 2]);
	// Nobody attests genesis.
	assert_eq!(known(node.genesis()), Default::default());
	let unknown = parent_attestations(&*node.client, &pool, Hash::repeat_byte(1));
	assert!(unknown.is_err());
}

#[test]
fn an_author_says_how_far_finality_has_come() {
	let node = Node::new();
	let chain = node.extend(node.genesis(), &[SECONDARY; 5]);
	let fork = node.head_of(chain[1], &[SECONDARY.by(1)]);
	let pool = pool(&node, &[chain[4]]);
	let known = |parent| parent_attestations(&*node.client, &pool, parent).unwrap().0;
	let finalised = |parent| known(parent).finalised;
	assert_eq!([chain[0], chain[4], fork].map(finalised), [0; 3]);
	node.finalise(chain[1]);
	assert_eq!([chain[4], fork].map(finalised), [2; 2]);
	// Never more than the parent, though such a block comes too late for anything.
	assert_eq!(finalised(chain[0]), 1);
	node.finalise(chain[4]);
	assert_eq!([chain[4], chain[2]].map(finalised), [5, 3]);

	// All may be final, and the block stands for all who import it.
	add(&node, &pool, Bob, chain[4]);
	let inherents = inherents(&node.client, chain[4], known(chain[4]));
	assert_eq!(inherents.len(), 2, "the time and the attestation");
	let block = Unsealed::from(node.write(chain[4], SECONDARY, &inherents).unwrap().block);
	let outcome = node.import(&block);
	assert!(matches!(outcome, Ok(ImportResult::Imported(_))), "{outcome:?}");
	assert_eq!(block.weight_log().attestation, 333);
}

/// A network whose third validator has another key from the second session on, as after `set_keys`.
fn changing(epoch_slots: u32) -> ChainSpec {
	let queued: Vec<(AccountId, SessionKeys)> = VALIDATORS
		.into_iter()
		.map(|who| {
			let mut keys = dev_session_keys(who);
			if who == Charlie {
				keys.pouw = Dave.public().into();
			}
			(who.to_account_id(), keys)
		})
		.collect();
	network(epoch_slots, [("Session", "QueuedKeys", queued.encode())])
}

#[test]
fn at_a_sessions_border_the_parents_set_counts() {
	let node = Node::with(changing(10));
	let session = node.extend(node.genesis(), &[SECONDARY; 10]);
	let last = session[9];
	let border = node.head_of(last, &[SECONDARY]);
	let next = node.head_of(border, &[SECONDARY]);
	let (old, new) = (keys(VALIDATORS), keys([Alice, Bob, Dave]));
	assert_eq!([last, border, next].map(|block| set_at(&node, block)), [old, new.clone(), new]);

	let pool = pool(&node, &[last, border]);
	for parent in [session[8], last, border] {
		let [_, old, new] = [Alice, Charlie, Dave].map(|who| add(&node, &pool, who, parent));
		let (member, stranger) = if parent == border { (new, old) } else { (old, new) };
		let included = parent_attestations(&*node.client, &pool, parent).unwrap().0.attestations;
		assert_eq!(places(&included), [0, 2]);
		assert_eq!(included.signatures[1], member.signature);

		// The other set's member in the same place does not count.
		let honest = node.write(parent, SECONDARY, &node.inherents(parent, included.clone()));
		let mut forged = included.clone();
		let signatures = vec![included.signatures[0].clone(), stranger.signature];
		forged.signatures = signatures.try_into().unwrap();
		let forged =
			Unsealed::from(honest.unwrap().block).with_body(node.inherents(parent, forged));
		let outcome = node.import(&forged);
		assert!(matches!(outcome, Ok(ImportResult::KnownBad)), "{outcome:?}");

		assert_eq!(support(&node, parent, included), 666);
	}
}
