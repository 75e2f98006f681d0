//! Each call from outside: who may, what it does, and how it fails.

use super::{
	dispatched::{call_of, dispatch, fails, root, ENOUGH},
	*,
};
use abi::{Manifest, Permission};
use frame_support::{assert_err, dispatch::RawOrigin, traits::fungible::InspectHold};
use mbongo_vm::{
	costs::{FUEL_PER_GAS, PICOS_PER_FUEL},
	Facts, Rule,
};
use sp_runtime::DispatchError::BadOrigin;

fn held(reason: HoldReason, who: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason.into(), who)
}

fn err<T>(result: Result<T, DispatchErrorWithPostInfo>) -> Result<(), DispatchError> {
	result.map(|_| ()).map_err(|error| error.error)
}

#[test]
fn a_counter_counts() {
	chain(|| {
		let contract = deployed(&counter());
		assert_ok!(call(&BOB, &contract, "add"));
		let kept = Contracts::storage(&contract, &[0; 4]).unwrap();
		assert_eq!(u64::decode(&mut &kept[..]).unwrap(), 2);
		let expected = Event::Called { contract, caller: BOB };
		assert_eq!(told().last(), Some(&expected));
	});
}

#[test]
fn only_who_signs_can_call() {
	chain(|| {
		let contract = deployed(&counter());
		let hash = hash_of(&counter());
		let (new, none) = (String::from("new"), Vec::new);
		for origin in [RawOrigin::Root, RawOrigin::None] {
			let origin: RuntimeOrigin = origin.into();
			let o = || origin.clone();
			assert_noop!(Contracts::upload_code(o(), code(&idle())), BadOrigin);
			assert_noop!(Contracts::remove_code(o(), hash), BadOrigin);
			let salt = Salt::default();
			let deploy =
				Contracts::deploy(o(), hash, new.clone(), none(), 0, PLENTY, MUCH, salt.clone());
			assert_eq!(err(deploy), Err(BadOrigin));
			let code = code(&idle());
			let deploy =
				Contracts::deploy_code(o(), code, new.clone(), none(), 0, PLENTY, MUCH, salt);
			assert_eq!(err(deploy), Err(BadOrigin));
			let called =
				Contracts::call(o(), contract.clone(), new.clone(), none(), 0, PLENTY, MUCH);
			assert_eq!(err(called), Err(BadOrigin));
			assert_noop!(Contracts::set_code(o(), contract.clone(), hash), BadOrigin);
			assert_noop!(Contracts::terminate(o(), contract.clone(), BOB), BadOrigin);
		}
	});
}

mod upload_code {
	use super::*;

	#[test]
	fn success_holds_a_deposit() {
		chain(|| {
			assert_ok!(Contracts::upload_code(signed(&ALICE), code(&counter())));
			let bytes = code(&counter()).len() as u32;
			let deposit = 2 * PER_ITEM + Balance::from(bytes) * PER_BYTE;
			assert_eq!(held(HoldReason::Code, &ALICE), deposit);
			let code_hash = hash_of(&counter());
			let stored = Event::CodeStored { code_hash, owner: ALICE, bytes, deposit };
			assert_eq!(told(), [stored]);
		});
	}

	#[test]
	fn fails_when_it_is_there() {
		chain(|| {
			assert_ok!(Contracts::upload_code(signed(&ALICE), code(&idle())));
			let again = Contracts::upload_code(signed(&BOB), code(&idle()));
			assert_noop!(again, Error::<Test>::CodeExists);
		});
	}

	#[test]
	fn fails_when_a_rule_is_broken() {
		chain(|| {
			let floats = guest("", "(drop (f32.const 1))", 0);
			let upload = Contracts::upload_code(signed(&ALICE), code(&floats));
			assert_noop!(upload, refused(&floats, Rule::NoFloats));
			let nonsense: CodeBytes = vec![1; 100].try_into().unwrap();
			let upload = Contracts::upload_code(signed(&ALICE), nonsense);
			let refusal = BrokenRule { rule: Rule::Valid, offset: 0 };
			assert_noop!(upload, Error::<Test>::CodeRefused(refusal));
		});
	}

	#[test]
	fn fails_when_the_deposit_is_not_there() {
		chain(|| {
			let poor = AccountId::new([9; 32]);
			assert_ok!(Balances::transfer_allow_death(signed(&ALICE), poor.clone(), 100));
			let upload = Contracts::upload_code(signed(&poor), code(&idle()));
			assert_noop!(upload, sp_runtime::TokenError::FundsUnavailable);
		});
	}
}

