//! History executed once more: the same, and not the same.

use super::{receipts::remark, *};
use crate::{
	replay::{Divergence, Error, Replay, Replayed},
	state::DamagedNode,
};
use polkadot_sdk::{
	sc_client_api::ProofProvider, sp_io::hashing::blake2_128, sp_state_machine::read_proof_check,
};
use std::collections::HashSet;

fn replay(
	node: &Node,
	from: u32,
	to: u32,
	tx_roots: bool,
) -> (Result<Replayed, Error>, Vec<serde_json::Value>) {
	let (client, backend) = (node.client.clone(), node.backend.clone());
	let replay = Replay { client, backend, executor: EXECUTOR.clone(), tx_roots };
	let mut journal = Some(Vec::new());
	let replayed = replay.run(from, to, &mut journal);
	let journal = String::from_utf8(journal.unwrap()).unwrap();
	(replayed, journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Blocks with a transaction of Bob's in each.
fn chain(node: &Node, blocks: u32) -> Vec<Hash> {
	let mut head = node.genesis();
	(0..blocks)
		.map(|nonce| {
			let (transaction, _) = remark(node, nonce);
			let kind = if nonce == 0 { SECONDARY } else { SUPPORTED };
			head = node.author_with(head, kind, &[transaction]).hash();
			head
		})
		.collect()
}

fn divergence(replayed: Result<Replayed, Error>) -> Divergence {
	match replayed {
		Err(Error::Diverged(divergence)) => divergence,
		other => panic!("{other:?}"),
	}
}

#[test]
fn a_thousand_blocks_come_to_the_same_roots() {
	let node = Node::new();
	let blocks = chain(&node, 1_000);
	let (replayed, journal) = replay(&node, 1, 1_000, false);
	let transactions = journal.len() as u64;
	assert_eq!(transactions, 3 * 1_000 - 1, "time, attestations and Bob's, but none of genesis");
	let state_root = node.header(blocks[999]).state_root;
	assert_eq!(replayed.unwrap(), Replayed { blocks: 1_000, transactions, state_root });
	assert!(journal.iter().all(|entry| entry["status"] == "Success"));
	assert!(journal.iter().all(|entry| entry.get("stateRoot").is_none()));

	// The roots between are the same however far back one begins.
	let (replayed, with_roots) = replay(&node, 901, 1_000, true);
	replayed.unwrap();
	let roots: HashSet<_> = with_roots.iter().map(|entry| entry["stateRoot"].to_string()).collect();
	assert_eq!(roots.len(), with_roots.len(), "each transaction changes the state");
	let (_, later) = replay(&node, 951, 1_000, true);
	assert_eq!(later[..], with_roots[with_roots.len() - later.len()..]);
}

#[test]
fn what_is_not_there_is_said() {
	let node = Node::new();
	chain(&node, 3);
	let missing = |from, to| match replay(&node, from, to, false).0 {
		Err(Error::Missing(what)) => what,
		other => panic!("{other:?}"),
	};
	assert!(missing(2, 4).contains("no block 4"));
	let head = node.head_of(node.best(), &[SECONDARY; 300]);
	node.finalise(head);
	assert!(missing(2, 3).contains("state before block 2"));
}

/// The node of the state's trie that holds this account, in a block's state.
pub fn account_node(node: &Node, block: Hash, who: Sr25519Keyring) -> Vec<u8> {
	let account = who.to_account_id().encode();
	let key =
		[&twox_128(b"System")[..], &twox_128(b"Account"), &blake2_128(&account), &account].concat();
	let proof = node.client.read_proof(block, &mut std::iter::once(&key[..])).unwrap();
	let root = node.header(block).state_root;
	// The one without which the account is not proven, and which nothing is under.
	let nodes: Vec<_> = proof.iter_nodes().cloned().collect();
	let value = read_proof_check::<Hashing, _>(root, proof, [&key[..]]).unwrap()[&key].clone();
	let value = value.unwrap();
	let holds = |bytes: &Vec<u8>| bytes.windows(value.len()).any(|part| part == value);
	nodes.into_iter().find(holds).unwrap()
}

/// Replaces a node of the state in the database.
pub fn alter(folder: &TempDir, node: &[u8], altered: &[u8]) {
	replace(folder, node, Some(node), altered);
}

/// Puts a node of the state back where it was.
fn mend(folder: &TempDir, node: &[u8]) {
	replace(folder, node, None, node);
}

/// Writes something in the place of a node of the state, where something is now.
fn replace(folder: &TempDir, node: &[u8], now: Option<&[u8]>, altered: &[u8]) {
	/// Where the states are.
	const STATE: u8 = 1;
	let chain = std::fs::read_dir(folder.path().join("chains")).unwrap().next().unwrap().unwrap();
	let path = chain.path().join("paritydb/full");
	let columns = parity_db::Options::load_metadata(&path).unwrap().unwrap().columns;
	let mut options = parity_db::Options::with_columns(&path, columns.len() as u8);
	options.columns = columns;
	let key = Hashing::hash(node).0.to_vec();
	// What a change does can be seen when the database is opened again.
	let change = |change| {
		let database = parity_db::Db::open(&options).unwrap();
		database.commit_changes([(STATE, change)]).unwrap();
	};
	let value = || parity_db::Db::open(&options).unwrap().get(STATE, &key).unwrap();
	if let Some(now) = now {
		assert_eq!(value().as_deref(), Some(now));
	}
	// Values are found by their hash and counted, so the true one must go first.
	while value().is_some() {
		change(parity_db::Operation::Dereference(key.clone()));
	}
	change(parity_db::Operation::Set(key.clone(), altered.to_vec()));
	assert_eq!(value().as_deref(), Some(altered));
}

#[test]
fn an_altered_value_is_found_by_the_transaction_that_reads_it() {
	let node = Node::new();
	let blocks = chain(&node, 8);
	// Bob's account as block 5 has left it, richer by what one bit is worth.
	let sound = account_node(&node, blocks[4], Bob);
	let mut altered = sound.clone();
	let last = altered.len() - 40;
	altered[last] ^= 1;
	// States are in the database, and not in its journals, once they are final.
	node.finalise(blocks[7]);
	let (folder, spec) = node.close();
	alter(&folder, &sound, &altered);
	let node = Node::open(folder, spec);

	let (replayed, journal) = replay(&node, 1, 8, false);
	let divergence = divergence(replayed);
	assert_eq!((divergence.number, divergence.hash), (6, blocks[5]));
	let index = divergence.transaction.expect("it is Bob's transaction");
	assert_eq!(index, 2, "after time and attestations");
	assert!(divergence.what.contains("altered"), "{divergence}");
	let last = journal.last().unwrap();
	assert_eq!((&last["block"], &last["index"]), (&6.into(), &2.into()));
	assert!(last["diverged"].as_str().unwrap().contains("altered"));
	// What does not read it is as it was.
	assert!(replay(&node, 1, 5, true).0.is_ok());
}

/// The node stops rather than to refuse what is right.
#[test]
fn a_damaged_state_is_told_from_a_bad_block() {
	let node = Node::new();
	let blocks = chain(&node, 8);
	let (transaction, _) = remark(&node, 8);
	let body = [&node.inherents_of(blocks[7], SUPPORTED)[..], &[transaction]].concat();
	let next = Unsealed::from(node.write(blocks[7], SUPPORTED, &body).unwrap().block);
	let mut bad = next.clone();
	bad.header.state_root = Hash::repeat_byte(1);
	let sound = account_node(&node, blocks[7], Bob);
	node.finalise(blocks[7]);

	let mut node = node.restart();
	assert!(matches!(node.import(&bad), Ok(ImportResult::KnownBad)));
	assert!(node.damage.try_recv().is_err(), "the database is sound");

	// Read or not decoded, richer or gone.
	for place in [sound.len() - 40, 0] {
		let mut altered = sound.clone();
		altered[place] ^= 1;
		let (folder, spec) = node.close();
		alter(&folder, &sound, &altered);
		node = Node::open(folder, spec);
		assert!(node.import(&next).is_err(), "nobody is to blame for it");
		let damage = node.damage.try_recv().expect("it is told");
		assert_eq!((damage.number, damage.parent), (9, blocks[7]));
		assert_eq!(damage.node, DamagedNode(Hashing::hash(&sound)));
		let said = damage.message(Some(node.folder.path()));
		assert!(said.contains("Block 9") && said.contains("snapshot restore"), "{said}");
		assert_eq!(node.best(), blocks[7], "the last good block is kept");
		// Mended, the block is taken.
		let (folder, spec) = node.close();
		mend(&folder, &sound);
		node = Node::open(folder, spec);
	}
	node.import(&next).unwrap();
	assert_eq!(node.best(), next.hash());
}

#[test]
fn every_difference_from_a_header_is_found() {
	let node = Node::new();
	let blocks = chain(&node, 3);
	let (client, backend) = (node.client.clone(), node.backend.clone());
	let replay = Replay { client, backend, executor: EXECUTOR.clone(), tx_roots: false };
	let receipts = self::receipts(&node, blocks[2]);
	let header = node.header(blocks[2]);
	let mut finished = header.clone();
	finished.digest.pop();
	let compare = |finished: &Header, receipts: &[_]| {
		replay
			.compare(&header, blocks[2], finished, receipts)
			.map_err(|divergence| divergence.to_string())
	};
	assert_eq!(compare(&finished, &receipts), Ok(()));
	let differs = |change: fn(&mut Header), what: &str| {
		let mut finished = finished.clone();
		change(&mut finished);
		let said = compare(&finished, &receipts).unwrap_err();
		assert!(said.contains(what), "{said}");
	};
	differs(|header| header.state_root = Hash::zero(), "state root");
	differs(|header| header.extrinsics_root = Hash::zero(), "extrinsics root");
	differs(|header| drop(header.digest.pop()), "digest");
	// The transaction whose receipt differs is named.
	let mut others = receipts.clone();
	others[1].gas_used += 1;
	finished.state_root = Hash::zero();
	assert!(compare(&finished, &others).unwrap_err().contains("transaction 1:"));
}

fn receipts(node: &Node, block: Hash) -> Vec<mbongo_primitives::execution::Receipt> {
	crate::receipts::ReceiptIndex::new(node.client.clone()).receipts(block).unwrap().unwrap()
}
