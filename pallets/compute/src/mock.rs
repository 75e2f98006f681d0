//! A runtime with this pallet, in which the test says who judges, and every block has a beacon.

use crate as pallet_compute;
use crate::*;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, Hooks},
};
use mbongo_compute_primitives::{
	fraud::Shown,
	kinds::{Code, Hashes, MatMul, Parts},
	BlobId, Job, Metrics, UnsignedReceipt, Work,
};
use mbongo_primitives::{units::MBO, Hashing, Signature};
use sp_core::{sr25519, Pair};
use sp_runtime::{
	traits::{Hash as _, IdentityLookup},
	BuildStorage,
};

type SystemBlock = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Compute: pallet_compute,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = SystemBlock;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type Hash = Hash;
	type Hashing = Hashing;
	type BlockHashCount = ConstU32<4096>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

pub const EXISTENTIAL_DEPOSIT: Balance = MBO / 1_000;

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
}

parameter_types! {
	pub Treasury: AccountId = who(250);
	/// The epoch.
	pub static Epoch: EpochIndex = 0;
	/// Who judges, by number, with stakes.
	pub static Set: Vec<(u8, u128)> = vec![];
	/// Who was slashed for letting something pass.
	pub static Slashed: Vec<AccountId> = vec![];
	/// What is there of the emission.
	pub static Pot: Balance = 1_000 * MBO;
	/// Code that is there, and how often it is in use.
	pub static Guests: Vec<(Vec<u8>, u32)> = vec![];
	/// The key of the first of those who judge, if it is another than by its number.
	pub static First: Option<sp_consensus_pouw::AuthorityId> = None;
}

/// What the beacon of a block is: whatever, but another one each time.
pub struct Random;

impl Beacons for Random {
	fn beacon(block: BlockNumber) -> Option<Hash> {
		(block < System::block_number()).then(|| Hashing::hash_of(&("beacon", block)))
	}
}

pub struct Validators;

impl VerifierSet for Validators {
	fn set() -> Vec<(AccountId, sp_consensus_pouw::AuthorityId, u128)> {
		let one = |(number, stake)| (who(number), key(number).public().into(), stake);
		let mut set: Vec<_> = Set::get().into_iter().map(one).collect();
		if let (Some(first), Some((_, key, _))) = (First::get(), set.first_mut()) {
			*key = first;
		}
		set
	}

	fn slash(who: &AccountId, _: EpochIndex, _: &AccountId) {
		Slashed::mutate(|slashed| slashed.push(who.clone()));
	}
}

pub struct Registry;

impl Registry {
	fn change(code_hash: &[u8; 32], change: impl Fn(&mut u32)) -> bool {
		let mut guests = Guests::get();
		let known = guests.iter_mut().find(|(code, _)| Hashing::hash(code).0 == *code_hash);
		let is_there = known.map(|(_, uses)| change(uses)).is_some();
		Guests::set(guests);
		is_there
	}
}

impl Codes for Registry {
	fn hold(code_hash: &[u8; 32]) -> bool {
		Self::change(code_hash, |uses| *uses += 1)
	}

	fn release(code_hash: &[u8; 32]) {
		assert!(Self::change(code_hash, |uses| *uses -= 1), "code that was held is there");
	}

	fn code(code_hash: &[u8; 32]) -> Option<Code> {
		let guests = Guests::get();
		let (code, _) = guests.iter().find(|(code, _)| Hashing::hash(code).0 == *code_hash)?;
		Code::admit(code.clone()).ok()
	}
}

pub struct Issue;

impl WorkEmission for Issue {
	fn issue(to: &AccountId, amount: Balance) -> bool {
		let left = Pot::get().checked_sub(amount);
		let can = left.is_some() && Balances::mint_into(to, amount).is_ok();
		if let Some(left) = left.filter(|_| can) {
			Pot::set(left);
		}
		can
	}
}

