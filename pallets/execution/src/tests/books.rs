//! The books of the chain's money.

use super::*;
use frame_support::traits::fungible::Mutate;

fn mismatches() -> usize {
	let is_one = |record: &frame_system::EventRecord<RuntimeEvent, _>| {
		matches!(record.event, RuntimeEvent::Execution(Event::SupplyMismatch { .. }))
	};
	System::events().iter().filter(|record| is_one(record)).count()
}

/// A block in which something is done, and how many mismatches it has.
fn block(number: u64, what: impl FnOnce()) -> usize {
	System::reset_events();
	System::set_block_number(number);
	<Execution as Hooks<_>>::on_initialize(number);
	what();
	<Execution as Hooks<_>>::on_finalize(number);
	mismatches()
}

#[test]
fn they_begin_with_what_genesis_made() {
	new_test_ext().execute_with(|| {
		let genesis = Balances::total_issuance();
		let minted = || assert!(Balances::mint_into(&1, 500).is_ok());
		assert_eq!(block(1, minted), 0);
		let expected = Supply { genesis, changes: Changes { minted: 500, burned: 0 }, epoch: 0 };
		assert_eq!(Books::<Test>::get(), Some(expected));
		assert_eq!(block(2, || ()), 0);
		assert_eq!(Books::<Test>::get(), Some(expected));
		assert!(Execution::do_try_state().is_ok());
	});
}

#[test]
fn money_from_nowhere_is_told_at_the_epochs_end() {
	new_test_ext().execute_with(|| {
		let burned = || {
			let burn = Balances::burn_from(
				&1,
				100,
				frame_support::traits::tokens::Preservation::Preserve,
				frame_support::traits::tokens::Precision::Exact,
				frame_support::traits::tokens::Fortitude::Polite,
			);
			assert!(burn.is_ok());
		};
		// This mock has no entry for what is burned so.
		assert_eq!(block(1, || ()), 0);
		assert_eq!(block(2, burned), 0, "the epoch is not over");
		assert!(Execution::do_try_state().is_err());
		Epoch::set(1);
		assert_eq!(block(3, || ()), 1);
		let (issued, expected, cap) =
			(Balances::total_issuance(), Books::<Test>::get().unwrap().issued(), Cap::get());
		assert_eq!(issued + 100, expected);
		System::assert_has_event(Event::SupplyMismatch { issued, expected, cap }.into());
		assert_eq!(block(4, || ()), 0, "once for an epoch");
		Epoch::set(2);
		assert_eq!(block(5, || ()), 1, "and again for the next");
	});
}

#[test]
fn more_than_the_cap_is_told() {
	new_test_ext().execute_with(|| {
		assert_eq!(block(1, || ()), 0);
		Cap::set(Balances::total_issuance());
		Epoch::set(1);
		assert_eq!(block(2, || ()), 0);
		assert!(Execution::do_try_state().is_ok());
		Epoch::set(2);
		assert_eq!(block(3, || assert!(Balances::mint_into(&1, 1).is_ok())), 1);
		assert!(Execution::do_try_state().is_err());
	});
}
