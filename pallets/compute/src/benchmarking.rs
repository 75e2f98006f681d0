//! The worst cases of this pallet's calls and hooks.

use super::*;
use alloc::vec;
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use mbongo_compute_primitives::{
	blob::BlobId,
	fraud::Shown,
	kinds::{Layer, MatMul, Mlp, Parts, Wasm, MAX_INNER, MAX_LAYERS},
	Job, Metrics, Part, UnsignedReceipt, Work,
};
use mbongo_primitives::{units::MBO, Signature};
use sp_consensus_pouw::AuthorityId;
use sp_runtime::{app_crypto::RuntimeAppPublic, KeyTypeId};

const KEY: KeyTypeId = KeyTypeId(*b"comp");
const SALT: [u8; 32] = [9; 32];

/// An account that has enough for everything.
fn rich<T: Config>(who: AccountId) -> AccountId {
	T::Token::set_balance(&who, 1_000_000 * MBO);
	who
}

fn account_of<T: Config>(name: &'static str) -> AccountId {
	rich::<T>(account(name, 0, 0))
}

/// An account whose key is known.
fn signer<T: Config>() -> (sp_core::sr25519::Public, AccountId) {
	let key = sp_io::crypto::sr25519_generate(KEY, Some(b"//Provider".to_vec()));
	(key, rich::<T>(key.into()))
}

fn origin(who: &AccountId) -> RawOrigin<AccountId> {
	RawOrigin::Signed(who.clone())
}

/// A program as large as one can be.
fn program(work: impl Into<Work>) -> Program {
	Program {
		name: vec![b'n'; MAX_NAME as usize].try_into().expect("as many"),
		work: work.into(),
		data: Some(BlobId::of(&[])),
		metadata: vec![b'm'; MAX_METADATA as usize].try_into().expect("as many"),
		requirements: Machine::default(),
		dependencies: vec![7; MAX_DEPENDENCIES as usize].try_into().expect("as many"),
		price_hint: Balance::MAX,
	}
}

/// A fold of the longest code, in one step.
fn fold<T: Config>() -> Wasm {
	Wasm { code_hash: T::BenchmarkHelper::code(), chunk_bytes: 1_024, step_fuel: 1 }
}

/// The longest network, of one input and one neuron a layer.
fn network() -> Mlp {
	let layer = Layer { outputs: 1, multiplier: 1, shift: 0, is_rectified: false };
	let layers = vec![layer; MAX_LAYERS as usize].try_into().expect("as many");
	Mlp { inputs: 1, layers }
}

/// The next asset.
fn asset<T: Config>(work: impl Into<Work>, data: Option<BlobId>) -> AssetId {
	let id = NextAsset::<T>::get();
	let program = Program { data, ..program(work) };
	Pallet::<T>::do_register_asset(account_of::<T>("owner"), program).expect("it is good");
	id
}

/// A provider in the first place, whose weight is in as many sums as any's.
fn provider<T: Config>() -> (sp_core::sr25519::Public, AccountId) {
	let (key, who) = signer::<T>();
	let machine = Machine { memory: 1_024, accelerator: 0 };
	Pallet::<T>::do_register_provider(who.clone(), 10_000 * MBO, machine).expect("it can");
	(key, who)
}

fn order(asset: AssetId, input: BlobId, assignment: Assignment) -> Order {
	Order {
		asset,
		sizes: Default::default(),
		input,
		max_fee: 100 * MBO,
		deadline: 100,
		checked: Percent::from_percent(100),
		requirements: Machine::default(),
		assignment,
	}
}

/// What the requester is called.
const REQUESTER: &str = "requester";

/// A task for this provider.
fn assigned<T: Config>(
	work: impl Into<Work>,
	data: Option<BlobId>,
	input: &[u8],
	to: &AccountId,
) -> TaskId {
	let asset = asset::<T>(work, data);
	let order = order(asset, BlobId::of(input), Assignment::Chosen(to.clone()));
	Pallet::<T>::do_submit(account_of::<T>(REQUESTER), order).expect("it is good")
}

fn pass<T: Config>(blocks: BlockNumber) {
	let now = Pallet::<T>::now();
	for number in now..now.saturating_add(blocks) {
		let number = BlockNumberFor::<T>::from(number);
		frame_system::BlockHash::<T>::insert(number, Hash::repeat_byte(1));
	}
	frame_system::Pallet::<T>::set_block_number(now.saturating_add(blocks).into());
}

