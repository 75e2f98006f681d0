use crate::token::{Approval, Error, Transfer, CONTRACT, INFINITE};
use mbongo_contract::{
	codec::Decode,
	mock::{self, ALICE, BOB, CHARLIE},
	Address, Call, CallError, Deploy,
};

const SUPPLY: u128 = 1_000;

fn deployed() -> Address {
	mock::reset();
	deploy(SUPPLY)
}

fn deploy(supply: u128) -> Address {
	let deploy = Deploy::of(mock::upload(CONTRACT)).function("deploy");
	deploy.arg("Mbongo Dollar").arg("MBD").arg(&6u8).arg(&supply).send().unwrap()
}

fn view<T: Decode>(call: Call) -> T {
	mock::looking(|| call.send().unwrap())
}

fn balance_of(token: Address, owner: Address) -> u128 {
	view(Call::to(token).function("balance_of").arg(&owner))
}

fn allowance(token: Address, owner: Address, spender: Address) -> u128 {
	view(Call::to(token).function("allowance").arg(&owner).arg(&spender))
}

fn transfer(token: Address, to: Address, value: u128) -> Result<(), CallError> {
	Call::to(token).function("transfer").arg(&to).arg(&value).send()
}

fn approve(token: Address, spender: Address, value: u128) {
	Call::to(token).function("approve").arg(&spender).arg(&value).send::<()>().unwrap()
}

/// As the spender.
fn transfer_from(
	spender: Address,
	token: Address,
	from: Address,
	to: Address,
	value: u128,
) -> Result<(), CallError> {
	mock::sign_as(spender);
	let call = Call::to(token).function("transfer_from").arg(&from).arg(&to).arg(&value);
	let result = call.send();
	mock::sign_as(ALICE);
	result
}

/// All that there is is with these three.
fn nothing_is_lost(token: Address) {
	let all = [ALICE, BOB, CHARLIE].map(|owner| balance_of(token, owner));
	assert_eq!(all.iter().sum::<u128>(), SUPPLY);
	assert_eq!(view::<u128>(Call::to(token).function("total_supply")), SUPPLY);
}

fn refused_with(result: Result<(), CallError>, error: Error) {
	assert_eq!(result.unwrap_err().reason(), Some(error));
}

#[test]
fn success_all_is_made_at_the_deployment() {
	let token = deployed();
	let text = |function: &str| view::<String>(Call::to(token).function(function));
	assert_eq!((text("name"), text("symbol")), ("Mbongo Dollar".into(), "MBD".into()));
	assert_eq!(view::<u8>(Call::to(token).function("decimals")), 6);
	assert_eq!(balance_of(token, ALICE), SUPPLY);
	let made = Transfer { from: None, to: ALICE, value: SUPPLY };
	assert_eq!(mock::events_of::<Transfer>(token), [made]);
	nothing_is_lost(token);
}

#[test]
fn success_transfers() {
	let token = deployed();
	assert_eq!(transfer(token, BOB, 300), Ok(()));
	assert_eq!((balance_of(token, ALICE), balance_of(token, BOB)), (700, 300));
	assert_eq!(transfer(token, BOB, 700), Ok(()));
	assert_eq!(balance_of(token, ALICE), 0);
	nothing_is_lost(token);
	let told = &mock::events_of::<Transfer>(token)[1..];
	let of = |value| Transfer { from: Some(ALICE), to: BOB, value };
	assert_eq!(told, [of(300), of(700)]);
}

#[test]
fn success_transfers_of_nothing() {
	let token = deployed();
	mock::sign_as(BOB);
	assert_eq!(transfer(token, CHARLIE, 0), Ok(()));
	let told = Transfer { from: Some(BOB), to: CHARLIE, value: 0 };
	assert_eq!(mock::events_of::<Transfer>(token).last(), Some(&told));
	// What it is called, how many there are, who has them, and that it is deployed.
	assert_eq!(mock::items(token), 4);
}

#[test]
fn success_transfers_to_oneself() {
	let token = deployed();
	for value in [0, 1, SUPPLY] {
		assert_eq!(transfer(token, ALICE, value), Ok(()));
		assert_eq!(balance_of(token, ALICE), SUPPLY);
	}
	refused_with(transfer(token, ALICE, SUPPLY + 1), Error::InsufficientBalance);
	nothing_is_lost(token);
}

