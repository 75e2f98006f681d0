//! Referenda and the treasury.

mod council;

use super::{execution::signed, *};
use crate::{
	configs::{
		governance::{hours, DayBlocks, Days, SMALL_SPEND, SUBMISSION_DEPOSIT},
		tracks, TreasuryAccount,
	},
	governance::Origin,
};
use codec::Encode;
use frame_support::traits::{schedule::DispatchTime, Bounded, Hooks, QueryPreimage, StorePreimage};
use frame_system::RawOrigin;
use mbongo_primitives::{units::MBO, Balance, Hash, Hashing};
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use pallet_referenda::{ReferendumInfo, TracksInfo};
use polkadot_sdk::{
	frame_support::storage::with_transaction,
	sp_runtime::{
		traits::{Dispatchable, Hash as _},
		TransactionOutcome,
	},
};
use sp_keyring::Sr25519Keyring::Eve;

type Proposal = Bounded<RuntimeCall, Hashing>;

/// A day of the development chain.
const DAY: BlockNumber = 24 * 20;

/// The development chain with days of 24 epochs, as other networks have them.
fn genesis_with_hours() -> serde_json::Value {
	let mut patch = json("development");
	patch["staking"]["parameters"]["dayEpochs"] = 24.into();
	patch
}

fn with_hours(test: impl FnOnce()) {
	with_genesis(genesis_with_hours(), test)
}

fn by(who: Sr25519Keyring) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.to_account_id())
}

fn free(who: &AccountId) -> Balance {
	Balances::free_balance(who)
}

fn reserved(who: Sr25519Keyring) -> Balance {
	Balances::reserved_balance(who.to_account_id())
}

fn of_track(origin: Origin) -> OriginCaller {
	OriginCaller::Governance(origin)
}

fn root() -> OriginCaller {
	OriginCaller::system(RawOrigin::Root)
}

/// What so many of the council's members agree on.
fn of_council(ayes: u32, members: u32) -> RuntimeOrigin {
	pallet_collective::RawOrigin::Members(ayes, members).into()
}

fn put(key: &[u8]) -> RuntimeCall {
	let items = vec![(key.to_vec(), b"yes".to_vec())];
	RuntimeCall::System(frame_system::Call::set_storage { items })
}

fn is_put(key: &[u8]) -> bool {
	sp_io::storage::get(key).is_some()
}

/// Begins so many further blocks, as far as governance sees of it.
fn pass_blocks(count: BlockNumber) {
	for _ in 0..count {
		let number = System::block_number() + 1;
		System::set_block_number(number);
		System::reset_events();
		Scheduler::on_initialize(number);
		Treasury::on_initialize(number);
	}
}

fn pass_until(number: BlockNumber) {
	pass_blocks(number - System::block_number());
}

/// Bob proposes it.
fn propose(origin: OriginCaller, call: RuntimeCall) -> u32 {
	let proposal = Preimage::bound(call).expect("it is small");
	let at_once = DispatchTime::After(0);
	assert_ok!(Referenda::submit(by(Bob), Box::new(origin), proposal, at_once));
	pallet_referenda::ReferendumCount::<Runtime>::get() - 1
}

/// Bob proposes it, and Charlie wants it decided.
fn ask(origin: OriginCaller, call: RuntimeCall) -> u32 {
	let index = propose(origin, call);
	assert_ok!(Referenda::place_decision_deposit(by(Charlie), index));
	index
}

fn standard(aye: bool, balance: Balance) -> AccountVote<Balance> {
	AccountVote::Standard { vote: Vote { aye, conviction: Conviction::Locked1x }, balance }
}

fn vote(who: Sr25519Keyring, index: u32, aye: bool, balance: Balance) {
	assert_ok!(ConvictionVoting::vote(by(who), index, standard(aye, balance)));
}

