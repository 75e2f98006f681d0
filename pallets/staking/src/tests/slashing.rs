//! Slashes, from the report to the last cut.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use mbongo_primitives::units::MBO;

const REPORTER: AccountId = 20;
const DEFERRAL: u64 = 10;
const UNBONDING: u32 = 3;

fn percent(percent: u32) -> Perbill {
	Perbill::from_percent(percent)
}

fn double_sign(who: AccountId) {
	report(&[who], Staking::epoch(), percent(0), REPORTER);
}

fn pass_deferral() {
	pass_blocks(DEFERRAL + 1);
}

#[test]
fn five_percent_of_everybody_after_the_deferral() {
	run(|| {
		stake(5, 1, 2 * OWN);
		stake(6, 1, OWN);
		pass_epochs(1);
		events();
		double_sign(1);
		let fraction = percent(5);
		let (epoch, due) = (1, System::block_number() + DEFERRAL);
		let all = 4 * OWN;
		let events = events();
		assert!(events.contains(&Event::SlashDeferred {
			number: 0,
			validator: 1,
			epoch,
			fraction,
			amount: all / 20,
			due,
		}));
		assert!(events.contains(&Event::Chilled { validator: 1, reason: ChillReason::Offence }));
		assert_eq!(Stakes::<Test>::get(1).pool.value, all - all / 20, "it counts no more");
		pass_blocks(DEFERRAL - 1);
		assert_eq!((held(1), held(5)), (OWN, 2 * OWN));

		let issued = Balances::total_issuance();
		let [treasury, reporter] = [TREASURY, REPORTER].map(Balances::free_balance);
		pass_blocks(1);
		assert!(said(Event::Slashed { number: 0, validator: 1, amount: all / 20 }));
		assert_eq!(held(1), OWN - OWN / 20, "the validator is cut at once");
		let gained = |who, before| Balances::free_balance(who) - before;
		assert_eq!(gained(REPORTER, reporter), OWN / 20 / 5);
		assert_eq!(gained(TREASURY, treasury), OWN / 20 * 3 / 10);
		assert_eq!(issued - Balances::total_issuance(), OWN / 20 / 2);

		// The others when they are settled.
		assert_eq!((held(5), worth(5, 1)), (2 * OWN, 2 * OWN - OWN / 10));
		assert_ok!(Staking::settle(signed(9), 5, 1));
		assert_ok!(Staking::unstake(signed(6), 1, Balance::MAX));
		assert_eq!((held(5), held(6)), (2 * OWN - OWN / 10, OWN - OWN / 20));
		assert_eq!(gained(REPORTER, reporter), all / 20 / 5);
		assert_eq!(gained(TREASURY, treasury), all / 20 * 3 / 10);
		assert_eq!(issued - Balances::total_issuance(), all / 20 / 2);
		assert!(!Owed::<Test>::contains_key(1));
		pass_epochs(2);
		assert!(!Session::validators().contains(&1));
	});
}

#[test]
fn nobody_joins_or_leaves_meanwhile() {
	run(|| {
		stake(5, 1, OWN);
		stake(6, 2, OWN);
		assert_ok!(Staking::unstake(signed(5), 1, MBO));
		double_sign(1);
		let deferred = Error::<Test>::SlashDeferred;
		assert_noop!(Staking::stake(signed(6), 1, MBO), deferred);
		assert_noop!(Staking::unstake(signed(5), 1, MBO), Error::<Test>::SlashDeferred);
		assert_noop!(Staking::redelegate(signed(5), 1, 2, MBO), Error::<Test>::SlashDeferred);
		assert_noop!(Staking::redelegate(signed(6), 2, 1, MBO), Error::<Test>::SlashDeferred);
		assert_noop!(Staking::resume(signed(1)), Error::<Test>::SlashDeferred);
		assert_noop!(Staking::chill(signed(1)), Error::<Test>::AlreadyChilled);
		// What it has earned is theirs.
		pass_epochs(1);
		assert_ok!(Staking::payout(signed(9), 1));
		assert_ok!(Staking::stake(signed(6), 1, MBO), ());
		assert_ok!(Staking::unstake(signed(5), 1, MBO));
	});
}

