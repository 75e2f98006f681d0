//! A runtime with this pallet and sessions, in which the test says who attests, and how far finality lags.

use crate as pallet_staking;
use crate::*;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, FindAuthor, Hooks},
	ConsensusEngineId,
};
use frame_system::EnsureRoot;
use mbongo_primitives::{units::MBO, work::AttestationSink};
use sp_runtime::{
	impl_opaque_keys,
	testing::UintAuthorityId,
	traits::{ConvertInto, OpaqueKeys},
	BuildStorage, KeyTypeId, RuntimeAppPublic,
};
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

pub type AccountId = u64;
type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Staking: pallet_staking,
		Historical: historical,
		Session: pallet_session,
		Authorship: pallet_authorship,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
}

pub const EXISTENTIAL_DEPOSIT: Balance = MBO / 1_000;

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
}

impl_opaque_keys! {
	pub struct SessionKeys {
		pub only: UintAuthorityId,
	}
}

pub fn keys(of: AccountId) -> SessionKeys {
	SessionKeys { only: UintAuthorityId(of) }
}

/// Slots, and blocks, of an epoch.
pub const EPOCH: u64 = 20;

pub struct EveryEpoch;

impl pallet_session::ShouldEndSession<u64> for EveryEpoch {
	fn should_end_session(now: u64) -> bool {
		now.is_multiple_of(EPOCH)
	}
}

pub struct NoHandler;

impl pallet_session::SessionHandler<AccountId> for NoHandler {
	const KEY_TYPE_IDS: &'static [KeyTypeId] = &[UintAuthorityId::ID];
	fn on_genesis_session<Keys: OpaqueKeys>(_: &[(AccountId, Keys)]) {}
	fn on_new_session<Keys: OpaqueKeys>(_: bool, _: &[(AccountId, Keys)], _: &[(AccountId, Keys)]) {
	}
	fn on_disabled(_: u32) {}
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = EveryEpoch;
	type NextSessionRotation = ();
	type SessionManager = historical::NoteHistoricalRoot<Self, Staking>;
	type SessionHandler = NoHandler;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ();
}

pub struct Nothing;

impl sp_runtime::traits::Convert<AccountId, Option<()>> for Nothing {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

impl historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = Nothing;
}

/// The members of the set write blocks in turn.
pub struct InTurn;

impl FindAuthor<AccountId> for InTurn {
	fn find_author<'a, I>(_: I) -> Option<AccountId>
	where
		I: 'a + IntoIterator<Item = (ConsensusEngineId, &'a [u8])>,
	{
		let set = Session::validators();
		set.get(System::block_number() as usize % set.len().max(1)).copied()
	}
}

impl pallet_authorship::Config for Test {
	type FindAuthor = InTurn;
	type EventHandler = Staking;
}

pub const TREASURY: AccountId = 1_000_000;

parameter_types! {
	pub const PotId: PalletId = PalletId(*b"mb/stake");
	pub const Treasury: AccountId = TREASURY;
	pub static Cap: Balance = 10 * RICH;
	pub Slot: u64 = System::block_number();
	/// Who does not attest.
	pub static Missing: Vec<AccountId> = vec![];
	/// How many blocks authors see unfinalised.
	pub static Unfinalised: u32 = 2;
	/// The set of the epoch, as the watcher was told.
	pub static Watched: Vec<AccountId> = vec![];
}

pub struct Watch;

impl SetWatcher<AccountId> for Watch {
	fn set_is(validators: &[AccountId]) {
		Watched::set(validators.to_vec());
	}
}

impl Config for Test {
	type WeightInfo = ();
	type Token = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type PotId = PotId;
	type Treasury = Treasury;
	type SupplyCap = Cap;
	type Slot = Slot;
	type EpochSlots = frame_support::traits::ConstU64<EPOCH>;
	type EmergencyOrigin = EnsureRoot<AccountId>;
	type Watcher = Watch;
}

