//! Each call: who may, what it does, when it is refused.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::GetCallName};
use mbongo_primitives::units::MBO;
use sp_runtime::{traits::Dispatchable, ArithmeticError, DispatchError, TokenError};

const DAY: u32 = 1; // in epochs
const UNBONDING: u32 = 3; // with the day in which it began

fn percent(percent: u32) -> Perbill {
	Perbill::from_percent(percent)
}

#[test]
fn only_accounts_call_and_only_the_emergency_origin_cancels() {
	let calls: Vec<Call<Test>> = vec![
		Call::stake { validator: 1, amount: MBO },
		Call::unstake { validator: 1, amount: MBO },
		Call::withdraw {},
		Call::redelegate { from: 1, to: 2, amount: MBO },
		Call::register_validator { commission: percent(1) },
		Call::set_commission { commission: percent(1) },
		Call::chill {},
		Call::resume {},
		Call::claim_rewards { validator: 1 },
		Call::payout { validator: 1 },
		Call::settle { who: 1, validator: 1 },
	];
	run(|| {
		assert_eq!(calls.len() + 1, Call::<Test>::get_call_names().len(), "none is missing");
		for call in calls {
			for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
				let refused = RuntimeCall::from(call.clone()).dispatch(origin).unwrap_err();
				assert_eq!(refused.error, DispatchError::BadOrigin, "{call:?}");
			}
		}
		for origin in [RuntimeOrigin::none(), signed(1)] {
			assert_noop!(Staking::cancel_slash(origin, 0), DispatchError::BadOrigin);
		}
		assert_noop!(Staking::cancel_slash(RuntimeOrigin::root(), 0), Error::<Test>::NoSuchSlash);
	});
}

#[test]
fn success_stake() {
	run(|| {
		stake(5, 1, 100 * MBO);
		let validator = 1;
		assert!(said(Event::Staked { who: 5, validator, amount: 100 * MBO }));
		stake(5, 1, 1);
		stake(5, 2, MBO);
		assert_eq!(held(5), 101 * MBO + 1);
		assert_eq!(Balances::free_balance(5), RICH - held(5));
		assert_eq!(Stakes::<Test>::get(1).pool.value, OWN + 100 * MBO + 1);
		assert_eq!((worth(5, 1), worth(5, 2)), (100 * MBO + 1, MBO));
	});
}

#[test]
fn fails_when_staking_with_nobody_or_too_little() {
	run(|| {
		let try_stake = |who, validator, amount| Staking::stake(signed(who), validator, amount);
		assert_noop!(try_stake(5, 6, MBO), Error::<Test>::NotAValidator);
		assert_noop!(try_stake(5, 1, 0), Error::<Test>::BelowMinimum);
		assert_noop!(try_stake(5, 1, MBO - 1), Error::<Test>::BelowMinimum);
		assert_noop!(try_stake(5, 1, RICH + 1), TokenError::FundsUnavailable);
		assert_noop!(try_stake(5, 1, Balance::MAX), TokenError::FundsUnavailable);
		assert_noop!(try_stake(77, 1, MBO), TokenError::FundsUnavailable);
	});
}

#[test]
fn boundary_stake_leaves_the_existential_deposit() {
	run(|| {
		assert_noop!(Staking::stake(signed(5), 1, RICH), TokenError::FundsUnavailable);
		stake(5, 1, RICH - EXISTENTIAL_DEPOSIT);
		assert_eq!(Balances::free_balance(5), EXISTENTIAL_DEPOSIT);
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		pass_epochs(UNBONDING);
		assert_ok!(Staking::withdraw(signed(5)));
		assert_eq!((Balances::free_balance(5), held(5)), (RICH, 0));
	});
}

