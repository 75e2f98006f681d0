//! What the fuzz targets do with their bytes.

mod admission;
pub mod dense;
mod differential;
mod execution;
mod host;
mod random;
pub mod smith;

pub use admission::admission;
pub use differential::{differential, Compared};
pub use execution::{execution, run, Ran};
pub use random::bytes;

/// The pages of memory that modules may have.
pub const PAGES: u32 = mbongo_vm::limits::CONTRACT_PAGES;
