use super::*;
use mbongo_compute_primitives::{
	kinds::{Parts, Wasm},
	Part, Place,
};
use mbongo_primitives::Hashing;
use sp_runtime::traits::Hash as _;

/// A task that provider 11 or 12 has done, and changed.
fn done(change: impl FnOnce(&mut Parts)) -> Done {
	with_assets_and(&[11, 12]);
	revealed(2, order(&input(640)), input(640), change)
}

fn wrong(parts: &mut Parts) {
	parts.output[100] ^= 1;
}

#[test]
fn one_who_proves_it_takes_the_bond_whatever_all_verifiers_say() {
	run(|| {
		let done = done(wrong);
		judged(done.id, &[Some(Valid); 3]);
		let fraud = done.fraud().unwrap();
		let (requester, prover) = (free(2), free(5));
		let verifiers: Vec<_> =
			trial(done.id).verifiers.iter().map(|one| one.who.clone()).collect();
		assert_ok!(challenge(5, done.id, &fraud));
		assert_eq!(state(done.id), State::Slashed);
		assert_eq!(free(2) - requester, MBO, "the fee is back");
		assert_eq!(free(5) - prover, MBO / 2, "and half of the bond");
		let provider = Providers::<Test>::get(who(done.provider)).unwrap();
		assert_eq!((provider.bond, provider.reserved, provider.tasks), (999 * MBO, 0, 0));
		assert_eq!(Slashed::get(), verifiers);
	});
}

#[test]
fn who_voted_against_it_is_paid_first() {
	run(|| {
		let done = done(wrong);
		judged(done.id, &[Some(Invalid), Some(Valid), Some(Invalid)]);
		assert_eq!(state(done.id), State::Disputed);
		let verifiers = judges(done.id);
		let issued = Balances::total_issuance();
		// One of them proves it, but anybody else could.
		assert_ok!(challenge(verifiers[0], done.id, &done.fraud().unwrap()));
		let share = MBO / 100 * 18 / 3;
		let rest = MBO - 2 * share;
		assert_eq!(free(verifiers[0]), RICH + share + rest / 2);
		assert_eq!(free(verifiers[1]), RICH);
		assert_eq!(free(verifiers[2]), RICH + share);
		assert_eq!(issued - Balances::total_issuance(), rest / 2);
		assert_eq!(Slashed::get(), [who(verifiers[1])], "only who let it pass");
	});
}

#[test]
fn a_vote_answers_for_no_step_that_it_was_not_to_run() {
	let (mut passed, mut slashed) = (0, 0);
	for place in 0..7 {
		run(|| {
			with_assets_and(&[11, 12]);
			let (order, input) = fold();
			let checked = Percent::from_percent(40);
			let order = Order { checked, ..order };
			let done = revealed(2, order, input, |parts| parts.made[0][place * 44 + 40] ^= 1);
			let id = done.id;
			pass_until(|| trial(id).phase == Phase::Committing);
			let [all, share, against] =
				[vote(Valid), Vote { verdict: Valid, covers: Covers::Share }, vote(Invalid)];
			let judges: Vec<_> = judges(id).into_iter().zip([all, share, against]).collect();
			for (judge, vote) in &judges {
				assert_ok!(commit_vote(id, *judge, vote));
			}
			for (judge, vote) in &judges {
				assert_ok!(show_vote(id, *judge, vote));
			}
			assert_eq!(state(id), State::Verified);
			let is_drawn = is_drawn(&trial(id).verifiers[1].seed, place as u64, checked);
			assert_ok!(challenge(5, id, &done.fraud().unwrap()));
			let mut expected = vec![who(judges[0].0)];
			if is_drawn {
				expected.push(who(judges[1].0));
				slashed += 1;
			} else {
				passed += 1;
			}
			assert_eq!(Slashed::get(), expected);
		});
	}
	assert!(passed > 0 && slashed > 0, "{passed} {slashed}");
}

#[test]
fn the_share_that_is_drawn_is_as_large_as_it_should_be() {
	for percent in [0, 1, 30, 99, 100] {
		let share = Percent::from_percent(percent);
		let drawn =
			(0..10_000).filter(|step| is_drawn(&Hash::repeat_byte(5), *step, share)).count();
		assert!(drawn.abs_diff(usize::from(percent) * 100) < 200, "{percent}: {drawn}");
		assert!(percent != 100 || drawn == 10_000);
		assert!(percent != 0 || drawn == 0);
	}
}