#[test]
fn a_cancelled_slash_leaves_everything_as_it_was() {
	run(|| {
		stake(5, 1, OWN);
		assert_ok!(Staking::unstake(signed(5), 1, MBO));
		stake(6, 1, OWN);
		assert_ok!(Staking::redelegate(signed(6), 1, 2, MBO));
		let stake_before = Stakes::<Test>::get(1);
		let unbonding = UnbondingPools::<Test>::get(1, 0);
		let redelegated = RedelegatedPools::<Test>::get(1, 0);
		double_sign(1);
		assert_ne!(Stakes::<Test>::get(1), stake_before);
		assert_ne!(UnbondingPools::<Test>::get(1, 0), unbonding);
		assert_ne!(RedelegatedPools::<Test>::get(1, 0), redelegated);
		sound();
		assert_noop!(Staking::cancel_slash(RuntimeOrigin::root(), 1), Error::<Test>::NoSuchSlash);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 0));
		let amount = stake_before.pool.value / 20 + MBO / 10;
		assert!(said(Event::SlashCancelled { number: 0, validator: 1, amount }));
		assert_eq!(Stakes::<Test>::get(1), stake_before);
		assert_eq!(UnbondingPools::<Test>::get(1, 0), unbonding);
		assert_eq!(RedelegatedPools::<Test>::get(1, 0), redelegated);
		assert_eq!(Validators::<Test>::get(1).unwrap().strike, None, "it does not count");
		assert_ok!(Staking::resume(signed(1)));
		pass_deferral();
		assert_eq!(held(1), OWN);
		assert_noop!(Staking::cancel_slash(RuntimeOrigin::root(), 0), Error::<Test>::NoSuchSlash);
	});
}

#[test]
fn what_has_left_since_the_offence_is_slashed_too() {
	run(|| {
		for who in 5..=7 {
			stake(who, 1, 100 * MBO);
		}
		stake(8, 2, 100 * MBO);
		pass_epochs(1);
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		pass_epochs(2);
		assert_ok!(Staking::unstake(signed(6), 1, 40 * MBO));
		assert_ok!(Staking::redelegate(signed(7), 1, 2, 60 * MBO));
		// For what was done in this epoch: 5 had left before the day before.
		report(&[1], 3, percent(50), REPORTER);
		pass_deferral();
		for (who, validator) in [(5, 1), (6, 1), (7, 1), (7, 2), (8, 2)] {
			let _ = Staking::settle(signed(9), who, validator);
		}
		assert_eq!(held(5), 100 * MBO);
		assert_eq!(held(6), 50 * MBO);
		assert_eq!(Staking::unbonding(6)[0].worth, 20 * MBO);
		assert_eq!(held(7), 50 * MBO);
		assert_eq!((worth(7, 1), worth(7, 2)), (20 * MBO, 30 * MBO));
		assert_eq!((held(8), worth(8, 2)), (100 * MBO, 100 * MBO), "who was always there");
		pass_epochs(UNBONDING);
		assert_ok!(Staking::withdraw(signed(6)));
		assert_eq!(Balances::free_balance(6), RICH - 100 * MBO + 20 * MBO);
	});
}

