//! The version after this one, for tests of upgrades. Its migration doubles the least delegation, so that
//! a second time would show.

use crate::*;
use alloc::borrow::Cow;
#[cfg(feature = "try-runtime")]
use alloc::vec::Vec;
#[cfg(feature = "try-runtime")]
use codec::{Decode, Encode};
use frame_support::{
	migrations::VersionedMigration, traits::UncheckedOnRuntimeUpgrade, weights::Weight,
};
#[cfg(feature = "try-runtime")]
use mbongo_primitives::Balance;
use pallet_staking::Settings;
#[cfg(feature = "try-runtime")]
use sp_runtime::TryRuntimeError;

/// The version of this code.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("mbongo"),
	impl_name: Cow::Borrowed("mbongo-node"),
	authoring_version: 1,
	spec_version: 2,
	impl_version: 1,
	apis: RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// From version 1 of the governance pallet, which stores nothing, to version 2.
pub type Migration = VersionedMigration<
	1,
	2,
	DoubleTheLeast,
	Governance,
	<Runtime as polkadot_sdk::frame_system::Config>::DbWeight,
>;

/// What it does.
pub struct DoubleTheLeast;

impl UncheckedOnRuntimeUpgrade for DoubleTheLeast {
	fn on_runtime_upgrade() -> Weight {
		Settings::<Runtime>::mutate(|settings| {
			settings.least_delegation = settings.least_delegation.saturating_mul(2);
		});
		<Runtime as frame_system::Config>::DbWeight::get().reads_writes(1, 1)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Ok(Settings::<Runtime>::get().least_delegation.encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(before: Vec<u8>) -> Result<(), TryRuntimeError> {
		let before = Balance::decode(&mut &before[..]).map_err(|_| "it is a balance")?;
		frame_support::ensure!(
			Settings::<Runtime>::get().least_delegation == before.saturating_mul(2),
			"the least delegation is not twice what it was"
		);
		Ok(())
	}
}
