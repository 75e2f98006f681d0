//! The gates that a transaction passes before it waits in a pool.

use super::{
	execution::{signed, signed_until, transfer},
	*,
};
use crate::gates::{examine, explain_signature};
use codec::Encode;
use mbongo_primitives::{
	gates::{Admission, Refusal, SignedFor},
	limits::{MAX_TRANSACTION_BYTES, MAX_UPGRADE_BYTES},
	Hash,
};
use polkadot_sdk::sp_runtime::{
	generic::{Era, SignedPayload},
	transaction_validity::TransactionSource,
};
use proptest::prelude::*;

fn examined(transaction: &UncheckedExtrinsic) -> Result<Admission, Refusal> {
	examine_bytes(&transaction.encode())
}

/// As the node asks: what the answer takes to find is not kept.
fn examine_bytes(bytes: &[u8]) -> Result<Admission, Refusal> {
	frame_support::storage::with_transaction(|| {
		let best = System::block_hash(System::block_number());
		let answer = examine(TransactionSource::External, bytes, best);
		sp_runtime::TransactionOutcome::Rollback(Ok::<_, DispatchError>(answer))
	})
	.expect("it is no error")
}

fn remark(length: u32) -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::remark { remark: vec![1; length as usize] })
}

fn this_chain() -> SignedFor {
	SignedFor { genesis_hash: System::block_hash(0), spec_version: VERSION.spec_version }
}

/// Makes these the hashes of the blocks from the first on, of which the last is the best.
fn blocks(count: u32) {
	for number in 0..=count {
		let hash = Hash::repeat_byte(number as u8 + 1);
		frame_system::BlockHash::<Runtime>::insert(number, hash);
	}
	System::set_block_number(count);
}

#[test]
fn the_pool_is_told_what_it_has_to_know() {
	with_preset("development", || {
		let admitted = examined(&signed(Bob, 3, 7, transfer(Charlie, 1)));
		let sender = Some((Bob.to_account_id(), 3));
		assert_eq!(admitted, Ok(Admission { sender, tip: 7 }));
	});
}

#[test]
fn size() {
	with_preset("development", || {
		let length = |call| signed(Bob, 0, 0, call).encode().len() as u32;
		let overhead = length(remark(MAX_TRANSACTION_BYTES)) - MAX_TRANSACTION_BYTES;
		let largest = remark(MAX_TRANSACTION_BYTES - overhead);
		assert!(examined(&signed(Bob, 0, 0, largest)).is_ok());
		let over = examined(&signed(Bob, 0, 0, remark(MAX_TRANSACTION_BYTES - overhead + 1)));
		let limit = MAX_TRANSACTION_BYTES;
		assert_eq!(over, Err(Refusal::Oversized { length: limit + 1, limit }));
		// Which call it is decides; the rest is not decoded, and may be anything.
		let mut bytes = signed(Bob, 0, 0, remark(2 * limit)).encode();
		bytes.pop();
		let length = bytes.len() as u32;
		assert_eq!(examine_bytes(&bytes), Err(Refusal::Oversized { length, limit }));

		let code = |length| vec![1; length as usize];
		for upgrade in [
			RuntimeCall::Preimage(pallet_preimage::Call::note_preimage {
				bytes: code(MAX_UPGRADE_BYTES / 2),
			}),
			RuntimeCall::System(frame_system::Call::apply_authorized_upgrade {
				code: code(MAX_UPGRADE_BYTES / 2),
			}),
		] {
			let answer = examined(&signed(Bob, 0, 0, upgrade));
			assert!(!matches!(answer, Err(Refusal::Oversized { .. })), "{answer:?}");
		}
		let upgrade = RuntimeCall::Preimage(pallet_preimage::Call::note_preimage {
			bytes: code(MAX_UPGRADE_BYTES),
		});
		let limit = MAX_UPGRADE_BYTES;
		assert!(matches!(
			examined(&signed(Bob, 0, 0, upgrade.clone())),
			Err(Refusal::Oversized { limit: l, .. }) if l == limit
		));
		// Only if it is the call itself.
		let within = RuntimeCall::Utility(pallet_utility::Call::batch {
			calls: vec![RuntimeCall::Preimage(pallet_preimage::Call::note_preimage {
				bytes: code(MAX_UPGRADE_BYTES / 2),
			})],
		});
		let limit = MAX_TRANSACTION_BYTES;
		assert!(matches!(
			examined(&signed(Bob, 0, 0, within)),
			Err(Refusal::Oversized { limit: l, .. }) if l == limit
		));
	});
}

