//! Whatever is done with contracts, in whatever order: the books agree, money is neither made nor lost,
//! what fails changes nothing, and no trie is given twice.
//!
//! The contracts are of one code, which does what its argument says: so they too do anything, within
//! calls of calls, and some of it fails at any place.

use super::{
	dispatched::{dispatch, ENOUGH},
	*,
};
use abi::{Manifest, Permission};
use frame_support::traits::Hooks;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::LazyLock,
};

/// Has enough for a little.
const POOR: AccountId = AccountId::new([3; 32]);
/// Is no account in the beginning.
const STRANGER: AccountId = AccountId::new([4; 32]);

/// What a contract does.
#[derive(Clone, Debug)]
enum Step {
	/// Writes an item.
	Keep { key: u8, bytes: u16 },
	/// Deletes an item.
	Forget { key: u8 },
	/// Pays to somebody.
	Pay { to: u8, amount: Balance },
	/// Has a contract, or itself, do something; whatever comes of it.
	Ask { whom: u8, value: Balance, gas: Gas, steps: Vec<Step> },
	/// Makes a contract that does something at once; whatever comes of it.
	Make { code: usize, salt: u8, value: Balance, gas: Gas, steps: Vec<Step> },
	/// Takes other code.
	Become { code: usize },
	/// Ends.
	End { to: u8 },
	/// Tells something.
	Tell,
	/// Cannot go on.
	Trap,
	/// Refuses.
	Refuse,
	/// Goes on for ever.
	Spin,
	/// Answers from outside its memory.
	Stray,
}

/// The code of the contracts: it reads a step, and does it, until there are no more.
fn doer() -> String {
	let step = |number: u8, body: &str| {
		format!(
			"(if (i32.eq (local.get $step) (i32.const {number})) (then {body} (br $next)))
			"
		)
	};
	let go = |bytes: &str| format!("(local.set $at (i32.add (local.get $at) {bytes}))");
	let at = |bytes: u32| format!("(i32.add (local.get $at) (i32.const {bytes}))");
	let number = |number: u32| format!("(i32.const {number})");
	let steps = [
		step(
			1,
			&format!(
				"(call $write (local.get $at) (i32.const 1) (i32.const 0)
					(i32.load16_u offset=1 (local.get $at))) {}",
				go(&number(3))
			),
		),
		step(2, &format!("(drop (call $delete (local.get $at) (i32.const 1))) {}", go(&number(1)))),
		step(
			3,
			&format!(
				"(drop (call $pay (local.get $own) (i32.const 32) (local.get $at) (i32.const 32) {}))
				{}",
				at(32),
				go(&number(48))
			),
		),
		step(
			4,
			&format!(
				"(drop (call $call (local.get $at) {} (i64.load offset=48 (local.get $at)) {}
					(i32.load offset=56 (local.get $at)))) {}",
				at(32),
				at(60),
				go("(i32.add (i32.const 60) (i32.load offset=56 (local.get $at)))")
			),
		),
		step(
			5,
			&format!(
				"(drop (call $deploy (local.get $at) {} (i32.const 1) {}
					(i64.load offset=48 (local.get $at)) {}
					(i32.load offset=56 (local.get $at)) (i32.const 512))) {}",
				at(60),
				at(32),
				at(61),
				go("(i32.add (i32.const 61) (i32.load offset=56 (local.get $at)))")
			),
		),
		step(6, &format!("(drop (call $set_code (local.get $at))) {}", go(&number(32)))),
		step(7, "(call $end (local.get $at) (i32.const 32))"),
		step(8, "(call $emit (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 8))"),
		step(9, "(unreachable)"),
		step(10, "(return (i32.const -5))"),
		step(11, "(loop $ever (br $ever))"),
		step(12, "(return (i32.const 0x7fffffff))"),
	];
	let imports = r#"
		(import "mbongo" "storage_delete" (func $delete (param i32 i32) (result i32)))
		(import "mbongo" "deploy"
			(func $deploy (param i32 i32 i32 i32 i64 i32 i32 i32) (result i32)))"#;
	// The steps are the one argument of a function whose name is one letter; their length takes two
	// bytes. After them are who called, who sent, and the contract.
	let body = format!(
		"(local $step i32) (local $own i32)
		(local.set $own (i32.add (local.get $at) (i32.add (i32.const 70)
			(i32.shr_u (i32.load16_u offset=4 (local.get $at)) (i32.const 2)))))
		{}
		(loop $next
			(local.set $step (i32.load8_u (local.get $at)))
			{}
			{})",
		go(&number(6)),
		go(&number(1)),
		steps.concat()
	);
	guest(&[imports, WRITE, CALL, PAY, END, SET_CODE, EMIT].concat(), &body, 0)
}

