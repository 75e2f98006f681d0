//! Who is a validator, and which of them are the set.

use crate::*;
use pallet_session::SessionInterface;
use sp_runtime::Saturating;
use sp_staking::SessionIndex;

/// An epoch with fewer blocks than this says nothing about who attests.
const LEAST_BLOCKS: u32 = 10;

/// With so many, who has attested none of them is silent.
const SILENCE_BLOCKS: u32 = 4;

/// In which epoch in a row of attesting too little somebody is slashed.
const MISSED_EPOCHS: u8 = 3;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register(who: T::AccountId, commission: Perbill) -> DispatchResult {
		if let Some(known) = Validators::<T>::get(&who) {
			ensure!(known.standing != Standing::Out, Error::<T>::Out);
			return Err(Error::<T>::AlreadyAValidator.into());
		}
		Self::ensure_fit(&who)?;
		Self::enter(&who, commission);
		Self::deposit_event(Event::Registered { validator: who, commission });
		Ok(())
	}

	/// Makes a candidate of somebody who has what it takes.
	pub(crate) fn enter(who: &T::AccountId, commission: Perbill) {
		let validator = Validator {
			standing: Standing::Candidate,
			commission,
			commission_before: (Self::epoch(), commission),
			..Self::newcomer()
		};
		Candidates::<T>::insert(who, ());
		Validators::<T>::insert(who, validator);
	}

	/// Somebody of whom nothing is known yet.
	pub(crate) fn newcomer() -> Validator {
		let number = NextNumber::<T>::mutate(|next| {
			let number = *next;
			*next = next.saturating_add(1);
			number
		});
		let commission = Perbill::zero();
		Validator {
			number,
			standing: Standing::Chilled,
			commission,
			commission_before: (Self::epoch(), commission),
			strike: None,
			strike_before: None,
			pardoned: BoundedVec::new(),
			missed: 0,
		}
	}

	pub(crate) fn do_set_commission(who: T::AccountId, commission: Perbill) -> DispatchResult {
		let epoch = Self::epoch();
		Validators::<T>::try_mutate(&who, |known| {
			let known = known.as_mut().ok_or(Error::<T>::NotAValidator)?;
			if known.commission_before.0 != epoch {
				known.commission_before = (epoch, known.commission);
			}
			ensure!(
				commission <= known.commission_before.1.saturating_add(COMMISSION_STEP),
				Error::<T>::CommissionRisesTooFast
			);
			known.commission = commission;
			Ok::<_, DispatchError>(())
		})?;
		Self::deposit_event(Event::CommissionSet { validator: who, commission });
		Ok(())
	}

	pub(crate) fn do_chill(who: T::AccountId) -> DispatchResult {
		let known = Validators::<T>::get(&who).ok_or(Error::<T>::NotAValidator)?;
		match known.standing {
			Standing::Candidate => {}
			Standing::Chilled => return Err(Error::<T>::AlreadyChilled.into()),
			Standing::Out => return Err(Error::<T>::Out.into()),
		}
		Self::set_chilled(&who, ChillReason::Asked);
		Ok(())
	}

	pub(crate) fn do_resume(who: T::AccountId) -> DispatchResult {
		let known = Validators::<T>::get(&who).ok_or(Error::<T>::NotAValidator)?;
		match known.standing {
			Standing::Chilled => {}
			Standing::Candidate => return Err(Error::<T>::NotChilled.into()),
			Standing::Out => return Err(Error::<T>::Out.into()),
		}
		Self::ensure_fit(&who)?;
		Candidates::<T>::insert(&who, ());
		Validators::<T>::insert(&who, Validator { standing: Standing::Candidate, ..known });
		Self::deposit_event(Event::Resumed { validator: who });
		Ok(())
	}

	/// Whether somebody can be a candidate.
	fn ensure_fit(who: &T::AccountId) -> DispatchResult {
		ensure!(!Self::is_frozen(who), Error::<T>::SlashDeferred);
		ensure!(Self::has_keys(who), Error::<T>::NoSessionKeys);
		ensure!(Self::has_enough(who), Error::<T>::BelowOwnMinimum);
		ensure!(Candidates::<T>::count() < limits::MAX_CANDIDATES, Error::<T>::TooManyValidators);
		Ok(())
	}

	/// Whether enough of a validator's stake is its own.
	fn has_enough(who: &T::AccountId) -> bool {
		let own = Delegations::<T>::get(who, who).unwrap_or_default().position;
		Stakes::<T>::get(who).pool.worth_of(&own) >= Settings::<T>::get().least_own_stake
	}

	/// Takes a candidate out of those to come.
	pub(crate) fn set_chilled(validator: &T::AccountId, reason: ChillReason) {
		Self::change(validator, |known| {
			if known.standing == Standing::Candidate {
				known.standing = Standing::Chilled;
				Candidates::<T>::remove(validator);
				let validator = validator.clone();
				Self::deposit_event(Event::Chilled { validator, reason });
			}
		});
	}

	/// Changes what is known of a validator.
	pub(crate) fn change(validator: &T::AccountId, change: impl FnOnce(&mut Validator)) {
		Validators::<T>::mutate(validator, |known| {
			if let Some(known) = known {
				change(known);
			}
		});
	}

	/// The candidates with the most stake, in the order of registration. Of equal stakes the one that was
	/// registered first comes first.
	pub fn elected() -> Vec<T::AccountId> {
		let mut candidates: Vec<_> = Candidates::<T>::iter_keys()
			.filter(|who| Self::has_keys(who) && Self::has_enough(who))
			.filter_map(|who| Some((Validators::<T>::get(&who)?.number, who)))
			.map(|(number, who)| (Stakes::<T>::get(&who).pool.value, number, who))
			.collect();
		candidates.sort_by(|(a, first, _), (b, second, _)| b.cmp(a).then(first.cmp(second)));
		candidates.truncate(limits::MAX_VALIDATORS as usize);
		candidates.sort_by_key(|(_, number, _)| *number);
		candidates.into_iter().map(|(_, _, who)| who).collect()
	}

	/// Without a single validator the chain could never go on: then the last ones stay, with their keys.
	fn next_set() -> Vec<T::AccountId> {
		let elected = Self::elected();
		if !elected.is_empty() {
			return elected;
		}
		let last = pallet_session::Pallet::<T>::validators();
		if !last.iter().any(Self::has_keys) {
			for (validator, keys) in pallet_session::QueuedKeys::<T>::get() {
				let set =
					<pallet_session::Pallet<T> as SessionInterface>::set_keys(&validator, keys);
				if let Err(error) = set {
					log::error!(target: LOG_TARGET, "The keys of {validator:?} cannot stay: {error:?}");
				}
			}
		}
		last
	}

	/// Chills who attested too little: the worst first, and not so many that it could be their doing that
	/// others are not heard. Who is chilled already is one of these, since it is in the set for one epoch
	/// more. While finality lags, that can be anybody's doing, and nobody is chilled. But when it has lagged
	/// for a day the silent ones are, or those who are left could never be enough to finalise again, nor as
	/// a council to say that finality stands still.
	fn chill_missing(epoch: EpochIndex, set: &[T::AccountId], work: &Tally) {
		let (all, least) = (work.attestable(), Settings::<T>::get().least_attested);
		let attested = |place| work.attested.get(place).copied().unwrap_or_default();
		let enough = |count: u32| {
			all > 0
				&& u64::from(count).saturating_mul(100)
					>= u64::from(all).saturating_mul(least.deconstruct().into())
		};
		let lagged = work.has_lagged();
		let lagging_for = LaggingEpochs::<T>::mutate(|epochs| {
			*epochs = if lagged { epochs.saturating_add(1) } else { 0 };
			*epochs
		});
		let judges = work.blocks >= LEAST_BLOCKS && !lagged;
		let mut missing = Vec::new();
		for (place, validator) in set.iter().enumerate() {
			if enough(attested(place)) {
				Self::change(validator, |known| known.missed = 0);
			} else if judges {
				missing.push((attested(place), validator));
			}
		}
		missing.sort_by_key(|(count, _)| *count);
		let most = (set.len() / 10).max(1);
		for (_, validator) in missing.into_iter().take(most) {
			Self::set_chilled(validator, ChillReason::Missing);
			let mut too_often = false;
			Self::change(validator, |known| {
				known.missed = known.missed.saturating_add(1);
				too_often = known.missed >= MISSED_EPOCHS;
				if too_often {
					known.missed = 0;
				}
			});
			if too_often {
				Self::defer_slash(validator, epoch, |_| slashing::MISSING, None, None, false);
			}
		}

		if lagged
			&& lagging_for >= Settings::<T>::get().day_epochs
			&& work.blocks >= SILENCE_BLOCKS
			&& !enough(0)
		{
			let silent = set.iter().enumerate().filter(|(place, validator)| {
				attested(*place) == 0 && Candidates::<T>::contains_key(validator)
			});
			for (_, validator) in silent.take(most) {
				Self::set_chilled(validator, ChillReason::Silent);
			}
		}
	}
}

