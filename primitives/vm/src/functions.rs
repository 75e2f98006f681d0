//! The functions that a guest can import: their names, types and prices, in one table.

use crate::costs::Cost;
use mbongo_gas::Gas;
use wasmparser::ValType::{self, I32, I64};

macro_rules! functions {
	($(
		$(#[$doc:meta])*
		$variant:ident = $name:literal ($($param:ident),*) $(-> $result:ident)?,
		gas $gas:literal, takes $picos:literal, a_byte $byte:literal,
		shows [$($at:literal $length:expr),*] $(, $writes:ident)?;
	)*) => {
		/// A function that a guest can import.
		#[derive(Clone, Copy, PartialEq, Eq, Debug)]
		pub enum Function {
			$($(#[$doc])* $variant,)*
		}

		impl Function {
			/// All of them.
			pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

			/// By what name it is imported.
			pub const fn name(self) -> &'static str {
				match self { $(Self::$variant => $name,)* }
			}

			/// The function of this name.
			pub fn of_name(name: &str) -> Option<Self> {
				match name { $($name => Some(Self::$variant),)* _ => None }
			}

			/// What types it takes.
			pub const fn parameters(self) -> &'static [ValType] {
				match self { $(Self::$variant => &[$($param),*],)* }
			}

			/// What types it answers.
			pub const fn results(self) -> &'static [ValType] {
				match self { $(Self::$variant => &[$($result)?],)* }
			}

			/// Its own gas, beside what it does.
			pub const fn gas(self) -> Gas {
				match self { $(Self::$variant => $gas,)* }
			}

			/// What it takes, for so many bytes read, written or moved.
			pub const fn cost(self, bytes: u64) -> Cost {
				let (picos, byte): (u64, u64) = match self { $(Self::$variant => ($picos, $byte),)* };
				Cost { gas: self.gas(), picos: picos.saturating_add(byte.saturating_mul(bytes)) }
			}

			/// What more bytes take.
			pub const fn bytes(self, bytes: u64) -> Cost {
				let byte: u64 = match self { $(Self::$variant => $byte,)* };
				Cost { gas: 0, picos: byte.saturating_mul(bytes) }
			}

			/// Where, by which argument, and how long what it reads or writes in the guest's memory lies.
			pub(crate) const fn places(self) -> &'static [(usize, Length)] {
				match self { $(Self::$variant => &[$(($at, $length)),*],)* }
			}

			/// Whether it changes anything, which a guest that may only look must not.
			pub const fn writes(self) -> bool {
				match self { $(Self::$variant => functions!(@writes $($writes)?),)* }
			}
		}
	};
	(@writes) => { false };
	(@writes writes) => { true };
}

/// How long something is that an argument of a function names the place of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
	/// So many bytes.
	Is(usize),
	/// As another argument says.
	By(usize),
	/// As another argument says, and at most as the function answers.
	Answered(usize),
}

use Length::{Answered, By, Is};

