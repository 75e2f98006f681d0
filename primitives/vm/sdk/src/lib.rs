//! # Contracts in Rust
//!
//! What contracts are written with. The same code runs as a guest of the chain, built for
//! `wasm32v1-none`, and natively in ordinary tests, on the host of [`mock`].
//!
//! ## Overview
//!
//! A contract is a module under [`contract`], with one struct of [`storage`] items and functions
//! marked by who may use them how:
//!
//! - `#[deploy]`: called once, when the contract is made,
//! - `#[call]`: may change what the contract keeps,
//! - `#[view]`: takes `&self`, and may only look,
//! - `#[payable]`, beside one of the first two: value may come with the call; others refuse it.
//!
//! A function takes SCALE values, one for each argument of the call, and answers nothing, a value, or
//! a `Result` whose error type is marked with [`error`]. An error undoes all that the call did.
//!
//! ```
//! #[mbongo_contract::contract]
//! pub mod counter {
//!     use mbongo_contract::prelude::*;
//!
//!     #[storage]
//!     pub struct Counter {
//!         count: Cell<u64>,
//!     }
//!
//!     #[error]
//!     pub enum Error {
//!         Overflow,
//!     }
//!
//!     impl Counter {
//!         #[deploy]
//!         pub fn deploy(&mut self, start: u64) {
//!             self.count.set(&start);
//!         }
//!
//!         #[call]
//!         pub fn add(&mut self, by: u64) -> Result<u64, Error> {
//!             let count = self.get().checked_add(by).ok_or(Error::Overflow)?;
//!             self.count.set(&count);
//!             Ok(count)
//!         }
//!
//!         #[view]
//!         pub fn get(&self) -> u64 {
//!             self.count.get_or_default()
//!         }
//!     }
//! }
//!
//! use mbongo_contract::{mock, Call, CallError, Deploy};
//!
//! let code = mock::upload(counter::CONTRACT);
//! let counter = Deploy::of(code).function("deploy").arg(&5u64).send().unwrap();
//! assert_eq!(Call::to(counter).function("add").arg(&2u64).send(), Ok(7u64));
//! let refused = Call::to(counter).function("add").arg(&u64::MAX).send::<u64>().unwrap_err();
//! assert_eq!(refused.reason(), Some(counter::Error::Overflow));
//! ```
//!
//! ## What stops a contract
//!
//! A panic becomes a trap: the call fails, all that it did is undone, and nothing is told but that. So
//! what a caller can cause should be an error with a name.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;
// What the attributes write names this crate.
extern crate self as mbongo_contract;

mod calls;
pub mod compute;
pub mod crypto;
#[doc(hidden)]
pub mod dispatch;
pub mod env;
mod errors;
mod events;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
mod host;
mod input;
#[cfg(not(target_arch = "wasm32"))]
pub mod mock;
mod output;
pub mod storage;

pub use calls::{Call, Deploy};
pub use codec;
pub use dispatch::Contract;
pub use errors::{CallError, ContractError, Refusal, FIRST_ERROR};
pub use events::Event;
#[doc(hidden)]
pub use input::Input;
pub use mbongo_contract_macros::{contract, data, error, event};
pub use mbongo_vm_abi as abi;
#[doc(hidden)]
pub use output::Output;

pub use abi::{Address, Manifest, Mode, Permission, ReturnCode};

/// All that a contract usually needs.
pub mod prelude {
	pub use crate::{
		calls::{Call, Deploy},
		codec::{Decode, Encode},
		compute, crypto, data, env, error,
		errors::{CallError, ContractError},
		event,
		events::Event,
		storage::{Cell, Map},
		Address, ReturnCode,
	};
	pub use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};
}