/// All code that there may be: what the contracts are made of, by what they allow; code that does
/// nothing; and code that is never let in.
static CODES: LazyLock<Vec<CodeBytes>> = LazyLock::new(|| {
	let doers = [
		(false, Permission::Nobody),
		(true, Permission::Contract),
		(false, Permission::Deployer),
		(true, Permission::Deployer),
	];
	let doers = doers.map(|(is_reentrant, permission)| {
		let manifest = Manifest { is_reentrant, upgrade: permission, terminate: permission };
		code(&with_manifest(&doer(), manifest))
	});
	let refused = code(&guest("", "(drop (f32.const 1))", 0));
	doers.into_iter().chain([code(&idle()), refused]).collect()
});

/// How many of them contracts can be made of, and how many there are.
const LET_IN: usize = 5;
const ALL: usize = 6;

fn hash(code: usize) -> sp_core::H256 {
	sp_runtime::traits::BlakeTwo256::hash(&CODES[code])
}

/// The contracts that there are.
fn contracts() -> Vec<AccountId> {
	let mut contracts: Vec<_> = ContractInfoOf::<Test>::iter_keys().collect();
	contracts.sort();
	contracts
}

/// One of the contracts, or now and then somebody who is none.
fn contract(number: u8) -> AccountId {
	let contracts = contracts();
	let place = usize::from(number) % (contracts.len() + 1);
	contracts.get(place).cloned().unwrap_or(STRANGER)
}

/// Somebody.
fn anybody(number: u8) -> AccountId {
	match number % 8 {
		0 => ALICE,
		1 => BOB,
		2 => POOR,
		3 => STRANGER,
		_ => contract(number / 8),
	}
}

/// Who sends transactions.
fn sender(number: u8) -> AccountId {
	[ALICE, BOB, POOR][usize::from(number) % 3].clone()
}

impl Step {
	/// As the contracts read it.
	fn bytes(&self) -> Vec<u8> {
		let named = |number: u8, who: AccountId| [&[number][..], who.as_ref()].concat();
		let asked = |steps: &[Step]| {
			let asked = asked(steps).encode();
			[&(asked.len() as u32).to_le_bytes()[..], &asked].concat()
		};
		match self {
			Self::Keep { key, bytes } => [&[1, *key][..], &bytes.to_le_bytes()].concat(),
			Self::Forget { key } => vec![2, *key],
			Self::Pay { to, amount } => {
				[&named(3, anybody(*to))[..], &amount.to_le_bytes()].concat()
			}
			Self::Ask { whom, value, gas, steps } => {
				let (to, value, gas) =
					(named(4, contract(*whom)), value.to_le_bytes(), gas.to_le_bytes());
				[&to[..], &value, &gas, &asked(steps)].concat()
			}
			Self::Make { code, salt, value, gas, steps } => {
				let (value, gas) = (value.to_le_bytes(), gas.to_le_bytes());
				let mut asked = asked(steps);
				asked.insert(4, *salt);
				[&[5][..], &hash(*code).0, &value, &gas, &asked].concat()
			}
			Self::Become { code } => [&[6][..], &hash(*code).0].concat(),
			Self::End { to } => named(7, anybody(*to)),
			Self::Tell => vec![8],
			Self::Trap => vec![9],
			Self::Refuse => vec![10],
			Self::Spin => vec![11],
			Self::Stray => vec![12],
		}
	}
}

