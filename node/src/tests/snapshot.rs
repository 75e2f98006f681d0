//! Snapshots of a chain, and chains that begin with one.

use super::{
	replay::{account_node, alter},
	*,
};
use crate::{
	command::snapshot::RestoreCmd,
	snapshot::{ensure_finished, Error, FinalityProof, Snapshot, Source, RESTORING},
	state::{CheckedState, DamagedNode},
};
use polkadot_sdk::{
	sc_client_api::{AuxStore, BlockBackend, StorageProvider},
	sc_consensus_grandpa::GRANDPA_ENGINE_ID,
	sc_service::{PartialComponents, PruningMode},
	sp_consensus_grandpa::{
		localized_payload, AuthorityList, ConsensusLog, Message, Precommit, ScheduledChange,
	},
	sp_core::storage::{ChildInfo, StorageKey},
	sp_keyring::Ed25519Keyring,
	sp_runtime::ConsensusEngineId,
};

/// Who makes blocks of the test network final, in the order of the set.
const VOTERS: [Ed25519Keyring; 3] =
	[Ed25519Keyring::Alice, Ed25519Keyring::Bob, Ed25519Keyring::Charlie];

fn authorities(voters: &[Ed25519Keyring]) -> AuthorityList {
	voters.iter().map(|who| (who.public().into(), 1)).collect()
}

/// The justification of a block by these, as those of the set with this number.
fn justification(header: &Header, set_id: u64, voters: &[Ed25519Keyring]) -> Vec<u8> {
	let (target_hash, target_number) = (header.hash(), header.number);
	let precommit = Precommit::<Header> { target_hash, target_number };
	let payload = localized_payload(1, set_id, &Message::<Header>::Precommit(precommit.clone()));
	let precommits: Vec<_> =
		voters.iter().map(|who| (precommit.clone(), who.sign(&payload), who.public())).collect();
	// With the round, and no blocks between those that were voted for.
	(1_u64, target_hash, target_number, precommits, Vec::<Header>::new()).encode()
}

/// What is in a child trie of the test network.
const CHILD: &[u8] = b"a child";

/// The local network, with a child trie.
fn with_child() -> ChainSpec {
	let mut spec: serde_json::Value =
		serde_json::from_str(&network(ENDLESS, []).as_json(true).unwrap()).unwrap();
	let hex = |bytes: &[u8]| serde_json::to_value(Bytes(bytes.to_vec())).unwrap();
	let text = |bytes: &[u8]| hex(bytes).as_str().unwrap().to_owned();
	spec["genesis"]["raw"]["childrenDefault"][text(CHILD)] =
		serde_json::json!({ text(b"key"): text(b"value"), text(b"other"): text(&[7; 100]) });
	ChainSpec::from_json_bytes(serde_json::to_vec(&spec).unwrap()).unwrap()
}

/// A chain of ten blocks, of which the eighth is justified and final.
fn chain() -> (Node, Vec<Hash>) {
	let node = Node::with(with_child());
	let blocks = node.extend(node.genesis(), &[SECONDARY; 10]);
	let justification = justification(&node.header(blocks[7]), 0, &VOTERS);
	let justification = Some((GRANDPA_ENGINE_ID, justification));
	node.client.finalize_block(blocks[7], justification, true).unwrap();
	(node, blocks)
}

/// Writes a snapshot of a block into the node's folder.
fn write(node: &Node, number: u32, name: &str) -> Result<std::path::PathBuf, Error> {
	let layers = Layers::new(&node.client, &node.select_chain, None, None).unwrap();
	let authority_set = layers.grandpa_link.shared_authority_set().clone();
	let (client, backend) = (node.client.clone(), node.backend.clone());
	let source = Source::new(client, backend, authority_set, &node.spec).unwrap();
	let path = node.folder.path().join(name);
	source.write(number, &path, None)?;
	Ok(path)
}

