//! Slots, epochs and what is counted in them.

use crate::BlockNumber;

/// Milliseconds of a slot.
pub const SLOT_MILLIS: u64 = 3_000;

/// Slots of an epoch on `local` and `live`: an hour.
pub const EPOCH_SLOTS: u32 = 1_200;

/// Slots of an epoch on `dev`: a minute.
pub const DEV_EPOCH_SLOTS: u32 = 20;

/// BABE's c: the part of slots that somebody wins by VRF.
pub const PRIMARY_PROBABILITY: (u64, u64) = (1, 4);

/// How long past beacons are kept.
pub const BEACON_BLOCKS: BlockNumber = 4_096;

/// How far finality may lag before authors slow down.
pub const UNFINALISED_SLACK: BlockNumber = 20;

/// How many sessions are remembered for proofs of offences: three weeks of hours.
pub const HISTORY_SESSIONS: u32 = 21 * 24;

/// Epochs of a day.
pub const DAY_EPOCHS: u32 = 24;