#[test]
fn success_unstake_and_withdraw() {
	run(|| {
		stake(5, 1, 10 * MBO);
		pass_epochs(1);
		events();
		assert_ok!(Staking::unstake(signed(5), 1, 4 * MBO));
		let (validator, free_on) = (1, Staking::today() + UNBONDING);
		assert!(said(Event::Unstaked { who: 5, validator, amount: 4 * MBO, free_on }));
		assert_eq!((worth(5, 1), held(5)), (6 * MBO, 10 * MBO), "it stays on hold");
		assert_eq!(Stakes::<Test>::get(1).pool.value, OWN + 6 * MBO);
		assert_eq!(Staking::unbonding(5)[0].free_in_epoch, Staking::epoch() + UNBONDING * DAY);

		pass_epochs(UNBONDING - 1);
		assert_noop!(Staking::withdraw(signed(5)), Error::<Test>::NothingToWithdraw);
		pass_epochs(1);
		events();
		assert_ok!(Staking::withdraw(signed(5)));
		assert!(said(Event::Withdrawn { who: 5, amount: 4 * MBO }));
		assert_eq!(held(5), 6 * MBO);
		assert!(UnbondingPools::<Test>::iter().next().is_none());
		assert_noop!(Staking::withdraw(signed(5)), Error::<Test>::NothingToWithdraw);
	});
}

#[test]
fn unstaking_the_whole_pays_what_it_has_earned_and_leaves_nothing() {
	run(|| {
		stake(5, 1, OWN);
		pass_epochs(2);
		let pending = Staking::pending_rewards(5);
		assert!(pending[0].1 > 0);
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		assert_eq!(Balances::free_balance(5), RICH - OWN + pending[0].1);
		assert!(!Delegations::<Test>::contains_key(5, 1));
		assert_noop!(Staking::claim_rewards(signed(5), 1), Error::<Test>::NoStake);
	});
}

#[test]
fn fails_when_unstaking_leaves_too_little() {
	run(|| {
		let unstake = |who, amount| Staking::unstake(signed(who), 1, amount);
		assert_noop!(unstake(5, MBO), Error::<Test>::NoStake);
		stake(5, 1, 3 * MBO);
		assert_noop!(unstake(5, 0), Error::<Test>::NoStake);
		assert_noop!(unstake(5, 2 * MBO + 1), Error::<Test>::BelowMinimum);
		assert_ok!(unstake(5, 2 * MBO));
		assert_noop!(unstake(5, MBO - 1), Error::<Test>::BelowMinimum);
		assert_ok!(unstake(5, MBO));
		// A candidate's own.
		let least = Parameters::development().least_own_stake;
		assert_noop!(unstake(1, OWN - least + 1), Error::<Test>::BelowOwnMinimum);
		assert_noop!(unstake(1, OWN), Error::<Test>::BelowOwnMinimum);
		assert_ok!(unstake(1, OWN - least));
	});
}

#[test]
fn boundary_chunks() {
	run(|| {
		// A chunk for each validator and day; those of one merge.
		for who in 5..=20 {
			stake(who, who, 1_000 * MBO);
			assert_ok!(Staking::register_validator(signed(who), percent(0)));
		}
		let mut chunks = 0;
		for _ in 0..2 {
			for validator in 1..=17 {
				stake(20, validator, 2 * MBO);
				let unstaked = Staking::unstake(signed(20), validator, MBO);
				if chunks < MAX_CHUNKS {
					assert_ok!(unstaked);
					assert_ok!(Staking::unstake(signed(20), validator, MBO));
					chunks += 1;
				} else {
					assert_eq!(unstaked, Err(Error::<Test>::TooManyChunks.into()));
				}
			}
			pass_epochs(1);
		}
		assert_eq!(Unbonding::<Test>::get(20).len() as u32, MAX_CHUNKS);
		pass_epochs(UNBONDING);
		assert_ok!(Staking::withdraw(signed(20)));
		assert!(!Unbonding::<Test>::contains_key(20));
	});
}

#[test]
fn success_redelegate() {
	run(|| {
		stake(5, 1, 10 * MBO);
		assert_ok!(Staking::redelegate(signed(5), 1, 2, 4 * MBO));
		assert!(said(Event::Redelegated { who: 5, from: 1, to: 2, amount: 4 * MBO }));
		assert_eq!((worth(5, 1), worth(5, 2), held(5)), (6 * MBO, 4 * MBO, 10 * MBO));
		assert_eq!(Staking::delegations(5).iter().map(|it| it.liable).sum::<Balance>(), 4 * MBO);
		// No second hop, but for what came otherwise.
		stake(5, 2, MBO);
		let hop = |amount| Staking::redelegate(signed(5), 2, 3, amount);
		assert_noop!(hop(MBO + 1), Error::<Test>::SecondHop);
		assert_ok!(hop(MBO));
		pass_epochs(UNBONDING);
		assert_ok!(hop(4 * MBO));
		assert!(RedelegatedPools::<Test>::iter().all(|(from, _, _)| from == 2));
	});
}

