use super::*;

fn provider(number: u8) -> Provider {
	Providers::<Test>::get(who(number)).unwrap()
}

#[test]
fn success_a_bond_comes_and_goes() {
	run(|| {
		let unbonding = Settings::<Test>::get().unbonding;
		assert_ok!(Compute::register_provider(by(11), 100 * MBO, MACHINE));
		assert_ok!(Compute::add_bond(by(11), 50 * MBO));
		assert_ok!(Compute::unbond(by(11), 40 * MBO));
		assert_eq!(provider(11).free(), 110 * MBO);
		assert_noop!(Compute::withdraw_bond(by(11)), Failure::TooEarly);
		pass(unbonding - 1);
		assert_noop!(Compute::withdraw_bond(by(11)), Failure::TooEarly);
		next_block();
		assert_ok!(Compute::withdraw_bond(by(11)));
		assert_eq!((free(11), provider(11).bond), (RICH - 110 * MBO, 110 * MBO));
		assert_ok!(Compute::unbond(by(11), 110 * MBO));
		assert_eq!(TotalWeight::<Test>::get(), 0);
		pass(unbonding);
		assert_ok!(Compute::withdraw_bond(by(11)));
		assert!(has_happened(Event::ProviderLeft { provider: who(11) }));
		assert_eq!((free(11), Providers::<Test>::iter().count()), (RICH, 0));
	});
}

#[test]
fn fails_when_a_bond_is_too_low_or_in_use() {
	run(|| {
		let register = |bond| Compute::register_provider(by(11), bond, MACHINE);
		assert_noop!(register(10 * MBO - 1), Failure::BondTooLow);
		assert_noop!(register(2 * RICH), sp_runtime::TokenError::FundsUnavailable);
		for call in [
			Compute::set_provider(by(11), MACHINE, true),
			Compute::add_bond(by(11), 1),
			Compute::unbond(by(11), 1),
			Compute::withdraw_bond(by(11)),
		] {
			assert_eq!(call, Err(Failure::ProviderNotRegistered.into()));
		}
		assert_ok!(register(20 * MBO));
		assert_noop!(register(20 * MBO), Failure::AlreadyRegistered);
		assert_noop!(Compute::unbond(by(11), 11 * MBO), Failure::BondTooLow);
		assert_noop!(Compute::unbond(by(11), 21 * MBO), Failure::BondInUse);
		Compute::register_asset(
			by(1),
			program(mbongo_compute_primitives::kinds::MatMul { m: 1, k: 1, n: 1 }),
		)
		.unwrap();
		let task = Order { asset: 0, max_fee: 5 * MBO, ..order(&[1, 2]) };
		let id = submit(2, task);
		pass_until(|| assigned(id).is_some());
		assert_ok!(Compute::accept(by(11), id));
		assert_noop!(Compute::unbond(by(11), 16 * MBO), Failure::BondInUse);
		assert_noop!(Compute::unbond(by(11), 20 * MBO), Failure::BondInUse);
		assert_ok!(Compute::unbond(by(11), 10 * MBO));
		assert_noop!(Compute::unbond(by(11), 5 * MBO + 1), Failure::BondInUse);
	});
}

#[test]
fn fails_when_too_little_of_a_bond_is_free_to_accept() {
	run(|| {
		with_assets_and(&[]);
		assert_ok!(Compute::register_provider(by(11), 10 * MBO, MACHINE));
		let order = Order { max_fee: 6 * MBO, ..order(&input(64)) };
		let (first, second) = (submit(2, order.clone()), submit(2, order));
		pass_until(|| assigned(first).is_some() && assigned(second).is_some());
		assert_ok!(Compute::accept(by(11), first));
		assert_noop!(Compute::accept(by(11), second), Failure::BondTooLow);
		assert_noop!(Compute::accept(by(11), first), Failure::AlreadyProcessed);
		assert_noop!(Compute::accept(by(12), second), Failure::NotYours);
	});
}

#[test]
fn who_comes_back_before_the_bond_is_free_keeps_the_record() {
	run(|| {
		with_assets_and(&[11]);
		let id = submit(2, order(&input(64)));
		pass_until(|| assigned(id).is_some());
		assert_ok!(Compute::accept(by(11), id));
		pass(31);
		let record = provider(11).record;
		assert!(record.success < 500_000);
		assert_ok!(Compute::unbond(by(11), 999 * MBO));
		assert_ok!(Compute::register_provider(by(11), 20 * MBO, MACHINE));
		assert_eq!(provider(11).record, record);
		assert_eq!(provider(11).free(), 20 * MBO);
	});
}

