//! What contracts take: the machine in the runtime, as blocks run it, beside the same machine compiled
//! natively, both asked for the same by the same interface in one run. `scripts/bench contracts` shows it.
//! There is no database under it: all state is in memory.

mod asking;
mod chain;
#[path = "../../../primitives/vm/src/tests/guests.rs"]
mod guests;

use chain::{call, Chain, InRuntime, Machine, Native, ALL_DEPOSITS, ALL_GAS};
use codec::Encode;
use mbongo_contract_examples::{TOKEN, WORKLOAD};
use mbongo_gas::PICOS_PER_GAS;
use mbongo_primitives::{units, AccountId};
use mbongo_runtime::{Contracts, RuntimeOrigin};
use mbongo_vm::VmCall;
use polkadot_sdk::sp_keyring::Sr25519Keyring::{Alice, Bob};
use std::{
	env,
	time::{Duration, Instant},
};

/// What can be measured by itself.
const PARTS: [&str; 3] = ["work", "instructions", "host"];

/// The least that something takes.
fn least(mut take: impl FnMut() -> Duration) -> Duration {
	let began = Instant::now();
	let mut least = take();
	let mut rounds = 1;
	while rounds < 5 || (rounds < 200 && began.elapsed() < Duration::from_millis(300)) {
		least = least.min(take());
		rounds += 1;
	}
	least
}

/// What a call takes beyond being asked about at all.
#[derive(Clone, Copy)]
struct Measured {
	gas: u64,
	native: Duration,
	in_runtime: Duration,
}

impl Measured {
	fn of(chain: &mut Chain, contract: &AccountId, call: &VmCall) -> Self {
		let simulation = chain.simulate(InRuntime, contract, call).0;
		assert_eq!(simulation, chain.simulate(Native, contract, call).0);
		assert!(simulation.result.is_ok(), "{call:?}: {:?}", simulation.result);
		let nobody = Bob.to_account_id();
		let mut time = |machine: Machine| {
			let mut least = |whom| least(|| chain.simulate(machine, whom, call).1);
			least(contract).saturating_sub(least(&nobody))
		};
		Self { gas: simulation.gas_needed, native: time(Native), in_runtime: time(InRuntime) }
	}

	/// What it takes more than something else.
	fn beyond(self, other: Self) -> Self {
		Self {
			gas: self.gas.saturating_sub(other.gas),
			native: self.native.saturating_sub(other.native),
			in_runtime: self.in_runtime.saturating_sub(other.in_runtime),
		}
	}

	/// Of time in the runtime for a gas.
	fn picos_per_gas(self) -> u128 {
		self.in_runtime.as_nanos() * 1_000 / u128::from(self.gas.max(1))
	}

	fn show(self, name: &str) {
		let micros = |time: Duration| time.as_nanos() as f64 / 1_000.0;
		println!(
			"{name:<44} {:>11} {:>11.1} {:>11.1} {:>6.2} {:>7} {:>7.1}",
			self.gas,
			micros(self.native),
			micros(self.in_runtime),
			micros(self.in_runtime) / micros(self.native).max(0.001),
			self.picos_per_gas(),
			self.gas as f64 / micros(self.in_runtime).max(0.001),
		);
	}
}

fn head(title: &str) {
	println!(
		"\n{title:<44} {:>11} {:>11} {:>11} {:>6} {:>7} {:>7}",
		"gas", "native, us", "runtime, us", "ratio", "ps/gas", "Mgas/s"
	);
}

/// A guest that does nothing, of at least so many bytes: the rest are functions that nobody calls.
fn idle_of(bytes: usize) -> Vec<u8> {
	let idle = guests::idle();
	let begun = idle.strip_suffix(')').expect("it is a module");
	let body = "(local.set 1 (i32.add (local.get 1) (i32.load (local.get 0))))".repeat(9);
	let unused = format!("(func (param i32) (local i32) {body})");
	let with = |functions: usize| {
		let text = format!("{begun}{})", unused.repeat(functions));
		wat::parse_str(text).expect("it is a module still")
	};
	(0..).map(with).find(|code| code.len() >= bytes).expect("more functions are longer")
}

/// What contracts do.
fn work(chain: &mut Chain) {
	let workload = chain.deploy(WORKLOAD, call("deploy", &[]));
	let about = ["Token".encode(), "T".encode(), 18_u8.encode(), u128::MAX.encode()];
	let token = chain.deploy(TOKEN, call("deploy", &about));
	head(&format!("A guest of {} bytes", WORKLOAD.len()));
	for (name, asked) in [
		("an empty call", call("nothing", &[])),
		("fib(27)", call("fib", &[27_u32.encode()])),
		("sha256 of 64 KiB", call("sha256", &[65_536_u32.encode()])),
		("keccak256 of 64 KiB", call("keccak", &[65_536_u32.encode()])),
		("sort of 100,000", call("sort", &[100_000_u32.encode()])),
	] {
		Measured::of(chain, &workload, &asked).show(name);
	}
	// As long as contracts of some use are.
	let code = idle_of(15_000);
	let idle = chain.deploy(&code, call("deploy", &[]));
	Measured::of(chain, &idle, &call("nothing", &[]))
		.show(&format!("a bare call of {} bytes of code", code.len()));
	let supply = call("total_supply", &[]);
	Measured::of(chain, &token, &supply)
		.show(&format!("a view of a token of {} bytes", TOKEN.len()));
	// The token is Alice's; what the workload pays with it must have.
	chain.change(|| {
		let (origin, token) = (RuntimeOrigin::signed(Alice.to_account_id()), token.clone());
		let args = vec![workload.encode(), 1_000_000_u128.encode()];
		let function = "transfer".into();
		Contracts::call(origin, token, function, args, 0, ALL_GAS, ALL_DEPOSITS)
			.expect("it can be paid");
	});
	let to = Bob.to_account_id().encode();
	for (name, times) in [("a token transfer, by a contract", 1_u32), ("33 of them", 33)] {
		let asked = call("pay", &[token.encode(), to.clone(), times.encode()]);
		Measured::of(chain, &workload, &asked).show(name);
	}
}

/// Guests that try to get much time for their gas: what they take more than one that does nothing.
fn greedy(chain: &mut Chain, title: &str, guests: Vec<(&'static str, String)>) {
	let mut measure = |name: &str, text: &str| {
		let code = wat::parse_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
		let contract = chain.deploy(&code, call("again", &[]));
		Measured::of(chain, &contract, &call("again", &[]))
	};
	head(title);
	let idle = measure("nothing", &guests::idle());
	idle.show("nothing");
	let (mut worst, mut dearest) = (0, "");
	for (name, text) in &guests {
		let measured = measure(name, text).beyond(idle);
		measured.show(name);
		if measured.picos_per_gas() > worst {
			(worst, dearest) = (measured.picos_per_gas(), name);
		}
	}
	println!("The worst is \"{dearest}\": {worst} ps for a gas, which stands for {PICOS_PER_GAS}");
}

fn main() {
	// What runs benchmarks says `--bench` to each.
	let wanted: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
	for part in &wanted {
		assert!(PARTS.contains(&part.as_str()), "None of {PARTS:?}: {part}");
	}
	let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|one| one == part);
	let mut chain = Chain::new();
	if is_wanted("work") {
		work(&mut chain);
	}
	if is_wanted("instructions") {
		greedy(&mut chain, "A guest whose instructions take much", guests::written());
	}
	if is_wanted("host") {
		greedy(
			&mut chain,
			"A guest that has the host work, 64 times",
			asking::asking(units::EXISTENTIAL_DEPOSIT),
		);
	}
}
