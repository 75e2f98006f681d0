//! The example `token` behaves as EIP-20 says, each rule of it in a test, by the words of the standard.

use super::*;
use mbongo_contract_examples::TOKEN;
use std::collections::BTreeMap;

const SUPPLY: u128 = 1_000_000;
const INSUFFICIENT_BALANCE: u32 = 100;
const INSUFFICIENT_ALLOWANCE: u32 = 101;

/// A token all of which is Bob's.
struct Token {
	chain: Chain,
	at: AccountId,
}

impl Token {
	fn new() -> Self {
		let mut chain = Chain::new();
		let about = args!["Mbongo Dollar", "MBD", 6u8, SUPPLY];
		let at = chain.deploy(Bob, TOKEN, about);
		Self { chain, at }
	}

	fn balance(&mut self, of: Sr25519Keyring) -> u128 {
		self.chain.ask(&self.at, "balance_of", args![address(of)])
	}

	fn allowance(&mut self, owner: Sr25519Keyring, spender: Sr25519Keyring) -> u128 {
		self.chain.ask(&self.at, "allowance", args![address(owner), address(spender)])
	}

	fn transfer(&mut self, from: Sr25519Keyring, to: Sr25519Keyring, value: u128) -> Outcome {
		self.chain.call(from, &self.at, "transfer", args![address(to), value])
	}

	fn approve(&mut self, owner: Sr25519Keyring, spender: Sr25519Keyring, value: u128) -> Outcome {
		self.chain.call(owner, &self.at, "approve", args![address(spender), value])
	}

	fn transfer_from(
		&mut self,
		spender: Sr25519Keyring,
		from: Sr25519Keyring,
		to: Sr25519Keyring,
		value: u128,
	) -> Outcome {
		let args = args![address(from), address(to), value];
		self.chain.call(spender, &self.at, "transfer_from", args)
	}

	fn kept(&mut self) -> Vec<u8> {
		self.chain.kept(&self.at)
	}
}

/// That there is one event, of this topic, with these data.
#[track_caller]
fn tells(outcome: &Outcome, topic: &str, data: impl Encode) {
	outcome.answer::<()>();
	assert_eq!(outcome.told(), [(topic.as_bytes(), &data.encode()[..])]);
}

#[test]
fn name_symbol_decimals_and_total_supply() {
	let Token { mut chain, at } = Token::new();
	assert_eq!(chain.ask::<String>(&at, "name", args![]), "Mbongo Dollar");
	assert_eq!(chain.ask::<String>(&at, "symbol", args![]), "MBD");
	assert_eq!(chain.ask::<u8>(&at, "decimals", args![]), 6);
	assert_eq!(chain.ask::<u128>(&at, "total_supply", args![]), SUPPLY);
}

/// "A token contract which creates new tokens SHOULD trigger a Transfer event with the _from address
/// set to 0x0 when tokens are created."
#[test]
fn what_is_created_is_told_as_a_transfer_from_nobody() {
	let mut chain = Chain::new();
	let deployment = chain.deployment(TOKEN, "deploy", args!["One", "ONE", 0u8, SUPPLY]);
	let outcome = chain.send(Charlie, deployment);
	tells(&outcome, "Transfer", (None::<Address>, address(Charlie), SUPPLY));
}

#[test]
fn balance_of_is_what_an_account_has() {
	let mut token = Token::new();
	assert_eq!((token.balance(Bob), token.balance(Charlie)), (SUPPLY, 0));
}

/// "Transfers _value amount of tokens to address _to, and MUST fire the Transfer event."
#[test]
fn transfer_moves_tokens_and_tells() {
	let mut token = Token::new();
	let outcome = token.transfer(Bob, Charlie, 300);
	tells(&outcome, "Transfer", (Some(address(Bob)), address(Charlie), 300u128));
	assert_eq!((token.balance(Bob), token.balance(Charlie)), (SUPPLY - 300, 300));
	// All of it.
	token.transfer(Charlie, Dave, 300).answer::<()>();
	token.transfer(Bob, Dave, SUPPLY - 300).answer::<()>();
	let balances = [Bob, Charlie, Dave].map(|who| token.balance(who));
	assert_eq!(balances, [0, 0, SUPPLY]);
}

