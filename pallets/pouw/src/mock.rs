//! A runtime with this pallet, sessions and offences, in which the test says who draws what.

use crate as pallet_pouw;
use crate::*;
use codec::{Decode, Encode};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU64, FindAuthor},
	ConsensusEngineId,
};
use mbongo_primitives::work::{AttestationSink, SettledWork, SettledWorkSource, StakeSource};
use sp_consensus_babe::{
	digests::{PreDigest, PrimaryPreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_consensus_pouw::{Attestation, AuthorityPair, AuthoritySignature};
use sp_core::{crypto::VrfSecret, sr25519::vrf::VrfTranscript, Pair};
use sp_runtime::{
	generic, impl_opaque_keys,
	testing::TestXt,
	traits::{BlakeTwo256, ConvertInto, OpaqueKeys},
	BuildStorage, Digest, DigestItem,
};
use sp_staking::offence::{OffenceError, ReportOffence};
use std::cell::RefCell;

pub type AccountId = u64;
pub type Header = generic::Header<u64, BlakeTwo256>;
type Extrinsic = TestXt<RuntimeCall, ()>;
type Block = generic::Block<Header, Extrinsic>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Historical: pallet_session::historical,
		Session: pallet_session,
		Authorship: pallet_authorship,
		Pouw: pallet_pouw,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

impl_opaque_keys! {
	pub struct SessionKeys {
		pub pouw: Pouw,
	}
}

/// A new session every ten blocks, with the validators that the test has set last.
pub struct EveryTenBlocks;

impl pallet_session::ShouldEndSession<u64> for EveryTenBlocks {
	fn should_end_session(now: u64) -> bool {
		now.is_multiple_of(10)
	}
}

impl pallet_session::SessionManager<AccountId> for EveryTenBlocks {
	fn new_session(_: SessionIndex) -> Option<Vec<AccountId>> {
		Some(Validators::get())
	}
	fn end_session(_: SessionIndex) {}
	fn start_session(_: SessionIndex) {}
}

impl pallet_session::historical::SessionManager<AccountId, AccountId> for EveryTenBlocks {
	fn new_session(_: SessionIndex) -> Option<Vec<(AccountId, AccountId)>> {
		Some(Validators::get().into_iter().map(|who| (who, who)).collect())
	}
	fn end_session(_: SessionIndex) {}
	fn start_session(_: SessionIndex) {}
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = EveryTenBlocks;
	type NextSessionRotation = ();
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, EveryTenBlocks>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ();
}

impl pallet_session::historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = AccountId;
	type FullIdentificationOf = ConvertInto;
}

parameter_types! {
	pub static Validators: Vec<AccountId> = vec![1, 2, 3, 4];
	pub static Vrf: Option<[u8; 32]> = None;
	pub static Settled: SettledWork = SettledWork::default();
	pub static Heard: Vec<(Vec<usize>, bool, u32)> = vec![];
	pub static AuthorIndex: u32 = 0;
	pub static StakesAreEqual: bool = false;
	pub static MaxAuthorities: u32 = 128;
}

/// Validator `n` has stake `100 n`, unless all are to have the same.
pub struct HundredsByNumber;

impl StakeSource<AccountId> for HundredsByNumber {
	fn stake_of(validator: &AccountId) -> u128 {
		if StakesAreEqual::get() {
			100
		} else {
			u128::from(*validator) * 100
		}
	}
}

pub struct SettledByTest;

impl SettledWorkSource for SettledByTest {
	fn settled() -> SettledWork {
		Settled::get()
	}
}

/// Keeps what it is told, in its order.
pub struct HeardByTest;

impl AttestationSink for HeardByTest {
	fn attested(signers: &[usize], of_last_set: bool, unfinalised: u32) {
		Heard::mutate(|heard| heard.push((signers.to_vec(), of_last_set, unfinalised)));
	}
}

/// The author by its place in the set, as blocks claim it.
pub struct ByIndex;

impl FindAuthor<u32> for ByIndex {
	fn find_author<'a, I>(digests: I) -> Option<u32>
	where
		I: 'a + IntoIterator<Item = (ConsensusEngineId, &'a [u8])>,
	{
		let (_, claim) = digests.into_iter().find(|(engine, _)| *engine == BABE_ENGINE_ID)?;
		Some(PreDigest::decode(&mut &*claim).unwrap().authority_index())
	}
}

impl pallet_authorship::Config for Test {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, ByIndex>;
	type EventHandler = ();
}

type Identification = (AccountId, AccountId);

thread_local! {
	pub static OFFENCES: RefCell<Vec<(Vec<AccountId>, AttestationOffence<Identification>)>> =
		const { RefCell::new(Vec::new()) };
}

/// Keeps what is reported, once for each offender and session.
pub struct Offences;

impl ReportOffence<AccountId, Identification, AttestationOffence<Identification>> for Offences {
	fn report_offence(
		reporters: Vec<AccountId>,
		offence: AttestationOffence<Identification>,
	) -> Result<(), OffenceError> {
		if Self::is_known_offence(&[offence.offender], &offence.session_index) {
			return Err(OffenceError::DuplicateReport);
		}
		OFFENCES.with_borrow_mut(|offences| offences.push((reporters, offence)));
		Ok(())
	}

