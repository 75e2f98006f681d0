//! Hashes of items.

use super::{item, Code, Kind, Layout, List, Made, NotMade, Output, Part, Place, Source};
use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Bytes of an item.
pub const MAX_ITEM_BYTES: u32 = 64 * 1024;

/// Hashes of the input's items, which are all as long: BLAKE2b of 32 bytes, with a key.
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
pub struct Hashes {
	/// The key.
	pub key: [u8; 32],
	/// Bytes of an item.
	pub item_bytes: u32,
}

impl Kind for Hashes {
	fn layout(&self, input: u64, data: Option<u64>) -> Option<Layout> {
		let bytes = u64::from(self.item_bytes);
		let records = input.checked_div(bytes)?;
		let fits = self.item_bytes <= MAX_ITEM_BYTES
			&& records.checked_mul(bytes)? == input
			&& data.is_none();
		let output = Output::Records(List { records, bytes: 32 }, input);
		fits.then(|| Layout { made: Vec::new(), output })
	}

	fn sources(&self, place: Place, _: u64) -> Option<Vec<Source>> {
		Some(vec![(Part::Input, item(0, place.record, self.item_bytes.into())?)])
	}

	fn record(
		&self,
		_: Place,
		sources: &[&[u8]],
		_: &[u8],
		_: Option<&Code>,
	) -> Result<Made, NotMade> {
		let [item] = sources else { return Err(NotMade::WrongSources) };
		let hash = blake2b_simd::Params::new().hash_length(32).key(&self.key).hash(item);
		Ok(hash.as_bytes().to_vec().into())
	}
}