/// What a provider has to show of a task.
struct Done {
	id: TaskId,
	key: sp_core::sr25519::Public,
	provider: AccountId,
	shown: Shown,
	job: Job,
	receipt: UnsignedReceipt,
}

/// A task that was accepted and done, wrongly if this changes something.
fn done<T: Config>(
	work: impl Into<Work>,
	data: Vec<u8>,
	input: Vec<u8>,
	change: impl FnOnce(&mut Parts),
) -> Done {
	let (key, provider) = provider::<T>();
	let named = Some(BlobId::of(&data)).filter(|_| !data.is_empty());
	let id = assigned::<T>(work, named, &input, &provider);
	Pallet::<T>::do_accept(&provider, id).expect("it can");
	pass::<T>(1);
	let job = Pallet::<T>::task(id).expect("it is there").job;
	let code = job.work.code_hash().and_then(|code_hash| T::Codes::code(&code_hash));
	let mut parts = job.run(input, data, code.as_ref()).expect("it is the input");
	change(&mut parts);
	let shown = Shown::new(parts);
	let (claim, _) = shown.claim(&job).expect("it is one");
	let number = Pallet::<T>::now().saturating_sub(1);
	let receipt = UnsignedReceipt {
		version: mbongo_compute_primitives::receipt::RECEIPT_VERSION,
		task_id: id,
		provider: provider.clone(),
		asset: Pallet::<T>::task(id).expect("it is there").asset,
		input_root: job.input,
		output_root: claim.output,
		intermediate_roots: claim.made,
		anchor_block: (number, Pallet::<T>::hash_of(number)),
		work_units: claim.units,
		metrics: Metrics::default(),
	};
	Done { id, key, provider, shown, job, receipt }
}

impl Done {
	fn commit<T: Config>(&self) {
		let commitment = self.receipt.commitment(&Pallet::<T>::genesis(), &SALT);
		let anchor = self.receipt.anchor_block;
		Pallet::<T>::do_commit(&self.provider, self.id, anchor, commitment).expect("it can");
	}

	fn signed<T: Config>(&self) -> (ComputeReceipt, Option<RangeProof>) {
		let message = self.receipt.message(&Pallet::<T>::genesis());
		let signature = sp_io::crypto::sr25519_sign(KEY, &self.key, message.as_bytes());
		let signature = Signature::Sr25519(signature.expect("the key is there"));
		let receipt = ComputeReceipt { receipt: self.receipt.clone(), signature };
		(receipt, self.shown.claim(&self.job).expect("it is one").1)
	}

	/// The same, revealed, with as many verifiers as there can be, all of whom have voted like this.
	fn judged<T: Config>(&self, verdict: Verdict) {
		self.commit::<T>();
		let (receipt, ending) = self.signed::<T>();
		Pallet::<T>::do_reveal(&self.provider, receipt, &SALT, ending).expect("it is good");
		let key = AuthorityId::generate_pair(Some(b"//Verifier".to_vec()));
		T::BenchmarkHelper::full_set(key);
		let verifiers = T::Verifiers::set().into_iter().take(MAX_VERIFIERS as usize);
		let verifiers = verifiers.map(|(who, key, _)| Verifier {
			who: rich::<T>(who),
			key,
			epoch: T::Epoch::get(),
			seed: Hash::zero(),
			commitment: Some(Hash::zero()),
			vote: Some(Vote { verdict, covers: Covers::All }),
		});
		Trials::<T>::mutate(self.id, |trial| {
			let trial = trial.as_mut().expect("it was revealed");
			trial.verifiers = BoundedVec::truncate_from(verifiers.collect());
			trial.phase = Phase::Over;
			trial.verdict = Some(verdict);
		});
		Tasks::<T>::mutate(self.id, |task| {
			let task = task.as_mut().expect("it is there");
			task.state = State::Verified;
			// As if it had been drawn, which alone scores.
			task.assignment = Assignment::Drawn;
		});
	}
}

/// A product of so long a row and column as there can be.
fn product<T: Config>(change: impl FnOnce(&mut Parts)) -> Done {
	let input = vec![127; 2 * MAX_INNER as usize];
	done::<T>(MatMul { m: 1, k: MAX_INNER, n: 1 }, vec![], input, change)
}

