//! The settings of the pallets, a file for each group of them.

mod accounts;
mod consensus;
mod contracts;
pub mod governance;
mod money;
mod staking;
mod system;
pub mod tracks;

pub use accounts::ProxyType;
pub use consensus::{KeyOwners, OncePerSet, MAX_PROOF_BYTES, MAX_PROOF_NODES};
pub use governance::{EmergencyOrigin, TreasuryAccount};
pub use staking::SlashAndDisable;
pub use system::{BlockHashCount, RuntimeBlockLength, RuntimeBlockWeights};
