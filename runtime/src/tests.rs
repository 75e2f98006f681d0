//! What the composition promises.

mod contracts;
mod execution;
mod gates;
mod governance;
mod staking;

use crate::*;
use configs::{KeyOwners, OncePerSet, MAX_PROOF_BYTES, MAX_PROOF_NODES};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	genesis_builder_helper::build_state,
	traits::{Get, InstanceFilter, KeyOwnerProofSystem, PalletsInfoAccess},
};
use mbongo_primitives::{limits, units};
use pallet_pouw::WeightInfo as _;
use polkadot_sdk::sp_runtime::{
	traits::{Header as _, TransactionExtension},
	DispatchError, Perbill,
};
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave};
use sp_staking::offence::{OffenceDetails, OffenceError, OnOffenceHandler, ReportOffence};

fn json(preset: &str) -> serde_json::Value {
	let bytes = genesis::preset(&preset.into()).expect("there is such a preset");
	serde_json::from_slice(&bytes).expect("a preset is JSON")
}

fn with_preset(preset: &str, test: impl FnOnce()) {
	with_genesis(json(preset), test)
}

/// Lays a preset over the default genesis, as the node does.
fn overlay(base: &mut serde_json::Value, patch: serde_json::Value) {
	match (base, patch) {
		(serde_json::Value::Object(base), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				overlay(base.entry(key).or_insert(serde_json::Value::Null), value);
			}
		}
		(base, patch) => *base = patch,
	}
}

fn full_genesis(patch: serde_json::Value) -> Vec<u8> {
	let mut genesis =
		serde_json::to_value(RuntimeGenesisConfig::default()).expect("the default is JSON");
	overlay(&mut genesis, patch);
	genesis.to_string().into_bytes()
}

fn with_genesis(patch: serde_json::Value, test: impl FnOnce()) {
	sp_io::TestExternalities::default().execute_with(|| {
		build_state::<RuntimeGenesisConfig>(full_genesis(patch)).expect("it builds");
		test();
		accounts_are_sound();
	});
}

/// What must hold of accounts and of what they have at stake at any time, in a block too.
fn accounts_are_sound() {
	invariants::Accounts::check().expect("accounts have what there is");
	#[cfg(feature = "try-runtime")]
	{
		use frame_support::traits::Hooks;
		let now = System::block_number();
		Staking::try_state(now).expect("stakes are sound");
		Contracts::try_state(now).expect("contracts are sound");
	}
}

/// The local network with further validators.
fn with_also(validators: impl IntoIterator<Item = (AccountId, SessionKeys)>, test: impl FnOnce()) {
	let (stake, commission) = (genesis::DEV_STAKE, Perbill::from_percent(5));
	let mut patch = json("local_testnet");
	for (who, keys) in validators {
		let mut add = |pallet: &str, list: &str, item| {
			patch[pallet][list].as_array_mut().expect("a list").push(item)
		};
		add("session", "keys", serde_json::json!([who, who, keys]));
		add("staking", "validators", serde_json::json!([who, stake, commission]));
		if !Sr25519Keyring::well_known().any(|it| it.to_account_id() == who) {
			add("balances", "balances", serde_json::json!([who, stake + units::MBO]));
		}
	}
	with_genesis(patch, test)
}

/// The local network with a fourth validator.
fn with_four_validators(test: impl FnOnce()) {
	with_also([(Dave.to_account_id(), genesis::dev_session_keys(Dave))], test)
}

/// The local network with as many validators as there may be.
fn with_full_set(test: impl FnOnce()) {
	let made_up = (3..limits::MAX_VALIDATORS).map(|n| {
		let bytes = sp_io::hashing::blake2_256(&n.to_le_bytes());
		let keys = SessionKeys {
			babe: sp_core::sr25519::Public::from_raw(bytes).into(),
			grandpa: sp_core::ed25519::Public::from_raw(bytes).into(),
			authority_discovery: sp_core::sr25519::Public::from_raw(bytes).into(),
			pouw: sp_core::sr25519::Public::from_raw(bytes).into(),
		};
		(bytes.into(), keys)
	});
	with_also(made_up, test)
}