#[test]
fn format() {
	with_preset("development", || {
		let bytes = signed(Bob, 0, 0, remark(100)).encode();
		assert!(examine_bytes(&bytes).is_ok());
		assert_eq!(examine_bytes(&[]), Err(Refusal::Malformed));
		assert_eq!(examine_bytes(&bytes[..bytes.len() - 1]), Err(Refusal::Malformed));
		assert_eq!(examine_bytes(&[&bytes[..], &[0]].concat()), Err(Refusal::Malformed));
		// The length takes two bytes.
		let of_version = |version: u8| {
			let mut bytes = bytes.clone();
			bytes[2] = version;
			examine_bytes(&bytes)
		};
		for (byte, version) in [(0x80, 0), (0x83, 3), (0x86, 6), (0xff, 63)] {
			assert_eq!(of_version(byte), Err(Refusal::UnsupportedVersion { version }));
		}
		assert_eq!(of_version(0xc4), Err(Refusal::Malformed));

		let mut deep = remark(1);
		for _ in 0..300 {
			deep = RuntimeCall::Utility(pallet_utility::Call::batch { calls: vec![deep] });
		}
		assert_eq!(examined(&signed(Bob, 0, 0, deep)), Err(Refusal::Malformed));
	});
}

#[test]
fn signature() {
	with_preset("development", || {
		let transaction = signed(Bob, 0, 0, remark(1));
		let expected = Err(Refusal::InvalidSignature { expected: this_chain() });
		let mut another = signed(Bob, 0, 0, remark(1));
		another.function = remark(2);
		another.encoded_call = None;
		assert_eq!(examined(&another), expected);
		let sp_runtime::generic::Preamble::Signed(_, signature, extension) = transaction.preamble
		else {
			panic!("it is signed")
		};
		let charlie = Charlie.to_account_id().into();
		let stolen = UncheckedExtrinsic::new_signed(remark(1), charlie, signature, extension);
		assert_eq!(examined(&stolen), expected);
		assert_eq!(explain_signature(&stolen.encode(), &[Hash::repeat_byte(9)]), None);
	});
}

#[test]
fn chain_and_version() {
	with_preset("development", || {
		blocks(20);
		let ours = this_chain();
		// Signed while the chain was another one.
		let other = Hash::repeat_byte(99);
		let sign_for = |genesis: Hash, era| {
			let here = System::block_hash(0);
			frame_system::BlockHash::<Runtime>::insert(0, genesis);
			let transaction = signed_until(Bob, 0, 0, era, remark(1));
			frame_system::BlockHash::<Runtime>::insert(0, here);
			transaction
		};
		for era in [Era::Immortal, Era::mortal(8, 20)] {
			let transaction = sign_for(other, era);
			assert_eq!(examined(&transaction), Err(Refusal::InvalidSignature { expected: ours }));
			let bytes = transaction.encode();
			let got = SignedFor { genesis_hash: other, ..ours };
			let others = [Hash::repeat_byte(98), other];
			assert_eq!(
				explain_signature(&bytes, &others),
				Some(Refusal::WrongChain { expected: ours, got })
			);
			assert_eq!(explain_signature(&bytes, &others[..1]), None);
		}
	});
}

/// Signed for whatever the test says.
fn signed_for(chain: SignedFor, era: Era, birth_hash: Hash) -> UncheckedExtrinsic {
	let transaction = signed(Bob, 0, 0, remark(1));
	let sp_runtime::generic::Preamble::Signed(address, _, mut extension) = transaction.preamble
	else {
		panic!("it is signed")
	};
	extension.5 = frame_system::CheckEra::from(era);
	let (version, transaction_version) = (chain.spec_version, VERSION.transaction_version);
	let implicit = (
		(),
		(),
		version,
		transaction_version,
		chain.genesis_hash,
		birth_hash,
		(),
		(),
		(),
		None,
		(),
	);
	let payload = SignedPayload::from_raw(remark(1), extension.clone(), implicit);
	let signature = payload.using_encoded(|bytes| Bob.sign(bytes));
	UncheckedExtrinsic::new_signed(remark(1), address, signature.into(), extension)
}

