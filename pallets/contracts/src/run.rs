//! What one call from outside comes to: a stack of contracts, each of which waits for the next.

use crate::*;
use alloc::collections::{BTreeMap, BTreeSet};
use codec::Encode;
use frame_support::{
	storage::{transactional::with_transaction_opaque_err, TransactionOutcome},
	traits::tokens::Preservation,
};
use mbongo_vm::{
	abi::{Mode, ReturnCode, VmInput, ABI_VERSION},
	Modules,
};
use sp_runtime::{traits::Hash, TokenError};

/// What one call from outside comes to.
pub(crate) struct Run<T: Config> {
	/// Who called from outside: it pays for what contracts come to keep.
	pub origin: T::AccountId,
	/// Whether contracts may only look.
	pub is_read_only: bool,
	/// The contracts that run: each waits for the next.
	pub stack: Vec<T::AccountId>,
	/// How many lines and events there were.
	pub events: u32,
	/// What may have other storage than before, or is new.
	touched: BTreeSet<T::AccountId>,
	/// What the sender has paid for code, and for new contracts to be accounts.
	paid: Balance,
	modules: Modules,
	/// What is noted for who wants to see it.
	pub notes: Option<Notes<T>>,
}

/// What is noted of a run for who wants to see it.
pub(crate) struct Notes<T: Config> {
	/// What contracts tell.
	pub events: Vec<ContractEvent<T::AccountId>>,
	/// What was in storage before.
	pub before: BTreeMap<(T::AccountId, Vec<u8>), Option<Vec<u8>>>,
	/// What contracts do, up to so many steps.
	pub steps: Vec<Step<T::AccountId>>,
	pub most_steps: u32,
	/// What was put on hold, and what was given back.
	pub deposits: (Balance, Balance),
	/// What the contract says that was called from outside, if it refuses.
	pub refusal: Option<VmOutput>,
}

impl<T: Config> Notes<T> {
	pub fn new(most_steps: u32) -> Self {
		let (events, steps) = (Vec::new(), Vec::new());
		let before = BTreeMap::new();
		Self { events, before, steps, most_steps, deposits: (0, 0), refusal: None }
	}
}

impl<T: Config> Run<T> {
	pub fn new(origin: T::AccountId) -> Self {
		Self {
			origin,
			is_read_only: false,
			stack: Vec::new(),
			events: 0,
			touched: BTreeSet::new(),
			paid: 0,
			modules: Modules::default(),
			notes: None,
		}
	}

	/// Counts what the sender has put on hold already.
	pub fn count_paid(&mut self, amount: Balance) {
		self.paid = self.paid.saturating_add(amount);
	}

	/// The call from outside.
	pub fn call_first(
		&mut self,
		contract: &T::AccountId,
		value: Balance,
		call: VmCall,
		deposit_limit: Balance,
		meter: &mut Meter,
	) -> Result<VmOutput, DispatchError> {
		ensure!(call.fits(), Error::<T>::CallTooLarge);
		let caller = self.origin.clone();
		let called = self.call(&caller, contract, value, call, meter);
		let output = called.map_err(|failure| in_call::<T>(self.note(failure)))?;
		self.finish(deposit_limit)?;
		Pallet::<T>::deposit_event(Event::Called { contract: contract.clone(), caller });
		Ok(output)
	}

	/// The deployment from outside.
	pub fn deploy_first(
		&mut self,
		code_hash: T::Hash,
		salt: &[u8],
		value: Balance,
		call: VmCall,
		deposit_limit: Balance,
		meter: &mut Meter,
	) -> Result<VmOutput, DispatchError> {
		ensure!(call.fits(), Error::<T>::CallTooLarge);
		let deployer = self.origin.clone();
		let deployed = self.deploy(&deployer, code_hash, salt, value, call, meter);
		let (_, output) = deployed.map_err(|failure| in_deployment::<T>(self.note(failure)))?;
		self.finish(deposit_limit)?;
		Ok(output)
	}

	/// Notes what a contract says that refuses, for who wants to see it.
	fn note(&mut self, failure: Failure) -> Failure {
		if let (Some(notes), Failure::Refused(output)) = (&mut self.notes, &failure) {
			notes.refusal = Some(output.clone());
		}
		failure
	}

	/// The call of who only looks. A refusal is an answer too.
	pub fn look(
		caller: T::AccountId,
		contract: &T::AccountId,
		call: VmCall,
		meter: &mut Meter,
	) -> Result<VmOutput, DispatchError> {
		let mut run = Self::new(caller.clone());
		run.is_read_only = true;
		match run.call(&caller, contract, 0, call, meter) {
			Err(Failure::Refused(output)) => Ok(output),
			result => result.map_err(in_call::<T>),
		}
	}

