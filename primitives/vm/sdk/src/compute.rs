//! Orders work from the chain's providers. As long as the chain has no pallet that takes orders, each
//! answers [`ReturnCode::Unavailable`].

use crate::{abi::ReturnCode, data, host};
use alloc::vec::Vec;

/// The number of a task.
pub type TaskId = u64;

/// What came of a task. The function named as callback is called with the task's number and this, by
/// the account of the pallet that keeps the tasks, and by nobody else: it must ask for the caller.
#[data]
pub enum Outcome {
	/// It was done, checked and paid: what is known of its output.
	#[codec(index = 0)]
	Settled(Vec<u8>),
	/// Who did it was proven wrong.
	#[codec(index = 1)]
	Slashed,
	/// Nobody did it in time.
	#[codec(index = 2)]
	Expired,
	/// It was taken back.
	#[codec(index = 3)]
	Cancelled,
}

/// Orders a task, described as who takes it wants it. The fee and the gas of the callback are taken
/// from the contract at once.
pub fn request(spec: &[u8], max_fee: u128, callback: &str, gas: u64) -> Result<TaskId, ReturnCode> {
	let gas = i64::try_from(gas).unwrap_or(i64::MAX);
	let number = host::request_compute(spec, max_fee, callback.as_bytes(), gas);
	// What is negative is a code, and those are small.
	u64::try_from(number).map_err(|_| ReturnCode::of(i32::try_from(number).unwrap_or(i32::MIN)))
}
