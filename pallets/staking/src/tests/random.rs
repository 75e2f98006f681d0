//! Whatever people do in whatever order.

use crate::{mock::*, *};
use frame_support::{
	storage::{with_transaction_unchecked, TransactionOutcome},
	traits::GetCallName,
};
use mbongo_primitives::{emission::emitted, units::MBO};
use proptest::{prelude::*, test_runner::TestRunner};
use sp_runtime::{traits::Dispatchable, StateVersion};
use std::{
	cell::RefCell,
	collections::{BTreeMap, BTreeSet},
};

/// Who reports; no step is its own.
const REPORTER: AccountId = 20;

/// What somebody does. Accounts and validators are small numbers, so that they meet.
#[derive(Clone, Debug)]
enum Step {
	Stake(AccountId, AccountId, Balance),
	Unstake(AccountId, AccountId, Balance),
	Redelegate(AccountId, AccountId, AccountId, Balance),
	Withdraw(AccountId),
	Register(AccountId, u32),
	SetCommission(AccountId, u32),
	Chill(AccountId),
	Resume(AccountId),
	Claim(AccountId, AccountId),
	Payout(AccountId),
	Settle(AccountId, AccountId),
	Report(AccountId, u32, u32),
	Cancel(u32),
	/// So many before the last that was deferred.
	CancelLast(u32),
	Missing(Vec<AccountId>),
	Blocks(u64),
}

fn step() -> impl Strategy<Value = Step> {
	use Step::*;
	let who = || 1..=12u64;
	let whom = || 1..=6u64;
	let amount = || {
		prop_oneof![Just(0), 1..=10u128, MBO..=100 * MBO, MBO..=OWN, Just(OWN), Just(Balance::MAX),]
	};
	prop_oneof![
		4 => (who(), whom(), amount()).prop_map(|(a, b, c)| Stake(a, b, c)),
		3 => (who(), whom(), amount()).prop_map(|(a, b, c)| Unstake(a, b, c)),
		3 => (who(), whom(), whom(), amount()).prop_map(|(a, b, c, d)| Redelegate(a, b, c, d)),
		2 => who().prop_map(Withdraw),
		1 => (whom(), 0..=100u32).prop_map(|(a, b)| Register(a, b)),
		1 => (whom(), 0..=100u32).prop_map(|(a, b)| SetCommission(a, b)),
		1 => whom().prop_map(Chill),
		1 => whom().prop_map(Resume),
		2 => (who(), whom()).prop_map(|(a, b)| Claim(a, b)),
		1 => whom().prop_map(Payout),
		2 => (who(), whom()).prop_map(|(a, b)| Settle(a, b)),
		1 => (whom(), prop_oneof![0..=3u32, 0..=21u32], 0..=100u32)
			.prop_map(|(a, b, c)| Report(a, b, c)),
		1 => (0..=2u32).prop_map(CancelLast),
		1 => prop::collection::vec(whom(), 0..3).prop_map(Missing),
		6 => (1..=25u64).prop_map(Blocks),
	]
}

/// Where a position is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Of {
	Stake(AccountId),
	Unbonding(AccountId, Day),
	Redelegated(AccountId, Day),
}

impl Of {
	/// Whose pool it is, and of which day, if it has left.
	fn parts(self) -> (AccountId, Option<Day>) {
		match self {
			Of::Stake(validator) => (validator, None),
			Of::Unbonding(validator, day) | Of::Redelegated(validator, day) => {
				(validator, Some(day))
			}
		}
	}
}

/// A pool, and who has which position in it.
type Shared = (Pool, Vec<(AccountId, Position)>);

