//! How the functions of the host look from inside a guest: numbers, and places in its memory.

use crate::{
	abi::{Address, ReturnCode, VmCall, VmError},
	costs::{self, Cost},
	limits, CallRequest, ComputeRequest, DeployRequest, Function, Host, HostCall, Meter, OutOfFuel,
};
use alloc::vec::Vec;
use core::fmt;
use mbongo_gas::{Gas, Operation};
use wasmi::{Caller, Error, Func, Memory, Store, StoreLimits, StoreLimitsBuilder};

/// What a frame keeps beside its instance.
pub(crate) struct Frame<'a, H> {
	pub host: &'a mut H,
	pub meter: Meter,
	/// What the guest was given of it to burn when it was last entered.
	pub given: u64,
	pub limits: StoreLimits,
	pub memory: Option<Memory>,
	/// The bytes of memory that were charged.
	pub memory_bytes: u64,
	/// What the contract called last has returned.
	pub output: Vec<u8>,
}

impl<'a, H: Host> Frame<'a, H> {
	pub fn new(host: &'a mut H, meter: Meter, pages: u32) -> Self {
		let bytes = (pages as usize).saturating_mul(limits::PAGE_BYTES as usize);
		let limits = StoreLimitsBuilder::new()
			.memory_size(bytes)
			.table_elements(limits::TABLE_ELEMENTS as usize)
			.instances(1)
			.memories(1)
			.tables(1)
			.build();
		Self { host, meter, given: 0, limits, memory: None, memory_bytes: 0, output: Vec::new() }
	}

	/// What the guest may burn until it comes back.
	pub fn give(&mut self) -> u64 {
		self.given = self.meter.left();
		self.given
	}

	/// Charges what the guest burnt, and the memory that it took, when it is back.
	pub fn take_back(&mut self, left: u64, memory_bytes: usize) -> Result<(), OutOfFuel> {
		let burnt = self.given.saturating_sub(left);
		// It stops here if this is too much: then it comes back once more, with nothing burnt since.
		self.given = left;
		self.meter.burn(burnt)?;
		self.charge_memory(memory_bytes as u64)
	}

	/// Charges for the memory that there is in the beginning.
	pub fn charge_initial_memory(&mut self, bytes: u64) -> Result<(), OutOfFuel> {
		self.memory_bytes = bytes;
		self.meter.charge(costs::memory(bytes))
	}

	/// Charges for memory, as far as it is more than was charged before.
	pub fn charge_memory(&mut self, bytes: u64) -> Result<(), OutOfFuel> {
		let more = bytes.saturating_sub(self.memory_bytes);
		self.memory_bytes = self.memory_bytes.max(bytes);
		self.meter.charge(costs::memory(more))
	}
}

/// Why the host ends a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
	Failed(VmError),
	/// The contract is no more.
	Terminated,
}

impl fmt::Display for Stop {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "{self:?}")
	}
}

impl wasmi::errors::HostError for Stop {}

impl From<VmError> for Stop {
	fn from(error: VmError) -> Self {
		Self::Failed(error)
	}
}

impl From<OutOfFuel> for Stop {
	fn from(_: OutOfFuel) -> Self {
		Self::Failed(VmError::FuelExhausted)
	}
}

impl From<OutOfFuel> for VmError {
	fn from(_: OutOfFuel) -> Self {
		Self::FuelExhausted
	}
}

/// A guest's memory, whose every place is checked.
struct GuestMemory<'m>(&'m mut [u8]);

