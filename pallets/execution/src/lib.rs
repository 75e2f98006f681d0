//! # Execution pallet
//!
//! Charges transactions for the gas that they use, and leaves a receipt of each.
//!
//! ## Terms
//!
//! - **Gas**: what a user pays for, by the table of `mbongo-gas`.
//! - **Gas limit**: the most that a transaction can use, which is charged before it is executed: what
//!   its call says, or the call's worst case.
//! - **Gas price**: [`MIN_GAS_PRICE`] times the multiplier of `pallet-transaction-payment`, which
//!   follows how full blocks are.
//! - **Receipt**: what came of a transaction, proven by the root of the block's receipts in its header.
//!
//! ## Overview
//!
//! The extension [`ChargeTransactionPayment`] takes `gas limit * gas price` and the tip from the
//! sender. When the call has been executed, what it did not use goes back, what it used is burned, and
//! the tip goes to the author, as the runtime has set up `pallet-transaction-payment`, which handles
//! the money. A call that runs out of gas pays for all of its limit.
//!
//! When a block ends, the events of each of its transactions say what became of it; the pallet writes
//! the receipts, and their root into the header. The receipts stay until the next block begins.
//!
//! The same events say how much money was minted and burned: the pallet keeps [`Supply`]. At the end of
//! the first block of each epoch it deposits [`Event::SupplyMismatch`] if there is more or less money
//! than that, or more than there may be. It has to be the last pallet, since what mints or burns in
//! another one's `on_finalize` must come before.
//!
//! ## Example
//!
//! A transfer whose encoded call has 40 bytes, 3 of them zero, uses
//! `21,000 + 2,100 + 3 * 4 + 37 * 16 = 23,704` gas, and pays `23,704 * 10^9` units where the price is
//! the least, as it is until blocks are more than half full.

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

extern crate alloc;

mod books;
mod charge;
mod queries;
mod receipts;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use books::{Changes, Money, Supply};
pub use charge::ChargeTransactionPayment;
pub use mbongo_gas::MIN_GAS_PRICE;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{dispatch::DispatchClass, pallet_prelude::*};
use frame_system::pallet_prelude::*;
use mbongo_gas::Gas;
use mbongo_primitives::{execution::Receipt, Balance};
use pallet_transaction_payment::{Multiplier, MultiplierUpdate, OnChargeTransaction};
use sp_core::H256;
use sp_runtime::{traits::One, FixedPointNumber};

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
		frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>>
		+ pallet_transaction_payment::Config<
			OnChargeTransaction: OnChargeTransaction<Self, Balance = Balance>,
		>
	{
		/// The weights of this pallet's extension and hooks.
		type WeightInfo: WeightInfo;

		/// Which calls have another price than their weight.
		type Costs: CallCosts<Self::RuntimeCall>;

		/// Which event says what came of a transaction.
		type Outcomes: Outcomes<<Self as frame_system::Config>::RuntimeEvent>;

		/// What kinds of errors there are.
		type Errors: ErrorTable;

		/// The chain's money.
		type Money: Money<<Self as frame_system::Config>::RuntimeEvent>;

		/// The epoch.
		type Epoch: Get<u32>;

		/// What holds of all accounts together.
		#[cfg(feature = "try-runtime")]
		type Invariants: Invariants;
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// There is more or less money than was made, or more than there may be.
		SupplyMismatch {
			/// How much there is.
			issued: Balance,
			/// How much there is by the books.
			expected: Balance,
			/// How much there may be.
			cap: Balance,
		},
	}

	/// What this block's transactions have paid for, by their place; cleared at the block's end.
	#[pallet::storage]
	#[pallet::unbounded]
	#[pallet::whitelist_storage]
	pub type GasUsed<T: Config> = StorageValue<_, Vec<(u32, Gas)>, ValueQuery>;

	/// The receipts of the last block: while a block executes, of none.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type Receipts<T: Config> = StorageValue<_, Vec<Receipt>, ValueQuery>;

	/// The books of the chain's money.
	#[pallet::storage]
	pub type Books<T: Config> = StorageValue<_, Supply>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Receipts::<T>::kill();
			// What `on_finalize` takes; what it takes for each transaction is in their base weight.
			<T as Config>::WeightInfo::receipts(0, 0)
		}

		fn on_finalize(_: BlockNumberFor<T>) {
			Self::end_block();
		}

		fn integrity_test() {
			let weights = T::BlockWeights::get();
			for class in DispatchClass::all() {
				assert!(
					weights.get(*class).base_extrinsic.all_gte(Self::receipt_weight()),
					"the base weight of a transaction holds its receipt"
				);
			}
			assert!(
				T::FeeMultiplierUpdate::min() >= Multiplier::one(),
				"the multiplier never makes gas cheaper than its least price"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}

impl<T: Config> Pallet<T> {
	/// What a gas costs now.
	pub fn gas_price() -> Balance {
		pallet_transaction_payment::Pallet::<T>::next_fee_multiplier()
			.saturating_mul_int(MIN_GAS_PRICE)
	}

	/// The receipts of the block in whose state this is asked.
	pub fn receipts() -> Vec<Receipt> {
		Receipts::<T>::get()
	}

	/// How much money there was at genesis, and what has changed since.
	pub fn books() -> (Balance, Changes) {
		let books = Books::<T>::get();
		// They begin with the first block.
		books.map_or_else(
			|| (T::Money::issuance(), Changes::default()),
			|books| (books.genesis, books.changes),
		)
	}

	/// What the base weight of a transaction has to hold for its receipt.
	pub fn receipt_weight() -> Weight {
		// Two events are its own: that it has paid, and what came of it.
		<T as Config>::WeightInfo::receipts(1, 2)
			.saturating_sub(<T as Config>::WeightInfo::receipts(0, 0))
	}

	/// What holds between blocks.
	#[cfg(any(feature = "try-runtime", test))]
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		use mbongo_primitives::execution::{find_execution_log, receipts_root};

		ensure!(!GasUsed::<T>::exists(), "gas outlived its block");
		let receipts = Receipts::<T>::get();
		ensure!(
			receipts.iter().zip(0..).all(|(receipt, place)| receipt.index == place),
			"receipts are out of order"
		);
		let log = find_execution_log(&frame_system::Pallet::<T>::digest());
		ensure!(
			log.is_none_or(|log| log.receipts_root == receipts_root(&receipts)),
			"the header has another root than that of the receipts"
		);
		let issued = T::Money::issuance();
		ensure!(issued <= T::Money::cap(), "there is more money than there may be");
		ensure!(
			Books::<T>::get().is_none_or(|books| books.issued() == issued),
			"there is more or less money than by the books"
		);
		#[cfg(feature = "try-runtime")]
		T::Invariants::check()?;
		Ok(())
	}
}
