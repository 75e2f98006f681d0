//! What a contract answers can be checked with a header and a proof alone: the same answer, or none.

use super::*;
use mbongo_contract_examples::{COUNTER, PROBE, TOKEN};
use mbongo_vm::{
	proof::{verify, ProofError, Question},
	VmError,
};
use polkadot_sdk::frame_support::{storage::storage_prefix, Blake2_128Concat, StorageHasher};
use proptest::prelude::*;

type Answer = Result<VmOutput, DispatchError>;
type Nodes = Vec<Vec<u8>>;

/// A chain with contracts, some blocks and sessions old.
struct Proven {
	chain: Chain,
	counter: AccountId,
	token: AccountId,
	probe: AccountId,
	/// Passes what it is asked on to the counter.
	passes_on: AccountId,
}

const KEY: [u8; 3] = [1, 2, 3];

fn passing_on(to: &AccountId) -> Vec<u8> {
	let output = VmOutput { abi: 1, status: 0, data: vec![0; 8] }.encode();
	let text = format!(
		r#"(module
			(import "mbongo" "call" (func $call (param i32 i32 i64 i32 i32) (result i32)))
			(import "mbongo" "output_copy" (func $copy (param i32 i32) (result i32)))
			(memory (export "memory") 1)
			{} {} {}
			(func (export "alloc") (param i32) (result i32) (i32.const 1024))
			(func (export "output_len") (result i32) (i32.const {}))
			(func (export "execute") (param i32 i32) (result i32)
				(drop (call $call
					(i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64) (i32.const 5)))
				(drop (call $copy (i32.const 518) (i32.const 8)))
				(i32.const 512)))"#,
		data(0, to.as_ref()),
		data(64, &asked("get", args![]).encode()),
		data(512, &output),
		output.len(),
	);
	wat::parse_str(text).expect("it is WASM")
}

impl Proven {
	fn new() -> Self {
		let mut chain = Chain::new();
		let counter = chain.deploy(Bob, COUNTER, args![5u64]);
		let token = chain.deploy(Bob, TOKEN, args!["One", "ONE", 0u8, 1_000u128]);
		let probe = chain.deploy(Bob, PROBE, args![]);
		// Larger than what a trie keeps in its nodes.
		let keep = args![KEY.to_vec(), vec![7u8; 300]];
		chain.call(Bob, &probe, "keep", keep).answer::<bool>();
		chain.call(Charlie, &counter, "add", args![2u64]).answer::<u64>();
		let passes_on = chain.deploy_as(Bob, &passing_on(&counter), "new", args![]);
		// Two of them are the first of a session.
		chain.pass(40);
		let root = *chain.state.backend.root();
		assert_eq!(chain.root, root, "the header has the root of the state");
		Self { chain, counter, token, probe, passes_on }
	}

	fn questions(&self) -> Vec<Question> {
		let questions = [
			(&self.counter, asked("get", args![])),
			(&self.counter, asked("no", args![])),
			(&self.counter, asked("add", args![1u64])),
			(&self.token, asked("name", args![])),
			(&self.token, asked("balance_of", args![address(Bob)])),
			(&self.token, asked("balance_of", args![address(Dave)])),
			(&self.probe, asked("seen", args![])),
			(&self.probe, asked("kept", args![KEY.to_vec()])),
			(&self.probe, asked("kept", args![vec![9u8; 3]])),
			(&self.probe, asked("random", args![2u32])),
			(&self.probe, asked("random", args![1_000u32])),
			(&self.probe, asked("refuse", args![0u32])),
			(&self.probe, asked("refuse", args![7u32])),
			(&self.probe, asked("hashes", args![vec![1u8; 9]])),
			(&self.passes_on, asked("get", args![])),
		];
		let question = |(contract, call): (&AccountId, VmCall)| Question {
			caller: address(Charlie),
			contract: contract.clone().into(),
			call,
			gas_limit: GAS,
		};
		questions.map(question).into()
	}

