//! The client side of PoUW: which chain counts, and the attestations that give it weight.
//!
//! BABE says who may write a block and GRANDPA what never changes again. Between them this crate
//! - weighs each imported block and makes the heaviest chain the best one ([`PouwBlockImport`],
//!   [`HeaviestChain`]),
//! - signs an attestation of every new best block, gossips it, and hands those of others to the
//!   author of the next block ([`run_attestations`], [`parent_attestations`]),
//! - reports authorities that attest two blocks of one slot, or write them.

mod attested;
mod attester;
mod authors;
mod aux_schema;
mod block_import;
mod gossip;
mod inherent;
mod judge;
mod metrics;
mod pool;
mod prune;
mod select_chain;
mod worker;

#[cfg(test)]
mod tests;

pub use attested::AttestedSlots;
pub use authors::{AuthorWatch, HeaderPair};
pub use aux_schema::{ensure_version, load_chain_weight};
pub use block_import::PouwBlockImport;
pub use gossip::{attestation_peers_set_config, attestation_protocol};
pub use inherent::parent_attestations;
pub use judge::{Judge, JudgingImport};
pub use metrics::Metrics;
pub use pool::AttestationPool;
pub use prune::{register_pruning, revert};
pub use select_chain::HeaviestChain;
pub use worker::{run_attestations, AttestationParams};

const LOG_TARGET: &str = "pouw";

/// Equivocations that wait to be reported; further ones are let go, since other nodes report as well.
const REPORT_QUEUE: usize = 16;

/// What can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A header is not one of this chain's.
	#[error("{0}")]
	Header(#[from] sp_consensus_pouw::HeaderError),
	/// A parent without a weight: it is below the finalised block, or the database is damaged.
	#[error("the weight of block {0} is not known")]
	UnknownWeight(String),
	/// The database was written by a version that this one does not know.
	#[error("version {0} of the PoUW database is not supported")]
	UnsupportedVersion(u32),
	/// A record in the database does not decode.
	#[error("the PoUW record {0} is damaged")]
	Damaged(&'static str),
	/// The record of attested slots could not be read or written.
	#[error("the record of attested slots {path}: {reason}")]
	AttestedSlots {
		/// The file.
		path: std::path::PathBuf,
		/// What is wrong with it.
		reason: String,
	},
	/// The client could not answer.
	#[error(transparent)]
	Client(#[from] polkadot_sdk::sp_blockchain::Error),
}

impl From<Error> for polkadot_sdk::sp_consensus::Error {
	fn from(error: Error) -> Self {
		Self::ClientImport(error.to_string())
	}
}