#[test]
fn a_wrong_proof_costs_the_bond_and_changes_nothing_else() {
	run(|| {
		let done = done(|_| {});
		let fraud = {
			let mut parts = done.shown.parts.clone();
			wrong(&mut parts);
			let shown = mbongo_compute_primitives::fraud::Shown::new(parts);
			let other = Done { shown, job: done.job.clone(), ..done };
			other.fraud().unwrap()
		};
		let id = done.id;
		judged(id, &[Some(Valid); 3]);
		let provider = free(done.provider);
		assert_ok!(challenge(5, id, &fraud));
		assert!(has_happened(Event::ChallengeFailed { task: id, who: who(5), bond: MBO }));
		assert_eq!((free(5), free(done.provider)), (RICH - MBO, provider + MBO));
		assert_eq!(state(id), State::Verified);
		pass_until(|| state(id) == State::Settled);
		assert_eq!(Slashed::get(), []);
	});
}

#[test]
fn a_proof_is_shown_by_who_committed_to_it_and_in_time() {
	run(|| {
		let done = done(wrong);
		let id = done.id;
		let fraud = done.fraud().unwrap();
		let commitment =
			|number| challenge_commitment(&Compute::genesis(), id, &who(number), &fraud, &SALT);
		let prove = |number, salt| Compute::prove_fraud(by(number), id, fraud.clone(), salt, 0);
		assert_noop!(prove(5, SALT), Failure::NoChallenge);
		assert_ok!(Compute::commit_challenge(by(5), id, commitment(5)));
		let again = Compute::commit_challenge(by(5), id, commitment(5));
		assert_noop!(again, Failure::AlreadyChallenged);
		assert_noop!(prove(5, SALT), Failure::TooEarly);
		next_block();
		assert_noop!(prove(5, SALT), Failure::TooEarly);
		// Somebody who sees the proof copies the commitment: it is another's.
		assert_ok!(Compute::commit_challenge(by(6), id, commitment(5)));
		next_block();
		assert_noop!(prove(5, [1; 32]), Failure::CommitmentMismatch);
		next_block();
		assert_noop!(prove(6, SALT), Failure::CommitmentMismatch);
		let mut other = fraud.clone();
		other.place.record += 1;
		let shown = Compute::prove_fraud(by(5), id, other, SALT, 0);
		assert_noop!(shown, Failure::CommitmentMismatch);
		pass(17);
		assert_ok!(prove(5, SALT));
		// Who was second gets his bond back, when his time is over.
		assert_eq!(free(6), RICH - MBO);
		pass(2);
		assert_eq!(free(6), RICH);
	});
}

#[test]
fn who_commits_and_shows_nothing_loses_the_bond_to_the_provider() {
	run(|| {
		let done = done(|_| {});
		let id = done.id;
		assert_ok!(Compute::commit_challenge(by(5), id, Hash::zero()));
		let provider = free(done.provider);
		judged(id, &[Some(Valid); 3]);
		// Settlement waits for it.
		assert_ok!(Compute::commit_challenge(by(6), id, Hash::zero()));
		pass(20);
		assert_eq!(state(id), State::Verified);
		assert_eq!(free(done.provider), provider + MBO);
		pass(1);
		assert_eq!(free(done.provider), provider + 2 * MBO);
		pass_until(|| state(id) == State::Settled);
		assert_noop!(Compute::commit_challenge(by(7), id, Hash::zero()), Failure::AlreadyProcessed);
		let shown = Compute::prove_fraud(
			by(5),
			id,
			done.shown.prove(&done.job, Place { part: Part::Output, record: 0 }, vec![]).unwrap(),
			SALT,
			0,
		);
		assert_noop!(shown, Failure::AlreadyProcessed);
	});
}

#[test]
fn who_proves_himself_wrong_is_not_rewarded() {
	run(|| {
		let done = done(wrong);
		let issued = Balances::total_issuance();
		let before = free(done.provider);
		assert_ok!(challenge(done.provider, done.id, &done.fraud().unwrap()));
		assert_eq!(state(done.id), State::Slashed);
		assert_eq!(free(done.provider), before);
		assert_eq!(Balances::total_issuance(), issued - MBO);
	});
}

