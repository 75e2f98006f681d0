//! What makes a contract a guest: how it gets its input, gives its output, and ends.

mod allocator;
mod buffer;

pub(crate) use buffer::Buffer;

use crate::{dispatch, Input, Output};
use core::{
	cell::OnceCell,
	mem::ManuallyDrop,
	sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// What is there once. A guest has one thread.
struct Once<T>(OnceCell<T>);

// SAFETY: see above.
#[allow(unsafe_code)]
unsafe impl<T> Sync for Once<T> {}

/// What the guest was given.
static INPUT: Once<Input<'static>> = Once(OnceCell::new());

/// How long the output is.
static OUTPUT_LENGTH: AtomicUsize = AtomicUsize::new(0);

/// What the guest was given, which is there as soon as it runs.
pub(crate) fn input() -> &'static Input<'static> {
	match INPUT.0.get() {
		Some(input) => input,
		None => core::arch::wasm32::unreachable(),
	}
}

/// Runs: the input lies at a place that [`alloc`] gave. Where the output lies.
pub fn execute(at: usize, length: usize, execute: fn(&Input) -> Output) -> usize {
	// SAFETY: the machine has written so many bytes where `alloc` made room for them.
	#[allow(unsafe_code)]
	let bytes = unsafe { core::slice::from_raw_parts(at as *const u8, length) };
	let output = match Input::read(bytes) {
		Some(input) => execute(INPUT.0.get_or_init(|| input)),
		None => dispatch::other_abi(),
	};
	// It is read when this is over.
	let output = ManuallyDrop::new(output);
	let bytes = output.bytes();
	OUTPUT_LENGTH.store(bytes.len(), Relaxed);
	bytes.as_ptr() as usize
}

/// Makes room for the input.
#[allow(unsafe_code)]
#[no_mangle]
extern "C" fn alloc(length: usize) -> usize {
	ManuallyDrop::new(Buffer::with_room(length)).as_ptr() as usize
}

/// How long the output is.
#[allow(unsafe_code)]
#[no_mangle]
extern "C" fn output_len() -> usize {
	OUTPUT_LENGTH.load(Relaxed)
}

/// A panic is a trap. Its message stays in the source: it would be most of a small guest.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
	core::arch::wasm32::unreachable()
}
