//! What instructions take, and what else the machine does for a guest.

use mbongo_gas::{Gas, PICOS_PER_GAS};
use wasmi::{CustomFuelCosts, OperatorCost};

/// How much fuel a gas is.
pub const FUEL_PER_GAS: u64 = 10;

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

/// To read, parse and instantiate code, and to give it its input: all but its own instructions.
pub const fn code_load(code_bytes: u64, input_bytes: u64) -> Cost {
	let code = 12_000u64.saturating_mul(code_bytes);
	let input = 1_000u64.saturating_mul(input_bytes);
	Cost { gas: 0, picos: 80_000_000u64.saturating_add(code).saturating_add(input) }
}

/// To make the memory that a guest begins with.
pub const fn memory(bytes: u64) -> Cost {
	let gas = mbongo_gas::memory(bytes);
	Cost { gas, picos: gas.saturating_mul(PICOS_PER_GAS) }
}

/// To read the output.
pub const fn output(bytes: u64) -> Cost {
	Cost { gas: 0, picos: 1_000u64.saturating_mul(bytes) }
}

/// The fuel of a call of a function, for each eight locals that have to be made zero.
const EIGHT_LOCALS: u16 = 4;
/// The fuel of a call of a function without.
const CALL: u16 = 25;

/// What each instruction takes in a module whose functions have so many locals at most: wasmi makes
/// them zero without counting it, so calls are priced by the worst.
pub fn operators(locals: u16) -> OperatorCost {
	let call = CALL.saturating_add(EIGHT_LOCALS.saturating_mul(locals.div_ceil(8)));
	let call = u8::try_from(call).unwrap_or(u8::MAX);
	OperatorCost { call, call_indirect: call.saturating_add(10), ..OperatorCost::default() }
}

/// What counts by bytes.
pub fn bytes() -> CustomFuelCosts {
	CustomFuelCosts {
		bytes_copied_per_fuel: 1,
		fuel_per_bytes_translated: 80,
		fuel_per_bytes_validated: 0,
	}
}