#[test]
fn who_fails_again_and_again_is_not_drawn_for_a_while() {
	run(|| {
		with_assets_and(&[11]);
		let mut missed = 0;
		while provider(11).jailed_until == 0 {
			let id = submit(2, order(&input(64)));
			pass_until(|| assigned(id).is_some());
			assert_ok!(Compute::accept(by(11), id));
			pass(31);
			missed += 1;
			if matches!(state(id), State::Open) {
				assert_ok!(Compute::cancel_task(by(2), id));
			}
		}
		assert!((3..12).contains(&missed), "{missed}");
		assert!(has_happened(Event::Jailed {
			provider: who(11),
			until: provider(11).jailed_until
		}));
		assert_eq!(TotalWeight::<Test>::get(), 0);
		let id = submit(2, order(&input(64)));
		pass(500);
		assert_eq!(state(id), State::Open);
		pass_until(|| assigned(id).is_some());
		assert!(frame_system::Pallet::<Test>::block_number() >= provider(11).jailed_until);
	});
}

#[test]
fn a_record_drifts_back_when_nothing_is_heard() {
	let good = Record {
		success: 1_000_000,
		timeliness: 1_000_000,
		verification: 1_000_000,
		since: 0,
		last: 0,
	};
	let bad = Record { success: 0, timeliness: 0, verification: 0, ..good };
	assert_eq!(good.reputation(0), 950_000);
	assert_eq!(bad.reputation(0), 50_000);
	assert_eq!(good.reputation(1), good.reputation(0) + 23, "no silence yet, but longer service");
	// After 69 epochs of silence, half of the way.
	let after = good.at(70);
	assert!((749_000..751_000).contains(&after.success), "{after:?}");
	assert!((249_000..251_000).contains(&bad.at(70).success));
	assert_eq!((good.at(100_000).success, bad.at(100_000).success), (500_016, 499_984));
	let step_by_step = (1..=70).fold(good, |record, epoch| record.at(epoch));
	assert!(step_by_step.success.abs_diff(after.success) < 100, "{step_by_step:?} {after:?}");
	assert_eq!(Record::new(7).reputation(7), 500_000);
	assert!(good.reputation(u32::MAX) <= 1_000_000);
}

#[test]
fn the_draw_goes_by_what_is_free_and_by_reputation() {
	run(|| {
		with_assets_and(&[]);
		for (number, bond) in [(11, 100), (12, 300), (13, 600)] {
			assert_ok!(Compute::register_provider(by(number), bond * MBO, MACHINE));
		}
		let counts = || {
			let mut counts = [0_u32; 3];
			for id in 0..5_000 {
				let drawn = Compute::draw_provider(&Hash::repeat_byte(3), id, 0).unwrap();
				counts[(11..=13).position(|number| who(number) == drawn).unwrap()] += 1;
			}
			counts
		};
		let [small, middle, large] = counts();
		assert!((420..580).contains(&small), "{small}");
		assert!((1_380..1_620).contains(&middle), "{middle}");
		assert!((2_850..3_150).contains(&large), "{large}");
		// One that wants nothing is not drawn, nor is one that has left.
		assert_ok!(Compute::set_provider(by(13), MACHINE, false));
		assert_ok!(Compute::unbond(by(11), 100 * MBO));
		assert_eq!(counts(), [0, 5_000, 0]);
		pass(20);
		assert_ok!(Compute::withdraw_bond(by(11)));
		assert_eq!(counts(), [0, 5_000, 0]);
		assert_ok!(Compute::set_provider(by(13), MACHINE, true));
		let [none, middle, large] = counts();
		assert!(none == 0 && (1_550..1_780).contains(&middle) && large > 3_000);
	});
}

#[test]
fn there_are_so_many_providers_and_no_more() {
	run(|| {
		PlaceCount::<Test>::put(1 << 15);
		let one_more = Compute::register_provider(by(11), 10 * MBO, MACHINE);
		assert_eq!(one_more, Err(Failure::TooManyProviders.into()));
		PlaceCount::<Test>::put(0);
	});
}
