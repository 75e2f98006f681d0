//! The weight formula: integers only, and nothing in it that an author can make alone.
//!
//! ```text
//! base         = 1000 for a primary slot, 500 for a secondary one
//! attestation  = 1000 x attested stake / total stake          (0 to 1000)
//! pouw         = min(sum of scores settled in this block x POUW_MULTIPLIER, cap)
//! cap          = a third of (base + attestation), per block
//! weight       = base + attestation + pouw
//! ```

use crate::Stake;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::U256;

/// The base weight of a block in a slot that its author won by VRF.
pub const PRIMARY_WEIGHT: u64 = 1000;

/// The base weight of a block in a slot that its author was next in line for.
pub const SECONDARY_WEIGHT: u64 = 500;

/// The attestation weight of a block whose parent the whole set attested.
pub const FULL_SUPPORT_WEIGHT: u64 = 1000;

/// What one unit of score weighs, before the cap.
pub const POUW_MULTIPLIER: u128 = 2;

/// Useful work may add this fraction (one over it) of the rest of the block's weight.
pub const POUW_CAP_DIVISOR: u64 = 3;

/// The sum of the weights of a chain's blocks.
pub type ChainWeight = u128;

/// A block's weight, by part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo)]
pub struct BlockWeight {
	/// For the kind of the slot.
	pub base: u64,
	/// For the parent's support.
	pub attestation: u64,
	/// For the scores, capped.
	pub pouw: u64,
}

impl BlockWeight {
	/// The weight of a block: primary slot or not, stake that attested its parent out of the whole
	/// set's, and the sum of the scores settled in it.
	pub fn new(primary: bool, attested: Stake, total: Stake, score: u128) -> Self {
		let base = if primary { PRIMARY_WEIGHT } else { SECONDARY_WEIGHT };
		let attestation = support(attested, total);
		let pouw = score
			.saturating_mul(POUW_MULTIPLIER)
			.min(u128::from(pouw_cap(base, attestation)))
			.try_into()
			.unwrap_or(u64::MAX); // never: the cap is a u64
		Self { base, attestation, pouw }
	}

	/// All parts together.
	pub fn total(&self) -> u64 {
		self.base.saturating_add(self.attestation).saturating_add(self.pouw)
	}

	/// The weight of the chain that this block makes of its parent's.
	pub fn on(&self, parent: ChainWeight) -> ChainWeight {
		parent.saturating_add(self.total().into())
	}

	/// Whether the formula can give these parts.
	pub fn is_possible(&self) -> bool {
		(self.base == PRIMARY_WEIGHT || self.base == SECONDARY_WEIGHT)
			&& self.attestation <= FULL_SUPPORT_WEIGHT
			&& self.pouw <= pouw_cap(self.base, self.attestation)
	}
}

/// The most that useful work can add to a block with these other parts.
pub fn pouw_cap(base: u64, attestation: u64) -> u64 {
	base.saturating_add(attestation) / POUW_CAP_DIVISOR
}

