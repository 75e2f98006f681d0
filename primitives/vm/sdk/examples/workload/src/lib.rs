//! A contract that works. `scripts/bench contracts` measures the machine with it.

#![cfg_attr(target_arch = "wasm32", no_std)]

/// The contract.
#[mbongo_contract::contract]
pub mod workload {
	use mbongo_contract::prelude::*;
	use sha2::{Digest, Sha256};
	use sha3::Keccak256;

	/// What it keeps.
	#[storage]
	pub struct Workload {}

	/// Why it stops.
	#[error]
	pub enum Error {
		/// A call did not come about.
		Call,
	}

	impl Workload {
		/// Begins.
		#[deploy]
		pub fn deploy(&mut self) {}

		/// Does nothing.
		#[view]
		pub fn nothing(&self) {}

		/// The Fibonacci number of this place, by calls of a function.
		#[view]
		pub fn fib(&self, place: u32) -> u64 {
			fib(place)
		}

		/// Hashes so many bytes with instructions.
		#[view]
		pub fn sha256(&self, bytes: u32) -> [u8; 32] {
			Sha256::digest(vec![1; bytes as usize]).into()
		}

		/// Hashes so many bytes with instructions.
		#[view]
		pub fn keccak(&self, bytes: u32) -> [u8; 32] {
			Keccak256::digest(vec![1; bytes as usize]).into()
		}

		/// Sorts so many numbers, and answers the one in the middle.
		#[view]
		pub fn sort(&self, numbers: u32) -> u32 {
			let mut state = 1_u32;
			let mut all: Vec<u32> = (0..numbers)
				.map(|_| {
					state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
					state
				})
				.collect();
			all.sort_unstable();
			all.get(all.len() / 2).copied().unwrap_or_default()
		}

		/// Pays a unit of a token so many times.
		#[call]
		pub fn pay(&mut self, token: Address, to: Address, times: u32) -> Result<(), Error> {
			for _ in 0..times {
				let call = Call::to(token).function("transfer").arg(&to).arg(&1_u128);
				call.send::<()>().map_err(|_| Error::Call)?;
			}
			Ok(())
		}
	}

	fn fib(place: u32) -> u64 {
		match place {
			0 | 1 => u64::from(place),
			_ => fib(place - 1) + fib(place - 2),
		}
	}
}