/// A task whose clock rings now.
fn ring<T: Config>(id: TaskId) {
	let clock = Pallet::<T>::task(id).expect("it is there").clock;
	pass::<T>(clock.saturating_sub(Pallet::<T>::now()));
	T::BenchmarkHelper::beacon(clock.saturating_sub(1));
	Clocks::<T>::remove(clock, Timer::Task(id));
}

/// Verifiers of a task, the last of whom has not done this yet.
fn judging<T: Config>(phase: Phase) -> (TaskId, AccountId, AuthorityId) {
	let done = product::<T>(|_| {});
	done.judged::<T>(Verdict::Valid);
	let key = AuthorityId::generate_pair(Some(b"//Verifier".to_vec()));
	let owner = T::BenchmarkHelper::full_set(key.clone());
	Tasks::<T>::mutate(done.id, |task| {
		let task = task.as_mut().expect("it is there");
		task.state = State::Revealed;
		Pallet::<T>::set_clock(done.id, task, Pallet::<T>::after(10));
	});
	Trials::<T>::mutate(done.id, |trial| {
		let trial = trial.as_mut().expect("it was revealed");
		trial.phase = phase;
		trial.verifiers.retain(|one| one.who != owner);
		trial.verifiers.truncate(MAX_VERIFIERS as usize - 1);
		let verifier = Verifier {
			who: owner.clone(),
			key: key.clone(),
			epoch: T::Epoch::get(),
			seed: Hash::zero(),
			commitment: None,
			vote: None,
		};
		trial.verifiers.try_push(verifier).expect("there is room");
	});
	(done.id, owner, key)
}

