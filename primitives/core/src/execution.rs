//! What is left of a transaction once it has been executed: a receipt, whose root is in the header of
//! its block.

use crate::{
	merkle::{self, MerkleProof},
	Hash,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{generic::Digest, ConsensusEngineId, DigestItem};

/// The engine id of [`ExecutionLog`] in a header.
pub const EXECUTION_ENGINE_ID: ConsensusEngineId = *b"mbex";

/// The version of receipts and their log.
pub const EXECUTION_VERSION: u8 = 1;

/// What the header of a block says of its receipts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ExecutionLog {
	/// [`EXECUTION_VERSION`].
	pub version: u8,
	/// The Merkle root of the receipts, in the order of the block.
	pub receipts_root: Hash,
}

impl From<ExecutionLog> for DigestItem {
	fn from(log: ExecutionLog) -> Self {
		Self::Consensus(EXECUTION_ENGINE_ID, log.encode())
	}
}

/// The log of a header; `None` unless there is just one, of a version that is known.
pub fn find_execution_log(digest: &Digest) -> Option<ExecutionLog> {
	let mut logs = digest.logs().iter().filter_map(|item| match item {
		DigestItem::Consensus(EXECUTION_ENGINE_ID, bytes) => Some(bytes),
		_ => None,
	});
	let bytes = &mut &logs.next().filter(|_| logs.next().is_none())?[..];
	let log = ExecutionLog::decode(bytes).ok()?;
	(log.version == EXECUTION_VERSION && bytes.is_empty()).then_some(log)
}

/// What came of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Status {
	/// All that it asked for was done.
	#[codec(index = 0)]
	Success,
	/// Nothing was done, and the fee paid.
	#[codec(index = 1)]
	Failed {
		/// What kind of error it was.
		class: ErrorClass,
		/// The index of the pallet that it came from, unless it was one of the runtime's own.
		pallet: Option<u8>,
		/// The pallet's error, else the beginning of the encoded `DispatchError`.
		error: [u8; 4],
	},
	/// It wanted more gas than its limit: nothing was done, and all of the limit paid.
	#[codec(index = 2)]
	OutOfGas,
}

/// What kind of error made a transaction fail.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ErrorClass {
	/// It wanted more gas than its limit.
	#[codec(index = 0)]
	OutOfGas,
	/// It cannot be done in this state.
	#[codec(index = 1)]
	InvalidOperation,
	/// It is not the sender's to do.
	#[codec(index = 2)]
	StateAccessDenied,
	/// A receipt of work is wrong.
	#[codec(index = 3)]
	InvalidComputeReceipt,
	/// What must hold does not: a defect.
	#[codec(index = 4)]
	InvariantViolation,
	/// Bytes do not mean what they should.
	#[codec(index = 5)]
	Deserialization,
}

/// The receipt of a transaction.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Receipt {
	/// [`EXECUTION_VERSION`].
	pub version: u8,
	/// The hash of the transaction's bytes.
	pub extrinsic_hash: Hash,
	/// Its place in the block.
	pub index: u32,
	/// What came of it.
	pub status: Status,
	/// The gas that was paid for.
	pub gas_used: u64,
	/// The Merkle root of its events, as they are in `System.Events`.
	pub events_root: Hash,
	/// How many events there are.
	pub event_count: u32,
}

impl Receipt {
	/// Its leaf in the tree of the block's receipts.
	pub fn leaf(&self) -> Hash {
		merkle::leaf(&self.encode())
	}
}

/// The root of a block's receipts.
pub fn receipts_root(receipts: &[Receipt]) -> Hash {
	merkle::root(&leaves(receipts))
}

fn leaves(receipts: &[Receipt]) -> Vec<Hash> {
	receipts.iter().map(Receipt::leaf).collect()
}

/// Shows to who has only the header of a block that it has this receipt.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ReceiptProof {
	/// The receipt.
	pub receipt: Receipt,
	/// Where it is among the block's.
	pub path: MerkleProof,
}

impl ReceiptProof {
	/// The proof for one of a block's receipts.
	pub fn new(receipts: &[Receipt], index: u32) -> Option<Self> {
		let path = merkle::prove(&leaves(receipts), index)?;
		Some(Self { receipt: receipts.get(index as usize)?.clone(), path })
	}

	/// Whether this header's block has this receipt.
	pub fn holds(&self, header_digest: &Digest) -> bool {
		find_execution_log(header_digest).is_some_and(|log| self.holds_under(log.receipts_root))
	}

	/// Whether the block with this root of receipts has this one.
	pub fn holds_under(&self, receipts_root: Hash) -> bool {
		self.receipt.index == self.path.index
			&& self.path.root(&self.receipt.encode()) == Some(receipts_root)
	}
}