/// All pools.
fn pools() -> BTreeMap<Of, Shared> {
	let stakes = Stakes::<Test>::iter().map(|(who, stake)| (Of::Stake(who), stake.pool));
	let unbonding = UnbondingPools::<Test>::iter()
		.map(|(validator, day, pool)| (Of::Unbonding(validator, day), pool));
	let redelegated = RedelegatedPools::<Test>::iter()
		.map(|(validator, day, pool)| (Of::Redelegated(validator, day), pool));
	let mut all: BTreeMap<_, Shared> =
		stakes.chain(unbonding).chain(redelegated).map(|(of, pool)| (of, (pool, vec![]))).collect();
	let mut add = |of, who, position: Position| {
		// What is unbonding may be nothing but a part that answers for another validator.
		if position != Position::default() {
			all.get_mut(&of).expect("the pool is there").1.push((who, position));
		}
	};
	let mut delegations: Vec<_> = Delegations::<Test>::iter().collect();
	delegations.sort_by_key(|(who, validator, _)| (*who, *validator));
	for (who, validator, delegation) in delegations {
		add(Of::Stake(validator), who, delegation.position);
		for it in delegation.liabilities {
			add(Of::Redelegated(it.from, it.day), who, it.position);
		}
	}
	let mut unbonding: Vec<_> = Unbonding::<Test>::iter().collect();
	unbonding.sort_by_key(|(who, _)| *who);
	for (who, chunk) in
		unbonding.into_iter().flat_map(|(who, all)| all.into_iter().map(move |it| (who, it)))
	{
		add(Of::Unbonding(chunk.validator, chunk.day), who, chunk.position);
		if let Some(it) = chunk.liability {
			add(Of::Redelegated(it.from, it.day), who, it.position);
		}
	}
	all
}

/// By how much a position's shares are worth more than is on hold for it, which is what others' rounding
/// has left to it and nobody can take out.
fn beyond(pool: &Pool, position: &Position) -> Balance {
	let worth = pool::mul_div(position.shares, pool.value, pool.shares).unwrap_or_default();
	worth.saturating_sub(position.held)
}

/// Nobody can take out of any pool more than is in it.
fn nothing_is_worth_more_than_there_is() {
	for (of, (pool, positions)) in pools() {
		let worth: Balance = positions.iter().map(|(_, it)| pool.worth_of(it)).sum();
		assert!(worth <= pool.value, "{of:?}: {worth} of {pool:?}");
		for (who, position) in positions {
			assert!(pool.worth_of(&position) <= position.held, "{of:?}: {who} has less on hold");
			// A unit of each step at most, and there are not more steps.
			let beyond = beyond(&pool, &position);
			assert!(beyond <= 500, "{of:?}: rounding has left {beyond} to {who}");
		}
	}
}

/// What somebody could have at best: free, at stake, unbonding and earned. Slashes that are not cut yet from
/// what was redelegated make it less.
fn wealth(who: AccountId) -> Balance {
	let staked = Delegations::<Test>::iter_prefix(who)
		.map(|(validator, it)| Stakes::<Test>::get(validator).pool.worth_of(&it.position));
	let unbonding = Unbonding::<Test>::get(who)
		.into_iter()
		.map(|it| UnbondingPools::<Test>::get(it.validator, it.day).worth_of(&it.position));
	let earned = Staking::delegations(who).into_iter().map(|it| it.rewards);
	let commission = Stakes::<Test>::get(who).earnings.commission;
	let staked = staked.chain(unbonding).chain(earned).sum::<Balance>();
	Balances::free_balance(who) + commission + staked
}

/// What `look` sees when everybody's stake has been settled, which it is not by this.
fn when_all_is_settled<R>(look: impl FnOnce() -> R) -> R {
	with_transaction_unchecked(|| {
		let mut pairs: BTreeSet<_> = Delegations::<Test>::iter_keys().collect();
		for (who, chunks) in Unbonding::<Test>::iter() {
			pairs.extend(chunks.into_iter().map(|it| (who, it.validator)));
		}
		for (who, validator) in pairs {
			let _ = Staking::settle(signed(9), who, validator);
		}
		TransactionOutcome::Rollback(look())
	})
}

/// A pool, of whose value this part was set aside, has lost it by shares. Gives how much it is.
///
/// Of shares that are worth `u` units, with fractions of units, `worth` is `floor(u)`. A part `f` of the pool's
/// value is rounded up by less than a unit, of which the shares' part is less than one too: they are worth
/// more than `u (1 - f) - 1` then, and at most `u (1 - f)`. With `u < worth + 1` the loss of `worth` is more
/// than `f worth - 1` and less than `f worth + 2`. Where `u` was more than is on hold, that much less is lost.
fn loses((pool, positions): &Shared, (after, same): &Shared, fraction: Perbill, of: Of) -> Balance {
	assert_eq!(positions, same, "{of:?}: a report touches nobody's positions");
	let lost = pool.value - after.value;
	// Rounding closes no pool: the last unit stays, if not all is lost.
	let most = if fraction.is_one() { pool.value } else { pool.value.saturating_sub(1) };
	assert_eq!(lost, fraction.mul_ceil(pool.value).min(most), "{of:?}");
	let stays = u128::from(lost < fraction.mul_ceil(pool.value));
	let (mut sum, mut slack) = (0, positions.len() as u128);
	for (who, position) in positions {
		let (was, is) = (pool.worth_of(position), after.worth_of(position));
		assert!(is <= was, "{of:?}: {who} has gained");
		let beyond = beyond(pool, position);
		let loss = was - is;
		assert!(
			loss + beyond + stays >= fraction.mul_floor(was),
			"{of:?}: {who} has lost too little"
		);
		assert!(loss <= fraction.mul_ceil(was) + 1, "{of:?}: {who} has lost too much");
		sum += loss;
		slack += beyond;
	}
	assert!(sum.abs_diff(lost) <= slack, "{of:?}: all have lost {sum} of {lost}");
	lost
}

