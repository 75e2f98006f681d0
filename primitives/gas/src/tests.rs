use crate::*;
use proptest::prelude::*;

#[test]
fn each_operation() {
	let table = [
		(Operation::Transaction, 21_000),
		(Operation::Transfer, 2_100),
		(Operation::StorageRead, 200),
		(Operation::StorageInsert, 20_000),
		(Operation::StorageUpdate, 5_000),
		(Operation::StorageDelete, 5_000),
		(Operation::SignatureCheck, 3_000),
		(Operation::HashWord, 30),
		(Operation::MemoryWord, 3),
		(Operation::ZeroByte, 4),
		(Operation::NonZeroByte, 16),
	];
	for (operation, gas) in table {
		assert_eq!(operation.gas(), gas, "{operation:?}");
	}
	assert_eq!(DELETE_REFUND, 15_000);
}

#[test]
fn a_hash_for_every_32_bytes_begun() {
	assert_eq!([0, 1, 32, 33, 64].map(hash), [0, 30, 30, 60, 60]);
}

#[test]
fn memory_for_every_32_bytes_begun() {
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

proptest! {
	#[test]
	fn data_never_costs_more_than_its_bound(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
		prop_assert!(data(&bytes) <= data_at_most(bytes.len() as u64));
		prop_assert!(data(&bytes) >= Operation::ZeroByte.times(bytes.len() as u64));
	}
}
