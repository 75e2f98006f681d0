//! The validators' council, and what each origin may do.

use super::*;
use crate::{
	configs::governance::council_is,
	governance::{Call, Error},
};
use codec::Decode;
use frame_support::traits::EnsureOrigin;
use polkadot_sdk::sp_runtime::traits::TrailingZeroInput;

type CouncilError = pallet_collective::Error<Runtime, pallet_collective::Instance1>;

fn members() -> Vec<AccountId> {
	pallet_collective::Members::<Runtime, pallet_collective::Instance1>::get()
}

fn sorted(mut accounts: Vec<AccountId>) -> Vec<AccountId> {
	accounts.sort();
	accounts
}

#[test]
fn the_council_is_the_validators_of_the_session() {
	with_four_validators(|| {
		assert_eq!(members(), sorted(Session::validators()));
		let dave = Dave.to_account_id();
		assert!(members().contains(&dave));
		pass_sessions(2);
		assert_ok!(Session::purge_keys(by(Dave)));
		pass_sessions(1);
		assert!(members().contains(&dave), "still in the set");
		pass_sessions(1);
		assert_eq!(members(), sorted(Session::validators()));
		assert!(!members().contains(&dave));
	});
	with_full_set(|| assert_eq!(members().len(), 100));
	with_preset("live", || assert_eq!(members(), []));
}

#[test]
fn nobody_else_sets_the_members() {
	with_preset("local_testnet", || {
		for origin in [by(Alice), of_council(3, 3), RuntimeOrigin::root()] {
			assert_noop!(
				ValidatorsCouncil::set_members(origin, vec![Dave.to_account_id()], None, 3),
				DispatchError::BadOrigin
			);
		}
	});
}

/// The call that moves another.
fn motion(threshold: u32, call: &RuntimeCall) -> RuntimeCall {
	RuntimeCall::ValidatorsCouncil(pallet_collective::Call::propose {
		threshold,
		proposal: Box::new(call.clone()),
		length_bound: call.encoded_size() as u32,
	})
}

/// Members move a call and these vote for it. Returns its hash and index.
fn moved(threshold: u32, ayes: &[Sr25519Keyring], call: &RuntimeCall) -> (Hash, u32) {
	let index = pallet_collective::ProposalCount::<Runtime, pallet_collective::Instance1>::get();
	assert_ok!(motion(threshold, call).dispatch(by(ayes[0])));
	let hash = Hashing::hash_of(call);
	for who in ayes {
		assert_ok!(ValidatorsCouncil::vote(by(*who), hash, index, true));
	}
	(hash, index)
}

/// Anybody ends a motion, and has its deposit given back.
fn close((hash, index): (Hash, u32)) -> Result<(), DispatchError> {
	end((hash, index))?;
	ValidatorsCouncil::release_proposal_cost(by(Eve), hash)
}

/// Anybody ends a motion.
fn end((hash, index): (Hash, u32)) -> Result<(), DispatchError> {
	let (weight, length) = (frame_support::weights::Weight::MAX, u32::MAX);
	let closed = ValidatorsCouncil::close(by(Eve), hash, index, weight, length);
	closed.map(|_| ()).map_err(|error| error.error)
}

fn stalled(delay: BlockNumber, final_block: BlockNumber) -> RuntimeCall {
	Call::<Runtime>::note_stalled { delay, best_finalized_block_number: final_block }.into()
}

#[test]
fn two_thirds_of_the_council_restart_finality() {
	with_four_validators(|| {
		System::set_block_number(9_000);
		pass_sessions(1);
		let call = stalled(20, 7_000);
		// Half of them.
		assert_ok!(close(moved(2, &[Alice, Bob], &call)));
		assert_eq!(Grandpa::stalled(), None);
		let motion = moved(3, &[Alice, Bob], &call);
		assert_noop!(close(motion), CouncilError::TooEarly);
		assert_ok!(ValidatorsCouncil::vote(by(Dave), motion.0, motion.1, true));
		assert_ok!(close(motion));
		assert_eq!(Grandpa::stalled(), Some((20, 7_000)));

		// GRANDPA begins anew with the next session.
		pass_sessions(1);
		assert_eq!(Grandpa::stalled(), None);
		let change = Grandpa::pending_change().expect("the set is given anew");
		assert_eq!((change.forced, change.delay), (Some(7_000), 20));
	});
}

