//! The rest of the host.

use super::{agent, begin, kept};
use crate::{
	abi::{limits, Manifest, Permission},
	compute::Outcome,
	crypto, env,
	errors::CallError,
	host,
	mock::{self, tests::agent::*, ALICE, BOB, CHARLIE},
	Call, Event, ReturnCode,
};
use alloc::vec;
use std::panic::catch_unwind;

#[test]
fn fails_when_who_may_only_look_changes_something() {
	begin();
	let one = agent(1, 100);
	let before = mock::events().len();
	mock::looking(|| {
		let failed = Err(CallError::Not(ReturnCode::Failed));
		assert_eq!(Call::to(one).function("keep").arg(&1u64).send::<()>(), failed);
		assert_eq!(Call::to(one).function("end").arg(&BOB).send::<()>(), failed);
		assert_eq!(Call::to(one).function("order").arg(&1u128).send::<()>(), failed);
		assert_eq!(kept(one), 5);
	});
	assert_eq!((kept(one), mock::events().len()), (5, before));
}

#[test]
fn tasks_are_ordered_and_delivered() {
	begin();
	let one = agent(1, 100);
	let order =
		|fee: u128| Call::to(one).function("order").arg(&fee).send::<Option<u64>>().unwrap();
	assert_eq!(order(10), None);
	mock::offer_compute(CHARLIE);
	assert_eq!(order(101), None);
	assert_eq!((order(10), order(20)), (Some(0), Some(1)));
	assert_eq!((mock::balance_of(one), mock::balance_of(CHARLIE)), (70, 30));
	let task = mock::tasks().remove(1);
	assert_eq!((task.id, task.contract, task.max_fee), (1, one, 20));
	assert_eq!((&task.spec[..], &*task.callback, task.gas), (&b"spec"[..], "done", 50_000));

	assert_eq!(mock::deliver(1, &Outcome::Settled(vec![1, 2, 3])), Ok(()));
	assert_eq!(kept(one), 103);
	assert_eq!(Call::to(one).function("paid").arg(&CHARLIE).send(), Ok(0u128));
	// What refuses to be told is not told again.
	let refused = mock::deliver(0, &Outcome::Expired).unwrap_err();
	assert_eq!(refused.reason(), Some(Error::Told(1)));
	assert_eq!(mock::deliver(0, &Outcome::Expired), Err(CallError::Not(ReturnCode::Absent)));
	assert_eq!(mock::tasks(), []);
}

#[test]
fn randomness_is_that_of_blocks_that_are_over() {
	begin();
	mock::set_random(5, [5; 32]);
	mock::set_block(5);
	assert_eq!(env::random_at(5), None);
	mock::set_block(6);
	assert_eq!(env::random_at(5), Some([5; 32]));
	assert_eq!(env::random_at(4), None);
}

#[test]
fn limits_are_the_machines() {
	begin();
	let fits = |work: fn(usize), limit: u32| {
		let limit = limit as usize;
		assert!(catch_unwind(|| work(limit)).is_ok());
		assert!(catch_unwind(|| work(limit + 1)).is_err());
	};
	fits(|length| env::log(&"x".repeat(length)), limits::LOG_BYTES);
	fits(|length| host::storage_write(&vec![1; length], &[]), limits::KEY_BYTES);
	fits(|length| host::storage_write(&[1], &vec![1; length]), limits::VALUE_BYTES);
	fits(|length| host::emit_event(&[], &vec![1; length]), limits::EVENT_BYTES);
	fits(|length| host::emit_event(&vec![1; length], &[]), limits::TOPIC_BYTES);
	assert!(Kept::NAME.len() <= limits::TOPIC_BYTES as usize);
	// Nobody moves the money of others.
	assert_eq!(host::transfer(&BOB, &CHARLIE, 0), i32::from(ReturnCode::NotAllowed));
}

#[test]
fn fails_when_too_much_is_told_in_a_run() {
	begin();
	// As much as may be, half of it events, and so many lines more.
	mock::put(BOB, Manifest::default(), |input| {
		for _ in 0..limits::EVENTS / 2 {
			env::log("a line");
			host::emit_event(b"Event", &[]);
		}
		for _ in 0..input.args[0][0] {
			env::log("one more");
		}
		mock::ok(&())
	});
	let tell = |more: u8| Call::to(BOB).function("tell").arg(&more).send::<()>();
	assert_eq!(tell(0), Ok(()));
	assert_eq!(tell(1), Err(CallError::Not(ReturnCode::Failed)));
	assert_eq!(mock::logs(BOB).len() + mock::events().len(), limits::EVENTS as usize);
	// Each run begins anew.
	assert_eq!(tell(0), Ok(()));
	// What is undone counts too.
	mock::put(CHARLIE, Manifest::default(), |input| {
		let told = Call::to(BOB).function("tell").arg(&1u8).send::<()>().is_ok();
		if input.function == "tell" {
			env::log("one more");
		}
		mock::ok(&told)
	});
	assert_eq!(Call::to(CHARLIE).function("ask").send(), Ok(false));
	let tells = Call::to(CHARLIE).function("tell").send::<bool>();
	assert_eq!(tells, Err(CallError::Not(ReturnCode::Failed)));
}

#[test]
fn fails_when_a_contract_ends_that_also_waits() {
	begin();
	let terminate = Permission::Contract;
	let manifest = Manifest { is_reentrant: true, terminate, ..Manifest::default() };
	mock::put(BOB, manifest, |input| match &*input.function {
		"ask" => mock::ok(&Call::to(BOB).function("end").send::<()>().is_ok()),
		"end" => env::terminate(&ALICE),
		_ => env::terminate(&BOB),
	});
	assert_eq!(Call::to(BOB).function("ask").send(), Ok(false));
	// Nor for itself.
	let ended = Call::to(BOB).function("keep").send::<()>();
	assert_eq!(ended, Err(CallError::Not(ReturnCode::Failed)));
	assert!(mock::is_contract(BOB));
	assert_eq!(Call::to(BOB).function("end").send(), Ok(()));
	assert!(!mock::is_contract(BOB));
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
	core::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}

#[test]
fn hashes_are_what_they_are_called() {
	let blake2 = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
	let sha2 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	let keccak = "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45";
	assert_eq!(crypto::blake2_256(b"abc"), bytes(blake2));
	assert_eq!(crypto::sha2_256(b"abc"), bytes(sha2));
	assert_eq!(crypto::keccak_256(b"abc"), bytes(keccak));
}

#[test]
fn signatures_are_checked() {
	// The third test of RFC 8032.
	let key = bytes("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
	let signature = bytes(concat!(
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
	));
	assert!(crypto::verify_ed25519(&signature, &key, &[0xaf, 0x82]));
	assert!(!crypto::verify_ed25519(&signature, &key, &[0xaf, 0x83]));

	// By schnorrkel, of the key whose seed is 32 times 7.
	let key = bytes("7c0f469d3bd340bae718203fa30ca071a5e37c751e891dbded837b213d45d91d");
	let signature = bytes(concat!(
		"ea3a4737c9df527fe801d5bc9c95850ab7c0f33a1cd8c159c59cb7d6ec86d47e",
		"7dc9123740622d686b5bb0915e1933e2dd7c75711f74f045bf8d9de374a57d83",
	));
	assert!(crypto::verify_sr25519(&signature, &key, b"abc"));
	assert!(!crypto::verify_sr25519(&signature, &key, b"abd"));
	assert!(!crypto::verify_sr25519(&[0; 64], &key, b"abc"));
}