/// Nine tenths of all there is are for it.
fn all_for(index: u32) {
	Sr25519Keyring::well_known().for_each(|who| vote(who, index, true, 900_000 * MBO));
}

fn outcome(
	index: u32,
) -> ReferendumInfo<
	tracks::TrackId,
	OriginCaller,
	BlockNumber,
	Proposal,
	Balance,
	pallet_conviction_voting::TallyOf<Runtime>,
	AccountId,
	(BlockNumber, u32),
> {
	pallet_referenda::ReferendumInfoFor::<Runtime>::get(index).expect("there is such a referendum")
}

#[test]
fn tracks_are_sorted_and_every_origin_has_one() {
	with_hours(|| {
		let ids: Vec<_> = tracks::Tracks::tracks().map(|track| track.id).collect();
		assert_eq!(ids, [0, 1, 10, 11]);
		assert_eq!(ids, tracks::Tracks::track_ids().collect::<Vec<_>>());
		assert_ok!(tracks::Tracks::check_integrity());
		for (origin, id, name) in [
			(root(), 0, "root"),
			(of_track(Origin::WhitelistedCaller), 1, "whitelisted_caller"),
			(of_track(Origin::Treasurer), 10, "treasurer"),
			(of_track(Origin::SmallSpender), 11, "small_spender"),
		] {
			assert_eq!(tracks::Tracks::track_for(&origin), Ok(id));
			let info = tracks::Tracks::info(id).expect("it is listed");
			assert!(info.name.starts_with(name.as_bytes()) && info.name[name.len()] == 0);
			let same = tracks::Tracks::tracks().find(|track| track.id == id);
			assert_eq!(same.map(|track| track.info.clone()), Some(info.into_owned()));
		}
		assert!(tracks::Tracks::info(2).is_none());
		for origin in [
			OriginCaller::system(RawOrigin::None),
			OriginCaller::system(RawOrigin::Signed(Bob.to_account_id())),
			of_council(3, 3).caller,
		] {
			assert_eq!(tracks::Tracks::track_for(&origin), Err(()));
			let proposal = Preimage::bound(put(b"x")).expect("it is small");
			assert_noop!(
				Referenda::submit(by(Bob), Box::new(origin), proposal, DispatchTime::After(0)),
				pallet_referenda::Error::<Runtime>::NoTrack
			);
		}
	});
}

#[test]
fn no_track_lets_pass_what_half_are_against_or_nobody_knows_of() {
	with_hours(|| {
		for track in tracks::Tracks::tracks() {
			let info = &track.info;
			let at = |percent| Perbill::from_percent(percent);
			for percent in 0..100 {
				let (now, later) = (at(percent), at(percent + 1));
				assert!(info.min_approval.threshold(now) >= info.min_approval.threshold(later));
				assert!(info.min_support.threshold(now) >= info.min_support.threshold(later));
			}
			let nearly = Perbill::from_parts(1_000);
			assert!(info.min_approval.threshold(at(100)) + nearly >= at(50));
			assert!(
				info.min_support.threshold(at(100)) + nearly
					>= Perbill::from_rational(5_u32, 1_000)
			);
			assert!(
				info.min_support.threshold(at(0)) <= at(50) + nearly,
				"half can always pass it"
			);
			assert!(info.max_deciding > 0 && info.decision_deposit > SUBMISSION_DEPOSIT);
		}
	});
}

