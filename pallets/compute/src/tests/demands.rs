use super::*;
use mbongo_compute_primitives::Part;

/// A task that provider 11 or 12 has done, and that stands.
fn done() -> Done {
	with_assets_and(&[11, 12]);
	let done = revealed(2, order(&input(64 * 200)), input(64 * 200), |_| {});
	judged(done.id, &[Some(Valid); 3]);
	assert_eq!(state(done.id), State::Verified);
	done
}

fn range(part: Part, start: u64, len: u32) -> Demanded {
	Demanded::Range { part, start, len }
}

fn nodes(part: Part, level: u8, start: u64, count: u32) -> Demanded {
	Demanded::Nodes { part, level, start, count }
}

#[test]
fn what_is_demanded_is_shown_and_its_bond_pays_for_it() {
	run(|| {
		let done = done();
		let bond = Settings::<Test>::get().demand_bond;
		let before = free(done.provider);
		for (demand, what) in [
			range(Part::Input, 0, 12_800),
			range(Part::Input, 1_023, 2),
			range(Part::Output, 6_399, 1),
			nodes(Part::Input, 0, 0, 13),
			nodes(Part::Input, 1, 3, 2),
			nodes(Part::Output, 3, 0, 1),
		]
		.into_iter()
		.enumerate()
		{
			assert_ok!(Compute::demand(by(5), done.id, what));
			assert_ok!(done.answer(demand as u32));
			assert!(has_happened(Event::Answered { task: done.id, demand: demand as u32 }));
		}
		assert_eq!((free(5), free(done.provider)), (RICH - 6 * bond, before + 6 * bond));
		pass_until(|| state(done.id) == State::Settled);
	});
}

#[test]
fn who_does_not_answer_loses_the_bond() {
	run(|| {
		let done = done();
		assert_ok!(Compute::demand(by(5), done.id, range(Part::Output, 0, 1)));
		pass(5);
		assert_eq!(state(done.id), State::Verified);
		let requester = free(2);
		next_block();
		assert_eq!(state(done.id), State::Slashed);
		assert_eq!(free(2) - requester, MBO);
		assert_eq!(
			free(5),
			RICH + MBO / 2,
			"the demand's bond is back, and half of the provider's"
		);
		assert_eq!(Slashed::get(), [], "no vote slashes for that");
		assert_noop!(done.answer(0), Failure::AlreadyProcessed);
	});
}

#[test]
fn who_found_it_unavailable_is_paid_first_when_it_is() {
	run(|| {
		with_assets_and(&[11, 12]);
		let done = revealed(2, order(&input(640)), input(640), |_| {});
		judged(done.id, &[Some(Unavailable), Some(Valid), Some(Unavailable)]);
		let verifiers = judges(done.id);
		assert_ok!(Compute::demand(by(verifiers[0]), done.id, range(Part::Output, 0, 1)));
		pass_until(|| state(done.id) == State::Slashed);
		let share = MBO / 100 * 18 / 3;
		let rest = MBO - 2 * share;
		assert_eq!(free(verifiers[0]), RICH + share + rest / 2);
		assert_eq!(free(verifiers[1]), RICH);
		assert_eq!(free(verifiers[2]), RICH + share);
	});
}

#[test]
fn the_window_stands_still_while_something_is_to_be_shown_and_leaves_time_after_it() {
	run(|| {
		let done = done();
		pass(8);
		assert_ok!(Compute::demand(by(5), done.id, range(Part::Output, 0, 1)));
		assert_eq!(Tasks::<Test>::get(done.id).unwrap().clock, 0);
		pass(3);
		assert_ok!(done.answer(0));
		// Of ten blocks two were left, which are too few.
		pass(5);
		assert_eq!(state(done.id), State::Verified);
		next_block();
		assert_eq!(state(done.id), State::Settled);
	});
}

#[test]
fn eight_of_a_task_are_open_and_others_wait() {
	run(|| {
		let done = done();
		for _ in 0..10 {
			assert_ok!(Compute::demand(by(5), done.id, range(Part::Output, 0, 1)));
		}
		let trial_now = trial(done.id);
		assert_eq!((trial_now.open_demands, trial_now.waiting_demands), (8, 2));
		assert_noop!(done.answer(8), Failure::NoDemand);
		pass(2);
		for demand in 0..8 {
			assert_ok!(done.answer(demand));
		}
		assert!(Tasks::<Test>::get(done.id).unwrap().clock == 0, "two wait still");
		next_block();
		// Their time begins now.
		pass(5);
		assert_eq!(state(done.id), State::Verified);
		assert_ok!(done.answer(8));
		assert_ok!(done.answer(9));
		pass_until(|| state(done.id) == State::Settled);
	});
}

