//! Bytes where there is no fuzzer.

/// As many bytes of a seed.
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
	let mut state = seed;
	let mut next = || {
		// SplitMix64.
		state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut word = state;
		word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		word ^ (word >> 31)
	};
	let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
	bytes.truncate(length);
	bytes
}