#[test]
fn the_curves_are_those_of_the_table_in_the_readme() {
	let is = |at: Perbill, per_mille: u32| {
		let (at, expected) = (at.deconstruct(), per_mille * 1_000_000);
		assert!(at.abs_diff(expected) < 10_000, "{at} is not {expected}");
	};
	with_preset("local_testnet", || {
		let after = |days: u32| Perbill::from_rational(days, 28);
		for (id, approval, support) in [
			(tracks::ROOT, [(0, 1_000), (4, 800), (28, 500)], [(0, 500), (14, 255), (28, 10)]),
			(
				tracks::WHITELISTED_CALLER,
				[(0, 1_000), (1, 940), (28, 500)],
				[(0, 500), (1, 200), (28, 50)],
			),
			(tracks::TREASURER, [(0, 1_000), (4, 800), (28, 500)], [(0, 500), (14, 255), (28, 10)]),
			(tracks::SMALL_SPENDER, [(0, 1_000), (4, 750), (8, 500)], [(0, 500), (2, 20), (28, 5)]),
		] {
			let info = tracks::Tracks::info(id).expect("it is listed");
			for (days, level) in approval {
				is(info.min_approval.threshold(after(days)), level);
			}
			for (days, level) in support {
				is(info.min_support.threshold(after(days)), level);
			}
		}
	});
}

#[test]
fn days_are_as_long_as_the_epochs_of_genesis_make_them() {
	let periods = |id| {
		let info = tracks::Tracks::info(id).expect("it is listed").into_owned();
		[info.prepare_period, info.decision_period, info.confirm_period, info.min_enactment_period]
	};
	// A day of the development chain is an epoch.
	for (preset, day) in [("development", 20), ("local_testnet", 28_800), ("live", 28_800)] {
		with_preset(preset, || {
			let of_hours = |count: BlockNumber| (day * count / 24).max(1);
			let hour = of_hours(1);
			assert_eq!((DayBlocks::get(), hours(1), hours(36)), (day, hour, day + day / 2));
			assert_eq!(Days::<7>::get(), 7 * day);
			assert_eq!(periods(tracks::ROOT), [of_hours(2), 28 * day, day, day]);
			assert_eq!(periods(tracks::WHITELISTED_CALLER), [hour, 28 * day, hour, hour]);
			assert_eq!(periods(tracks::TREASURER), [of_hours(2), 28 * day, 3 * day, day]);
			assert_eq!(periods(tracks::SMALL_SPENDER), [of_hours(4), 28 * day, day, day]);
		});
	}
	with_hours(|| {
		pallet_pouw::EpochSlots::<Runtime>::put(0);
		assert_eq!((DayBlocks::get(), hours(0), hours(1)), (1, 1, 1), "nothing takes no time");
	});
}

/// Writes blocks as an author does, a slot after the other.
pub(super) struct Author {
	parent: Hash,
}

impl Author {
	/// Begins after genesis.
	pub(super) fn new() -> Self {
		Self { parent: System::block_hash(0) }
	}

	pub(super) fn block(&mut self, calls: Vec<(Sr25519Keyring, RuntimeCall)>) {
		let number = System::block_number() + 1;
		let slot = 1_000 + u64::from(number);
		let (none, digest) = (Hash::zero(), slot_claim(slot));
		Executive::initialize_block(&Header::new(number, none, none, self.parent, digest));
		let now = slot * time::SLOT_MILLIS;
		let set_time = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
		let applied = Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(set_time));
		assert_eq!(applied, Ok(Ok(())));
		for (who, call) in calls {
			let nonce = System::account_nonce(who.to_account_id());
			let applied = Executive::apply_extrinsic(signed(who, nonce, 0, call));
			assert_eq!(applied, Ok(Ok(())));
		}
		self.parent = Executive::finalize_block().hash();
	}

	fn blocks_until(&mut self, number: BlockNumber) {
		(System::block_number()..number).for_each(|_| self.block(vec![]));
	}
}

