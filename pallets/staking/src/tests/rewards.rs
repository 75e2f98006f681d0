//! What work earns, who gets it, and who misses it.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use mbongo_primitives::{
	emission::{emitted, HALVING_SLOTS},
	units::MBO,
	work::AttestationSink,
};
use sp_runtime::Percent;

/// What each of `set` has earned since this was last asked.
fn earned() -> Vec<(AccountId, Balance)> {
	events()
		.into_iter()
		.filter_map(|event| match event {
			Event::Earned { validator, amount, .. } => Some((validator, amount)),
			_ => None,
		})
		.collect()
}

#[test]
fn an_epoch_pays_half_its_emission_to_who_worked() {
	run(|| {
		pass_epochs(1);
		events();
		let before = Balances::total_issuance();
		pass_epochs(1);
		let half = (emitted(2 * EPOCH) - emitted(EPOCH)) / 2;
		let earned = earned();
		assert_eq!(earned.len(), 4);
		// All wrote five blocks and attested all.
		assert!(earned.iter().all(|(_, amount)| *amount == half / 4), "{earned:?} {half}");
		assert_eq!(Balances::total_issuance() - before, half, "and it is issued");
		assert_eq!(UsefulWorkPot::<Test>::get(), emitted(2 * EPOCH) / 2, "the other is not");
	});
}

#[test]
fn forty_percent_are_for_blocks_and_sixty_for_attestations() {
	run(|| {
		pass_epochs(1);
		// The second never attests, and writes as many blocks as all.
		Missing::set(vec![2]);
		pass_blocks(EPOCH - 1);
		events();
		Missing::set(vec![]);
		pass_epochs(1);
		let half = (emitted(2 * EPOCH) - emitted(EPOCH)) / 2;
		let of = |who| earned_by(who, half);
		fn earned_by(who: AccountId, half: Balance) -> Balance {
			let blocks = half * 40 / 100 / 4;
			// In the epoch's first block its attestation was included, in the others those of three.
			let (own, all) = if who == 2 { (1, 61) } else { (20, 61) };
			blocks + (half - half * 40 / 100) * own / all
		}
		let expected: Vec<_> = (1..=4).map(|who| (who, of(who))).collect();
		assert_eq!(earned(), expected);
	});
}

#[test]
fn a_part_is_shared_by_stake_after_commission() {
	run(|| {
		stake(5, 1, OWN);
		stake(6, 1, 2 * OWN);
		pass_epochs(1);
		assert!(Staking::pending_rewards(5).is_empty(), "stake earns from the next epoch on");
		let own_before = Staking::pending_rewards(1)[0].1;
		pass_epochs(1);
		let part = (emitted(2 * EPOCH) - emitted(EPOCH)) / 2 / 4;
		let shared = part - part / 10;
		let pending = |who| Staking::pending_rewards(who)[0].1;
		assert_eq!(pending(5), shared / 4);
		assert_eq!(pending(6), shared / 2);
		assert_eq!(pending(1) - own_before, part / 10 + shared / 4);
	});
}

#[test]
fn who_joins_and_leaves_within_an_epoch_earns_nothing_of_it() {
	run(|| {
		stake(5, 1, 90_000 * MBO);
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		assert!(Snapshots::<Test>::iter().next().is_none());
		pass_epochs(1);
		assert_eq!(Balances::free_balance(5), RICH - 90_000 * MBO);
		// Nor does what is added to a stake that earns.
		stake(6, 1, OWN);
		pass_epochs(1);
		stake(6, 1, 50_000 * MBO);
		pass_epochs(1);
		let part = (emitted(3 * EPOCH) - emitted(2 * EPOCH)) / 2 / 4;
		assert_eq!(Staking::pending_rewards(6)[0].1, (part - part / 10) / 2);
		// It is looked at long after.
		let before = Staking::pending_rewards(6)[0].1;
		pass_epochs(3);
		let three = (emitted(6 * EPOCH) - emitted(3 * EPOCH)) / 2 / 4;
		let expected = (three - three / 10) * 6 / 7;
		let gained = Staking::pending_rewards(6)[0].1 - before;
		assert!(gained <= expected && expected - gained < 10, "{gained} {expected}");
	});
}

