//! Contracts and each other: calls, money, deployments, what is undone.

use super::*;
use abi::{Manifest, ReturnCode};

const REENTRANT: Manifest = Manifest {
	is_reentrant: true,
	upgrade: abi::Permission::Nobody,
	terminate: abi::Permission::Nobody,
};

/// A guest that only does something from its second call on: the first is when it is deployed.
fn from_the_second_call(body: &str) -> String {
	format!(
		"(if (i32.eq (i32.const -1) (call $read (i32.const 200) (i32.const 1) (i32.const 0) (i32.const 0)))
			(then (call $write (i32.const 200) (i32.const 1) (i32.const 0) (i32.const 0)))
			(else {body}))"
	)
}

fn kept(contract: &AccountId) -> u64 {
	let kept = Contracts::storage(contract, &[0; 4]).unwrap_or_default();
	u64::decode(&mut &kept[..]).unwrap_or_default()
}

#[test]
fn one_calls_another_and_reads_its_answer() {
	chain(|| {
		let counter = deployed(&counter());
		let text = knowing(
			&format!("{CALL}{COPY}"),
			&counter,
			0,
			"add",
			"(drop (call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked))
			 (drop (call $copy (i32.const 65542) (i32.const 8)))",
		);
		let contract = deployed(&text);
		assert_eq!(kept(&counter), 2);
		assert_eq!(answer(&contract, "x"), 3);
		assert_ok!(call(&BOB, &contract, "x"));
		assert_eq!(kept(&counter), 3);
	});
}

#[test]
fn what_is_needed_is_enough_whoever_used_what_of_it() {
	chain(|| {
		// Who hashes much uses more gas than time, and who is called more time than gas.
		let hash = r#"(import "mbongo" "hash_blake2_256" (func $hash (param i32 i32 i32)))"#;
		let hashes = "(call $hash (i32.const 0) (i32.const 65536) (i32.const 66000))".repeat(20);
		let text = knowing(
			&format!("{CALL}{hash}"),
			&deployed(&idle()),
			0,
			"x",
			&format!(
				"{hashes} (i64.store (i32.const 65542) (i64.extend_i32_s
					(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)))"
			),
		);
		let contract = deployed(&text);
		let answer = |gas: Gas| {
			let asked = VmCall { function: "x".into(), args: Vec::new() };
			Contracts::simulate_call(BOB, contract.clone(), asked, 0, gas, MUCH)
		};
		let plenty = answer(PLENTY);
		let done = plenty.result.clone().unwrap();
		assert_eq!(done.data, [0; 8], "the other has answered");
		let enough = answer(plenty.gas_needed);
		assert_eq!((enough.result, enough.gas_used), (Ok(done.clone()), plenty.gas_used));
		assert_ne!(answer(plenty.gas_needed - 1).result, Ok(done));
	});
}

#[test]
fn money_goes_with_a_call_and_comes_back_if_it_fails() {
	chain(|| {
		let imports = format!("{READ}{WRITE}");
		let fails = deployed(&guest(&imports, &from_the_second_call("(unreachable)"), 8));
		let takes = deployed(&counter());
		for (to, code, moved) in [(&takes, ReturnCode::Done, 50), (&fails, ReturnCode::Failed, 0)] {
			let contract = deployed_with(&caller(to, 50, "add"), 1_000, &[]);
			let before = Balances::free_balance(to);
			assert_eq!(answer(&contract, "x"), i64::from(i32::from(code)));
			assert_ok!(call(&BOB, &contract, "x"));
			assert_eq!(Balances::free_balance(to), before + moved);
		}
	});
}

