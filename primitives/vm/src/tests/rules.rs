//! Which code is let in: each rule with what just keeps it and what breaks it, and where.

use super::{
	host_functions::{import_of, imports_of_other_types},
	*,
};
use crate::{Permission, Refusal, Rule, ADMISSION_VERSION};
use wasmparser::{Parser, Payload};

/// Every rule, in the order of their numbers.
const RULES: [Rule; 26] = {
	use Rule::*;
	[
		CodeSize,
		Valid,
		NoFloats,
		NoSimd,
		NoThreads,
		NoMemory64,
		OneMemory,
		NoStart,
		KnownImports,
		ImportTypes,
		Exports,
		ExportTypes,
		MemorySize,
		TableSize,
		Globals,
		Locals,
		Functions,
		Types,
		BranchTables,
		Segments,
		ExportCount,
		Manifest,
		Translatable,
		BlockParameters,
		SelectByZero,
		StoreAtItself,
	]
};

/// Where in a module what breaks a rule must be found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
	Anywhere,
	Type,
	Import,
	Function,
	Table,
	Memory,
	Global,
	Export,
	Start,
	Element,
	Code,
	Data,
	Custom,
	End,
}

use Place::*;

/// Text of a guest with more in it.
fn with(more: &str) -> String {
	guest_answering(more, "", 8)
}

/// A guest with instructions in a function of their own.
fn doing(body: &str) -> String {
	with(&format!("(func {body})"))
}

fn judge(code: &[u8]) -> Result<Facts, Refusal> {
	admit(code, limits::CONTRACT_PAGES)
}

/// From where to where the sections of a kind are.
fn range(code: &[u8], place: Place) -> Option<std::ops::Range<usize>> {
	let mut parts = Vec::new();
	for payload in Parser::new(0).parse_all(code) {
		let Ok(payload) = payload else { break };
		let of = match &payload {
			Payload::TypeSection(reader) => (Type, reader.range()),
			Payload::ImportSection(reader) => (Import, reader.range()),
			Payload::FunctionSection(reader) => (Function, reader.range()),
			Payload::TableSection(reader) => (Table, reader.range()),
			Payload::MemorySection(reader) => (Memory, reader.range()),
			Payload::GlobalSection(reader) => (Global, reader.range()),
			Payload::ExportSection(reader) => (Export, reader.range()),
			Payload::StartSection { range, .. } => (Start, range.clone()),
			Payload::ElementSection(reader) => (Element, reader.range()),
			Payload::DataSection(reader) => (Data, reader.range()),
			Payload::CodeSectionStart { range, .. } => (Code, range.clone()),
			// The text's names are another one.
			Payload::CustomSection(reader) if reader.name() == "mbongo" => (Custom, reader.range()),
			_ => continue,
		};
		parts.push(of);
	}
	parts.into_iter().filter(|(kind, _)| *kind == place).map(|(_, range)| range).next_back()
}

/// That code is refused by this rule, there.
fn refused(code: &[u8], rule: Rule, place: Place, what: &str) {
	let refusal = judge(code).expect_err(what);
	assert_eq!(refusal.rule, rule, "{what}: {refusal:?}");
	let at = refusal.offset as usize;
	let expected = match place {
		Anywhere => 0..code.len(),
		End => code.len()..code.len(),
		place => range(code, place).unwrap_or_else(|| panic!("{what} has no {place:?}")),
	};
	assert!((expected.start..=expected.end).contains(&at), "{what}: {at} in {expected:?}");
}

fn repeated(text: &str, times: u32) -> String {
	text.repeat(times as usize)
}

fn exports(count: u32) -> String {
	(0..count).map(|number| format!("(export \"e{number}\" (func $e))")).collect()
}

fn types(count: u32) -> String {
	// The same type many times counts as often.
	repeated("(type (func (param i64)))", count)
}

fn signature(parameters: u32, results: u32) -> String {
	let results_text = repeated(" i64", results);
	format!("(type (func (param{}) (result{results_text})))", repeated(" i64", parameters))
}

fn with_manifest(bytes: &[u8]) -> String {
	with(&format!("(@custom \"mbongo\" \"{}\")", hex(bytes)))
}

