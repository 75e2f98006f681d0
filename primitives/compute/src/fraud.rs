//! What somebody claims to be a job's result, and how it is shown that it is not.

use crate::{
	blob::{BlobError, BlobId, RangeProof, Tree},
	kinds::{
		Code, Job, NotMade, Output, Part, Parts, Place, MAX_MADE, MAX_SOURCES, MAX_STATE_BYTES,
	},
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// The names of what is made on the way.
pub type MadeIds = BoundedVec<BlobId, ConstU32<MAX_MADE>>;

/// A result as it is claimed.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Claim {
	/// What was made on the way.
	pub made: MadeIds,
	/// What was asked for.
	pub output: BlobId,
	/// The work that it was.
	pub units: u64,
}

/// Why a claim cannot be one of this job's result.
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
pub enum ClaimError {
	/// There can be no such job.
	#[codec(index = 0)]
	NoSuchJob,
	/// There are not as many parts as the job has.
	#[codec(index = 1)]
	WrongParts,
	/// A part does not have the length that it must have.
	#[codec(index = 2)]
	WrongLength(Part),
	/// The work is not what the job is.
	#[codec(index = 3)]
	WrongUnits,
	/// The last step is not shown, or one is shown where there are none.
	#[codec(index = 4)]
	WrongEnding,
	/// What is shown as the last step is not.
	#[codec(index = 5)]
	BadEnding(BlobError),
	/// The output is not what the last step says.
	#[codec(index = 6)]
	WrongOutput,
}

/// Shows that a record is not what follows from its sources.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct FraudProof {
	/// The record.
	pub place: Place,
	/// As it is claimed.
	pub claimed: RangeProof,
	/// What it follows from, in the order of [`Job::sources`].
	pub sources: BoundedVec<RangeProof, ConstU32<MAX_SOURCES>>,
	/// The state before it, of kinds that have one.
	pub state: BoundedVec<u8, ConstU32<MAX_STATE_BYTES>>,
}

/// Why a proof shows no fraud.
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
pub enum FraudError {
	/// There is no such record.
	#[codec(index = 0)]
	NoSuchPlace,
	/// There are not as many sources as the record has.
	#[codec(index = 1)]
	WrongSources,
	/// The record is not shown.
	#[codec(index = 2)]
	BadRecord(BlobError),
	/// This source is not shown.
	#[codec(index = 3)]
	BadSource(u8, BlobError),
	/// The state is not the one before it.
	#[codec(index = 4)]
	WrongState,
	/// The record is what follows from its sources.
	#[codec(index = 5)]
	RecordIsRight,
	/// There can be no such job, or it is of a version that is not known.
	#[codec(index = 6)]
	NoSuchJob,
	/// The code is not there, or was let in by other rules: then nothing can be said.
	#[codec(index = 7)]
	NoCode,
}

impl Job {
	/// Checks a claim as far as its names go. `ending` shows the last step, if the job is a fold.
	pub fn check(&self, claim: &Claim, ending: Option<&RangeProof>) -> Result<(), ClaimError> {
		let layout = self.layout().ok_or(ClaimError::NoSuchJob)?;
		if claim.made.len() != layout.made.len() {
			return Err(ClaimError::WrongParts);
		}
		for (part, list) in layout.lists() {
			let blob = claim.blob(self, part).ok_or(ClaimError::WrongParts)?;
			if !blob.is_known() || list.size() != Some(blob.len) {
				return Err(ClaimError::WrongLength(part));
			}
		}
		let proof = match (layout.output, ending) {
			(Output::Records(_, units), None) => {
				return (units == claim.units).then_some(()).ok_or(ClaimError::WrongUnits)
			}
			(Output::LastState, Some(proof)) => proof,
			_ => return Err(ClaimError::WrongEnding),
		};
		let (part, last) = layout.last_record().ok_or(ClaimError::WrongParts)?;
		let steps = claim.blob(self, part).ok_or(ClaimError::WrongParts)?;
		let last = steps.range(&last, proof).map_err(ClaimError::BadEnding)?;
		let (state, units) = self.ending(last).ok_or(ClaimError::WrongOutput)?;
		if state != claim.output {
			return Err(ClaimError::WrongOutput);
		}
		(units == claim.units).then_some(()).ok_or(ClaimError::WrongUnits)
	}
}

