//! Whether a product of matrices is right, for less than it costs to compute it: C r = A (B r) for a
//! random vector r, modulo the prime 2^61 - 1. A wrong C passes for one r in 2^61, if it was fixed before r
//! was drawn, and nobody but who checks knew r; with two vectors for one in 2^122.
//!
//! The modulus must be a prime, and larger than the numbers of C: modulo a power of two a difference
//! that is a high power of two would vanish with probability one half.

use crate::kinds::MatMul;
use alloc::{vec, vec::Vec};

/// The modulus.
pub const P: u64 = (1 << 61) - 1;

/// How many vectors a product is checked with.
pub const VECTORS: usize = 2;

/// The number modulo [`P`], which bits of randomness give: none, if they are not below it. Of uniform bits
/// this makes uniform numbers.
pub fn uniform(bits: u64) -> Option<u64> {
	Some(bits >> 3).filter(|number| *number < P)
}

/// The sum of products, modulo [`P`], of at most 2^32 numbers of 32 bits with others below `P`.
fn dot(left: impl Iterator<Item = i64>, right: &[u64]) -> u64 {
	let products =
		left.zip(right).map(|(left, right)| i128::from(left).wrapping_mul(i128::from(*right)));
	// Below 2^(31 + 61 + 32), so that it cannot overflow.
	products.fold(0, i128::wrapping_add).rem_euclid(P.into()) as u64
}

/// The sum of products of bytes with a sign and numbers below [`P`].
pub fn dot_bytes(bytes: &[u8], vector: &[u64]) -> u64 {
	dot(bytes.iter().map(|byte| i64::from(*byte as i8)), vector)
}

/// The sum of products of numbers of four bytes with a sign and numbers below [`P`].
pub fn dot_numbers(numbers: &[u8], vector: &[u64]) -> u64 {
	let numbers = numbers
		.chunks_exact(4)
		.map(|bytes| i64::from(i32::from_le_bytes(bytes.try_into().unwrap_or_default())));
	dot(numbers, vector)
}

/// Why C is not the product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
	/// A matrix or a vector does not have the size that it must have.
	Size,
	/// This row cannot be the product's.
	Row(u64),
}

/// Checks a product by vectors of numbers below [`P`], one for each column. Of A and B the rows and the
/// columns lie one after another, as in the input of the task.
pub fn check(
	sizes: &MatMul,
	a: &[u8],
	b: &[u8],
	c: &[u8],
	vectors: &[Vec<u64>; VECTORS],
) -> Result<(), Wrong> {
	vectors.iter().try_for_each(|vector| check_by(sizes, a, b, c, vector))
}

fn check_by(sizes: &MatMul, a: &[u8], b: &[u8], c: &[u8], vector: &[u64]) -> Result<(), Wrong> {
	let [m, k, n] = [sizes.m, sizes.k, sizes.n].map(|size| size as usize);
	let is = |len: usize, of: &[usize]| {
		of.iter().try_fold(1, |all: usize, size| all.checked_mul(*size)) == Some(len)
	};
	if !(is(a.len(), &[m, k]) && is(b.len(), &[k, n]) && is(c.len(), &[m, n, 4]))
		|| vector.len() != n
		|| k == 0
		|| n == 0
		|| vector.iter().any(|number| *number >= P)
	{
		return Err(Wrong::Size);
	}
	// B r: each column adds itself as often as its number says.
	let mut sums: Vec<i128> = vec![0; k];
	for (column, factor) in b.chunks_exact(k).zip(vector) {
		for (sum, byte) in sums.iter_mut().zip(column) {
			let product = i128::from(*byte as i8).wrapping_mul(i128::from(*factor));
			*sum = sum.wrapping_add(product);
		}
	}
	let sums: Vec<u64> = sums.into_iter().map(|sum| sum.rem_euclid(P.into()) as u64).collect();
	let mut rows = a.chunks_exact(k).zip(c.chunks_exact(n.saturating_mul(4)));
	match rows.position(|(row, claimed)| dot_bytes(row, &sums) != dot_numbers(claimed, vector)) {
		Some(row) => Err(Wrong::Row(row as u64)),
		None => Ok(()),
	}
}
