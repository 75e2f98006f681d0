//! Which code may be a guest. Judged once, when it comes; later it is loaded as it is.

use crate::{
	abi::{Manifest, IMPORT_MODULE, MANIFEST_SECTION},
	costs::Parts,
	known::Known,
	limits, machine, Function,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use wasmparser::{
	BinaryReaderError, BlockType, CompositeInnerType, ElementItems, ExternalKind, FrameKind,
	FuncToValidate, FuncType, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator,
	Parser, Payload, TypeRef, ValType, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// The version of these rules. Code that was let in by others is judged again before it runs.
pub const ADMISSION_VERSION: u8 = 1;

/// Why code may not be a guest.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Refusal {
	/// The rule that it breaks.
	pub rule: Rule,
	/// Where, in bytes from the start of the code.
	pub offset: u32,
}

/// What holds of a guest's code.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum Rule {
	/// It is not longer than [`limits::CODE_BYTES`].
	#[codec(index = 0)]
	CodeSize,
	/// It is a valid WASM module of the features that guests have.
	#[codec(index = 1)]
	Valid,
	/// It has no floats.
	#[codec(index = 2)]
	NoFloats,
	/// It has no vectors.
	#[codec(index = 3)]
	NoSimd,
	/// It has no threads.
	#[codec(index = 4)]
	NoThreads,
	/// Its memory has addresses of 32 bits.
	#[codec(index = 5)]
	NoMemory64,
	/// It has one memory.
	#[codec(index = 6)]
	OneMemory,
	/// Nothing runs before it is called.
	#[codec(index = 7)]
	NoStart,
	/// It imports only functions that there are, from the module `mbongo`.
	#[codec(index = 8)]
	KnownImports,
	/// The functions that it imports have the types that they have.
	#[codec(index = 9)]
	ImportTypes,
	/// It exports `memory`, `alloc`, `execute` and `output_len`.
	#[codec(index = 10)]
	Exports,
	/// They have the types that they must have.
	#[codec(index = 11)]
	ExportTypes,
	/// Its memory begins no larger than it may become.
	#[codec(index = 12)]
	MemorySize,
	/// Its one table has at most [`limits::TABLE_ELEMENTS`].
	#[codec(index = 13)]
	TableSize,
	/// It has at most [`limits::GLOBALS`].
	#[codec(index = 14)]
	Globals,
	/// Its functions have at most [`limits::LOCALS`], with their parameters.
	#[codec(index = 15)]
	Locals,
	/// It has at most [`limits::FUNCTIONS`].
	#[codec(index = 16)]
	Functions,
	/// It has at most [`limits::TYPES`], with at most [`limits::PARAMETERS`] and [`limits::RESULTS`].
	#[codec(index = 17)]
	Types,
	/// A `br_table` has at most [`limits::BRANCH_TARGETS`], which take one value at most.
	#[codec(index = 18)]
	BranchTables,
	/// It has at most [`limits::SEGMENTS`] of data, and of elements.
	#[codec(index = 19)]
	Segments,
	/// It exports at most [`limits::EXPORTS`].
	#[codec(index = 20)]
	ExportCount,
	/// The section that says what it allows reads as a [`Manifest`], and there is one at most.
	#[codec(index = 21)]
	Manifest,
	/// The machine can translate it.
	#[codec(index = 22)]
	Translatable,
	/// Its blocks take no parameters.
	#[codec(index = 23)]
	BlockParameters,
	/// No `select` goes by whether a number is zero: it could choose the other way round instead.
	#[codec(index = 24)]
	SelectByZero,
	/// No local is stored at the place that it is, and more than 65,535 beyond.
	#[codec(index = 25)]
	StoreAtItself,
}

/// What is known of code that was let in.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Facts {
	/// By which rules.
	pub admission_version: u8,
	/// Of the function with the most of them.
	pub locals: u16,
	/// How many picoseconds its parts take to be loaded, beside what its bytes take.
	pub load: u64,
	/// What it says of itself.
	pub manifest: Manifest,
}

/// Judges code whose memory may have so many pages.
pub fn admit(code: &[u8], pages: u32) -> Result<Facts, Refusal> {
	let judge = judge(code, pages)?;
	judge.exports(code.len())?;
	// What is valid could still be more than the machine can take.
	let engine = machine::engine(judge.locals, wasmi::CompilationMode::Eager);
	wasmi::Module::new(&engine, code).map_err(|_| Rule::Translatable.at(0))?;
	Ok(Facts {
		admission_version: ADMISSION_VERSION,
		locals: judge.locals,
		load: judge.parts.0,
		manifest: judge.manifest.unwrap_or_default(),
	})
}

