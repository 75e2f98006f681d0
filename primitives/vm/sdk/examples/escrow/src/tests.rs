use crate::escrow::{Deposited, Error, Paid, State, Terms, CONTRACT};
use mbongo_contract::{
	mock::{self, ALICE, BOB, CHARLIE},
	Address, Call, CallError, Contract, Deploy, Manifest, ReturnCode,
};
use std::{cell::RefCell, rc::Rc};

const BUYER: Address = ALICE;
const SELLER: Address = BOB;
const ARBITER: Address = CHARLIE;
const STRANGER: Address = [9; 32];
const PRICE: u128 = 100;
const BLOCKS: u32 = 10;

fn deployed() -> Address {
	begin();
	deploy(CONTRACT, SELLER)
}

fn begin() {
	mock::reset();
	for who in [BUYER, SELLER, ARBITER, STRANGER] {
		mock::set_balance(who, 1_000);
	}
}

fn deploy(contract: Contract, seller: Address) -> Address {
	let deploy = Deploy::of(mock::upload(contract)).function("deploy");
	let deploy = deploy.arg(&BUYER).arg(&seller).arg(&ARBITER).arg(&PRICE).arg(&BLOCKS);
	deploy.send().unwrap()
}

fn funded() -> Address {
	let escrow = deployed();
	assert_eq!(ask(BUYER, escrow, "deposit", PRICE), Ok(()));
	escrow
}

fn ask(who: Address, escrow: Address, function: &str, value: u128) -> Result<(), CallError> {
	mock::sign_as(who);
	Call::to(escrow).function(function).value(value).send()
}

fn refused(result: Result<(), CallError>) -> Error {
	result.unwrap_err().reason().unwrap()
}

fn state(escrow: Address) -> State {
	mock::looking(|| Call::to(escrow).function("state").send().unwrap())
}

#[test]
fn success_the_price_is_deposited() {
	let escrow = funded();
	assert_eq!(state(escrow), State::Funded { until: 11 });
	assert_eq!((mock::balance_of(BUYER), mock::balance_of(escrow)), (900, 100));
	assert_eq!(mock::events_of::<Deposited>(escrow), [Deposited { until: 11 }]);
	let terms: Option<Terms> = Call::to(escrow).function("terms").send().unwrap();
	assert_eq!(terms.unwrap().price, PRICE);
}

#[test]
fn fails_when_the_deposit_is_not_the_buyers_price() {
	let escrow = deployed();
	assert_eq!(refused(ask(SELLER, escrow, "deposit", PRICE)), Error::NotAllowed);
	assert_eq!(refused(ask(BUYER, escrow, "deposit", PRICE - 1)), Error::NotThePrice);
	assert_eq!(refused(ask(BUYER, escrow, "deposit", PRICE + 1)), Error::NotThePrice);
	assert_eq!(state(escrow), State::Open);
	assert_eq!(ask(BUYER, escrow, "deposit", PRICE), Ok(()));
	assert_eq!(refused(ask(BUYER, escrow, "deposit", PRICE)), Error::NotOpen);
	assert_eq!((mock::balance_of(BUYER), mock::balance_of(escrow)), (900, 100));
}

#[test]
fn success_the_seller_is_paid() {
	for who in [BUYER, ARBITER] {
		let escrow = funded();
		assert_eq!(ask(who, escrow, "release", 0), Ok(()));
		assert_eq!(state(escrow), State::Released);
		assert_eq!((mock::balance_of(SELLER), mock::balance_of(escrow)), (1_100, 0));
		assert_eq!(mock::events_of::<Paid>(escrow), [Paid { to: SELLER, amount: PRICE }]);
	}
}

#[test]
fn success_the_buyer_is_paid_back() {
	for who in [SELLER, ARBITER] {
		let escrow = funded();
		assert_eq!(ask(who, escrow, "refund", 0), Ok(()));
		assert_eq!(state(escrow), State::Refunded);
		assert_eq!((mock::balance_of(BUYER), mock::balance_of(escrow)), (1_000, 0));
	}
}

