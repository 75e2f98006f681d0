//! The worst cases of this pallet's calls and hooks: stake that answers for as many other validators as it
//! may, all of them slashed, with a reporter for each cut.

use super::*;
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{storage, traits::PalletInfoAccess};
use frame_system::RawOrigin;
use mbongo_primitives::{units::MBO, work::AttestationSink};
use pallet_authorship::EventHandler as _;
use pallet_session::SessionManager as _;
use sp_runtime::traits::TrailingZeroInput;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

fn fund<T: Config>(who: &T::AccountId) {
	T::Token::set_balance(who, 1_000_000 * MBO);
}

fn funded<T: Config>(name: &'static str, n: u32) -> T::AccountId {
	let who = account(name, n, 0);
	fund::<T>(&who);
	who
}

fn set_keys<T: Config>(who: &T::AccountId) {
	let keys = T::Keys::decode(&mut TrailingZeroInput::zeroes()).expect("keys are plain bytes");
	pallet_session::NextKeys::<T>::insert(who, keys);
}

fn validator<T: Config>(n: u32) -> T::AccountId {
	let who = funded::<T>("validator", n);
	set_keys::<T>(&who);
	let own = Settings::<T>::get().least_own_stake;
	Pallet::<T>::put_in(&who, &who, own).expect("it has so much");
	Pallet::<T>::enter(&who, Perbill::from_percent(5));
	who
}

/// What a delegation is in these cases; a few times the least.
fn amount<T: Config>(times: u32) -> Balance {
	Settings::<T>::get().least_delegation * Balance::from(times)
}

fn put_in<T: Config>(who: &T::AccountId, validator: &T::AccountId, times: u32) {
	Pallet::<T>::put_in(who, validator, amount::<T>(times)).expect("it has so much");
}

fn held<T: Config>(who: &T::AccountId) -> Balance {
	T::Token::balance_on_hold(&HoldReason::Stake.into(), who)
}

fn next_epoch<T: Config>() {
	pallet_session::CurrentIndex::<T>::mutate(|epoch| *epoch += 1);
}

/// Slashes a validator, with a reporter to be paid.
fn slash_now<T: Config>(validator: &T::AccountId) {
	let number = NextSlash::<T>::get();
	let (epoch, fraction) = (Pallet::<T>::epoch(), Perbill::from_percent(10));
	let reporter = funded::<T>("reporter", number);
	Pallet::<T>::defer_slash(validator, epoch, |_| fraction, Some(reporter), None, false);
	Pallet::<T>::unqueue(number);
	Pallet::<T>::slash(number);
	// As many of them as there may be, each of whom is paid of the next cut.
	let owed = (0..MAX_OWED).map(|n| (funded::<T>("reporter", 10_000 + n), 1));
	Owed::<T>::insert(validator, BoundedVec::truncate_from(owed.collect()));
}

/// So that there is something to be earned.
fn reward<T: Config>(validator: &T::AccountId) {
	Stakes::<T>::mutate(validator, |stake| {
		stake.earnings.of_a_share += EARNINGS_SCALE / 100;
		stake.earnings.commission += MBO;
	});
	let pot = Pallet::<T>::pot();
	T::Token::set_balance(&pot, 1_000_000 * MBO);
}

/// Stake of `who` with `to`, parts of which came from other validators. All of them were slashed, and
/// nothing of it was cut or claimed, but what is the validator's own and was slashed here, which is cut at once.
fn delegation<T: Config>(who: &T::AccountId, to: &T::AccountId, parts: u32) {
	put_in::<T>(who, to, 2);
	let others: Vec<_> = (1_000..1_000 + parts).map(|n| validator::<T>(n)).collect();
	for from in &others {
		put_in::<T>(who, from, 2);
		let moves = amount::<T>(1);
		let moved = Pallet::<T>::do_redelegate(who.clone(), from.clone(), to.clone(), moves);
		moved.expect("it has so much there");
	}
	slash_now::<T>(to);
	others.iter().for_each(slash_now::<T>);
	next_epoch::<T>();
	reward::<T>(to);
	// In the epochs since, something has come to it.
	let waits = Delegations::<T>::get(who, to).is_some_and(|it| it.joining > 0);
	assert!(waits, "a snapshot waits for it");
}

