//! `attest`, and the weight that comes of it.

use crate::{mock::*, *};
use codec::{Compact, DecodeAll};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	inherent::{InherentData, ProvideInherent},
};
use mbongo_primitives::work::SettledWork;
use proptest::prelude::*;
use sp_core::U256;
use sp_runtime::traits::BadOrigin;

const SET: [u64; 4] = [1, 2, 3, 4];

fn in_block_two(test: impl FnOnce()) {
	run(|| {
		run_to(1);
		begin_block(2, false);
		test();
	});
}

/// In block 2, whose parent's set is validators from 1 on with these stakes.
fn in_block_two_of(stakes: &[Stake], test: impl FnOnce()) {
	run(|| {
		run_to(1);
		let keys = (1..).map(|validator| session_keys(validator).pouw);
		let set: Vec<_> = keys.zip(stakes.iter().copied()).collect();
		Authorities::<Test>::put(BoundedVec::truncate_from(set));
		begin_block(2, false);
		test();
	});
}

/// Validators from 1 on.
fn first(count: usize) -> Vec<u64> {
	(1..=count as u64).collect()
}

fn attest(attestations: ParentAttestations) -> DispatchResult {
	attest_with(attestations, 0)
}

/// By an author that says this block to be final.
fn attest_with(attestations: ParentAttestations, finalised: u64) -> DispatchResult {
	Pouw::attest(RuntimeOrigin::none(), attestations, finalised)
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
			assert_noop!(Pouw::attest(origin, attestations(&SET, &SET, 1), 0), BadOrigin);
		}
	});
}

#[test]
fn success_is_told_with_who_signed_and_how_far_finality_is() {
	run(|| {
		run_to(4);
		begin_block(5, false);
		assert_ok!(attest_with(attestations(&SET, &[2, 4], 4), 1));
		assert_eq!(Heard::take(), [(vec![1, 3], false, 3)]);
		end_block();
		begin_block(6, false);
		assert_ok!(attest_with(attestations(&SET, &[], 5), 0));
		assert_eq!(Heard::take(), [(vec![], false, 5)], "also of nobody");
		end_block();
		begin_block(7, false);
		end_block();
		assert_eq!(Heard::take(), [], "without the inherent there is nothing to tell");
	});
}

#[test]
fn boundary_the_parent_may_be_final() {
	in_block_two(|| {
		let good = attestations(&SET, &SET, 1);
		for high in [2, 3, u64::MAX] {
			assert_noop!(attest_with(good.clone(), high), Error::<Test>::FinalisedTooHigh);
		}
		assert_eq!(Heard::take(), []);
		assert_ok!(attest_with(good, 1));
		assert_eq!(Heard::take(), [(vec![0, 1, 2, 3], false, 0)]);
	});
}

#[test]
fn boundary_finality_may_be_further_behind_than_can_be_told() {
	in_block_two(|| {
		let number = 1 << 40;
		System::set_block_number(number);
		assert_ok!(attest_with(attestations(&SET, &SET, 1), 1));
		assert_eq!(Heard::take(), [(vec![0, 1, 2, 3], false, u32::MAX)]);
		System::set_block_number(2);
	});
}

