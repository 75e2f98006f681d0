//! A world of contracts in memory, and guests written by hand.

mod abuse;
mod counter;
#[allow(dead_code)] // what the node's benchmark needs
mod guests;
mod heap;
mod host_functions;
mod meter;
mod nested;
mod rules;
mod spec_suite;
mod spec_text;
mod stack;

use crate::{
	abi::{Address, ReturnCode, VmError, ABI_VERSION},
	admit, limits, run, CallRequest, ComputeRequest, DeployRequest, Facts, Host, HostCall,
	Manifest, Meter, Mode, Modules, VmCall, VmInput, VmOutput,
};
use codec::{Decode, Encode};
use mbongo_gas::{Gas, Operation};
use std::collections::BTreeMap;

pub const ALICE: Address = [1; 32];
pub const CONTRACT: Address = [100; 32];
pub const OTHER: Address = [101; 32];
pub const PLENTY: Gas = 100_000_000;

/// A contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contract {
	pub hash: [u8; 32],
	pub code: Vec<u8>,
	pub facts: Facts,
	pub storage: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// All that there is.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct World {
	pub contracts: BTreeMap<Address, Contract>,
	pub balances: BTreeMap<Address, u128>,
	pub logs: Vec<Vec<u8>>,
	pub events: Vec<(Address, Vec<u8>, Vec<u8>)>,
	pub random: BTreeMap<u32, [u8; 32]>,
}

/// A host whose contracts are all in memory.
pub struct Frame<'a> {
	pub world: &'a mut World,
	pub modules: &'a mut Modules,
	pub waiting: Vec<Address>,
	pub contract: Address,
	pub is_read_only: bool,
	pub seen: Vec<Seen>,
}

/// A call of a function of the host, as it was watched.
#[derive(Clone, Debug)]
pub struct Seen {
	pub name: &'static str,
	pub arguments: Vec<i64>,
	pub result: Result<Option<i64>, VmError>,
	/// What it took.
	pub gas: Gas,
}

impl World {
	/// With a contract of this code, in text.
	pub fn with(text: &str) -> Self {
		let mut world = Self::default();
		world.put(CONTRACT, text);
		world
	}

	pub fn put(&mut self, at: Address, text: &str) {
		let code = wasm(text);
		let facts = admit(&code, limits::CONTRACT_PAGES).unwrap();
		let hash = sp_io::hashing::blake2_256(&code);
		let storage = BTreeMap::new();
		self.contracts.insert(at, Contract { hash, code, facts, storage });
	}

	/// Calls the contract with plenty of gas.
	pub fn call(&mut self, function: &str, args: &[&[u8]]) -> Result<VmOutput, VmError> {
		self.call_with(PLENTY, Mode::Standard, function, args).0
	}

	/// Calls the contract. What failed or was refused is undone.
	pub fn call_with(
		&mut self,
		gas: Gas,
		mode: Mode,
		function: &str,
		args: &[&[u8]],
	) -> (Result<VmOutput, VmError>, Meter) {
		let mut meter = Meter::new(gas);
		let before = self.clone();
		let call = VmCall {
			function: function.into(),
			args: args.iter().map(|arg| arg.to_vec()).collect(),
		};
		let mut modules = Modules::default();
		let result = Frame::new(self, &mut modules, mode).run(ALICE, 0, call, &mut meter);
		if !result.as_ref().is_ok_and(VmOutput::is_success) {
			*self = before;
		}
		(result, meter)
	}

	fn balance_of(&self, who: &Address) -> u128 {
		self.balances.get(who).copied().unwrap_or_default()
	}

	fn pay(&mut self, from: &Address, to: &Address, amount: u128) -> ReturnCode {
		let Some(left) = self.balance_of(from).checked_sub(amount) else {
			return ReturnCode::Insufficient;
		};
		if amount == 0 {
			return ReturnCode::Done;
		}
		self.balances.insert(*from, left);
		*self.balances.entry(*to).or_default() += amount;
		ReturnCode::Done
	}
}

impl<'a> Frame<'a> {
	/// Of the contract, which no other one waits for.
	pub fn new(world: &'a mut World, modules: &'a mut Modules, mode: Mode) -> Self {
		Self {
			world,
			modules,
			waiting: Vec::new(),
			contract: CONTRACT,
			is_read_only: mode == Mode::View,
			seen: Vec::new(),
		}
	}

	fn run(
		&mut self,
		caller: Address,
		value: u128,
		call: VmCall,
		meter: &mut Meter,
	) -> Result<VmOutput, VmError> {
		let contract = self.world.contracts[&self.contract].clone();
		let bytes = contract.code.len() as u32;
		let module = self.modules.load(contract.hash, bytes, meter, |_| {
			Ok::<_, VmError>((contract.code.clone(), contract.facts))
		})?;
		let mode = if self.is_read_only { Mode::View } else { Mode::Standard };
		let input = VmInput {
			abi: ABI_VERSION,
			function: call.function,
			args: call.args,
			caller,
			origin: ALICE,
			contract: self.contract,
			value,
			block: 7,
			epoch: 1,
			mode,
			capability: None,
		};
		run(&module, limits::CONTRACT_PAGES, &input, self, meter)
	}
}

