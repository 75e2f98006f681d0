//! Every function of the host, with every pointer and every length that it must not believe.

use super::*;
use crate::{costs::Cost, Function};
use mbongo_gas::PICOS_PER_GAS;

/// The pages of the guests below.
const MEMORY: i64 = 2 * limits::PAGE_BYTES as i64;

/// Places in it: of an address that nobody has, and of an amount of 0.
const NOBODY: i64 = 32;
const NO_MONEY: i64 = 112;

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
		(Place(0), Place(NOBODY), Place(64), Place(96), Start(128), 1_024);
	let key = [Start(0), Length(8, limits::KEY_BYTES)];
	let call_length = Length(2, limits::CALL_BYTES);
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
		Function::Call => vec![other, Place(NO_MONEY), Number(-1), call, call_length],
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
	caller_after("", "", function, arguments)
}

/// The same, with another import, and with what it does before.
fn caller_after(more: &str, first: &str, function: Function, arguments: &[i64]) -> String {
	let constants: String = function
		.parameters()
		.iter()
		.zip(arguments)
		.map(|(kind, value)| format!("({kind}.const {value}) "))
		.collect();
	let drop = if function.results().is_empty() { "" } else { "drop" };
	// What the places of the arguments are of.
	let data = hex(&[CONTRACT.as_slice(), &[0; 32], &OTHER, &[1], &[0; 39]].concat());
	let more = format!("{more}{}(data (i32.const 0) \"{data}\")", import_of(function));
	guest_answering(&more, &format!("{first} {constants}(call $f) {drop}"), 0)
}

