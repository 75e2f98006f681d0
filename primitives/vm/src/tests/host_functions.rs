//! Every function of the host, with every pointer and every length that it must not believe.

use super::*;
use crate::Function;

/// The pages of the guests below.
const MEMORY: i64 = 2 * limits::PAGE_BYTES as i64;

/// What an argument is to its function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Argument {
	/// Where something of a fixed size lies, or shall be put.
	Place(i64),
	/// Where as many bytes lie as the next argument says.
	Start(i64),
	/// How many, of at most so many.
	Length(i64, u32),
	/// How many, and there is no other number.
	AddressLength,
	/// How much room there is, at the place before.
	Room(i64),
	/// A number that is no place.
	Number(i64),
}

use Argument::{AddressLength, Length, Number, Place, Room, Start};

impl Argument {
	/// One that is in order.
	fn good(self) -> i64 {
		match self {
			Place(at) | Start(at) => at,
			Length(length, _) | Room(length) => length,
			AddressLength => 32,
			Number(number) => number,
		}
	}

	/// Those that are not, and what they lead to.
	fn bad(self) -> Vec<(i64, VmError)> {
		use VmError::{MalformedAbi, MemoryViolation, ResourceLimitExceeded};
		let (lowest, highest) = (i64::from(i32::MIN), i64::from(i32::MAX));
		let outside = |values: &[i64]| values.iter().map(|at| (*at, MemoryViolation)).collect();
		match self {
			Place(_) | Start(_) => outside(&[-1, lowest, highest, MEMORY, MEMORY - 1]),
			Room(_) | Length(_, u32::MAX) => outside(&[-1, lowest, highest, MEMORY + 1]),
			Length(_, most) => {
				let mut bad: Vec<_> = outside(&[-1, lowest, highest, MEMORY + 1]);
				bad.push((i64::from(most) + 1, ResourceLimitExceeded));
				bad
			}
			AddressLength => {
				[-1, lowest, highest, MEMORY, 0, 31, 33].map(|n| (n, MalformedAbi)).to_vec()
			}
			Number(_) => Vec::new(),
		}
	}
}

/// The arguments of a call of each function that goes well.
fn arguments(function: Function) -> Vec<Argument> {
	// The guest's own address, nobody's, a contract's, an amount of 1, a call that decodes, room.
	let (own, nobody, other, amount, call, out) =
		(Place(0), Place(32), Place(64), Place(96), Start(128), 1_024);
	let key = [Start(0), Length(8, limits::KEY_BYTES)];
	let call_length = Length(2, limits::INPUT_BYTES);
	let message = [Start(0), Length(8, u32::MAX)];
	match function {
		Function::Log => vec![Start(0), Length(8, limits::LOG_BYTES)],
		Function::Balance => vec![Start(0), AddressLength],
		Function::BalanceWide => vec![Start(0), AddressLength, Place(out)],
		Function::Transfer => {
			vec![Start(0), AddressLength, Start(32), AddressLength, Number(1)]
		}
		Function::TransferWide => vec![Start(0), AddressLength, Start(32), AddressLength, amount],
		Function::StorageRead => [key.as_slice(), &[Start(out), Room(8)]].concat(),
		Function::StorageWrite => {
			[key.as_slice(), &[Start(8), Length(8, limits::VALUE_BYTES)]].concat()
		}
		Function::StorageDelete | Function::StorageLen => key.to_vec(),
		Function::EmitEvent => {
			vec![Start(0), Length(8, limits::TOPIC_BYTES), Start(8), Length(8, limits::EVENT_BYTES)]
		}
		Function::HashBlake2 | Function::HashSha2 | Function::HashKeccak => {
			[message.as_slice(), &[Place(out)]].concat()
		}
		Function::VerifyEd25519 | Function::VerifySr25519 => {
			[&[Place(256), own], message.as_slice()].concat()
		}
		Function::Call => vec![other, Place(112), Number(-1), call, call_length],
		Function::OutputCopy => vec![Start(out), Room(8)],
		Function::Deploy => vec![
			nobody,
			Start(0),
			Length(8, limits::SALT_BYTES),
			amount,
			Number(-1),
			call,
			call_length,
			Place(out),
		],
		Function::SetCode => vec![nobody],
		Function::Terminate => vec![Start(32), AddressLength],
		Function::RequestCompute => vec![
			Start(0),
			Length(8, limits::INPUT_BYTES),
			amount,
			Start(0),
			Length(8, limits::NAME_BYTES),
			Number(0),
		],
		Function::RandomAt => vec![Number(3), Place(out)],
	}
}

fn good(function: Function) -> Vec<i64> {
	arguments(function).into_iter().map(Argument::good).collect()
}

/// The text of the import of a function, with these types.
fn import(name: &str, parameters: &[&str], results: &[&str]) -> String {
	let (parameters, results) = (parameters.join(" "), results.join(" "));
	format!("(import \"mbongo\" \"{name}\" (func $f (param {parameters}) (result {results})))")
}

fn names(types: &[wasmparser::ValType]) -> Vec<String> {
	types.iter().map(ToString::to_string).collect()
}

