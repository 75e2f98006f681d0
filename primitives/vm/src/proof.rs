//! Checks what a contract answers with nothing but the root of a state and those parts of it that were
//! read: for who has a block's header and trusts no node.
//!
//! The guest is run again here, on a host that reads from the proof. What is not in it cannot be read,
//! and what was altered is not in it, since every part is found by its hash.

use crate::{
	abi::{Address, Mode, ReturnCode, ABI_VERSION},
	limits, run, CallRequest, ComputeRequest, DeployRequest, Facts, Host, Meter, Modules, VmCall,
	VmError, VmInput, VmOutput, ADMISSION_VERSION,
};
use codec::{Decode, DecodeAll};
use mbongo_gas::{Gas, Operation};
use sp_core::{Blake2Hasher, H256};
use sp_io::hashing::{blake2_128, twox_128, twox_64};
use sp_trie::{read_child_trie_value, read_trie_value, LayoutV1, MemoryDB, StorageProof};
use std::fmt;

/// What a contract was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
	/// By whom.
	pub caller: Address,
	/// Which contract.
	pub contract: Address,
	/// What.
	pub call: VmCall,
	/// With how much gas.
	pub gas_limit: Gas,
}

/// Why nothing is proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProofError {
	/// Something that had to be read is not in the proof, or was altered.
	Incomplete,
	/// Something that was read is not what this chain keeps there.
	Unreadable,
	/// There is no such contract.
	NoContract,
	/// The code was let in by other rules than those that are known here.
	OtherRules,
	/// The question is too long.
	TooLong,
}

impl fmt::Display for ProofError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Incomplete => "a part of the state that is read is missing, or was altered",
			Self::Unreadable => "what is read is not what this chain keeps there",
			Self::NoContract => "there is no such contract",
			Self::OtherRules => "the code was let in by rules that are not known here",
			Self::TooLong => "the question is too long",
		})
	}
}

/// What the contract answers, in the state with this root.
pub fn verify(
	state_root: H256,
	proof: impl IntoIterator<Item = Vec<u8>>,
	question: &Question,
) -> Result<Result<VmOutput, VmError>, ProofError> {
	let Question { caller, contract, call, gas_limit } = question;
	if !call.fits() {
		return Err(ProofError::TooLong);
	}
	let proof = StorageProof::new(proof);
	let state = State { parts: proof.into_memory_db(), root: state_root };
	let mut check = Check {
		block: 0,
		state,
		origin: *caller,
		modules: Modules::default(),
		stack: Vec::new(),
		failed: None,
	};
	let code_hash = check.state.contract(contract)?.ok_or(ProofError::NoContract)?.code_hash;
	let mut meter = Meter::new(*gas_limit);
	let output = check.enter(caller, contract, code_hash, call.clone(), &mut meter);
	match check.failed {
		Some(failed) => Err(failed),
		None => Ok(output),
	}
}

type Layout = LayoutV1<Blake2Hasher>;

/// A state of which parts are known.
struct State {
	parts: MemoryDB<Blake2Hasher>,
	root: H256,
}

/// What is read of a contract: it begins like this.
#[derive(Decode)]
struct Contract {
	code_hash: H256,
	_deployer: Address,
	trie_id: [u8; 8],
}

/// What is read of code.
#[derive(Decode)]
struct CodeInfo {
	_owner: Address,
	_deposit: u128,
	_contracts: u32,
	bytes: u32,
	facts: Facts,
}

/// What is read of an account: it begins like this.
#[derive(Decode)]
struct Account {
	_nonce: u32,
	_references: [u32; 3],
	free: u128,
}

fn plain(pallet: &[u8], item: &[u8]) -> Vec<u8> {
	[twox_128(pallet), twox_128(item)].concat()
}

fn with_blake2(pallet: &[u8], item: &[u8], key: &[u8]) -> Vec<u8> {
	[&plain(pallet, item)[..], &blake2_128(key), key].concat()
}