/// A function that calls another one 8,200 times, and keeps the eight values of each answer until it
/// returns: more than a frame has room for.
fn too_many_operands() -> String {
	with(&format!(
		"(func $eight (result i64 i64 i64 i64 i64 i64 i64 i64) unreachable)
		(func (result i32) {} (return (i32.const 0)))",
		"(call $eight)".repeat(8_200)
	))
}

/// What breaks each rule, in text.
fn breaches() -> Vec<(Rule, Place, String)> {
	let bare = |text: &str| format!("(module {text})");
	let mut all = vec![
		(Rule::Valid, Code, doing("(local.set 0 (i32.const 1))")),
		(Rule::Valid, Code, doing("(i32.const 1)")),
		(Rule::Valid, Code, doing("(drop (i32.add (i32.const 1) (i64.const 1)))")),
		(Rule::Valid, Code, doing("(call 60)")),
		(Rule::Valid, Code, doing("(drop (ref.null func))")),
		(Rule::Valid, Code, with("(func $f) (func (return_call $f))")),
		(Rule::Valid, Type, with("(type (struct))")),
		(Rule::Valid, Type, with("(type (func (param externref)))")),
		(Rule::Valid, Table, with("(table 1 externref)")),
		(Rule::Valid, Global, with("(global i32 (i32.add (i32.const 1) (i32.const 1)))")),
		(Rule::Valid, Anywhere, with("(tag)")),
		(Rule::NoSimd, Code, doing("(drop (v128.const i64x2 1 2))")),
		(Rule::NoSimd, Type, with("(type (func (param v128)))")),
		(Rule::NoSimd, Code, doing("(local v128)")),
		(Rule::NoThreads, Code, doing("(drop (i32.atomic.load (i32.const 0)))")),
		(Rule::NoThreads, Code, doing("(atomic.fence)")),
		(Rule::NoThreads, Memory, with("").replace(" 2 16)", " 2 16 shared)")),
		(Rule::NoMemory64, Memory, with("").replace(" 2 16)", " i64 2 16)")),
		(Rule::OneMemory, Memory, with("(memory 1)")),
		(Rule::NoStart, Start, with("(func $f) (start $f)")),
		(Rule::Exports, End, bare("")),
		(Rule::MemorySize, Memory, with("").replace(" 2 16)", " 17 17)")),
		(Rule::TableSize, Table, with(&format!("(table {} funcref)", limits::TABLE_ELEMENTS + 1))),
		(Rule::TableSize, Table, with("(table 1 funcref) (table 1 funcref)")),
		(Rule::Globals, Global, with(&repeated("(global i32 (i32.const 0))", limits::GLOBALS))),
		(Rule::Locals, Code, doing(&format!("(local{})", repeated(" i32", limits::LOCALS + 1)))),
		(Rule::Functions, Function, with(&repeated("(func)", limits::FUNCTIONS))),
		(Rule::Types, Type, with(&types(limits::TYPES + 1))),
		(Rule::Types, Type, with(&format!("(rec {})", types(limits::TYPES + 1)))),
		(Rule::Types, Type, with(&signature(limits::PARAMETERS + 1, 0))),
		(Rule::Types, Type, with(&signature(0, limits::RESULTS + 1))),
		(Rule::Segments, Data, with(&repeated("(data \"\")", limits::SEGMENTS + 1))),
		(Rule::Segments, Element, with(&repeated("(elem func)", limits::SEGMENTS + 1))),
		(Rule::ExportCount, Export, with(&format!("(func $e) {}", exports(limits::EXPORTS)))),
		(Rule::Manifest, Custom, with_manifest(&[])),
		(Rule::Manifest, Custom, with_manifest(&[0, 0])),
		(Rule::Manifest, Custom, with_manifest(&[2, 0, 0])),
		(Rule::Manifest, Custom, with_manifest(&[1, 3, 0])),
		(Rule::Manifest, Custom, with_manifest(&[1, 0, 0, 0])),
		(
			Rule::Manifest,
			Custom,
			with(
				&[manifest_section(Manifest::default()), manifest_section(Manifest::default())]
					.concat(),
			),
		),
		(Rule::Translatable, Anywhere, too_many_operands()),
	];
	let table = repeated("0 ", limits::BRANCH_TARGETS + 1);
	let bomb = format!("(block (br_table {table} 0 (i32.const 1)))");
	all.push((Rule::BranchTables, Code, doing(&bomb)));
	for block in ["block", "loop", "(i32.const 1) if"] {
		let body = format!("(i64.const 1) {block} (param i64) drop end");
		all.push((Rule::BlockParameters, Code, doing(&body)));
	}
	for test in TESTS_OF_ZERO {
		let body = format!("(param i32 i32) (i32.const 1) (local.get 0) {test} select drop");
		all.push((Rule::SelectByZero, Code, doing(&body)));
	}
	for twice in SAME_LOCALS {
		let body = format!("(param i32 i32) {twice} i32.store offset=65536");
		all.push((Rule::StoreAtItself, Code, doing(&body)));
	}
	all.extend(floats());
	all.extend(imports());
	all.extend(other_exports());
	all
}

