//! Many parties do whatever they like, in any order, and those who are honest do what they should. Whatever comes:
//! no token is lost or made, nobody honest is slashed, who lies always is, each task ends, and each bond comes
//! back.

use super::*;
use codec::Encode;
use mbongo_compute_primitives::{blob::MAX_NODES, Part, Place};
use mbongo_primitives::{merkle, Hashing};
use proptest::prelude::*;
use sp_runtime::traits::Hash as _;
use std::collections::{BTreeMap, BTreeSet};

const REQUESTERS: [u8; 3] = [2, 3, 4];
/// Of whom all but the first two lie when they like.
const PROVIDERS: [u8; 8] = [11, 12, 13, 14, 15, 16, 17, 18];
const LIARS: [u8; 6] = [13, 14, 15, 16, 17, 18];
/// Proves whatever is wrong.
const WATCHER: u8 = 5;
/// Do what they like.
const GRIEFERS: [u8; 2] = [6, 7];
/// Verifiers that vote what is true.
const HONEST: core::ops::RangeInclusive<u8> = 31..=34;
/// Those that say yes to everything.
const NODDERS: core::ops::RangeInclusive<u8> = 35..=37;

#[derive(Default)]
struct Model {
	inputs: BTreeMap<TaskId, Vec<u8>>,
	done: BTreeMap<TaskId, Done>,
	/// Receipts that were revealed and are wrong.
	wrong: BTreeSet<TaskId>,
	votes: BTreeMap<(TaskId, u8), Vote>,
	proofs: BTreeMap<TaskId, FraudProof>,
	/// What became of tasks.
	ended: BTreeMap<TaskId, State>,
	fees: BTreeMap<TaskId, Balance>,
	minted: Balance,
	calls: u32,
}

/// A number below `below`, from a number that is used up.
fn pick(random: &mut u64, below: u64) -> u64 {
	let picked = *random % below;
	*random = Hashing::hash(&random.to_le_bytes()).to_low_u64_be();
	picked
}

fn one_of<T: Copy>(random: &mut u64, of: &[T]) -> T {
	of[pick(random, of.len() as u64) as usize]
}

/// Which liar it is, if one.
fn liar_of(provider: &AccountId) -> Option<u8> {
	LIARS.into_iter().find(|liar| who(*liar) == *provider)
}

impl Model {
	fn order(&mut self, random: &mut u64) {
		let kind = pick(random, 3);
		let (sizes, input) = match kind {
			0 => {
				let sizes = [0; 3].map(|_| 1 + pick(random, 9) as u32);
				let [m, k, n] = sizes;
				(sizes.to_vec(), input((m * k + k * n) as usize))
			}
			1 => (vec![], input(64 * (1 + pick(random, 20) as usize))),
			_ => (vec![], input(1 + pick(random, 90) as usize)),
		};
		let assignment = match pick(random, 4) {
			0 => Assignment::Chosen(who(one_of(random, &PROVIDERS))),
			_ => Assignment::Drawn,
		};
		let order = Order {
			asset: kind,
			sizes: sizes.try_into().unwrap(),
			max_fee: MBO / 100
				+ Balance::from(pick(random, 20)) * MBO
				+ Balance::from(pick(random, 999)),
			deadline: 10 + pick(random, 40) as u32,
			checked: Percent::from_percent(if kind == 2 {
				20 + pick(random, 81) as u8
			} else {
				100
			}),
			assignment,
			..order(&input)
		};
		let fee = order.max_fee;
		if Compute::submit_task(by(one_of(random, &REQUESTERS)), order).is_ok() {
			let id = NextTask::<Test>::get() - 1;
			self.inputs.insert(id, input);
			self.fees.insert(id, fee);
			self.calls += 1;
		}
	}

