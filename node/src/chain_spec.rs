//! The networks that the node knows by name, each made from a preset of the runtime.

use crate::service::Executor;
use codec::DecodeAll;
use mbongo_primitives::{units, Hash, Hashing, OpaqueBlock};
use polkadot_sdk::{
	sc_chain_spec::{self, ChainSpecExtension, ChainType, Properties},
	sc_client_api::{BadBlocks, ForkBlocks},
	sc_sync_state_rpc,
	sp_api::CallContext,
	sp_consensus_grandpa::AuthorityList,
	sp_genesis_builder,
	sp_runtime::traits::Block as _,
	sp_state_machine::{
		backend::{BackendRuntimeCode, TryPendingCode},
		InMemoryBackend, OverlayedChanges, StateMachine,
	},
};
use std::sync::OnceLock;

/// What a chain specification carries beside the genesis.
#[derive(Default, Clone, serde::Serialize, serde::Deserialize, ChainSpecExtension)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
	/// Blocks that must be there at their numbers.
	pub fork_blocks: ForkBlocks<OpaqueBlock>,
	/// Blocks that are refused.
	pub bad_blocks: BadBlocks<OpaqueBlock>,
	/// From where light clients sync.
	pub light_sync_state: sc_sync_state_rpc::LightSyncStateExtension,
}

/// A chain specification.
pub type ChainSpec = sc_chain_spec::GenericChainSpec<Extensions>;

/// A network that the node knows by name.
struct Network {
	name: &'static str,
	id: &'static str,
	chain_type: ChainType,
	preset: &'static str,
}

const DEV: Network = Network {
	name: "Mbongo Development",
	id: "mbongo_dev",
	chain_type: ChainType::Development,
	preset: sp_genesis_builder::DEV_RUNTIME_PRESET,
};

const LOCAL: Network = Network {
	name: "Mbongo Local",
	id: "mbongo_local",
	chain_type: ChainType::Local,
	preset: sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET,
};

const LIVE: Network = Network {
	name: "Mbongo",
	id: "mbongo",
	chain_type: ChainType::Live,
	preset: mbongo_runtime::genesis::LIVE_PRESET,
};

/// The specification of a network by its name, or from a file.
pub fn load(id: &str) -> Result<ChainSpec, String> {
	let network = match id {
		"dev" => DEV,
		"" | "local" => LOCAL,
		"live" => LIVE,
		path if std::path::Path::new(path).exists() => {
			return ChainSpec::from_json_file(path.into())
		}
		other => {
			return Err(format!(
				"`{other}` is neither a network (dev, local, live) nor a chain specification file"
			))
		}
	};
	let code = mbongo_runtime::WASM_BINARY
		.ok_or("this node was built with SKIP_WASM_BUILD and has no runtime")?;
	Ok(from_code(code, &network))
}

/// The first blocks of the networks that need no keys of anyone: what a transaction that got onto the
/// wrong one may have been signed for.
pub fn known_genesis_hashes() -> &'static [Hash] {
	static HASHES: OnceLock<Vec<Hash>> = OnceLock::new();
	HASHES.get_or_init(|| {
		let hash = |id| load(id).and_then(|spec| genesis_state(&spec)).map(|state| hash_of(&state));
		["dev", "local"].into_iter().filter_map(|id| hash(id).ok()).collect()
	})
}

/// What a chain begins with, as far as others are checked against it.
pub struct Genesis {
	/// The hash of the first block.
	pub hash: Hash,
	/// Who makes the blocks after it final.
	pub grandpa_authorities: AuthorityList,
}

type GenesisState = InMemoryBackend<Hashing>;

fn genesis_state(spec: &dyn sc_chain_spec::ChainSpec) -> Result<GenesisState, String> {
	let storage = spec.as_storage_builder().build_storage()?;
	Ok((storage, mbongo_runtime::VERSION.state_version()).into())
}

/// The hash of the first block with this state.
fn hash_of(state: &GenesisState) -> Hash {
	let version = mbongo_runtime::VERSION.state_version();
	sc_chain_spec::construct_genesis_block::<OpaqueBlock>(*state.root(), version).hash()
}

/// The genesis of a chain, without a database.
pub fn genesis(spec: &dyn sc_chain_spec::ChainSpec) -> Result<Genesis, String> {
	let state = genesis_state(spec)?;
	let executor: Executor = Executor::builder().build();
	let code = BackendRuntimeCode::new(&state, TryPendingCode::No);
	let code = code.runtime_code()?;
	let authorities = StateMachine::new(
		&state,
		&mut OverlayedChanges::default(),
		&executor,
		"GrandpaApi_grandpa_authorities",
		&[],
		&mut Default::default(),
		&code,
		CallContext::Offchain,
	)
	.execute()
	.map_err(|error| error.to_string())?;
	let grandpa_authorities =
		AuthorityList::decode_all(&mut &authorities[..]).map_err(|error| error.to_string())?;
	Ok(Genesis { hash: hash_of(&state), grandpa_authorities })
}

fn from_code(code: &[u8], network: &Network) -> ChainSpec {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), units::TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), units::TOKEN_DECIMALS.into());
	properties.insert("ss58Format".into(), units::SS58_PREFIX.into());
	ChainSpec::builder(code, Extensions::default())
		.with_name(network.name)
		.with_id(network.id)
		.with_chain_type(network.chain_type.clone())
		.with_protocol_id("mbongo")
		.with_properties(properties)
		.with_genesis_config_preset_name(network.preset)
		.build()
}

#[cfg(test)]
mod tests {
	use super::*;
	use polkadot_sdk::{
		sc_chain_spec::{get_extension, ChainSpec as _},
		sc_sync_state_rpc::LightSyncStateExtension,
	};

	#[test]
	fn unknown_network_is_named_in_the_error() {
		let error = load("nowhere").err().expect("there is no such network");
		assert!(error.contains("nowhere") && error.contains("local"), "{error}");
	}

	#[test]
	fn broken_file_is_an_error() {
		let folder = tempfile::tempdir().expect("the temporary folder can be written");
		let file = folder.path().join("spec.json");
		std::fs::write(&file, "{").expect("the temporary folder can be written");
		assert!(load(file.to_str().expect("the path is text")).is_err());
	}

	#[test]
	fn networks_are_what_their_names_say() {
		// Nothing of this reads the code.
		let spec = |preset| from_code(b"code", preset);
		let (dev, local, live) = (spec(&DEV), spec(&LOCAL), spec(&LIVE));
		assert_eq!(dev.chain_type(), ChainType::Development);
		assert_eq!(local.chain_type(), ChainType::Local);
		assert_eq!(live.chain_type(), ChainType::Live);
		assert_eq!([dev.id(), local.id(), live.id()], ["mbongo_dev", "mbongo_local", "mbongo"]);
		for spec in [dev, local, live] {
			assert_eq!(spec.protocol_id(), Some("mbongo"));
			assert_eq!(spec.properties()["tokenSymbol"], "MBO");
			assert_eq!(spec.properties()["tokenDecimals"], 18);
			assert_eq!(spec.properties()["ss58Format"], 42);
			let extensions = sc_chain_spec::ChainSpec::extensions(&spec);
			assert!(get_extension::<LightSyncStateExtension>(extensions).is_some());
		}
	}

	#[test]
	fn networks_have_a_genesis() {
		use polkadot_sdk::sp_runtime::BuildStorage;
		for network in ["dev", "local", "live"] {
			let storage = load(network).expect("it is known").build_storage();
			assert!(storage.is_ok_and(|storage| !storage.top.is_empty()), "{network}");
		}
	}
}