#[test]
fn a_referendum_of_root_changes_the_code_in_blocks_of_a_chain_without_sudo() {
	let mut patch = genesis_with_hours();
	patch["sudo"]["key"] = serde_json::Value::Null;
	with_genesis(patch, || {
		let code_hash = Hash::repeat_byte(7);
		let upgrade = RuntimeCall::System(frame_system::Call::authorize_upgrade { code_hash });
		let (bytes, hash) = (upgrade.encode(), Hashing::hash_of(&upgrade));
		let len = bytes.len() as u32;
		let mut author = Author::new();
		// What falls into the first block of a session, which counts as full, is done in the next.
		author.block(vec![]);
		author.block(vec![
			(Bob, pallet_preimage::Call::note_preimage { bytes }.into()),
			(
				Bob,
				pallet_referenda::Call::submit {
					proposal_origin: Box::new(root()),
					proposal: Bounded::Lookup { hash, len },
					enactment_moment: DispatchTime::After(0),
				}
				.into(),
			),
			(Charlie, pallet_referenda::Call::place_decision_deposit { index: 0 }.into()),
		]);
		let for_it = |who| {
			let vote = standard(true, 900_000 * MBO);
			(who, pallet_conviction_voting::Call::vote { poll_index: 0, vote }.into())
		};
		author.block(Sr25519Keyring::well_known().map(for_it).collect());
		// Two hours to prepare, a day to be sure of it, another until it is done.
		let confirmed = 2 + 2 * 20 + DAY;
		author.blocks_until(confirmed - 1);
		assert!(matches!(outcome(0), ReferendumInfo::Ongoing(_)));
		author.blocks_until(confirmed);
		assert!(matches!(outcome(0), ReferendumInfo::Approved(at, ..) if at == confirmed));
		author.blocks_until(confirmed + DAY - 1);
		assert!(System::authorized_upgrade().is_none());
		author.blocks_until(confirmed + DAY);
		let authorized = System::authorized_upgrade().expect("Root has authorized it");
		assert_eq!(*authorized.code_hash(), code_hash);
		assert!(Session::current_index() > 40, "sessions went by");

		let of_both = reserved(Bob);
		author.block(vec![
			(Dave, pallet_referenda::Call::refund_submission_deposit { index: 0 }.into()),
			(Dave, pallet_referenda::Call::refund_decision_deposit { index: 0 }.into()),
		]);
		assert_eq!((reserved(Bob), reserved(Charlie)), (of_both - SUBMISSION_DEPOSIT, 0));
		let books = pallet_execution::Books::<Runtime>::get().expect("they are kept");
		assert_eq!(books.issued(), Balances::total_issuance());
		every_state_is_sound();
	});
}

/// What the pallets say of their state after a whole block.
fn every_state_is_sound() {
	#[cfg(feature = "try-runtime")]
	{
		use frame_support::traits::{TryState, TryStateSelect};
		AllPalletsWithSystem::try_state(System::block_number(), TryStateSelect::All)
			.expect("the state is sound");
	}
	invariants::Accounts::check().expect("accounts have what there is");
}

/// What the pallets of governance say of theirs at any time.
fn governance_is_sound() {
	#[cfg(feature = "try-runtime")]
	{
		let now = System::block_number();
		let states = [
			Referenda::try_state(now),
			ConvictionVoting::try_state(now),
			Whitelist::try_state(now),
			ValidatorsCouncil::try_state(now),
			Treasury::try_state(now),
			Scheduler::try_state(now),
			Preimage::try_state(now),
		];
		assert_eq!(states, [Ok(()); 7]);
	}
	invariants::Accounts::check().expect("accounts have what there is");
}

#[test]
fn every_state_is_sound_from_session_to_session() {
	for preset in ["development", "local_testnet"] {
		with_preset(preset, || {
			every_state_is_sound();
			let mut author = Author::new();
			author.block(vec![]);
			every_state_is_sound();
			pass_sessions(3);
			author.block(vec![]);
			every_state_is_sound();
		});
	}
}

