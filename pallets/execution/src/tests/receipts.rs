//! What is left of transactions.

use super::*;
use codec::Encode;
use mbongo_primitives::{
	execution::{find_execution_log, receipts_root, ErrorClass, ReceiptProof, Status},
	merkle, Hashing,
};
use proptest::prelude::*;
use sp_runtime::{traits::Hash, DispatchError};

/// The events of a transaction as anybody can read them.
fn events_of(index: u32) -> Vec<H256> {
	System::events()
		.into_iter()
		.filter(|record| record.phase == frame_system::Phase::ApplyExtrinsic(index))
		.map(|record| merkle::leaf(&record.encode()))
		.collect()
}

#[test]
fn success_and_every_kind_of_failure() {
	new_test_ext().execute_with(|| {
		let mut sent = vec![];
		let receipts = in_a_block(|| {
			for call in [
				run(10, 5, false),
				run(10, 5, true),
				run(10, 11, false),
				transfer(2, 2 * RICH),
				RuntimeCall::Balances(pallet_balances::Call::force_set_balance {
					who: 1,
					new_free: 1,
				}),
			] {
				sent.push(send(1, 0, call).unwrap());
			}
		});
		let failed = |class, pallet, error| Status::Failed { class, pallet, error };
		let [bad_origin, unavailable] = [
			DispatchError::BadOrigin,
			DispatchError::Token(sp_runtime::TokenError::FundsUnavailable),
		]
		.map(|error| {
			let mut bytes = error.encode();
			bytes.resize(4, 0);
			<[u8; 4]>::try_from(bytes).unwrap()
		});
		let statuses: Vec<_> = receipts.iter().map(|receipt| receipt.status).collect();
		assert_eq!(
			statuses,
			[
				Status::Success,
				failed(ErrorClass::StateAccessDenied, Some(4), [0; 4]),
				Status::OutOfGas,
				failed(ErrorClass::InvalidOperation, None, unavailable),
				failed(ErrorClass::StateAccessDenied, None, bad_origin),
			]
		);
		for (index, (receipt, sent)) in (0..).zip(receipts.iter().zip(&sent)) {
			assert_eq!(receipt.index, index);
			assert_eq!(receipt.extrinsic_hash, Hashing::hash(&sent.bytes));
			assert_eq!(receipt.status == Status::Success, sent.result.is_ok());
			let events = events_of(index);
			assert_eq!(receipt.event_count, events.len() as u32);
			assert_eq!(receipt.events_root, merkle::root(&events));
		}
	});
}

#[test]
fn inherents_have_receipts_without_gas() {
	new_test_ext().execute_with(|| {
		let receipts = in_a_block(|| {
			System::note_extrinsic(vec![1, 2, 3]);
			System::note_applied_extrinsic(&Ok(().into()), Default::default());
			send(1, 0, run(10, 5, false)).unwrap();
		});
		assert_eq!(receipts.len(), 2);
		assert_eq!(receipts[0].gas_used, 0);
		assert_eq!(receipts[0].status, Status::Success);
		assert!(receipts[1].gas_used > 21_000);
	});
}

#[test]
fn receipts_are_gone_when_the_next_block_begins() {
	new_test_ext().execute_with(|| {
		assert_eq!(in_a_block(|| drop(send(1, 0, run(10, 5, false)))).len(), 1);
		assert_eq!(in_a_block(|| assert_eq!(Execution::receipts(), vec![])), vec![]);
		let log = find_execution_log(&System::digest()).unwrap();
		assert_eq!(log.receipts_root, receipts_root(&[]));
	});
}

#[test]
fn events_of_hooks_are_nobodys() {
	new_test_ext().execute_with(|| {
		let send = || drop(send(1, 0, run(10, 5, false)).unwrap());
		let receipts = in_a_block_with(send, || {
			Balances::force_set_balance(RuntimeOrigin::root(), 7, 5_000).unwrap();
		});
		assert_eq!(receipts.len(), 1);
		assert_eq!(receipts[0].event_count as usize, events_of(0).len());
		assert!(events_of(0).len() < System::events().len());
	});
}

/// The weight of the block so far.
fn block_weight() -> Weight {
	System::block_weight().total()
}

/// What so many events weigh.
fn events(count: u32) -> Weight {
	<() as WeightInfo>::receipts(0, count) - <() as WeightInfo>::receipts(0, 0)
}

#[test]
fn events_are_weighed_before_the_next_transaction_begins() {
	new_test_ext().execute_with(|| {
		in_a_block(|| {
			let before = block_weight();
			send(1, 0, weigh(1, 1, true)).unwrap();
			let quiet = block_weight() - before;
			let before = block_weight();
			send(1, 0, run(10, 5, false)).unwrap();
			assert_eq!(block_weight() - before - quiet, events(1));
		});
	});
}

#[test]
fn events_over_64_bytes_and_of_inherents_are_weighed_at_the_end() {
	new_test_ext().execute_with(|| {
		let mut before = Weight::zero();
		in_a_block(|| {
			System::note_extrinsic(vec![1, 2, 3]);
			System::note_applied_extrinsic(&Ok(().into()), Default::default());
			send(1, 0, run(10, 5, false)).unwrap();
			before = block_weight();
		});
		let units = System::events().into_iter().map(|record| {
			let units = record.encode().len().div_ceil(64) as u32;
			match record.phase {
				frame_system::Phase::ApplyExtrinsic(0) => units,
				frame_system::Phase::ApplyExtrinsic(1) => units - 1,
				other => panic!("{other:?}"),
			}
		});
		let units: u32 = units.sum();
		assert!(units > 1);
		assert_eq!(block_weight() - before, events(units));
	});
}

/// Reading them must not take longer for each the more there are.
#[test]
fn a_hundred_thousand_events_are_read() {
	new_test_ext().execute_with(|| {
		let receipts = in_a_block(|| {
			System::note_extrinsic(vec![1]);
			for _ in 0..100_000 {
				System::deposit_event(frame_system::Event::<Test>::NewAccount { account: 1 });
			}
			System::note_applied_extrinsic(&Ok(().into()), Default::default());
		});
		assert_eq!(receipts[0].event_count, 100_001);
		assert_eq!(receipts[0].events_root, merkle::root(&events_of(0)));
	});
}

proptest! {
	#[test]
	fn each_is_proven_by_the_header(
		calls in prop::collection::vec((0..50_000_u64, 0..50_000_u64, any::<bool>()), 1..30),
	) {
		new_test_ext().execute_with(|| {
			let count = calls.len();
			let receipts = in_a_block(|| {
				for (limit, uses, fails) in calls {
					send(1, 0, run(limit, uses, fails)).unwrap();
				}
			});
			assert_eq!(receipts.len(), count);
			for index in 0..count as u32 {
				let proof = ReceiptProof::new(&receipts, index).unwrap();
				assert!(proof.holds(&System::digest()));
			}
		});
	}
}
