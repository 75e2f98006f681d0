//! What a contract, or who calls one, can do to hurt: each has an error with a name, and leaves the root
//! of the state as it was.

use super::{
	dispatched::{call_of, contract_fails, dispatch, fails, root, ENOUGH},
	*,
};
use abi::{Manifest, Permission, ReturnCode, Trap};
use mbongo_vm::{Function, Rule, ValType};

const DEPLOY: &str = r#"(import "mbongo" "deploy"
	(func $deploy (param i32 i32 i32 i32 i64 i32 i32 i32) (result i32)))"#;

/// All that code can allow.
const OPEN: Manifest =
	Manifest { is_reentrant: true, upgrade: Permission::Contract, terminate: Permission::Contract };

/// In the input of a call of `x` without arguments: the call itself, as one contract gives it to
/// another, how long it is, and who called, who sent, and the contract.
const ASKED: u32 = 1;
const ASKED_BYTES: u32 = 3;
const CALLER: u32 = 4;
const OWN: u32 = 68;

/// A place in the input.
fn input(at: u32) -> String {
	format!("(i32.add (local.get $at) (i32.const {at}))")
}

/// What is done in calls of `x`, and not when the contract is made.
fn when_called(body: &str) -> String {
	format!("(if (i32.eq (i32.load8_u offset=1 (local.get $at)) (i32.const 4)) (then {body}))")
}

/// The text of a guest that is made without doing anything. When it is called, it keeps something, so
/// that there is something to undo, and then does this.
fn abuser(imports: &str, body: &str) -> String {
	let keep = "(call $write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 64))";
	knowing(&format!("{WRITE}{imports}"), &ALICE, 0, "x", &when_called(&format!("{keep} {body}")))
}

/// The text of a guest whose functions are these, with an output that succeeds at 0.
fn module(alloc: &str, execute: &str, output_len: &str) -> String {
	let output = data(0, &VmOutput { abi: 1, status: 0, data: vec![0; 8] }.encode());
	format!(
		r#"(module (memory (export "memory") 2 16) {output}
			(func (export "alloc") (param i32) (result i32) {alloc})
			(func (export "execute") (param i32 i32) (result i32) {execute})
			(func (export "output_len") (result i32) {output_len}))"#
	)
}

/// A deployment of this code.
fn deploying(text: &str) -> crate::Call<Test> {
	crate::Call::deploy_code {
		code: code(text),
		function: "new".into(),
		args: Vec::new(),
		value: 5,
		gas_limit: ENOUGH,
		deposit_limit: MUCH,
		salt: Salt::default(),
	}
}

/// Does something, and refuses by its number what is not done.
fn or_refuse(what: &str) -> String {
	format!("(local.set $len {what}) (if (local.get $len) (then (return (local.get $len))))")
}

/// A call of the contract at a place, with what this one was asked.
fn passing_on(contract: &str) -> String {
	let asked = input(ASKED);
	format!(
		"(call $call {contract} (i32.const 32) (i64.const -1) {asked} (i32.const {ASKED_BYTES}))"
	)
}

#[test]
fn loops_and_recursion_end() {
	chain(|| {
		for (more, body, error) in [
			("", "(loop $l (br $l))", Error::OutOfGas),
			(
				"",
				"(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 9)) (br $l))",
				Error::OutOfGas,
			),
			("(func $f (call $f))", "(call $f)", Error::ResourceLimitExceeded),
			("(func $f (call $g)) (func $g (call $f))", "(call $f)", Error::ResourceLimitExceeded),
		] {
			contract_fails(&deployed(&abuser(more, body)), error);
		}
		// In what is called before and after, too.
		let endless = "(loop $l (br $l)) (unreachable)";
		fails(
			deploying(&module(endless, "(i32.const 0)", "(i32.const 17)")),
			Error::<Test>::OutOfGas,
		);
		fails(
			deploying(&module("(i32.const 1024)", "(i32.const 0)", endless)),
			Error::<Test>::OutOfGas,
		);
	});
}

