//! A guest's memory, as the host's functions see it.

use crate::abi::{Address, VmError};

/// A guest's memory, whose every place is checked.
pub(crate) struct GuestMemory<'m>(pub &'m mut [u8]);

impl GuestMemory<'_> {
	fn bytes(&self, at: i32, length: u32) -> Result<&[u8], VmError> {
		let start = at as u32 as usize;
		let end = start.checked_add(length as usize).ok_or(VmError::MemoryViolation)?;
		self.0.get(start..end).ok_or(VmError::MemoryViolation)
	}

	/// So many bytes, of which there may be at most so many.
	pub fn up_to(&self, at: i32, length: i32, most: u32) -> Result<&[u8], VmError> {
		let length = u32::try_from(length).map_err(|_| VmError::MemoryViolation)?;
		let bytes = self.bytes(at, length)?;
		match length <= most {
			true => Ok(bytes),
			false => Err(VmError::ResourceLimitExceeded),
		}
	}

	pub fn array<const N: usize>(&self, at: i32) -> Result<[u8; N], VmError> {
		let bytes = self.bytes(at, N as u32)?;
		bytes.try_into().map_err(|_| VmError::MemoryViolation)
	}

	pub fn address(&self, at: i32, length: i32) -> Result<Address, VmError> {
		match length {
			32 => self.array(at),
			_ => Err(VmError::MalformedAbi),
		}
	}

	pub fn amount(&self, at: i32) -> Result<u128, VmError> {
		self.array(at).map(u128::from_le_bytes)
	}

	pub fn write(&mut self, at: i32, bytes: &[u8]) -> Result<(), VmError> {
		let start = at as u32 as usize;
		let end = start.checked_add(bytes.len()).ok_or(VmError::MemoryViolation)?;
		self.0.get_mut(start..end).ok_or(VmError::MemoryViolation)?.copy_from_slice(bytes);
		Ok(())
	}

	/// Writes as much as there is room for, and answers how much there is.
	pub fn write_up_to(&mut self, at: i32, room: i32, bytes: &[u8]) -> Result<i32, VmError> {
		let room = u32::try_from(room).map_err(|_| VmError::MemoryViolation)?;
		// The room must be there whether it is needed or not.
		self.bytes(at, room)?;
		let written = bytes.get(..room as usize).unwrap_or(bytes);
		self.write(at, written)?;
		i32::try_from(bytes.len()).map_err(|_| VmError::ResourceLimitExceeded)
	}
}