// Gas is what the chain's users know. The times are at least what `scripts/weights` has measured, which a
// test of the runtime compares; `scripts/bench contracts host` shows what comes of them.
functions! {
	/// Notes a line.
	Log = "log"(I32, I32), gas 10, takes 5_000_000, a_byte 5_000,
		shows [0 By(1)], writes;
	/// An account's free balance, or the most that the type holds.
	Balance = "get_balance"(I32, I32) -> I64, gas 20, takes 30_000_000, a_byte 0,
		shows [0 By(1)];
	/// An account's free balance.
	BalanceWide = "get_balance_wide"(I32, I32, I32), gas 20, takes 30_000_000, a_byte 0,
		shows [0 By(1), 2 Is(16)];
	/// Moves money.
	Transfer = "transfer"(I32, I32, I32, I32, I64) -> I32, gas 50, takes 220_000_000, a_byte 0,
		shows [0 By(1), 2 By(3)], writes;
	/// Moves money.
	TransferWide = "transfer_wide"(I32, I32, I32, I32, I32) -> I32,
		gas 50, takes 220_000_000, a_byte 0,
		shows [0 By(1), 2 By(3), 4 Is(16)], writes;
	/// Reads an item of storage.
	StorageRead = "storage_read"(I32, I32, I32, I32) -> I32, gas 15, takes 30_000_000, a_byte 1_500,
		shows [0 By(1), 2 Answered(3)];
	/// Writes an item of storage.
	StorageWrite = "storage_write"(I32, I32, I32, I32), gas 30, takes 130_000_000, a_byte 2_000,
		shows [0 By(1), 2 By(3)], writes;
	/// Deletes an item of storage.
	StorageDelete = "storage_delete"(I32, I32) -> I32, gas 30, takes 130_000_000, a_byte 1_000,
		shows [0 By(1)], writes;
	/// How long an item of storage is.
	StorageLen = "storage_len"(I32, I32) -> I32, gas 15, takes 30_000_000, a_byte 1_500,
		shows [0 By(1)];
	/// Tells the world.
	EmitEvent = "emit_event"(I32, I32, I32, I32), gas 20, takes 6_000_000, a_byte 5_000,
		shows [0 By(1), 2 By(3)], writes;
	/// Hashes.
	HashBlake2 = "hash_blake2_256"(I32, I32, I32), gas 10, takes 1_500_000, a_byte 3_000,
		shows [0 By(1), 2 Is(32)];
	/// Hashes.
	HashSha2 = "hash_sha2_256"(I32, I32, I32), gas 10, takes 1_500_000, a_byte 4_000,
		shows [0 By(1), 2 Is(32)];
	/// Hashes.
	HashKeccak = "hash_keccak_256"(I32, I32, I32), gas 10, takes 1_500_000, a_byte 5_000,
		shows [0 By(1), 2 Is(32)];
	/// Checks a signature.
	VerifyEd25519 = "verify_ed25519"(I32, I32, I32, I32) -> I32, gas 10, takes 60_000_000, a_byte 5_000,
		shows [0 Is(64), 1 Is(32), 2 By(3)];
	/// Checks a signature.
	VerifySr25519 = "verify_sr25519"(I32, I32, I32, I32) -> I32, gas 10, takes 60_000_000, a_byte 8_000,
		shows [0 Is(64), 1 Is(32), 2 By(3)];
	/// Calls another contract.
	Call = "call"(I32, I32, I64, I32, I32) -> I32, gas 100, takes 300_000_000, a_byte 1_000,
		shows [0 Is(32), 1 Is(16), 3 By(4)];
	/// Copies what the contract called last has returned.
	OutputCopy = "output_copy"(I32, I32) -> I32, gas 100, takes 500_000, a_byte 1_000,
		shows [0 Answered(1)];
	/// Makes a contract.
	Deploy = "deploy"(I32, I32, I32, I32, I64, I32, I32, I32) -> I32,
		gas 200, takes 700_000_000, a_byte 1_000,
		shows [0 Is(32), 1 By(2), 3 Is(16), 5 By(6), 7 Is(32)], writes;
	/// Gives the contract other code.
	SetCode = "set_code"(I32) -> I32, gas 200, takes 250_000_000, a_byte 0,
		shows [0 Is(32)], writes;
	/// Ends the contract, and the run.
	Terminate = "terminate"(I32, I32), gas 200, takes 600_000_000, a_byte 0,
		shows [0 By(1)], writes;
	/// Orders work.
	RequestCompute = "request_compute"(I32, I32, I32, I32, I32, I64) -> I64,
		gas 500, takes 600_000_000, a_byte 5_000,
		shows [0 By(1), 2 Is(16), 3 By(4)], writes;
	/// The randomness of a block that is over.
	RandomAt = "random_at"(I32, I32) -> I32, gas 50, takes 30_000_000, a_byte 0,
		shows [1 Is(32)];
}