/// A call that asks a contract to do this.
fn asked(steps: &[Step]) -> VmCall {
	let mut bytes: Vec<u8> = steps.iter().flat_map(Step::bytes).collect();
	// A step 0 ends it. Lengths from 64 on take two bytes.
	bytes.resize((bytes.len() + 1).max(64), 0);
	assert!(bytes.len() < 1 << 14, "the contracts read no longer ones");
	VmCall { function: "x".into(), args: vec![bytes] }
}

/// What a call from outside comes with.
#[derive(Clone, Debug)]
struct Terms {
	steps: Vec<Step>,
	value: Balance,
	gas_limit: Gas,
	deposit_limit: Balance,
}

/// What somebody does, or the chain.
#[derive(Clone, Debug)]
enum Action {
	Upload {
		who: u8,
		code: usize,
	},
	Remove {
		who: u8,
		code: usize,
	},
	Deploy {
		who: u8,
		code: usize,
		salt: u8,
		terms: Terms,
	},
	DeployCode {
		who: u8,
		code: usize,
		salt: u8,
		terms: Terms,
	},
	Call {
		who: u8,
		whom: u8,
		terms: Terms,
	},
	SetCode {
		who: u8,
		whom: u8,
		code: usize,
	},
	Terminate {
		who: u8,
		whom: u8,
		to: u8,
	},
	/// A block ends, with so much time to spare.
	Pass {
		picos: u64,
	},
}

impl Action {
	/// Who sends which call, if it is one.
	fn call(&self) -> Option<(AccountId, crate::Call<Test>)> {
		use crate::Call::*;
		let taken = |terms: &Terms| (asked(&terms.steps), terms.clone());
		Some(match self {
			Self::Upload { who, code } => {
				(sender(*who), upload_code { code: CODES[*code].clone() })
			}
			Self::Remove { who, code } => {
				// Mostly by who may.
				let owner = CodeInfoOf::<Test>::get(hash(*code)).map(|info| info.owner);
				let who = owner.filter(|_| *who > 50).unwrap_or_else(|| sender(*who));
				(who, remove_code { code_hash: hash(*code) })
			}
			Self::Deploy { who, code, salt, terms } => {
				let (VmCall { function, args }, terms) = taken(terms);
				let Terms { value, gas_limit, deposit_limit, .. } = terms;
				let (code_hash, salt) = (hash(*code), vec![*salt].try_into().unwrap());
				let deploy =
					deploy { code_hash, function, args, value, gas_limit, deposit_limit, salt };
				(sender(*who), deploy)
			}
			Self::DeployCode { who, code, salt, terms } => {
				let (VmCall { function, args }, terms) = taken(terms);
				let Terms { value, gas_limit, deposit_limit, .. } = terms;
				let (code, salt) = (CODES[*code].clone(), vec![*salt].try_into().unwrap());
				let deploy =
					deploy_code { code, function, args, value, gas_limit, deposit_limit, salt };
				(sender(*who), deploy)
			}
			Self::Call { who, whom, terms } => {
				let (VmCall { function, args }, terms) = taken(terms);
				let Terms { value, gas_limit, deposit_limit, .. } = terms;
				let contract = contract(*whom);
				(sender(*who), call { contract, function, args, value, gas_limit, deposit_limit })
			}
			Self::SetCode { who, whom, code } => {
				(sender(*who), set_code { contract: contract(*whom), code_hash: hash(*code) })
			}
			Self::Terminate { who, whom, to } => {
				let (contract, beneficiary) = (contract(*whom), anybody(*to));
				(sender(*who), terminate { contract, beneficiary })
			}
			Self::Pass { .. } => return None,
		})
	}
}

fn amounts() -> impl Strategy<Value = Balance> {
	prop_oneof![3 => Just(0), 6 => 0..300_u128, 1 => Just(2 * RICH)]
}