#[test]
fn nobody_can_take_anothers_money() {
	chain(|| {
		let body = from_the_second_call(
			"(i64.store (i32.const 65542) (i64.extend_i32_s
				(call $pay (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 32) (i32.const 32))))",
		);
		let text = knowing(&format!("{PAY}{READ}{WRITE}"), &ALICE, 1, "", &body);
		let contract = deployed(&text);
		assert_eq!(answer(&contract, "x"), i64::from(i32::from(ReturnCode::NotAllowed)));
		// Its own is its to give, but not what makes it an account.
		let pays = |amount: Balance| {
			let text = guest(
				PAY,
				&format!(
					"(i64.store (i32.const 0) (i64.const {amount}))
				 (i64.store (i32.const 65542) (i64.extend_i32_s (call $pay
					(i32.add (local.get $at) (i32.const {OWN})) (i32.const 32)
					(i32.add (local.get $at) (i32.const {CALLER})) (i32.const 32)
					(i32.const 0))))"
				),
				8,
			);
			deployed_with(&text, 100, &[amount as u8])
		};
		// In its input, after the version and the call of `new` or `pay` without arguments.
		const CALLER: u32 = 1 + 4 + 1;
		const OWN: u32 = CALLER + 64;
		let poor = pays(0);
		assert_eq!(answer(&poor, "pay"), i64::from(i32::from(ReturnCode::Done)));
		let before = Balances::free_balance(&BOB);
		let rich = pays(100);
		assert_eq!(Balances::free_balance(&rich), EXISTENTIAL_DEPOSIT);
		assert_eq!(answer(&rich, "pay"), i64::from(i32::from(ReturnCode::Insufficient)));
		assert_eq!(Balances::free_balance(&BOB), before);
	});
}

#[test]
fn who_waits_is_not_called_unless_its_code_allows_it() {
	chain(|| {
		// Calls who called it, in its input after the version and the call of `x`.
		let back = |imports: &str| {
			guest(
				&format!("{CALL}{imports}"),
				"(memory.copy (i32.const 0) (i32.add (local.get $at) (i32.const 4)) (i32.const 32))
				 (i32.store (i32.const 64) (i32.const 0x00007804))
				 (i64.store (i32.const 65542) (i64.extend_i32_s
					(call $call (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64) (i32.const 3))))",
				8,
			)
		};
		let back = deployed(&back(""));
		let forth = |manifest: Option<Manifest>| {
			let text = knowing(
				&format!("{CALL}{COPY}"),
				&back,
				0,
				"x",
				"(drop (call $call (i32.const 0) (i32.const 32) (i64.const 2000000) $asked))
				 (drop (call $copy (i32.const 65542) (i32.const 8)))",
			);
			manifest.map_or(text.clone(), |manifest| with_manifest(&text, manifest))
		};
		let closed = deployed(&forth(None));
		assert_eq!(answer(&closed, "x"), i64::from(i32::from(ReturnCode::Reentered)));
		let open = deployed(&forth(Some(REENTRANT)));
		// It goes on until there are too many, or the gas is too little.
		assert_ne!(answer(&open, "x"), i64::from(i32::from(ReturnCode::Reentered)));
	});
}

#[test]
fn a_chain_of_calls_has_an_end() {
	chain(|| {
		let mut last = deployed(&counter());
		for depth in 0..=limits::CALL_DEPTH {
			let text = knowing(
				&format!("{CALL}{COPY}"),
				&last,
				0,
				"x",
				"(i64.store (i32.const 65542) (i64.extend_i32_s
					(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)))
				 (if (i64.eqz (i64.load (i32.const 65542)))
					(then (drop (call $copy (i32.const 65542) (i32.const 8)))))",
			);
			last = deployed_with(&text, 0, &[depth as u8]);
			let before = kept(&deployed_counter());
			let got = answer(&last, "x");
			match depth < limits::CALL_DEPTH {
				true => assert_eq!(got as u64, before + 1, "{depth}"),
				false => assert_eq!(got, i64::from(i32::from(ReturnCode::TooDeep)), "{depth}"),
			}
		}
	});
}

fn deployed_counter() -> AccountId {
	Contracts::address_of(&ALICE, hash_of(&counter()), &[])
}

