//! # Contracts pallet
//!
//! Keeps code that anybody brings, makes contracts of it, and calls them.
//!
//! ## Terms
//!
//! - **Code**: a WASM module that [`mbongo_vm::admit`] has let in. It is kept once, whoever uses it.
//! - **Contract**: an account with code and storage of its own. Its address follows from who deployed
//!   it, its code and a salt.
//! - **Deposit**: what is on hold on a contract's account for what it keeps, and on the account of who
//!   brought code for the code. It comes back when what it is for is gone.
//! - **Run**: what one call from outside comes to, with all the contracts that it reaches.
//!
//! ## Overview
//!
//! A call names a function and its arguments, encoded as the contract expects them, the gas that it may
//! use, and a limit of deposits: what the sender pays at most for what contracts come to keep, for code
//! that is brought, and for new contracts to be accounts. The machine is
//! that of [`mbongo_vm`]; this pallet is its host. A contract that fails, or refuses, undoes all that it
//! did, and only that: who called it goes on. A contract that waits for another one is not called
//! meanwhile, unless its code allows that.
//!
//! What a contract keeps lies in a trie of its own, whose root is in the state: so it can be proven.
//! When a contract ends, its trie is emptied little by little in blocks with time to spare.
//!
//! ## Example
//!
//! `upload_code(code)`, then `deploy(code_hash, "new", [], 0, 1_000_000, 10^18, [])`; the address is in
//! the event [`Event::Deployed`]. Then `call(address, "add", [0x01000000], 0, 1_000_000, 10^18)`.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(any(test, feature = "runtime-benchmarks")),
	deny(
		clippy::arithmetic_side_effects,
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing
	)
)]
// A call has the arguments that it has.
#![allow(clippy::too_many_arguments)]

extern crate alloc;

pub mod api;
mod code;
mod deletion;
mod deposits;
mod host;
mod queries;
mod run;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use queries::{MOST_GAS_ASKED, MOST_STEPS};
pub use types::*;
pub use weights::WeightInfo;

use alloc::{string::String, vec::Vec};
use frame_support::{
	dispatch::{DispatchErrorWithPostInfo, PostDispatchInfo},
	pallet_prelude::*,
	traits::fungible::{Inspect, InspectHold, Mutate, MutateHold},
};
use frame_system::pallet_prelude::*;
use mbongo_gas::{Gas, PICOS_PER_GAS};
use mbongo_primitives::Balance;
use mbongo_vm::{abi, limits, Meter, OutOfFuel, VmCall, VmError, VmOutput};
use run::Run;

/// A piece of code.
pub type CodeBytes = BoundedVec<u8, ConstU32<{ limits::CODE_BYTES }>>;

/// What tells a contract from others that the same account deploys of the same code.
pub type Salt = BoundedVec<u8, ConstU32<{ limits::SALT_BYTES }>>;

type ContractOf<T> =
	ContractInfo<<T as frame_system::Config>::AccountId, <T as frame_system::Config>::Hash>;

#[frame_support::pallet]
#[allow(clippy::expect_used)] // in what the macro writes for storage items
pub mod pallet {
	use super::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<
		Hash = sp_core::H256,
		AccountId: From<abi::Address> + Into<abi::Address>,
		RuntimeEvent: From<Event<Self>>,
	>
	{
		/// The weights of this pallet's calls and hooks.
		type WeightInfo: WeightInfo;

		/// The token.
		type Token: Inspect<Self::AccountId, Balance = Balance>
			+ Mutate<Self::AccountId>
			+ InspectHold<Self::AccountId, Reason = <Self as Config>::RuntimeHoldReason>
			+ MutateHold<Self::AccountId>;

		/// Why tokens are on hold.
		type RuntimeHoldReason: From<HoldReason>;

		/// What is put on hold for each item that is kept.
		#[pallet::constant]
		type DepositPerItem: Get<Balance>;

		/// What is put on hold for each byte that is kept.
		#[pallet::constant]
		type DepositPerByte: Get<Balance>;

		/// The epoch.
		type Epoch: Get<u32>;

		/// The randomness that contracts can ask for.
		type Randomness: RandomAt;

		/// Who takes contracts' orders for work.
		type Compute: TakesOrders<Self::AccountId>;
	}

