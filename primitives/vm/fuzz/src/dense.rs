//! Modules made of what a translator to registers has to get right: few locals that are read, kept on
//! the stack and written again, under branches that are taken or not.

use arbitrary::{Result, Unstructured};
use wasm_encoder::{
	BlockType, CodeSection, ConstExpr, ElementSection, Elements, ExportKind, ExportSection,
	Function, FunctionSection, GlobalSection, GlobalType, Instruction as I, MemArg, MemArgTarget,
	MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection, ValType,
};

const GLOBALS: u32 = 3;

#[derive(Clone)]
struct Signature {
	takes: Vec<ValType>,
	answers: Vec<ValType>,
}

/// A module that exports all that is in it, and imports nothing.
pub fn closed(input: &mut Unstructured) -> Result<Vec<u8>> {
	module(input, false)
}

/// A guest that calls such functions until it has no gas left, or one traps.
pub fn guest(input: &mut Unstructured) -> Result<Vec<u8>> {
	module(input, true)
}

/// What a guest must export, by how many numbers it takes.
const OF_GUESTS: [&str; 3] = ["output_len", "alloc", "execute"];

fn module(input: &mut Unstructured, is_guest: bool) -> Result<Vec<u8>> {
	let signatures: Vec<Signature> = (0..input.int_in_range(1..=4)?)
		.map(|_| Ok(Signature { takes: types(input, 5)?, answers: types(input, 3)? }))
		.collect::<Result<_>>()?;
	let count = signatures.len() as u32;
	let mut module = Module::new();

	let mut types = TypeSection::new();
	for signature in &signatures {
		types.ty().function(signature.takes.iter().copied(), signature.answers.iter().copied());
	}
	// Blocks of two values have a type of their own.
	for (first, second) in PAIRS {
		types.ty().function([], [first, second]);
	}
	let own = count + PAIRS.len() as u32;
	if is_guest {
		for takes in 0..OF_GUESTS.len() {
			types.ty().function(vec![ValType::I32; takes], [ValType::I32]);
		}
	}
	module.section(&types);
	let mut functions = FunctionSection::new();
	(0..count).for_each(|index| {
		functions.function(index);
	});
	if is_guest {
		(own..own + OF_GUESTS.len() as u32).for_each(|index| {
			functions.function(index);
		});
	}
	module.section(&functions);
	let mut tables = TableSection::new();
	let (element_type, minimum) = (RefType::FUNCREF, 4);
	let maximum = Some(minimum);
	tables.table(TableType { element_type, minimum, maximum, table64: false, shared: false });
	module.section(&tables);
	let mut memories = MemorySection::new();
	memories.memory(MemoryType {
		minimum: 1,
		maximum: Some(3),
		memory64: false,
		shared: false,
		page_size_log2: None,
	});
	module.section(&memories);
	let mut globals = GlobalSection::new();
	for _ in 0..GLOBALS {
		let val_type = ValType::I32;
		globals.global(
			GlobalType { val_type, mutable: true, shared: false },
			&ConstExpr::i32_const(input.arbitrary()?),
		);
	}
	module.section(&globals);
	let mut exports = ExportSection::new();
	exports.export("memory", ExportKind::Memory, 0);
	(0..GLOBALS).for_each(|index| {
		exports.export(&format!("g{index}"), ExportKind::Global, index);
	});
	(0..count).for_each(|index| {
		exports.export(&format!("f{index}"), ExportKind::Func, index);
	});
	if is_guest {
		(count..).zip(OF_GUESTS).for_each(|(index, name)| {
			exports.export(name, ExportKind::Func, index);
		});
	}
	module.section(&exports);
	let mut elements = ElementSection::new();
	let all: Vec<u32> = (0..count.min(3)).collect();
	elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(all.into()));
	module.section(&elements);
	let mut code = CodeSection::new();
	for signature in &signatures {
		code.function(&Body::new(&signatures, signature, input)?.write(input)?);
	}
	if is_guest {
		for answer in [0, 1_024] {
			let mut function = Function::new([]);
			function.instruction(&I::I32Const(answer));
			function.instruction(&I::End);
			code.function(&function);
		}
		code.function(&again_and_again(&signatures, input)?);
	}
	module.section(&code);
	Ok(module.finish())
}

