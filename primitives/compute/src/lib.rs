//! # Useful work
//!
//! What a task asks for, what its result is to the bit, and how one wrong bit of it is shown to the chain.
//!
//! ## Terms
//!
//! - **Blob**: data, named by its [`BlobId`]: the root of a Merkle tree and the length.
//! - **Kind**: a sort of work, a row of the table in [`kinds`].
//! - **Job**: all that fixes a result: the work with its sizes, and the blobs that go in.
//! - **Part**: one of a job's blobs, given or made. A part that is made is a list of **records**.
//! - **Place**: a record of a part.
//!
//! ## Overview
//!
//! A [`Job`] says how long each part is, and from which ranges of other parts each record follows
//! ([`Job::sources`]). The reference ([`Job::run`]) makes one record after the other. Who claims a result
//! commits to all its parts ([`Claim`]). If it is not the result, some record does not follow from what
//! it should follow from, and the first such one is shown with its sources in a [`FraudProof`], which
//! anyone checks by computing that one record. There is no other rule: what one can prove is wrong, and
//! what one cannot prove is right.
//!
//! Checking a whole product costs less than to compute it: see [`freivalds`].

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

pub mod blob;
pub mod fraud;
pub mod freivalds;
pub mod kinds;
pub mod receipt;
#[cfg(test)]
mod tests;

pub use blob::{BlobId, RangeProof, Tree};
pub use fraud::{Claim, FraudError, FraudProof};
pub use kinds::{Job, Made, Part, Place, Work};
pub use receipt::{ComputeReceipt, Metrics, UnsignedReceipt};
