//! Data named by its commitment. A blob is cut into leaves of 1 KiB; its name is the root of a binary
//! Merkle tree over them, which binds the length, so that any range, and any node of the tree, can be
//! shown to lie where it lies.
//!
//! Nodes are counted by level, from the leaves up, and by place. The last node of a level with an odd
//! number of them goes up as it is.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::Range;
use mbongo_primitives::{merkle, Hash, Hashing};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};
use sp_runtime::traits::Hash as _;

/// The version of how blobs are named.
pub const BLOB_VERSION: u8 = 1;

/// Bytes of a leaf.
pub const LEAF_BYTES: u64 = 1024;

/// Bytes of a blob.
pub const MAX_BLOB_BYTES: u64 = 1 << 40;

/// The most bytes that a proof of a range shows: 64 KiB, wherever they begin.
pub const MAX_RANGE_BYTES: u32 = 65 * LEAF_BYTES as u32;

/// The most nodes that a proof of nodes shows: 64 KiB.
pub const MAX_NODES: u32 = 2_048;

/// The most siblings of a proof: two of each level but the top, of which the longest blob has 31.
pub const MAX_SIBLINGS: u32 = 60;

/// What a range or nodes are hashed with.
pub type Siblings = BoundedVec<Hash, ConstU32<MAX_SIBLINGS>>;

/// What the root's hash begins with: leaves begin with 0, nodes with 1, roots of other lists with 2.
const ROOT: u8 = 3;

/// A blob's name.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct BlobId {
	/// [`BLOB_VERSION`].
	pub version: u8,
	/// The root of its tree.
	pub root: Hash,
	/// Its length in bytes.
	pub len: u64,
}

/// Why a proof shows nothing.
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
pub enum BlobError {
	/// The blob is named in a way that is not known, or longer than a blob may be.
	#[codec(index = 0)]
	UnknownVersion,
	/// There is no such range or node in a blob of this length.
	#[codec(index = 1)]
	OutsideBlob,
	/// It does not have as many bytes or nodes as there are at that place.
	#[codec(index = 2)]
	WrongLength,
	/// Siblings are missing, or left over.
	#[codec(index = 3)]
	WrongSiblings,
	/// It is not what the blob has there.
	#[codec(index = 4)]
	NotInBlob,
}

/// Shows a range of a blob: the leaves that it touches, and what they are hashed with, from the leaves
/// up, left before right.
#[derive(
	Clone,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct RangeProof {
	/// The leaves' bytes.
	pub bytes: BoundedVec<u8, ConstU32<MAX_RANGE_BYTES>>,
	/// What they are hashed with.
	pub siblings: Siblings,
}

/// Shows nodes of a blob's tree that lie next to each other.
#[derive(
	Clone,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct NodeProof {
	/// The nodes.
	pub nodes: BoundedVec<Hash, ConstU32<MAX_NODES>>,
	/// What they are hashed with.
	pub siblings: Siblings,
}

impl BlobId {
	/// The name of this data.
	pub fn of(data: &[u8]) -> Self {
		Tree::of(data).id()
	}

	fn named(top: Option<&Hash>, len: u64) -> Self {
		let top = top.map_or(&[][..], Hash::as_bytes);
		let root = Hashing::hash(&[&[ROOT, BLOB_VERSION], &len.to_le_bytes()[..], top].concat());
		Self { version: BLOB_VERSION, root, len }
	}

	/// Whether there can be such a blob.
	pub const fn is_known(&self) -> bool {
		self.version == BLOB_VERSION && self.len <= MAX_BLOB_BYTES
	}

	/// How many nodes a level has.
	pub const fn width(&self, level: u8) -> u64 {
		let mut width = self.len.div_ceil(LEAF_BYTES);
		let mut below = 0;
		while below < level {
			if width <= 1 {
				return 0;
			}
			width = width.div_ceil(2);
			below = below.saturating_add(1);
		}
		width
	}

	/// The bytes of `range`, if the proof shows them.
	pub fn range<'a>(
		&self,
		range: &Range<u64>,
		proof: &'a RangeProof,
	) -> Result<&'a [u8], BlobError> {
		let leaves = self.leaves_of(range)?;
		let start = leaves.start.saturating_mul(LEAF_BYTES);
		let end = leaves.end.saturating_mul(LEAF_BYTES).min(self.len);
		if proof.bytes.len() as u64 != end.saturating_sub(start) {
			return Err(BlobError::WrongLength);
		}
		let nodes = proof.bytes.chunks(LEAF_BYTES as usize).map(merkle::leaf).collect();
		self.climb(0, leaves.start, nodes, &proof.siblings)?;
		let from = range.start.saturating_sub(start) as usize;
		let to = range.end.saturating_sub(start) as usize;
		proof.bytes.get(from..to).ok_or(BlobError::WrongLength)
	}

	/// Checks that the proof shows the nodes at these places of a level.
	pub fn nodes(
		&self,
		level: u8,
		places: &Range<u64>,
		proof: &NodeProof,
	) -> Result<(), BlobError> {
		if !self.is_known() {
			return Err(BlobError::UnknownVersion);
		}
		if places.start >= places.end || places.end > self.width(level) {
			return Err(BlobError::OutsideBlob);
		}
		if proof.nodes.len() as u64 != places.end.saturating_sub(places.start) {
			return Err(BlobError::WrongLength);
		}
		self.climb(level, places.start, proof.nodes.to_vec(), &proof.siblings)
	}

	/// The leaves that a range touches.
	fn leaves_of(&self, range: &Range<u64>) -> Result<Range<u64>, BlobError> {
		if !self.is_known() {
			return Err(BlobError::UnknownVersion);
		}
		if range.start >= range.end || range.end > self.len {
			return Err(BlobError::OutsideBlob);
		}
		Ok(range.start.checked_div(LEAF_BYTES).unwrap_or_default()..range.end.div_ceil(LEAF_BYTES))
	}

	/// Whether these nodes, the first at this place of this level, lead to the root.
	fn climb(
		&self,
		level: u8,
		mut first: u64,
		mut nodes: Vec<Hash>,
		siblings: &[Hash],
	) -> Result<(), BlobError> {
		let mut siblings = siblings.iter().copied();
		let mut width = self.width(level);
		while width > 1 {
			let sides = Sides::of(first, nodes.len() as u64, width);
			if sides.left {
				nodes.insert(0, siblings.next().ok_or(BlobError::WrongSiblings)?);
			}
			if sides.right {
				nodes.push(siblings.next().ok_or(BlobError::WrongSiblings)?);
			}
			nodes = merkle::parents(&nodes);
			first >>= 1;
			width = width.div_ceil(2);
		}
		if siblings.next().is_some() {
			return Err(BlobError::WrongSiblings);
		}
		(Self::named(nodes.first(), self.len) == *self).then_some(()).ok_or(BlobError::NotInBlob)
	}
}

