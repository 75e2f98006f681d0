//! # The guest machine
//!
//! Runs WASM that nobody trusts, the same everywhere: in the runtime for contracts and for compute
//! tasks, at a provider who does the task, and wherever somebody checks one of them again.
//!
//! ## Terms
//!
//! - **Guest**: a WASM module, by the rules of [`admit`].
//! - **Host**: who runs it. A guest sees nothing but what its [`Host`] answers.
//! - **Frame**: one guest being run. A guest that calls another one waits in a frame below it.
//! - **Fuel**: the unit that the machine counts in, half a gas.
//!
//! ## Overview
//!
//! Code is judged once, by [`admit`], which names the rule that it breaks and where. What passed is
//! loaded later without being judged again, into [`Modules`], which live as long as one dispatched call,
//! so that what a call costs depends on nothing but the call. [`run`] gives a guest its [`VmInput`],
//! and reads its [`VmOutput`]; in between the guest calls the functions of [`Function`], each of which
//! has a price. Two counts run at once in a [`Meter`]: gas, which a user pays for, and weight, which a
//! block has only so much of. Whichever ends first ends the run.
//!
//! ## The guest's side, version 1
//!
//! A guest exports its `memory` and
//! - `alloc(len: i32) -> i32`, which gives room for the input,
//! - `execute(ptr: i32, len: i32) -> i32`, which runs, and returns where the output lies, or a negative
//!   status: then there is no output, and nothing that it did stays done,
//! - `output_len() -> i32`, how long the output is.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::arithmetic_side_effects,
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing
	)
)]

extern crate alloc;
// The guests of its tests are the node's, too.
#[cfg(test)]
extern crate self as mbongo_vm;

mod admission;
pub mod costs;
mod frame;
mod functions;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod host;
mod imports;
mod known;
mod machine;
mod memory;
mod meter;
#[cfg(feature = "std")]
pub mod proof;
#[cfg(test)]
mod tests;

pub use mbongo_vm_abi as abi;

pub use abi::{limits, Manifest, Mode, Permission, ReturnCode, VmCall, VmError, VmInput, VmOutput};
pub use admission::{admit, Facts, Refusal, Rule, ADMISSION_VERSION};
pub use functions::Function;
pub use host::{CallRequest, ComputeRequest, DeployRequest, Host, HostCall};
pub use machine::{run, Module, Modules, HEAP_BYTES_PER_CODE_BYTE};
pub use meter::{Meter, OutOfFuel, MOST_GAS};
pub use wasmparser::ValType;
