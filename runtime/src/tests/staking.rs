//! Staking in this runtime: what presets begin with, what offences cost, whose the money is.

use super::*;
use mbongo_primitives::{staking::runtime_decl_for_staking_api::StakingApiV1, units::MBO, Balance};
use pallet_staking::{DeferredSlashes, HoldReason, Parameters, Settings, Standing, Validators};

const STAKE: Balance = genesis::DEV_STAKE;

fn held(who: Sr25519Keyring) -> Balance {
	use frame_support::traits::fungible::InspectHold;
	Balances::balance_on_hold(&HoldReason::Stake.into(), &who.to_account_id())
}

fn standing(who: Sr25519Keyring) -> Standing {
	Validators::<Runtime>::get(who.to_account_id()).expect("it is a validator").standing
}

/// What is set aside, and of whom.
fn deferred() -> Vec<(AccountId, Option<AccountId>, Balance)> {
	let mut all: Vec<_> = DeferredSlashes::<Runtime>::iter().collect();
	all.sort_by_key(|(number, _)| *number);
	let amounts = all.into_iter().map(|(_, it)| {
		let amount = it.amount();
		(it.validator, it.reporter, amount)
	});
	amounts.collect()
}

#[test]
fn a_genesis_whose_parts_do_not_fit_is_refused() {
	fn build(preset: &str, change: impl FnOnce(&mut serde_json::Value)) -> Result<(), String> {
		let mut patch = json(preset);
		change(&mut patch);
		sp_io::TestExternalities::default().execute_with(|| {
			use sp_genesis_builder::runtime_decl_for_genesis_builder::GenesisBuilderV1;
			Runtime::build_state(full_genesis(patch))
		})
	}
	#[track_caller]
	fn refuses(why: &str, change: impl FnOnce(&mut serde_json::Value)) {
		let error = build("local_testnet", change).expect_err("it is refused");
		assert!(error.contains(why), "{error}");
	}
	for preset in ["development", "local_testnet", "live"] {
		assert_eq!(build(preset, |_| ()), Ok(()));
	}
	let deferral = |slots: u64| {
		move |patch: &mut serde_json::Value| {
			patch["staking"]["parameters"]["deferralSlots"] = slots.into();
		}
	};
	let latest = (21 * 24 - 1) * 1_200;
	assert_eq!(build("local_testnet", deferral(latest)), Ok(()));
	refuses("unbonding is too short", deferral(latest + 1));
	refuses("are forgotten", |patch| patch["staking"]["parameters"]["dayEpochs"] = 26.into());
	refuses("is not in staking.validators", |patch| {
		patch["staking"]["validators"].as_array_mut().expect("a list").pop();
	});
	refuses("is not in session.keys", |patch| {
		patch["session"]["keys"].as_array_mut().expect("a list").pop();
	});
	refuses("more is issued", |patch| {
		// As it is in a file; a number of this type is none of JSON's.
		let eve = serde_json::to_value(Sr25519Keyring::Eve.to_account_id()).expect("it is text");
		let cap = serde_json::to_value(units::SUPPLY_CAP).expect("it is a number");
		let balances = patch["balances"]["balances"].as_array_mut().expect("a list");
		balances.retain(|entry| entry[0] != eve);
		balances.push(serde_json::Value::Array(vec![eve, cap]));
	});
}

#[test]
fn presets_have_the_numbers_of_the_economy() {
	let live = Parameters {
		least_own_stake: 50_000 * MBO,
		least_delegation: 100 * MBO,
		day_epochs: 24,
		unbonding_days: 21,
		deferral_slots: 28_800,
		least_attested: sp_runtime::Percent::from_percent(50),
	};
	let dev = Parameters {
		least_own_stake: 1_000 * MBO,
		least_delegation: MBO,
		day_epochs: 1,
		unbonding_days: 2,
		deferral_slots: 10,
		..live.clone()
	};
	for (preset, parameters, validators, reportable) in [
		("development", dev, 1, 1),
		("local_testnet", live.clone(), 3, 480),
		("live", live, 0, 480),
	] {
		with_preset(preset, || {
			assert_eq!(Settings::<Runtime>::get(), parameters);
			assert_eq!(Runtime::validators().len(), validators);
			assert_eq!(Staking::reportable_epochs(), reportable);
			assert!(reportable <= time::HISTORY_SESSIONS);
			assert!(Runtime::supply().issued <= units::SUPPLY_CAP / 10 * 4);
		});
	}
	assert_eq!(units::SUPPLY_CAP, 31_536_000 * MBO);
	assert_eq!(units::GENESIS_SUPPLY, 12_614_400 * MBO);
}

#[test]
fn attestations_weigh_by_stake_from_the_next_epoch_on() {
	with_preset("local_testnet", || {
		let stakes = || Pouw::authorities().into_iter().map(|(_, stake)| stake).collect::<Vec<_>>();
		assert_eq!(stakes(), vec![STAKE; 3]);
		let dave = RuntimeOrigin::signed(Dave.to_account_id());
		assert_ok!(Staking::stake(dave, Bob.to_account_id(), 500 * MBO));
		assert_eq!(stakes(), vec![STAKE; 3]);
		assert_eq!(Runtime::next_active_set()[1], (Bob.to_account_id(), STAKE + 500 * MBO));
		pass_sessions(1);
		assert_eq!(stakes(), vec![STAKE, STAKE + 500 * MBO, STAKE]);
	});
}

