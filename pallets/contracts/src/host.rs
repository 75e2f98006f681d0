//! What a contract sees: the host of the machine.

use crate::{deletion::trie, run::Run, *};
use frame_support::{storage::child, traits::DefensiveOption, Blake2_128Concat, StorageHasher};
use mbongo_gas::Operation;
use mbongo_vm::{
	abi::{Address, Permission, ReturnCode},
	CallRequest, ComputeRequest, DeployRequest, Host, HostCall,
};
use sp_core::H256;

/// How much is shown of what lies at one place in a contract's memory.
const SHOWN_BYTES: usize = 256;

/// The frame of the contract on top of a run's stack.
pub(crate) struct Frame<'a, T: Config>(pub &'a mut Run<T>);

/// Where an item lies in a contract's trie: spread, so that nobody can make the trie deep, and still
/// with the key in it.
pub(crate) fn place(key: &[u8]) -> Vec<u8> {
	Blake2_128Concat::hash(key)
}

impl<T: Config> Frame<'_, T> {
	fn me(&self) -> Result<&T::AccountId, VmError> {
		self.0.stack.last().defensive_ok_or(VmError::MalformedAbi)
	}

	fn info(&self) -> Result<ContractOf<T>, VmError> {
		ContractInfoOf::<T>::get(self.me()?).defensive_ok_or(VmError::MalformedAbi)
	}

	/// One line or event more.
	fn tell(&mut self, event: ContractEvent<T::AccountId>) -> Result<(), VmError> {
		self.0.events = self.0.events.saturating_add(1);
		if self.0.events > limits::EVENTS {
			return Err(VmError::ResourceLimitExceeded);
		}
		if let Some(notes) = &mut self.0.notes {
			notes.events.push(event);
		}
		Ok(())
	}

	/// What this contract's code says of itself now.
	fn manifest(&self) -> Result<abi::Manifest, VmError> {
		let info = CodeInfoOf::<T>::get(self.info()?.code_hash);
		Ok(info.defensive_ok_or(VmError::MalformedAbi)?.facts.manifest)
	}
}

/// What came of a frame above, for the contract that called.
fn answer<R>(
	result: Result<(R, VmOutput), Failure>,
	nothing: R,
) -> (ReturnCode, R, Option<VmOutput>) {
	match result {
		Ok((made, output)) => (ReturnCode::Done, made, Some(output)),
		Err(Failure::Refused(output)) => (ReturnCode::Refused, nothing, Some(output)),
		Err(Failure::Not(code)) => (code, nothing, None),
		Err(Failure::Vm(_)) => (ReturnCode::Failed, nothing, None),
	}
}