/// Where every function finds something to do, for a guest of this text.
fn world(text: &str) -> World {
	let mut world = World::with(text);
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
	let mut world = world(&caller(function, arguments));
	let before = world.clone();
	let mut meter = Meter::new(gas);
	let mut modules = Modules::default();
	let mut frame = Frame::new(&mut world, &mut modules, mode);
	let result = frame.run(ALICE, 0, VmCall::default(), &mut meter);
	let seen = frame.seen;
	assert_eq!(seen.len(), 1, "{function:?}: {seen:?}");
	let call = &seen[0];
	assert_eq!((call.name, call.arguments.as_slice()), (function.name(), arguments));
	// What the function refuses ends the run; what it did can still spoil the output.
	if let Err(error) = call.result {
		assert_eq!(result, Err(error));
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
			let is_call =
				matches!(function, Function::Call | Function::Deploy) && most == limits::CALL_BYTES;
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

/// What each function costs by itself, as the specification says, and for what else the world of these
/// tests charges a call of [`quiet`] arguments.
const OWN_GAS: [(&str, Gas, Option<Operation>); 22] = [
	("log", 10, None),
	("get_balance", 20, Some(Operation::StorageRead)),
	("get_balance_wide", 20, Some(Operation::StorageRead)),
	("transfer", 50, Some(Operation::Transfer)),
	("transfer_wide", 50, Some(Operation::Transfer)),
	("storage_read", 15, Some(Operation::StorageRead)),
	("storage_write", 30, Some(Operation::StorageUpdate)),
	("storage_delete", 30, Some(Operation::StorageDelete)),
	("storage_len", 15, Some(Operation::StorageRead)),
	("emit_event", 20, None),
	("hash_blake2_256", 10, Some(Operation::HashWord)),
	("hash_sha2_256", 10, Some(Operation::HashWord)),
	("hash_keccak_256", 10, Some(Operation::HashWord)),
	("verify_ed25519", 10, Some(Operation::SignatureCheck)),
	("verify_sr25519", 10, Some(Operation::SignatureCheck)),
	("call", 100, None),
	("output_copy", 100, None),
	("deploy", 200, None),
	// The specification prices neither of these two. They are as much as `deploy`.
	("set_code", 200, None),
	("terminate", 200, None),
	("request_compute", 500, None),
	("random_at", 50, Some(Operation::StorageRead)),
];

/// What [`OWN_GAS`] says of a function.
fn own_gas(function: Function) -> (Gas, Option<Operation>) {
	let line = OWN_GAS.iter().find(|(name, ..)| *name == function.name());
	let (_, gas, operation) = *line.unwrap_or_else(|| panic!("no line says {function:?}"));
	(gas, operation)
}

/// Good arguments, but nobody is called, and no money goes along: what these cost is not the function's.
fn quiet(function: Function) -> Vec<i64> {
	let mut arguments = good(function);
	match function {
		Function::Call => arguments[0] = NOBODY,
		Function::Deploy => arguments[3] = NO_MONEY,
		_ => (),
	}
	arguments
}

/// A world whose guest first calls `output_copy`, which finds nothing, and then the function.
fn world_of_two(function: Function, arguments: &[i64]) -> World {
	let first = "(drop (call $first (i32.const 0) (i32.const 0)))";
	world(&caller_after(&first_import(Function::OutputCopy), first, function, arguments))
}

fn first_import(function: Function) -> String {
	import_of(function).replace("$f", "$first")
}

/// So much was charged before that only what is charged as gas can be seen, or only what is charged as
/// time: the larger sum is what counts.
const GAS_AHEAD: Cost = Cost { gas: PLENTY / 2, picos: 0 };
const TIME_AHEAD: Cost = Cost { gas: 0, picos: PLENTY / 2 * PICOS_PER_GAS };

/// What the second of two calls takes, of whatever is ahead. It is no more than what the function
/// charges: the instructions of both are one block, which is charged before the first.
fn second_call(world: &mut World, ahead: Cost) -> Gas {
	let mut meter = Meter::new(PLENTY);
	meter.charge(ahead).unwrap();
	let mut modules = Modules::default();
	let mut frame = Frame::new(world, &mut modules, Mode::Standard);
	// What is refused has been charged for too.
	let _ = frame.run(ALICE, 0, VmCall::default(), &mut meter);
	assert_eq!(frame.seen.len(), 2, "{:?}", frame.seen);
	frame.seen[1].gas
}

/// How much gas a price is, by its time.
fn time(cost: Cost) -> Gas {
	cost.picos / PICOS_PER_GAS
}

#[test]
fn every_function_has_the_price_that_the_specification_says() {
	assert_eq!(OWN_GAS.len(), Function::ALL.len());
	for function in Function::ALL {
		assert_eq!(function.gas(), own_gas(*function).0, "{function:?}");
	}
}

#[test]
fn every_function_charges_its_own_gas_and_that_of_what_it_does() {
	for function in Function::ALL {
		let (own, operation) = own_gas(*function);
		let expected = own + operation.map_or(0, Operation::gas);
		let mut world = world_of_two(*function, &quiet(*function));
		assert_eq!(second_call(&mut world, GAS_AHEAD), expected, "{function:?}");
	}
}

#[test]
fn money_that_goes_along_costs_what_a_transfer_does() {
	for (function, value) in [(Function::Call, 1), (Function::Deploy, 3)] {
		let taken = |amount: i64, ahead: Cost| {
			let mut arguments = quiet(function);
			arguments[value] = amount;
			second_call(&mut world_of_two(function, &arguments), ahead)
		};
		let more = |ahead: Cost| taken(96, ahead) - taken(NO_MONEY, ahead);
		assert_eq!(more(GAS_AHEAD), 50 + Operation::Transfer.gas(), "{function:?}");
		assert_eq!(more(TIME_AHEAD), time(Function::TransferWide.cost(0)), "{function:?}");
	}
}

/// Which arguments of a function say how many bytes it is charged for.
fn charged(function: Function) -> &'static [usize] {
	match function {
		Function::Log
		| Function::StorageRead
		| Function::StorageDelete
		| Function::StorageLen
		| Function::HashBlake2
		| Function::HashSha2
		| Function::HashKeccak
		| Function::RequestCompute => &[1],
		Function::StorageWrite => &[1, 3],
		Function::EmitEvent | Function::VerifyEd25519 | Function::VerifySr25519 => &[3],
		Function::Call => &[4],
		Function::Deploy => &[6],
		_ => &[],
	}
}

/// As many bytes as take a whole number of gas at every price.
const MANY: u8 = 100;

#[test]
fn every_function_charges_its_own_time_and_that_of_each_byte() {
	for function in Function::ALL {
		let places = charged(*function);
		// What `output_copy` copies is no argument of it.
		let is_charged = !places.is_empty() || *function == Function::OutputCopy;
		assert_eq!(function.bytes(1).picos > 0, is_charged, "{function:?}");
		let taken =
			|arguments: &[i64]| second_call(&mut world_of_two(*function, arguments), TIME_AHEAD);
		// A call of no bytes, or of zeros, is refused, but not before it is charged for.
		let mut none = good(*function);
		places.iter().for_each(|place| none[*place] = 0);
		let least = taken(&none);
		assert_eq!(least, time(function.cost(0)), "{function:?}");
		for place in places {
			let mut many = none.clone();
			many[*place] = MANY.into();
			let more = time(function.bytes(MANY.into()));
			assert_eq!(taken(&many), least + more, "{function:?}, argument {place}");
		}
	}
}

#[test]
fn what_is_found_is_charged_by_the_byte() {
	for function in [Function::StorageRead, Function::StorageLen] {
		let mut arguments = good(function);
		// The key is nothing.
		arguments[1] = 0;
		let taken = |bytes: u8| {
			let mut world = world_of_two(function, &arguments);
			let storage = &mut world.contracts.get_mut(&CONTRACT).unwrap().storage;
			storage.insert(Vec::new(), vec![5; bytes.into()]);
			second_call(&mut world, TIME_AHEAD)
		};
		assert_eq!(taken(MANY) - taken(0), time(function.bytes(MANY.into())), "{function:?}");
	}
	let function = Function::OutputCopy;
	let taken = |bytes: u8| {
		let numbers = good(Function::Call);
		let [whom, value, gas, input, length] = numbers[..] else { panic!("{numbers:?}") };
		let first = format!(
			"(drop (call $first (i32.const {whom}) (i32.const {value}) (i64.const {gas})
				(i32.const {input}) (i32.const {length})))"
		);
		let import = first_import(Function::Call);
		let mut world = world(&caller_after(&import, &first, function, &good(function)));
		world.put(OTHER, &guest_answering("", "", bytes));
		second_call(&mut world, TIME_AHEAD)
	};
	assert_eq!(taken(MANY) - taken(0), time(function.bytes(MANY.into())));
}