#[test]
fn what_governance_moves_is_in_the_books() {
	with_hours(|| {
		let mut author = Author::new();
		let treasury = TreasuryAccount::get();
		let as_root = |call: RuntimeCall| {
			(Alice, RuntimeCall::from(pallet_sudo::Call::sudo { call: Box::new(call) }))
		};
		let small = pallet_treasury::Call::spend_local {
			amount: 5 * MBO,
			beneficiary: AccountId::from([9; 32]).into(),
		};
		author.block(vec![
			(
				Bob,
				pallet_referenda::Call::submit {
					proposal_origin: Box::new(of_track(Origin::SmallSpender)),
					proposal: Preimage::bound(spend(MBO, Dave)).expect("it is small"),
					enactment_moment: DispatchTime::After(0),
				}
				.into(),
			),
			(Charlie, pallet_referenda::Call::place_decision_deposit { index: 0 }.into()),
			as_root(small.into()),
			as_root(spend(7 * MBO, Dave)),
		]);
		every_state_is_sound();
		author.block(vec![as_root(pallet_referenda::Call::kill { index: 0 }.into())]);
		every_state_is_sound();
		let deposits = SUBMISSION_DEPOSIT + 50 * MBO;
		assert_eq!(free(&treasury), deposits + units::EXISTENTIAL_DEPOSIT);
		author.block(vec![(Dave, pallet_treasury::Call::payout { index: 0 }.into())]);
		every_state_is_sound();

		// What is spent the old way is paid when the week is over. The blocks until then were not
		// written, so not every pallet is content after it.
		System::set_block_number(7 * DAY - 1);
		author.block(vec![]);
		assert_eq!(free(&AccountId::from([9; 32])), 5 * MBO);
		assert_eq!(free(&treasury), deposits + units::EXISTENTIAL_DEPOSIT - 12 * MBO);
		let books = pallet_execution::Books::<Runtime>::get().expect("they are kept");
		assert_eq!(books.issued(), Balances::total_issuance());
		governance_is_sound();
	});
}

#[test]
fn what_nobody_votes_for_is_rejected_and_costs_its_proposer_a_deposit() {
	with_hours(|| {
		System::set_block_number(1);
		let index = ask(root(), put(b"unheard of"));
		let until = 1 + 2 * 20 + 28 * DAY;
		assert_eq!((reserved(Bob), reserved(Charlie)), (SUBMISSION_DEPOSIT, 5_000 * MBO));
		pass_until(until - 1);
		assert!(matches!(outcome(index), ReferendumInfo::Ongoing(_)));
		pass_until(until);
		assert!(matches!(outcome(index), ReferendumInfo::Rejected(at, ..) if at == until));
		pass_blocks(2 * DAY);
		assert!(!is_put(b"unheard of"));
		assert_ok!(Referenda::refund_decision_deposit(by(Dave), index));
		assert_noop!(
			Referenda::refund_submission_deposit(by(Bob), index),
			pallet_referenda::Error::<Runtime>::BadStatus
		);
		assert_eq!((reserved(Bob), reserved(Charlie)), (SUBMISSION_DEPOSIT, 0));
		governance_is_sound();
	});
}

#[test]
fn what_more_are_against_is_rejected() {
	with_hours(|| {
		System::set_block_number(1);
		let index = ask(root(), put(b"unwanted"));
		vote(Alice, index, true, 900_000 * MBO);
		vote(Dave, index, false, 901_000 * MBO);
		pass_until(1 + 2 * 20 + 28 * DAY);
		assert!(matches!(outcome(index), ReferendumInfo::Rejected(..)));
	});
}

#[test]
fn what_nobody_puts_a_deposit_on_is_not_decided() {
	with_hours(|| {
		System::set_block_number(1);
		let index = propose(root(), put(b"idle"));
		all_for(index);
		pass_until(14 * DAY);
		assert!(matches!(outcome(index), ReferendumInfo::Ongoing(_)));
		pass_until(1 + 14 * DAY);
		assert!(matches!(outcome(index), ReferendumInfo::TimedOut(..)));
		assert!(!is_put(b"idle"));
	});
}

