//! Slashes: set aside when an offence is reported, lost when nobody has cancelled them in time, and cut from
//! what is on hold when its owner is next touched.

use crate::*;
use frame_support::traits::Imbalance;
use sp_runtime::Saturating;
use sp_staking::{
	offence::{OffenceDetails, OnOffenceHandler},
	SessionIndex,
};

/// What is slashed for double signing, the first time and the second; after that one is out.
const DOUBLE_SIGNING: [Perbill; 2] = [Perbill::from_percent(5), Perbill::from_percent(33)];

/// What is slashed for attesting too little in epoch after epoch.
pub(crate) const MISSING: Perbill = Perbill::from_parts(5_000_000);

/// What becomes of a cut; the rest is burned.
const TO_TREASURY: Perbill = Perbill::from_percent(30);
const TO_REPORTERS: Perbill = Perbill::from_percent(20);

impl<T: Config> OnOffenceHandler<T::AccountId, historical::IdentificationTuple<T>, Weight>
	for Pallet<T>
{
	/// All offences that are reported are double signing.
	fn on_offence(
		offenders: &[OffenceDetails<T::AccountId, historical::IdentificationTuple<T>>],
		slash_fraction: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		for (details, fraction) in offenders.iter().zip(slash_fraction) {
			let reporter = details.reporters.first().cloned();
			Self::punish(&details.offender.0, session, *fraction, reporter);
		}
		<T as Config>::WeightInfo::on_offence().saturating_mul(offenders.len() as u64)
	}
}

impl<T: Config> Pallet<T> {
	/// How long after its epoch an offence can be reported: so that what it slashes cannot be free before.
	pub fn reportable_epochs() -> EpochIndex {
		let parameters = Settings::<T>::get();
		let deferral = parameters.deferral_slots.div_ceil(T::EpochSlots::get().max(1));
		let deferral = EpochIndex::try_from(deferral).unwrap_or(EpochIndex::MAX);
		parameters.unbonding_epochs().saturating_sub(deferral).max(1)
	}

	/// Whether a slash of a validator is deferred: then nobody joins or leaves it.
	pub fn is_frozen(validator: &T::AccountId) -> bool {
		Frozen::<T>::contains_key(validator)
	}

	/// Punishes a validator that signed two things that exclude each other: by 5 %, the second time by 33 %
	/// and for good, and by more if more do it at once.
	fn punish(
		validator: &T::AccountId,
		epoch: EpochIndex,
		correlated: Perbill,
		reporter: Option<T::AccountId>,
	) {
		if epoch.saturating_add(Self::reportable_epochs()) < Self::epoch() {
			return;
		}
		let mut known = Validators::<T>::get(validator).unwrap_or_else(Self::newcomer);
		let before = known.strike;
		let same = before.filter(|strike| epoch <= strike.until);
		let count = same.map_or_else(
			|| before.map_or(1, |it| it.count.saturating_add(1)),
			|strike| strike.count,
		);
		let [first, again] = DOUBLE_SIGNING;
		let fraction = if count > 1 { again } else { first }.max(correlated);
		let already = same.map_or(Perbill::zero(), |strike| strike.fraction);
		known.strike = Some(Strike {
			count,
			// It is in the sets of this epoch and of the next.
			until: same.map_or(Self::epoch().saturating_add(1), |strike| strike.until),
			fraction: fraction.max(already),
		});
		let was_candidate = known.status == Status::Candidate;
		if known.status != Status::Out {
			known.status = if count > 1 { Status::Out } else { Status::Chilled };
		}
		Validators::<T>::insert(validator, known);
		if was_candidate {
			let (validator, reason) = (validator.clone(), ChillReason::Offence);
			Self::deposit_event(Event::Chilled { validator, reason });
		}
		if fraction > already {
			// Of what the others of the same strike have left.
			let left = Perbill::one().saturating_sub(already);
			let more = fraction.saturating_sub(already);
			let of_left = Perbill::from_rational(more.deconstruct(), left.deconstruct());
			Self::defer_slash(validator, epoch, of_left, reporter, Some(before));
		}
	}

	/// Sets aside what a slash for something in `epoch` takes, of all that was with the validator then and
	/// may since have left.
	pub(crate) fn defer_slash(
		validator: &T::AccountId,
		epoch: EpochIndex,
		fraction: Perbill,
		reporter: Option<T::AccountId>,
		strike_before: Option<Option<Strike>>,
	) {
		let stake = Stakes::<T>::mutate_exists(validator, |stake| {
			stake.as_mut().map_or(0, |stake| stake.pool.set_aside(fraction))
		});
		let set_aside =
			|pool: &mut Option<Pool>| pool.as_mut().map_or(0, |pool| pool.set_aside(fraction));
		let today = Self::today();
		let oldest = today.saturating_sub(Settings::<T>::get().unbonding_days);
		let mut left = Vec::new();
		for day in Self::day_of(epoch).max(oldest)..=today {
			let unbonding = UnbondingPools::<T>::mutate_exists(validator, day, set_aside);
			let redelegated = RedelegatedPools::<T>::mutate_exists(validator, day, set_aside);
			if unbonding > 0 || redelegated > 0 {
				left.push(SetAside { day, unbonding, redelegated });
			}
		}
		let slash = DeferredSlash {
			validator: validator.clone(),
			reporter,
			epoch,
			fraction,
			strike_before,
			stake,
			left: BoundedVec::truncate_from(left),
		};
		let amount = slash.amount();
		if amount == 0 {
			return;
		}
		let number = NextSlash::<T>::mutate(|next| {
			let number = *next;
			*next = next.wrapping_add(1);
			number
		});
		let due = T::Slot::get().saturating_add(Settings::<T>::get().deferral_slots);
		Frozen::<T>::mutate(validator, |count| *count = count.saturating_add(1));
		DeferredSlashes::<T>::insert(number, slash);
		let validator = validator.clone();
		Self::deposit_event(Event::SlashDeferred {
			number,
			validator,
			epoch,
			fraction,
			amount,
			due,
		});
		if SlashQueue::<T>::try_append((due, number)).is_err() {
			log::error!(target: LOG_TARGET, "Slash {number} is not deferred: too many are");
			Self::slash(number);
		}
	}

