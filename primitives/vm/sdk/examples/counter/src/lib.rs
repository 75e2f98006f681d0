//! A contract that counts. `counter.wat` is the same, written by hand.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(test)]
mod tests;

/// The contract.
#[mbongo_contract::contract]
pub mod counter {
	use mbongo_contract::prelude::*;

	/// What it keeps.
	#[storage]
	pub struct Counter {
		count: Cell<u64>,
	}

	/// The count has changed.
	#[event]
	pub struct Added {
		/// By how much.
		pub by: u64,
		/// What it is now.
		pub count: u64,
	}

	/// Why it does not count.
	#[error]
	pub enum Error {
		/// The count would be larger than it can.
		Overflow,
	}

	impl Counter {
		/// Begins to count.
		#[deploy]
		pub fn deploy(&mut self, start: u64) {
			self.count.set(&start);
		}

		/// Counts on: what the count is then.
		#[call]
		pub fn add(&mut self, by: u64) -> Result<u64, Error> {
			let count = self.get().checked_add(by).ok_or(Error::Overflow)?;
			self.count.set(&count);
			Added { by, count }.emit();
			Ok(count)
		}

		/// The count.
		#[view]
		pub fn get(&self) -> u64 {
			self.count.get_or_default()
		}
	}
}
