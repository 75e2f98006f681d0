//! A host in memory, that does all that a guest can ask for.

use codec::Encode;
use mbongo_gas::Operation;
use mbongo_vm::{
	abi::{Address, ABI_VERSION},
	limits, run, CallRequest, ComputeRequest, DeployRequest, Host, HostCall, Meter, Mode, Module,
	ReturnCode, VmCall, VmError, VmInput, VmOutput,
};
use std::collections::BTreeMap;

/// The guest's own account.
pub const CONTRACT: Address = [100; 32];

/// What can be changed.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct State {
	pub storage: BTreeMap<Vec<u8>, Vec<u8>>,
	pub balances: BTreeMap<Address, u128>,
	pub logs: Vec<Vec<u8>>,
	pub is_ended: bool,
}

/// A function of the host that was called: by name, its arguments, what it answered, and the gas before
/// and after.
pub type Asked = (&'static str, Vec<i64>, Result<Option<i64>, VmError>, u64, u64);

/// A guest that is alone in the world, and can call itself.
pub struct World<'a> {
	pub state: State,
	pub module: &'a Module,
	pub depth: u32,
	pub is_read_only: bool,
	/// What was asked of it, of all frames.
	pub asked: Vec<Asked>,
}

impl<'a> World<'a> {
	pub fn new(module: &'a Module, is_read_only: bool) -> Self {
		let balances = [(CONTRACT, 1_000), ([0; 32], u128::MAX)].into();
		let storage = [(vec![0; 8], vec![1; 100]), (Vec::new(), Vec::new())].into();
		let state = State { balances, storage, ..State::default() };
		Self { state, module, depth: 0, is_read_only, asked: Vec::new() }
	}

	/// Runs the guest with this call. What it did is undone if it fails or refuses.
	pub fn run(&mut self, call: VmCall, meter: &mut Meter) -> Result<VmOutput, VmError> {
		let input = VmInput {
			abi: ABI_VERSION,
			function: call.function,
			args: call.args,
			caller: [1; 32],
			origin: [1; 32],
			contract: CONTRACT,
			value: 0,
			block: 7,
			epoch: 1,
			mode: if self.is_read_only { Mode::View } else { Mode::Standard },
			capability: None,
		};
		let before = self.state.clone();
		let result = run(self.module, crate::PAGES, &input, self, meter);
		if !result.as_ref().is_ok_and(VmOutput::is_success) {
			self.state = before;
		}
		result
	}

	fn pay(&mut self, from: &Address, to: &Address, amount: u128) -> ReturnCode {
		let of = |state: &State, who| state.balances.get(who).copied().unwrap_or_default();
		let Some(left) = of(&self.state, from).checked_sub(amount) else {
			return ReturnCode::Insufficient;
		};
		let Some(more) = of(&self.state, to).checked_add(amount) else {
			return ReturnCode::NotAllowed;
		};
		if from != to && amount > 0 {
			self.state.balances.insert(*from, left);
			self.state.balances.insert(*to, more);
		}
		ReturnCode::Done
	}

	/// Pays and then calls: neither, unless both succeed.
	fn paid_call(
		&mut self,
		to: &Address,
		value: u128,
		call: VmCall,
		gas: u64,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		let before = self.state.clone();
		let result = match self.pay(&CONTRACT, to, value) {
			ReturnCode::Done => self.nested(call, gas, meter),
			code => Ok((code, None)),
		};
		if !matches!(result, Ok((ReturnCode::Done, _))) {
			self.state = before;
		}
		result
	}

	fn nested(
		&mut self,
		call: VmCall,
		gas: u64,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		if self.depth >= 3 {
			return Ok((ReturnCode::TooDeep, None));
		}
		let mut nested = meter.nested(gas);
		self.depth += 1;
		let result = self.run(call, &mut nested);
		self.depth -= 1;
		assert!(nested.used() <= gas, "{} of {gas}", nested.used());
		let stays = result.as_ref().is_ok_and(VmOutput::is_success);
		meter.absorb(nested, stays).expect("each count's limit was what is left of it");
		Ok(match result {
			Ok(output) if stays => (ReturnCode::Done, Some(output)),
			Ok(output) => (ReturnCode::Refused, Some(output)),
			Err(_) => (ReturnCode::Failed, None),
		})
	}

	fn writes(&self) {
		assert!(!self.is_read_only, "who may only look has written");
	}
}