#[test]
fn another_version_is_told() {
	with_preset("development", || {
		let ours = this_chain();
		assert!(examined(&signed_for(ours, Era::Immortal, ours.genesis_hash)).is_ok());
		for (spec_version, known) in [(0, true), (2, true), (9, true), (10, false), (1_000, false)]
		{
			let got = SignedFor { spec_version, ..ours };
			let transaction = signed_for(got, Era::Immortal, ours.genesis_hash);
			let refused = Err(Refusal::InvalidSignature { expected: ours });
			assert_eq!(examined(&transaction), refused);
			let explained = known.then_some(Refusal::WrongChain { expected: ours, got });
			assert_eq!(explain_signature(&transaction.encode(), &[]), explained);
		}
		// Who asks about too many chains is answered for the first ones.
		let other = Hash::repeat_byte(77);
		let got = SignedFor { genesis_hash: other, ..ours };
		let bytes = signed_for(got, Era::Immortal, other).encode();
		let mut others: Vec<_> = (0..8).map(Hash::repeat_byte).collect();
		others[7] = other;
		let explained = Some(Refusal::WrongChain { expected: ours, got });
		assert_eq!(explain_signature(&bytes, &others), explained);
		others.insert(0, Hash::repeat_byte(88));
		assert_eq!(explain_signature(&bytes, &others), None);
		// Our own genesis is no other chain's.
		blocks(5);
		let ours = this_chain();
		let transaction = signed_for(ours, Era::mortal(4, 5), ours.genesis_hash);
		assert_eq!(explain_signature(&transaction.encode(), &[ours.genesis_hash]), None);
	});
}

#[test]
fn a_birth_that_nobody_remembers_is_too_long_ago() {
	with_preset("development", || {
		System::set_block_number(50_000);
		let kept = configs::BlockHashCount::get();
		let transaction = signed_for(this_chain(), Era::mortal(65_536, 10_000), Hash::zero());
		let refused = Refusal::Expired { until: 10_000 + kept, now: 50_001 };
		assert_eq!(examined(&transaction), Err(refused));
	});
}

#[test]
fn expiry() {
	with_preset("development", || {
		blocks(30);
		let signed_at = |birth| {
			System::set_block_number(birth);
			let transaction = signed_until(Bob, 0, 0, Era::mortal(8, birth.into()), remark(1));
			System::set_block_number(30);
			transaction
		};
		assert!(examined(&signed_at(30)).is_ok());
		assert!(examined(&signed_at(24)).is_ok());
		for birth in [22, 14, 3] {
			let transaction = signed_at(birth);
			assert!(matches!(examined(&transaction), Err(Refusal::InvalidSignature { .. })));
			assert_eq!(
				explain_signature(&transaction.encode(), &[]),
				Some(Refusal::Expired { until: birth + 8, now: 31 }),
			);
		}
		// The next block would begin its span anew, but has no hash yet.
		assert_eq!(examined(&signed_at(23)), Err(Refusal::Expired { until: 31, now: 31 }));
	});
}

#[test]
fn nonce() {
	with_preset("development", || {
		frame_system::Account::<Runtime>::mutate(Bob.to_account_id(), |bob| bob.nonce = 5);
		for (got, fits) in [(0, false), (4, false), (5, true), (6, true), (1_000, true)] {
			let answer = examined(&signed(Bob, got, 0, remark(1)));
			match fits {
				true => assert!(answer.is_ok()),
				false => assert_eq!(answer, Err(Refusal::InvalidNonce { expected: 5, got })),
			}
		}
	});
}

#[test]
fn what_needs_no_signature_is_asked_of_its_pallet() {
	with_preset("development", || {
		let bare = UncheckedExtrinsic::new_bare(remark(100));
		let answer = examined(&bare);
		assert!(matches!(answer, Err(Refusal::Invalid(_))), "{answer:?}");
	});
}

