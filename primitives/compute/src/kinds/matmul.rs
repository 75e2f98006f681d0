//! C = A x B, of whole numbers.

use super::{
	dot, item, Code, Kind, Layout, List, Made, NotMade, Output, Part, Place, Source, Work,
};
use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The longest row of A: no sum overflows, and a row and a column fit one transaction.
pub const MAX_INNER: u32 = 49_152;

/// The product of two matrices. The input is A by rows and then B by columns, a byte with a sign each; the
/// output is C by rows, four bytes with a sign each, the lowest first. An asset whose sizes are all zero leaves
/// them to its tasks.
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
pub struct MatMul {
	/// Rows of A.
	pub m: u32,
	/// Columns of A, and rows of B.
	pub k: u32,
	/// Columns of B.
	pub n: u32,
}

impl MatMul {
	fn sizes(&self) -> (u64, u64, u64) {
		(self.m.into(), self.k.into(), self.n.into())
	}
}

impl Kind for MatMul {
	fn sized(&self, sizes: &[u32]) -> Option<Work> {
		let [m, k, n] = *sizes else { return None };
		(self.sizes() == (0, 0, 0)).then_some(Self { m, k, n }.into())
	}

	fn layout(&self, input: u64, data: Option<u64>) -> Option<Layout> {
		let (m, k, n) = self.sizes();
		let given = m.checked_mul(k)?.checked_add(k.checked_mul(n)?)?;
		let fits = (1..=MAX_INNER.into()).contains(&k) && given == input && data.is_none();
		let cells = m.checked_mul(n)?;
		let units = cells.checked_mul(k)?;
		let output = Output::Records(List { records: cells, bytes: 4 }, units);
		fits.then(|| Layout { made: Vec::new(), output })
	}

	fn sources(&self, place: Place, _: u64) -> Option<Vec<Source>> {
		let (m, k, n) = self.sizes();
		let (row, column) = (place.record.checked_div(n)?, place.record.checked_rem(n)?);
		Some(vec![
			(Part::Input, item(0, row, k)?),
			(Part::Input, item(m.checked_mul(k)?, column, k)?),
		])
	}

	fn record(
		&self,
		_: Place,
		sources: &[&[u8]],
		_: &[u8],
		_: Option<&Code>,
	) -> Result<Made, NotMade> {
		let [row, column] = sources else { return Err(NotMade::WrongSources) };
		Ok(dot(row, column).to_le_bytes().to_vec().into())
	}
}
