//! Guests that try to get much time for their gas, by what they do.

use codec::Encode;
use mbongo_vm::{abi::ABI_VERSION, VmOutput};

/// A guest with these parts, which does this and then succeeds.
pub fn guest(imports: &str, more: &str, body: &str) -> String {
	answering(0, imports, more, body)
}

/// A guest as before, which answers so many bytes, of whatever lies there.
pub fn answering(bytes: usize, imports: &str, more: &str, body: &str) -> String {
	let output = VmOutput { abi: ABI_VERSION, status: 0, data: vec![0; bytes] }.encode();
	// Only this has to be written.
	let head = data(768, &output[..output.len() - bytes]);
	let length = output.len();
	format!(
		r#"(module {imports}
		(memory (export "memory") 2 16) {head} {more}
		(func (export "alloc") (param i32) (result i32) (i32.const 1024))
		(func (export "output_len") (result i32) (i32.const {length}))
		(func (export "execute") (param i32 i32) (result i32) (local $n i32) (local $x i64)
			{body} (i32.const 768)))"#
	)
}

/// The body a hundred thousand times, eight in a round.
fn often(body: &str) -> String {
	times(body, 12_500)
}

pub fn times(body: &str, rounds: u32) -> String {
	format!(
		"(local.set $n (i32.const {rounds})) (loop {} (br_if 0
		(local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
		body.repeat(8)
	)
}

/// A function that is translated, and hardly runs: the body again and again, behind a return.
fn translated(before: &str, body: &str, after: &str, bytes: usize) -> (String, String) {
	let count = 40_000 / bytes;
	let text = format!(
		"(func $f (param i32) {before} (if (i32.eqz (local.get 0)) (then (return))) {} {after})",
		body.repeat(count)
	);
	(text, "(call $f (i32.const 0))".into())
}

/// A guest that does nothing.
pub fn idle() -> String {
	guest("", "", "")
}

/// Guests whose own instructions, or whose code, take much.
pub fn written() -> Vec<(&'static str, String)> {
	instructions().into_iter().chain(translations()).chain(loads()).collect()
}

/// Guests whose instructions take much.
fn instructions() -> Vec<(&'static str, String)> {
	let mut all = Vec::new();
	let plain = |name, body: &str| (name, guest("", "", &often(body)));
	let with = |name, more: &str, body: &str| (name, guest("", more, &often(body)));
	all.push(plain("add", "(local.set $x (i64.add (local.get $x) (i64.const 3)))"));
	all.push(plain("store and load", "(i64.store (local.get 0) (i64.load (local.get 1)))"));
	all.push(plain("i64.div_s", "(local.set $x (i64.div_s (local.get $x) (i64.const 3)))"));
	all.push(plain(
		"i64.div_s, large",
		"(local.set $x (i64.div_s (i64.const -9223372036854775807) (i64.or (local.get $x) (i64.const 3))))",
	));
	all.push(plain("i64.popcnt", "(local.set $x (i64.popcnt (local.get $x)))"));
	all.push(plain("i64.rotl", "(local.set $x (i64.rotl (local.get $x) (local.get $x)))"));
	all.push(plain(
		"select",
		"(local.set $x (select (local.get $x) (i64.const 1) (local.get $n)))",
	));
	all.push(plain("memory.size", "(drop (memory.size))"));
	all.push(plain("memory.grow of none", "(drop (memory.grow (i32.const 0)))"));
	all.push(plain("memory.grow refused", "(drop (memory.grow (i32.const 100)))"));
	all.push(plain(
		"memory.fill of none",
		"(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))",
	));
	all.push(plain(
		"memory.copy of none",
		"(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))",
	));
	all.push((
		"memory.fill of a page",
		guest("", "", &times("(memory.fill (i32.const 4096) (i32.const 0) (i32.const 65536))", 20)),
	));
	all.push((
		"memory.copy of a page",
		guest(
			"",
			"",
			&times("(memory.copy (i32.const 4097) (i32.const 4096) (i32.const 65536))", 20),
		),
	));
	let table = "(table 1024 funcref) (func $e) (elem $s func $e $e)";
	all.push(with(
		"table.copy of none",
		table,
		"(table.copy (i32.const 0) (i32.const 0) (i32.const 0))",
	));
	all.push((
		"table.copy of all",
		guest(
			"",
			table,
			&times("(table.copy (i32.const 0) (i32.const 1) (i32.const 1023))", 1_000),
		),
	));
	all.push(with(
		"table.init of none",
		table,
		"(table.init $s (i32.const 0) (i32.const 0) (i32.const 0))",
	));
	all.push(with("elem.drop", table, "(elem.drop $s)"));
	all.push(with("data.drop", "(data $d \"x\")", "(data.drop $d)"));
	all.push(plain("branch", "(block (br_if 0 (local.get $n)))"));
	all.push(plain("branch by table", "(block (block (br_table 0 1 0 1 0 (local.get $n))))"));
	all.push(plain("loops that do not loop", "(loop) (loop) (loop)"));
	all.push(plain(
		"if",
		"(if (local.get 0) (then (local.set $x (i64.const 1))) (else (local.set $x (i64.const 2))))",
	));
	all.push(with(
		"global",
		"(global $g (mut i64) (i64.const 0))",
		"(global.set $g (i64.add (global.get $g) (i64.const 1)))",
	));
	all.push(with("call", "(func $f)", "(call $f)"));
	for (name, locals) in
		[("call, 8 locals", 8), ("call, 64 locals", 64), ("call, 248 locals", 248)]
	{
		all.push(with(name, &format!("(func $f (local{}))", " i64".repeat(locals)), "(call $f)"));
	}
	let parameters = " i64".repeat(32);
	all.push(with(
		"call of 32",
		&format!("(func $f (param{parameters}))"),
		&format!("{}(call $f)", "(local.get $x)".repeat(32)),
	));
	let results = " i64".repeat(8);
	all.push(with(
		"call for 8",
		&format!("(func $f (result{results}) {})", "(i64.const 1)".repeat(8)),
		&format!("(call $f) {}", "drop ".repeat(8)),
	));
	all.push(with(
		"call_indirect",
		"(type $t (func)) (table 1 funcref) (func $f) (elem (i32.const 0) $f)",
		"(call_indirect (type $t) (i32.const 0))",
	));
	all.push(with(
		"branch with 8",
		"",
		&format!(
			"(block (result{results}) (i64.const 1) {} br 0) {}",
			"(local.get $x)".repeat(8),
			"drop ".repeat(8)
		),
	));
	all.push((
		"fib",
		guest(
			"",
			"(func $fib (param i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
			(then (local.get 0)) (else (i32.add
			(call $fib (i32.sub (local.get 0) (i32.const 1)))
			(call $fib (i32.sub (local.get 0) (i32.const 2)))))))",
			"(drop (call $fib (i32.const 22)))",
		),
	));
	all
}

