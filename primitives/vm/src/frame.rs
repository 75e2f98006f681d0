//! What a run keeps beside its instance, and why it ends.

use crate::{abi::VmError, costs, limits, Host, Meter, OutOfFuel};
use alloc::vec::Vec;
use core::fmt;
use wasmi::{Error, Memory, StoreLimits, StoreLimitsBuilder};

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