#[test]
fn fails_when_it_is_refused_and_tells_nobody() {
	in_block_two(|| {
		let stranger = ParentAttestations::new(4, [(0, attests(9, 1))]).unwrap();
		assert_noop!(attest(stranger), Error::<Test>::BadSignature);
		assert_ok!(attest(attestations(&SET, &[1], 1)));
		assert_noop!(attest(attestations(&SET, &[2], 1)), Error::<Test>::AlreadyAttested);
		assert_eq!(Heard::take(), [(vec![0], false, 1)], "once a block");
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
		let elsewhere = attestation(1, slot_of(2), H256::repeat_byte(9)).signature;
		let replayed = ParentAttestations::new(4, [(0, elsewhere)]).unwrap();
		assert_noop!(attest(replayed), Error::<Test>::BadSignature);
		let other_slot = attestation(1, slot_of(3), block_hash(2)).signature;
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
fn success_all_of_the_largest_set() {
	run(|| {
		let set = first(128);
		for validator in &set {
			pallet_session::NextKeys::<Test>::insert(validator, session_keys(*validator));
		}
		Validators::set(set.clone());
		run_to(21);
		assert_eq!(Pouw::authorities().len(), 128);
		begin_block(22, true);
		let everybody = attestations(&set, &set, 21);
		assert_eq!(everybody.signatures.len(), 128);
		assert_ok!(attest(everybody));
		let stake = 128 * 129 / 2 * 100;
		assert_eq!(ParentSupport::<Test>::get(), Some(Support { attested: stake, total: stake }));
		assert_eq!(end_block().attestation, 1000);

		begin_block(23, true);
		assert_ok!(attest(attestations(&set, &set[1..], 22)));
		assert_eq!(end_block().attestation, 999, "all but the smallest stake");
		Validators::set(SET.to_vec());
	});
}

#[test]
fn boundary_stakes_that_overflow_count_as_the_most() {
	in_block_two_of(&[Stake::MAX, 1, Stake::MAX], || {
		assert_ok!(attest(attestations(&first(3), &[1, 2], 1)));
		let most = Stake::MAX;
		assert_eq!(ParentSupport::<Test>::get(), Some(Support { attested: most, total: most }));
	});
}

/// The encoding with one bit flipped is refused: as bytes, or as an inherent of this block.
fn is_refused_with_one_bit_flipped(encoded: &[u8], bit: usize) -> &'static str {
	let mut flipped = encoded.to_vec();
	flipped[bit / 8] ^= 1 << (bit % 8);
	let Ok(attestations) = ParentAttestations::decode_all(&mut &flipped[..]) else {
		return "as bytes";
	};
	assert_eq!(attestations.encode(), flipped, "bit {bit}: there is one encoding");
	assert!(attest(attestations).is_err(), "bit {bit}");
	assert!(!ParentSupport::<Test>::exists());
	"as an inherent"
}

#[test]
fn fails_when_any_bit_is_flipped() {
	for (size, signers) in [(1, vec![1]), (9, vec![2, 8, 9]), (128, vec![100])] {
		in_block_two_of(&vec![1; size], || {
			let good = attestations(&first(size), &signers, 1);
			let encoded = good.encode();
			let how: Vec<_> = (0..encoded.len() * 8)
				.map(|bit| is_refused_with_one_bit_flipped(&encoded, bit))
				.collect();
			assert!(how.contains(&"as bytes") && how.contains(&"as an inherent"));
			assert_ok!(attest(good));
		});
	}
}

#[test]
fn fails_when_it_is_larger_than_any_set() {
	let none = Call::attest { attestations: Default::default(), finalised: 0 };
	let index = RuntimeCall::from(none).encode();
	// As a transaction brings it.
	let decode = |bitfield: &[u8], signatures: &[u8]| {
		RuntimeCall::decode_all(&mut &[&index[..2], bitfield, signatures, &[0]].concat()[..])
	};
	let bitfield = |bytes: usize| vec![255u8; bytes].encode();
	let signatures = |count: usize| vec![attests(1, 1); count].encode();
	assert!(decode(&bitfield(16), &signatures(128)).is_ok());
	assert!(decode(&bitfield(17), &signatures(128)).is_err());
	assert!(decode(&bitfield(16), &signatures(129)).is_err());
	// Lengths that nothing follows, the last one past what a length can be.
	for length in [129, 1 << 14, u64::from(u32::MAX), u64::MAX] {
		let length = Compact(length).encode();
		assert!(decode(&length, &[]).is_err());
		assert!(decode(&length, &signatures(0)).is_err());
		assert!(decode(&bitfield(16), &length).is_err());
	}
}

#[test]
fn inherent_is_made_of_the_data_and_mandatory() {
	run(|| {
		let mut data = InherentData::new();
		assert!(Pouw::create_inherent(&data).is_none());
		let nothing = InherentType { finalised: 7u64, ..Default::default() };
		data.put_data(INHERENT_IDENTIFIER, &nothing).unwrap();
		assert!(Pouw::create_inherent(&data).is_none(), "nothing to include");
		let mut data = InherentData::new();
		let attestations = attestations(&SET, &[2], 1);
		let known = InherentType { attestations: attestations.clone(), finalised: 7u64 };
		data.put_data(INHERENT_IDENTIFIER, &known).unwrap();
		let call = Pouw::create_inherent(&data).unwrap();
		assert!(Pouw::is_inherent(&call));
		assert_eq!(call.get_dispatch_info().class, DispatchClass::Mandatory);
		assert_eq!(call, Call::attest { attestations, finalised: 7 });
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

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

	/// Whatever the set, its stakes and who signs: the support is theirs, to the last unit.
	#[test]
	fn support_is_the_signers_stake(
		set in prop::collection::vec(
			(prop_oneof![0..10u128, 0..1u128 << 64, 0..Stake::MAX >> 7], any::<bool>()),
			1..=128,
		),
	) {
		let stakes: Vec<_> = set.iter().map(|(stake, _)| *stake).collect();
		in_block_two_of(&stakes, || {
			let signers: Vec<_> = first(set.len())
				.into_iter()
				.zip(&set)
				.filter_map(|(validator, (_, signs))| signs.then_some(validator))
				.collect();
			attest(attestations(&first(set.len()), &signers, 1)).unwrap();
			let attested = signers.iter().map(|validator| stakes[*validator as usize - 1]).sum();
			let total = stakes.iter().sum();
			assert_eq!(ParentSupport::<Test>::get(), Some(Support { attested, total }));
			// In thousandths, rounded down: checked without dividing.
			let weight = U256::from(end_block().attestation);
			let [attested, total] = [attested, total].map(U256::from);
			if total.is_zero() {
				assert!(weight.is_zero());
			} else {
				assert!(weight * total <= attested * 1000);
				assert!((weight + 1) * total > attested * 1000);
			}
		});
	}

	/// Whoever signs and whatever the author says: it is told just as it is, or refused.
	#[test]
	fn what_is_told_is_what_was_included(
		signs in prop::collection::vec(any::<bool>(), 1..=128),
		number in 2u64..40,
		finalised in prop_oneof![0u64..45, any::<u64>()],
	) {
		run(|| {
			run_to(number - 1);
			let keys = (1..).map(|validator| session_keys(validator).pouw);
			let set: Vec<_> = keys.take(signs.len()).map(|key| (key, 1)).collect();
			Authorities::<Test>::put(BoundedVec::truncate_from(set));
			begin_block(number, false);
			// Then the set above is the last one, and the new one the validators'.
			let begins_session = number.is_multiple_of(10);
			let set = first(signs.len());
			let signers: Vec<_> = set.iter().copied().filter(|v| signs[*v as usize - 1]).collect();
			let told = attest_with(attestations(&set, &signers, number - 1), finalised);
			if finalised < number {
				assert_ok!(told);
				let places = signers.iter().map(|validator| *validator as usize - 1).collect();
				let unfinalised = number - 1 - finalised;
				assert_eq!(Heard::take(), [(places, begins_session, unfinalised as u32)]);
			} else {
				assert_eq!(told, Err(Error::<Test>::FinalisedTooHigh.into()));
				assert_eq!(Heard::take(), []);
			}
		});
	}

	/// In sets of any size, whoever signs.
	#[test]
	fn fails_when_a_bit_is_flipped(
		signs in prop::collection::vec(any::<bool>(), 1..=128),
		bits: [prop::sample::Index; 4],
	) {
		in_block_two_of(&vec![1; signs.len()], || {
			let set = first(signs.len());
			let signers: Vec<_> = set.iter().copied().filter(|v| signs[*v as usize - 1]).collect();
			let good = attestations(&set, &signers, 1);
			let encoded = good.encode();
			for bit in bits {
				is_refused_with_one_bit_flipped(&encoded, bit.index(encoded.len() * 8));
			}
			attest(good).unwrap();
		});
	}
}