/// Looks at all that is in code.
pub(crate) fn judge(code: &[u8], pages: u32) -> Result<Judge, Refusal> {
	if code.len() > limits::CODE_BYTES as usize {
		return Err(Refusal { rule: Rule::CodeSize, offset: limits::CODE_BYTES });
	}
	let mut judge = Judge { pages, ..Judge::default() };
	let mut validator = Validator::new_with_features(features());
	let mut allocations = FuncValidatorAllocations::default();
	for payload in Parser::new(0).parse_all(code) {
		let payload = payload.map_err(invalid)?;
		// What is limited is looked at first: it limits what the rest takes.
		judge.section(&payload)?;
		match validator.payload(&payload).map_err(invalid)? {
			ValidPayload::Func(function, body) => {
				allocations = judge.function(function, &body, allocations)?;
			}
			ValidPayload::Parser(_) => return Err(Rule::Valid.at(0)),
			ValidPayload::Ok | ValidPayload::End(_) => (),
		}
	}
	Ok(judge)
}

/// What guests have of WASM beyond its first version, as the machine is set up.
fn features() -> WasmFeatures {
	WasmFeatures::MUTABLE_GLOBAL
		| WasmFeatures::SIGN_EXTENSION
		| WasmFeatures::MULTI_VALUE
		| WasmFeatures::BULK_MEMORY
}

impl Rule {
	fn at(self, offset: usize) -> Refusal {
		Refusal { rule: self, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
	}

	/// That it is kept.
	fn holds(self, holds: bool, offset: usize) -> Result<(), Refusal> {
		match holds {
			true => Ok(()),
			false => Err(self.at(offset)),
		}
	}

	/// That there are at most so many.
	fn at_most(self, count: usize, most: u32, offset: usize) -> Result<(), Refusal> {
		self.holds(count <= most as usize, offset)
	}
}

/// Which rule it is whose break the validator tells about.
fn invalid(error: BinaryReaderError) -> Refusal {
	let message = error.message();
	let has = |words: &str| message.contains(words);
	let rule = if has("floating-point") {
		Rule::NoFloats
	} else if has("SIMD") || has("0xfd") {
		Rule::NoSimd
	} else if has("threads") || has("0xfe") || has("shared") {
		Rule::NoThreads
	} else if has("memory64") || has("64-bit") {
		Rule::NoMemory64
	} else if has("multiple memories") || has("multi-memory") {
		Rule::OneMemory
	} else {
		Rule::Valid
	};
	rule.at(error.offset())
}

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Judge {
	pages: u32,
	types: Vec<FuncType>,
	/// The types of functions, by their place, imported ones first.
	functions: Vec<u32>,
	imported: usize,
	memories: usize,
	tables: usize,
	/// Which globals can change.
	mutable: Vec<bool>,
	exports: Vec<(Export, u32, usize)>,
	pub locals: u16,
	parts: Parts,
	manifest: Option<Manifest>,
}

/// What a guest must export.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Export {
	Memory,
	Alloc,
	Execute,
	OutputLen,
}

impl Export {
	const ALL: [Self; 4] = [Self::Memory, Self::Alloc, Self::Execute, Self::OutputLen];

	fn named(name: &str) -> Option<Self> {
		match name {
			"memory" => Some(Self::Memory),
			"alloc" => Some(Self::Alloc),
			"execute" => Some(Self::Execute),
			"output_len" => Some(Self::OutputLen),
			_ => None,
		}
	}

	/// What it takes and answers, if it is a function.
	fn signature(self) -> Option<(&'static [ValType], &'static [ValType])> {
		const I32: ValType = ValType::I32;
		match self {
			Self::Memory => None,
			Self::Alloc => Some((&[I32], &[I32])),
			Self::Execute => Some((&[I32, I32], &[I32])),
			Self::OutputLen => Some((&[], &[I32])),
		}
	}
}