impl GuestMemory<'_> {
	fn bytes(&self, at: i32, length: u32) -> Result<&[u8], VmError> {
		let start = at as u32 as usize;
		let end = start.checked_add(length as usize).ok_or(VmError::MemoryViolation)?;
		self.0.get(start..end).ok_or(VmError::MemoryViolation)
	}

	/// So many bytes, of which there may be at most so many.
	fn up_to(&self, at: i32, length: i32, most: u32) -> Result<&[u8], VmError> {
		let length = u32::try_from(length).map_err(|_| VmError::MemoryViolation)?;
		let bytes = self.bytes(at, length)?;
		match length <= most {
			true => Ok(bytes),
			false => Err(VmError::ResourceLimitExceeded),
		}
	}

	fn array<const N: usize>(&self, at: i32) -> Result<[u8; N], VmError> {
		let bytes = self.bytes(at, N as u32)?;
		bytes.try_into().map_err(|_| VmError::MemoryViolation)
	}

	fn address(&self, at: i32, length: i32) -> Result<Address, VmError> {
		match length {
			32 => self.array(at),
			_ => Err(VmError::MalformedAbi),
		}
	}

	fn amount(&self, at: i32) -> Result<u128, VmError> {
		self.array(at).map(u128::from_le_bytes)
	}

	fn write(&mut self, at: i32, bytes: &[u8]) -> Result<(), VmError> {
		let start = at as u32 as usize;
		let end = start.checked_add(bytes.len()).ok_or(VmError::MemoryViolation)?;
		self.0.get_mut(start..end).ok_or(VmError::MemoryViolation)?.copy_from_slice(bytes);
		Ok(())
	}

	/// Writes as much as there is room for, and answers how much there is.
	fn write_up_to(&mut self, at: i32, room: i32, bytes: &[u8]) -> Result<i32, VmError> {
		let room = u32::try_from(room).map_err(|_| VmError::MemoryViolation)?;
		// The room must be there whether it is needed or not.
		self.bytes(at, room)?;
		let written = bytes.get(..room as usize).unwrap_or(bytes);
		self.write(at, written)?;
		i32::try_from(bytes.len()).map_err(|_| VmError::ResourceLimitExceeded)
	}
}

/// A function's work: with the guest's memory, and the frame.
struct Context<'m, 'f, 'a, H> {
	function: Function,
	memory: GuestMemory<'m>,
	frame: &'f mut Frame<'a, H>,
}

impl<H: Host> Context<'_, '_, '_, H> {
	/// Charges the function's price, for so many bytes of the guest's memory. More than there is of it
	/// is not worth a charge: it would only hide what is wrong.
	fn charge(&mut self, bytes: i32) -> Result<(), VmError> {
		let bytes = u32::try_from(bytes).map_err(|_| VmError::MemoryViolation)?;
		if bytes as usize > self.memory.0.len() {
			return Err(VmError::MemoryViolation);
		}
		Ok(self.frame.meter.charge(self.function.cost(bytes.into()))?)
	}

	/// Charges for more bytes.
	fn charge_bytes(&mut self, bytes: usize) -> Result<(), VmError> {
		Ok(self.frame.meter.charge(self.function.bytes(bytes as u64))?)
	}

	/// A key of storage, which is charged with the function and so many bytes more.
	fn key(&mut self, at: i32, length: i32, more: i32) -> Result<Vec<u8>, VmError> {
		if more < 0 {
			return Err(VmError::MemoryViolation);
		}
		self.charge(length.saturating_add(more))?;
		self.memory.up_to(at, length, limits::KEY_BYTES).map(<[u8]>::to_vec)
	}

	fn hash(&mut self, at: i32, length: i32) -> Result<&[u8], VmError> {
		self.charge(length)?;
		self.frame.meter.charge_gas(mbongo_gas::hash(length.unsigned_abs().into()))?;
		self.memory.up_to(at, length, u32::MAX)
	}

	fn transfer(&mut self, from: Address, to: Address, amount: u128) -> Result<i32, VmError> {
		let frame = &mut self.frame;
		// Only its own; a capability would say otherwise, and none can be had yet.
		if from != frame.host.contract() {
			return Ok(ReturnCode::NotAllowed.into());
		}
		frame.host.transfer(&from, &to, amount, &mut frame.meter).map(Into::into)
	}

	fn vm_call(&mut self, at: i32, length: i32) -> Result<VmCall, VmError> {
		let bytes = self.memory.up_to(at, length, limits::INPUT_BYTES)?;
		VmCall::read(bytes).ok_or(VmError::MalformedAbi)
	}

	/// All of it, if the guest gives a negative number.
	fn gas(gas: i64) -> Gas {
		u64::try_from(gas).unwrap_or(u64::MAX)
	}
}

