//! The token and what things cost in it.

use crate::Balance;

/// The token's symbol.
pub const TOKEN_SYMBOL: &str = "MBO";

/// Its decimals.
pub const TOKEN_DECIMALS: u8 = 18;

/// The SS58 prefix of addresses, until one is registered.
pub const SS58_PREFIX: u8 = 42;

/// One MBO.
pub const MBO: Balance = 1_000_000_000_000_000_000;

/// A thousandth of an MBO.
pub const MILLI_MBO: Balance = MBO / 1_000;

/// The most MBO that can ever exist.
pub const SUPPLY_CAP: Balance = 31_536_000 * MBO;

/// What there is of it at the genesis of a live network: 40 %. The rest is emitted.
pub const GENESIS_SUPPLY: Balance = SUPPLY_CAP / 10 * 4;

/// An account below this is removed.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_MBO;

/// The deposit for each item of user storage.
pub const DEPOSIT_PER_ITEM: Balance = 10 * MILLI_MBO;

/// The deposit for each byte of user storage.
pub const DEPOSIT_PER_BYTE: Balance = MILLI_MBO / 10;

/// The deposit for `items` items of user storage with `bytes` bytes together.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
	(items as Balance)
		.saturating_mul(DEPOSIT_PER_ITEM)
		.saturating_add((bytes as Balance).saturating_mul(DEPOSIT_PER_BYTE))
}