	/// Slashes the first that is due.
	pub(crate) fn slash_what_is_due() -> Weight {
		let queue = SlashQueue::<T>::get();
		let Some((due, number)) = queue.first().copied() else {
			return T::DbWeight::get().reads(1);
		};
		if T::Slot::get() < due {
			return T::DbWeight::get().reads(2);
		}
		Self::unqueue(number);
		Self::slash(number);
		<T as Config>::WeightInfo::slash()
	}

	pub(crate) fn unqueue(number: u32) {
		SlashQueue::<T>::mutate(|queue| queue.retain(|(_, it)| *it != number));
	}

	/// Ends that a slash is deferred: what it has set aside goes where `end` puts it.
	fn end_deferral(slash: &DeferredSlash<T::AccountId>, end: impl Fn(&mut Pool, Balance)) {
		let validator = &slash.validator;
		Stakes::<T>::mutate_extant(validator, |stake| end(&mut stake.pool, slash.stake));
		for part in &slash.left {
			Self::in_unbonding(validator, part.day, |pool| end(pool, part.unbonding));
			Self::in_redelegated(validator, part.day, |pool| end(pool, part.redelegated));
		}
		Frozen::<T>::mutate_exists(validator, |count| {
			*count = count.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
		});
	}

	/// Slashes what was deferred. Who is behind the validator will be cut when next touched; the validator
	/// itself is now.
	pub(crate) fn slash(number: u32) {
		let Some(slash) = DeferredSlashes::<T>::take(number) else { return };
		let amount = slash.amount();
		Self::end_deferral(&slash, Pool::lose);
		let validator = slash.validator;
		if let Some(reporter) = slash.reporter {
			Owed::<T>::mutate(&validator, |owed| {
				// Where too many wait, it is the treasury's.
				let _ = owed.try_push((reporter, TO_REPORTERS.mul_floor(amount)));
			});
		}
		Self::deposit_event(Event::Slashed { number, validator: validator.clone(), amount });
		if !Self::is_frozen(&validator) && Delegations::<T>::contains_key(&validator, &validator) {
			let (stake, delegation, _) = Self::touch(&validator, &validator);
			Self::save(&validator, &validator, stake, delegation);
		}
	}

	pub(crate) fn do_cancel_slash(number: u32) -> DispatchResult {
		let slash = DeferredSlashes::<T>::take(number).ok_or(Error::<T>::NoSuchSlash)?;
		Self::unqueue(number);
		Self::end_deferral(&slash, Pool::put_back);
		let amount = slash.amount();
		let validator = slash.validator;
		if let Some(before) = slash.strike_before {
			Self::change(&validator, |known| {
				known.strike = before;
				if known.status == Status::Out {
					known.status = Status::Chilled;
				}
			});
		}
		Self::deposit_event(Event::SlashCancelled { number, validator, amount });
		Ok(())
	}

	/// Takes tokens on hold from their owner, for a slash of this validator.
	pub(crate) fn cut(who: &T::AccountId, validator: &T::AccountId, amount: Balance) {
		if amount == 0 {
			return;
		}
		let (credit, missing) = T::Token::slash(&HoldReason::Stake.into(), who, amount);
		if missing > 0 {
			log::error!(target: LOG_TARGET, "{missing} units of {who:?} are not on hold");
		}
		let all = credit.peek();
		let (mut for_reporters, rest) = credit.split(TO_REPORTERS.mul_floor(all));
		let (mut for_treasury, burned) = rest.split(TO_TREASURY.mul_floor(all));
		let mut to_reporters: Balance = 0;
		Owed::<T>::mutate_exists(validator, |owed| {
			let Some(waiting) = owed else { return };
			for (reporter, due) in waiting.iter_mut() {
				let part = for_reporters.extract((*due).min(for_reporters.peek()));
				let amount = part.peek();
				*due = due.saturating_sub(amount);
				// An account that cannot take it has lost it.
				if amount > 0 && T::Token::resolve(reporter, part).is_ok() {
					to_reporters = to_reporters.saturating_add(amount);
				}
			}
			waiting.retain(|(_, due)| *due > 0);
			if waiting.is_empty() {
				*owed = None;
			}
		});
		for_treasury.subsume(for_reporters);
		let to_treasury = for_treasury.peek();
		let to_treasury =
			T::Token::resolve(&T::Treasury::get(), for_treasury).map_or(0, |()| to_treasury);
		drop(burned);
		let burned = all.saturating_sub(to_treasury).saturating_sub(to_reporters);
		let (who, validator) = (who.clone(), validator.clone());
		Self::deposit_event(Event::Cut { who, validator, burned, to_treasury, to_reporters });
	}
}
