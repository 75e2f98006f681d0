//! Contracts that call each other, and what is undone.

use super::{agent, begin, kept};
use crate::{
	abi::Manifest,
	errors::{CallError, Refusal},
	mock::{self, tests::agent::*, ALICE, BOB},
	Call, Contract, Deploy, ReturnCode,
};
use alloc::{vec, vec::Vec};
use codec::Encode;

#[test]
fn success_calls_and_deploys() {
	begin();
	let one = agent(1, 100);
	assert_eq!((mock::balance_of(ALICE), mock::balance_of(one)), (900, 100));
	assert_eq!(Call::to(one).function("keep").arg(&9u64).value(7).send(), Ok(()));
	assert_eq!(kept(one), 9);
	assert_eq!(Call::to(one).function("paid").arg(&ALICE).send(), Ok(107u128));
	assert_eq!(mock::events_of::<Kept>(one), [Kept(5), Kept(9)]);
	assert_eq!(mock::logs(one), ["kept 5", "kept 9"]);
	assert_eq!(mock::issuance(), 1_000);
	// Two items, and the note that it is deployed.
	assert_eq!(mock::items(one), 3);
}

#[test]
fn success_says_who_calls_where_and_when() {
	begin();
	mock::set_block(12);
	mock::set_epoch(3);
	let (one, two) = (agent(1, 100), agent(2, 0));
	let seen: Seen = Call::to(one).function("look").value(4).send().unwrap();
	let (caller, value) = (ALICE, 4);
	assert_eq!(seen, Seen { caller, origin: ALICE, this: one, value, block: 12, epoch: 3 });
	// By way of another contract.
	mock::put(BOB, Manifest::default(), move |_| {
		let seen: Seen = Call::to(two).function("look").send().unwrap();
		mock::ok(&seen)
	});
	let seen: Seen = Call::to(BOB).function("any").send().unwrap();
	assert_eq!((seen.caller, seen.origin, seen.this), (BOB, ALICE, two));
}

#[test]
fn fails_when_the_contract_refuses_or_panics() {
	begin();
	let one = agent(1, 100);
	let refuse = |how: u8| Call::to(one).function("refuse").arg(&how).send::<()>().unwrap_err();
	assert_eq!(refuse(3).reason(), Some(Error::Told(3)));
	assert_eq!(mock::last_status(), Some(100));
	assert_eq!(refuse(7).reason(), Some(Error::Numbered));
	assert_eq!(mock::last_status(), Some(107));
	assert_eq!(refuse(0), CallError::Not(ReturnCode::Failed));
	// Nothing of it is left.
	assert_eq!((kept(one), mock::events().len(), mock::logs(one).len()), (5, 1, 1));
}

#[test]
fn fails_when_the_deployment_is_refused() {
	begin();
	let code = mock::upload(CONTRACT);
	let make = |kept: u64| Deploy::of(code).function("make").arg(&kept).value(10).send();
	assert_eq!(make(0).unwrap_err().reason(), Some(Error::Told(0)));
	assert_eq!((mock::balance_of(ALICE), mock::events().len()), (1_000, 0));
	let made = make(1).unwrap();
	assert_eq!(make(1), Err(CallError::Not(ReturnCode::Exists)));
	let again = Call::to(made).function("make").arg(&2u64).send::<()>();
	assert_eq!(again, Err(CallError::Refused(vec![])));
	assert_eq!(mock::last_status(), Some(Refusal::AlreadyDeployed.status()));
	assert_eq!(Deploy::of([9; 32]).send(), Err(CallError::Not(ReturnCode::Absent)));
}

#[test]
fn fails_when_there_is_not_enough_money() {
	begin();
	let one = agent(1, 0);
	let keep = |value: u128| Call::to(one).function("keep").arg(&1u64).value(value).send::<()>();
	assert_eq!(keep(1_001), Err(CallError::Not(ReturnCode::Insufficient)));
	mock::set_least_balance(10);
	assert_eq!(keep(991), Err(CallError::Not(ReturnCode::Insufficient)));
	assert_eq!(keep(9), Err(CallError::Not(ReturnCode::BelowMinimum)));
	assert_eq!(keep(990), Ok(()));
	let pay = |amount: u128| Call::to(one).function("pay").arg(&BOB).arg(&amount).send::<()>();
	assert_eq!(pay(9).unwrap_err().reason(), Some(Error::NotPaid));
	assert_eq!(pay(981).unwrap_err().reason(), Some(Error::NotPaid));
	assert_eq!(pay(980), Ok(()));
	assert_eq!((mock::balance_of(one), mock::balance_of(BOB)), (10, 980));
}

#[test]
fn success_a_new_contract_is_an_account() {
	begin();
	mock::set_least_balance(10);
	let one = agent(1, 100);
	assert_eq!((mock::balance_of(ALICE), mock::balance_of(one)), (890, 110));
	// So it can pay out all that it was given.
	assert_eq!(Call::to(one).function("pay").arg(&BOB).arg(&100u128).send(), Ok(()));
}