impl Config for Test {
	type WeightInfo = ();
	type Token = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type DepositPerItem = ConstU128<{ MBO / 100 }>;
	type DepositPerByte = ConstU128<{ MBO / 10_000 }>;
	type Treasury = Treasury;
	type Epoch = Epoch;
	type Beacon = Random;
	type Verifiers = Validators;
	type Codes = Registry;
	type Emission = Issue;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper for Helper {
	fn full_set(key: sp_consensus_pouw::AuthorityId) -> AccountId {
		Set::set((1..=100).map(|number| (number, 1)).collect());
		First::set(Some(key));
		who(1)
	}

	fn code() -> [u8; 32] {
		let code = wat::parse_str(include_str!("../../../primitives/compute/src/tests/fold.wat"));
		let code = code.unwrap();
		let code_hash = Hashing::hash(&code).0;
		if Guests::get().is_empty() {
			Guests::set(vec![(code, 0)]);
		}
		code_hash
	}

	fn beacon(_: BlockNumber) {}

	fn pot(_: Balance) {}
}

/// What accounts 1 to 40 have.
pub const RICH: Balance = 100_000 * MBO;

/// Somebody's key.
pub fn key(number: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[number; 32])
}

/// Somebody.
pub fn who(number: u8) -> AccountId {
	key(number).public().into()
}

pub fn by(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(who(number))
}

/// Validators 31 to 40, of whom 31 has most.
pub const VALIDATORS: core::ops::RangeInclusive<u8> = 31..=40;

pub fn new_test_ext() -> sp_io::TestExternalities {
	Epoch::set(1);
	Slashed::set(vec![]);
	Pot::set(1_000 * MBO);
	Guests::set(vec![]);
	Set::set(VALIDATORS.map(|number| (number, 100 - u128::from(number))).collect());
	let balances = (1..=40).map(|number| (who(number), RICH));
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: balances.chain([(Treasury::get(), EXISTENTIAL_DEPOSIT)]).collect(),
			..Default::default()
		},
		compute: GenesisConfig { parameters: Parameters::development(), ..Default::default() },
		..Default::default()
	};
	let mut ext = sp_io::TestExternalities::new(storage.build_storage().unwrap());
	ext.execute_with(|| {
		frame_system::BlockHash::<Test>::insert(0, Hash::repeat_byte(7));
		System::set_block_number(1);
	});
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
	Compute::do_try_state().unwrap();
	let holds = Compute::holds();
	for account in frame_system::Account::<Test>::iter_keys() {
		let thought: Balance =
			holds.iter().filter(|((who, _), _)| *who == account).map(|(_, amount)| *amount).sum();
		assert_eq!(Balances::reserved_balance(&account), thought);
	}
}

/// The next block, in which the clocks ring first.
pub fn next_block() {
	let number = System::block_number();
	frame_system::BlockHash::<Test>::insert(number, Hashing::hash_of(&("block", number)));
	System::set_block_number(number + 1);
	System::reset_events();
	<Compute as Hooks<BlockNumber>>::on_initialize(number + 1);
}

pub fn pass(blocks: BlockNumber) {
	(0..blocks).for_each(|_| next_block());
}

/// Passes blocks until this holds.
pub fn pass_until(is: impl Fn() -> bool) {
	for _ in 0..2_000 {
		if is() {
			return;
		}
		next_block();
	}
	panic!("it never is");
}

pub const MACHINE: Machine = Machine { memory: 1_024, accelerator: 0 };

/// A program.
pub fn program(work: impl Into<Work>) -> Program {
	Program {
		name: b"a program".to_vec().try_into().unwrap(),
		work: work.into(),
		data: None,
		metadata: Default::default(),
		requirements: Machine::default(),
		dependencies: Default::default(),
		price_hint: 0,
	}
}

/// Assets 0, products of any size, and 1, hashes of 64 bytes; and providers, with a bond of 1,000 MBO each.
pub fn with_assets_and(providers: &[u8]) {
	Compute::register_asset(by(1), program(MatMul { m: 0, k: 0, n: 0 })).unwrap();
	let hashes = Hashes { key: [7; 32], item_bytes: 64 };
	Compute::register_asset(by(1), program(hashes)).unwrap();
	for provider in providers {
		Compute::register_provider(by(*provider), 1_000 * MBO, MACHINE).unwrap();
	}
}

