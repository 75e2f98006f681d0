//! What the reference makes, against what is written here from the definition of each kind.

use super::*;
use crate::{
	kinds::{
		activate, Output, Part, Place, Step, Work, MAX_INNER, MAX_ITEM_BYTES, MAX_STEP_FUEL,
		STEP_BYTES,
	},
	BlobId,
};
use codec::DecodeAll;

fn numbers(bytes: &[u8]) -> Vec<i64> {
	bytes.chunks(4).map(|four| i32::from_le_bytes(four.try_into().unwrap()).into()).collect()
}

/// Rows times columns, as wide as one likes.
fn product(rows: &[u8], columns: &[u8], k: usize) -> Vec<i64> {
	let signed = |byte: &u8| i64::from(*byte as i8);
	let mut cells = Vec::new();
	for row in rows.chunks(k) {
		for column in columns.chunks(k) {
			cells.push((0..k).map(|at| signed(&row[at]) * signed(&column[at])).sum());
		}
	}
	cells
}

proptest! {
	#[test]
	fn a_product_is_one(given in matmul()) {
		let Work::MatMul(MatMul { m, k, n }) = given.job.work else { unreachable!() };
		let (a, b) = given.input.split_at((m * k) as usize);
		let parts = given.run();
		prop_assert_eq!(numbers(&parts.output), product(a, b, k as usize));
		let Some(Output::Records(list, units)) = given.job.layout().map(|it| it.output) else {
			unreachable!()
		};
		prop_assert_eq!((list.records, units), (u64::from(m * n), u64::from(m * n * k)));
	}

	#[test]
	fn layers_are_products_with_biases_scaled(given in mlp()) {
		let Work::Mlp(Mlp { inputs, layers }) = &given.job.work else { unreachable!() };
		let parts = given.run();
		let (mut rows, mut data) = (given.input.clone(), &given.data[..]);
		let mut width = *inputs as usize;
		for (at, layer) in layers.iter().enumerate() {
			let (weights, rest) = data.split_at(width * layer.outputs as usize);
			let (biases, rest) = rest.split_at(4 * layer.outputs as usize);
			let sums = product(&rows, weights, width);
			prop_assert_eq!(numbers(&parts.made[2 * at]), sums.clone());
			let biases = numbers(biases);
			rows = sums
				.iter()
				.enumerate()
				.map(|(cell, sum)| scaled(layer, sum + biases[cell % biases.len()]) as u8)
				.collect();
			let made = parts.made.get(2 * at + 1).unwrap_or(&parts.output);
			prop_assert_eq!(made, &rows);
			(data, width) = (rest, layer.outputs as usize);
		}
		prop_assert!(data.is_empty());
	}

	#[test]
	fn a_neuron_rounds_half_away_from_zero(layer in layer(), sum in any::<i32>(), bias in any::<i32>()) {
		prop_assert_eq!(activate(&layer, sum, bias), scaled(&layer, i64::from(sum) + i64::from(bias)));
	}

	#[test]
	fn hashes_are_blake2_with_a_key(given in hash()) {
		let Work::Hash(Hashes { key, item_bytes }) = given.job.work else { unreachable!() };
		let parts = given.run();
		for (item, hash) in given.input.chunks(item_bytes as usize).zip(parts.output.chunks(32)) {
			let expected =
				blake2b_simd::Params::new().hash_length(32).key(&key).to_state().update(item).finalize();
			prop_assert_eq!(expected.as_bytes(), hash);
		}
	}

	#[test]
	fn a_fold_goes_on_from_where_it_was_and_a_step_that_fails_changes_nothing(given in wasm()) {
		let Work::Wasm(Wasm { chunk_bytes, step_fuel, .. }) = given.job.work else { unreachable!() };
		let parts = given.run();
		let (mut state, mut fuel) = (Vec::new(), 0);
		let chunks = given.input.chunks(chunk_bytes as usize);
		prop_assert_eq!(parts.made[0].len() as u64, chunks.len() as u64 * STEP_BYTES);
		for (chunk, record) in chunks.zip(parts.made[0].chunks(STEP_BYTES as usize)) {
			let step = Step::decode_all(&mut &record[..]).expect("it is one");
			if chunk[0] < 253 {
				state.splice(0..0, chunk[1..].iter().copied());
				prop_assert!(step.fuel > fuel && step.fuel < fuel + step_fuel);
			} else {
				prop_assert_eq!(step.fuel, fuel + step_fuel, "it costs all of its fuel");
			}
			prop_assert_eq!(step.root, BlobId::of(&state).root);
			fuel = step.fuel;
		}
		prop_assert_eq!(parts.output, state);
	}
}

