//! What must hold between the items that this pallet keeps.

#![allow(clippy::arithmetic_side_effects)] // sums of what there is, off the chain

use crate::*;
use alloc::collections::BTreeMap;
#[cfg(any(test, feature = "try-runtime"))]
use sp_runtime::TryRuntimeError;

/// What an account should have on hold, by why.
pub type Holds = BTreeMap<(AccountId, u8), Balance>;

impl<T: Config> Pallet<T> {
	/// What should be on hold.
	pub fn holds() -> Holds {
		let mut holds = Holds::new();
		let mut add = |who: &AccountId, reason: HoldReason, amount: Balance| {
			*holds.entry((who.clone(), reason as u8)).or_default() += amount;
		};
		for asset in Assets::<T>::iter_values() {
			add(&asset.owner, HoldReason::Deposit, asset.deposit);
		}
		for task in Tasks::<T>::iter_values() {
			add(&task.requester, HoldReason::Fee, task.fee);
			add(&task.requester, HoldReason::Deposit, task.deposit);
		}
		for (who, provider) in Providers::<T>::iter() {
			add(&who, HoldReason::Bond, provider.bond);
		}
		for (_, who, challenge) in Challenges::<T>::iter() {
			add(&who, HoldReason::Challenge, challenge.bond);
		}
		for demand in Demands::<T>::iter_values() {
			add(&demand.who, HoldReason::Demand, demand.bond);
		}
		holds.retain(|_, amount| *amount > 0);
		holds
	}
}

