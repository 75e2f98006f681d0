//! Any range and any node of a blob is shown where it lies, and nowhere else.

use super::*;
use crate::{
	blob::{BlobError::*, NodeProof, LEAF_BYTES, MAX_BLOB_BYTES},
	RangeProof, Tree,
};
use mbongo_primitives::{Hash, Hashing};
use sp_runtime::traits::Hash as _;

#[test]
fn names_as_written_by_hand() {
	let hash = |parts: &[&[u8]]| Hashing::hash(&parts.concat());
	let close = |len: u64, top: &[u8]| hash(&[&[3, 1], &len.to_le_bytes(), top]);
	assert_eq!(BlobId::of(&[]), BlobId { version: 1, root: close(0, &[]), len: 0 });
	let data: Vec<u8> = (0..2_500_u32).map(|at| at as u8).collect();
	let [a, b, c] =
		[&data[..1024], &data[1024..2048], &data[2048..]].map(|leaf| hash(&[&[0], leaf]));
	assert_eq!(BlobId::of(&data[..1024]).root, close(1024, a.as_bytes()));
	let ab = hash(&[&[1], a.as_bytes(), b.as_bytes()]);
	assert_eq!(BlobId::of(&data[..2048]).root, close(2048, ab.as_bytes()));
	let all = hash(&[&[1], ab.as_bytes(), c.as_bytes()]);
	assert_eq!(BlobId::of(&data).root, close(2_500, all.as_bytes()));
}

#[test]
fn what_is_hashed_by_all_cores_is_the_same() {
	// More leaves than one thread takes, and not a whole number of them.
	let data: Vec<u8> = (0..9_000_001_u32).map(|at| (at ^ (at >> 9)) as u8).collect();
	let mut level: Vec<Hash> =
		data.chunks(1024).map(|leaf| Hashing::hash(&[&[0], leaf].concat())).collect();
	while level.len() > 1 {
		level = level
			.chunks(2)
			.map(|pair| match pair {
				[a, b] => Hashing::hash(&[&[1], a.as_bytes(), b.as_bytes()].concat()),
				alone => alone[0],
			})
			.collect();
	}
	let len = (data.len() as u64).to_le_bytes();
	let root = Hashing::hash(&[&[3, 1], &len[..], level[0].as_bytes()].concat());
	assert_eq!(BlobId::of(&data).root, root);
}

#[test]
fn no_bit_at_all_can_be_changed() {
	let data: Vec<u8> = (0..5_000_u32).map(|at| ((at * 31) >> 3) as u8).collect();
	let tree = Tree::of(&data);
	let (id, range) = (tree.id(), 2_000..2_100);
	let proof = tree.range(&data, &range).unwrap();
	for bit in 0..proof.bytes.len() * 8 {
		let mut other = proof.clone();
		other.bytes[bit / 8] ^= 1 << (bit % 8);
		assert_eq!(id.range(&range, &other), Err(NotInBlob));
	}
	for bit in 0..proof.siblings.len() * 256 {
		let mut other = proof.clone();
		other.siblings[bit / 256].0[bit % 256 / 8] ^= 1 << (bit % 8);
		assert_eq!(id.range(&range, &other), Err(NotInBlob));
	}
	for bit in 0..256 {
		let mut other = id;
		other.root.0[bit / 8] ^= 1 << (bit % 8);
		assert_eq!(other.range(&range, &proof), Err(NotInBlob));
	}
}

#[test]
fn one_proof_shows_64_kib_wherever_they_begin_and_no_more() {
	let data = vec![3; 300_000];
	let tree = Tree::of(&data);
	for start in [0, 1, 1023, 1024, 100_001] {
		let range = start..start + 64 * 1024;
		let proof = tree.range(&data, &range).expect("it is short enough");
		assert!(tree.id().range(&range, &proof).is_ok());
	}
	assert_eq!(tree.range(&data, &(0..66 * 1024)), None);
}

#[test]
fn fails_when_it_is_of_no_known_kind_or_outside() {
	let data = vec![7; 3_000];
	let tree = Tree::of(&data);
	let (id, proof) = (tree.id(), tree.range(&data, &(0..10)).unwrap());
	assert_eq!(id.range(&(0..10), &proof), Ok(&data[..10]));
	for range in [5..5, 3_000..3_001, 0..3_001, 10..u64::MAX, u64::MAX..u64::MAX] {
		assert_eq!(id.range(&range, &proof), Err(OutsideBlob), "{range:?}");
		assert_eq!(tree.range(&data, &range), None);
	}
	let future = BlobId { version: 2, ..id };
	assert_eq!(future.range(&(0..10), &proof), Err(UnknownVersion));
	assert_eq!(future.nodes(0, &(0..1), &NodeProof::default()), Err(UnknownVersion));
	let huge = BlobId { len: MAX_BLOB_BYTES + 1, ..id };
	assert_eq!(huge.range(&(0..10), &proof), Err(UnknownVersion));
	assert_eq!(id.nodes(0, &(0..0), &NodeProof::default()), Err(OutsideBlob));
	assert_eq!(id.nodes(0, &(0..1), &NodeProof::default()), Err(WrongLength));
	for (level, place) in [(0, 3), (1, 2), (2, 1), (3, 0), (255, 0), (0, u64::MAX)] {
		let nodes = tree.nodes(0, &(0..1)).expect("it is there");
		let places = place..place.saturating_add(1);
		assert_eq!(id.nodes(level, &places, &nodes), Err(OutsideBlob), "{level} {place}");
	}
	// A blob of another length, whatever it is filled with.
	let longer = BlobId { len: 3_001, ..id };
	assert_eq!(longer.range(&(0..10), &proof), Err(NotInBlob));
}

