//! What the attribute `contract` writes calls.

use crate::{
	abi::Manifest,
	errors::{ContractError, Refusal},
	host,
	input::Reader,
	storage, Input, Output,
};
use codec::{Decode, DecodeAll, Encode};

/// A contract's code, as a test can give it to the mock.
#[derive(Clone, Copy)]
pub struct Contract {
	/// Does what the input asks for.
	pub execute: fn(&Input) -> Output,
	/// What it says of itself.
	pub manifest: Manifest,
}

/// The arguments of a call, read one by one.
pub struct Arguments<'a> {
	reader: Reader<'a>,
	next: u8,
}

impl<'a> Arguments<'a> {
	/// So many of them.
	pub fn exactly(input: &Input<'a>, count: usize) -> Result<Self, Refusal> {
		match input.count() == count {
			true => Ok(Self { reader: input.arguments(), next: 0 }),
			false => Err(Refusal::ArgumentCount),
		}
	}

	/// The next one, of which every byte must belong to it.
	pub fn take<T: Decode>(&mut self) -> Result<T, Refusal> {
		let refusal = Refusal::MalformedArgument(self.next);
		let bytes = self.reader.item().ok_or(refusal)?;
		self.next = self.next.wrapping_add(1);
		T::decode_all(&mut &*bytes).map_err(|_| refusal)
	}
}

/// That no value came.
pub fn not_payable(input: &Input) -> Result<(), Refusal> {
	match input.value() {
		0 => Ok(()),
		_ => Err(Refusal::NotPayable),
	}
}

/// That the contract is being made. The machine calls any function at any time, and says nothing of
/// why: so it is noted in storage, at a place that no item has.
pub fn once() -> Result<(), Refusal> {
	if host::storage_exists(&storage::DEPLOYED) {
		return Err(Refusal::AlreadyDeployed);
	}
	host::storage_write(&storage::DEPLOYED, &[]);
	Ok(())
}

/// A success with this answer.
pub fn success<T: Encode>(answer: T) -> Output {
	Output::new(0, &answer)
}

/// A success or an error.
pub fn result<T: Encode, E: ContractError>(result: Result<T, E>) -> Output {
	match result {
		Ok(answer) => success(answer),
		Err(error) => Output::new(error.status(), &error),
	}
}

/// What reads the arguments of a function, calls it, and writes its answer.
pub type Entry = fn(&Input) -> Result<Output, Refusal>;

/// Does what the input asks for, by the function of that name.
pub fn execute(input: &Input, entries: &[(&str, Entry)]) -> Output {
	let mut entries = entries.iter();
	let result = match entries.find(|(name, _)| name.as_bytes() == input.function()) {
		Some((_, entry)) => entry(input),
		None => Err(Refusal::UnknownFunction),
	};
	result.unwrap_or_else(refused)
}

#[cold]
#[inline(never)]
fn refused(refusal: Refusal) -> Output {
	match refusal {
		Refusal::MalformedArgument(argument) => Output::new(refusal.status(), &argument),
		_ => Output::new(refusal.status(), &()),
	}
}

/// What comes of an input of another version.
pub(crate) fn other_abi() -> Output {
	refused(Refusal::OtherAbi)
}