/// Calls each function, without an end.
fn again_and_again(signatures: &[Signature], input: &mut Unstructured) -> Result<Function> {
	let mut code = vec![I::Loop(BlockType::Empty)];
	for (index, signature) in signatures.iter().enumerate() {
		for kind in &signature.takes {
			code.push(match kind {
				ValType::I32 => I::I32Const(input.int_in_range(-4..=300)?),
				_ => I::I64Const(input.arbitrary()?),
			});
		}
		code.push(I::Call(index as u32));
		code.extend(signature.answers.iter().map(|_| I::Drop));
	}
	code.extend([I::Br(0), I::End, I::I32Const(0), I::End]);
	let mut function = Function::new([]);
	code.iter().for_each(|instruction| {
		function.instruction(instruction);
	});
	Ok(function)
}

const PAIRS: [(ValType, ValType); 4] = [
	(ValType::I32, ValType::I32),
	(ValType::I32, ValType::I64),
	(ValType::I64, ValType::I32),
	(ValType::I64, ValType::I64),
];

fn kind(input: &mut Unstructured) -> Result<ValType> {
	Ok(if input.ratio(2, 3)? { ValType::I32 } else { ValType::I64 })
}

fn types(input: &mut Unstructured, most: usize) -> Result<Vec<ValType>> {
	(0..input.int_in_range(0..=most)?).map(|_| kind(input)).collect()
}

/// A block that is open.
struct Block {
	/// What a branch to it takes.
	takes: Vec<ValType>,
	/// How many values are below it.
	below: usize,
}

/// A function that is written.
struct Body<'a> {
	signatures: &'a [Signature],
	answers: &'a [ValType],
	locals: Vec<ValType>,
	/// The local that loops count down, the last.
	counter: u32,
	parameters: usize,
	stack: Vec<ValType>,
	blocks: Vec<Block>,
	code: Vec<I<'static>>,
	/// How much more is written.
	left: usize,
}

impl<'a> Body<'a> {
	fn new(
		signatures: &'a [Signature],
		signature: &'a Signature,
		input: &mut Unstructured,
	) -> Result<Self> {
		let mut locals = signature.takes.clone();
		locals.extend(types(input, 4)?);
		locals.push(ValType::I32);
		Ok(Self {
			signatures,
			answers: &signature.answers,
			counter: locals.len() as u32 - 1,
			parameters: signature.takes.len(),
			locals,
			stack: Vec::new(),
			blocks: vec![Block { takes: signature.answers.clone(), below: 0 }],
			code: Vec::new(),
			left: input.int_in_range(10..=150)?,
		})
	}

	fn write(mut self, input: &mut Unstructured) -> Result<Function> {
		self.push(I::I32Const(input.int_in_range(0..=6)?));
		self.push(I::LocalSet(self.counter));
		while self.left > 0 && !input.is_empty() {
			self.sequence(input)?;
		}
		self.close(self.answers, input)?;
		self.push(I::End);
		let own = self.locals[self.parameters..].iter().map(|kind| (1, *kind));
		let mut function = Function::new(own);
		self.code.iter().for_each(|instruction| {
			function.instruction(instruction);
		});
		Ok(function)
	}

	fn push(&mut self, instruction: I<'static>) {
		self.code.push(instruction);
		self.left = self.left.saturating_sub(1);
	}

	fn below(&self) -> usize {
		self.blocks.last().expect("the function is one").below
	}

	/// How many values there are that the block may use.
	fn height(&self) -> usize {
		self.stack.len() - self.below()
	}

	fn top(&self, depth: usize) -> Option<ValType> {
		(depth < self.height()).then(|| self.stack[self.stack.len() - 1 - depth])
	}

	fn has(&self, kinds: &[ValType]) -> bool {
		self.height() >= kinds.len() && self.stack.ends_with(kinds)
	}

	fn local_of(&self, kind: ValType, input: &mut Unstructured) -> Result<Option<u32>> {
		// Loops must end.
		let fitting: Vec<u32> =
			(0..self.counter).filter(|index| self.locals[*index as usize] == kind).collect();
		if fitting.is_empty() {
			return Ok(None);
		}
		input.choose(&fitting).copied().map(Some)
	}

	/// Pushes a value of this kind.
	fn value(&mut self, kind: ValType, input: &mut Unstructured) -> Result<()> {
		let local = self.local_of(kind, input)?;
		match local {
			Some(local) if input.ratio(3, 4)? => self.push(I::LocalGet(local)),
			_ if kind == ValType::I32 => {
				let small = input.int_in_range(-2..=3)?;
				let number = if input.ratio(3, 4)? { small } else { input.arbitrary()? };
				self.push(I::I32Const(number));
			}
			_ => self.push(I::I64Const(input.arbitrary()?)),
		}
		self.stack.push(kind);
		Ok(())
	}