#[test]
fn the_low_form_of_a_balance_is_the_balance_or_the_most_that_its_type_holds() {
	let import = import_of(Function::Balance);
	let more = format!("{import}(data (i32.const 0) \"{}\")", hex(&CONTRACT));
	let body = "(i64.store (i32.const 65542) (call $f (i32.const 0) (i32.const 32)))";
	let mut world = World::with(&guest_answering(&more, body, 8));
	let most = i64::MAX as u128;
	for balance in [0, 1, 1_000, most - 1, most] {
		world.balances.insert(CONTRACT, balance);
		assert_eq!(number(&world.call("", &[]).unwrap()) as u128, balance);
	}
	for balance in [most + 1, u64::MAX.into(), u128::from(u64::MAX) + 1, u128::MAX] {
		world.balances.insert(CONTRACT, balance);
		assert_eq!(number(&world.call("", &[]).unwrap()), i64::MAX, "{balance}");
	}
}

#[test]
fn the_low_form_of_a_transfer_moves_the_guests_own_money_and_nothing_below_zero() {
	// What it answers, and what the guest, Alice and the other one then have.
	let transfer = |from: Address, amount: i64| {
		let import = import_of(Function::Transfer);
		let addresses = hex(&[from, OTHER].concat());
		let more = format!("{import}(data (i32.const 0) \"{addresses}\")");
		let body = format!(
			"(i64.store (i32.const 65542) (i64.extend_i32_s (call $f
				(i32.const 0) (i32.const 32) (i32.const 32) (i32.const 32) (i64.const {amount}))))"
		);
		let mut world = World::with(&guest_answering(&more, &body, 8));
		world.balances.insert(CONTRACT, 1_000);
		world.balances.insert(ALICE, 1_000);
		let code = number(&world.call("", &[]).unwrap());
		(code, [CONTRACT, ALICE, OTHER].map(|who| world.balance_of(&who)))
	};
	let done = ReturnCode::Done as i64;
	assert_eq!(transfer(CONTRACT, 300), (done, [700, 1_000, 300]));
	assert_eq!(transfer(CONTRACT, 1_000), (done, [0, 1_000, 1_000]));
	let nothing = [1_000, 1_000, 0];
	for amount in [1_001, i64::MAX] {
		assert_eq!(transfer(CONTRACT, amount), (ReturnCode::Insufficient as i64, nothing));
	}
	let not_allowed = ReturnCode::NotAllowed as i64;
	for amount in [-1, -300, i64::MIN] {
		assert_eq!(transfer(CONTRACT, amount), (not_allowed, nothing), "{amount}");
	}
	assert_eq!(transfer(ALICE, 300), (not_allowed, nothing));
}

#[test]
fn out_of_gas_in_a_function_takes_all_and_changes_nothing_that_stays() {
	for function in Function::ALL {
		let (_, _, meter) = outcome(*function, &good(*function), PLENTY, Mode::Standard);
		let needed = meter.needed();
		let (result, _, meter) = outcome(*function, &good(*function), needed, Mode::Standard);
		assert!(result.is_ok(), "{function:?}: {result:?}");
		assert_eq!(meter.needed(), needed);
		let mut world = world(&caller(*function, &good(*function)));
		let before = world.clone();
		let (result, meter) = world.call_with(needed - 1, Mode::Standard, "", &[]);
		assert_eq!(result, Err(VmError::FuelExhausted), "{function:?}");
		assert_eq!((meter.used(), world == before), (needed - 1, true), "{function:?}");
	}
}
