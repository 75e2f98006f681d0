//! Errors of the runtime, by name.

use mbongo_primitives::{execution::ExecutionApi, OpaqueBlock};
use polkadot_sdk::{
	sp_api::ProvideRuntimeApi, sp_blockchain::HeaderBackend, sp_runtime::DispatchError,
};

/// The name of a pallet's error, as in `Balances.InsufficientBalance`. The best block's runtime knows
/// those of other blocks, whose states may be gone: errors are added, and never change their place.
pub fn name<C>(client: &C, pallet: u8, error: u8) -> Option<String>
where
	C: HeaderBackend<OpaqueBlock> + ProvideRuntimeApi<OpaqueBlock>,
	C::Api: ExecutionApi<OpaqueBlock>,
{
	let best = client.info().best_hash;
	let (pallet, error) = client.runtime_api().error_name(best, pallet, error).ok()??;
	Some([pallet, error].map(|name| String::from_utf8_lossy(&name).into_owned()).join("."))
}

/// Why a call has failed: by name, if a pallet says so.
pub fn reason<C>(client: &C, error: DispatchError) -> String
where
	C: HeaderBackend<OpaqueBlock> + ProvideRuntimeApi<OpaqueBlock>,
	C::Api: ExecutionApi<OpaqueBlock>,
{
	let by_name = match error {
		DispatchError::Module(module) => name(client, module.index, module.error[0]),
		_ => None,
	};
	by_name.unwrap_or_else(|| format!("{error:?}"))
}