#[test]
fn memory_bombs_run_out_or_are_not_let_in() {
	chain(|| {
		let grows = "(loop $l (drop (memory.grow (i32.const 1))) (br $l))";
		contract_fails(&deployed(&abuser("", grows)), Error::OutOfGas);
		// More than there may be is not given, and not paid for.
		let more = "(if (i32.eq (i32.const -1) (memory.grow (i32.const 15)))
			(then (return (i32.const -1))))";
		contract_fails(&deployed(&abuser("", more)), Error::Refused);
		// What it may have is paid for by the byte.
		let grown = |pages: u32| {
			let grow = format!("(drop (memory.grow (i32.const {pages})))");
			let contract = deployed(&abuser("", &grow));
			let needed = simulated(&contract, "x").gas_needed;
			fails(call_of(&contract, needed - 1, MUCH), Error::<Test>::OutOfGas);
			needed
		};
		let bytes = u64::from(14 * limits::PAGE_BYTES);
		assert!(grown(14) - grown(0) >= mbongo_gas::memory(bytes));
		let begins = idle().replace(" 2 16)", " 17 17)");
		let upload = crate::Call::upload_code { code: code(&begins) };
		fails(upload, refused(&begins, Rule::MemorySize));
	});
}

/// A `br_table` of so many targets, so many times, in a function of its own.
fn branches(targets: u32, times: usize) -> String {
	let targets = "0 ".repeat(targets as usize);
	let table = format!("(block (block (br_table {targets} 1 (local.get 0))))");
	format!("(func $f (param i32) {})", table.repeat(times))
}

#[test]
fn bombs_of_branches_and_locals_are_paid_for_or_not_let_in() {
	chain(|| {
		let locals = |count: u32, body: &str| {
			format!("(func $f (local {}) {body})", "i64 ".repeat(count as usize))
		};
		for (more, rule) in [
			(branches(limits::BRANCH_TARGETS + 1, 1), Rule::BranchTables),
			(locals(limits::LOCALS + 1, ""), Rule::Locals),
		] {
			let text = abuser(&more, "");
			let upload = crate::Call::upload_code { code: code(&text) };
			fails(upload, refused(&text, rule));
		}
		// To translate what is let in takes gas by the byte, of which each target is one.
		let many = |times: usize| {
			let more = branches(limits::BRANCH_TARGETS, times);
			let contract = deployed(&abuser(&more, "(call $f (i32.const 1))"));
			let needed = simulated(&contract, "x").gas_needed;
			fails(call_of(&contract, needed - 1, MUCH), Error::<Test>::OutOfGas);
			needed
		};
		assert!(many(100) - many(0) >= 100 * Gas::from(limits::BRANCH_TARGETS));
		let deep = deployed(&abuser(&locals(limits::LOCALS, "(call $f)"), "(call $f)"));
		contract_fails(&deep, Error::ResourceLimitExceeded);
	});
}

/// A function, arguments with which it does what it is for, and which of them are places of how many
/// bytes, lengths, and lengths of accounts.
struct Row {
	function: Function,
	arguments: &'static [i64],
	places: &'static [(usize, i64)],
	lengths: &'static [usize],
	accounts: &'static [usize],
}