/// Epochs in which finality stands still and blocks are few, and nobody else is heard.
fn pass_stalled_epochs(count: u32, heard: &[Sr25519Keyring]) {
	for _ in 0..count {
		let set = Session::validators();
		pallet_staking::Work::<Runtime>::mutate(|work| {
			work.blocks = 12;
			for who in heard {
				let place =
					set.iter().position(|it| *it == who.to_account_id()).expect("in the set");
				work.lagging[place] = true;
				work.written[place] = 6;
				work.attested[place] = 11;
			}
		});
		System::set_block_number(System::block_number() + 12);
		pass_sessions(1);
		// Its new set is announced, though nobody will vote for it.
		Grandpa::on_finalize(System::block_number());
	}
}

#[test]
fn half_of_four_validators_become_a_set_that_finalises_when_the_others_stay_away() {
	with_four_validators(|| {
		System::set_block_number(9_000);
		let left = [Alice, Bob];
		// A day, in which there is time to bring them back.
		pass_stalled_epochs(24, &left);
		assert!(close(moved(2, &left, &stalled(20, 7_000)))
			.is_ok_and(|()| Grandpa::stalled().is_none()));
		// One is known to be silent by then, and the other an epoch later; sets are announced an epoch ahead.
		pass_stalled_epochs(1, &left);
		assert_eq!((members().len(), Session::validators().len()), (3, 3));
		pass_stalled_epochs(1, &left);
		assert_eq!(members(), sorted(left.map(|who| who.to_account_id()).to_vec()));

		assert_ok!(close(moved(2, &left, &stalled(20, 7_000))));
		pass_sessions(1);
		let change = Grandpa::pending_change().expect("the set is given anew");
		assert_eq!(change.forced, Some(7_000));
		let voters: Vec<_> = change.next_authorities.iter().map(|(key, _)| key.clone()).collect();
		assert_eq!(voters, left.map(|who| genesis::dev_session_keys(who).grandpa));
	});
}

#[test]
fn one_member_alone_restarts_nothing() {
	with_preset("local_testnet", || {
		System::set_block_number(9_000);
		let call = stalled(20, 7_000);
		let length = call.encoded_size() as u32;
		for threshold in [0, 1] {
			let call = Box::new(call.clone());
			assert_ok!(ValidatorsCouncil::propose(by(Alice), threshold, call, length));
		}
		assert_ok!(ValidatorsCouncil::execute(by(Alice), Box::new(call.clone()), length));
		assert_eq!(Grandpa::stalled(), None);
		assert_noop!(
			ValidatorsCouncil::propose(by(Dave), 2, Box::new(call), length),
			CouncilError::NotMember
		);
	});
}

#[test]
fn note_stalled_is_for_root_and_two_thirds_of_the_council() {
	with_preset("local_testnet", || {
		System::set_block_number(9_000);
		let no_rights = [
			RuntimeOrigin::none(),
			by(Alice),
			of_council(1, 3),
			of_council(66, 100),
			pallet_collective::RawOrigin::Member(Alice.to_account_id()).into(),
			Origin::WhitelistedCaller.into(),
			Origin::Treasurer.into(),
			Origin::SmallSpender.into(),
		];
		for origin in no_rights {
			assert!(configs::EmergencyOrigin::try_origin(origin.clone()).is_err());
			assert_noop!(Governance::note_stalled(origin, 20, 7_000), DispatchError::BadOrigin);
		}
		for (n, origin) in
			[RuntimeOrigin::root(), of_council(2, 3), of_council(67, 100)].into_iter().enumerate()
		{
			assert_ok!(Governance::note_stalled(origin, n as u32, 7_000));
			assert_eq!(Grandpa::stalled(), Some((n as u32, 7_000)));
		}
	});
}