#[test]
fn fails_when_redelegating_what_cannot_be() {
	run(|| {
		let go = |from, to, amount| Staking::redelegate(signed(5), from, to, amount);
		assert_noop!(go(1, 2, MBO), Error::<Test>::NoStake);
		stake(5, 1, 10 * MBO);
		assert_noop!(go(1, 1, MBO), Error::<Test>::SameValidator);
		assert_noop!(go(1, 9, MBO), Error::<Test>::NotAValidator);
		assert_noop!(go(1, 2, 0), Error::<Test>::NoStake);
		assert_noop!(go(1, 2, MBO - 1), Error::<Test>::BelowMinimum);
		assert_noop!(go(1, 2, 9 * MBO + 1), Error::<Test>::BelowMinimum);
		assert_noop!(Staking::redelegate(signed(1), 1, 2, OWN), Error::<Test>::BelowOwnMinimum);
		assert_ok!(go(1, 2, 9 * MBO));
	});
}

#[test]
fn boundary_redelegations() {
	run(|| {
		for who in 5..=14 {
			stake(who, who, 1_000 * MBO);
			assert_ok!(Staking::register_validator(signed(who), percent(0)));
		}
		for (count, from) in (5..=14).enumerate() {
			stake(20, from, 2 * MBO);
			let moved = Staking::redelegate(signed(20), from, 1, MBO);
			if count < MAX_LIABILITIES as usize {
				assert_ok!(moved);
			} else {
				assert_eq!(moved, Err(Error::<Test>::TooManyRedelegations.into()));
			}
		}
		// More of the same day and validator is the same part.
		stake(20, 5, MBO);
		assert_ok!(Staking::redelegate(signed(20), 5, 1, MBO));
		pass_epochs(UNBONDING);
		assert_ok!(Staking::redelegate(signed(20), 14, 1, MBO));
		assert_eq!(Delegations::<Test>::get(20, 1).unwrap().liabilities.len(), 1);
	});
}

#[test]
fn success_register_validator() {
	run(|| {
		stake(5, 5, 1_000 * MBO);
		assert_ok!(Staking::register_validator(signed(5), percent(7)));
		assert!(said(Event::Registered { validator: 5, commission: percent(7) }));
		assert!(Staking::elected().contains(&5));
		pass_epochs(1);
		assert!(!Session::validators().contains(&5), "its keys are announced an epoch ahead");
		assert_eq!(Staking::next_active_set()[4], (5, 1_000 * MBO));
		pass_epochs(1);
		assert_eq!(Session::validators(), vec![1, 2, 3, 4, 5]);
		assert_eq!(Watched::get(), Session::validators());
		assert_ok!(Staking::stake(signed(6), 5, MBO));
	});
}

#[test]
fn fails_when_registering_without_what_it_takes() {
	run(|| {
		let register = |who| Staking::register_validator(signed(who), percent(1));
		assert_noop!(register(1), Error::<Test>::AlreadyAValidator);
		assert_noop!(register(5), Error::<Test>::BelowOwnMinimum);
		stake(5, 5, 1_000 * MBO - 1);
		assert_noop!(register(5), Error::<Test>::BelowOwnMinimum);
		// Nobody else's stake counts, and nobody else can come before.
		assert_noop!(Staking::stake(signed(6), 5, MBO), Error::<Test>::NotAValidator);
		stake(5, 5, 1);
		pallet_session::NextKeys::<Test>::remove(5);
		assert_noop!(register(5), Error::<Test>::NoSessionKeys);
		pallet_session::NextKeys::<Test>::insert(5, keys(5));
		report(&[5], 0, percent(1), 20);
		assert_noop!(register(5), Error::<Test>::AlreadyAValidator);
	});
}

