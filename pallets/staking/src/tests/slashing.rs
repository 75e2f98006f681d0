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

/// 5 has put 100 MBO behind 1, and moves all of it to 2.
fn redelegate_hundred() {
	stake(5, 1, 100 * MBO);
	assert_ok!(Staking::redelegate(signed(5), 1, 2, 100 * MBO));
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
		redelegate_hundred();
		report(&[2], 0, percent(60), REPORTER);
		report(&[1], 0, percent(60), REPORTER);
		pass_blocks(DEFERRAL + 2);
		assert_eq!(held(5), 100 * MBO);
		assert_ok!(Staking::settle(signed(9), 5, 2));
		// 60 % of what the other has left, whichever is first.
		assert!(held(5).abs_diff(16 * MBO) < 10, "{}", held(5));
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
		assert_eq!(Validators::<Test>::get(1).unwrap().standing, Standing::Out);
		pass_deferral();
		let left = OWN - OWN / 20;
		assert_eq!(held(1), left - percent(33).mul_ceil(left));
		assert_noop!(Staking::resume(signed(1)), Error::<Test>::Out);
		assert_noop!(Staking::chill(signed(1)), Error::<Test>::Out);
		assert_noop!(Staking::stake(signed(5), 1, MBO), Error::<Test>::Out);
		assert_noop!(Staking::register_validator(signed(1), percent(1)), Error::<Test>::Out);
		// Its stake can leave, and what is known stays.
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		assert_eq!(Validators::<Test>::get(1).unwrap().standing, Standing::Out);
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
		assert_eq!(Validators::<Test>::get(1).unwrap().standing, Standing::Chilled);
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
		redelegate_hundred();
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
		assert_eq!(Validators::<Test>::get(1).unwrap().standing, Standing::Candidate);
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
		assert_eq!(Validators::<Test>::get(1).unwrap().standing, Standing::Candidate);
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
		assert_eq!(known().standing, Standing::Out);
		let numbers: Vec<_> = SlashQueue::<Test>::get().iter().map(|(_, number)| *number).collect();
		assert_eq!(numbers.len(), 2);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), numbers[1]));
		assert_eq!((known().standing, known().strike.unwrap().count), (Standing::Out, 2));
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), numbers[0]));
		assert_eq!((known().standing, known().strike.unwrap().count), (Standing::Chilled, 1));
	});
}

#[test]
fn when_the_first_time_was_wrong_the_second_is_the_first() {
	run(|| {
		Settings::<Test>::mutate(|settings| {
			(settings.unbonding_days, settings.deferral_slots) = (10, 100);
		});
		double_sign(1);
		pass_epochs(2);
		double_sign(1);
		let known = || Validators::<Test>::get(1).unwrap();
		assert_eq!((known().standing, known().strike.unwrap().count), (Standing::Out, 2));
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 0));
		assert_eq!((known().standing, known().strike.unwrap().count), (Standing::Chilled, 1));
		assert_eq!(known().strike_before, None);
		// What was slashed for it as the second can still be cancelled, too.
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 1));
		assert_eq!(known().strike, None);
		assert_ok!(Staking::resume(signed(1)));
	});
}

