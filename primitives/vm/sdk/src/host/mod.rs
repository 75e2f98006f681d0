//! The functions of the host, the same in both worlds: as imports of a guest, or by the mock. All else
//! in this crate goes through here.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::mock::host::*;

#[cfg(target_arch = "wasm32")]
mod guest;
#[cfg(target_arch = "wasm32")]
pub(crate) use guest::*;
