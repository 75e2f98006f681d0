//! The settings of the pallets, a file for each group of them.

mod accounts;
#[cfg(any(feature = "try-runtime", test))]
mod books;
mod consensus;
mod money;
mod system;

pub use accounts::{PreimageHoldReason, ProxyType};
#[cfg(any(feature = "try-runtime", test))]
pub use books::check_accounts;
pub use consensus::{DisableOffender, KeyOwners, OncePerSet, MAX_PROOF_BYTES, MAX_PROOF_NODES};
pub use system::{BlockHashCount, RuntimeBlockLength, RuntimeBlockWeights};
