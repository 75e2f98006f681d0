//! Contracts that run: each waits for the next.

use super::world::World;
use crate::abi::{
	limits, Address, Manifest, Mode, ReturnCode, VmCall, VmError, VmInput, VmOutput, ABI_VERSION,
};
use alloc::{boxed::Box, collections::BTreeMap, rc::Rc, vec::Vec};
use codec::Encode;
use std::{
	cell::RefCell,
	panic::{catch_unwind, resume_unwind, AssertUnwindSafe},
};

/// What a contract is made of.
#[derive(Clone)]
pub(crate) struct Program {
	pub execute: Rc<dyn Fn(&VmInput) -> VmOutput>,
	pub manifest: Manifest,
}

/// A contract that runs.
struct Frame {
	input: Rc<VmInput>,
	/// What the contract called last has answered.
	output: Vec<u8>,
}

/// The host.
pub(crate) struct Mock {
	pub world: World,
	/// Not undone: nothing that a contract does brings code.
	pub codes: BTreeMap<[u8; 32], Program>,
	pub signer: Address,
	pub mode: Mode,
	pub block: u32,
	pub epoch: u32,
	pub least_balance: u128,
	pub random: BTreeMap<u32, [u8; 32]>,
	pub compute: Option<Address>,
	pub last_status: Option<u32>,
	/// What the test's own calls have answered last.
	output: Vec<u8>,
	/// The lines and events of this run. What is undone counts too.
	told: u32,
	frames: Vec<Frame>,
}

impl Default for Mock {
	fn default() -> Self {
		Self {
			world: World::default(),
			codes: BTreeMap::new(),
			signer: super::ALICE,
			mode: Mode::Standard,
			block: 1,
			epoch: 0,
			least_balance: 0,
			random: BTreeMap::new(),
			compute: None,
			last_status: None,
			output: Vec::new(),
			told: 0,
			frames: Vec::new(),
		}
	}
}

thread_local! {
	static MOCK: RefCell<Mock> = RefCell::new(Mock::default());
}

/// Looks at the host, and changes it. No contract runs meanwhile.
pub(crate) fn with<R>(work: impl FnOnce(&mut Mock) -> R) -> R {
	MOCK.with(|mock| work(&mut mock.borrow_mut()))
}

/// Why a contract does not go on.
pub(crate) enum Stop {
	/// It has done what it may not.
	Failed(VmError),
	/// It is no more.
	Terminated,
}

/// Ends the run of the contract.
pub(crate) fn stop(stop: Stop) -> ! {
	// Without the message of a panic.
	resume_unwind(Box::new(stop))
}

impl Mock {
	/// What the contract that runs was given; outside of any, the account that signs is one itself.
	pub fn input(&self) -> Rc<VmInput> {
		match self.frames.last() {
			Some(frame) => frame.input.clone(),
			None => Rc::new(self.input_for(self.signer, self.signer, 0, VmCall::default())),
		}
	}

	fn input_for(&self, caller: Address, contract: Address, value: u128, call: VmCall) -> VmInput {
		VmInput {
			abi: ABI_VERSION,
			function: call.function,
			args: call.args,
			caller,
			origin: self.frames.first().map_or(self.signer, |frame| frame.input.origin),
			contract,
			value,
			block: self.block,
			epoch: self.epoch,
			mode: self.mode,
			capability: None,
		}
	}

	/// What the contract that was called last has answered.
	pub fn output(&mut self) -> &mut Vec<u8> {
		match self.frames.last_mut() {
			Some(frame) => &mut frame.output,
			None => &mut self.output,
		}
	}

	/// The contract that runs, or the account that signs.
	pub fn this(&self) -> Address {
		self.frames.last().map_or(self.signer, |frame| frame.input.contract)
	}

	pub fn pay(&mut self, from: &Address, to: &Address, amount: u128) -> Result<(), ReturnCode> {
		self.world.pay(from, to, amount, self.least_balance)
	}

	/// Counts one line or event more; whether it is not too many. The account that signs is in no run.
	pub fn may_tell(&mut self) -> bool {
		self.told = self.told.saturating_add(1);
		self.frames.is_empty() || self.told <= limits::EVENTS
	}

