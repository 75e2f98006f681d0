//! What calls and hooks weigh, as measured by `scripts/weights`.

pub mod pallet_contracts;
pub mod pallet_execution;
pub mod pallet_pouw;
pub mod pallet_staking;