/// Whether something is zero, where a translator can see that this is the question.
const TESTS_OF_ZERO: [&str; 14] = [
	"(i32.eqz (local.get 1))",
	"(i32.eq (local.get 1) (i32.const 0))",
	"(i32.ne (i32.const 0) (local.get 1))",
	"(i32.eq (i32.load (i32.const 0)) (i32.const 0))",
	"(i32.ne (local.get 1) (i32.sub (i32.const 1) (i32.const 1)))",
	"(i32.ne (local.get 1) (i32.wrap_i64 (i64.const 4294967296)))",
	"(i32.eq (local.get 1) (block (result i32) (i32.const 0)))",
	"(i32.eq (local.get 1) (local.tee 0 (i32.const 0)))",
	"(i32.eq (local.get 1) (select (i32.const 0) (i32.const 0) (local.get 0)))",
	"(i32.eq (local.get 1) (if (result i32) (i32.const 1) (then (i32.const 0)) (else (local.get 0))))",
	"(i32.eqz (i32.eq (local.get 0) (local.get 1)))",
	"(i32.eqz (local.get 1)) nop",
	"(i32.eqz (local.get 1)) (local.set 0 (local.get 0))",
	"(i32.eqz (local.get 1)) (br_if 0 (i32.const 0))",
];

/// The same local twice, where a translator can see that it is.
const SAME_LOCALS: [&str; 8] = [
	"(local.get 1) (local.get 1)",
	"(local.tee 1 (i32.add (local.get 0) (i32.const 1))) (local.get 1)",
	"(local.get 1) (local.tee 1 (i32.add (local.get 0) (i32.const 1)))",
	"(local.tee 1 (local.get 0)) nop (local.get 1)",
	"(local.get 1) (local.set 0 (i32.const 1)) (local.get 1)",
	"(local.get 1) (block (result i32) (local.get 1))",
	"(local.get 1) (if (result i32) (i32.const 1) (then (local.get 1)) (else (i32.const 1)))",
	"(local.get 1) (select (local.get 1) (local.get 1) (local.get 0))",
];

/// A float in every place that can have one.
fn floats() -> Vec<(Rule, Place, String)> {
	let mut all = Vec::new();
	for float in ["f32", "f64"] {
		for text in
			[format!("(type (func (param {float})))"), format!("(type (func (result {float})))")]
		{
			all.push((Type, with(&text)));
		}
		all.push((Global, with(&format!("(global {float} ({float}.const 0))"))));
		all.push((Global, with(&format!("(global (mut {float}) ({float}.const 0))"))));
		for body in [
			format!("(local {float})"),
			format!("(local i32 {float} i32)"),
			format!("(drop ({float}.const 0))"),
			format!("(drop ({float}.load (i32.const 0)))"),
			format!("unreachable ({float}.store (i32.const 0))"),
			format!("(block (result {float}) unreachable) drop"),
			format!("unreachable {float}.add drop"),
			format!("unreachable {float}.eq drop"),
			format!("unreachable i32.trunc_{float}_s drop"),
			format!("unreachable i64.trunc_{float}_u drop"),
			format!("unreachable {float}.convert_i64_s drop"),
			format!("unreachable {float}.sqrt drop"),
			format!("return unreachable {float}.neg drop"),
		] {
			all.push((Code, doing(&body)));
		}
	}
	for operator in [
		"f32.demote_f64",
		"f64.promote_f32",
		"i32.reinterpret_f32",
		"i64.reinterpret_f64",
		"f32.reinterpret_i32",
		"f64.reinterpret_i64",
	] {
		all.push((Code, doing(&format!("unreachable {operator} drop"))));
	}
	all.into_iter().map(|(place, text)| (Rule::NoFloats, place, text)).collect()
}

