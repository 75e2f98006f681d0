//! Counts what a run uses: gas and weight at once.

use crate::costs::{Cost, FUEL_PER_GAS, PICOS_PER_FUEL};
use mbongo_gas::{Gas, Operation, DELETE_REFUND};

/// The most gas that is counted.
pub const MOST_GAS: Gas = u64::MAX / (2 * FUEL_PER_GAS);

/// The limit is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfFuel;

/// Counts gas and weight against one limit, in fuel. Once out of it, it stays so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meter {
	limit: u64,
	gas: u64,
	weight: u64,
	/// What comes back for what was deleted, at most half of the gas.
	refund: u64,
	is_out: bool,
}

impl Meter {
	/// A meter that nothing was charged to. What is beyond [`MOST_GAS`] could not be used in years.
	pub const fn new(limit: Gas) -> Self {
		let limit = if limit > MOST_GAS { MOST_GAS } else { limit };
		Self::of_fuel(limit.saturating_mul(FUEL_PER_GAS))
	}

	const fn of_fuel(limit: u64) -> Self {
		Self { limit, gas: 0, weight: 0, refund: 0, is_out: false }
	}

	/// Charges what instructions used, which counts as both.
	pub fn burn(&mut self, fuel: u64) -> Result<(), OutOfFuel> {
		self.add(fuel, fuel)
	}

	/// Charges a thing's price.
	pub fn charge(&mut self, cost: Cost) -> Result<(), OutOfFuel> {
		self.add(cost.gas.saturating_mul(FUEL_PER_GAS), cost.picos.div_ceil(PICOS_PER_FUEL))
	}

	/// Whether a thing's price could be charged.
	pub fn has(&self, cost: Cost) -> bool {
		self.clone().charge(cost).is_ok()
	}

	/// Charges gas for something whose time is charged with the function that does it.
	pub fn charge_gas(&mut self, gas: Gas) -> Result<(), OutOfFuel> {
		self.add(gas.saturating_mul(FUEL_PER_GAS), 0)
	}

	/// Charges an operation's gas, and notes what of it comes back.
	pub fn charge_operation(&mut self, operation: Operation) -> Result<(), OutOfFuel> {
		self.charge_gas(operation.gas())?;
		if operation == Operation::StorageDelete {
			let refund = DELETE_REFUND.saturating_mul(FUEL_PER_GAS);
			self.refund = self.refund.saturating_add(refund);
		}
		Ok(())
	}

	fn add(&mut self, gas: u64, weight: u64) -> Result<(), OutOfFuel> {
		self.gas = self.gas.saturating_add(gas).min(self.limit.saturating_add(1));
		self.weight = self.weight.saturating_add(weight).min(self.limit.saturating_add(1));
		if self.is_out || self.most() > self.limit {
			self.exhaust();
			return Err(OutOfFuel);
		}
		Ok(())
	}

	/// Uses all that is left.
	pub fn exhaust(&mut self) {
		let limit = self.limit;
		// What was deleted is there again.
		*self = Self { limit, gas: limit, weight: limit, refund: 0, is_out: true };
	}

	/// Notes that what was deleted is there again, since all that was done is undone.
	pub fn forget_refund(&mut self) {
		self.refund = 0;
	}

	const fn most(&self) -> u64 {
		match self.gas > self.weight {
			true => self.gas,
			false => self.weight,
		}
	}

	/// What can still be used, in fuel.
	pub const fn left(&self) -> u64 {
		self.limit.saturating_sub(self.most())
	}

	/// What can still be used, in gas.
	pub const fn gas_left(&self) -> Gas {
		self.left() / FUEL_PER_GAS
	}

	/// A meter for a frame above, of this much gas or all that is left.
	pub fn nested(&self, limit: Gas) -> Self {
		Self::of_fuel(limit.saturating_mul(FUEL_PER_GAS).min(self.left()))
	}

	/// Takes over what a frame above has used. What it deleted counts if what it did stays done.
	pub fn absorb(&mut self, nested: Self, stays: bool) -> Result<(), OutOfFuel> {
		self.add(nested.gas, nested.weight)?;
		if stays {
			self.refund = self.refund.saturating_add(nested.refund);
		}
		Ok(())
	}

	/// What has to be there for this run to end as it did.
	pub const fn needed(&self) -> Gas {
		self.most().div_ceil(FUEL_PER_GAS)
	}

	/// What was used in the end. Time that was taken from the block does not come back for what was
	/// deleted.
	pub fn used(&self) -> Gas {
		let half = self.gas.checked_div(2).unwrap_or_default();
		let gas = self.gas.saturating_sub(self.refund.min(half));
		gas.max(self.weight).div_ceil(FUEL_PER_GAS)
	}
}
