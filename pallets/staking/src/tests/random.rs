//! Whatever people do in whatever order.

use crate::{mock::*, *};
use mbongo_primitives::{emission::emitted, units::MBO};
use proptest::prelude::*;

/// What somebody does. Accounts and validators are small numbers, so that they meet.
#[derive(Clone, Debug)]
enum Step {
	Stake(AccountId, AccountId, Balance),
	Unstake(AccountId, AccountId, Balance),
	Redelegate(AccountId, AccountId, AccountId, Balance),
	Withdraw(AccountId),
	Register(AccountId, u32),
	SetCommission(AccountId, u32),
	Chill(AccountId),
	Resume(AccountId),
	Claim(AccountId, AccountId),
	Payout(AccountId),
	Settle(AccountId, AccountId),
	Report(AccountId, u32, u32),
	Cancel(u32),
	Missing(Vec<AccountId>),
	Blocks(u64),
}

fn step() -> impl Strategy<Value = Step> {
	use Step::*;
	let who = || 1..=12u64;
	let whom = || 1..=6u64;
	let amount = || {
		prop_oneof![Just(0), 1..=10u128, MBO..=100 * MBO, MBO..=OWN, Just(OWN), Just(Balance::MAX),]
	};
	prop_oneof![
		4 => (who(), whom(), amount()).prop_map(|(a, b, c)| Stake(a, b, c)),
		3 => (who(), whom(), amount()).prop_map(|(a, b, c)| Unstake(a, b, c)),
		3 => (who(), whom(), whom(), amount()).prop_map(|(a, b, c, d)| Redelegate(a, b, c, d)),
		2 => who().prop_map(Withdraw),
		1 => (whom(), 0..=100u32).prop_map(|(a, b)| Register(a, b)),
		1 => (whom(), 0..=100u32).prop_map(|(a, b)| SetCommission(a, b)),
		1 => whom().prop_map(Chill),
		1 => whom().prop_map(Resume),
		2 => (who(), whom()).prop_map(|(a, b)| Claim(a, b)),
		1 => whom().prop_map(Payout),
		2 => (who(), whom()).prop_map(|(a, b)| Settle(a, b)),
		1 => (whom(), 0..=3u32, 0..=100u32).prop_map(|(a, b, c)| Report(a, b, c)),
		1 => (0..=20u32).prop_map(Cancel),
		1 => prop::collection::vec(whom(), 0..3).prop_map(Missing),
		6 => (1..=25u64).prop_map(Blocks),
	]
}

fn take(step: Step) {
	use Step::*;
	let percent = Perbill::from_percent;
	// Whether it was refused does not matter, but what was refused must have changed nothing.
	let call: pallet::Call<Test> = match step {
		Stake(_, validator, amount) => Call::stake { validator, amount },
		Unstake(_, validator, amount) => Call::unstake { validator, amount },
		Redelegate(_, from, to, amount) => Call::redelegate { from, to, amount },
		Withdraw(_) => Call::withdraw {},
		Register(_, commission) => Call::register_validator { commission: percent(commission) },
		SetCommission(_, commission) => Call::set_commission { commission: percent(commission) },
		Chill(_) => Call::chill {},
		Resume(_) => Call::resume {},
		Claim(_, validator) => Call::claim_rewards { validator },
		Payout(validator) => Call::payout { validator },
		Settle(who, validator) => Call::settle { who, validator },
		Cancel(number) => {
			let _ = Staking::cancel_slash(RuntimeOrigin::root(), number);
			return;
		}
		Report(who, ago, fraction) => {
			let epoch = Staking::epoch().saturating_sub(ago);
			report(&[who], epoch, percent(fraction), 20);
			return;
		}
		Missing(who) => {
			mock::Missing::set(who);
			return;
		}
		Blocks(count) => {
			pass_blocks(count);
			return;
		}
	};
	let who = match step {
		Stake(who, ..) | Unstake(who, ..) | Redelegate(who, ..) | Withdraw(who) => who,
		Register(who, _) | SetCommission(who, _) | Chill(who) | Resume(who) => who,
		Claim(who, _) => who,
		_ => 13,
	};
	use sp_runtime::traits::Dispatchable;
	let _ = RuntimeCall::from(call).dispatch(signed(who));
}

/// What was made and destroyed, as events say.
#[derive(Default)]
struct Books {
	paid: Balance,
	burned: Balance,
	claimed: Balance,
}

impl Books {
	fn note(&mut self, genesis: Balance) {
		for event in events() {
			match event {
				Event::EpochPaid { stakers, .. } => self.paid += stakers,
				Event::Cut { burned, .. } => self.burned += burned,
				Event::Rewarded { amount, .. } => self.claimed += amount,
				_ => {}
			}
		}
		assert_eq!(Balances::total_issuance(), genesis + self.paid - self.burned);
		let made = emitted(EmittedUntil::<Test>::get());
		assert!(self.claimed <= self.paid, "no more is claimed than was paid");
		assert!(self.paid + UsefulWorkPot::<Test>::get() <= made, "or paid than emitted");
	}
}

/// All who can claim do, in this order; what they have then.
fn claim_all(order: impl Iterator<Item = (AccountId, AccountId)>) -> Vec<(AccountId, Balance)> {
	use frame_support::storage::{with_transaction_unchecked, TransactionOutcome};
	with_transaction_unchecked(|| {
		for (who, validator) in order {
			let _ = Staking::claim_rewards(signed(who), validator);
			let _ = Staking::payout(signed(who), validator);
		}
		// Not the treasury: of what is cut meanwhile, it gets what rounding leaves.
		let money = (1..=13).map(|who| (who, Balances::free_balance(who))).collect();
		TransactionOutcome::Rollback(money)
	})
}

proptest! {
	// 10^5 steps.
	#![proptest_config(ProptestConfig::with_cases(
		ProptestConfig::default().cases.max(200)
	))]

	#[test]
	fn holds_are_stakes_and_nothing_comes_from_nowhere(
		steps in prop::collection::vec(step(), 500),
	) {
		new_test_ext().execute_with(|| {
			let genesis = Balances::total_issuance();
			let mut books = Books::default();
			for (place, step) in steps.into_iter().enumerate() {
				take(step);
				books.note(genesis);
				if place % 10 == 0 {
					sound();
				}
			}
			sound();

			let mut pairs: Vec<_> = Delegations::<Test>::iter_keys().collect();
			pairs.sort();
			let forwards = claim_all(pairs.clone().into_iter());
			assert_eq!(forwards, claim_all(pairs.into_iter().rev()), "the order matters");
		});
	}
}
