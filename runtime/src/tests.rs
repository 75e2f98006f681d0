//! What the composition promises.

use crate::*;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	genesis_builder_helper::build_state,
	traits::{Get, InstanceFilter, PalletInfoAccess, PalletsInfoAccess},
};
use mbongo_primitives::{limits, units};
use pallet_pouw::WeightInfo as _;
use polkadot_sdk::sp_runtime::{
	traits::{Header as _, TransactionExtension},
	DispatchError, Perbill,
};
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave};
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

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

fn with_genesis(patch: serde_json::Value, test: impl FnOnce()) {
	let mut genesis =
		serde_json::to_value(RuntimeGenesisConfig::default()).expect("the default is JSON");
	overlay(&mut genesis, patch);
	sp_io::TestExternalities::default().execute_with(|| {
		build_state::<RuntimeGenesisConfig>(genesis.to_string().into_bytes()).expect("it builds");
		test();
	});
}

/// The local network with a fourth validator.
fn with_four_validators(test: impl FnOnce()) {
	let mut patch = json("local_testnet");
	let dave = Dave.to_account_id();
	let keys = genesis::dev_session_keys(Dave);
	let entry = serde_json::to_value((dave.clone(), dave, keys)).expect("keys are JSON");
	patch["session"]["keys"].as_array_mut().expect("a list").push(entry);
	with_genesis(patch, test)
}

#[test]
fn development_is_alice_with_short_epochs() {
	with_preset("development", || {
		assert_eq!(Session::validators(), vec![Alice.to_account_id()]);
		assert_eq!(<Runtime as pallet_babe::Config>::EpochDuration::get(), 20);
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(Alice.to_account_id()));
		assert_eq!(Pouw::authorities(), vec![(Alice.public().into(), 1)]);
		for who in [Alice, Bob, Charlie, Dave, Sr25519Keyring::Eve, Sr25519Keyring::Ferdie] {
			assert_eq!(Balances::free_balance(who.to_account_id()), 1_000_000 * units::MBO);
		}
		assert!(Balances::total_issuance() <= units::SUPPLY_CAP);
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
		assert_eq!(Balances::total_issuance(), 0);
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
fn blocks_end_with_pouw_and_begin_with_babe() {
	assert!(Babe::index() < Session::index() && Babe::index() < Timestamp::index());
	assert!(AllPalletsWithSystem::infos().iter().all(|pallet| pallet.index <= Pouw::index()));
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

fn punish(who: Sr25519Keyring) {
	configs::DisableOffender::on_offence(&[offence(who)], &[Perbill::one()], 0);
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
	let sudo = RuntimeCall::Sudo(pallet_sudo::Call::remove_key {});
	for (call, allowed) in [
		(&transfer, vec![ProxyType::Any]),
		(&purge, vec![ProxyType::Any, ProxyType::NonTransfer, ProxyType::SessionKeys]),
		(&sudo, vec![ProxyType::Any]),
	] {
		for proxy in
			[ProxyType::Any, ProxyType::NonTransfer, ProxyType::CancelProxy, ProxyType::SessionKeys]
		{
			assert_eq!(proxy.filter(call), allowed.contains(&proxy), "{proxy:?} {call:?}");
		}
	}
	assert!(ProxyType::Any.is_superset(&ProxyType::SessionKeys));
	assert!(!ProxyType::SessionKeys.is_superset(&ProxyType::Any));
	assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::Any));
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
			let claim = sp_consensus_babe::digests::SecondaryPlainPreDigest {
				authority_index: 0,
				slot: 1.into(),
			};
			let claim = sp_consensus_babe::digests::PreDigest::SecondaryPlain(claim);
			let item = <sp_runtime::DigestItem as sp_consensus_babe::digests::CompatibleDigestItem>::babe_pre_digest(claim);
			let root = sp_core::H256::repeat_byte(n);
			Header::new(1, root, root, root, sp_runtime::Digest { logs: vec![item] })
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
