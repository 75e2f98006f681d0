//! Balances and fees.

use crate::*;
use frame_support::{
	parameter_types,
	traits::{fungible::Credit, ConstU128, ConstU32, ConstU8, OnUnbalanced, VariantCountOf},
	weights::ConstantMultiplier,
};
use mbongo_primitives::{units, Balance};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use sp_runtime::{traits::One, FixedPointNumber, Perquintill};

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type Balance = Balance;
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<{ units::EXISTENTIAL_DEPOSIT }>;
	type AccountStore = System;
	type ReserveIdentifier = [u8; 8];
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type DoneSlashHandler = ();
}

/// Units for a picosecond of reference time: 1 gas is 5,000 ps and costs 10^9 units.
const UNITS_PER_PICOSECOND: Balance = 200_000;

/// Units for a byte of a transaction: 16 gas.
const UNITS_PER_BYTE: Balance = 16_000_000_000;

parameter_types! {
	/// The fee multiplier rises above this fullness and falls below it.
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(50);
	/// A day of full blocks multiplies fees by about three.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	pub MinimumMultiplier: Multiplier = Multiplier::one();
	pub MaximumMultiplier: Multiplier = Multiplier::saturating_from_integer(1_000);
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, BurnFeesTipAuthor>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightToFee = ConstantMultiplier<Balance, ConstU128<UNITS_PER_PICOSECOND>>;
	type LengthToFee = ConstantMultiplier<Balance, ConstU128<UNITS_PER_BYTE>>;
	type FeeMultiplierUpdate = TargetedFeeAdjustment<
		Runtime,
		TargetBlockFullness,
		AdjustmentVariable,
		MinimumMultiplier,
		MaximumMultiplier,
	>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

/// Burns fees, and gives tips to the author of the block.
pub struct BurnFeesTipAuthor;

impl OnUnbalanced<Credit<AccountId, Balances>> for BurnFeesTipAuthor {
	fn on_unbalanceds(mut fee_then_tip: impl Iterator<Item = Credit<AccountId, Balances>>) {
		// A credit that is dropped is burned.
		drop(fee_then_tip.next());
		if let (Some(tip), Some(author)) = (fee_then_tip.next(), Authorship::author()) {
			use frame_support::traits::fungible::Balanced;
			drop(Balances::resolve(&author, tip));
		}
	}
}