	fn is_known_offence(offenders: &[Identification], session: &SessionIndex) -> bool {
		OFFENCES.with_borrow(|offences| {
			offences.iter().any(|(_, known)| {
				offenders.contains(&known.offender) && known.session_index == *session
			})
		})
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<sp_session::MembershipProof> for () {
	fn prove_in_full_set(key: AuthorityId) -> sp_session::MembershipProof {
		use frame_support::traits::KeyOwnerProofSystem;
		let set = (1..=MaxAuthorities::get().into()).map(|who| (who, session_keys(who)));
		let mut set: Vec<_> = set.collect();
		set[0].1.pouw = key.clone();
		for (who, keys) in &set {
			pallet_session::NextKeys::<Test>::insert(who, keys);
		}
		pallet_session::QueuedKeys::<Test>::put(set);
		Session::rotate_session();
		Historical::prove((sp_consensus_pouw::KEY_TYPE, key)).unwrap()
	}
}

impl pallet_pouw::Config for Test {
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type Stakes = HundredsByNumber;
	type Work = SettledByTest;
	type Attested = HeardByTest;
	type AuthorVrf = Vrf;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		EquivocationReportSystem<Test, Offences, Historical, ConstU64<100>>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

impl<C> frame_system::offchain::CreateTransactionBase<C> for Test
where
	RuntimeCall: From<C>,
{
	type RuntimeCall = RuntimeCall;
	type Extrinsic = Extrinsic;
}

impl<C> frame_system::offchain::CreateBare<C> for Test
where
	RuntimeCall: From<C>,
{
	fn create_bare(call: RuntimeCall) -> Extrinsic {
		Extrinsic::new_bare(call)
	}
}

pub fn pair(validator: AccountId) -> AuthorityPair {
	AuthorityPair::from_seed(&[validator as u8; 32])
}

pub fn session_keys(validator: AccountId) -> SessionKeys {
	SessionKeys { pouw: pair(validator).public() }
}

/// Runs a test from genesis, and checks the state after it.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		if InBlock::get() {
			end_block();
		}
		Pouw::do_try_state().unwrap();
	});
}

/// Genesis with validators 1 to 4.
pub fn new_test_ext() -> sp_io::TestExternalities {
	// A property's case that failed on this thread has left its own.
	Validators::set(vec![1, 2, 3, 4]);
	Vrf::set(None);
	Settled::set(Default::default());
	Heard::set(vec![]);
	AuthorIndex::set(0);
	StakesAreEqual::set(false);
	MaxAuthorities::set(128);
	InBlock::set(false);
	OFFENCES.with_borrow_mut(Vec::clear);
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let keys = (1..=4).map(|who| (who, who, session_keys(who))).collect();
	let other = (5..=100).map(|who| (who, who, session_keys(who))).collect();
	pallet_session::GenesisConfig::<Test> { keys, non_authority_keys: other }
		.assimilate_storage(&mut storage)
		.unwrap();
	let mut ext = sp_io::TestExternalities::new(storage);
	// As the client does after genesis.
	ext.execute_with(|| frame_system::BlockHash::<Test>::insert(0, genesis_hash()));
	ext
}

parameter_types! {
	static InBlock: bool = false;
}

pub fn genesis_hash() -> H256 {
	H256::repeat_byte(0xff)
}

/// The hash of block `number`, as these tests have it.
pub fn block_hash(number: u64) -> H256 {
	if number == 0 {
		genesis_hash()
	} else {
		H256::from_low_u64_be(number)
	}
}

/// The slot of block `number`, as these tests have it.
pub fn slot_of(number: u64) -> Slot {
	(1000 + number).into()
}

pub fn begin_block(number: u64, primary: bool) {
	use frame_support::traits::Hooks;
	let (slot, authority_index) = (slot_of(number), AuthorIndex::get());
	let claim = if primary {
		let pair = sp_core::sr25519::Pair::from_seed(&[0; 32]);
		let vrf_signature = pair.vrf_sign(&VrfTranscript::new(b"", &[]).into_sign_data());
		PreDigest::Primary(PrimaryPreDigest { authority_index, slot, vrf_signature })
	} else {
		PreDigest::SecondaryPlain(SecondaryPlainPreDigest { authority_index, slot })
	};
	let digest = Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, claim.encode())] };
	System::reset_events();
	System::initialize(&number, &block_hash(number - 1), &digest);
	Session::on_initialize(number);
	Authorship::on_initialize(number);
	Pouw::on_initialize(number);
	InBlock::set(true);
}

/// Ends the block and gives its weight digest.
pub fn end_block() -> WeightLog {
	use frame_support::traits::Hooks;
	let number = System::block_number();
	Authorship::on_finalize(number);
	Pouw::on_finalize(number);
	InBlock::set(false);
	let header = System::finalize();
	sp_consensus_pouw::find_weight_log(&header).unwrap()
}

/// Runs empty blocks up to the end of block `number`.
pub fn run_to(number: u64) {
	if InBlock::get() {
		end_block();
	}
	for next in System::block_number() + 1..=number {
		begin_block(next, false);
		end_block();
	}
}

pub fn attestation(validator: AccountId, slot: Slot, block_hash: H256) -> Attestation<H256> {
	Attestation::sign(&pair(validator), &genesis_hash(), slot, block_hash)
}

/// The signature of `validator` under block `number`.
pub fn attests(validator: AccountId, number: u64) -> AuthoritySignature {
	attestation(validator, slot_of(number), block_hash(number)).signature
}

/// Attestations of block `number` by those of `set` that are in `signers`.
pub fn attestations(set: &[AccountId], signers: &[AccountId], number: u64) -> ParentAttestations {
	ParentAttestations::new(
		set.len(),
		set.iter()
			.enumerate()
			.filter(|(_, validator)| signers.contains(validator))
			.map(|(index, validator)| (index, attests(*validator, number))),
	)
	.unwrap()
}

/// An equivocation of `validator` in the slot of block `number`.
pub fn equivocation(validator: AccountId, number: u64) -> EquivocationProof<H256> {
	let [first, second] =
		[1, 2].map(|n| attestation(validator, slot_of(number), H256::repeat_byte(n)));
	EquivocationProof::from_pair(&first, &second).unwrap()
}