#[test]
fn success_claim_and_payout() {
	run(|| {
		stake(5, 1, OWN);
		assert_noop!(Staking::claim_rewards(signed(5), 1), Error::<Test>::NothingToClaim);
		assert_noop!(Staking::claim_rewards(signed(6), 1), Error::<Test>::NoStake);
		assert_noop!(Staking::payout(signed(6), 9), Error::<Test>::NoStake);
		pass_epochs(2);
		events();
		let [of_five, of_one] = [5, 1].map(|who| Staking::pending_rewards(who)[0].1);
		assert_ok!(Staking::claim_rewards(signed(5), 1));
		assert!(said(Event::Rewarded { who: 5, validator: 1, amount: of_five }));
		assert_eq!(Balances::free_balance(5), RICH - OWN + of_five);
		assert_noop!(Staking::claim_rewards(signed(5), 1), Error::<Test>::NothingToClaim);
		// Anybody has the validator paid.
		assert_ok!(Staking::payout(signed(9), 1));
		assert!(said(Event::Rewarded { who: 1, validator: 1, amount: of_one }));
		assert_eq!(Balances::free_balance(1), RICH - OWN + of_one);
		assert_noop!(Staking::payout(signed(9), 1), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn nothing_is_issued_beyond_the_cap() {
	run(|| {
		let room = MBO;
		Cap::set(Balances::total_issuance() + room);
		pass_epochs(2);
		// But for a few units that rounding leaves to later epochs.
		let is_used_up = || {
			assert!((room / 2..room / 2 + 100).contains(&UsefulWorkPot::<Test>::get()));
			let room = Cap::get() - UsefulWorkPot::<Test>::get() - Balances::total_issuance();
			assert!(room < 100, "the half that is not issued is promised");
		};
		is_used_up();
		pass_epochs(2);
		is_used_up();
		// What is burned makes room again.
		assert_ok!(Balances::burn(signed(5), 10 * MBO, true));
		pass_epochs(1);
		assert!(Balances::total_issuance() < Cap::get());
	});
}

#[test]
fn emission_falls_with_the_years() {
	run(|| {
		EmittedUntil::<Test>::put(HALVING_SLOTS);
		let work = Tally { blocks: 1, written: vec![1].try_into().unwrap(), ..Tally::of(1) };
		// The mock's slot is the block's number, far before: nothing is emitted twice.
		let before = Balances::total_issuance();
		Staking::pay_epoch(0, &[1], &work);
		assert_eq!(Balances::total_issuance(), before);
		assert_eq!(EmittedUntil::<Test>::get(), HALVING_SLOTS);
		System::set_block_number(HALVING_SLOTS + 2 * EPOCH);
		Staking::pay_epoch(0, &[1], &work);
		let year_six = 2 * u128::from(EPOCH) * 90 * MBO / 1_000;
		assert_eq!(Balances::total_issuance() - before, year_six / 2 * 40 / 100);
	});
}

#[test]
fn who_attests_too_little_is_chilled_the_worst_first() {
	run(|| {
		pass_epochs(1);
		Missing::set(vec![2, 3]);
		events();
		pass_epochs(1);
		let chilled: Vec<_> = events()
			.into_iter()
			.filter_map(|event| match event {
				Event::Chilled { validator, reason } => Some((validator, reason)),
				_ => None,
			})
			.collect();
		assert_eq!(chilled, vec![(2, ChillReason::Missing)], "one of four at most");
		pass_epochs(2);
		assert!(!Session::validators().contains(&2));
	});
}

#[test]
fn of_two_that_miss_the_one_that_misses_more_is_chilled() {
	run(|| {
		pass_epochs(1);
		Missing::set(vec![2, 3]);
		pass_blocks(12);
		Missing::set(vec![3]);
		pass_epochs(1);
		let standing = |who| Validators::<Test>::get(who).unwrap().standing;
		assert_eq!((standing(2), standing(3)), (Standing::Candidate, Standing::Chilled));
	});
}

#[test]
fn a_tenth_of_a_larger_set_is_chilled_at_once() {
	run(|| {
		for who in 5..=20 {
			stake(who, who, OWN);
			assert_ok!(Staking::register_validator(signed(who), Perbill::zero()));
		}
		pass_epochs(2);
		assert_eq!(Session::validators().len(), 20);
		Missing::set((11..=20).collect());
		pass_epochs(1);
		let chilled: Vec<_> = (1..=20)
			.filter(|who| Validators::<Test>::get(who).unwrap().standing == Standing::Chilled)
			.collect();
		assert_eq!(chilled, vec![11, 12], "two of twenty");
	});
}

#[test]
fn half_of_the_attestations_are_enough() {
	run(|| {
		pass_epochs(1);
		// 20 blocks: 19 can be attested. Nine are not enough, ten are.
		Missing::set(vec![2]);
		pass_blocks(9);
		Missing::set(vec![]);
		pass_epochs(1);
		assert_eq!(Validators::<Test>::get(2).unwrap().standing, Standing::Candidate);
		Missing::set(vec![2]);
		pass_blocks(11);
		Missing::set(vec![]);
		pass_epochs(1);
		assert_eq!(Validators::<Test>::get(2).unwrap().standing, Standing::Chilled);
	});
}

#[test]
fn nobody_is_chilled_when_finality_lags_or_blocks_are_few() {
	run(|| {
		pass_epochs(1);
		Missing::set(vec![2]);
		Unfinalised::set(101);
		pass_blocks(2);
		Unfinalised::set(100);
		pass_epochs(1);
		assert_eq!(Validators::<Test>::get(2).unwrap().missed, 0, "two of four say that it lagged");
		// One of them may lie.
		Unfinalised::set(101);
		pass_blocks(1);
		Unfinalised::set(2);
		pass_epochs(1);
		assert_eq!(Validators::<Test>::get(2).unwrap().standing, Standing::Chilled);
		let few = Tally { blocks: 9, ..Tally::of(4) };
		Work::<Test>::put(few);
		assert_ok!(Staking::resume(signed(2)));
		<Staking as pallet_session::SessionManager<_>>::end_session(Staking::epoch());
		assert_eq!(Validators::<Test>::get(2).unwrap().standing, Standing::Candidate);
	});
}

#[test]
fn the_silent_leave_one_by_one_when_finality_has_lagged_for_a_day() {
	run(|| {
		Settings::<Test>::mutate(|settings| settings.day_epochs = 5);
		pass_epochs(1);
		Unfinalised::set(1_000);
		// 3 attests now and then.
		Missing::set(vec![2, 3, 4]);
		let left =
			|| (1..=4).filter(|who| !Candidates::<Test>::contains_key(who)).collect::<Vec<_>>();
		let live_on = |epochs| {
			for _ in 0..epochs {
				Missing::set(vec![2, 4]);
				pass_blocks(3);
				Missing::set(vec![2, 3, 4]);
				pass_epochs(1);
			}
		};
		live_on(4);
		assert!(left().is_empty());
		live_on(1);
		assert_eq!(left(), vec![2], "a tenth of the set, which is one at least");
		assert!(said(Event::Chilled { validator: 2, reason: ChillReason::Silent }));
		live_on(1);
		assert_eq!(left(), vec![2, 4]);
		live_on(2);
		assert_eq!(left(), vec![2, 4], "who is heard stays");
		assert_eq!(Watched::get(), vec![1, 3]);
		assert!(DeferredSlashes::<Test>::iter().next().is_none());
		assert_eq!(Validators::<Test>::get(2).unwrap().missed, 0, "it may be the network");

		// Once finality goes on, a day is a day again.
		Unfinalised::set(2);
		Missing::set(vec![]);
		pass_epochs(2);
		assert_eq!(LaggingEpochs::<Test>::get(), 0);
		assert_ok!(Staking::resume(signed(2)));
		pass_epochs(2);
		Unfinalised::set(1_000);
		Missing::set(vec![2]);
		pass_epochs(4);
		assert_eq!(left(), vec![4]);
	});
}

#[test]
fn nobody_is_silent_where_attesting_is_not_asked_or_blocks_are_too_few() {
	run(|| {
		pass_epochs(1);
		let end = |blocks| {
			let lagging = BoundedVec::truncate_from(vec![true; 4]);
			Work::<Test>::put(Tally { blocks, lagging, ..Tally::of(4) });
			<Staking as pallet_session::SessionManager<_>>::end_session(Staking::epoch());
			Candidates::<Test>::count()
		};
		assert_eq!(end(3), 4);
		Settings::<Test>::mutate(|settings| settings.least_attested = Percent::zero());
		assert_eq!(end(20), 4);
		Settings::<Test>::mutate(|settings| settings.least_attested = Percent::one());
		assert_eq!(end(4), 3);
	});
}

#[test]
fn three_epochs_in_a_row_are_slashed() {
	run(|| {
		pass_epochs(1);
		Missing::set(vec![2]);
		pass_epochs(1);
		assert_eq!(Validators::<Test>::get(2).unwrap().missed, 1);
		assert_ok!(Staking::resume(signed(2)));
		pass_epochs(1);
		assert_eq!(Validators::<Test>::get(2).unwrap().missed, 2);
		assert_ok!(Staking::resume(signed(2)));
		assert!(DeferredSlashes::<Test>::iter().next().is_none());
		// It is in the set again in the epoch after the next.
		pass_epochs(2);
		assert!(Session::validators().contains(&2));
		pass_epochs(1);
		let slash = DeferredSlashes::<Test>::iter_values().next().unwrap();
		assert_eq!((slash.validator, slash.amount()), (2, OWN / 200));
		assert_eq!(slash.reporter, None);
		assert_eq!(Validators::<Test>::get(2).unwrap().missed, 0);
		assert_noop!(Staking::resume(signed(2)), Error::<Test>::SlashDeferred);
		pass_blocks(11);
		assert_eq!(held(2), OWN - OWN / 200);
		assert_ok!(Staking::resume(signed(2)));
	});
}

#[test]
fn an_epoch_in_between_ends_the_row() {
	run(|| {
		for _ in 0..2 {
			Missing::set(vec![2]);
			pass_epochs(2);
			assert_eq!(Validators::<Test>::get(2).unwrap().missed, 2);
			assert_ok!(Staking::resume(signed(2)));
			Missing::set(vec![]);
			pass_epochs(3);
			assert!(Session::validators().contains(&2));
			assert_eq!(Validators::<Test>::get(2).unwrap().missed, 0);
		}
		assert!(DeferredSlashes::<Test>::iter().next().is_none());
	});
}

#[test]
fn the_first_block_of_an_epoch_includes_attestations_of_the_last_set() {
	run(|| {
		// 4 leaves and 5 comes, so that places change.
		stake(5, 5, OWN);
		assert_ok!(Staking::register_validator(signed(5), Perbill::zero()));
		assert_ok!(Staking::chill(signed(3)));
		pass_epochs(2);
		assert_eq!(Session::validators(), vec![1, 2, 4, 5]);
		assert_eq!(LastSet::<Test>::get().to_vec(), vec![1, 2, 3, 4]);
		let work = Work::<Test>::get();
		assert_eq!(work.included.to_vec(), vec![1, 1, 1, 0], "3 is not in the set, 5 was not");
		assert_eq!(work.attested.to_vec(), vec![0; 4], "nobody could attest a block of this epoch");
		assert_eq!((work.blocks, work.attestable()), (1, 0));
		next_block();
		assert_eq!(Work::<Test>::get().attested.to_vec(), vec![1; 4]);
	});
}

#[test]
fn places_outside_the_set_count_for_nobody() {
	run(|| {
		next_block();
		let before = Work::<Test>::get();
		Staking::attested(&[4, 99, usize::MAX], false, 0);
		Staking::attested(&[4, 99, usize::MAX], true, 0);
		assert_eq!(Work::<Test>::get(), before);
	});
}

#[test]
fn of_a_hundred_with_thirty_missing_the_ten_that_miss_most_are_chilled() {
	run(|| {
		for who in 5u64..=100 {
			Balances::force_set_balance(RuntimeOrigin::root(), who, 2 * OWN).unwrap();
			stake(who, who, OWN);
			pallet_session::NextKeys::<Test>::insert(who, keys(who));
			assert_ok!(Staking::register_validator(signed(who), Perbill::zero()));
		}
		pass_epochs(2);
		assert_eq!(Session::validators(), (1..=100).collect::<Vec<_>>());
		// Of 19 blocks, the last ten of the thirty attest none; of the others, eight.
		Missing::set((71..=100).collect());
		pass_blocks(11);
		Missing::set((91..=100).collect());
		pass_epochs(1);
		let known = |who: &u64| Validators::<Test>::get(who).unwrap();
		let chilled: Vec<_> =
			(1..=100).filter(|who| known(who).standing == Standing::Chilled).collect();
		assert_eq!(chilled, (91..=100).collect::<Vec<_>>());
		let missed: Vec<_> = (1..=100).filter(|who| known(who).missed > 0).collect();
		assert_eq!(missed, chilled, "it counts against nobody else");
		for who in 21..=100 {
			pallet_session::NextKeys::<Test>::remove(who);
		}
	});
}

#[test]
fn a_single_share_earns_all_if_it_can_be_counted() {
	run(|| {
		Stakes::<Test>::mutate(1, |stake| {
			stake.pool.shares = 1;
			stake.earnings.earning = 1;
		});
		Delegations::<Test>::mutate(1, 1, |it| it.as_mut().unwrap().position.shares = 1);
		// All that is emitted is 1,000 units, of which 200 are for authors.
		Cap::set(Balances::total_issuance() + 1_000);
		let work = || Tally { blocks: 1, written: vec![1].try_into().unwrap(), ..Tally::of(1) };
		let before = Balances::total_issuance();
		System::set_block_number(10);
		Staking::pay_epoch(0, &[1], &work());
		assert_eq!(Balances::total_issuance() - before, 200);
		assert_eq!(Stakes::<Test>::get(1).earnings.of_a_share, 180 * EARNINGS_SCALE);
		assert_eq!(Staking::pending_rewards(1), vec![(1, 200)]);
		assert_ok!(Staking::payout(signed(9), 1));

		// More than fits in what a share can earn: only the commission is paid, and issued.
		Cap::set(1_000 * RICH);
		let before = Balances::total_issuance();
		System::set_block_number(20);
		let for_authors = (emitted(20) - emitted(10)) / 2 * 40 / 100;
		Staking::pay_epoch(0, &[1], &work());
		assert_eq!(Balances::total_issuance() - before, for_authors / 10);
		assert_eq!(Staking::pending_rewards(1), vec![(1, for_authors / 10)]);
		assert_eq!(Stakes::<Test>::get(1).earnings.of_a_share, 180 * EARNINGS_SCALE);
	});
}

#[test]
fn where_no_share_earns_only_the_commission_is_paid_and_issued() {
	run(|| {
		// It leaves, and comes again while it is in the set: all its stake is new.
		assert_ok!(Staking::chill(signed(1)));
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		stake(1, 1, OWN);
		assert_ok!(Staking::register_validator(signed(1), Perbill::from_percent(10)));
		let earnings = Stakes::<Test>::get(1).earnings;
		assert_eq!((earnings.earning, earnings.joining), (0, OWN));
		events();
		let before = Balances::total_issuance();
		pass_epochs(1);
		let events = events();
		let of_one = Stakes::<Test>::get(1).earnings.commission;
		let mut of_others = 0;
		for event in &events {
			if let Event::Earned { validator, amount, commission } = event {
				match validator {
					1 => assert_eq!((*amount, *commission), (of_one, of_one)),
					_ => of_others += amount,
				}
			}
		}
		let all = emitted(EPOCH) / 2;
		assert!(of_one > 0 && (of_one * 40).abs_diff(all) < all / 5, "{of_one} of {all}");
		assert_eq!(Balances::total_issuance() - before, of_one + of_others);
		assert_eq!(Staking::pending_rewards(1), vec![(1, of_one)]);
		assert_ok!(Staking::payout(signed(9), 1));
		// From now on it earns.
		pass_epochs(1);
		assert!(Staking::pending_rewards(1)[0].1 > 2 * of_one);
	});
}

#[test]
fn commission_that_can_be_paid_out_is_shown_though_no_stake_is_the_validators_own() {
	run(|| {
		stake(5, 1, MBO);
		pass_epochs(1);
		assert_ok!(Staking::chill(signed(1)));
		assert_ok!(Staking::unstake(signed(1), 1, Balance::MAX));
		let commission = Stakes::<Test>::get(1).earnings.commission;
		assert!(commission > 0);
		let before = Balances::free_balance(1);
		let shown = Staking::pending_rewards(1);
		assert_ok!(Staking::payout(signed(9), 1));
		assert_eq!(Balances::free_balance(1) - before, commission);
		assert_eq!(shown, vec![(1, commission)]);
	});
}
