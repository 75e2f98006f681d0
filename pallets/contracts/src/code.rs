//! Code: brought, counted, removed.

use crate::*;
use frame_support::traits::{tokens::Precision, DefensiveOption};
use mbongo_vm::{admit, Facts, ADMISSION_VERSION};
use sp_runtime::traits::Hash;

impl<T: Config> Pallet<T> {
	/// Judges code and keeps it, if it is not there yet: its hash, and what was put on hold for it.
	pub(crate) fn store_code_once(
		owner: &T::AccountId,
		code: CodeBytes,
	) -> Result<(T::Hash, Balance), DispatchError> {
		let code_hash = T::Hashing::hash(&code);
		if CodeInfoOf::<T>::contains_key(code_hash) {
			return Ok((code_hash, 0));
		}
		let facts = admit(&code, limits::CONTRACT_PAGES)
			.map_err(|refusal| Error::<T>::CodeRefused(refusal.into()))?;
		let bytes = code.len() as u32;
		// What is known of it is an item too.
		let deposit = deposits::price::<T>(2, bytes);
		T::Token::hold(&HoldReason::Code.into(), owner, deposit)?;
		let info = CodeInfo { owner: owner.clone(), deposit, contracts: 0, bytes, facts };
		CodeInfoOf::<T>::insert(code_hash, info);
		CodeOf::<T>::insert(code_hash, code);
		Self::deposit_event(Event::CodeStored { code_hash, owner: owner.clone(), bytes, deposit });
		Ok((code_hash, deposit))
	}

	/// Judges code and keeps it.
	pub(crate) fn store_code(
		owner: &T::AccountId,
		code: CodeBytes,
	) -> Result<T::Hash, DispatchError> {
		ensure!(!CodeInfoOf::<T>::contains_key(T::Hashing::hash(&code)), Error::<T>::CodeExists);
		let (code_hash, _) = Self::store_code_once(owner, code)?;
		Ok(code_hash)
	}

	/// Removes code, and gives the deposit back.
	pub(crate) fn drop_code(owner: &T::AccountId, code_hash: T::Hash) -> DispatchResult {
		let info = CodeInfoOf::<T>::get(code_hash).ok_or(Error::<T>::NoCode)?;
		ensure!(info.owner == *owner, Error::<T>::NotAllowed);
		ensure!(info.contracts == 0, Error::<T>::CodeInUse);
		let deposit = info.deposit;
		T::Token::release(&HoldReason::Code.into(), owner, deposit, Precision::Exact)?;
		CodeInfoOf::<T>::remove(code_hash);
		CodeOf::<T>::remove(code_hash);
		Self::deposit_event(Event::CodeRemoved { code_hash, owner: owner.clone(), deposit });
		Ok(())
	}

	/// Notes that one more contract is made of code, which must be there.
	pub(crate) fn use_code(code_hash: T::Hash) -> Result<(), Failure> {
		CodeInfoOf::<T>::try_mutate(code_hash, |info| {
			let info = info.as_mut().ok_or(abi::ReturnCode::Absent)?;
			let contracts = info.contracts.checked_add(1);
			info.contracts = contracts.ok_or(VmError::ResourceLimitExceeded)?;
			Ok(())
		})
	}

	/// Notes that one contract less is made of code.
	pub(crate) fn leave_code(code_hash: T::Hash) {
		CodeInfoOf::<T>::mutate(code_hash, |info| {
			if let Some(info) = info {
				info.contracts = info.contracts.saturating_sub(1);
			}
		});
	}

	/// Gives a contract other code.
	pub(crate) fn change_code(contract: &T::AccountId, new: T::Hash) -> DispatchResult {
		let mut info = ContractInfoOf::<T>::get(contract).ok_or(Error::<T>::NoContract)?;
		let old = core::mem::replace(&mut info.code_hash, new);
		Self::use_code(new).map_err(|_| Error::<T>::NoCode)?;
		Self::leave_code(old);
		ContractInfoOf::<T>::insert(contract, info);
		Self::deposit_event(Event::CodeSet { contract: contract.clone(), old, new });
		Ok(())
	}

	/// Code that is to be run, and what is known of it. What was let in by other rules than today's is
	/// judged again first, and charged for that.
	pub(crate) fn code_to_run(
		code_hash: T::Hash,
		meter: &mut Meter,
	) -> Result<(Vec<u8>, Facts), VmError> {
		let info = CodeInfoOf::<T>::get(code_hash).defensive_ok_or(VmError::MalformedAbi)?;
		let code = CodeOf::<T>::get(code_hash).defensive_ok_or(VmError::MalformedAbi)?;
		if info.facts.admission_version == ADMISSION_VERSION {
			return Ok((code.into_inner(), info.facts));
		}
		Self::charge(meter, T::WeightInfo::upload_code(info.bytes))?;
		let facts = admit(&code, limits::CONTRACT_PAGES).map_err(|_| VmError::CodeOutdated)?;
		CodeInfoOf::<T>::insert(code_hash, CodeInfo { facts, ..info });
		Ok((code.into_inner(), facts))
	}
}
