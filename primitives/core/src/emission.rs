//! How much MBO is made, and when.

use crate::{time::SLOT_MILLIS, units::MBO, Balance};

/// What is made for each slot of the first five years: 0.06 MBO a second.
pub const FIRST_SLOT_EMISSION: Balance = (MBO / 100 * 6) * (SLOT_MILLIS as Balance) / 1_000;

/// After so many slots, five years of 365 days, half as much is made for each.
pub const HALVING_SLOTS: u64 = 5 * 365 * 24 * 60 * 60 * 1_000 / SLOT_MILLIS;

/// What has been made by the end of the first `slots` slots, whether there were blocks in them or not.
pub fn emitted(slots: u64) -> Balance {
	let (mut left, mut of_a_slot, mut sum) = (slots, FIRST_SLOT_EMISSION, 0 as Balance);
	while left > 0 && of_a_slot > 0 {
		let now = left.min(HALVING_SLOTS);
		sum = sum.saturating_add(of_a_slot.saturating_mul(now.into()));
		left = left.saturating_sub(now);
		of_a_slot /= 2;
	}
	sum
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::units::SUPPLY_CAP;
	use proptest::prelude::*;

	const YEAR: u64 = HALVING_SLOTS / 5;

	/// Whole thousandths of MBO that the first twenty years make, by hand: 0.06 MBO for each of the
	/// 31,536,000 seconds of a year, and half of it after each five.
	const BY_YEAR: [u128; 20] = [
		1_892_160_000,
		1_892_160_000,
		1_892_160_000,
		1_892_160_000,
		1_892_160_000, // 0.06
		946_080_000,
		946_080_000,
		946_080_000,
		946_080_000,
		946_080_000, // 0.03
		473_040_000,
		473_040_000,
		473_040_000,
		473_040_000,
		473_040_000, // 0.015
		236_520_000,
		236_520_000,
		236_520_000,
		236_520_000,
		236_520_000, // 0.0075
	];

	#[test]
	fn twenty_years_are_as_reckoned_by_hand() {
		let mut sum = 0;
		for (year, made) in (1..).zip(BY_YEAR) {
			sum += made * MBO / 1_000;
			assert_eq!(emitted(year * YEAR), sum, "after {year} years");
		}
		assert_eq!(sum, 17_739_000 * MBO);
	}

	#[test]
	fn never_more_than_sixty_percent_of_the_cap() {
		let most = SUPPLY_CAP / 10 * 6;
		assert_eq!(emitted(0), 0);
		assert_eq!(emitted(1), 180 * MBO / 1_000);
		assert!(emitted(u64::MAX) <= most);
		// Halving a number of units loses half a unit at times, and each of them counts for five years.
		assert!(most - emitted(u64::MAX) < MBO / 1_000);
		assert_eq!(emitted(u64::MAX), emitted(100 * HALVING_SLOTS));
	}

	proptest! {
		/// Against a sum slot by slot, at a border of two rates.
		#[test]
		fn is_the_sum_of_its_slots(halvings in 0u64..70, before in 0u64..50, after in 0u64..50) {
			let border = halvings * HALVING_SLOTS;
			let from = border.saturating_sub(before);
			let mut sum = emitted(from);
			for slot in from..border + after {
				sum += FIRST_SLOT_EMISSION.checked_shr((slot / HALVING_SLOTS) as u32).unwrap_or(0);
			}
			prop_assert_eq!(emitted(border + after), sum);
		}
	}
}