/// Does a function's work: settles what the guest has used, charges, does it, and shows it to who
/// watches.
fn enter<H: Host, R: Copy>(
	mut caller: Caller<'_, Frame<'_, H>>,
	function: Function,
	arguments: &[i64],
	number: impl FnOnce(R) -> Option<i64>,
	work: impl FnOnce(&mut Context<'_, '_, '_, H>) -> Result<R, Stop>,
) -> Result<R, Error> {
	let left = caller.get_fuel()?;
	let memory = caller.data().memory.ok_or_else(|| stop(VmError::MalformedAbi))?;
	let (memory, frame) = memory.data_and_store_mut(&mut caller);
	let gas_before = frame.meter.gas_left();
	let result = frame.take_back(left, memory.len()).map_err(Stop::from).and_then(|()| {
		if function.writes() && frame.host.is_read_only() {
			return Err(VmError::ReadOnly.into());
		}
		work(&mut Context { function, memory: GuestMemory(&mut *memory), frame })
	});
	let seen = match result {
		Ok(result) => Ok(number(result)),
		Err(Stop::Terminated) => Ok(None),
		Err(Stop::Failed(error)) => Err(error),
	};
	let gas_after = frame.meter.gas_left();
	let call = HostCall { function, arguments, result: seen, gas_before, gas_after, memory };
	let result = frame.host.watch(&call).map_err(Stop::from).and(result).map_err(stop)?;
	let given = frame.give();
	caller.set_fuel(given)?;
	Ok(result)
}

fn stop(stop: impl Into<Stop>) -> Error {
	Error::host(stop.into())
}

/// Makes a function of the host out of its work.
macro_rules! function {
	($store:expr, $function:expr, |$context:ident $(, $name:ident : $type:ty)*| -> $result:ty $work:block) => {
		Func::wrap(
			&mut *$store,
			|caller: Caller<'_, Frame<'_, H>>, $($name: $type),*| -> Result<$result, Error> {
				enter(caller, $function, &[$(i64::from($name)),*], number, |$context| $work)
			},
		)
	};
}

/// What a function answers, as who watches sees it.
trait Number {
	fn number(self) -> Option<i64>;
}

impl Number for () {
	fn number(self) -> Option<i64> {
		None
	}
}

impl Number for i32 {
	fn number(self) -> Option<i64> {
		Some(self.into())
	}
}

impl Number for i64 {
	fn number(self) -> Option<i64> {
		Some(self)
	}
}

fn number<R: Number>(result: R) -> Option<i64> {
	result.number()
}

/// What a length in bytes of a value that is not there is.
const ABSENT: i32 = ReturnCode::Absent as i32;

/// A function of the host, for the instances of a store.
pub(crate) fn import<H: Host>(store: &mut Store<Frame<'_, H>>, function: Function) -> Func {
	match function {
		Function::Log => function!(store, Function::Log, |c, at: i32, length: i32| -> () {
			c.charge(length)?;
			let line = c.memory.up_to(at, length, limits::LOG_BYTES)?;
			Ok(c.frame.host.log(line)?)
		}),
		Function::Balance => {
			function!(store, Function::Balance, |c, at: i32, length: i32| -> i64 {
				c.charge(0)?;
				let who = c.memory.address(at, length)?;
				let balance = c.frame.host.balance(&who, &mut c.frame.meter)?;
				Ok(i64::try_from(balance).unwrap_or(i64::MAX))
			})
		}
		Function::BalanceWide => {
			function!(store, Function::BalanceWide, |c, at: i32, length: i32, out: i32| -> () {
				c.charge(0)?;
				let who = c.memory.address(at, length)?;
				let balance = c.frame.host.balance(&who, &mut c.frame.meter)?;
				Ok(c.memory.write(out, &balance.to_le_bytes())?)
			})
		}
		Function::Transfer => function!(store, Function::Transfer, |c,
		                                                            from: i32,
		                                                            from_length: i32,
		                                                            to: i32,
		                                                            to_length: i32,
		                                                            amount: i64|
		 -> i32 {
			c.charge(0)?;
			let from = c.memory.address(from, from_length)?;
			let to = c.memory.address(to, to_length)?;
			match u128::try_from(amount) {
				Ok(amount) => Ok(c.transfer(from, to, amount)?),
				Err(_) => Ok(ReturnCode::NotAllowed.into()),
			}
		}),
		Function::TransferWide => function!(store, Function::TransferWide, |c,
		                                                                    from: i32,
		                                                                    from_length: i32,
		                                                                    to: i32,
		                                                                    to_length: i32,
		                                                                    amount: i32|
		 -> i32 {
			c.charge(0)?;
			let from = c.memory.address(from, from_length)?;
			let to = c.memory.address(to, to_length)?;
			let amount = c.memory.amount(amount)?;
			Ok(c.transfer(from, to, amount)?)
		}),
		Function::StorageRead => function!(store, Function::StorageRead, |c,
		                                                                  key: i32,
		                                                                  key_length: i32,
		                                                                  out: i32,
		                                                                  room: i32|
		 -> i32 {
			let key = c.key(key, key_length, 0)?;
			// The room must be there whatever is found.
			c.memory.up_to(out, room, u32::MAX)?;
			let value = c.frame.host.storage_read(&key, &mut c.frame.meter)?;
			let Some(value) = value else { return Ok(ABSENT) };
			c.charge_bytes(value.len())?;
			Ok(c.memory.write_up_to(out, room, &value)?)
		}),
		Function::StorageWrite => function!(store, Function::StorageWrite, |c,
		                                                                    key: i32,
		                                                                    key_length: i32,
		                                                                    value: i32,
		                                                                    length: i32|
		 -> () {
			let key = c.key(key, key_length, length)?;
			let value = c.memory.up_to(value, length, limits::VALUE_BYTES)?;
			c.frame.host.storage_write(&key, Some(value), &mut c.frame.meter)?;
			Ok(())
		}),
		Function::StorageDelete => {
			function!(store, Function::StorageDelete, |c, key: i32, length: i32| -> i32 {
				let key = c.key(key, length, 0)?;
				let was_there = c.frame.host.storage_write(&key, None, &mut c.frame.meter)?;
				Ok(if was_there { 0 } else { ABSENT })
			})
		}
		Function::StorageLen => {
			function!(store, Function::StorageLen, |c, key: i32, length: i32| -> i32 {
				let key = c.key(key, length, 0)?;
				let value = c.frame.host.storage_read(&key, &mut c.frame.meter)?;
				let Some(value) = value else { return Ok(ABSENT) };
				c.charge_bytes(value.len())?;
				Ok(i32::try_from(value.len()).map_err(|_| VmError::ResourceLimitExceeded)?)
			})
		}
		Function::EmitEvent => function!(store, Function::EmitEvent, |c,
		                                                              topic: i32,
		                                                              topic_length: i32,
		                                                              at: i32,
		                                                              length: i32|
		 -> () {
			c.charge(length)?;
			let topic = c.memory.up_to(topic, topic_length, limits::TOPIC_BYTES)?;
			let data = c.memory.up_to(at, length, limits::EVENT_BYTES)?;
			Ok(c.frame.host.emit_event(topic, data)?)
		}),
		Function::HashBlake2 => {
			function!(store, Function::HashBlake2, |c, at: i32, length: i32, out: i32| -> () {
				let hash = sp_io::hashing::blake2_256(c.hash(at, length)?);
				Ok(c.memory.write(out, &hash)?)
			})
		}
		Function::HashSha2 => {
			function!(store, Function::HashSha2, |c, at: i32, length: i32, out: i32| -> () {
				let hash = sp_io::hashing::sha2_256(c.hash(at, length)?);
				Ok(c.memory.write(out, &hash)?)
			})
		}
		Function::HashKeccak => {
			function!(store, Function::HashKeccak, |c, at: i32, length: i32, out: i32| -> () {
				let hash = sp_io::hashing::keccak_256(c.hash(at, length)?);
				Ok(c.memory.write(out, &hash)?)
			})
		}
		Function::VerifyEd25519 => function!(store, Function::VerifyEd25519, |c,
		                                                                      signature: i32,
		                                                                      key: i32,
		                                                                      at: i32,
		                                                                      length: i32|
		 -> i32 {
			c.charge(length)?;
			c.frame.meter.charge_operation(Operation::SignatureCheck)?;
			let signature = sp_core::ed25519::Signature::from_raw(c.memory.array(signature)?);
			let key = sp_core::ed25519::Public::from_raw(c.memory.array(key)?);
			let message = c.memory.up_to(at, length, u32::MAX)?;
			Ok(sp_io::crypto::ed25519_verify(&signature, message, &key).into())
		}),
		Function::VerifySr25519 => function!(store, Function::VerifySr25519, |c,
		                                                                      signature: i32,
		                                                                      key: i32,
		                                                                      at: i32,
		                                                                      length: i32|
		 -> i32 {
			c.charge(length)?;
			c.frame.meter.charge_operation(Operation::SignatureCheck)?;
			let signature = sp_core::sr25519::Signature::from_raw(c.memory.array(signature)?);
			let key = sp_core::sr25519::Public::from_raw(c.memory.array(key)?);
			let message = c.memory.up_to(at, length, u32::MAX)?;
			Ok(sp_io::crypto::sr25519_verify(&signature, message, &key).into())
		}),
		Function::Call => function!(store, Function::Call, |c,
		                                                    contract: i32,
		                                                    value: i32,
		                                                    gas: i64,
		                                                    input: i32,
		                                                    length: i32|
		 -> i32 {
			c.charge(length)?;
			let request = CallRequest {
				contract: c.memory.array(contract)?,
				value: c.memory.amount(value)?,
				gas: Context::<H>::gas(gas),
				call: c.vm_call(input, length)?,
			};
			if request.value > 0 && c.frame.host.is_read_only() {
				return Err(VmError::ReadOnly.into());
			}
			let (code, output) = c.frame.host.call(request, &mut c.frame.meter)?;
			c.frame.output = output.map(|output| output.data).unwrap_or_default();
			Ok(code.into())
		}),
		Function::OutputCopy => {
			function!(store, Function::OutputCopy, |c, out: i32, room: i32| -> i32 {
				c.charge(0)?;
				c.charge_bytes(c.frame.output.len())?;
				let output = core::mem::take(&mut c.frame.output);
				let length = c.memory.write_up_to(out, room, &output)?;
				c.frame.output = output;
				Ok(length)
			})
		}
		Function::Deploy => function!(store, Function::Deploy, |c,
		                                                        hash: i32,
		                                                        salt: i32,
		                                                        salt_length: i32,
		                                                        value: i32,
		                                                        gas: i64,
		                                                        input: i32,
		                                                        length: i32,
		                                                        out: i32|
		 -> i32 {
			c.charge(length)?;
			let salt = c.memory.up_to(salt, salt_length, limits::SALT_BYTES)?.to_vec();
			let request = DeployRequest {
				code_hash: c.memory.array(hash)?,
				salt: &salt,
				value: c.memory.amount(value)?,
				gas: Context::<H>::gas(gas),
				call: c.vm_call(input, length)?,
			};
			let (code, address, output) = c.frame.host.deploy(request, &mut c.frame.meter)?;
			c.frame.output = output.map(|output| output.data).unwrap_or_default();
			c.memory.write(out, &address)?;
			Ok(code.into())
		}),
		Function::SetCode => function!(store, Function::SetCode, |c, hash: i32| -> i32 {
			c.charge(0)?;
			let hash = c.memory.array(hash)?;
			Ok(c.frame.host.set_code(&hash, &mut c.frame.meter)?.into())
		}),
		Function::Terminate => {
			function!(store, Function::Terminate, |c, at: i32, length: i32| -> () {
				c.charge(0)?;
				let beneficiary = c.memory.address(at, length)?;
				c.frame.host.terminate(&beneficiary, &mut c.frame.meter)?;
				Err(Stop::Terminated)
			})
		}
		Function::RequestCompute => {
			function!(store, Function::RequestCompute, |c,
			                                            spec: i32,
			                                            length: i32,
			                                            max_fee: i32,
			                                            callback: i32,
			                                            callback_length: i32,
			                                            gas: i64|
			 -> i64 {
				c.charge(length)?;
				let request = ComputeRequest {
					spec: c.memory.up_to(spec, length, limits::INPUT_BYTES)?,
					max_fee: c.memory.amount(max_fee)?,
					callback: c.memory.up_to(callback, callback_length, limits::NAME_BYTES)?,
					gas: u64::try_from(gas).map_err(|_| VmError::MalformedAbi)?,
				};
				let task = c.frame.host.request_compute(request, &mut c.frame.meter)?;
				Ok(task.map_or_else(
					|code| i32::from(code).into(),
					|task| i64::try_from(task).unwrap_or(i64::MAX),
				))
			})
		}
		Function::RandomAt => {
			function!(store, Function::RandomAt, |c, block: i32, out: i32| -> i32 {
				c.charge(0)?;
				let random = c.frame.host.random_at(block as u32, &mut c.frame.meter)?;
				let Some(random) = random else { return Ok(ABSENT) };
				c.memory.write(out, &random)?;
				Ok(0)
			})
		}
	}
}

/// What a cost of the machine's own is charged with.
pub(crate) fn charge<H: Host>(frame: &mut Frame<'_, H>, cost: Cost) -> Result<(), VmError> {
	Ok(frame.meter.charge(cost)?)
}

/// Why a run ended, from what wasmi says.
pub(crate) fn ended(error: &Error) -> Stop {
	use crate::abi::Trap::*;
	use wasmi::{
		errors::{ErrorKind, InstantiationError},
		TrapCode,
	};
	if let Some(stop) = error.downcast_ref::<Stop>() {
		return *stop;
	}
	if let ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) =
		error.kind()
	{
		return VmError::Trapped(OutsideTable).into();
	}
	let failed = match error.kind().as_trap_code() {
		Some(TrapCode::UnreachableCodeReached) => VmError::Trapped(Unreachable),
		Some(TrapCode::IntegerDivisionByZero) => VmError::Trapped(DivisionByZero),
		Some(TrapCode::IntegerOverflow) => VmError::Trapped(Overflow),
		Some(TrapCode::TableOutOfBounds) => VmError::Trapped(OutsideTable),
		Some(TrapCode::IndirectCallToNull) => VmError::Trapped(NoFunction),
		Some(TrapCode::BadSignature) => VmError::Trapped(OtherType),
		Some(TrapCode::MemoryOutOfBounds) => VmError::MemoryViolation,
		Some(TrapCode::OutOfFuel) => VmError::FuelExhausted,
		Some(TrapCode::StackOverflow | TrapCode::GrowthOperationLimited) => {
			VmError::ResourceLimitExceeded
		}
		_ => VmError::MalformedAbi,
	};
	failed.into()
}