/// A blob of up to a few leaves, with a range in it.
fn blob() -> impl Strategy<Value = (Vec<u8>, std::ops::Range<u64>)> {
	let len = prop_oneof![1..20_000_usize, (1..12_usize).prop_map(|leaves| leaves * 1024)];
	(len, any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
		|(len, from, to, seed)| {
			let data = (0..len).map(|at| (at as u8).wrapping_mul(seed | 1) ^ (at >> 8) as u8);
			let from = from.index(len);
			let to = from + 1 + to.index(len - from);
			(data.collect(), from as u64..to as u64)
		},
	)
}

proptest! {
	#[test]
	fn a_range_is_shown_where_it_lies_and_nowhere_else((data, range) in blob(), moved in -3..=3_i64) {
		let tree = Tree::of(&data);
		let (id, proof) = (tree.id(), tree.range(&data, &range).expect("it is there"));
		let there = &data[range.start as usize..range.end as usize];
		prop_assert_eq!(id.range(&range, &proof), Ok(there));
		// By whole leaves to another place: whatever is shown there is what is there.
		let by = moved * LEAF_BYTES as i64;
		if let (Some(start), Some(end)) =
			(range.start.checked_add_signed(by), range.end.checked_add_signed(by))
		{
			if let Ok(shown) = id.range(&(start..end), &proof) {
				prop_assert_eq!(shown, &data[start as usize..end as usize]);
			}
		}
		for len in [id.len - 1, id.len + 1, id.len + 1024] {
			let other = BlobId { len, ..id };
			prop_assert!(other.range(&range, &proof).is_err());
		}
	}

	#[test]
	fn no_bit_of_a_range_or_of_its_proof_can_be_changed(
		(data, range) in blob(),
		bits in prop::collection::vec(any::<prop::sample::Index>(), 30),
	) {
		let tree = Tree::of(&data);
		let (id, proof) = (tree.id(), tree.range(&data, &range).expect("it is there"));
		let all = proof.bytes.len() + 32 * proof.siblings.len();
		for bit in bits {
			let bit = bit.index(all * 8);
			let mut other = proof.clone();
			match (bit / 8).checked_sub(proof.bytes.len()) {
				None => other.bytes[bit / 8] ^= 1 << (bit % 8),
				Some(at) => other.siblings[at / 32].0[at % 32] ^= 1 << (bit % 8),
			}
			prop_assert_eq!(id.range(&range, &other), Err(NotInBlob));
		}
		let mut root = id;
		root.root.0[0] ^= 1;
		prop_assert_eq!(root.range(&range, &proof), Err(NotInBlob));
		let mut longer = proof.clone();
		longer.siblings.try_push(Hash::zero()).expect("there is room");
		prop_assert_eq!(id.range(&range, &longer), Err(WrongSiblings));
		let mut shorter = proof.clone();
		if shorter.siblings.pop().is_some() {
			prop_assert_eq!(id.range(&range, &shorter), Err(WrongSiblings));
		}
		let mut cut: RangeProof = proof.clone();
		cut.bytes.pop();
		prop_assert_eq!(id.range(&range, &cut), Err(WrongLength));
	}

	#[test]
	fn every_node_is_shown_at_its_place((data, _) in blob(), first in any::<prop::sample::Index>()) {
		let tree = Tree::of(&data);
		let id = tree.id();
		let mut level = 0;
		while id.width(level) > 0 {
			let width = id.width(level);
			let first = first.index(width as usize) as u64;
			for end in [first + 1, (first + 3).min(width), width] {
				let proof = tree.nodes(level, &(first..end)).expect("they are there");
				prop_assert_eq!(id.nodes(level, &(first..end), &proof), Ok(()));
				if end < width {
					let more = id.nodes(level, &(first..end + 1), &proof);
					prop_assert_eq!(more, Err(WrongLength));
				}
				let mut other = proof.clone();
				other.nodes[0].0[31] ^= 1;
				prop_assert_eq!(id.nodes(level, &(first..end), &other), Err(NotInBlob));
				if first > 0 {
					prop_assert!(id.nodes(level, &(first - 1..end - 1), &proof).is_err());
				}
			}
			level += 1;
		}
		prop_assert_eq!(tree.nodes(level, &(0..1)), None);
		prop_assert_eq!(id.width(level - 1), 1, "there is one on top");
	}
}