	/// What the runtime answers, and the parts of the state that it has read.
	fn prove(&mut self, question: &Question) -> (Answer, Nodes) {
		let Question { caller, contract, call, gas_limit } = question.clone();
		let (answer, proof) = self
			.chain
			.state
			.execute_and_prove(|| Runtime::view(caller.into(), contract.into(), call, gas_limit));
		(answer, proof.into_iter_nodes().collect())
	}

	/// The parts of the state in which these items lie.
	fn prove_items(&mut self, items: &[Item]) -> Nodes {
		let (_, proof) = self.chain.state.execute_and_prove(|| {
			for item in items {
				match item {
					Item::Plain(key) => drop(sp_io::storage::get(key)),
					Item::Kept(trie_id, key) => {
						let _ = sp_io::default_child_storage::get(trie_id, key);
					}
				}
			}
		});
		proof.into_iter_nodes().collect()
	}
}

/// A place in the state, or in a contract's own.
#[derive(Clone, Debug)]
enum Item {
	Plain(Vec<u8>),
	Kept([u8; 8], Vec<u8>),
}

/// A checked answer as the runtime would give it.
fn as_told(checked: Result<VmOutput, VmError>) -> Answer {
	checked.map_err(|error| Error::<Runtime>::from(error).into())
}

#[test]
fn a_proof_shows_what_the_runtime_answers() {
	let mut proven = Proven::new();
	for question in proven.questions() {
		let (answer, nodes) = proven.prove(&question);
		let checked = verify(proven.chain.root, nodes, &question).expect("it is proven");
		assert_eq!(as_told(checked), answer, "{question:?}");
	}
	// They are what they should be.
	let root = proven.chain.root;
	let (counter, probe) = (proven.counter.clone(), proven.probe.clone());
	let passes_on = proven.passes_on.clone();
	let mut data = |contract: &AccountId, call: VmCall| {
		let (caller, contract) = (address(Charlie), contract.clone().into());
		let question = Question { caller, contract, call, gas_limit: GAS };
		let (_, nodes) = proven.prove(&question);
		verify(root, nodes, &question).unwrap().unwrap().data
	};
	assert_eq!(data(&counter, asked("get", args![])), 7u64.encode());
	assert_eq!(data(&passes_on, asked("get", args![])), 7u64.encode());
	let kept = data(&probe, asked("kept", args![KEY.to_vec()]));
	assert_eq!(kept, Some(vec![7u8; 300]).encode());
	assert!(data(&probe, asked("random", args![2u32])).len() > 32);
	let seen = data(&probe, asked("seen", args![]));
	let (caller, _, this, block, epoch, ..) =
		<(Address, Address, Address, u32, u32, bool, Balance, Balance)>::decode(&mut &seen[..])
			.unwrap();
	assert_eq!((caller, this), (address(Charlie), probe.into()));
	assert_eq!(block, proven.chain.number);
	assert_eq!(epoch, proven.chain.look(Session::current_index));
	assert!(epoch > 0);
}

#[test]
fn a_proof_with_anything_missing_or_altered_shows_nothing_else() {
	let mut proven = Proven::new();
	let root = proven.chain.root;
	for question in proven.questions() {
		let (answer, nodes) = proven.prove(&question);
		let is_nothing_else = |tampered: Nodes| match verify(root, tampered, &question) {
			Err(error) => {
				assert_eq!(error, ProofError::Incomplete);
				true
			}
			Ok(checked) => {
				assert_eq!(as_told(checked), answer);
				false
			}
		};
		let (mut refused, mut tried) = (0, 0);
		for place in 0..nodes.len() {
			let mut less = nodes.clone();
			less.remove(place);
			refused += u32::from(is_nothing_else(less));
			for bit in [0, 7, nodes[place].len() * 4, nodes[place].len() * 8 - 1] {
				let mut altered = nodes.clone();
				altered[place][bit / 8] ^= 1 << (bit % 8);
				refused += u32::from(is_nothing_else(altered));
			}
			tried += 5;
		}
		// All that the runtime has read is needed.
		assert_eq!(refused, tried, "{:?}", question.call);
		assert!(is_nothing_else(Vec::new()));
	}
}