#[test]
fn what_was_redelegated_answers_also_while_it_unbonds() {
	run(|| {
		stake(5, 1, 100 * MBO);
		assert_ok!(Staking::redelegate(signed(5), 1, 2, 60 * MBO));
		stake(5, 2, 40 * MBO);
		// What is free goes first: 40, and 30 of those that answer for 1.
		assert_ok!(Staking::unstake(signed(5), 2, 70 * MBO));
		assert_eq!(Staking::unbonding(5).iter().map(|it| it.worth).sum::<Balance>(), 70 * MBO);
		report(&[1], 0, percent(50), REPORTER);
		assert_noop!(Staking::settle(signed(9), 5, 1), Error::<Test>::SlashDeferred);
		pass_deferral();
		assert_ok!(Staking::settle(signed(9), 5, 1));
		assert_ok!(Staking::settle(signed(9), 5, 2));
		// 40 with 1, 60 from 1 to 2 in two places, all by half; 40 untouched.
		assert_eq!(held(5), 20 * MBO + 30 * MBO + 40 * MBO);
		assert_eq!((worth(5, 1), worth(5, 2)), (20 * MBO, 15 * MBO));
		assert_eq!(Staking::unbonding(5).iter().map(|it| it.worth).sum::<Balance>(), 55 * MBO);
		pass_epochs(UNBONDING);
		assert_ok!(Staking::withdraw(signed(5)));
		assert_ok!(Staking::unstake(signed(5), 2, Balance::MAX));
		assert!(RedelegatedPools::<Test>::iter().next().is_none());
	});
}

#[test]
fn both_validators_slashes_hit_what_was_redelegated() {
	run(|| {
		stake(5, 1, 100 * MBO);
		assert_ok!(Staking::redelegate(signed(5), 1, 2, 100 * MBO));
		report(&[2], 0, percent(60), REPORTER);
		report(&[1], 0, percent(60), REPORTER);
		pass_blocks(DEFERRAL + 2);
		// 60 for each, of 100: there is no more than all.
		assert_eq!(held(5), 100 * MBO);
		assert_ok!(Staking::settle(signed(9), 5, 2));
		assert_eq!(held(5), 0);
		assert!(!Delegations::<Test>::contains_key(5, 2));
	});
}

#[test]
fn the_second_time_is_a_third_and_out() {
	run(|| {
		double_sign(1);
		pass_epochs(2);
		assert_eq!(held(1), OWN - OWN / 20);
		assert_ok!(Staking::resume(signed(1)));
		double_sign(1);
		assert_eq!(Validators::<Test>::get(1).unwrap().status, Standing::Out);
		pass_deferral();
		let left = OWN - OWN / 20;
		assert_eq!(held(1), left - percent(33).mul_ceil(left));
		assert_noop!(Staking::resume(signed(1)), Error::<Test>::Out);
		assert_noop!(Staking::chill(signed(1)), Error::<Test>::Out);
		assert_noop!(Staking::stake(signed(5), 1, MBO), Error::<Test>::Out);
		assert_noop!(Staking::register_validator(signed(1), percent(1)), Error::<Test>::Out);
		// Its stake can leave, and what is known stays.
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		assert_eq!(Validators::<Test>::get(1).unwrap().status, Standing::Out);
	});
}

#[test]
fn what_is_one_incident_counts_once() {
	run(|| {
		pass_epochs(1);
		// As author, attester and voter, in this epoch and in the next, until it is out of the set.
		for epoch in [1, 1, 0] {
			report(&[1], epoch, percent(0), REPORTER);
		}
		pass_epochs(1);
		report(&[1], 2, percent(0), REPORTER);
		pass_deferral();
		assert_eq!(held(1), OWN - OWN / 20);
		assert_eq!(Validators::<Test>::get(1).unwrap().status, Standing::Chilled);
	});
}

#[test]
fn many_at_once_lose_more_and_only_the_difference_is_added() {
	run(|| {
		report(&[1], 0, percent(4), REPORTER);
		report(&[1, 2], 0, percent(20), REPORTER);
		report(&[1, 2, 3], 0, percent(60), REPORTER);
		pass_blocks(DEFERRAL + 6);
		for who in [1, 2, 3] {
			let left = OWN * 4 / 10;
			assert!(held(who).abs_diff(left) < MBO / 1_000, "{who}: {} {left}", held(who));
		}
		assert_eq!(held(4), OWN);
	});
}