const VALID: Vote = Vote { verdict: Verdict::Valid, covers: Covers::All };

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register_asset() {
		let owner = account_of::<T>("owner");
		let program = program(fold::<T>());

		#[extrinsic_call]
		_(origin(&owner), program);

		assert_eq!(Assets::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn update_asset() {
		let id = asset::<T>(fold::<T>(), None);
		let program = program(fold::<T>());

		#[extrinsic_call]
		_(origin(&account("owner", 0, 0)), id, program);

		assert_eq!(Assets::<T>::get(id).map(|asset| asset.version), Some(2));
	}

	#[benchmark]
	fn retire_asset() {
		let id = asset::<T>(fold::<T>(), None);

		#[extrinsic_call]
		_(origin(&account("owner", 0, 0)), id);

		assert_eq!(Assets::<T>::iter().count(), 0);
	}

	#[benchmark]
	fn register_provider() {
		let (_, who) = signer::<T>();

		#[extrinsic_call]
		_(origin(&who), 10_000 * MBO, Machine::default());

		assert_eq!(Providers::<T>::iter().count(), 1);
	}

	/// Any change of a provider.
	#[benchmark]
	fn set_provider() {
		let (_, who) = provider::<T>();
		let amount = 1_000 * MBO;

		#[block]
		{
			Pallet::<T>::do_add_bond(who.clone(), amount).expect("it can");
		}

		assert_eq!(Providers::<T>::get(&who).map(|known| known.bond), Some(11_000 * MBO));
	}

	/// The one in the last place moves to the first.
	#[benchmark]
	fn withdraw_bond() {
		let (_, who) = provider::<T>();
		for name in ["second", "third"] {
			let other = account_of::<T>(name);
			Pallet::<T>::do_register_provider(other, 10_000 * MBO, Machine::default())
				.expect("it can");
		}
		Pallet::<T>::do_unbond(who.clone(), 10_000 * MBO).expect("it can");
		pass::<T>(Settings::<T>::get().unbonding);

		#[extrinsic_call]
		_(origin(&who));

		assert!(!Providers::<T>::contains_key(&who));
	}

	/// For somebody who is chosen, and so assigned at once.
	#[benchmark]
	fn submit_task() {
		let (_, provider) = provider::<T>();
		let asset = asset::<T>(fold::<T>(), None);
		let order = order(asset, BlobId::of(&[1; 1_024]), Assignment::Chosen(provider));
		let requester = account_of::<T>(REQUESTER);

		#[extrinsic_call]
		_(origin(&requester), order);

		assert_eq!(Tasks::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn cancel_task() {
		let (_, provider) = provider::<T>();
		let id = assigned::<T>(fold::<T>(), None, &[1; 1_024], &provider);

		#[extrinsic_call]
		_(origin(&account(REQUESTER, 0, 0)), id);

		assert_eq!(Pallet::<T>::task(id).expect("it is kept").state, State::Cancelled);
	}

	#[benchmark]
	fn decline() {
		let (_, provider) = provider::<T>();
		let id = assigned::<T>(fold::<T>(), None, &[1; 1_024], &provider);

		#[extrinsic_call]
		_(origin(&provider), id);

		assert_eq!(Pallet::<T>::task(id).expect("it is kept").state, State::Expired);
	}

	#[benchmark]
	fn accept() {
		let (_, provider) = provider::<T>();
		let id = assigned::<T>(fold::<T>(), None, &[1; 1_024], &provider);

		#[extrinsic_call]
		_(origin(&provider), id);

		assert_eq!(Providers::<T>::get(&provider).map(|known| known.reserved), Some(100 * MBO));
	}

	#[benchmark]
	fn commit() {
		let done = product::<T>(|_| {});
		let anchor = done.receipt.anchor_block;

		#[extrinsic_call]
		_(origin(&done.provider), done.id, anchor, Hash::zero());

		let state = Pallet::<T>::task(done.id).expect("it is there").state;
		assert!(matches!(state, State::Committed { .. }));
	}

	/// As many roots as there can be.
	#[benchmark]
	fn reveal() {
		// Of each layer the weight, and the bias in four bytes.
		let data = vec![1; 5 * MAX_LAYERS as usize];
		let done = done::<T>(network(), data, vec![1; 64], |_| {});
		done.commit::<T>();
		let (receipt, ending) = done.signed::<T>();

		#[extrinsic_call]
		_(origin(&done.provider), receipt, SALT, ending);

		assert_eq!(Pallet::<T>::task(done.id).expect("it is there").state, State::Revealed);
	}

	/// The last one does.
	#[benchmark]
	fn commit_vote() {
		let (id, verifier, key) = judging::<T>(Phase::Committing);
		let payload = vote_payload(&Pallet::<T>::genesis(), id, &verifier, &Hash::zero());
		let signature = key.sign(&payload).expect("it was just made");

		#[extrinsic_call]
		_(RawOrigin::Authorized, id, verifier, Hash::zero(), signature);

		assert_eq!(Trials::<T>::get(id).map(|trial| trial.phase), Some(Phase::Showing));
	}

	#[benchmark]
	fn authorize_vote() {
		let (id, verifier, key) = judging::<T>(Phase::Committing);
		let payload = vote_payload(&Pallet::<T>::genesis(), id, &verifier, &Hash::zero());
		let signature = key.sign(&payload).expect("it was just made");

		#[block]
		{
			Pallet::<T>::authorize_commitment(id, &verifier, &Hash::zero(), &signature)
				.expect("it is");
		}
	}

	/// The last one does, and all are counted.
	#[benchmark]
	fn show_vote() {
		let (id, verifier, _) = judging::<T>(Phase::Showing);
		let commitment = vote_commitment(&Pallet::<T>::genesis(), id, &verifier, &VALID, &SALT);
		Trials::<T>::mutate(id, |trial| {
			let trial = trial.as_mut().expect("it is there");
			let last = trial.verifiers.last_mut().expect("there are some");
			last.commitment = Some(commitment);
		});

		#[extrinsic_call]
		_(RawOrigin::Authorized, id, verifier, VALID, SALT);

		assert_eq!(Pallet::<T>::task(id).expect("it is there").state, State::Verified);
	}

	#[benchmark]
	fn commit_challenge() {
		let done = product::<T>(|_| {});
		done.judged::<T>(Verdict::Valid);
		let who = account_of::<T>("challenger");

		#[extrinsic_call]
		_(origin(&who), done.id, Hash::zero());

		assert!(Challenges::<T>::contains_key(done.id, &who));
	}

	/// The longest row and column, which all verifiers have let pass.
	#[benchmark]
	fn prove_fraud_of_product() {
		let done = product::<T>(|parts| parts.output[0] ^= 1);
		done.judged::<T>(Verdict::Valid);
		let (place, state) =
			done.job.first_wrong(&done.shown.parts, None).expect("it fits").expect("it is wrong");
		let proof = done.shown.prove(&done.job, place, state).expect("it can be shown");
		let who = account_of::<T>("challenger");
		let commitment =
			challenge_commitment(&Pallet::<T>::genesis(), done.id, &who, &proof, &SALT);
		Pallet::<T>::do_commit_challenge(who.clone(), done.id, commitment).expect("it can");
		pass::<T>(2);

		#[extrinsic_call]
		prove_fraud(origin(&who), done.id, proof, SALT, 0);

		assert_eq!(Pallet::<T>::task(done.id).expect("it is kept").state, State::Slashed);
	}

	/// A step of the longest code, without what its fuel pays for.
	#[benchmark]
	fn prove_fraud_of_step() {
		let mut input = vec![1; 1_024];
		input[0] = 255;
		let done = done::<T>(fold::<T>(), vec![], input, |parts| parts.made[0][40] ^= 1);
		done.judged::<T>(Verdict::Valid);
		let code = done.job.work.code_hash().and_then(|code_hash| T::Codes::code(&code_hash));
		let (place, state) = done
			.job
			.first_wrong(&done.shown.parts, code.as_ref())
			.expect("it fits")
			.expect("it is wrong");
		let proof = done.shown.prove(&done.job, place, state).expect("it can be shown");
		let who = account_of::<T>("challenger");
		let commitment =
			challenge_commitment(&Pallet::<T>::genesis(), done.id, &who, &proof, &SALT);
		Pallet::<T>::do_commit_challenge(who.clone(), done.id, commitment).expect("it can");
		pass::<T>(2);

		#[extrinsic_call]
		prove_fraud(origin(&who), done.id, proof, SALT, 1);

		assert_eq!(Pallet::<T>::task(done.id).expect("it is kept").state, State::Slashed);
	}

	#[benchmark]
	fn demand() {
		let done = product::<T>(|_| {});
		done.judged::<T>(Verdict::Valid);
		let who = account_of::<T>("demander");
		let what = Demanded::Range { part: Part::Input, start: 0, len: 65_536 };

		#[extrinsic_call]
		_(origin(&who), done.id, what);

		assert_eq!(OpenDemands::<T>::get(), 1);
	}

	#[benchmark]
	fn answer() {
		let done = product::<T>(|_| {});
		done.judged::<T>(Verdict::Valid);
		let who = account_of::<T>("demander");
		let what = Demanded::Range { part: Part::Input, start: 1, len: 65_536 };
		Pallet::<T>::do_demand(who, done.id, what).expect("it can");
		let proof = done.shown.range(Part::Input, &(1..65_537)).expect("it is there");

		#[extrinsic_call]
		_(origin(&done.provider), done.id, 0, Answer::Range(proof));

		assert_eq!(OpenDemands::<T>::get(), 0);
	}

	#[benchmark]
	fn claim_work_reward() {
		let (_, provider) = provider::<T>();
		let epoch = T::Epoch::get();
		EarnedBy::<T>::insert(&provider, epoch, Earned { score: 1, burned: MBO });
		let work = EpochWork { emission: Some(MBO), score: 1, unclaimed: 1 };
		WorkOf::<T>::insert(epoch, work);
		T::BenchmarkHelper::pot(MBO);

		#[extrinsic_call]
		_(origin(&provider), provider.clone(), epoch);

		assert!(WorkOf::<T>::get(epoch).is_none());
	}

	#[benchmark]
	fn set_rates() {
		let rates = Rates { units: [1; mbongo_compute_primitives::kinds::KIND_COUNT], price: 1 };

		#[extrinsic_call]
		_(RawOrigin::Root, rates.clone());

		assert_eq!(ScoreRates::<T>::get(), rates);
	}

	/// A block of which nothing is left to do.
	#[benchmark]
	fn look_at_clocks() {
		let now = Pallet::<T>::now();
		ClocksFrom::<T>::put(now);

		#[block]
		{
			Block::<T>::kill();
			Pallet::<T>::run_clocks();
		}

		assert_eq!(ClocksFrom::<T>::get(), now.saturating_add(1));
	}

	/// A demand that waits is opened.
	#[benchmark]
	fn open_demand() {
		let done = product::<T>(|_| {});
		done.judged::<T>(Verdict::Valid);
		let who = account_of::<T>("demander");
		let what = Demanded::Range { part: Part::Input, start: 0, len: 65_536 };
		Settings::<T>::mutate(|settings| settings.open_demands = 0);
		Pallet::<T>::do_demand(who, done.id, what).expect("it can");
		Settings::<T>::mutate(|settings| settings.open_demands = 1);

		#[block]
		{
			Pallet::<T>::open_waiting_demands();
		}

		assert_eq!(OpenDemands::<T>::get(), 1);
	}

	/// Nobody of those that are drawn has what is needed.
	#[benchmark]
	fn ring_open() {
		provider::<T>();
		let asset = asset::<T>(fold::<T>(), None);
		let requirements = Machine { memory: u32::MAX, accelerator: 0 };
		let order = order(asset, BlobId::of(&[1; 1_024]), Assignment::Drawn);
		let order = Order { requirements, ..order };
		let id = Pallet::<T>::do_submit(account_of::<T>(REQUESTER), order).expect("it is good");
		ring::<T>(id);

		#[block]
		{
			Pallet::<T>::ring(Timer::Task(id));
		}

		assert_eq!(Pallet::<T>::task(id).expect("it is there").state, State::Open);
	}

	/// A deadline is missed.
	#[benchmark]
	fn ring_accepted() {
		let (_, provider) = provider::<T>();
		let id = assigned::<T>(fold::<T>(), None, &[1; 1_024], &provider);
		Pallet::<T>::do_accept(&provider, id).expect("it can");
		ring::<T>(id);

		#[block]
		{
			Pallet::<T>::ring(Timer::Task(id));
		}

		assert_eq!(Pallet::<T>::task(id).expect("it is kept").state, State::Expired);
	}

	/// Verifiers are drawn of a full set.
	#[benchmark]
	fn ring_revealed() {
		let done = product::<T>(|_| {});
		done.commit::<T>();
		let (receipt, ending) = done.signed::<T>();
		Pallet::<T>::do_reveal(&done.provider, receipt, &SALT, ending).expect("it is good");
		T::BenchmarkHelper::full_set(AuthorityId::generate_pair(Some(b"//Verifier".to_vec())));
		// So that seven are.
		Settings::<T>::mutate(|settings| settings.large_fee = 1);
		ring::<T>(done.id);

		#[block]
		{
			Pallet::<T>::ring(Timer::Task(done.id));
		}

		assert_eq!(Trials::<T>::get(done.id).map(|trial| trial.verifiers.len()), Some(7));
	}

	/// A receipt is settled that as many as there can be have judged.
	#[benchmark]
	fn ring_verified() {
		let done = product::<T>(|_| {});
		done.judged::<T>(Verdict::Valid);
		ScoreRates::<T>::mutate(|rates| rates.units = [1; 4]);
		ring::<T>(done.id);

		#[block]
		{
			Pallet::<T>::ring(Timer::Task(done.id));
		}

		assert_eq!(Pallet::<T>::task(done.id).expect("it is kept").state, State::Settled);
	}

	/// A task is forgotten.
	#[benchmark]
	fn ring_ended() {
		let done = product::<T>(|_| {});
		done.judged::<T>(Verdict::Valid);
		ring::<T>(done.id);
		Pallet::<T>::ring(Timer::Task(done.id));
		ring::<T>(done.id);

		#[block]
		{
			Pallet::<T>::ring(Timer::Task(done.id));
		}

		assert!(!Tasks::<T>::contains_key(done.id));
	}

	/// Nobody has answered, and as many as there can be have said so.
	#[benchmark]
	fn ring_demand() {
		let done = product::<T>(|_| {});
		done.judged::<T>(Verdict::Unavailable);
		let who = account_of::<T>("demander");
		let what = Demanded::Range { part: Part::Input, start: 0, len: 65_536 };
		Pallet::<T>::do_demand(who, done.id, what).expect("it can");

		#[block]
		{
			Pallet::<T>::ring(Timer::Demand(done.id, 0));
		}

		assert_eq!(Pallet::<T>::task(done.id).expect("it is kept").state, State::Slashed);
	}

	#[benchmark]
	fn ring_challenge() {
		let done = product::<T>(|_| {});
		done.judged::<T>(Verdict::Valid);
		let who = account_of::<T>("challenger");
		Pallet::<T>::do_commit_challenge(who.clone(), done.id, Hash::zero()).expect("it can");

		#[block]
		{
			Pallet::<T>::ring(Timer::Challenge(done.id, who.clone()));
		}

		assert!(!Challenges::<T>::contains_key(done.id, &who));
	}

	#[cfg(test)]
	fn with_keystore() -> sp_io::TestExternalities {
		let mut state = crate::mock::new_test_ext();
		let keystore = sp_keystore::testing::MemoryKeystore::new();
		state.register_extension(sp_keystore::KeystoreExt::new(keystore));
		state
	}

	impl_benchmark_test_suite!(Pallet, with_keystore(), crate::mock::Test);
}
