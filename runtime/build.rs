#[cfg(feature = "std")]
fn main() {
	// The metadata's hash goes into the code, for hardware wallets: they sign what they can show. The
	// token is that of `mbongo_primitives::units`.
	substrate_wasm_builder::WasmBuilder::init_with_defaults()
		.enable_metadata_hash("MBO", 18)
		.build();
}

// The wasm builder calls this script once more while it builds the code itself.
#[cfg(not(feature = "std"))]
fn main() {}