#[test]
fn a_pool_slashed_to_nothing_is_closed() {
	run(|| {
		stake(5, 1, 100 * MBO);
		report(&[1], 0, Perbill::one(), REPORTER);
		assert!(!Stakes::<Test>::get(1).pool.is_closed(), "it may still be cancelled");
		pass_deferral();
		assert_eq!(held(1), 0);
		assert!(Stakes::<Test>::get(1).pool.is_closed());
		assert_noop!(Staking::stake(signed(1), 1, OWN), Error::<Test>::Closed);
		assert_eq!(worth(5, 1), 0);
		assert_noop!(Staking::unstake(signed(5), 1, Balance::MAX), Error::<Test>::NoStake);
		assert_ok!(Staking::settle(signed(9), 5, 1));
		assert_eq!(held(5), 0);
		assert!(!Delegations::<Test>::contains_key(5, 1));
	});
}

#[test]
fn an_offence_can_be_reported_until_what_it_slashes_could_be_free() {
	run(|| {
		assert_eq!(Staking::reportable_epochs(), 1);
		stake(5, 1, 100 * MBO);
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		pass_epochs(2);
		report(&[1], 0, percent(50), REPORTER);
		assert!(DeferredSlashes::<Test>::iter().next().is_none(), "too late");
		report(&[1], 1, percent(50), REPORTER);
		assert!(DeferredSlashes::<Test>::iter().next().is_some());
	});
	run(|| {
		stake(5, 1, 100 * MBO);
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		// At the last moment, in the last block of the last epoch.
		pass_epochs(2);
		System::set_block_number(2 * EPOCH - 1);
		pallet_session::CurrentIndex::<Test>::put(1);
		report(&[1], 0, percent(50), REPORTER);
		pass_epochs(2);
		assert_ok!(Staking::withdraw(signed(5)));
		assert_eq!(Balances::free_balance(5), RICH - 50 * MBO, "it was slashed before it was free");
	});
}

#[test]
fn somebody_who_is_no_validator_any_more_is_still_slashed() {
	run(|| {
		assert_ok!(Staking::chill(signed(1)));
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		assert!(!Validators::<Test>::contains_key(1));
		double_sign(1);
		pass_deferral();
		assert_ok!(Staking::settle(signed(9), 1, 1));
		assert_eq!(held(1), OWN - OWN / 20);
		assert_eq!(Validators::<Test>::get(1).unwrap().strike.unwrap().count, 1, "it is known");
		// Of who never was one there is nothing to slash.
		double_sign(9);
		assert_eq!(DeferredSlashes::<Test>::get(1).unwrap().amount(), 0);
	});
}

#[test]
fn reporters_are_paid_in_their_order_and_no_more_than_their_part() {
	run(|| {
		stake(5, 1, OWN);
		report(&[1], 0, percent(10), 15);
		pass_epochs(2);
		report(&[1], 2, percent(10), 16);
		pass_deferral();
		let [first, second] = [15, 16].map(|who| Balances::free_balance(who) - RICH);
		assert_ok!(Staking::settle(signed(9), 5, 1));
		let [first_all, second_all] = [15, 16].map(|who| Balances::free_balance(who) - RICH);
		assert_eq!(first_all, 2 * OWN / 10 / 5);
		let of_second = percent(33).mul_ceil(2 * OWN * 9 / 10) / 5;
		assert!(of_second - second_all <= 2, "{second_all} {of_second}");
		assert!(first < first_all || second < second_all);
	});
}

#[test]
fn stake_that_left_a_day_before_but_chose_the_set_answers_too() {
	run(|| {
		pass_epochs(3);
		// It is announced for the next epoch, and leaves with all it has on the last day before.
		stake(5, 1, 100 * MBO);
		assert_ok!(Staking::redelegate(signed(5), 1, 2, 100 * MBO));
		assert_ok!(Staking::chill(signed(1)));
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		pass_epochs(1);
		assert!(Session::validators().contains(&1));
		double_sign(1);
		pass_deferral();
		assert_ok!(Staking::settle(signed(9), 1, 1));
		assert_eq!(held(1), OWN - OWN / 20);
		assert_ok!(Staking::settle(signed(9), 5, 2));
		assert_eq!(held(5), 95 * MBO);
	});
}