/// `FULL_SUPPORT_WEIGHT x attested / total`, rounded down; nothing for an empty set.
fn support(attested: Stake, total: Stake) -> u64 {
	if total == 0 {
		return 0;
	}
	let product = U256::from(attested.min(total)).saturating_mul(U256::from(FULL_SUPPORT_WEIGHT));
	product.checked_div(U256::from(total)).map_or(0, |quotient| quotient.low_u64())
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn parts_by_hand() {
		let weight = |primary, attested, score| BlockWeight::new(primary, attested, 4, score);
		assert_eq!(weight(true, 4, 0), BlockWeight { base: 1000, attestation: 1000, pouw: 0 });
		assert_eq!(weight(false, 3, 10), BlockWeight { base: 500, attestation: 750, pouw: 20 });
		assert_eq!(weight(true, 4, 1_000_000).pouw, 666);
		assert_eq!(BlockWeight::new(true, 0, 0, 0).attestation, 0);
		assert_eq!(BlockWeight::new(true, u128::MAX, u128::MAX, u128::MAX).total(), 2666);
	}

	/// The design's example: chain A weighs 3000 without work and has 500 of score, chain B weighs
	/// 1000 and has 2000. Without a cap work decides; with the one we ship it cannot.
	#[test]
	fn cap_decides_the_designs_example() {
		let (a, b) = ((3000u64, 500u128), (1000u64, 2000u128));
		let uncapped = |(rest, score): (u64, u128)| u128::from(rest) + score * POUW_MULTIPLIER;
		assert!(uncapped(a) < uncapped(b));
		let capped = |(rest, score): (u64, u128)| {
			u128::from(rest) + (score * POUW_MULTIPLIER).min(u128::from(pouw_cap(rest, 0)))
		};
		assert!(capped(a) > capped(b));

		// The same with blocks: A is two, both primary and one with full support; B is one.
		let blocks = [(true, 1, 500), (true, 0, 0)].map(|(p, s, w)| BlockWeight::new(p, s, 1, w));
		let heavy: u64 = blocks.iter().map(BlockWeight::total).sum();
		assert_eq!((heavy, BlockWeight::new(true, 0, 1, 2000).total()), (3666, 1333));
	}

	/// One block's weight, by the formula as it is written above.
	fn by_the_formula(primary: bool, percent: u8, score: u32) -> u128 {
		let base = if primary { 1000 } else { 500 };
		let rest = base + u128::from(percent) * 10;
		rest + (u128::from(score) * 2).min(rest / 3)
	}

	proptest! {
		#[test]
		fn never_over_the_cap(primary: bool, attested: u128, total: u128, score: u128) {
			let weight = BlockWeight::new(primary, attested, total, score);
			prop_assert!(weight.is_possible());
			prop_assert!(weight.pouw <= pouw_cap(weight.base, weight.attestation));
			prop_assert!(weight.total() <= 2666);
		}

		#[test]
		fn monotone_in_each_part(
			primary: bool, attested: u128, more: u128, total: u128, score: u128, extra: u128,
		) {
			let weight = BlockWeight::new(primary, attested, total, score);
			let supported = BlockWeight::new(primary, attested.saturating_add(more), total, score);
			let worked = BlockWeight::new(primary, attested, total, score.saturating_add(extra));
			let won = BlockWeight::new(true, attested, total, score);
			prop_assert!(supported.total() >= weight.total());
			prop_assert!(worked.total() >= weight.total());
			prop_assert!(won.total() >= weight.total());
		}

		/// A chain's weight is the sum of its blocks', wherever the counting begins, and never wraps.
		#[test]
		fn a_chain_weighs_the_sum_of_its_blocks(
			blocks in prop::collection::vec((any::<bool>(), 0u128..100, 0u128..5000), 0..50),
			seed: prop::sample::Index,
		) {
			let weights: Vec<_> = blocks
				.iter()
				.map(|(primary, attested, score)| {
					BlockWeight::new(*primary, *attested, 100, *score)
				})
				.collect();
			let extend = |chain, part: &[BlockWeight]| {
				part.iter().fold(chain, |chain, block| block.on(chain))
			};
			let sum: ChainWeight = weights.iter().map(|weight| u128::from(weight.total())).sum();
			prop_assert_eq!(extend(0, &weights), sum);
			let (head, tail) = weights.split_at(seed.index(weights.len() + 1));
			prop_assert_eq!(extend(extend(0, head), tail), sum);
			prop_assert_eq!(extend(7, &weights), 7 + sum);
			prop_assert_eq!(extend(ChainWeight::MAX, &weights), ChainWeight::MAX);
		}

		/// Part by part: more support, work or luck never takes from any of them, and a larger set
		/// never adds.
		#[test]
		fn no_part_falls_as_another_rises(
			primary: bool, attested: u128, more: u128, total: u128,
			score in prop_oneof![0u128..400, any::<u128>()],
			extra in prop_oneof![0u128..400, any::<u128>()],
		) {
			let weight = BlockWeight::new(primary, attested, total, score);
			let (most, all) = (attested.saturating_add(more), total.saturating_add(more));
			for better in [
				BlockWeight::new(primary, most, total, score),
				BlockWeight::new(primary, attested, total, score.saturating_add(extra)),
				BlockWeight::new(true, attested, total, score),
			] {
				prop_assert!(better.base >= weight.base);
				prop_assert!(better.attestation >= weight.attestation);
				prop_assert!(better.pouw >= weight.pouw);
			}
			if total > 0 {
				let thinner = BlockWeight::new(primary, attested, all, score);
				prop_assert!(thinner.attestation <= weight.attestation);
				prop_assert!(thinner.total() <= weight.total());
			}
		}

		/// What a header may claim is what the formula can give, and no more.
		#[test]
		fn claims_are_possible_up_to_the_cap(
			base in prop_oneof![Just(PRIMARY_WEIGHT), Just(SECONDARY_WEIGHT), any::<u64>()],
			attestation in prop_oneof![0u64..=1000, 1001..=1010u64, any::<u64>()],
			pouw in prop_oneof![0u64..=700, any::<u64>()],
		) {
			let claim = |pouw| BlockWeight { base, attestation, pouw };
			let rest = u128::from(base) + u128::from(attestation);
			let possible = [500, 1000].contains(&base) && attestation <= 1000;
			prop_assert_eq!(claim(pouw).is_possible(), possible && u128::from(pouw) * 3 <= rest);
			if possible {
				let cap = pouw_cap(base, attestation);
				prop_assert!(claim(cap).is_possible());
				prop_assert!(!claim(cap + 1).is_possible());
			}
		}

		/// Blocks arrive in any order that has parents first: each chain weighs the sum of its
		/// blocks, and the heaviest is the same.
		#[test]
		fn chains_weigh_their_blocks_whatever_arrives_first(
			blocks in prop::collection::vec(
				(any::<prop::sample::Index>(), any::<bool>(), 0u8..=100, 0u32..1000, any::<u8>()),
				1..40,
			),
		) {
			// Block 0 is genesis, and the parent of block `n` one of those before it.
			let parent = |block: usize| blocks[block - 1].0.index(block);
			let mut by_rank: Vec<usize> = (1..=blocks.len()).collect();
			by_rank.sort_by_key(|block| blocks[block - 1].4);
			let count = |mut waiting: Vec<usize>| {
				let mut weights = vec![None; blocks.len() + 1];
				weights[0] = Some(ChainWeight::default());
				while let Some(at) = waiting.iter().position(|b| weights[parent(*b)].is_some()) {
					let block = waiting.remove(at);
					let (_, primary, percent, score, _) = blocks[block - 1];
					let own = BlockWeight::new(primary, percent.into(), 100, score.into());
					weights[block] =
						weights[parent(block)].map(|weight| own.on(weight));
				}
				weights
			};
			let weights = count(by_rank.clone());
			by_rank.reverse();
			prop_assert_eq!(&weights, &count(by_rank));
			for (block, weight) in weights.into_iter().enumerate().skip(1) {
				let to_genesis = |block: &usize| Some(parent(*block)).filter(|parent| *parent > 0);
				let sum: u128 = std::iter::successors(Some(block), to_genesis)
					.map(|block| {
						let (_, primary, percent, score, _) = blocks[block - 1];
						by_the_formula(primary, percent, score)
					})
					.sum();
				prop_assert_eq!(weight, Some(sum));
			}
		}
	}
}