/// What BABE has in the header of a block of this slot.
fn slot_claim(slot: u64) -> sp_runtime::Digest {
	use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest};
	let claim = SecondaryPlainPreDigest { authority_index: 0, slot: slot.into() };
	let claim = PreDigest::SecondaryPlain(claim);
	let item = <sp_runtime::DigestItem as CompatibleDigestItem>::babe_pre_digest(claim);
	sp_runtime::Digest { logs: vec![item] }
}

fn pass_sessions(count: u32) {
	(0..count).for_each(|_| Session::rotate_session());
}

#[test]
fn development_is_alice_with_short_epochs() {
	with_preset("development", || {
		assert_eq!(Session::validators(), vec![Alice.to_account_id()]);
		assert_eq!(<Runtime as pallet_babe::Config>::EpochDuration::get(), 20);
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(Alice.to_account_id()));
		assert_eq!(Pouw::authorities(), vec![(Alice.public().into(), genesis::DEV_STAKE)]);
		for who in [Alice, Bob, Charlie, Dave, Sr25519Keyring::Eve, Sr25519Keyring::Ferdie] {
			assert_eq!(Balances::free_balance(who.to_account_id()), 1_000_000 * units::MBO);
		}
		assert!(Balances::total_issuance() <= units::SUPPLY_CAP);
	});
}

#[test]
fn a_chain_begins_with_the_memory_that_contracts_may_need() {
	use codec::Encode;
	use sp_core::storage::well_known_keys::HEAP_PAGES;
	sp_io::TestExternalities::default().execute_with(|| {
		let genesis = full_genesis(json("development")).encode();
		let built = crate::api::dispatch("GenesisBuilder_build_state", &genesis);
		assert_eq!(built, Some(sp_genesis_builder::Result::Ok(()).encode()));
		let pages = frame_support::storage::unhashed::get(HEAP_PAGES);
		assert_eq!(pages, Some(mbongo_primitives::limits::HEAP_PAGES));
	});
}

#[test]
fn local_has_three_validators_and_epochs_of_an_hour() {
	with_preset("local_testnet", || {
		assert_eq!(Session::validators(), [Alice, Bob, Charlie].map(|who| who.to_account_id()));
		assert_eq!(Pouw::authorities().len(), 3);
		assert_eq!(<Runtime as pallet_babe::Config>::EpochDuration::get(), 1_200);
		assert_eq!(Babe::slot_duration(), 3_000);
		assert!(pallet_sudo::Key::<Runtime>::exists());
	});
}

#[test]
fn live_has_nobody_in_it_and_no_sudo() {
	let patch = json("live");
	assert_eq!(patch["sudo"]["key"], serde_json::Value::Null);
	assert_eq!(patch["session"]["keys"], serde_json::json!([]));
	with_genesis(patch, || {
		assert!(!pallet_sudo::Key::<Runtime>::exists());
		let call = Box::new(RuntimeCall::System(frame_system::Call::remark { remark: vec![] }));
		for who in [Alice, Bob].map(|who| RuntimeOrigin::signed(who.to_account_id())) {
			assert!(Sudo::sudo(who, call.clone()).is_err());
		}
		assert_eq!(Balances::total_issuance(), units::SUPPLY_CAP / 10 * 4);
		let treasury = Balances::free_balance(configs::TreasuryAccount::get());
		let pot = Balances::free_balance(Staking::pot());
		assert_eq!(treasury + pot, Balances::total_issuance(), "what nobody was given");
		assert_eq!(
			pallet_staking::Settings::<Runtime>::get(),
			pallet_staking::Parameters::default()
		);
	});
}

#[test]
fn every_preset_is_listed_and_no_other_is_there() {
	let names = genesis::preset_names();
	assert_eq!(
		names,
		["development", "local_testnet", "live"].map(sp_genesis_builder::PresetId::from).to_vec()
	);
	assert!(genesis::preset(&"staging".into()).is_none());
}

#[test]
fn extensions_are_these_in_this_order() {
	let names: Vec<_> = <TxExtension as TransactionExtension<RuntimeCall>>::metadata()
		.into_iter()
		.map(|extension| extension.identifier)
		.collect();
	assert_eq!(
		names,
		[
			"AuthorizeCall",
			"CheckNonZeroSender",
			"CheckSpecVersion",
			"CheckTxVersion",
			"CheckGenesis",
			"CheckMortality",
			"CheckNonce",
			"CheckWeight",
			"ChargeTransactionPayment",
			"CheckMetadataHash",
			"WeightReclaim",
		]
	);
}

