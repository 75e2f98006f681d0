//! The kinds of work, in one table. A kind says how long its parts are, what each record follows from,
//! and how; the reference, the check of a claim and fraud proofs are the same for all. Another kind is
//! another row here, and a module beside.

mod hash;
mod matmul;
mod mlp;
mod wasm;

pub use hash::{Hashes, MAX_ITEM_BYTES};
pub use matmul::{MatMul, MAX_INNER};
pub use mlp::{activate, Layer, Mlp, MAX_LAYERS, MAX_SHIFT};
pub use wasm::{Code, Step, Wasm, MAX_CHUNK_BYTES, MAX_STATE_BYTES, MAX_STEP_FUEL, STEP_BYTES};

use crate::blob::{BlobId, MAX_BLOB_BYTES};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::Range;
use scale_info::TypeInfo;

/// The version of what each kind of work results in, which a task keeps while it is open.
pub const KINDS_VERSION: u8 = 1;

/// The most sources of a record.
pub const MAX_SOURCES: u32 = 2;

/// The most parts that a job makes beside its output.
pub const MAX_MADE: u32 = 2 * MAX_LAYERS - 1;

macro_rules! kinds {
	($($(#[$doc:meta])* $kind:ident($work:ident) = $index:literal;)*) => {
		/// What is to be done, with its sizes.
		#[derive(
			Clone,
			PartialEq,
			Eq,
			Debug,
			Encode,
			Decode,
			DecodeWithMemTracking,
			MaxEncodedLen,
			TypeInfo,
		)]
		pub enum Work {
			$($(#[$doc])* #[codec(index = $index)] $kind($work),)*
		}

		$(impl From<$work> for Work {
			fn from(work: $work) -> Self {
				Self::$kind(work)
			}
		})*

		impl Work {
			fn kind(&self) -> &dyn Kind {
				match self { $(Self::$kind(work) => work,)* }
			}

			/// The place of its kind in the table.
			pub const fn place(&self) -> usize {
				match self { $(Self::$kind(_) => $index,)* }
			}
		}

		/// How many kinds there are.
		pub const KIND_COUNT: usize = [$($index),*].len();
	};
}

kinds! {
	/// The product of two matrices.
	MatMul(MatMul) = 0;
	/// Layers of neurons.
	Mlp(Mlp) = 1;
	/// Hashes of items.
	Hash(Hashes) = 2;
	/// A fold by a guest of the chain's machine.
	Wasm(Wasm) = 3;
}

/// One of a job's blobs.
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
pub enum Part {
	/// What the requester gives.
	#[codec(index = 0)]
	Input,
	/// What belongs to the asset, such as a network's weights.
	#[codec(index = 1)]
	Data,
	/// What is made on the way, in the order in which it is.
	#[codec(index = 2)]
	Made(u8),
	/// What is asked for.
	#[codec(index = 3)]
	Output,
}

/// A record of a part.
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
pub struct Place {
	/// The part.
	pub part: Part,
	/// Which of its records, from 0 on.
	pub record: u64,
}

/// A range of a part.
pub type Source = (Part, Range<u64>);

/// A part that is made: so many records of so many bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct List {
	/// How many.
	pub records: u64,
	/// Bytes of each.
	pub bytes: u64,
}

impl List {
	/// Bytes of all, if a blob can have as many.
	pub fn size(&self) -> Option<u64> {
		self.records.checked_mul(self.bytes).filter(|len| (1..=MAX_BLOB_BYTES).contains(len))
	}

	fn range(&self, record: u64) -> Option<Range<u64>> {
		let end = record.checked_add(1).filter(|end| *end <= self.records)?;
		Some(record.checked_mul(self.bytes)?..end.checked_mul(self.bytes)?)
	}
}

/// What a job's parts are like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
	/// What is made on the way.
	pub made: Vec<List>,
	/// What is asked for.
	pub output: Output,
}

/// What a job's output is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
	/// Records, and the work that they are.
	Records(List, u64),
	/// The state after the last step. The last record of what is made on the way says which, and what work
	/// it was.
	LastState,
}

/// A record that was computed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Made {
	/// Its bytes.
	pub record: Vec<u8>,
	/// The state after it, of kinds that have one.
	pub state: Vec<u8>,
}

impl From<Vec<u8>> for Made {
	fn from(record: Vec<u8>) -> Self {
		Self { record, state: Vec::new() }
	}
}

/// Why a record cannot be computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotMade {
	/// These are not its sources.
	WrongSources,
	/// This is not the state before it.
	WrongState,
	/// The code is not there, or not the job's, or was let in by other rules than today's.
	NoCode,
}