#[test]
fn so_many_are_open_on_the_chain_and_others_wait_in_their_order() {
	run(|| {
		with_assets_and(&[11, 12]);
		Settings::<Test>::mutate(|settings| settings.open_demands = 2);
		let all = || revealed(2, order(&input(640)), input(640), |_| {});
		let (first, second) = (all(), all());
		for id in [first.id, first.id, first.id, second.id] {
			assert_ok!(Compute::demand(by(5), id, range(Part::Output, 0, 1)));
		}
		assert_eq!(trial(second.id).waiting_demands, 1);
		pass(3);
		assert_ok!(first.answer(0));
		next_block();
		assert_eq!((trial(first.id).open_demands, trial(second.id).open_demands), (2, 0));
		assert_ok!(first.answer(1));
		assert_ok!(first.answer(2));
		next_block();
		assert_eq!(trial(second.id).open_demands, 1);
		assert_ok!(second.answer(0));
		for id in [first.id, second.id] {
			pass_until(|| state(id) == State::Settled);
		}
	});
}

#[test]
fn demands_of_one_task_become_dear() {
	run(|| {
		let done = done();
		let bond = Settings::<Test>::get().demand_bond;
		let mut last = free(5);
		for demand in 0..200_u32 {
			assert_ok!(Compute::demand(by(5), done.id, range(Part::Output, 0, 1)));
			assert_eq!(last - free(5), bond << (demand / 64));
			last = free(5);
			assert_ok!(done.answer(demand));
		}
		Trials::<Test>::mutate(done.id, |trial| {
			trial.as_mut().unwrap().next_demand = u32::MAX;
		});
		assert!(Compute::demand(by(5), done.id, range(Part::Output, 0, 1)).is_err());
	});
}

#[test]
fn what_waits_when_a_task_ends_is_given_back() {
	run(|| {
		let done = done();
		for _ in 0..12 {
			assert_ok!(Compute::demand(by(5), done.id, range(Part::Output, 0, 1)));
		}
		pass(6);
		assert_eq!(state(done.id), State::Slashed);
		pass(2);
		assert_eq!(free(5), RICH + MBO / 2);
		assert_eq!((Demands::<Test>::iter().count(), OpenDemands::<Test>::get()), (0, 0));
	});
}

#[test]
fn fails_when_there_is_nothing_like_that_or_it_is_not_shown() {
	run(|| {
		let done = done();
		for what in [
			range(Part::Input, 0, 0),
			range(Part::Input, 12_800, 1),
			range(Part::Input, 12_799, 2),
			range(Part::Input, u64::MAX, 1),
			range(Part::Input, 0, 64 * 1024 + 1),
			range(Part::Data, 0, 1),
			range(Part::Made(0), 0, 1),
			nodes(Part::Input, 0, 13, 1),
			nodes(Part::Input, 0, 0, 0),
			nodes(Part::Input, 0, 0, 14),
			nodes(Part::Input, 5, 0, 1),
			nodes(Part::Input, 255, 0, 1),
			nodes(Part::Input, 0, u64::MAX, 1),
		] {
			assert_noop!(Compute::demand(by(5), done.id, what), Failure::NothingToShow);
		}
		assert_noop!(Compute::demand(by(5), 77, range(Part::Input, 0, 1)), Failure::TaskNotFound);
		assert_ok!(Compute::demand(by(5), done.id, range(Part::Output, 0, 1)));
		let other = done.shown.range(Part::Output, &(1_024..1_025)).unwrap();
		let of_another = done.shown.range(Part::Input, &(0..1)).unwrap();
		let tree = done.shown.tree(Part::Output).unwrap();
		for answer in [
			Answer::Range(other),
			Answer::Range(of_another),
			Answer::Range(Default::default()),
			Answer::Nodes(tree.nodes(0, &(0..1)).unwrap()),
		] {
			assert_noop!(
				Compute::answer(by(done.provider), done.id, 0, answer),
				Failure::BadAnswer
			);
		}
		let good = Answer::Range(done.shown.range(Part::Output, &(0..1)).unwrap());
		assert_noop!(Compute::answer(by(5), done.id, 0, good), Failure::NotYours);
		assert_ok!(done.answer(0));
		assert_noop!(done.answer(0), Failure::NoDemand);
	});
}