#[test]
fn a_proof_is_for_its_root_and_question() {
	let mut proven = Proven::new();
	let root = proven.chain.root;
	let questions = proven.questions();
	for question in &questions {
		let (_, nodes) = proven.prove(question);
		for bit in (0..256).step_by(17) {
			let mut other = root;
			other.0[bit / 8] ^= 1 << (bit % 8);
			let checked = verify(other, nodes.clone(), question);
			assert_eq!(checked, Err(ProofError::Incomplete));
		}
		// Of another question it shows nothing, or what is true.
		let mut others = questions.clone();
		others.extend([
			Question { caller: address(Dave), ..question.clone() },
			Question { contract: address(Dave), ..question.clone() },
			Question { gas_limit: 0, ..question.clone() },
			Question { gas_limit: 20_000, ..question.clone() },
		]);
		for other in others {
			let (truth, _) = proven.prove(&other);
			match verify(root, nodes.clone(), &other) {
				Ok(checked) => assert_eq!(as_told(checked), truth),
				Err(ProofError::NoContract) => {
					assert_eq!(truth, Err(Error::<Runtime>::NoContract.into()));
				}
				Err(error) => assert_eq!(error, ProofError::Incomplete),
			}
		}
	}
	// What was true before another block is not shown for the next.
	let question = &questions[0];
	let (_, before) = proven.prove(question);
	let counter = proven.counter.clone();
	proven.chain.call(Bob, &counter, "add", args![1u64]).answer::<u64>();
	assert_eq!(verify(proven.chain.root, before, question), Err(ProofError::Incomplete));
	let (answer, now) = proven.prove(question);
	assert_eq!(answer.unwrap().data, 8u64.encode());
	assert!(verify(proven.chain.root, now, question).is_ok());
	let too_long = Question { call: asked(&"x".repeat(65), args![]), ..question.clone() };
	assert_eq!(verify(root, vec![], &too_long), Err(ProofError::TooLong));
}

/// Gas ends at the same place for who checks as for the runtime.
#[test]
fn a_proof_is_checked_with_the_gas_of_the_runtime() {
	let mut proven = Proven::new();
	for question in proven.questions() {
		let out = Err(Error::<Runtime>::OutOfGas.into());
		let mut answer = |gas_limit: u64| {
			let question = Question { gas_limit, ..question.clone() };
			let (answer, nodes) = proven.prove(&question);
			let checked = verify(proven.chain.root, nodes, &question).expect("it is proven");
			assert_eq!(as_told(checked), answer, "{gas_limit}");
			answer
		};
		// The least that is enough.
		let (mut too_little, mut enough) = (0, GAS);
		assert_ne!(answer(enough), out);
		while enough - too_little > 1 {
			let middle = (enough + too_little) / 2;
			match answer(middle) == out {
				true => too_little = middle,
				false => enough = middle,
			}
		}
		assert!(enough > 10_000, "{enough}");
	}
}