/// Why a result cannot be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unjudged {
	/// There can be no such job.
	NoSuchJob,
	/// This part, or the number of parts, is not as long as it must be.
	WrongLength(Part),
	/// The code is not there.
	NoCode,
	/// The output is not the last state that the steps come to. No claim can say so.
	OtherEnding,
}

impl Work {
	/// The work of an asset, with the sizes that it leaves to its tasks.
	pub fn sized(&self, sizes: &[u32]) -> Option<Self> {
		match sizes {
			[] => Some(self.clone()),
			sizes => self.kind().sized(sizes),
		}
	}

	/// The hash of the guest's code that it needs.
	pub fn code_hash(&self) -> Option<[u8; 32]> {
		self.kind().code_hash()
	}

	/// The fuel that it can take to make a record.
	pub fn record_fuel(&self) -> u64 {
		self.kind().record_fuel()
	}
}

/// A row of the table.
trait Kind {
	/// The work of these sizes, of a kind whose assets can leave them open.
	fn sized(&self, _sizes: &[u32]) -> Option<Work> {
		None
	}

	/// The code that it needs, of kinds that need some.
	fn code_hash(&self) -> Option<[u8; 32]> {
		None
	}

	/// The fuel that it can take to make a record, of kinds that run code.
	fn record_fuel(&self) -> u64 {
		0
	}

	/// What the parts are like, if work of these sizes can be done with an input and data of these lengths.
	fn layout(&self, input: u64, data: Option<u64>) -> Option<Layout>;

	/// What the record at a place of the layout follows from, with an input of this length.
	fn sources(&self, place: Place, input: u64) -> Option<Vec<Source>>;

	/// The record at a place, from its sources, and from the state before it.
	fn record(
		&self,
		place: Place,
		sources: &[&[u8]],
		state: &[u8],
		code: Option<&Code>,
	) -> Result<Made, NotMade>;

	/// What the last record says of the last state, and of the work that it was, of kinds that have states.
	fn ending(&self, _record: &[u8]) -> Option<(BlobId, u64)> {
		None
	}
}

/// All that fixes a result.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Job {
	/// [`KINDS_VERSION`] of when it was ordered.
	pub version: u8,
	/// What is to be done.
	pub work: Work,
	/// What the requester gives.
	pub input: BlobId,
	/// What belongs to the asset.
	pub data: Option<BlobId>,
}

/// A job's parts, with their bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parts {
	/// What the requester gives.
	pub input: Vec<u8>,
	/// What belongs to the asset.
	pub data: Vec<u8>,
	/// What is made on the way.
	pub made: Vec<Vec<u8>>,
	/// What is asked for.
	pub output: Vec<u8>,
}

impl Parts {
	/// A part's bytes.
	pub fn get(&self, part: Part) -> Option<&[u8]> {
		match part {
			Part::Input => Some(&self.input),
			Part::Data => Some(&self.data),
			Part::Made(index) => self.made.get(usize::from(index)).map(Vec::as_slice),
			Part::Output => Some(&self.output),
		}
	}

	fn get_mut(&mut self, part: Part) -> Option<&mut Vec<u8>> {
		match part {
			Part::Made(index) => self.made.get_mut(usize::from(index)),
			Part::Output => Some(&mut self.output),
			Part::Input | Part::Data => None,
		}
	}

	/// What a source says.
	pub fn source(&self, (part, range): &Source) -> Option<&[u8]> {
		self.get(*part)?.get(range.start as usize..range.end as usize)
	}
}

impl Job {
	/// What its parts are like, if there can be such a job.
	pub fn layout(&self) -> Option<Layout> {
		let are_known = self.version == KINDS_VERSION
			&& self.input.is_known()
			&& self.data.is_none_or(|data| data.is_known());
		if !are_known {
			return None;
		}
		let layout = self.work.kind().layout(self.input.len, self.data.map(|data| data.len))?;
		let lists = layout.made.iter().chain(match &layout.output {
			Output::Records(list, _) => Some(list),
			Output::LastState => None,
		});
		for list in lists {
			list.size()?;
		}
		Some(layout)
	}

	/// What the record at this place follows from, if there is such a place.
	pub fn sources(&self, place: Place) -> Option<Vec<Source>> {
		self.layout()?.range(place)?;
		self.work.kind().sources(place, self.input.len)
	}

	/// The record at this place, from its sources, and from the state before it.
	pub fn record(
		&self,
		place: Place,
		sources: &[&[u8]],
		state: &[u8],
		code: Option<&Code>,
	) -> Result<Made, NotMade> {
		self.work.kind().record(place, sources, state, code)
	}

	/// What the last record says of the last state, and of the work that it was.
	pub fn ending(&self, record: &[u8]) -> Option<(BlobId, u64)> {
		self.work.kind().ending(record)
	}