#[test]
fn who_calls_back_while_it_is_paid_is_paid_once() {
	chain(|| {
		// A bank that pays before it notes that it has, to whoever calls.
		let bank = "(if (i32.eq (i32.const -1) (call $read (i32.const 200) (i32.const 1) (i32.const 0) (i32.const 0)))
				(then (call $write (i32.const 200) (i32.const 1) (i32.const 0) (i32.const 0)))
				(else
					(if (i32.eq (i32.const -1) (call $read (i32.const 201) (i32.const 2) (i32.const 0) (i32.const 0)))
						(then
							(memory.copy (i32.const 0) (i32.add (local.get $at) (i32.const 4)) (i32.const 32))
							(i64.store (i32.const 32) (i64.const 100))
							(i32.store (i32.const 64) (i32.const 0x00007804))
							(drop (call $call (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64) (i32.const 3)))
							(call $write (i32.const 201) (i32.const 2) (i32.const 0) (i32.const 0))))))";
		let imports = format!("{CALL}{READ}{WRITE}");
		let bank = deployed_with(&guest(&imports, bank, 8), 1_000, &[]);
		// Calls the bank whenever it is called: while it waits for that, as it is paid.
		let thief = deployed(&with_manifest(&caller(&bank, 0, "x"), REENTRANT));
		assert_ok!(call(&BOB, &thief, "x"));
		assert_eq!(Balances::free_balance(&thief), EXISTENTIAL_DEPOSIT + 100);
		assert_eq!(Balances::free_balance(&bank), EXISTENTIAL_DEPOSIT + 1_000 - 100);
	});
}

#[test]
fn who_runs_out_of_gas_above_leaves_the_rest_below() {
	chain(|| {
		let imports = format!("{READ}{WRITE}");
		let body = from_the_second_call("(loop $l (br $l))");
		let endless = deployed(&guest(&imports, &body, 8));
		let text = knowing(
			CALL,
			&endless,
			0,
			"x",
			"(i64.store (i32.const 65542) (i64.extend_i32_s
				(call $call (i32.const 0) (i32.const 32) (i64.const 1000000) $asked)))",
		);
		let contract = deployed(&text);
		let simulation = simulated(&contract, "x");
		let output = simulation.result.unwrap();
		let failed = i64::from(i32::from(ReturnCode::Failed)).encode();
		assert_eq!(output.data, failed);
		assert!((1_000_000..2_000_000).contains(&simulation.gas_used));
		assert_ok!(call(&BOB, &contract, "x"));
	});
}

#[test]
fn a_contract_makes_contracts() {
	chain(|| {
		assert_ok!(Contracts::upload_code(signed(&ALICE), code(&counter())));
		let hash = hash_of(&counter());
		let asked = VmCall { function: "new".into(), args: Vec::new() }.encode();
		let body = format!(
			"(loop $l
				(i32.store (i32.const 300) (i32.add (i32.load (i32.const 300)) (i32.const 1)))
				(i64.store (i32.const 65542) (i64.extend_i32_s (call $deploy
					(i32.const 0) (i32.const 300) (i32.const 4) (i32.const 32) (i64.const -1)
					(i32.const 64) (i32.const {}) (i32.const 400))))
				(br_if $l (i32.lt_u (i32.load (i32.const 300)) (i32.const 3))))",
			asked.len()
		);
		let deploy = "(import \"mbongo\" \"deploy\"
			(func $deploy (param i32 i32 i32 i32 i64 i32 i32 i32) (result i32)))";
		let segments = [data(0, &hash.0), data(64, &asked)].concat();
		let text = guest(deploy, &body, 8).replacen("(data", &format!("{segments} (data"), 1);
		let maker = deployed(&text);
		for salt in 1..=3u32 {
			let made = Contracts::address_of(&maker, hash, &salt.to_le_bytes());
			assert_eq!(kept(&made), 1);
		}
		// There they are already.
		let exists = i64::from(i32::from(ReturnCode::Exists));
		assert_eq!(answer(&maker, "x"), exists);
	});
}