#[test]
fn a_later_offence_does_not_shield_what_left_after_an_earlier_one() {
	run(|| {
		Settings::<Test>::mutate(|settings| settings.unbonding_days = 10);
		stake(1, 1, 50_000 * MBO);
		pass_epochs(2);
		let earlier = Staking::epoch();
		pass_epochs(1);
		assert_ok!(Staking::unstake(signed(1), 1, 50_000 * MBO));
		pass_epochs(3);
		// The later one is reported first, and costs little.
		double_sign(1);
		pass_deferral();
		assert_eq!(held(1), 50_000 * MBO + OWN - OWN / 20);
		report(&[1], earlier, percent(0), REPORTER);
		pass_deferral();
		assert_ok!(Staking::settle(signed(9), 1, 1));
		let all = OWN + 50_000 * MBO;
		assert_eq!(held(1), all - all / 20, "nothing twice, and nothing not at all");
		report(&[1], earlier, percent(0), REPORTER);
		assert!(DeferredSlashes::<Test>::iter().next().is_none(), "once is enough");
	});
}

#[test]
fn who_reports_itself_does_not_live_on_its_delegators() {
	run(|| {
		// Nine tenths are of others.
		stake(5, 1, 90_000 * MBO);
		let own = || Balances::total_balance(&1) + Balances::total_balance(&REPORTER);
		let before = own();
		double_sign(1);
		pass_deferral();
		assert_ok!(Staking::settle(signed(REPORTER), 5, 1));
		assert!(own() <= before, "{} {before}", own());
		assert_eq!(Balances::free_balance(REPORTER) - RICH, OWN / 20, "no more than it has lost");
	});
}

#[test]
fn a_pardon_holds_against_further_reports_of_that_epoch() {
	run(|| {
		double_sign(1);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 0));
		assert_ok!(Staking::resume(signed(1)));
		// Another of that epoch is reported, and with it all who were.
		report(&[1, 2], 0, percent(40), REPORTER);
		assert_eq!(DeferredSlashes::<Test>::iter().count(), 1);
		assert!(!Staking::is_frozen(&1) && Staking::is_frozen(&2));
		assert_eq!(Validators::<Test>::get(1).unwrap().status, Standing::Candidate);
		pass_epochs(3);
		double_sign(1);
		assert_eq!(Validators::<Test>::get(1).unwrap().strike.unwrap().count, 1);
	});
}

#[test]
fn a_report_of_what_was_slashed_already_chills_nobody_again() {
	run(|| {
		double_sign(1);
		pass_epochs(1);
		assert_ok!(Staking::resume(signed(1)));
		report(&[1], 0, percent(5), REPORTER);
		assert_eq!(Validators::<Test>::get(1).unwrap().status, Standing::Candidate);
	});
}

#[test]
fn out_stays_out_until_all_of_the_second_time_is_cancelled() {
	run(|| {
		double_sign(1);
		pass_epochs(2);
		double_sign(1);
		let epoch = Staking::epoch();
		report(&[1], epoch, percent(60), REPORTER);
		let known = || Validators::<Test>::get(1).unwrap();
		assert_eq!(known().status, Standing::Out);
		let numbers: Vec<_> = SlashQueue::<Test>::get().iter().map(|(_, number)| *number).collect();
		assert_eq!(numbers.len(), 2);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), numbers[1]));
		assert_eq!((known().status, known().strike.unwrap().count), (Standing::Out, 2));
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), numbers[0]));
		assert_eq!((known().status, known().strike.unwrap().count), (Standing::Chilled, 1));
	});
}

