//! Tells bad blocks from a bad disk. A block that is refused after it was executed may be right, and the
//! state that it was executed on damaged: then every block would be refused, and the peers who sent
//! them shunned. So what the block reads is read again, each node of the trie checked by its hash. If one
//! is damaged the node stops, and says what to do.

use crate::command::replay::Replay;
use futures::channel::mpsc;
use mbongo_primitives::{Hash, Header, OpaqueBlock as Block};
use polkadot_sdk::{
	sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult, StateAction},
	sp_consensus::Error as ConsensusError,
	sp_runtime::OpaqueExtrinsic,
};
use std::{path::Path, sync::Arc};

/// What to do about a damaged database.
const REMEDY: &str =
	"Look at the disk, remove the database with `purge-chain`, and begin again with a \
	snapshot (`snapshot restore`) or sync anew. Keys are kept elsewhere and stay.";

/// What is said of a database that cannot be opened.
pub fn unopened(path: &Path, reason: &str) -> String {
	format!(
		"The database at {} cannot be opened: {reason}. If no other program has it open, it is damaged. \
		 {REMEDY}",
		path.display()
	)
}

/// That the database is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Block {number} ({hash:?}) cannot be executed: the node {node:?} of the state before it is missing or altered")]
pub struct Damage {
	/// The block that met it.
	pub number: u32,
	/// Its hash.
	pub hash: Hash,
	/// The node of the trie.
	pub node: Hash,
}

/// Imports blocks, and looks at the database when one is refused.
#[derive(Clone)]
pub struct Guarded<Inner> {
	inner: Inner,
	replay: Arc<Replay>,
	damage: mpsc::UnboundedSender<Damage>,
}

impl Damage {
	/// What is said when it stops the node.
	pub fn message(&self, path: Option<&Path>) -> String {
		let path = path.map_or_else(|| "nowhere".into(), |path| path.display().to_string());
		format!("{self}. The database at {path} is damaged. {REMEDY}")
	}
}

impl<Inner> Guarded<Inner> {
	/// Around another import. What is damaged is told to whoever has the other end.
	pub fn new(inner: Inner, replay: Replay) -> (Self, mpsc::UnboundedReceiver<Damage>) {
		let (damage, damaged) = mpsc::unbounded();
		(Self { inner, replay: Arc::new(replay), damage }, damaged)
	}

	fn examine(&self, header: Header, body: &[OpaqueExtrinsic]) {
		if let Some(node) = self.replay.damage_met_by(&header, body) {
			let damage = Damage { number: header.number, hash: header.hash(), node };
			// Nobody listens where nothing can be stopped.
			let _ = self.damage.unbounded_send(damage);
		}
	}
}

#[async_trait::async_trait]
impl<Inner> BlockImport<Block> for Guarded<Inner>
where
	Inner: BlockImport<Block, Error = ConsensusError> + Send + Sync,
{
	type Error = ConsensusError;

	async fn check_block(
		&self,
		block: BlockCheckParams<Block>,
	) -> Result<ImportResult, ConsensusError> {
		self.inner.check_block(block).await
	}

	async fn import_block(
		&self,
		block: BlockImportParams<Block>,
	) -> Result<ImportResult, ConsensusError> {
		let executed =
			matches!(block.state_action, StateAction::Execute | StateAction::ExecuteIfPossible)
				.then(|| (block.post_header(), block.body.clone().unwrap_or_default()));
		let imported = self.inner.import_block(block).await;
		if let (Err(_), Some((header, body))) = (&imported, executed) {
			self.examine(header, &body);
		}
		imported
	}
}