#[test]
fn boundary_registered() {
	run(|| {
		for who in 100..100 + u64::from(limits::MAX_CANDIDATES) - 4 {
			Staking::enter(&who, percent(1));
		}
		stake(5, 5, 1_000 * MBO);
		assert_noop!(
			Staking::register_validator(signed(5), percent(1)),
			Error::<Test>::TooManyValidators
		);
		// Who is one no more takes no place, though something is behind it.
		assert_ok!(Staking::chill(signed(4)));
		assert_ok!(Staking::register_validator(signed(5), percent(1)));
		assert_noop!(Staking::resume(signed(4)), Error::<Test>::TooManyValidators);
		(100..1_000).for_each(Validators::<Test>::remove);
		(100..1_000).for_each(Candidates::<Test>::remove);
	});
}

#[test]
fn commission_rises_by_a_point_an_epoch_and_falls_at_once() {
	run(|| {
		let set = |parts| Staking::set_commission(signed(1), Perbill::from_parts(parts));
		assert_noop!(Staking::set_commission(signed(9), percent(1)), Error::<Test>::NotAValidator);
		let too_fast = Error::<Test>::CommissionRisesTooFast;
		assert_noop!(set(110_000_001), too_fast);
		assert_ok!(set(110_000_000));
		assert!(said(Event::CommissionSet { validator: 1, commission: percent(11) }));
		assert_noop!(set(110_000_001), Error::<Test>::CommissionRisesTooFast);
		assert_ok!(set(0));
		assert_ok!(set(110_000_000), ());
		pass_epochs(1);
		assert_noop!(set(120_000_001), Error::<Test>::CommissionRisesTooFast);
		assert_ok!(set(120_000_000));
		assert_ok!(set(0));
		pass_epochs(1);
		assert_noop!(set(10_000_001), Error::<Test>::CommissionRisesTooFast);
		assert_ok!(set(10_000_000));
	});
}

#[test]
fn success_chill_and_resume() {
	run(|| {
		assert_noop!(Staking::chill(signed(9)), Error::<Test>::NotAValidator);
		assert_noop!(Staking::resume(signed(9)), Error::<Test>::NotAValidator);
		assert_noop!(Staking::resume(signed(4)), Error::<Test>::NotChilled);
		assert_ok!(Staking::chill(signed(4)));
		assert!(said(Event::Chilled { validator: 4, reason: ChillReason::Asked }));
		assert_noop!(Staking::chill(signed(4)), Error::<Test>::AlreadyChilled);
		pass_epochs(1);
		assert_eq!(Session::validators().len(), 4, "it was announced already");
		pass_epochs(1);
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		pallet_session::NextKeys::<Test>::remove(4);
		assert_noop!(Staking::resume(signed(4)), Error::<Test>::NoSessionKeys);
		pallet_session::NextKeys::<Test>::insert(4, keys(4));
		assert_ok!(Staking::resume(signed(4)));
		assert!(said(Event::Resumed { validator: 4 }));
		pass_epochs(2);
		assert_eq!(Session::validators(), vec![1, 2, 3, 4], "in the order of registration");
	});
}

#[test]
fn who_takes_its_last_stake_is_no_validator_any_more() {
	run(|| {
		stake(5, 4, MBO);
		assert_ok!(Staking::chill(signed(4)));
		assert_ok!(Staking::unstake(signed(4), 4, Balance::MAX));
		assert_noop!(Staking::resume(signed(4)), Error::<Test>::BelowOwnMinimum);
		assert!(Validators::<Test>::contains_key(4), "somebody is still behind it");
		assert_ok!(Staking::unstake(signed(5), 4, Balance::MAX));
		assert!(said(Event::Removed { validator: 4 }));
		assert!(!Stakes::<Test>::contains_key(4) && !Validators::<Test>::contains_key(4));
		pass_epochs(UNBONDING);
		assert_ok!(Staking::withdraw(signed(4)));
		assert_eq!(held(4), 0);
	});
}

#[test]
fn the_last_validators_stay() {
	run(|| {
		for who in 1..=4 {
			assert_ok!(Staking::chill(signed(who)));
		}
		pass_epochs(3);
		assert_eq!(Session::validators(), vec![1, 2, 3, 4]);
		for who in 1..=4 {
			pallet_session::NextKeys::<Test>::remove(who);
		}
		pass_epochs(3);
		assert_eq!(Session::validators(), vec![1, 2, 3, 4], "with their keys");
		assert!((1..=4).all(pallet_session::NextKeys::<Test>::contains_key));
	});
}