	/// The result: all parts, with the input and the data that are given, which are known to be the job's.
	/// What anything faster is compared with.
	pub fn run(&self, input: Vec<u8>, data: Vec<u8>, code: Option<&Code>) -> Option<Parts> {
		let layout = self.layout()?;
		let given = (input.len() as u64, data.len() as u64);
		if given != (self.input.len, self.data.map_or(0, |data| data.len)) {
			return None;
		}
		let mut parts = Parts { input, data, ..Default::default() };
		let mut state = Vec::new();
		for (part, list) in layout.lists() {
			if let Part::Made(_) = part {
				parts.made.push(Vec::new());
			}
			for record in 0..list.records {
				let place = Place { part, record };
				let made = self.follow(place, &parts, &state, code).ok()?;
				state = made.state;
				parts.get_mut(part)?.extend(made.record);
			}
		}
		if layout.output == Output::LastState {
			parts.output = state;
		}
		Some(parts)
	}

	/// The first place whose record is not what follows from the others, with the state before it. If
	/// there is none, and the input and the data are known to be the job's, this is the result.
	pub fn first_wrong(
		&self,
		parts: &Parts,
		code: Option<&Code>,
	) -> Result<Option<(Place, Vec<u8>)>, Unjudged> {
		let layout = self.layout().ok_or(Unjudged::NoSuchJob)?;
		let has = |part: Part, len: Option<u64>| {
			let is = parts.get(part).map(|part| part.len() as u64) == len;
			is.then_some(()).ok_or(Unjudged::WrongLength(part))
		};
		has(Part::Input, Some(self.input.len))?;
		has(Part::Data, Some(self.data.map_or(0, |data| data.len)))?;
		if parts.made.len() != layout.made.len() {
			return Err(Unjudged::WrongLength(Part::Made(parts.made.len() as u8)));
		}
		for (part, list) in layout.lists() {
			has(part, list.size())?;
		}
		let mut state = Vec::new();
		for (part, list) in layout.lists() {
			for record in 0..list.records {
				let place = Place { part, record };
				let made = self.follow(place, parts, &state, code);
				let made = made.map_err(|_| Unjudged::NoCode)?;
				let claimed = list.range(record).and_then(|range| parts.source(&(part, range)));
				if claimed != Some(made.record.as_slice()) {
					return Ok(Some((place, state)));
				}
				state = made.state;
			}
		}
		match layout.output == Output::LastState && parts.output != state {
			true => Err(Unjudged::OtherEnding),
			false => Ok(None),
		}
	}

	fn follow(
		&self,
		place: Place,
		parts: &Parts,
		state: &[u8],
		code: Option<&Code>,
	) -> Result<Made, NotMade> {
		let sources = self.work.kind().sources(place, self.input.len);
		let sources = sources.ok_or(NotMade::WrongSources)?;
		let sources: Option<Vec<&[u8]>> = sources.iter().map(|one| parts.source(one)).collect();
		self.record(place, &sources.ok_or(NotMade::WrongSources)?, state, code)
	}
}

impl Layout {
	/// All that is made of records, in the order in which it is.
	pub fn lists(&self) -> impl Iterator<Item = (Part, List)> + '_ {
		let made = self.made.iter().enumerate().map(|(at, list)| (Part::Made(at as u8), *list));
		made.chain(match self.output {
			Output::Records(list, _) => Some((Part::Output, list)),
			Output::LastState => None,
		})
	}

	/// The last of all records: its part, and where it lies there.
	pub fn last_record(&self) -> Option<Source> {
		let (part, list) = self.lists().last()?;
		Some((part, list.range(list.records.checked_sub(1)?)?))
	}

	/// Where the record at this place lies in its part.
	pub fn range(&self, place: Place) -> Option<Range<u64>> {
		let list = match (place.part, self.output) {
			(Part::Made(index), _) => *self.made.get(usize::from(index))?,
			(Part::Output, Output::Records(list, _)) => list,
			_ => return None,
		};
		list.range(place.record)
	}
}

/// The place of item `index` of equal items one after another, that begin at `start`.
fn item(start: u64, index: u64, bytes: u64) -> Option<Range<u64>> {
	let from = start.checked_add(index.checked_mul(bytes)?)?;
	Some(from..from.checked_add(bytes)?)
}

/// The sum of products of numbers of a byte each. So few of them cannot overflow it.
fn dot(left: &[u8], right: &[u8]) -> i32 {
	let products = left.iter().zip(right).map(|(left, right)| {
		i32::from(i16::from(*left as i8).wrapping_mul(i16::from(*right as i8)))
	});
	products.fold(0, i32::wrapping_add)
}

fn number(bytes: &[u8]) -> Option<i32> {
	bytes.try_into().ok().map(i32::from_le_bytes)
}
