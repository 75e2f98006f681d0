//! What a guest is given, read where it lies: a guest pays for every byte of code that it runs, and to
//! make a [`VmInput`](crate::abi::VmInput) of it would be the largest part of a small one.

use crate::abi::{Address, Mode, ABI_VERSION};

/// What comes after the arguments: so many bytes, and then the capability.
const REST_BYTES: usize = 3 * 32 + 16 + 4 + 4 + 1;

/// What a guest is given. The format is that of [`VmInput`](crate::abi::VmInput).
#[derive(Clone, Copy)]
pub struct Input<'a> {
	function: &'a [u8],
	count: usize,
	arguments: Reader<'a>,
	rest: &'a [u8; REST_BYTES],
}

impl<'a> Input<'a> {
	/// Reads it, if it is of the version that this crate knows.
	pub fn read(bytes: &'a [u8]) -> Option<Self> {
		let mut reader = Reader(bytes);
		if reader.take(1)? != [ABI_VERSION] {
			return None;
		}
		let function = reader.item()?;
		let count = reader.length()?;
		let arguments = reader;
		for _ in 0..count {
			reader.item()?;
		}
		let rest = reader.0.first_chunk()?;
		Some(Self { function, count, arguments, rest })
	}

	/// The function that is called.
	pub fn function(&self) -> &'a [u8] {
		self.function
	}

	/// How many arguments there are.
	pub fn count(&self) -> usize {
		self.count
	}

	/// The arguments, to be read one by one.
	pub fn arguments(&self) -> Reader<'a> {
		self.arguments
	}

	pub(crate) fn caller(&self) -> Address {
		self.part::<0, 32>()
	}

	pub(crate) fn origin(&self) -> Address {
		self.part::<32, 32>()
	}

	pub(crate) fn contract(&self) -> Address {
		self.part::<64, 32>()
	}

	pub(crate) fn value(&self) -> u128 {
		u128::from_le_bytes(self.part::<96, 16>())
	}

	pub(crate) fn block(&self) -> u32 {
		u32::from_le_bytes(self.part::<112, 4>())
	}

	pub(crate) fn epoch(&self) -> u32 {
		u32::from_le_bytes(self.part::<116, 4>())
	}

	pub(crate) fn mode(&self) -> Mode {
		match self.rest[120] {
			0 => Mode::Standard,
			_ => Mode::View,
		}
	}

	fn part<const AT: usize, const LENGTH: usize>(&self) -> [u8; LENGTH] {
		const { assert!(AT + LENGTH <= REST_BYTES) };
		let mut part = [0; LENGTH];
		part.copy_from_slice(&self.rest[AT..AT + LENGTH]);
		part
	}
}

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
	fn take(&mut self, length: usize) -> Option<&'a [u8]> {
		let (taken, rest) = self.0.split_at_checked(length)?;
		self.0 = rest;
		Some(taken)
	}

	/// Bytes with their length in front.
	pub fn item(&mut self) -> Option<&'a [u8]> {
		let length = self.length()?;
		self.take(length)
	}

	/// A length as SCALE has it: how many bytes it takes is in the lowest two bits of the first. There
	/// are always four bytes, for more comes after the last argument.
	fn length(&mut self) -> Option<usize> {
		let number = u32::from_le_bytes(*self.0.first_chunk()?);
		let (bytes, number) = match number & 3 {
			0 => (1, number & 0xff),
			1 => (2, number & 0xffff),
			2 => (4, number),
			// More than there can be.
			_ => return None,
		};
		self.0 = self.0.get(bytes..)?;
		Some(number as usize >> 2)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::abi::VmInput;
	use alloc::{vec, vec::Vec};
	use codec::Encode;

	fn input() -> VmInput {
		VmInput {
			abi: ABI_VERSION,
			function: "add".into(),
			args: vec![vec![1; 63], vec![], vec![2; 64], vec![3; 16_384]],
			caller: [1; 32],
			origin: [2; 32],
			contract: [3; 32],
			value: u128::MAX - 4,
			block: 5,
			epoch: 6,
			mode: Mode::View,
			capability: None,
		}
	}

	#[test]
	fn what_is_read_is_what_was_given() {
		let given = input();
		for capability in [None, Some([7; 32])] {
			for mode in [Mode::Standard, Mode::View] {
				let given = VmInput { capability, mode, ..given.clone() };
				let bytes = given.encode();
				let read = Input::read(&bytes).unwrap();
				assert_eq!((read.function(), read.count()), (given.function.as_bytes(), 4));
				let mut arguments = read.arguments();
				let args: Vec<_> = (0..4).map(|_| arguments.item().unwrap().to_vec()).collect();
				assert_eq!(args, given.args);
				assert_eq!((read.caller(), read.origin()), (given.caller, given.origin));
				assert_eq!((read.contract(), read.value()), (given.contract, given.value));
				assert_eq!((read.block(), read.epoch()), (given.block, given.epoch));
				assert_eq!(read.mode(), mode);
			}
		}
	}

	#[test]
	fn what_is_not_whole_or_of_another_version_is_not_read() {
		let bytes = input().encode();
		for length in 0..bytes.len() - 1 {
			assert!(Input::read(&bytes[..length]).is_none(), "{length}");
		}
		assert!(Input::read(&VmInput { abi: 2, ..input() }.encode()).is_none());
		assert!(Input::read(&[&[1, 3][..], &[0; 200]].concat()).is_none());
	}
}