#[test]
fn the_set_are_those_with_the_most_stake() {
	run(|| {
		// 5 to 110 are validators with more and more, of which 100 fit.
		for who in 5u64..=110 {
			let own = 1_000 * MBO + u128::from(who) * MBO;
			Balances::force_set_balance(RuntimeOrigin::root(), who, 2 * own).unwrap();
			stake(who, who, own);
			pallet_session::NextKeys::<Test>::insert(who, keys(who));
			assert_ok!(Staking::register_validator(signed(who), percent(0)));
		}
		let expected: Vec<_> = (1..=4).chain(15..=110).collect();
		assert_eq!(Staking::elected(), expected);
		// One more unit behind another is enough.
		stake(4, 14, MBO + 1);
		let expected: Vec<_> = (1..=4).chain([14]).chain(16..=110).collect();
		assert_eq!(Staking::elected(), expected);
		// Of equals the one that came first.
		assert_ok!(Staking::unstake(signed(4), 14, Balance::MAX));
		stake(4, 14, MBO);
		let expected: Vec<_> = (1..=4).chain([14]).chain(16..=110).collect();
		assert_eq!(Staking::elected(), expected);
		pass_epochs(2);
		assert_eq!(Session::validators(), expected);
		for who in 5u64..=110 {
			pallet_session::NextKeys::<Test>::remove(who);
		}
	});
}

#[test]
fn success_settle_by_anybody() {
	run(|| {
		stake(5, 1, 100 * MBO);
		assert_noop!(Staking::settle(signed(9), 5, 1), Error::<Test>::NothingToSettle);
		assert_noop!(Staking::settle(signed(9), 9, 1), Error::<Test>::NothingToSettle);
		report(&[1], 0, percent(0), 20);
		assert_noop!(Staking::settle(signed(9), 5, 1), Error::<Test>::SlashDeferred);
		pass_blocks(11);
		assert_eq!(held(5), 100 * MBO);
		assert_ok!(Staking::settle(signed(9), 5, 1));
		assert_eq!(held(5), 95 * MBO);
		assert_noop!(Staking::settle(signed(9), 5, 1), Error::<Test>::NothingToSettle);
	});
}

#[test]
fn genesis_without_sense_is_refused() {
	let build = |change: fn(&mut GenesisConfig<Test>)| {
		let mut genesis =
			GenesisConfig { parameters: Parameters::development(), ..Default::default() };
		change(&mut genesis);
		std::panic::catch_unwind(|| {
			use sp_runtime::BuildStorage;
			genesis.build_storage().unwrap();
		})
		.is_ok()
	};
	assert!(build(|_| ()));
	assert!(build(|genesis| genesis.supply = MBO));
	assert!(!build(|genesis| genesis.validators = vec![(1, OWN, percent(1))]), "it has no money");
	assert!(!build(|genesis| genesis.supply = 1), "the pot has more");
	assert!(!build(|genesis| genesis.parameters.day_epochs = 0));
	assert!(!build(|genesis| genesis.parameters.unbonding_days = 0));
	assert!(!build(|genesis| genesis.parameters.unbonding_days = MAX_UNBONDING_DAYS + 1));
	assert!(!build(|genesis| genesis.parameters.deferral_slots = 0));
	assert!(!build(|genesis| genesis.parameters.least_delegation = 0));
	assert!(!build(|genesis| genesis.parameters.least_own_stake = 1));
}

#[test]
fn slashes_that_would_fall_on_what_is_free_already_are_no_parameters() {
	run(|| {
		// Unbonding takes two epochs of twenty slots.
		assert!(Staking::slashes_fall_in_time());
		let with = |deferral_slots| {
			Settings::<Test>::mutate(|settings| settings.deferral_slots = deferral_slots);
			Staking::slashes_fall_in_time()
		};
		assert!(with(20));
		assert!(!with(21) && !with(40) && !with(u64::MAX));
		assert!(with(10));
	});
}