	/// What a provider makes of a task, right or wrong.
	fn make(&mut self, id: TaskId, provider: u8, lie: Option<&mut u64>) {
		let done = work(id, provider, self.inputs[&id].clone(), |parts| {
			let Some(random) = lie else { return };
			// A bit of something that is made; of a fold, of its list of steps.
			let list = parts.made.first_mut().unwrap_or(&mut parts.output);
			let at = pick(random, list.len() as u64) as usize;
			list[at] ^= 1 << pick(random, 8);
		});
		// What the last step of a fold says can be no end at all: then nothing can be claimed.
		let done = match done.shown.claim(&done.job) {
			Some(_) => done,
			None => work(id, provider, self.inputs[&id].clone(), |_| {}),
		};
		self.done.insert(id, done);
	}

	/// What honest parties do in a block.
	fn honest(&mut self) {
		let tasks: Vec<_> = Tasks::<Test>::iter().collect();
		for (id, task) in tasks {
			match &task.state {
				State::Assigned { provider, .. } => {
					if let Some(number) = [11, 12].into_iter().find(|it| who(*it) == *provider) {
						let _ = Compute::accept(by(number), id);
					}
				}
				State::Accepted { provider, since, .. } => {
					let now = frame_system::Pallet::<Test>::block_number();
					if let Some(number) = [11, 12].into_iter().find(|it| who(*it) == *provider) {
						if *since < now {
							self.make(id, number, None);
							self.done[&id].commit().unwrap();
						}
					}
				}
				State::Committed { provider, .. } if liar_of(provider).is_none() => {
					self.done[&id].reveal().unwrap();
				}
				State::Revealed | State::Disputed | State::Verified => self.honest_in_trial(id),
				_ => {}
			}
		}
	}

	fn honest_in_trial(&mut self, id: TaskId) {
		let provider = trial(id).provider;
		if [11, 12].into_iter().any(|it| who(it) == provider) {
			let open: Vec<_> = Demands::<Test>::iter_prefix(id)
				.filter(|(_, one)| one.opened.is_some())
				.map(|(demand, _)| demand)
				.collect();
			for demand in open {
				self.done[&id].answer(demand).unwrap();
			}
		}
		let task_state = state(id);
		let is_wrong = self.done[&id].fraud();
		if let Some(proof) = &is_wrong {
			self.wrong.insert(id);
			let known = Challenges::<Test>::get(id, who(WATCHER));
			let now = frame_system::Pallet::<Test>::block_number();
			// Every other one not before it has been judged.
			let is_time = id.is_multiple_of(2) || task_state != State::Revealed;
			match known {
				None if !is_time => {}
				None => {
					let genesis = Compute::genesis();
					let commitment =
						challenge_commitment(&genesis, id, &who(WATCHER), proof, &SALT);
					Compute::commit_challenge(by(WATCHER), id, commitment).unwrap();
					self.proofs.insert(id, proof.clone());
				}
				Some(known) if now >= known.at + 2 => {
					let proof = self.proofs[&id].clone();
					Compute::prove_fraud(by(WATCHER), id, proof, SALT, 1 << 40).unwrap();
					return;
				}
				Some(_) => {}
			}
		}
		let truth = if is_wrong.is_some() { Invalid } else { Valid };
		for number in HONEST.chain(NODDERS).filter(|number| judges(id).contains(number)) {
			let vote = vote(if HONEST.contains(&number) { truth } else { Valid });
			let _ = commit_vote(id, number, &vote);
			let _ = show_vote(id, number, &vote);
		}
	}