/// By the words of the definition, with numbers that nothing overflows.
fn scaled(layer: &Layer, biased: i64) -> i8 {
	let number = i128::from(biased) * i128::from(layer.multiplier);
	let divisor = 1_i128 << layer.shift;
	// Twice the number, and one more, away from zero, over twice the divisor.
	let rounded = (2 * number.abs() + divisor) / (2 * divisor) * number.signum();
	let least = if layer.is_rectified { 0 } else { -128 };
	rounded.clamp(least, 127) as i8
}

#[test]
fn blake2_with_a_key_as_others_have_it() {
	// With the key 00 .. 1f, as Python's hashlib has it.
	let hash = |item: &[u8]| {
		let key = core::array::from_fn(|at| at as u8);
		let work = Hashes { key, item_bytes: item.len() as u32 };
		let job = job(work, item, None);
		job.run(item.to_vec(), Vec::new(), None).unwrap().output
	};
	assert_eq!(hash(&[0, 1, 2]), hex(BLAKE2_OF_THREE));
	assert_eq!(hash(&[0xff; 300]), hex(BLAKE2_OF_THREE_HUNDRED));
}

const BLAKE2_OF_THREE: &str = "e14fc9161564dd081204f2dd6146a9ffbef66f95d5dc80e0a225e213c09dad7b";
const BLAKE2_OF_THREE_HUNDRED: &str =
	"fd529da6c25d60e5667df7c6dcb511c4dfc4f7509cd8d07766375c5a2fe4027e";

fn hex(text: &str) -> Vec<u8> {
	(0..text.len() / 2)
		.map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
		.collect()
}

#[test]
fn the_largest_sums_do_not_overflow() {
	let k = MAX_INNER;
	let row = vec![0x80_u8; k as usize];
	let column = vec![0x80_u8; k as usize];
	let input = [row, column].concat();
	let job = job(MatMul { m: 1, k, n: 1 }, &input, None);
	let parts = job.run(input, Vec::new(), None).unwrap();
	assert_eq!(numbers(&parts.output), [i64::from(k) * 128 * 128]);
}