/// Steps, of which some are calls and deployments with steps of their own, up to so deep.
fn steps(depth: u32, most: usize) -> BoxedStrategy<Vec<Step>> {
	let fails = prop_oneof![
		4 => Just(Step::Trap),
		4 => Just(Step::Refuse),
		1 => Just(Step::Spin),
		2 => Just(Step::Stray),
	];
	let simple = prop_oneof![
		12 => (0..4_u8, 0..200_u16).prop_map(|(key, bytes)| Step::Keep { key, bytes }),
		6 => (0..4_u8).prop_map(|key| Step::Forget { key }),
		6 => (any::<u8>(), amounts()).prop_map(|(to, amount)| Step::Pay { to, amount }),
		2 => (0..ALL).prop_map(|code| Step::Become { code }),
		2 => any::<u8>().prop_map(|to| Step::End { to }),
		2 => Just(Step::Tell),
		2 => fails,
	];
	if depth == 0 {
		return prop::collection::vec(simple, 0..=most).boxed();
	}
	let gas = || prop_oneof![2 => Just(u64::MAX), 1 => 0..2_000_000_u64];
	let ask = (any::<u8>(), amounts(), gas(), steps(depth - 1, 2))
		.prop_map(|(whom, value, gas, steps)| Step::Ask { whom, value, gas, steps });
	let make = (0..ALL, 0..2_u8, amounts(), gas(), steps(depth - 1, 2))
		.prop_map(|(code, salt, value, gas, steps)| Step::Make { code, salt, value, gas, steps });
	let step = prop_oneof![4 => simple, 2 => ask, 1 => make];
	prop::collection::vec(step, 0..=most).boxed()
}

fn terms() -> impl Strategy<Value = Terms> {
	let gas = prop_oneof![1 => 0..1_000_000_u64, 9 => Just(4_000_000_u64)];
	let deposit = prop_oneof![1 => 0..500_u128, 4 => Just(MUCH)];
	(steps(4, 3), amounts(), gas, deposit).prop_map(|(steps, value, gas_limit, deposit_limit)| {
		Terms { steps, value, gas_limit, deposit_limit }
	})
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
	let (who, salt) = (any::<u8>, || 0..2_u8);
	let action = prop_oneof![
		2 => (who(), 0..ALL).prop_map(|(who, code)| Action::Upload { who, code }),
		2 => (who(), 0..ALL).prop_map(|(who, code)| Action::Remove { who, code }),
		2 => (who(), 0..LET_IN, salt(), terms())
			.prop_map(|(who, code, salt, terms)| Action::Deploy { who, code, salt, terms }),
		2 => (who(), 0..ALL, salt(), terms())
			.prop_map(|(who, code, salt, terms)| Action::DeployCode { who, code, salt, terms }),
		10 => (who(), who(), terms())
			.prop_map(|(who, whom, terms)| Action::Call { who, whom, terms }),
		2 => (who(), who(), 0..ALL)
			.prop_map(|(who, whom, code)| Action::SetCode { who, whom, code }),
		2 => (who(), who(), who())
			.prop_map(|(who, whom, to)| Action::Terminate { who, whom, to }),
		2 => (0..3_000_000_000_u64).prop_map(|picos| Action::Pass { picos }),
	];
	prop::collection::vec(action, 1..30)
}

/// Which contract has, or had, which trie.
#[derive(Default)]
struct Tries {
	all: BTreeMap<TrieId, AccountId>,
	next: u64,
}

impl Tries {
	/// No contract has one that another had, or itself before it ended.
	fn check(&mut self) {
		let live =
			|| ContractInfoOf::<Test>::iter().map(|(contract, info)| (info.trie_id, contract));
		for (trie_id, contract) in live() {
			match self.all.get(&trie_id) {
				Some(had) => assert_eq!(*had, contract),
				// It is none that was given before, and perhaps gone since.
				None => assert!(u64::from_be_bytes(trie_id) >= self.next),
			}
		}
		self.all = live().collect();
		assert!(NextTrie::<Test>::get() >= self.next);
		self.next = NextTrie::<Test>::get();
	}
}

/// What holds after whatever was done.
fn check(tries: &mut Tries) {
	Contracts::do_try_state().expect("the books of the contracts agree");
	assert_eq!(Balances::total_issuance(), 2 * RICH);
	let accounts = frame_system::Account::<Test>::iter_values().map(|account| account.data);
	let of_all: Balance = accounts.map(|data| data.free + data.reserved).sum();
	assert_eq!(of_all, 2 * RICH, "accounts have what there is");
	tries.check();
}

