//! Contracts in blocks of the real runtime, with signed transactions and receipts: the examples, and
//! what may be relied on: what a simulation says, and what a proof shows.

mod erc20;
mod examples;
mod gas;
mod prices;
mod proofs;

use super::{execution::signed, *};
use codec::{Decode, DecodeAll, Encode};
use mbongo_primitives::{execution::Status, Balance, Hash};
use mbongo_vm::{abi::Address, VmCall, VmOutput};
use pallet_contracts::{
	api::runtime_decl_for_contracts_api::ContractsApiV1, Call, CodeSource, Error, Event, Simulation,
};
use polkadot_sdk::{
	frame_support::storage::transactional::with_transaction_unchecked,
	sp_runtime::{StateVersion, TransactionOutcome},
};

const GAS: u64 = 100_000_000;
const DEPOSIT: Balance = 100 * units::MBO;

/// Arguments of a contract's function, each encoded.
macro_rules! args {
	($($argument:expr),*) => { vec![$($argument.encode()),*] };
}
use args;

/// The development chain.
struct Chain {
	state: sp_io::TestExternalities,
	number: u32,
	slot: u64,
	/// The last block's hash, and the root of its state, which is in its header.
	parent: Hash,
	root: Hash,
	deployed: u8,
}

/// What came of a transaction.
struct Outcome {
	result: Result<(), DispatchError>,
	/// The gas of its receipt, without that of being a transaction of such bytes.
	gas: u64,
	/// What the contracts' pallet has told.
	events: Vec<Event<Runtime>>,
	/// What the contract has answered, or by what it has refused.
	output: Option<VmOutput>,
}

impl Outcome {
	/// What the contract has answered.
	#[track_caller]
	fn answer<T: Decode>(&self) -> T {
		assert_ok!(self.result);
		let output = self.output.as_ref().expect("it has answered");
		assert_eq!(output.status, 0);
		T::decode_all(&mut &output.data[..]).expect("it is of this type")
	}

	/// By which of its own numbers the contract has refused.
	#[track_caller]
	fn refusal(&self) -> u32 {
		assert_eq!(self.result, Err(Error::<Runtime>::Refused.into()));
		self.output.as_ref().expect("it says why").status
	}

	/// What contracts tell: topics and data.
	fn told(&self) -> Vec<(&[u8], &[u8])> {
		let told = self.events.iter().filter_map(|event| match event {
			Event::Emitted { topic, data, .. } => Some((&topic[..], &data[..])),
			_ => None,
		});
		told.collect()
	}
}

fn address(who: Sr25519Keyring) -> Address {
	who.to_account_id().into()
}

fn asked(function: &str, args: Vec<Vec<u8>>) -> VmCall {
	VmCall { function: function.into(), args }
}

impl Chain {
	fn new() -> Self {
		let mut state = sp_io::TestExternalities::default();
		let genesis = full_genesis(json("development"));
		state.execute_with(|| build_state::<RuntimeGenesisConfig>(genesis).expect("it builds"));
		state.commit_all().expect("it can be committed");
		let none = Hash::zero();
		Self { state, number: 0, slot: 999, parent: none, root: none, deployed: 0 }
	}

	/// Asks something, which changes nothing.
	fn look<R>(&mut self, ask: impl FnOnce() -> R) -> R {
		self.state
			.execute_with(|| with_transaction_unchecked(|| TransactionOutcome::Rollback(ask())))
	}