#[test]
fn more_of_the_first_time_is_slashed_for_the_first_time_and_can_be_cancelled() {
	run(|| {
		Settings::<Test>::mutate(|settings| settings.unbonding_days = 10);
		double_sign(1);
		let first = Staking::epoch();
		pass_epochs(2);
		double_sign(1);
		pass_deferral();
		assert_eq!(held(1), percent(67) * percent(95) * OWN);
		// Of that incident others are known now.
		report(&[1], first, percent(24), REPORTER);
		let slash = DeferredSlashes::<Test>::iter_values().next().unwrap();
		assert_eq!(slash.fraction, percent(20), "of 95 %, 19 more");
		let known = || Validators::<Test>::get(1).unwrap();
		let strikes = || (known().strike_before.unwrap(), known().strike.unwrap());
		assert_eq!((strikes().0.fraction, strikes().1.fraction), (percent(24), percent(33)));
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 2));
		assert_eq!((known().standing, strikes().0.slashes), (Standing::Out, 1));
		assert_eq!(held(1), percent(67) * percent(95) * OWN);
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
fn who_has_lost_all_can_claim_what_it_had_earned_though_nobodys_stake_is_left() {
	run(|| {
		pass_epochs(1);
		report(&[4], 0, percent(100), REPORTER);
		pass_deferral();
		assert_eq!((held(4), worth(4, 4)), (0, 0));
		// Others come and go.
		stake(5, 4, MBO);
		assert_ok!(Staking::unstake(signed(5), 4, Balance::MAX));
		assert!(!Stakes::<Test>::contains_key(4));
		sound();
		let before = Balances::free_balance(4);
		assert_ok!(Staking::claim_rewards(signed(4), 4));
		assert!(Balances::free_balance(4) > before);
		assert!(!Delegations::<Test>::contains_key(4, 4));
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
		SlashQueue::<Test>::put(BoundedVec::truncate_from(vec![
			(1_000, 999);
			MAX_DEFERRED as usize
		]));
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

/// Makes 5 a validator with nothing but so much of its own.
fn small_validator(own: Balance) {
	Settings::<Test>::mutate(|settings| {
		settings.least_delegation = 1;
		settings.least_own_stake = 1;
	});
	stake(5, 5, own);
	assert_ok!(Staking::register_validator(signed(5), percent(0)));
}

/// The only cut since this was last asked, and by how much there is less of the token than there was.
fn only_cut(before: Balance) -> (Event<Test>, Balance) {
	let mut cuts: Vec<_> =
		events().into_iter().filter(|event| matches!(event, Event::Cut { .. })).collect();
	assert_eq!(cuts.len(), 1);
	(cuts.remove(0), before - Balances::total_issuance())
}

#[test]
fn a_reporter_without_an_account_is_paid_if_it_is_enough_for_one() {
	run(|| {
		let (nobody, before) = (77, Balances::total_issuance());
		report(&[1], 0, percent(0), nobody);
		pass_deferral();
		assert_eq!(Balances::free_balance(nobody), OWN / 20 / 5);
		let (_, gone) = only_cut(before);
		assert_eq!(gone, OWN / 20 / 2);
	});
	run(|| {
		// Of a cut of two deposits, two fifths of one.
		let (nobody, cut) = (77, 2 * EXISTENTIAL_DEPOSIT);
		small_validator(20 * cut);
		let before = Balances::total_issuance();
		let treasury = Balances::free_balance(TREASURY);
		report(&[5], 0, percent(0), nobody);
		events();
		pass_deferral();
		let to_treasury = cut * 3 / 10;
		let burned = cut - to_treasury;
		let of_five = Event::Cut { who: 5, validator: 5, burned, to_treasury, to_reporters: 0 };
		assert_eq!(only_cut(before), (of_five, burned), "what it cannot take is burned");
		assert!(!System::account_exists(&nobody));
		assert_eq!(Balances::free_balance(TREASURY) - treasury, to_treasury);
		assert!(!Owed::<Test>::contains_key(5), "and nobody waits for it");
		assert_eq!(held(5), 19 * cut);
	});
}

#[test]
fn a_treasury_without_an_account_is_paid_if_it_is_enough_for_one() {
	run(|| {
		Balances::force_set_balance(RuntimeOrigin::root(), TREASURY, 0).unwrap();
		assert!(!System::account_exists(&TREASURY));
		// Three fifths of a deposit for the treasury, two fifths for the reporter.
		let cut = 2 * EXISTENTIAL_DEPOSIT;
		small_validator(20 * cut);
		let before = Balances::total_issuance();
		double_sign(5);
		events();
		pass_deferral();
		let (burned, to_reporters) = (cut * 8 / 10, cut / 5);
		let of_five = Event::Cut { who: 5, validator: 5, burned, to_treasury: 0, to_reporters };
		assert_eq!(only_cut(before), (of_five, burned));
		assert_eq!(Balances::free_balance(REPORTER) - RICH, to_reporters);
		assert!(!System::account_exists(&TREASURY));

		double_sign(1);
		pass_deferral();
		assert_eq!(Balances::free_balance(TREASURY), OWN / 20 * 3 / 10);
	});
}

/// 5 and 6 have 100 MBO each that are free in this epoch, 5's of validator 1 and 6's of validator 2, but it
/// came from 1 on the day that a deferred slash of 1 reaches. 5 has one MBO more, of validator 3.
fn free_but_set_aside() {
	for who in [5, 6] {
		stake(who, 1, 100 * MBO);
	}
	stake(5, 3, MBO);
	assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
	assert_ok!(Staking::unstake(signed(5), 3, Balance::MAX));
	assert_ok!(Staking::redelegate(signed(6), 1, 2, 100 * MBO));
	assert_ok!(Staking::unstake(signed(6), 2, Balance::MAX));
	pass_epochs(2);
	pass_blocks(EPOCH - 1);
	report(&[1], 1, percent(0), REPORTER);
	pass_epochs(1);
	assert_eq!(Staking::today(), UNBONDING);
	// What nothing was set aside of is free.
	assert_ok!(Staking::withdraw(signed(5)));
	assert_eq!((held(5), held(6)), (100 * MBO, 100 * MBO));
	for who in [5, 6] {
		assert_noop!(Staking::withdraw(signed(who)), Error::<Test>::NothingToWithdraw);
	}
}

#[test]
fn what_is_set_aside_is_not_free_until_the_slash_has_fallen() {
	run(|| {
		free_but_set_aside();
		pass_deferral();
		for who in [5, 6] {
			assert_ok!(Staking::withdraw(signed(who)));
			assert_eq!((held(who), Balances::free_balance(who)), (0, RICH - 5 * MBO));
		}
		assert!(UnbondingPools::<Test>::iter().next().is_none());
		assert!(RedelegatedPools::<Test>::iter().next().is_none());
	});
}

#[test]
fn what_was_set_aside_is_free_when_the_slash_is_cancelled() {
	run(|| {
		free_but_set_aside();
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 0));
		for who in [5, 6] {
			assert_ok!(Staking::withdraw(signed(who)));
			assert_eq!((held(who), Balances::free_balance(who)), (0, RICH));
		}
		assert!(UnbondingPools::<Test>::iter().next().is_none());
		assert!(RedelegatedPools::<Test>::iter().next().is_none());
	});
}

#[test]
fn a_later_slash_does_not_let_go_what_an_earlier_one_has_taken() {
	run(|| {
		redelegate_hundred();
		assert_ok!(Staking::unstake(signed(5), 2, Balance::MAX));
		double_sign(1);
		pass_deferral();
		pass_epochs(UNBONDING);
		// This one does not reach what had left so long ago, and freezes its validator.
		double_sign(1);
		assert!(Staking::is_frozen(&1));
		assert_ok!(Staking::withdraw(signed(5)));
		assert_eq!(Balances::free_balance(5), RICH - 5 * MBO);
	});
}

#[test]
fn another_report_of_the_first_incident_after_the_second_adds_nothing() {
	run(|| {
		Settings::<Test>::mutate(|settings| settings.unbonding_days = 10);
		stake(5, 1, 100 * MBO);
		pass_epochs(2);
		let first = Staking::epoch();
		double_sign(1);
		pass_deferral();
		pass_epochs(2);
		assert_ok!(Staking::resume(signed(1)));
		// Leaves between both, with what the first has left.
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		pass_epochs(3);
		double_sign(1);
		pass_deferral();
		assert_eq!(Staking::unbonding(5)[0].worth, 95 * MBO);
		report(&[1], first, percent(0), REPORTER);
		assert_eq!(Staking::unbonding(5)[0].worth, 95 * MBO, "one incident is slashed once");
		assert!(DeferredSlashes::<Test>::iter().next().is_none());
	});
}

#[test]
fn what_is_unbonding_is_shown_with_what_slashes_of_where_it_was_have_left() {
	run(|| {
		redelegate_hundred();
		assert_ok!(Staking::unstake(signed(5), 2, Balance::MAX));
		double_sign(1);
		pass_deferral();
		let shown = Staking::unbonding(5)[0].worth;
		assert_ok!(Staking::settle(signed(9), 5, 2));
		assert_eq!((shown, held(5)), (95 * MBO, 95 * MBO));
	});
}

#[test]
fn what_is_cancelled_of_an_incident_does_not_excuse_the_rest_of_it() {
	run(|| {
		pass_epochs(3);
		// Both are one incident. The first report was wrong, the second is not.
		report(&[1], 3, percent(0), REPORTER);
		report(&[1], 2, percent(0), REPORTER);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 0));
		report(&[1], 2, percent(0), REPORTER);
		pass_deferral();
		assert_eq!(held(1), OWN - OWN / 20);
	});
}