fn verify(node: &Node, snapshot: &Snapshot) -> Result<u64, String> {
	let genesis = chain_spec::genesis(&node.spec).unwrap();
	assert_eq!(genesis.hash, node.genesis());
	assert_eq!(genesis.grandpa_authorities, authorities(&VOTERS));
	let changes = snapshot.head.verify(genesis.hash, genesis.grandpa_authorities);
	changes
		.and_then(|changes| snapshot.verify_state().map(|()| changes))
		.map_err(|error| error.to_string())
}

fn read(path: &std::path::Path) -> Snapshot {
	Snapshot::read(path, |_| Ok(())).unwrap().0
}

#[test]
fn a_chain_goes_on_from_a_snapshot() {
	let (node, blocks) = chain();
	for number in [5, 8] {
		let path = write(&node, number, &format!("snapshot-{number}")).unwrap();
		let snapshot = read(&path);
		assert_eq!(verify(&node, &snapshot), Ok(0));
		assert_eq!(snapshot.head.header, node.header(blocks[number as usize - 1]));
		assert_eq!(snapshot.children[CHILD][&b"key"[..]], b"value");

		let tokio = sc_cli::build_runtime().unwrap();
		let folder = tempfile::tempdir().unwrap();
		let cli = cli(&folder);
		let mut config = cli.create_configuration(&cli.run, tokio.handle().clone()).unwrap();
		config.chain_spec = node.spec.cloned_box();
		// Where all states are kept, one that never was there must not look like one that is damaged.
		config.state_pruning = Some(PruningMode::ArchiveAll);
		let partial = tokio.block_on(async { RestoreCmd::open(&mut config) }).unwrap();
		let PartialComponents { client, backend, task_manager, select_chain, other, .. } = partial;
		block_on(RestoreCmd::run(client.clone(), other, snapshot)).unwrap();

		assert!(CheckedState::open(&backend, node.genesis()).is_err());
		// Had it been killed on the way, no node would go on from there.
		assert_eq!(ensure_finished(&client), Ok(()));
		client.insert_aux(&[(RESTORING, &[][..])], &[]).unwrap();
		assert!(ensure_finished(&client).unwrap_err().contains("purge-chain"));
		client.insert_aux(&[], &[RESTORING]).unwrap();

		// The state is whole, also what blocks do not touch.
		let (block, child) = (blocks[number as usize - 1], ChildInfo::new_default(CHILD));
		assert_eq!((client.info().best_hash, client.info().finalized_hash), (block, block));
		let pairs =
			|client: &Client| client.storage_pairs(block, None, None).unwrap().collect::<Vec<_>>();
		assert_eq!(pairs(&client), pairs(&node.client));
		let value = client.child_storage(block, &child, &StorageKey(b"other".to_vec())).unwrap();
		assert_eq!(value.unwrap().0, [7; 100]);

		// Blocks that were written elsewhere follow, and are executed.
		let layers = Layers::new(&client, &select_chain, None, None).unwrap();
		let import = JudgingImport::new(client.clone(), layers.pouw_import);
		for hash in &blocks[number as usize..] {
			let (mut header, body) = node.client.block(*hash).unwrap().unwrap().block.deconstruct();
			header.digest.pop();
			let next = Unsealed { header, body };
			assert_eq!(next.hash(), *hash);
			let params = next.params(BlockOrigin::NetworkBroadcast);
			let imported = block_on(import.import_block(params)).unwrap();
			assert!(matches!(imported, ImportResult::Imported(_)), "{imported:?}");
		}
		assert_eq!(client.info().best_hash, blocks[9]);
		drop((import, select_chain, client, backend, task_manager));
	}
}

