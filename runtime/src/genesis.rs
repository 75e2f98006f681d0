//! The presets of the genesis: `development` (one validator, short epochs), `local_testnet` (three)
//! and `live`, a template for a network without sudo, whose validators and holders are to be filled
//! in.

use crate::*;
use alloc::{vec, vec::Vec};
use frame_support::build_struct_json_patch;
use mbongo_primitives::{
	limits,
	units::{self, MBO},
	Balance,
};
use pallet_staking::Parameters;
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// The id of the template of a live network.
pub const LIVE_PRESET: &str = "live";

/// What each account of the development presets has beside its stake.
const DEV_ENDOWMENT: Balance = 1_000_000 * MBO;

/// What each validator of them has staked.
pub const DEV_STAKE: Balance = 100_000 * MBO;

/// The commission of validators of genesis.
const FIRST_COMMISSION: sp_runtime::Perbill = sp_runtime::Perbill::from_percent(5);

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

/// What a network begins with.
struct Network {
	validators: Vec<(AccountId, SessionKeys)>,
	own_stake: Balance,
	endowed: Vec<(AccountId, Balance)>,
	supply: Balance,
	parameters: Parameters,
	epoch_slots: u32,
	sudo: Option<AccountId>,
}

impl Network {
	fn patch(self) -> Value {
		let staked = self
			.validators
			.iter()
			.map(|(validator, _)| (validator.clone(), self.own_stake, FIRST_COMMISSION));
		build_struct_json_patch!(RuntimeGenesisConfig {
			balances: BalancesConfig { balances: self.endowed },
			staking: StakingConfig {
				parameters: self.parameters,
				validators: staked.collect::<Vec<_>>(),
				supply: self.supply,
			},
			session: SessionConfig {
				keys: self
					.validators
					.into_iter()
					.map(|(validator, keys)| (validator.clone(), validator, keys))
					.collect::<Vec<_>>(),
			},
			babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH },
			pouw: PouwConfig { epoch_slots: self.epoch_slots },
			sudo: SudoConfig { key: self.sudo },
		})
	}
}

/// A network of development validators, with //Alice as sudo.
fn development(validators: &[Sr25519Keyring], parameters: Parameters, epoch_slots: u32) -> Network {
	Network {
		validators: validators
			.iter()
			.map(|who| (who.to_account_id(), dev_session_keys(*who)))
			.collect(),
		own_stake: DEV_STAKE,
		endowed: Sr25519Keyring::well_known()
			.map(|who| {
				let staked = if validators.contains(&who) { DEV_STAKE } else { 0 };
				(who.to_account_id(), DEV_ENDOWMENT.saturating_add(staked))
			})
			.collect(),
		supply: 0,
		parameters,
		epoch_slots,
		sudo: Some(Sr25519Keyring::Alice.to_account_id()),
	}
}

/// The patch of a preset, as JSON.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
	use Sr25519Keyring::{Alice, Bob, Charlie};
	let network = match id.as_ref() {
		sp_genesis_builder::DEV_RUNTIME_PRESET => {
			development(&[Alice], Parameters::development(), time::DEV_EPOCH_SLOTS)
		}
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET => {
			development(&[Alice, Bob, Charlie], Parameters::default(), time::EPOCH_SLOTS)
		}
		// Who has what, and who are the validators, is for those to say who begin the network. What they
		// give nobody is the treasury's.
		LIVE_PRESET => Network {
			validators: vec![],
			own_stake: 0,
			endowed: vec![],
			supply: units::GENESIS_SUPPLY,
			parameters: Parameters::default(),
			epoch_slots: time::EPOCH_SLOTS,
			sudo: None,
		},
		_ => return None,
	};
	serde_json::to_vec(&network.patch()).ok()
}

/// What no pallet sees alone when it builds its part.
pub fn check() -> sp_genesis_builder::Result {
	let is_candidate = |who: AccountId| pallet_staking::Candidates::<Runtime>::contains_key(who);
	let has_keys = |who: AccountId| pallet_session::NextKeys::<Runtime>::contains_key(who);
	for (is_so, or) in [
		(
			Staking::slashes_fall_in_time(),
			"staking: slashes are deferred until what they take is free; unbonding is too short",
		),
		(
			Staking::reportable_epochs() <= time::HISTORY_SESSIONS,
			"staking: offences could be reported when the sessions that prove them are forgotten",
		),
		(
			pallet_session::NextKeys::<Runtime>::iter_keys().all(is_candidate),
			"session.keys: somebody has keys and is not in staking.validators",
		),
		(
			pallet_staking::Candidates::<Runtime>::iter_keys().all(has_keys),
			"staking.validators: somebody has stake and is not in session.keys",
		),
		(
			pallet_staking::Candidates::<Runtime>::count() <= limits::MAX_CANDIDATES,
			"staking.validators: there are more than can be candidates",
		),
		(
			Balances::total_issuance() <= units::SUPPLY_CAP,
			"balances: more is issued than there may ever be",
		),
	] {
		if !is_so {
			return Err(or.into());
		}
	}
	Ok(())
}

/// The ids of the presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET),
		PresetId::from(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET),
		PresetId::from(LIVE_PRESET),
	]
}
