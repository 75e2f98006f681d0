use crate::crowdfund::{Claimed, Contributed, Error, Refunded, Terms, CONTRACT};
use mbongo_contract::{
	mock::{self, ALICE, BOB, CHARLIE},
	Address, Call, CallError, Deploy,
};

const OWNER: Address = ALICE;
const GOAL: u128 = 500;
const DEADLINE: u32 = 20;

fn deployed() -> Address {
	mock::reset();
	for who in [OWNER, BOB, CHARLIE] {
		mock::set_balance(who, 1_000);
	}
	deploy(GOAL, DEADLINE).unwrap()
}

fn deploy(goal: u128, deadline: u32) -> Result<Address, CallError> {
	let deploy = Deploy::of(mock::upload(CONTRACT)).function("deploy");
	deploy.arg(&goal).arg(&deadline).send()
}

fn ask(who: Address, fund: Address, function: &str, value: u128) -> Result<(), CallError> {
	mock::sign_as(who);
	Call::to(fund).function(function).value(value).send()
}

fn refused(result: Result<(), CallError>) -> Error {
	result.unwrap_err().reason().unwrap()
}

fn contribution(fund: Address, who: Address) -> u128 {
	mock::looking(|| Call::to(fund).function("contribution").arg(&who).send().unwrap())
}

fn raised(fund: Address) -> u128 {
	mock::looking(|| Call::to(fund).function("raised").send().unwrap())
}

#[test]
fn success_collects() {
	let fund = deployed();
	let terms: Option<Terms> = Call::to(fund).function("terms").send().unwrap();
	assert_eq!(terms, Some(Terms { owner: OWNER, goal: GOAL, deadline: DEADLINE }));
	assert_eq!(ask(BOB, fund, "contribute", 100), Ok(()));
	assert_eq!(ask(CHARLIE, fund, "contribute", 50), Ok(()));
	assert_eq!(ask(BOB, fund, "contribute", 1), Ok(()));
	assert_eq!((contribution(fund, BOB), contribution(fund, CHARLIE)), (101, 50));
	assert_eq!((raised(fund), mock::balance_of(fund)), (151, 151));
	let last = Contributed { who: BOB, amount: 1, raised: 151 };
	assert_eq!(mock::events_of::<Contributed>(fund).last(), Some(&last));
}

#[test]
fn fails_when_the_terms_are_bad() {
	deployed();
	mock::set_block(5);
	for (goal, deadline) in [(0, 10), (1, 4)] {
		assert_eq!(deploy(goal, deadline).unwrap_err().reason(), Some(Error::BadTerms));
	}
	assert!(deploy(1, 5).is_ok());
}

#[test]
fn boundary_one_can_contribute_until_the_deadline() {
	let fund = deployed();
	assert_eq!(refused(ask(BOB, fund, "contribute", 0)), Error::Nothing);
	mock::set_block(DEADLINE);
	assert_eq!(ask(BOB, fund, "contribute", 1), Ok(()));
	mock::set_block(DEADLINE + 1);
	assert_eq!(refused(ask(BOB, fund, "contribute", 1)), Error::Over);
	assert_eq!(mock::balance_of(BOB), 999);
}

#[test]
fn success_the_owner_claims_as_soon_as_the_goal_is_reached() {
	let fund = deployed();
	assert_eq!(ask(BOB, fund, "contribute", GOAL - 1), Ok(()));
	assert_eq!(refused(ask(OWNER, fund, "claim", 0)), Error::GoalNotReached);
	assert_eq!(ask(CHARLIE, fund, "contribute", 11), Ok(()));
	assert_eq!(refused(ask(BOB, fund, "claim", 0)), Error::NotTheOwner);
	assert_eq!(ask(OWNER, fund, "claim", 0), Ok(()));
	assert_eq!((mock::balance_of(OWNER), mock::balance_of(fund)), (1_510, 0));
	assert_eq!(mock::events_of::<Claimed>(fund), [Claimed { amount: 510 }]);
}

#[test]
fn fails_when_it_was_claimed() {
	let fund = deployed();
	assert_eq!(ask(BOB, fund, "contribute", GOAL), Ok(()));
	mock::set_block(DEADLINE + 100);
	assert_eq!(ask(OWNER, fund, "claim", 0), Ok(()));
	// Somebody's gift is not the owner's by a second claim.
	mock::set_balance(fund, GOAL);
	assert_eq!(refused(ask(OWNER, fund, "claim", 0)), Error::AlreadyClaimed);
	mock::set_block(2);
	assert_eq!(refused(ask(BOB, fund, "contribute", 1)), Error::Over);
	assert_eq!(mock::balance_of(OWNER), 1_000 + GOAL);
}

#[test]
fn success_everybody_gets_back_what_was_theirs() {
	let fund = deployed();
	for (who, amount) in [(BOB, 100), (CHARLIE, 200), (BOB, 30)] {
		assert_eq!(ask(who, fund, "contribute", amount), Ok(()));
	}
	mock::set_block(DEADLINE + 1);
	assert_eq!(ask(BOB, fund, "refund", 0), Ok(()));
	assert_eq!(ask(CHARLIE, fund, "refund", 0), Ok(()));
	assert_eq!((mock::balance_of(BOB), mock::balance_of(CHARLIE)), (1_000, 1_000));
	assert_eq!((mock::balance_of(fund), contribution(fund, BOB)), (0, 0));
	let told = [Refunded { who: BOB, amount: 130 }, Refunded { who: CHARLIE, amount: 200 }];
	assert_eq!(mock::events_of::<Refunded>(fund), told);
}

#[test]
fn fails_when_there_is_nothing_to_give_back() {
	let fund = deployed();
	assert_eq!(ask(BOB, fund, "contribute", GOAL - 1), Ok(()));
	mock::set_block(DEADLINE);
	assert_eq!(refused(ask(BOB, fund, "refund", 0)), Error::TooEarly);
	mock::set_block(DEADLINE + 1);
	assert_eq!(refused(ask(CHARLIE, fund, "refund", 0)), Error::NoContribution);
	assert_eq!(ask(BOB, fund, "refund", 0), Ok(()));
	// A second time there is money of others here.
	mock::set_balance(fund, 1_000);
	assert_eq!(refused(ask(BOB, fund, "refund", 0)), Error::NoContribution);
	assert_eq!(refused(ask(OWNER, fund, "claim", 0)), Error::GoalNotReached);
	assert_eq!(mock::balance_of(fund), 1_000);
}

#[test]
fn fails_when_the_goal_was_reached() {
	let fund = deployed();
	assert_eq!(ask(BOB, fund, "contribute", GOAL), Ok(()));
	mock::set_block(DEADLINE + 1);
	assert_eq!(refused(ask(BOB, fund, "refund", 0)), Error::GoalReached);
	assert_eq!(mock::balance_of(fund), GOAL);
}
