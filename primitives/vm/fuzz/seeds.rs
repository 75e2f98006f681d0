//! Writes the corpus: for each target a few dozen inputs that get somewhere. Run it in this folder
//! whenever what they mean changes: `cargo run --release --example seeds`.

use mbongo_vm_fuzz::{admission, bytes, differential, execution};
use std::{fs, path::Path};

fn folder(target: &str) -> std::path::PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

fn write(target: &str, name: &str, bytes: &[u8]) {
	fs::write(folder(target).join(name), bytes).expect("the file can be written");
}

/// Writes the first inputs that are of this kind.
fn first(target: &str, name: &str, count: usize, length: usize, is: impl Fn(&[u8]) -> bool) {
	let inputs = (0..).map(|seed| bytes(seed, length)).filter(|input| is(input));
	for (number, input) in inputs.take(count).enumerate() {
		write(target, &format!("{name}-{number}"), &input);
	}
}

/// A guest with these parts.
fn guest(more: &str, body: &str) -> Vec<u8> {
	let text = format!(
		r#"(module {more}
		(memory (export "memory") 2 16) (data (i32.const 768) "\01\00\00\00\00\00")
		(func (export "alloc") (param i32) (result i32) (i32.const 1024))
		(func (export "output_len") (result i32) (i32.const 6))
		(func (export "execute") (param i32 i32) (result i32) {body} (i32.const 768)))"#
	);
	wat::parse_str(text).expect("it is a module")
}

fn main() {
	for target in ["admission", "differential", "execution"] {
		let folder = folder(target);
		let _ = fs::remove_dir_all(&folder);
		fs::create_dir_all(&folder).expect("the folder can be made");
	}

	first("differential", "same", 16, 700, |input| differential(input).calls > 3);
	first("differential", "long", 8, 2_400, |input| differential(input).calls > 5);
	first("differential", "trap", 8, 700, |input| differential(input).traps > 2);
	first("differential", "out-of-fuel", 4, 700, |input| differential(input).out_of_fuel > 0);
	first("differential", "out-of-stack", 4, 700, |input| differential(input).out_of_stack > 0);
	first("differential", "stillborn", 2, 700, |input| differential(input).stillborn > 0);

	first("execution", "success", 12, 700, |input| {
		let ran = execution(input);
		ran.successes > 0 && ran.asked > 1
	});
	first("execution", "deep", 8, 1_500, |input| execution(input).asked > 12);
	first("execution", "refused", 12, 700, |input| execution(input).refused > 0);
	first("execution", "out-of-gas", 6, 700, |input| execution(input).out_of_gas > 0);

	first("admission", "made", 8, 1_500, |input| admission(input).is_ok());
	first("admission", "made-and-refused", 8, 1_500, |input| {
		matches!(admission(input), Err(Some(_)))
	});
	let call = r#"(import "mbongo" "call" (func $call (param i32 i32 i64 i32 i32) (result i32)))"#;
	let read = r#"(import "mbongo" "storage_read" (func (param i32 i32 i32 i32) (result i32)))"#;
	for (name, more, body) in [
		("plain", "", ""),
		("import", read, ""),
		("unknown-import", r#"(import "env" "f" (func))"#, ""),
		("other-import", r#"(import "mbongo" "log" (func (param i64 i32)))"#, ""),
		(
			"call",
			call,
			"(drop (call $call (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 48) (i32.const 2)))",
		),
		("manifest", "(@custom \"mbongo\" \"\\01\\01\\02\")", ""),
		("bad-manifest", "(@custom \"mbongo\" \"\\02\\01\")", ""),
		("float", "(func (param f32))", ""),
		("float-not-reached", "", "unreachable i32.trunc_f32_s drop"),
		("vector", "", "(drop (v128.const i64x2 0 0))"),
		("atomic", "", "(drop (i32.atomic.load (i32.const 0)))"),
		("second-memory", "(memory 1)", ""),
		("start", "(func $s) (start $s)", ""),
		("table", "(table 4 funcref) (func $t) (elem (i32.const 1) $t $t)", ""),
		("element-outside", "(table 1 funcref) (func $t) (elem (i32.const 1) $t)", ""),
		("data-outside", "(data (i32.const 131072) \"x\")", ""),
		("block-of-a-value", "", "(i32.const 1) block (param i32) drop end"),
		("two-values", "(func (result i64 i32) (i64.const 1) (i32.const 2))", ""),
		("branches", "", "(block (block (br_table 0 1 0 (local.get 0))))"),
		("loop", "", "(loop (br 0))"),
		("recursion", "(func $f (call $f))", "(call $f)"),
		("grow", "", "(drop (memory.grow (i32.const 14)))"),
		("bulk", "", "(memory.fill (i32.const 0) (i32.const 1) (i32.const 9))"),
		("globals", "(global (mut i64) (i64.const 1)) (global i32 (i32.const 2))", ""),
		("references", "", "(drop (ref.null func))"),
		(
			"select-by-zero",
			"",
			"(drop (select (i32.const 1) (local.get 0) (i32.eqz (local.get 0))))",
		),
		(
			"store-at-itself",
			"",
			"(local.set 0 (i32.add (local.get 0) (i32.const 1)))
			(i32.store offset=65536 (local.get 0) (local.get 0))",
		),
		("grow-again-and-again", "", "(loop (drop (memory.grow (i32.const 0))) (br 0))"),
	] {
		let code = guest(more, body);
		let _ = admission(&code);
		write("admission", name, &code);
	}
	write("admission", "empty", b"\0asm\x01\0\0\0");
	write("admission", "component", b"\0asm\x0d\0\x01\0");
}