#[test]
fn boundary_the_buyer_alone_after_the_deadline() {
	let escrow = funded();
	mock::set_block(11);
	assert_eq!(refused(ask(BUYER, escrow, "refund", 0)), Error::TooEarly);
	mock::set_block(12);
	assert_eq!(ask(BUYER, escrow, "refund", 0), Ok(()));
	assert_eq!(mock::balance_of(BUYER), 1_000);
}

#[test]
fn fails_when_it_is_not_for_the_caller_to_say() {
	let escrow = funded();
	mock::set_block(100);
	for who in [SELLER, STRANGER] {
		assert_eq!(refused(ask(who, escrow, "release", 0)), Error::NotAllowed);
	}
	assert_eq!(refused(ask(STRANGER, escrow, "refund", 0)), Error::NotAllowed);
	assert_eq!(mock::balance_of(escrow), PRICE);
}

#[test]
fn fails_when_nothing_is_here() {
	let escrow = deployed();
	for function in ["release", "refund"] {
		assert_eq!(refused(ask(ARBITER, escrow, function, 0)), Error::NotFunded);
	}
	assert_eq!(ask(BUYER, escrow, "deposit", PRICE), Ok(()));
	assert_eq!(ask(BUYER, escrow, "release", 0), Ok(()));
	for function in ["release", "refund"] {
		assert_eq!(refused(ask(ARBITER, escrow, function, 0)), Error::NotFunded);
	}
	assert_eq!(refused(ask(BUYER, escrow, "deposit", PRICE)), Error::NotOpen);
}

#[test]
fn success_a_seller_that_refuses_to_know_is_paid() {
	begin();
	mock::put(SELLER, Manifest::default(), |_| panic!("I do not know this"));
	let escrow = deploy(CONTRACT, SELLER);
	assert_eq!(ask(BUYER, escrow, "deposit", PRICE), Ok(()));
	assert_eq!(ask(BUYER, escrow, "release", 0), Ok(()));
	assert_eq!(mock::balance_of(SELLER), 1_100);
}

/// The seller is also the arbiter's puppet: when it is paid, it has itself paid again. What came of that,
/// and what it has in the end.
fn drain(contract: Contract) -> (Vec<Result<(), CallError>>, u128) {
	begin();
	let thief = ARBITER;
	let tried = Rc::new(RefCell::new(Vec::new()));
	let (escrow, seen) = (Rc::new(RefCell::new([0; 32])), tried.clone());
	let target = escrow.clone();
	mock::put(thief, Manifest { is_reentrant: true, ..Manifest::default() }, move |_| {
		for function in ["release", "refund"] {
			let result = Call::to(*target.borrow()).function(function).send();
			seen.borrow_mut().push(result);
		}
		mock::ok(&())
	});
	// The thief is seller and arbiter, so that nothing but the state of the escrow stops it.
	*escrow.borrow_mut() = deploy(contract, thief);
	let escrow = *escrow.borrow();
	assert_eq!(ask(BUYER, escrow, "deposit", PRICE), Ok(()));
	// There is more to steal than the price.
	mock::set_balance(escrow, 10 * PRICE);
	assert_eq!(ask(BUYER, escrow, "release", 0), Ok(()));
	assert_eq!(mock::balance_of(escrow), 9 * PRICE);
	let tried = tried.borrow().clone();
	(tried, mock::balance_of(thief))
}

#[test]
fn fails_when_who_is_paid_calls_back_for_more() {
	// The host does not let it in.
	let (tried, has) = drain(CONTRACT);
	assert_eq!(tried, vec![Err(CallError::Not(ReturnCode::Reentered)); 2]);
	assert_eq!(has, 1_000 + PRICE);
	// If the host did, there would be nothing to have.
	let manifest = Manifest { is_reentrant: true, ..CONTRACT.manifest };
	let (tried, has) = drain(Contract { manifest, ..CONTRACT });
	let reasons: Vec<_> = tried.into_iter().map(refused).collect();
	assert_eq!(reasons, [Error::NotFunded, Error::NotFunded]);
	assert_eq!(has, 1_000 + PRICE);
}