/// The text of the import of a function as it is.
pub fn import_of(function: Function) -> String {
	let (parameters, results) = (names(function.parameters()), names(function.results()));
	let text = |names: &[String]| names.iter().map(String::clone).collect::<Vec<_>>().join(" ");
	import(function.name(), &[&text(&parameters)], &[&text(&results)])
}

/// The text of imports of a function that has another type by one change each.
pub fn imports_of_other_types(function: Function) -> Vec<String> {
	let (parameters, results) = (names(function.parameters()), names(function.results()));
	let other = |name: &str| if name == "i32" { "i64".to_owned() } else { "i32".to_owned() };
	let mut types = Vec::new();
	for place in 0..parameters.len() {
		let mut changed = parameters.clone();
		changed[place] = other(&changed[place]);
		types.push((changed, results.clone()));
	}
	types.push((parameters[1..].to_vec(), results.clone()));
	types.push(([parameters.clone(), vec!["i32".to_owned()]].concat(), results.clone()));
	types.push((parameters.clone(), [results.clone(), vec!["i32".to_owned()]].concat()));
	for result in &results {
		types.push((parameters.clone(), vec![]));
		types.push((parameters.clone(), vec![other(result)]));
	}
	let text = |names: &[String]| names.join(" ");
	let texts = types.iter();
	texts.map(|(from, to)| import(function.name(), &[&text(from)], &[&text(to)])).collect()
}

/// The text of a guest that calls a function with these arguments, and then succeeds.
fn caller(function: Function, arguments: &[i64]) -> String {
	let constants: String = function
		.parameters()
		.iter()
		.zip(arguments)
		.map(|(kind, value)| format!("({kind}.const {value}) "))
		.collect();
	let drop = if function.results().is_empty() { "" } else { "drop" };
	let zeros = |count: usize| "\\00".repeat(count);
	let data = [
		"\\64".repeat(32), // the guest's own address
		zeros(32),
		"\\65".repeat(32), // OTHER
		format!("\\01{}", zeros(31)),
		zeros(8),
	];
	let more = format!("{}(data (i32.const 0) \"{}\")", import_of(function), data.concat());
	guest_answering(&more, &format!("{constants}(call $f) {drop}"), 0)
}

/// Where every function finds something to do.
fn world(function: Function, arguments: &[i64]) -> World {
	let mut world = World::with(&caller(function, arguments));
	world.put(OTHER, &guest_answering("", "", 8));
	world.balances.insert(CONTRACT, 1_000);
	world.random.insert(3, [9; 32]);
	let storage = &mut world.contracts.get_mut(&CONTRACT).unwrap().storage;
	storage.insert(vec![100; 8], vec![5; 20]);
	world
}

/// What comes of a call, and whether anything of the world was touched, undone or not.
fn outcome(
	function: Function,
	arguments: &[i64],
	gas: Gas,
	mode: Mode,
) -> (Result<VmOutput, VmError>, bool, Meter) {
	let mut world = world(function, arguments);
	let before = world.clone();
	let mut meter = Meter::new(gas);
	let mut frame = Frame {
		world: &mut world,
		modules: &mut Modules::default(),
		waiting: Vec::new(),
		contract: CONTRACT,
		is_read_only: mode == Mode::View,
		seen: Vec::new(),
	};
	let result = frame.run(ALICE, 0, VmCall::default(), &mut meter);
	let seen = frame.seen.clone();
	assert_eq!(seen.len(), 1, "{function:?}: {seen:?}");
	let (name, numbers, answer) = &seen[0];
	assert_eq!((*name, numbers.as_slice()), (function.name(), arguments));
	// What the function refuses ends the run; what it did can still spoil the output.
	if let Err(error) = answer {
		assert_eq!(result, Err(*error));
	}
	(result, world != before, meter)
}

#[test]
fn good_arguments_do_for_all_functions() {
	for function in Function::ALL {
		let all = arguments(*function);
		assert_eq!(all.len(), function.parameters().len(), "{function:?}");
		let (result, ..) = outcome(*function, &good(*function), PLENTY, Mode::Standard);
		assert!(result.is_ok(), "{function:?}: {result:?}");
	}
}

#[test]
fn bad_pointers_and_lengths_are_refused_by_name_and_change_nothing() {
	let mut cases = 0;
	for function in Function::ALL {
		for (place, argument) in arguments(*function).into_iter().enumerate() {
			for (value, error) in argument.bad() {
				let mut arguments = good(*function);
				arguments[place] = value;
				let (result, changed, meter) =
					outcome(*function, &arguments, PLENTY, Mode::Standard);
				let case = format!("{function:?}, argument {place} = {value}");
				assert_eq!(result, Err(error), "{case}");
				assert!(!changed, "{case}");
				assert!(meter.used() < PLENTY / 2, "{case}: {}", meter.used());
				cases += 1;
			}
		}
	}
	assert!(cases > 300, "{cases}");
}

