//! The examples in the real runtime, each deployed and used; the escrow attacked.

use super::*;
use compute_client::compute_client::CALLBACK_GAS;
use mbongo_contract_examples::{COMPUTE_CLIENT, COUNTER, COUNTER_WAT, CROWDFUND, ESCROW, PROBE};
use mbongo_vm::abi::{Manifest, ReturnCode};
use polkadot_sdk::frame_support::{storage::child, Blake2_128Concat, StorageHasher};
use units::MBO;

#[test]
fn a_counter_by_the_sdk_and_by_hand_counts() {
	let mut chain = Chain::new();
	for code in [COUNTER, COUNTER_WAT] {
		let contract = chain.deploy(Bob, code, args![5u64]);
		let added = chain.call(Charlie, &contract, "add", args![2u64]);
		assert_eq!(added.answer::<u64>(), 7);
		assert_eq!(added.told(), [(&b"Added"[..], &(2u64, 7u64).encode()[..])]);
		assert_eq!(chain.ask::<u64>(&contract, "get", args![]), 7);
		let before = chain.kept(&contract);
		let refused = [
			(chain.call(Bob, &contract, "subtract", args![1u64]), 2),
			(chain.pay(Bob, &contract, 1, "add", args![1u64]), 3),
			(chain.call(Bob, &contract, "add", args![]), 4),
			(chain.call(Bob, &contract, "add", args![1u32]), 5),
			(chain.call(Bob, &contract, "deploy", args![1u64]), 6),
			(chain.call(Bob, &contract, "add", args![u64::MAX]), 100),
		];
		for (outcome, status) in refused {
			assert_eq!(outcome.refusal(), status);
		}
		assert_eq!(chain.kept(&contract), before);
	}
}

/// Bob buys of Charlie, and Dave decides.
fn escrow(chain: &mut Chain, price: Balance, blocks: u32) -> AccountId {
	let terms = args![address(Bob), address(Charlie), address(Dave), price, blocks];
	chain.deploy(Alice, ESCROW, terms)
}

#[test]
fn an_escrow_pays_the_seller_or_the_buyer_and_once() {
	const NOT_ALLOWED: u32 = 100;
	const NOT_THE_PRICE: u32 = 101;
	const NOT_OPEN: u32 = 102;
	const NOT_FUNDED: u32 = 103;
	const TOO_EARLY: u32 = 104;
	let mut chain = Chain::new();
	let price = 5 * MBO;

	let released = escrow(&mut chain, price, 3);
	assert_eq!(chain.call(Bob, &released, "release", args![]).refusal(), NOT_FUNDED);
	let deposit = |chain: &mut Chain, contract: &AccountId, who: Sr25519Keyring, value: Balance| {
		chain.pay(who, contract, value, "deposit", args![])
	};
	assert_eq!(deposit(&mut chain, &released, Charlie, price).refusal(), NOT_ALLOWED);
	assert_eq!(deposit(&mut chain, &released, Bob, price - 1).refusal(), NOT_THE_PRICE);
	deposit(&mut chain, &released, Bob, price).answer::<()>();
	assert_eq!(deposit(&mut chain, &released, Bob, price).refusal(), NOT_OPEN);
	assert_eq!(chain.call(Charlie, &released, "release", args![]).refusal(), NOT_ALLOWED);
	let before = chain.free(&Charlie.to_account_id());
	chain.call(Bob, &released, "release", args![]).answer::<()>();
	assert_eq!(chain.free(&Charlie.to_account_id()), before + price);
	assert_eq!(chain.free(&released), units::EXISTENTIAL_DEPOSIT);
	for function in ["release", "refund"] {
		assert_eq!(chain.call(Dave, &released, function, args![]).refusal(), NOT_FUNDED);
	}

	// The buyer has it back when time has passed, or when the arbiter says so.
	let late = escrow(&mut chain, price, 3);
	deposit(&mut chain, &late, Bob, price).answer::<()>();
	for _ in 0..3 {
		assert_eq!(chain.call(Bob, &late, "refund", args![]).refusal(), TOO_EARLY);
	}
	let refunded = chain.call(Bob, &late, "refund", args![]);
	refunded.answer::<()>();
	assert_eq!(refunded.told(), [(&b"Paid"[..], &(address(Bob), price).encode()[..])]);
	let judged = escrow(&mut chain, price, 1_000);
	deposit(&mut chain, &judged, Bob, price).answer::<()>();
	let before = chain.free(&Bob.to_account_id());
	chain.call(Dave, &judged, "refund", args![]).answer::<()>();
	assert_eq!(chain.free(&Bob.to_account_id()), before + price);
}

