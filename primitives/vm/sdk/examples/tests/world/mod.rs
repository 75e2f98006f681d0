//! Contracts in memory, run by the machine. What they do beyond their own instructions has no price here.

#![allow(dead_code)] // Each file of tests uses some of it.

use codec::{Decode, Encode};
use mbongo_contract::crypto::blake2_256;
use mbongo_vm::{
	abi::{Address, Permission, ReturnCode, ABI_VERSION},
	admit, limits, run, CallRequest, ComputeRequest, DeployRequest, Facts, Host, Meter, Mode,
	Modules, VmCall, VmError, VmInput, VmOutput,
};
use std::collections::BTreeMap;

pub const ALICE: Address = [1; 32];
pub const BOB: Address = [2; 32];
pub const PLENTY: u64 = 1_000_000_000;

/// All that there is.
#[derive(Clone, Default)]
pub struct World {
	pub codes: BTreeMap<[u8; 32], (Vec<u8>, Facts)>,
	pub contracts: BTreeMap<Address, [u8; 32]>,
	pub storage: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
	pub balances: BTreeMap<Address, u128>,
	pub logs: Vec<(Address, Vec<u8>)>,
	pub events: Vec<(Address, Vec<u8>, Vec<u8>)>,
	pub tasks: Vec<(Vec<u8>, u128, Vec<u8>, u64)>,
	pub random: BTreeMap<u32, [u8; 32]>,
	pub mode: Option<Mode>,
	pub value: u128,
	/// The gas that the last call has used.
	pub gas: u64,
}

impl World {
	/// In which Alice has much.
	pub fn new() -> Self {
		Self { balances: [(ALICE, 1_000_000)].into(), ..Self::default() }
	}

	pub fn upload(&mut self, code: &[u8]) -> [u8; 32] {
		let facts = admit(code, limits::CONTRACT_PAGES).unwrap();
		let hash = blake2_256(code);
		self.codes.insert(hash, (code.to_vec(), facts));
		hash
	}

	/// A contract of this code that was not deployed by anybody.
	pub fn put(&mut self, at: Address, code: &[u8]) {
		let hash = self.upload(code);
		self.contracts.insert(at, hash);
	}

	/// Calls as Alice, with the world's value. What is not a success is undone.
	pub fn call(
		&mut self,
		contract: Address,
		function: &str,
		args: &[Vec<u8>],
	) -> Result<VmOutput, VmError> {
		let before = self.clone();
		let call = VmCall { function: function.into(), args: args.to_vec() };
		let mut meter = Meter::new(PLENTY);
		let value = self.value;
		let mut modules = Modules::default();
		let mut outside = Frame { world: self, modules: &mut modules, stack: vec![ALICE] };
		let result = match outside.world.pay(&ALICE, &contract, value) {
			ReturnCode::Done => outside.enter(contract, value, call, &mut meter),
			_ => panic!("Alice has less"),
		};
		if !result.as_ref().is_ok_and(VmOutput::is_success) {
			*self = before;
		}
		self.gas = meter.used();
		result
	}

	/// What a success answers.
	pub fn ask<T: Decode>(&mut self, contract: Address, function: &str, args: &[Vec<u8>]) -> T {
		let output = self.call(contract, function, args).unwrap();
		assert!(output.is_success(), "{function}: {output:?}");
		T::decode(&mut &output.data[..]).unwrap()
	}

	/// The status of a refusal, and its data.
	pub fn refused(
		&mut self,
		contract: Address,
		function: &str,
		args: &[Vec<u8>],
	) -> (u32, Vec<u8>) {
		let output = self.call(contract, function, args).unwrap();
		assert!(!output.is_success(), "{function}");
		(output.status, output.data)
	}

	pub fn balance(&self, who: &Address) -> u128 {
		self.balances.get(who).copied().unwrap_or_default()
	}

	fn pay(&mut self, from: &Address, to: &Address, amount: u128) -> ReturnCode {
		let Some(left) = self.balance(from).checked_sub(amount) else {
			return ReturnCode::Insufficient;
		};
		self.balances.insert(*from, left);
		*self.balances.entry(*to).or_default() += amount;
		ReturnCode::Done
	}
}

/// The contracts that run; the one on top is the host's. At the bottom is who signs.
struct Frame<'a> {
	world: &'a mut World,
	modules: &'a mut Modules,
	stack: Vec<Address>,
}

impl Frame<'_> {
	fn this(&self) -> Address {
		*self.stack.last().unwrap()
	}

	fn enter(
		&mut self,
		contract: Address,
		value: u128,
		call: VmCall,
		meter: &mut Meter,
	) -> Result<VmOutput, VmError> {
		let hash = self.world.contracts[&contract];
		let code = self.world.codes[&hash].clone();
		let bytes = code.0.len() as u32;
		let module = self.modules.load::<VmError>(hash, bytes, meter, |_| Ok(code))?;
		let input = VmInput {
			abi: ABI_VERSION,
			function: call.function,
			args: call.args,
			caller: self.this(),
			origin: ALICE,
			contract,
			value,
			block: 7,
			epoch: 1,
			mode: self.world.mode.unwrap_or(Mode::Standard),
			capability: None,
		};
		self.stack.push(contract);
		let result = run(&module, limits::CONTRACT_PAGES, &input, self, meter);
		self.stack.pop();
		result
	}

	/// Enters for the contract on top: what the world is then, and what it is told.
	fn enter_above(
		&mut self,
		contract: Address,
		value: u128,
		call: VmCall,
		gas: u64,
		meter: &mut Meter,
		before: World,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		let mut nested = meter.nested(gas);
		let result = self.enter(contract, value, call, &mut nested);
		let stays = result.as_ref().is_ok_and(VmOutput::is_success);
		if !stays {
			*self.world = before;
		}
		meter.absorb(nested, stays)?;
		Ok(match result {
			Ok(output) if stays => (ReturnCode::Done, Some(output)),
			Ok(output) => (ReturnCode::Refused, Some(output)),
			Err(_) => (ReturnCode::Failed, None),
		})
	}

	fn manifest(&self) -> mbongo_vm::Manifest {
		self.world.codes[&self.world.contracts[&self.this()]].1.manifest
	}
}

