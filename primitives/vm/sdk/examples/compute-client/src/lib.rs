//! Orders an inference, and acts on the result: a reward is put up for somebody, a model says whether it
//! was earned, and the reward goes where the model says, or back if there is no answer.
//!
//! As long as the chain has no pallet that takes orders, `order` refuses with `NotOrdered`.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(test)]
mod tests;

/// The contract.
#[mbongo_contract::contract]
pub mod compute_client {
	use mbongo_contract::prelude::*;

	/// The function that is called with what came of a task.
	pub const CALLBACK: &str = "judged";
	/// What it may use: with room, since a callback that runs out of it comes once and never again.
	pub const CALLBACK_GAS: u64 = 1_500_000;
	/// The score from which on a reward was earned.
	pub const LEAST_SCORE: i32 = 50;

	/// What it keeps.
	#[storage]
	pub struct ComputeClient {
		/// The account that tasks are kept by, and told by.
		pallet: Cell<Address>,
		orders: Map<compute::TaskId, Order>,
		/// The rewards of all orders together.
		pledged: Cell<u128>,
		owner: Cell<Address>,
	}

	/// A reward that waits for its judgement.
	#[data]
	pub struct Order {
		/// Who put it up.
		pub by: Address,
		/// Who is to have earned it.
		pub for_whom: Address,
		/// How much it is.
		pub reward: u128,
	}

	/// An inference was ordered.
	#[event]
	pub struct Ordered {
		/// The task.
		pub task: compute::TaskId,
		/// Who put up the reward.
		pub by: Address,
		/// Who is to have earned it.
		pub for_whom: Address,
		/// How much it is.
		pub reward: u128,
	}

	/// A reward has gone.
	#[event]
	pub struct Judged {
		/// The task.
		pub task: compute::TaskId,
		/// The model's score, if there was one.
		pub score: Option<i32>,
		/// Who has the reward.
		pub to: Address,
	}

	/// Why not.
	#[error]
	pub enum Error {
		/// What came does not pay for the task and a reward.
		TooLittle,
		/// Nobody takes the task.
		NotOrdered,
		/// Only the account that keeps the tasks says what came of them.
		NotThePallet,
		/// There is no such order.
		NoOrder,
		/// Only who deployed may collect.
		NotTheOwner,
		/// It would be others' money.
		Pledged,
		/// The money could not be moved.
		NotPaid,
	}

	impl ComputeClient {
		/// Begins, with the account that tasks are told by.
		#[deploy]
		pub fn deploy(&mut self, pallet: Address) {
			self.pallet.set(&pallet);
			self.owner.set(&env::caller());
		}

		/// An order that is not judged yet.
		#[view]
		pub fn order_of(&self, task: compute::TaskId) -> Option<Order> {
			self.orders.get(&task)
		}

		/// Has a model judge. What comes with the call pays for the task first; the rest is the reward.
		#[call]
		#[payable]
		pub fn order(
			&mut self,
			spec: Vec<u8>,
			max_fee: u128,
			for_whom: Address,
		) -> Result<compute::TaskId, Error> {
			// What a task takes is the fee and the price of the callback's gas. It must be this caller's
			// money, and not what others have put up.
			let before = env::balance();
			let task = compute::request(&spec, max_fee, CALLBACK, CALLBACK_GAS);
			let task = task.map_err(|_| Error::NotOrdered)?;
			let taken = before.saturating_sub(env::balance());
			let reward = env::value().checked_sub(taken).filter(|reward| *reward > 0);
			let reward = reward.ok_or(Error::TooLittle)?;
			let by = env::caller();
			self.orders.set(&task, &Order { by, for_whom, reward });
			self.pledged.update(|pledged| *pledged += reward);
			Ordered { task, by, for_whom, reward }.emit();
			Ok(task)
		}

		/// What came of a task. A result that is no score counts as none.
		#[call]
		pub fn judged(
			&mut self,
			task: compute::TaskId,
			outcome: compute::Outcome,
		) -> Result<(), Error> {
			if self.pallet.get() != Some(env::caller()) {
				return Err(Error::NotThePallet);
			}
			let order = self.orders.take(&task).ok_or(Error::NoOrder)?;
			self.pledged.update(|pledged| *pledged -= order.reward);
			let score = match outcome {
				compute::Outcome::Settled(output) => score(&output),
				_ => None,
			};
			let was_earned = score.is_some_and(|score| score >= LEAST_SCORE);
			let to = if was_earned { order.for_whom } else { order.by };
			Judged { task, score, to }.emit();
			env::transfer(&to, order.reward).map_err(|_| Error::NotPaid)
		}

		/// Gives the owner what is nobody's reward: fees and gas that tasks did not use.
		#[call]
		pub fn collect(&mut self, amount: u128) -> Result<(), Error> {
			let owner = self.owner.get().filter(|owner| *owner == env::caller());
			let owner = owner.ok_or(Error::NotTheOwner)?;
			let left = env::balance().checked_sub(amount);
			if left.is_none_or(|left| left < self.pledged.get_or_default()) {
				return Err(Error::Pledged);
			}
			env::transfer(&owner, amount).map_err(|_| Error::NotPaid)
		}
	}

	/// The score, if the output is one.
	fn score(output: &[u8]) -> Option<i32> {
		Some(i32::from_le_bytes(output.try_into().ok()?))
	}
}
