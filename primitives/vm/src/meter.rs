//! Counts what a run uses: gas and weight at once.

use crate::costs::{Cost, FUEL_PER_GAS, PICOS_PER_FUEL};
use mbongo_gas::{Gas, Operation, DELETE_REFUND};

/// The most gas that is counted.
pub const MOST_GAS: Gas = u64::MAX / (2 * FUEL_PER_GAS);

/// The limit is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfFuel;

/// One of the two counts, in fuel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Count {
	limit: u64,
	used: u64,
}

impl Count {
	const fn new(limit: u64) -> Self {
		Self { limit, used: 0 }
	}

	const fn left(&self) -> u64 {
		self.limit.saturating_sub(self.used)
	}

	/// Whether it is within the limit still.
	fn add(&mut self, fuel: u64) -> bool {
		self.used = self.used.saturating_add(fuel);
		self.used <= self.limit
	}
}

/// Counts gas and weight, in fuel. Out of one of them it is out of both, and stays so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meter {
	gas: Count,
	weight: Count,
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

	/// The same, of this much fuel.
	pub const fn of_fuel(limit: u64) -> Self {
		Self { gas: Count::new(limit), weight: Count::new(limit), refund: 0, is_out: false }
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
		let is_within = self.gas.add(gas) & self.weight.add(weight);
		if self.is_out || !is_within {
			self.exhaust();
			return Err(OutOfFuel);
		}
		Ok(())
	}

	/// Uses all that is left.
	pub fn exhaust(&mut self) {
		self.gas.used = self.gas.limit;
		self.weight.used = self.weight.limit;
		// What was deleted is there again.
		self.refund = 0;
		self.is_out = true;
	}

	/// Notes that what was deleted is there again, since all that was done is undone.
	pub fn forget_refund(&mut self) {
		self.refund = 0;
	}

	/// What can still be used, in fuel.
	pub fn left(&self) -> u64 {
		self.gas.left().min(self.weight.left())
	}

	/// What can still be used, in gas.
	pub fn gas_left(&self) -> Gas {
		self.left() / FUEL_PER_GAS
	}

	/// A meter for a frame above, of this much gas or all that is left: of each count, so that it ends no
	/// sooner than the two sums must.
	pub fn nested(&self, limit: Gas) -> Self {
		let fuel = limit.saturating_mul(FUEL_PER_GAS);
		let count = |count: Count| Count::new(count.left().min(fuel));
		Self { gas: count(self.gas), weight: count(self.weight), refund: 0, is_out: false }
	}

	/// Takes over what a frame above has used. What it deleted counts if what it did stays done.
	pub fn absorb(&mut self, nested: Self, stays: bool) -> Result<(), OutOfFuel> {
		self.add(nested.gas.used, nested.weight.used)?;
		if stays {
			self.refund = self.refund.saturating_add(nested.refund);
		}
		Ok(())
	}

	/// What has to be there for this run to end as it did.
	pub fn needed(&self) -> Gas {
		self.gas.used.max(self.weight.used).div_ceil(FUEL_PER_GAS)
	}

	/// What was used in the end. Time that was taken from the block does not come back for what was
	/// deleted.
	pub fn used(&self) -> Gas {
		let half = self.gas.used.checked_div(2).unwrap_or_default();
		let gas = self.gas.used.saturating_sub(self.refund.min(half));
		gas.max(self.weight.used).div_ceil(FUEL_PER_GAS)
	}
}
