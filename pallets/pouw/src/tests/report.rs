//! `report_equivocation` and `report_equivocation_unsigned`.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::KeyOwnerProofSystem};
use sp_consensus_pouw::KEY_TYPE;
use sp_runtime::{
	traits::BadOrigin,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};
use sp_session::MembershipProof;
use sp_staking::offence::Offence;

fn owner_proof(validator: u64) -> MembershipProof {
	Historical::prove((KEY_TYPE, session_keys(validator).pouw)).unwrap()
}

fn report(proof: EquivocationProof<H256>, owner: MembershipProof) -> DispatchResult {
	Pouw::report_equivocation(RuntimeOrigin::signed(77), Box::new(proof), owner)
		.map(|_| ())
		.map_err(|error| error.error)
}

fn unsigned(proof: EquivocationProof<H256>, owner: MembershipProof) -> Call<Test> {
	Call::report_equivocation_unsigned {
		equivocation_proof: Box::new(proof),
		key_owner_proof: owner,
	}
}

/// In block 15, so in session 1.
fn in_session_one(test: impl FnOnce()) {
	run(|| {
		run_to(14);
		begin_block(15, false);
		test();
	});
}

#[test]
fn success_is_passed_on_and_costs_nothing() {
	in_session_one(|| {
		let done = Pouw::report_equivocation(
			RuntimeOrigin::signed(77),
			Box::new(equivocation(2, 12)),
			owner_proof(2),
		);
		assert_eq!(done.unwrap().pays_fee, Pays::No);
		OFFENCES.with_borrow(|offences| {
			let (reporters, offence) = &offences[0];
			assert_eq!(reporters, &vec![77]);
			assert_eq!(offence.offender, (2, 2));
			assert_eq!((offence.session_index, offence.validator_set_count), (1, 4));
			assert_eq!(offence.slot(), 1);
		});
	});
}

#[test]
fn success_unsigned_from_this_node_only() {
	#[allow(deprecated)]
	use frame_support::pallet_prelude::ValidateUnsigned;
	in_session_one(|| {
		let call = unsigned(equivocation(2, 12), owner_proof(2));
		#[allow(deprecated)]
		{
			assert_eq!(
				Pouw::validate_unsigned(TransactionSource::External, &call),
				Err(InvalidTransaction::Call.into())
			);
			let valid = Pouw::validate_unsigned(TransactionSource::Local, &call).unwrap();
			assert!(!valid.propagate);
			assert_eq!(valid.longevity, 100);
			assert_eq!(valid.provides.len(), 1);
			assert_ok!(Pouw::pre_dispatch(&call));
			assert_ok!(Pouw::report_equivocation_unsigned(
				RuntimeOrigin::none(),
				Box::new(equivocation(2, 12)),
				owner_proof(2)
			));
			// A second one is not even let into a block.
			let stale = TransactionValidityError::from(InvalidTransaction::Stale);
			assert_eq!(Pouw::pre_dispatch(&call), Err(stale));
			let other = Call::attest { attestations: Default::default(), finalised: 0 };
			assert!(Pouw::validate_unsigned(TransactionSource::Local, &other).is_err());
		}
	});
}

fn reporters() -> Vec<Vec<u64>> {
	OFFENCES.with_borrow(|offences| offences.iter().map(|(who, _)| who.clone()).collect())
}

fn report_unsigned(validator: u64, block: u64) {
	assert_ok!(Pouw::report_equivocation_unsigned(
		RuntimeOrigin::none(),
		Box::new(equivocation(validator, block)),
		owner_proof(validator),
	));
}

#[test]
fn success_unsigned_the_author_is_the_reporter() {
	in_session_one(|| {
		for (index, offender) in [(2, 1), (0, 2)] {
			end_block();
			AuthorIndex::set(index);
			begin_block(System::block_number() + 1, false);
			report_unsigned(offender, 12);
		}
		assert_eq!(reporters(), [[3], [1]]);
		// Whoever signed is, and not the author.
		assert_ok!(report(equivocation(3, 12), owner_proof(3)));
		assert_eq!(reporters()[2], [77]);
	});
}

