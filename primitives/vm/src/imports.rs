//! How the functions of the host look from inside a guest: numbers, and places in its memory.

use crate::{
	abi::{Address, ReturnCode, VmCall, VmError},
	frame::{Frame, Stop},
	limits,
	memory::GuestMemory,
	CallRequest, ComputeRequest, DeployRequest, Function, Host, HostCall,
};
use alloc::vec::Vec;
use mbongo_gas::{Gas, Operation};
use wasmi::{Caller, Error, Func, Store};

/// What a function's work needs: the guest's memory, and the frame.
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

	/// What is to be hashed, which is charged with the function.
	fn hashed(&mut self, at: i32, length: i32) -> Result<&[u8], VmError> {
		self.charge(length)?;
		self.frame.meter.charge_gas(mbongo_gas::hash(length.unsigned_abs().into()))?;
		self.memory.up_to(at, length, u32::MAX)
	}

	/// A signature, a key and what they are to be checked for, which is charged with the function.
	fn signed<const N: usize>(
		&mut self,
		signature: i32,
		key: i32,
		at: i32,
		length: i32,
	) -> Result<([u8; N], [u8; 32], &[u8]), VmError> {
		self.charge(length)?;
		self.frame.meter.charge_operation(Operation::SignatureCheck)?;
		let message = self.memory.up_to(at, length, u32::MAX)?;
		Ok((self.memory.array(signature)?, self.memory.array(key)?, message))
	}

	fn balance_of(&mut self, who: i32, length: i32) -> Result<u128, VmError> {
		self.charge(0)?;
		let who = self.memory.address(who, length)?;
		self.frame.host.balance(&who, &mut self.frame.meter)
	}

	fn pay(&mut self, from: Address, to: Address, amount: u128) -> Result<i32, VmError> {
		// Only its own; a capability would say otherwise, and none can be had yet.
		if from != self.frame.host.contract() {
			return Ok(ReturnCode::NotAllowed.into());
		}
		self.frame.host.transfer(&from, &to, amount, &mut self.frame.meter).map(Into::into)
	}

	/// Charges for money that goes with a call, as for a transfer.
	fn charge_value(&mut self, value: u128) -> Result<(), VmError> {
		if value > 0 {
			self.frame.meter.charge(Function::TransferWide.cost(0))?;
			self.frame.meter.charge_operation(Operation::Transfer)?;
		}
		Ok(())
	}

	fn vm_call(&mut self, at: i32, length: i32) -> Result<VmCall, VmError> {
		let bytes = self.memory.up_to(at, length, limits::CALL_BYTES)?;
		VmCall::read(bytes).ok_or(VmError::MalformedAbi)
	}
}