	/// Whether the contract that runs does not also wait further down.
	pub fn is_once(&self) -> bool {
		let this = self.this();
		self.frames.iter().filter(|frame| frame.input.contract == this).count() == 1
	}

	fn has_room(&self) -> Result<(), ReturnCode> {
		match self.frames.len() <= limits::CALL_DEPTH as usize {
			true => Ok(()),
			false => Err(ReturnCode::TooDeep),
		}
	}

	fn is_waiting(&self, contract: &Address) -> bool {
		self.frames.iter().any(|frame| frame.input.contract == *contract)
	}
}

/// Does all of it or nothing.
fn all_or_nothing<R>(work: impl FnOnce() -> Result<R, ReturnCode>) -> Result<R, ReturnCode> {
	let before = with(|mock| mock.world.clone());
	let result = work();
	if result.is_err() {
		with(|mock| mock.world = before);
	}
	result
}

/// Calls a contract.
pub(crate) fn call(contract: Address, value: u128, call: VmCall) -> Result<(), ReturnCode> {
	let code = with(|mock| {
		let hash = mock.world.contracts.get(&contract).ok_or(ReturnCode::Absent)?;
		let code = mock.codes.get(hash).cloned().ok_or(ReturnCode::Absent)?;
		if mock.is_waiting(&contract) && !code.manifest.is_reentrant {
			return Err(ReturnCode::Reentered);
		}
		mock.has_room().map(|()| code)
	})?;
	all_or_nothing(|| {
		with(|mock| {
			let caller = mock.this();
			mock.pay(&caller, &contract, value)
		})?;
		enter(&code, contract, value, call)
	})
}

/// Makes a contract.
pub(crate) fn deploy(
	code_hash: [u8; 32],
	salt: &[u8],
	value: u128,
	call: VmCall,
) -> Result<Address, ReturnCode> {
	let (code, contract) = with(|mock| {
		let code = mock.codes.get(&code_hash).cloned().ok_or(ReturnCode::Absent)?;
		let what = (b"mbongo-contract", mock.this(), code_hash, salt).encode();
		let contract = crate::crypto::blake2_256(&what);
		if mock.world.contracts.contains_key(&contract) {
			return Err(ReturnCode::Exists);
		}
		mock.has_room().map(|()| (code, contract))
	})?;
	all_or_nothing(|| {
		with(|mock| {
			let (deployer, origin) = (mock.this(), mock.input().origin);
			// It is an account as long as it is a contract.
			let least = mock.least_balance;
			mock.pay(&origin, &contract, least)?;
			mock.pay(&deployer, &contract, value)?;
			mock.world.contracts.insert(contract, code_hash);
			Ok(())
		})?;
		enter(&code, contract, value, call)
	})
	.map(|()| contract)
}

/// Runs a contract's code, and keeps its answer for who called.
fn enter(code: &Program, contract: Address, value: u128, call: VmCall) -> Result<(), ReturnCode> {
	let input = with(|mock| {
		if mock.frames.is_empty() {
			mock.told = 0;
		}
		let input = Rc::new(mock.input_for(mock.this(), contract, value, call));
		mock.frames.push(Frame { input: input.clone(), output: Vec::new() });
		input
	});
	let result = catch_unwind(AssertUnwindSafe(|| (code.execute)(&input)));
	with(|mock| mock.frames.pop());
	let output = match result {
		Ok(output) if output.data.len() <= limits::OUTPUT_BYTES as usize => output,
		Ok(_) => return Err(ReturnCode::Failed),
		Err(thrown) => match thrown.downcast::<Stop>().as_deref() {
			Ok(Stop::Terminated) => super::ok(&()),
			Ok(Stop::Failed(error)) => {
				std::eprintln!("a contract failed: {error:?}");
				return Err(ReturnCode::Failed);
			}
			// A panic of the contract's own, which has had its say.
			Err(_) => return Err(ReturnCode::Failed),
		},
	};
	with(|mock| {
		*mock.output() = output.data;
		match output.status {
			0 => Ok(()),
			status => {
				mock.last_status = Some(status);
				Err(ReturnCode::Refused)
			}
		}
	})
}