	/// Settles what is on hold for all contracts that may keep more or less now.
	fn finish(&mut self, deposit_limit: Balance) -> Result<(), Error<T>> {
		let mut charged = self.paid;
		let mut released: Balance = 0;
		for contract in &self.touched {
			let (more, less) = Pallet::<T>::settle(contract, &self.origin)?;
			charged = charged.saturating_add(more);
			released = released.saturating_add(less);
		}
		// Too much is shown too, so that one knows how much.
		if let Some(notes) = &mut self.notes {
			notes.deposits = (charged, released);
		}
		ensure!(charged <= deposit_limit, Error::<T>::DepositLimit);
		Ok(())
	}

	/// That a contract may keep something else than before.
	pub fn touch(&mut self, contract: &T::AccountId, meter: &mut Meter) -> Result<(), VmError> {
		if !self.touched.contains(contract) {
			Pallet::<T>::charge(meter, T::WeightInfo::settle())?;
			self.touched.insert(contract.clone());
		}
		Ok(())
	}

	/// Calls a contract. All that it does is undone if it fails or refuses.
	pub fn call(
		&mut self,
		caller: &T::AccountId,
		contract: &T::AccountId,
		value: Balance,
		call: VmCall,
		meter: &mut Meter,
	) -> Result<VmOutput, Failure> {
		let info = ContractInfoOf::<T>::get(contract).ok_or(ReturnCode::Absent)?;
		let code = CodeInfoOf::<T>::get(info.code_hash).ok_or(ReturnCode::Absent)?;
		if self.stack.contains(contract) && !code.facts.manifest.is_reentrant {
			return Err(ReturnCode::Reentered.into());
		}
		self.has_room()?;
		self.all_or_nothing(|run| {
			run.pay(caller, contract, value)?;
			run.enter(caller, contract, info.code_hash, value, call, meter)
		})
	}

	/// Makes a contract, and calls it for the first time. There is nothing of it if it fails or refuses.
	pub fn deploy(
		&mut self,
		deployer: &T::AccountId,
		code_hash: T::Hash,
		salt: &[u8],
		value: Balance,
		call: VmCall,
		meter: &mut Meter,
	) -> Result<(T::AccountId, VmOutput), Failure> {
		let contract = Pallet::<T>::address_of(deployer, code_hash, salt);
		if !CodeInfoOf::<T>::contains_key(code_hash) {
			return Err(ReturnCode::Absent.into());
		}
		if ContractInfoOf::<T>::contains_key(&contract) {
			return Err(ReturnCode::Exists.into());
		}
		self.has_room()?;
		self.touch(&contract, meter)?;
		let output = self.all_or_nothing(|run| {
			Pallet::<T>::use_code(code_hash)?;
			// It is an account as long as it is a contract.
			let least = T::Token::minimum_balance();
			run.pay(&run.origin, &contract, least)?;
			run.paid = run.paid.saturating_add(least);
			run.pay(deployer, &contract, value)?;
			let info = ContractInfo {
				code_hash,
				deployer: deployer.clone(),
				trie_id: Pallet::<T>::next_trie()?,
				items: 0,
				bytes: 0,
				deposit: 0,
			};
			ContractInfoOf::<T>::insert(&contract, info);
			let (deployer_of, made) = (deployer.clone(), contract.clone());
			let deployed = Event::Deployed { contract: made, deployer: deployer_of, code_hash };
			Pallet::<T>::deposit_event(deployed);
			run.enter(deployer, &contract, code_hash, value, call, meter)
		})?;
		Ok((contract, output))
	}

	/// Runs a contract's code.
	fn enter(
		&mut self,
		caller: &T::AccountId,
		contract: &T::AccountId,
		code_hash: T::Hash,
		value: Balance,
		call: VmCall,
		meter: &mut Meter,
	) -> Result<VmOutput, Failure> {
		let bytes = CodeInfoOf::<T>::get(code_hash).ok_or(ReturnCode::Absent)?.bytes;
		let module = self
			.modules
			.load(code_hash.0, bytes, meter, |meter| Pallet::<T>::code_to_run(code_hash, meter))?;
		let input = VmInput {
			abi: ABI_VERSION,
			function: call.function,
			args: call.args,
			caller: caller.clone().into(),
			origin: self.origin.clone().into(),
			contract: contract.clone().into(),
			value,
			block: block_number::<T>(),
			epoch: T::Epoch::get(),
			mode: if self.is_read_only { Mode::View } else { Mode::Standard },
			capability: None,
		};
		self.stack.push(contract.clone());
		let result =
			mbongo_vm::run(&module, limits::CONTRACT_PAGES, &input, &mut host::Frame(self), meter);
		self.stack.pop();
		match result? {
			output if output.is_success() => Ok(output),
			refused => Err(Failure::Refused(refused)),
		}
	}