/// What accounts 1 to 20 have, of which 1 to 4 have staked `OWN` and are validators.
pub const RICH: Balance = 100_000 * MBO;
pub const OWN: Balance = 10_000 * MBO;

/// Genesis with validators 1 to 4, and keys for accounts up to 20.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// A property's case that failed on this thread has left its own.
	Cap::set(1_000 * RICH);
	Missing::set(vec![]);
	Unfinalised::set(2);
	let accounts = || 1..=20;
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: accounts()
				.map(|who| (who, RICH))
				.chain([(TREASURY, EXISTENTIAL_DEPOSIT)])
				.collect(),
			..Default::default()
		},
		staking: pallet_staking::GenesisConfig {
			parameters: Parameters::development(),
			validators: (1..=4).map(|who| (who, OWN, Perbill::from_percent(10))).collect(),
			supply: 0,
		},
		session: pallet_session::GenesisConfig {
			keys: (1..=4).map(|who| (who, who, keys(who))).collect(),
			non_authority_keys: (5..=20).map(|who| (who, who, keys(who))).collect(),
		},
		..Default::default()
	}
	.build_storage()
	.unwrap();
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test from genesis, and checks the state after it.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		sound();
	});
}

/// Whether all that must hold does.
pub fn sound() {
	Staking::do_try_state().unwrap();
	for who in frame_system::Account::<Test>::iter_keys() {
		assert_eq!(held(who), Staking::held_by(&who), "{who} has on hold what it has staked");
	}
	assert!(Balances::total_issuance() + UsefulWorkPot::<Test>::get() <= Cap::get());
}

/// The next block, which includes the attestations of its parent.
pub fn next_block() {
	<Authorship as Hooks<u64>>::on_finalize(System::block_number());
	let number = System::block_number() + 1;
	System::set_block_number(number);
	let (last, epoch) = (Session::validators(), Staking::epoch());
	<Staking as Hooks<u64>>::on_initialize(number);
	<Session as Hooks<u64>>::on_initialize(number);
	<Authorship as Hooks<u64>>::on_initialize(number);
	let missing = Missing::get();
	let signers: Vec<_> = last
		.iter()
		.enumerate()
		.filter(|(_, who)| !missing.contains(who))
		.map(|(place, _)| place)
		.collect();
	Staking::attested(&signers, epoch != Staking::epoch(), Unfinalised::get());
}

/// Runs to the first block of the epoch after so many.
pub fn pass_epochs(count: u32) {
	let until = Staking::epoch() + count;
	while Staking::epoch() < until {
		next_block();
	}
}

pub fn pass_blocks(count: u64) {
	(0..count).for_each(|_| next_block());
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// `who` puts so many MBO behind `validator`.
pub fn stake(who: AccountId, validator: AccountId, amount: Balance) {
	Staking::stake(signed(who), validator, amount).unwrap();
}

/// What is on hold in an account.
pub fn held(who: AccountId) -> Balance {
	Balances::balance_on_hold(&HoldReason::Stake.into(), &who)
}

/// What somebody's stake with a validator is worth, as it would be after being settled.
pub fn worth(who: AccountId, validator: AccountId) -> Balance {
	Staking::delegations(who)
		.into_iter()
		.find(|it| it.validator == validator)
		.map_or(0, |it| it.worth)
}

/// Reports that these signed twice in an epoch.
pub fn report(offenders: &[AccountId], epoch: EpochIndex, fraction: Perbill, reporter: AccountId) {
	let details: Vec<_> = offenders
		.iter()
		.map(|who| OffenceDetails { offender: (*who, ()), reporters: vec![reporter] })
		.collect();
	let fractions = vec![fraction; details.len()];
	Staking::on_offence(&details, &fractions, epoch);
}

/// What this pallet has said since this was last asked.
pub fn events() -> Vec<Event<Test>> {
	let events = System::read_events_for_pallet();
	System::reset_events();
	events
}

/// Whether this was said since it was last asked.
pub fn said(event: Event<Test>) -> bool {
	events().contains(&event)
}