#[test]
fn the_least_delegation_is_far_more_than_deposits_for_all_that_it_can_fill() {
	use codec::MaxEncodedLen;
	use mbongo_primitives::units::deposit;
	let size = |item: usize| item as u32 + 100; // with its key
	let (chunks, answers) = (MAX_CHUNKS, MAX_CHUNKS + MAX_LIABILITIES);
	// The delegation, its snapshot, its chunks, and a pool for each chunk, and for each part that answers for
	// where it was.
	let items = 3 + chunks + answers;
	let bytes = size(Delegation::<u64>::max_encoded_len())
		+ size(Snapshot::max_encoded_len())
		+ chunks * size(Chunk::<u64>::max_encoded_len() + 3 * 24)
		+ (chunks + answers) * size(Pool::max_encoded_len());
	let live = Parameters::default();
	assert_eq!(live.least_delegation, 100 * MBO);
	assert!(deposit(items, bytes) < live.least_delegation / 10, "{}", deposit(items, bytes));
}

#[test]
fn what_nobody_was_given_at_genesis_is_the_treasurys() {
	use sp_runtime::BuildStorage;
	let build = |has: Balance| {
		let balances =
			pallet_balances::GenesisConfig { balances: vec![(1, has)], ..Default::default() };
		let staking = GenesisConfig {
			validators: vec![(1, 50_000 * MBO, percent(5))],
			supply: 100_000 * MBO,
			..Default::default()
		};
		RuntimeGenesisConfig { balances, staking, ..Default::default() }.build_storage()
	};
	let fails = std::panic::catch_unwind(|| build(20_000 * MBO));
	assert!(fails.is_err(), "20,000 MBO are less than 50,000");
	sp_io::TestExternalities::new(build(60_000 * MBO).unwrap()).execute_with(|| {
		assert_eq!(Balances::total_issuance(), 100_000 * MBO);
		let pot = Balances::free_balance(Staking::pot());
		assert_eq!(Balances::free_balance(TREASURY), 40_000 * MBO - pot);
		assert_eq!(held(1), 50_000 * MBO);
	});
}

#[test]
fn fails_when_redelegating_to_who_is_out_or_has_lost_all() {
	run(|| {
		stake(5, 3, 10 * MBO);
		stake(6, 2, MBO);
		report(&[1], 0, percent(0), 20);
		report(&[2], 0, Perbill::one(), 20);
		pass_epochs(2);
		report(&[1], 2, percent(0), 20);
		pass_blocks(11);
		assert_eq!(Validators::<Test>::get(1).unwrap().standing, Standing::Out);
		assert!(Stakes::<Test>::get(2).pool.is_closed(), "6 has a share that is worth nothing");
		let go = |to| Staking::redelegate(signed(5), 3, to, MBO);
		assert_noop!(go(1), Error::<Test>::Out);
		assert_noop!(go(2), Error::<Test>::Closed);
		assert_noop!(Staking::stake(signed(5), 2, MBO), Error::<Test>::Closed);
		assert_ok!(go(4));
	});
}

#[test]
fn fails_when_it_buys_no_share() {
	run(|| {
		Settings::<Test>::mutate(|settings| settings.least_delegation = 1);
		stake(5, 2, MBO);
		let before = Stakes::<Test>::get(1);
		let with = |value, shares, amount| {
			Stakes::<Test>::mutate(1, |stake| {
				(stake.pool.value, stake.pool.shares) = (value, shares);
			});
			assert_eq!(
				Staking::stake(signed(5), 1, amount),
				Staking::redelegate(signed(5), 2, 1, amount)
			);
			assert_noop!(
				Staking::stake(signed(5), 1, amount),
				match amount {
					1 => ArithmeticError::Underflow,
					_ => ArithmeticError::Overflow,
				}
			);
		};
		// A share is worth two units.
		with(2 * OWN, OWN, 1);
		// Or so little that nobody could count what it buys.
		with(1, u128::MAX / 2, MBO);
		Stakes::<Test>::insert(1, before);
		assert_eq!((held(5), worth(5, 2)), (MBO, MBO));
		stake(5, 1, 1);
	});
}