#[test]
fn older_reports_of_one_incident_do_not_freeze_again_for_nothing() {
	run(|| {
		Settings::<Test>::mutate(|settings| settings.unbonding_days = 21);
		pass_epochs(15);
		double_sign(1);
		pass_deferral();
		pass_epochs(1);
		assert_ok!(Staking::resume(signed(1)));
		for epoch in (1..15).rev() {
			report(&[1], epoch, percent(0), REPORTER);
		}
		assert!(SlashQueue::<Test>::get().is_empty(), "nothing more is slashed");
		assert!(!Staking::is_frozen(&1));
		let known = Validators::<Test>::get(1).unwrap();
		assert_eq!((known.standing, known.strike.unwrap().since), (Standing::Candidate, 1));
	});
}

#[test]
fn few_offenders_cannot_fill_the_queue_of_slashes() {
	run(|| {
		Settings::<Test>::mutate(|settings| {
			(settings.unbonding_days, settings.day_epochs) = (21, 24);
			settings.deferral_slots = 24 * EPOCH;
		});
		pass_epochs(490);
		let now = Staking::epoch();
		for who in [1, 2, 3] {
			for epoch in (now - 400..=now).rev() {
				report(&[who], epoch, percent(0), REPORTER);
			}
		}
		report(&[4], now, percent(0), REPORTER);
		assert_eq!(SlashQueue::<Test>::get().len(), 4);
		assert_eq!(held(4), OWN, "it can still be cancelled");
	});
}

