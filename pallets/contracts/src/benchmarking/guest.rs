//! Writes guests, as there is nothing in the runtime that could.

use alloc::{vec, vec::Vec};
use codec::Encode;
use mbongo_vm::{
	abi::{Manifest, IMPORT_MODULE, MANIFEST_SECTION},
	Function, ValType, VmOutput,
};

pub const I32: u8 = 0x7f;
pub const I64: u8 = 0x7e;

/// Where the input comes to lie.
const INPUT: i32 = 1_024;
/// Where the output lies.
const OUTPUT: i32 = 65_536;
/// How much of it says what it is, at most: the version, the status and a length.
const HEAD: usize = 9;

/// A guest to be written. Its functions are the imported ones, `alloc`, `output_len`, `execute`, and
/// then others.
#[derive(Clone, Default)]
pub struct Guest {
	/// What it imports.
	pub imports: Vec<Function>,
	/// What `execute` does before it succeeds. It has one local, of 64 bits, beside its two parameters.
	pub body: Vec<u8>,
	/// Further functions, without parameters: their locals, of 64 bits, and what they do.
	pub others: Vec<(u32, Vec<u8>)>,
	/// What lies in its memory, and where.
	pub data: Vec<(i32, Vec<u8>)>,
	/// What it says of itself.
	pub manifest: Manifest,
	/// Bytes that mean nothing.
	pub filling: usize,
	/// How many bytes it answers, all 0.
	pub answer: usize,
}

/// An unsigned number, as WASM writes it.
pub fn number(mut value: u32) -> Vec<u8> {
	let mut bytes = Vec::new();
	loop {
		let byte = (value & 0x7f) as u8;
		value >>= 7;
		if value == 0 {
			bytes.push(byte);
			return bytes;
		}
		bytes.push(byte | 0x80);
	}
}

/// A signed number, as WASM writes it.
pub fn signed(mut value: i64) -> Vec<u8> {
	let mut bytes = Vec::new();
	loop {
		let byte = (value & 0x7f) as u8;
		value >>= 7;
		if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
			bytes.push(byte);
			return bytes;
		}
		bytes.push(byte | 0x80);
	}
}

/// `i32.const`.
pub fn i32_const(value: i32) -> Vec<u8> {
	[vec![0x41], signed(value.into())].concat()
}

/// `i64.const`.
pub fn i64_const(value: i64) -> Vec<u8> {
	[vec![0x42], signed(value)].concat()
}

/// `call`.
pub fn call(function: u32) -> Vec<u8> {
	[vec![0x10], number(function)].concat()
}

/// Does something so many times, counted in the local of 64 bits, the third of all.
pub fn repeated(times: u32, work: &[u8]) -> Vec<u8> {
	[
		i64_const(times.into()),
		vec![0x21, 2],       // local.set 2
		vec![0x02, 0x40],    // block
		vec![0x03, 0x40],    // loop
		vec![0x20, 2, 0x50], // local.get 2, i64.eqz
		vec![0x0d, 1],       // br_if 1
		work.to_vec(),
		vec![0x20, 2, 0x42, 1, 0x7d, 0x21, 2], // local.set 2 (local.get 2 - 1)
		vec![0x0c, 0],                         // br 0
		vec![0x0b, 0x0b],                      // end, end
	]
	.concat()
}

fn vector(items: &[Vec<u8>]) -> Vec<u8> {
	[number(items.len() as u32), items.concat()].concat()
}

fn sized(bytes: Vec<u8>) -> Vec<u8> {
	[number(bytes.len() as u32), bytes].concat()
}

fn section(id: u8, bytes: Vec<u8>) -> Vec<u8> {
	[vec![id], sized(bytes)].concat()
}

fn name(name: &str) -> Vec<u8> {
	sized(name.as_bytes().to_vec())
}

fn function_type(parameters: &[u8], results: &[u8]) -> Vec<u8> {
	[vec![0x60], sized(parameters.to_vec()), sized(results.to_vec())].concat()
}

fn function(locals: u32, body: &[u8]) -> Vec<u8> {
	let locals = match locals {
		0 => number(0),
		_ => [number(1), number(locals), vec![I64]].concat(),
	};
	sized([locals, body.to_vec(), vec![0x0b]].concat())
}

fn code_of(types: &[ValType]) -> Vec<u8> {
	types.iter().map(|of| if *of == ValType::I32 { I32 } else { I64 }).collect()
}

impl Guest {
	/// All of it.
	pub fn code(&self) -> Vec<u8> {
		let output = VmOutput { abi: 1, status: 0, data: vec![0; self.answer] }.encode();
		let mut types = vec![
			function_type(&[I32], &[I32]),
			function_type(&[], &[I32]),
			function_type(&[I32, I32], &[I32]),
			function_type(&[], &[]),
		];
		let own = types.len() as u32;
		let imports = self.imports.iter().zip(own..).map(|(function, index)| {
			[name(IMPORT_MODULE), name(function.name()), vec![0], number(index)].concat()
		});
		let imports: Vec<_> = imports.collect();
		types.extend(self.imports.iter().map(|function| {
			function_type(&code_of(function.parameters()), &code_of(function.results()))
		}));
		let first = self.imports.len() as u32;
		let mut functions = vec![number(0), number(1), number(2)];
		functions.extend(self.others.iter().map(|_| number(3)));
		let export =
			|what: &str, kind: u8, index: u32| [name(what), vec![kind], number(index)].concat();
		let mut bodies = vec![
			function(0, &i32_const(INPUT)),
			function(0, &i32_const(output.len() as i32)),
			function(1, &[self.body.clone(), i32_const(OUTPUT)].concat()),
		];
		bodies.extend(self.others.iter().map(|(locals, body)| function(*locals, body)));
		let mut data = self.data.clone();
		// What comes after are zeros, which are there.
		data.push((OUTPUT, output.into_iter().take(HEAD).collect()));
		let data: Vec<_> = data
			.into_iter()
			.map(|(at, bytes)| [vec![0], i32_const(at), vec![0x0b], sized(bytes)].concat())
			.collect();
		let custom = |title: &str, bytes: Vec<u8>| section(0, [name(title), bytes].concat());
		let exports = [
			export("memory", 2, 0),
			export("alloc", 0, first),
			export("output_len", 0, first + 1),
			export("execute", 0, first + 2),
		];
		let mut code = [
			b"\0asm\x01\0\0\0".to_vec(),
			section(1, vector(&types)),
			section(2, vector(&imports)),
			section(3, vector(&functions)),
			// Two pages, of sixteen.
			section(5, vector(&[vec![1, 2, 16]])),
			section(7, vector(&exports)),
			section(10, vector(&bodies)),
			section(11, vector(&data)),
			custom(MANIFEST_SECTION, self.manifest.encode()),
		]
		.concat();
		if self.filling > 0 {
			code.extend(custom("filling", vec![0; self.filling]));
		}
		code
	}
}
