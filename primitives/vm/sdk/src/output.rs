//! What a guest answers, written where it will be read.

use crate::{abi::ABI_VERSION, host::Buffer};
use codec::{Encode, Output as _};

/// The version, the status, and the longest length of data that there can be.
const HEADER_BYTES: usize = 1 + 4 + 4;

/// What a guest answers. The format is that of [`VmOutput`](crate::abi::VmOutput).
pub struct Output {
	bytes: Buffer,
	/// Where it begins: the length before the data may take less room than it has.
	start: usize,
}

impl Output {
	/// With this status, and these data.
	pub fn new<T: Encode + ?Sized>(status: u32, data: &T) -> Self {
		let mut bytes = Buffer::new();
		bytes.write(&[0; HEADER_BYTES]);
		data.encode_to(&mut bytes);
		Self::finish(bytes, status)
	}

	fn finish(mut bytes: Buffer, status: u32) -> Self {
		// What is too long is refused by the machine.
		let length = bytes.len().wrapping_sub(HEADER_BYTES) as u64;
		let (version, status) = (u64::from(ABI_VERSION), u64::from(status));
		let short = version | status << 8;
		// All but the first byte, as one number that ends where the data begin.
		let (start, rest) = match length {
			0..0x40 => (3, short << 16 | length << 58),
			0x40..0x4000 => (2, short << 8 | (length << 2 | 1) << 48),
			_ => (0, status | (length << 2 | 2) << 32),
		};
		if let Some([first, header @ ..]) = bytes.first_chunk_mut::<HEADER_BYTES>() {
			*first = ABI_VERSION;
			*header = rest.to_le_bytes();
		}
		Self { bytes, start }
	}

	/// Its bytes.
	pub fn bytes(&self) -> &[u8] {
		self.bytes.get(self.start..).unwrap_or_default()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::abi::VmOutput;
	use alloc::{vec, vec::Vec};

	/// Bytes without a length in front.
	struct Raw(Vec<u8>);

	impl Encode for Raw {
		fn encode_to<T: codec::Output + ?Sized>(&self, to: &mut T) {
			to.write(&self.0);
		}
	}

	#[test]
	fn what_is_written_is_what_the_machine_reads() {
		for length in [0, 1, 63, 64, 16_383, 16_384, 65_000] {
			for status in [0, 1, 100, u32::MAX] {
				let data = vec![7; length];
				let expected = VmOutput { abi: ABI_VERSION, status, data: data.clone() };
				let output = Output::new(status, &Raw(data));
				assert_eq!(output.bytes(), expected.encode(), "{length}");
			}
		}
	}
}