	/// Undoes what was done if it comes to nothing.
	fn all_or_nothing<R>(
		&mut self,
		work: impl FnOnce(&mut Self) -> Result<R, Failure>,
	) -> Result<R, Failure> {
		let paid = self.paid;
		let events = self.notes.as_ref().map_or(0, |notes| notes.events.len());
		let done = with_transaction_opaque_err(|| match work(self) {
			Ok(done) => TransactionOutcome::Commit(Ok(done)),
			Err(failure) => TransactionOutcome::Rollback(Err(failure)),
		});
		// Storage goes as deep as contracts do, and deeper.
		let done = done.unwrap_or(Err(Failure::Vm(VmError::ResourceLimitExceeded)));
		if done.is_err() {
			self.paid = paid;
			if let Some(notes) = &mut self.notes {
				notes.events.truncate(events);
			}
		}
		done
	}

	/// One more may run.
	fn has_room(&self) -> Result<(), ReturnCode> {
		match self.stack.len() <= limits::CALL_DEPTH as usize {
			true => Ok(()),
			false => Err(ReturnCode::TooDeep),
		}
	}

	/// Moves money. Who pays stays an account.
	pub fn pay(
		&self,
		from: &T::AccountId,
		to: &T::AccountId,
		amount: Balance,
	) -> Result<(), ReturnCode> {
		if amount == 0 {
			return Ok(());
		}
		let paid = T::Token::transfer(from, to, amount, Preservation::Preserve);
		paid.map(|_| ()).map_err(|error| match error {
			DispatchError::Token(TokenError::BelowMinimum | TokenError::CannotCreate) => {
				ReturnCode::BelowMinimum
			}
			_ => ReturnCode::Insufficient,
		})
	}
}

/// That whatever runs do in a block fits into the memory that the runtime has. What one has used and freed
/// serves another only for things of the same size, which are rounded up to powers of two: so the most
/// that a run holds at once counts again for each size that contracts can choose.
pub(crate) const fn fits_the_heap() -> bool {
	// What is rounded up.
	const ROUNDED: u64 = 2;
	// What grows leaves all smaller places behind.
	const GROWN: u64 = 2 * ROUNDED;
	const PAGE: u64 = GROWN * limits::PAGE_BYTES as u64;
	const MEMORY: u64 = limits::CONTRACT_PAGES as u64 * PAGE;
	// A step of a compute task is run alone, but what it leaves behind stays.
	const FOLD: u64 = limits::FOLD_PAGES as u64 * PAGE;
	// It grows to twice what it must.
	const STACK: u64 = 2 * GROWN * limits::STACK_BYTES as u64;
	const PASSED: u64 = GROWN * (limits::INPUT_BYTES + limits::OUTPUT_BYTES) as u64;
	const FRAMES: u64 = limits::CALL_DEPTH as u64 + 1;
	// What is translated, whose pieces are from 1 KiB to 2 MiB long.
	const SIZES: u64 = 12;
	const CODE: u64 = FRAMES * limits::CODE_BYTES as u64 + limits::MODULES_BYTES as u64;
	const MODULES: u64 = SIZES * ROUNDED * mbongo_vm::HEAP_BYTES_PER_CODE_BYTE * CODE;
	const ALL: u64 = FRAMES * (MEMORY + STACK + PASSED) + MODULES + FOLD;
	const HEAP: u64 = mbongo_primitives::limits::HEAP_PAGES * limits::PAGE_BYTES as u64;
	ALL <= HEAP
}

impl<T: Config> Pallet<T> {
	/// The address of a contract, by who deploys it, its code and a salt.
	pub fn address_of(deployer: &T::AccountId, code_hash: T::Hash, salt: &[u8]) -> T::AccountId {
		let what = (b"mbongo-contract", deployer, code_hash, salt).encode();
		T::Hashing::hash(&what).0.into()
	}
}

/// The block, as contracts are told.
pub(crate) fn block_number<T: Config>() -> u32 {
	use sp_runtime::SaturatedConversion;
	frame_system::Pallet::<T>::block_number().saturated_into()
}

/// What the sender of a call is told.
fn in_call<T: Config>(failure: Failure) -> DispatchError {
	match failure {
		Failure::Vm(error) => Error::<T>::from(error),
		Failure::Refused(_) => Error::<T>::Refused,
		Failure::Not(ReturnCode::Absent) => Error::<T>::NoContract,
		Failure::Not(ReturnCode::Insufficient) => Error::<T>::Insufficient,
		Failure::Not(ReturnCode::BelowMinimum) => Error::<T>::BelowMinimum,
		Failure::Not(ReturnCode::Exists) => Error::<T>::ContractExists,
		Failure::Not(_) => Error::<T>::NotAllowed,
	}
	.into()
}

/// What the sender of a deployment is told.
fn in_deployment<T: Config>(failure: Failure) -> DispatchError {
	match failure {
		Failure::Not(ReturnCode::Absent) => Error::<T>::NoCode.into(),
		failure => in_call::<T>(failure),
	}
}
