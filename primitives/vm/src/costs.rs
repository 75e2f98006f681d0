//! What instructions take, and what else the machine does for a guest.

use mbongo_gas::{Gas, PICOS_PER_GAS};
use wasmi::{CustomFuelCosts, OperatorCost};

// The prices here are what `scripts/bench contracts instructions` has shown in the runtime: of instructions
// by loops of one kind each, of what is to be loaded by guests that have as much as may be of one thing, of
// translation by code that runs once. What still takes more is named in the crate's README. Those of the
// host's functions are in `functions.rs`.

/// How much fuel a gas is. Most instructions are one fuel, and take up to two and a half nanoseconds.
pub const FUEL_PER_GAS: u64 = 2;

/// How many picoseconds of reference time a fuel is.
pub const PICOS_PER_FUEL: u64 = PICOS_PER_GAS / FUEL_PER_GAS;

/// A price: gas for the user, time for the block. Whichever is more is what counts in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
	/// Gas by the chain's table.
	pub gas: Gas,
	/// Picoseconds of reference time.
	pub picos: u64,
}

/// To read, parse and instantiate code, and to give it its input: all but its own instructions. `parts`
/// is what admission has found that its parts take.
pub const fn code_load(code_bytes: u64, parts: u64, input_bytes: u64) -> Cost {
	let code = 10_000u64.saturating_mul(code_bytes).saturating_add(parts);
	let input = 1_000u64.saturating_mul(input_bytes);
	Cost { gas: 0, picos: 80_000_000u64.saturating_add(code).saturating_add(input) }
}

/// Counts what the parts of a module take to be loaded, beside its bytes, in picoseconds: some take
/// ten times as much for a byte as others.
#[derive(Clone, Copy, Default)]
pub(crate) struct Parts(pub u64);

impl Parts {
	pub fn function_type(&mut self, values: usize) {
		self.add(1, 200_000);
		self.add(values, 80_000);
	}

	pub fn imports(&mut self, count: u32) {
		self.add(count as usize, 1_000_000);
	}

	pub fn functions(&mut self, count: u32) {
		self.add(count as usize, 200_000);
	}

	pub fn globals(&mut self, count: u32) {
		self.add(count as usize, 500_000);
	}

	pub fn export(&mut self, name: &str) {
		self.add(1, 1_000_000);
		self.add(name.len(), 40_000);
	}

	pub fn segments(&mut self, count: u32) {
		self.add(count as usize, 1_500_000);
	}

	pub fn elements(&mut self, count: u32) {
		self.add(count as usize, 40_000);
	}

	pub fn custom(&mut self) {
		self.add(1, 50_000);
	}

	fn add(&mut self, count: usize, picos: u64) {
		self.0 = self.0.saturating_add(picos.saturating_mul(count as u64));
	}
}

/// To make memory: what a guest begins with, and what it grows to.
pub const fn memory(bytes: u64) -> Cost {
	let gas = mbongo_gas::memory(bytes);
	Cost { gas, picos: gas.saturating_mul(PICOS_PER_GAS) }
}

/// To read the output.
pub const fn output(bytes: u64) -> Cost {
	Cost { gas: 0, picos: 1_000u64.saturating_mul(bytes) }
}

/// The fuel of a call of a function.
pub(crate) const CALL: u16 = 10;
/// The fuel of a call of a function that has locals beyond its parameters, for each eight of them.
pub(crate) const EIGHT_LOCALS: u16 = 5;

/// What each instruction takes in a module whose functions have so many locals at most: wasmi makes
/// them zero without counting it, so calls are priced by the worst. What is not named is one fuel, or
/// none if it is nothing by itself. `scripts/bench contracts instructions` measures them.
pub(crate) fn operators(locals: u16) -> OperatorCost {
	let call = CALL.saturating_add(EIGHT_LOCALS.saturating_mul(locals.div_ceil(8)));
	let call = u8::try_from(call).unwrap_or(u8::MAX);
	OperatorCost {
		call,
		call_indirect: call.saturating_add(10),
		// A branch may take values along.
		br: 4,
		br_if: 4,
		br_table: 8,
		global_get: 7,
		global_set: 5,
		// Where the processor's own instruction is not used.
		i32_popcnt: 3,
		i64_popcnt: 3,
		memory_size: 5,
		memory_grow: 14,
		memory_fill: 8,
		memory_copy: 12,
		memory_init: 12,
		table_copy: 14,
		table_init: 14,
		data_drop: 6,
		elem_drop: 6,
		..OperatorCost::default()
	}
}

/// How many bytes instructions move for a fuel.
pub(crate) const BYTES_PER_FUEL: u32 = 4;
/// The fuel of a byte of code that is translated.
pub(crate) const FUEL_PER_CODE_BYTE: u32 = 45;

/// What counts by bytes.
pub(crate) fn bytes() -> CustomFuelCosts {
	CustomFuelCosts {
		bytes_copied_per_fuel: BYTES_PER_FUEL,
		fuel_per_bytes_translated: FUEL_PER_CODE_BYTE,
		fuel_per_bytes_validated: 0,
	}
}