/// A block ends. It takes no more time than there is to spare.
fn pass(picos: u64) {
	let left = Weight::from_parts(picos, 0);
	let used = Contracts::on_idle(System::block_number(), left);
	assert!(used.all_lte(left), "{used:?} of {left:?}");
	System::set_block_number(System::block_number() + 1);
	System::reset_events();
}

/// Does all of it, each time with what holds: what came of the calls.
fn play(actions: &[Action]) -> Vec<Result<(), DispatchError>> {
	let mut chain = externalities();
	let mut tries = Tries::default();
	chain.execute_with(|| {
		System::set_block_number(1);
		assert_ok!(Balances::transfer_allow_death(signed(&ALICE), POOR, 500));
		for code in 0..4 {
			let gas_limit = 4_000_000;
			let terms = Terms { steps: vec![], value: 500, gas_limit, deposit_limit: MUCH };
			let deploy = Action::DeployCode { who: code as u8, code, salt: 0, terms };
			let (who, call) = deploy.call().expect("it is one");
			// One of them is poor.
			let _ = dispatch(&who, call);
		}
		check(&mut tries);
	});
	let mut results = Vec::new();
	for action in actions {
		chain.execute_with(|| {
			match (action, action.call()) {
				(Action::Pass { picos }, _) => pass(*picos),
				(_, Some((who, call))) => results.push(dispatch(&who, call)),
				(_, None) => unreachable!("all else are calls"),
			}
			check(&mut tries);
		});
		// Only what is stored for good is deleted little by little.
		if matches!(action, Action::Pass { .. }) {
			chain.commit_all().expect("it can be committed");
		}
	}
	end(&mut chain);
	results
}

/// With time to spare, nothing is left of contracts that have ended.
fn end(chain: &mut sp_io::TestExternalities) {
	let mut blocks = 0;
	while chain.execute_with(|| DeletionQueue::<Test>::iter().next().is_some()) {
		chain.commit_all().expect("it can be committed");
		chain.execute_with(|| pass(2_000_000_000));
		blocks += 1;
		assert!(blocks < 1_000, "deleting comes to an end");
	}
	chain.execute_with(|| {
		let live: BTreeSet<_> =
			ContractInfoOf::<Test>::iter_values().map(|info| info.trie_id).collect();
		for number in 0..NextTrie::<Test>::get() {
			let trie_id = number.to_be_bytes();
			let first = sp_io::default_child_storage::next_key(&trie_id, &[]);
			assert!(first.is_none() || live.contains(&trie_id), "trie {number} is left over");
		}
		Contracts::do_try_state().expect("the books of the contracts agree");
	});
}

proptest! {
	#[test]
	fn the_books_agree_whatever_is_done(actions in actions()) {
		play(&actions);
	}
}

/// Else the property would say little.
#[test]
fn what_is_done_succeeds_and_fails_in_every_way() {
	let mut runner = TestRunner::deterministic();
	let (mut done, mut failed) = (BTreeSet::new(), BTreeSet::new());
	for _ in 0..100 {
		let actions = actions().new_tree(&mut runner).expect("it makes some").current();
		let results = play(&actions);
		let calls = actions.iter().filter(|action| !matches!(action, Action::Pass { .. }));
		for (action, result) in calls.zip(results) {
			match result {
				Ok(()) => {
					let name = format!("{action:?}");
					done.insert(name.split(' ').next().unwrap_or_default().to_string());
				}
				Err(DispatchError::Module(error)) => {
					failed.insert(error.message.unwrap_or_default());
				}
				Err(DispatchError::Token(_)) => {
					failed.insert("Token");
				}
				Err(other) => panic!("{other:?}"),
			}
		}
	}
	let done: Vec<_> = done.iter().map(String::as_str).collect();
	assert_eq!(done, ["Call", "Deploy", "DeployCode", "Remove", "SetCode", "Terminate", "Upload"]);
	let named = [
		"CapabilityViolation",
		"CodeExists",
		"CodeInUse",
		"CodeRefused",
		"ContractExists",
		"DepositLimit",
		"Insufficient",
		"MemoryViolation",
		"NoCode",
		"NoContract",
		"NotAllowed",
		"OutOfGas",
		"Refused",
		"Token",
		"Trapped",
	];
	let missing: Vec<_> = named.iter().filter(|name| !failed.contains(*name)).collect();
	assert_eq!(missing, Vec::<&&str>::new(), "of {failed:?}");
}

