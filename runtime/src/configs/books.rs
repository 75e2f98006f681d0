//! What must hold of all accounts together.

use crate::*;
use alloc::collections::BTreeMap;
use codec::{Decode, Encode};
use frame_support::ensure;
use mbongo_primitives::Balance;
use pallet_preimage::RequestStatus;

/// Accounts have what there is, and holds are what the pallets that made them think.
pub fn check_accounts() -> Result<(), sp_runtime::TryRuntimeError> {
	let mut all: Balance = 0;
	for (who, account) in frame_system::Account::<Runtime>::iter() {
		let data = account.data;
		let held = pallet_balances::Holds::<Runtime>::get(&who)
			.iter()
			.fold(0, |held: Balance, hold| held.saturating_add(hold.amount));
		ensure!(held <= data.reserved, "an account has less in reserve than is held");
		all = all.saturating_add(data.free).saturating_add(data.reserved);
	}
	ensure!(all == Balances::total_issuance(), "accounts have more or less than there is");

	let reason = configs::PreimageHoldReason::get();
	let mut deposits = BTreeMap::<AccountId, Balance>::new();
	for status in pallet_preimage::RequestStatusFor::<Runtime>::iter_values() {
		let (RequestStatus::Unrequested { ticket, .. }
		| RequestStatus::Requested { maybe_ticket: Some(ticket), .. }) = status
		else {
			continue;
		};
		let (who, ticket) = ticket;
		let deposit = Balance::decode(&mut &ticket.encode()[..])
			.map_err(|_| "a deposit for a preimage is no amount")?;
		let sum = deposits.entry(who).or_default();
		*sum = sum.saturating_add(deposit);
	}
	for (who, holds) in pallet_balances::Holds::<Runtime>::iter() {
		let held = holds.iter().find(|hold| hold.id == reason).map_or(0, |hold| hold.amount);
		let thought = deposits.remove(&who).unwrap_or_default();
		ensure!(held == thought, "more or less is held for preimages than their deposits");
	}
	ensure!(deposits.is_empty(), "deposits for preimages are not held");
	Ok(())
}