/// An input of so many bytes.
pub fn input(bytes: usize) -> Vec<u8> {
	(0..bytes).map(|at| (at * 7 + at / 251) as u8).collect()
}

/// An order of hashes of the input.
pub fn order(input: &[u8]) -> Order {
	Order {
		asset: 1,
		sizes: Default::default(),
		input: BlobId::of(input),
		max_fee: MBO,
		deadline: 30,
		checked: Percent::from_percent(100),
		requirements: Machine::default(),
		assignment: Assignment::Drawn,
	}
}

/// Somebody orders: the task.
pub fn submit(requester: u8, order: Order) -> TaskId {
	Compute::submit_task(by(requester), order).unwrap();
	NextTask::<Test>::get() - 1
}

pub fn state(id: TaskId) -> State {
	Tasks::<Test>::get(id).unwrap().state
}

pub fn trial(id: TaskId) -> Trial {
	Trials::<Test>::get(id).unwrap()
}

/// Who was assigned a task, by number.
pub fn assigned(id: TaskId) -> Option<u8> {
	match state(id) {
		State::Assigned { provider, .. } => (1..=40).find(|number| who(*number) == provider),
		_ => None,
	}
}

/// A result, true or not, with which its provider can do all that it must.
pub struct Done {
	pub id: TaskId,
	pub provider: u8,
	pub job: Job,
	pub shown: Shown,
	pub anchor: (BlockNumber, Hash),
}

/// What is made of a task, with a change of the result before it is committed to.
pub fn work(id: TaskId, provider: u8, input: Vec<u8>, change: impl FnOnce(&mut Parts)) -> Done {
	let job = Tasks::<Test>::get(id).unwrap().job;
	let code = job.work.code_hash().and_then(|hash| Registry::code(&hash));
	let mut parts = job.run(input, vec![], code.as_ref()).expect("it is the input");
	change(&mut parts);
	let number = System::block_number() - 1;
	let anchor = (number, Compute::hash_of(number));
	Done { id, provider, job, shown: Shown::new(parts), anchor }
}

pub const SALT: [u8; 32] = [9; 32];

impl Done {
	pub fn unsigned(&self) -> UnsignedReceipt {
		let (claim, _) = self.shown.claim(&self.job).unwrap();
		UnsignedReceipt {
			version: 1,
			task_id: self.id,
			provider: who(self.provider),
			asset: Tasks::<Test>::get(self.id).unwrap().asset,
			input_root: self.job.input,
			output_root: claim.output,
			intermediate_roots: claim.made,
			anchor_block: self.anchor,
			work_units: claim.units,
			metrics: Metrics::default(),
		}
	}

	pub fn sign(&self, receipt: UnsignedReceipt) -> ComputeReceipt {
		let message = receipt.message(&Compute::genesis());
		let signature = Signature::Sr25519(key(self.provider).sign(message.as_bytes()));
		ComputeReceipt { receipt, signature }
	}

	pub fn ending(&self) -> Option<RangeProof> {
		self.shown.claim(&self.job).unwrap().1
	}

	pub fn commit(&self) -> DispatchResult {
		let commitment = self.unsigned().commitment(&Compute::genesis(), &SALT);
		Compute::commit(by(self.provider), self.id, self.anchor, commitment)
	}

	pub fn reveal(&self) -> DispatchResult {
		let receipt = self.sign(self.unsigned());
		Compute::reveal(by(self.provider), receipt, SALT, self.ending())
	}

	/// The proof that it is wrong, if it is.
	pub fn fraud(&self) -> Option<FraudProof> {
		let code = self.job.work.code_hash().and_then(|hash| Registry::code(&hash));
		let (place, state) = self.job.first_wrong(&self.shown.parts, code.as_ref()).unwrap()?;
		self.shown.prove(&self.job, place, state)
	}

