//! Modules of every shape, with the features that guests have.

use crate::{import, PAGES};
use arbitrary::{Result, Unstructured};
use mbongo_vm::{limits, Function};
use wasm_smith::{Config, Module};

fn config(input: &mut Unstructured) -> Result<Config> {
	Ok(Config {
		allow_floats: false,
		bulk_memory_enabled: true,
		sign_extension_ops_enabled: true,
		multi_value_enabled: input.ratio(1, 3)?,
		disallow_traps: input.ratio(1, 2)?,
		compact_imports_enabled: false,
		custom_descriptors_enabled: false,
		custom_page_sizes_enabled: false,
		exceptions_enabled: false,
		extended_const_enabled: false,
		gc_enabled: false,
		memory64_enabled: false,
		reference_types_enabled: false,
		relaxed_simd_enabled: false,
		saturating_float_to_int_enabled: false,
		shared_everything_threads_enabled: false,
		simd_enabled: false,
		tail_call_enabled: false,
		threads_enabled: false,
		wide_arithmetic_enabled: false,
		allow_start_export: false,
		max_data_segments: 6,
		max_element_segments: 4,
		max_elements: 20,
		max_funcs: 8,
		max_globals: 8,
		max_instructions: input.int_in_range(20..=400)?,
		max_memories: 1,
		max_memory32_bytes: u64::from(PAGES) * u64::from(limits::PAGE_BYTES),
		max_table_elements: limits::TABLE_ELEMENTS.into(),
		max_tables: 1,
		max_type_size: 24,
		max_types: 12,
		memory_max_size_required: true,
		table_max_size_required: true,
		..Config::default()
	})
}

/// A module that exports all that is in it, and imports nothing.
pub fn closed(input: &mut Unstructured) -> Result<Vec<u8>> {
	let config = Config {
		export_everything: true,
		max_imports: 0,
		min_funcs: 1,
		min_memories: 1,
		..config(input)?
	};
	let ends = input.ratio(3, 4)?;
	let mut module = Module::new(config, input)?;
	if ends {
		let _ = module.ensure_termination(1_000);
	}
	Ok(module.to_bytes())
}

/// A module that imports functions of the host, and exports what a guest must.
pub fn guest(input: &mut Unstructured) -> Result<Vec<u8>> {
	let imports: String = Function::ALL.iter().copied().map(import).collect();
	let exports = r#"
		(memory (export "memory") 2 16)
		(func (export "alloc") (param i32) (result i32) (i32.const 0))
		(func (export "execute") (param i32 i32) (result i32) (i32.const 0))
		(func (export "output_len") (result i32) (i32.const 0))"#;
	let text = |text: &str| wat::parse_str(format!("(module {text})")).expect("it is a module");
	let config = Config {
		available_imports: Some(text(&imports)),
		exports: Some(text(exports)),
		max_imports: 12,
		max_funcs: 24,
		// The one that is exported comes on top.
		max_memories: 0,
		..config(input)?
	};
	let ends = input.ratio(3, 4)?;
	let mut module = Module::new(config, input)?;
	if ends {
		let _ = module.ensure_termination(1_000);
	}
	Ok(module.to_bytes())
}