/// Reports somebody, and checks what is made of it against what is said of it.
fn report_and_check(who: AccountId, epoch: EpochIndex, correlated: Perbill) {
	// The stake of the day before the set began had chosen it.
	let first_day = |epoch: EpochIndex| Staking::day_of(epoch.saturating_sub(1));
	let state = || (pools(), Validators::<Test>::get(who), NextSlash::<Test>::get());
	let (before, known, number) = state();
	report(&[who], epoch, correlated, REPORTER);
	let strike = known.as_ref().and_then(|it| it.strike);
	let earlier = known.as_ref().and_then(|it| it.strike_before);
	let same = earlier.into_iter().chain(strike).find(|it| epoch <= it.until);
	let second = same.map_or(strike.is_some(), |it| it.count > 1);
	let already = same.map_or(Perbill::zero(), |it| it.fraction);
	let least = Perbill::from_percent(if second { 33 } else { 5 });
	let fraction = least.max(correlated).max(already);
	let adds = same.is_none_or(|it| fraction > already || first_day(epoch) < first_day(it.since));
	let is_late = epoch + Staking::reportable_epochs() < Staking::epoch();
	let is_pardoned = known.as_ref().is_some_and(|it| it.pardoned.contains(&epoch));
	if is_late || is_pardoned || !adds {
		assert_eq!((before, known, number), state(), "there is nothing to be punished");
		return;
	}

	let Some(slash) = DeferredSlashes::<Test>::get(number) else {
		assert!(same.is_some(), "it is the first that is known of it");
		assert_eq!(before, pools(), "where nothing is left to be slashed");
		return;
	};
	let standing = Validators::<Test>::get(who).expect("it is known now").standing;
	let was_out = known.is_some_and(|it| it.standing == Standing::Out);
	let expected = if second || was_out { Standing::Out } else { Standing::Chilled };
	assert_eq!(standing, expected);
	// Of what is left, as much as is missing.
	let (left, more) = (Perbill::one() - already, fraction - already);
	let of_left = Perbill::from_rational(more.deconstruct(), left.deconstruct().max(1));
	assert_eq!(slash.fraction, of_left);
	let after = pools();
	let mut amount = 0;
	for (of, shared) in &before {
		let part = match of.parts() {
			(validator, _) if validator != who => Perbill::zero(),
			(_, Some(day)) if day < first_day(epoch) => Perbill::zero(),
			// What no slash for this incident has reached yet.
			(_, Some(day)) if same.is_some_and(|it| day < first_day(it.since)) => fraction,
			_ => of_left,
		};
		amount += loses(shared, &after[of], part, *of);
	}
	assert_eq!(amount, slash.amount(), "what all have lost is what is set aside");
}

/// What a stake, of which `held` is worth `was` now, has lost where a part of it was before. Only what is left
/// of that part, after slashes where it is now, loses its share.
fn answers_for(it: &Liability<AccountId>, pool: &Pool, was: Balance, held: Balance) -> Balance {
	let part = |of, a, b| pool::mul_div(of, a, b).unwrap_or_default();
	let lost = it.position.held - pool.worth_of(&it.position);
	part(lost, part(it.left, was, held), it.position.held)
}