#[test]
fn note_stalled_takes_no_figures_that_would_stop_finality_for_good() {
	with_preset("local_testnet", || {
		System::set_block_number(9_000);
		let day = 24 * 1_200;
		let note = |delay, block| Governance::note_stalled(of_council(2, 3), delay, block);
		assert_noop!(note(day + 1, 7_000), Error::<Runtime>::DelayTooLong);
		assert_noop!(note(20, 9_000), Error::<Runtime>::BlockInFuture);
		assert_ok!(note(day, 8_999));
	});
}

#[test]
fn a_member_who_leaves_takes_its_vote_along_and_motions_go_on() {
	with_four_validators(|| {
		System::set_block_number(9_000);
		let motion = moved(3, &[Alice, Bob, Dave], &stalled(20, 7_000));
		let [alice, bob, charlie, eve] = [Alice, Bob, Charlie, Eve].map(|who| who.to_account_id());
		// In whatever order they are given.
		council_is(&[eve.clone(), charlie.clone(), alice.clone(), bob.clone()]);
		assert_eq!(members(), sorted(vec![alice, bob, charlie, eve]));
		assert!(close(motion).is_err(), "two of four are left");
		assert_noop!(
			ValidatorsCouncil::vote(by(Dave), motion.0, motion.1, true),
			CouncilError::NotMember
		);
		assert_ok!(ValidatorsCouncil::vote(by(Eve), motion.0, motion.1, true));
		assert_ok!(close(motion));
		assert_eq!(Grandpa::stalled(), Some((20, 7_000)));
	});
}

#[test]
fn a_call_is_moved_again_when_the_deposit_of_its_motion_before_is_given_back() {
	with_four_validators(|| {
		let held = || Balances::reserved_balance(Bob.to_account_id());
		let (before, call) = (held(), stalled(20, 0));
		let filtered = DispatchError::from(frame_system::Error::<Runtime>::CallFiltered);
		let again = |who| motion(3, &call).dispatch(by(who)).map_err(|error| error.error);
		let first = moved(3, &[Bob], &call);
		assert_eq!(held(), before + 10 * MBO);
		assert_noop!(again(Dave), CouncilError::DuplicateProposal);
		System::set_block_number(System::block_number() + configs::governance::DayBlocks::get());
		assert_ok!(end(first));
		assert_noop!(again(Bob), filtered);
		assert_noop!(again(Dave), filtered);
		// Nor within other calls.
		let calls = vec![motion(3, &call)];
		let batch = RuntimeCall::Utility(pallet_utility::Call::batch_all { calls });
		assert_noop!(batch.dispatch(by(Dave)).map_err(|error| error.error), filtered);
		// Others can be.
		assert_ok!(close(moved(2, &[Dave, Alice], &stalled(21, 0))));

		assert_ok!(ValidatorsCouncil::release_proposal_cost(by(Eve), first.0));
		assert_eq!(held(), before);
		assert_ok!(again(Dave));
	});
}

#[test]
fn who_does_not_vote_on_a_motion_is_against_it() {
	with_preset("local_testnet", || {
		System::set_block_number(1);
		let motion = moved(2, &[Alice], &stalled(20, 0));
		System::set_block_number(24 * 1_200);
		assert!(close(motion).is_err());
		System::set_block_number(1 + 24 * 1_200);
		assert_ok!(close(motion));
		assert_eq!(Grandpa::stalled(), None);
	});
}