#[test]
fn fails_when_the_call_is_not_as_it_should_be() {
	begin();
	let one = agent(1, 0);
	let status = |call: Call| {
		assert!(matches!(call.send_raw(), Err(CallError::Refused(_))));
		mock::last_status().unwrap()
	};
	let call = |function: &str| Call::to(one).function(function);
	assert_eq!(status(call("")), Refusal::UnknownFunction.status());
	assert_eq!(status(call("kept").value(1)), Refusal::NotPayable.status());
	assert_eq!(status(call("pay").arg(&BOB)), Refusal::ArgumentCount.status());
	let malformed = call("pay").arg(&BOB).arg(&1u8);
	assert_eq!(malformed.clone().send_raw(), Err(CallError::Refused(vec![1])));
	assert_eq!(status(malformed), Refusal::MalformedArgument(1).status());
	assert_eq!(call("kept").send::<u32>(), Err(CallError::OtherType));
	assert_eq!(Call::to(BOB).send::<()>(), Err(CallError::Not(ReturnCode::Absent)));
	// What the machine would not let through.
	let long = "x".repeat(65);
	assert!(std::panic::catch_unwind(|| call(&long).send_raw()).is_err());
}

#[test]
fn only_what_the_callee_did_is_undone() {
	begin();
	let (one, two) = (agent(1, 100), agent(2, 0));
	let pass = |function: &str, value: u128| {
		Call::to(one).function("pass").arg(&two).arg(function).arg(&value).send::<bool>().unwrap()
	};
	assert!(!pass("none", 10));
	assert_eq!((kept(one), kept(two), mock::balance_of(one)), (77, 5, 100));
	assert!(!pass("keep", 101));
	assert!(pass("keep", 10));
	assert_eq!((kept(two), mock::balance_of(two)), (78, 10));
}

#[test]
fn fails_when_a_contract_is_called_while_it_waits() {
	begin();
	let one = agent(1, 0);
	let chain = |at, rest: Vec<_>| Call::to(at).function("chain").arg(&rest).send::<u32>().unwrap();
	assert_eq!(chain(one, vec![one]), 0);
	let manifest = Manifest { is_reentrant: true, ..CONTRACT.manifest };
	let code = mock::upload(Contract { manifest, ..CONTRACT });
	let two = Deploy::of(code).function("make").arg(&1u64).send().unwrap();
	assert_eq!(chain(two, vec![two, two]), 2);
	assert_eq!(chain(two, vec![one, two, one]), 2);
	// The first, and five that were called by another: then it is too deep.
	assert_eq!(chain(two, vec![two; 9]), 5);
}

#[test]
fn success_code_is_changed_and_contracts_end() {
	begin();
	let one = agent(1, 100);
	let (before, other) = (mock::code_hash(one), mock::upload(CONTRACT));
	let become_other =
		|hash: [u8; 32]| Call::to(one).function("become_other").arg(&hash).send::<bool>().unwrap();
	assert!(!become_other([0; 32]));
	assert_eq!(mock::code_hash(one), before);
	assert!(become_other(other));
	assert_eq!((mock::code_hash(one), kept(one)), (Some(other), 5));

	assert_eq!(Call::to(one).function("end").arg(&BOB).send(), Ok(()));
	assert!(!mock::is_contract(one));
	assert_eq!((mock::items(one), mock::balance_of(BOB), mock::issuance()), (0, 100, 1_000));
	assert_eq!(
		Call::to(one).function("kept").send::<u64>(),
		Err(CallError::Not(ReturnCode::Absent))
	);
}

#[test]
fn fails_when_the_manifest_does_not_allow_it() {
	begin();
	let code = mock::upload(Contract { manifest: Manifest::default(), ..CONTRACT });
	let one = Deploy::of(code).function("make").arg(&1u64).send().unwrap();
	assert_eq!(Call::to(one).function("become_other").arg(&code).send(), Ok(false));
	let ended = Call::to(one).function("end").arg(&BOB).send::<()>();
	assert_eq!(ended, Err(CallError::Not(ReturnCode::Failed)));
	assert!(mock::is_contract(one));
}

#[test]
fn success_closures_are_contracts() {
	begin();
	mock::put(BOB, Manifest::default(), |input| match &*input.function {
		"double" => mock::ok(&(u64::from(input.args[0][0]) * 2)),
		_ => mock::refusal(42),
	});
	assert_eq!(Call::to(BOB).function("double").arg(&4u8).value(1).send(), Ok(8u64));
	assert_eq!(mock::balance_of(BOB), 1);
	assert_eq!(Call::to(BOB).function("half").send_raw(), Err(CallError::Refused(vec![])));
	assert_eq!(mock::last_status(), Some(42));
	assert_eq!(mock::ok(&8u64).data, 8u64.encode());
}