impl Judge {
	fn section(&mut self, payload: &Payload) -> Result<(), Refusal> {
		match payload {
			Payload::TypeSection(reader) => {
				let at = reader.range().start;
				Rule::Types.at_most(reader.count() as usize, limits::TYPES, at)?;
				for group in reader.clone().into_iter_with_offsets() {
					let (at, group) = group.map_err(invalid)?;
					for sub in group.into_types() {
						let CompositeInnerType::Func(function) = sub.composite_type.inner else {
							return Err(Rule::Valid.at(at));
						};
						let (parameters, results) = (function.params(), function.results());
						Rule::Types.at_most(parameters.len(), limits::PARAMETERS, at)?;
						Rule::Types.at_most(results.len(), limits::RESULTS, at)?;
						self.parts.function_type(parameters.len().saturating_add(results.len()));
						self.types.push(function);
						// A group can hold many.
						Rule::Types.at_most(self.types.len(), limits::TYPES, at)?;
					}
				}
			}
			Payload::ImportSection(reader) => {
				let at = reader.range().start;
				Rule::Functions.at_most(reader.count() as usize, limits::FUNCTIONS, at)?;
				self.parts.imports(reader.count());
				for import in reader.clone().into_iter_with_offsets() {
					let (at, import) = import.map_err(invalid)?;
					let TypeRef::Func(index) = import.ty else {
						return Err(Rule::KnownImports.at(at));
					};
					let function = Function::of_name(import.name);
					let function = function.filter(|_| import.module == IMPORT_MODULE);
					let function = function.ok_or(Rule::KnownImports.at(at))?;
					let signature = (function.parameters(), function.results());
					Rule::ImportTypes.holds(self.signature(index) == Some(signature), at)?;
					self.functions.push(index);
					self.imported = self.functions.len();
				}
			}
			Payload::FunctionSection(reader) => {
				let at = reader.range().start;
				let count = (reader.count() as usize).saturating_add(self.functions.len());
				Rule::Functions.at_most(count, limits::FUNCTIONS, at)?;
				self.parts.functions(reader.count());
				for index in reader.clone() {
					self.functions.push(index.map_err(invalid)?);
				}
			}
			Payload::TableSection(reader) => {
				for table in reader.clone().into_iter_with_offsets() {
					let (at, table) = table.map_err(invalid)?;
					self.tables = self.tables.saturating_add(1);
					let fits = table.ty.initial <= u64::from(limits::TABLE_ELEMENTS);
					Rule::TableSize.holds(fits && self.tables == 1, at)?;
				}
			}
			Payload::MemorySection(reader) => {
				for memory in reader.clone().into_iter_with_offsets() {
					let (at, memory) = memory.map_err(invalid)?;
					self.memories = self.memories.saturating_add(1);
					Rule::OneMemory.holds(self.memories == 1, at)?;
					Rule::NoMemory64.holds(!memory.memory64, at)?;
					Rule::NoThreads.holds(!memory.shared, at)?;
					Rule::MemorySize.holds(memory.initial <= self.pages.into(), at)?;
				}
			}
			Payload::GlobalSection(reader) => {
				let at = reader.range().start;
				Rule::Globals.at_most(reader.count() as usize, limits::GLOBALS, at)?;
				self.parts.globals(reader.count());
				for global in reader.clone() {
					self.mutable.push(global.map_err(invalid)?.ty.mutable);
				}
			}
			Payload::ExportSection(reader) => {
				let at = reader.range().start;
				Rule::ExportCount.at_most(reader.count() as usize, limits::EXPORTS, at)?;
				for export in reader.clone().into_iter_with_offsets() {
					let (at, found) = export.map_err(invalid)?;
					self.parts.export(found.name);
					let Some(export) = Export::named(found.name) else { continue };
					let kind = match export.signature() {
						None => ExternalKind::Memory,
						Some(_) => ExternalKind::Func,
					};
					Rule::ExportTypes.holds(found.kind == kind, at)?;
					self.exports.push((export, found.index, at));
				}
			}
			Payload::StartSection { range, .. } => return Err(Rule::NoStart.at(range.start)),
			Payload::ElementSection(reader) => {
				let at = reader.range().start;
				Rule::Segments.at_most(reader.count() as usize, limits::SEGMENTS, at)?;
				self.parts.segments(reader.count());
				for element in reader.clone() {
					self.parts.elements(match element.map_err(invalid)?.items {
						ElementItems::Functions(items) => items.count(),
						ElementItems::Expressions(_, items) => items.count(),
					});
				}
			}
			Payload::DataSection(reader) => {
				let at = reader.range().start;
				Rule::Segments.at_most(reader.count() as usize, limits::SEGMENTS, at)?;
				self.parts.segments(reader.count());
			}
			Payload::CustomSection(section) => {
				self.parts.custom();
				if section.name() != MANIFEST_SECTION {
					return Ok(());
				}
				let manifest = Manifest::decode_all(&mut section.data());
				let manifest = manifest.map_err(|_| Rule::Manifest.at(section.data_offset()))?;
				Rule::Manifest.holds(self.manifest.is_none(), section.data_offset())?;
				self.manifest = Some(manifest);
			}
			_ => (),
		}
		Ok(())
	}

	fn signature(&self, index: u32) -> Option<(&[ValType], &[ValType])> {
		let function = self.types.get(index as usize)?;
		Some((function.params(), function.results()))
	}

