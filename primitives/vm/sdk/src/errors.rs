//! Why a contract refuses, and why what it asks of others does not come about.

use crate::abi::ReturnCode;
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};

/// The status of a contract's first error. The ones below are those of [`Refusal`].
pub const FIRST_ERROR: u32 = 100;

/// Why a contract refuses: made by the attribute [`error`](macro@crate::error) of an enum. The output's
/// data are the error's SCALE bytes.
pub trait ContractError: Encode {
	/// The status of the output: [`FIRST_ERROR`] and the error's index more.
	fn status(&self) -> u32;
}

/// Why a call is refused before the contract's own code is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
	/// 1: the machine speaks another version of the interface.
	OtherAbi,
	/// 2: there is no such function.
	UnknownFunction,
	/// 3: value came to a function that takes none.
	NotPayable,
	/// 4: there are not as many arguments as the function takes.
	ArgumentCount,
	/// 5: this argument, counted from 0, is not of its type. The number is the output's data.
	MalformedArgument(u8),
	/// 6: the contract is there already, so that it cannot be deployed.
	AlreadyDeployed,
}

impl Refusal {
	/// The status of the output.
	pub const fn status(self) -> u32 {
		match self {
			Self::OtherAbi => 1,
			Self::UnknownFunction => 2,
			Self::NotPayable => 3,
			Self::ArgumentCount => 4,
			Self::MalformedArgument(_) => 5,
			Self::AlreadyDeployed => 6,
		}
	}
}

/// Why another contract gave no answer. All that it did is undone, and the value is back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallError {
	/// It came to no answer.
	Not(ReturnCode),
	/// It refused, and said this.
	Refused(Vec<u8>),
	/// It answered something of another type. Here nothing is undone.
	OtherType,
}

impl CallError {
	/// The other contract's error, if it refused with one of this type.
	pub fn reason<E: Decode>(&self) -> Option<E> {
		match self {
			Self::Refused(data) => E::decode_all(&mut &data[..]).ok(),
			_ => None,
		}
	}
}

/// What the host means by a number, where there is nothing more to it.
pub(crate) fn done(number: i32) -> Result<(), ReturnCode> {
	match ReturnCode::of(number) {
		ReturnCode::Done => Ok(()),
		other => Err(other),
	}
}
