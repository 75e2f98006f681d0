//! What must hold of all accounts together.

use crate::*;
use alloc::collections::BTreeMap;
use codec::{Decode, Encode};
use frame_support::{ensure, instances::Instance1, traits::Get};
use mbongo_primitives::Balance;
use pallet_preimage::RequestStatus;
use pallet_referenda::ReferendumInfo;
use sp_runtime::TryRuntimeError;

/// All accounts.
pub struct Accounts;

#[cfg(feature = "try-runtime")]
impl pallet_execution::Invariants for Accounts {
	fn check() -> Result<(), TryRuntimeError> {
		Self::check()
	}
}

impl Accounts {
	/// Accounts have what there is, and holds are what the pallets that made them think.
	pub fn check() -> Result<(), TryRuntimeError> {
		let mut all: Balance = 0;
		let mut of_preimages = deposits_of_preimages()?;
		let mut of_motions = deposits_of_motions()?;
		let mut of_referenda = deposits_of_referenda();
		for (who, account) in frame_system::Account::<Runtime>::iter() {
			let mut held: Balance = 0;
			for hold in pallet_balances::Holds::<Runtime>::get(&who) {
				held = held.saturating_add(hold.amount);
				// Every pallet that holds money says here how much it should be.
				let thought = match hold.id {
					RuntimeHoldReason::Contracts(reason) => Contracts::held_by(&who, reason),
					RuntimeHoldReason::Preimage(_) => of_preimages.remove(&who).unwrap_or_default(),
					RuntimeHoldReason::Session(_) => deposit_for_keys(&who),
					RuntimeHoldReason::Staking(_) => Staking::held_by(&who),
					RuntimeHoldReason::ValidatorsCouncil(_) => {
						of_motions.remove(&who).unwrap_or_default()
					}
				};
				ensure!(hold.amount == thought, "more or less is held than the pallet thinks");
			}
			let in_reserve = held.saturating_add(of_referenda.remove(&who).unwrap_or_default());
			ensure!(in_reserve <= account.data.reserved, "less is in reserve than pallets think");
			all = all.saturating_add(account.data.free).saturating_add(account.data.reserved);
		}
		ensure!(all == Balances::total_issuance(), "accounts have more or less than there is");
		ensure!(of_preimages.is_empty(), "deposits for preimages are not held");
		ensure!(of_motions.is_empty(), "deposits for motions are not held");
		ensure!(of_referenda.is_empty(), "deposits for referenda are not in reserve");
		Ok(())
	}
}

/// What each account should have on hold for preimages.
fn deposits_of_preimages() -> Result<BTreeMap<AccountId, Balance>, TryRuntimeError> {
	let mut deposits = BTreeMap::<AccountId, Balance>::new();
	for status in pallet_preimage::RequestStatusFor::<Runtime>::iter_values() {
		let (RequestStatus::Unrequested { ticket, .. }
		| RequestStatus::Requested { maybe_ticket: Some(ticket), .. }) = status
		else {
			continue;
		};
		add(&mut deposits, ticket)?;
	}
	Ok(deposits)
}

/// What each account should have on hold for motions.
fn deposits_of_motions() -> Result<BTreeMap<AccountId, Balance>, TryRuntimeError> {
	let mut deposits = BTreeMap::<AccountId, Balance>::new();
	for ticket in pallet_collective::CostOf::<Runtime, Instance1>::iter_values() {
		add(&mut deposits, ticket)?;
	}
	Ok(deposits)
}

fn add(
	deposits: &mut BTreeMap<AccountId, Balance>,
	(who, ticket): (AccountId, impl Encode),
) -> Result<(), TryRuntimeError> {
	// A ticket is its amount, and does not say so but encoded.
	let amount =
		Balance::decode(&mut &ticket.encode()[..]).map_err(|_| "a deposit is no amount")?;
	let sum = deposits.entry(who).or_default();
	*sum = sum.saturating_add(amount);
	Ok(())
}

/// What each account should have in reserve for referenda.
fn deposits_of_referenda() -> BTreeMap<AccountId, Balance> {
	let mut deposits = BTreeMap::<AccountId, Balance>::new();
	for referendum in pallet_referenda::ReferendumInfoFor::<Runtime>::iter_values() {
		let of_one = match referendum {
			ReferendumInfo::Ongoing(status) => {
				[Some(status.submission_deposit), status.decision_deposit]
			}
			ReferendumInfo::Approved(_, submission, decision)
			| ReferendumInfo::Rejected(_, submission, decision)
			| ReferendumInfo::Cancelled(_, submission, decision)
			| ReferendumInfo::TimedOut(_, submission, decision) => [submission, decision],
			ReferendumInfo::Killed(_) => [None, None],
		};
		for deposit in of_one.into_iter().flatten() {
			let sum = deposits.entry(deposit.who).or_default();
			*sum = sum.saturating_add(deposit.amount);
		}
	}
	deposits
}

/// What an account should have on hold for its session keys, if for any: those of genesis are free.
fn deposit_for_keys(who: &AccountId) -> Balance {
	match pallet_session::NextKeys::<Runtime>::contains_key(who) {
		true => <Runtime as pallet_session::Config>::KeyDeposit::get(),
		false => 0,
	}
}