#[test]
fn ten_referenda_of_root_are_decided_at_a_time() {
	with_hours(|| {
		System::set_block_number(1);
		let indices: [u32; 11] = core::array::from_fn(|n| ask(root(), put(&[n as u8])));
		pass_until(1 + 2 * 20);
		let is_deciding = |index| matches!(outcome(index), ReferendumInfo::Ongoing(status) if status.deciding.is_some());
		assert_eq!(indices.map(is_deciding), core::array::from_fn(|n| n < 10));
		pass_until(2 + 2 * 20 + 28 * DAY);
		assert_eq!(indices.map(is_deciding), core::array::from_fn(|n| n == 10));
	});
}

#[test]
fn a_killed_referendum_leaves_its_deposits_to_the_treasury() {
	with_hours(|| {
		System::set_block_number(1);
		let index = ask(of_track(Origin::SmallSpender), put(b"spam"));
		let (issued, treasury) = (Balances::total_issuance(), TreasuryAccount::get());
		let before = free(&treasury);
		for origin in [by(Bob), of_council(3, 3), Origin::Treasurer.into()] {
			assert_noop!(Referenda::kill(origin.clone(), index), DispatchError::BadOrigin);
			assert_noop!(Referenda::cancel(origin, index), DispatchError::BadOrigin);
		}
		assert_ok!(Referenda::kill(RuntimeOrigin::root(), index));
		assert_eq!(free(&treasury) - before, SUBMISSION_DEPOSIT + 50 * MBO);
		assert_eq!((reserved(Bob), reserved(Charlie)), (0, 0));
		assert_eq!(Balances::total_issuance(), issued);
		governance_is_sound();
	});
}

#[test]
fn votes_lock_what_they_count_for_and_for_a_week_after_a_win() {
	use frame_support::traits::{
		fungible::Inspect,
		tokens::{Fortitude, Preservation},
	};
	with_hours(|| {
		System::set_block_number(1);
		let usable = |who: Sr25519Keyring| {
			let who = who.to_account_id();
			Balances::reducible_balance(&who, Preservation::Expendable, Fortitude::Polite)
		};
		let index = ask(root(), put(b"x"));
		all_for(index);
		vote(Dave, index, false, 600_000 * MBO);
		assert_eq!(usable(Eve), 100_000 * MBO);
		while !matches!(outcome(index), ReferendumInfo::Approved(..)) {
			pass_blocks(1);
		}
		let unlock = |who: Sr25519Keyring| {
			let _ = ConvictionVoting::remove_vote(by(who), Some(tracks::ROOT), index);
			let id = who.to_account_id().into();
			assert_ok!(ConvictionVoting::unlock(by(Bob), tracks::ROOT, id));
			usable(who)
		};
		assert_eq!(unlock(Dave), 1_000_000 * MBO, "who lost may go");
		assert_eq!(unlock(Eve), 100_000 * MBO);
		pass_blocks(7 * DAY - 1);
		assert_eq!(unlock(Eve), 100_000 * MBO);
		pass_blocks(1);
		assert_eq!(unlock(Eve), 1_000_000 * MBO);
	});
}

#[test]
fn what_the_treasury_has_does_not_count_as_votes_that_are_missing() {
	with_hours(|| {
		System::set_block_number(1);
		let turnout =
			|| <<Runtime as pallet_conviction_voting::Config>::MaxTurnout as Get<Balance>>::get();
		let all = Balances::total_issuance();
		assert_eq!(turnout(), all);
		let treasury = TreasuryAccount::get().into();
		assert_ok!(Balances::transfer_keep_alive(by(Alice), treasury, 500_000 * MBO));
		pass_blocks(1);
		assert_eq!(turnout(), all - 500_000 * MBO);
	});
}

fn spend(amount: Balance, to: Sr25519Keyring) -> RuntimeCall {
	let beneficiary = Box::new(to.to_account_id().into());
	let spend = pallet_treasury::Call::spend {
		asset_kind: Box::new(()),
		amount,
		beneficiary,
		valid_from: None,
	};
	spend.into()
}