/// The next block. If a slash falls in it, all that was set aside is lost, and nothing else.
fn block() {
	let due = SlashQueue::<Test>::get().first().copied();
	let Some((_, number)) = due.filter(|(due, _)| *due <= System::block_number() + 1) else {
		next_block();
		return;
	};
	let validator = DeferredSlashes::<Test>::get(number).expect("it is deferred").validator;
	let (before, next) = (pools(), NextSlash::<Test>::get());
	next_block();
	assert!(!DeferredSlashes::<Test>::contains_key(number), "it has fallen");
	// The end of an epoch may have set something else aside in the same block.
	if NextSlash::<Test>::get() == next {
		let after = pools();
		for (of, (pool, positions)) in &before {
			for (who, position) in positions.iter().filter(|(who, _)| *who != validator) {
				let (now, same) = &after[of];
				let is = |(at, it): &(AccountId, Position)| at == who && it == position;
				assert!(same.iter().any(is), "{of:?}: {who} is not touched");
				// The validator itself is settled, which leaves a part of a unit here and there.
				let (was, is) = (pool.worth_of(position), now.worth_of(position));
				assert!(was.abs_diff(is) <= 1, "{of:?}: {who} has lost it before");
			}
		}
	}
	// Nobody can be settled while another slash is deferred.
	if Frozen::<Test>::iter().next().is_some() {
		return;
	}
	let now = pools();
	let mut expected = vec![];
	for (who, validator, delegation) in Delegations::<Test>::iter() {
		let was = Stakes::<Test>::get(validator).pool.worth_of(&delegation.position);
		let mut worth = was;
		for it in delegation.liabilities {
			let (pool, _) = &now[&Of::Redelegated(it.from, it.day)];
			worth = worth.saturating_sub(answers_for(&it, pool, was, delegation.position.held));
		}
		expected.push((who, validator, worth));
	}
	when_all_is_settled(|| {
		for (of, (pool, positions)) in pools() {
			assert_eq!((pool.pending, pool.aside), (0, 0), "{of:?}: all that was slashed is cut");
			let held: Balance = positions.iter().map(|(_, it)| it.held).sum();
			assert_eq!(held, pool.value, "{of:?}: what is on hold is what is worth something");
		}
		for (who, validator, worth) in expected {
			let delegation = Delegations::<Test>::get(who, validator).unwrap_or_default();
			let is = Stakes::<Test>::get(validator).pool.worth_of(&delegation.position);
			// A unit for each that has left the pool meanwhile, and for each slash.
			assert!(is.abs_diff(worth) <= 32, "{who} with {validator}: {is} {worth}");
		}
	});
}

/// What somebody can withdraw, if anything is free: without what slashes of where it was before have taken.
fn free_now(who: AccountId) -> Option<Balance> {
	let mut free = None;
	for it in Unbonding::<Test>::get(who) {
		let pool = UnbondingPools::<Test>::get(it.validator, it.day);
		let (mut worth, mut aside) = (pool.worth_of(&it.position), pool.aside);
		let held = it.position.held;
		if let Some(it) = it.liability {
			let pool = RedelegatedPools::<Test>::get(it.from, it.day);
			worth = worth.saturating_sub(answers_for(&it, &pool, worth, held));
			aside += pool.aside;
		}
		if Staking::free_on(it.day) <= Staking::today() && aside == 0 {
			*free.get_or_insert(0) += worth;
		}
	}
	free
}

/// How often each call was made, and how often it was refused.
type Calls = BTreeMap<String, (u64, u64)>;

thread_local! {
	static CALLS: RefCell<Calls> = const { RefCell::new(Calls::new()) };
}

