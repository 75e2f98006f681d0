//! A fold by a guest of the chain's machine.

use super::{item, Kind, Layout, List, Made, NotMade, Output, Part, Place, Source};
use crate::blob::{BlobId, BLOB_VERSION};
use alloc::{string::String, vec, vec::Vec};
use codec::{Decode, DecodeAll, DecodeWithMemTracking, Encode, MaxEncodedLen};
use mbongo_primitives::{limits, Hash, Hashing};
use mbongo_vm::{
	abi::{Address, ABI_VERSION},
	costs, limits as vm, CallRequest, ComputeRequest, DeployRequest, Facts, Host, Meter, Mode,
	Module, Refusal, ReturnCode, VmError, VmInput, VmOutput, ADMISSION_VERSION,
};
use scale_info::TypeInfo;
use sp_runtime::traits::Hash as _;

/// Bytes of a state.
pub const MAX_STATE_BYTES: u32 = 32 * 1024;

/// Bytes of a chunk.
pub const MAX_CHUNK_BYTES: u32 = 32 * 1024;

/// The most fuel of a step: half of what a block has for normal transactions, so that whoever shows that a
/// step is wrong can have it run.
pub const MAX_STEP_FUEL: u64 =
	limits::BLOCK_REF_TIME_PICOS / 100 * limits::NORMAL_PERCENT as u64 / 2 / costs::PICOS_PER_FUEL;

/// Bytes of the record of a step.
pub const STEP_BYTES: u64 = 32 + 4 + 8;

/// The function of the guest that makes a step. It is given the state and a chunk, and answers the state.
const STEP: &str = "step";

/// `state = step(state, chunk)` for each chunk of the input, of which the last may be shorter; the state is
/// empty in the beginning, and the output in the end. A step that fails leaves it, and uses all its fuel.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Wasm {
	/// The hash of the guest's code.
	pub code_hash: [u8; 32],
	/// Bytes of a chunk.
	pub chunk_bytes: u32,
	/// The most fuel of a step, at most [`MAX_STEP_FUEL`].
	pub step_fuel: u64,
}

/// A guest's code, which was let in.
#[derive(Clone, Debug)]
pub struct Code {
	hash: [u8; 32],
	bytes: Vec<u8>,
	facts: Facts,
}

impl Code {
	/// Lets code in.
	pub fn admit(bytes: Vec<u8>) -> Result<Self, Refusal> {
		let facts = mbongo_vm::admit(&bytes, vm::FOLD_PAGES)?;
		Ok(Self::admitted(bytes, facts))
	}

	/// Code that was let in before, for who has kept it, with what was found then.
	pub fn admitted(bytes: Vec<u8>, facts: Facts) -> Self {
		Self { hash: Hashing::hash(&bytes).0, bytes, facts }
	}

	/// Its hash.
	pub fn hash(&self) -> [u8; 32] {
		self.hash
	}
}

/// The record of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Step {
	/// The root of the state after it, as that of a blob.
	pub root: Hash,
	/// The length of that state.
	pub len: u32,
	/// The fuel used by then.
	pub fuel: u64,
}

impl Step {
	fn after(state: &[u8], fuel: u64) -> Self {
		Self { root: BlobId::of(state).root, len: state.len() as u32, fuel }
	}
}

impl Wasm {
	/// What comes of a step, and the fuel that it used: a machine of its own, its code translated anew.
	fn step(&self, state: &[u8], chunk: &[u8], code: &Code) -> (Option<Vec<u8>>, u64) {
		let mut meter = Meter::of_fuel(self.step_fuel);
		// Who could not pay for loading it has nothing parsed.
		let load = costs::code_load(code.bytes.len() as u64, code.facts.load, 0);
		let module = match meter.has(load) {
			true => Module::new(&code.bytes, &code.facts),
			false => Err(VmError::FuelExhausted),
		};
		let answer = module.and_then(|module| {
			let input = VmInput {
				abi: ABI_VERSION,
				function: String::from(STEP),
				args: vec![state.to_vec(), chunk.to_vec()],
				caller: Address::default(),
				origin: Address::default(),
				contract: Address::default(),
				value: 0,
				block: 0,
				epoch: 0,
				mode: Mode::View,
				capability: None,
			};
			mbongo_vm::run(&module, vm::FOLD_PAGES, &input, &mut Nothing, &mut meter)
		});
		let after = answer.ok().filter(VmOutput::is_success).map(|output| output.data);
		match after.filter(|state| state.len() <= MAX_STATE_BYTES as usize) {
			Some(state) => (Some(state), self.step_fuel.saturating_sub(meter.left())),
			None => (None, self.step_fuel),
		}
	}
}

