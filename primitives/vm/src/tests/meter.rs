//! What is used, of two counts at once.

use crate::{
	costs::{Cost, FUEL_PER_GAS, PICOS_PER_FUEL},
	*,
};
use mbongo_gas::{Gas, Operation};
use proptest::prelude::*;

const NEW: Operation = Operation::StorageInsert;
const DELETE: Operation = Operation::StorageDelete;

#[test]
fn what_was_deleted_gives_back_half_of_what_was_used_at_most() {
	let used = |operations: &[Operation]| {
		let mut meter = Meter::new(1_000_000);
		for operation in operations {
			meter.charge_operation(*operation).unwrap();
		}
		(meter.used(), meter.needed())
	};
	assert_eq!(used(&[DELETE]), (2_500, 5_000));
	assert_eq!(used(&[NEW, NEW, DELETE]), (45_000 - 15_000, 45_000));
}

#[test]
fn whichever_is_more() {
	let mut meter = Meter::new(1_000);
	let cost = |gas, picos| Cost { gas, picos };
	meter.charge(cost(300, 100 * 5_000)).unwrap();
	assert_eq!((meter.used(), meter.gas_left()), (300, 700));
	meter.charge(cost(0, 500 * 5_000)).unwrap();
	assert_eq!((meter.used(), meter.gas_left()), (600, 400));
	meter.charge(cost(700, 0)).unwrap();
	assert_eq!((meter.used(), meter.gas_left()), (1_000, 0));
	assert_eq!(meter.charge(cost(0, 400 * 5_000 + 1)), Err(OutOfFuel));
	assert_eq!((meter.used(), meter.gas_left()), (1_000, 0));
}

#[test]
fn out_of_fuel_uses_all_and_stays() {
	let mut meter = Meter::new(5_000);
	meter.charge_operation(DELETE).unwrap();
	assert_eq!((meter.left(), meter.charge_gas(0)), (0, Ok(())));
	assert_eq!(meter.charge_gas(1), Err(OutOfFuel));
	assert_eq!(meter.charge_gas(0), Err(OutOfFuel));
	assert_eq!(meter.charge_operation(DELETE), Err(OutOfFuel));
	assert_eq!((meter.left(), meter.used()), (0, 5_000));
}

#[test]
fn time_used_above_is_used_below() {
	let mut meter = Meter::new(200);
	meter.charge(Cost { gas: 10, picos: 90 * 5_000 }).unwrap();
	let mut nested = meter.nested(u64::MAX);
	assert_eq!(nested.gas_left(), 110);
	// It burns all that there is, and then some.
	nested.burn(100 * FUEL_PER_GAS).unwrap();
	assert_eq!(nested.burn(11 * FUEL_PER_GAS), Err(OutOfFuel));
	meter.absorb(nested, false).unwrap();
	assert_eq!(meter.left(), 0);
}

#[test]
fn above_a_caller_that_used_gas_there_is_still_all_the_time() {
	let run = |limit| {
		let mut meter = Meter::new(limit);
		meter.charge_gas(60).unwrap();
		let mut nested = meter.nested(u64::MAX);
		let result = nested.charge(Cost { gas: 0, picos: 80 * 5_000 });
		meter.absorb(nested, true).unwrap();
		(result, meter.needed())
	};
	assert_eq!(run(1_000), (Ok(()), 80));
	assert_eq!(run(80), (Ok(()), 80));
	assert_eq!(run(79), (Err(OutOfFuel), 79));
}

#[derive(Clone, Debug)]
enum Step {
	Burn(u64),
	Charge(Gas, u64),
	Delete,
	Nested(Gas, Vec<Step>, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let number = || prop_oneof![0..50_000_u64, any::<u64>()];
	let leaf = prop_oneof![
		4 => number().prop_map(Step::Burn),
		4 => (number(), number()).prop_map(|(gas, picos)| Step::Charge(gas, picos)),
		1 => Just(Step::Delete),
	];
	let step = leaf.prop_recursive(3, 30, 6, |inner| {
		let limit = prop_oneof![0..100_000_u64, Just(u64::MAX)];
		(limit, prop::collection::vec(inner, 0..6), any::<bool>())
			.prop_map(|(limit, steps, stays)| Step::Nested(limit, steps, stays))
	});
	prop::collection::vec(step, 0..8)
}

/// Of gas and of weight, in fuel, as wide as they can get.
type Sums = (u128, u128);

/// Does the steps within these limits until one fails, and adds up what was done.
fn walk(meter: &mut Meter, limits: Sums, steps: &[Step], sums: &mut Sums) -> Result<(), OutOfFuel> {
	for step in steps {
		let (gas, weight) = match step {
			Step::Burn(fuel) => {
				meter.burn(*fuel)?;
				(u128::from(*fuel), u128::from(*fuel))
			}
			Step::Charge(gas, picos) => {
				meter.charge(Cost { gas: *gas, picos: *picos })?;
				let gas = u128::from(*gas) * u128::from(FUEL_PER_GAS);
				(gas, u128::from(picos.div_ceil(PICOS_PER_FUEL)))
			}
			Step::Delete => {
				meter.charge_operation(DELETE)?;
				(u128::from(DELETE.gas() * FUEL_PER_GAS), 0)
			}
			Step::Nested(limit, steps, stays) => {
				let asked = u128::from(limit.saturating_mul(FUEL_PER_GAS));
				let its = (asked.min(limits.0 - sums.0), asked.min(limits.1 - sums.1));
				let mut nested = meter.nested(*limit);
				assert_eq!(u128::from(nested.left()), its.0.min(its.1));
				let mut used = (0, 0);
				let result = walk(&mut nested, its, steps, &mut used);
				meter.absorb(nested, *stays && result.is_ok())?;
				if result.is_err() {
					its
				} else {
					used
				}
			}
		};
		sums.0 += gas;
		sums.1 += weight;
	}
	Ok(())
}

/// What comes of steps with so much gas: the meter, the sums, and whether they end.
fn walked(limit: Gas, steps: &[Step]) -> (Meter, Sums, bool) {
	let (mut meter, mut sums) = (Meter::new(limit), (0, 0));
	let fuel = u128::from(limit.min(MOST_GAS) * FUEL_PER_GAS);
	let result = walk(&mut meter, (fuel, fuel), steps, &mut sums);
	(meter, sums, result.is_ok())
}

proptest! {
	#[test]
	fn never_more_than_the_limit_never_less_than_half(
		limit in prop_oneof![0..1_000_000_u64, any::<u64>()],
		steps in steps(),
	) {
		let (meter, sums, ends) = walked(limit, &steps);
		let (used, needed) = (u128::from(meter.used()), u128::from(meter.needed()));
		prop_assert!(used <= needed && needed <= u128::from(limit));
		if ends {
			let most = sums.0.max(sums.1);
			prop_assert_eq!(needed, most.div_ceil(u128::from(FUEL_PER_GAS)));
			prop_assert!(used >= sums.1 / u128::from(FUEL_PER_GAS));
			prop_assert!(used >= (sums.0 - sums.0 / 2) / u128::from(FUEL_PER_GAS));
		} else {
			prop_assert_eq!(used, u128::from(limit.min(MOST_GAS)));
		}
	}

	#[test]
	fn with_what_is_needed_it_ends_as_it_did(limit in 0..2_000_000_u64, steps in steps()) {
		let (meter, sums, ends) = walked(limit, &steps);
		let (again, same_sums, same_end) = walked(meter.needed(), &steps);
		prop_assert_eq!((again.used(), same_end), (meter.used(), ends));
		if ends {
			prop_assert_eq!(same_sums, sums);
		}
	}
}