/// A step. What was refused has changed nothing; the whole state is looked at if `looks` says so, since that
/// takes its time.
fn take(step: Step, looks: bool) {
	use Step::*;
	let percent = Perbill::from_percent;
	let call: pallet::Call<Test> = match step {
		Stake(_, validator, amount) => Call::stake { validator, amount },
		Unstake(_, validator, amount) => Call::unstake { validator, amount },
		Redelegate(_, from, to, amount) => Call::redelegate { from, to, amount },
		Withdraw(_) => Call::withdraw {},
		Register(_, commission) => Call::register_validator { commission: percent(commission) },
		SetCommission(_, commission) => Call::set_commission { commission: percent(commission) },
		Chill(_) => Call::chill {},
		Resume(_) => Call::resume {},
		Claim(_, validator) => Call::claim_rewards { validator },
		Payout(validator) => Call::payout { validator },
		Settle(who, validator) => Call::settle { who, validator },
		Cancel(number) => Call::cancel_slash { number },
		CancelLast(before) => {
			let last = NextSlash::<Test>::get().saturating_sub(1);
			Call::cancel_slash { number: last.saturating_sub(before) }
		}
		Report(who, ago, fraction) => {
			report_and_check(who, Staking::epoch().saturating_sub(ago), percent(fraction));
			return;
		}
		Missing(who) => {
			mock::Missing::set(who);
			return;
		}
		Blocks(count) => {
			(0..count).for_each(|_| block());
			return;
		}
	};
	let who = match step {
		Stake(who, ..) | Unstake(who, ..) | Redelegate(who, ..) | Withdraw(who) => who,
		Register(who, _) | SetCommission(who, _) | Chill(who) | Resume(who) => who,
		Claim(who, _) => who,
		_ => 13,
	};
	let origin = match step {
		Cancel(_) | CancelLast(_) => RuntimeOrigin::root(),
		_ => signed(who),
	};
	let root = || sp_io::storage::root(StateVersion::V1);
	let before = looks.then(root);
	let (had, free, before_it) = (wealth(who), free_now(who), Balances::free_balance(who));
	let name = call.get_call_name();
	let result = RuntimeCall::from(call).dispatch(origin);
	CALLS.with_borrow_mut(|calls| {
		let (done, refused) = calls.entry(name.into()).or_default();
		*(if result.is_ok() { done } else { refused }) += 1;
	});
	if result.is_err() && looks {
		assert_eq!(before, Some(root()), "what was refused has changed something");
	}
	// Where two positions of a pool become one, so do the parts of a unit that neither could use: where it
	// comes from none, and where it goes to one.
	assert!(wealth(who) <= had + 2, "who acts has gained: {} {had}", wealth(who));
	if matches!(step, Withdraw(_)) {
		assert_eq!(result.is_ok(), free.is_some(), "all that is free can be withdrawn");
		// A unit of each chunk is what rounding can have left.
		let freed = Balances::free_balance(who) - before_it;
		assert!(
			freed <= free.unwrap_or_default() + 32,
			"{who} is free of what it has lost {freed} {free:?}"
		);
	}
}

/// What was made and destroyed, as events say.
#[derive(Default)]
struct Books {
	paid: Balance,
	burned: Balance,
	claimed: Balance,
}

impl Books {
	fn note(&mut self, genesis: Balance) {
		for event in events() {
			match event {
				Event::EpochPaid { stakers, .. } => self.paid += stakers,
				Event::Cut { burned, .. } => self.burned += burned,
				Event::Rewarded { amount, .. } => self.claimed += amount,
				_ => {}
			}
		}
		assert_eq!(Balances::total_issuance(), genesis + self.paid - self.burned);
		let made = emitted(EmittedUntil::<Test>::get());
		assert!(self.claimed <= self.paid, "no more is claimed than was paid");
		assert!(self.paid + UsefulWorkPot::<Test>::get() <= made, "or paid than emitted");
	}
}

/// All who can claim do, in this order; what they have then.
fn claim_all(order: impl Iterator<Item = (AccountId, AccountId)>) -> Vec<(AccountId, Balance)> {
	with_transaction_unchecked(|| {
		for (who, validator) in order {
			let _ = Staking::claim_rewards(signed(who), validator);
			let _ = Staking::payout(signed(who), validator);
		}
		// Not the treasury: of what is cut meanwhile, it gets what rounding leaves.
		let money = (1..=13).map(|who| (who, Balances::free_balance(who))).collect();
		TransactionOutcome::Rollback(money)
	})
}

