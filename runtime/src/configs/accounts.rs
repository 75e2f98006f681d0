//! Batches, proxies, multisigs, preimages and the scheduler.

use crate::*;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	parameter_types,
	traits::{
		fungible::HoldConsideration, ConstU128, ConstU32, InstanceFilter, LinearStoragePrice,
	},
	weights::Weight,
};
use frame_system::EnsureRoot;
use mbongo_primitives::{units, Balance};
use sp_runtime::{traits::BlakeTwo256, Perbill};

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

/// What a proxy may do for its account.
#[derive(
	Copy,
	Clone,
	Eq,
	PartialEq,
	Ord,
	PartialOrd,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	scale_info::TypeInfo,
	Default,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	#[codec(index = 0)]
	Any,
	/// Everything that sends nobody tokens. It may stake them.
	#[codec(index = 1)]
	NonTransfer,
	/// Reject announcements of other proxies.
	#[codec(index = 2)]
	CancelProxy,
	/// Change session keys.
	#[codec(index = 3)]
	SessionKeys,
	/// Propose, vote and sit in the council.
	#[codec(index = 4)]
	Governance,
	/// Stake, unstake and claim.
	#[codec(index = 5)]
	Staking,
}

impl ProxyType {
	/// What a [`ProxyType::Governance`] may do. A deposit or a lock stays its account's own, and what
	/// the treasury pays is the treasury's.
	fn governs(call: &RuntimeCall) -> bool {
		matches!(
			call,
			RuntimeCall::Referenda(_)
				| RuntimeCall::ConvictionVoting(_)
				| RuntimeCall::ValidatorsCouncil(_)
				| RuntimeCall::Whitelist(_)
				| RuntimeCall::Treasury(_)
				| RuntimeCall::Utility(_)
		)
	}
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			Self::Any => true,
			// What may be done is listed, so that a later pallet is not allowed by oversight.
			Self::NonTransfer => {
				Self::governs(call)
					|| matches!(
						call,
						RuntimeCall::System(frame_system::Call::remark { .. })
							| RuntimeCall::System(frame_system::Call::remark_with_event { .. })
							| RuntimeCall::Staking(_)
							| RuntimeCall::Session(_)
							| RuntimeCall::Utility(_)
							| RuntimeCall::Multisig(_)
							| RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. })
					)
			}
			Self::CancelProxy => matches!(
				call,
				RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. })
					| RuntimeCall::Utility(_)
					| RuntimeCall::Multisig(_)
			),
			Self::SessionKeys => matches!(call, RuntimeCall::Session(_) | RuntimeCall::Utility(_)),
			Self::Staking => matches!(call, RuntimeCall::Staking(_) | RuntimeCall::Utility(_)),
			Self::Governance => Self::governs(call),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		match (self, other) {
			(Self::Any, _) => true,
			(Self::NonTransfer, other) => *other != Self::Any,
			(own, other) => own == other,
		}
	}
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = ProxyType;
	type ProxyDepositBase = ConstU128<{ units::deposit(1, 8) }>;
	type ProxyDepositFactor = ConstU128<{ units::deposit(0, 33) }>;
	type MaxProxies = ConstU32<32>;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
	type MaxPending = ConstU32<32>;
	type CallHasher = BlakeTwo256;
	type AnnouncementDepositBase = ConstU128<{ units::deposit(1, 8) }>;
	type AnnouncementDepositFactor = ConstU128<{ units::deposit(0, 66) }>;
	type BlockNumberProvider = System;
}

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = ConstU128<{ units::deposit(1, 88) }>;
	type DepositFactor = ConstU128<{ units::deposit(0, 32) }>;
	type MaxSignatories = ConstU32<100>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
	type BlockNumberProvider = System;
}

parameter_types! {
	pub const PreimageDeposit: Balance = units::deposit(2, 64);
	pub const PreimageByteDeposit: Balance = units::DEPOSIT_PER_BYTE;
	pub const PreimageHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
	pub MaximumSchedulerWeight: Weight =
		Perbill::from_percent(80) * configs::RuntimeBlockWeights::get().max_block;
}

impl pallet_preimage::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		PreimageHoldReason,
		LinearStoragePrice<PreimageDeposit, PreimageByteDeposit, Balance>,
	>;
}

impl pallet_scheduler::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumSchedulerWeight;
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type OriginPrivilegeCmp = configs::governance::RootFirst;
	/// As many as the SDK's weights are measured with. A block that is full takes no more, not even
	/// what a referendum has decided, so it must take many to fill one.
	type MaxScheduledPerBlock = ConstU32<512>;
	type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}