/// Every call there is, by pallet and name, with arguments that are all zeros.
fn every_call() -> Vec<(String, RuntimeCall)> {
	let mut calls = Vec::new();
	for pallet in Runtime::metadata_ir().pallets {
		let Some(of_pallet) = pallet.calls else { continue };
		let scale_info::TypeDef::Variant(variants) = of_pallet.ty.type_info().type_def else {
			panic!("the calls of {} are no enum", pallet.name)
		};
		for variant in variants.variants {
			let name = format!("{}.{}", pallet.name, variant.name);
			// The one enum of arguments that begins with 1.
			let first = u8::from(name == "Babe.plan_config_change");
			let bytes = [pallet.index, variant.index, first];
			let call = RuntimeCall::decode(&mut TrailingZeroInput::new(&bytes));
			calls.push((name.clone(), call.unwrap_or_else(|_| panic!("{name} cannot be made"))));
		}
	}
	calls
}

/// The calls that do not refuse this origin.
fn accepted_from(origin: RuntimeOrigin) -> Vec<String> {
	let refuses = |call: RuntimeCall| {
		with_transaction(|| {
			let result = call.dispatch(origin.clone());
			let refused = result.is_err_and(|error| error.error == DispatchError::BadOrigin);
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(refused))
		})
	};
	let all = every_call().into_iter();
	all.filter(|(_, call)| refuses(call.clone()) == Ok(false)).map(|(name, _)| name).collect()
}

#[test]
fn each_origin_may_do_what_is_listed_and_nothing_else() {
	// Batches run with the origin that they have themselves.
	let for_all = [
		"System.remark",
		"System.apply_authorized_upgrade",
		"Utility.batch",
		"Utility.batch_all",
		"Utility.force_batch",
		"Utility.if_else",
	];
	with_preset("local_testnet", || {
		System::set_block_number(9_000);
		assert!(every_call().len() > 100);
		let spending = ["Treasury.spend_local", "Treasury.spend"];
		let whitelisting = ["Whitelist.whitelist_call", "Whitelist.remove_whitelisted_call"];
		let dispatching = [
			"Whitelist.dispatch_whitelisted_call",
			"Whitelist.dispatch_whitelisted_call_with_preimage",
		];
		let taking_back = ["Treasury.remove_approval", "Treasury.void_spend"];
		let emergency = ["Governance.note_stalled", "Staking.cancel_slash"];
		let none: &[&str] = &[];
		for (origin, listed) in [
			(of_council(2, 3), [&emergency[..], &whitelisting].concat()),
			(of_council(1, 3), none.to_vec()),
			(Origin::WhitelistedCaller.into(), dispatching.to_vec()),
			(Origin::Treasurer.into(), [&spending[..], &taking_back].concat()),
			(Origin::SmallSpender.into(), spending.to_vec()),
		] {
			let mut accepted = accepted_from(origin.clone());
			accepted.retain(|name| !for_all.contains(&name.as_str()));
			let mut listed = listed;
			listed.sort_unstable();
			accepted.sort_unstable();
			assert_eq!(accepted, listed, "{:?}", origin.caller);
		}
	});
}

#[test]
fn the_council_can_neither_spend_nor_change_the_code_nor_anybodys_balance() {
	with_preset("local_testnet", || {
		System::set_block_number(1);
		let bob: Address = Bob.to_account_id().into();
		for call in [
			put(b"x"),
			frame_system::Call::set_code { code: vec![1] }.into(),
			frame_system::Call::authorize_upgrade { code_hash: Hash::zero() }.into(),
			pallet_balances::Call::force_set_balance { who: bob.clone(), new_free: MBO }.into(),
			pallet_balances::Call::transfer_all { dest: bob, keep_alive: false }.into(),
			pallet_scheduler::Call::schedule {
				when: 5,
				maybe_periodic: None,
				priority: 0,
				call: Box::new(put(b"x")),
			}
			.into(),
			pallet_utility::Call::dispatch_as {
				as_origin: Box::new(root()),
				call: Box::new(put(b"x")),
			}
			.into(),
			pallet_grandpa::Call::note_stalled { delay: 1, best_finalized_block_number: 0 }.into(),
			spend(1, Bob),
			dispatch_whitelisted(put(b"x")),
		] {
			let refused = call.dispatch(of_council(3, 3)).map_err(|error| error.error);
			assert_noop!(refused, DispatchError::BadOrigin);
		}
	});
}