/// From 0 on there are an account, an amount, at 64 a call, and room from 512 on.
const ROWS: [Row; 22] = {
	use Function::*;
	const fn row(
		function: Function,
		arguments: &'static [i64],
		places: &'static [(usize, i64)],
		lengths: &'static [usize],
		accounts: &'static [usize],
	) -> Row {
		Row { function, arguments, places, lengths, accounts }
	}
	[
		row(Log, &[0, 8], &[(0, 8)], &[1], &[]),
		row(Balance, &[0, 32], &[(0, 32)], &[], &[1]),
		row(BalanceWide, &[0, 32, 512], &[(0, 32), (2, 16)], &[], &[1]),
		row(Transfer, &[0, 32, 0, 32, 0], &[(0, 32), (2, 32)], &[], &[1, 3]),
		row(TransferWide, &[0, 32, 0, 32, 32], &[(0, 32), (2, 32), (4, 16)], &[], &[1, 3]),
		row(StorageRead, &[0, 8, 512, 8], &[(0, 8), (2, 8)], &[1, 3], &[]),
		row(StorageWrite, &[0, 8, 0, 8], &[(0, 8), (2, 8)], &[1, 3], &[]),
		row(StorageDelete, &[0, 8], &[(0, 8)], &[1], &[]),
		row(StorageLen, &[0, 8], &[(0, 8)], &[1], &[]),
		row(EmitEvent, &[0, 4, 0, 8], &[(0, 4), (2, 8)], &[1, 3], &[]),
		row(HashBlake2, &[0, 8, 512], &[(0, 8), (2, 32)], &[1], &[]),
		row(HashSha2, &[0, 8, 512], &[(0, 8), (2, 32)], &[1], &[]),
		row(HashKeccak, &[0, 8, 512], &[(0, 8), (2, 32)], &[1], &[]),
		row(VerifyEd25519, &[512, 0, 0, 8], &[(0, 64), (1, 32), (2, 8)], &[3], &[]),
		row(VerifySr25519, &[512, 0, 0, 8], &[(0, 64), (1, 32), (2, 8)], &[3], &[]),
		row(Call, &[0, 32, -1, 64, 3], &[(0, 32), (1, 16), (3, 3)], &[4], &[]),
		row(OutputCopy, &[512, 8], &[(0, 8)], &[1], &[]),
		row(
			Deploy,
			&[0, 0, 4, 32, -1, 64, 3, 512],
			&[(0, 32), (1, 4), (3, 16), (5, 3), (7, 32)],
			&[2, 6],
			&[],
		),
		row(SetCode, &[0], &[(0, 32)], &[], &[]),
		row(Terminate, &[0, 32], &[(0, 32)], &[], &[1]),
		row(RequestCompute, &[0, 8, 32, 0, 4, 5], &[(0, 8), (2, 16), (3, 4)], &[1, 4], &[]),
		row(RandomAt, &[1, 512], &[(1, 32)], &[], &[]),
	]
};

/// The import of a function as `$f`, and a call of it.
fn import_and_call(function: Function, arguments: &[i64]) -> (String, String) {
	let types = |types: &[ValType]| -> String { types.iter().map(|it| format!("{it} ")).collect() };
	let (parameters, results) = (function.parameters(), types(function.results()));
	let import = format!(
		r#"(import "mbongo" "{}" (func $f (param {}) (result {results})))"#,
		function.name(),
		types(parameters),
	);
	let arguments: String = parameters
		.iter()
		.zip(arguments)
		.map(|(kind, argument)| format!("({kind}.const {argument})"))
		.collect();
	let called = format!("(call $f {arguments})");
	(import, if results.is_empty() { called } else { format!("(drop {called})") })
}

/// A guest that calls a function of the host.
fn of_function(row: &Row, arguments: &[i64]) -> String {
	let (import, body) = import_and_call(row.function, arguments);
	with_manifest(&abuser(&import, &body), OPEN)
}

#[test]
fn every_function_checks_every_place_and_length() {
	/// Of the guest's memory.
	const END: i64 = 2 * limits::PAGE_BYTES as i64;
	const FAR: [i64; 4] = [-1, i32::MIN as i64, i32::MAX as i64, END];

	let functions: Vec<_> = ROWS.iter().map(|row| row.function).collect();
	assert_eq!(functions, Function::ALL, "there is a row for each");
	for row in &ROWS {
		let name = row.function.name();
		assert_eq!(row.arguments.len(), row.function.parameters().len(), "{name}");
		chain(|| {
			let is_refused = |place: usize, argument: i64, error: Error<Test>| {
				let mut arguments = row.arguments.to_vec();
				arguments[place] = argument;
				println!("{name}: {arguments:?}");
				contract_fails(&deployed(&of_function(row, &arguments)), error);
			};
			for (place, bytes) in row.places {
				for far in FAR.into_iter().chain([END - bytes + 1]) {
					is_refused(*place, far, Error::MemoryViolation);
				}
			}
			for place in row.lengths {
				for length in [-1, i32::MIN.into(), i32::MAX.into(), END + 1] {
					is_refused(*place, length, Error::MemoryViolation);
				}
			}
			for place in row.accounts {
				for length in [-1, 0, 31, 33, i32::MIN.into(), i32::MAX.into()] {
					is_refused(*place, length, Error::MalformedAbi);
				}
			}
			// With what it should be given it does its work.
			assert_ok!(call(&BOB, &deployed(&of_function(row, row.arguments)), "x"));
		});
	}
}

