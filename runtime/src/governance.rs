//! # Governance pallet
//!
//! Names those who may do something because a referendum says so, and lets the validators' council
//! restart finality.
//!
//! ## Terms
//!
//! - **Origin**: on whose authority a call is run. Each of [`Origin`] is what the referenda of one
//!   track run their calls with, and nothing else makes them.
//! - **Emergency origin**: [`Config::EmergencyOrigin`]. It may do what cannot wait for a referendum
//!   and can take nothing from anybody.
//!
//! ## Overview
//!
//! When more than a third of the validators are gone, no set is ever finalised again and so GRANDPA
//! never has another one. [`Call::note_stalled`] tells it to begin anew with the next session's set, for
//! which it takes Root otherwise. Those who are left can do so, however few: once finality has lagged for
//! a day, staking takes out of the set, and so out of the council, who attests nothing. The pallet stores
//! nothing.
//!
//! ## Example
//!
//! Block 7,000 was the last to be final and block 9,000 is the best. The council's call
//! `note_stalled(20, 7_000)` makes the session that begins at 9,600 a forced change, which all nodes
//! apply at 9,620.

// What the SDK's macros write here has an `expect`.
#![cfg_attr(
	not(any(test, feature = "runtime-benchmarks")),
	deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)
)]

pub use pallet::*;

use polkadot_sdk::*;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::{pallet_prelude::*, RawOrigin};
	use pallet_grandpa::WeightInfo as _;

	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config + pallet_grandpa::Config {
		/// Who may say that finality stands still.
		type EmergencyOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// How many blocks after the next session's begin finality may begin anew at most. While it
		/// waits no other set can follow, nor for as long again if it was noted twice.
		#[pallet::constant]
		type MaxDelay: Get<BlockNumberFor<Self>>;
	}

	#[cfg(not(feature = "test-upgrade"))]
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);
	#[cfg(feature = "test-upgrade")]
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Whom a referendum speaks for.
	#[pallet::origin]
	#[derive(
		Clone,
		Copy,
		Debug,
		Decode,
		DecodeWithMemTracking,
		Encode,
		Eq,
		MaxEncodedLen,
		PartialEq,
		TypeInfo,
	)]
	pub enum Origin {
		/// May run as Root what the validators' council has whitelisted.
		#[codec(index = 0)]
		WhitelistedCaller,
		/// May spend what the treasury has.
		#[codec(index = 1)]
		Treasurer,
		/// May spend a little of it at a time.
		#[codec(index = 2)]
		SmallSpender,
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The delay is above the limit.
		DelayTooLong,
		/// The block that is said to be final does not exist yet.
		BlockInFuture,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Says that finality stands still, so that it begins anew with the next session.
		///
		/// # Origin
		///
		/// [`Config::EmergencyOrigin`].
		///
		/// # Details
		///
		/// - `delay`: how many blocks after the session's begin the change is applied. All nodes should
		///   have these blocks by then.
		/// - `best_finalized_block_number`: the last block that is final for all nodes.
		///
		/// # Errors
		///
		/// - [`Error::DelayTooLong`]: above [`Config::MaxDelay`].
		/// - [`Error::BlockInFuture`]: such a block can be final for nobody.
		#[pallet::call_index(0)]
		#[pallet::weight((
			<T as pallet_grandpa::Config>::WeightInfo::note_stalled()
				// How long a day is, and an epoch.
				.saturating_add(T::DbWeight::get().reads(2)),
			DispatchClass::Operational,
		))]
		pub fn note_stalled(
			origin: OriginFor<T>,
			delay: BlockNumberFor<T>,
			best_finalized_block_number: BlockNumberFor<T>,
		) -> DispatchResult {
			T::EmergencyOrigin::ensure_origin(origin)?;
			ensure!(delay <= T::MaxDelay::get(), Error::<T>::DelayTooLong);
			ensure!(
				best_finalized_block_number < frame_system::Pallet::<T>::block_number(),
				Error::<T>::BlockInFuture
			);
			pallet_grandpa::Pallet::<T>::note_stalled(
				RawOrigin::Root.into(),
				delay,
				best_finalized_block_number,
			)
		}
	}
}