impl Host for Frame<'_> {
	fn contract(&self) -> Address {
		self.contract
	}

	fn is_read_only(&self) -> bool {
		self.is_read_only
	}

	fn log(&mut self, line: &[u8]) -> Result<(), VmError> {
		self.world.logs.push(line.to_vec());
		Ok(())
	}

	fn balance(&mut self, who: &Address, meter: &mut Meter) -> Result<u128, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok(self.world.balance_of(who))
	}

	fn transfer(
		&mut self,
		from: &Address,
		to: &Address,
		amount: u128,
		meter: &mut Meter,
	) -> Result<ReturnCode, VmError> {
		meter.charge_operation(Operation::Transfer)?;
		Ok(self.world.pay(from, to, amount))
	}

	fn storage_read(&mut self, key: &[u8], meter: &mut Meter) -> Result<Option<Vec<u8>>, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok(self.world.contracts[&self.contract].storage.get(key).cloned())
	}

	fn storage_write(
		&mut self,
		key: &[u8],
		value: Option<&[u8]>,
		meter: &mut Meter,
	) -> Result<bool, VmError> {
		let storage = &mut self.world.contracts.get_mut(&self.contract).unwrap().storage;
		let was_there = storage.contains_key(key);
		match value {
			Some(value) => {
				let operation = match was_there {
					true => Operation::StorageUpdate,
					false => Operation::StorageInsert,
				};
				meter.charge_operation(operation)?;
				storage.insert(key.to_vec(), value.to_vec());
			}
			None if was_there => {
				meter.charge_operation(Operation::StorageDelete)?;
				storage.remove(key);
			}
			None => meter.charge_operation(Operation::StorageRead)?,
		}
		Ok(was_there)
	}

	fn emit_event(&mut self, topic: &[u8], data: &[u8]) -> Result<(), VmError> {
		self.world.events.push((self.contract, topic.to_vec(), data.to_vec()));
		Ok(())
	}

	fn call(
		&mut self,
		request: CallRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		let Some(contract) = self.world.contracts.get(&request.contract) else {
			return Ok((ReturnCode::Absent, None));
		};
		let is_waiting =
			request.contract == self.contract || self.waiting.contains(&request.contract);
		if is_waiting && !contract.facts.manifest.is_reentrant {
			return Ok((ReturnCode::Reentered, None));
		}
		if self.waiting.len() >= limits::CALL_DEPTH as usize {
			return Ok((ReturnCode::TooDeep, None));
		}
		let before = self.world.clone();
		if self.world.pay(&self.contract, &request.contract, request.value) != ReturnCode::Done {
			return Ok((ReturnCode::Insufficient, None));
		}
		let mut nested = meter.nested(request.gas);
		let mut waiting = self.waiting.clone();
		waiting.push(self.contract);
		let mut frame = Frame {
			world: self.world,
			modules: self.modules,
			waiting,
			contract: request.contract,
			is_read_only: self.is_read_only,
			seen: Vec::new(),
		};
		let result = frame.run(self.contract, request.value, request.call, &mut nested);
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

	fn deploy(
		&mut self,
		_: DeployRequest,
		_: &mut Meter,
	) -> Result<(ReturnCode, Address, Option<VmOutput>), VmError> {
		Ok((ReturnCode::Absent, [0; 32], None))
	}

	fn set_code(&mut self, _: &[u8; 32], _: &mut Meter) -> Result<ReturnCode, VmError> {
		Ok(ReturnCode::NotAllowed)
	}

	fn terminate(&mut self, beneficiary: &Address, _: &mut Meter) -> Result<(), VmError> {
		let all = self.world.balance_of(&self.contract);
		self.world.pay(&self.contract, beneficiary, all);
		Ok(())
	}

	fn request_compute(
		&mut self,
		_: ComputeRequest,
		_: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError> {
		Ok(Err(ReturnCode::Unavailable))
	}

	fn random_at(&mut self, block: u32, meter: &mut Meter) -> Result<Option<[u8; 32]>, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok(self.world.random.get(&block).copied())
	}

	fn watch(&mut self, call: &HostCall) -> Result<(), VmError> {
		self.seen.push(Seen {
			name: call.function.name(),
			arguments: call.arguments.to_vec(),
			result: call.result,
			gas: call.gas_before - call.gas_after,
		});
		Ok(())
	}
}

/// Bytes, as the text of a module has them.
pub fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A module from its text.
pub fn wasm(text: &str) -> Vec<u8> {
	wat::parse_str(text).unwrap()
}

/// The text of a guest: what it imports and declares beside, and what `execute` does. Its input lies
/// at 1,024. The body answers where its output lies, and sets its length.
pub fn guest(more: &str, body: &str) -> String {
	format!(
		r#"(module
			{more}
			(memory (export "memory") 2 16)
			(global $length (mut i32) (i32.const 0))
			(func (export "alloc") (param i32) (result i32) (i32.const 1024))
			(func (export "output_len") (result i32) (global.get $length))
			(func (export "execute") (param $at i32) (param $len i32) (result i32) {body}))"#
	)
}

/// The text of a guest that does something and then succeeds with these bytes at 65,542, of which
/// there are `length`.
pub fn guest_answering(more: &str, body: &str, length: u8) -> String {
	let output = VmOutput { abi: ABI_VERSION, status: 0, data: vec![0; length as usize] }.encode();
	let segment = format!("(data (i32.const 65536) \"{}\")", hex(&output));
	let all = output.len();
	let text =
		guest(more, &format!("{body} (global.set $length (i32.const {all})) (i32.const 65536)"));
	// After the memory, which it fills.
	text.replacen("(global $length", &format!("{segment} (global $length"), 1)
}

pub fn number(output: &VmOutput) -> i64 {
	assert!(output.is_success(), "{output:?}");
	i64::decode(&mut &output.data[..]).unwrap()
}

pub fn manifest_section(manifest: Manifest) -> String {
	format!("(@custom \"mbongo\" \"{}\")", hex(&manifest.encode()))
}
