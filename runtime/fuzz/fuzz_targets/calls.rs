//! Blocks of whatever calls anybody can make.

#![no_main]

use codec::DecodeLimit;
use libfuzzer_sys::fuzz_target;
use mbongo_runtime_fuzz::{Chain, Step};

/// As deep as the runtime lets a transaction be.
const MAX_DEPTH: u32 = 256;

/// Of one input, so that none takes long.
const MAX_STEPS: usize = 64;

fuzz_target!(|bytes: &[u8]| {
	let mut input = bytes;
	let mut chain = Chain::new();
	for _ in 0..MAX_STEPS {
		match Step::decode_with_depth_limit(MAX_DEPTH, &mut input) {
			Ok(step) => chain.take(step),
			Err(_) => break,
		}
	}
	chain.replay();
});
