//! A chain of balances and contracts.

use crate as pallet_contracts;
use crate::{RandomAt, TakesOrders};
use frame_support::{derive_impl, parameter_types, traits::ConstU128};
use mbongo_primitives::{AccountId, Balance};
use mbongo_vm::{abi::ReturnCode, ComputeRequest, Meter, VmError};
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, IdentityLookup},
	BuildStorage,
};

type Block = frame_system::mocking::MockBlock<Test>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Contracts = pallet_contracts;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type Hash = H256;
	type Hashing = BlakeTwo256;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type RuntimeHoldReason = RuntimeHoldReason;
}

pub const EXISTENTIAL_DEPOSIT: Balance = 10;
pub const PER_ITEM: Balance = 100;
pub const PER_BYTE: Balance = 1;

parameter_types! {
	pub const Epoch: u32 = 9;
}

impl pallet_contracts::Config for Test {
	type WeightInfo = ();
	type Token = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type DepositPerItem = ConstU128<PER_ITEM>;
	type DepositPerByte = ConstU128<PER_BYTE>;
	type Epoch = Epoch;
	type Randomness = PastOnly;
	type Compute = Orders;
}

/// Each block that is over has its number as randomness.
pub struct PastOnly;

impl RandomAt for PastOnly {
	fn random_at(block: u32) -> Option<[u8; 32]> {
		(u64::from(block) < System::block_number()).then_some([block as u8; 32])
	}
}

/// Takes an order if the contract can pay for it, and answers its length as its number.
pub struct Orders;

impl TakesOrders<AccountId> for Orders {
	fn request(
		_: &AccountId,
		request: ComputeRequest,
		_: &mut Meter,
	) -> Result<Result<u64, ReturnCode>, VmError> {
		Ok(match request.max_fee {
			0 => Err(ReturnCode::Insufficient),
			_ => Ok(request.spec.len() as u64),
		})
	}
}

pub const ALICE: AccountId = AccountId::new([1; 32]);
pub const BOB: AccountId = AccountId::new([2; 32]);
pub const RICH: Balance = 10_000_000_000;

/// Does something in a chain of its own, in which everything then must hold.
pub fn chain(test: impl FnOnce()) {
	externalities().execute_with(|| {
		System::set_block_number(5);
		test();
		pallet_contracts::Pallet::<Test>::do_try_state().expect("everything holds");
	});
}

pub fn externalities() -> sp_io::TestExternalities {
	let balances = vec![(ALICE, RICH), (BOB, RICH)];
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		..Default::default()
	};
	sp_io::TestExternalities::new(genesis.build_storage().expect("it is one"))
}
