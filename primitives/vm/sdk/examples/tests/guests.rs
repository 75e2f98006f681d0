//! All guests are let in, and what Rust becomes does on the machine what it does on the mock.

mod world;

use codec::{Decode, Encode};
use mbongo_contract_examples::{ALL, COMPUTE_CLIENT, COUNTER, CROWDFUND, ESCROW, PROBE, TOKEN};
use mbongo_vm::{
	abi::{Address, ReturnCode, Trap},
	admit, limits, Manifest, Mode, Permission, VmError,
};
use probe::probe::{Error, Said};
use world::{World, ALICE, BOB};

const AT: Address = [100; 32];
const OTHER: Address = [101; 32];

fn probe() -> World {
	let mut world = World::new();
	world.put(AT, PROBE);
	world.put(OTHER, PROBE);
	world
}

fn error(world: &mut World, function: &str, args: &[Vec<u8>]) -> Error {
	let (status, data) = world.refused(AT, function, args);
	assert!((100..104).contains(&status));
	Error::decode(&mut &data[..]).unwrap()
}

#[test]
fn all_are_let_in_and_small() {
	for (name, code) in ALL {
		let facts = admit(code, 1).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
		println!("{name}: {} bytes", code.len());
		let manifest = match name {
			"probe" => Manifest {
				is_reentrant: true,
				upgrade: Permission::Contract,
				terminate: Permission::Contract,
			},
			_ => Manifest::default(),
		};
		assert_eq!(facts.manifest, manifest, "{name}");
		assert!(code.len() < 32 * 1024);
	}
	assert!(COUNTER.len() < 5 * 1024);
}

#[test]
fn a_guest_sees_who_calls_where_and_when() {
	let mut world = probe();
	world.value = 70_000;
	assert_eq!(world.ask::<u128>(AT, "value", &[]), 70_000);
	world.value = 0;
	for mode in [Mode::Standard, Mode::View] {
		world.mode = Some(mode);
		let seen: (Address, Address, Address, u32, u32, bool, u128, u128) =
			world.ask(AT, "seen", &[]);
		assert_eq!(seen, (ALICE, ALICE, AT, 7, 1, mode == Mode::View, 70_000, 930_000));
	}
}

#[test]
fn a_guest_keeps_and_tells() {
	let mut world = probe();
	let say =
		|world: &mut World, text: &str| world.ask::<Option<String>>(AT, "say", &[text.encode()]);
	assert_eq!(say(&mut world, "one"), None);
	let long = "ü".repeat(300);
	assert_eq!(say(&mut world, &long), Some("one".into()));
	assert_eq!(say(&mut world, ""), Some(long.clone()));
	let lines: Vec<_> = world.logs.iter().map(|(_, line)| String::from_utf8_lossy(line)).collect();
	assert_eq!(lines, ["said: one".into(), format!("said: {long}"), "said: ".into()]);
	let told: Vec<_> =
		world.events.iter().map(|(_, topic, data)| (&topic[..], &data[..])).collect();
	let said = |text: &str| Said { text: text.into() }.encode();
	let (one, long, none) = (said("one"), said(&long), said(""));
	assert_eq!(told, [(&b"Said"[..], &one[..]), (b"Said", &long), (b"Said", &none)]);
	// What is no text is no argument.
	assert_eq!(world.refused(AT, "say", &[vec![4, 0xff]]), (5, vec![0]));
}

#[test]
fn a_guest_keeps_by_short_and_long_keys() {
	let mut world = probe();
	let largest = limits::VALUE_BYTES as usize - 2;
	for (key, value) in [(0, 0), (3, 1), (100, 63), (119, 64), (120, 5_000), (9_000, largest)] {
		let (key, value) = (vec![7u8; key].encode(), vec![8u8; value]);
		let keep = [key.clone(), value.encode()];
		assert!(!world.ask::<bool>(AT, "keep", &keep));
		assert!(world.ask::<bool>(AT, "keep", &keep));
		let kept: Option<Vec<u8>> = world.ask(AT, "kept", core::slice::from_ref(&key));
		assert_eq!(kept, Some(value));
		assert!(world.storage.keys().all(|(_, key)| key.len() <= limits::KEY_BYTES as usize));
		assert!(world.ask::<bool>(AT, "remove", core::slice::from_ref(&key)));
		assert!(!world.ask::<bool>(AT, "remove", &[key]));
		assert_eq!(world.storage.len(), 0);
	}
	let keep = [vec![7u8; 3].encode(), vec![8u8; largest + 1].encode()];
	assert_eq!(world.call(AT, "keep", &keep), Err(VmError::ResourceLimitExceeded));
}

