use super::*;

/// A task that scores, settled in this epoch: by whom.
fn scored(requester: u8, fee: Balance) -> u8 {
	let rates = Rates { units: [1; 4], price: MBO / 1_000_000 };
	assert_ok!(Compute::set_rates(RuntimeOrigin::root(), rates));
	let order = Order { max_fee: fee, ..order(&input(64_000)) };
	let done = revealed(requester, order, input(64_000), |_| {});
	let votes = [Some(Valid); 7];
	judged(done.id, &votes);
	pass_until(|| state(done.id) == State::Settled);
	done.provider
}

#[test]
fn an_epochs_emission_is_shared_by_score_and_never_more_than_what_was_burned() {
	run(|| {
		with_assets_and(&[11]);
		assert_eq!(scored(2, MBO), 11);
		let claim = |epoch| Compute::claim_work_reward(by(5), who(11), epoch);
		assert_noop!(claim(1), Failure::NothingEarned);
		Compute::epoch_is_over(1, 100 * MBO);
		Epoch::set(2);
		let before = free(11);
		assert_ok!(claim(1));
		assert_eq!(
			free(11) - before,
			MBO / 10 / 10 * 9,
			"nine tenths of the tenth that was burned"
		);
		assert_noop!(claim(1), Failure::NothingEarned);
		assert_noop!(claim(2), Failure::NothingEarned);
		assert_eq!(WorkOf::<Test>::iter().count() + EarnedBy::<Test>::iter().count(), 0);
	});
}

#[test]
fn what_there_is_goes_by_score() {
	run(|| {
		with_assets_and(&[11]);
		scored(2, 3 * MBO);
		assert_ok!(Compute::set_provider(by(11), MACHINE, false));
		assert_ok!(Compute::register_provider(by(12), 1_000 * MBO, MACHINE));
		scored(3, MBO);
		// The work is the lesser of the two things that limit the score.
		let score = |number| EarnedBy::<Test>::get(who(number), 1).unwrap().score;
		assert_eq!((score(11), score(12)), (64_000, 64_000));
		Compute::epoch_is_over(1, MBO / 10);
		for number in [11, 12] {
			let before = free(number);
			assert_ok!(Compute::claim_work_reward(by(5), who(number), 1));
			assert_eq!(free(number) - before, MBO / 20);
		}
	});
}

#[test]
fn nothing_is_paid_that_is_not_there() {
	run(|| {
		with_assets_and(&[11]);
		scored(2, MBO);
		Compute::epoch_is_over(1, 100 * MBO);
		Pot::set(0);
		let claim = || Compute::claim_work_reward(by(5), who(11), 1);
		assert_noop!(claim(), Failure::NothingEarned);
		Pot::set(MBO);
		assert_ok!(claim());
	});
}

#[test]
fn rates_are_roots() {
	run(|| {
		let rates = Rates { units: [1, 2, 3, 4], price: 5 };
		assert_noop!(Compute::set_rates(by(1), rates.clone()), DispatchError::BadOrigin);
		assert_noop!(
			Compute::set_rates(RuntimeOrigin::root(), Rates { price: 0, ..rates.clone() }),
			Failure::BadRates
		);
		assert_noop!(
			Compute::set_rates(
				RuntimeOrigin::root(),
				Rates { units: [1, 0, 1, 1], ..rates.clone() }
			),
			Failure::BadRates
		);
		assert_ok!(Compute::set_rates(RuntimeOrigin::root(), rates));
	});
}
