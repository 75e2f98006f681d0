//! Code as it is uploaded.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	let _ = mbongo_vm_fuzz::admission(bytes);
});
