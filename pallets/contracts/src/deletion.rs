//! Contracts end at once, and what they kept is deleted when there is time.

use crate::*;
use frame_support::{
	storage::child,
	traits::tokens::{Fortitude, Precision, Preservation},
	weights::WeightMeter,
};
use sp_core::storage::ChildInfo;

/// Where a contract's storage is.
pub(crate) fn trie(trie_id: &TrieId) -> ChildInfo {
	ChildInfo::new_default(trie_id)
}

impl<T: Config> Pallet<T> {
	/// A trie id that no contract ever had.
	pub(crate) fn next_trie() -> Result<TrieId, VmError> {
		NextTrie::<T>::try_mutate(|next| {
			let id = next.to_be_bytes();
			*next = next.checked_add(1).ok_or(VmError::ResourceLimitExceeded)?;
			Ok(id)
		})
	}

	/// Ends a contract: all that it has is the beneficiary's.
	pub(crate) fn end(contract: &T::AccountId, beneficiary: &T::AccountId) -> DispatchResult {
		let info = ContractInfoOf::<T>::take(contract).ok_or(Error::<T>::NoContract)?;
		ensure!(contract != beneficiary, Error::<T>::NotAllowed);
		let reason = HoldReason::Storage.into();
		T::Token::release(&reason, contract, info.deposit, Precision::Exact)?;
		let all =
			T::Token::reducible_balance(contract, Preservation::Expendable, Fortitude::Polite);
		T::Token::transfer(contract, beneficiary, all, Preservation::Expendable)?;
		Self::leave_code(info.code_hash);
		if info.items > 0 {
			let (first, next) = DeletionPlaces::<T>::get();
			DeletionQueue::<T>::insert(next, info.trie_id);
			DeletionPlaces::<T>::put((first, next.wrapping_add(1)));
		}
		let (contract, beneficiary) = (contract.clone(), beneficiary.clone());
		Self::deposit_event(Event::Terminated { contract, beneficiary });
		Ok(())
	}

	/// Deletes what can be deleted in this time.
	pub(crate) fn delete_some(left: Weight) -> Weight {
		let mut meter = WeightMeter::with_limit(left);
		let look = T::DbWeight::get().reads(1);
		let base = T::WeightInfo::delete_base();
		let item = T::WeightInfo::delete_item(1).saturating_sub(T::WeightInfo::delete_item(0));
		if meter.try_consume(look).is_err() {
			return meter.consumed();
		}
		let (mut first, next) = DeletionPlaces::<T>::get();
		while first != next && meter.can_consume(base.saturating_add(item)) {
			meter.consume(base);
			let items = meter.remaining().ref_time().checked_div(item.ref_time());
			let items = u32::try_from(items.unwrap_or_default()).unwrap_or(u32::MAX).max(1);
			let Some(trie_id) = DeletionQueue::<T>::get(first) else {
				first = first.wrapping_add(1);
				continue;
			};
			let deleted = child::clear_storage(&trie(&trie_id), Some(items), None);
			meter.consume(item.saturating_mul(deleted.loops.into()));
			if deleted.maybe_cursor.is_none() {
				DeletionQueue::<T>::remove(first);
				first = first.wrapping_add(1);
			}
		}
		if DeletionPlaces::<T>::get().0 != first {
			DeletionPlaces::<T>::put((first, next));
		}
		meter.consumed()
	}
}