	/// Somebody who is not honest does something.
	fn act(&mut self, action: u8, random: &mut u64) {
		// One that has not ended, as a rule.
		let live: Vec<_> = Tasks::<Test>::iter()
			.filter(|(_, task)| !task.state.is_over())
			.map(|(id, _)| id)
			.collect();
		let id = match pick(random, 8) {
			1.. if !live.is_empty() => one_of(random, &live),
			_ => pick(random, NextTask::<Test>::get().max(1)),
		};
		let liar = one_of(random, &LIARS);
		let griefer = one_of(random, &GRIEFERS);
		let is_done = match action {
			0..=4 => return self.order(random),
			5..=7 => {
				let accepts = |id: &&TaskId| {
					LIARS.into_iter().any(|liar| Compute::accept(by(liar), **id).is_ok())
				};
				live.iter().filter(accepts).count() > 0
			}
			8 => Compute::decline(by(liar), id).is_ok(),
			9..=14 => {
				let accepted = live.iter().filter_map(|id| match state(*id) {
					State::Accepted { provider, .. } => Some((*id, liar_of(&provider)?)),
					_ => None,
				});
				for (id, liar) in accepted.collect::<Vec<_>>() {
					match pick(random, 3) {
						0 => self.make(id, liar, None),
						_ => self.make(id, liar, Some(random)),
					}
					let _ = self.done[&id].commit();
				}
				true
			}
			15..=20 => {
				let committed = live.iter().filter(|id| match state(**id) {
					State::Committed { provider, .. } => liar_of(&provider).is_some(),
					_ => false,
				});
				// What the last step of a fold says may not fit: then it cannot be revealed.
				committed.filter(|id| self.done[id].reveal().is_ok()).count() > 0
			}
			21..=26 => {
				let number = 38 + pick(random, 3) as u8;
				let verdict = one_of(random, &[Valid, Invalid, Unavailable]);
				let covers = one_of(random, &[Covers::All, Covers::Share]);
				let on_trial: Vec<_> = Trials::<Test>::iter_keys().collect();
				for id in on_trial {
					let vote = Vote { verdict, covers };
					if judges(id).contains(&number) && commit_vote(id, number, &vote).is_ok() {
						self.votes.insert((id, number), vote);
					}
				}
				true
			}
			27..=32 => {
				let votes: Vec<_> = self.votes.iter().map(|(key, vote)| (*key, *vote)).collect();
				for ((id, number), vote) in votes {
					if Trials::<Test>::contains_key(id) {
						let _ = show_vote(id, number, &vote);
					}
				}
				true
			}
			33 => Compute::commit_challenge(by(griefer), id, Hash::zero()).is_ok(),
			34 => {
				let Some(done) = self.done.get(&id).filter(|_| Trials::<Test>::contains_key(id))
				else {
					return;
				};
				let part = one_of(random, &[Part::Output, Part::Made(0)]);
				let place = Place { part, record: pick(random, 4) };
				let Some(proof) = done.shown.prove(&done.job, place, vec![]) else { return };
				let commitment =
					challenge_commitment(&Compute::genesis(), id, &who(griefer), &proof, &SALT);
				if Compute::commit_challenge(by(griefer), id, commitment).is_ok() {
					self.proofs.insert(id << 32, proof);
				}
				true
			}
			35 => {
				let Some(proof) = self.proofs.get(&(id << 32)).cloned() else { return };
				Compute::prove_fraud(by(griefer), id, proof, SALT, 1 << 40).is_ok()
			}
			36..=38 => {
				let part = one_of(random, &[Part::Input, Part::Data, Part::Output, Part::Made(0)]);
				let start = pick(random, 50);
				let what = match pick(random, 2) {
					0 => Demanded::Range { part, start, len: pick(random, 60) as u32 },
					_ => Demanded::Nodes {
						part,
						level: pick(random, 3) as u8,
						start: pick(random, 3),
						count: pick(random, 3) as u32 % MAX_NODES,
					},
				};
				let number = one_of(random, &[griefer, 35, 36, liar]);
				Compute::demand(by(number), id, what).is_ok()
			}
			39 => {
				let Some(done) = self.done.get(&id).filter(|done| done.provider == liar) else {
					return;
				};
				let open = Demands::<Test>::iter_prefix(id).filter(|(_, one)| one.opened.is_some());
				let open: Vec<_> = open.map(|(demand, _)| demand).collect();
				open.into_iter().filter(|demand| done.answer(*demand).is_ok()).count() > 0
			}
			40 => REQUESTERS
				.into_iter()
				.any(|requester| Compute::cancel_task(by(requester), id).is_ok()),
			41 => Compute::unbond(by(liar), Balance::from(pick(random, 500)) * MBO).is_ok(),
			42 => Compute::withdraw_bond(by(liar)).is_ok(),
			43 => Compute::register_provider(by(liar), 200 * MBO, MACHINE).is_ok(),
			44 => Compute::set_provider(by(liar), MACHINE, pick(random, 3) > 0).is_ok(),
			45 => Compute::add_bond(by(liar), MBO).is_ok(),
			46 => {
				Epoch::mutate(|epoch| *epoch += 1);
				Compute::epoch_is_over(Epoch::get() - 1, MBO);
				true
			}
			47 => {
				let before = Balances::total_issuance();
				for (provider, epoch, _) in EarnedBy::<Test>::iter().collect::<Vec<_>>() {
					let _ = Compute::claim_work_reward(by(griefer), provider, epoch);
				}
				self.minted += Balances::total_issuance() - before;
				true
			}
			_ => {
				self.pass(1 + pick(random, 4) as u32);
				true
			}
		};
		self.calls += u32::from(is_done);
	}

