//! Stake, and what becomes of offenders.

use crate::*;
use frame_support::{parameter_types, traits::ConstU128, weights::Weight, PalletId};
use mbongo_primitives::units;
use pallet_session::historical::IdentificationTuple;
use pallet_staking::SetWatcher;
use sp_runtime::Perbill;
use sp_staking::{
	offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
	SessionIndex,
};

parameter_types! {
	pub const StakingPotId: PalletId = PalletId(*b"mb/stake");
	/// The slots since the first block's.
	pub SlotsSinceGenesis: u64 = {
		let genesis = pallet_babe::GenesisSlot::<Runtime>::get();
		u64::from(Babe::current_slot()).saturating_sub(genesis.into())
	};
}

impl pallet_staking::Config for Runtime {
	type WeightInfo = weights::pallet_staking::WeightInfo<Runtime>;
	type Token = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type PotId = StakingPotId;
	type Treasury = configs::TreasuryAccount;
	type SupplyCap = ConstU128<{ units::SUPPLY_CAP }>;
	type Slot = SlotsSinceGenesis;
	type EpochSlots = pallet_pouw::EpochDuration<Runtime>;
	type EmergencyOrigin = configs::EmergencyOrigin;
	type Watcher = Council;
}

/// The council are the validators of the epoch.
pub struct Council;

impl SetWatcher<AccountId> for Council {
	fn set_is(validators: &[AccountId]) {
		configs::governance::council_is(validators);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_is_and_busy(validators: &[AccountId]) {
		Self::set_is(validators);
		benchmarks::vote_on_all_motions(validators);
	}
}

/// Has an offender slashed, and disables it for the rest of the current session, as long as less than a
/// third of the validators are disabled: none of three, one of four.
pub struct SlashAndDisable;

impl OnOffenceHandler<AccountId, IdentificationTuple<Runtime>, Weight> for SlashAndDisable {
	fn on_offence(
		offenders: &[OffenceDetails<AccountId, IdentificationTuple<Runtime>>],
		slash_fraction: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		let slashing = Staking::on_offence(offenders, slash_fraction, session);
		let db = <Runtime as frame_system::Config>::DbWeight::get();
		// Who kept an old proof back cannot choose when it disables somebody. The session just over
		// counts, since a report takes a few blocks.
		if session.saturating_add(1) < Session::current_index() {
			return slashing.saturating_add(db.reads(1));
		}
		for (details, fraction) in offenders.iter().zip(slash_fraction) {
			let (validator, _) = details.offender.clone();
			Session::report_offence(validator, OffenceSeverity(*fraction));
		}
		slashing.saturating_add(db.reads_writes(4, 2).saturating_mul(offenders.len() as u64))
	}
}
