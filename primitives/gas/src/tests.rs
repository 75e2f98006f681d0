use crate::*;
use proptest::prelude::*;

/// What a meter says after one charge.
fn used(charge: impl FnOnce(&mut Meter) -> Result<(), OutOfGas>) -> Gas {
	let mut meter = Meter::new(1_000_000);
	charge(&mut meter).expect("it is enough");
	meter.finish()
}

fn used_by(operation: Operation) -> Gas {
	used(|meter| meter.operation(operation))
}

#[test]
fn a_transaction() {
	assert_eq!(used_by(Operation::Transaction), 21_000);
}

#[test]
fn a_transfer() {
	assert_eq!(used_by(Operation::Transfer), 2_100);
}

#[test]
fn a_storage_read() {
	assert_eq!(used_by(Operation::StorageRead), 200);
}

#[test]
fn a_storage_item_made() {
	assert_eq!(used_by(Operation::StorageInsert), 20_000);
}

#[test]
fn a_storage_item_changed() {
	assert_eq!(used_by(Operation::StorageUpdate), 5_000);
}

#[test]
fn a_storage_item_deleted_gives_back_half_of_what_was_used_at_most() {
	assert_eq!(used_by(Operation::StorageDelete), 2_500);
	let used = used(|meter| {
		meter.operation(Operation::StorageInsert)?;
		meter.operation(Operation::StorageInsert)?;
		meter.operation(Operation::StorageDelete)
	});
	assert_eq!(used, 45_000 - 15_000);
}

#[test]
fn a_signature_check() {
	assert_eq!(used_by(Operation::SignatureCheck), 3_000);
}

#[test]
fn a_hash_for_every_32_bytes_begun() {
	let hash = |bytes| used(|meter| meter.hash(bytes));
	assert_eq!([0, 1, 32, 33, 64].map(hash), [0, 30, 30, 60, 60]);
}

#[test]
fn memory_for_every_32_bytes_begun() {
	let memory = |bytes| used(|meter| meter.grow_memory(bytes));
	assert_eq!([0, 1, 32, 33, 65_536].map(memory), [0, 3, 3, 6, 6_144]);
}

#[test]
fn data_by_its_bytes() {
	assert_eq!(data(&[]), 0);
	assert_eq!(data(&[0]), 4);
	assert_eq!(data(&[255]), 16);
	assert_eq!(data(&[0, 1, 0, 2, 0]), 3 * 4 + 2 * 16);
	assert_eq!(data_at_most(5), 5 * 16);
}

#[test]
fn any_other_call_by_its_weight() {
	let gas = |picos| weight(Weight::from_parts(picos, 7));
	assert_eq!([0, 1, 5_000, 5_001, 10_000].map(gas), [0, 1, 1, 2, 2]);
	assert_eq!(weight(Weight::MAX), u64::MAX / 5_000 + 1);
}

#[test]
fn out_of_gas_uses_all_and_stays() {
	let mut meter = Meter::new(5_000);
	meter.operation(Operation::StorageDelete).expect("just enough");
	assert_eq!((meter.left(), meter.charge(0)), (0, Ok(())));
	assert_eq!(meter.charge(1), Err(OutOfGas));
	assert_eq!(meter.operation(Operation::StorageRead), Err(OutOfGas));
	assert_eq!(meter.left(), 0);
	assert_eq!(meter.finish(), 5_000);
}

proptest! {
	#[test]
	fn never_more_than_the_limit_never_less_than_half(
		limit in any::<u64>(),
		charges in prop::collection::vec(prop_oneof![0..50_000_u64, any::<u64>()], 0..20),
		deletes in 0..5_u32,
	) {
		let mut meter = Meter::new(limit);
		let mut sum = 0_u128;
		let mut out = false;
		for gas in charges {
			sum += u128::from(gas);
			out |= meter.charge(gas).is_err();
			prop_assert_eq!(out, sum > u128::from(limit));
		}
		for _ in 0..deletes {
			sum += u128::from(Operation::StorageDelete.gas());
			out |= meter.operation(Operation::StorageDelete).is_err();
		}
		let used = u128::from(meter.finish());
		if out {
			prop_assert_eq!(used, u128::from(limit));
		} else {
			prop_assert!(used <= sum && sum <= u128::from(limit));
			prop_assert!(used >= sum - sum / 2);
		}
	}

	#[test]
	fn data_never_costs_more_than_its_bound(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
		prop_assert!(data(&bytes) <= data_at_most(bytes.len() as u64));
		prop_assert!(data(&bytes) >= Operation::ZeroByte.times(bytes.len() as u64));
	}
}
