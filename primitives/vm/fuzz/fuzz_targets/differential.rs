//! Modules in the guest machine and in wasmtime.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	mbongo_vm_fuzz::differential(bytes);
});