#[test]
fn blocks_end_with_pouw_and_receipts_and_begin_with_babe() {
	let order: Vec<_> = AllPalletsWithSystem::infos().iter().map(|pallet| pallet.name).collect();
	let place = |name| order.iter().position(|pallet| *pallet == name).expect("it is there");
	assert!(["Timestamp", "Session", "Grandpa"].iter().all(|name| place("Babe") < place(name)));
	assert_eq!(order[order.len() - 2..], ["Pouw", "Execution"], "what comes last misses nothing");
	assert!(place("Balances") < place("Session"));
	assert!(place("Session") < place("Authorship"), "the author is of the set that Session brings");
}

#[test]
fn the_author_of_a_sessions_first_block_is_of_its_own_set() {
	with_four_validators(|| {
		let epoch = <Runtime as pallet_babe::Config>::EpochDuration::get();
		// In the first slot of its epoch, by the first of the set.
		let author_of = |number: u32| {
			let slot = 10 * epoch + u64::from(number - 1) * epoch;
			let root = sp_core::H256::zero();
			Executive::initialize_block(&Header::new(number, root, root, root, slot_claim(slot)));
			let now = slot * time::SLOT_MILLIS;
			let set_time = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
			let set_time = UncheckedExtrinsic::new_bare(set_time);
			Executive::apply_extrinsic(set_time).expect("it is valid").expect("time can be set");
			let author = Authorship::author();
			Executive::finalize_block();
			assert_eq!(Session::current_index(), number - 1);
			assert_eq!(author.as_ref(), Session::validators().first());
			author
		};
		assert_ok!(Session::purge_keys(RuntimeOrigin::signed(Alice.to_account_id())));
		// The set of the second session was made with the genesis.
		assert_eq!([1, 2].map(author_of), [(); 2].map(|()| Some(Alice.to_account_id())));
		assert_eq!(author_of(3), Some(Bob.to_account_id()));
	});
}

#[test]
fn a_block_holds_what_the_limits_say() {
	let weights = configs::RuntimeBlockWeights::get();
	assert_eq!(weights.max_block.ref_time(), limits::BLOCK_REF_TIME_PICOS);
	let normal = weights.get(DispatchClass::Normal).max_total.expect("normal calls are limited");
	assert_eq!(normal.ref_time() / 8, limits::BLOCK_REF_TIME_PICOS / 10);
	let length = configs::RuntimeBlockLength::get();
	assert_eq!(*length.max.get(DispatchClass::Mandatory), 4 << 20);
	assert_eq!(u64::from(*length.max.get(DispatchClass::Normal)), (4 << 20) * 8 / 10);

	// A full set's attestations must leave room for more.
	let weight = <<Runtime as pallet_pouw::Config>::WeightInfo as pallet_pouw::WeightInfo>::attest(
		limits::MAX_VALIDATORS,
	);
	assert!(weight.ref_time() < limits::BLOCK_REF_TIME_PICOS / 100);
}

fn offence(
	who: Sr25519Keyring,
) -> OffenceDetails<AccountId, pallet_session::historical::IdentificationTuple<Runtime>> {
	OffenceDetails { offender: (who.to_account_id(), ()), reporters: vec![] }
}

fn punish_of(session: u32, who: Sr25519Keyring) {
	configs::SlashAndDisable::on_offence(&[offence(who)], &[Perbill::one()], session);
}

fn punish(who: Sr25519Keyring) {
	punish_of(Session::current_index(), who)
}

#[test]
fn an_offender_is_disabled_until_the_session_ends() {
	with_four_validators(|| {
		punish(Bob);
		punish(Bob);
		assert_eq!(Session::disabled_validators(), vec![1]);
		Session::rotate_session();
		Session::rotate_session();
		assert!(Session::disabled_validators().is_empty(), "the next session starts afresh");
	});
}

#[test]
fn an_old_offence_disables_nobody_now() {
	with_four_validators(|| {
		pass_sessions(5);
		punish_of(3, Bob);
		assert!(Session::disabled_validators().is_empty());
		punish_of(4, Bob);
		assert_eq!(Session::disabled_validators(), vec![1], "the session just over counts");
	});
}