/// All slashes fall, and everybody leaves with all there is.
fn everybody_leaves() {
	mock::Missing::set(vec![]);
	// What was redelegated answers for nobody else any more, either.
	let unbonding = Settings::<Test>::get().unbonding_days + 1;
	pass_epochs(unbonding + 1);
	while !SlashQueue::<Test>::get().is_empty() {
		next_block();
	}
	for who in 1..=13 {
		let _ = Staking::chill(signed(who));
		let _ = Staking::withdraw(signed(who));
	}
	let pairs: Vec<_> = Delegations::<Test>::iter_keys().collect();
	for (who, validator) in &pairs {
		let _ = Staking::settle(signed(9), *who, *validator);
		let _ = Staking::claim_rewards(signed(*who), *validator);
	}
	let worth: Balance = Stakes::<Test>::iter().map(|(_, stake)| stake.pool.value).sum();
	for (who, validator) in pairs {
		let left = Staking::unstake(signed(who), validator, Balance::MAX);
		if left.is_err() {
			assert_eq!(left, Err(Error::<Test>::NoStake.into()));
			assert_eq!(mock::worth(who, validator), 0, "only what is worth nothing can stay");
		}
	}
	pass_epochs(unbonding);
	events();
	let leaving: Vec<_> = Unbonding::<Test>::iter_keys().collect();
	for who in leaving {
		Staking::withdraw(signed(who)).unwrap();
	}
	let free = events().into_iter().map(|event| match event {
		Event::Withdrawn { amount, .. } => amount,
		_ => 0,
	});
	assert!(free.sum::<Balance>() <= worth, "more has left than there was");
	assert_eq!(Unbonding::<Test>::iter().count(), 0);
	assert_eq!(UnbondingPools::<Test>::iter().count(), 0);
	assert_eq!(RedelegatedPools::<Test>::iter().count(), 0, "nobody answers for anything");
	for (who, validator, it) in Delegations::<Test>::iter() {
		// A unit at most, of a pool that was slashed to a few units.
		assert!(it.position.held <= 1, "{who} has {it:?} with {validator}");
	}
	sound();
}

/// Goes through these steps, with so much that can be issued until the cap, if that is to matter.
fn story(room: Option<Balance>, steps: impl IntoIterator<Item = Step>, then: impl FnOnce()) {
	story_of(2, room, steps, then);
}

/// The same, where unbonding takes so many days.
fn story_of(
	days: u32,
	room: Option<Balance>,
	steps: impl IntoIterator<Item = Step>,
	then: impl FnOnce(),
) {
	new_test_ext().execute_with(|| {
		Settings::<Test>::mutate(|settings| settings.unbonding_days = days);
		let genesis = Balances::total_issuance();
		if let Some(room) = room {
			Cap::set(genesis + room);
		}
		let mut books = Books::default();
		for (place, step) in steps.into_iter().enumerate() {
			take(step, place % 5 == 0);
			books.note(genesis);
			if place % 10 == 0 {
				sound();
				nothing_is_worth_more_than_there_is();
			}
		}
		sound();
		nothing_is_worth_more_than_there_is();
		then();

		let mut pairs: Vec<_> = Delegations::<Test>::iter_keys().collect();
		pairs.sort();
		let forwards = claim_all(pairs.clone().into_iter());
		assert_eq!(forwards, claim_all(pairs.into_iter().rev()), "the order matters");
		everybody_leaves();
	});
}

#[test]
fn holds_are_stakes_and_nothing_comes_from_nowhere() {
	// 10^5 steps, and five times as many where more is asked for: each looks at all there is.
	let cases = ProptestConfig::default().cases.clamp(200, 1_000);
	let stories = (
		// An epoch emits 3.6 MBO.
		prop_oneof![3 => Just(None), 1 => (0..=100 * MBO).prop_map(Some)],
		// Offences can be reported for one day less.
		prop_oneof![Just(2), 2..=MAX_UNBONDING_DAYS],
		prop::collection::vec(step(), 500),
	);
	CALLS.take();
	let mut runner = TestRunner::new(ProptestConfig {
		source_file: Some(file!()),
		..ProptestConfig::with_cases(cases)
	});
	let result = runner.run(&stories, |(room, days, steps)| {
		story_of(days, room, steps, || ());
		Ok(())
	});
	if let Err(error) = result {
		panic!("{error}");
	}
	// Refusals alone would show little. Some calls can rarely be made twice in a story.
	let calls = CALLS.take();
	println!("done and refused: {calls:?}");
	assert_eq!(calls.len(), 12, "each call was made");
	for (name, (done, _)) in &calls {
		assert!(*done >= u64::from(cases / 20), "{name} was done {done} times");
	}
	let done: u64 = calls.values().map(|(done, _)| done).sum();
	assert!(done >= 50 * u64::from(cases), "{done} calls were done");
}