	/// Pushes what an `if` takes: rarely a constant, where nothing is asked.
	fn question(&mut self, input: &mut Unstructured) -> Result<()> {
		match self.local_of(ValType::I32, input)? {
			Some(local) if input.ratio(15, 16)? => self.push(I::LocalGet(local)),
			None if input.ratio(15, 16)? => self.push(I::LocalGet(self.counter)),
			_ => self.push(I::I32Const(input.int_in_range(0..=1)?)),
		}
		Ok(())
	}

	/// Leaves just these values in the block, from what is there if it fits.
	fn close(&mut self, kinds: &[ValType], input: &mut Unstructured) -> Result<()> {
		let keep =
			kinds.iter().zip(&self.stack[self.below()..]).take_while(|(a, b)| a == b).count();
		while self.height() > keep {
			self.push(I::Drop);
			self.stack.pop();
		}
		for kind in &kinds[keep..] {
			self.value(*kind, input)?;
		}
		Ok(())
	}

	fn sequence(&mut self, input: &mut Unstructured) -> Result<()> {
		while self.left > 0 && !input.is_empty() && !input.ratio(1, 24)? {
			self.step(input)?;
		}
		Ok(())
	}

	fn step(&mut self, input: &mut Unstructured) -> Result<()> {
		match input.int_in_range(0..=23)? {
			0..=4 => {
				let kind = kind(input)?;
				self.value(kind, input)
			}
			5..=7 => {
				let Some(kind) = self.top(0) else { return Ok(()) };
				let Some(local) = self.local_of(kind, input)? else { return Ok(()) };
				if input.ratio(1, 2)? {
					self.push(I::LocalTee(local));
				} else {
					self.push(I::LocalSet(local));
					self.stack.pop();
				}
				Ok(())
			}
			8..=10 => self.binary(input),
			11 => self.unary(input),
			12 => self.select(input),
			13 => self.memory(input),
			14 => self.global(input),
			15..=17 => self.block(input),
			18 | 19 => self.branch_if(input),
			20 => self.branch_table(input),
			21 => self.call(input),
			22 => self.leave(input),
			_ => {
				if self.height() > 0 {
					self.push(I::Drop);
					self.stack.pop();
				}
				Ok(())
			}
		}
	}

	fn binary(&mut self, input: &mut Unstructured) -> Result<()> {
		let (Some(second), Some(first)) = (self.top(0), self.top(1)) else { return Ok(()) };
		if first != second {
			return Ok(());
		}
		let (same, tests): (&[I], &[I]) = match first {
			ValType::I32 => (
				&[
					I::I32Add,
					I::I32Sub,
					I::I32Mul,
					I::I32And,
					I::I32Or,
					I::I32Xor,
					I::I32Shl,
					I::I32ShrS,
					I::I32ShrU,
					I::I32Rotl,
					I::I32Rotr,
					I::I32DivS,
					I::I32DivU,
					I::I32RemS,
					I::I32RemU,
				],
				&[
					I::I32Eq,
					I::I32Ne,
					I::I32LtS,
					I::I32LtU,
					I::I32GtS,
					I::I32GtU,
					I::I32LeS,
					I::I32LeU,
					I::I32GeS,
					I::I32GeU,
				],
			),
			_ => (
				&[
					I::I64Add,
					I::I64Sub,
					I::I64Mul,
					I::I64And,
					I::I64Or,
					I::I64Xor,
					I::I64Shl,
					I::I64ShrS,
					I::I64ShrU,
					I::I64Rotl,
					I::I64Rotr,
					I::I64DivS,
					I::I64DivU,
					I::I64RemS,
					I::I64RemU,
				],
				&[
					I::I64Eq,
					I::I64Ne,
					I::I64LtS,
					I::I64LtU,
					I::I64GtS,
					I::I64GtU,
					I::I64LeS,
					I::I64LeU,
					I::I64GeS,
					I::I64GeU,
				],
			),
		};
		self.stack.pop();
		self.stack.pop();
		let (instruction, kind) = match input.ratio(1, 3)? {
			true => (input.choose(tests)?.clone(), ValType::I32),
			false => (input.choose(same)?.clone(), first),
		};
		self.push(instruction);
		self.stack.push(kind);
		Ok(())
	}