#[test]
fn what_writes_ends_a_look() {
	chain(|| {
		let look = |contract: &AccountId| {
			let call = VmCall { function: "x".into(), args: Vec::new() };
			let before = root();
			let answer = Contracts::view(BOB, contract.clone(), call, PLENTY);
			assert_eq!(root(), before);
			answer
		};
		let read_only = Err(Error::<Test>::ReadOnly.into());
		for row in &ROWS {
			let (import, body) = import_and_call(row.function, row.arguments);
			let contract = deployed(&knowing(&import, &ALICE, 0, "x", &when_called(&body)));
			match row.function.writes() {
				true => assert_eq!(look(&contract), read_only, "{}", row.function.name()),
				false => assert!(look(&contract).is_ok(), "{}", row.function.name()),
			}
		}
		// Nor does it write through another, or send money along.
		let writes = deployed(&abuser("", ""));
		let asks = |amount: Balance| {
			let body = or_refuse("(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)");
			let text = knowing(CALL, &writes, amount, "x", &when_called(&body));
			deployed_with(&text, 100, &[amount as u8])
		};
		assert_eq!(look(&asks(0)).unwrap().status, i32::from(ReturnCode::Failed).unsigned_abs());
		assert_eq!(look(&asks(1)), read_only);
		assert_eq!(Contracts::storage(&writes, &[1; 8]), None);
	});
}

#[test]
fn output_that_is_none_is_refused() {
	chain(|| {
		let answering = |at: i64, length: i64| {
			let (at, length) = (format!("(i32.const {at})"), format!("(i32.const {length})"));
			deploying(&module("(i32.const 1024)", &at, &length))
		};
		const END: i64 = 2 * limits::PAGE_BYTES as i64;
		let outside =
			[(END, 14), (END - 13, 14), (i32::MAX.into(), 14), (0, -1), (0, i32::MIN.into())];
		for (at, length) in outside {
			fails(answering(at, length), Error::<Test>::MemoryViolation);
		}
		for length in [i64::from(limits::OUTPUT_BYTES) + 1, i32::MAX.into()] {
			fails(answering(0, length), Error::<Test>::ResourceLimitExceeded);
		}
		for (at, length) in [(0, 13), (0, 15), (0, 0), (1, 14), (65_536, 14)] {
			fails(answering(at, length), Error::<Test>::MalformedAbi);
		}
		for status in [-1, i32::MIN.into()] {
			fails(answering(status, 14), Error::<Test>::Refused);
		}
		// Room for the input that is none.
		for room in [END - 1, -1, i32::MAX.into()] {
			let text = module(&format!("(i32.const {room})"), "(i32.const 0)", "(i32.const 14)");
			fails(deploying(&text), Error::<Test>::MemoryViolation);
		}
		assert_ok!(dispatch(&BOB, answering(0, 14)));
	});
}

