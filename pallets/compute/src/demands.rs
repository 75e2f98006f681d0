//! Who has accepted a task owes every part of it to whoever demands it, until it is settled.

use crate::*;
use mbongo_compute_primitives::{blob::MAX_NODES, BlobId};

/// The most bytes of a demand.
const MAX_BYTES: u32 = 64 * 1024;

/// The most demands of a task that are open at a time.
const OPEN_OF_A_TASK: u32 = 8;

/// So many demands of a task cost the same; the next ones twice as much.
const DOUBLES_AFTER: u32 = 64;

/// The most demands of the queue that are looked at in a block.
const LOOKED_AT: u32 = 16;

impl Demanded {
	/// Whether the blob has it.
	fn is_of(&self, blob: &BlobId) -> bool {
		match self {
			Self::Range { start, len, .. } => {
				let end = (*start).checked_add(u64::from(*len));
				(1..=MAX_BYTES).contains(len) && end.is_some_and(|end| end <= blob.len)
			}
			Self::Nodes { level, start, count, .. } => {
				let end = (*start).checked_add(u64::from(*count));
				(1..=MAX_NODES).contains(count) && end.is_some_and(|end| end <= blob.width(*level))
			}
		}
	}

	/// Whether this shows it.
	fn is_shown(&self, blob: &BlobId, answer: &Answer) -> bool {
		match (self, answer) {
			(Self::Range { start, len, .. }, Answer::Range(proof)) => {
				let end = start.saturating_add(u64::from(*len));
				blob.range(&(*start..end), proof).is_ok()
			}
			(Self::Nodes { level, start, count, .. }, Answer::Nodes(proof)) => {
				let end = start.saturating_add(u64::from(*count));
				blob.nodes(*level, &(*start..end), proof).is_ok()
			}
			_ => false,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// What a part of a task is called.
	fn blob_of(id: TaskId, task: &Task, what: &Demanded) -> Option<BlobId> {
		Receipts::<T>::get(id)?.receipt.claim().blob(&task.job, what.part())
	}

	pub(crate) fn do_demand(who: AccountId, id: TaskId, what: Demanded) -> DispatchResult {
		let (mut task, mut trial) = Self::on_trial(id)?;
		let blob = Self::blob_of(id, &task, &what).ok_or(Error::<T>::NothingToShow)?;
		ensure!(what.is_of(&blob), Error::<T>::NothingToShow);
		let demand = trial.next_demand;
		let doubled = 1_u128.checked_shl(demand / DOUBLES_AFTER).unwrap_or(u128::MAX);
		let bond = Settings::<T>::get().demand_bond.saturating_mul(doubled);
		Self::hold(HoldReason::Demand, &who, bond)?;
		trial.next_demand = demand.saturating_add(1);
		trial.waiting_demands = trial.waiting_demands.saturating_add(1);
		trial.has_demanded |= trial.verifiers.iter().any(|one| one.who == who);
		if task.state == State::Verified && task.clock > 0 {
			trial.window_left = Some(task.clock.saturating_sub(Self::now()));
			Self::set_clock(id, &mut task, 0);
			Tasks::<T>::insert(id, task);
		}
		Demands::<T>::insert(id, demand, Demand { who: who.clone(), what, bond, opened: None });
		Self::deposit_event(Event::Demanded { task: id, demand, who });
		let (first, next) = QueuePlaces::<T>::get();
		if first == next && Self::has_room(&trial) {
			Self::open_demand(id, &mut trial, demand);
		} else {
			DemandQueue::<T>::insert(next, (id, demand));
			QueuePlaces::<T>::put((first, next.saturating_add(1)));
		}
		Trials::<T>::insert(id, trial);
		Ok(())
	}

	/// Whether one more demand of this task can be open.
	fn has_room(trial: &Trial) -> bool {
		trial.open_demands < OPEN_OF_A_TASK
			&& OpenDemands::<T>::get() < Settings::<T>::get().open_demands
	}

	fn open_demand(id: TaskId, trial: &mut Trial, demand: DemandId) {
		Demands::<T>::mutate(id, demand, |known| {
			if let Some(known) = known {
				known.opened = Some(Self::now());
			}
		});
		trial.waiting_demands = trial.waiting_demands.saturating_sub(1);
		trial.open_demands = trial.open_demands.saturating_add(1);
		OpenDemands::<T>::mutate(|open| *open = open.saturating_add(1));
		let until = Self::after(Settings::<T>::get().answer);
		Self::set_timer(until, Timer::Demand(id, demand));
		Self::deposit_event(Event::DemandOpened { task: id, demand, until });
	}

	/// Opens demands that wait, as far as there is room.
	pub(crate) fn open_waiting_demands() -> Weight {
		let (mut first, mut next) = QueuePlaces::<T>::get();
		let mut weight = T::WeightInfo::look_at_clocks();
		// One of a task with as many as it may goes to the end, and is looked at once a block.
		let end = next.min(first.saturating_add(LOOKED_AT.into()));
		let begun = first;
		while first < end && OpenDemands::<T>::get() < Settings::<T>::get().open_demands {
			weight = weight.saturating_add(T::WeightInfo::open_demand());
			let queued = DemandQueue::<T>::take(first);
			first = first.saturating_add(1);
			let Some((id, demand)) = queued else { continue };
			match Trials::<T>::get(id) {
				Some(mut trial) if Self::has_room(&trial) => {
					Self::open_demand(id, &mut trial, demand);
					Trials::<T>::insert(id, trial);
				}
				Some(_) => {
					DemandQueue::<T>::insert(next, (id, demand));
					next = next.saturating_add(1);
				}
				// The task has ended.
				None => {
					if let Some(known) = Demands::<T>::take(id, demand) {
						Self::release(HoldReason::Demand, &known.who, known.bond);
					}
				}
			}
		}
		if first > begun {
			QueuePlaces::<T>::put((first, next));
		}
		weight
	}

	/// An open demand is one no more.
	fn close_demand(id: TaskId, demand: DemandId) -> Option<Demand> {
		let known = Demands::<T>::take(id, demand)?;
		OpenDemands::<T>::mutate(|open| *open = open.saturating_sub(1));
		Some(known)
	}

	pub(crate) fn do_answer(
		provider: &AccountId,
		id: TaskId,
		demand: DemandId,
		answer: &Answer,
	) -> DispatchResult {
		let (task, mut trial) = Self::on_trial(id)?;
		ensure!(trial.provider == *provider, Error::<T>::NotYours);
		let known = Demands::<T>::get(id, demand).ok_or(Error::<T>::NoDemand)?;
		let opened = known.opened.ok_or(Error::<T>::NoDemand)?;
		let blob = Self::blob_of(id, &task, &known.what).ok_or(Error::<T>::NothingToShow)?;
		ensure!(known.what.is_shown(&blob, answer), Error::<T>::BadAnswer);
		let until = opened.saturating_add(Settings::<T>::get().answer).saturating_add(1);
		Clocks::<T>::remove(until, Timer::Demand(id, demand));
		Self::close_demand(id, demand);
		trial.open_demands = trial.open_demands.saturating_sub(1);
		Self::pay(HoldReason::Demand, &known.who, provider, known.bond);
		Self::deposit_event(Event::Answered { task: id, demand });
		Self::go_on(id, task, trial);
		Ok(())
	}

	/// Nobody has answered in time.
	pub(crate) fn demand_is_late(id: TaskId, demand: DemandId) {
		let Some(known) = Self::close_demand(id, demand) else { return };
		Self::release(HoldReason::Demand, &known.who, known.bond);
		let (Some(task), Some(trial)) = (Tasks::<T>::get(id), Trials::<T>::get(id)) else {
			return;
		};
		Self::deposit_event(Event::Unanswered { task: id, demand });
		Self::slash(id, task, &trial, &known.who, Verdict::Unavailable);
	}
}