/// Gives the treasury so much, and asks for the rest to be spent by a referendum, which all are for.
fn spend_by_referendum(origin: Origin, amount: Balance) {
	System::set_block_number(1);
	let treasury = TreasuryAccount::get().into();
	assert_ok!(Balances::transfer_keep_alive(by(Alice), treasury, 50_000 * MBO));
	let index = ask(of_track(origin), spend(amount, Eve));
	all_for(index);
	// The longest there is: of the treasurer's track.
	pass_until(1 + 4 * 20 + 4 * DAY);
	assert!(matches!(outcome(index), ReferendumInfo::Approved(..)));
}

#[test]
fn the_treasury_pays_what_a_referendum_says() {
	for (origin, amount) in [(Origin::SmallSpender, SMALL_SPEND), (Origin::Treasurer, 20_000 * MBO)]
	{
		with_hours(|| {
			let eve = Eve.to_account_id();
			spend_by_referendum(origin, amount);
			let (before, issued) = (free(&eve), Balances::total_issuance());
			assert_ok!(Treasury::payout(by(Dave), 0));
			assert_eq!(free(&eve), before + amount);
			assert_eq!(Balances::total_issuance(), issued);
			assert_noop!(
				Treasury::payout(by(Dave), 0),
				pallet_treasury::Error::<Runtime>::AlreadyAttempted
			);
			assert_ok!(Treasury::check_status(by(Dave), 0));
			assert!(pallet_treasury::Spends::<Runtime>::get(0).is_none());
			governance_is_sound();
		});
	}
}

#[test]
fn the_small_spenders_track_spends_no_more_than_its_limit() {
	with_hours(|| {
		spend_by_referendum(Origin::SmallSpender, SMALL_SPEND + 1);
		assert_eq!(pallet_treasury::SpendCount::<Runtime>::get(), 0);
	});
	// Nor in parts.
	with_hours(|| {
		let batch = || {
			let calls = vec![spend(SMALL_SPEND, Bob), spend(1, Bob)];
			RuntimeCall::Utility(pallet_utility::Call::batch_all { calls })
		};
		assert!(batch().dispatch(Origin::SmallSpender.into()).is_err());
		assert_ok!(batch().dispatch(Origin::Treasurer.into()));
	});
}

#[test]
fn a_payment_waits_a_month_and_can_be_taken_back_until_it_is_made() {
	with_hours(|| {
		System::set_block_number(1);
		let approve = || spend(MBO, Bob).dispatch(Origin::Treasurer.into());
		assert_ok!(approve());
		assert_ok!(approve());
		let treasury = TreasuryAccount::get().into();
		assert_ok!(Balances::transfer_keep_alive(by(Alice), treasury, 10 * MBO));
		for origin in [by(Bob), of_council(3, 3), Origin::SmallSpender.into()] {
			assert_noop!(Treasury::void_spend(origin, 0), DispatchError::BadOrigin);
		}
		assert_ok!(Treasury::void_spend(Origin::Treasurer.into(), 0));
		System::set_block_number(30 * DAY);
		assert_ok!(with_transaction(|| {
			TransactionOutcome::Rollback(Treasury::payout(by(Dave), 1))
		}));
		System::set_block_number(1 + 30 * DAY);
		assert_noop!(
			Treasury::payout(by(Dave), 1),
			pallet_treasury::Error::<Runtime>::SpendExpired
		);
	});
}