#[test]
fn floods_of_events_and_lines_end() {
	chain(|| {
		let log = "(call $log (i32.const 0) (i32.const 8))";
		let emit = "(call $emit (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 8))";
		for body in [log, emit] {
			let flood = abuser(&format!("{LOG}{EMIT}"), &format!("(loop $l {body} (br $l))"));
			contract_fails(&deployed(&flood), Error::ResourceLimitExceeded);
		}
		// However many tell together: here each call is one more, and who is stopped is undone.
		let tells = deployed(&abuser(LOG, log));
		let ask = "(drop (call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked))";
		let ask = format!(
			"(local.set $len (i32.const 100))
			(loop $l {ask} (br_if $l (local.tee $len (i32.sub (local.get $len) (i32.const 1)))))"
		);
		let asks = deployed(&knowing(CALL, &tells, 0, "x", &when_called(&ask)));
		System::reset_events();
		assert_ok!(call(&BOB, &asks, "x"));
		let lines = told().into_iter().filter(|event| matches!(event, Event::Logged { .. }));
		assert_eq!(lines.count(), limits::EVENTS as usize);
	});
}

#[test]
fn floods_of_storage_end_at_the_deposit() {
	chain(|| {
		let item = "(i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1)))
			(call $write (i32.const 512) (i32.const 4) (i32.const 1024) (i32.const 1000))";
		let ever = deployed(&abuser("", &format!("(loop $l {item} (br $l))")));
		contract_fails(&ever, Error::OutOfGas);
		let twenty = format!(
			"(loop $l {item} (br_if $l (i32.lt_u (i32.load (i32.const 512)) (i32.const 20))))"
		);
		let twenty = deployed(&abuser("", &twenty));
		// Each of the items, and the one that is kept first.
		let deposit = 20 * (PER_ITEM + 1_004 * PER_BYTE) + PER_ITEM + 72 * PER_BYTE;
		for limit in [0, deposit - 1] {
			fails(call_of(&twenty, PLENTY, limit), Error::<Test>::DepositLimit);
		}
		// Who has not as much as it allows cannot either, and stays an account.
		let poor = AccountId::new([9; 32]);
		let has = deposit + EXISTENTIAL_DEPOSIT + 5;
		assert_ok!(Balances::transfer_allow_death(signed(&ALICE), poor.clone(), has - 1));
		let before = root();
		let failed = dispatch(&poor, call_of(&twenty, PLENTY, MUCH));
		assert_eq!((failed, root()), (Err(Error::<Test>::DepositLimit.into()), before));
		assert_ok!(Balances::transfer_allow_death(signed(&ALICE), poor.clone(), 1));
		assert_ok!(dispatch(&poor, call_of(&twenty, PLENTY, deposit)));
		assert_eq!(Balances::free_balance(&poor), EXISTENTIAL_DEPOSIT);
		// What another contract keeps for it counts too.
		let keeps = deployed_with(&abuser("", ""), 0, &[1]);
		let asks = or_refuse("(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)");
		let asks = deployed(&knowing(CALL, &keeps, 0, "x", &when_called(&asks)));
		let deposit = PER_ITEM + 72 * PER_BYTE;
		fails(call_of(&asks, PLENTY, deposit - 1), Error::<Test>::DepositLimit);
		assert_ok!(dispatch(&BOB, call_of(&asks, PLENTY, deposit)));
	});
}

#[test]
fn others_money_stays_theirs() {
	chain(|| {
		let low = r#"(import "mbongo" "transfer"
			(func $low (param i32 i32 i32 i32 i64) (result i32)))"#;
		let rich = deployed_with(&idle(), 1_000, &[]);
		for from in [ALICE, BOB, rich.clone()] {
			// From an account that it knows, to itself, in both forms.
			let to = input(OWN);
			let wide = format!(
				"(call $pay (i32.const 0) (i32.const 32) {to} (i32.const 32) (i32.const 32))"
			);
			let low_form = format!(
				"(call $low (i32.const 0) (i32.const 32) {to} (i32.const 32) (i64.const 1))"
			);
			for take in [wide, low_form] {
				let imports = format!("{WRITE}{PAY}{low}");
				let keep = "(call $write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8))";
				let body = format!("{keep} {}", or_refuse(&take));
				let takes = deployed(&knowing(&imports, &from, 1, "x", &when_called(&body)));
				let told = simulated(&takes, "x").refusal.expect("it refuses").status;
				assert_eq!(told, i32::from(ReturnCode::NotAllowed).unsigned_abs());
				contract_fails(&takes, Error::Refused);
			}
		}
		// Less than nothing, of its own.
		let own = input(OWN);
		let less = or_refuse(&format!(
			"(call $low {own} (i32.const 32) (i32.const 0) (i32.const 32) (i64.const -1))"
		));
		let less = deployed_with(&abuser(low, &less), 1_000, &[]);
		let told = simulated(&less, "x").refusal.expect("it refuses").status;
		assert_eq!(told, i32::from(ReturnCode::NotAllowed).unsigned_abs());
		contract_fails(&less, Error::Refused);
	});
}

