//! Sets and sessions: who attests at a border, and which session a slot fell in.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use proptest::{prelude::*, sample::subsequence};
use sp_tracing::{capture_test_logs, tracing::Level};

/// Runs on to the first block whose set is these validators' and its parent's another, and stays in
/// it.
fn find_border(validators: &[u64]) -> u64 {
	run_to(System::block_number());
	let old = Pouw::authorities();
	Validators::set(validators.to_vec());
	for number in System::block_number() + 1.. {
		assert!(number < 60, "the set never changes");
		begin_block(number, false);
		if Pouw::authorities() != old {
			return number;
		}
		end_block();
	}
	unreachable!()
}

fn attest(attestations: ParentAttestations) -> DispatchResult {
	Pouw::attest(RuntimeOrigin::none(), attestations, 0)
}

#[test]
fn success_the_parents_set_attests_at_the_border() {
	run(|| {
		let border = find_border(&[3, 5]);
		assert!(ParentAuthorities::<Test>::exists());
		let by_old = attestations(&[1, 2, 3, 4], &[1, 2, 3, 4], border - 1);
		let by_new = attestations(&[3, 5], &[3, 5], border - 1);
		assert_noop!(attest(by_new), Error::<Test>::BadSignature);
		assert_ok!(attest(by_old));
		assert_eq!(Heard::take(), [(vec![0, 1, 2, 3], true, border as u32 - 1)]);
		assert_eq!(end_block().attestation, 1000);

		begin_block(border + 1, false);
		let by_old = attestations(&[1, 2, 3, 4], &[1, 2, 3, 4], border);
		let by_new = attestations(&[3, 5], &[5], border);
		assert_noop!(attest(by_old), Error::<Test>::MalformedAttestations);
		assert_ok!(attest(by_new));
		assert_eq!(Heard::take(), [(vec![1], false, border as u32)]);
		assert_eq!(end_block().attestation, 625, "500 of 800");
	});
}

#[test]
fn fails_when_another_sets_members_attest_in_the_same_places() {
	run(|| {
		let sets = [[1, 2, 3, 4], [5, 6, 7, 8], [8, 7, 6, 5]];
		for [old, new] in [[sets[0], sets[1]], [sets[1], sets[2]]] {
			let border = find_border(&new);
			for (number, right, wrong) in [(border, old, new), (border + 1, new, old)] {
				for signers in [&wrong[..1], &wrong] {
					let by_wrong = attestations(&wrong, signers, number - 1);
					assert_noop!(attest(by_wrong), Error::<Test>::BadSignature);
				}
				let stake: u64 = right[1..].iter().map(|validator| validator * 100).sum();
				assert_ok!(attest(attestations(&right, &right[1..], number - 1)));
				let support = ParentSupport::<Test>::get().unwrap();
				assert_eq!(support.attested, Stake::from(stake));
				end_block();
				begin_block(number + 1, false);
			}
		}
		// Neither does a set count that was in force two sessions ago.
		let number = System::block_number();
		let by_first = attestations(&sets[0], &sets[0], number - 1);
		assert_noop!(attest(by_first), Error::<Test>::BadSignature);
	});
}

#[test]
fn success_a_set_that_stays_attests_over_the_border() {
	run(|| {
		let set = [1, 2, 3, 4];
		for number in 1..=31 {
			begin_block(number, false);
			let begins_session = number.is_multiple_of(10);
			assert_eq!(ParentAuthorities::<Test>::exists(), begins_session);
			if number > 1 {
				assert_ok!(attest(attestations(&set, &set, number - 1)));
				assert_eq!(
					Heard::take(),
					[(vec![0, 1, 2, 3], begins_session, number as u32 - 1)],
					"the parent is of the last session, though its set is the same"
				);
			}
			end_block();
		}
		assert_eq!(Session::current_index(), 3);
	});
}

