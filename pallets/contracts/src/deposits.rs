//! What is on hold for what contracts keep.

use crate::*;
use frame_support::traits::tokens::{Fortitude, Precision, Preservation, Restriction};

/// What so many items with so many bytes cost to keep.
pub(crate) fn price<T: Config>(items: u32, bytes: u32) -> Balance {
	let of_items = T::DepositPerItem::get().saturating_mul(items.into());
	of_items.saturating_add(T::DepositPerByte::get().saturating_mul(bytes.into()))
}

/// What should be on hold for a contract: it is an item itself.
pub(crate) fn due<T: Config>(info: &ContractOf<T>) -> Balance {
	price::<T>(info.items.saturating_add(1), info.bytes)
}

impl<T: Config> Pallet<T> {
	/// Puts on hold for a contract what is missing, from `payer`, or gives `payer` what is too much:
	/// how much was put on hold, and how much was given.
	pub(crate) fn settle(
		contract: &T::AccountId,
		payer: &T::AccountId,
	) -> Result<(Balance, Balance), VmError> {
		// One that has ended has nothing on hold.
		let Some(mut info) = ContractInfoOf::<T>::get(contract) else { return Ok((0, 0)) };
		let due = due::<T>(&info);
		let reason = HoldReason::Storage.into();
		let (more, less) = (due.saturating_sub(info.deposit), info.deposit.saturating_sub(due));
		if more > 0 {
			T::Token::transfer_and_hold(
				&reason,
				payer,
				contract,
				more,
				Precision::Exact,
				Preservation::Preserve,
				Fortitude::Polite,
			)
			.map_err(|_| VmError::DepositLimit)?;
			let (contract, from) = (contract.clone(), payer.clone());
			Self::deposit_event(Event::DepositHeld { contract, from, amount: more });
		}
		if less > 0 {
			T::Token::transfer_on_hold(
				&reason,
				contract,
				payer,
				less,
				Precision::Exact,
				Restriction::Free,
				Fortitude::Polite,
			)
			.map_err(|_| VmError::DepositLimit)?;
			let (contract, to) = (contract.clone(), payer.clone());
			Self::deposit_event(Event::DepositReleased { contract, to, amount: less });
		}
		if more > 0 || less > 0 {
			info.deposit = due;
			ContractInfoOf::<T>::insert(contract, info);
		}
		Ok((more, less))
	}

	/// What this pallet thinks is on hold for an account: for code that it brought, or as a contract.
	pub fn held_by(who: &T::AccountId, reason: HoldReason) -> Balance {
		match reason {
			HoldReason::Code => CodeInfoOf::<T>::iter_values()
				.filter(|info| info.owner == *who)
				.fold(0, |sum: Balance, info| sum.saturating_add(info.deposit)),
			HoldReason::Storage => ContractInfoOf::<T>::get(who).map_or(0, |info| info.deposit),
		}
	}
}