/// A call keeps only so many modules, and loads those again that it has dropped.
#[test]
fn more_code_can_be_run_in_a_call_than_is_kept() {
	const CODES: u32 = 40;
	const { assert!(CODES * limits::MODULE_BYTES > limits::MODULES_BYTES) };
	chain(|| {
		let answering = |number: u32| {
			let body = format!("(i64.store (i32.const 65542) (i64.const {number}))");
			deployed(&guest("", &body, 8))
		};
		let all: Vec<u8> = (1..=CODES).flat_map(|number| answering(number).encode()).collect();
		let asked = VmCall { function: "x".into(), args: Vec::new() }.encode();
		// Asks each of them twice, and adds up what they answer.
		let body = format!(
			"(local $n i32)
			(loop $l
				(if (call $call
						(i32.add (i32.const 4096) (i32.mul (i32.const 32)
							(i32.rem_u (local.get $n) (i32.const {CODES}))))
						(i32.const 0) (i64.const -1) (i32.const 64) (i32.const {}))
					(then (unreachable)))
				(drop (call $copy (i32.const 512) (i32.const 8)))
				(i64.store (i32.const 65542)
					(i64.add (i64.load (i32.const 65542)) (i64.load (i32.const 512))))
				(local.set $n (i32.add (local.get $n) (i32.const 1)))
				(br_if $l (i32.lt_u (local.get $n) (i32.const {}))))",
			asked.len(),
			2 * CODES
		);
		let segments = [data(64, &asked), data(4_096, &all)].concat();
		let text = guest(&format!("{CALL}{COPY}"), &body, 8);
		let asks = deployed(&text.replacen("(data", &format!("{segments} (data"), 1));
		assert_eq!(answer(&asks, "x"), i64::from(CODES * (CODES + 1)));
		assert_ok!(call(&BOB, &asks, "x"));
	});
}

#[test]
fn settling_is_paid_for_by_who_could_not_at_first() {
	chain(|| {
		let keep = "(call $write (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 8))";
		let keeps = deployed(&guest(WRITE, keep, 8));
		let settling = mbongo_gas::weight(<() as WeightInfo>::settle());
		let base = mbongo_gas::weight(<() as WeightInfo>::call_base());
		// Calls it with this much gas, and then with all: what that needs beyond this much.
		let asks = |gas: Gas| {
			let ask = |gas: i64| {
				format!("(call $call (i32.const 0) (i32.const 32) (i64.const {gas}) $asked)")
			};
			let (first, second) = (ask(gas as i64), ask(-1));
			let body = format!(
				"(i64.store (i32.const 65542) (i64.extend_i32_s
					(i32.add (i32.mul (i32.const 100) {first}) {second})))"
			);
			let contract = deployed(&knowing(CALL, &keeps, 0, "x", &body));
			// The first fails, the second does not.
			assert_eq!(answer(&contract, "x"), 100 * i64::from(i32::from(ReturnCode::Failed)));
			simulated(&contract, "x").gas_needed - gas
		};
		// It ends as it has to pay for settling; or long before that.
		let short = simulated(&keeps, "x").gas_needed - base - settling / 2;
		assert!(asks(short) + settling / 2 > asks(10_000));
	});
}

#[test]
fn what_storage_costs_comes_back_to_who_frees_it() {
	chain(|| {
		let delete =
			"(import \"mbongo\" \"storage_delete\" (func $delete (param i32 i32) (result i32)))";
		let body = "(if (i32.eq (i32.const -1) (call $delete (i32.const 0) (i32.const 4)))
			(then (call $write (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 100))))";
		let contract = deployed(&guest(&format!("{delete}{WRITE}"), body, 8));
		let deposit = PER_ITEM + 104 * PER_BYTE;
		let before = Balances::free_balance(&BOB);
		let freed = simulated(&contract, "x");
		assert_eq!((freed.deposit_charged, freed.deposit_released), (0, deposit));
		assert_eq!(freed.changes.len(), 1);
		assert_ok!(call(&BOB, &contract, "x"));
		assert_eq!(Balances::free_balance(&BOB), before + deposit);
		let kept = simulated(&contract, "x");
		assert_eq!((kept.deposit_charged, kept.deposit_released), (deposit, 0));
		assert_ok!(call(&BOB, &contract, "x"));
		assert_eq!(Balances::free_balance(&BOB), before);
	});
}

#[test]
fn events_say_who_tells_them() {
	chain(|| {
		let text = knowing(
			EMIT,
			&ALICE,
			0,
			"",
			"(call $emit (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 6))",
		);
		let contract = deployed(&text);
		System::reset_events();
		assert_ok!(call(&BOB, &contract, "x"));
		let record = &System::events()[0];
		let emitted = Event::Emitted { contract, topic: vec![1; 4], data: vec![1; 6] };
		assert_eq!(record.event, RuntimeEvent::Contracts(emitted));
		// Nobody would pay to delete them from the system's topics.
		assert!(record.topics.is_empty());
	});
}