#[test]
fn a_guest_hashes_and_checks_signatures() {
	let mut world = probe();
	let bytes = b"abc".to_vec();
	let hashes: [[u8; 32]; 3] = world.ask(AT, "hashes", &[bytes.encode()]);
	use mbongo_contract::crypto::{blake2_256, keccak_256, sha2_256};
	assert_eq!(hashes, [blake2_256(&bytes), sha2_256(&bytes), keccak_256(&bytes)]);

	let hex = |hex: &str| -> Vec<u8> {
		let digits = hex.as_bytes().chunks(2).map(|two| core::str::from_utf8(two).unwrap());
		digits.map(|two| u8::from_str_radix(two, 16).unwrap()).collect()
	};
	// The third test of RFC 8032; and by schnorrkel, of the key whose seed is 32 times 7.
	let ed25519 = [
		hex(concat!(
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
			"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
		)),
		hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
		hex("af82").encode(),
	];
	let sr25519 = [
		hex(concat!(
			"ea3a4737c9df527fe801d5bc9c95850ab7c0f33a1cd8c159c59cb7d6ec86d47e",
			"7dc9123740622d686b5bb0915e1933e2dd7c75711f74f045bf8d9de374a57d83",
		)),
		hex("7c0f469d3bd340bae718203fa30ca071a5e37c751e891dbded837b213d45d91d"),
		b"abc".to_vec().encode(),
	];
	assert_eq!(world.ask::<(bool, bool)>(AT, "verify", &ed25519), (true, false));
	assert_eq!(world.ask::<(bool, bool)>(AT, "verify", &sr25519), (false, true));
	let [signature, key, _] = sr25519;
	let other = [signature, key, b"abd".to_vec().encode()];
	assert_eq!(world.ask::<(bool, bool)>(AT, "verify", &other), (false, false));
}

#[test]
fn a_guest_moves_its_money() {
	let mut world = probe();
	world.balances.insert(AT, 10);
	let pay = |amount: u128| [BOB.encode(), amount.encode()];
	assert_eq!(error(&mut world, "pay", &pay(11)), Error::Not(ReturnCode::Insufficient.into()));
	world.ask::<()>(AT, "pay", &pay(4));
	assert_eq!((world.balance(&AT), world.balance(&BOB)), (6, 4));
	world.mode = Some(Mode::View);
	assert_eq!(world.call(AT, "pay", &pay(1)), Err(VmError::ReadOnly));
}

fn ask(to: Address, function: &str, arg: Vec<u8>, value: u128, gas: Option<u64>) -> [Vec<u8>; 5] {
	[to.encode(), function.encode(), arg.encode(), value.encode(), gas.encode()]
}

#[test]
fn a_guest_calls_another() {
	let mut world = probe();
	world.balances.insert(AT, 10);
	// The answer is bytes with their length, as the argument is.
	for length in [0, 3, 2_000, 60_000] {
		let bytes = vec![5; length];
		for gas in [None, Some(100_000_000)] {
			let answer: Vec<u8> = world.ask(AT, "ask", &ask(OTHER, "echo", bytes.clone(), 0, gas));
			assert_eq!(answer, bytes);
		}
	}
	let not = |code: ReturnCode| Error::Not(code.into());
	let refused = |world: &mut World, args: [Vec<u8>; 5]| error(world, "ask", &args);
	assert_eq!(refused(&mut world, ask(BOB, "echo", vec![], 0, None)), not(ReturnCode::Absent));
	assert_eq!(
		refused(&mut world, ask(OTHER, "echo", vec![], 11, None)),
		not(ReturnCode::Insufficient)
	);
	assert_eq!(
		refused(&mut world, ask(OTHER, "echo", vec![], 0, Some(100))),
		not(ReturnCode::Failed)
	);
	let none = Error::Refused(vec![]);
	assert_eq!(refused(&mut world, ask(OTHER, "echo", vec![], 10, None)), none);
	assert_eq!(refused(&mut world, ask(OTHER, "none", vec![], 0, None)), none);
	// It answers another type, and itself may be called meanwhile.
	assert_eq!(refused(&mut world, ask(OTHER, "hashes", vec![], 0, None)), Error::OtherType);
	let answer: Vec<u8> = world.ask(AT, "ask", &ask(AT, "echo", vec![1], 0, None));
	assert_eq!(answer, [1]);
}

#[test]
fn a_guest_makes_another_becomes_another_and_ends() {
	let mut world = probe();
	world.balances.insert(AT, 10);
	let code = world.contracts[&AT];
	let make = |code: [u8; 32], value: u128| [code.encode(), vec![1u8, 2].encode(), value.encode()];
	let not = |code: ReturnCode| Error::Not(code.into());
	assert_eq!(error(&mut world, "make", &make([0; 32], 0)), not(ReturnCode::Absent));
	assert_eq!(error(&mut world, "make", &make(code, 11)), not(ReturnCode::Insufficient));
	let made: Address = world.ask(AT, "make", &make(code, 4));
	assert_eq!((world.balance(&made), world.balance(&AT)), (4, 6));
	assert_eq!(error(&mut world, "make", &make(code, 4)), not(ReturnCode::Exists));
	let seen: (Address, Address, Address, u32, u32, bool, u128, u128) =
		world.ask(made, "seen", &[]);
	assert_eq!((seen.0, seen.1, seen.2, seen.6), (ALICE, ALICE, made, 4));
	// It is there already.
	assert_eq!(world.refused(made, "deploy", &[]), (6, vec![]));

	world.ask::<()>(made, "end", &[BOB.encode()]);
	assert!(!world.contracts.contains_key(&made));
	assert_eq!(world.balance(&BOB), 4);

	let counter = world.upload(COUNTER);
	assert_eq!(error(&mut world, "become_other", &[[0u8; 32].encode()]), not(ReturnCode::Absent));
	world.ask::<()>(AT, "become_other", &[counter.encode()]);
	assert_eq!(world.ask::<u64>(AT, "get", &[]), 0);
}