#[test]
fn who_transfers_all_keeps_the_stake() {
	run(|| {
		stake(5, 1, OWN);
		assert_ok!(Staking::unstake(signed(5), 1, MBO));
		for keeps_alive in [true, false] {
			assert_ok!(Balances::transfer_all(signed(5), 6, keeps_alive));
			assert_eq!(Balances::free_balance(5), EXISTENTIAL_DEPOSIT);
			assert_eq!((held(5), worth(5, 1)), (OWN, OWN - MBO));
		}
		assert_eq!(Balances::free_balance(6), 2 * RICH - OWN - EXISTENTIAL_DEPOSIT);
		pass_epochs(UNBONDING);
		assert_ok!(Staking::withdraw(signed(5)));
		assert_ok!(Staking::claim_rewards(signed(5), 1));
		assert!(Balances::free_balance(5) > MBO);
	});
}

#[test]
fn stake_below_the_existential_deposit_cannot_end_an_account() {
	run(|| {
		Settings::<Test>::mutate(|settings| settings.least_delegation = 1);
		let has = |who| (Balances::free_balance(who), held(who));
		Balances::force_set_balance(RuntimeOrigin::root(), 77, EXISTENTIAL_DEPOSIT + 2).unwrap();
		Balances::force_set_balance(RuntimeOrigin::root(), 78, EXISTENTIAL_DEPOSIT).unwrap();
		assert_noop!(Staking::stake(signed(77), 1, 3), TokenError::FundsUnavailable);
		assert_noop!(Staking::stake(signed(78), 1, 1), TokenError::FundsUnavailable);
		stake(77, 1, 2);
		assert_eq!(has(77), (EXISTENTIAL_DEPOSIT, 2));
		// Nor can its owner, as long as something is on hold.
		assert!(Balances::transfer_allow_death(signed(77), 6, EXISTENTIAL_DEPOSIT).is_err());
		assert_ok!(Balances::transfer_all(signed(77), 6, false));
		assert_eq!(has(77), (EXISTENTIAL_DEPOSIT, 2));

		assert_ok!(Staking::unstake(signed(77), 1, 1));
		pass_epochs(UNBONDING);
		assert_ok!(Staking::withdraw(signed(77)));
		assert_eq!(has(77), (EXISTENTIAL_DEPOSIT + 1, 1));
		// All of it is lost, and the account stays.
		report(&[1], Staking::epoch(), Perbill::one(), 20);
		pass_blocks(11);
		assert_ok!(Staking::settle(signed(9), 77, 1));
		assert_eq!(has(77), (EXISTENTIAL_DEPOSIT + 1, 0));
		assert!(System::account_exists(&77) && System::consumers(&77) == 0);
		assert_ok!(Balances::transfer_all(signed(77), 6, false));
		assert!(!System::account_exists(&77), "now it can go");
	});
}

#[test]
fn unbonding_takes_21_days_and_what_is_left_of_the_day_it_began_in() {
	run(|| {
		// But for the slots of a day, of which there are fewer here.
		let deferral_slots = 24 * EPOCH;
		Settings::<Test>::put(Parameters { deferral_slots, ..Parameters::default() });
		stake(5, 1, 100 * MBO);
		// Noon of the second day.
		pass_epochs(24 + 12);
		let day = 1;
		assert_eq!(Staking::today(), day);
		events();
		assert_ok!(Staking::unstake(signed(5), 1, Balance::MAX));
		let (validator, free_on) = (1, day + 22);
		assert!(said(Event::Unstaked { who: 5, validator, amount: 100 * MBO, free_on }));
		let free_in_epoch = 24 * free_on;
		assert_eq!(Staking::unbonding(5)[0].free_in_epoch, free_in_epoch);
		pass_epochs(free_in_epoch - 1 - Staking::epoch());
		assert_noop!(Staking::withdraw(signed(5)), Error::<Test>::NothingToWithdraw);
		pass_blocks(EPOCH - 1);
		assert_eq!(Staking::epoch(), free_in_epoch - 1, "the last block before");
		assert_noop!(Staking::withdraw(signed(5)), Error::<Test>::NothingToWithdraw);
		next_block();
		assert_ok!(Staking::withdraw(signed(5)));
		assert_eq!(held(5), 0);
	});
}