#[test]
fn root_can_cancel_what_another_track_has_scheduled() {
	with_hours(|| {
		System::set_block_number(1);
		let treasurer: OriginCaller = of_track(Origin::Treasurer);
		let schedule = |origin: OriginCaller| {
			<Scheduler as frame_support::traits::schedule::v3::Anon<_, _, _>>::schedule(
				DispatchTime::At(50),
				None,
				63,
				origin,
				Preimage::bound(put(b"x")).expect("it is small"),
			)
			.expect("it can be scheduled")
		};
		let (when, index) = schedule(treasurer.clone());
		for origin in [by(Bob), of_council(3, 3), treasurer.into()] {
			assert_noop!(Scheduler::cancel(origin, when, index), DispatchError::BadOrigin);
		}
		assert_ok!(Scheduler::cancel(RuntimeOrigin::root(), when, index));
		let (when, index) = schedule(root());
		assert_ok!(Scheduler::cancel(RuntimeOrigin::root(), when, index));
	});
}

#[test]
fn privileges_are_ordered_as_far_as_they_are() {
	use core::cmp::Ordering::*;
	use frame_support::traits::PrivilegeCmp;
	let compare = |left: &OriginCaller, right: &OriginCaller| {
		configs::governance::RootFirst::cmp_privilege(left, right)
	};
	let (treasurer, small) = (of_track(Origin::Treasurer), of_track(Origin::SmallSpender));
	assert_eq!(compare(&root(), &root()), Some(Equal));
	assert_eq!(compare(&root(), &treasurer), Some(Greater));
	assert_eq!(compare(&treasurer, &root()), Some(Less));
	assert_eq!(compare(&small, &small), Some(Equal));
	assert_eq!(compare(&treasurer, &small), None);
}

/// The call that runs another as Root, if it is whitelisted.
fn dispatch_whitelisted(call: RuntimeCall) -> RuntimeCall {
	let call = Box::new(call);
	pallet_whitelist::Call::dispatch_whitelisted_call_with_preimage { call }.into()
}

fn whitelist(call: &RuntimeCall) -> RuntimeCall {
	let call_hash = Hashing::hash_of(call);
	pallet_whitelist::Call::whitelist_call { call_hash }.into()
}

#[test]
fn what_the_council_whitelists_a_referendum_does_within_hours() {
	with_preset("local_testnet", || {
		System::set_block_number(1);
		let hour = 1_200;
		let call = put(b"urgent");
		let index = ask(of_track(Origin::WhitelistedCaller), dispatch_whitelisted(call.clone()));
		all_for(index);
		assert_ok!(whitelist(&call).dispatch(of_council(2, 3)));
		assert!(!is_put(b"urgent"), "whitelisting runs nothing");
		pass_until(3 * hour);
		assert!(!is_put(b"urgent"));
		pass_until(1 + 3 * hour);
		assert!(is_put(b"urgent"), "an hour to prepare, one to confirm, one until it is done");
		// Once.
		assert!(!Preimage::is_requested(&Hashing::hash_of(&call)));
		assert_ok!(dispatch_whitelisted(call.clone()).dispatch(Origin::WhitelistedCaller.into()));
		assert!(pallet_whitelist::DeferredDispatch::<Runtime>::contains_key(Hashing::hash_of(
			&call
		)));
	});
}

#[test]
fn what_the_council_has_not_whitelisted_waits_for_it() {
	with_hours(|| {
		System::set_block_number(1);
		let call = put(b"urgent");
		let run = || dispatch_whitelisted(call.clone());
		assert!(run().dispatch(by(Dave)).is_err(), "a referendum must want it");
		assert_ok!(run().dispatch(Origin::WhitelistedCaller.into()));
		assert!(run().dispatch(by(Dave)).is_err(), "the council must want it");
		assert!(!is_put(b"urgent"));
		assert_noop!(
			whitelist(&call).dispatch(by(Alice)).map_err(|error| error.error),
			DispatchError::BadOrigin
		);
		assert_ok!(whitelist(&call).dispatch(of_council(2, 3)));
		System::set_block_number(1 + 7 * DAY);
		assert!(run().dispatch(by(Dave)).is_err(), "after a week it is too late");
		System::set_block_number(7 * DAY);
		assert_ok!(run().dispatch(by(Dave)));
		assert!(is_put(b"urgent"));
	});
}