#[test]
fn a_contract_that_is_paid_by_an_escrow_takes_note_of_it() {
	let mut chain = Chain::new();
	let (price, seller) = (5 * MBO, chain.deploy(Charlie, PROBE, args![]));
	let terms = args![address(Bob), seller, address(Dave), price, 3u32];
	let escrow = chain.deploy(Alice, ESCROW, terms);
	chain.pay(Bob, &escrow, price, "deposit", args![]).answer::<()>();
	chain.call(Bob, &escrow, "release", args![]).answer::<()>();
	assert_eq!(chain.free(&seller), units::EXISTENTIAL_DEPOSIT + price);
	// The first time it keeps something, which takes the most gas.
	assert_eq!(chain.ask::<Balance>(&seller, "received", args![]), price);
}

/// A contract that has an escrow release its price whenever it is called: by somebody, and again as
/// it is paid. It may insist on the second time.
fn thief(escrow: &AccountId, insists: bool) -> Vec<u8> {
	let call = asked("release", args![]).encode();
	let output = VmOutput { abi: 1, status: 0, data: vec![] }.encode();
	let manifest = Manifest { is_reentrant: true, ..Manifest::default() }.encode();
	let manifest: String = manifest.iter().map(|byte| format!("\\{byte:02x}")).collect();
	let second = if insists { "(if (local.get $len) (then (unreachable)))" } else { "" };
	let text = format!(
		r#"(module
			(import "mbongo" "call" (func $call (param i32 i32 i64 i32 i32) (result i32)))
			(memory (export "memory") 1)
			{} {} {}
			(func (export "alloc") (param i32) (result i32) (i32.const 1024))
			(func (export "output_len") (result i32) (i32.const {}))
			(func (export "execute") (param $at i32) (param $len i32) (result i32)
				;; Not when it is made, by a function whose name has three letters.
				(if (i32.ne (i32.load8_u offset=1 (local.get $at)) (i32.const 12)) (then
					(local.set $len (call $call
						(i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64) (i32.const {})))
					{second}))
				(i32.const 512))
			(@custom "mbongo" "{manifest}"))"#,
		data(0, escrow.as_ref()),
		data(64, &call),
		data(512, &output),
		output.len(),
		call.len(),
	);
	wat::parse_str(text).expect("it is WASM")
}

#[test]
fn an_escrow_that_is_attacked_by_calling_back_pays_once() {
	for insists in [false, true] {
		let mut chain = Chain::new();
		let price = 5 * MBO;
		// The thief is to be paid, and decides when. Its code knows where the escrow will be.
		let at = chain.next_address(Alice, ESCROW);
		let code = thief(&at, insists);
		chain.deployed += 1;
		let thief = chain.deploy_as(Charlie, &code, "new", args![]);
		chain.deployed -= 2;
		let terms = args![address(Bob), thief, thief, price, 1_000u32];
		let escrow = chain.deploy(Alice, ESCROW, terms);
		assert_eq!(escrow, at);
		chain.pay(Bob, &escrow, price, "deposit", args![]).answer::<()>();
		// There is more to be had than the price.
		let more = 20 * price;
		let gift = pallet_balances::Call::transfer_allow_death {
			dest: escrow.clone().into(),
			value: more,
		};
		assert_ok!(chain.block(Dave, RuntimeCall::Balances(gift)).result);

		// As it is paid it calls the escrow, which waits: that is refused by name.
		let (who, contract) = (Charlie.to_account_id(), thief.clone());
		let (steps, ..) = chain.look(|| {
			Runtime::trace_call(who, contract, asked("go", args![]), 0, GAS, DEPOSIT, 1_000)
		});
		let calls_of_thief: Vec<_> = steps
			.iter()
			.filter(|step| step.contract == thief && step.function == "call")
			.map(|step| (step.depth, step.result))
			.collect();
		let (reentered, done) = (ReturnCode::Reentered as i64, ReturnCode::Done as i64);
		assert_eq!(calls_of_thief, [(2, Ok(Some(reentered))), (0, Ok(Some(done)))]);

		assert_ok!(chain.call(Charlie, &thief, "go", args![]).result);
		let least = units::EXISTENTIAL_DEPOSIT;
		assert_eq!((chain.free(&thief), chain.free(&escrow)), (least + price, least + more));
		// Nor is there anything later.
		chain.call(Charlie, &thief, "go", args![]);
		assert_eq!((chain.free(&thief), chain.free(&escrow)), (least + price, least + more));
		assert_eq!(chain.call(Bob, &escrow, "release", args![]).refusal(), 103);
	}
}

