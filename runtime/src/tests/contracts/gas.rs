//! What a simulation says a call uses is what its receipt says, to the unit. `Chain::send` compares the
//! two, here for calls that end in every way.

use super::*;
use mbongo_contract_examples::{COUNTER, PROBE, TOKEN};
use pallet_contracts::TrapReason;

fn ask(to: &AccountId, function: &str, arg: &[u8]) -> Vec<Vec<u8>> {
	args![to, function, arg, 0u128, None::<u64>]
}

#[test]
fn it_is_for_calls_that_end_in_every_way() {
	let mut chain = Chain::new();
	let probe = chain.deploy(Alice, PROBE, args![]);
	let other = chain.deploy(Alice, PROBE, args![]);
	let counter = chain.deploy(Bob, COUNTER, args![5u64]);

	// That succeed: write, write again, delete, which gives gas back.
	let (key, value) = (vec![1u8; 20], vec![2u8; 500]);
	for was_there in [false, true] {
		let kept = chain.call(Bob, &probe, "keep", args![key, value]);
		assert_eq!(kept.answer::<bool>(), was_there);
	}
	assert!(chain.call(Charlie, &probe, "remove", args![key]).answer::<bool>());
	assert!(!chain.call(Charlie, &probe, "remove", args![key]).answer::<bool>());
	// That call others, which answer, refuse, are none, or have too little gas.
	let echoed = chain.call(Bob, &probe, "ask", ask(&other, "echo", &[7; 300]));
	assert_eq!(echoed.answer::<Vec<u8>>(), [7; 300]);
	assert_eq!(chain.call(Bob, &probe, "ask", ask(&counter, "no", &[])).refusal(), 102);
	assert_eq!(chain.call(Bob, &probe, "ask", ask(&other, "refuse", &[])).refusal(), 102);
	let nobody = Dave.to_account_id();
	assert_eq!(chain.call(Bob, &probe, "ask", ask(&nobody, "x", &[])).refusal(), 101);
	let little = args![other, "echo", vec![7u8; 300], 0u128, Some(1_000u64)];
	assert_eq!(chain.call(Bob, &probe, "ask", little).refusal(), 101);
	// That make another, pay, take other code, end.
	let made: Address =
		chain.call(Bob, &probe, "make", args![code_hash(PROBE), vec![9u8], 0u128]).answer();
	let received = chain.pay(Bob, &probe, units::MBO, "value", args![]);
	assert_eq!(received.answer::<Balance>(), units::MBO);
	chain.call(Bob, &probe, "pay", args![address(Dave), units::MBO]).answer::<()>();
	chain.call(Bob, &made.into(), "become_other", args![code_hash(COUNTER)]).answer::<()>();
	assert_eq!(chain.ask::<u64>(&made.into(), "get", args![]), 0);
	chain.call(Bob, &other, "end", args![address(Dave)]).answer::<()>();

	// That fail.
	let failed = |outcome: Outcome| outcome.result.unwrap_err();
	assert_eq!(chain.call(Bob, &counter, "no", args![]).refusal(), 2);
	let trapped = Error::<Runtime>::Trapped(TrapReason(mbongo_vm::abi::Trap::Unreachable));
	assert_eq!(failed(chain.call(Bob, &probe, "refuse", args![0u32])), trapped.into());
	assert_eq!(chain.call(Bob, &probe, "refuse", args![7u32]).refusal(), 100);
	let gone = failed(chain.call(Bob, &other, "echo", args![vec![0u8]]));
	assert_eq!(gone, Error::<Runtime>::NoContract.into());
	let (value, gas_limit, deposit_limit) = (0, GAS, 0);
	let VmCall { function, args } = asked("say", args!["something new"]);
	let contract = probe.clone();
	let say = Call::call { contract, function, args, value, gas_limit, deposit_limit };
	let no_deposit = failed(chain.send(Bob, say));
	assert_eq!(no_deposit, Error::<Runtime>::DepositLimit.into());
	let poor = failed(chain.pay(Bob, &probe, 2_000_000 * units::MBO, "value", args![]));
	assert_eq!(poor, Error::<Runtime>::Insufficient.into());
}