mod remove_code {
	use super::*;

	#[test]
	fn success_gives_the_deposit_back() {
		chain(|| {
			assert_ok!(Contracts::upload_code(signed(&ALICE), code(&idle())));
			assert_ok!(Contracts::remove_code(signed(&ALICE), hash_of(&idle())));
			assert_eq!(held(HoldReason::Code, &ALICE), 0);
			assert_eq!(Balances::free_balance(&ALICE), RICH);
			assert!(!CodeOf::<Test>::contains_key(hash_of(&idle())));
		});
	}

	#[test]
	fn fails_for_others_and_while_it_is_used() {
		chain(|| {
			let hash = hash_of(&idle());
			let remove = |who| Contracts::remove_code(signed(&who), hash);
			assert_noop!(remove(ALICE), Error::<Test>::NoCode);
			assert_ok!(Contracts::upload_code(signed(&BOB), code(&idle())));
			assert_noop!(remove(ALICE), Error::<Test>::NotAllowed);
			deployed(&idle());
			assert_noop!(remove(BOB), Error::<Test>::CodeInUse);
		});
	}
}

mod deploy {
	use super::*;

	fn deploy(text: &str, value: Balance, gas: Gas, most: Balance) -> Result<(), DispatchError> {
		let (hash, salt) = (hash_of(text), Salt::default());
		let (new, args) = ("new".into(), Vec::new());
		err(Contracts::deploy(signed(&BOB), hash, new, args, value, gas, most, salt))
	}

	#[test]
	fn success_makes_an_account_that_keeps_what_it_got() {
		chain(|| {
			assert_ok!(Contracts::upload_code(signed(&ALICE), code(&counter())));
			assert_ok!(deploy(&counter(), 500, PLENTY, MUCH));
			let contract = Contracts::address_of(&BOB, hash_of(&counter()), &[]);
			// An item of four bytes with eight, and the contract.
			let deposit = 2 * PER_ITEM + 12 * PER_BYTE;
			assert_eq!(Balances::free_balance(&contract), 500 + EXISTENTIAL_DEPOSIT);
			assert_eq!(held(HoldReason::Storage, &contract), deposit);
			let left = RICH - 500 - EXISTENTIAL_DEPOSIT - deposit;
			assert_eq!(Balances::free_balance(&BOB), left);
			let info = ContractInfoOf::<Test>::get(&contract).unwrap();
			assert_eq!((info.items, info.bytes, info.deposit), (1, 12, deposit));
		});
	}

	#[test]
	fn fails_without_code_or_with_the_same_salt() {
		chain(|| {
			assert_eq!(deploy(&idle(), 0, PLENTY, MUCH), Err(Error::<Test>::NoCode.into()));
			assert_ok!(Contracts::upload_code(signed(&ALICE), code(&idle())));
			assert_ok!(deploy(&idle(), 0, PLENTY, MUCH));
			let again = deploy(&idle(), 0, PLENTY, MUCH);
			assert_eq!(again, Err(Error::<Test>::ContractExists.into()));
			// With another salt it is another contract.
			deployed_with(&idle(), 0, b"1");
			deployed_with(&idle(), 0, b"2");
		});
	}

	#[test]
	fn fails_when_more_than_the_limit_would_be_held() {
		chain(|| {
			assert_ok!(Contracts::upload_code(signed(&ALICE), code(&counter())));
			let needed = EXISTENTIAL_DEPOSIT + 2 * PER_ITEM + 12 * PER_BYTE;
			let short = deploy(&counter(), 0, PLENTY, needed - 1);
			assert_eq!(short, Err(Error::<Test>::DepositLimit.into()));
			assert_ok!(deploy(&counter(), 0, PLENTY, needed));
		});
	}

	#[test]
	fn fails_without_money_or_gas() {
		chain(|| {
			assert_ok!(Contracts::upload_code(signed(&ALICE), code(&idle())));
			let poor = deploy(&idle(), 2 * RICH, PLENTY, MUCH);
			assert_eq!(poor, Err(Error::<Test>::Insufficient.into()));
			for gas in [0, 1_000, 150_000] {
				let slow = deploy(&idle(), 0, gas, MUCH);
				assert_eq!(slow, Err(Error::<Test>::OutOfGas.into()), "{gas}");
			}
		});
	}
}