#[test]
fn a_strike_can_be_cancelled_though_nothing_is_slashed() {
	run(|| {
		assert_ok!(Staking::chill(signed(1)));
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		pass_epochs(4);
		assert_ok!(Staking::withdraw(signed(1)));
		double_sign(1);
		assert_eq!(Validators::<Test>::get(1).unwrap().strike.unwrap().count, 1);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 0));
		assert_eq!(Validators::<Test>::get(1).unwrap().strike, None);
	});
}

#[test]
fn many_slashes_owe_one_reporter_one_sum() {
	run(|| {
		for fraction in 1..=12 {
			report(&[1], 0, percent(fraction * 5), REPORTER);
		}
		pass_blocks(DEFERRAL + 13);
		let lost = OWN - held(1);
		let gained = Balances::free_balance(REPORTER) - RICH;
		assert!(gained.abs_diff(lost / 5) < 100, "{gained} {lost}");
	});
}

#[test]
fn a_deferred_slash_keeps_nothing_on_hold_that_it_does_not_take() {
	run(|| {
		stake(5, 1, 100 * MBO);
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		pass_epochs(UNBONDING);
		double_sign(1);
		assert!(Staking::is_frozen(&1));
		assert_ok!(Staking::withdraw(signed(5)));
		assert_eq!(Balances::free_balance(5), RICH);
	});
}

#[test]
fn without_a_reporter_its_part_is_the_treasurys() {
	run(|| {
		let before = Balances::free_balance(TREASURY);
		let details = sp_staking::offence::OffenceDetails { offender: (1, ()), reporters: vec![] };
		<Staking as sp_staking::offence::OnOffenceHandler<_, _, _>>::on_offence(
			&[details],
			&[percent(0)],
			0,
		);
		pass_deferral();
		assert_eq!(Balances::free_balance(TREASURY) - before, OWN / 20 / 2);
	});
}

#[test]
fn one_slash_is_done_in_a_block() {
	run(|| {
		report(&[1, 2, 3], 0, percent(10), REPORTER);
		pass_blocks(DEFERRAL);
		assert_eq!([1, 2, 3].map(held), [OWN * 9 / 10, OWN, OWN]);
		pass_blocks(1);
		assert_eq!([1, 2, 3].map(held), [OWN * 9 / 10, OWN * 9 / 10, OWN]);
		pass_blocks(1);
		assert_eq!([1, 2, 3].map(held), [OWN * 9 / 10; 3]);
		assert!(SlashQueue::<Test>::get().is_empty());
	});
}

#[test]
fn when_too_many_wait_the_next_is_not_deferred() {
	run(|| {
		SlashQueue::<Test>::put(BoundedVec::truncate_from(vec![(1_000, 999); 1_024]));
		double_sign(1);
		assert_eq!(held(1), OWN - OWN / 20);
		SlashQueue::<Test>::kill();
	});
}

/// With many delegators a slash, a payout and a claim write what they do with one.
#[test]
fn ten_thousand_delegators_cost_what_one_does() {
	fn written(delegators: u64) -> Vec<usize> {
		let mut ext = new_test_ext();
		ext.execute_with(|| {
			for who in 1_000..1_000 + delegators {
				Balances::force_set_balance(RuntimeOrigin::root(), who, 10 * MBO).unwrap();
				stake(who, 1, MBO);
			}
			pass_epochs(2);
			System::reset_events();
		});
		let acts: [fn(); 5] = [
			|| Staking::payout(signed(9), 1).unwrap(),
			|| Staking::claim_rewards(signed(1_000), 1).unwrap(),
			|| double_sign(1),
			|| pass_deferral(),
			|| Staking::settle(signed(9), 1_000, 1).unwrap(),
		];
		acts.map(|act| {
			ext.commit_all().unwrap();
			ext.execute_with(act);
			ext.overlayed_changes().changes().count()
		})
		.to_vec()
	}
	assert_eq!(written(1), written(10_000));
}
