//! What is right, and what is shown to be wrong.

mod blobs;
mod frauds;
mod kinds;
mod products;
mod receipts;

use crate::{
	kinds::{Code, Hashes, Layer, MatMul, Mlp, Parts, Wasm, Work, KINDS_VERSION},
	BlobId, Job,
};
use proptest::prelude::*;

/// A job with what goes in.
#[derive(Clone, Debug)]
pub struct Given {
	pub job: Job,
	pub input: Vec<u8>,
	pub data: Vec<u8>,
	pub code: Option<Code>,
}

/// A job of today's version.
pub fn job(work: impl Into<Work>, input: &[u8], data: Option<&[u8]>) -> Job {
	let data = data.map(BlobId::of);
	Job { version: KINDS_VERSION, work: work.into(), input: BlobId::of(input), data }
}

impl Given {
	pub fn run(&self) -> Parts {
		let parts = self.job.run(self.input.clone(), self.data.clone(), self.code.as_ref());
		parts.expect("there is such a job")
	}
}

fn bytes(len: usize) -> impl Strategy<Value = Vec<u8>> {
	// The extremes are as likely as all others together.
	let byte = prop_oneof![Just(0x80_u8), Just(0x7f), Just(0), any::<u8>()];
	prop::collection::vec(byte, len)
}

/// Sizes that are easily got wrong, and others.
pub fn size(most: u32) -> impl Strategy<Value = u32> {
	prop_oneof![Just(1), Just(2), Just(3), Just(7), Just(most), 1..=most]
}

pub fn matmul() -> impl Strategy<Value = Given> {
	(size(13), size(40), size(13)).prop_flat_map(|(m, k, n)| {
		bytes(((m + n) * k) as usize).prop_map(move |input| Given {
			job: job(MatMul { m, k, n }, &input, None),
			input,
			data: Vec::new(),
			code: None,
		})
	})
}

pub fn layer() -> impl Strategy<Value = Layer> {
	let multiplier = prop_oneof![Just(0), Just(1), Just(i32::MAX as u32), 1..10_000_u32];
	let shift = prop_oneof![Just(0), Just(62), 0..20_u8];
	(size(9), multiplier, shift, any::<bool>()).prop_map(
		|(outputs, multiplier, shift, is_rectified)| Layer {
			outputs,
			multiplier,
			shift,
			is_rectified,
		},
	)
}

pub fn mlp() -> impl Strategy<Value = Given> {
	let layers = prop::collection::vec(layer(), 1..5);
	(size(6), size(20), layers).prop_flat_map(|(rows, inputs, layers)| {
		let (mut len, mut width) = (0, inputs);
		for layer in &layers {
			len += width * layer.outputs + 4 * layer.outputs;
			width = layer.outputs;
		}
		let given = (bytes((rows * inputs) as usize), bytes(len as usize));
		given.prop_map(move |(input, data)| {
			let layers = layers.clone().try_into().expect("there are few");
			let job = job(Mlp { inputs, layers }, &input, Some(&data));
			Given { job, input, data, code: None }
		})
	})
}

pub fn hash() -> impl Strategy<Value = Given> {
	(any::<[u8; 32]>(), size(300), 1..8_usize).prop_flat_map(|(key, item_bytes, items)| {
		bytes(item_bytes as usize * items).prop_map(move |input| Given {
			job: job(Hashes { key, item_bytes }, &input, None),
			input,
			data: Vec::new(),
			code: None,
		})
	})
}

