//! Merkle trees of ordered lists. A root binds the list's length, and a proof names the place: no
//! other list has the same root, and no bit of an item or of its proof can be changed, unless the
//! list has the item at the other place too.
//!
//! Leaf, node and root are hashed with different first bytes, so that none can pass for another. The
//! last node of a level with an odd number of them goes up as it is.

use crate::{Hash, Hashing};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_runtime::traits::Hash as _;

const LEAF: u8 = 0;
const NODE: u8 = 1;
const ROOT: u8 = 2;

/// Shows that an item is in a list, and where.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct MerkleProof {
	/// How long the list is.
	pub length: u32,
	/// The item's place in it.
	pub index: u32,
	/// What it is hashed with, from the leaf up.
	pub siblings: Vec<Hash>,
}

/// The leaf of an item.
pub fn leaf(item: &[u8]) -> Hash {
	hash(LEAF, item, &[])
}

/// The node above two others.
pub fn node(left: &Hash, right: &Hash) -> Hash {
	hash(NODE, left.as_bytes(), right.as_bytes())
}

/// The root of a list, given by its leaves.
pub fn root(leaves: &[Hash]) -> Hash {
	let mut level = leaves.to_vec();
	while level.len() > 1 {
		level = parents(&level);
	}
	close(leaves.len() as u32, level.first())
}

/// The proof for the item at `index` of a list, given by its leaves.
pub fn prove(leaves: &[Hash], index: u32) -> Option<MerkleProof> {
	let mut place = index as usize;
	leaves.get(place)?;
	let mut siblings = Vec::new();
	let mut level = leaves.to_vec();
	while level.len() > 1 {
		siblings.extend(level.get(place ^ 1).copied());
		level = parents(&level);
		place >>= 1;
	}
	Some(MerkleProof { length: leaves.len() as u32, index, siblings })
}

impl MerkleProof {
	/// The root of the list in which this item has this place.
	pub fn root(&self, item: &[u8]) -> Option<Hash> {
		if self.index >= self.length {
			return None;
		}
		let (mut place, mut width) = (self.index, self.length);
		let mut siblings = self.siblings.iter();
		let mut top = leaf(item);
		while width > 1 {
			if place ^ 1 < width {
				let sibling = siblings.next()?;
				let (left, right) = if place & 1 == 0 { (&top, sibling) } else { (sibling, &top) };
				top = node(left, right);
			}
			place >>= 1;
			width = width.div_ceil(2);
		}
		siblings.next().is_none().then(|| close(self.length, Some(&top)))
	}
}

/// The level above another; the last node of an odd number of them goes up as it is.
pub fn parents(level: &[Hash]) -> Vec<Hash> {
	level
		.chunks(2)
		.map(|pair| match pair {
			[left, right] => node(left, right),
			alone => alone.first().copied().unwrap_or_default(),
		})
		.collect()
}

fn close(length: u32, top: Option<&Hash>) -> Hash {
	hash(ROOT, &length.to_le_bytes(), top.map_or(&[], Hash::as_bytes))
}

fn hash(kind: u8, first: &[u8], second: &[u8]) -> Hash {
	Hashing::hash(&[&[kind], first, second].concat())
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn leaves_of(items: &[Vec<u8>]) -> Vec<Hash> {
		items.iter().map(|item| leaf(item)).collect()
	}

	#[test]
	fn roots_as_written_by_hand() {
		let [a, b, c] = [b"a", b"b", b"c"].map(|item| leaf(item));
		let node = |left: Hash, right: Hash| {
			Hashing::hash(&[&[1_u8], left.as_bytes(), right.as_bytes()].concat())
		};
		let close = |length: u8, top: &[u8]| Hashing::hash(&[&[2, length, 0, 0, 0], top].concat());
		assert_eq!(a, Hashing::hash(b"\x00a"));
		assert_eq!(root(&[]), close(0, &[]));
		assert_eq!(root(&[a]), close(1, a.as_bytes()));
		assert_eq!(root(&[a, b]), close(2, node(a, b).as_bytes()));
		assert_eq!(root(&[a, b, c]), close(3, node(node(a, b), c).as_bytes()));
	}

	#[test]
	fn nothing_can_be_proven_of_an_empty_list_or_past_the_end() {
		assert_eq!(prove(&[], 0), None);
		assert_eq!(prove(&[leaf(b"a")], 1), None);
		let proof = MerkleProof { length: 0, index: 0, siblings: Vec::new() };
		assert_eq!(proof.root(b"a"), None);
	}

	#[test]
	fn a_list_whose_last_item_is_doubled_is_another() {
		let items = [b"a", b"b", b"c", b"c"].map(|item| leaf(item));
		assert_ne!(root(&items[..3]), root(&items));
	}

	proptest! {
		#[test]
		fn every_item_is_proven_at_its_place_and_nowhere_else(
			items in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..8), 1..40),
		) {
			let leaves = leaves_of(&items);
			let root = root(&leaves);
			for (place, item) in items.iter().enumerate() {
				let proof = prove(&leaves, place as u32).expect("it is in the list");
				prop_assert_eq!(proof.root(item), Some(root));
				for other in 0..leaves.len() as u32 + 3 {
					if items.get(other as usize) == Some(item) {
						continue;
					}
					let moved = MerkleProof { index: other, ..proof.clone() };
					prop_assert_ne!(moved.root(item), Some(root));
				}
				for length in (0..leaves.len() as u32 + 3).filter(|other| *other != proof.length) {
					let cut = MerkleProof { length, ..proof.clone() };
					prop_assert_ne!(cut.root(item), Some(root));
				}
			}
		}

		#[test]
		fn no_bit_can_be_changed(
			items in prop::collection::hash_set(prop::collection::vec(any::<u8>(), 1..40), 1..20),
			place in any::<prop::sample::Index>(),
		) {
			let items: Vec<_> = items.into_iter().collect();
			let place = place.index(items.len());
			let leaves = leaves_of(&items);
			let root = root(&leaves);
			let proof = prove(&leaves, place as u32).expect("it is in the list");
			let (bytes, item) = (proof.encode(), &items[place]);
			for bit in 0..bytes.len() * 8 {
				let mut bytes = bytes.clone();
				bytes[bit / 8] ^= 1 << (bit % 8);
				let input = &mut &bytes[..];
				let read = MerkleProof::decode(input).ok().filter(|_| input.is_empty());
				prop_assert_ne!(read.and_then(|proof| proof.root(item)), Some(root));
			}
			for bit in 0..item.len() * 8 {
				let mut item = item.clone();
				item[bit / 8] ^= 1 << (bit % 8);
				prop_assert_ne!(proof.root(&item), Some(root));
			}
		}
	}
}
