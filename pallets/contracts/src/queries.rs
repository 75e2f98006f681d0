//! What is asked of this pallet, and what must hold of it.

use crate::{deletion::trie, host::place, run::Notes, *};
use alloc::vec::Vec;
use frame_support::storage::child;
use sp_runtime::traits::Hash;

/// The most steps that are shown of a call. Higher limits are taken for this one.
pub const MOST_STEPS: u32 = 100_000;

/// The most gas that anything which is only asked may use: what a transaction can have, and little
/// enough that nobody keeps a node busy with one question. Higher limits are taken for this one.
pub const MOST_GAS_ASKED: Gas = 200_000_000;

/// What is said of code that is too long to be looked at.
fn too_long<T: Config>() -> Error<T> {
	Error::CodeRefused(BrokenRule { rule: mbongo_vm::Rule::CodeSize, offset: u16::MAX })
}

impl<T: Config> Pallet<T> {
	/// What a call would come to. Whoever asks must throw the state away.
	pub fn simulate_call(
		origin: T::AccountId,
		contract: T::AccountId,
		call: VmCall,
		value: Balance,
		gas_limit: Gas,
		deposit_limit: Balance,
	) -> Simulation<T::AccountId> {
		Self::simulate(origin, gas_limit, T::WeightInfo::call_base(), None, |run, meter| {
			run.call_first(&contract, value, call, deposit_limit, meter)
		})
	}

	/// What a deployment would come to. Whoever asks must throw the state away.
	pub fn simulate_deploy(
		origin: T::AccountId,
		code: CodeSource<T::Hash>,
		call: VmCall,
		value: Balance,
		gas_limit: Gas,
		deposit_limit: Balance,
		salt: Vec<u8>,
	) -> Simulation<T::AccountId> {
		let (code_hash, brought) = match code {
			CodeSource::Stored(code_hash) => (code_hash, None),
			CodeSource::Brought(code) => (T::Hashing::hash(&code), Some(code)),
		};
		let of_code = brought
			.as_ref()
			.map_or(Weight::zero(), |code| T::WeightInfo::upload_code(code.len() as u32));
		let base = T::WeightInfo::deploy_base().saturating_add(of_code);
		let address = Self::address_of(&origin, code_hash, &salt);
		let owner = origin.clone();
		Self::simulate(origin, gas_limit, base, Some(address), |run, meter| {
			if let Some(code) = brought {
				let code = code.try_into().map_err(|_| too_long::<T>())?;
				let (_, deposit) = Self::store_code_once(&owner, code)?;
				run.count_paid(deposit);
			}
			let salt = Salt::try_from(salt).map_err(|_| Error::<T>::CallTooLarge)?;
			run.deploy_first(code_hash, &salt, value, call, deposit_limit, meter)
		})
	}

	fn simulate(
		origin: T::AccountId,
		gas_limit: Gas,
		base: Weight,
		address: Option<T::AccountId>,
		work: impl FnOnce(&mut Run<T>, &mut Meter) -> Result<VmOutput, DispatchError>,
	) -> Simulation<T::AccountId> {
		let mut meter = Meter::new(gas_limit.min(MOST_GAS_ASKED));
		let mut run = Run::<T>::new(origin);
		run.notes = Some(Notes::new(0));
		let result = Self::metered(&mut meter, base, |meter| work(&mut run, meter));
		let notes = run.notes.unwrap_or_else(|| Notes::new(0));
		let is_done = result.is_ok();
		// What failed is undone, as it would be.
		let changes = notes.before.into_iter().filter(|_| is_done).filter_map(Self::change);
		let events = notes.events.into_iter().filter(|_| is_done);
		Simulation {
			gas_used: meter.used(),
			gas_needed: meter.needed(),
			deposit_charged: notes.deposits.0,
			deposit_released: notes.deposits.1,
			events: events.collect(),
			changes: changes.collect(),
			deployed: address.filter(|_| is_done),
			refusal: notes.refusal,
			result,
		}
	}

	/// What has changed of an item, if anything has.
	fn change(
		((contract, key), before): ((T::AccountId, Vec<u8>), Option<Vec<u8>>),
	) -> Option<Change<T::AccountId>> {
		let after = Self::storage(&contract, &key);
		(before != after).then_some(Change { contract, key, before, after })
	}

	/// What a contract answers to who only looks.
	pub fn view(
		caller: T::AccountId,
		contract: T::AccountId,
		call: VmCall,
		gas_limit: Gas,
	) -> Result<VmOutput, DispatchError> {
		let mut meter = Meter::new(gas_limit.min(MOST_GAS_ASKED));
		ensure!(call.fits(), Error::<T>::CallTooLarge);
		Run::<T>::look(caller, &contract, call, &mut meter)
	}

