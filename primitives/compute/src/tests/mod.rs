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
const FOLD: &str = include_str!("fold.wat");

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