#[test]
fn every_kind_of_double_signing_is_slashed_and_its_reporter_named() {
	use pallet_babe::EquivocationOffence as OfAuthor;
	use pallet_grandpa::{EquivocationOffence as OfVoter, TimeSlot};
	with_four_validators(|| {
		let offender = |who: Sr25519Keyring| (who.to_account_id(), ());
		let (session_index, validator_set_count) = (0, 4);
		let eve = vec![Sr25519Keyring::Eve.to_account_id()];
		let author = OfAuthor {
			slot: 0.into(),
			session_index,
			validator_set_count,
			offender: offender(Bob),
		};
		assert_ok!(OncePerSet::report_offence(eve.clone(), author));
		let voter = OfVoter {
			time_slot: TimeSlot { set_id: 0, round: 1 },
			session_index,
			validator_set_count,
			offender: offender(Charlie),
		};
		assert_ok!(OncePerSet::report_offence(eve.clone(), voter));
		let attester = pallet_pouw::AttestationOffence {
			session_index,
			validator_set_count,
			offender: offender(Dave),
		};
		assert_ok!(Offences::report_offence(eve.clone(), attester));
		// One of four is (3 / 4)^2 of them.
		let amount = Perbill::from_rational(9u32, 16).mul_ceil(STAKE);
		let expected: Vec<_> = [Bob, Charlie, Dave]
			.map(|who| (who.to_account_id(), Some(eve[0].clone()), amount))
			.to_vec();
		assert_eq!(deferred(), expected);
		assert!([Bob, Charlie, Dave].into_iter().all(|who| standing(who) == Standing::Chilled));
		assert_eq!(held(Bob), STAKE, "not before it can be cancelled no more");
	});
}

#[test]
fn alone_in_a_large_set_it_costs_five_percent() {
	with_full_set(|| {
		let offence = pallet_pouw::AttestationOffence {
			session_index: 0,
			validator_set_count: 100,
			offender: (Bob.to_account_id(), ()),
		};
		assert_ok!(Offences::report_offence(Vec::<AccountId>::new(), offence));
		assert_eq!(deferred(), vec![(Bob.to_account_id(), None, STAKE / 20)]);
	});
}

#[test]
fn two_thirds_of_the_council_or_root_cancel_a_slash_and_nobody_else() {
	with_four_validators(|| {
		pass_sessions(1);
		punish(Bob);
		let members = |ayes, of| pallet_collective::RawOrigin::Members(ayes, of).into();
		let others: [RuntimeOrigin; 6] = [
			RuntimeOrigin::none(),
			RuntimeOrigin::signed(Alice.to_account_id()),
			members(2, 4),
			crate::governance::Origin::WhitelistedCaller.into(),
			crate::governance::Origin::Treasurer.into(),
			crate::governance::Origin::SmallSpender.into(),
		];
		for origin in others {
			assert_noop!(Staking::cancel_slash(origin, 0), DispatchError::BadOrigin);
		}
		for origin in [members(3, 4), RuntimeOrigin::root()] {
			frame_support::storage::with_transaction_unchecked(|| {
				assert_ok!(Staking::cancel_slash(origin, 0));
				assert!(deferred().is_empty());
				frame_support::storage::TransactionOutcome::Rollback(())
			});
		}
	});
}

#[test]
fn proofs_of_offences_are_kept_as_long_as_they_count() {
	with_preset("development", || {
		pass_sessions(5);
		let kept: Vec<_> = (0..=5)
			.filter(|session| {
				pallet_session::historical::HistoricalSessions::<Runtime>::contains_key(session)
			})
			.collect();
		assert_eq!(kept.first(), Some(&3), "of this epoch, and the one before: {kept:?}");
	});
}

#[test]
fn a_report_has_room_in_a_block_though_a_third_offends() {
	use crate::configs::RuntimeBlockWeights;
	let report = pallet_babe::Call::<Runtime>::report_equivocation_unsigned {
		equivocation_proof: Box::new(sp_consensus_babe::EquivocationProof {
			offender: Alice.public().into(),
			slot: 1.into(),
			first_header: empty_header(),
			second_header: empty_header(),
		}),
		key_owner_proof: sp_session::MembershipProof {
			session: 0,
			trie_nodes: Default::default(),
			validator_count: 1,
		},
	};
	let normal = RuntimeBlockWeights::get().get(DispatchClass::Normal).max_extrinsic;
	let weight = report.get_dispatch_info().call_weight;
	assert!(normal.expect("it is limited").all_gte(weight), "{weight:?}");
}

#[test]
fn the_end_of_an_epoch_leaves_room_in_its_block() {
	use pallet_staking::WeightInfo;
	type Weights = <Runtime as pallet_staking::Config>::WeightInfo;
	// Nothing else counts in such a block, but it should not take much longer than others to execute.
	let weight = Weights::end_epoch(limits::MAX_CANDIDATES).saturating_add(Weights::slash());
	assert!(weight.ref_time() < limits::BLOCK_REF_TIME_PICOS / 2, "{weight:?}");
}

fn empty_header() -> Header {
	let none = Default::default;
	Header::new(1, none(), none(), Default::default(), Default::default())
}

#[test]
fn supply_adds_up_block_by_block() {
	with_preset("development", || {
		let genesis = Balances::total_issuance();
		let mut author = governance::Author::new();
		for _ in 0..45 {
			author.block(vec![]);
			let supply = Runtime::supply();
			assert_eq!(supply.genesis, genesis);
			assert_eq!(supply.issued, supply.genesis + supply.minted - supply.burned);
			assert_eq!(supply.issued, Balances::total_issuance());
			assert!(supply.issued + supply.for_useful_work <= supply.cap);
		}
		let supply = Runtime::supply();
		assert!(supply.minted > 0, "two epochs were paid: {supply:?}");
		assert!(supply.for_useful_work >= supply.minted, "a half is for work to come");
		let pending = Runtime::pending_rewards(Alice.to_account_id());
		assert_eq!(pending.len(), 1);
		assert!(pending[0].1 <= supply.minted);
		invariants::Accounts::check().expect("accounts have what there is");
	});
}