	fn pass(&mut self, blocks: u32) {
		for _ in 0..blocks {
			self.look();
			next_block();
			self.look_at_settled();
			self.honest();
		}
	}

	/// What happened in the block that is about to end.
	fn look(&mut self) {
		for record in frame_system::Pallet::<Test>::events() {
			let RuntimeEvent::Compute(event) = record.event else { continue };
			match event {
				Event::DeadlineMissed { provider, .. }
				| Event::ProviderSlashed { provider, .. } => {
					let is_liar = LIARS.into_iter().any(|liar| who(liar) == provider);
					assert!(is_liar, "an honest provider was slashed");
				}
				Event::FraudProven { task, .. } => assert!(self.wrong.contains(&task)),
				_ => {}
			}
		}
		for (id, task) in Tasks::<Test>::iter() {
			if task.state.is_over() {
				let before = self.ended.insert(id, task.state.clone());
				assert!(before.is_none_or(|state| state == task.state), "an end is an end");
			}
		}
		let are_liars = |one: &AccountId| HONEST.into_iter().all(|it| who(it) != *one);
		assert!(Slashed::get().iter().all(are_liars), "an honest verifier was slashed");
	}

	/// What the header says of the block's work, computed anew from its events.
	fn look_at_settled(&self) {
		let mut leaves = Vec::new();
		let (mut score, mut providers) = (0, BTreeSet::new());
		for record in frame_system::Pallet::<Test>::events() {
			let RuntimeEvent::Compute(Event::TaskSettled { task, provider, score: one }) =
				record.event
			else {
				continue;
			};
			leaves.push(merkle::leaf(&Receipts::<Test>::get(task).unwrap().encode()));
			score += one;
			if one > 0 {
				providers.insert(provider);
			}
		}
		let said = Compute::settled();
		let root = if leaves.is_empty() { Hash::zero() } else { merkle::root(&leaves) };
		assert_eq!(said.receipts_root, root);
		assert_eq!((said.total_score, said.provider_count), (score, providers.len() as u32));
	}
}