	/// What a call does, step by step, and what it comes to. Whoever asks must throw the state away.
	pub fn trace_call(
		origin: T::AccountId,
		contract: T::AccountId,
		call: VmCall,
		value: Balance,
		gas_limit: Gas,
		deposit_limit: Balance,
		most_steps: u32,
	) -> (Vec<Step<T::AccountId>>, Result<VmOutput, DispatchError>, Gas) {
		let mut meter = Meter::new(gas_limit.min(MOST_GAS_ASKED));
		let mut run = Run::<T>::new(origin);
		run.notes = Some(Notes::new(most_steps.min(MOST_STEPS)));
		let result = Self::metered(&mut meter, T::WeightInfo::call_base(), |meter| {
			run.call_first(&contract, value, call, deposit_limit, meter)
		});
		let steps = run.notes.map(|notes| notes.steps).unwrap_or_default();
		(steps, result, meter.used())
	}

	/// An item of a contract's storage.
	pub fn storage(contract: &T::AccountId, key: &[u8]) -> Option<Vec<u8>> {
		let info = ContractInfoOf::<T>::get(contract)?;
		child::get_raw(&trie(&info.trie_id), &place(key))
	}

	/// What holds between blocks.
	#[cfg(any(feature = "try-runtime", test))]
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		use alloc::collections::BTreeMap;

		let mut users = BTreeMap::<T::Hash, u32>::new();
		let mut tries = BTreeMap::<TrieId, ()>::new();
		for (contract, info) in ContractInfoOf::<T>::iter() {
			let count = users.entry(info.code_hash).or_default();
			*count = count.saturating_add(1);
			ensure!(tries.insert(info.trie_id, ()).is_none(), "two contracts have one trie");
			ensure!(
				u64::from_be_bytes(info.trie_id) < NextTrie::<T>::get(),
				"a trie was not given by the count"
			);
			ensure!(info.deposit == deposits::due::<T>(&info), "a deposit is not what is due");
			let held = T::Token::balance_on_hold(&HoldReason::Storage.into(), &contract);
			ensure!(held == info.deposit, "a contract has another hold than its deposit");
			ensure!(
				T::Token::balance(&contract) >= T::Token::minimum_balance(),
				"a contract is no account"
			);
			let (items, bytes) = Self::count(&info.trie_id);
			ensure!(
				(items, bytes) == (info.items, info.bytes),
				"a contract's items are miscounted"
			);
		}
		let (first, next) = DeletionPlaces::<T>::get();
		let waiting = next.wrapping_sub(first);
		ensure!(
			DeletionQueue::<T>::iter().count() == waiting as usize,
			"the places of the queue are wrong"
		);
		for (_, trie_id) in DeletionQueue::<T>::iter() {
			ensure!(tries.insert(trie_id, ()).is_none(), "a trie in use is to be deleted");
		}
		let mut held = BTreeMap::<T::AccountId, Balance>::new();
		for (code_hash, info) in CodeInfoOf::<T>::iter() {
			let code = CodeOf::<T>::get(code_hash).ok_or("code is missing")?;
			ensure!(info.bytes as usize == code.len(), "code has another length");
			ensure!(
				users.remove(&code_hash).unwrap_or_default() == info.contracts,
				"the contracts of a code are miscounted"
			);
			let sum = held.entry(info.owner).or_default();
			*sum = sum.saturating_add(info.deposit);
		}
		ensure!(users.is_empty(), "a contract has no code");
		ensure!(
			CodeOf::<T>::iter().count() == CodeInfoOf::<T>::iter().count(),
			"code is left over"
		);
		for (owner, deposit) in held {
			let on_hold = T::Token::balance_on_hold(&HoldReason::Code.into(), &owner);
			ensure!(on_hold == deposit, "less or more is on hold for code");
		}
		Ok(())
	}

	/// The items of a trie, and the bytes of their keys and values.
	#[cfg(any(feature = "try-runtime", test))]
	fn count(trie_id: &TrieId) -> (u32, u32) {
		use sp_io::default_child_storage::next_key;
		const HASH: usize = 16;
		let (mut items, mut bytes) = (0u32, 0u32);
		let mut at = Vec::new();
		while let Some(key) = next_key(trie_id, &at) {
			let value = child::len(&trie(trie_id), &key).unwrap_or_default();
			items = items.saturating_add(1);
			bytes =
				bytes.saturating_add(value).saturating_add(key.len().saturating_sub(HASH) as u32);
			at = key;
		}
		(items, bytes)
	}
}
