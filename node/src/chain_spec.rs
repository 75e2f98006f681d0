//! The networks that the node knows by name, each made from a preset of the runtime.

use mbongo_primitives::{units, OpaqueBlock};
use polkadot_sdk::{
	sc_chain_spec::{self, ChainSpecExtension, ChainType, Properties},
	sc_client_api::{BadBlocks, ForkBlocks},
	sc_sync_state_rpc, sp_genesis_builder,
};

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

/// The specification of a network by its name, or from a file.
pub fn load(id: &str) -> Result<ChainSpec, String> {
	match id {
		"dev" => from_preset(
			"Mbongo Development",
			"mbongo_dev",
			ChainType::Development,
			sp_genesis_builder::DEV_RUNTIME_PRESET,
		),
		"" | "local" => from_preset(
			"Mbongo Local",
			"mbongo_local",
			ChainType::Local,
			sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET,
		),
		"live" => from_preset(
			"Mbongo",
			"mbongo",
			ChainType::Live,
			mbongo_runtime::genesis::LIVE_PRESET,
		),
		path if std::path::Path::new(path).exists() => ChainSpec::from_json_file(path.into()),
		other => Err(format!(
			"`{other}` is neither a network (dev, local, live) nor a chain specification file"
		)),
	}
}

fn from_preset(
	name: &str,
	id: &str,
	chain_type: ChainType,
	preset: &str,
) -> Result<ChainSpec, String> {
	let code = mbongo_runtime::WASM_BINARY
		.ok_or("this node was built with SKIP_WASM_BUILD and has no runtime")?;
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), units::TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), units::TOKEN_DECIMALS.into());
	properties.insert("ss58Format".into(), units::SS58_PREFIX.into());
	Ok(ChainSpec::builder(code, Extensions::default())
		.with_name(name)
		.with_id(id)
		.with_chain_type(chain_type)
		.with_protocol_id("mbongo")
		.with_properties(properties)
		.with_genesis_config_preset_name(preset)
		.build())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn unknown_network_is_named_in_the_error() {
		let error = load("nowhere").err().expect("there is no such network");
		assert!(error.contains("nowhere") && error.contains("local"), "{error}");
	}

	#[test]
	fn broken_file_is_an_error() {
		let file = std::env::temp_dir().join(format!("mbongo-spec-{}.json", std::process::id()));
		std::fs::write(&file, "{").expect("the temporary folder can be written");
		assert!(load(file.to_str().expect("the path is text")).is_err());
		std::fs::remove_file(file).expect("it was written above");
	}
}
