//! `attest`, and the weight that comes of it.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	inherent::{InherentData, ProvideInherent},
};
use mbongo_primitives::work::SettledWork;
use proptest::prelude::*;
use sp_runtime::traits::BadOrigin;

const SET: [u64; 4] = [1, 2, 3, 4];

fn in_block_two(test: impl FnOnce()) {
	run(|| {
		run_to(1);
		begin_block(2, false);
		test();
	});
}

fn attest(attestations: ParentAttestations) -> DispatchResult {
	Pouw::attest(RuntimeOrigin::none(), attestations)
}

#[test]
fn success_support_is_by_stake() {
	in_block_two(|| {
		assert_ok!(attest(attestations(&SET, &[1, 4], 1)));
		assert_eq!(ParentSupport::<Test>::get(), Some(Support { attested: 500, total: 1000 }));
		let log = end_block();
		assert_eq!((log.base, log.attestation, log.pouw), (500, 500, 0));
	});
}

#[test]
fn success_primary_slot_and_work_weigh() {
	run(|| {
		run_to(1);
		begin_block(2, true);
		Settled::set(SettledWork {
			total_score: 70,
			provider_count: 3,
			receipts_root: H256::repeat_byte(7),
		});
		assert_ok!(attest(attestations(&SET, &SET, 1)));
		let log = end_block();
		assert_eq!((log.base, log.attestation, log.pouw), (1000, 1000, 140));
		assert_eq!((log.total_pouw_score, log.provider_count), (70, 3));
		assert_eq!(log.compute_receipts_root, H256::repeat_byte(7));

		Settled::set(SettledWork { total_score: u128::MAX, ..Default::default() });
		begin_block(3, true);
		assert_eq!(end_block().pouw, 333, "a third of the rest, whatever the scores");
		Settled::set(SettledWork::default());
	});
}

#[test]
fn success_without_the_inherent_there_is_no_support() {
	in_block_two(|| assert_eq!(end_block().weight().total(), 500));
}

#[test]
fn boundary_nobody_may_attest() {
	in_block_two(|| {
		assert_ok!(attest(attestations(&SET, &[], 1)));
		assert_eq!(end_block().attestation, 0);
	});
}

#[test]
fn fails_when_the_origin_is_not_none() {
	in_block_two(|| {
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::signed(1)] {
			assert_noop!(Pouw::attest(origin, attestations(&SET, &SET, 1)), BadOrigin);
		}
	});
}

#[test]
fn fails_when_the_parent_is_genesis() {
	run(|| {
		begin_block(1, false);
		assert_noop!(attest(attestations(&SET, &SET, 0)), Error::<Test>::GenesisParent);
	});
}

#[test]
fn fails_when_it_is_there_twice() {
	in_block_two(|| {
		assert_ok!(attest(attestations(&SET, &[1], 1)));
		assert_noop!(attest(attestations(&SET, &[2], 1)), Error::<Test>::AlreadyAttested);
	});
}

#[test]
fn fails_when_an_attestation_is_replayed() {
	run(|| {
		run_to(2);
		begin_block(3, false);
		// Of the grandparent, and of this height on another fork.
		assert_noop!(attest(attestations(&SET, &SET, 1)), Error::<Test>::BadSignature);
		let elsewhere = sign(1, slot_of(2), H256::repeat_byte(9));
		let replayed = ParentAttestations::new(4, [(0, elsewhere)]).unwrap();
		assert_noop!(attest(replayed), Error::<Test>::BadSignature);
		let other_slot = sign(1, slot_of(3), block_hash(2));
		let replayed = ParentAttestations::new(4, [(0, other_slot)]).unwrap();
		assert_noop!(attest(replayed), Error::<Test>::BadSignature);
	});
}

#[test]
fn fails_when_a_signature_is_anothers_or_in_anothers_place() {
	in_block_two(|| {
		let stranger = ParentAttestations::new(4, [(0, attests(9, 1))]).unwrap();
		assert_noop!(attest(stranger), Error::<Test>::BadSignature);
		let swapped = ParentAttestations::new(4, [(0, attests(2, 1)), (1, attests(1, 1))]).unwrap();
		assert_noop!(attest(swapped), Error::<Test>::BadSignature);
		let one_bad = ParentAttestations::new(4, [(0, attests(1, 1)), (1, attests(9, 1))]).unwrap();
		assert_noop!(attest(one_bad), Error::<Test>::BadSignature);
	});
}

#[test]
fn fails_when_the_bitfield_is_of_another_form() {
	in_block_two(|| {
		let good = attestations(&SET, &SET, 1);
		let mut short = good.clone();
		short.bitfield.pop();
		let mut long = good.clone();
		long.bitfield.try_push(0).unwrap();
		let mut past_the_set = good.clone();
		past_the_set.bitfield[0] |= 1 << 4;
		let mut unsigned = good.clone();
		unsigned.signatures.pop();
		let mut unnamed = good.clone();
		unnamed.bitfield[0] &= !1;
		for malformed in [short, long, past_the_set, unsigned, unnamed] {
			assert_noop!(attest(malformed), Error::<Test>::MalformedAttestations);
		}
		assert_ok!(attest(good));
	});
}

#[test]
fn inherent_is_made_of_the_data_and_mandatory() {
	run(|| {
		let mut data = InherentData::new();
		assert!(Pouw::create_inherent(&data).is_none());
		data.put_data(INHERENT_IDENTIFIER, &ParentAttestations::default()).unwrap();
		assert!(Pouw::create_inherent(&data).is_none(), "nothing to include");
		let mut data = InherentData::new();
		let attestations = attestations(&SET, &[2], 1);
		data.put_data(INHERENT_IDENTIFIER, &attestations).unwrap();
		let call = Pouw::create_inherent(&data).unwrap();
		assert!(Pouw::is_inherent(&call));
		assert_eq!(call.get_dispatch_info().class, DispatchClass::Mandatory);
		assert!(matches!(call, Call::attest { attestations: made } if made == attestations));
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whoever signs, the weight is the formula's.
	#[test]
	fn weight_is_the_formulas(signers in prop::collection::vec(1u64..=4, 0..4), primary: bool, score: u64) {
		run(|| {
			run_to(1);
			begin_block(2, primary);
			Settled::set(SettledWork { total_score: score.into(), ..Default::default() });
			attest(attestations(&SET, &signers, 1)).unwrap();
			let stake = SET.iter().filter(|v| signers.contains(v)).map(|v| u128::from(*v) * 100).sum();
			let weight = end_block().weight();
			Settled::set(SettledWork::default());
			assert_eq!(weight, BlockWeight::new(primary, stake, 1000, score.into()));
		});
	}
}
