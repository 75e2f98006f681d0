//! One validator's stake, counted once more without shares: everybody's stake is a number, of which a slash
//! takes its part from each.

use crate::{mock::*, *};
use mbongo_primitives::units::MBO;
use proptest::prelude::*;
use sp_core::U256;
use sp_runtime::{DispatchError, Percent};
use std::collections::BTreeMap;

const VALIDATOR: AccountId = 1;

/// Units and their fractions, of 2^-128: what that rounds is nothing beside a unit.
fn exact(amount: Balance) -> U256 {
	U256::from(amount) << 128
}

fn units(exact: U256) -> Balance {
	(exact >> 128).as_u128()
}

/// What is left of it after a slash.
fn slashed(amount: U256, fraction: Perbill) -> U256 {
	let kept = Perbill::one() - fraction;
	amount * U256::from(kept.deconstruct()) / U256::from(Perbill::one().deconstruct())
}

#[derive(Clone, Debug)]
enum Step {
	Stake(AccountId, Balance),
	/// A part of it, by percent.
	Unstake(AccountId, u32),
	/// For something so many epochs ago, and whether it is cancelled.
	Slash(u32, Perbill, bool),
	Settle(AccountId),
	Withdraw(AccountId),
	Blocks(u64),
}

fn step() -> impl Strategy<Value = Step> {
	use Step::*;
	let who = || prop_oneof![Just(VALIDATOR), 5..=9u64];
	let amount = prop_oneof![1..=1_000u128, 1..=MBO, MBO..=OWN];
	let fraction = (1..1_000_000_000u32).prop_map(Perbill::from_parts);
	prop_oneof![
		4 => (who(), amount).prop_map(|(who, amount)| Stake(who, amount)),
		4 => (who(), 1..=100u32).prop_map(|(who, part)| Unstake(who, part)),
		2 => (0..=1u32, fraction, any::<bool>()).prop_map(|(ago, part, not)| Slash(ago, part, not)),
		1 => who().prop_map(Settle),
		2 => who().prop_map(Withdraw),
		3 => (1..=25u64).prop_map(Blocks),
	]
}

/// Who has what, and what of whom is unbonding since which day.
#[derive(Default)]
struct Model {
	stakes: BTreeMap<AccountId, U256>,
	unbonding: BTreeMap<(AccountId, Day), U256>,
}

impl Model {
	fn take(&mut self, step: Step, bound: Balance) {
		let today = Staking::today();
		match step {
			Step::Stake(who, amount) => {
				if Staking::stake(signed(who), VALIDATOR, amount).is_ok() {
					*self.stakes.entry(who).or_default() += exact(amount);
				}
			}
			Step::Unstake(who, percent) => {
				let worth = worth(who, VALIDATOR);
				let amount = Percent::from_percent(percent as u8).mul_ceil(worth);
				match Staking::unstake(signed(who), VALIDATOR, amount) {
					Ok(()) => {
						let stake = self.stakes.entry(who).or_default();
						let all = amount == worth;
						let leaves = if all { *stake } else { exact(amount).min(*stake) };
						*stake -= leaves;
						*self.unbonding.entry((who, today)).or_default() += leaves;
					}
					Err(error) => {
						let is = |known: Error<Test>| error == DispatchError::from(known);
						assert!(is(Error::NoStake) || is(Error::BelowOwnMinimum), "{error:?}");
					}
				}
			}
			Step::Slash(ago, fraction, is_cancelled) => {
				let (epoch, number) =
					(Staking::epoch().saturating_sub(ago), NextSlash::<Test>::get());
				Staking::defer_slash(&VALIDATOR, epoch, |_| fraction, None, None, false);
				if is_cancelled || NextSlash::<Test>::get() == number {
					let _ = Staking::cancel_slash(RuntimeOrigin::root(), number);
					return;
				}
				let since = Staking::day_of(epoch.saturating_sub(1));
				let left = self.unbonding.iter_mut().filter(|((_, day), _)| *day >= since);
				for stake in self.stakes.values_mut().chain(left.map(|(_, stake)| stake)) {
					*stake = slashed(*stake, fraction);
				}
				pass_blocks(11);
			}
			Step::Settle(who) => {
				let _ = Staking::settle(signed(9), who, VALIDATOR);
			}
			Step::Withdraw(who) => {
				let before = Balances::free_balance(who);
				let _ = Staking::withdraw(signed(who));
				let mut free = U256::zero();
				self.unbonding.retain(|(whose, day), stake| {
					let stays = *whose != who || Staking::free_on(*day) > today;
					if !stays {
						free += *stake;
					}
					stays
				});
				let is = Balances::free_balance(who) - before;
				assert!(is.abs_diff(units(free)) <= bound, "{who} withdraws {is}");
			}
			Step::Blocks(count) => pass_blocks(count),
		}
	}

	fn compare(&self, bound: Balance) {
		for (who, stake) in &self.stakes {
			let (is, expected) = (worth(*who, VALIDATOR), units(*stake));
			assert!(is.abs_diff(expected) <= bound, "{who} has {is} and not {expected} at stake");
		}
		let mut unbonding = self.unbonding.clone();
		for who in [VALIDATOR].into_iter().chain(5..=9) {
			for it in Staking::unbonding(who) {
				let day = it.free_in_epoch - Staking::free_on(0);
				let expected = units(unbonding.remove(&(who, day)).unwrap_or_default());
				let is = it.worth;
				assert!(is.abs_diff(expected) <= bound, "{who} has {is} and not {expected} left");
			}
		}
		assert!(unbonding.is_empty(), "{unbonding:?} is forgotten");
	}
}

proptest! {
	/// A step rounds a position's shares by less than one, which is worth a unit at most, and what is on hold
	/// for it by another one. A slash that is rounded up takes a unit more, of all together. No slash makes
	/// such a difference larger. Two units for each step are what there can be, then.
	#[test]
	fn shares_are_what_everybody_has(steps in prop::collection::vec(step(), 1..80)) {
		run(|| {
			Settings::<Test>::mutate(|settings| settings.least_delegation = 1);
			let mut model = Model::default();
			model.stakes.insert(VALIDATOR, exact(OWN));
			for (place, step) in steps.into_iter().enumerate() {
				let bound = 2 * (place as u128 + 1);
				model.take(step, bound);
				model.compare(bound);
			}
		});
	}
}