/// Guests that have much translated.
fn translations() -> Vec<(&'static str, String)> {
	let mut all = Vec::new();
	let parameters = " i64".repeat(32);
	let results = " i64".repeat(8);
	let translate = |name, before: &str, body: &str, after: &str, bytes| {
		let (more, call) = translated(before, body, after, bytes);
		(name, guest("", &more, &call))
	};
	let consts = "(drop (i32.const 1))";
	all.push(translate("translate constants", "", consts, "", 3));
	all.push(translate("translate nop", "", "nop ", "", 1));
	all.push(translate(
		"translate arithmetic",
		"(local i32)",
		"(local.set 1 (i32.add (local.get 1) (i32.load (local.get 0))))",
		"",
		10,
	));
	let not_reached = format!("unreachable {}", consts.repeat(13_333));
	all.push(translate("translate what is not reached", "", "", &not_reached, 40_000));
	all.push(translate("translate blocks", "", "(block)", "", 3));
	all.push(translate("translate loops", "", "(loop)", "", 3));
	all.push(translate("translate ifs", "", "(if (local.get 0) (then))", "", 5));
	all.push(translate("translate nested blocks", "", "block ", &"end ".repeat(13_333), 3));
	all.push(translate("translate operands", "", "(i32.const 1)", &"drop ".repeat(13_333), 3));
	all.push(translate(
		"translate kept locals",
		"",
		"(local.get 0)",
		&format!("(local.set 0 (i32.const 1)) {}", "drop ".repeat(13_333)),
		3,
	));
	all.push(translate(
		"translate locals kept by blocks",
		"",
		"(local.get 0) (block) (drop)",
		"",
		6,
	));
	all.push(translate(
		"translate locals set under operands",
		&format!("(local{}) {}", " i32".repeat(200), "(local.get 5)".repeat(1_000)),
		"(local.set 5 (i32.const 1))",
		&"drop ".repeat(1_000),
		4,
	));
	let targets = "0 ".repeat(511);
	all.push(translate(
		"translate tables of branches",
		"",
		&format!("(block (block (br_table {targets} 1 (local.get 0))))"),
		"",
		520,
	));
	all.push(translate(
		"translate tables of branches with a value",
		"",
		&format!("(drop (block (result i32) (i32.const 0) (block (result i32) (i32.const 1) (br_table {targets} 1 (local.get 0))) (br 0)))"),
		"",
		526,
	));
	let (more, call) = translated("", &format!("{}(call $g)", "(i64.const 0)".repeat(32)), "", 66);
	all.push((
		"translate calls of 32",
		guest("", &format!("(func $g (param{parameters})) {more}"), &call),
	));
	let (more, call) = translated("", &format!("(call $g) {}", "drop ".repeat(8)), "", 10);
	all.push((
		"translate calls for 8",
		guest("", &format!("(func $g (result{results}) unreachable) {more}"), &call),
	));
	let block = format!("block (result{results}) {}", "(i64.load (local.get 0))".repeat(7));
	all.push(translate(
		"translate branches with 8",
		&format!("{block} (i64.const 1)"),
		"(br_if 0 (local.get 0))",
		&format!("end {}", "drop ".repeat(8)),
		4,
	));
	all
}

