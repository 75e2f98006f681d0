//! What transactions pay, and who gets it.

use super::*;
use codec::Encode;
use frame_support::assert_ok;
use proptest::prelude::*;
use sp_runtime::{traits::TxBaseImplication, transaction_validity::InvalidTransaction};

const PRICE: Balance = MIN_GAS_PRICE;

/// The gas of the one transaction that is sent, and what it paid.
fn pays(who: AccountId, tip: Balance, call: RuntimeCall) -> (Gas, Balance) {
	let before = Balances::free_balance(who);
	let receipts = in_a_block(|| {
		assert!(send(who, tip, call).is_ok());
	});
	(receipts[0].gas_used, spent_by(who, before))
}

#[test]
fn success_a_transfer_pays_base_transfer_and_data() {
	new_test_ext().execute_with(|| {
		let call = transfer(2, 12_345);
		let gas = base_and_data(&call) + 2_100;
		let issuance = Balances::total_issuance();
		assert_eq!(pays(1, 0, call), (gas, 12_345 + Balance::from(gas) * PRICE));
		// All of it is burned.
		assert_eq!(issuance - Balances::total_issuance(), Balance::from(gas) * PRICE);
	});
}

#[test]
fn success_what_a_call_did_not_weigh_goes_back() {
	new_test_ext().execute_with(|| {
		let call = weigh(50_000_000, 20_000_001, true);
		let gas = base_and_data(&call) + 4_001;
		assert_eq!(pays(1, 0, call), (gas, Balance::from(gas) * PRICE));
	});
}

#[test]
fn success_what_a_call_left_of_its_limit_goes_back() {
	new_test_ext().execute_with(|| {
		let call = run(100_000, 30_000, false);
		let gas = base_and_data(&call) + 30_000;
		assert_eq!(pays(1, 0, call), (gas, Balance::from(gas) * PRICE));
	});
}

#[test]
fn success_the_tip_goes_where_tips_go_and_nothing_of_it_is_burned() {
	new_test_ext().execute_with(|| {
		let call = run(1, 1, false);
		let gas = base_and_data(&call) + 1;
		let issuance = Balances::total_issuance();
		assert_eq!(pays(1, 5_000, call), (gas, Balance::from(gas) * PRICE + 5_000));
		assert_eq!(Balances::free_balance(99), EXISTENTIAL_DEPOSIT + 5_000);
		assert_eq!(issuance - Balances::total_issuance(), Balance::from(gas) * PRICE);
	});
}

#[test]
fn success_who_pays_nothing_pays_the_tip_still() {
	new_test_ext().execute_with(|| {
		assert_eq!(pays(1, 7_000, guest::Call::free {}.into()), (0, 7_000));
		// Nobody knew beforehand.
		assert_eq!(pays(1, 0, weigh(50_000, 50_000, false)), (0, 0));
	});
}

#[test]
fn success_nobody_pays_for_what_nobody_signed() {
	new_test_ext().execute_with(|| {
		in_a_block(|| {
			let call = weigh(1, 1, true);
			let info = call.get_dispatch_info();
			let extension = ChargeTransactionPayment::<Test>::from(1_000);
			let origin = RuntimeOrigin::none();
			let (validity, val, _) = extension
				.validate(
					origin,
					&call,
					&info,
					10,
					(),
					&TxBaseImplication(()),
					TransactionSource::External,
				)
				.unwrap();
			assert_eq!(val, None);
			assert_eq!(validity.priority, 0);
		});
		assert_eq!(GasUsed::<Test>::get(), vec![]);
	});
}

#[test]
fn fails_when_out_of_gas_takes_all_and_undoes_all() {
	new_test_ext().execute_with(|| {
		let call = run(40_000, 40_001, false);
		let gas = base_and_data(&call) + 40_000;
		assert_eq!(pays(1, 0, call), (gas, Balance::from(gas) * PRICE));
		assert_eq!(guest::Written::<Test>::get(), 0);
	});
}

#[test]
fn fails_when_the_call_fails_and_pays_for_what_it_used() {
	new_test_ext().execute_with(|| {
		let call = run(40_000, 10_000, true);
		let gas = base_and_data(&call) + 10_000;
		assert_eq!(pays(1, 0, call), (gas, Balance::from(gas) * PRICE));
		assert_eq!(guest::Written::<Test>::get(), 0);
	});
}

#[test]
fn fails_when_the_limit_cannot_be_paid() {
	new_test_ext().execute_with(|| {
		let call = run(1_000_000, 1, false);
		let most = Balance::from(base_and_data(&call) + 1_000_000) * PRICE + 500;
		in_a_block(|| {
			for (has, is_enough) in
				[(most + EXISTENTIAL_DEPOSIT - 1, false), (most + EXISTENTIAL_DEPOSIT, true)]
			{
				Balances::force_set_balance(RuntimeOrigin::root(), 7, has).unwrap();
				let sent = send(7, 500, call.clone()).map(|_| ());
				match is_enough {
					true => assert_eq!(sent, Ok(())),
					false => {
						assert_eq!(sent, Err(InvalidTransaction::Payment.into()));
						assert_eq!(Balances::free_balance(7), has);
					}
				}
			}
		});
	});
}

#[test]
fn boundary_what_cannot_go_back_to_a_dead_account_is_burned() {
	new_test_ext().execute_with(|| {
		in_a_block(|| {
			let call: RuntimeCall =
				pallet_balances::Call::transfer_all { dest: 2, keep_alive: false }.into();
			// It moves away even what is left once the fee was taken.
			let limit = Balance::from(base_and_data(&call) + 2_100) * PRICE;
			Balances::force_set_balance(RuntimeOrigin::root(), 7, limit + 5_000).unwrap();
			let issuance = Balances::total_issuance();
			assert_ok!(send(7, 0, call).unwrap().result);
			assert_eq!(Balances::free_balance(7), 0);
			assert_eq!(issuance - Balances::total_issuance(), limit);
		});
	});
}