#[test]
fn there_is_no_job_of_sizes_that_do_not_fit() {
	let layout = |work: Work, input: u64, data: Option<u64>| {
		let blob = |len| BlobId { len, ..BlobId::of(&[]) };
		let (input, data) = (blob(input), data.map(blob));
		Job { version: KINDS_VERSION, work, input, data }.layout()
	};
	let product = |m, k, n| Work::from(MatMul { m, k, n });
	assert!(layout(product(2, 3, 4), 18, None).is_some());
	for (m, k, n) in [(0, 3, 4), (2, 0, 4), (2, 3, 0), (0, 0, 0)] {
		let len = u64::from(m * k + k * n);
		assert_eq!(layout(product(m, k, n), len, None), None, "{m} {k} {n}");
	}
	for len in [17, 19, 0, u64::MAX] {
		assert_eq!(layout(product(2, 3, 4), len, None), None, "{len}");
	}
	assert_eq!(layout(product(2, 3, 4), 18, Some(1)), None, "there is no data to it");
	let most = MAX_INNER;
	assert!(layout(product(1, most, 1), 2 * u64::from(most), None).is_some());
	assert_eq!(layout(product(1, most + 1, 1), 2 * u64::from(most + 1), None), None);
	// The product of the sizes, or the output, is more than can be.
	let largest = u64::from(u32::MAX);
	for (m, k, n) in [(u32::MAX, most, u32::MAX), (u32::MAX, 1, u32::MAX), (1 << 20, 1, 1 << 20)] {
		let len = (u64::from(m) + u64::from(n)) * u64::from(k);
		assert_eq!(layout(product(m, k, n), len, None), None, "{m} {k} {n} {largest}");
	}

	let layer = Layer { outputs: 3, multiplier: 1, shift: 0, is_rectified: false };
	let network = |inputs, layers: &[Layer]| {
		Work::from(Mlp { inputs, layers: layers.to_vec().try_into().unwrap() })
	};
	assert!(layout(network(2, &[layer]), 20, Some(6 + 12)).is_some());
	for (work, input, data) in [
		(network(2, &[]), 20, Some(0)),
		(network(0, &[layer]), 20, Some(12)),
		(network(2, &[layer]), 21, Some(18)),
		(network(2, &[layer]), 0, Some(18)),
		(network(2, &[layer]), 20, Some(17)),
		(network(2, &[layer]), 20, None),
		(network(2, &[Layer { outputs: 0, ..layer }]), 20, Some(0)),
		(network(2, &[Layer { shift: 63, ..layer }]), 20, Some(18)),
		(network(2, &[Layer { multiplier: 1 << 31, ..layer }]), 20, Some(18)),
		(network(most + 1, &[layer]), u64::from(most + 1), Some(3 * u64::from(most + 1) + 12)),
	] {
		assert_eq!(layout(work.clone(), input, data), None, "{work:?} {input} {data:?}");
	}

	let hash = |item_bytes| Work::from(Hashes { key: [0; 32], item_bytes });
	assert!(layout(hash(5), 20, None).is_some());
	assert!(layout(hash(MAX_ITEM_BYTES), MAX_ITEM_BYTES.into(), None).is_some());
	for (bytes, input, data) in [
		(5, 21, None),
		(5, 0, None),
		(0, 20, None),
		(5, 20, Some(1)),
		(MAX_ITEM_BYTES + 1, u64::from(MAX_ITEM_BYTES + 1), None),
	] {
		assert_eq!(layout(hash(bytes), input, data), None, "{bytes} {input} {data:?}");
	}

	let fold =
		|chunk_bytes, step_fuel| Work::from(Wasm { code_hash: [0; 32], chunk_bytes, step_fuel });
	assert!(layout(fold(32 * 1024, MAX_STEP_FUEL), 100_000, None).is_some());
	for (chunk, fuel, input, data) in [
		(0, 1, 10, None),
		(32 * 1024 + 1, 1, 10, None),
		(10, 1, 0, None),
		(10, 1, 30, Some(0)),
		(10, MAX_STEP_FUEL + 1, 10, None),
	] {
		assert_eq!(layout(fold(chunk, fuel), input, data), None, "{chunk} {fuel} {input}");
	}
}

#[test]
fn a_job_of_another_version_is_none() {
	let input = [1; 18];
	let now = job(MatMul { m: 2, k: 3, n: 4 }, &input, None);
	assert!(now.layout().is_some());
	let later = Job { version: KINDS_VERSION + 1, ..now };
	assert_eq!(later.layout(), None);
}

#[test]
fn a_step_that_could_not_pay_for_its_code_is_not_begun() {
	let code = code(FOLD);
	let run = |step_fuel| {
		let work = Wasm { code_hash: code.hash(), chunk_bytes: 10, step_fuel };
		let parts = job(work, &[0; 25], None).run(vec![0; 25], Vec::new(), Some(&code)).unwrap();
		let last = parts.made[0].chunks(STEP_BYTES as usize).last().unwrap();
		(parts.output.len(), Step::decode_all(&mut &last[..]).unwrap().fuel)
	};
	assert_eq!(run(0), (0, 0));
	assert_eq!(run(1_000), (0, 3_000));
	let (len, fuel) = run(1_000_000);
	assert_eq!(len, 22);
	assert!(fuel < 3_000_000);
}

#[test]
fn a_fold_is_of_its_own_code() {
	let (own, other) = (code(FOLD), code(&FOLD.replace("254", "252")));
	let work = Wasm { code_hash: own.hash(), chunk_bytes: 10, step_fuel: 1_000_000 };
	let job = job(work, &[0; 25], None);
	assert!(job.run(vec![0; 25], Vec::new(), Some(&own)).is_some());
	assert_eq!(job.run(vec![0; 25], Vec::new(), Some(&other)), None);
	assert_eq!(job.run(vec![0; 25], Vec::new(), None), None);
}

#[test]
fn a_place_outside_follows_from_nothing() {
	let input = vec![1; 18];
	let work = MatMul { m: 2, k: 3, n: 4 };
	let job = job(work, &input, None);
	let place = |part, record| Place { part, record };
	assert!(job.sources(place(Part::Output, 7)).is_some());
	for outside in [
		place(Part::Output, 8),
		place(Part::Output, u64::MAX),
		place(Part::Made(0), 0),
		place(Part::Input, 0),
		place(Part::Data, 0),
	] {
		assert_eq!(job.sources(outside), None, "{outside:?}");
	}
}
