//! The development chain in memory, whose runtime is asked natively or as WASM, by the same interface.

use codec::{Decode, Encode};
use mbongo_gas::Gas;
use mbongo_primitives::{limits, units, AccountId, Balance, Hash};
use mbongo_runtime::{Balances, Contracts, RuntimeOrigin, System, WASM_BINARY};
use mbongo_vm::VmCall;
use pallet_contracts::{CodeBytes, Simulation, MOST_GAS_ASKED};
use polkadot_sdk::{
	sc_chain_spec::GenesisConfigBuilderRuntimeCaller,
	sc_executor::WasmExecutor,
	sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
	sp_externalities::Externalities,
	sp_io::{self, hashing::blake2_256},
	sp_keyring::Sr25519Keyring::Alice,
	sp_runtime::traits::BlakeTwo256,
	sp_state_machine::TestExternalities,
};
use std::time::{Duration, Instant};

pub const ALL_GAS: Gas = MOST_GAS_ASKED;
pub const ALL_DEPOSITS: Balance = Balance::MAX / 2;

/// Where the runtime runs.
#[derive(Clone, Copy)]
pub enum Machine {
	Native,
	InRuntime,
}
pub use Machine::{InRuntime, Native};

pub struct Chain {
	state: TestExternalities<BlakeTwo256>,
	executor: WasmExecutor<sp_io::SubstrateHostFunctions>,
	code: Vec<u8>,
	code_hash: Vec<u8>,
	/// How many contracts were deployed.
	deployed: u32,
	/// What the runtime has of memory; less shows whether something needs much.
	pub heap_pages: u64,
}

impl Chain {
	pub fn new() -> Self {
		let code = WASM_BINARY.expect("the runtime is built").to_vec();
		let genesis =
			GenesisConfigBuilderRuntimeCaller::<sp_io::SubstrateHostFunctions>::new(&code)
				.get_storage_for_named_preset(Some(&"development".to_string()))
				.expect("there is such a preset");
		let state = TestExternalities::new_with_code(&code, genesis);
		let code_hash = blake2_256(&code).to_vec();
		let executor = WasmExecutor::builder().build();
		let heap_pages = limits::HEAP_PAGES;
		let mut chain = Self { state, executor, code, code_hash, deployed: 0, heap_pages };
		// There are blocks that are over.
		chain.change(|| System::set_block_number(1_000));
		chain
	}

	/// What a call of Alice's would come to, and how long it takes to say so.
	pub fn simulate(
		&mut self,
		machine: Machine,
		contract: &AccountId,
		call: &VmCall,
	) -> (Simulation<AccountId>, Duration) {
		let alice = Alice.to_account_id();
		let asked = (alice, contract, call, 0_u128, ALL_GAS, ALL_DEPOSITS).encode();
		let (answer, took) = self.ask(machine, "ContractsApi_simulate_call", &asked);
		(Simulation::decode(&mut &answer[..]).expect("it is a simulation"), took)
	}

	/// What the runtime answers. Nothing stays changed.
	fn ask(&mut self, machine: Machine, method: &str, data: &[u8]) -> (Vec<u8>, Duration) {
		self.state.ext().storage_start_transaction();
		let began = Instant::now();
		let answer = match machine {
			Native => self
				.state
				.execute_with(|| mbongo_runtime::api::dispatch(method, data))
				.expect("there is such a function"),
			InRuntime => {
				let fetcher = WrappedRuntimeCode((&self.code).into());
				let hash = self.code_hash.clone();
				let code =
					RuntimeCode { code_fetcher: &fetcher, heap_pages: Some(self.heap_pages), hash };
				let context = CallContext::Offchain;
				let (answer, _) =
					self.executor.call(&mut self.state.ext(), &code, method, data, context);
				answer.expect("the runtime answers")
			}
		};
		let took = began.elapsed();
		self.state.ext().storage_rollback_transaction().expect("one was started");
		(answer, took)
	}

	/// Makes a contract of Alice's. It has money when it is called next.
	pub fn deploy(&mut self, code: &[u8], call: VmCall) -> AccountId {
		let alice = Alice.to_account_id();
		let code: CodeBytes = code.to_vec().try_into().expect("it is short enough");
		let hash = Hash::from(blake2_256(&code));
		self.deployed += 1;
		let salt = self.deployed.encode();
		self.change(|| {
			let origin = RuntimeOrigin::signed(alice.clone());
			let given = salt.clone().try_into().expect("it is short enough");
			let VmCall { function, args } = call;
			Contracts::deploy_code(origin, code, function, args, 0, ALL_GAS, ALL_DEPOSITS, given)
				.expect("it can be deployed");
			let contract = Contracts::address_of(&alice, hash, &salt);
			let (origin, to) = (RuntimeOrigin::signed(alice), contract.clone().into());
			Balances::transfer_allow_death(origin, to, units::MBO).expect("Alice is rich");
			contract
		})
	}

	/// Has something happen in this state.
	pub fn change<R>(&mut self, change: impl FnOnce() -> R) -> R {
		let result = self.state.execute_with(|| {
			let result = change();
			// Each question would take them along.
			System::reset_events();
			result
		});
		self.state.commit_all().expect("the state can be kept");
		result
	}
}

pub fn call(function: &str, args: &[Vec<u8>]) -> VmCall {
	VmCall { function: function.into(), args: args.to_vec() }
}