fn imports() -> Vec<(Rule, Place, String)> {
	let mut all = Vec::new();
	for text in [
		"(import \"env\" \"log\" (func (param i32 i32)))",
		"(import \"\" \"log\" (func (param i32 i32)))",
		"(import \"mbongo\" \"\" (func))",
		"(import \"mbongo\" \"Log\" (func (param i32 i32)))",
		"(import \"mbongo\" \"log \" (func (param i32 i32)))",
		"(import \"mbongo\" \"memory\" (memory 1))",
		"(import \"mbongo\" \"log\" (global i32))",
		"(import \"mbongo\" \"log\" (table 1 funcref))",
	] {
		all.push((Rule::KnownImports, Import, with(text)));
	}
	for function in crate::Function::ALL {
		for text in imports_of_other_types(*function) {
			all.push((Rule::ImportTypes, Import, with(&text)));
		}
	}
	let import = import_of(crate::Function::Log).replace("$f ", "");
	let most = limits::FUNCTIONS + 1;
	all.push((Rule::Functions, Import, with(&repeated(&import, most))));
	all
}

/// Each export missing, of another kind, of another type, and imported.
fn other_exports() -> Vec<(Rule, Place, String)> {
	let parts = [
		("memory", "(memory (export \"memory\") 1)"),
		("alloc", "(func (export \"alloc\") (param i32) (result i32) (i32.const 0))"),
		("execute", "(func (export \"execute\") (param i32 i32) (result i32) (i32.const 0))"),
		("output_len", "(func (export \"output_len\") (result i32) (i32.const 0))"),
	];
	let mut all = Vec::new();
	for (name, part) in parts {
		let others: String =
			parts.iter().filter(|(other, _)| *other != name).map(|(_, text)| *text).collect();
		all.push((Rule::Exports, End, format!("(module {others})")));
		let other_name = part.replace(name, &format!("{name} "));
		all.push((Rule::Exports, End, format!("(module {others} {other_name})")));
		let kinds = [
			format!("(global (export \"{name}\") i32 (i32.const 0))"),
			format!("(table (export \"{name}\") 1 funcref)"),
			match name {
				"memory" => format!("(func (export \"{name}\"))"),
				_ => format!("(memory 1) (export \"{name}\" (memory 0))"),
			},
		];
		for (place, kind) in kinds.iter().enumerate() {
			// There is one memory.
			let others = match place {
				2 if name != "memory" => others.replace("(memory (export \"memory\") 1)", ""),
				_ => others.clone(),
			};
			all.push((Rule::ExportTypes, Export, format!("(module {others} {kind})")));
		}
		if name == "memory" {
			continue;
		}
		let types = [
			"(param i64) (result i32)",
			"(param i32)",
			"(param i32 i32 i32) (result i32)",
			"(param i32) (result i64)",
			"(result i32 i32)",
			"",
		];
		for types in types {
			let function = format!("(func (export \"{name}\") {types} unreachable)");
			all.push((Rule::ExportTypes, Export, format!("(module {others} {function})")));
		}
	}
	// One of the table, with the right type.
	let import = "(import \"mbongo\" \"storage_len\" (func $f (param i32 i32) (result i32)))";
	let others: String =
		parts.iter().filter(|(name, _)| *name != "execute").map(|(_, text)| *text).collect();
	let text = format!("(module {import} {others} (export \"execute\" (func $f)))");
	all.push((Rule::ExportTypes, Export, text));
	all
}

