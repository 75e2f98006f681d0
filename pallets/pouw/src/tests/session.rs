//! Sets and sessions: who attests at a border, and which session a slot fell in.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};

/// Runs to the first block whose set is another than its parent's, and stays in it.
fn find_border() -> u64 {
	run_to(1);
	let old = Pouw::authorities();
	Validators::set(vec![3, 5]);
	for number in 2..60 {
		begin_block(number, false);
		if Pouw::authorities() != old {
			return number;
		}
		end_block();
	}
	panic!("the set never changes")
}

#[test]
fn success_the_parents_set_attests_at_the_border() {
	run(|| {
		let border = find_border();
		assert!(ParentAuthorities::<Test>::exists());
		let by_old = attestations(&[1, 2, 3, 4], &[1, 2, 3, 4], border - 1);
		let by_new = attestations(&[3, 5], &[3, 5], border - 1);
		assert_noop!(Pouw::attest(RuntimeOrigin::none(), by_new), Error::<Test>::BadSignature);
		assert_ok!(Pouw::attest(RuntimeOrigin::none(), by_old));
		assert_eq!(end_block().attestation, 1000);

		begin_block(border + 1, false);
		let by_old = attestations(&[1, 2, 3, 4], &[1, 2, 3, 4], border);
		let by_new = attestations(&[3, 5], &[5], border);
		assert_noop!(
			Pouw::attest(RuntimeOrigin::none(), by_old),
			Error::<Test>::MalformedAttestations
		);
		assert_ok!(Pouw::attest(RuntimeOrigin::none(), by_new));
		assert_eq!(end_block().attestation, 625, "500 of 800");
		Validators::set(vec![1, 2, 3, 4]);
	});
}

#[test]
fn success_a_slot_is_of_one_session() {
	run(|| {
		run_to(25);
		assert_eq!(Pouw::session_of(slot_of(9)), Some(0));
		assert_eq!(Pouw::session_of(slot_of(10)), Some(1));
		assert_eq!(Pouw::session_of(slot_of(19)), Some(1));
		assert_eq!(Pouw::session_of(slot_of(25)), Some(2));
		assert!(!Pouw::is_in_session(slot_of(10), 0));
		assert!(!Pouw::is_in_session(slot_of(10), 2));
		assert!(!Pouw::is_in_session(slot_of(10), 99));
	});
}

#[test]
fn boundary_starts_are_forgotten_in_the_end() {
	run(|| {
		let sessions = u64::from(HISTORY_SESSIONS) + 5;
		run_to(sessions * 10);
		assert_eq!(SessionStarts::<Test>::iter().count() as u32, HISTORY_SESSIONS);
		assert_eq!(Pouw::session_of(slot_of(15)), None);
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
