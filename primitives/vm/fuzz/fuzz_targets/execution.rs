//! Guests with a host.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	mbongo_vm_fuzz::execution(bytes);
});