#[test]
fn a_crowdfund_pays_its_owner_or_everybody_back() {
	const OVER: u32 = 102;
	const NOT_THE_OWNER: u32 = 104;
	const GOAL_NOT_REACHED: u32 = 105;
	const GOAL_REACHED: u32 = 106;
	const TOO_EARLY: u32 = 107;
	const ALREADY_CLAIMED: u32 = 108;
	const NO_CONTRIBUTION: u32 = 109;
	let mut chain = Chain::new();
	let late = chain.deployment(CROWDFUND, "deploy", args![10 * MBO, 0u32]);
	assert_eq!(chain.send(Dave, late).refusal(), 100);

	let good = chain.deploy(Dave, CROWDFUND, args![10 * MBO, 100u32]);
	let told = chain.pay(Bob, &good, 6 * MBO, "contribute", args![]);
	told.answer::<()>();
	let contributed = (address(Bob), 6 * MBO, 6 * MBO).encode();
	assert_eq!(told.told(), [(&b"Contributed"[..], &contributed[..])]);
	assert_eq!(chain.call(Dave, &good, "claim", args![]).refusal(), GOAL_NOT_REACHED);
	assert_eq!(chain.call(Bob, &good, "refund", args![]).refusal(), TOO_EARLY);
	chain.pay(Charlie, &good, 5 * MBO, "contribute", args![]).answer::<()>();
	assert_eq!(chain.call(Bob, &good, "refund", args![]).refusal(), GOAL_REACHED);
	assert_eq!(chain.call(Bob, &good, "claim", args![]).refusal(), NOT_THE_OWNER);
	let claimed = chain.call(Dave, &good, "claim", args![]);
	claimed.answer::<()>();
	assert_eq!(claimed.told(), [(&b"Claimed"[..], &(11 * MBO).encode()[..])]);
	assert_eq!(chain.free(&good), units::EXISTENTIAL_DEPOSIT);
	assert_eq!(chain.call(Dave, &good, "claim", args![]).refusal(), ALREADY_CLAIMED);
	assert_eq!(chain.pay(Bob, &good, 1, "contribute", args![]).refusal(), OVER);

	let deadline = chain.number + 3;
	let poor = chain.deploy(Dave, CROWDFUND, args![10 * MBO, deadline]);
	chain.pay(Bob, &poor, 6 * MBO, "contribute", args![]).answer::<()>();
	chain.pay(Charlie, &poor, 3 * MBO, "contribute", args![]).answer::<()>();
	assert_eq!(chain.number, deadline);
	assert_eq!(chain.pay(Dave, &poor, MBO, "contribute", args![]).refusal(), OVER);
	let before = chain.free(&Bob.to_account_id());
	let refunded = chain.call(Bob, &poor, "refund", args![]);
	refunded.answer::<()>();
	assert_eq!(refunded.told(), [(&b"Refunded"[..], &(address(Bob), 6 * MBO).encode()[..])]);
	// But for the fee of asking, less the deposit of what is kept no more.
	let after = chain.free(&Bob.to_account_id());
	assert!(after > before + 6 * MBO - MBO && after < before + 6 * MBO + MBO);
	assert_eq!(chain.call(Bob, &poor, "refund", args![]).refusal(), NO_CONTRIBUTION);
	assert_eq!(chain.free(&poor), units::EXISTENTIAL_DEPOSIT + 3 * MBO);
	chain.call(Charlie, &poor, "refund", args![]).answer::<()>();
	assert_eq!(chain.call(Dave, &poor, "claim", args![]).refusal(), GOAL_NOT_REACHED);
}

