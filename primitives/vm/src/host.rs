//! Who runs a guest.

use crate::{
	abi::{Address, ReturnCode, VmCall, VmError},
	functions::Length,
	Function, Meter, VmOutput,
};
use alloc::vec::Vec;
use mbongo_gas::Gas;

/// A call of another contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRequest {
	/// The contract.
	pub contract: Address,
	/// What it is given.
	pub value: u128,
	/// The most gas that it may use; `u64::MAX` for all that is left.
	pub gas: Gas,
	/// What it is asked.
	pub call: VmCall,
}

/// A contract to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeployRequest<'a> {
	/// The hash of its code.
	pub code_hash: [u8; 32],
	/// What tells it from others of the same code.
	pub salt: &'a [u8],
	/// What it is given.
	pub value: u128,
	/// The most gas that it may use; `u64::MAX` for all that is left.
	pub gas: Gas,
	/// What it is asked first.
	pub call: VmCall,
}

/// Work to be ordered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComputeRequest<'a> {
	/// The task, encoded as who takes it wants it.
	pub spec: &'a [u8],
	/// What it may cost at most.
	pub max_fee: u128,
	/// The function to be called with what came of it.
	pub callback: &'a [u8],
	/// The gas for that.
	pub gas: Gas,
}

/// A call of a function of the host, for who watches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostCall<'a> {
	/// The function.
	pub function: Function,
	/// Its arguments, as numbers.
	pub arguments: &'a [i64],
	/// What it answered, if it has an answer, or why it ended the run.
	pub result: Result<Option<i64>, VmError>,
	/// The gas left before, when the guest's own instructions until then are paid.
	pub gas_before: Gas,
	/// The gas left after.
	pub gas_after: Gas,
	/// The guest's memory after.
	pub memory: &'a [u8],
}

impl<'a> HostCall<'a> {
	/// What lies at the places that the arguments name, in their order, up to so many bytes each.
	pub fn shown(&self, most: usize) -> Vec<&'a [u8]> {
		let argument = |at: usize| *self.arguments.get(at).unwrap_or(&0);
		let places = self.function.places().iter().map(|(at, length)| {
			let length = match *length {
				Length::Is(length) => length as i64,
				Length::By(by) => argument(by),
				Length::Answered(by) => match self.result {
					Ok(Some(answer)) => argument(by).min(answer),
					_ => 0,
				},
			};
			let start = argument(*at) as u32 as usize;
			let length = usize::try_from(length).unwrap_or(0).min(most);
			let there = start.checked_add(length).and_then(|end| self.memory.get(start..end));
			there.unwrap_or_default()
		});
		places.collect()
	}
}

/// What a frame of a guest sees. Each function has its own price, which the machine has charged
/// before; what it does beyond has a price by the chain's table, which it charges itself. An error
/// ends the run.
pub trait Host {
	/// The guest's own account.
	fn contract(&self) -> Address;

	/// Whether the guest may only look.
	fn is_read_only(&self) -> bool;

	/// Notes a line.
	fn log(&mut self, line: &[u8]) -> Result<(), VmError>;

	/// An account's free balance.
	fn balance(&mut self, who: &Address, meter: &mut Meter) -> Result<u128, VmError>;

	/// Moves money.
	fn transfer(
		&mut self,
		from: &Address,
		to: &Address,
		amount: u128,
		meter: &mut Meter,
	) -> Result<ReturnCode, VmError>;

	/// An item of the contract's storage.
	fn storage_read(&mut self, key: &[u8], meter: &mut Meter) -> Result<Option<Vec<u8>>, VmError>;

	/// Writes or, with `None`, deletes an item of the contract's storage; whether there was one.
	fn storage_write(
		&mut self,
		key: &[u8],
		value: Option<&[u8]>,
		meter: &mut Meter,
	) -> Result<bool, VmError>;

	/// Tells the world.
	fn emit_event(&mut self, topic: &[u8], data: &[u8]) -> Result<(), VmError>;

	/// Calls another contract. Its output, if it gave one, and what came of it.
	fn call(
		&mut self,
		request: CallRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError>;

	/// Makes a contract. Its address, if it is there, its output, if it gave one, and what came of it.
	fn deploy(
		&mut self,
		request: DeployRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Address, Option<VmOutput>), VmError>;

	/// Gives the contract other code, from its next call on.
	fn set_code(&mut self, code_hash: &[u8; 32], meter: &mut Meter) -> Result<ReturnCode, VmError>;

	/// Ends the contract. The machine ends the run if this was allowed.
	fn terminate(&mut self, beneficiary: &Address, meter: &mut Meter) -> Result<(), VmError>;

	/// Orders work: its number.
	fn request_compute(
		&mut self,
		request: ComputeRequest,
		meter: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError>;

	/// The randomness of a block that is over, if it is still known.
	fn random_at(&mut self, block: u32, meter: &mut Meter) -> Result<Option<[u8; 32]>, VmError>;

	/// Watches. An error ends the run.
	fn watch(&mut self, _call: &HostCall) -> Result<(), VmError> {
		Ok(())
	}
}