proptest! {
	/// A transfer that is let in succeeds, and one that is not would have failed.
	#[test]
	fn funds(
		value in 0..2_000_000 * units::MBO,
		tip in prop_oneof![Just(0), 0..2_000_000 * units::MBO],
		dies: bool,
		edge in prop::option::of(-2_i64..3),
	) {
		with_preset("development", || {
			let dest = Charlie.to_account_id().into();
			let call = |value| RuntimeCall::Balances(match dies {
				true => pallet_balances::Call::transfer_allow_death { dest: Clone::clone(&dest), value },
				false => pallet_balances::Call::transfer_keep_alive { dest: Clone::clone(&dest), value },
			});
			let fee = |call: RuntimeCall| {
				let transaction = signed(Bob, 0, tip, call);
				let info = frame_support::dispatch::GetDispatchInfo::get_dispatch_info(&transaction);
				Execution::query_info(&transaction.function, &info, true).partial_fee
			};
			// At random, or within a little of what Bob has.
			let all = Balances::free_balance(Bob.to_account_id());
			let deposit = if dies { 0 } else { units::EXISTENTIAL_DEPOSIT };
			let value = match edge {
				Some(edge) => {
					let most = all.saturating_sub(fee(call(value)) + tip + deposit);
					most.saturating_add_signed(edge.into())
				}
				None => value,
			};
			let transaction = signed(Bob, 0, tip, call(value));
			let answer = examined(&transaction);
			System::initialize(&1, &System::block_hash(0), &Default::default());
			let applied = Executive::apply_extrinsic(transaction);
			match answer {
				Ok(_) => assert_eq!(applied, Ok(Ok(())), "{value} and {tip} of {all}"),
				Err(Refusal::InsufficientBalance { required, available }) => {
					assert!(required > available);
					assert!(!matches!(applied, Ok(Ok(()))), "{value} and {tip} of {all}");
				}
				Err(other) => panic!("{other:?}"),
			}
		});
	}

	/// The same for several at once: what is let in succeeds, whoever is paid.
	#[test]
	fn funds_of_batches(
		values in prop::collection::vec((0..400_000 * units::MBO, any::<bool>(), any::<bool>()), 0..6),
		tip in 0..2 * units::MBO,
	) {
		with_preset("development", || {
			let calls = values.into_iter().map(|(value, to_self, dies)| {
				let dest = if to_self { Bob } else { Charlie }.to_account_id().into();
				RuntimeCall::Balances(match dies {
					true => pallet_balances::Call::transfer_allow_death { dest, value },
					false => pallet_balances::Call::transfer_keep_alive { dest, value },
				})
			});
			let batch = pallet_utility::Call::batch_all { calls: calls.collect() };
			let transaction = signed(Bob, 0, tip, RuntimeCall::Utility(batch));
			let answer = examined(&transaction);
			System::initialize(&1, &System::block_hash(0), &Default::default());
			let applied = Executive::apply_extrinsic(transaction);
			match answer {
				Ok(_) => assert_eq!(applied, Ok(Ok(()))),
				Err(Refusal::InsufficientBalance { .. }) => assert!(!matches!(applied, Ok(Ok(())))),
				Err(other) => panic!("{other:?}"),
			}
		});
	}

	/// Nothing that comes from outside makes it panic, nor does what it looks like decide alone.
	#[test]
	fn altered_bytes_are_refused(
		place in any::<prop::sample::Index>(),
		bit in 0..8_u32,
		cut in any::<prop::sample::Index>(),
	) {
		with_preset("development", || {
			let mut bytes = signed(Bob, 0, 0, transfer(Charlie, 1)).encode();
			let cut = cut.index(bytes.len());
			assert!(examine_bytes(&bytes[..cut]).is_err());
			let place = place.index(bytes.len());
			bytes[place] ^= 1 << bit;
			assert!(examine_bytes(&bytes).is_err(), "{place}");
			let _ = explain_signature(&bytes, &[Hash::zero()]);
		});
	}

	#[test]
	fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
		with_preset("development", || {
			assert!(examine_bytes(&bytes).is_err());
			assert_eq!(explain_signature(&bytes, &[]), None);
		});
	}
}