/// Puts so many delegators behind a validator. Gives one of them.
fn delegators<T: Config>(validator: &T::AccountId, count: u32) -> T::AccountId {
	for n in 0..count {
		put_in::<T>(&funded::<T>("delegator", n), validator, 1);
	}
	account("delegator", 0, 0)
}

/// Something of `who` is unbonding, that was slashed for two validators.
fn chunk<T: Config>(who: &T::AccountId, n: u32) {
	let [from, of] = [2_000 + 2 * n, 2_001 + 2 * n].map(validator::<T>);
	put_in::<T>(who, &from, 2);
	let moved = Pallet::<T>::do_redelegate(who.clone(), from.clone(), of.clone(), amount::<T>(2));
	moved.expect("it has so much there");
	Pallet::<T>::do_unstake(who.clone(), of.clone(), Balance::MAX).expect("it has so much");
	slash_now::<T>(&from);
	slash_now::<T>(&of);
}

/// Makes it seem that stake of `validator` has left on every day that a slash looks at.
fn leave_every_day<T: Config>(validator: &T::AccountId) {
	Settings::<T>::mutate(|settings| settings.unbonding_days = MAX_UNBONDING_DAYS);
	let days = Settings::<T>::get().unbonding_days;
	let first = Settings::<T>::get().day_epochs * days;
	pallet_session::CurrentIndex::<T>::mutate(|epoch| *epoch = (*epoch).max(first));
	let today = Pallet::<T>::today();
	for day in today - days..=today {
		let pool = Pool { value: MBO, shares: MBO, ..Default::default() };
		UnbondingPools::<T>::insert(validator, day, pool);
		RedelegatedPools::<T>::insert(validator, day, pool);
	}
}