	/// Why this pallet holds tokens.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For code.
		Code,
		/// For a contract, and what it keeps.
		Storage,
	}

	/// What is known of each piece of code, by its hash.
	#[pallet::storage]
	pub type CodeInfoOf<T: Config> =
		StorageMap<_, Identity, T::Hash, CodeInfo<T::AccountId>, OptionQuery>;

	/// The code itself.
	#[pallet::storage]
	pub type CodeOf<T: Config> = StorageMap<_, Identity, T::Hash, CodeBytes, OptionQuery>;

	/// The contracts, by their addresses.
	#[pallet::storage]
	pub type ContractInfoOf<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, ContractOf<T>, OptionQuery>;

	/// The number of the next contract's trie.
	#[pallet::storage]
	pub type NextTrie<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// The tries of contracts that have ended, in their order.
	#[pallet::storage]
	pub type DeletionQueue<T: Config> = StorageMap<_, Twox64Concat, u32, TrieId, OptionQuery>;

	/// The place of the first of them, and that of the next one to come.
	#[pallet::storage]
	pub type DeletionPlaces<T: Config> = StorageValue<_, (u32, u32), ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Code was brought.
		CodeStored { code_hash: T::Hash, owner: T::AccountId, bytes: u32, deposit: Balance },
		/// Code was removed.
		CodeRemoved { code_hash: T::Hash, owner: T::AccountId, deposit: Balance },
		/// A contract was made.
		Deployed { contract: T::AccountId, deployer: T::AccountId, code_hash: T::Hash },
		/// A contract was called by a transaction. What contracts call themselves is not told.
		Called { contract: T::AccountId, caller: T::AccountId },
		/// A contract tells something.
		Emitted { contract: T::AccountId, topic: Vec<u8>, data: Vec<u8> },
		/// A contract notes something.
		Logged { contract: T::AccountId, line: Vec<u8> },
		/// A contract has other code now.
		CodeSet { contract: T::AccountId, old: T::Hash, new: T::Hash },
		/// A contract has ended, and what it had is somebody's.
		Terminated { contract: T::AccountId, beneficiary: T::AccountId },
		/// More is on hold for what a contract keeps.
		DepositHeld { contract: T::AccountId, from: T::AccountId, amount: Balance },
		/// Less is on hold for what a contract keeps.
		DepositReleased { contract: T::AccountId, to: T::AccountId, amount: Balance },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The code breaks a rule, at this place.
		CodeRefused(BrokenRule),
		/// There is such code already.
		CodeExists,
		/// There is no such code.
		NoCode,
		/// There are contracts of this code.
		CodeInUse,
		/// The sender did not bring the code, or did not deploy the contract, or the contract's code leaves
		/// this to nobody, or to the contract itself. Or a contract was to be its own beneficiary.
		NotAllowed,
		/// There is no contract at this address.
		NoContract,
		/// There is a contract at the address that this would have.
		ContractExists,
		/// The sender, or a contract, has less than it was to pay.
		Insufficient,
		/// Who is paid would have less than an account must.
		BelowMinimum,
		/// The function's name, or its arguments, are too long, or too many.
		CallTooLarge,
		/// More would be put on hold than the sender allows, or has.
		DepositLimit,
		/// Gas ran out.
		OutOfGas,
		/// What the contract gave the machine does not read as what it should be.
		MalformedAbi,
		/// The contract named a place outside its memory.
		MemoryViolation,
		/// The contract did what it may not.
		CapabilityViolation,
		/// The contract wanted more of something than it may have.
		ResourceLimitExceeded,
		/// The contract may only look here.
		ReadOnly,
		/// The contract's instructions could not go on.
		Trapped(TrapReason),
		/// The contract refused. A simulation of the call shows its reason.
		Refused,
		/// The contract's code breaks a rule that there was not yet when it came.
		CodeOutdated,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_: BlockNumberFor<T>, left: Weight) -> Weight {
			Self::delete_some(left)
		}

		fn integrity_test() {
			const { assert!(run::fits_the_heap(), "what contracts do fits the runtime's memory") };
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Brings code, for which a deposit is put on hold until it is removed.
		///
		/// Origin: signed. Emits [`Event::CodeStored`].
		///
		/// Fails with `CodeRefused`, which names the rule that is broken, `CodeExists`, or a token error.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::upload_code(code.len() as u32))]
		pub fn upload_code(origin: OriginFor<T>, code: CodeBytes) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::store_code(&owner, code)?;
			Ok(())
		}

		/// Removes code that no contract is made of.
		///
		/// Origin: signed, by who brought it. Emits [`Event::CodeRemoved`].
		///
		/// Fails with `NoCode`, `NotAllowed`, `CodeInUse`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::remove_code())]
		pub fn remove_code(origin: OriginFor<T>, code_hash: T::Hash) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::drop_code(&owner, code_hash)
		}

		/// Makes a contract, and calls a function of it for the first time.
		///
		/// Origin: signed. Emits [`Event::Deployed`].
		///
		/// The gas limit is for all of it; what is not used is not paid for. The deposit limit is what the
		/// sender pays at most for what contracts come to keep, and for new ones to be accounts.
		///
		/// Fails with `NoCode`, `ContractExists`, `CallTooLarge`, or as `call` does; then nothing has changed.
		#[pallet::call_index(2)]
		#[pallet::weight(Pallet::<T>::weight_of(*gas_limit, T::WeightInfo::deploy_base()))]
		pub fn deploy(
			origin: OriginFor<T>,
			code_hash: T::Hash,
			function: String,
			args: Vec<Vec<u8>>,
			#[pallet::compact] value: Balance,
			#[pallet::compact] gas_limit: Gas,
			#[pallet::compact] deposit_limit: Balance,
			salt: Salt,
		) -> DispatchResultWithPostInfo {
			let origin = ensure_signed(origin)?;
			Self::dispatch(gas_limit, T::WeightInfo::deploy_base(), |meter| {
				let mut run = Run::<T>::new(origin.clone());
				let call = VmCall { function, args };
				run.deploy_first(code_hash, &salt, value, call, deposit_limit, meter)
			})
		}

		/// Brings code, makes a contract of it, and calls a function of it for the first time. If the
		/// code is there already, it is used.
		///
		/// Origin: signed. Emits [`Event::CodeStored`] if it was not there, and [`Event::Deployed`].
		///
		/// The deposit for the code counts against the deposit limit. Fails with `CodeRefused`, or as `deploy`
		/// does; then the code was not brought either.
		#[pallet::call_index(3)]
		#[pallet::weight(Pallet::<T>::weight_of(
			*gas_limit,
			T::WeightInfo::deploy_base().saturating_add(T::WeightInfo::upload_code(code.len() as u32)),
		))]
		pub fn deploy_code(
			origin: OriginFor<T>,
			code: CodeBytes,
			function: String,
			args: Vec<Vec<u8>>,
			#[pallet::compact] value: Balance,
			#[pallet::compact] gas_limit: Gas,
			#[pallet::compact] deposit_limit: Balance,
			salt: Salt,
		) -> DispatchResultWithPostInfo {
			let origin = ensure_signed(origin)?;
			let base = T::WeightInfo::deploy_base()
				.saturating_add(T::WeightInfo::upload_code(code.len() as u32));
			Self::dispatch(gas_limit, base, |meter| {
				let (code_hash, deposit) = Self::store_code_once(&origin, code)?;
				let mut run = Run::<T>::new(origin.clone());
				run.count_paid(deposit);
				let call = VmCall { function, args };
				run.deploy_first(code_hash, &salt, value, call, deposit_limit, meter)
			})
		}

		/// Calls a function of a contract.
		///
		/// Origin: signed. Emits [`Event::Called`], and [`Event::DepositHeld`] or [`Event::DepositReleased`] for
		/// each contract that keeps more or less than before.
		///
		/// The gas limit is for all that it comes to; what is not used is not paid for. The deposit limit is
		/// what the sender pays at most for what contracts come to keep, and for new ones to be accounts.
		///
		/// Fails with `NoContract`, `CallTooLarge`, `Insufficient`, `BelowMinimum`, or with what became of the
		/// contract's run: `OutOfGas`, `Refused`, `Trapped` and the others; then nothing has changed.
		#[pallet::call_index(4)]
		#[pallet::weight(Pallet::<T>::weight_of(*gas_limit, T::WeightInfo::call_base()))]
		pub fn call(
			origin: OriginFor<T>,
			contract: T::AccountId,
			function: String,
			args: Vec<Vec<u8>>,
			#[pallet::compact] value: Balance,
			#[pallet::compact] gas_limit: Gas,
			#[pallet::compact] deposit_limit: Balance,
		) -> DispatchResultWithPostInfo {
			let origin = ensure_signed(origin)?;
			Self::dispatch(gas_limit, T::WeightInfo::call_base(), |meter| {
				let mut run = Run::<T>::new(origin.clone());
				let call = VmCall { function, args };
				run.call_first(&contract, value, call, deposit_limit, meter)
			})
		}

		/// Gives a contract other code, which is there already.
		///
		/// Origin: signed, by who deployed it, if its code allows that. Emits [`Event::CodeSet`].
		///
		/// Fails with `NoContract`, `NoCode`, `NotAllowed`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_code())]
		pub fn set_code(
			origin: OriginFor<T>,
			contract: T::AccountId,
			code_hash: T::Hash,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let permission = Self::manifest_for_deployer(&contract, &who)?.upgrade;
			ensure!(permission == abi::Permission::Deployer, Error::<T>::NotAllowed);
			Self::change_code(&contract, code_hash)
		}

		/// Ends a contract: all that it has goes to the beneficiary, and what it keeps is deleted.
		///
		/// Origin: signed, by who deployed it, if its code allows that. Emits [`Event::Terminated`].
		///
		/// Fails with `NoContract`, `NotAllowed`, or a token error.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::terminate())]
		pub fn terminate(
			origin: OriginFor<T>,
			contract: T::AccountId,
			beneficiary: T::AccountId,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let permission = Self::manifest_for_deployer(&contract, &who)?.terminate;
			ensure!(permission == abi::Permission::Deployer, Error::<T>::NotAllowed);
			Self::end(&contract, &beneficiary)
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The weight of a call with this limit, at least what it takes to find out that this is too little.
	fn weight_of(gas: Gas, least: Weight) -> Weight {
		Weight::from_parts(gas.saturating_mul(PICOS_PER_GAS), 0).max(least)
	}

	/// What a call from outside comes to, with what it used: gas and weight are the same here, whichever
	/// was more.
	fn dispatch(
		gas_limit: Gas,
		base: Weight,
		work: impl FnOnce(&mut Meter) -> Result<VmOutput, DispatchError>,
	) -> DispatchResultWithPostInfo {
		let mut meter = Meter::new(gas_limit);
		let result = Self::metered(&mut meter, base, work);
		let post_info = PostDispatchInfo {
			actual_weight: Some(Self::weight_of(meter.used(), Weight::zero())),
			pays_fee: Pays::Yes,
		};
		match result {
			Ok(_) => Ok(post_info),
			Err(error) => Err(DispatchErrorWithPostInfo { post_info, error }),
		}
	}

	/// Charges what a call from outside takes beside its contract, and lets it be done.
	fn metered<R>(
		meter: &mut Meter,
		base: Weight,
		work: impl FnOnce(&mut Meter) -> Result<R, DispatchError>,
	) -> Result<R, DispatchError> {
		let result = match Self::charge(meter, base) {
			Ok(()) => work(meter),
			Err(OutOfFuel) => Err(Error::<T>::OutOfGas.into()),
		};
		if result.is_err() {
			meter.forget_refund();
		}
		result
	}

	/// Charges what this pallet does itself.
	fn charge(meter: &mut Meter, weight: Weight) -> Result<(), OutOfFuel> {
		meter.charge(mbongo_vm::costs::Cost { gas: 0, picos: weight.ref_time() })
	}

	/// What a contract's code allows, asked by who deployed it.
	fn manifest_for_deployer(
		contract: &T::AccountId,
		who: &T::AccountId,
	) -> Result<abi::Manifest, DispatchError> {
		let info = ContractInfoOf::<T>::get(contract).ok_or(Error::<T>::NoContract)?;
		ensure!(info.deployer == *who, Error::<T>::NotAllowed);
		let code = CodeInfoOf::<T>::get(info.code_hash).ok_or(Error::<T>::NoCode)?;
		Ok(code.facts.manifest)
	}
}

impl<T> From<VmError> for Error<T> {
	fn from(error: VmError) -> Self {
		match error {
			VmError::FuelExhausted => Self::OutOfGas,
			VmError::MalformedAbi => Self::MalformedAbi,
			VmError::MemoryViolation => Self::MemoryViolation,
			VmError::CapabilityViolation => Self::CapabilityViolation,
			VmError::ResourceLimitExceeded => Self::ResourceLimitExceeded,
			VmError::ReadOnly => Self::ReadOnly,
			VmError::DepositLimit => Self::DepositLimit,
			VmError::CodeOutdated => Self::CodeOutdated,
			VmError::Trapped(trap) => Self::Trapped(TrapReason(trap)),
		}
	}
}