#[test]
fn a_block_has_so_many_proofs_and_no_more() {
	run(|| {
		let done = done(wrong);
		let fraud = done.fraud().unwrap();
		let commitment = challenge_commitment(&Compute::genesis(), done.id, &who(5), &fraud, &SALT);
		assert_ok!(Compute::commit_challenge(by(5), done.id, commitment));
		pass(2);
		Block::<Test>::mutate(|block| block.proofs = PROOFS_PER_BLOCK);
		let prove = || Compute::prove_fraud(by(5), done.id, fraud.clone(), SALT, 0);
		assert_noop!(prove(), Failure::TooManyProofs);
		next_block();
		assert_ok!(prove());
	});
}

/// A fold whose fourth step goes on until its fuel is used, and whose fifth refuses.
fn fold() -> (Order, Vec<u8>) {
	let text = include_str!("../../../../primitives/compute/src/tests/fold.wat");
	let code = wat::parse_str(text).unwrap();
	let code_hash = Hashing::hash(&code).0;
	let work = Wasm { code_hash, chunk_bytes: 16, step_fuel: 200_000 };
	assert_noop!(Compute::register_asset(by(1), program(work)), Failure::CodeNotFound);
	Guests::set(vec![(code, 0)]);
	assert_ok!(Compute::register_asset(by(1), program(work)));
	let mut input = input(100);
	(input[48], input[64]) = (254, 253);
	(Order { asset: 2, ..order(&input) }, input)
}

fn uses() -> u32 {
	Guests::get()[0].1
}

#[test]
fn a_step_of_a_fold_is_proven_wrong_and_its_code_is_kept_until_then() {
	run(|| {
		with_assets_and(&[11, 12]);
		let (order, input) = fold();
		assert_eq!(uses(), 1);
		let done = revealed(2, order, input, |parts| parts.made[0][4 * 44 + 40] ^= 1);
		let id = done.id;
		assert_eq!(uses(), 2);
		assert_ok!(Compute::retire_asset(by(1), 2));
		assert_eq!(uses(), 1, "the task needs it");
		let fraud = done.fraud().unwrap();
		assert_eq!(fraud.place, Place { part: Part::Made(0), record: 4 });
		let commitment = challenge_commitment(&Compute::genesis(), id, &who(5), &fraud, &SALT);
		assert_ok!(Compute::commit_challenge(by(5), id, commitment));
		pass(2);
		let prove = |fuel| Compute::prove_fraud(by(5), id, fraud.clone(), SALT, fuel);
		assert_noop!(prove(199_999), Failure::FuelTooLow);
		assert_ok!(prove(200_000));
		assert_eq!((state(id), uses()), (State::Slashed, 0));
	});
}

#[test]
fn a_fold_that_is_right_is_settled_by_its_fuel() {
	run(|| {
		with_assets_and(&[11, 12]);
		let (order, input) = fold();
		let order = Order { checked: Percent::from_percent(10), ..order };
		// Of a tenth that is checked, a cheat would be found one time in ten.
		let done = revealed(2, order, input, |_| {});
		assert_eq!(Tasks::<Test>::get(done.id).unwrap().bond, 18 * MBO);
		assert!(done.unsigned().work_units > 400_000, "two steps have used all that they had");
		judged(done.id, &[Some(Valid); 3]);
		pass_until(|| state(done.id) == State::Settled);
		assert_eq!(uses(), 1);
	});
}

#[test]
fn fails_when_a_folds_last_step_is_not_shown_or_says_something_else() {
	run(|| {
		with_assets_and(&[11]);
		let (order, input) = fold();
		let id = submit(2, order);
		pass_until(|| assigned(id).is_some());
		assert_ok!(Compute::accept(by(11), id));
		next_block();
		let done = work(id, 11, input, |_| {});
		assert_ok!(done.commit());
		let receipt = done.sign(done.unsigned());
		let reveal = |ending| Compute::reveal(by(11), receipt.clone(), SALT, ending);
		assert_noop!(reveal(None), Failure::OutputMismatch);
		let other = done.shown.range(Part::Made(0), &(0..44)).unwrap();
		assert_ok!(reveal(Some(other)));
	});
	run(|| {
		with_assets_and(&[11]);
		let (order, input) = fold();
		let id = submit(2, order);
		pass_until(|| assigned(id).is_some());
		assert_ok!(Compute::accept(by(11), id));
		next_block();
		// A list of steps that says another output, and another amount of work.
		let done = work(id, 11, input, |parts| parts.output.push(1));
		assert_ok!(done.commit());
		assert_noop!(done.reveal(), Failure::OutputMismatch);
	});
}