#[test]
fn there_is_none_of_what_is_not_final_or_not_kept() {
	let (node, _) = chain();
	for number in [0, 9, 10, 11] {
		let refused = write(&node, number, "none");
		assert!(matches!(refused, Err(Error::NotFinal { finalised: 8, .. })), "{refused:?}");
	}
	let path = write(&node, 3, "snapshot").unwrap();
	assert!(matches!(write(&node, 3, "snapshot"), Err(Error::Exists(there)) if there == path));

	// Nobody has justified the eleventh.
	let head = node.head_of(node.best(), &[SECONDARY]);
	node.finalise(head);
	assert!(matches!(write(&node, 9, "none"), Err(Error::NotYet(_))));
	let far = node.head_of(head, &[SECONDARY; 300]);
	node.finalise(far);
	let gone = write(&node, 3, "another");
	assert!(matches!(gone, Err(Error::Client(_))), "{gone:?}");
	let left: Vec<_> = std::fs::read_dir(node.folder.path()).unwrap().collect();
	assert_eq!(left.len(), 2, "the chain and the first one: {left:?}");
}

#[test]
fn what_a_snapshot_says_is_checked() {
	let (node, blocks) = chain();
	let path = write(&node, 5, "snapshot").unwrap();
	let read = || read(&path);
	let genesis = chain_spec::genesis(&node.spec).unwrap();
	let other = Hash::repeat_byte(1);
	let error = read().head.verify(other, genesis.grandpa_authorities.clone()).unwrap_err();
	assert!(error.to_string().contains("not of this one"), "{error}");
	let others = authorities(&[Ed25519Keyring::Dave, Ed25519Keyring::Eve]);
	let error = read().head.verify(genesis.hash, others).unwrap_err();
	assert!(error.to_string().contains("justification of block 8"), "{error}");

	let refused = |what: &str, change: &dyn Fn(&mut Snapshot)| {
		let mut snapshot = read();
		change(&mut snapshot);
		let error = verify(&node, &snapshot).unwrap_err();
		assert!(error.contains(what), "{error}");
	};
	refused("not of this one", &|snapshot| snapshot.head.genesis_hash = other);
	refused("does not follow", &|snapshot| snapshot.head.header.state_root = other);
	refused("does not follow", &|snapshot| snapshot.head.header = node.header(blocks[3]));
	refused("does not follow", &|snapshot| {
		snapshot.head.finality.descendants.remove(0);
	});
	refused("justification of block 7: it is of another block", &|snapshot| {
		snapshot.head.finality.descendants.pop();
	});
	refused("justification of block 8", &|snapshot| {
		snapshot.head.finality.justification =
			justification(&node.header(blocks[7]), 0, &VOTERS[..2]);
	});
	refused("justification of block 8", &|snapshot| {
		snapshot.head.finality.justification = justification(&node.header(blocks[7]), 1, &VOTERS);
	});
	refused("transactions", &|snapshot| {
		snapshot.head.body.pop();
	});
	refused("the root", &|snapshot| {
		snapshot.top.pop_last();
	});
	refused("the root", &|snapshot| {
		*snapshot.top.first_entry().unwrap().get_mut() = vec![1];
	});
	refused("the root", &|snapshot| {
		snapshot.top.insert(vec![1], vec![1]);
	});
	refused("the root", &|snapshot| {
		snapshot.children.clear();
	});
	// With its root in its place, which comes to the same root of the state.
	refused("among the state's entries", &|snapshot| {
		snapshot.children.clear();
		let key = ChildInfo::new_default(CHILD).prefixed_storage_key();
		let root = node.client.storage(blocks[4], &StorageKey(key.clone().into_inner()));
		snapshot.top.insert(key.into_inner(), root.unwrap().unwrap().0);
		assert_eq!(snapshot.state_root(), snapshot.head.header.state_root);
	});
	refused("the root", &|snapshot| {
		snapshot.children.insert(vec![1], [(vec![1], vec![1])].into());
	});
}

