//! The arithmetic of shares: rounding is never for the one who acts.

use crate::{types::*, *};
use proptest::prelude::*;

const MOST: Balance = mbongo_primitives::units::SUPPLY_CAP;

/// A pool of some holders that was slashed, each by its own amount and fraction.
fn slashed_pool() -> impl Strategy<Value = (Pool, Vec<Position>)> {
	let joins = prop::collection::vec((1..=MOST / 100, 0u32..=1_000_000_000), 1..8);
	joins.prop_map(|joins| {
		let (mut pool, mut positions) = (Pool::default(), vec![]);
		for (amount, parts) in joins {
			let mut position = Position::default();
			if pool.join(&mut position, amount).is_err() {
				break;
			}
			positions.push(position);
			let lost = pool.set_aside(Perbill::from_parts(parts));
			pool.lose(lost);
			if pool.is_closed() {
				break;
			}
		}
		(pool, positions)
	})
}

fn held(positions: &[Position]) -> Balance {
	positions.iter().map(|it| it.held).sum()
}

proptest! {
	#[test]
	fn who_joins_and_leaves_at_once_gains_nothing(
		(pool, _) in slashed_pool(),
		amount in 1..=MOST / 100,
	) {
		let (mut pool, before) = (pool, pool);
		let mut position = Position::default();
		prop_assume!(pool.join(&mut position, amount).is_ok());
		pool.settle(&mut position);
		let left = pool.leave(&mut position, Balance::MAX);
		prop_assert!(left.amount <= amount);
		prop_assert_eq!(position, Position::default());
		prop_assert_eq!(pool.shares, before.shares);
		prop_assert!(pool.held() <= before.held() + amount);
	}

	#[test]
	fn nobody_else_loses_when_somebody_joins_or_leaves(
		(pool, mut positions) in slashed_pool(),
		amount in 1..=MOST / 100,
		leaves in any::<bool>(),
	) {
		let mut pool = pool;
		let mut position = positions.pop().unwrap();
		pool.settle(&mut position);
		let before: Vec<_> = positions.iter().map(|it| pool.worth_of(it)).collect();
		if leaves {
			pool.leave(&mut position, amount);
		} else {
			prop_assume!(pool.join(&mut position, amount).is_ok());
		}
		for (other, before) in positions.iter().zip(before) {
			// A unit at most, which was the leaver's by no share and is burned as dust.
			prop_assert!(pool.worth_of(other) + 1 >= before);
		}
	}

	/// However they are settled and leave, all that is held is somebody's or was cut.
	#[test]
	fn what_is_held_is_worth_and_cuts(
		(pool, positions) in slashed_pool(),
		steps in prop::collection::vec((any::<prop::sample::Index>(), 0..=MOST / 100), 0..40),
	) {
		let (mut pool, mut positions) = (pool, positions);
		prop_assert_eq!(pool.held(), held(&positions));
		for (who, amount) in steps {
			let position = who.get(&positions).to_owned();
			let at = positions.iter().position(|it| *it == position).unwrap();
			let position = &mut positions[at];
			let before = position.held;
			let worth = pool.worth_of(position);
			let cut = pool.settle(position);
			prop_assert_eq!(position.held, before - cut);
			prop_assert!(position.held >= worth, "nobody is cut to less than a share is worth");
			let left = pool.leave(position, amount);
			prop_assert!(left.amount <= worth && left.amount <= amount.max(worth));
			prop_assert_eq!(pool.held(), held(&positions));
		}
		for position in &mut positions {
			pool.settle(position);
			pool.leave(position, Balance::MAX);
		}
		prop_assert_eq!(pool, Pool::default());
	}

	#[test]
	fn a_slash_takes_the_same_part_of_everybody(
		amounts in prop::collection::vec(1..=MOST / 100, 1..8),
		parts in 0u32..=1_000_000_000,
	) {
		let fraction = Perbill::from_parts(parts);
		let mut pool = Pool::default();
		let mut positions = vec![];
		for amount in &amounts {
			let mut position = Position::default();
			pool.join(&mut position, *amount).unwrap();
			positions.push(position);
		}
		let (all, positions_count) = (pool.value, positions.len() as u128);
		let lost = pool.set_aside(fraction);
		prop_assert!(lost >= fraction.mul_floor(all) && lost <= fraction.mul_ceil(all));
		pool.lose(lost);
		for (position, amount) in positions.iter_mut().zip(amounts) {
			pool.settle(position);
			let stays = (Perbill::one() - fraction).mul_floor(amount);
			// What rounding takes from some, others keep on hold, but cannot take out.
			let most = stays + positions_count;
			prop_assert!((stays.saturating_sub(2)..=most).contains(&position.held));
			prop_assert!(pool.worth_of(position) <= stays + 1);
		}
	}

	#[test]
	fn what_is_set_aside_and_put_back_is_as_before((pool, _) in slashed_pool(), parts in 0u32..=1_000_000_000) {
		let mut again = pool;
		let amount = again.set_aside(Perbill::from_parts(parts));
		again.put_back(amount);
		prop_assert_eq!(again, pool);
	}

	#[test]
	fn a_position_that_is_split_is_as_much_as_before(
		shares in 1..=MOST, held in 1..=MOST, amount in 0..=MOST,
	) {
		let whole = Position { shares, held };
		let mut rest = whole;
		let mut part = rest.split(amount);
		prop_assert_eq!(part.held, amount.min(held));
		part.merge(rest);
		prop_assert_eq!(part, whole);
	}
}

#[test]
fn a_pool_is_closed_only_by_a_whole_slash() {
	let mut pool = Pool::default();
	pool.join(&mut Position::default(), 1).unwrap();
	let lost = pool.set_aside(Perbill::from_percent(99));
	pool.lose(lost);
	assert!(!pool.is_closed(), "{pool:?}");
	let lost = pool.set_aside(Perbill::one());
	assert!(!pool.is_closed(), "it can still be put back");
	pool.lose(lost);
	assert!(pool.is_closed());
	assert!(pool.join(&mut Position::default(), 1).is_err());
}

#[test]
fn bounds_of_numbers_are_errors() {
	let mut pool = Pool { value: 1, shares: u128::MAX, ..Default::default() };
	assert!(pool.join(&mut Position::default(), 1).is_err());
	let mut pool = Pool { value: u128::MAX, shares: 1, ..Default::default() };
	assert!(pool.join(&mut Position::default(), 1).is_err(), "it buys no share");
	let mut pool = Pool { value: u128::MAX, shares: u128::MAX, ..Default::default() };
	assert!(pool.join(&mut Position::default(), 1).is_err());
	let all = Position { shares: u128::MAX, held: u128::MAX };
	assert_eq!(pool.worth_of(&all), u128::MAX);
}