	/// Answers a demand.
	pub fn answer(&self, demand: DemandId) -> DispatchResult {
		let what = Demands::<Test>::get(self.id, demand).map(|one| one.what);
		let answer = match what {
			Some(Demanded::Range { part, start, len }) => {
				Answer::Range(self.shown.range(part, &(start..start + u64::from(len))).unwrap())
			}
			Some(Demanded::Nodes { part, level, start, count }) => {
				let tree = self.shown.tree(part).unwrap();
				Answer::Nodes(tree.nodes(level, &(start..start + u64::from(count))).unwrap())
			}
			None => Answer::Nodes(Default::default()),
		};
		Compute::answer(by(self.provider), self.id, demand, answer)
	}
}

/// A task that somebody has ordered, drawn, accepted, and done: with this change of the result.
pub fn revealed(
	requester: u8,
	order: Order,
	input: Vec<u8>,
	change: impl FnOnce(&mut Parts),
) -> Done {
	let id = submit(requester, order);
	pass_until(|| assigned(id).is_some());
	let provider = assigned(id).unwrap();
	Compute::accept(by(provider), id).unwrap();
	next_block();
	let work = work(id, provider, input, change);
	work.commit().unwrap();
	next_block();
	work.reveal().unwrap();
	work
}

pub fn vote(verdict: Verdict) -> Vote {
	Vote { verdict, covers: Covers::All }
}

/// Who judges a task now, by number.
pub fn judges(id: TaskId) -> Vec<u8> {
	let trial = trial(id);
	let judges = trial.verifiers[usize::from(trial.judging)..].to_vec();
	let number = |one: Verifier| VALIDATORS.into_iter().find(|it| who(*it) == one.who).unwrap();
	judges.into_iter().map(number).collect()
}

/// A verifier commits to a vote, by a transaction as it comes in.
pub fn commit_vote(id: TaskId, verifier: u8, vote: &Vote) -> DispatchResult {
	let commitment = vote_commitment(&Compute::genesis(), id, &who(verifier), vote, &SALT);
	let payload = vote_payload(&Compute::genesis(), id, &who(verifier), &commitment);
	let signature = key(verifier).sign(&payload).into();
	Compute::authorize_commitment(id, &who(verifier), &commitment, &signature)
		.map_err(|_| DispatchError::Other("not authorised"))?;
	let origin = frame_system::RawOrigin::Authorized.into();
	Compute::commit_vote(origin, id, who(verifier), commitment, signature)
}

pub fn show_vote(id: TaskId, verifier: u8, vote: &Vote) -> DispatchResult {
	Compute::authorize_vote(id, &who(verifier), vote, &SALT)
		.map_err(|_| DispatchError::Other("not authorised"))?;
	let origin = frame_system::RawOrigin::Authorized.into();
	Compute::show_vote(origin, id, who(verifier), *vote, SALT)
}

/// Those who judge are drawn, and vote like this, in their order; who has no vote is silent.
pub fn judged(id: TaskId, votes: &[Option<Verdict>]) {
	pass_until(|| trial(id).phase == Phase::Committing);
	let judges: Vec<_> = judges(id)
		.into_iter()
		.filter(|number| {
			let trial = trial(id);
			trial.verifiers.iter().any(|one| one.who == who(*number) && one.vote.is_none())
		})
		.collect();
	let votes: Vec<_> =
		judges.iter().zip(votes).filter_map(|(who, vote)| Some((*who, (*vote)?))).collect();
	for (who, verdict) in &votes {
		commit_vote(id, *who, &vote(*verdict)).unwrap();
	}
	pass_until(|| trial(id).phase != Phase::Committing);
	for (who, verdict) in &votes {
		show_vote(id, *who, &vote(*verdict)).unwrap();
	}
	pass_until(|| trial(id).phase != Phase::Showing);
}

/// Somebody commits to a proof, and shows it.
pub fn challenge(number: u8, id: TaskId, proof: &FraudProof) -> DispatchResult {
	let commitment = challenge_commitment(&Compute::genesis(), id, &who(number), proof, &SALT);
	Compute::commit_challenge(by(number), id, commitment)?;
	pass(2);
	Compute::prove_fraud(by(number), id, proof.clone(), SALT, u64::MAX)
}

/// What an account could spend.
pub fn free(number: u8) -> Balance {
	Balances::free_balance(who(number))
}
