//! A runtime with this pallet, balances, and a guest whose calls use what the test says.

use crate as pallet_execution;
use crate::*;
use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	parameter_types,
	traits::{
		fungible::{Balanced, Credit},
		ConstU128, ConstU8, Imbalance, OnUnbalanced,
	},
	weights::IdentityFee,
};
use frame_system::limits::BlockWeights;
use mbongo_primitives::execution::ErrorClass;
use pallet_transaction_payment::{FungibleAdapter, TargetedFeeAdjustment};
use sp_runtime::{traits::IdentityLookup, BuildStorage, DispatchResult, Perquintill};

pub type AccountId = u64;
type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		TransactionPayment: pallet_transaction_payment,
		Execution: pallet_execution,
		Guest: guest,
	}
);

/// Calls that use what they are told to.
#[frame_support::pallet]
pub mod guest {
	use frame_support::{dispatch::PostDispatchInfo, pallet_prelude::*};
	use frame_system::pallet_prelude::*;
	use mbongo_gas::{Gas, PICOS_PER_GAS};

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// What calls have written.
	#[pallet::storage]
	pub type Written<T: Config> = StorageValue<_, u32, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(fn deposit_event)]
	pub enum Event<T: Config> {
		/// Something was written.
		Wrote { what: Vec<u8> },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// It was told to fail.
		ToldToFail,
		/// It used more than its limit.
		OutOfGas,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Uses gas up to a limit, after it has written, and fails if it is told to.
		#[pallet::call_index(0)]
		#[pallet::weight(Weight::from_parts(limit * PICOS_PER_GAS, 0))]
		pub fn run(
			origin: OriginFor<T>,
			limit: Gas,
			uses: Gas,
			fails: bool,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			Written::<T>::mutate(|what| *what += 1);
			Self::deposit_event(Event::Wrote { what: vec![7; 100] });
			let actual = Some(Weight::from_parts(uses.min(limit) * PICOS_PER_GAS, 0));
			let error = match (uses > limit, fails) {
				(true, _) => Error::<T>::OutOfGas,
				(_, true) => Error::<T>::ToldToFail,
				_ => return Ok(actual.into()),
			};
			let post_info = PostDispatchInfo { actual_weight: actual, pays_fee: Pays::Yes };
			Err(sp_runtime::DispatchErrorWithPostInfo { post_info, error: error.into() })
		}

		/// Weighs a lot, and turns out to weigh less.
		#[pallet::call_index(1)]
		#[pallet::weight(Weight::from_parts(*most, 0))]
		pub fn weigh(
			origin: OriginFor<T>,
			most: u64,
			actual: u64,
			pays: bool,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let _ = most;
			let pays_fee = if pays { Pays::Yes } else { Pays::No };
			Ok(PostDispatchInfo { actual_weight: Some(Weight::from_parts(actual, 0)), pays_fee })
		}

		/// Costs nothing from the start.
		#[pallet::call_index(2)]
		#[pallet::weight((Weight::from_parts(1_000_000, 0), Pays::No))]
		pub fn free(origin: OriginFor<T>) -> DispatchResult {
			ensure_signed(origin)?;
			Ok(())
		}

		/// For operators.
		#[pallet::call_index(3)]
		#[pallet::weight((Weight::from_parts(1_000_000, 0), DispatchClass::Operational))]
		pub fn operate(origin: OriginFor<T>) -> DispatchResult {
			ensure_signed(origin)?;
			Ok(())
		}
	}
}

impl guest::Config for Test {}

const BLOCK: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);

parameter_types! {
	pub Weights: BlockWeights = BlockWeights::builder()
		.base_block(Weight::zero())
		.for_class(DispatchClass::all(), |class| {
			class.base_extrinsic = Execution::receipt_weight();
			class.max_total = Some(BLOCK);
		})
		.build_or_panic();
	pub const HalfFull: Perquintill = Perquintill::from_percent(50);
	pub Adjustment: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	pub Least: Multiplier = Multiplier::one();
	pub Most: Multiplier = Multiplier::saturating_from_integer(1_000);
	pub static TipsPaid: Balance = 0;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type BlockWeights = Weights;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

pub const EXISTENTIAL_DEPOSIT: Balance = 1_000;

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
}

