//! Draws a provider in proportion to its weight. The sums of weights are kept as Fenwick's tree: node `n` has
//! the sum of the places from `n - (n & -n) + 1` to `n`, so that a change and a draw touch one node of each
//! size.

use crate::*;
use mbongo_primitives::Hashing;
use sp_runtime::traits::Hash as _;

/// The most providers, as a power of two: with the least bond of a live network more than there can be MBO.
const LEVELS: u32 = 15;

/// The most providers.
pub(crate) const MAX_PROVIDERS: u32 = 1 << LEVELS;

/// What a draw of a provider is made with, and nothing else.
const PROVIDER: &[u8] = b"mbongo-provider";

/// A number from 0 to below `below`, from the beacon of a block, what is drawn, and how often it was.
pub(crate) fn number(beacon: &Hash, what: &[u8], id: TaskId, count: u32, below: u128) -> u128 {
	let random = Hashing::hash_of(&(beacon, what, id, count));
	let (low, _) = random.as_fixed_bytes().split_at(16);
	let random = u128::from_le_bytes(low.try_into().unwrap_or_default());
	// Weights are so much smaller than 2^128 that none is preferred.
	random.checked_rem(below).unwrap_or_default()
}

/// The number of the largest node that begins where this one ends.
const fn lowest_bit(node: u32) -> u32 {
	node & node.wrapping_neg()
}

impl<T: Config> Pallet<T> {
	/// Gives a new provider a place.
	pub(crate) fn take_place(who: &AccountId) -> Result<u32, DispatchError> {
		let place = PlaceCount::<T>::get().saturating_add(1);
		ensure!(place <= MAX_PROVIDERS, Error::<T>::TooManyProviders);
		PlaceCount::<T>::put(place);
		Places::<T>::insert(place, who);
		Ok(place)
	}

	/// Takes a provider's place, which weighs nothing any more, for the one in the last place.
	pub(crate) fn leave_place(place: u32) {
		let last = PlaceCount::<T>::get();
		PlaceCount::<T>::put(last.saturating_sub(1));
		let Some(moved) = Places::<T>::take(last).filter(|_| place != last) else { return };
		Places::<T>::insert(place, &moved);
		Providers::<T>::mutate(&moved, |provider| {
			if let Some(provider) = provider {
				Self::weigh(last, provider.weight, 0);
				Self::weigh(place, 0, provider.weight);
				provider.place = place;
			}
		});
	}

	/// What is in a place weighs something else now.
	pub(crate) fn weigh(place: u32, before: u128, after: u128) {
		if before == after {
			return;
		}
		let change = |sum: u128| sum.saturating_sub(before).saturating_add(after);
		TotalWeight::<T>::mutate(|total| *total = change(*total));
		let mut node = place;
		while (1..=MAX_PROVIDERS).contains(&node) {
			WeightSums::<T>::mutate_exists(node, |sum| {
				*sum = Some(change(sum.unwrap_or_default())).filter(|sum| *sum > 0);
			});
			node = node.saturating_add(lowest_bit(node));
		}
	}

	/// Who is at this place of all weight.
	pub(crate) fn at_weight(mut weight: u128) -> Option<AccountId> {
		let mut before = 0_u32;
		for level in (0..=LEVELS).rev() {
			let node = before.saturating_add(1_u32.checked_shl(level)?);
			if node > MAX_PROVIDERS {
				continue;
			}
			let sum = WeightSums::<T>::get(node);
			if sum <= weight {
				weight = weight.saturating_sub(sum);
				before = node;
			}
		}
		Places::<T>::get(before.saturating_add(1))
	}

	/// Draws a provider, for the `count`th time.
	pub(crate) fn draw_provider(beacon: &Hash, id: TaskId, count: u32) -> Option<AccountId> {
		let total = TotalWeight::<T>::get();
		if total == 0 {
			return None;
		}
		Self::at_weight(number(beacon, PROVIDER, id, count, total))
	}
}
