//! Providers: what they answer with, and how well they do.

use crate::*;

/// All of a part, in millionths.
pub(crate) const ALL: u32 = 1_000_000;

/// What a newcomer is thought to be, and whoever is not heard of for long.
const HALF: u32 = ALL / 2;

/// Who is below this is not drawn for a while.
const JAIL_BELOW: u32 = 300_000;

/// For how many blocks.
const JAIL_BLOCKS: BlockNumber = 1_000;

/// By what part of the way to what happened a record moves: an eighth.
const STEP: u32 = 8;

/// Epochs after which service is as long as it counts.
const LONG_SERVICE: u32 = 90 * 24;

/// A record drifts back by a hundredth in each epoch without tasks; after so many there is nothing left of it.
const DRIFT_EPOCHS: u32 = 1_024;

/// What a bond is counted in for draws.
const WEIGHT_UNIT: Balance = mbongo_primitives::units::MILLI_MBO;

/// What came of a task, in millionths; nothing, where it says nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Outcome {
	pub success: Option<u32>,
	pub timeliness: Option<u32>,
	pub verification: Option<u32>,
}

/// `part` of `of`, both in millionths.
pub(crate) fn times(of: u32, part: u32) -> u32 {
	const ALL_OF_IT: u64 = ALL as u64;
	(u64::from(of).saturating_mul(part.into()) / ALL_OF_IT) as u32
}

/// What is left of a value so many epochs later.
fn drifted(value: u32, epochs: u32) -> u32 {
	let (mut left, mut base, mut epochs) = (ALL, 990_000, epochs.min(DRIFT_EPOCHS));
	while epochs > 0 {
		if epochs & 1 == 1 {
			left = times(left, base);
		}
		base = times(base, base);
		epochs >>= 1;
	}
	let off = times(value.abs_diff(HALF), left);
	match value < HALF {
		true => HALF.saturating_sub(off),
		false => HALF.saturating_add(off),
	}
}

impl Record {
	pub(crate) fn new(epoch: EpochIndex) -> Self {
		Self { success: HALF, timeliness: HALF, verification: HALF, since: epoch, last: epoch }
	}

	/// The record as it is in this epoch.
	pub fn at(mut self, epoch: EpochIndex) -> Self {
		// The epoch in which it last did something was no silence, nor is this one.
		let silent = epoch.saturating_sub(self.last).saturating_sub(1);
		for value in [&mut self.success, &mut self.timeliness, &mut self.verification] {
			*value = drifted(*value, silent);
		}
		if silent > 0 {
			self.last = epoch.saturating_sub(1);
		}
		self
	}

	/// What it is worth altogether, in this epoch.
	pub fn reputation(self, epoch: EpochIndex) -> u32 {
		let now = self.at(epoch);
		let served = epoch.saturating_sub(self.since).min(LONG_SERVICE);
		let service = HALF.saturating_mul(served) / LONG_SERVICE;
		let service = HALF.saturating_add(service);
		[(now.success, 40_u32), (now.timeliness, 25), (now.verification, 25), (service, 10)]
			.into_iter()
			.fold(0_u32, |sum, (value, percent)| {
				sum.saturating_add(times(value, percent.saturating_mul(ALL / 100)))
			})
	}

	fn note(self, epoch: EpochIndex, result: Outcome) -> Self {
		let mut now = self.at(epoch);
		let moved = |value: &mut u32, to: Option<u32>| {
			let Some(to) = to else { return };
			let step = value.abs_diff(to) / STEP;
			*value = match to < *value {
				true => value.saturating_sub(step),
				false => value.saturating_add(step),
			};
		};
		moved(&mut now.success, result.success);
		moved(&mut now.timeliness, result.timeliness);
		moved(&mut now.verification, result.verification);
		now.last = epoch;
		now
	}
}

impl<T: Config> Pallet<T> {
	/// Changes a provider, and how likely it is drawn from now on.
	pub(crate) fn change_provider<R>(
		who: &AccountId,
		change: impl FnOnce(&mut Provider) -> Result<R, DispatchError>,
	) -> Result<R, DispatchError> {
		let mut provider = Providers::<T>::get(who).ok_or(Error::<T>::ProviderNotRegistered)?;
		let result = change(&mut provider)?;
		let before = provider.weight;
		provider.weight = Self::weight_of(&provider);
		Self::weigh(provider.place, before, provider.weight);
		Providers::<T>::insert(who, provider);
		Ok(result)
	}

	/// How likely a provider is drawn: by what is free of its bond, and by its reputation.
	fn weight_of(provider: &Provider) -> u128 {
		let stays = provider.bond.saturating_sub(provider.leaving);
		let is_drawn = provider.is_open
			&& Self::now() >= provider.jailed_until
			&& stays >= Settings::<T>::get().least_bond;
		if !is_drawn {
			return 0;
		}
		let reputation = provider.record.reputation(T::Epoch::get());
		(provider.free() / WEIGHT_UNIT).saturating_mul(reputation.into())
	}