/// By which of the host's codes a contract refuses Bob, which leaves everything as it was.
fn refuses(contract: &AccountId) -> u32 {
	contract_fails(contract, Error::Refused);
	simulated(contract, "x").refusal.expect("it refuses").status
}

fn status(code: ReturnCode) -> u32 {
	i32::from(code).unsigned_abs()
}

#[test]
fn who_waits_is_not_called_by_whichever_way() {
	chain(|| {
		// Itself.
		let itself = abuser(CALL, &or_refuse(&passing_on(&input(OWN))));
		assert_eq!(refuses(&deployed(&itself)), status(ReturnCode::Reentered));
		// Who called: each refuses by what it was told.
		let mut last = deployed(&abuser(CALL, &or_refuse(&passing_on(&input(CALLER)))));
		for _ in 0..2 {
			let ask = or_refuse("(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)");
			last = deployed(&knowing(CALL, &last, 0, "x", &when_called(&ask)));
			assert_eq!(refuses(&last), status(ReturnCode::Refused));
		}
	});
}

#[test]
fn trees_of_calls_end() {
	chain(|| {
		let twice = format!(
			"(drop {0}) (drop {0}) (drop {0}) (drop {0}) (drop {0}) (drop {0}) (drop {0})
			(unreachable)",
			passing_on(&input(OWN))
		);
		let tree = deployed(&with_manifest(&abuser(CALL, &twice), OPEN));
		contract_fails(&tree, Error::OutOfGas);
	});
}

/// In the input of a call of `x` with 32 bytes: these, and how long what was asked is.
const ARGUMENT: u32 = 5;
const ASKED_WITH_IT: u32 = 36;

/// A deployment of the code that the argument names, with the same argument.
fn deploys_on(salt: &str) -> String {
	let (hash, asked) = (input(ARGUMENT), input(ASKED));
	format!(
		"(call $deploy {hash} {salt} (i32.const 4) (i32.const 32) (i64.const -1)
			{asked} (i32.const {ASKED_WITH_IT}) (i32.const 600))"
	)
}

#[test]
fn loops_of_deployments_end() {
	chain(|| {
		let calling = |text: &str| {
			let (contract, function) = (deployed(text), "x".into());
			let args = vec![hash_of(text).0.to_vec()];
			let (value, gas_limit, deposit_limit) = (0, PLENTY, MUCH);
			crate::Call::call { contract, function, args, value, gas_limit, deposit_limit }
		};
		// Each deploys the next; the last one is told that it is too deep, and all refuse.
		let deep = abuser(DEPLOY, &or_refuse(&deploys_on("(i32.const 512)")));
		fails(calling(&deep), Error::<Test>::Refused);
		// As many as there may be, if they do not mind.
		let count = || ContractInfoOf::<Test>::iter().count();
		let easy = abuser(DEPLOY, &format!("(drop {})", deploys_on("(i32.const 512)")));
		let easy = calling(&easy);
		let before = count();
		assert_ok!(dispatch(&BOB, easy));
		assert_eq!(count(), before + limits::CALL_DEPTH as usize);
		// One after the other, each of which does the same.
		let ever = format!(
			"(loop $l
				(i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1)))
				(drop {}) (br $l))",
			deploys_on("(i32.const 512)")
		);
		fails(calling(&abuser(DEPLOY, &ever)), Error::<Test>::OutOfGas);
		assert_eq!(count(), before + limits::CALL_DEPTH as usize + 1);
	});
}