#[test]
fn a_guest_orders_work_and_asks_for_randomness() {
	let mut world = probe();
	let order = |fee: u128| [b"spec".to_vec().encode(), fee.encode()];
	assert_eq!(world.ask::<u64>(AT, "order", &order(1 << 70)), 1);
	assert_eq!(world.tasks, [(b"spec".to_vec(), 1 << 70, b"ordered".to_vec(), 1_000)]);
	let unavailable = Error::Not(ReturnCode::Unavailable.into());
	assert_eq!(error(&mut world, "order", &order(0)), unavailable);

	world.random.insert(5, [9; 32]);
	assert_eq!(world.ask::<Option<[u8; 32]>>(AT, "random", &[5u32.encode()]), Some([9; 32]));
	assert_eq!(world.ask::<Option<[u8; 32]>>(AT, "random", &[6u32.encode()]), None);
}

#[test]
fn a_guest_refuses_traps_and_runs_out() {
	let mut world = probe();
	assert_eq!(error(&mut world, "refuse", &[7u32.encode()]), Error::Told(7));
	let trapped = Err(VmError::Trapped(Trap::Unreachable));
	assert_eq!(world.call(AT, "refuse", &[0u32.encode()]), trapped);
	let take = |pieces: u32, bytes: u32| [pieces.encode(), bytes.encode()];
	// 900,000 bytes, in pieces and in one.
	assert_eq!(world.ask::<u64>(AT, "take_memory", &take(3, 300_000)), 900_000);
	assert_eq!(world.ask::<u64>(AT, "take_memory", &take(1_000, 100)), 12_471_600);
	// More than there is. Taking it all is no trap of the machine's, but the guest's own.
	let result = world.call(AT, "take_memory", &take(2, 1 << 20));
	assert!(matches!(result, Err(VmError::Trapped(_) | VmError::ResourceLimitExceeded)));
}

#[test]
fn the_examples_do_their_work_on_the_machine() {
	let mut world = World::new();
	world.put(AT, TOKEN);
	let about = ["Mbongo Dollar".encode(), "MBD".encode(), 6u8.encode(), 1_000u128.encode()];
	world.ask::<()>(AT, "deploy", &about);
	println!("token, deploy: {} gas", world.gas);
	world.ask::<()>(AT, "transfer", &[BOB.encode(), 300u128.encode()]);
	println!("token, transfer: {} gas", world.gas);
	assert_eq!(world.ask::<u128>(AT, "balance_of", &[ALICE.encode()]), 700);
	println!("token, balance_of: {} gas", world.gas);
	assert_eq!(world.ask::<String>(AT, "name", &[]), "Mbongo Dollar");
	assert_eq!(world.refused(AT, "transfer", &[BOB.encode(), 701u128.encode()]), (100, vec![0]));

	world.put(OTHER, ESCROW);
	let terms = [ALICE.encode(), BOB.encode(), BOB.encode(), 50u128.encode(), 9u32.encode()];
	world.ask::<()>(OTHER, "deploy", &terms);
	world.value = 50;
	world.ask::<()>(OTHER, "deposit", &[]);
	world.value = 0;
	world.ask::<()>(OTHER, "release", &[]);
	println!("escrow, release: {} gas", world.gas);
	assert_eq!((world.balance(&OTHER), world.balance(&BOB)), (0, 50));
	assert_eq!(world.refused(OTHER, "release", &[]), (103, vec![3]));

	world.put([102; 32], CROWDFUND);
	world.ask::<()>([102; 32], "deploy", &[20u128.encode(), 9u32.encode()]);
	world.value = 20;
	world.ask::<()>([102; 32], "contribute", &[]);
	world.value = 0;
	world.ask::<()>([102; 32], "claim", &[]);
	println!("crowdfund, claim: {} gas", world.gas);
	assert_eq!(world.balance(&[102; 32]), 0);

	world.put([103; 32], COMPUTE_CLIENT);
	// Alice plays the account that tasks are told by.
	world.ask::<()>([103; 32], "deploy", &[ALICE.encode()]);
	world.value = 20;
	let task: u64 =
		world.ask([103; 32], "order", &[vec![1u8].encode(), 5u128.encode(), BOB.encode()]);
	world.value = 0;
	let outcome = mbongo_contract::compute::Outcome::Settled(60i32.encode());
	world.ask::<()>([103; 32], "judged", &[task.encode(), outcome.encode()]);
	println!("compute-client, judged: {} gas", world.gas);
	// This host does not take the fee.
	assert_eq!(world.balance(&BOB), 50 + 20);
}
