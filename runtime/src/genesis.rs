//! The presets of the genesis: `development` (one validator, short epochs), `local_testnet` (three)
//! and `live`, a template for a network without sudo, whose validators and holders are to be filled
//! in.

use crate::*;
use alloc::{vec, vec::Vec};
use frame_support::build_struct_json_patch;
use mbongo_primitives::{units::MBO, Balance};
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// The id of the template of a live network.
pub const LIVE_PRESET: &str = "live";

/// What each account of the development presets has.
const DEV_ENDOWMENT: Balance = 1_000_000 * MBO;

/// The session keys of one of the well-known development accounts.
pub fn dev_session_keys(who: Sr25519Keyring) -> SessionKeys {
	let seed = who.to_seed();
	let grandpa = Ed25519Keyring::iter()
		.find(|key| key.to_seed() == seed)
		.map(|key| key.public())
		.unwrap_or_default();
	SessionKeys {
		babe: who.public().into(),
		grandpa: grandpa.into(),
		authority_discovery: who.public().into(),
		pouw: who.public().into(),
	}
}

fn patch(
	validators: Vec<(AccountId, SessionKeys)>,
	endowed: Vec<(AccountId, Balance)>,
	sudo: Option<AccountId>,
	epoch_slots: u32,
) -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: endowed },
		session: SessionConfig {
			keys: validators
				.into_iter()
				.map(|(validator, keys)| (validator.clone(), validator, keys))
				.collect::<Vec<_>>(),
		},
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH },
		pouw: PouwConfig { epoch_slots },
		sudo: SudoConfig { key: sudo },
	})
}

/// A network of development validators, with //Alice as sudo.
fn development(validators: &[Sr25519Keyring], epoch_slots: u32) -> Value {
	patch(
		validators.iter().map(|who| (who.to_account_id(), dev_session_keys(*who))).collect(),
		Sr25519Keyring::well_known().map(|who| (who.to_account_id(), DEV_ENDOWMENT)).collect(),
		Some(Sr25519Keyring::Alice.to_account_id()),
		epoch_slots,
	)
}

/// The patch of a preset, as JSON.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
	use Sr25519Keyring::{Alice, Bob, Charlie};
	let patch = match id.as_ref() {
		sp_genesis_builder::DEV_RUNTIME_PRESET => development(&[Alice], time::DEV_EPOCH_SLOTS),
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET => {
			development(&[Alice, Bob, Charlie], time::EPOCH_SLOTS)
		}
		LIVE_PRESET => patch(vec![], vec![], None, time::EPOCH_SLOTS),
		_ => return None,
	};
	Some(serde_json::to_vec(&patch).unwrap_or_default())
}

/// The ids of the presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET),
		PresetId::from(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET),
		PresetId::from(LIVE_PRESET),
	]
}