#[test]
fn what_was_cancelled_of_an_incident_does_not_shield_the_rest() {
	run(|| {
		pass_epochs(1);
		report(&[1], 1, percent(0), REPORTER);
		// This was wrong.
		report(&[1], 0, percent(60), REPORTER);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 1));
		pass_epochs(1);
		assert_eq!(held(1), OWN - OWN / 20);
		// The same incident, with others.
		report(&[1], 2, percent(20), REPORTER);
		pass_deferral();
		assert!(held(1).abs_diff(OWN * 8 / 10) < MBO / 1_000, "{}", held(1));
	});
}

#[test]
fn who_reports_one_that_has_unstaked_is_paid_too() {
	run(|| {
		assert_ok!(Staking::chill(signed(1)));
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		double_sign(1);
		pass_deferral();
		assert_ok!(Staking::settle(signed(9), 1, 1));
		assert_eq!(held(1), OWN - OWN / 20);
		assert_eq!(Balances::free_balance(REPORTER) - RICH, OWN / 20 / 5);
	});
}

#[test]
fn new_stake_does_not_answer_for_what_was_redelegated_and_is_lost() {
	run(|| {
		redelegate_hundred();
		report(&[2], 0, percent(60), REPORTER);
		pass_deferral();
		assert_ok!(Staking::settle(signed(9), 5, 2));
		assert_eq!(Staking::delegations(5)[0].liable, 40 * MBO);
		stake(5, 2, 100 * MBO);
		report(&[1], 0, percent(60), REPORTER);
		pass_deferral();
		assert_ok!(Staking::settle(signed(9), 5, 2));
		// 60 % of the 40 that were left.
		assert!(worth(5, 2).abs_diff(116 * MBO) < 10, "{}", worth(5, 2));
	});
}