mod call_of_a_contract {
	use super::*;

	fn called(
		contract: &AccountId,
		value: Balance,
		gas: Gas,
		most: Balance,
	) -> Result<PostDispatchInfo, DispatchErrorWithPostInfo> {
		let (add, args) = ("add".into(), Vec::new());
		Contracts::call(signed(&BOB), contract.clone(), add, args, value, gas, most)
	}

	fn gas_of(post_info: &PostDispatchInfo) -> Gas {
		mbongo_gas::weight(post_info.actual_weight.unwrap())
	}

	#[test]
	fn success_uses_what_simulation_says() {
		chain(|| {
			let contract = deployed(&counter());
			let simulation = simulated(&contract, "add");
			let used = called(&contract, 0, PLENTY, MUCH).unwrap();
			assert_eq!(gas_of(&used), simulation.gas_used);
			// Needed is enough, and one less is not.
			let needed = simulated(&contract, "add").gas_needed;
			let error = called(&contract, 0, needed - 1, MUCH).unwrap_err();
			assert_eq!(error.error, Error::<Test>::OutOfGas.into());
			assert_eq!(gas_of(&error.post_info), needed - 1);
			assert_ok!(called(&contract, 0, needed, MUCH));
		});
	}

	#[test]
	fn success_moves_the_value() {
		chain(|| {
			let contract = deployed(&counter());
			assert_ok!(called(&contract, 77, PLENTY, 0));
			assert_eq!(Balances::free_balance(&contract), 77 + EXISTENTIAL_DEPOSIT);
		});
	}

	#[test]
	fn fails_when_there_is_no_contract() {
		chain(|| {
			let error = called(&ALICE, 0, PLENTY, MUCH).unwrap_err();
			assert_eq!(error.error, Error::<Test>::NoContract.into());
		});
	}

	#[test]
	fn fails_when_the_call_is_too_large() {
		chain(|| {
			let contract = deployed(&idle());
			let calls = [
				("x".repeat(65), Vec::new()),
				("x".into(), vec![Vec::new(); 17]),
				("x".into(), vec![vec![0; 70_000]]),
			];
			for (function, args) in calls {
				let called = Contracts::call(
					signed(&BOB),
					contract.clone(),
					function,
					args,
					0,
					PLENTY,
					MUCH,
				);
				assert_eq!(err(called), Err(Error::<Test>::CallTooLarge.into()));
			}
		});
	}

	#[test]
	fn fails_as_the_run_does_and_changes_nothing() {
		chain(|| {
			let cases: [(&str, &str, Error<Test>); 6] = [
				("(unreachable)", "", Error::Trapped(TrapReason(abi::Trap::Unreachable))),
				("(loop $l (br $l))", "", Error::OutOfGas),
				("(return (i32.const -7))", "", Error::Refused),
				("(return (i32.const 70000))", "", Error::MalformedAbi),
				("(return (i32.const 0x7fffffff))", "", Error::MemoryViolation),
				("(call $log (i32.const 0) (i32.const 2000))", LOG, Error::ResourceLimitExceeded),
			];
			for (number, (body, imports, error)) in cases.into_iter().enumerate() {
				// It works the first time, when it is made.
				let text = guest(
					&format!("{READ}{WRITE}{imports}"),
					&format!(
						"(if (i32.eq (i32.const -1) (call $read (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
							(then (call $write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
							(else (call $write (i32.const 9) (i32.const 9) (i32.const 0) (i32.const 100)) {body}))"
					),
					0,
				);
				let contract = deployed_with(&text, 0, &[number as u8]);
				let before = root();
				let got = called(&contract, 5, 1_000_000, MUCH).unwrap_err().error;
				assert_eq!(got, error.into(), "{body}");
				assert_eq!(root(), before, "{body}");
			}
		});
	}

	#[test]
	fn fails_with_nothing_back_for_what_was_deleted() {
		chain(|| {
			let imports = r#"
				(import "mbongo" "storage_delete" (func $delete (param i32 i32) (result i32)))
				(import "mbongo" "hash_blake2_256" (func $hash (param i32 i32 i32)))"#;
			// Hashing costs more gas than time, so that it shows if gas comes back.
			let hashes = "(call $hash (i32.const 0) (i32.const 65536) (i32.const 512))".repeat(20);
			let deletes = |end: &str| {
				let body = format!(
					"(if (i32.eq (i32.const -1) (call $delete (i32.const 600) (i32.const 1)))
						(then (call $write (i32.const 600) (i32.const 1) (i32.const 0) (i32.const 8)))
						(else {hashes} {end}))"
				);
				deployed(&guest(&format!("{imports}{WRITE}"), &body, 0))
			};
			let done = simulated(&deletes(""), "add");
			assert!(done.result.is_ok() && done.gas_used < done.gas_needed, "{done:?}");
			let trapped = Error::<Test>::Trapped(TrapReason(abi::Trap::Unreachable));
			let ends = [("(unreachable)", trapped), ("(return (i32.const -7))", Error::Refused)];
			for (end, error) in ends {
				let contract = deletes(end);
				let simulation = simulated(&contract, "add");
				assert_eq!(simulation.result, Err(error.into()));
				assert_eq!(simulation.gas_used, simulation.gas_needed);
				let failed = called(&contract, 0, PLENTY, MUCH).unwrap_err();
				assert_eq!(gas_of(&failed.post_info), simulation.gas_used);
			}
		});
	}
}