/// What contracts do is what the steps say.
#[test]
fn contracts_do_what_they_are_told() {
	chain(|| {
		let deploy = |code: usize, salt: u8| {
			let terms = Terms { steps: vec![], value: 500, gas_limit: PLENTY, deposit_limit: MUCH };
			let deploy = Action::DeployCode { who: 0, code, salt, terms };
			let (who, call) = deploy.call().unwrap();
			assert_ok!(dispatch(&who, call));
			Contracts::address_of(&ALICE, hash(code), &[salt])
		};
		let (closed, open, last) = (deploy(0, 0), deploy(1, 0), deploy(1, 1));
		let number = |who: &AccountId| contracts().iter().position(|it| it == who).unwrap() as u8;
		let does = |who: &AccountId, steps: Vec<Step>| {
			let VmCall { function, args } = asked(&steps);
			let (contract, value, gas_limit, deposit_limit) = (who.clone(), 0, ENOUGH, MUCH);
			dispatch(
				&BOB,
				crate::Call::call { contract, function, args, value, gas_limit, deposit_limit },
			)
		};
		let ask = |who: &AccountId, value: Balance, steps: Vec<Step>| Step::Ask {
			whom: number(who),
			value,
			gas: u64::MAX,
			steps,
		};
		let keep = |key: u8| Step::Keep { key, bytes: 7 };
		let kept = |who: &AccountId, key: u8| Contracts::storage(who, &[key]).map(|it| it.len());

		// Who is asked and fails is undone, and who asks goes on.
		let (fails, pay) = (vec![keep(1), Step::Trap], Step::Pay { to: 3, amount: 20 });
		let steps = vec![keep(0), ask(&open, 9, fails), pay, ask(&open, 30, vec![keep(2)])];
		assert_ok!(does(&closed, steps));
		assert_eq!((kept(&closed, 0), kept(&open, 1), kept(&open, 2)), (Some(7), None, Some(7)));
		assert_eq!(Balances::free_balance(STRANGER), 20);
		assert_eq!(Balances::free_balance(&open), 530 + EXISTENTIAL_DEPOSIT);

		// One makes another, forgets something, and takes other code.
		assert_ok!(Contracts::upload_code(signed(&ALICE), CODES[2].clone()));
		let (value, gas) = (40, u64::MAX);
		let make = Step::Make { code: 0, salt: 1, value, gas, steps: vec![keep(3)] };
		let become_other = ask(&open, 0, vec![Step::Become { code: 2 }]);
		assert_ok!(does(&open, vec![make, Step::Forget { key: 2 }, become_other, Step::Tell]));
		let made = Contracts::address_of(&open, hash(0), &[1]);
		assert_eq!((kept(&made, 3), kept(&open, 2)), (Some(7), None));
		assert_eq!(Balances::free_balance(&made), value + EXISTENTIAL_DEPOSIT);
		assert_eq!(ContractInfoOf::<Test>::get(&open).unwrap().code_hash, hash(2));

		// Another ends.
		let all = Balances::total_balance(&last);
		assert_ok!(does(&last, vec![Step::End { to: 2 }]));
		assert_eq!((Balances::free_balance(POOR), contracts().contains(&last)), (all, false));

		use abi::Trap::Unreachable;
		let errors = [
			(Step::Trap, Error::<Test>::Trapped(TrapReason(Unreachable))),
			(Step::Refuse, Error::Refused),
			(Step::Spin, Error::OutOfGas),
			(Step::Stray, Error::MemoryViolation),
			(Step::End { to: 0 }, Error::CapabilityViolation),
		];
		for (step, error) in errors {
			assert_eq!(does(&closed, vec![keep(0), step]), Err(error.into()));
		}
	});
}
