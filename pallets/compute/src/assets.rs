//! Programs that can be ordered.

use crate::*;
use codec::Encode;
use mbongo_compute_primitives::Work;

impl<T: Config> Pallet<T> {
	/// What is put on hold for so many items with so many bytes together.
	pub(crate) fn deposit_for(items: u32, bytes: usize) -> Balance {
		let of_items = T::DepositPerItem::get().saturating_mul(items.into());
		of_items.saturating_add(T::DepositPerByte::get().saturating_mul(bytes as Balance))
	}

	pub(crate) fn hold_code(work: &Work) -> DispatchResult {
		let is_there = work.code_hash().is_none_or(|code_hash| T::Codes::hold(&code_hash));
		ensure!(is_there, Error::<T>::CodeNotFound);
		Ok(())
	}

	pub(crate) fn release_code(work: &Work) {
		if let Some(code_hash) = work.code_hash() {
			T::Codes::release(&code_hash);
		}
	}

	pub(crate) fn do_register_asset(owner: AccountId, program: Program) -> DispatchResult {
		Self::hold_code(&program.work)?;
		let deposit = Self::deposit_for(1, program.encoded_size());
		Self::hold(HoldReason::Deposit, &owner, deposit)?;
		let asset = NextAsset::<T>::mutate(|next| {
			let asset = *next;
			*next = next.saturating_add(1);
			asset
		});
		let known = Asset { owner: owner.clone(), version: 1, program, deposit };
		Assets::<T>::insert(asset, known);
		Self::deposit_event(Event::AssetRegistered { asset, owner });
		Ok(())
	}

	/// An asset that its owner can change.
	fn own_asset(owner: &AccountId, asset: AssetId) -> Result<Asset, DispatchError> {
		let known = Assets::<T>::get(asset).ok_or(Error::<T>::AssetNotFound)?;
		ensure!(known.owner == *owner, Error::<T>::NotOwner);
		Ok(known)
	}

	pub(crate) fn do_update_asset(
		owner: &AccountId,
		asset: AssetId,
		program: Program,
	) -> DispatchResult {
		let mut known = Self::own_asset(owner, asset)?;
		Self::hold_code(&program.work)?;
		Self::release_code(&known.program.work);
		let deposit = Self::deposit_for(1, program.encoded_size());
		Self::release(HoldReason::Deposit, owner, known.deposit);
		Self::hold(HoldReason::Deposit, owner, deposit)?;
		known.version = known.version.saturating_add(1);
		let version = known.version;
		Assets::<T>::insert(asset, Asset { program, deposit, ..known });
		Self::deposit_event(Event::AssetUpdated { asset, version });
		Ok(())
	}

	pub(crate) fn do_retire_asset(owner: &AccountId, asset: AssetId) -> DispatchResult {
		let known = Self::own_asset(owner, asset)?;
		Self::release_code(&known.program.work);
		Self::release(HoldReason::Deposit, owner, known.deposit);
		Assets::<T>::remove(asset);
		Self::deposit_event(Event::AssetRetired { asset });
		Ok(())
	}
}