/// Burns fees, counts tips, and gives them to account 99.
pub struct TipJar;

impl OnUnbalanced<Credit<AccountId, Balances>> for TipJar {
	fn on_unbalanceds(mut fee_then_tip: impl Iterator<Item = Credit<AccountId, Balances>>) {
		drop(fee_then_tip.next());
		if let Some(tip) = fee_then_tip.next() {
			TipsPaid::mutate(|paid| *paid += tip.peek());
			let _ = Balances::resolve(&99, tip);
		}
	}
}

impl pallet_transaction_payment::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, TipJar>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = IdentityFee<Balance>;
	type FeeMultiplierUpdate = TargetedFeeAdjustment<Self, HalfFull, Adjustment, Least, Most>;
	type WeightInfo = ();
}

pub struct Costs;

impl CallCosts<RuntimeCall> for Costs {
	fn cost(call: &RuntimeCall) -> CallCost {
		match call {
			RuntimeCall::Balances(_) => CallCost::Fixed(2_100),
			RuntimeCall::Guest(guest::Call::run { limit, .. }) => CallCost::Limit(*limit),
			_ => CallCost::Weight,
		}
	}
}

pub struct SystemEvents;

impl Outcomes<RuntimeEvent> for SystemEvents {
	fn outcome(event: &RuntimeEvent) -> Option<DispatchResult> {
		match event {
			RuntimeEvent::System(frame_system::Event::ExtrinsicSuccess { .. }) => Some(Ok(())),
			RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
				dispatch_error, ..
			}) => Some(Err(*dispatch_error)),
			_ => None,
		}
	}
}

pub struct Table;

impl ErrorTable for Table {
	fn class(pallet: u8, error: u8) -> Option<ErrorClass> {
		Some(match (pallet, error) {
			(4, 1) => ErrorClass::OutOfGas,
			(4, _) => ErrorClass::StateAccessDenied,
			_ => ErrorClass::InvalidOperation,
		})
	}
}

parameter_types! {
	pub static Epoch: u32 = 0;
	pub static Cap: Balance = 4 * RICH;
}

/// All but what tests burn from an account.
pub struct Coins;

impl Money<RuntimeEvent> for Coins {
	fn issuance() -> Balance {
		Balances::total_issuance()
	}

	fn cap() -> Balance {
		Cap::get()
	}

	fn changes(event: &RuntimeEvent) -> Changes {
		use pallet_balances::Event::{BurnedDebt, Issued, Minted, Rescinded};
		let none = Changes::default();
		match *event {
			RuntimeEvent::Balances(Minted { amount, .. } | Issued { amount }) => {
				Changes { minted: amount, ..none }
			}
			RuntimeEvent::Balances(BurnedDebt { amount } | Rescinded { amount }) => {
				Changes { burned: amount, ..none }
			}
			_ => none,
		}
	}
}

#[cfg(feature = "try-runtime")]
impl Invariants for Coins {
	fn check() -> Result<(), sp_runtime::TryRuntimeError> {
		Ok(())
	}
}

impl Config for Test {
	type WeightInfo = ();
	type Costs = Costs;
	type Outcomes = SystemEvents;
	type Errors = Table;
	type Money = Coins;
	type Epoch = Epoch;
	#[cfg(feature = "try-runtime")]
	type Invariants = Coins;
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	let balances = [1, 2, 3].map(|who| (who, RICH)).into_iter().chain([(99, EXISTENTIAL_DEPOSIT)]);
	RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: balances.collect(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage()
	.unwrap()
	.into()
}

/// What each of the accounts 1, 2 and 3 has.
pub const RICH: Balance = 1_000_000_000_000_000_000;
