//! The tracks of referenda: what each kind of decision takes.

use super::governance::{hours, DAY, SMALL_SPEND};
use crate::{governance::Origin, *};
use alloc::borrow::Cow;
use mbongo_primitives::{units::MBO, Balance};
use pallet_referenda::{Curve, Track, TrackInfo, TracksInfo};
use sp_runtime::{str_array, FixedI64};

/// The number of a track.
pub type TrackId = u16;

/// The tracks of this chain.
pub struct Tracks;

pub const ROOT: TrackId = 0;
pub const WHITELISTED_CALLER: TrackId = 1;
pub const TREASURER: TrackId = 10;
pub const SMALL_SPENDER: TrackId = 11;

/// For how long each referendum is decided at most. The curves come down over this time.
const DECISION_DAYS: u32 = 28;

const fn per_mille(part: u128) -> FixedI64 {
	FixedI64::from_rational(part, 1_000)
}

/// A curve from `ceil` down to `floor`, which is at `level` after so many days.
const fn falling(days: u128, level: u128, floor: u128, ceil: u128) -> Curve {
	let (level, floor, ceil) = (per_mille(level), per_mille(floor), per_mille(ceil));
	Curve::make_reciprocal(days, DECISION_DAYS as u128, level, floor, ceil)
}

/// A straight line from `ceil` down to `floor`, where it is after so many days.
const fn straight(days: u128, floor: u128, ceil: u128) -> Curve {
	Curve::make_linear(days, DECISION_DAYS as u128, per_mille(floor), per_mille(ceil))
}

/// Every track, sorted by number, with its periods in hours of the chain.
///
/// No support that is asked for comes down to nothing: a referendum that nobody has noticed does not
/// pass because nobody was against it.
const IN_HOURS: [Track<TrackId, Balance, BlockNumber>; 4] = [
	Track {
		id: ROOT,
		info: TrackInfo {
			name: str_array("root"),
			// So many deposits, which come back, must somebody place for a month to keep all others waiting.
			max_deciding: 10,
			decision_deposit: 5_000 * MBO,
			prepare_period: 2,
			decision_period: DECISION_DAYS * DAY,
			confirm_period: DAY,
			min_enactment_period: DAY,
			min_approval: falling(4, 800, 500, 1_000),
			min_support: straight(28, 10, 500),
		},
	},
	// The council's two thirds stand in for time.
	Track {
		id: WHITELISTED_CALLER,
		info: TrackInfo {
			name: str_array("whitelisted_caller"),
			max_deciding: 100,
			decision_deposit: 500 * MBO,
			prepare_period: 1,
			decision_period: DECISION_DAYS * DAY,
			confirm_period: 1,
			min_enactment_period: 1,
			min_approval: falling(1, 940, 500, 1_000),
			min_support: falling(1, 200, 50, 500),
		},
	},
	Track {
		id: TREASURER,
		info: TrackInfo {
			name: str_array("treasurer"),
			max_deciding: 5,
			decision_deposit: 1_000 * MBO,
			prepare_period: 2,
			decision_period: DECISION_DAYS * DAY,
			confirm_period: 3 * DAY,
			min_enactment_period: DAY,
			min_approval: falling(4, 800, 500, 1_000),
			min_support: straight(28, 10, 500),
		},
	},
	Track {
		id: SMALL_SPENDER,
		info: TrackInfo {
			name: str_array("small_spender"),
			max_deciding: 20,
			decision_deposit: SMALL_SPEND / 20,
			prepare_period: 4,
			decision_period: DECISION_DAYS * DAY,
			confirm_period: DAY,
			min_enactment_period: DAY,
			min_approval: straight(8, 500, 1_000),
			min_support: falling(2, 20, 5, 500),
		},
	},
];

/// The same in blocks, of which an hour has as many as the genesis says.
fn in_blocks(track: &Track<TrackId, Balance, BlockNumber>) -> Track<TrackId, Balance, BlockNumber> {
	let info = &track.info;
	Track {
		id: track.id,
		info: TrackInfo {
			prepare_period: hours(info.prepare_period),
			decision_period: hours(info.decision_period),
			confirm_period: hours(info.confirm_period),
			min_enactment_period: hours(info.min_enactment_period),
			..info.clone()
		},
	}
}

impl TracksInfo<Balance, BlockNumber> for Tracks {
	type Id = TrackId;
	type RuntimeOrigin = OriginCaller;

	fn tracks() -> impl Iterator<Item = Cow<'static, Track<TrackId, Balance, BlockNumber>>> {
		IN_HOURS.iter().map(|track| Cow::Owned(in_blocks(track)))
	}

	fn track_ids() -> impl Iterator<Item = TrackId> {
		IN_HOURS.iter().map(|track| track.id)
	}

	fn info(id: TrackId) -> Option<Cow<'static, TrackInfo<Balance, BlockNumber>>> {
		let track = IN_HOURS.iter().find(|track| track.id == id)?;
		Some(Cow::Owned(in_blocks(track).info))
	}

	fn track_for(origin: &OriginCaller) -> Result<TrackId, ()> {
		match origin {
			OriginCaller::system(frame_system::RawOrigin::Root) => Ok(ROOT),
			OriginCaller::Governance(Origin::WhitelistedCaller) => Ok(WHITELISTED_CALLER),
			OriginCaller::Governance(Origin::Treasurer) => Ok(TREASURER),
			OriginCaller::Governance(Origin::SmallSpender) => Ok(SMALL_SPENDER),
			_ => Err(()),
		}
	}
}