sp_api::decl_runtime_apis! {
	/// What a block did. The receipts are those of the block in whose state it is asked.
	pub trait ExecutionApi {
		/// The receipts of the block.
		fn receipts() -> Vec<Receipt>;
		/// One of them.
		fn receipt(index: u32) -> Option<Receipt>;
		/// What a gas costs in the next block.
		fn gas_price() -> crate::Balance;
		/// The names of a pallet and of one of its errors.
		fn error_name(pallet: u8, error: u8) -> Option<(Vec<u8>, Vec<u8>)>;
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn status() -> impl Strategy<Value = Status> {
		let class = prop_oneof![
			Just(ErrorClass::InvalidOperation),
			Just(ErrorClass::StateAccessDenied),
			Just(ErrorClass::InvariantViolation),
		];
		prop_oneof![
			Just(Status::Success),
			Just(Status::OutOfGas),
			(class, any::<Option<u8>>(), any::<[u8; 4]>())
				.prop_map(|(class, pallet, error)| Status::Failed { class, pallet, error }),
		]
	}

	fn receipts() -> impl Strategy<Value = Vec<Receipt>> {
		let one = (any::<[u8; 32]>(), status(), any::<u64>(), any::<[u8; 32]>(), any::<u32>());
		prop::collection::vec(one, 1..20).prop_map(|parts| {
			parts
				.into_iter()
				.enumerate()
				.map(|(index, (hash, status, gas_used, events_root, event_count))| Receipt {
					version: EXECUTION_VERSION,
					extrinsic_hash: hash.into(),
					index: index as u32,
					status,
					gas_used,
					events_root: events_root.into(),
					event_count,
				})
				.collect()
		})
	}

	fn digest_of(receipts: &[Receipt]) -> Digest {
		let other = DigestItem::PreRuntime(EXECUTION_ENGINE_ID, vec![1]);
		let receipts_root = receipts_root(receipts);
		Digest {
			logs: vec![other, ExecutionLog { version: EXECUTION_VERSION, receipts_root }.into()],
		}
	}

	#[test]
	fn a_header_with_two_logs_or_another_version_has_none() {
		let log = ExecutionLog { version: EXECUTION_VERSION, receipts_root: Hash::zero() };
		let digest = |logs: Vec<ExecutionLog>| Digest {
			logs: logs.into_iter().map(DigestItem::from).collect(),
		};
		assert_eq!(find_execution_log(&digest(vec![log])), Some(log));
		assert_eq!(find_execution_log(&digest(vec![])), None);
		assert_eq!(find_execution_log(&digest(vec![log, log])), None);
		assert_eq!(find_execution_log(&digest(vec![ExecutionLog { version: 2, ..log }])), None);
		let long = DigestItem::Consensus(EXECUTION_ENGINE_ID, (log, 0_u8).encode());
		assert_eq!(find_execution_log(&Digest { logs: vec![long] }), None);
	}

	proptest! {
		#[test]
		fn receipts_are_proven_by_the_header(
			receipts in receipts(),
			other in any::<prop::sample::Index>(),
		) {
			let digest = digest_of(&receipts);
			for index in 0..receipts.len() as u32 {
				let proof = ReceiptProof::new(&receipts, index).expect("there is one");
				prop_assert!(proof.holds(&digest));
				let other = other.index(receipts.len()) as u32;
				let receipt = receipts[other as usize].clone();
				let swapped = ReceiptProof { receipt, ..proof };
				prop_assert_eq!(swapped.holds(&digest), other == index);
			}
			prop_assert_eq!(ReceiptProof::new(&receipts, receipts.len() as u32), None);
		}

		/// Of the receipt, of the proof, of the root.
		#[test]
		fn no_bit_can_be_changed(receipts in receipts(), index in any::<prop::sample::Index>()) {
			let root = receipts_root(&receipts);
			let index = index.index(receipts.len()) as u32;
			let proof = ReceiptProof::new(&receipts, index).expect("there is one");
			prop_assert!(proof.holds_under(root));
			let bytes = proof.encode();
			for bit in 0..bytes.len() * 8 {
				let mut bytes = bytes.clone();
				bytes[bit / 8] ^= 1 << (bit % 8);
				let input = &mut &bytes[..];
				let read = ReceiptProof::decode(input).ok().filter(|_| input.is_empty());
				prop_assert!(!read.is_some_and(|proof| proof.holds_under(root)));
			}
			for bit in 0..256 {
				let mut root = root;
				root.0[bit / 8] ^= 1 << (bit % 8);
				prop_assert!(!proof.holds_under(root));
			}
		}
	}
}
