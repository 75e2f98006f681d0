//! Asks other contracts, and makes them.

use crate::{
	abi::{Address, ReturnCode, VmCall},
	errors::CallError,
	host,
};
use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeAll, Encode};

/// A call of another contract.
///
/// Whoever is called may call on. A contract that must not be found half-changed writes all that it
/// keeps before it calls; unless its manifest says `reentrant`, the host also refuses to call it
/// meanwhile.
#[derive(Clone, Debug)]
#[must_use = "it is sent by `send`"]
pub struct Call {
	contract: Address,
	value: u128,
	gas: Option<u64>,
	call: VmCall,
}

impl Call {
	/// Of this contract.
	pub fn to(contract: Address) -> Self {
		Self { contract, value: 0, gas: None, call: VmCall::default() }
	}

	/// With so much of the caller's money.
	pub fn value(mut self, value: u128) -> Self {
		self.value = value;
		self
	}

	/// With so much gas at most. All that is left, if this is not said.
	pub fn gas(mut self, gas: u64) -> Self {
		self.gas = Some(gas);
		self
	}

	/// The function.
	pub fn function(mut self, name: &str) -> Self {
		self.call.function = String::from(name);
		self
	}

	/// The next argument.
	pub fn arg<T: Encode + ?Sized>(mut self, arg: &T) -> Self {
		self.call.args.push(arg.encode());
		self
	}

	/// Calls, and reads the answer.
	pub fn send<T: Decode>(self) -> Result<T, CallError> {
		let data = self.send_raw()?;
		T::decode_all(&mut &data[..]).map_err(|_| CallError::OtherType)
	}

	/// Calls: the answer as it is.
	pub fn send_raw(self) -> Result<Vec<u8>, CallError> {
		let number = host::call(&self.contract, self.value, gas(self.gas), &self.call.encode());
		answer(number)
	}
}

/// A contract to be made.
#[derive(Clone, Debug)]
#[must_use = "it is made by `send`"]
pub struct Deploy {
	code_hash: [u8; 32],
	salt: Vec<u8>,
	value: u128,
	gas: Option<u64>,
	call: VmCall,
}

impl Deploy {
	/// Of this code.
	pub fn of(code_hash: [u8; 32]) -> Self {
		Self { code_hash, salt: Vec::new(), value: 0, gas: None, call: VmCall::default() }
	}

	/// What tells its address from others of the same code and deployer: at most 32 bytes.
	pub fn salt(mut self, salt: &[u8]) -> Self {
		self.salt = salt.to_vec();
		self
	}

	/// With so much of the deployer's money.
	pub fn value(mut self, value: u128) -> Self {
		self.value = value;
		self
	}

	/// With so much gas at most. All that is left, if this is not said.
	pub fn gas(mut self, gas: u64) -> Self {
		self.gas = Some(gas);
		self
	}

	/// The function that deploys.
	pub fn function(mut self, name: &str) -> Self {
		self.call.function = String::from(name);
		self
	}

	/// The next argument.
	pub fn arg<T: Encode + ?Sized>(mut self, arg: &T) -> Self {
		self.call.args.push(arg.encode());
		self
	}

	/// Makes it: its address.
	pub fn send(self) -> Result<Address, CallError> {
		let call = self.call.encode();
		let (number, contract) =
			host::deploy(&self.code_hash, &self.salt, self.value, gas(self.gas), &call);
		answer(number).map(|_| contract)
	}
}

/// As the host reads it: a negative number is all that is left.
fn gas(gas: Option<u64>) -> i64 {
	gas.map_or(-1, |gas| i64::try_from(gas).unwrap_or(i64::MAX))
}

fn answer(number: i32) -> Result<Vec<u8>, CallError> {
	match ReturnCode::of(number) {
		ReturnCode::Done => Ok(host::output().to_vec()),
		ReturnCode::Refused => Err(CallError::Refused(host::output().to_vec())),
		other => Err(CallError::Not(other)),
	}
}