/// "The function SHOULD throw if the message caller's account balance does not have enough tokens to
/// spend."
#[test]
fn transfer_of_more_than_there_is_fails_and_changes_nothing() {
	let mut token = Token::new();
	let before = token.kept();
	for (from, value) in [(Bob, SUPPLY + 1), (Bob, u128::MAX), (Charlie, 1)] {
		for to in [Charlie, Dave, from] {
			let outcome = token.transfer(from, to, value);
			assert_eq!(outcome.refusal(), INSUFFICIENT_BALANCE);
			assert_eq!(outcome.told(), []);
			assert_eq!(token.kept(), before);
		}
	}
}

/// "Transfers of 0 values MUST be treated as normal transfers and fire the Transfer event."
#[test]
fn transfer_of_nothing_is_a_transfer() {
	let mut token = Token::new();
	let before = token.kept();
	for (from, to) in [(Bob, Charlie), (Charlie, Bob), (Charlie, Charlie), (Charlie, Dave)] {
		let outcome = token.transfer(from, to, 0);
		tells(&outcome, "Transfer", (Some(address(from)), address(to), 0u128));
		assert_eq!(token.kept(), before);
	}
}

#[test]
fn transfer_to_oneself_makes_no_tokens() {
	let mut token = Token::new();
	let before = token.kept();
	for value in [1, SUPPLY] {
		let outcome = token.transfer(Bob, Bob, value);
		tells(&outcome, "Transfer", (Some(address(Bob)), address(Bob), value));
		assert_eq!((token.balance(Bob), token.kept()), (SUPPLY, before.clone()));
	}
}

/// "Allows _spender to withdraw from your account multiple times, up to the _value amount. If this
/// function is called again it overwrites the current allowance with _value." "Approval: MUST trigger
/// on any successful call to approve."
#[test]
fn approve_sets_and_overwrites_and_tells() {
	let mut token = Token::new();
	let before = token.kept();
	assert_eq!(token.allowance(Bob, Charlie), 0);
	for value in [500, 20, u128::MAX, 0] {
		let outcome = token.approve(Bob, Charlie, value);
		tells(&outcome, "Approval", (address(Bob), address(Charlie), value));
		assert_eq!(token.allowance(Bob, Charlie), value);
	}
	assert_eq!(token.kept(), before, "what is nothing is not kept");
	// It is for this pair alone, and who has nothing may too.
	token.approve(Charlie, Dave, 7).answer::<()>();
	let of_others = [(Dave, Charlie), (Bob, Dave), (Bob, Charlie), (Charlie, Bob)];
	assert_eq!(of_others.map(|(owner, spender)| token.allowance(owner, spender)), [0; 4]);
	assert_eq!(token.allowance(Charlie, Dave), 7);
	assert_eq!([Bob, Charlie, Dave].map(|who| token.balance(who)), [SUPPLY, 0, 0]);
}

/// "Transfers _value amount of tokens from address _from to address _to, and MUST fire the Transfer
/// event."
#[test]
fn transfer_from_moves_what_is_allowed_and_no_more() {
	let mut token = Token::new();
	token.approve(Bob, Charlie, 100).answer::<()>();
	let outcome = token.transfer_from(Charlie, Bob, Dave, 60);
	tells(&outcome, "Transfer", (Some(address(Bob)), address(Dave), 60u128));
	assert_eq!([Bob, Charlie, Dave].map(|who| token.balance(who)), [SUPPLY - 60, 0, 60]);
	assert_eq!(token.allowance(Bob, Charlie), 40);
	let before = token.kept();
	let outcome = token.transfer_from(Charlie, Bob, Dave, 41);
	assert_eq!((outcome.refusal(), outcome.told()), (INSUFFICIENT_ALLOWANCE, vec![]));
	assert_eq!(token.kept(), before);
	// To whom the spender likes, until there is no more of it.
	token.transfer_from(Charlie, Bob, Charlie, 40).answer::<()>();
	assert_eq!((token.allowance(Bob, Charlie), token.balance(Charlie)), (0, 40));
	assert_eq!(token.transfer_from(Charlie, Bob, Charlie, 1).refusal(), INSUFFICIENT_ALLOWANCE);
}

/// "The function SHOULD throw unless the _from account has deliberately authorized the sender of the
/// message via some mechanism."
#[test]
fn transfer_from_without_an_allowance_fails() {
	let mut token = Token::new();
	token.approve(Bob, Charlie, 100).answer::<()>();
	let before = token.kept();
	// Another spender, another owner, and the owner, who has not allowed it to itself.
	for (spender, from) in [(Dave, Bob), (Charlie, Dave), (Bob, Bob), (Bob, Charlie)] {
		let outcome = token.transfer_from(spender, from, Dave, 1);
		assert_eq!(outcome.refusal(), INSUFFICIENT_ALLOWANCE);
		assert_eq!(token.kept(), before);
	}
}

