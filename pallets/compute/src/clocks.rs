//! What happens though nobody does anything: at the block that a clock says, or soon after if much is to
//! happen at once.

use crate::*;

/// The part of a block's time that clocks take at most: a fifth.
const SHARE_OF_A_BLOCK: u64 = 5;

/// The most blocks without anything to do that are passed over in one.
const EMPTY_BLOCKS: u32 = 100;

impl<T: Config> Pallet<T> {
	pub(crate) fn set_timer(at: BlockNumber, timer: Timer) {
		Clocks::<T>::insert(at, timer, ());
	}

	/// Sets a task's clock; it never rings, if `at` is zero.
	pub(crate) fn set_clock(id: TaskId, task: &mut Task, at: BlockNumber) {
		if task.clock > 0 {
			Clocks::<T>::remove(task.clock, Timer::Task(id));
		}
		task.clock = at;
		if at > 0 {
			Self::set_timer(at, Timer::Task(id));
		}
	}

	/// Does what is to be done in this block, as far as there is time.
	pub(crate) fn run_clocks() -> Weight {
		let now = Self::now();
		let most = T::BlockWeights::get().max_block;
		let most = most.checked_div(SHARE_OF_A_BLOCK).unwrap_or_default();
		let mut used = T::WeightInfo::look_at_clocks();
		let mut from = ClocksFrom::<T>::get();
		let (mut empty, mut rung) = (0_u32, 0_u32);
		while from <= now && empty < EMPTY_BLOCKS {
			let Some((timer, ())) = Clocks::<T>::iter_prefix(from).next() else {
				from = from.saturating_add(1);
				empty = empty.saturating_add(1);
				used = used.saturating_add(T::WeightInfo::look_at_clocks());
				continue;
			};
			let after = used.saturating_add(Self::weight_of_timer(&timer));
			// One is always done, so that there is an end.
			if rung > 0 && after.any_gt(most) {
				break;
			}
			Clocks::<T>::remove(from, &timer);
			Self::ring(timer);
			used = after;
			rung = rung.saturating_add(1);
		}
		ClocksFrom::<T>::put(from);
		used
	}

	fn weight_of_timer(timer: &Timer) -> Weight {
		match timer {
			Timer::Task(_) => T::WeightInfo::ring_task(),
			Timer::Demand(..) => T::WeightInfo::ring_demand(),
			Timer::Challenge(..) => T::WeightInfo::ring_challenge(),
			Timer::Jail(_) => T::WeightInfo::set_provider(),
		}
	}

	pub(crate) fn ring(timer: Timer) {
		match timer {
			Timer::Task(id) => Self::ring_task(id),
			Timer::Demand(id, demand) => Self::demand_is_late(id, demand),
			Timer::Challenge(id, who) => Self::challenge_is_late(id, &who),
			Timer::Jail(who) => Self::free_from_jail(&who),
		}
	}

	/// A task's clock rings.
	fn ring_task(id: TaskId) {
		let Some(mut task) = Tasks::<T>::get(id) else { return };
		let rung = core::mem::take(&mut task.clock);
		match task.state.clone() {
			State::Open => Self::look_for_provider(id, task, rung),
			State::Assigned { provider, .. } => {
				Self::deposit_event(Event::TaskDeclined { task: id, provider: provider.clone() });
				Self::leave_assigned(id, task, &provider);
			}
			State::Accepted { provider, .. } | State::Committed { provider, .. } => {
				Self::miss_deadline(id, task, &provider);
			}
			State::Revealed => Self::go_on_judging(id, task, rung),
			State::Disputed => Self::end_dispute(id, task),
			State::Verified => Self::end_window(id, task),
			State::Settled | State::Slashed | State::Expired | State::Cancelled => {
				Self::forget(id, &task);
			}
		}
	}
}