/// Guests that take much to be loaded.
fn loads() -> Vec<(&'static str, String)> {
	let mut all = Vec::new();
	let results = " i64".repeat(8);
	let load = |name, imports: &str, more: &str| (name, guest(imports, more, ""));
	all.push(load("load functions", "", &"(func)".repeat(2_040)));
	all.push(load(
		"load functions of many locals",
		"",
		&format!("(func (local{}))", " i64 i32".repeat(24)).repeat(600),
	));
	let types: String = (0..500)
		.map(|n| {
			let bits: String =
				(0..32).map(|bit| if n >> (bit % 9) & 1 == 1 { " i32" } else { " i64" }).collect();
			format!("(type (func (param{bits}) (result{results})))")
		})
		.collect();
	all.push(load("load types", "", &types));
	all.push(load(
		"load imports",
		&"(import \"mbongo\" \"log\" (func (param i32 i32)))".repeat(2_000),
		"",
	));
	all.push(load("load globals", "", &"(global (mut i64) (i64.const 0))".repeat(250)));
	let exports: String = (0..120).map(|n| format!("(export \"e{n}\" (func $e))")).collect();
	all.push(load("load exports", "", &format!("(func $e) {exports}")));
	let exports: String =
		(0..120).map(|n| format!("(export \"{}{n}\" (func $e))", "e".repeat(500))).collect();
	all.push(load("load long exports", "", &format!("(func $e) {exports}")));
	let elements = |segments: usize, each: usize| {
		format!("(func $e) {}", format!("(elem func {})", "$e ".repeat(each)).repeat(segments))
	};
	all.push(load("load elements", "", &elements(250, 230)));
	all.push(load("load elements in one", "", &elements(1, 60_000)));
	let active = format!(
		"(table 1024 funcref) (func $e) {}",
		format!("(elem (i32.const 0) {})", "$e ".repeat(230)).repeat(250)
	);
	all.push(load("load elements into the table", "", &active));
	all.push(load("load data", "", &format!("(data \"{}\")", "x".repeat(240)).repeat(250)));
	all.push(load(
		"load data into memory",
		"",
		&format!("(data (i32.const 4096) \"{}\")", "x".repeat(230)).repeat(250),
	));
	all.push(load("load other parts", "", &"(@custom \"a\" \"\")".repeat(10_000)));
	all.push(("load 16 pages", idle().replace(" 2 16)", " 16 16)")));
	all
}

/// The text of bytes in memory.
pub fn data(at: u32, bytes: &[u8]) -> String {
	format!("(data (i32.const {at}) \"{}\")", escaped(bytes))
}

pub fn escaped(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}