impl State {
	fn bytes(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ProofError> {
		read_trie_value::<Layout, _>(&self.parts, &self.root, key, None, None)
			.map_err(|_| ProofError::Incomplete)
	}

	/// What lies there, or begins there.
	fn value<V: Decode>(&self, key: &[u8]) -> Result<Option<V>, ProofError> {
		let Some(bytes) = self.bytes(key)? else { return Ok(None) };
		V::decode(&mut &bytes[..]).map(Some).map_err(|_| ProofError::Unreadable)
	}

	fn contract(&self, contract: &Address) -> Result<Option<Contract>, ProofError> {
		self.value(&with_blake2(b"Contracts", b"ContractInfoOf", contract))
	}

	fn code_info(&self, code_hash: H256) -> Result<CodeInfo, ProofError> {
		let key = [&plain(b"Contracts", b"CodeInfoOf")[..], &code_hash.0].concat();
		let code: CodeInfo = self.value(&key)?.ok_or(ProofError::Unreadable)?;
		match code.facts.admission_version {
			ADMISSION_VERSION => Ok(code),
			_ => Err(ProofError::OtherRules),
		}
	}

	fn code(&self, code_hash: H256) -> Result<Vec<u8>, ProofError> {
		let key = [&plain(b"Contracts", b"CodeOf")[..], &code_hash.0].concat();
		let bytes = self.bytes(&key)?.ok_or(ProofError::Unreadable)?;
		Vec::<u8>::decode_all(&mut &bytes[..]).map_err(|_| ProofError::Unreadable)
	}

	fn storage(&self, trie_id: &[u8; 8], key: &[u8]) -> Result<Option<Vec<u8>>, ProofError> {
		let root = [&b":child_storage:default:"[..], trie_id].concat();
		let Some(root) = self.bytes(&root)? else { return Ok(None) };
		let root = H256::decode_all(&mut &root[..]).map_err(|_| ProofError::Unreadable)?;
		let place = [&blake2_128(key)[..], key].concat();
		read_child_trie_value::<Layout, _>(trie_id, &self.parts, &root, &place, None, None)
			.map_err(|_| ProofError::Incomplete)
	}

	fn balance(&self, who: &Address) -> Result<u128, ProofError> {
		let account: Option<Account> = self.value(&with_blake2(b"System", b"Account", who))?;
		Ok(account.map_or(0, |account| account.free))
	}

	fn beacon(&self, block: u32) -> Result<Option<[u8; 32]>, ProofError> {
		let number = block.to_le_bytes();
		self.value(&[&plain(b"Pouw", b"Beacons")[..], &twox_64(&number), &number].concat())
	}
}

/// The contract that runs, and those that wait for it.
struct Check {
	state: State,
	origin: Address,
	/// The block's number, once a contract was told.
	block: u32,
	modules: Modules,
	stack: Vec<Address>,
	/// Why nothing is proven: whatever the guest answers then.
	failed: Option<ProofError>,
}

impl Check {
	/// Ends the run, of which nothing is proven, unless this could be read.
	fn read<R>(
		&mut self,
		read: impl FnOnce(&State) -> Result<R, ProofError>,
	) -> Result<R, VmError> {
		read(&self.state).map_err(|error| {
			self.failed = Some(error);
			VmError::MalformedAbi
		})
	}

	fn enter(
		&mut self,
		caller: &Address,
		contract: &Address,
		code_hash: H256,
		call: VmCall,
		meter: &mut Meter,
	) -> Result<VmOutput, VmError> {
		let info = self.read(|state| state.code_info(code_hash))?;
		let Self { state, failed, modules, .. } = self;
		let module = modules.load(code_hash.0, info.bytes, meter, |_| {
			let code = state.code(code_hash).map_err(|error| {
				*failed = Some(error);
				VmError::MalformedAbi
			})?;
			Ok::<_, VmError>((code, info.facts))
		})?;
		// Read no sooner than the runtime does, which may end before.
		let mut number = |pallet: &[u8], item: &[u8]| {
			self.read(|state| Ok(state.value(&plain(pallet, item))?.unwrap_or_default()))
		};
		let block = number(b"System", b"Number")?;
		let epoch = number(b"Session", b"CurrentIndex")?;
		self.block = block;
		let input = VmInput {
			abi: ABI_VERSION,
			function: call.function,
			args: call.args,
			caller: *caller,
			origin: self.origin,
			contract: *contract,
			value: 0,
			block,
			epoch,
			mode: Mode::View,
			capability: None,
		};
		self.stack.push(*contract);
		let result = run(&module, limits::CONTRACT_PAGES, &input, self, meter);
		self.stack.pop();
		// Whatever the guest made of it.
		match self.failed {
			Some(_) => Err(VmError::MalformedAbi),
			None => result,
		}
	}
}

impl Host for Check {
	fn contract(&self) -> Address {
		self.stack.last().copied().unwrap_or_default()
	}