/// The functions' work, by their names; with what a guest gives for each.
impl<H: Host> Context<'_, '_, '_, H> {
	fn log(&mut self, at: i32, length: i32) -> Result<(), Stop> {
		self.charge(length)?;
		let line = self.memory.up_to(at, length, limits::LOG_BYTES)?;
		Ok(self.frame.host.log(line)?)
	}

	fn balance(&mut self, who: i32, length: i32) -> Result<i64, Stop> {
		let balance = self.balance_of(who, length)?;
		Ok(i64::try_from(balance).unwrap_or(i64::MAX))
	}

	fn balance_wide(&mut self, who: i32, length: i32, out: i32) -> Result<(), Stop> {
		let balance = self.balance_of(who, length)?;
		Ok(self.memory.write(out, &balance.to_le_bytes())?)
	}

	fn transfer(
		&mut self,
		from: i32,
		from_length: i32,
		to: i32,
		to_length: i32,
		amount: i64,
	) -> Result<i32, Stop> {
		self.charge(0)?;
		let from = self.memory.address(from, from_length)?;
		let to = self.memory.address(to, to_length)?;
		match u128::try_from(amount) {
			Ok(amount) => Ok(self.pay(from, to, amount)?),
			Err(_) => Ok(ReturnCode::NotAllowed.into()),
		}
	}

	fn transfer_wide(
		&mut self,
		from: i32,
		from_length: i32,
		to: i32,
		to_length: i32,
		amount: i32,
	) -> Result<i32, Stop> {
		self.charge(0)?;
		let from = self.memory.address(from, from_length)?;
		let to = self.memory.address(to, to_length)?;
		let amount = self.memory.amount(amount)?;
		Ok(self.pay(from, to, amount)?)
	}

	fn storage_read(&mut self, key: i32, length: i32, out: i32, room: i32) -> Result<i32, Stop> {
		let key = self.key(key, length, 0)?;
		// The room must be there whatever is found.
		self.memory.up_to(out, room, u32::MAX)?;
		let value = self.frame.host.storage_read(&key, &mut self.frame.meter)?;
		let Some(value) = value else { return Ok(ABSENT) };
		self.charge_bytes(value.len())?;
		Ok(self.memory.write_up_to(out, room, &value)?)
	}

	fn storage_write(
		&mut self,
		key: i32,
		key_length: i32,
		value: i32,
		length: i32,
	) -> Result<(), Stop> {
		let key = self.key(key, key_length, length)?;
		let value = self.memory.up_to(value, length, limits::VALUE_BYTES)?;
		self.frame.host.storage_write(&key, Some(value), &mut self.frame.meter)?;
		Ok(())
	}

	fn storage_delete(&mut self, key: i32, length: i32) -> Result<i32, Stop> {
		let key = self.key(key, length, 0)?;
		let was_there = self.frame.host.storage_write(&key, None, &mut self.frame.meter)?;
		Ok(if was_there { 0 } else { ABSENT })
	}

	fn storage_len(&mut self, key: i32, length: i32) -> Result<i32, Stop> {
		let key = self.key(key, length, 0)?;
		let value = self.frame.host.storage_read(&key, &mut self.frame.meter)?;
		let Some(value) = value else { return Ok(ABSENT) };
		self.charge_bytes(value.len())?;
		Ok(i32::try_from(value.len()).map_err(|_| VmError::ResourceLimitExceeded)?)
	}

	fn emit_event(
		&mut self,
		topic: i32,
		topic_length: i32,
		at: i32,
		length: i32,
	) -> Result<(), Stop> {
		self.charge(length)?;
		let topic = self.memory.up_to(topic, topic_length, limits::TOPIC_BYTES)?;
		let data = self.memory.up_to(at, length, limits::EVENT_BYTES)?;
		Ok(self.frame.host.emit_event(topic, data)?)
	}

	fn hash_blake2(&mut self, at: i32, length: i32, out: i32) -> Result<(), Stop> {
		let hash = sp_io::hashing::blake2_256(self.hashed(at, length)?);
		Ok(self.memory.write(out, &hash)?)
	}

	fn hash_sha2(&mut self, at: i32, length: i32, out: i32) -> Result<(), Stop> {
		let hash = sp_io::hashing::sha2_256(self.hashed(at, length)?);
		Ok(self.memory.write(out, &hash)?)
	}

	fn hash_keccak(&mut self, at: i32, length: i32, out: i32) -> Result<(), Stop> {
		let hash = sp_io::hashing::keccak_256(self.hashed(at, length)?);
		Ok(self.memory.write(out, &hash)?)
	}

	fn verify_ed25519(
		&mut self,
		signature: i32,
		key: i32,
		at: i32,
		length: i32,
	) -> Result<i32, Stop> {
		let (signature, key, message) = self.signed(signature, key, at, length)?;
		let signature = sp_core::ed25519::Signature::from_raw(signature);
		let key = sp_core::ed25519::Public::from_raw(key);
		Ok(sp_io::crypto::ed25519_verify(&signature, message, &key).into())
	}

	fn verify_sr25519(
		&mut self,
		signature: i32,
		key: i32,
		at: i32,
		length: i32,
	) -> Result<i32, Stop> {
		let (signature, key, message) = self.signed(signature, key, at, length)?;
		let signature = sp_core::sr25519::Signature::from_raw(signature);
		let key = sp_core::sr25519::Public::from_raw(key);
		Ok(sp_io::crypto::sr25519_verify(&signature, message, &key).into())
	}

	fn call(
		&mut self,
		contract: i32,
		value: i32,
		gas: i64,
		input: i32,
		length: i32,
	) -> Result<i32, Stop> {
		self.charge(length)?;
		let request = CallRequest {
			contract: self.memory.array(contract)?,
			value: self.memory.amount(value)?,
			gas: gas_given(gas),
			call: self.vm_call(input, length)?,
		};
		if request.value > 0 && self.frame.host.is_read_only() {
			return Err(VmError::ReadOnly.into());
		}
		self.charge_value(request.value)?;
		let (code, output) = self.frame.host.call(request, &mut self.frame.meter)?;
		self.frame.output = output.map(|output| output.data).unwrap_or_default();
		Ok(code.into())
	}

	fn output_copy(&mut self, out: i32, room: i32) -> Result<i32, Stop> {
		self.charge(0)?;
		self.charge_bytes(self.frame.output.len())?;
		Ok(self.memory.write_up_to(out, room, &self.frame.output)?)
	}

	#[allow(clippy::too_many_arguments)] // they are the interface's
	fn deploy(
		&mut self,
		hash: i32,
		salt: i32,
		salt_length: i32,
		value: i32,
		gas: i64,
		input: i32,
		length: i32,
		out: i32,
	) -> Result<i32, Stop> {
		self.charge(length)?;
		let salt = self.memory.up_to(salt, salt_length, limits::SALT_BYTES)?.to_vec();
		let request = DeployRequest {
			code_hash: self.memory.array(hash)?,
			salt: &salt,
			value: self.memory.amount(value)?,
			gas: gas_given(gas),
			call: self.vm_call(input, length)?,
		};
		self.charge_value(request.value)?;
		let (code, address, output) = self.frame.host.deploy(request, &mut self.frame.meter)?;
		self.frame.output = output.map(|output| output.data).unwrap_or_default();
		self.memory.write(out, &address)?;
		Ok(code.into())
	}

	fn set_code(&mut self, hash: i32) -> Result<i32, Stop> {
		self.charge(0)?;
		let hash = self.memory.array(hash)?;
		Ok(self.frame.host.set_code(&hash, &mut self.frame.meter)?.into())
	}

	fn terminate(&mut self, beneficiary: i32, length: i32) -> Result<(), Stop> {
		self.charge(0)?;
		let beneficiary = self.memory.address(beneficiary, length)?;
		self.frame.host.terminate(&beneficiary, &mut self.frame.meter)?;
		Err(Stop::Terminated)
	}

	fn request_compute(
		&mut self,
		spec: i32,
		length: i32,
		max_fee: i32,
		callback: i32,
		callback_length: i32,
		gas: i64,
	) -> Result<i64, Stop> {
		self.charge(length)?;
		let request = ComputeRequest {
			spec: self.memory.up_to(spec, length, limits::INPUT_BYTES)?,
			max_fee: self.memory.amount(max_fee)?,
			callback: self.memory.up_to(callback, callback_length, limits::NAME_BYTES)?,
			gas: u64::try_from(gas).map_err(|_| VmError::MalformedAbi)?,
		};
		let task = self.frame.host.request_compute(request, &mut self.frame.meter)?;
		Ok(task.map_or_else(
			|code| i32::from(code).into(),
			|task| i64::try_from(task).unwrap_or(i64::MAX),
		))
	}

	fn random_at(&mut self, block: i32, out: i32) -> Result<i32, Stop> {
		self.charge(0)?;
		let random = self.frame.host.random_at(block as u32, &mut self.frame.meter)?;
		let Some(random) = random else { return Ok(ABSENT) };
		self.memory.write(out, &random)?;
		Ok(0)
	}
}

