use super::*;
use sp_core::Pair;

/// A task that provider 11 or 12 has done, rightly.
fn done() -> Done {
	with_assets_and(&[11, 12]);
	revealed(2, order(&input(640)), input(640), |_| {})
}

/// The part of a fee of one MBO for its verifiers.
const FOR_VERIFIERS: Balance = 180_000_000_000_000_000;

fn has_score(id: TaskId) -> bool {
	let rates = Rates { units: [1; 4], price: 1 };
	assert_ok!(Compute::set_rates(RuntimeOrigin::root(), rates));
	pass_until(|| state(id) == State::Settled);
	Compute::settled().total_score > 0
}

#[test]
fn two_of_three_decide() {
	run(|| {
		let id = done().id;
		judged(id, &[Some(Valid), Some(Invalid), Some(Valid)]);
		assert_eq!((state(id), trial(id).verdict), (State::Verified, Some(Valid)));
		let verifiers: Vec<_> = trial(id).verifiers.iter().map(|one| one.who.clone()).collect();
		assert!(has_score(id));
		let gained: Vec<_> =
			verifiers.iter().map(|who| Balances::free_balance(who) - RICH).collect();
		assert_eq!(gained, [FOR_VERIFIERS / 3, 0, FOR_VERIFIERS / 3]);
	});
}

#[test]
fn a_lying_majority_cannot_rob_an_honest_provider() {
	run(|| {
		let done = done();
		judged(done.id, &[Some(Invalid); 3]);
		assert_eq!(state(done.id), State::Disputed);
		let (before, verifiers) = (free(done.provider), trial(done.id).verifiers);
		pass(11);
		assert_eq!(state(done.id), State::Verified, "they have shown nothing");
		assert!(has_score(done.id));
		// They have held it up for nothing, and their part is the provider's.
		assert_eq!(free(done.provider) - before, MBO / 100 * 63 + FOR_VERIFIERS);
		assert!(verifiers.iter().all(|one| Balances::free_balance(&one.who) == RICH));
		assert_eq!(Slashed::get(), []);
	});
}

#[test]
fn silence_draws_two_more_and_two_thirds_of_those_who_vote_decide() {
	run(|| {
		let id = done().id;
		judged(id, &[Some(Valid), None, None]);
		assert_eq!(state(id), State::Revealed);
		pass_until(|| trial(id).phase == Phase::Committing);
		let trial_now = trial(id);
		assert_eq!(trial_now.verifiers.len(), 5);
		for silent in &trial_now.verifiers[1..3] {
			assert_eq!(Diligence::<Test>::get(&silent.who), Some(800_000));
		}
		assert_eq!(Diligence::<Test>::get(&trial_now.verifiers[0].who), None);
		// Those who were silent can still speak, the new ones as well.
		judged(id, &[None, None, Some(Valid), Some(Valid)]);
		assert_eq!((state(id), trial(id).verdict), (State::Verified, Some(Valid)));
		let verifiers: Vec<_> = trial(id).verifiers.iter().map(|one| one.who.clone()).collect();
		assert!(has_score(id));
		let gained: Vec<_> =
			verifiers.iter().map(|who| Balances::free_balance(who) - RICH).collect();
		let share = FOR_VERIFIERS / 3;
		assert_eq!(gained, [share, 0, 0, share, share]);
	});
}

#[test]
fn two_rounds_without_two_thirds_give_no_score_and_a_double_window() {
	run(|| {
		let id = done().id;
		judged(id, &[Some(Valid), Some(Invalid), Some(Unavailable)]);
		pass_until(|| trial(id).phase == Phase::Committing);
		judged(id, &[Some(Invalid), Some(Unavailable)]);
		assert_eq!((state(id), trial(id).verdict), (State::Verified, None));
		let verifiers = trial(id).verifiers;
		pass(20);
		assert_eq!(state(id), State::Verified);
		let issued = Balances::total_issuance();
		assert!(!has_score(id));
		assert!(verifiers.iter().all(|one| Balances::free_balance(&one.who) == RICH));
		assert_eq!(issued - Balances::total_issuance(), MBO / 10 + FOR_VERIFIERS);
	});
}

#[test]
fn nobody_to_draw_gives_no_score_and_a_double_window() {
	run(|| {
		let done = done();
		Set::set(vec![(done.provider, 1_000)]);
		pass_until(|| state(done.id) == State::Verified);
		assert_eq!((trial(done.id).verdict, trial(done.id).verifiers.len()), (None, 0));
		pass(20);
		assert_eq!(state(done.id), State::Verified);
		assert!(!has_score(done.id));
	});
}

#[test]
fn a_validator_alone_is_enough() {
	run(|| {
		Set::set(vec![(31, 1)]);
		let id = done().id;
		judged(id, &[Some(Valid)]);
		assert_eq!(state(id), State::Verified);
		assert!(has_score(id));
	});
}

#[test]
fn who_finds_it_unavailable_demands_and_seven_others_judge_what_was_answered() {
	run(|| {
		let done = done();
		let id = done.id;
		judged(id, &[Some(Unavailable); 3]);
		assert_eq!(state(id), State::Disputed);
		let first = judges(id);
		let what =
			Demanded::Range { part: mbongo_compute_primitives::Part::Output, start: 0, len: 320 };
		assert_ok!(Compute::demand(by(first[0]), id, what));
		assert_ok!(done.answer(0));
		pass_until(|| trial(id).phase == Phase::Committing);
		let others = judges(id);
		assert_eq!(others.len(), 7);
		assert!(first.iter().all(|who| !others.contains(who)));
		judged(id, &[Some(Valid); 7]);
		assert_eq!((state(id), trial(id).verdict), (State::Verified, Some(Valid)));
		assert!(has_score(id));
	});
}

