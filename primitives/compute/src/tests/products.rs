//! Freivalds' check.

use super::*;
use crate::freivalds::{check, uniform, Wrong, P, VECTORS};

/// Numbers that look random, from a seed.
struct Numbers(u64);

impl Numbers {
	fn next(&mut self) -> u64 {
		// SplitMix64.
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	fn vectors(&mut self, len: u32) -> [Vec<u64>; VECTORS] {
		let mut vector = || {
			let numbers = core::iter::from_fn(|| Some(uniform(self.next())));
			numbers.flatten().take(len as usize).collect()
		};
		[vector(), vector()]
	}
}

fn split(given: &Given) -> (MatMul, &[u8], &[u8]) {
	let crate::Work::MatMul(sizes) = given.job.work else { unreachable!() };
	let (a, b) = given.input.split_at((sizes.m * sizes.k) as usize);
	(sizes, a, b)
}

proptest! {
	#[test]
	fn a_right_product_passes_and_one_wrong_cell_does_not(
		given in matmul(),
		seed in any::<u64>(),
		cell in any::<prop::sample::Index>(),
		error in prop_oneof![(0..32_u32).prop_map(|bit| 1_i32.wrapping_shl(bit)), any::<i32>()],
	) {
		let (sizes, a, b) = split(&given);
		let mut c = given.run().output;
		let vectors = Numbers(seed).vectors(sizes.n);
		prop_assert_eq!(check(&sizes, a, b, &c, &vectors), Ok(()));
		prop_assume!(error != 0);
		let cell = cell.index(c.len() / 4);
		let at = &mut c[4 * cell..4 * cell + 4];
		let wrong = i32::from_le_bytes((&*at).try_into().unwrap()).wrapping_add(error);
		at.copy_from_slice(&wrong.to_le_bytes());
		let row = cell as u64 / u64::from(sizes.n);
		prop_assert_eq!(check(&sizes, a, b, &c, &vectors), Err(Wrong::Row(row)));
	}

	#[test]
	fn fails_when_a_size_is_wrong(given in matmul(), seed in any::<u64>()) {
		let (sizes, a, b) = split(&given);
		let c = given.run().output;
		let vectors = Numbers(seed).vectors(sizes.n);
		let wrong = Err(Wrong::Size);
		prop_assert_eq!(check(&sizes, &a[1..], b, &c, &vectors), wrong);
		prop_assert_eq!(check(&sizes, a, &b[1..], &c, &vectors), wrong);
		prop_assert_eq!(check(&sizes, a, b, &c[1..], &vectors), wrong);
		let more = MatMul { m: sizes.m + 1, ..sizes };
		prop_assert_eq!(check(&more, a, b, &c, &vectors), wrong);
		for at in 0..VECTORS {
			let mut short = vectors.clone();
			short[at].pop();
			prop_assert_eq!(check(&sizes, a, b, &c, &short), wrong);
			let mut large = vectors.clone();
			large[at][0] = P;
			prop_assert_eq!(check(&sizes, a, b, &c, &large), wrong);
		}
		for none in [MatMul { n: 0, ..sizes }, MatMul { k: 0, ..sizes }] {
			prop_assert_eq!(check(&none, &[], &[], &[], &[vec![], vec![]]), wrong);
		}
	}
}

/// A million wrong cells, in a product of which each is checked by a vector of its own.
#[test]
fn planted_errors_never_pass() {
	let sizes = MatMul { m: 1, k: 1, n: 2 };
	let mut numbers = Numbers(1);
	for _ in 0..1_000_000 {
		let random = numbers.next();
		let [a, b0, b1] = [random as u8, (random >> 8) as u8, (random >> 16) as u8];
		let cell = |b: u8| i32::from(a as i8) * i32::from(b as i8);
		let mut c = [cell(b0), cell(b1)];
		// Any error, and those that are powers of two.
		let error = match random >> 62 {
			0 => 1_i32.wrapping_shl((random >> 24) as u32),
			1 => 1_i32.wrapping_shl((random >> 24) as u32).wrapping_neg(),
			_ => (random >> 24) as i32,
		};
		let wrong = &mut c[(random >> 60 & 1) as usize];
		*wrong = wrong.wrapping_add(if error == 0 { 1 } else { error });
		let c: Vec<u8> = c.iter().flat_map(|cell| cell.to_le_bytes()).collect();
		let vectors = numbers.vectors(2);
		assert_eq!(check(&sizes, &[a], &[b0, b1], &c, &vectors), Err(Wrong::Row(0)), "{c:?}");
	}
}

/// Who knows the vector makes errors that cancel each other: so it must be drawn afterwards, and be secret.
#[test]
fn errors_that_are_made_for_a_vector_pass() {
	let sizes = MatMul { m: 1, k: 2, n: 2 };
	let (a, b) = ([3, 0xff], [1, 2, 3, 4]);
	let right: [i32; 2] = [3 - 2, 9 - 4];
	let both = |vector: [u64; 2]| [vector.to_vec(), vector.to_vec()];
	let known = both([6, 4]);
	let numbers = |cells: [i32; 2]| cells.map(i32::to_le_bytes).concat();
	assert_eq!(check(&sizes, &a, &b, &numbers(right), &known), Ok(()));
	// 6 x 2 - 4 x 3 = 0.
	let wrong = numbers([right[0] + 2, right[1] - 3]);
	assert_eq!(check(&sizes, &a, &b, &wrong, &known), Ok(()));
	assert_eq!(check(&sizes, &a, &b, &wrong, &both([6, 5])), Err(Wrong::Row(0)));
	// One that was not known is enough.
	assert_eq!(check(&sizes, &a, &b, &wrong, &[vec![6, 4], vec![6, 5]]), Err(Wrong::Row(0)));
}

/// What would vanish modulo a power of two does not: the modulus is a prime beyond all numbers of C.
#[test]
fn errors_that_wrap_around_do_not_pass() {
	let sizes = MatMul { m: 1, k: 1, n: 1 };
	for vector in [1 << 33, 1 << 60, P - 1, 1 << 31] {
		// 2^31 x 2^33 = 2^64, which is nothing in 64 bits.
		let wrong = i32::MIN.to_le_bytes();
		assert_eq!(
			check(&sizes, &[0], &[0], &wrong, &[vec![vector], vec![0]]),
			Err(Wrong::Row(0)),
			"{vector}"
		);
	}
	// Only a vector of nothing sees nothing, which is one in 2^61.
	assert_eq!(check(&sizes, &[0], &[0], &i32::MIN.to_le_bytes(), &[vec![0], vec![0]]), Ok(()));
}

#[test]
fn uniform_numbers_are_below_the_modulus() {
	assert_eq!(uniform(u64::MAX), None, "it is P itself");
	assert_eq!(uniform(u64::MAX - 8), Some(P - 1));
	assert_eq!((uniform(7), uniform(8)), (Some(0), Some(1)));
}