/// How much gas a guest gives to who it calls: all, if it says a negative number.
fn gas_given(gas: i64) -> Gas {
	u64::try_from(gas).unwrap_or(u64::MAX)
}

/// What a function answers for what is not there.
const ABSENT: i32 = ReturnCode::Absent as i32;

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

/// Does a function's work: settles what the guest has used, charges, does it, and shows it to who
/// watches.
fn enter<H: Host, R: Number + Copy>(
	mut caller: Caller<'_, Frame<'_, H>>,
	function: Function,
	arguments: &[i64],
	work: impl FnOnce(&mut Context<'_, '_, '_, H>) -> Result<R, Stop>,
) -> Result<R, Error> {
	let left = caller.get_fuel()?;
	let memory = caller.data().memory.ok_or_else(|| stop(VmError::MalformedAbi))?;
	let (memory, frame) = memory.data_and_store_mut(&mut caller);
	let settled = frame.take_back(left, memory.len()).map_err(Stop::from);
	let gas_before = frame.meter.gas_left();
	let result = settled.and_then(|()| {
		if function.writes() && frame.host.is_read_only() {
			return Err(VmError::ReadOnly.into());
		}
		work(&mut Context { function, memory: GuestMemory(&mut *memory), frame })
	});
	let seen = match result {
		Ok(result) => Ok(result.number()),
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

/// A function of the host, for the instances of a store.
pub(crate) fn import<H: Host>(store: &mut Store<Frame<'_, H>>, function: Function) -> Func {
	/// What the guest gives, and the method of the context that does the work with it.
	macro_rules! by {
		($work:ident($($name:ident: $type:ty),*)) => {
			Func::wrap(store, move |caller: Caller<'_, Frame<'_, H>>, $($name: $type),*| {
				let arguments = [$(i64::from($name)),*];
				enter(caller, function, &arguments, |context| context.$work($($name),*))
			})
		};
	}

	match function {
		Function::Log => by!(log(at: i32, length: i32)),
		Function::Balance => by!(balance(who: i32, length: i32)),
		Function::BalanceWide => by!(balance_wide(who: i32, length: i32, out: i32)),
		Function::Transfer => {
			by!(transfer(from: i32, from_length: i32, to: i32, to_length: i32, amount: i64))
		}
		Function::TransferWide => {
			by!(transfer_wide(from: i32, from_length: i32, to: i32, to_length: i32, amount: i32))
		}
		Function::StorageRead => by!(storage_read(key: i32, length: i32, out: i32, room: i32)),
		Function::StorageWrite => {
			by!(storage_write(key: i32, key_length: i32, value: i32, length: i32))
		}
		Function::StorageDelete => by!(storage_delete(key: i32, length: i32)),
		Function::StorageLen => by!(storage_len(key: i32, length: i32)),
		Function::EmitEvent => {
			by!(emit_event(topic: i32, topic_length: i32, at: i32, length: i32))
		}
		Function::HashBlake2 => by!(hash_blake2(at: i32, length: i32, out: i32)),
		Function::HashSha2 => by!(hash_sha2(at: i32, length: i32, out: i32)),
		Function::HashKeccak => by!(hash_keccak(at: i32, length: i32, out: i32)),
		Function::VerifyEd25519 => {
			by!(verify_ed25519(signature: i32, key: i32, at: i32, length: i32))
		}
		Function::VerifySr25519 => {
			by!(verify_sr25519(signature: i32, key: i32, at: i32, length: i32))
		}
		Function::Call => {
			by!(call(contract: i32, value: i32, gas: i64, input: i32, length: i32))
		}
		Function::OutputCopy => by!(output_copy(out: i32, room: i32)),
		Function::Deploy => by!(deploy(
			hash: i32, salt: i32, salt_length: i32, value: i32, gas: i64, input: i32, length: i32, out: i32
		)),
		Function::SetCode => by!(set_code(hash: i32)),
		Function::Terminate => by!(terminate(beneficiary: i32, length: i32)),
		Function::RequestCompute => by!(request_compute(
			spec: i32, length: i32, max_fee: i32, callback: i32, callback_length: i32, gas: i64
		)),
		Function::RandomAt => by!(random_at(block: i32, out: i32)),
	}
}