#[test]
fn unavailable_again_is_paid_but_gives_no_score() {
	run(|| {
		let done = done();
		let id = done.id;
		judged(id, &[Some(Unavailable); 3]);
		let what =
			Demanded::Range { part: mbongo_compute_primitives::Part::Output, start: 0, len: 320 };
		assert_ok!(Compute::demand(by(judges(id)[1]), id, what));
		assert_ok!(done.answer(0));
		pass_until(|| trial(id).phase == Phase::Committing);
		judged(id, &[Some(Unavailable); 7]);
		let before = free(done.provider);
		assert_eq!(state(id), State::Verified);
		assert!(!has_score(id));
		assert_eq!(free(done.provider) - before, MBO / 100 * 63);
	});
}

#[test]
fn others_demands_are_no_reason_to_judge_again() {
	run(|| {
		let done = done();
		judged(done.id, &[Some(Unavailable); 3]);
		let what =
			Demanded::Range { part: mbongo_compute_primitives::Part::Output, start: 0, len: 320 };
		assert_ok!(Compute::demand(by(5), done.id, what));
		assert_ok!(done.answer(0));
		pass_until(|| state(done.id) == State::Verified);
		assert!(trial(done.id).is_upheld);
	});
}

#[test]
fn more_stake_is_drawn_more_often_and_who_is_silent_less() {
	run(|| {
		Set::set(vec![(31, 600), (32, 300), (33, 100)]);
		let first = |diligence: Option<u32>| {
			Diligence::<Test>::set(who(31), diligence);
			let mut count = [0_u32; 3];
			for id in 0..3_000 {
				let beacon = Hash::from_low_u64_be(id);
				let set = <Validators as VerifierSet>::set();
				let drawn = Compute::drawn_by_stake(&beacon, id, set, 1);
				let number = (31..=33).position(|number| who(number) == drawn[0].0).unwrap();
				count[number] += 1;
			}
			count
		};
		let [large, middle, small] = first(None);
		assert!(
			(1_700..1_900).contains(&large) && (800..1_000).contains(&middle),
			"{large} {middle}"
		);
		assert!((230..370).contains(&small), "{small}");
		let [large, ..] = first(Some(500_000));
		assert!((800..1_050).contains(&large), "{large}");
		Diligence::<Test>::remove(who(31));
	});
}

#[test]
fn fails_when_a_vote_is_not_the_verifiers_or_another_than_committed_to() {
	run(|| {
		let id = done().id;
		let valid = vote(Valid);
		let refused = |result: DispatchResult| {
			assert_eq!(result, Err(DispatchError::Other("not authorised")));
		};
		refused(commit_vote(id, 31, &valid));
		pass_until(|| trial(id).phase == Phase::Committing);
		let judge = judges(id)[0];
		let stranger = VALIDATORS.into_iter().find(|number| !judges(id).contains(number)).unwrap();
		refused(commit_vote(id, stranger, &valid));
		refused(commit_vote(77, judge, &valid));
		// Another's signature, for another task, on another chain.
		let genesis = Compute::genesis();
		let commitment = vote_commitment(&genesis, id, &who(judge), &valid, &SALT);
		for (signer, genesis, task, commitment_signed) in [
			(stranger, genesis, id, commitment),
			(judge, Hash::repeat_byte(1), id, commitment),
			(judge, genesis, id + 1, commitment),
			(judge, genesis, id, Hash::repeat_byte(1)),
		] {
			let payload = vote_payload(&genesis, task, &who(judge), &commitment_signed);
			let signature = key(signer).sign(&payload).into();
			let authorised =
				Compute::authorize_commitment(id, &who(judge), &commitment, &signature);
			assert_eq!(authorised, Err(InvalidTransaction::BadProof.into()));
		}
		assert_ok!(commit_vote(id, judge, &valid));
		refused(commit_vote(id, judge, &valid));
		refused(show_vote(id, judge, &valid));
		pass_until(|| trial(id).phase == Phase::Showing);
		refused(show_vote(id, judge, &vote(Invalid)));
		let other = judges(id)[1];
		refused(show_vote(id, other, &valid));
		assert_ok!(show_vote(id, judge, &valid));
		refused(show_vote(id, judge, &valid));
		// Nobody sends it as himself.
		let origin = || by(judge);
		assert_noop!(
			Compute::show_vote(origin(), id, who(judge), valid, SALT),
			DispatchError::BadOrigin
		);
		let signature = key(judge).sign(b"").into();
		assert_noop!(
			Compute::commit_vote(origin(), id, who(judge), commitment, signature),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn a_vote_is_one_transaction_that_lives_as_long_as_it_counts() {
	run(|| {
		let id = done().id;
		pass_until(|| trial(id).phase == Phase::Committing);
		next_block();
		let judge = judges(id)[0];
		let commitment = Hash::repeat_byte(1);
		let payload = vote_payload(&Compute::genesis(), id, &who(judge), &commitment);
		let signature = key(judge).sign(&payload).into();
		let (valid, _) =
			Compute::authorize_commitment(id, &who(judge), &commitment, &signature).unwrap();
		assert_eq!((valid.provides.len(), valid.longevity), (1, 5));
		let other = Hash::repeat_byte(2);
		let payload = vote_payload(&Compute::genesis(), id, &who(judge), &other);
		let signature = key(judge).sign(&payload).into();
		let (again, _) =
			Compute::authorize_commitment(id, &who(judge), &other, &signature).unwrap();
		assert_eq!(valid.provides, again.provides, "another of the same cannot be beside it");
	});
}