#[test]
fn what_was_lost_here_is_not_lost_again_though_it_was_settled_between_both_slashes() {
	run(|| {
		redelegate_hundred();
		report(&[2], 0, percent(60), REPORTER);
		report(&[1], 0, percent(60), REPORTER);
		pass_blocks(DEFERRAL);
		assert!(!Staking::is_frozen(&2) && Staking::is_frozen(&1));
		assert_ok!(Staking::settle(signed(9), 5, 2));
		assert_eq!(held(5), 40 * MBO);
		pass_blocks(1);
		assert_ok!(Staking::settle(signed(9), 5, 2));
		assert!(held(5).abs_diff(16 * MBO) < 10, "{}", held(5));
	});
}

#[test]
fn what_is_unbonding_and_lost_need_not_answer_elsewhere() {
	run(|| {
		redelegate_hundred();
		assert_ok!(Staking::unstake(signed(5), 2, Balance::MAX));
		report(&[2], 0, percent(60), REPORTER);
		report(&[1], 0, percent(60), REPORTER);
		pass_deferral();
		pass_blocks(1);
		assert_ok!(Staking::settle(signed(9), 5, 2));
		assert!(held(5).abs_diff(16 * MBO) < 10, "{}", held(5));
	});
}

#[test]
fn pardons_of_one_epoch_take_one_place() {
	run(|| {
		Settings::<Test>::mutate(|settings| settings.unbonding_days = 10);
		for tenths in 1..=9 {
			report(&[1], 0, percent(tenths * 10), REPORTER);
		}
		for number in 0..9 {
			assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), number));
		}
		assert_eq!(Validators::<Test>::get(1).unwrap().pardoned.len(), 1);
		pass_epochs(1);
		report(&[1], 1, percent(0), REPORTER);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 9));
		report(&[1], 1, percent(40), REPORTER);
		assert!(DeferredSlashes::<Test>::iter().next().is_none(), "the pardon holds");
	});
}

#[test]
fn a_pardon_holds_though_the_validator_has_left() {
	run(|| {
		double_sign(1);
		assert_ok!(Staking::cancel_slash(RuntimeOrigin::root(), 0));
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		report(&[1], 0, percent(40), REPORTER);
		assert!(DeferredSlashes::<Test>::iter().next().is_none());
	});
}

#[test]
fn where_all_that_left_today_was_slashed_nobody_leaves_before_tomorrow() {
	run(|| {
		stake(5, 1, 100 * MBO);
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		report(&[1], 0, Perbill::one(), REPORTER);
		pass_deferral();
		assert_eq!(Stakes::<Test>::get(1).pool.shares, 0);
		stake(6, 1, MBO);
		let leave = || Staking::unstake(signed(6), 1, Balance::MAX);
		assert_noop!(leave(), Error::<Test>::Closed);
		pass_epochs(1);
		assert_ok!(leave());
	});
}

#[test]
fn where_all_that_was_redelegated_today_was_slashed_nobody_redelegates_before_tomorrow() {
	run(|| {
		stake(5, 1, 100 * MBO);
		assert_ok!(Staking::redelegate(signed(5), 1, 2, Balance::MAX));
		report(&[1], 0, Perbill::one(), REPORTER);
		pass_deferral();
		stake(6, 1, MBO);
		let redelegate = || Staking::redelegate(signed(6), 1, 2, Balance::MAX);
		assert_noop!(redelegate(), Error::<Test>::Closed);
		pass_epochs(1);
		assert_ok!(redelegate());
	});
}

#[test]
fn who_is_left_with_too_little_of_its_own_is_not_elected() {
	run(|| {
		let least = Settings::<Test>::get().least_own_stake;
		stake(5, 1, least);
		assert_ok!(Staking::redelegate(signed(5), 1, 5, Balance::MAX));
		assert_ok!(Staking::register_validator(signed(5), percent(0)));
		stake(6, 5, OWN);
		assert!(Staking::elected().contains(&5));
		// What it brought answers for where it was.
		report(&[1], 0, percent(40), REPORTER);
		pass_deferral();
		assert_ok!(Staking::settle(signed(9), 5, 5));
		assert!(Candidates::<Test>::contains_key(5), "it may put in more");
		assert!(!Staking::elected().contains(&5));
		stake(5, 5, least);
		assert!(Staking::elected().contains(&5));
	});
}
