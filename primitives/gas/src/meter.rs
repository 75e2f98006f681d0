//! Counts gas against a limit.

use crate::{Gas, Operation, DELETE_REFUND, WORD_BYTES};

/// The limit is reached: what was being done must be undone, and all of the limit is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfGas;

/// Counts gas against a limit. Once out of gas, it stays so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meter {
	limit: Gas,
	used: Gas,
	refund: Gas,
	is_out: bool,
}

impl Meter {
	/// A meter that nothing was charged to.
	pub const fn new(limit: Gas) -> Self {
		Self { limit, used: 0, refund: 0, is_out: false }
	}

	/// Charges gas.
	pub fn charge(&mut self, gas: Gas) -> Result<(), OutOfGas> {
		let used = self.used.checked_add(gas).filter(|used| *used <= self.limit && !self.is_out);
		self.is_out = used.is_none();
		self.used = used.unwrap_or(self.limit);
		if self.is_out {
			// What was deleted will be there again.
			self.refund = 0;
			return Err(OutOfGas);
		}
		Ok(())
	}

	/// Charges an operation, and notes what of it comes back.
	pub fn operation(&mut self, operation: Operation) -> Result<(), OutOfGas> {
		self.charge(operation.gas())?;
		if operation == Operation::StorageDelete {
			self.refund = self.refund.saturating_add(DELETE_REFUND);
		}
		Ok(())
	}

	/// Charges for hashing bytes.
	pub fn hash(&mut self, bytes: u64) -> Result<(), OutOfGas> {
		self.charge(Operation::HashWord.times(bytes.div_ceil(WORD_BYTES)))
	}

	/// Charges for guest memory that grows by bytes.
	pub fn grow_memory(&mut self, bytes: u64) -> Result<(), OutOfGas> {
		self.charge(Operation::MemoryWord.times(bytes.div_ceil(WORD_BYTES)))
	}

	/// What can still be used.
	pub const fn left(&self) -> Gas {
		self.limit.saturating_sub(self.used)
	}

	/// What was used in the end: what comes back is half of it at most.
	pub fn finish(self) -> Gas {
		let half = self.used.checked_div(2).unwrap_or_default();
		self.used.saturating_sub(self.refund.min(half))
	}
}