mod code_that_other_rules_let_in {
	use super::*;

	#[test]
	fn is_judged_again_once_which_is_paid_for() {
		chain(|| {
			let contract = deployed(&counter());
			let code_hash = hash_of(&counter());
			let today = CodeInfoOf::<Test>::get(code_hash).unwrap();
			let needed = simulated(&contract, "x").gas_needed;
			let facts = Facts { admission_version: 0, ..today.facts };
			CodeInfoOf::<Test>::insert(code_hash, CodeInfo { facts, ..today.clone() });
			let judging = mbongo_gas::weight(<() as WeightInfo>::upload_code(today.bytes));
			assert_eq!(simulated(&contract, "x").gas_needed, needed + judging);
			fails(call_of(&contract, needed, MUCH), Error::<Test>::OutOfGas);
			assert_ok!(dispatch(&BOB, call_of(&contract, needed + judging, MUCH)));
			assert_eq!(CodeInfoOf::<Test>::get(code_hash), Some(today));
			assert_eq!(simulated(&contract, "x").gas_needed, needed);
		});
	}

	#[test]
	fn is_not_run_if_it_breaks_a_rule_of_today() {
		chain(|| {
			let contract = deployed(&counter());
			let code_hash = hash_of(&counter());
			let floats = code(&guest("", "(drop (f32.const 1))", 0));
			CodeInfoOf::<Test>::mutate(code_hash, |info| {
				let info = info.as_mut().unwrap();
				info.facts.admission_version = 0;
				info.bytes = floats.len() as u32;
			});
			CodeOf::<Test>::insert(code_hash, floats);
			fails(call_of(&contract, ENOUGH, MUCH), Error::<Test>::CodeOutdated);
			// A contract that calls it goes on.
			let asks = deployed(&caller(&contract, 0, "x"));
			assert_eq!(answer(&asks, "x"), i64::from(i32::from(abi::ReturnCode::Failed)));
		});
	}
}

mod set_code_and_terminate {
	use super::*;

	fn manifest(permission: Permission) -> Manifest {
		Manifest { is_reentrant: false, upgrade: permission, terminate: permission }
	}

	#[test]
	fn success_for_the_deployer_if_the_code_allows_it() {
		chain(|| {
			let text = with_manifest(&counter(), manifest(Permission::Deployer));
			let contract = deployed(&text);
			assert_ok!(Contracts::upload_code(signed(&BOB), code(&idle())));
			let new = hash_of(&idle());
			assert_noop!(
				Contracts::set_code(signed(&BOB), contract.clone(), new),
				Error::<Test>::NotAllowed
			);
			assert_noop!(
				Contracts::set_code(signed(&ALICE), contract.clone(), Default::default()),
				Error::<Test>::NoCode
			);
			assert_ok!(Contracts::set_code(signed(&ALICE), contract.clone(), new));
			assert_eq!(CodeInfoOf::<Test>::get(new).unwrap().contracts, 1);
			assert_eq!(CodeInfoOf::<Test>::get(hash_of(&text)).unwrap().contracts, 0);
			// The new code does not allow it.
			assert_noop!(
				Contracts::set_code(signed(&ALICE), contract.clone(), hash_of(&text)),
				Error::<Test>::NotAllowed
			);
			assert_noop!(
				Contracts::terminate(signed(&ALICE), contract, BOB),
				Error::<Test>::NotAllowed
			);
		});
	}

