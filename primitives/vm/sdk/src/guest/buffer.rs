//! Bytes that are being written. A vector would do, with five times the code.

use super::allocator::ALLOCATOR;
use core::{
	alloc::{GlobalAlloc, Layout},
	ops::{Deref, DerefMut},
	slice,
};

/// What it begins with.
const ROOM: usize = 64;

/// Bytes that are being written.
pub struct Buffer {
	at: *mut u8,
	length: usize,
	/// Of which `length` are written.
	room: usize,
}

/// What the allocator gave, if it gave something.
fn there(at: *mut u8) -> *mut u8 {
	if at.is_null() {
		core::arch::wasm32::unreachable();
	}
	at
}

#[allow(unsafe_code)]
fn layout(room: usize) -> Layout {
	// SAFETY: 1 is a power of two, and no room here is near to the half of all addresses.
	unsafe { Layout::from_size_align_unchecked(room, 1) }
}

#[allow(unsafe_code)]
impl Buffer {
	/// None yet.
	pub fn new() -> Self {
		Self::with_room(ROOM)
	}

	/// None yet, but so much room.
	#[inline(never)]
	pub fn with_room(room: usize) -> Self {
		// SAFETY: this allocator gives nothing for nothing.
		let at = there(unsafe { ALLOCATOR.alloc(layout(room)) });
		Self { at, length: 0, room }
	}

	/// As many as something else writes into so much room: it is given the place, and answers how many
	/// it has written. The room that is left is given back.
	pub fn filled(room: usize, fill: impl FnOnce(*mut u8) -> Option<usize>) -> Option<Self> {
		let mut buffer = Self::with_room(room);
		let length = fill(buffer.at)?.min(room);
		ALLOCATOR.give_back(buffer.at, room, length);
		buffer.length = length;
		buffer.room = length;
		Some(buffer)
	}

	/// Apart, for what is not run costs nothing.
	#[cold]
	#[inline(never)]
	fn grow(&mut self, length: usize) {
		let room = length.max(self.room.wrapping_mul(2));
		// SAFETY: it was allocated with this layout.
		self.at = there(unsafe { ALLOCATOR.realloc(self.at, layout(self.room), room) });
		self.room = room;
	}

	#[inline(never)]
	fn push(&mut self, bytes: *const u8, count: usize) {
		// Both lie in memory, which has at most 2^22 bytes.
		let length = self.length.wrapping_add(count);
		if length > self.room {
			self.grow(length);
		}
		// SAFETY: there is room for them, which nobody else has.
		unsafe { self.at.add(self.length).copy_from_nonoverlapping(bytes, count) };
		self.length = length;
	}
}

impl codec::Output for Buffer {
	fn write(&mut self, bytes: &[u8]) {
		self.push(bytes.as_ptr(), bytes.len());
	}
}

impl Deref for Buffer {
	type Target = [u8];

	fn deref(&self) -> &[u8] {
		// SAFETY: so many are written.
		#[allow(unsafe_code)]
		unsafe {
			slice::from_raw_parts(self.at, self.length)
		}
	}
}

impl DerefMut for Buffer {
	fn deref_mut(&mut self) -> &mut [u8] {
		// SAFETY: so many are written, and nobody else looks at them.
		#[allow(unsafe_code)]
		unsafe {
			slice::from_raw_parts_mut(self.at, self.length)
		}
	}
}

impl Drop for Buffer {
	fn drop(&mut self) {
		ALLOCATOR.give_back(self.at, self.room, 0);
	}
}