impl Kind for Wasm {
	fn code_hash(&self) -> Option<[u8; 32]> {
		Some(self.code_hash)
	}

	fn record_fuel(&self) -> u64 {
		self.step_fuel
	}

	fn layout(&self, input: u64, data: Option<u64>) -> Option<Layout> {
		let records = (self.chunk_bytes > 0).then(|| input.div_ceil(self.chunk_bytes.into()))?;
		// The fuel of all steps can be counted.
		records.checked_mul(self.step_fuel)?;
		let fits = self.chunk_bytes <= MAX_CHUNK_BYTES
			&& self.step_fuel <= MAX_STEP_FUEL
			&& data.is_none();
		let steps = List { records, bytes: STEP_BYTES };
		fits.then(|| Layout { made: vec![steps], output: Output::LastState })
	}

	fn sources(&self, place: Place, input: u64) -> Option<Vec<Source>> {
		let mut chunk = item(0, place.record, self.chunk_bytes.into())?;
		chunk.end = chunk.end.min(input);
		let before = place.record.checked_sub(1).map(|before| item(0, before, STEP_BYTES));
		let mut sources = vec![(Part::Input, chunk)];
		if let Some(before) = before {
			sources.push((Part::Made(0), before?));
		}
		Some(sources)
	}

	fn record(
		&self,
		_: Place,
		sources: &[&[u8]],
		state: &[u8],
		code: Option<&Code>,
	) -> Result<Made, NotMade> {
		let code = code
			.filter(|code| code.hash == self.code_hash)
			.filter(|code| code.facts.admission_version == ADMISSION_VERSION)
			.ok_or(NotMade::NoCode)?;
		let (chunk, before) = match sources {
			[chunk] => (chunk, Step::after(&[], 0)),
			[chunk, before] => {
				(chunk, Step::decode_all(&mut &before[..]).map_err(|_| NotMade::WrongSources)?)
			}
			_ => return Err(NotMade::WrongSources),
		};
		if state.len() > MAX_STATE_BYTES as usize || Step::after(state, before.fuel) != before {
			return Err(NotMade::WrongState);
		}
		let (after, fuel) = self.step(state, chunk, code);
		let state = after.unwrap_or_else(|| state.to_vec());
		let record = Step::after(&state, before.fuel.saturating_add(fuel)).encode();
		Ok(Made { record, state })
	}

	fn ending(&self, record: &[u8]) -> Option<(BlobId, u64)> {
		let step = Step::decode_all(&mut &record[..]).ok()?;
		let state = BlobId { version: BLOB_VERSION, root: step.root, len: step.len.into() };
		(step.len <= MAX_STATE_BYTES).then_some((state, step.fuel))
	}
}

/// What a step sees of the world.
struct Nothing;

impl Host for Nothing {
	fn contract(&self) -> Address {
		Address::default()
	}

	fn is_read_only(&self) -> bool {
		true
	}

	fn log(&mut self, _: &[u8]) -> Result<(), VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn balance(&mut self, _: &Address, _: &mut Meter) -> Result<u128, VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn transfer(
		&mut self,
		_: &Address,
		_: &Address,
		_: u128,
		_: &mut Meter,
	) -> Result<ReturnCode, VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn storage_read(&mut self, _: &[u8], _: &mut Meter) -> Result<Option<Vec<u8>>, VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn storage_write(
		&mut self,
		_: &[u8],
		_: Option<&[u8]>,
		_: &mut Meter,
	) -> Result<bool, VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn emit_event(&mut self, _: &[u8], _: &[u8]) -> Result<(), VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn call(
		&mut self,
		_: CallRequest,
		_: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn deploy(
		&mut self,
		_: DeployRequest,
		_: &mut Meter,
	) -> Result<(ReturnCode, Address, Option<VmOutput>), VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn set_code(&mut self, _: &[u8; 32], _: &mut Meter) -> Result<ReturnCode, VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn terminate(&mut self, _: &Address, _: &mut Meter) -> Result<(), VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn request_compute(
		&mut self,
		_: ComputeRequest,
		_: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError> {
		Err(VmError::CapabilityViolation)
	}

	fn random_at(&mut self, _: u32, _: &mut Meter) -> Result<Option<[u8; 32]>, VmError> {
		Err(VmError::CapabilityViolation)
	}
}
