//! Money for a goal: anybody contributes until a deadline. Once the goal is reached the owner may
//! claim all of it; if it never is, everybody gets back what was theirs.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(test)]
mod tests;

/// The contract.
#[mbongo_contract::contract]
pub mod crowdfund {
	use mbongo_contract::prelude::*;

	/// What it keeps.
	#[storage]
	pub struct Crowdfund {
		terms: Cell<Terms>,
		raised: Cell<u128>,
		contributions: Map<Address, u128>,
		is_claimed: Cell<bool>,
	}

	/// What it is about.
	#[data]
	pub struct Terms {
		/// Who may claim.
		pub owner: Address,
		/// How much there must be.
		pub goal: u128,
		/// The last block in which one can contribute.
		pub deadline: u32,
	}

	/// Somebody has contributed.
	#[event]
	pub struct Contributed {
		/// Who.
		pub who: Address,
		/// How much.
		pub amount: u128,
		/// How much it is together.
		pub raised: u128,
	}

	/// The owner has it.
	#[event]
	pub struct Claimed {
		/// How much.
		pub amount: u128,
	}

	/// Somebody has it back.
	#[event]
	pub struct Refunded {
		/// Who.
		pub who: Address,
		/// How much.
		pub amount: u128,
	}

	/// Why not.
	#[error]
	pub enum Error {
		/// The goal must be more than nothing, and the deadline to come.
		BadTerms,
		/// It was deployed without terms.
		NoTerms,
		/// The deadline has passed, or the owner has claimed.
		Over,
		/// Nothing came with the call.
		Nothing,
		/// The caller is not the owner.
		NotTheOwner,
		/// There is not as much as there must be.
		GoalNotReached,
		/// There is as much as there must be: it is the owner's.
		GoalReached,
		/// The deadline has not passed.
		TooEarly,
		/// The owner has it already.
		AlreadyClaimed,
		/// The caller has not contributed, or has it back.
		NoContribution,
		/// The money could not be moved.
		NotPaid,
	}

	impl Crowdfund {
		/// Begins to collect, for who deploys.
		#[deploy]
		pub fn deploy(&mut self, goal: u128, deadline: u32) -> Result<(), Error> {
			if goal == 0 || deadline < env::block() {
				return Err(Error::BadTerms);
			}
			self.terms.set(&Terms { owner: env::caller(), goal, deadline });
			Ok(())
		}

		/// What it is about.
		#[view]
		pub fn terms(&self) -> Option<Terms> {
			self.terms.get()
		}

		/// How much was contributed in all. What went back because of the deadline still counts.
		#[view]
		pub fn raised(&self) -> u128 {
			self.raised.get_or_default()
		}

		/// What somebody has contributed and not got back.
		#[view]
		pub fn contribution(&self, who: Address) -> u128 {
			self.contributions.get_or_default(&who)
		}

		/// Contributes what comes with the call.
		#[call]
		#[payable]
		pub fn contribute(&mut self) -> Result<(), Error> {
			let terms = self.agreed()?;
			let (who, amount) = (env::caller(), env::value());
			if env::block() > terms.deadline || self.is_claimed.get_or_default() {
				return Err(Error::Over);
			}
			if amount == 0 {
				return Err(Error::Nothing);
			}
			// Nobody has more money than the type holds, and all of it is money that came here.
			let raised = self.raised() + amount;
			self.raised.set(&raised);
			self.contributions.update(&who, |before| *before += amount);
			Contributed { who, amount, raised }.emit();
			Ok(())
		}

		/// Gives all of it to the owner, as soon as the goal is reached.
		#[call]
		pub fn claim(&mut self) -> Result<(), Error> {
			let terms = self.agreed()?;
			let (owner, amount) = (terms.owner, self.raised());
			if env::caller() != owner {
				return Err(Error::NotTheOwner);
			}
			if amount < terms.goal {
				return Err(Error::GoalNotReached);
			}
			if self.is_claimed.get_or_default() {
				return Err(Error::AlreadyClaimed);
			}
			self.is_claimed.set(&true);
			Claimed { amount }.emit();
			env::transfer(&owner, amount).map_err(|_| Error::NotPaid)
		}

		/// Gives the caller back what it has contributed, if the goal was not reached in time.
		#[call]
		pub fn refund(&mut self) -> Result<(), Error> {
			let terms = self.agreed()?;
			if self.raised() >= terms.goal {
				return Err(Error::GoalReached);
			}
			if env::block() <= terms.deadline {
				return Err(Error::TooEarly);
			}
			let who = env::caller();
			let amount = self.contributions.take(&who).ok_or(Error::NoContribution)?;
			Refunded { who, amount }.emit();
			env::transfer(&who, amount).map_err(|_| Error::NotPaid)
		}

		fn agreed(&self) -> Result<Terms, Error> {
			self.terms.get().ok_or(Error::NoTerms)
		}
	}
}