#[test]
fn the_cap_binds_and_what_is_burned_makes_room() {
	let room = 10 * MBO;
	let used = || Balances::total_issuance() + UsefulWorkPot::<Test>::get();
	let steps = [
		Step::Stake(5, 1, OWN),
		Step::Blocks(100),
		Step::Claim(5, 1),
		Step::Payout(2),
		Step::Blocks(100),
	];
	story(Some(room), steps.clone(), || {
		let emitted = emitted(EmittedUntil::<Test>::get());
		assert!(emitted > 3 * room, "more was emitted than could be issued");
		// But for what rounding leaves to later epochs.
		assert!(Cap::get() - used() < 1_000, "{}", Cap::get() - used());
		assert!(UsefulWorkPot::<Test>::get().abs_diff(room / 2) < 1_000);
	});
	let and_a_slash = [Step::Report(1, 0, 5), Step::Blocks(11), Step::Settle(5, 1)];
	story(Some(room), steps.into_iter().chain(and_a_slash), || {
		// A half of 5 % of 20,000.
		assert!((Cap::get() - used()).abs_diff(500 * MBO) < 10 * MBO, "{}", Cap::get() - used());
	});
}

/// Faults that were found before, as those met them that are in them.
mod stories {
	use super::{Step::*, *};

	fn known(validator: AccountId) -> Validator {
		Validators::<Test>::get(validator).unwrap()
	}

	fn deferred() -> usize {
		DeferredSlashes::<Test>::iter().count()
	}

	/// The last to leave a pool that was slashed was given a unit more than was on hold: what rounding had
	/// left in the pool.
	#[test]
	fn of_a_worth_greater_than_what_is_on_hold() {
		let steps = [
			Stake(4, 3, OWN),
			Stake(2, 3, 2_217_862_219_325_814_125_896),
			Report(3, 0, 7),
			Blocks(11),
			Settle(4, 3),
			Unstake(2, 3, Balance::MAX),
			Unstake(3, 3, Balance::MAX),
			Unstake(4, 3, Balance::MAX),
		];
		story(None, steps, || assert_eq!(Stakes::<Test>::get(3).pool, Pool::default()));
	}

	/// Only what had left on the offence's own day was slashed, and not what had chosen its set.
	#[test]
	fn of_stake_that_left_on_the_day_before_its_set_began() {
		let steps = [
			Blocks(60),
			Stake(5, 1, 100 * MBO),
			Redelegate(5, 1, 2, 100 * MBO),
			Chill(1),
			Unstake(1, 1, OWN),
			Blocks(20),
			Report(1, 0, 0),
			Blocks(11),
			Settle(1, 1),
			Settle(5, 2),
		];
		story(None, steps, || {
			assert_eq!((held(1), held(5)), (OWN - OWN / 20, 95 * MBO));
		});
	}

	/// What had left between an offence and a later one was safe when the later one was reported first.
	#[test]
	fn of_a_later_cheap_offence_that_shields_an_earlier_one() {
		let more = 50_000 * MBO;
		let steps = [
			Stake(1, 1, more),
			Blocks(60),
			Unstake(1, 1, more),
			Blocks(40),
			Report(1, 0, 0),
			Blocks(11),
			Report(1, 1, 0),
			Blocks(11),
			Settle(1, 1),
		];
		story(None, steps, || {
			let all = OWN + more;
			assert_eq!(held(1), all - all / 20);
		});
	}

	/// A validator got 20 % of what its delegators lost by reporting itself.
	#[test]
	fn of_a_validator_that_reports_itself() {
		let steps = [Stake(5, 1, 90_000 * MBO), Report(1, 0, 0), Blocks(11), Settle(5, 1)];
		story(None, steps, || {
			let lost = OWN - held(1);
			assert!(Balances::free_balance(REPORTER) - RICH <= lost);
		});
	}

	/// What was free stayed on hold as long as its validator was frozen, by whatever had nothing to do with it.
	#[test]
	fn of_stake_that_a_slash_of_others_keeps() {
		let steps = [
			Stake(5, 1, 100 * MBO),
			Unstake(5, 1, Balance::MAX),
			Blocks(60),
			Report(1, 0, 0),
			Withdraw(5),
		];
		story(None, steps, || {
			assert!(Staking::is_frozen(&1));
			assert_eq!(Balances::free_balance(5), RICH);
		});
	}

	/// Of a stake that was all lost, what answered for another validator stayed for ever: to settle it was
	/// refused, since there was nothing to be cut.
	#[test]
	fn of_a_stake_that_was_over_and_stayed() {
		let steps = [
			Stake(5, 1, 100 * MBO),
			Redelegate(5, 1, 2, 100 * MBO),
			Report(2, 0, 100),
			Report(1, 0, 5),
			Blocks(10),
			Settle(5, 2),
			Blocks(1),
			Settle(5, 2),
		];
		story(None, steps, || {
			assert!(!Delegations::<Test>::contains_key(5, 2));
			assert_eq!(RedelegatedPools::<Test>::iter().count(), 0);
		});
	}

