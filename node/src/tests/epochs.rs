//! BABE on top, as in a node: sealed blocks through the queue that peers' blocks come through, over the
//! borders of epochs.

use super::*;
use crate::service::{new_partial, Partial};
use futures::future::poll_fn;
use polkadot_sdk::{
	sc_consensus::import_queue::{
		BlockImportError, BlockImportStatus, ImportQueue, IncomingBlock, Link,
	},
	sc_consensus_babe::{authorship::claim_slot, contains_epoch_change},
	sc_network::PeerId,
	sp_consensus_babe::{AuthorityId, AuthoritySignature},
	sp_core::crypto::key_types::BABE,
	sp_keystore::{testing::MemoryKeystore, Keystore, KeystorePtr},
};
use sp_consensus_pouw::{PouwLog, POUW_ENGINE_ID};
use std::{
	sync::Mutex,
	task::Poll::{Pending, Ready},
};

/// Slots of an epoch; each has its block.
const EPOCH_SLOTS: u32 = 4;

type Imported = Result<BlockImportStatus<u32>, BlockImportError>;

/// What the queue says of the one block in it.
#[derive(Default)]
struct Said(Mutex<Option<Imported>>);

impl Link<Block> for Said {
	fn blocks_processed(&self, _: usize, _: usize, results: Vec<(Imported, Hash)>) {
		let [(result, _)] = <[_; 1]>::try_from(results).unwrap();
		*self.0.lock().unwrap() = Some(result);
	}
}

/// A node's parts without a network, and the keys of all validators. The database is closed before its
/// folder goes.
struct Sealing {
	parts: Partial,
	keystore: KeystorePtr,
	peer: PeerId,
	_tokio: Box<dyn Any>,
	_folder: TempDir,
}

impl Sealing {
	fn new() -> Self {
		let folder = tempfile::tempdir().unwrap();
		let tokio = sc_cli::build_runtime().unwrap();
		let cli = cli(&folder);
		let mut config = cli.create_configuration(&cli.run, tokio.handle().clone()).unwrap();
		config.chain_spec = Box::new(network(EPOCH_SLOTS, []));
		let parts = new_partial(&config).unwrap();
		let keystore = MemoryKeystore::new();
		for who in VALIDATORS {
			keystore.sr25519_generate_new(BABE, Some(&who.to_seed())).unwrap();
		}
		Self {
			parts,
			keystore: Arc::new(keystore),
			peer: PeerId::random(),
			_tokio: Box::new(tokio),
			_folder: folder,
		}
	}

	/// The block upon the best one, by whoever may write it.
	fn write(&self) -> Sealed {
		let client = &self.parts.client;
		let info = client.info();
		let slot = next_slot(client, info.best_hash).into();
		let worker = &self.parts.other.babe_worker;
		let epoch = worker.epoch_data_for_child_of(info.best_hash, info.best_number, slot);
		let epoch = block_on(epoch).unwrap();
		let (pre_digest, author) = claim_slot(slot, &epoch, &self.keystore).unwrap();
		let none = ParentAttestations::new(VALIDATORS.len(), []).unwrap();
		let none = InherentType { attestations: none, finalised: 0 };
		let inherents = inherents(client, info.best_hash, none);
		let block = write(client, info.best_hash, vec![claim(pre_digest)], &inherents)
			.unwrap()
			.block
			.into();
		Sealed { block, author }
	}

	/// Has the block sealed by its author and sent by a peer.
	fn import(&mut self, Sealed { block, author }: &Sealed) -> Imported {
		let hash = block.header.hash();
		let seal = self.keystore.sr25519_sign(BABE, author.as_ref(), hash.as_ref());
		let seal = AuthoritySignature::from(seal.unwrap().unwrap());
		let mut header = block.header.clone();
		header.digest_mut().push(<DigestItem as CompatibleDigestItem>::babe_seal(seal));
		let queue = &mut self.parts.import_queue;
		queue.service_ref().import_blocks(
			BlockOrigin::NetworkBroadcast,
			vec![IncomingBlock {
				hash: header.hash(),
				header: Some(header),
				body: Some(block.body.clone()),
				indexed_body: None,
				justifications: None,
				origin: Some(self.peer),
				allow_missing_state: true,
				skip_execution: false,
				import_existing: false,
				state: None,
			}],
		);
		let said = Said::default();
		block_on(poll_fn(|context| {
			queue.poll_actions(context, &said);
			said.0.lock().unwrap().take().map_or(Pending, Ready)
		}))
	}
}

/// A block and whose seal it gets.
struct Sealed {
	block: Unsealed,
	author: AuthorityId,
}

impl Sealed {
	fn begins_epoch(&self) -> bool {
		contains_epoch_change::<Block>(&self.block.header)
	}

	/// The same with a claim of work that nobody did.
	fn forged(&self) -> Self {
		let log = WeightLog { pouw: 1, total_pouw_score: 1, ..self.block.weight_log() };
		let mut block = self.block.clone();
		for item in &mut block.header.digest_mut().logs {
			if matches!(item, DigestItem::Consensus(POUW_ENGINE_ID, _)) {
				*item = PouwLog::Weight(log.clone()).into();
			}
		}
		Self { block, author: self.author.clone() }
	}
}

#[test]
fn forged_blocks_at_the_borders_of_epochs_stop_nobody() {
	let mut node = Sealing::new();
	for number in 1..=4 * EPOCH_SLOTS {
		let honest = node.write();
		assert_eq!(honest.begins_epoch(), number % EPOCH_SLOTS == 1, "block {number}");
		let forged = honest.forged();
		for _ in 0..2 {
			let outcome = node.import(&forged);
			assert!(
				matches!(outcome, Err(BlockImportError::BadBlock(Some(peer))) if peer == node.peer),
				"block {number}: {outcome:?}"
			);
		}
		let outcome = node.import(&honest);
		assert!(
			matches!(outcome, Ok(BlockImportStatus::ImportedUnknown(at, ..)) if at == number),
			"block {number}: {outcome:?}"
		);
		assert_eq!(node.parts.client.info().best_number, number);
	}
}