/// A guest that answers what is in the chunk, but for its first byte, in front of the state: 255 traps, 254
/// goes on for ever, 253 refuses.
const FOLD: &str = r#"(module
	(memory (export "memory") 4 64)
	(global $at (mut i32) (i32.const 0))
	(global $out (mut i32) (i32.const 0))
	(func (export "alloc") (param $len i32) (result i32) (i32.const 65536))
	(func (export "output_len") (result i32) (global.get $out))
	(func $compact (result i32)
		(local $mode i32) (local $value i32)
		(local.set $mode (i32.and (i32.load8_u (global.get $at)) (i32.const 3)))
		(if (i32.eqz (local.get $mode)) (then
			(local.set $value (i32.shr_u (i32.load8_u (global.get $at)) (i32.const 2)))
			(global.set $at (i32.add (global.get $at) (i32.const 1)))
			(return (local.get $value))))
		(if (i32.eq (local.get $mode) (i32.const 1)) (then
			(local.set $value (i32.shr_u (i32.load16_u (global.get $at)) (i32.const 2)))
			(global.set $at (i32.add (global.get $at) (i32.const 2)))
			(return (local.get $value))))
		(local.set $value (i32.shr_u (i32.load (global.get $at)) (i32.const 2)))
		(global.set $at (i32.add (global.get $at) (i32.const 4)))
		(local.get $value))
	(func (export "execute") (param $from i32) (param $len i32) (result i32)
		(local $state i32) (local $state_len i32) (local $chunk i32) (local $chunk_len i32) (local $out i32)
		;; abi, the name, the number of arguments
		(global.set $at (i32.add (local.get $from) (i32.const 1)))
		(global.set $at (i32.add (call $compact) (global.get $at)))
		(drop (call $compact))
		(local.set $state_len (call $compact))
		(local.set $state (global.get $at))
		(global.set $at (i32.add (global.get $at) (local.get $state_len)))
		(local.set $chunk_len (call $compact))
		(local.set $chunk (global.get $at))
		(if (i32.eq (i32.load8_u (local.get $chunk)) (i32.const 255)) (then (unreachable)))
		(if (i32.eq (i32.load8_u (local.get $chunk)) (i32.const 254)) (then (loop $l (br $l))))
		(if (i32.eq (i32.load8_u (local.get $chunk)) (i32.const 253)) (then (return (i32.const -1))))
		;; abi 1, status 0, the new state: the rest of the chunk and then the state
		(i32.store8 (i32.const 8) (i32.const 1))
		(i32.store (i32.const 9) (i32.const 0))
		(local.set $chunk_len (i32.sub (local.get $chunk_len) (i32.const 1)))
		(local.set $len (i32.add (local.get $chunk_len) (local.get $state_len)))
		;; its length, as short as it can be written
		(local.set $out (i32.const 14))
		(if (i32.ge_u (local.get $len) (i32.const 64)) (then
			(local.set $out (i32.const 15))
			(if (i32.ge_u (local.get $len) (i32.const 16384)) (then
				(local.set $out (i32.const 17))))))
		(i32.store (i32.const 13) (i32.or
			(i32.shl (local.get $len) (i32.const 2))
			(i32.shr_u (i32.sub (local.get $out) (i32.const 13)) (i32.const 1))))
		(memory.copy (local.get $out) (i32.add (local.get $chunk) (i32.const 1)) (local.get $chunk_len))
		(memory.copy (i32.add (local.get $out) (local.get $chunk_len)) (local.get $state) (local.get $state_len))
		(global.set $out (i32.sub (i32.add (local.get $out) (local.get $len)) (i32.const 8)))
		(i32.const 8)))"#;

/// The code of a guest, from its text.
pub fn code(text: &str) -> Code {
	Code::admit(wat::parse_str(text).expect("it is WASM")).expect("it is let in")
}

pub fn wasm() -> impl Strategy<Value = Given> {
	(size(80), 1..400_usize).prop_flat_map(|(chunk_bytes, len)| {
		let byte = prop_oneof![8 => any::<u8>(), 1 => 253..=255_u8];
		prop::collection::vec(byte, len).prop_map(move |input| {
			let code = code(FOLD);
			let work = Wasm { code_hash: code.hash(), chunk_bytes, step_fuel: 200_000 };
			let job = job(work, &input, None);
			Given { job, input, data: Vec::new(), code: Some(code) }
		})
	})
}

/// A job of any kind.
pub fn given() -> impl Strategy<Value = Given> {
	prop_oneof![matmul(), mlp(), hash(), wasm()]
}
