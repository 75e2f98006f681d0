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
		let unbonding = Settings::<T>::get().unbonding_epochs();
		unbonding.saturating_sub(Self::deferral_epochs()).max(1)
	}

	/// Whether a slash can be deferred and still fall before what it takes is free.
	pub fn slashes_fall_in_time() -> bool {
		Self::deferral_epochs() < Settings::<T>::get().unbonding_epochs()
	}

	fn deferral_epochs() -> EpochIndex {
		let slots = Settings::<T>::get().deferral_slots;
		let epochs = slots.div_ceil(T::EpochSlots::get().max(1));
		EpochIndex::try_from(epochs).unwrap_or(EpochIndex::MAX)
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
		if known.pardoned.contains(&epoch) {
			return;
		}
		let (last, before) = (known.strike, known.strike_before);
		let same = before.into_iter().chain(last).find(|strike| epoch <= strike.until);
		let mut strike = same.unwrap_or_else(|| Strike {
			count: last.map_or(0, |last| last.count).saturating_add(1),
			since: epoch,
			// It is in the sets of this epoch and of the next.
			until: Self::epoch().saturating_add(1),
			fraction: Perbill::zero(),
			slashes: 0,
		});
		let [first, again] = DOUBLE_SIGNING;
		let fraction = if strike.count > 1 { again } else { first }.max(correlated);
		let already = strike.fraction;
		// An earlier epoch adds something only where it reaches back to an earlier day.
		if fraction <= already && Self::first_day(epoch) >= Self::first_day(strike.since) {
			return;
		}
		let fraction = fraction.max(already);
		// Of what earlier slashes of the same strike have left, but all of what they did not reach.
		let reached = Self::first_day(strike.since);
		let left = Perbill::one().saturating_sub(already);
		let more = fraction.saturating_sub(already);
		let of_left = Perbill::from_rational(more.deconstruct(), left.deconstruct().max(1));
		let fraction_of = |day: Option<Day>| match day {
			Some(day) if day < reached => fraction,
			_ => of_left,
		};

		let is_new = same.is_none();
		let slashed =
			Self::defer_slash(validator, epoch, fraction_of, reporter, Some(strike.until), is_new);
		strike.since = strike.since.min(epoch);
		strike.fraction = fraction;
		strike.slashes = strike.slashes.saturating_add(slashed.into());
		if before.is_some_and(|before| before.until == strike.until) {
			known.strike_before = Some(strike);
		} else {
			if is_new {
				known.strike_before = last;
			}
			known.strike = Some(strike);
		}
		Validators::<T>::insert(validator, known);
		if slashed {
			Self::set_chilled(validator, ChillReason::Offence);
		}
		if strike.count > 1 {
			Self::change(validator, |known| known.standing = Standing::Out);
		}
	}

	/// From which day on what has left a validator answers for an epoch: that before it is the last whose
	/// stake counted when its set was chosen.
	fn first_day(epoch: EpochIndex) -> Day {
		Self::day_of(epoch.saturating_sub(1))
	}

	/// Sets aside what a slash for something in `epoch` takes: these parts of the validator's pool (no day)
	/// and of what has left it since, by day. Gives whether there is a slash: of nothing there is one only if
	/// it `counts` all the same.
	pub(crate) fn defer_slash(
		validator: &T::AccountId,
		epoch: EpochIndex,
		fraction_of: impl Fn(Option<Day>) -> Perbill,
		reporter: Option<T::AccountId>,
		strike: Option<EpochIndex>,
		counts: bool,
	) -> bool {
		let fraction = fraction_of(None);
		let stake = Stakes::<T>::mutate_exists(validator, |stake| {
			stake.as_mut().map_or(0, |stake| stake.pool.set_aside(fraction))
		});
		let today = Self::today();
		let oldest = today.saturating_sub(Settings::<T>::get().unbonding_days);
		let mut left = Vec::new();
		for day in Self::first_day(epoch).max(oldest)..=today {
			let set_aside = |pool: &mut Option<Pool>| {
				pool.as_mut().map_or(0, |pool| pool.set_aside(fraction_of(Some(day))))
			};
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
			strike,
			stake,
			left: BoundedVec::truncate_from(left),
		};
		let amount = slash.amount();
		if amount == 0 && !counts {
			return false;
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
		true
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
		let own = Self::own_part(&slash);
		Self::end_deferral(&slash, Pool::lose);
		let validator = slash.validator;
		if let Some(reporter) = slash.reporter {
			Self::owe(&validator, reporter, TO_REPORTERS.mul_floor(amount).min(own));
		}
		Self::deposit_event(Event::Slashed { number, validator: validator.clone(), amount });
		if !Self::is_frozen(&validator) && Delegations::<T>::contains_key(&validator, &validator) {
			let (stake, delegation, _) = Self::touch(&validator, &validator);
			Self::save(&validator, &validator, stake, delegation);
		}
	}

	/// How much of what a slash takes is the validator's own, staked or unbonding.
	fn own_part(slash: &DeferredSlash<T::AccountId>) -> Balance {
		let validator = &slash.validator;
		let of = |amount, own: Position, pool: Pool| {
			pool::mul_div(amount, own.shares, pool.shares).unwrap_or_default()
		};
		let staked = Delegations::<T>::get(validator, validator).unwrap_or_default().position;
		let unbonding = Unbonding::<T>::get(validator).into_iter();
		let unbonding = unbonding.filter(|chunk| chunk.validator == *validator).map(|chunk| {
			let part = slash.left.iter().find(|part| part.day == chunk.day);
			let pool = UnbondingPools::<T>::get(validator, chunk.day);
			of(part.map_or(0, |part| part.unbonding), chunk.position, pool)
		});
		let staked = of(slash.stake, staked, Stakes::<T>::get(validator).pool);
		unbonding.fold(staked, Balance::saturating_add)
	}

	/// Has a reporter paid out of the cuts to come for this validator's offences.
	fn owe(validator: &T::AccountId, reporter: T::AccountId, amount: Balance) {
		if amount == 0 {
			return;
		}
		Owed::<T>::mutate(validator, |owed| {
			if let Some((_, due)) = owed.iter_mut().find(|(who, _)| *who == reporter) {
				*due = due.saturating_add(amount);
				return;
			}
			// What rounding has left of others' is for nobody to wait for.
			owed.retain(|(_, due)| *due > T::Token::minimum_balance());
			// Where too many wait, it is the treasury's.
			let _ = owed.try_push((reporter, amount));
		});
	}

	pub(crate) fn do_cancel_slash(number: u32) -> DispatchResult {
		let slash = DeferredSlashes::<T>::take(number).ok_or(Error::<T>::NoSuchSlash)?;
		Self::unqueue(number);
		Self::end_deferral(&slash, Pool::put_back);
		let amount = slash.amount();
		let validator = slash.validator;
		if let Some(strike) = slash.strike {
			Self::change(&validator, |known| {
				Self::pardon(known, strike, slash.epoch, slash.fraction);
			});
		}
		Self::deposit_event(Event::SlashCancelled { number, validator, amount });
		Ok(())
	}

	/// Forgives a validator what it did in an epoch, for which it was to lose this part of what had been left, and
	/// the strike if nothing else is slashed for it.
	fn pardon(known: &mut Validator, until: EpochIndex, epoch: EpochIndex, fraction: Perbill) {
		let oldest = Self::epoch().saturating_sub(Self::reportable_epochs());
		known.pardoned.retain(|pardoned| *pardoned >= oldest);
		// With no place left, whatever else is reported of that epoch has to be cancelled too.
		if !known.pardoned.contains(&epoch) {
			let _ = known.pardoned.try_push(epoch);
		}
		let is_void = |strike: &mut Option<Strike>| {
			let strike = strike.as_mut().filter(|strike| strike.until == until);
			strike.is_some_and(|strike| {
				let rest = Perbill::one().saturating_sub(strike.fraction).deconstruct();
				let left = Perbill::one().saturating_sub(fraction).deconstruct();
				// The others' slashes without this one; of all that was lost, nothing is known of them.
				strike.fraction = match left {
					0 => Perbill::zero(),
					_ => Perbill::one().saturating_sub(Perbill::from_rational(rest, left)),
				};
				strike.slashes = strike.slashes.saturating_sub(1);
				strike.slashes == 0
			})
		};
		if is_void(&mut known.strike) {
			known.strike = known.strike_before.take();
		} else if is_void(&mut known.strike_before) {
			// Then the last one was the first.
			known.strike_before = None;
			if let Some(last) = &mut known.strike {
				last.count = last.count.saturating_sub(1);
			}
		} else {
			return;
		}
		if known.standing == Standing::Out && known.strike.is_none_or(|strike| strike.count < 2) {
			known.standing = Standing::Chilled;
		}
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