#[test]
fn of_what_an_author_does_in_an_epoch_one_offence_counts() {
	use pallet_babe::EquivocationOffence;
	with_four_validators(|| {
		let report = |who: Sr25519Keyring, slot: u64| {
			let offence = EquivocationOffence {
				slot: slot.into(),
				session_index: 0,
				validator_set_count: 4,
				offender: (who.to_account_id(), ()),
			};
			OncePerSet::report_offence(Vec::<AccountId>::new(), offence)
		};
		let is_known = |who: Sr25519Keyring, slot: u64| {
			<OncePerSet as ReportOffence<AccountId, _, EquivocationOffence<_>>>::is_known_offence(
				&[(who.to_account_id(), ())],
				&slot.into(),
			)
		};
		pallet_babe::GenesisSlot::<Runtime>::put(sp_consensus_babe::Slot::from(7_000));
		assert!(!is_known(Bob, 7_000));
		assert_eq!(report(Bob, 7_000), Ok(()));
		for slot in [7_000, 7_001, 8_199] {
			assert!(is_known(Bob, slot));
			assert_eq!(report(Bob, slot), Err(OffenceError::DuplicateReport));
		}
		assert!(!is_known(Bob, 8_200) && !is_known(Charlie, 7_000));
		assert_eq!(report(Bob, 8_200), Ok(()), "of the next epoch");
		assert_eq!(report(Charlie, 7_000), Ok(()), "of somebody else");
	});
}

#[test]
fn of_what_a_voter_does_in_a_set_one_offence_counts() {
	use pallet_grandpa::{EquivocationOffence, TimeSlot};
	with_four_validators(|| {
		let report = |set_id, round| {
			let offence = EquivocationOffence {
				time_slot: TimeSlot { set_id, round },
				session_index: 0,
				validator_set_count: 4,
				offender: (Bob.to_account_id(), ()),
			};
			OncePerSet::report_offence(Vec::<AccountId>::new(), offence)
		};
		assert_eq!(report(0, 1), Ok(()));
		for round in [1, 2, u64::MAX] {
			assert_eq!(report(0, round), Err(OffenceError::DuplicateReport));
		}
		assert_eq!(report(1, 1), Ok(()), "in the next set");
	});
}

#[test]
fn the_set_to_come_is_known() {
	use sp_consensus_pouw::runtime_decl_for_pouw_api::PouwApiV1;
	with_four_validators(|| {
		let set = || Pouw::authorities().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
		pallet_session::NextKeys::<Runtime>::insert(
			Dave.to_account_id(),
			genesis::dev_session_keys(Sr25519Keyring::Eve),
		);
		pass_sessions(1);
		let next = Runtime::next_authorities();
		assert_ne!(set(), next);
		assert_eq!(next[3], Sr25519Keyring::Eve.public().into());
		pass_sessions(1);
		assert_eq!(set(), next);
	});
}

#[test]
fn no_more_than_a_third_is_ever_disabled() {
	with_four_validators(|| {
		punish(Bob);
		punish(Charlie);
		assert_eq!(Session::disabled_validators(), vec![1]);
	});
	with_preset("development", || {
		punish(Alice);
		assert!(Session::disabled_validators().is_empty(), "the last validator goes on");
	});
}

#[test]
fn somebody_who_is_no_validator_cannot_be_disabled() {
	with_four_validators(|| {
		punish(Sr25519Keyring::Ferdie);
		assert!(Session::disabled_validators().is_empty());
	});
}

