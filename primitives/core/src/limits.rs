//! What a block, a set and a pool may hold.

/// Picoseconds of reference time of a block: 1.5 s.
pub const BLOCK_REF_TIME_PICOS: u64 = 1_500_000_000_000;

/// Pages of memory, of 64 KiB each, that the runtime may take beside its own: whatever contracts do in a
/// block, it is enough. It stands in the state, so that all who run the runtime give it as much.
pub const HEAP_PAGES: u64 = 16 * 1024;

/// Percent of a block that normal transactions may fill.
pub const NORMAL_PERCENT: u32 = 80;

/// Bytes of a block.
pub const BLOCK_BYTES: u32 = 4 * 1024 * 1024;

/// The most validators in a set.
pub const MAX_VALIDATORS: u32 = 100;

/// The most candidates to be one: with the least own stake of each on a live network, more than there can
/// be MBO.
pub const MAX_CANDIDATES: u32 = 640;

/// Bytes of a header without what the runtime writes into it and without the seal. The rest is its
/// author's claim of the slot; more would be whatever an author likes to leave on every disk.
pub const AUTHORED_HEADER_BYTES: u32 = 1024;

// What pools take; an author may put others into a block.

/// The fewest bytes of a transaction.
pub const MIN_TRANSACTION_BYTES: u32 = 64;

/// The most bytes of a transaction.
pub const MAX_TRANSACTION_BYTES: u32 = 128 * 1024;

/// The most bytes of a transaction that carries the code of a runtime, or another preimage.
pub const MAX_UPGRADE_BYTES: u32 = 3 * 1024 * 1024;