#[test]
fn a_callee_without_gas_leaves_its_caller_with_none_or_a_code() {
	chain(|| {
		let endless = deployed(&abuser("", "(loop $l (br $l))"));
		let asks = |gas: i64| {
			let ask = format!("(call $call (i32.const 0) (i32.const 32) (i64.const {gas}) $asked)");
			deployed(&knowing(CALL, &endless, 3, "x", &when_called(&or_refuse(&ask))))
		};
		// All that there is.
		contract_fails(&asks(-1), Error::OutOfGas);
		contract_fails(&asks(i64::MAX), Error::OutOfGas);
		// So much, or nothing at all: it has the rest.
		for gas in [0, 1, 1_000_000] {
			let asks = asks(gas);
			assert_ok!(Balances::transfer_allow_death(signed(&ALICE), asks.clone(), 100));
			assert_eq!(refuses(&asks), status(ReturnCode::Failed), "{gas}");
		}
	});
}

#[test]
fn other_code_holds_from_the_next_call_on() {
	chain(|| {
		let number = |number: u32| format!("(i64.store (i32.const 65542) (i64.const {number}))");
		let new = with_manifest(&guest("", &number(2), 8), OPEN);
		assert_ok!(Contracts::upload_code(signed(&BOB), code(&new)));
		let becomes = |to: &str| {
			let to = AccountId::new(hash_of(to).0);
			let become_other = or_refuse("(call $set_code (i32.const 0))");
			move |body: &str, manifest: Manifest| {
				let body = when_called(&format!("{become_other} {body}"));
				let imports = format!("{SET_CODE}{CALL}{COPY}");
				with_manifest(&knowing(&imports, &to, 0, "x", &body), manifest)
			}
		};
		let upgrades = Manifest { upgrade: Permission::Contract, ..Manifest::default() };
		let code_of =
			|contract: &AccountId| ContractInfoOf::<Test>::get(contract).unwrap().code_hash;

		// Who asks twice in one call hears the old code, which goes on to its end, and then the new.
		let old = becomes(&new)(&number(1), upgrades);
		let changes = deployed(&old);
		let ask = |at: u32| {
			format!(
				"(drop (call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked))
				(drop (call $copy (i32.const {at}) (i32.const 8)))"
			)
		};
		let sum = "(i64.store (i32.const 65542) (i64.add
			(i64.mul (i64.load (i32.const 512)) (i64.const 10)) (i64.load (i32.const 520))))";
		let body = format!("{}{}{sum}", ask(512), ask(520));
		let asks = |more: &str| {
			let body = when_called(&format!("{body}{more}"));
			deployed(&knowing(&format!("{CALL}{COPY}"), &changes, 0, "x", &body))
		};
		assert_eq!(answer(&asks(""), "x"), 12);
		// If that fails in the end, it is the old code as before.
		contract_fails(&asks("(unreachable)"), Error::Trapped(TrapReason(Trap::Unreachable)));
		assert_eq!(code_of(&changes), hash_of(&old));

		// The new code says who may call meanwhile.
		let own = passing_on(&input(OWN));
		let again =
			format!("{} (drop (call $copy (i32.const 65542) (i32.const 8)))", or_refuse(&own));
		let open = deployed(&becomes(&new)(&again, upgrades));
		assert_eq!(answer(&open, "x"), 2);
		// And whether there may be other code again.
		let closed = guest("", &number(3), 8);
		assert_ok!(Contracts::upload_code(signed(&BOB), code(&closed)));
		let twice = becomes(&closed)(&or_refuse("(call $set_code (i32.const 0))"), upgrades);
		assert_eq!(refuses(&deployed(&twice)), status(ReturnCode::NotAllowed));
		// It must be there.
		let nowhere = becomes(&guest("", &number(4), 8))("", upgrades);
		assert_eq!(refuses(&deployed(&nowhere)), status(ReturnCode::Absent));
	});
}

