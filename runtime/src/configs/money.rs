//! Balances, gas and fees.

use crate::{
	errors::{ErrorTable, SystemEvents},
	*,
};
use frame_support::{
	parameter_types,
	traits::{fungible::Credit, ConstU128, ConstU32, ConstU8, OnUnbalanced, VariantCountOf},
	weights::ConstantMultiplier,
};
use mbongo_gas::{Operation, MIN_GAS_PRICE, PICOS_PER_GAS};
use mbongo_primitives::{units, Balance};
use pallet_execution::{CallCost, CallCosts, Changes};
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

/// Units for a picosecond of reference time.
const UNITS_PER_PICOSECOND: Balance = MIN_GAS_PRICE / PICOS_PER_GAS as Balance;

/// Units for a byte of a transaction.
const UNITS_PER_BYTE: Balance = MIN_GAS_PRICE * Operation::NonZeroByte.gas() as Balance;

parameter_types! {
	/// The gas price rises above this fullness and falls below it.
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(50);
	/// A day of full blocks multiplies the gas price by about three.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	pub MinimumMultiplier: Multiplier = Multiplier::one();
	pub MaximumMultiplier: Multiplier = Multiplier::saturating_from_integer(1_000);
	pub Epoch: u32 = Session::current_index();
}

/// Takes the money. How much it is, our extension says by gas; the two conversions are for pallets
/// that ask what a weight is worth.
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

impl pallet_execution::Config for Runtime {
	type WeightInfo = weights::pallet_execution::WeightInfo<Runtime>;
	type Costs = Costs;
	type Outcomes = SystemEvents;
	type Errors = ErrorTable;
	type Money = Money;
	type Epoch = Epoch;
	#[cfg(feature = "try-runtime")]
	type Invariants = invariants::Accounts;
}

/// The chain's money is the balances.
pub struct Money;

impl pallet_execution::Money<RuntimeEvent> for Money {
	fn issuance() -> Balance {
		Balances::total_issuance()
	}

	fn cap() -> Balance {
		units::SUPPLY_CAP
	}

	fn changes(event: &RuntimeEvent) -> Changes {
		use pallet_balances::Event::*;
		let none = Changes::default();
		let RuntimeEvent::Balances(event) = event else { return none };
		match *event {
			Minted { amount, .. }
			| MintedCredit { amount }
			| Issued { amount }
			| Restored { amount, .. } => Changes { minted: amount, ..none },
			Burned { amount, .. }
			| BurnedDebt { amount }
			| BurnedHeld { amount, .. }
			| Rescinded { amount }
			| Suspended { amount, .. } => Changes { burned: amount, ..none },
			TotalIssuanceForced { old, new } => {
				Changes { minted: new.saturating_sub(old), burned: old.saturating_sub(new) }
			}
			_ => none,
		}
	}
}

/// The calls that have a row of their own in the gas table.
pub struct Costs;

impl CallCosts<RuntimeCall> for Costs {
	fn cost(dispatched: &RuntimeCall) -> CallCost {
		use pallet_balances::Call::{transfer_all, transfer_allow_death, transfer_keep_alive};
		use pallet_contracts::Call::{call, deploy, deploy_code};
		match dispatched {
			RuntimeCall::Contracts(
				call { gas_limit, .. } | deploy { gas_limit, .. } | deploy_code { gas_limit, .. },
			) => CallCost::Limit(*gas_limit),
			RuntimeCall::Balances(
				transfer_allow_death { .. } | transfer_keep_alive { .. } | transfer_all { .. },
			) => CallCost::Fixed(Operation::Transfer.gas()),
			_ => CallCost::Weight,
		}
	}
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