	fn is_read_only(&self) -> bool {
		true
	}

	fn balance(&mut self, who: &Address, meter: &mut Meter) -> Result<u128, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		self.read(|state| state.balance(who))
	}

	fn storage_read(&mut self, key: &[u8], meter: &mut Meter) -> Result<Option<Vec<u8>>, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		let me = Host::contract(self);
		self.read(|state| {
			let contract = state.contract(&me)?.ok_or(ProofError::Unreadable)?;
			state.storage(&contract.trie_id, key)
		})
	}

	fn random_at(&mut self, block: u32, meter: &mut Meter) -> Result<Option<[u8; 32]>, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		match block < self.block {
			true => self.read(|state| state.beacon(block)),
			false => Ok(None),
		}
	}

	fn call(
		&mut self,
		request: CallRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		let CallRequest { contract, gas, call, .. } = request;
		let Some(found) = self.read(|state| state.contract(&contract))? else {
			return Ok((ReturnCode::Absent, None));
		};
		let code = self.read(|state| state.code_info(found.code_hash))?;
		if self.stack.contains(&contract) && !code.facts.manifest.is_reentrant {
			return Ok((ReturnCode::Reentered, None));
		}
		if self.stack.len() > limits::CALL_DEPTH as usize {
			return Ok((ReturnCode::TooDeep, None));
		}
		let me = Host::contract(self);
		let mut nested = meter.nested(gas);
		let result = self.enter(&me, &contract, found.code_hash, call, &mut nested);
		meter.absorb(nested, result.as_ref().is_ok_and(VmOutput::is_success))?;
		if self.failed.is_some() {
			return Err(VmError::MalformedAbi);
		}
		Ok(match result {
			Ok(output) if output.is_success() => (ReturnCode::Done, Some(output)),
			Ok(output) => (ReturnCode::Refused, Some(output)),
			Err(_) => (ReturnCode::Failed, None),
		})
	}

	// Who may only look never comes to these: the machine has refused before.

	fn log(&mut self, _: &[u8]) -> Result<(), VmError> {
		Err(VmError::ReadOnly)
	}

	fn transfer(
		&mut self,
		_: &Address,
		_: &Address,
		_: u128,
		_: &mut Meter,
	) -> Result<ReturnCode, VmError> {
		Err(VmError::ReadOnly)
	}

	fn storage_write(
		&mut self,
		_: &[u8],
		_: Option<&[u8]>,
		_: &mut Meter,
	) -> Result<bool, VmError> {
		Err(VmError::ReadOnly)
	}

	fn emit_event(&mut self, _: &[u8], _: &[u8]) -> Result<(), VmError> {
		Err(VmError::ReadOnly)
	}

	fn deploy(
		&mut self,
		_: DeployRequest,
		_: &mut Meter,
	) -> Result<(ReturnCode, Address, Option<VmOutput>), VmError> {
		Err(VmError::ReadOnly)
	}

	fn set_code(&mut self, _: &[u8; 32], _: &mut Meter) -> Result<ReturnCode, VmError> {
		Err(VmError::ReadOnly)
	}

	fn terminate(&mut self, _: &Address, _: &mut Meter) -> Result<(), VmError> {
		Err(VmError::ReadOnly)
	}

	fn request_compute(
		&mut self,
		_: ComputeRequest,
		_: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError> {
		Err(VmError::ReadOnly)
	}
}
