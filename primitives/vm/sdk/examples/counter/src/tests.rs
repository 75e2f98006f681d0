use crate::counter::{Added, Error, CONTRACT};
use mbongo_contract::{
	mock::{self, ALICE},
	Address, Call, CallError, Deploy, Refusal, ReturnCode,
};

fn deployed(start: u64) -> Address {
	mock::reset();
	Deploy::of(mock::upload(CONTRACT)).function("deploy").arg(&start).send().unwrap()
}

fn add(counter: Address, by: u64) -> Result<u64, CallError> {
	Call::to(counter).function("add").arg(&by).send()
}

fn get(counter: Address) -> u64 {
	mock::looking(|| Call::to(counter).function("get").send().unwrap())
}

#[test]
fn success_counts_and_tells() {
	let counter = deployed(5);
	assert_eq!(get(counter), 5);
	assert_eq!(add(counter, 2), Ok(7));
	assert_eq!(add(counter, 0), Ok(7));
	assert_eq!(get(counter), 7);
	let told = [Added { by: 2, count: 7 }, Added { by: 0, count: 7 }];
	assert_eq!(mock::events_of::<Added>(counter), told);
}

#[test]
fn fails_when_the_count_would_overflow() {
	let counter = deployed(1);
	assert_eq!(add(counter, u64::MAX - 1), Ok(u64::MAX));
	assert_eq!(add(counter, 1).unwrap_err().reason(), Some(Error::Overflow));
	assert_eq!(mock::last_status(), Some(100));
	assert_eq!(get(counter), u64::MAX);
	assert_eq!(mock::events().len(), 1);
}

#[test]
fn fails_when_the_call_is_not_one_of_its() {
	let counter = deployed(1);
	mock::set_balance(ALICE, 1);
	let refused = |call: Call, with: Refusal| {
		assert!(matches!(call.send::<u64>(), Err(CallError::Refused(_))));
		assert_eq!(mock::last_status(), Some(with.status()));
	};
	let call = || Call::to(counter);
	refused(call().function("sub").arg(&1u64), Refusal::UnknownFunction);
	refused(call().function("add"), Refusal::ArgumentCount);
	refused(call().function("add").arg(&1u64).arg(&1u64), Refusal::ArgumentCount);
	refused(call().function("add").arg(&1u32), Refusal::MalformedArgument(0));
	refused(call().function("add").arg(&1u128), Refusal::MalformedArgument(0));
	refused(call().function("add").arg(&1u64).value(1), Refusal::NotPayable);
	refused(call().function("deploy").arg(&9u64), Refusal::AlreadyDeployed);
	assert_eq!((get(counter), mock::balance_of(ALICE)), (1, 1));
}

#[test]
fn fails_when_it_may_only_look() {
	let counter = deployed(1);
	assert_eq!(mock::looking(|| add(counter, 1)), Err(CallError::Not(ReturnCode::Failed)));
	assert_eq!(get(counter), 1);
}