/// On which sides nodes that lie next to each other need another one, to be hashed in pairs.
struct Sides {
	left: bool,
	right: bool,
}

impl Sides {
	const fn of(first: u64, count: u64, width: u64) -> Self {
		let end = first.saturating_add(count);
		Self { left: first & 1 == 1, right: end & 1 == 1 && end < width }
	}
}

/// A blob's tree: all its nodes, without its data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
	levels: Vec<Vec<Hash>>,
	len: u64,
}

impl Tree {
	/// The tree of this data.
	pub fn of(data: &[u8]) -> Self {
		Self::of_leaves(leaves(data), data.len() as u64)
	}

	/// The tree over leaves that are hashed already, of a blob of this length.
	pub fn of_leaves(leaves: Vec<Hash>, len: u64) -> Self {
		let mut levels = Vec::new();
		let mut level = leaves;
		while level.len() > 1 {
			let above = merkle::parents(&level);
			levels.push(core::mem::replace(&mut level, above));
		}
		levels.push(level);
		Self { levels, len }
	}

	/// The blob's name.
	pub fn id(&self) -> BlobId {
		BlobId::named(self.levels.last().and_then(|top| top.first()), self.len)
	}

	/// Shows a range of the data that this is the tree of, if one proof can.
	pub fn range(&self, data: &[u8], range: &Range<u64>) -> Option<RangeProof> {
		let leaves = self.id().leaves_of(range).ok()?;
		let from = leaves.start.checked_mul(LEAF_BYTES)? as usize;
		let to = leaves.end.checked_mul(LEAF_BYTES)?.min(self.len) as usize;
		let bytes = data.get(from..to)?.to_vec().try_into().ok()?;
		Some(RangeProof { bytes, siblings: self.siblings(0, &leaves)? })
	}

	/// Shows nodes, if one proof can.
	pub fn nodes(&self, level: u8, places: &Range<u64>) -> Option<NodeProof> {
		let nodes = self.levels.get(usize::from(level))?;
		let nodes = nodes.get(places.start as usize..places.end as usize)?.to_vec();
		if nodes.is_empty() {
			return None;
		}
		Some(NodeProof { nodes: nodes.try_into().ok()?, siblings: self.siblings(level, places)? })
	}

	fn siblings(&self, level: u8, places: &Range<u64>) -> Option<Siblings> {
		let (mut first, mut end) = (places.start, places.end);
		let mut siblings = Vec::new();
		for nodes in self.levels.iter().skip(level.into()).filter(|nodes| nodes.len() > 1) {
			let sides = Sides::of(first, end.saturating_sub(first), nodes.len() as u64);
			if sides.left {
				siblings.extend(nodes.get(first.saturating_sub(1) as usize));
			}
			if sides.right {
				siblings.extend(nodes.get(end as usize));
			}
			first >>= 1;
			end = end.div_ceil(2);
		}
		siblings.try_into().ok()
	}
}

/// The leaves of data.
#[cfg(not(feature = "std"))]
fn leaves(data: &[u8]) -> Vec<Hash> {
	data.chunks(LEAF_BYTES as usize).map(merkle::leaf).collect()
}

/// The leaves of data, hashed by all cores if there is much of it.
#[cfg(feature = "std")]
fn leaves(data: &[u8]) -> Vec<Hash> {
	/// Leaves that are worth a thread.
	const SHARE: usize = 1024;
	let hashed =
		|data: &[u8]| -> Vec<Hash> { data.chunks(LEAF_BYTES as usize).map(merkle::leaf).collect() };
	let cores = std::thread::available_parallelism().map_or(1, usize::from);
	let count = data.len().div_ceil(LEAF_BYTES as usize);
	let share = count.div_ceil(cores).max(SHARE);
	if count <= share {
		return hashed(data);
	}
	std::thread::scope(|scope| {
		let shares = data.chunks(share.saturating_mul(LEAF_BYTES as usize));
		let threads: Vec<_> = shares
			.map(|share| {
				let thread = std::thread::Builder::new();
				(share, thread.spawn_scoped(scope, move || hashed(share)))
			})
			.collect();
		// Where the system gives no thread, this one does it.
		let done = threads.into_iter().map(|(share, thread)| {
			thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| hashed(share))
		});
		done.collect::<Vec<_>>().concat()
	})
}