#[cfg(any(test, feature = "try-runtime"))]
impl<T: Config> Pallet<T> {
	/// Checks what must hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		for ((who, reason), amount) in Self::holds() {
			let reason = match reason {
				0 => HoldReason::Bond,
				1 => HoldReason::Fee,
				2 => HoldReason::Deposit,
				3 => HoldReason::Challenge,
				_ => HoldReason::Demand,
			};
			let held = T::Token::balance_on_hold(&reason.into(), &who);
			ensure!(held == amount, "more or less is on hold than should be");
		}
		Self::check_tasks()?;
		Self::check_providers()?;
		Self::check_demands()
	}

	fn check_tasks() -> Result<(), TryRuntimeError> {
		let mut open = BTreeMap::<AccountId, u32>::new();
		for (id, task) in Tasks::<T>::iter() {
			let has_timer = Clocks::<T>::contains_key(task.clock, Timer::Task(id));
			ensure!(has_timer == (task.clock > 0), "a task's clock does not ring");
			let on_trial =
				matches!(task.state, State::Revealed | State::Disputed | State::Verified);
			ensure!(Trials::<T>::contains_key(id) == on_trial, "a receipt is judged, and is not");
			let has_receipt = on_trial || matches!(task.state, State::Settled | State::Slashed);
			ensure!(
				Receipts::<T>::contains_key(id) == has_receipt,
				"a receipt is missing, or left"
			);
			ensure!(id < NextTask::<T>::get(), "a task's number is still to come");
			ensure!(!task.state.is_over() || task.fee == 0, "a task has ended and still costs");
			if !task.state.is_over() {
				*open.entry(task.requester).or_default() += 1;
			}
			let Some(trial) = Trials::<T>::get(id) else { continue };
			let waits = !trial.is_quiet() && task.state != State::Revealed;
			ensure!(task.clock > 0 || waits, "a task waits for nothing");
			let challenges = Challenges::<T>::iter_prefix(id).count();
			ensure!(trial.challenges as usize == challenges, "challenges are not counted");
			let (opened, waiting): (Vec<_>, Vec<_>) =
				Demands::<T>::iter_prefix_values(id).partition(|one| one.opened.is_some());
			let counted = (trial.open_demands as usize, trial.waiting_demands as usize);
			ensure!(counted == (opened.len(), waiting.len()), "demands are not counted");
		}
		let counted: BTreeMap<_, _> = OpenTasks::<T>::iter().collect();
		ensure!(open == counted, "open tasks are not counted");
		for (at, timer, ()) in Clocks::<T>::iter() {
			ensure!(at >= ClocksFrom::<T>::get(), "a clock will never ring");
			if let Timer::Task(id) = timer {
				let is_its = Tasks::<T>::get(id).is_some_and(|task| task.clock == at);
				ensure!(is_its, "a clock rings for nothing");
			}
		}
		Ok(())
	}

	fn check_providers() -> Result<(), TryRuntimeError> {
		let mut reserved = BTreeMap::<AccountId, (u32, Balance)>::new();
		for (id, task) in Tasks::<T>::iter() {
			let (provider, bond) = match task.state {
				State::Assigned { provider, .. } => (provider, 0),
				State::Accepted { provider, .. } | State::Committed { provider, .. } => {
					(provider, task.bond)
				}
				State::Revealed | State::Disputed | State::Verified => {
					let trial = Trials::<T>::get(id).ok_or("no trial")?;
					(trial.provider, task.bond)
				}
				_ => continue,
			};
			ensure!(TasksOf::<T>::contains_key(&provider, id), "a provider does not know its task");
			let sum = reserved.entry(provider).or_default();
			*sum = (sum.0 + 1, sum.1 + bond);
		}
		let known = reserved.values().map(|(count, _)| *count as usize).sum::<usize>();
		ensure!(TasksOf::<T>::iter().count() == known, "a provider has a task that it has not");
		let mut total = 0;
		let mut count = 0;
		for (who, provider) in Providers::<T>::iter() {
			let (tasks, bond) = reserved.remove(&who).unwrap_or_default();
			ensure!(provider.tasks == tasks, "a provider's tasks are not counted");
			ensure!(provider.reserved == bond, "a provider answers with more or less");
			let used = provider.reserved + provider.leaving;
			ensure!(used <= provider.bond, "a provider has less than it answers with");
			ensure!(Places::<T>::get(provider.place) == Some(who), "a place is somebody else's");
			total += provider.weight;
			count += 1;
		}
		ensure!(reserved.is_empty(), "somebody does tasks who is no provider");
		ensure!(PlaceCount::<T>::get() == count, "places are not counted");
		ensure!(Places::<T>::iter().count() as u32 == count, "a place is nobody's");
		ensure!(TotalWeight::<T>::get() == total, "weights are not added up");
		Self::check_sums()
	}

	/// Each node has the sum of its places.
	fn check_sums() -> Result<(), TryRuntimeError> {
		let mut sums = BTreeMap::<u32, u128>::new();
		for provider in Providers::<T>::iter_values() {
			let mut node = provider.place;
			while node <= draw::MAX_PROVIDERS {
				*sums.entry(node).or_default() += provider.weight;
				node += node & node.wrapping_neg();
			}
		}
		sums.retain(|_, sum| *sum > 0);
		ensure!(WeightSums::<T>::iter().collect::<BTreeMap<_, _>>() == sums, "a sum is wrong");
		Ok(())
	}

	fn check_demands() -> Result<(), TryRuntimeError> {
		let (opened, waiting): (Vec<_>, Vec<_>) =
			Demands::<T>::iter().partition(|(.., one)| one.opened.is_some());
		ensure!(OpenDemands::<T>::get() as usize == opened.len(), "demands are not counted");
		let queued = DemandQueue::<T>::iter_values()
			.filter(|(id, demand)| Demands::<T>::contains_key(id, demand))
			.count();
		ensure!(queued == waiting.len(), "a demand waits for nothing");
		let (first, next) = QueuePlaces::<T>::get();
		let is_in = |place: u64| (first..next).contains(&place);
		ensure!(DemandQueue::<T>::iter_keys().all(is_in), "a demand is outside the queue");
		for (id, demand, one) in opened {
			let until = one.opened.unwrap_or_default() + Settings::<T>::get().answer + 1;
			let has_timer = Clocks::<T>::contains_key(until, Timer::Demand(id, demand));
			ensure!(has_timer, "a demand waits for ever");
		}
		for (id, who, one) in Challenges::<T>::iter() {
			let until = one.at + CHALLENGE_BLOCKS.1 + 1;
			let has_timer = Clocks::<T>::contains_key(until, Timer::Challenge(id, who));
			ensure!(has_timer, "a challenge waits for ever");
		}
		Ok(())
	}
}
