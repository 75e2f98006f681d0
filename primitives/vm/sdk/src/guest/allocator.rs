//! Memory for a short run: what is taken stays taken, unless it was taken last.

use core::{
	alloc::{GlobalAlloc, Layout},
	arch::wasm32::{memory_grow, memory_size},
	ptr,
	sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

const PAGE_BYTES: usize = crate::abi::limits::PAGE_BYTES as usize;

#[global_allocator]
pub(super) static ALLOCATOR: Bump = Bump { end: AtomicUsize::new(0) };

/// Takes memory from below upwards. A guest has one thread.
pub(super) struct Bump {
	/// The end of what is taken; 0 before the first time.
	end: AtomicUsize,
}

impl Bump {
	#[allow(unsafe_code)]
	fn end(&self) -> usize {
		extern "C" {
			/// Where what the linker has placed ends.
			static __heap_base: u8;
		}
		match self.end.load(Relaxed) {
			// Its address is what it says; nothing is read.
			0 => ptr::addr_of!(__heap_base) as usize,
			end => end,
		}
	}

	/// Takes all up to here, if the machine has it.
	fn take_to(&self, end: usize) -> bool {
		let has = end <= memory_size::<0>().wrapping_mul(PAGE_BYTES) || Self::grow(end);
		if has {
			self.end.store(end, Relaxed);
		}
		has
	}

	/// Apart, for what is not run costs nothing.
	#[cold]
	#[inline(never)]
	fn grow(end: usize) -> bool {
		let missing = end.div_ceil(PAGE_BYTES).saturating_sub(memory_size::<0>());
		memory_grow::<0>(missing) != usize::MAX
	}

	/// Gives back what comes after this, if nothing was taken since it was.
	pub(super) fn give_back(&self, at: *mut u8, taken: usize, kept: usize) {
		let start = at as usize;
		if start.wrapping_add(taken) == self.end() {
			self.end.store(start.wrapping_add(kept), Relaxed);
		}
	}
}

// SAFETY: what it gives is aligned, as long as asked for, in memory, and given to nobody else.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Bump {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		// There is no overflow: memory has at most 2^22 bytes, a layout at most 2^31.
		let align = layout.align();
		let start = self.end().wrapping_add(align.wrapping_sub(1)) & align.wrapping_neg();
		match self.take_to(start.wrapping_add(layout.size())) {
			true => start as *mut u8,
			false => ptr::null_mut(),
		}
	}

	unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
		self.give_back(at, layout.size(), 0);
	}

	unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		if size <= layout.size() {
			self.give_back(at, layout.size(), size);
			return at;
		}
		let start = at as usize;
		if start.wrapping_add(layout.size()) == self.end() {
			return match self.take_to(start.wrapping_add(size)) {
				true => at,
				false => ptr::null_mut(),
			};
		}
		let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
		if !new.is_null() {
			ptr::copy_nonoverlapping(at, new, layout.size());
		}
		new
	}
}
