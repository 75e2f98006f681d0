//! Contracts.

use super::money::Epoch;
use crate::*;
use frame_support::traits::ConstU128;
use mbongo_primitives::units;

impl pallet_contracts::Config for Runtime {
	type WeightInfo = weights::pallet_contracts::WeightInfo<Runtime>;
	type Token = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type DepositPerItem = ConstU128<{ units::DEPOSIT_PER_ITEM }>;
	type DepositPerByte = ConstU128<{ units::DEPOSIT_PER_BYTE }>;
	type Epoch = Epoch;
	type Randomness = PastBeacons;
	// Nobody takes orders for work yet.
	type Compute = ();
}

/// The beacons of blocks that are over: of this one the author could still choose.
pub struct PastBeacons;

impl pallet_contracts::RandomAt for PastBeacons {
	fn random_at(block: u32) -> Option<[u8; 32]> {
		(block < System::block_number()).then(|| Pouw::beacon(block))?.map(Into::into)
	}
}