#[test]
fn every_rule_refuses_what_breaks_it_and_says_where() {
	let mut seen = vec![Rule::CodeSize];
	for (rule, place, text) in breaches() {
		let shown: String =
			text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
		refused(&wasm(&text), rule, place, &shown);
		seen.push(rule);
	}
	for rule in RULES {
		assert!(seen.contains(&rule), "{rule:?}");
	}
}

#[test]
fn every_rule_is_in_the_list_under_its_number() {
	for (number, rule) in RULES.into_iter().enumerate() {
		assert_eq!(rule.encode(), [number as u8]);
	}
	assert!(Rule::decode(&mut &[RULES.len() as u8][..]).is_err(), "there is one more");
}

#[test]
fn what_is_at_each_limit_is_let_in() {
	let own = |text: &str| {
		// What the guest of the tests has itself.
		let code = wasm(text);
		let mut counts = (0, 0, 0, 0);
		for payload in Parser::new(0).parse_all(&code) {
			match payload.unwrap() {
				Payload::TypeSection(reader) => counts.0 = reader.count(),
				Payload::FunctionSection(reader) => counts.1 = reader.count(),
				Payload::GlobalSection(reader) => counts.2 = reader.count(),
				Payload::ExportSection(reader) => counts.3 = reader.count(),
				_ => (),
			}
		}
		counts
	};
	let (types_there, functions, globals, exports_there) = own(&with("(func $e (param i64))"));
	for text in [
		with(&format!("(table {} funcref)", limits::TABLE_ELEMENTS)),
		with("").replace(" 2 16)", " 16 16)"),
		with("").replace(" 2 16)", " 1 65536)"),
		with(&format!("(func (param i64)) {}", types(limits::TYPES - types_there))),
		with(&format!(
			"{}(func (param i64))",
			repeated("(func)", limits::FUNCTIONS - functions - 1)
		)),
		with(&repeated("(global i32 (i32.const 0))", limits::GLOBALS - globals)),
		with(&format!("(func $e) {}", exports(limits::EXPORTS - exports_there))),
		with(&signature(limits::PARAMETERS, limits::RESULTS)),
		with(&repeated("(data \"\")", limits::SEGMENTS - 1)), // it has one itself
		with(&repeated("(elem func)", limits::SEGMENTS)),
		doing(&format!("(local{})", repeated(" i32", limits::LOCALS))),
		doing(&format!(
			"(block (br_table {} 0 (i32.const 1)))",
			repeated("0 ", limits::BRANCH_TARGETS)
		)),
		doing("(i32.const 1) if nop else nop end"),
		doing("(block (result i64 i32) (i64.const 1) (i32.const 1)) drop drop"),
	] {
		let shown: String = text.chars().take(200).collect();
		assert!(judge(&wasm(&text)).is_ok(), "{shown}: {:?}", judge(&wasm(&text)));
	}
	let all: String = crate::Function::ALL
		.iter()
		.map(|function| import_of(*function).replace("$f ", ""))
		.collect();
	assert!(judge(&wasm(&with(&all))).is_ok());
}

#[test]
fn code_is_not_longer_than_the_limit() {
	let of = |filling: usize| {
		let bytes = "x".repeat(filling);
		wasm(&with(&format!("(@custom \"other\" \"{bytes}\")")))
	};
	let least = of(20_000).len() - 20_000;
	let most = limits::CODE_BYTES as usize;
	let code = of(most - least);
	assert_eq!(code.len(), most);
	assert!(judge(&code).is_ok());
	let code = of(most - least + 1);
	let refusal = Refusal { rule: Rule::CodeSize, offset: limits::CODE_BYTES };
	assert_eq!(judge(&code), Err(refusal));
	// Whatever it is.
	assert_eq!(judge(&vec![0; most + 1]), Err(refusal));
	assert_eq!(judge(&vec![0; 100 * most]), Err(refusal));
}

#[test]
fn more_pages_are_for_who_may_have_them() {
	let code = wasm(&with("").replace(" 2 16)", " 64 64)"));
	assert_eq!(judge(&code).unwrap_err().rule, Rule::MemorySize);
	assert!(admit(&code, limits::FOLD_PAGES).is_ok());
	assert_eq!(admit(&code, limits::FOLD_PAGES - 1).unwrap_err().rule, Rule::MemorySize);
}