#[test]
fn fails_when_the_balance_is_less() {
	let token = deployed();
	refused_with(transfer(token, BOB, SUPPLY + 1), Error::InsufficientBalance);
	mock::sign_as(BOB);
	refused_with(transfer(token, ALICE, 1), Error::InsufficientBalance);
	assert_eq!(mock::events_of::<Transfer>(token).len(), 1);
	nothing_is_lost(token);
}

#[test]
fn success_spends_what_is_allowed() {
	let token = deployed();
	approve(token, BOB, 500);
	assert_eq!(allowance(token, ALICE, BOB), 500);
	let told = [Approval { owner: ALICE, spender: BOB, value: 500 }];
	assert_eq!(mock::events_of::<Approval>(token), told);

	assert_eq!(transfer_from(BOB, token, ALICE, CHARLIE, 200), Ok(()));
	assert_eq!((allowance(token, ALICE, BOB), balance_of(token, CHARLIE)), (300, 200));
	assert_eq!(transfer_from(BOB, token, ALICE, BOB, 300), Ok(()));
	assert_eq!((allowance(token, ALICE, BOB), balance_of(token, BOB)), (0, 300));
	// Spending is no approval.
	assert_eq!(mock::events_of::<Approval>(token).len(), 1);
	let told = Transfer { from: Some(ALICE), to: BOB, value: 300 };
	assert_eq!(mock::events_of::<Transfer>(token).last(), Some(&told));
	nothing_is_lost(token);
}

#[test]
fn success_an_approval_replaces_the_one_before() {
	let token = deployed();
	approve(token, BOB, 500);
	approve(token, BOB, 20);
	assert_eq!(allowance(token, ALICE, BOB), 20);
	approve(token, BOB, 0);
	assert_eq!(allowance(token, ALICE, BOB), 0);
	refused_with(transfer_from(BOB, token, ALICE, BOB, 1), Error::InsufficientAllowance);
	assert_eq!(mock::items(token), 4);
}

#[test]
fn success_an_infinite_allowance_is_never_used_up() {
	let token = deployed();
	approve(token, BOB, INFINITE);
	assert_eq!(transfer_from(BOB, token, ALICE, CHARLIE, 600), Ok(()));
	assert_eq!(allowance(token, ALICE, BOB), INFINITE);
	// It is no more than the owner has.
	let more = transfer_from(BOB, token, ALICE, CHARLIE, 401);
	refused_with(more, Error::InsufficientBalance);
	approve(token, BOB, INFINITE - 1);
	assert_eq!(transfer_from(BOB, token, ALICE, CHARLIE, 1), Ok(()));
	assert_eq!(allowance(token, ALICE, BOB), INFINITE - 2);
	nothing_is_lost(token);
}

#[test]
fn fails_when_more_is_spent_than_is_allowed_or_there() {
	let token = deployed();
	refused_with(transfer_from(BOB, token, ALICE, BOB, 1), Error::InsufficientAllowance);
	approve(token, BOB, 100);
	refused_with(transfer_from(BOB, token, ALICE, BOB, 101), Error::InsufficientAllowance);
	// Only who was allowed, and only what is the owner's.
	refused_with(transfer_from(CHARLIE, token, ALICE, BOB, 1), Error::InsufficientAllowance);
	refused_with(transfer_from(BOB, token, CHARLIE, BOB, 1), Error::InsufficientAllowance);
	// An owner needs an approval of its own for this way.
	refused_with(transfer_from(ALICE, token, ALICE, BOB, 1), Error::InsufficientAllowance);
	approve(token, BOB, SUPPLY + 5);
	let more = transfer_from(BOB, token, ALICE, BOB, SUPPLY + 1);
	refused_with(more, Error::InsufficientBalance);
	// What was taken from the allowance is there again.
	assert_eq!(allowance(token, ALICE, BOB), SUPPLY + 5);
	nothing_is_lost(token);
}

#[test]
fn boundary_as_many_as_the_type_holds() {
	mock::reset();
	let token = deploy(u128::MAX);
	assert_eq!(transfer(token, BOB, u128::MAX), Ok(()));
	assert_eq!((balance_of(token, ALICE), balance_of(token, BOB)), (0, u128::MAX));
	mock::sign_as(BOB);
	assert_eq!(transfer(token, BOB, u128::MAX), Ok(()));
	assert_eq!(balance_of(token, BOB), u128::MAX);
}
