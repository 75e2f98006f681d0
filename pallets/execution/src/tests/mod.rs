//! Tests by what the pallet does. After each, what holds between blocks is checked.

mod books;
mod charge;
mod price;
mod receipts;

use crate::{mock::*, *};
use frame_support::dispatch::GetDispatchInfo;
use mbongo_primitives::execution::Receipt;
use sp_runtime::{
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::TransactionValidityError,
};

/// A block in which the test sends what it likes, and its receipts.
fn in_a_block(send: impl FnOnce()) -> Vec<Receipt> {
	in_a_block_with(send, || ())
}

/// The same, with hooks of other pallets at the block's end.
fn in_a_block_with(send: impl FnOnce(), hooks: impl FnOnce()) -> Vec<Receipt> {
	let number = System::block_number() + 1;
	System::reset_events();
	System::initialize(&number, &Default::default(), &Default::default());
	Execution::on_initialize(number);
	System::note_finished_initialize();
	send();
	System::note_finished_extrinsics();
	hooks();
	TransactionPayment::on_finalize(number);
	Execution::on_finalize(number);
	System::finalize();
	Execution::do_try_state().unwrap();
	Execution::receipts()
}

/// What a transaction is made of besides its call.
struct Sent {
	bytes: Vec<u8>,
	result: sp_runtime::DispatchResult,
}

/// Sends a transaction the way a block does.
fn send(who: AccountId, tip: Balance, call: RuntimeCall) -> Result<Sent, TransactionValidityError> {
	let mut info = call.get_dispatch_info();
	let extension = ChargeTransactionPayment::<Test>::from(tip);
	info.extension_weight = extension.weight(&call);
	let bytes = codec::Encode::encode(&(who, tip, &call));
	System::note_extrinsic(bytes.clone());
	let origin = RuntimeOrigin::signed(who);
	let outcome = extension.dispatch_transaction(origin, call, &info, bytes.len(), 0)?;
	System::note_applied_extrinsic(&outcome, info);
	Ok(Sent { bytes, result: outcome.map(drop).map_err(|error| error.error) })
}

fn transfer(to: AccountId, value: Balance) -> RuntimeCall {
	pallet_balances::Call::transfer_allow_death { dest: to, value }.into()
}

fn run(limit: Gas, uses: Gas, fails: bool) -> RuntimeCall {
	guest::Call::run { limit, uses, fails }.into()
}

fn weigh(most: u64, actual: u64, pays: bool) -> RuntimeCall {
	guest::Call::weigh { most, actual, pays }.into()
}

/// What every transaction with this call pays for, by hand.
fn base_and_data(call: &RuntimeCall) -> Gas {
	let bytes = codec::Encode::encode(call);
	21_000 + bytes.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum::<Gas>()
}

fn spent_by(who: AccountId, before: Balance) -> Balance {
	before - Balances::free_balance(who)
}

fn set_multiplier(multiplier: Multiplier) {
	pallet_transaction_payment::NextFeeMultiplier::<Test>::put(multiplier);
}