impl Host for Frame<'_> {
	fn contract(&self) -> Address {
		self.this()
	}

	fn is_read_only(&self) -> bool {
		self.world.mode == Some(Mode::View)
	}

	fn log(&mut self, line: &[u8]) -> Result<(), VmError> {
		let this = self.this();
		self.world.logs.push((this, line.to_vec()));
		Ok(())
	}

	fn balance(&mut self, who: &Address, _: &mut Meter) -> Result<u128, VmError> {
		Ok(self.world.balance(who))
	}

	fn transfer(
		&mut self,
		from: &Address,
		to: &Address,
		amount: u128,
		_: &mut Meter,
	) -> Result<ReturnCode, VmError> {
		Ok(self.world.pay(from, to, amount))
	}

	fn storage_read(&mut self, key: &[u8], _: &mut Meter) -> Result<Option<Vec<u8>>, VmError> {
		Ok(self.world.storage.get(&(self.this(), key.to_vec())).cloned())
	}

	fn storage_write(
		&mut self,
		key: &[u8],
		value: Option<&[u8]>,
		_: &mut Meter,
	) -> Result<bool, VmError> {
		let at = (self.this(), key.to_vec());
		let before = match value {
			Some(value) => self.world.storage.insert(at, value.to_vec()),
			None => self.world.storage.remove(&at),
		};
		Ok(before.is_some())
	}

	fn emit_event(&mut self, topic: &[u8], data: &[u8]) -> Result<(), VmError> {
		let this = self.this();
		self.world.events.push((this, topic.to_vec(), data.to_vec()));
		Ok(())
	}

	fn call(
		&mut self,
		request: CallRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		let CallRequest { contract, value, gas, call } = request;
		let Some(hash) = self.world.contracts.get(&contract) else {
			return Ok((ReturnCode::Absent, None));
		};
		let is_reentrant = self.world.codes[hash].1.manifest.is_reentrant;
		if self.stack.contains(&contract) && !is_reentrant {
			return Ok((ReturnCode::Reentered, None));
		}
		let before = self.world.clone();
		match self.world.pay(&self.this(), &contract, value) {
			ReturnCode::Done => self.enter_above(contract, value, call, gas, meter, before),
			code => Ok((code, None)),
		}
	}

	fn deploy(
		&mut self,
		request: DeployRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Address, Option<VmOutput>), VmError> {
		let DeployRequest { code_hash, salt, value, gas, call } = request;
		if !self.world.codes.contains_key(&code_hash) {
			return Ok((ReturnCode::Absent, Address::default(), None));
		}
		let contract = blake2_256(&(self.this(), code_hash, salt).encode());
		if self.world.contracts.contains_key(&contract) {
			return Ok((ReturnCode::Exists, Address::default(), None));
		}
		let before = self.world.clone();
		self.world.contracts.insert(contract, code_hash);
		if self.world.pay(&self.this(), &contract, value) != ReturnCode::Done {
			*self.world = before;
			return Ok((ReturnCode::Insufficient, Address::default(), None));
		}
		let (code, output) = self.enter_above(contract, value, call, gas, meter, before)?;
		Ok((code, contract, output))
	}

	fn set_code(&mut self, code_hash: &[u8; 32], _: &mut Meter) -> Result<ReturnCode, VmError> {
		if self.manifest().upgrade != Permission::Contract {
			return Ok(ReturnCode::NotAllowed);
		}
		if !self.world.codes.contains_key(code_hash) {
			return Ok(ReturnCode::Absent);
		}
		let this = self.this();
		self.world.contracts.insert(this, *code_hash);
		Ok(ReturnCode::Done)
	}

	fn terminate(&mut self, beneficiary: &Address, _: &mut Meter) -> Result<(), VmError> {
		if self.manifest().terminate != Permission::Contract {
			return Err(VmError::CapabilityViolation);
		}
		let this = self.this();
		let all = self.world.balance(&this);
		self.world.pay(&this, beneficiary, all);
		self.world.contracts.remove(&this);
		Ok(())
	}

	fn request_compute(
		&mut self,
		request: ComputeRequest,
		_: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError> {
		let ComputeRequest { spec, max_fee, callback, gas } = request;
		match max_fee {
			0 => Ok(Err(ReturnCode::Unavailable)),
			max_fee => {
				self.world.tasks.push((spec.to_vec(), max_fee, callback.to_vec(), gas));
				Ok(Ok(self.world.tasks.len() as u64))
			}
		}
	}

	fn random_at(&mut self, block: u32, _: &mut Meter) -> Result<Option<[u8; 32]>, VmError> {
		Ok(self.world.random.get(&block).copied())
	}
}