impl<T: Config> pallet_session::SessionManager<T::AccountId> for Pallet<T> {
	fn new_session_genesis(_: SessionIndex) -> Option<Vec<T::AccountId>> {
		// Who has session keys, where nobody has stake.
		Some(Self::elected()).filter(|elected| !elected.is_empty())
	}

	fn new_session(_: SessionIndex) -> Option<Vec<T::AccountId>> {
		Some(Self::next_set())
	}

	fn start_session(_: SessionIndex) {
		let set = pallet_session::Pallet::<T>::validators();
		Work::<T>::put(Tally::of(set.len()));
		T::Watcher::set_is(&set);
		LastSet::<T>::put(ActiveSet::<T>::get());
		ActiveSet::<T>::put(BoundedVec::<_, MaxSet>::truncate_from(set));
	}

	fn end_session(epoch: SessionIndex) {
		let (set, work) = (ActiveSet::<T>::get(), Work::<T>::get());
		Self::pay_epoch(epoch, &set, &work);
		Self::chill_missing(epoch, &set, &work);
		historical::Pallet::<T>::prune_up_to(epoch.saturating_sub(Self::reportable_epochs()));
	}
}

impl<T: Config> historical::SessionManager<T::AccountId, ()> for Pallet<T> {
	fn new_session_genesis(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
		<Self as pallet_session::SessionManager<_>>::new_session_genesis(index).map(identified)
	}

	fn new_session(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
		<Self as pallet_session::SessionManager<_>>::new_session(index).map(identified)
	}

	fn start_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::start_session(index)
	}

	fn end_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(index)
	}
}

fn identified<AccountId>(validators: Vec<AccountId>) -> Vec<(AccountId, ())> {
	validators.into_iter().map(|validator| (validator, ())).collect()
}