	pub(crate) fn do_register_provider(
		who: AccountId,
		bond: Balance,
		machine: Machine,
	) -> DispatchResult {
		let epoch = T::Epoch::get();
		let known = Providers::<T>::get(&who);
		// Who has asked for all of it back is one no more, until it says otherwise.
		let has_left = known.as_ref().is_some_and(|known| known.bond == known.leaving);
		ensure!(known.is_none() || has_left, Error::<T>::AlreadyRegistered);
		ensure!(bond >= Settings::<T>::get().least_bond, Error::<T>::BondTooLow);
		Self::hold(HoldReason::Bond, &who, bond)?;
		if known.is_none() {
			let place = Self::take_place(&who)?;
			let provider = Provider {
				bond: 0,
				reserved: 0,
				leaving: 0,
				free_at: 0,
				machine,
				is_open: true,
				tasks: 0,
				place,
				weight: 0,
				jailed_until: 0,
				record: Record::new(epoch),
			};
			Providers::<T>::insert(&who, provider);
		}
		Self::change_provider(&who, |provider| {
			provider.bond = provider.bond.saturating_add(bond);
			(provider.machine, provider.is_open) = (machine, true);
			Ok(())
		})?;
		Self::deposit_event(Event::ProviderRegistered { provider: who, bond });
		Ok(())
	}

	pub(crate) fn do_set_provider(
		who: AccountId,
		machine: Machine,
		is_open: bool,
	) -> DispatchResult {
		Self::change_provider(&who, |provider| {
			(provider.machine, provider.is_open) = (machine, is_open);
			Ok(())
		})?;
		Self::deposit_event(Event::ProviderSet { provider: who, machine, is_open });
		Ok(())
	}

	pub(crate) fn do_add_bond(who: AccountId, amount: Balance) -> DispatchResult {
		Self::change_provider(&who, |provider| {
			Self::hold(HoldReason::Bond, &who, amount)?;
			provider.bond = provider.bond.saturating_add(amount);
			Ok(())
		})?;
		Self::deposit_event(Event::BondAdded { provider: who, amount });
		Ok(())
	}

	pub(crate) fn do_unbond(who: AccountId, amount: Balance) -> DispatchResult {
		let settings = Settings::<T>::get();
		let free_at = Self::now().saturating_add(settings.unbonding);
		Self::change_provider(&who, |provider| {
			ensure!(amount <= provider.free(), Error::<T>::BondInUse);
			provider.leaving = provider.leaving.saturating_add(amount);
			provider.free_at = free_at;
			let stays = provider.bond.saturating_sub(provider.leaving);
			ensure!(stays == 0 || stays >= settings.least_bond, Error::<T>::BondTooLow);
			Ok(())
		})?;
		Self::deposit_event(Event::Unbonded { provider: who, amount, free_at });
		Ok(())
	}

	pub(crate) fn do_withdraw_bond(who: AccountId) -> DispatchResult {
		let (amount, has_left, place) = Self::change_provider(&who, |provider| {
			ensure!(Self::now() >= provider.free_at, Error::<T>::TooEarly);
			let amount = core::mem::take(&mut provider.leaving);
			provider.bond = provider.bond.saturating_sub(amount);
			let has_left = provider.bond == 0;
			ensure!(!has_left || provider.tasks == 0, Error::<T>::BondInUse);
			Ok((amount, has_left, provider.place))
		})?;
		Self::release(HoldReason::Bond, &who, amount);
		Self::deposit_event(Event::BondWithdrawn { provider: who.clone(), amount });
		if has_left {
			Providers::<T>::remove(&who);
			Self::leave_place(place);
			Self::deposit_event(Event::ProviderLeft { provider: who });
		}
		Ok(())
	}

	/// Whether a provider can be assigned a task.
	pub(crate) fn can_do(provider: &Provider, task: &Task) -> bool {
		provider.weight > 0
			&& provider.tasks < TASKS_PER_PROVIDER
			&& provider.free() >= task.bond
			&& provider.machine.has(&task.requirements)
	}

	/// A provider has one task more.
	pub(crate) fn take_task(who: &AccountId, id: TaskId) -> DispatchResult {
		Self::change_provider(who, |provider| {
			ensure!(provider.tasks < TASKS_PER_PROVIDER, Error::<T>::TooManyAccepted);
			provider.tasks = provider.tasks.saturating_add(1);
			Ok(())
		})?;
		TasksOf::<T>::insert(who, id, ());
		Ok(())
	}

	/// A provider has one task less, for which so much was reserved of its bond, and so much of that is lost.
	pub(crate) fn leave_task(
		who: &AccountId,
		id: TaskId,
		reserved: Balance,
		lost: Balance,
		result: Outcome,
	) {
		TasksOf::<T>::remove(who, id);
		let epoch = T::Epoch::get();
		let jailed = Self::change_provider(who, |provider| {
			provider.tasks = provider.tasks.saturating_sub(1);
			provider.reserved = provider.reserved.saturating_sub(reserved);
			provider.bond = provider.bond.saturating_sub(lost);
			let before = provider.record;
			provider.record = before.note(epoch, result);
			let has_failed = result.success == Some(0);
			let is_low = provider.record.reputation(epoch) < JAIL_BELOW;
			if !has_failed || !is_low || Self::now() < provider.jailed_until {
				return Ok(None);
			}
			provider.jailed_until = Self::now().saturating_add(JAIL_BLOCKS);
			Ok(Some(provider.jailed_until))
		});
		if let Ok(Some(until)) = jailed {
			Self::set_timer(until, Timer::Jail(who.clone()));
			Self::deposit_event(Event::Jailed { provider: who.clone(), until });
		}
	}

	/// A provider is out of jail.
	pub(crate) fn free_from_jail(who: &AccountId) {
		// Who has left needs no weight.
		let _ = Self::change_provider(who, |_| Ok(()));
	}
}