	fn unary(&mut self, input: &mut Unstructured) -> Result<()> {
		use ValType::{I32, I64};
		let Some(kind) = self.top(0) else { return Ok(()) };
		let choices: &[(I, ValType)] = match kind {
			I32 => &[
				(I::I32Eqz, I32),
				(I::I32Clz, I32),
				(I::I32Ctz, I32),
				(I::I32Popcnt, I32),
				(I::I32Extend8S, I32),
				(I::I32Extend16S, I32),
				(I::I64ExtendI32S, I64),
				(I::I64ExtendI32U, I64),
			],
			_ => &[
				(I::I64Eqz, I32),
				(I::I64Clz, I64),
				(I::I64Ctz, I64),
				(I::I64Popcnt, I64),
				(I::I64Extend8S, I64),
				(I::I64Extend16S, I64),
				(I::I64Extend32S, I64),
				(I::I32WrapI64, I32),
			],
		};
		let (instruction, kind) = input.choose(choices)?.clone();
		self.push(instruction);
		self.stack.pop();
		self.stack.push(kind);
		Ok(())
	}

	fn select(&mut self, input: &mut Unstructured) -> Result<()> {
		let (Some(second), Some(first)) = (self.top(0), self.top(1)) else { return Ok(()) };
		if first != second {
			return Ok(());
		}
		self.value(ValType::I32, input)?;
		if input.ratio(1, 2)? {
			// Not whether it is zero, by which no `select` may go.
			self.value(ValType::I32, input)?;
			let tests = [I::I32LtS, I::I32GtU, I::I32LeS, I::I32GeU, I::I32And, I::I32Sub];
			self.push(input.choose(&tests)?.clone());
			self.stack.pop();
		}
		self.push(I::Select);
		self.stack.pop();
		self.stack.pop();
		Ok(())
	}

	fn memory(&mut self, input: &mut Unstructured) -> Result<()> {
		use ValType::{I32, I64};
		let far = if input.ratio(1, 16)? { 70_000 } else { 300 };
		let at = MemArg {
			offset: input.int_in_range(0..=far)?,
			align: 0,
			target: MemArgTarget::default(),
			ordering: None,
		};
		if self.top(0) == Some(I32) && input.ratio(1, 2)? {
			if input.ratio(7, 8)? {
				// Mostly in memory.
				self.push(I::I32Const(0xfff));
				self.push(I::I32And);
			}
			let loads = [
				(I::I32Load(at), I32),
				(I::I32Load8S(at), I32),
				(I::I32Load16U(at), I32),
				(I::I64Load(at), I64),
				(I::I64Load8U(at), I64),
				(I::I64Load16S(at), I64),
				(I::I64Load32S(at), I64),
				(I::I64Load32U(at), I64),
			];
			let (load, kind) = input.choose(&loads)?.clone();
			self.push(load);
			self.stack.pop();
			self.stack.push(kind);
			return Ok(());
		}
		if input.ratio(1, 16)? {
			self.value(I32, input)?;
			self.push(I::MemoryGrow(0));
			return Ok(());
		}
		let kind = kind(input)?;
		let far = if input.ratio(1, 16)? { 66_000 } else { 65_000 };
		self.push(I::I32Const(input.int_in_range(0..=far)?));
		self.stack.push(I32);
		self.value(kind, input)?;
		self.push(match kind {
			I32 => input.choose(&[I::I32Store(at), I::I32Store8(at), I::I32Store16(at)])?.clone(),
			_ => input.choose(&[I::I64Store(at), I::I64Store8(at), I::I64Store32(at)])?.clone(),
		});
		self.stack.pop();
		self.stack.pop();
		Ok(())
	}

	fn global(&mut self, input: &mut Unstructured) -> Result<()> {
		let global = input.int_in_range(0..=GLOBALS - 1)?;
		if self.top(0) == Some(ValType::I32) && input.ratio(1, 2)? {
			self.push(I::GlobalSet(global));
			self.stack.pop();
		} else {
			self.push(I::GlobalGet(global));
			self.stack.push(ValType::I32);
		}
		Ok(())
	}

	fn block(&mut self, input: &mut Unstructured) -> Result<()> {
		if self.blocks.len() > 6 {
			return Ok(());
		}
		let (kind, answers) = match input.int_in_range(0..=5)? {
			0..=2 => (BlockType::Empty, Vec::new()),
			3 | 4 => {
				let kind = kind(input)?;
				(BlockType::Result(kind), vec![kind])
			}
			_ => {
				let pair = input.int_in_range(0..=PAIRS.len() - 1)?;
				let index = self.signatures.len() + pair;
				(BlockType::FunctionType(index as u32), vec![PAIRS[pair].0, PAIRS[pair].1])
			}
		};
		let which = input.int_in_range(0..=3)?;
		if which >= 2 {
			self.question(input)?;
		}
		let below = self.stack.len();
		let takes = if which == 1 { Vec::new() } else { answers.clone() };
		self.blocks.push(Block { takes, below });
		self.push(match which {
			0 => I::Block(kind),
			1 => I::Loop(kind),
			_ => I::If(kind),
		});
		self.sequence(input)?;
		if which == 1 && input.ratio(3, 4)? {
			// Once more, a few times.
			self.push(I::LocalGet(self.counter));
			self.push(I::I32Const(1));
			self.push(I::I32Sub);
			self.push(I::LocalTee(self.counter));
			self.push(I::I32Const(0));
			self.push(I::I32GtS);
			self.push(I::BrIf(0));
		}
		self.close(&answers, input)?;
		if which >= 2 && (which == 2 || !answers.is_empty()) {
			self.push(I::Else);
			self.stack.truncate(below);
			self.sequence(input)?;
			self.close(&answers, input)?;
		}
		self.push(I::End);
		self.blocks.pop();
		self.stack.truncate(below);
		self.stack.extend(answers);
		Ok(())
	}