	#[test]
	fn fails_for_everybody_if_the_code_does_not() {
		chain(|| {
			for permission in [Permission::Nobody, Permission::Contract] {
				let text = with_manifest(&counter(), manifest(permission));
				let contract = deployed(&text);
				let code_hash = hash_of(&text);
				for who in [ALICE, BOB] {
					let set = Contracts::set_code(signed(&who), contract.clone(), code_hash);
					assert_noop!(set, Error::<Test>::NotAllowed);
					let end = Contracts::terminate(signed(&who), contract.clone(), who);
					assert_noop!(end, Error::<Test>::NotAllowed);
				}
			}
			assert_noop!(
				Contracts::set_code(signed(&ALICE), BOB, Default::default()),
				Error::<Test>::NoContract
			);
			assert_noop!(Contracts::terminate(signed(&ALICE), BOB, BOB), Error::<Test>::NoContract);
		});
	}

	#[test]
	fn terminated_all_is_the_beneficiarys_and_its_storage_goes_in_time() {
		chain(|| {
			let text = with_manifest(&counter(), manifest(Permission::Deployer));
			let contract = deployed_with(&text, 500, &[]);
			let trie_id = ContractInfoOf::<Test>::get(&contract).unwrap().trie_id;
			let (all, before) = (Balances::total_balance(&contract), Balances::free_balance(&BOB));
			assert_ok!(Contracts::terminate(signed(&ALICE), contract.clone(), BOB));
			assert_eq!(Balances::free_balance(&BOB), before + all);
			assert!(!System::account_exists(&contract));
			assert_eq!(CodeInfoOf::<Test>::get(hash_of(&text)).unwrap().contracts, 0);
			assert_eq!(call(&BOB, &contract, "add"), Err(Error::<Test>::NoContract.into()));

			assert_eq!(DeletionQueue::<Test>::iter().count(), 1);
			assert!(Contracts::delete_some(Weight::zero()).all_lte(Weight::zero()));
			assert_eq!(DeletionQueue::<Test>::iter().count(), 1);
			let time = Weight::from_parts(1_000_000_000, 0);
			assert!(Contracts::delete_some(time).all_lte(time));
			assert_eq!(DeletionQueue::<Test>::iter().count(), 0);
			assert_eq!(
				frame_support::storage::child::len(
					&crate::deletion::trie(&trie_id),
					&crate::host::place(&[0; 4])
				),
				None
			);
			// At the same address there is a new one then, with nothing of the old one.
			assert_eq!(deployed(&text), contract);
			assert_ne!(ContractInfoOf::<Test>::get(&contract).unwrap().trie_id, trie_id);
		});
	}

	#[test]
	fn other_code_by_its_own_if_that_allows_it() {
		chain(|| {
			let new = hash_of(&idle());
			let text = knowing(
				SET_CODE,
				&AccountId::new(new.0),
				0,
				"",
				"(i64.store (i32.const 65542) (i64.extend_i32_s (call $set_code (i32.const 0))))",
			);
			let closed = deployed(&text);
			let code_of = |contract| ContractInfoOf::<Test>::get(contract).unwrap().code_hash;
			assert_eq!(answer(&closed, "x"), i64::from(i32::from(abi::ReturnCode::NotAllowed)));
			let text = with_manifest(&text, manifest(Permission::Contract));
			// There is no such code yet.
			let open = deployed(&text);
			assert_eq!(code_of(&open), hash_of(&text));
			assert_ok!(Contracts::upload_code(signed(&BOB), code(&idle())));
			assert_ok!(call(&BOB, &open, "x"));
			assert_eq!(code_of(&open), new);
			assert_eq!(CodeInfoOf::<Test>::get(new).unwrap().contracts, 1);
			assert_eq!(CodeInfoOf::<Test>::get(hash_of(&text)).unwrap().contracts, 0);
		});
	}