impl Host for World<'_> {
	fn contract(&self) -> Address {
		CONTRACT
	}

	fn is_read_only(&self) -> bool {
		self.is_read_only
	}

	fn log(&mut self, line: &[u8]) -> Result<(), VmError> {
		self.writes();
		assert!(line.len() <= limits::LOG_BYTES as usize);
		self.state.logs.push(line.to_vec());
		match self.state.logs.len() > limits::EVENTS as usize {
			true => Err(VmError::ResourceLimitExceeded),
			false => Ok(()),
		}
	}

	fn balance(&mut self, who: &Address, meter: &mut Meter) -> Result<u128, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok(self.state.balances.get(who).copied().unwrap_or_default())
	}

	fn transfer(
		&mut self,
		from: &Address,
		to: &Address,
		amount: u128,
		meter: &mut Meter,
	) -> Result<ReturnCode, VmError> {
		self.writes();
		assert_eq!(*from, CONTRACT, "only its own");
		meter.charge_operation(Operation::Transfer)?;
		Ok(self.pay(from, to, amount))
	}

	fn storage_read(&mut self, key: &[u8], meter: &mut Meter) -> Result<Option<Vec<u8>>, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok(self.state.storage.get(key).cloned())
	}

	fn storage_write(
		&mut self,
		key: &[u8],
		value: Option<&[u8]>,
		meter: &mut Meter,
	) -> Result<bool, VmError> {
		self.writes();
		assert!(key.len() <= limits::KEY_BYTES as usize);
		assert!(value.is_none_or(|value| value.len() <= limits::VALUE_BYTES as usize));
		let was_there = self.state.storage.contains_key(key);
		meter.charge_operation(match (value, was_there) {
			(Some(_), true) => Operation::StorageUpdate,
			(Some(_), false) => Operation::StorageInsert,
			(None, true) => Operation::StorageDelete,
			(None, false) => Operation::StorageRead,
		})?;
		match value {
			Some(value) => self.state.storage.insert(key.to_vec(), value.to_vec()),
			None => self.state.storage.remove(key),
		};
		Ok(was_there)
	}

	fn emit_event(&mut self, topic: &[u8], data: &[u8]) -> Result<(), VmError> {
		assert!(topic.len() <= limits::TOPIC_BYTES as usize);
		assert!(data.len() <= limits::EVENT_BYTES as usize);
		self.log(data)
	}

	fn call(
		&mut self,
		request: CallRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		assert!(request.value == 0 || !self.is_read_only);
		assert!(request.call.fits());
		let CallRequest { contract, value, gas, call } = request;
		self.paid_call(&contract, value, call, gas, meter)
	}

	fn deploy(
		&mut self,
		request: DeployRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Address, Option<VmOutput>), VmError> {
		self.writes();
		assert!(request.call.fits());
		assert!(request.salt.len() <= limits::SALT_BYTES as usize);
		let DeployRequest { code_hash, salt, value, gas, call } = request;
		let mut address = code_hash;
		salt.iter().zip(&mut address).for_each(|(salt, byte)| *byte ^= salt);
		let (code, output) = self.paid_call(&address, value, call, gas, meter)?;
		Ok((code, address, output))
	}

	fn set_code(&mut self, _: &[u8; 32], meter: &mut Meter) -> Result<ReturnCode, VmError> {
		self.writes();
		meter.charge_operation(Operation::StorageUpdate)?;
		Ok(ReturnCode::NotAllowed)
	}

	fn terminate(&mut self, beneficiary: &Address, meter: &mut Meter) -> Result<(), VmError> {
		self.writes();
		meter.charge_operation(Operation::StorageDelete)?;
		if beneficiary == &CONTRACT {
			return Err(VmError::CapabilityViolation);
		}
		self.state.is_ended = true;
		Ok(())
	}

	fn request_compute(
		&mut self,
		request: ComputeRequest,
		meter: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError> {
		self.writes();
		meter.charge_operation(Operation::StorageInsert)?;
		let key = (request.spec, request.max_fee, request.callback, request.gas).encode();
		self.state.storage.insert(key, Vec::new());
		match request.max_fee > 1_000 {
			true => Ok(Err(ReturnCode::Insufficient)),
			false => Ok(Ok(self.state.storage.len() as u64)),
		}
	}

	fn random_at(&mut self, block: u32, meter: &mut Meter) -> Result<Option<[u8; 32]>, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok((block < 7).then_some([block as u8; 32]))
	}

	fn watch(&mut self, call: &HostCall) -> Result<(), VmError> {
		assert!(call.gas_after <= call.gas_before, "{call:?}");
		let arguments = call.arguments.to_vec();
		let asked = (call.function.name(), arguments, call.result, call.gas_before, call.gas_after);
		self.asked.push(asked);
		Ok(())
	}
}
