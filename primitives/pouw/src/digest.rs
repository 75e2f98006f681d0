//! What PoUW writes into a header.

use crate::{BlockWeight, POUW_ENGINE_ID};
use codec::{Decode, DecodeAll, Encode};
use scale_info::TypeInfo;
use sp_consensus_babe::{digests::PreDigest, Slot, BABE_ENGINE_ID};
use sp_core::H256;
use sp_runtime::{traits::Header as HeaderT, Digest, DigestItem};

/// The version of [`WeightLog`] that this code writes.
pub const WEIGHT_LOG_VERSION: u8 = 1;

/// A PoUW digest item.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum PouwLog {
	/// The weight of the block, by part. Every block but genesis has exactly one.
	#[codec(index = 0)]
	Weight(WeightLog),
}

/// The weight of a block, by part, and the figures of the useful work settled in it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct WeightLog {
	/// [`WEIGHT_LOG_VERSION`].
	pub version: u8,
	/// For the kind of the slot.
	pub base: u64,
	/// For the parent's support.
	pub attestation: u64,
	/// For the scores, capped.
	pub pouw: u64,
	/// The sum of the scores settled in this block, before the multiplier and the cap.
	pub total_pouw_score: u128,
	/// How many providers those scores are of.
	pub provider_count: u32,
	/// The Merkle root of the compute receipts settled in this block; zero if there are none.
	pub compute_receipts_root: H256,
}

impl WeightLog {
	/// The block's weight.
	pub fn weight(&self) -> BlockWeight {
		BlockWeight { base: self.base, attestation: self.attestation, pouw: self.pouw }
	}
}

impl From<PouwLog> for DigestItem {
	fn from(log: PouwLog) -> Self {
		DigestItem::Consensus(POUW_ENGINE_ID, log.encode())
	}
}

/// Why a header is not one of this chain's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "std", derive(thiserror::Error))]
pub enum HeaderError {
	/// There is no weight digest.
	#[cfg_attr(feature = "std", error("the header has no PoUW weight digest"))]
	NoWeight,
	/// There is more than one weight digest.
	#[cfg_attr(feature = "std", error("the header has more than one PoUW weight digest"))]
	ManyWeights,
	/// A PoUW digest does not decode to its last byte.
	#[cfg_attr(feature = "std", error("a PoUW digest of the header is malformed"))]
	Malformed,
	/// The weight digest is of a version that this code does not know.
	#[cfg_attr(feature = "std", error("unknown version {0} of the PoUW weight digest"))]
	UnknownVersion(u8),
	/// A part of the claimed weight is larger than the formula can give.
	#[cfg_attr(feature = "std", error("the claimed weight is more than a block can have"))]
	Excessive,
	/// There is no BABE slot claim, or a malformed one.
	#[cfg_attr(feature = "std", error("the header has no valid BABE slot claim"))]
	NoSlot,
}

/// The one weight digest of a header, in form and range; whether it is true only execution tells.
pub fn find_weight_log<H: HeaderT>(header: &H) -> Result<WeightLog, HeaderError> {
	let mut found = None;
	for item in header.digest().logs() {
		let DigestItem::Consensus(POUW_ENGINE_ID, data) = item else { continue };
		let PouwLog::Weight(log) =
			PouwLog::decode_all(&mut &data[..]).map_err(|_| HeaderError::Malformed)?;
		if log.version != WEIGHT_LOG_VERSION {
			return Err(HeaderError::UnknownVersion(log.version));
		}
		if found.replace(log).is_some() {
			return Err(HeaderError::ManyWeights);
		}
	}
	let log = found.ok_or(HeaderError::NoWeight)?;
	if !log.weight().is_possible() {
		return Err(HeaderError::Excessive);
	}
	Ok(log)
}

/// BABE's slot claim: the slot, its kind, and as which of the epoch's authorities it is claimed.
pub fn find_claim(digest: &Digest) -> Option<PreDigest> {
	digest.convert_first(|item| item.pre_runtime_try_to(&BABE_ENGINE_ID))
}

/// The BABE slot of a header.
pub fn find_slot<H: HeaderT>(header: &H) -> Result<Slot, HeaderError> {
	find_claim(header.digest()).map(|claim| claim.slot()).ok_or(HeaderError::NoSlot)
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_runtime::{generic, testing::H256, traits::BlakeTwo256};

	type Header = generic::Header<u32, BlakeTwo256>;

	fn log() -> WeightLog {
		WeightLog {
			version: WEIGHT_LOG_VERSION,
			base: 1000,
			attestation: 500,
			pouw: 500,
			total_pouw_score: 9,
			provider_count: 2,
			compute_receipts_root: H256::zero(),
		}
	}

	fn header(items: Vec<DigestItem>) -> Header {
		Header::new(
			1,
			Default::default(),
			Default::default(),
			Default::default(),
			Digest { logs: items },
		)
	}

	fn item(log: WeightLog) -> DigestItem {
		PouwLog::Weight(log).into()
	}

	#[test]
	fn finds_exactly_one_weight() {
		let other = DigestItem::Consensus(*b"mbex", vec![1]);
		let good = header(vec![other.clone(), item(log())]);
		assert_eq!(find_weight_log(&good), Ok(log()));
		assert_eq!(find_weight_log(&header(vec![other])), Err(HeaderError::NoWeight));
		let two = header(vec![item(log()), item(log())]);
		assert_eq!(find_weight_log(&two), Err(HeaderError::ManyWeights));
	}

	#[test]
	fn refuses_what_is_malformed_unknown_or_excessive() {
		let raw = |data| header(vec![DigestItem::Consensus(POUW_ENGINE_ID, data)]);
		assert_eq!(find_weight_log(&raw(vec![])), Err(HeaderError::Malformed));
		assert_eq!(find_weight_log(&raw(vec![7])), Err(HeaderError::Malformed));
		let mut trailing = PouwLog::Weight(log()).encode();
		trailing.push(0);
		assert_eq!(find_weight_log(&raw(trailing)), Err(HeaderError::Malformed));
		let version = header(vec![item(WeightLog { version: 2, ..log() })]);
		assert_eq!(find_weight_log(&version), Err(HeaderError::UnknownVersion(2)));
		for bad in [
			WeightLog { base: 1001, ..log() },
			WeightLog { base: 0, ..log() },
			WeightLog { attestation: 1001, ..log() },
			WeightLog { pouw: 501, ..log() },
			WeightLog { pouw: u64::MAX, ..log() },
		] {
			assert_eq!(find_weight_log(&header(vec![item(bad)])), Err(HeaderError::Excessive));
		}
	}
}
