//! Calls as transactions make them: all of it is done, or nothing, which the root of the state shows.

use super::*;
use frame_support::dispatch::GetDispatchInfo;
use sp_runtime::{traits::Dispatchable, StateVersion};

/// Enough for what contracts do here; it takes a while to use up more in vain.
pub const ENOUGH: Gas = 10_000_000;

/// The root of all that is stored, contracts' own storage with it.
pub fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// Does a call. It takes no more than it said before, and if it fails, it has changed nothing.
pub fn dispatch(who: &AccountId, call: crate::Call<Test>) -> Result<(), DispatchError> {
	let call = RuntimeCall::Contracts(call);
	let most = call.get_dispatch_info().call_weight;
	let before = root();
	let (post_info, result) = match call.dispatch(signed(who)) {
		Ok(post_info) => (post_info, Ok(())),
		Err(failed) => (failed.post_info, Err(failed.error)),
	};
	let used = post_info.actual_weight.unwrap_or(most);
	assert!(used.all_lte(most), "{used:?} of {most:?}");
	if result.is_err() {
		assert_eq!(root(), before, "{result:?}");
	}
	result
}

/// Has Bob call a function without arguments.
pub fn call_of(contract: &AccountId, gas_limit: Gas, deposit_limit: Balance) -> crate::Call<Test> {
	let (contract, function, args) = (contract.clone(), "x".into(), Vec::new());
	crate::Call::call { contract, function, args, value: 5, gas_limit, deposit_limit }
}

/// A call of Bob's fails for this reason, and the root of the state is what it was.
#[track_caller]
pub fn fails(call: crate::Call<Test>, error: impl Into<DispatchError>) {
	let before = root();
	assert_eq!(dispatch(&BOB, call), Err(error.into()));
	assert_eq!(root(), before);
}

/// A contract called by Bob fails for this reason, and the root of the state is what it was.
#[track_caller]
pub fn contract_fails(contract: &AccountId, error: Error<Test>) {
	fails(call_of(contract, ENOUGH, MUCH), error);
}