impl Claim {
	/// The name of a part.
	pub fn blob(&self, job: &Job, part: Part) -> Option<BlobId> {
		match part {
			Part::Input => Some(job.input),
			Part::Data => job.data,
			Part::Made(index) => self.made.get(usize::from(index)).copied(),
			Part::Output => Some(self.output),
		}
	}
}

impl FraudProof {
	/// Whether this shows that the claim is not the job's result. The job can be one, and the claim was
	/// [checked](Job::check).
	pub fn check(&self, job: &Job, claim: &Claim, code: Option<&Code>) -> Result<(), FraudError> {
		use FraudError::*;
		let layout = job.layout().ok_or(NoSuchJob)?;
		let range = layout.range(self.place).ok_or(NoSuchPlace)?;
		let sources = job.sources(self.place).ok_or(NoSuchPlace)?;
		if sources.len() != self.sources.len() {
			return Err(WrongSources);
		}
		let blob = claim.blob(job, self.place.part).ok_or(NoSuchPlace)?;
		let claimed = blob.range(&range, &self.claimed).map_err(BadRecord)?;
		let mut shown = Vec::new();
		for (at, ((part, range), proof)) in sources.iter().zip(&self.sources).enumerate() {
			let blob = claim.blob(job, *part).ok_or(WrongSources)?;
			shown.push(blob.range(range, proof).map_err(|error| BadSource(at as u8, error))?);
		}
		if layout.output != Output::LastState && !self.state.is_empty() {
			return Err(WrongState);
		}
		let made = job.record(self.place, &shown, &self.state, code);
		let made = made.map_err(|reason| match reason {
			NotMade::WrongSources => WrongSources,
			NotMade::WrongState => WrongState,
			NotMade::NoCode => NoCode,
		})?;
		(made.record != claimed).then_some(()).ok_or(RecordIsRight)
	}
}

/// A result with the trees of its parts, by which anything of it can be shown.
#[derive(Clone, Debug)]
pub struct Shown {
	/// The parts.
	pub parts: Parts,
	input: Tree,
	data: Tree,
	made: Vec<Tree>,
	output: Tree,
}

impl Shown {
	/// Of a result, true or not.
	pub fn new(parts: Parts) -> Self {
		let made = parts.made.iter().map(|part| Tree::of(part)).collect();
		let [input, data, output] =
			[&parts.input, &parts.data, &parts.output].map(|part| Tree::of(part));
		Self { parts, input, data, made, output }
	}

	/// The tree of a part.
	pub fn tree(&self, part: Part) -> Option<&Tree> {
		match part {
			Part::Input => Some(&self.input),
			Part::Data => Some(&self.data),
			Part::Made(index) => self.made.get(usize::from(index)),
			Part::Output => Some(&self.output),
		}
	}

	/// Shows a range of a part.
	pub fn range(&self, part: Part, range: &core::ops::Range<u64>) -> Option<RangeProof> {
		self.tree(part)?.range(self.parts.get(part)?, range)
	}

	/// The claim that this is the job's result, with what shows its last step if the job is a fold.
	pub fn claim(&self, job: &Job) -> Option<(Claim, Option<RangeProof>)> {
		let made: Vec<BlobId> = self.made.iter().map(Tree::id).collect();
		let made = MadeIds::try_from(made).ok()?;
		let output = self.output.id();
		let layout = job.layout()?;
		match layout.output {
			Output::Records(_, units) => Some((Claim { made, output, units }, None)),
			Output::LastState => {
				let (part, last) = layout.last_record()?;
				let (_, units) = job.ending(self.parts.source(&(part, last.clone()))?)?;
				Some((Claim { made, output, units }, self.range(part, &last)))
			}
		}
	}

	/// Shows that the record at this place, which has this state before it, does not follow.
	pub fn prove(&self, job: &Job, place: Place, state: Vec<u8>) -> Option<FraudProof> {
		let claimed = self.range(place.part, &job.layout()?.range(place)?)?;
		let sources = job.sources(place)?;
		let sources: Option<Vec<_>> =
			sources.iter().map(|(part, range)| self.range(*part, range)).collect();
		let (sources, state) = (sources?.try_into().ok()?, state.try_into().ok()?);
		Some(FraudProof { place, claimed, sources, state })
	}
}