#[test]
fn no_code_at_all_and_no_module_are_not_valid() {
	for code in [
		&b""[..],
		b"\0",
		b"\0asm",
		b"\0asm\x01\0\0",
		b"\0asm\x02\0\0\0",
		b"\0asm\x0d\0\x01\0",
		b"\0asn\x01\0\0\0",
		b"(module)",
	] {
		let refusal = judge(code).unwrap_err();
		assert_eq!(refusal.rule, Rule::Valid, "{code:?}");
		assert!(refusal.offset as usize <= code.len(), "{code:?}: {refusal:?}");
	}
	// A header, and nothing.
	assert_eq!(judge(b"\0asm\x01\0\0\0"), Err(Refusal { rule: Rule::Exports, offset: 8 }));
}

#[test]
fn no_part_of_good_code_is_good_code() {
	// Its last part is its functions: the names of the text, and data, it could do without.
	let text = guest("", "(i32.const 0)").replace("$length)", "0)");
	let code = wasm(&text.replace("$length", "").replace("$at", "").replace("$len", ""));
	assert!(judge(&code).is_ok());
	for end in 0..code.len() {
		let refusal = judge(&code[..end]).expect_err("it lacks something");
		assert!(refusal.offset as usize <= end, "{end}: {refusal:?}");
	}
	let mut longer = code.clone();
	longer.push(0);
	assert_eq!(judge(&longer).unwrap_err().rule, Rule::Valid);
	// Twice is no module either.
	assert_eq!(judge(&[code.clone(), code].concat()).unwrap_err().rule, Rule::Valid);
}

#[test]
fn each_byte_changed_is_judged_without_a_panic() {
	let code = wasm(&guest_answering(
		"(table 2 funcref) (func $f (param i32) (result i32) (block (br_table 0 0 (local.get 0)))
		(i32.const 1)) (elem (i32.const 0) $f)",
		"(drop (call $f (i32.const 1)))",
		8,
	));
	let mut allowed = 0;
	for place in 0..code.len() {
		for byte in [0, 1, 0x0b, 0x40, 0x7c, 0x7f, 0x80, 0xfc, 0xfd, 0xfe, 0xff] {
			let mut changed = code.clone();
			changed[place] = byte;
			match judge(&changed) {
				Ok(facts) => {
					allowed += 1;
					let module = crate::Module::new(&changed, &facts);
					assert!(module.is_ok(), "{byte:02x} at {place}");
				}
				Err(refusal) => assert!(refusal.offset as usize <= code.len() + 1),
			}
		}
	}
	assert!(allowed > 100, "{allowed}");
}

#[test]
fn what_code_says_of_itself_is_known_of_it() {
	let plain = judge(&wasm(&with(""))).unwrap();
	assert_eq!(plain.manifest, Manifest::default());
	assert_eq!(plain.admission_version, ADMISSION_VERSION);
	let manifest = Manifest {
		is_reentrant: true,
		upgrade: Permission::Deployer,
		terminate: Permission::Contract,
	};
	let said = judge(&wasm(&with(&manifest_section(manifest)))).unwrap();
	assert_eq!(said.manifest, manifest);
	// Under another name it is nobody's matter.
	let other = with("(@custom \"mbongo2\" \"\\09\")");
	assert_eq!(judge(&wasm(&other)).unwrap().manifest, Manifest::default());
}

#[test]
fn the_function_with_the_most_locals_counts_with_its_parameters() {
	let locals = |text: &str| judge(&wasm(&with(text))).unwrap().locals;
	// `execute` has two parameters.
	assert_eq!(locals(""), 2);
	assert_eq!(locals("(func (param i32 i32 i64) (local i64))"), 4);
	assert_eq!(locals("(func (local i64 i32 i64 i32 i64)) (func (local i32))"), 5);
	assert_eq!(locals(&format!("(func (local{}))", repeated(" i64", limits::LOCALS))), 256);
}