#[test]
fn it_is_for_deployments_too() {
	let mut chain = Chain::new();
	let about = args!["One", "ONE", 0u8, 1_000u128];
	let token = chain.deployment(TOKEN, "deploy", about.clone());
	assert_ok!(chain.send(Bob, token.clone()).result);
	// It is there already; so is its code, which another is made of.
	let again = chain.send(Bob, token).result;
	assert_eq!(again, Err(Error::<Runtime>::ContractExists.into()));
	let deploy = |code_hash: Hash| Call::deploy {
		code_hash,
		function: "deploy".into(),
		args: about.clone(),
		value: 0,
		gas_limit: GAS,
		deposit_limit: DEPOSIT,
		salt: Default::default(),
	};
	assert_ok!(chain.send(Charlie, deploy(code_hash(TOKEN))).result);
	let none = chain.send(Charlie, deploy(Hash::zero())).result;
	assert_eq!(none, Err(Error::<Runtime>::NoCode.into()));
	let refused = chain.deployment(TOKEN, "deploy", args!["One"]);
	assert_eq!(chain.send(Bob, refused).refusal(), 4);
	let nonsense = chain.deployment(&[0; 100], "deploy", args![]);
	assert!(matches!(chain.send(Bob, nonsense).result, Err(DispatchError::Module(_))));
}

#[test]
fn needed_is_enough_and_one_less_is_not() {
	let mut chain = Chain::new();
	let contract = chain.deploy(Bob, COUNTER, args![5u64]);
	let call = |gas_limit: u64| Call::call {
		contract: contract.clone(),
		function: "add".into(),
		args: args![2u64],
		value: 0,
		gas_limit,
		deposit_limit: DEPOSIT,
	};
	let needed = chain.simulate(Bob, &call(GAS)).expect("it can be").gas_needed;
	for gas in [0, 1, needed / 2, needed - 1] {
		let short = chain.send(Bob, call(gas));
		assert_eq!(short.result, Err(Error::<Runtime>::OutOfGas.into()), "{gas}");
		assert_eq!(short.gas, gas, "all of it is paid for");
	}
	assert_ok!(chain.send(Bob, call(needed)).result);
	assert_eq!(chain.ask::<u64>(&contract, "get", args![]), 7);
}

#[test]
fn it_depends_on_nothing_but_the_call() {
	use polkadot_sdk::sp_runtime::traits::Dispatchable;
	let mut chain = Chain::new();
	let counter = chain.deploy(Bob, COUNTER, args![5u64]);
	let VmCall { function, args } = asked("get", args![]);
	let (contract, value, gas_limit, deposit_limit) = (counter, 0, GAS, DEPOSIT);
	let call = Call::call { contract, function, args, value, gas_limit, deposit_limit };
	let call = RuntimeCall::from(call);
	let gas = |call: &RuntimeCall| {
		let done = call.clone().dispatch(RuntimeOrigin::signed(Bob.to_account_id()));
		let weight = done.expect("it can be called").actual_weight;
		weight.expect("it says what it took").ref_time()
	};
	chain.block_with(|| {
		// Nothing that was made ready for one serves the next, alone or in a batch.
		let once = gas(&call);
		assert_eq!(gas(&call), once);
		let batch = |count| {
			let calls = vec![call.clone(); count];
			gas(&RuntimeCall::Utility(pallet_utility::Call::batch_all { calls }))
		};
		assert_eq!(batch(3) - batch(2), batch(2) - batch(1));
		assert!(batch(3) - batch(2) >= once);
	});
}

#[test]
fn a_simulation_has_what_a_transaction_can_have() {
	let most = pallet_contracts::MOST_GAS_ASKED;
	let limits = configs::RuntimeBlockWeights::get();
	let class = limits.get(DispatchClass::Normal);
	let of_a_transaction = class.max_extrinsic.expect("there is a limit").ref_time();
	let asked = most * mbongo_gas::PICOS_PER_GAS;
	assert!(asked <= of_a_transaction && asked > of_a_transaction / 10 * 9);
}

#[test]
fn randomness_is_of_blocks_that_are_over() {
	let mut chain = Chain::new();
	let probe = chain.deploy(Alice, PROBE, args![]);
	let now = chain.number + 1;
	let random = |block: u32| {
		let (caller, call) = (Alice.to_account_id(), asked("random", args![block]));
		let output = Runtime::view(caller, probe.clone(), call, GAS).expect("it answers");
		Option::<[u8; 32]>::decode_all(&mut &output.data[..]).expect("it is of this type")
	};
	chain.block_with(|| {
		let last = random(now - 1).expect("it is over");
		assert_eq!(Pouw::beacon(now - 1), Some(last.into()));
		assert_eq!((random(now), random(now + 1)), (None, None));
	});
}