	/// Another report of what had been slashed already chilled a validator that had come back.
	#[test]
	fn of_a_report_that_adds_nothing() {
		let steps = [Report(1, 0, 0), Blocks(20), Resume(1), Report(1, 1, 5), Blocks(11)];
		story(None, steps, || {
			assert_eq!(known(1).standing, Standing::Candidate);
			assert_eq!(held(1), OWN - OWN / 20);
		});
	}

	/// What was cancelled could be reported again, with as much as others did at the same time.
	#[test]
	fn of_a_pardon_that_did_not_hold() {
		let steps = [Report(1, 0, 0), Cancel(0), Resume(1), Report(1, 0, 40), Blocks(11)];
		story(None, steps, || {
			assert_eq!(known(1).standing, Standing::Candidate);
			assert_eq!((deferred(), held(1)), (0, OWN));
		});
	}

	/// To cancel one slash of the second time was enough for coming back, whatever else was slashed for it.
	#[test]
	fn of_one_that_was_out_and_came_back() {
		let steps = |last: &[Step]| {
			let mut steps =
				vec![Report(1, 0, 0), Blocks(40), Report(1, 0, 0), Report(1, 0, 60), Cancel(2)];
			steps.extend_from_slice(last);
			steps
		};
		story(None, steps(&[]), || assert_eq!(known(1).standing, Standing::Out));
		story(None, steps(&[Cancel(1)]), || {
			assert_eq!((known(1).standing, known(1).strike.unwrap().count), (Standing::Chilled, 1));
		});
	}

	/// A strike with which nothing was slashed could not be cancelled.
	#[test]
	fn of_a_strike_without_a_slash() {
		let steps =
			[Chill(1), Unstake(1, 1, OWN), Blocks(80), Withdraw(1), Report(1, 0, 0), Cancel(0)];
		story(None, steps, || assert_eq!(known(1).strike, None));
	}

	/// Of many slashes that one reporter had reported it was paid for eight.
	#[test]
	fn of_a_reporter_of_many_slashes() {
		let reports = (1..=12).map(|count| Report(1, 0, 5 * count));
		story(None, reports.chain([Blocks(23)]), || {
			let gained = Balances::free_balance(REPORTER) - RICH;
			assert!(gained.abs_diff((OWN - held(1)) / 5) < 100, "{gained}");
		});
	}

	/// Candidates were counted by who was ever registered, so that who had gone kept a place.
	#[test]
	fn of_one_that_came_back_as_a_candidate() {
		let steps = [Chill(4), Report(4, 0, 0), Cancel(0), Resume(4), Chill(4), Unstake(4, 4, OWN)];
		story(None, steps, || {
			assert_eq!(known(4).standing, Standing::Chilled);
			assert_eq!(Candidates::<Test>::count(), 3);
		});
	}

	/// Who had lost all and not yet claimed what it had earned was taken for a pool that is missing, when the
	/// others had left.
	#[test]
	fn of_a_reward_that_is_left_where_no_stake_is() {
		let steps = |last| {
			[
				Blocks(20),
				Report(4, 1, 100),
				Blocks(11),
				Stake(5, 4, MBO),
				Unstake(5, 4, Balance::MAX),
				last,
			]
		};
		story(None, steps(Claim(4, 4)), || assert!(!Delegations::<Test>::contains_key(4, 4)));
		story(None, steps(Blocks(1)), || {
			assert!(!Stakes::<Test>::contains_key(4));
			assert_eq!(Staking::pending_rewards(4)[0].0, 4);
		});
	}

	/// What was slashed where it is answers only with what is left of it for where it was: here half of a
	/// half. It was the check of a withdrawal that took off all.
	#[test]
	fn of_stake_that_is_slashed_where_it_is_and_where_it_was() {
		let steps = [
			Stake(5, 1, 100 * MBO),
			Redelegate(5, 1, 2, 100 * MBO),
			Unstake(5, 2, Balance::MAX),
			Report(2, 0, 50),
			Report(1, 0, 50),
			Blocks(60),
			Withdraw(5),
		];
		story(None, steps, || {
			assert_eq!(Balances::free_balance(5), RICH - 75 * MBO);
		});
	}
}