/// The sets do not show it: the stakes are the same too.
#[test]
fn success_a_key_that_has_come_to_another_is_told_as_of_the_last_set() {
	run(|| {
		let set = [1, 2, 3, 4];
		StakesAreEqual::set(true);
		run_to(8);
		for validator in set {
			pallet_session::NextKeys::<Test>::insert(validator + 4, session_keys(validator));
		}
		Validators::set(set.map(|validator| validator + 4).to_vec());
		run_to(19);
		let old = Pouw::authorities();
		begin_block(20, false);
		assert_eq!(Session::validators(), [5, 6, 7, 8]);
		assert_eq!(Pouw::authorities(), old);
		assert_ok!(attest(attestations(&set, &set, 19)));
		assert_eq!(Heard::take(), [(vec![0, 1, 2, 3], true, 19)]);
	});
}

#[test]
fn boundary_a_set_over_the_bound_is_cut_and_says_so() {
	sp_tracing::try_init_simple(); // passes what is logged on to where it is captured
	run(|| {
		MaxAuthorities::set(5);
		let said = capture_test_logs!(Level::ERROR, {
			find_border(&[1, 2, 3, 4, 5]);
		});
		assert_eq!(Pouw::authorities().len(), 5);
		assert!(!said.contains("cannot attest"), "nobody is left out");

		let said = capture_test_logs!(Level::ERROR, {
			find_border(&[6, 5, 4, 3, 2, 1, 7]);
		});
		let keys: Vec<_> = Pouw::authorities().into_iter().map(|(key, _)| key).collect();
		assert_eq!(keys, [6, 5, 4, 3, 2].map(|validator| session_keys(validator).pouw));
		let session = Session::current_index();
		assert!(said
			.contains(&format!("2 validators of session {session} cannot attest: a set holds 5")));
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

	/// Whatever the sets and whoever signs, a block takes just what its parent's set could have
	/// signed, and its own set's attestations only when the form and the keys are the same.
	#[test]
	fn only_the_parents_set_attests(
		old in subsequence((1..=20).collect::<Vec<u64>>(), 1..=18).prop_shuffle(),
		new in subsequence((1..=20).collect::<Vec<u64>>(), 1..=18).prop_shuffle(),
		signers in subsequence((1..=20).collect::<Vec<u64>>(), 1..=20),
	) {
		prop_assume!(old != new && old != [1, 2, 3, 4]);
		run(|| {
			find_border(&old);
			end_block();
			let border = find_border(&new);
			for (number, parents, others) in [(border, &old, &new), (border + 1, &new, &old)] {
				let by_others = attestations(others, &signers, number - 1);
				let same_form = parents.len().div_ceil(8) == others.len().div_ceil(8);
				let same_keys = others
					.iter()
					.enumerate()
					.filter(|(_, validator)| signers.contains(validator))
					.all(|(place, validator)| parents.get(place) == Some(validator));
				if !(same_form && same_keys) {
					assert!(attest(by_others).is_err(), "block {number}");
				}
				let stake = parents.iter().filter(|v| signers.contains(v)).sum::<u64>() * 100;
				assert_ok!(attest(attestations(parents, &signers, number - 1)));
				let support = ParentSupport::<Test>::get().unwrap();
				assert_eq!(support.attested, Stake::from(stake));
				assert_eq!(support.total, Stake::from(parents.iter().sum::<u64>() * 100));
				end_block();
				begin_block(number + 1, false);
			}
		});
	}
}

#[test]
fn success_a_slot_is_of_one_session() {
	run(|| {
		run_to(25);
		for (block, its) in [(9, 0), (10, 1), (19, 1), (25, 2)] {
			for session in 0..5 {
				assert_eq!(Pouw::is_in_session(slot_of(block), session), session == its);
			}
		}
		assert!(!Pouw::is_in_session(slot_of(10), 99));
	});
}

#[test]
fn boundary_starts_are_forgotten_in_the_end() {
	run(|| {
		let sessions = u64::from(HISTORY_SESSIONS) + 5;
		run_to(sessions * 10);
		assert_eq!(SessionStarts::<Test>::iter().count() as u32, HISTORY_SESSIONS);
		assert!(!Pouw::is_in_session(slot_of(15), 1));
	});
}

#[test]
fn boundary_set_sizes_are_checked_at_build_time() {
	use frame_support::traits::Hooks;
	run(|| {
		Pouw::integrity_test();
		for bad in [0, 129] {
			MaxAuthorities::set(bad);
			assert!(std::panic::catch_unwind(Pouw::integrity_test).is_err());
		}
		MaxAuthorities::set(128);
	});
}
