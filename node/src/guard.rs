//! Tells bad blocks from a bad disk. A block that cannot be imported may be right, and the state that it
//! was executed on damaged: then every block would be refused, and the peers who sent them shunned. So
//! before a block is called bad, what it reads is read again, each node of the trie checked by its hash.
//! If one is damaged the node stops, and says what to do.

use crate::{replay::Replay, service::Client, state::DamagedNode};
use futures::channel::mpsc;
use mbongo_primitives::{BlockNumber, Hash, OpaqueBlock as Block};
use polkadot_sdk::sp_runtime::traits::Block as _;
use sc_consensus_pouw::Judge;
use std::{path::Path, sync::Arc};

/// What to do about a damaged database.
const REMEDY: &str = "Look at the disk, remove the database with `purge-chain`, and begin again with a \
	snapshot (`snapshot restore`) or sync anew. Keys are kept elsewhere and stay. A validator must read \
	\"Begin anew\" in the runbook first: its votes were in the database.";

/// What is said of a database that cannot be opened or read at the start.
pub fn unreadable(path: Option<&Path>, reason: &str) -> String {
	format!(
		"The database at {} cannot be read: {reason}. If no other program has it open, it is damaged. \
		 {REMEDY}",
		display(path)
	)
}

fn display(path: Option<&Path>) -> String {
	path.map_or_else(|| "nowhere".into(), |path| path.display().to_string())
}

/// That the database is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Block {number} cannot be executed on the state of its parent {parent:?}: {node}")]
pub struct Damage {
	/// The block that met it.
	pub number: BlockNumber,
	/// The block before it.
	pub parent: Hash,
	/// The node of the trie.
	pub node: DamagedNode,
}

impl Damage {
	/// What is said when it stops the node.
	pub fn message(&self, path: Option<&Path>) -> String {
		format!("{self}. The database at {} is damaged. {REMEDY}", display(path))
	}
}

/// Judges blocks that could not be imported, and the database that they were to be executed on.
pub struct Guard {
	client: Arc<Client>,
	replay: Replay,
	damage: mpsc::UnboundedSender<Damage>,
}

impl Guard {
	/// What is damaged is told to whoever has the other end.
	pub fn new(
		client: Arc<Client>,
		replay: Replay,
	) -> (Arc<Self>, mpsc::UnboundedReceiver<Damage>) {
		let (damage, damaged) = mpsc::unbounded();
		(Arc::new(Self { client, replay, damage }), damaged)
	}
}

impl Judge<Block> for Guard {
	fn is_bad(&self, block: &Block) -> bool {
		let header = block.header();
		match self.replay.damage_met_by(header, block.extrinsics()) {
			Some(node) => {
				let (number, parent) = (header.number, header.parent_hash);
				// Where nothing can be stopped, nobody listens.
				let _ = self.damage.unbounded_send(Damage { number, parent, node });
				false
			}
			None => self.client.is_bad(block),
		}
	}
}