	fn function(
		&mut self,
		function: FuncToValidate<ValidatorResources>,
		body: &FunctionBody,
		allocations: FuncValidatorAllocations,
	) -> Result<FuncValidatorAllocations, Refusal> {
		let mut validator = function.into_validator(allocations);
		let at = body.range().start;
		// With the parameters, which are the first of them.
		let mut locals = u64::from(validator.len_locals());
		for group in body.get_locals_reader().map_err(invalid)? {
			let (count, _) = group.map_err(invalid)?;
			locals = locals.saturating_add(count.into());
			Rule::Locals.holds(locals <= limits::LOCALS.into(), at)?;
		}
		self.locals = self.locals.max(u16::try_from(locals).unwrap_or(u16::MAX));

		let mut known = Known::default();
		let mut reader = body.get_binary_reader();
		validator.read_locals(&mut reader).map_err(invalid)?;
		while !reader.eof() {
			let offset = reader.original_position();
			let operator = reader.read_operator().map_err(invalid)?;
			match &operator {
				Operator::BrTable { targets } => {
					Rule::BranchTables.at_most(
						targets.len() as usize,
						limits::BRANCH_TARGETS,
						offset,
					)?;
					// The others must take as much.
					let taken = self.taken(&validator, targets.default());
					Rule::BranchTables.holds(taken <= 1, offset)?;
				}
				Operator::Block { blockty }
				| Operator::Loop { blockty }
				| Operator::If { blockty } => {
					let takes = match blockty {
						BlockType::FuncType(index) => {
							self.signature(*index).map(|(takes, _)| takes)
						}
						_ => None,
					};
					// wasmi mistakes which locals below them must be kept, and then reads what was
					// never written. Also, a jump back would move all of them at the price of none.
					Rule::BlockParameters.holds(takes.is_none_or(<[_]>::is_empty), offset)?;
				}
				// The validator lets these be where nothing gets to.
				Operator::I32TruncF32S
				| Operator::I32TruncF32U
				| Operator::I32TruncF64S
				| Operator::I32TruncF64U
				| Operator::I64TruncF32S
				| Operator::I64TruncF32U
				| Operator::I64TruncF64S
				| Operator::I64TruncF64U
				| Operator::I32ReinterpretF32
				| Operator::I64ReinterpretF64 => return Err(Rule::NoFloats.at(offset)),
				Operator::Select => {
					// wasmi leaves out the comparison, and goes by what is still in its register
					// even where that is not what was compared.
					let is_test = known.is_test(validator.operand_stack_height());
					Rule::SelectByZero.holds(!is_test, offset)?;
				}
				Operator::I32Store { memarg }
				| Operator::I32Store8 { memarg }
				| Operator::I32Store16 { memarg }
				| Operator::I64Store { memarg }
				| Operator::I64Store8 { memarg }
				| Operator::I64Store16 { memarg }
				| Operator::I64Store32 { memarg }
					if memarg.offset > u16::MAX.into() =>
				{
					// wasmi has no instruction for it when the local is in its register, and panics.
					let is_same = known.is_same_local(validator.operand_stack_height());
					Rule::StoreAtItself.holds(!is_same, offset)?;
				}
				_ => (),
			}
			known.follow(&operator, offset, &mut validator, &self.mutable);
			validator.op(offset, &operator).map_err(invalid)?;
		}
		validator.finish(reader.original_position()).map_err(invalid)?;
		Ok(validator.into_allocations())
	}

	/// How many values a branch to a block takes.
	fn taken(&self, validator: &FuncValidator<ValidatorResources>, depth: u32) -> usize {
		let Some(block) = validator.get_control_frame(depth as usize) else { return 0 };
		match block.block_type {
			// To its beginning.
			_ if block.kind == FrameKind::Loop => 0,
			BlockType::Empty => 0,
			BlockType::Type(_) => 1,
			BlockType::FuncType(index) => {
				self.signature(index).map_or(0, |(_, results)| results.len())
			}
		}
	}

	fn exports(&self, end: usize) -> Result<(), Refusal> {
		for export in Export::ALL {
			let found = self.exports.iter().find(|(found, ..)| *found == export);
			let (_, index, at) = found.ok_or(Rule::Exports.at(end))?;
			let Some(signature) = export.signature() else { continue };
			let of_type = self.functions.get(*index as usize);
			let has = of_type.and_then(|index| self.signature(*index));
			Rule::ExportTypes.holds(has == Some(signature), *at)?;
			// An imported one would run outside of the guest.
			Rule::ExportTypes.holds(*index as usize >= self.imported, *at)?;
		}
		Ok(())
	}
}