#[test]
fn work_cannot_be_ordered_yet_and_nothing_is_lost() {
	const NOT_ORDERED: u32 = 101;
	let mut chain = Chain::new();
	// Dave plays the account that tasks are told by.
	let client = chain.deploy(Alice, COMPUTE_CLIENT, args![address(Dave)]);
	let before = chain.kept(&client);
	let order = args![b"a task".to_vec(), MBO, address(Charlie)];
	assert_eq!(chain.pay(Bob, &client, 3 * MBO, "order", order).refusal(), NOT_ORDERED);
	assert_eq!(chain.free(&client), units::EXISTENTIAL_DEPOSIT, "the money is Bob's again");
	assert_eq!(chain.kept(&client), before);
	assert_eq!(
		chain.ask::<Option<(Address, Address, Balance)>>(&client, "order_of", args![0u64]),
		None
	);
	// What the host says is that nobody offers it.
	let probe = chain.deploy(Alice, PROBE, args![]);
	let ordered = chain.call(Bob, &probe, "order", args![b"a task".to_vec(), MBO]);
	assert_eq!(ordered.refusal(), 101);
	let said = (1u8, i32::from(ReturnCode::Unavailable)).encode();
	assert_eq!(ordered.output.expect("it says why").data, said);
	// Nothing was ordered, so nothing came of it; and what is nobody's reward is the owner's.
	let judged = |chain: &mut Chain, who| {
		chain.call(who, &client, "judged", vec![0u64.encode(), vec![1]]).refusal()
	};
	assert_eq!((judged(&mut chain, Bob), judged(&mut chain, Dave)), (102, 103));
	assert_eq!(chain.call(Bob, &client, "collect", args![0u128]).refusal(), 104);
	chain.call(Alice, &client, "collect", args![0u128]).answer::<()>();
}

#[test]
fn what_came_of_an_order_can_be_told_with_the_gas_that_is_ordered_for_it() {
	let mut chain = Chain::new();
	// Dave plays the account that tasks are told by; Bob has put up a reward for somebody new.
	let client = chain.deploy(Alice, COMPUTE_CLIENT, args![address(Dave)]);
	let reward = 3 * MBO;
	let gift =
		pallet_balances::Call::transfer_allow_death { dest: client.clone().into(), value: reward };
	assert_ok!(chain.block(Bob, RuntimeCall::Balances(gift)).result);
	let (task, somebody) = (7u64, [99; 32]);
	let order = (address(Bob), somebody, reward).encode();
	let score = 50i32.encode().encode();
	let simulation = chain.look(|| {
		// What `order` keeps, which nobody takes yet.
		pallet_contracts::ContractInfoOf::<Runtime>::mutate(&client, |info| {
			let info = info.as_mut().expect("it is a contract");
			let trie = child::ChildInfo::new_default(&info.trie_id);
			let kept = [
				([&b"\x06orders"[..], &task.encode()].concat(), order),
				(b"\x07pledged".to_vec(), reward.encode()),
			];
			for (key, value) in kept {
				child::put_raw(&trie, &Blake2_128Concat::hash(&key), &value);
				info.items += 1;
				info.bytes += (key.len() + value.len()) as u32;
			}
		});
		let (pallet, told) =
			(Dave.to_account_id(), vec![task.encode(), [&[0], &score[..]].concat()]);
		let call = asked("judged", told);
		let simulation = Runtime::simulate_call(pallet, client, call, 0, CALLBACK_GAS, DEPOSIT);
		assert_eq!(Balances::free_balance(AccountId::from(somebody)), reward);
		simulation
	});
	assert_eq!(simulation.result.map(|output| output.status), Ok(0));
	println!("{} gas of {CALLBACK_GAS} are used", simulation.gas_needed);
}