fn check(actions: Vec<(u8, u64)>) -> Model {
	let mut model = Model::default();
	run(|| {
		with_assets_and(&PROVIDERS);
		Settings::<Test>::mutate(|settings| settings.kept = 40);
		let code =
			wat::parse_str(include_str!("../../../../primitives/compute/src/tests/fold.wat"));
		let code = code.unwrap();
		let code_hash = Hashing::hash(&code).0;
		Guests::set(vec![(code, 0)]);
		let work = mbongo_compute_primitives::kinds::Wasm {
			code_hash,
			chunk_bytes: 16,
			step_fuel: 100_000,
		};
		assert_ok!(Compute::register_asset(by(1), program(work)));
		let rates = Rates { units: [1; 4], price: MBO / 1_000 };
		assert_ok!(Compute::set_rates(RuntimeOrigin::root(), rates));
		next_block();
		let issued = Balances::total_issuance();
		let before: BTreeMap<u8, Balance> =
			(1..=40).map(|number| (number, Balances::total_balance(&who(number)))).collect();

		for (action, mut random) in actions {
			model.act(action, &mut random);
			sound();
		}
		// Everybody lets go, and all comes to an end.
		for asset in 0..3 {
			assert_ok!(Compute::retire_asset(by(1), asset));
		}
		let mut blocks = 0;
		while Tasks::<Test>::iter_values().any(|task| !task.state.is_over()) {
			model.pass(1);
			blocks += 1;
			assert!(blocks < 20_000, "every task ends");
		}
		model.look();
		sound();
		for number in PROVIDERS {
			if let Some(provider) = Providers::<Test>::get(who(number)) {
				assert_eq!((provider.tasks, provider.reserved), (0, 0));
				let _ = Compute::unbond(by(number), provider.free());
			}
		}
		pass(60);
		for number in PROVIDERS {
			let _ = Compute::withdraw_bond(by(number));
		}
		assert_eq!(Providers::<Test>::iter().count() + Tasks::<Test>::iter().count(), 0);
		let is_jail = |timer: &Timer| matches!(timer, Timer::Jail(_));
		assert!(Clocks::<Test>::iter().all(|(_, timer, _)| is_jail(&timer)));
		assert_eq!(Receipts::<Test>::iter().count(), 0);
		assert_eq!(Demands::<Test>::iter().count() + Challenges::<Test>::iter().count(), 0);
		assert_eq!(Duties::<Test>::iter().count() + TasksOf::<Test>::iter().count(), 0);
		assert_eq!(Guests::get()[0].1, 0);
		// Every bond has come back: nothing is on hold any more.
		for number in 1..=40 {
			assert_eq!(Balances::reserved_balance(who(number)), 0, "{number}");
		}
		let accounts: Balance = (1..=40).map(|number| Balances::free_balance(who(number))).sum();
		let treasury = Balances::free_balance(who(250));
		assert_eq!(accounts + treasury, Balances::total_issuance());
		assert!(Balances::total_issuance() <= issued + model.minted);

		// Requesters have paid for what was settled, and for nothing else.
		let of_requesters = |balance: &dyn Fn(u8) -> Balance| -> Balance {
			REQUESTERS.into_iter().map(balance).sum()
		};
		let paid = of_requesters(&|number| before[&number]) - of_requesters(&|number| free(number));
		let is_settled = |id: &TaskId| model.ended.get(id) == Some(&State::Settled);
		let fees: Balance =
			model.fees.iter().filter(|(id, _)| is_settled(id)).map(|(_, fee)| *fee).sum();
		assert_eq!(paid, fees);
		for id in &model.wrong {
			assert_eq!(model.ended[id], State::Slashed, "who lies is slashed");
		}
		for number in HONEST.chain([11, 12, WATCHER]) {
			assert!(free(number) >= before[&number], "{number}, who is honest, has lost something");
		}
	});
	model
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 24, ..Default::default() })]
	#[test]
	fn whoever_does_whatever_tokens_and_who_is_honest_are_safe(
		actions in prop::collection::vec((0..70_u8, any::<u64>()), 1..250),
	) {
		check(actions);
	}
}

#[test]
fn in_a_long_run_all_of_it_happens() {
	let mut random = 7;
	let actions = (0..1_000).map(|_| (pick(&mut random, 60) as u8, random)).collect();
	let model = check(actions);
	let ended = |state: State| model.ended.values().filter(|one| **one == state).count();
	let counts = [State::Settled, State::Slashed, State::Expired, State::Cancelled].map(ended);
	println!("settled, slashed, expired, cancelled: {counts:?}; calls: {}", model.calls);
	assert!(counts.iter().all(|count| *count > 1), "{counts:?}");
	let seen = (model.wrong.len(), model.minted, Slashed::get().len());
	assert!(seen.0 > 10 && seen.1 > 0 && seen.2 > 0, "{seen:?}");
}