#[test]
fn transfer_from_of_more_than_the_owner_has_fails_and_keeps_the_allowance() {
	let mut token = Token::new();
	token.transfer(Bob, Dave, SUPPLY - 10).answer::<()>();
	token.approve(Bob, Charlie, 100).answer::<()>();
	let before = token.kept();
	assert_eq!(token.transfer_from(Charlie, Bob, Dave, 11).refusal(), INSUFFICIENT_BALANCE);
	assert_eq!((token.kept(), token.allowance(Bob, Charlie)), (before, 100));
	token.transfer_from(Charlie, Bob, Dave, 10).answer::<()>();
	assert_eq!((token.balance(Bob), token.allowance(Bob, Charlie)), (0, 90));
}

/// "Transfers of 0 values MUST be treated as normal transfers and fire the Transfer event."
#[test]
fn transfer_from_of_nothing_is_a_transfer() {
	let mut token = Token::new();
	let before = token.kept();
	let outcome = token.transfer_from(Dave, Bob, Charlie, 0);
	tells(&outcome, "Transfer", (Some(address(Bob)), address(Charlie), 0u128));
	assert_eq!(token.kept(), before);
}

#[test]
fn transfer_from_back_to_the_owner_makes_no_tokens() {
	let mut token = Token::new();
	token.approve(Bob, Charlie, 100).answer::<()>();
	token.transfer_from(Charlie, Bob, Bob, 70).answer::<()>();
	assert_eq!((token.balance(Bob), token.allowance(Bob, Charlie)), (SUPPLY, 30));
}

/// As in the usual implementations.
#[test]
fn an_allowance_of_the_most_is_never_used_up() {
	let mut token = Token::new();
	token.approve(Bob, Charlie, u128::MAX).answer::<()>();
	token.transfer_from(Charlie, Bob, Dave, SUPPLY).answer::<()>();
	assert_eq!((token.balance(Dave), token.allowance(Bob, Charlie)), (SUPPLY, u128::MAX));
	assert_eq!(token.transfer_from(Charlie, Bob, Dave, 1).refusal(), INSUFFICIENT_BALANCE);
}

/// Many of them in some order, beside the standard's words in a few lines of Rust.
#[test]
fn whatever_is_done_the_supply_is_the_sum_of_the_balances() {
	let people = [Bob, Charlie, Dave];
	let mut token = Token::new();
	let mut balances = BTreeMap::from([(0, SUPPLY), (1, 0), (2, 0)]);
	let mut allowances = BTreeMap::<(usize, usize), u128>::new();
	let mut seed = [0u8; 32];
	for _ in 0..60 {
		seed = sp_io::hashing::blake2_256(&seed);
		let [kind, a, b, c, low, high, ..] = seed;
		let [a, b, c] = [a, b, c].map(|number| usize::from(number) % 3);
		let value = u128::from(u16::from_le_bytes([low, high])) * 10;
		let moves = |balances: &mut BTreeMap<usize, u128>, from: usize, to: usize| {
			let is_enough = balances[&from] >= value;
			if is_enough {
				*balances.get_mut(&from).unwrap() -= value;
				*balances.get_mut(&to).unwrap() += value;
			}
			is_enough
		};
		let (outcome, expected) = match kind % 3 {
			0 => (token.transfer(people[a], people[b], value), moves(&mut balances, a, b)),
			1 => {
				allowances.insert((a, b), value);
				(token.approve(people[a], people[b], value), true)
			}
			_ => {
				let allowed = allowances.get(&(b, a)).copied().unwrap_or_default();
				let is_done = allowed >= value && moves(&mut balances, b, c);
				if is_done {
					allowances.insert((b, a), allowed - value);
				}
				(token.transfer_from(people[a], people[b], people[c], value), is_done)
			}
		};
		assert_eq!(outcome.result.is_ok(), expected);
		let has: Vec<u128> = people.iter().map(|who| token.balance(*who)).collect();
		assert_eq!(has, balances.values().copied().collect::<Vec<_>>());
		assert_eq!(has.iter().sum::<u128>(), SUPPLY);
	}
	assert_eq!(token.chain.ask::<u128>(&token.at, "total_supply", args![]), SUPPLY);
	for ((owner, spender), allowed) in allowances {
		assert_eq!(token.allowance(people[owner], people[spender]), allowed);
	}
}