/// A state that is damaged becomes no snapshot.
#[test]
fn there_is_none_of_a_damaged_state() {
	let (node, blocks) = chain();
	let sound = account_node(&node, blocks[7], Bob);
	let mut altered = sound.clone();
	let place = altered.len() - 40;
	altered[place] ^= 1;
	let (folder, spec) = node.close();
	alter(&folder, &sound, &altered);
	let node = Node::open(folder, spec);
	let refused = write(&node, 8, "snapshot");
	let damaged = DamagedNode(Hashing::hash(&sound));
	assert!(matches!(refused, Err(Error::State(node)) if node == damaged), "{refused:?}");
	let left: Vec<_> = std::fs::read_dir(node.folder.path()).unwrap().collect();
	assert_eq!(left.len(), 1, "the chain: {left:?}");
}

/// Authorities are followed through changes, which only those before may make.
#[test]
fn authorities_are_followed_from_genesis() {
	/// A header after another, which may change who the authorities are.
	fn after(parent: Option<&Header>, next: Option<&[Ed25519Keyring]>) -> Header {
		const ENGINE: ConsensusEngineId = GRANDPA_ENGINE_ID;
		let change = next.map(|next| {
			let next_authorities = authorities(next);
			let change = ScheduledChange { next_authorities, delay: 0 };
			DigestItem::Consensus(ENGINE, ConsensusLog::<u32>::ScheduledChange(change).encode())
		});
		Header::new(
			parent.map_or(1, |parent| parent.number + 1),
			Default::default(),
			Default::default(),
			parent.map(Header::hash).unwrap_or_default(),
			Digest { logs: change.into_iter().collect() },
		)
	}
	use Ed25519Keyring::{Dave, Eve, Ferdie};
	let (first, second, third) = (&VOTERS[..], &[Dave, Eve][..], &[Ferdie][..]);
	let mut headers: Vec<Header> = Vec::new();
	for number in 1..=9 {
		let next = match number {
			2 => Some(second),
			5 => Some(third),
			_ => None,
		};
		headers.push(after(headers.last(), next));
	}
	let header = |number: usize| headers[number - 1].clone();
	let sound = FinalityProof {
		changes: vec![
			(header(2), justification(&header(2), 0, first)),
			(header(5), justification(&header(5), 1, second)),
		],
		descendants: vec![header(8), header(9)],
		justification: justification(&header(9), 2, third),
	};
	let verify = |proof: &FinalityProof, of: usize| {
		proof.verify(&header(of), authorities(first)).map_err(|error| error.to_string())
	};
	assert_eq!(verify(&sound, 7), Ok(2));

	let refused = |of: usize, what: &str, change: &dyn Fn(&mut FinalityProof)| {
		let mut proof = sound.clone();
		change(&mut proof);
		let error = verify(&proof, of).unwrap_err();
		assert!(error.contains(what), "{error}");
	};
	refused(6, "does not follow", &|_| ());
	refused(7, "block 5", &|proof| {
		proof.changes.remove(0);
	});
	refused(7, "justification of block 9", &|proof| {
		proof.changes.pop();
	});
	refused(7, "block 5", &|proof| proof.changes.swap(0, 1));
	refused(7, "block 2: it is out of order", &|proof| proof.changes[1] = proof.changes[0].clone());
	refused(7, "block 2", &|proof| proof.changes[0].1 = justification(&header(2), 0, third));
	refused(7, "block 2", &|proof| proof.changes[0].1 = justification(&header(2), 1, first));
	refused(7, "block 3: its header has none", &|proof| {
		proof.changes[1] = (header(3), justification(&header(3), 1, second));
	});
	refused(7, "justification of block 9", &|proof| {
		proof.justification = justification(&header(9), 2, second);
	});
	// The old set may not reach past the block where it ends.
	refused(4, "change at block 5", &|proof| {
		proof.changes.pop();
		proof.descendants = (5..=6).map(header).collect();
		proof.justification = justification(&header(6), 1, second);
	});
	let mut last_of_its_set = sound.clone();
	last_of_its_set.changes.pop();
	last_of_its_set.descendants = vec![header(5)];
	last_of_its_set.justification = justification(&header(5), 1, second);
	assert_eq!(verify(&last_of_its_set, 4), Ok(1));
}