#[test]
fn priority_follows_the_tip_for_what_is_scarce() {
	new_test_ext().execute_with(|| {
		let priority = |tip: Balance, call: RuntimeCall, length: usize| {
			let info = call.get_dispatch_info();
			let origin = RuntimeOrigin::signed(1);
			let source = TransactionSource::External;
			ChargeTransactionPayment::<Test>::from(tip)
				.validate_only(origin, &call, &info, length, source, 0)
				.unwrap()
				.0
				.priority
		};
		let light = || weigh(1_000_000, 1, true);
		let heavy = || weigh(500_000_000_000, 1, true);
		assert!(priority(10, light(), 100) > priority(9, light(), 100));
		assert!(priority(10, light(), 100) > priority(10, heavy(), 100));
		assert!(priority(10, light(), 100) > priority(10, light(), 10_000));
		let operational = guest::Call::operate {}.into();
		assert!(priority(0, operational, 100) > priority(1_000_000, light(), 100));
		// Tips differ by a tenth at any size.
		for tip in (0..15).map(|zeros| 10 * 10_u128.pow(zeros)) {
			assert!(priority(tip + tip / 10, light(), 100) > priority(tip, light(), 100), "{tip}");
		}
	});
}

#[test]
fn encoding_is_that_of_the_sdks_extension() {
	let name = <ChargeTransactionPayment<Test> as TransactionExtension<RuntimeCall>>::IDENTIFIER;
	assert_eq!(name, "ChargeTransactionPayment");
	for tip in [0_u128, 63, 64, 1 << 40, u128::MAX] {
		let extension = ChargeTransactionPayment::<Test>::from(tip);
		assert_eq!(extension.encode(), codec::Compact(tip).encode());
		assert_eq!(extension.tip(), tip);
	}
}

#[test]
fn wallets_are_told_what_is_charged_before_execution() {
	new_test_ext().execute_with(|| {
		set_multiplier(Multiplier::saturating_from_rational(37, 11));
		for call in [transfer(2, 1), weigh(123_456_789, 5, true), run(70_000, 3, false)] {
			let info = call.get_dispatch_info();
			let told = Execution::query_info(&call, &info, true).partial_fee;
			let details = Execution::query_fee_details(&call, &info, true);
			assert_eq!(details.final_fee(), told);
			in_a_block(|| {
				// Just so much and the existential deposit is enough.
				let enough = told + EXISTENTIAL_DEPOSIT;
				Balances::force_set_balance(RuntimeOrigin::root(), 7, enough - 1).unwrap();
				assert!(send(7, 0, call.clone()).is_err());
				Balances::force_set_balance(RuntimeOrigin::root(), 7, enough).unwrap();
				assert!(send(7, 0, call).is_ok());
			});
			set_multiplier(Multiplier::saturating_from_rational(37, 11));
		}
		let free: RuntimeCall = guest::Call::free {}.into();
		let info = free.get_dispatch_info();
		assert_eq!(Execution::query_info(&free, &info, true).partial_fee, 0);
		let call = transfer(2, 1);
		assert_eq!(Execution::query_info(&call, &info, false).partial_fee, 0);
	});
}

fn calls() -> impl Strategy<Value = RuntimeCall> {
	prop_oneof![
		(1..9_u64, 0..2 * RICH).prop_map(|(to, value)| transfer(to, value)),
		(0..200_000_u64, 0..200_000_u64, any::<bool>())
			.prop_map(|(limit, uses, fails)| run(limit, uses, fails)),
		(0..1_000_000_000_u64, 0..1_000_000_000_u64, any::<bool>())
			.prop_map(|(most, actual, pays)| weigh(most, actual, pays)),
		Just(guest::Call::free {}.into()),
	]
}

proptest! {
	/// Failing transactions leave the state as if they had not been, but for fee and tip.
	#[test]
	fn a_failure_changes_nothing_but_its_fee(
		calls in prop::collection::vec((1..4_u64, 0..1_000_u128, calls()), 1..12),
	) {
		new_test_ext().execute_with(|| {
			for (who, tip, call) in calls {
				let before: Vec<_> = (1..9_u64).map(Balances::free_balance).collect();
				let written = guest::Written::<Test>::get();
				let issuance = Balances::total_issuance();
				let tips = TipsPaid::get();
				let mut sent = None;
				let receipts = in_a_block(|| sent = send(who, tip, call).ok());
				let Some(sent) = sent else { continue };
				let paid = Balance::from(receipts[0].gas_used) * PRICE;
				assert_eq!(issuance - Balances::total_issuance(), paid);
				assert_eq!(TipsPaid::get() - tips, tip);
				if sent.result.is_err() {
					assert_eq!(guest::Written::<Test>::get(), written);
					for (account, before) in (1..9_u64).zip(before) {
						let spent = if account == who { paid + tip } else { 0 };
						assert_eq!(Balances::free_balance(account), before - spent);
					}
				}
			}
		});
	}

	#[test]
	fn squeezing_keeps_the_order(a in any::<u128>(), b in any::<u128>(), shift in 0..128_u32) {
		use crate::charge::squeeze;
		let (a, b) = ((a >> shift).min(b >> shift), (a >> shift).max(b >> shift));
		prop_assert!(squeeze(a) <= squeeze(b));
		if let Some(more) = a.checked_add(a / 10).filter(|more| *more > a) {
			prop_assert!(squeeze(more) > squeeze(a));
		}
	}
}