#[test]
fn proxies_do_what_their_type_lists() {
	use configs::ProxyType;
	let transfer = RuntimeCall::Balances(pallet_balances::Call::transfer_all {
		dest: Bob.to_account_id().into(),
		keep_alive: true,
	});
	let purge = RuntimeCall::Session(pallet_session::Call::purge_keys {});
	let withdraw = RuntimeCall::Staking(pallet_staking::Call::withdraw {});
	let sudo = RuntimeCall::Sudo(pallet_sudo::Call::remove_key {});
	let note = RuntimeCall::Preimage(pallet_preimage::Call::note_preimage { bytes: vec![1] });
	let stalled = RuntimeCall::Governance(crate::governance::Call::note_stalled {
		delay: 1,
		best_finalized_block_number: 1,
	});
	let governing: [RuntimeCall; 6] = [
		pallet_referenda::Call::place_decision_deposit { index: 0 }.into(),
		pallet_conviction_voting::Call::undelegate { class: 0 }.into(),
		RuntimeCall::ValidatorsCouncil(pallet_collective::Call::vote {
			proposal: Default::default(),
			index: 0,
			approve: true,
		}),
		pallet_whitelist::Call::remove_deferred_dispatch { call_hash: Default::default() }.into(),
		pallet_treasury::Call::payout { index: 0 }.into(),
		pallet_utility::Call::batch { calls: vec![] }.into(),
	];
	let any = vec![ProxyType::Any];
	let governance = vec![ProxyType::Any, ProxyType::NonTransfer, ProxyType::Governance];
	let all = [
		ProxyType::Any,
		ProxyType::NonTransfer,
		ProxyType::CancelProxy,
		ProxyType::SessionKeys,
		ProxyType::Governance,
		ProxyType::Staking,
	];
	let mut rows = vec![
		(&transfer, any.clone()),
		(&purge, vec![ProxyType::Any, ProxyType::NonTransfer, ProxyType::SessionKeys]),
		(&withdraw, vec![ProxyType::Any, ProxyType::NonTransfer, ProxyType::Staking]),
		(&sudo, any.clone()),
		(&note, any.clone()),
		(&stalled, any),
		(&governing[5], all.to_vec()),
	];
	rows.extend(governing[..5].iter().map(|call| (call, governance.clone())));
	for (call, allowed) in rows {
		for proxy in all {
			assert_eq!(proxy.filter(call), allowed.contains(&proxy), "{proxy:?} {call:?}");
		}
	}
	assert!(ProxyType::Any.is_superset(&ProxyType::SessionKeys));
	assert!(!ProxyType::SessionKeys.is_superset(&ProxyType::Any));
	assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::Any));
	assert!(ProxyType::NonTransfer.is_superset(&ProxyType::Governance));
	assert!(!ProxyType::Governance.is_superset(&ProxyType::SessionKeys));
	for (index, proxy) in all.into_iter().enumerate() {
		assert_eq!(codec::Encode::encode(&proxy), [index as u8], "stored and signed as such");
	}
}

#[test]
fn set_keys_wants_a_proof_that_the_keys_are_ones_own() {
	with_preset("development", || {
		let keys = genesis::dev_session_keys(Bob);
		let bob = RuntimeOrigin::signed(Bob.to_account_id());
		assert_noop!(
			Session::set_keys(bob, keys, vec![]),
			pallet_session::Error::<Runtime>::InvalidProof
		);
	});
}

#[test]
fn only_root_can_schedule() {
	with_preset("development", || {
		let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![1] });
		let schedule = |origin| Scheduler::schedule(origin, 5, None, 0, Box::new(remark.clone()));
		let signed = RuntimeOrigin::signed(Alice.to_account_id());
		assert_noop!(schedule(signed), DispatchError::BadOrigin);
		assert_ok!(schedule(RuntimeOrigin::root()));
		assert!(remark.get_dispatch_info().call_weight.ref_time() > 0);
	});
}

#[test]
fn a_report_weighs_as_for_a_full_set_whatever_it_claims() {
	let owner = |validator_count| sp_session::MembershipProof {
		session: 0,
		trie_nodes: Default::default(),
		validator_count,
	};
	let weigh = |validator_count| {
		let header = Header::new(
			1,
			Default::default(),
			Default::default(),
			Default::default(),
			Default::default(),
		);
		let author = pallet_babe::Call::<Runtime>::report_equivocation {
			equivocation_proof: Box::new(sp_consensus_babe::EquivocationProof {
				offender: Alice.public().into(),
				slot: 1.into(),
				first_header: header.clone(),
				second_header: header,
			}),
			key_owner_proof: owner(validator_count),
		};
		author.get_dispatch_info().call_weight
	};
	assert_eq!(weigh(0), weigh(u32::MAX));
	assert!(weigh(0).all_gte(<Runtime as pallet_pouw::Config>::WeightInfo::report_equivocation()));
}

#[test]
fn a_report_of_headers_without_seals_is_not_submitted() {
	use sp_consensus_babe::runtime_decl_for_babe_api::BabeApiV2;
	with_preset("development", || {
		let header = |n: u8| {
			let root = sp_core::H256::repeat_byte(n);
			Header::new(1, root, root, root, slot_claim(1))
		};
		let proof = sp_consensus_babe::EquivocationProof {
			offender: Alice.public().into(),
			slot: 1.into(),
			first_header: header(1),
			second_header: header(2),
		};
		let owner = Runtime::generate_key_ownership_proof(1.into(), Alice.public().into()).unwrap();
		assert_eq!(Runtime::submit_report_equivocation_unsigned_extrinsic(proof, owner), None);
	});
}