	#[test]
	fn by_its_own_code_if_that_allows_it() {
		chain(|| {
			let end = "(call $end (i32.const 0) (i32.const 32))";
			let once = |body: &str| {
				format!(
					"(if (i32.eq (i32.const -1) (call $read (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
						(then (call $write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
						(else {body}))"
				)
			};
			let imports = format!("{READ}{WRITE}{END}");
			let text = knowing(&imports, &BOB, 0, "", &once(end));
			let refused = deployed(&text);
			let error = Error::<Test>::CapabilityViolation;
			assert_err!(call(&ALICE, &refused, "end"), error);
			let text = with_manifest(&text, manifest(Permission::Contract));
			let contract = deployed(&text);
			assert_ok!(call(&ALICE, &contract, "end"));
			assert!(!System::account_exists(&contract));
		});
	}
}

#[test]
fn the_deposit_for_code_that_is_brought_counts_too() {
	chain(|| {
		let text = counter();
		let call = VmCall { function: "new".into(), args: Vec::new() };
		let simulate = |limit| {
			frame_support::storage::with_transaction(|| {
				let (brought, call) = (CodeSource::Brought(code(&text).into()), call.clone());
				let simulation =
					Contracts::simulate_deploy(ALICE, brought, call, 0, PLENTY, limit, Vec::new());
				let result = Ok::<_, DispatchError>(simulation);
				frame_support::storage::TransactionOutcome::Rollback(result)
			})
			.unwrap()
		};
		let charged = simulate(MUCH).deposit_charged;
		assert!(charged > deposits::price::<Test>(2, code(&text).len() as u32));
		// Too little is told what would do.
		let short = simulate(charged - 1);
		assert_eq!(short.result, Err(Error::<Test>::DepositLimit.into()));
		assert_eq!(short.deposit_charged, charged);
		let deploy = |limit| {
			let (function, salt) = ("new".into(), Salt::default());
			let (origin, code) = (signed(&ALICE), code(&text));
			Contracts::deploy_code(origin, code, function, Vec::new(), 0, PLENTY, limit, salt)
				.map(|_| ())
				.map_err(|error| error.error)
		};
		assert_noop!(
			frame_support::storage::with_storage_layer(|| deploy(charged - 1)),
			Error::<Test>::DepositLimit
		);
		let before = Balances::free_balance(ALICE);
		assert_ok!(deploy(charged));
		assert_eq!(Balances::free_balance(ALICE), before - charged);
	});
}

#[test]
fn a_trace_shows_what_lies_where_a_function_is_told_to_look() {
	chain(|| {
		let contract = deployed(&counter());
		let asked = VmCall { function: "x".into(), args: Vec::new() };
		let (steps, _, _) =
			Contracts::trace_call(BOB, contract, asked, 0, MOST_GAS_ASKED, MUCH, 10);
		let key = vec![0; 4];
		let [read, write] = &steps[..] else { panic!("{steps:?}") };
		// What it took is the function's price for the key and the value, without the instructions
		// between the two.
		let price = mbongo_vm::Function::StorageRead;
		let fuel = [price.cost(4), price.bytes(8)].map(|cost| cost.picos.div_ceil(PICOS_PER_FUEL));
		let gas = fuel.iter().sum::<u64>() / FUEL_PER_GAS;
		assert_eq!(read.gas_before - read.gas_after, gas);
		// Which are one block with those before, and paid when it begins.
		assert_eq!(read.gas_after, write.gas_before);
		assert_eq!(read.bytes, [key.clone(), 1u64.encode()]);
		assert_eq!(write.bytes, [key, 2u64.encode()]);
	});
}

#[test]
fn what_is_only_asked_ends() {
	chain(|| {
		// It is made under a name of another length.
		let is_x = "(i32.eq (i32.load8_u offset=1 (local.get $at)) (i32.const 4))";
		let contract = deployed(&guest("", &format!("(if {is_x} (then (loop $l (br $l))))"), 8));
		let asked = VmCall { function: "x".into(), args: Vec::new() };
		let error: DispatchError = Error::<Test>::OutOfGas.into();
		let most = Gas::MAX;
		assert_eq!(Contracts::view(BOB, contract.clone(), asked.clone(), most), Err(error));
		let (_, traced, gas) =
			Contracts::trace_call(BOB, contract.clone(), asked.clone(), 0, most, MUCH, 10);
		assert_eq!((traced, gas), (Err(error), MOST_GAS_ASKED));
		let simulation = Contracts::simulate_call(BOB, contract, asked, 0, most, MUCH);
		assert_eq!((simulation.result, simulation.gas_used), (Err(error), MOST_GAS_ASKED));
	});
}
