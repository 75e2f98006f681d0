//! The two counters, and the first one on the mock, answer alike.

mod world;

use codec::Encode;
use counter::counter::CONTRACT;
use mbongo_contract::{abi::ABI_VERSION, mock, Call, CallError, Deploy};
use mbongo_contract_examples::{COUNTER, COUNTER_WAT};
use mbongo_vm::VmOutput;
use world::{World, ALICE};

const AT: [u8; 32] = [100; 32];

/// A call: the function, its arguments, and the value.
type Asked = (&'static str, Vec<Vec<u8>>, u128);

fn calls() -> Vec<Asked> {
	let number = |number: u64| vec![number.encode()];
	let long = vec![vec![0; 20_000]];
	let mut calls: Vec<Asked> = vec![
		("get", vec![], 0),
		("deploy", vec![], 0),
		("deploy", vec![vec![1]], 0),
		("deploy", number(5), 1),
		("deploy", number(5), 0),
		("deploy", number(6), 0),
		("deploy", vec![], 0),
		("get", vec![], 0),
		("add", number(2), 0),
		("add", number(u64::MAX - 7), 0),
		("add", number(1), 0),
		("add", number(0), 0),
		("get", vec![], 0),
		("get", number(1), 0),
		("get", vec![], 1),
		("add", vec![], 0),
		("add", vec![vec![]], 0),
		("add", vec![vec![0; 7]], 0),
		("add", vec![vec![0; 9]], 0),
		("add", vec![vec![0; 100]], 0),
		("add", [number(1), number(1)].concat(), 0),
		("add", number(1), u128::MAX),
		("add", number(1), 1 << 64),
		("add", long, 0),
	];
	for name in ["", "a", "ad", "adds", "Add", "gets", "deploy ", &"x".repeat(64)] {
		calls.push((name.to_owned().leak(), number(1), 0));
	}
	calls.push(("get", vec![], 0));
	calls
}

fn by_machine(code: &[u8]) -> (Vec<VmOutput>, World) {
	let mut world = World::new();
	world.balances.insert(ALICE, u128::MAX);
	world.put(AT, code);
	let outputs = calls().into_iter().map(|(function, args, value)| {
		world.value = value;
		world.call(AT, function, &args).unwrap()
	});
	(outputs.collect(), world)
}

fn by_mock() -> Vec<VmOutput> {
	mock::reset();
	mock::set_balance(mock::ALICE, u128::MAX);
	let code = mock::upload(CONTRACT);
	let mut at = None;
	let outputs = calls().into_iter().map(|(function, args, value)| {
		// Before it is deployed there is nothing to call: the machine's other hosts say so too.
		let result = match (at, function) {
			(Some(at), _) => {
				let call = Call::to(at).function(function).value(value);
				args.into_iter().fold(call, |call, arg| call.arg(&Raw(arg))).send_raw()
			}
			(None, "deploy") => {
				let deploy = Deploy::of(code).function(function).value(value);
				let deploy = args.into_iter().fold(deploy, |deploy, arg| deploy.arg(&Raw(arg)));
				deploy.send().map(|address| {
					at = Some(address);
					vec![]
				})
			}
			_ => Ok(0u64.encode()),
		};
		let (status, data) = match result {
			Ok(data) => (0, data),
			Err(CallError::Refused(data)) => (mock::last_status().unwrap(), data),
			Err(other) => panic!("{other:?}"),
		};
		VmOutput { abi: ABI_VERSION, status, data }
	});
	outputs.collect()
}

/// Bytes that are encoded already.
struct Raw(Vec<u8>);

impl Encode for Raw {
	fn encode_to<T: codec::Output + ?Sized>(&self, to: &mut T) {
		to.write(&self.0);
	}
}

#[test]
fn the_same_calls_have_the_same_answers() {
	let (rust, of_rust) = by_machine(COUNTER);
	let (text, of_text) = by_machine(COUNTER_WAT);
	for (asked, (rust, text)) in calls().iter().zip(rust.iter().zip(&text)) {
		assert_eq!(rust, text, "{asked:?}");
	}
	for (asked, (rust, mock)) in calls().iter().zip(rust.iter().zip(&by_mock())) {
		assert_eq!(rust, mock, "{asked:?}");
	}
	assert_eq!(of_rust.storage, of_text.storage);
	assert_eq!(of_rust.events, of_text.events);
	assert_eq!((of_rust.storage.len(), of_rust.events.len()), (2, 3));
	// Each refusal was there.
	let statuses: std::collections::BTreeSet<_> = rust.iter().map(|output| output.status).collect();
	assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [0, 2, 3, 4, 5, 6, 100]);
}

#[test]
fn what_they_use() {
	for (name, code) in [("Rust", COUNTER), ("WAT", COUNTER_WAT)] {
		let mut world = World::new();
		world.put(AT, code);
		for (function, args) in [("deploy", vec![1]), ("add", vec![2]), ("get", vec![])] {
			let args: Vec<_> = args.iter().map(|number: &u64| number.encode()).collect();
			world.call(AT, function, &args).unwrap();
			println!("{name}: {} bytes, {function}: {} gas", code.len(), world.gas);
		}
	}
}