#[test]
fn validators_without_keys_are_out_until_they_have_some_again() {
	with_four_validators(|| {
		pass_sessions(2);
		let dave = Dave.to_account_id();
		let signed = || RuntimeOrigin::signed(Dave.to_account_id());
		Balances::force_set_balance(RuntimeOrigin::root(), dave.clone().into(), units::MBO)
			.expect("root may");
		assert_ok!(Session::purge_keys(signed()));
		pass_sessions(2);
		assert!(!Session::validators().contains(&dave));
		assert_eq!(Session::validators().len(), 3);

		let keys = genesis::dev_session_keys(Dave);
		pallet_session::NextKeys::<Runtime>::insert(&dave, keys);
		pass_sessions(2);
		assert!(Session::validators().contains(&dave));
	});
}

#[test]
fn the_last_validator_cannot_leave_the_chain_without_one() {
	with_preset("development", || {
		pass_sessions(2);
		let alice = RuntimeOrigin::signed(Alice.to_account_id());
		assert_ok!(Session::purge_keys(alice.clone()));
		for _ in 0..5 {
			pass_sessions(1);
			assert_eq!(Session::validators(), vec![Alice.to_account_id()]);
			assert_eq!(Pouw::authorities().len(), 1);
			assert_eq!(Babe::authorities().len(), 1);
		}
		// They are hers as before, so that she can be held to account, or change them.
		assert!(Historical::prove((sp_consensus_pouw::KEY_TYPE, Alice.public())).is_some());
		assert_ok!(Session::purge_keys(alice));
	});
}

#[test]
fn key_ownership_is_proven_within_the_bounds_and_refused_beyond() {
	with_full_set(|| {
		pass_sessions(2);
		let key = (sp_consensus_pouw::KEY_TYPE, Pouw::authorities()[99].0.clone());
		let proof = KeyOwners::prove(key.clone()).expect("it is a validator's");
		assert_eq!(proof.validator_count, 100);
		let bytes = |proof: &sp_session::MembershipProof| {
			proof.trie_nodes.iter().map(Vec::len).sum::<usize>()
		};
		assert!(proof.trie_nodes.len() * 2 <= MAX_PROOF_NODES, "{}", proof.trie_nodes.len());
		assert!(bytes(&proof) * 2 <= MAX_PROOF_BYTES, "{}", bytes(&proof));
		// Of a past session, so that the proof itself is looked at.
		pass_sessions(1);
		let holds = |proof: &sp_session::MembershipProof| {
			KeyOwners::check_proof(key.clone(), proof.clone()).is_some()
		};
		assert!(holds(&proof));

		let mut many = proof.clone();
		many.trie_nodes.extend((0..MAX_PROOF_NODES as u8).map(|n| vec![n]));
		let mut large = proof;
		large.trie_nodes.push(vec![0; MAX_PROOF_BYTES]);
		assert!(!holds(&many) && !holds(&large));
	});
}

#[test]
fn key_ownership_is_proven_for_slots_of_the_current_session_only() {
	use sp_consensus_babe::runtime_decl_for_babe_api::BabeApiV2;
	use sp_consensus_pouw::runtime_decl_for_pouw_api::PouwApiV1;
	with_preset("development", || {
		let begin = |slot: u64| {
			let number = System::block_number() + 1;
			System::initialize(&number, &Default::default(), &slot_claim(slot));
			pass_sessions(1);
		};
		begin(100);
		begin(200);
		let proven = |slot: u64| {
			let author = <Runtime as BabeApiV2<Block>>::generate_key_ownership_proof(
				slot.into(),
				Alice.public().into(),
			);
			let attester = <Runtime as PouwApiV1<Block>>::generate_key_ownership_proof(
				slot.into(),
				Alice.public().into(),
			);
			assert_eq!(author.is_some(), attester.is_some());
			author.is_some()
		};
		assert!(proven(200) && proven(250));
		assert!(!proven(199) && !proven(100));
	});
}