/// Who checks reads where the pallets write: a proof of just these items is one, and without any of
/// them it is none.
#[test]
fn a_proof_is_of_the_items_that_the_pallets_keep() {
	use pallet_contracts::{CodeInfoOf, CodeOf, ContractInfoOf};
	let mut proven = Proven::new();
	let root = proven.chain.root;
	let of_contract = |chain: &mut Chain, contract: &AccountId| {
		let info = chain.look(|| Runtime::contract(contract.clone())).expect("it is one");
		let items = [
			ContractInfoOf::<Runtime>::hashed_key_for(contract),
			CodeInfoOf::<Runtime>::hashed_key_for(info.code_hash),
			CodeOf::<Runtime>::hashed_key_for(info.code_hash),
		];
		(info.trie_id, items.map(Item::Plain).to_vec())
	};
	let of_call = [
		// The item is the pallet's own.
		Item::Plain(storage_prefix(b"System", b"Number").to_vec()),
		Item::Plain(pallet_session::CurrentIndex::<Runtime>::hashed_key().to_vec()),
	];
	let account =
		|who: &AccountId| Item::Plain(frame_system::Account::<Runtime>::hashed_key_for(who));
	let kept = |trie_id, key: &[u8]| Item::Kept(trie_id, Blake2_128Concat::hash(key));
	let (counter, probe) = (proven.counter.clone(), proven.probe.clone());
	let passes_on = proven.passes_on.clone();
	let (trie_of_probe, probes) = of_contract(&mut proven.chain, &probe);
	let (trie_of_counter, counters) = of_contract(&mut proven.chain, &counter);
	let (_, passing) = of_contract(&mut proven.chain, &passes_on);
	let count = kept(trie_of_counter, b"\x05count");
	let by_key = kept(trie_of_probe, &[&b"\x06by_key"[..], &KEY.to_vec().encode()].concat());
	let beacon = Item::Plain(pallet_pouw::Beacons::<Runtime>::hashed_key_for(2));
	let cases = [
		(
			&probe,
			asked("seen", args![]),
			probes.clone(),
			vec![account(&probe), account(&Charlie.to_account_id())],
		),
		(&probe, asked("kept", args![KEY.to_vec()]), probes.clone(), vec![by_key]),
		(&probe, asked("random", args![2u32]), probes, vec![beacon]),
		(&counter, asked("get", args![]), counters.clone(), vec![count.clone()]),
		(&passes_on, asked("get", args![]), passing, [counters, vec![count]].concat()),
	];
	for (contract, call, of_contract, more) in cases {
		let (caller, contract) = (address(Charlie), contract.clone().into());
		let question = Question { caller, contract, call, gas_limit: GAS };
		let (answer, _) = proven.prove(&question);
		let items = [of_call.to_vec(), of_contract, more].concat();
		let nodes = proven.prove_items(&items);
		assert_eq!(verify(root, nodes, &question).map(as_told), Ok(answer));
		for place in 0..items.len() {
			let mut less = items.clone();
			less.remove(place);
			let nodes = proven.prove_items(&less);
			let checked = verify(root, nodes, &question);
			assert_eq!(checked, Err(ProofError::Incomplete), "{:?}", items[place]);
		}
	}
}

/// Code that other rules have let in is judged again where it runs, which who checks does not do.
#[test]
fn nothing_is_proven_with_code_that_other_rules_let_in() {
	let mut proven = Proven::new();
	let question = proven.questions().remove(0);
	proven.chain.state.execute_with(|| {
		pallet_contracts::CodeInfoOf::<Runtime>::mutate(code_hash(COUNTER), |info| {
			info.as_mut().expect("there is such code").facts.admission_version = 0;
		});
	});
	proven.chain.state.commit_all().expect("it can be committed");
	let root = *proven.chain.state.backend.root();
	let (answer, nodes) = proven.prove(&question);
	assert_eq!(answer.expect("it is judged again").data, 7u64.encode());
	assert_eq!(verify(root, nodes, &question), Err(ProofError::OtherRules));
}

proptest! {
	/// Bytes from anywhere, among those of a proof or instead of them, show nothing else.
	#[test]
	fn no_bytes_show_another_answer(
		place in any::<prop::sample::Index>(),
		bytes in prop::collection::vec(any::<u8>(), 0..200),
		is_instead in any::<bool>(),
	) {
		use std::sync::LazyLock;
		static PROVEN: LazyLock<(Hash, Question, Answer, Nodes)> = LazyLock::new(|| {
			let mut proven = Proven::new();
			let question = proven.questions().remove(0);
			let (answer, nodes) = proven.prove(&question);
			(proven.chain.root, question, answer, nodes)
		});
		let (root, question, answer, nodes) = &*PROVEN;
		let mut nodes = nodes.clone();
		let place = place.index(nodes.len());
		match is_instead {
			true => nodes[place] = bytes,
			false => nodes.push(bytes),
		}
		match verify(*root, nodes, question) {
			Ok(checked) => prop_assert_eq!(&as_told(checked), answer),
			Err(error) => prop_assert!(is_instead && error == ProofError::Incomplete),
		}
	}
}
