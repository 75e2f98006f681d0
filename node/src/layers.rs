//! The layers of block import under BABE's.

use crate::{
	receipts::{KeepingReceipts, ReceiptIndex},
	service::{Backend, Client, SelectChain},
};
use futures::channel::mpsc;
use mbongo_primitives::{Header, OpaqueBlock as Block};
use polkadot_sdk::{
	sc_consensus_babe, sc_consensus_grandpa as grandpa, sc_service::error::Error as ServiceError,
	sc_telemetry::TelemetryHandle, sp_consensus_babe::inherents::BabeCreateInherentDataProviders,
};
use sc_consensus_pouw::{AuthorWatch, HeaderPair, Metrics, PouwBlockImport};
use std::sync::Arc;

type GrandpaImport = grandpa::GrandpaBlockImport<Backend, Block, Client, SelectChain>;
pub(crate) type GrandpaLink = grandpa::LinkHalf<Block, Client, SelectChain>;
type KeepingImport = KeepingReceipts<Client, GrandpaImport>;
pub(crate) type PouwImport = PouwBlockImport<Block, Client, SelectChain, KeepingImport>;
pub(crate) type ImportInherents = BabeCreateInherentDataProviders<Block>;
pub(crate) type BabeImport =
	sc_consensus_babe::BabeBlockImport<Block, Client, PouwImport, ImportInherents, SelectChain>;

/// How often at least GRANDPA makes a justification that warp sync can start from, in blocks.
pub(crate) const JUSTIFICATION_PERIOD: u32 = 512;

/// The layers under BABE's: PoUW decides, GRANDPA imports, and the receipts are kept.
pub(crate) struct Layers {
	pub grandpa_import: GrandpaImport,
	pub grandpa_link: GrandpaLink,
	pub pouw_import: PouwImport,
	pub receipts: ReceiptIndex<Client>,
	pub authors: mpsc::Receiver<HeaderPair<Header>>,
}

impl Layers {
	pub fn new(
		client: &Arc<Client>,
		select_chain: &SelectChain,
		metrics: Option<Metrics>,
		telemetry: Option<TelemetryHandle>,
	) -> Result<Self, ServiceError> {
		let (grandpa_import, grandpa_link) = grandpa::block_import(
			client.clone(),
			JUSTIFICATION_PERIOD,
			client,
			select_chain.clone(),
			telemetry,
		)?;
		let (watch, authors) = AuthorWatch::new();
		let receipts = ReceiptIndex::new(client.clone());
		let inner = KeepingReceipts::new(receipts.clone(), grandpa_import.clone());
		let pouw_import =
			PouwBlockImport::new(client.clone(), select_chain.clone(), inner, watch, metrics);
		Ok(Self { grandpa_import, grandpa_link, pouw_import, receipts, authors })
	}
}
