//! Layers of neurons, in whole numbers.

use super::{dot, item, matmul::MAX_INNER, number};
use super::{Code, Kind, Layout, List, Made, NotMade, Output, Part, Place, Source};
use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::Range;
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// Layers of a network.
pub const MAX_LAYERS: u32 = 16;

/// The most that a sum is shifted.
pub const MAX_SHIFT: u8 = 62;

/// A layer.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Layer {
	/// How many neurons it has.
	pub outputs: u32,
	/// What each sum is multiplied with, at most `i32::MAX`.
	pub multiplier: u32,
	/// And by which power of two it is divided then, at most [`MAX_SHIFT`].
	pub shift: u8,
	/// Whether what is below zero becomes zero.
	pub is_rectified: bool,
}

/// Layers of neurons. The input has rows of so many inputs, a byte with a sign each. The data has, for each
/// layer, the weights of each neuron, a byte with a sign each, and then its neurons' biases, four bytes
/// with a sign each, the lowest first. A layer makes two parts: the products of rows and weights, as
/// `MatMul` does, and [what they become](activate), a byte with a sign each, which is the next layer's
/// input, and the output in the end.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Mlp {
	/// Inputs of a row.
	pub inputs: u32,
	/// The layers.
	pub layers: BoundedVec<Layer, ConstU32<MAX_LAYERS>>,
}

/// What a neuron answers: its sum with the bias, times the multiplier, divided by the power of two, rounded
/// half away from zero, and clamped to a byte.
pub fn activate(layer: &Layer, sum: i32, bias: i32) -> i8 {
	// A sum that is only claimed can be any number: with the bounds of a layer this is at most 2^32 times 2^31,
	// and fits with the half added.
	let biased = i64::from(sum).wrapping_add(bias.into());
	let scaled = biased.unsigned_abs().wrapping_mul(layer.multiplier.into());
	let half = (1_u64 << layer.shift.min(MAX_SHIFT)) >> 1;
	let rounded = scaled.wrapping_add(half) >> layer.shift.min(MAX_SHIFT);
	let magnitude = rounded.min(128) as i64;
	match biased < 0 {
		true if layer.is_rectified => 0,
		true => magnitude.wrapping_neg() as i8,
		false => magnitude.min(127) as i8,
	}
}

/// Where things are for a layer.
struct Shape<'a> {
	layer: &'a Layer,
	inputs: u64,
	outputs: u64,
	/// Where its weights begin.
	weights: u64,
	/// Where its biases begin.
	biases: u64,
	/// Where the next layer's begin.
	end: u64,
}

impl Mlp {
	fn shapes(&self) -> impl Iterator<Item = Option<Shape<'_>>> {
		let mut inputs = u64::from(self.inputs);
		let mut weights = 0_u64;
		self.layers.iter().map(move |layer| {
			let outputs = u64::from(layer.outputs);
			let biases = weights.checked_add(inputs.checked_mul(outputs)?)?;
			let end = biases.checked_add(outputs.checked_mul(4)?)?;
			let shape = Shape { layer, inputs, outputs, weights, biases, end };
			(inputs, weights) = (outputs, end);
			Some(shape)
		})
	}

	/// Which layer makes a part, and whether it is its products.
	fn made_by(&self, part: Part) -> Option<(usize, bool)> {
		match part {
			Part::Made(at) => Some((usize::from(at >> 1), at & 1 == 0)),
			Part::Output => Some((self.layers.len().checked_sub(1)?, false)),
			Part::Input | Part::Data => None,
		}
	}

	/// A row of what a layer is given.
	fn given(layer: usize, row: u64, inputs: u64) -> Option<Source> {
		let part = match u8::try_from(layer).ok()?.checked_mul(2)? {
			0 => Part::Input,
			products => Part::Made(products.checked_sub(1)?),
		};
		Some((part, item(0, row, inputs)?))
	}
}

impl Kind for Mlp {
	fn layout(&self, input: u64, data: Option<u64>) -> Option<Layout> {
		let rows = input.checked_div(self.inputs.into())?;
		if rows.checked_mul(self.inputs.into())? != input || rows > u32::MAX.into() {
			return None;
		}
		let (mut made, mut units, mut end) = (Vec::new(), 0_u64, 0);
		for shape in self.shapes() {
			let shape = shape?;
			let layer = shape.layer;
			let fits = (1..=u64::from(MAX_INNER)).contains(&shape.inputs)
				&& layer.multiplier <= i32::MAX as u32
				&& layer.shift <= MAX_SHIFT;
			if !fits {
				return None;
			}
			let records = rows.checked_mul(shape.outputs)?;
			units = units.checked_add(records.checked_mul(shape.inputs)?)?;
			made.extend([List { records, bytes: 4 }, List { records, bytes: 1 }]);
			end = shape.end;
		}
		let output = Output::Records(made.pop()?, units);
		(data == Some(end)).then_some(Layout { made, output })
	}

	fn sources(&self, place: Place, _: u64) -> Option<Vec<Source>> {
		let (at, is_product) = self.made_by(place.part)?;
		let shape = self.shapes().nth(at)??;
		let row = place.record.checked_div(shape.outputs)?;
		let neuron = place.record.checked_rem(shape.outputs)?;
		let of_neuron = |start, bytes| -> Option<(Part, Range<u64>)> {
			Some((Part::Data, item(start, neuron, bytes)?))
		};
		if is_product {
			let weights = of_neuron(shape.weights, shape.inputs)?;
			return Some(vec![Self::given(at, row, shape.inputs)?, weights]);
		}
		let products = Part::Made(u8::try_from(at).ok()?.checked_mul(2)?);
		Some(vec![(products, item(0, place.record, 4)?), of_neuron(shape.biases, 4)?])
	}

	fn record(
		&self,
		place: Place,
		sources: &[&[u8]],
		_: &[u8],
		_: Option<&Code>,
	) -> Result<Made, NotMade> {
		let [first, second] = sources else { return Err(NotMade::WrongSources) };
		let made = self.made_by(place.part).and_then(|(at, is_product)| {
			Some(match is_product {
				true => dot(first, second).to_le_bytes().to_vec(),
				false => {
					let layer = self.layers.get(at)?;
					vec![activate(layer, number(first)?, number(second)?) as u8]
				}
			})
		});
		made.map(Made::from).ok_or(NotMade::WrongSources)
	}
}