	/// The next block, with a transaction. A session's first block has room for none.
	fn block(&mut self, who: Sr25519Keyring, call: RuntimeCall) -> Outcome {
		let slots = self.look(<Runtime as pallet_babe::Config>::EpochDuration::get);
		// Sessions are counted from the first block's slot.
		if self.number > 0 && (self.slot + 1).is_multiple_of(slots) {
			self.block_with(|| ());
		}
		let result = self.block_with(|| {
			let nonce = System::account_nonce(who.to_account_id());
			let transaction = signed(who, nonce, 0, call.clone());
			Executive::apply_extrinsic(transaction).expect("it is valid")
		});
		self.look(|| {
			let receipt = &Execution::receipts()[1];
			assert_eq!(receipt.status == Status::Success, result.is_ok());
			let gas = receipt.gas_used - 21_000 - mbongo_gas::data(&call.encode());
			let events = System::events().into_iter().filter_map(|record| match record.event {
				RuntimeEvent::Contracts(event) => Some(event),
				_ => None,
			});
			Outcome { result, gas, events: events.collect(), output: None }
		})
	}

	/// The next block, with what is done in it.
	fn block_with<R>(&mut self, work: impl FnOnce() -> R) -> R {
		let (number, slot, parent) = (self.number + 1, self.slot + 1, self.parent);
		let (header, result) = self.state.execute_with(|| {
			let none = Hash::zero();
			Executive::initialize_block(&Header::new(number, none, none, parent, slot_claim(slot)));
			let now = slot * time::SLOT_MILLIS;
			let set_time = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
			Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(set_time))
				.expect("it is valid")
				.expect("time can be set");
			let result = work();
			let header = Executive::finalize_block();
			invariants::Accounts::check().expect("accounts have what there is");
			(header, result)
		});
		self.state.commit_all().expect("it can be committed");
		(self.number, self.slot) = (number, slot);
		(self.parent, self.root) = (header.hash(), *header.state_root());
		result
	}

	/// Blocks without anything of interest.
	fn pass(&mut self, blocks: u32) {
		for _ in 0..blocks {
			let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![] });
			assert_ok!(self.block(Alice, remark).result);
		}
	}

	/// What a call would come to, if it is one that can be simulated.
	fn simulate(
		&mut self,
		who: Sr25519Keyring,
		sent: &Call<Runtime>,
	) -> Option<Simulation<AccountId>> {
		let (who, sent) = (who.to_account_id(), sent.clone());
		self.look(|| match sent {
			Call::call { contract, function, args, value, gas_limit, deposit_limit } => {
				let call = VmCall { function, args };
				Some(Runtime::simulate_call(who, contract, call, value, gas_limit, deposit_limit))
			}
			Call::deploy { code_hash, function, args, value, gas_limit, deposit_limit, salt } => {
				Some(Runtime::simulate_deploy(
					who,
					CodeSource::Stored(code_hash),
					VmCall { function, args },
					value,
					gas_limit,
					deposit_limit,
					salt.into(),
				))
			}
			Call::deploy_code { code, function, args, value, gas_limit, deposit_limit, salt } => {
				Some(Runtime::simulate_deploy(
					who,
					CodeSource::Brought(code.into()),
					VmCall { function, args },
					value,
					gas_limit,
					deposit_limit,
					salt.into(),
				))
			}
			_ => None,
		})
	}

	/// The next block, with a call of the contracts' pallet. What a simulation says before is what
	/// happens, and the gas is that of the receipt, to the unit.
	fn send(&mut self, who: Sr25519Keyring, call: Call<Runtime>) -> Outcome {
		let simulation = self.simulate(who, &call);
		let mut outcome = self.block(who, call.into());
		let Some(simulation) = simulation else { return outcome };
		assert_eq!(simulation.result.clone().map(|_| ()), outcome.result);
		assert_eq!(simulation.gas_used, outcome.gas);
		assert!(simulation.gas_used <= simulation.gas_needed);
		let emitted = simulation.events.iter().filter_map(|event| match event {
			pallet_contracts::ContractEvent::Emitted { topic, data, .. } => {
				Some((&topic[..], &data[..]))
			}
			_ => None,
		});
		assert_eq!(emitted.collect::<Vec<_>>(), outcome.told());
		if let Some(made) = simulation.deployed {
			let is_it = |event: &Event<Runtime>| matches!(event, Event::Deployed { contract, .. } if *contract == made);
			assert!(outcome.events.iter().any(is_it));
		}
		outcome.output = simulation.result.ok().or(simulation.refusal);
		outcome
	}

	/// Has somebody call a contract.
	fn call(
		&mut self,
		who: Sr25519Keyring,
		contract: &AccountId,
		function: &str,
		args: Vec<Vec<u8>>,
	) -> Outcome {
		self.pay(who, contract, 0, function, args)
	}

	/// Has somebody call a contract with money.
	fn pay(
		&mut self,
		who: Sr25519Keyring,
		contract: &AccountId,
		value: Balance,
		function: &str,
		args: Vec<Vec<u8>>,
	) -> Outcome {
		let VmCall { function, args } = asked(function, args);
		let (contract, gas_limit, deposit_limit) = (contract.clone(), GAS, DEPOSIT);
		let call = Call::call { contract, function, args, value, gas_limit, deposit_limit };
		self.send(who, call)
	}

	/// A deployment of code with a salt of its own.
	fn deployment(&mut self, code: &[u8], function: &str, args: Vec<Vec<u8>>) -> Call<Runtime> {
		self.deployed += 1;
		Call::deploy_code {
			code: code.to_vec().try_into().expect("it is short"),
			function: function.into(),
			args,
			value: 0,
			gas_limit: GAS,
			deposit_limit: DEPOSIT,
			salt: vec![self.deployed].try_into().expect("it is short"),
		}
	}

	/// Where the next deployment of code goes.
	fn next_address(&mut self, who: Sr25519Keyring, code: &[u8]) -> AccountId {
		let (code_hash, salt) = (code_hash(code), vec![self.deployed + 1]);
		self.look(|| Runtime::address_of(who.to_account_id(), code_hash, salt))
	}

	/// Has somebody deploy a contract.
	fn deploy_as(
		&mut self,
		who: Sr25519Keyring,
		code: &[u8],
		function: &str,
		args: Vec<Vec<u8>>,
	) -> AccountId {
		let contract = self.next_address(who, code);
		let deployment = self.deployment(code, function, args);
		let outcome = self.send(who, deployment);
		assert_ok!(outcome.result);
		let (deployer, code_hash) = (who.to_account_id(), code_hash(code));
		let deployed = Event::Deployed { contract: contract.clone(), deployer, code_hash };
		assert!(outcome.events.contains(&deployed));
		contract
	}

	fn deploy(&mut self, who: Sr25519Keyring, code: &[u8], args: Vec<Vec<u8>>) -> AccountId {
		self.deploy_as(who, code, "deploy", args)
	}

	/// What a contract answers to who only looks.
	#[track_caller]
	fn ask<T: Decode>(&mut self, contract: &AccountId, function: &str, args: Vec<Vec<u8>>) -> T {
		let (contract, call) = (contract.clone(), asked(function, args));
		let caller = Alice.to_account_id();
		let output = self.look(|| Runtime::view(caller, contract, call, GAS));
		let output = output.expect("it can be asked");
		assert_eq!(output.status, 0);
		T::decode_all(&mut &output.data[..]).expect("it is of this type")
	}

	fn free(&mut self, who: &AccountId) -> Balance {
		self.look(|| Balances::free_balance(who))
	}

	/// The root of all that a contract keeps.
	fn kept(&mut self, contract: &AccountId) -> Vec<u8> {
		self.look(|| {
			let info = Runtime::contract(contract.clone()).expect("there is such a contract");
			sp_io::default_child_storage::root(&info.trie_id, StateVersion::V1)
		})
	}
}

fn code_hash(code: &[u8]) -> Hash {
	sp_io::hashing::blake2_256(code).into()
}

/// Bytes in the text of a guest's memory.
fn data(at: u32, bytes: &[u8]) -> String {
	let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
	format!("(data (i32.const {at}) \"{bytes}\")")
}
