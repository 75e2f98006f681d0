use crate::compute_client::{Error, Judged, Order, Ordered, CALLBACK, CALLBACK_GAS, CONTRACT};
use mbongo_contract::{
	compute::{Outcome, TaskId},
	mock::{self, ALICE, BOB, CHARLIE},
	Address, Call, CallError, Deploy,
};

const PALLET: Address = [50; 32];
const FEE: u128 = 30;

fn deployed() -> Address {
	mock::reset();
	for who in [ALICE, BOB] {
		mock::set_balance(who, 1_000);
	}
	let deploy = Deploy::of(mock::upload(CONTRACT)).function("deploy");
	let client = deploy.arg(&PALLET).send().unwrap();
	mock::offer_compute(PALLET);
	client
}

/// Bob puts up a reward for Charlie.
fn order(client: Address, value: u128) -> Result<TaskId, CallError> {
	mock::sign_as(BOB);
	let call = Call::to(client).function("order").arg(&vec![1u8, 2, 3]).arg(&FEE).arg(&CHARLIE);
	call.value(value).send()
}

fn score(score: i32) -> Outcome {
	Outcome::Settled(score.to_le_bytes().to_vec())
}

fn order_of(client: Address, task: TaskId) -> Option<Order> {
	mock::looking(|| Call::to(client).function("order_of").arg(&task).send().unwrap())
}

fn refused<T: core::fmt::Debug>(result: Result<T, CallError>) -> Error {
	result.unwrap_err().reason().unwrap()
}

#[test]
fn success_orders_an_inference() {
	let client = deployed();
	let task = order(client, 100).unwrap();
	let kept = Order { by: BOB, for_whom: CHARLIE, reward: 70 };
	assert_eq!(order_of(client, task), Some(kept));
	assert_eq!((mock::balance_of(client), mock::balance_of(PALLET)), (70, FEE));
	let ordered = mock::tasks().remove(0);
	assert_eq!((&ordered.spec[..], &*ordered.callback), (&[1u8, 2, 3][..], CALLBACK));
	assert_eq!((ordered.max_fee, ordered.gas), (FEE, CALLBACK_GAS));
	let told = Ordered { task, by: BOB, for_whom: CHARLIE, reward: 70 };
	assert_eq!(mock::events_of::<Ordered>(client), [told]);
}

#[test]
fn boundary_the_reward_was_earned_from_the_least_score_on() {
	for (given, to) in [(50, CHARLIE), (i32::MAX, CHARLIE), (49, BOB), (i32::MIN, BOB)] {
		let client = deployed();
		let task = order(client, 100).unwrap();
		let before = mock::balance_of(to);
		assert_eq!(mock::deliver(task, &score(given)), Ok(()));
		assert_eq!((mock::balance_of(to) - before, mock::balance_of(client)), (70, 0));
		assert_eq!(mock::events_of::<Judged>(client), [Judged { task, score: Some(given), to }]);
		assert_eq!(order_of(client, task), None);
	}
}

#[test]
fn success_the_reward_goes_back_if_there_is_no_answer() {
	let none = Outcome::Settled(vec![1, 2, 3]);
	for outcome in [Outcome::Slashed, Outcome::Expired, Outcome::Cancelled, none] {
		let client = deployed();
		let task = order(client, 100).unwrap();
		assert_eq!(mock::deliver(task, &outcome), Ok(()));
		assert_eq!((mock::balance_of(BOB), mock::balance_of(client)), (970, 0));
		let told = [Judged { task, score: None, to: BOB }];
		assert_eq!(mock::events_of::<Judged>(client), told);
	}
}

#[test]
fn success_orders_are_kept_apart() {
	let client = deployed();
	let (one, two) = (order(client, 100).unwrap(), order(client, 200).unwrap());
	assert_eq!(mock::balance_of(client), 240);
	assert_eq!(mock::deliver(two, &score(90)), Ok(()));
	assert_eq!((mock::balance_of(CHARLIE), mock::balance_of(client)), (170, 70));
	assert_eq!(mock::deliver(one, &score(0)), Ok(()));
	assert_eq!(mock::balance_of(client), 0);
}

#[test]
fn fails_when_what_comes_is_too_little() {
	let client = deployed();
	order(client, 500).unwrap();
	// The first order's reward would pay for it.
	assert_eq!(refused(order(client, FEE - 1)), Error::TooLittle);
	assert_eq!(refused(order(client, FEE)), Error::TooLittle);
	assert_eq!((mock::tasks().len(), mock::balance_of(PALLET)), (1, FEE));
	assert_eq!(order(client, FEE + 1).map(|_| ()), Ok(()));
}

#[test]
fn fails_when_nobody_takes_the_task() {
	let client = deployed();
	// The contract has less than the fee.
	assert_eq!(refused(order(client, FEE - 1)), Error::NotOrdered);
	assert_eq!(mock::balance_of(BOB), 1_000);
}

#[test]
fn fails_when_somebody_else_says_what_came_of_it() {
	let client = deployed();
	let task = order(client, 100).unwrap();
	for who in [ALICE, BOB, CHARLIE] {
		mock::sign_as(who);
		let call = Call::to(client).function(CALLBACK).arg(&task).arg(&score(100));
		assert_eq!(refused(call.send::<()>()), Error::NotThePallet);
	}
	assert_eq!(mock::balance_of(client), 70);
}

#[test]
fn fails_when_a_task_is_told_twice_or_is_not_of_the_contract() {
	let client = deployed();
	let task = order(client, 100).unwrap();
	order(client, 100).unwrap();
	assert_eq!(mock::deliver(task, &score(100)), Ok(()));
	mock::sign_as(PALLET);
	for task in [task, 77] {
		let call = Call::to(client).function(CALLBACK).arg(&task).arg(&score(100));
		assert_eq!(refused(call.send::<()>()), Error::NoOrder);
	}
	assert_eq!(mock::balance_of(CHARLIE), 70);
}

#[test]
fn the_owner_collects_what_is_nobodys_reward() {
	let client = deployed();
	order(client, 100).unwrap();
	mock::set_balance(client, 70 + 20);
	let collect = |who: Address, amount: u128| {
		mock::sign_as(who);
		Call::to(client).function("collect").arg(&amount).send::<()>()
	};
	assert_eq!(refused(collect(BOB, 1)), Error::NotTheOwner);
	assert_eq!(refused(collect(ALICE, 21)), Error::Pledged);
	assert_eq!(refused(collect(ALICE, u128::MAX)), Error::Pledged);
	assert_eq!(collect(ALICE, 20), Ok(()));
	assert_eq!((mock::balance_of(ALICE), mock::balance_of(client)), (1_020, 70));
}