fn oldest_epoch<T: Config>() -> EpochIndex {
	Pallet::<T>::epoch().saturating_sub(Pallet::<T>::reportable_epochs())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn stake() {
		let (who, to) = (funded::<T>("owner", 0), validator::<T>(0));
		delegation::<T>(&who, &to, MAX_LIABILITIES);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), to.clone(), amount::<T>(2));

		assert!(Delegations::<T>::get(who, to).is_some_and(|it| it.joining > 0));
	}

	/// All of it, in a chunk for each validator that it answers for, and the last that is behind a validator,
	/// of whom nothing stays.
	#[benchmark]
	fn unstake() {
		let (who, from) = (funded::<T>("owner", 0), validator::<T>(0));
		for n in 0..MAX_CHUNKS - MAX_LIABILITIES - 1 {
			chunk::<T>(&who, n);
		}
		delegation::<T>(&who, &from, MAX_LIABILITIES);
		Pallet::<T>::set_chilled(&from, ChillReason::Asked);
		Pallet::<T>::do_unstake(from.clone(), from.clone(), Balance::MAX)
			.expect("it has left the set");

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), from.clone(), Balance::MAX);

		assert!(!Validators::<T>::contains_key(from));
		assert_eq!(Unbonding::<T>::get(who).len() as u32, MAX_CHUNKS);
	}

	#[benchmark]
	fn withdraw(c: Linear<1, MAX_CHUNKS>) {
		let who = funded::<T>("owner", 0);
		for n in 0..c {
			chunk::<T>(&who, n);
		}
		let later = Pallet::<T>::free_on(Pallet::<T>::today()) * Settings::<T>::get().day_epochs;
		pallet_session::CurrentIndex::<T>::put(later);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Unbonding::<T>::get(who).is_empty());
	}

	#[benchmark]
	fn redelegate() {
		let who = funded::<T>("owner", 0);
		let [from, to] = [0, 1].map(validator::<T>);
		delegation::<T>(&who, &from, MAX_LIABILITIES);
		put_in::<T>(&who, &to, 2);
		for n in 100..100 + MAX_LIABILITIES - 1 {
			let other = validator::<T>(n);
			put_in::<T>(&who, &other, 2);
			let moves = amount::<T>(1);
			let moved = Pallet::<T>::do_redelegate(who.clone(), other.clone(), to.clone(), moves);
			moved.expect("it has so much there");
			slash_now::<T>(&other);
		}
		slash_now::<T>(&to);
		next_epoch::<T>();
		reward::<T>(&to);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), from, to.clone(), amount::<T>(1) / 2);

		let moved = Delegations::<T>::get(who, to).map(|it| it.liabilities.len() as u32);
		assert_eq!(moved, Some(MAX_LIABILITIES));
	}

	#[benchmark]
	fn register_validator() {
		let who = funded::<T>("owner", 0);
		set_keys::<T>(&who);
		let own = Settings::<T>::get().least_own_stake;
		Pallet::<T>::put_in(&who, &who, own).expect("it has so much");

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), Perbill::from_percent(1));

		assert!(Validators::<T>::contains_key(who));
	}

	#[benchmark]
	fn set_commission() {
		let who = validator::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), Perbill::from_percent(1));

		assert_eq!(
			Validators::<T>::get(who).map(|it| it.commission.deconstruct()),
			Some(10_000_000)
		);
	}

	#[benchmark]
	fn chill() {
		let who = validator::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Validators::<T>::get(who).is_some_and(|it| it.standing == Standing::Chilled));
	}

	#[benchmark]
	fn resume() {
		let who = validator::<T>(0);
		Pallet::<T>::set_chilled(&who, ChillReason::Asked);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Validators::<T>::get(who).is_some_and(|it| it.standing == Standing::Candidate));
	}

	#[benchmark]
	fn claim_rewards() {
		let (who, with) = (funded::<T>("owner", 0), validator::<T>(0));
		delegation::<T>(&who, &with, MAX_LIABILITIES);
		// Before the end of the epoch in which it came.
		Delegations::<T>::mutate(&who, &with, |it| {
			it.as_mut().expect("it is there").unclaimed = MBO
		});

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), with.clone());

		assert_eq!(Delegations::<T>::get(who, with).map(|it| it.unclaimed), Some(0));
	}

	/// Of a validator whose own stake has come from others.
	#[benchmark]
	fn payout() {
		let who = validator::<T>(0);
		delegation::<T>(&who, &who, MAX_LIABILITIES);

		let before = held::<T>(&who);

		#[extrinsic_call]
		_(RawOrigin::Signed(account("anybody", 0, 0)), who.clone());

		assert!(held::<T>(&who) < before);
		assert_eq!(Stakes::<T>::get(who).earnings.commission, 0);
	}

	/// All that somebody may have at once, all of it with one validator.
	#[benchmark]
	fn settle() {
		let (who, with) = (funded::<T>("owner", 0), validator::<T>(0));
		for n in 0..MAX_CHUNKS {
			chunk::<T>(&who, n);
		}
		// As if they had all been with this validator, on other days.
		Unbonding::<T>::mutate(&who, |chunks| {
			for (n, chunk) in chunks.iter_mut().enumerate() {
				let pool = UnbondingPools::<T>::take(&chunk.validator, chunk.day);
				chunk.validator = with.clone();
				chunk.day = 1_000 + n as Day;
				UnbondingPools::<T>::insert(&chunk.validator, chunk.day, pool);
			}
		});
		delegation::<T>(&who, &with, MAX_LIABILITIES);
		let before = held::<T>(&who);

		#[extrinsic_call]
		_(RawOrigin::Signed(account("anybody", 0, 0)), who.clone(), with);

		assert!(held::<T>(&who) < before);
	}

	#[benchmark]
	fn cancel_slash() -> Result<(), BenchmarkError> {
		let origin =
			T::EmergencyOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let who = validator::<T>(0);
		leave_every_day::<T>(&who);
		let number = NextSlash::<T>::get();
		Pallet::<T>::defer_slash(
			&who,
			oldest_epoch::<T>(),
			|_| Perbill::from_percent(10),
			None,
			Some(1),
			true,
		);
		let full = (MAX_DEFERRED..2 * MAX_DEFERRED - 1).map(|n| (0, n)).chain([(0, number)]);
		SlashQueue::<T>::put(BoundedVec::truncate_from(full.collect()));

		#[extrinsic_call]
		_(origin as <T as frame_system::Config>::RuntimeOrigin, number);

		assert!(!Pallet::<T>::is_frozen(&who));
		Ok(())
	}

	#[benchmark]
	fn on_offence() {
		let who = validator::<T>(0);
		leave_every_day::<T>(&who);
		let full = (MAX_DEFERRED..2 * MAX_DEFERRED - 1).map(|n| (0, n));
		SlashQueue::<T>::put(BoundedVec::truncate_from(full.collect()));
		let reporters = alloc::vec![funded::<T>("reporter", 0)];
		let details = OffenceDetails { offender: (who.clone(), ()), reporters };
		let epoch = oldest_epoch::<T>();

		#[block]
		{
			Pallet::<T>::on_offence(&[details], &[Perbill::from_percent(10)], epoch);
		}

		assert!(Pallet::<T>::is_frozen(&who));
	}

	#[benchmark]
	fn slash() {
		let who = validator::<T>(0);
		delegation::<T>(&who, &who, MAX_LIABILITIES);
		leave_every_day::<T>(&who);
		let own = UnbondingPools::<T>::iter_key_prefix(&who).map(|day| Chunk {
			validator: who.clone(),
			day,
			position: Position { shares: MBO, held: MBO },
			liability: None,
		});
		Unbonding::<T>::insert(&who, BoundedVec::truncate_from(own.collect()));
		let liable = Delegations::<T>::get(&who, &who).map_or(0, |own| own.liable());
		let reporter = funded::<T>("reporter", 0);
		Pallet::<T>::defer_slash(
			&who,
			oldest_epoch::<T>(),
			|_| Perbill::from_percent(10),
			Some(reporter),
			None,
			false,
		);
		let (_, number) = SlashQueue::<T>::get().last().copied().expect("it was just deferred");
		let full =
			[(0, number)].into_iter().chain((MAX_DEFERRED..2 * MAX_DEFERRED - 1).map(|n| (0, n)));
		SlashQueue::<T>::put(BoundedVec::truncate_from(full.collect()));

		#[block]
		{
			Pallet::<T>::slash_what_is_due();
		}

		assert!(!Pallet::<T>::is_frozen(&who));
		assert!(Delegations::<T>::get(&who, &who).map_or(0, |own| own.liable()) < liable);
	}

	#[benchmark]
	fn note_author() {
		let set: Vec<T::AccountId> =
			(0..limits::MAX_VALIDATORS).map(|n| account("validator", n, 0)).collect();
		let author = set.last().expect("it is full").clone();
		ActiveSet::<T>::put(BoundedVec::truncate_from(set));
		Work::<T>::put(Tally::of(limits::MAX_VALIDATORS as usize));

		#[block]
		{
			Pallet::<T>::note_author(author);
		}

		assert_eq!(Work::<T>::get().blocks, 1);
	}

	/// Of the last set, each of whose members has another place now, in a block whose author says that finality
	/// lags.
	#[benchmark]
	fn attested() {
		let mut set: Vec<T::AccountId> =
			(0..limits::MAX_VALIDATORS).map(|n| account("validator", n, 0)).collect();
		LastSet::<T>::put(BoundedVec::truncate_from(set.clone()));
		set.reverse();
		let author = set.last().expect("it is full").clone();
		let name = pallet_authorship::Pallet::<T>::name();
		storage::unhashed::put(&storage::storage_prefix(name.as_bytes(), b"Author"), &author);
		ActiveSet::<T>::put(BoundedVec::truncate_from(set));
		Work::<T>::put(Tally::of(limits::MAX_VALIDATORS as usize));
		let all: Vec<_> = (0..limits::MAX_VALIDATORS as usize).collect();

		#[block]
		{
			Pallet::<T>::attested(&all, true, 1_000);
		}

		assert_eq!(Work::<T>::get().included.iter().sum::<u32>(), limits::MAX_VALIDATORS);
		assert!(Work::<T>::get().lagging.last().is_some_and(|says| *says));
	}

	/// A full set that worked, out of so many candidates, a tenth of which is missing. None of it is in the
	/// next one.
	#[benchmark]
	fn end_epoch(c: Linear<1, { limits::MAX_CANDIDATES }>) {
		let all: Vec<_> = (0..c).map(validator::<T>).collect();
		let set: Vec<_> = all.iter().take(limits::MAX_VALIDATORS as usize).cloned().collect();
		let mut work = Tally::of(set.len());
		work.blocks = 1_000;
		work.written.iter_mut().for_each(|it| *it = 10);
		work.included.iter_mut().for_each(|it| *it = 900);
		work.attested.iter_mut().skip(set.len() / 10).for_each(|it| *it = 900);
		for validator in set.iter().take(set.len() / 10) {
			Pallet::<T>::change(validator, |known| known.missed = 2);
			leave_every_day::<T>(validator);
		}
		T::Watcher::set_is_and_busy(&set);
		ActiveSet::<T>::put(BoundedVec::truncate_from(set));
		let next: Vec<T::AccountId> =
			(0..limits::MAX_VALIDATORS).map(|n| account("next", n, 0)).collect();
		pallet_session::Validators::<T>::put(next.clone());
		Work::<T>::put(work);
		EmittedUntil::<T>::put(0);
		let epoch = Pallet::<T>::epoch();

		#[block]
		{
			Pallet::<T>::end_session(epoch);
			Pallet::<T>::start_session(epoch + 1);
			<Pallet<T> as pallet_session::SessionManager<_>>::new_session(epoch + 2);
		}

		assert_eq!(ActiveSet::<T>::get().into_inner(), next);
	}

	/// The same, with so many delegators behind the validator: its weight must not depend on them.
	#[benchmark(extra)]
	fn payout_of_many(d: Linear<1, 10_000>) {
		let who = validator::<T>(0);
		delegators::<T>(&who, d);
		reward::<T>(&who);

		#[extrinsic_call]
		payout(RawOrigin::Signed(account("anybody", 0, 0)), who.clone());

		assert_eq!(Stakes::<T>::get(who).earnings.commission, 0);
	}

	/// See `payout_of_many`.
	#[benchmark(extra)]
	fn claim_of_many(d: Linear<1, 10_000>) {
		let who = validator::<T>(0);
		let delegator = delegators::<T>(&who, d);
		next_epoch::<T>();
		reward::<T>(&who);
		Delegations::<T>::mutate(&delegator, &who, |it| {
			it.as_mut().expect("it is there").unclaimed = MBO
		});

		#[extrinsic_call]
		claim_rewards(RawOrigin::Signed(delegator.clone()), who.clone());

		assert_eq!(Delegations::<T>::get(delegator, who).map(|it| it.unclaimed), Some(0));
	}

	/// See `payout_of_many`.
	#[benchmark(extra)]
	fn slash_of_many(d: Linear<1, 10_000>) {
		let who = validator::<T>(0);
		delegators::<T>(&who, d);
		let before = Stakes::<T>::get(&who).pool.value;

		#[block]
		{
			slash_now::<T>(&who);
		}

		assert!(Stakes::<T>::get(who).pool.value < before);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