impl<T: Config> Host for Frame<'_, T> {
	fn contract(&self) -> Address {
		self.me().map(|me| me.clone().into()).unwrap_or_default()
	}

	fn is_read_only(&self) -> bool {
		self.0.is_read_only
	}

	fn log(&mut self, line: &[u8]) -> Result<(), VmError> {
		let contract = self.me()?.clone();
		self.tell(ContractEvent::Logged { contract: contract.clone(), line: line.to_vec() })?;
		Pallet::<T>::deposit_event(Event::Logged { contract, line: line.to_vec() });
		Ok(())
	}

	fn balance(&mut self, who: &Address, meter: &mut Meter) -> Result<u128, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok(T::Token::balance(&(*who).into()))
	}

	fn transfer(
		&mut self,
		from: &Address,
		to: &Address,
		amount: u128,
		meter: &mut Meter,
	) -> Result<ReturnCode, VmError> {
		meter.charge_operation(Operation::Transfer)?;
		let paid = self.0.pay(&(*from).into(), &(*to).into(), amount);
		Ok(paid.err().unwrap_or(ReturnCode::Done))
	}

	fn storage_read(&mut self, key: &[u8], meter: &mut Meter) -> Result<Option<Vec<u8>>, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok(child::get_raw(&trie(&self.info()?.trie_id), &place(key)))
	}

	fn storage_write(
		&mut self,
		key: &[u8],
		value: Option<&[u8]>,
		meter: &mut Meter,
	) -> Result<bool, VmError> {
		let me = self.me()?.clone();
		let mut info = self.info()?;
		let (trie, at) = (trie(&info.trie_id), place(key));
		let before = child::len(&trie, &at);
		meter.charge_operation(match (before.is_some(), value.is_some()) {
			(true, true) => Operation::StorageUpdate,
			(false, true) => Operation::StorageInsert,
			(true, false) => Operation::StorageDelete,
			(false, false) => {
				return meter
					.charge_operation(Operation::StorageRead)
					.map(|()| false)
					.map_err(Into::into)
			}
		})?;
		self.0.touch(&me, meter)?;
		if let Some(notes) = &mut self.0.notes {
			let place = (me.clone(), key.to_vec());
			notes.before.entry(place).or_insert_with(|| child::get_raw(&trie, &at));
		}

		let size = |value: usize| key.len().saturating_add(value) as u32;
		if let Some(length) = before {
			info.items = info.items.saturating_sub(1);
			info.bytes = info.bytes.saturating_sub(size(length as usize));
		}
		match value {
			Some(value) => {
				let items = info.items.checked_add(1);
				let bytes = info.bytes.checked_add(size(value.len()));
				info.items = items.ok_or(VmError::ResourceLimitExceeded)?;
				info.bytes = bytes.ok_or(VmError::ResourceLimitExceeded)?;
				child::put_raw(&trie, &at, value);
			}
			None => child::kill(&trie, &at),
		}
		ContractInfoOf::<T>::insert(me, info);
		Ok(before.is_some())
	}

	fn emit_event(&mut self, topic: &[u8], data: &[u8]) -> Result<(), VmError> {
		let contract = self.me()?.clone();
		let (topic, data) = (topic.to_vec(), data.to_vec());
		self.tell(ContractEvent::Emitted {
			contract: contract.clone(),
			topic: topic.clone(),
			data: data.clone(),
		})?;
		// Not among the system's topics, which nobody pays to delete in the next block.
		Pallet::<T>::deposit_event(Event::Emitted { contract, topic, data });
		Ok(())
	}

	fn call(
		&mut self,
		request: CallRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Option<VmOutput>), VmError> {
		let me = self.me()?.clone();
		let CallRequest { contract, value, gas, call } = request;
		let mut nested = meter.nested(gas);
		let result = self.0.call(&me, &contract.into(), value, call, &mut nested);
		meter.absorb(nested, result.is_ok())?;
		let (code, (), output) = answer(result.map(|output| ((), output)), ());
		Ok((code, output))
	}

	fn deploy(
		&mut self,
		request: DeployRequest,
		meter: &mut Meter,
	) -> Result<(ReturnCode, Address, Option<VmOutput>), VmError> {
		let me = self.me()?.clone();
		let DeployRequest { code_hash, salt, value, gas, call } = request;
		let mut nested = meter.nested(gas);
		let result = self.0.deploy(&me, H256(code_hash), salt, value, call, &mut nested);
		meter.absorb(nested, result.is_ok())?;
		Ok(answer(result.map(|(contract, output)| (contract.into(), output)), Address::default()))
	}

	fn set_code(&mut self, code_hash: &[u8; 32], _: &mut Meter) -> Result<ReturnCode, VmError> {
		if self.manifest()?.upgrade != Permission::Contract {
			return Ok(ReturnCode::NotAllowed);
		}
		let changed = Pallet::<T>::change_code(self.me()?, H256(*code_hash));
		Ok(changed.map_or(ReturnCode::Absent, |()| ReturnCode::Done))
	}

	fn terminate(&mut self, beneficiary: &Address, _: &mut Meter) -> Result<(), VmError> {
		let me = self.me()?.clone();
		// One that still waits below would find itself gone.
		let is_once = self.0.stack.iter().filter(|contract| **contract == me).count() == 1;
		if self.manifest()?.terminate != Permission::Contract || !is_once {
			return Err(VmError::CapabilityViolation);
		}
		Pallet::<T>::end(&me, &(*beneficiary).into()).map_err(|_| VmError::CapabilityViolation)
	}

	fn request_compute(
		&mut self,
		request: ComputeRequest,
		meter: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError> {
		T::Compute::request(self.me()?, request, meter)
	}

	fn random_at(&mut self, block: u32, meter: &mut Meter) -> Result<Option<[u8; 32]>, VmError> {
		meter.charge_operation(Operation::StorageRead)?;
		Ok(T::Randomness::random_at(block))
	}

	fn watch(&mut self, call: &HostCall) -> Result<(), VmError> {
		let depth = self.0.stack.len().saturating_sub(1) as u32;
		let contract = self.me()?.clone();
		let Some(notes) = self.0.notes.as_mut().filter(|notes| notes.most_steps > 0) else {
			return Ok(());
		};
		if notes.steps.len() >= notes.most_steps as usize {
			return Err(VmError::ResourceLimitExceeded);
		}
		notes.steps.push(Step {
			depth,
			contract,
			function: call.function.name().into(),
			arguments: call.arguments.to_vec(),
			bytes: call.shown(SHOWN_BYTES).into_iter().map(<[u8]>::to_vec).collect(),
			result: call.result,
			gas_before: call.gas_before,
			gas_after: call.gas_after,
		});
		Ok(())
	}
}