	/// A block further out to branch to, whose values are there or are put there.
	fn target(&mut self, input: &mut Unstructured) -> Result<Option<u32>> {
		let depth = input.int_in_range(0..=self.blocks.len() - 1)?;
		let place = self.blocks.len() - 1 - depth;
		let takes = self.blocks[place].takes.clone();
		// Back to a loop only where it counts.
		let is_loop = takes.is_empty() && place > 0;
		if is_loop && !input.ratio(1, 2)? {
			return Ok(None);
		}
		if !self.has(&takes) {
			for kind in takes {
				self.value(kind, input)?;
			}
		}
		Ok(Some(depth as u32))
	}

	fn branch_if(&mut self, input: &mut Unstructured) -> Result<()> {
		let Some(depth) = self.target(input)? else { return Ok(()) };
		self.value(ValType::I32, input)?;
		if input.ratio(1, 3)? {
			self.push(I::I32Eqz);
		}
		self.push(I::BrIf(depth));
		self.stack.pop();
		Ok(())
	}

	/// A branch by number to blocks that take nothing, in a block of its own.
	fn branch_table(&mut self, input: &mut Unstructured) -> Result<()> {
		let count = self.blocks.len();
		let plain: Vec<u32> = (0..count)
			.filter(|depth| self.blocks[count - 1 - depth].takes.is_empty())
			.map(|depth| depth as u32 + 1)
			.collect();
		self.push(I::Block(BlockType::Empty));
		let targets: Vec<u32> = match plain.is_empty() {
			true => vec![0; input.int_in_range(0..=3)?],
			false => (0..input.int_in_range(0..=4)?)
				.map(|_| if input.ratio(1, 2)? { Ok(0) } else { input.choose(&plain).copied() })
				.collect::<Result<_>>()?,
		};
		let below = self.stack.len();
		self.blocks.push(Block { takes: Vec::new(), below });
		self.value(ValType::I32, input)?;
		self.push(I::BrTable(targets.into(), 0));
		self.blocks.pop();
		self.stack.pop();
		self.push(I::End);
		Ok(())
	}

	fn call(&mut self, input: &mut Unstructured) -> Result<()> {
		let index = input.int_in_range(0..=self.signatures.len() - 1)?;
		let signature = self.signatures[index].clone();
		if !self.has(&signature.takes) {
			for kind in &signature.takes {
				self.value(*kind, input)?;
			}
		}
		if input.ratio(1, 3)? {
			let place = if input.ratio(1, 8)? { input.int_in_range(0..=4)? } else { index as i32 };
			self.push(I::I32Const(place));
			self.push(I::CallIndirect { type_index: index as u32, table_index: 0 });
		} else {
			self.push(I::Call(index as u32));
		}
		self.stack.truncate(self.stack.len() - signature.takes.len());
		self.stack.extend(signature.answers);
		Ok(())
	}

	/// Leaves a block of its own, so that what follows can be reached.
	fn leave(&mut self, input: &mut Unstructured) -> Result<()> {
		self.question(input)?;
		self.push(I::If(BlockType::Empty));
		let below = self.stack.len();
		self.blocks.push(Block { takes: Vec::new(), below });
		if input.ratio(1, 8)? {
			self.push(I::Unreachable);
		} else if input.ratio(1, 2)? {
			let answers = self.answers.to_vec();
			for kind in answers {
				self.value(kind, input)?;
			}
			self.push(I::Return);
		} else if let Some(depth) = self.target(input)? {
			self.push(I::Br(depth));
		}
		// What is left there is not needed.
		if !matches!(self.code.last(), Some(I::Unreachable | I::Return | I::Br(_))) {
			self.close(&[], input)?;
		}
		self.stack.truncate(below);
		self.blocks.pop();
		self.push(I::End);
		Ok(())
	}
}
