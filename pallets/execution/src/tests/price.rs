//! The price of gas.

use super::*;
use frame_support::dispatch::DispatchClass;

/// A block of which this part is full, in percent of what normal transactions may fill.
fn block(fullness: u64) {
	in_a_block(|| {
		let most = Weights::get().get(DispatchClass::Normal).max_total.unwrap();
		let used = Weight::from_parts(most.ref_time() / 100 * fullness, 0);
		System::set_block_consumed_resources(used, 0);
	});
}

#[test]
fn rises_over_half_full_blocks_and_falls_under_them() {
	new_test_ext().execute_with(|| {
		assert_eq!(Execution::gas_price(), MIN_GAS_PRICE);
		block(100);
		let risen = Execution::gas_price();
		assert!(risen > MIN_GAS_PRICE);
		block(60);
		assert!(Execution::gas_price() > risen);
		let high = Execution::gas_price();
		block(40);
		assert!(Execution::gas_price() < high);
	});
}

#[test]
fn stays_between_its_bounds() {
	new_test_ext().execute_with(|| {
		for _ in 0..50 {
			block(0);
			assert_eq!(Execution::gas_price(), MIN_GAS_PRICE);
		}
		set_multiplier(Most::get());
		for _ in 0..50 {
			block(100);
			assert_eq!(Execution::gas_price(), 1_000 * MIN_GAS_PRICE);
		}
	});
}

#[test]
fn is_what_transactions_pay() {
	new_test_ext().execute_with(|| {
		set_multiplier(Multiplier::saturating_from_rational(5, 2));
		let before = Balances::free_balance(1);
		let call = transfer(2, 10_000);
		let gas = base_and_data(&call) + 2_100;
		in_a_block(|| {
			send(1, 0, call).unwrap().result.unwrap();
		});
		assert_eq!(spent_by(1, before), 10_000 + Balance::from(gas) * MIN_GAS_PRICE * 5 / 2);
	});
}
