//! The weights of `pallet_staking`, until they are measured.

use core::marker::PhantomData;
use polkadot_sdk::{frame_support::weights::Weight, frame_system};

/// By the database weights of `T`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_staking::WeightInfo for WeightInfo<T> {
	fn stake() -> Weight {
		<() as pallet_staking::WeightInfo>::stake()
	}
	fn unstake() -> Weight {
		<() as pallet_staking::WeightInfo>::unstake()
	}
	fn withdraw(chunks: u32) -> Weight {
		<() as pallet_staking::WeightInfo>::withdraw(chunks)
	}
	fn redelegate() -> Weight {
		<() as pallet_staking::WeightInfo>::redelegate()
	}
	fn register_validator() -> Weight {
		<() as pallet_staking::WeightInfo>::register_validator()
	}
	fn set_commission() -> Weight {
		<() as pallet_staking::WeightInfo>::set_commission()
	}
	fn chill() -> Weight {
		<() as pallet_staking::WeightInfo>::chill()
	}
	fn resume() -> Weight {
		<() as pallet_staking::WeightInfo>::resume()
	}
	fn claim_rewards() -> Weight {
		<() as pallet_staking::WeightInfo>::claim_rewards()
	}
	fn payout() -> Weight {
		<() as pallet_staking::WeightInfo>::payout()
	}
	fn settle() -> Weight {
		<() as pallet_staking::WeightInfo>::settle()
	}
	fn cancel_slash() -> Weight {
		<() as pallet_staking::WeightInfo>::cancel_slash()
	}
	fn on_offence() -> Weight {
		<() as pallet_staking::WeightInfo>::on_offence()
	}
	fn slash() -> Weight {
		<() as pallet_staking::WeightInfo>::slash()
	}
	fn attested() -> Weight {
		<() as pallet_staking::WeightInfo>::attested()
	}
	fn note_author() -> Weight {
		<() as pallet_staking::WeightInfo>::note_author()
	}
	fn end_epoch(candidates: u32) -> Weight {
		<() as pallet_staking::WeightInfo>::end_epoch(candidates)
	}
}