#[test]
fn success_unsigned_in_a_sessions_first_block_the_author_is_of_the_new_set() {
	run(|| {
		run_to(5);
		Validators::set(vec![7, 8, 9]);
		AuthorIndex::set(2);
		run_to(19);
		assert_eq!(Session::validators(), [1, 2, 3, 4]);
		begin_block(20, false);
		assert_eq!(Session::validators(), [7, 8, 9]);
		report_unsigned(7, 20);
		assert_eq!(reporters(), [[9]]);
	});
}

#[test]
fn boundary_unsigned_by_nobody_that_is_known_it_counts() {
	in_session_one(|| {
		end_block();
		AuthorIndex::set(4);
		begin_block(16, false);
		report_unsigned(2, 12);
		assert_eq!(reporters(), [[0u64; 0]]);
	});
}

#[test]
fn fails_when_the_origin_is_wrong() {
	in_session_one(|| {
		let (proof, owner) = (Box::new(equivocation(2, 12)), owner_proof(2));
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(
				Pouw::report_equivocation(origin, proof.clone(), owner.clone()),
				BadOrigin
			);
		}
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::root()] {
			assert_noop!(
				Pouw::report_equivocation_unsigned(origin, proof.clone(), owner.clone()),
				BadOrigin
			);
		}
	});
}

#[test]
fn fails_when_it_is_reported_twice_in_a_session() {
	in_session_one(|| {
		assert_ok!(report(equivocation(2, 12), owner_proof(2)));
		for block in [12, 13] {
			assert_noop!(
				report(equivocation(2, block), owner_proof(2)),
				Error::<Test>::DuplicateOffenceReport
			);
		}
		assert_ok!(report(equivocation(3, 12), owner_proof(3)));
		run_to(20);
		begin_block(21, false);
		assert_ok!(report(equivocation(2, 21), owner_proof(2)));
	});
}

#[test]
fn fails_when_the_slot_has_not_come() {
	in_session_one(|| {
		for block in [16, 17, u64::from(u32::MAX)] {
			assert_noop!(
				report(equivocation(2, block), owner_proof(2)),
				Error::<Test>::InvalidEquivocationProof
			);
		}
		assert_ok!(report(equivocation(2, 15), owner_proof(2)));
	});
}

#[test]
fn fails_when_the_signatures_prove_nothing() {
	in_session_one(|| {
		let good = equivocation(2, 12);
		let same = EquivocationProof { second: good.first.clone(), ..good.clone() };
		let moved = EquivocationProof { slot: slot_of(13), ..good.clone() };
		let mut forged = good.clone();
		forged.second.1 = attestation(3, slot_of(12), forged.second.0).signature;
		let framed = EquivocationProof { offender: session_keys(3).pouw, ..good };
		for (bad, owner) in [(same, 2), (moved, 2), (forged, 2), (framed, 3)] {
			assert_noop!(report(bad, owner_proof(owner)), Error::<Test>::InvalidEquivocationProof);
		}
	});
}

#[test]
fn fails_when_the_key_was_not_in_the_session_of_the_slot() {
	in_session_one(|| {
		// Of session 0, with a proof of session 1; and of nobody's key.
		assert_noop!(
			report(equivocation(2, 5), owner_proof(2)),
			Error::<Test>::InvalidKeyOwnershipProof
		);
		assert_noop!(
			report(equivocation(9, 12), owner_proof(2)),
			Error::<Test>::InvalidKeyOwnershipProof
		);
		let mut other_session = owner_proof(2);
		other_session.session = 0;
		assert_noop!(
			report(equivocation(2, 12), other_session),
			Error::<Test>::InvalidKeyOwnershipProof
		);
	});
}

#[test]
fn boundary_a_proof_of_a_past_session_still_holds() {
	in_session_one(|| {
		let owner = owner_proof(2);
		run_to(34);
		begin_block(35, false);
		assert_ok!(report(equivocation(2, 12), owner));
	});
}

#[test]
fn boundary_the_more_offenders_the_worse() {
	let offence = AttestationOffence { session_index: 0, validator_set_count: 90, offender: () };
	use sp_runtime::Perbill;
	assert_eq!(offence.slash_fraction(3), Perbill::from_percent(1));
	assert_eq!(offence.slash_fraction(30), Perbill::one());
	assert_eq!(offence.slash_fraction(u32::MAX), Perbill::one());
}