#[test]
fn no_arguments_make_the_machine_panic() {
	let numbers = [0, 1, -1, i32::MIN, i32::MAX, MEMORY as i32, MEMORY as i32 - 1, 1 << 16];
	for function in Function::ALL {
		for number in numbers {
			let arguments = vec![i64::from(number); function.parameters().len()];
			let (result, changed, meter) = outcome(*function, &arguments, PLENTY, Mode::Standard);
			assert!(result.is_ok() || !changed, "{function:?} of {number}");
			assert!(meter.used() <= PLENTY);
		}
	}
}

#[test]
fn a_key_is_not_helped_by_a_value() {
	// The two lengths together are what a good call has.
	for (key, value) in [(-8, 24), (24, -8), (i32::MIN, i32::MAX), (i32::MAX, i32::MIN)] {
		let arguments = [0, i64::from(key), 8, i64::from(value)];
		let (result, changed, _) =
			outcome(Function::StorageWrite, &arguments, PLENTY, Mode::Standard);
		assert_eq!((result, changed), (Err(VmError::MemoryViolation), false), "{key}, {value}");
	}
}

#[test]
fn the_ends_of_memory_can_be_used() {
	for (function, place, value) in [
		(Function::Log, 0, MEMORY - 8),
		(Function::HashSha2, 2, MEMORY - 32),
		(Function::BalanceWide, 2, MEMORY - 16),
		(Function::StorageRead, 2, MEMORY - 8),
		(Function::RandomAt, 1, MEMORY - 32),
		(Function::HashBlake2, 1, MEMORY),
	] {
		let mut arguments = good(function);
		arguments[place] = value;
		let (result, ..) = outcome(function, &arguments, PLENTY, Mode::Standard);
		assert!(result.is_ok(), "{function:?}: {result:?}");
		arguments[place] = value + 1;
		let (result, ..) = outcome(function, &arguments, PLENTY, Mode::Standard);
		assert_eq!(result, Err(VmError::MemoryViolation), "{function:?}");
	}
	// Nothing at all, just behind the end, is still there.
	let (result, ..) = outcome(Function::OutputCopy, &[MEMORY, 0], PLENTY, Mode::Standard);
	assert!(result.is_ok());
	let (result, ..) = outcome(Function::OutputCopy, &[MEMORY + 1, 0], PLENTY, Mode::Standard);
	assert_eq!(result, Err(VmError::MemoryViolation));
}

#[test]
fn a_length_at_its_limit_is_none_too_many() {
	for function in Function::ALL {
		for (place, argument) in arguments(*function).into_iter().enumerate() {
			let Length(_, most) = argument else { continue };
			// What is called is more than the zeros that memory holds.
			let is_call = matches!(function, Function::Call | Function::Deploy)
				&& most == limits::INPUT_BYTES;
			if most == u32::MAX || is_call {
				continue;
			}
			let mut arguments = good(*function);
			arguments[place] = most.into();
			let (result, ..) = outcome(*function, &arguments, PLENTY, Mode::Standard);
			assert!(result.is_ok(), "{function:?}, argument {place}: {result:?}");
		}
	}
}

#[test]
fn who_may_only_look_can_read_all_and_write_nothing() {
	for function in Function::ALL {
		let (result, changed, _) = outcome(*function, &good(*function), PLENTY, Mode::View);
		match function.writes() {
			true => assert_eq!(result, Err(VmError::ReadOnly), "{function:?}"),
			false => assert!(result.is_ok(), "{function:?}: {result:?}"),
		}
		assert!(!changed, "{function:?}");
	}
	// A call that only looks is one, but not with money.
	let mut arguments = good(Function::Call);
	arguments[1] = 96;
	let (result, changed, _) = outcome(Function::Call, &arguments, PLENTY, Mode::View);
	assert_eq!((result, changed), (Err(VmError::ReadOnly), false));
}

#[test]
fn every_function_costs_its_own_gas_at_least() {
	let bare = {
		let mut world = World::with(&guest_answering("", "", 0));
		world.call_with(PLENTY, Mode::Standard, "", &[]).1.needed()
	};
	for function in Function::ALL {
		let (_, _, meter) = outcome(*function, &good(*function), PLENTY, Mode::Standard);
		let least = bare + function.gas();
		assert!(meter.needed() > least, "{function:?}: {} of {least}", meter.needed());
	}
}

#[test]
fn out_of_gas_in_a_function_takes_all_and_changes_nothing_that_stays() {
	for function in Function::ALL {
		let (_, _, meter) = outcome(*function, &good(*function), PLENTY, Mode::Standard);
		let needed = meter.needed();
		let (result, _, meter) = outcome(*function, &good(*function), needed, Mode::Standard);
		assert!(result.is_ok(), "{function:?}: {result:?}");
		assert_eq!(meter.needed(), needed);
		let mut world = world(*function, &good(*function));
		let before = world.clone();
		let (result, meter) = world.call_with(needed - 1, Mode::Standard, "", &[]);
		assert_eq!(result, Err(VmError::FuelExhausted), "{function:?}");
		assert_eq!((meter.used(), world == before), (needed - 1, true), "{function:?}");
	}
}