#[test]
fn who_has_ended_is_no_more_for_the_rest_of_the_call() {
	chain(|| {
		let ends = abuser(END, "(call $end (i32.const 0) (i32.const 32))");
		let ends = deployed_with(&with_manifest(&ends, OPEN), 70, &[]);
		let ask = "(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)";
		let body = format!("{}{}", or_refuse(ask), or_refuse(ask));
		let asks = deployed(&knowing(CALL, &ends, 0, "x", &when_called(&body)));
		assert_eq!(refuses(&asks), status(ReturnCode::Absent));
		// All of that is undone: it is there, and has what it had.
		assert_eq!(Balances::free_balance(&ends), 70 + EXISTENTIAL_DEPOSIT);
		// One that waits for itself cannot end.
		let own = format!(
			"(if (i32.eqz (call $delete (i32.const 0) (i32.const 8)))
				(then (call $end (i32.const 0) (i32.const 32))))
			(call $write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8))
			{}",
			or_refuse(&passing_on(&input(OWN)))
		);
		let delete =
			r#"(import "mbongo" "storage_delete" (func $delete (param i32 i32) (result i32)))"#;
		let imports = format!("{WRITE}{CALL}{END}{delete}");
		let text = with_manifest(&knowing(&imports, &ALICE, 0, "x", &when_called(&own)), OPEN);
		assert_eq!(refuses(&deployed(&text)), status(ReturnCode::Failed));
	});
}

#[test]
fn a_drain_by_calling_back_is_stopped_whoever_pays_first() {
	chain(|| {
		// Pays who calls 100, calls it, and only then notes that it has: once each.
		let noted =
			format!("(call $read {} (i32.const 32) (i32.const 0) (i32.const 0))", input(CALLER));
		let bank = format!(
			"(if (i32.ne (i32.const -1) {noted}) (then (return (i32.const -50))))
			(i64.store (i32.const 32) (i64.const 100))
			(local.set $len (call $call {0} (i32.const 32) (i64.const -1) {1} (i32.const {ASKED_BYTES})))
			(call $write {0} (i32.const 32) (i32.const 0) (i32.const 0))",
			input(CALLER),
			input(ASKED),
		);
		let imports = format!("{READ}{WRITE}{CALL}");
		let bank = knowing(&imports, &ALICE, 0, "x", &when_called(&bank));
		let bank = deployed_with(&bank, 1_000, &[]);
		// Calls the bank, and again while it is paid, and insists.
		let ask = "(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)";
		let thief = knowing(CALL, &bank, 0, "x", &when_called(&or_refuse(ask)));
		let thief = deployed(&with_manifest(&thief, OPEN));
		assert_ok!(call(&BOB, &thief, "x"));
		// While it is paid it is told that the bank waits, so it refuses to be paid.
		assert_eq!(Balances::free_balance(&thief), EXISTENTIAL_DEPOSIT);
		assert_eq!(Balances::free_balance(&bank), 1_000 + EXISTENTIAL_DEPOSIT);
		// The second time the bank has noted it.
		assert_eq!(refuses(&thief), status(ReturnCode::Refused));
	});
}

#[test]
fn a_chain_of_calls_that_is_too_deep_is_undone() {
	chain(|| {
		let keep = "(call $write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 64))";
		let on = or_refuse("(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)");
		let body = when_called(&format!("{keep} {on}"));
		let calls =
			|next: &AccountId| deployed(&knowing(&format!("{WRITE}{CALL}"), next, 0, "x", &body));
		let mut first = deployed(&abuser("", ""));
		for _ in 0..limits::CALL_DEPTH {
			first = calls(&first);
			assert_ok!(dispatch(&BOB, call_of(&first, ENOUGH, MUCH)));
		}
		// The last one is told that it is too deep, and all refuse.
		contract_fails(&calls(&first), Error::Refused);
	});
}
