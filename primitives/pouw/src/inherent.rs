//! The inherent by which an author includes attestations of its block's parent.

use crate::{AuthoritySignature, MAX_AUTHORITIES};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};
use sp_inherents::{InherentIdentifier, IsFatalError};

/// The identifier of the inherent.
pub const INHERENT_IDENTIFIER: InherentIdentifier = *b"pouwattn";

/// Bytes of the largest bitfield.
const MAX_BITFIELD_BYTES: u32 = MAX_AUTHORITIES / 8;

/// Attestations of a block's parent by the members of the parent's set.
///
/// There is one form for one content: the bitfield has just the bytes that the set needs, no bit
/// past the set, and as many signatures as bits, in the order of the set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ParentAttestations {
	/// Bit `i % 8` of byte `i / 8` says that authority `i` attested.
	pub bitfield: BoundedVec<u8, ConstU32<MAX_BITFIELD_BYTES>>,
	/// The signatures of those whose bit is set, in the order of the set.
	pub signatures: BoundedVec<AuthoritySignature, ConstU32<MAX_AUTHORITIES>>,
}

impl ParentAttestations {
	/// Puts together what the members of a set of `set_len` signed, given in the order of the set.
	/// `None` when an index is outside the set, out of order or doubled, or the set is too large.
	pub fn new(
		set_len: usize,
		signed: impl IntoIterator<Item = (usize, AuthoritySignature)>,
	) -> Option<Self> {
		let mut bitfield = alloc::vec![0u8; set_len.div_ceil(8)];
		let mut signatures = Vec::new();
		let mut next = 0;
		for (index, signature) in signed {
			if index < next || index >= set_len {
				return None;
			}
			next = index.checked_add(1)?;
			*bitfield.get_mut(index / 8)? |= 1u8 << (index % 8);
			signatures.push(signature);
		}
		Some(Self { bitfield: bitfield.try_into().ok()?, signatures: signatures.try_into().ok()? })
	}

	/// The places of those who signed, each with its signature; `None` when this is not the one
	/// form for a set of `set_len`.
	pub fn signers(&self, set_len: usize) -> Option<Vec<(usize, &AuthoritySignature)>> {
		if self.bitfield.len() != set_len.div_ceil(8) {
			return None;
		}
		let mut places = Vec::with_capacity(self.signatures.len());
		for (at, byte) in self.bitfield.iter().enumerate() {
			for bit in 0..8usize {
				if byte & (1u8 << bit) != 0 {
					places.push(at.checked_mul(8)?.checked_add(bit)?);
				}
			}
		}
		let in_set = places.last().is_none_or(|last| *last < set_len);
		(in_set && places.len() == self.signatures.len())
			.then(|| places.into_iter().zip(self.signatures.iter()).collect())
	}
}

/// What the inherent is made of.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct InherentType<Number> {
	/// The attestations of the parent that the author knows of.
	pub attestations: ParentAttestations,
	/// The last block that the author knows to be final, at most the parent.
	pub finalised: Number,
}

/// What can be wrong with the inherent. It is checked when it is executed, so the check of
/// inherents has nothing to say.
#[derive(Encode, Decode, Debug)]
pub enum InherentError {}

impl IsFatalError for InherentError {
	fn is_fatal_error(&self) -> bool {
		match *self {}
	}
}

/// Hands what an author knows to its block.
#[cfg(feature = "std")]
#[derive(Default)]
pub struct InherentDataProvider<Number>(pub InherentType<Number>);

#[cfg(feature = "std")]
#[async_trait::async_trait]
impl<Number: Encode + Send + Sync> sp_inherents::InherentDataProvider
	for InherentDataProvider<Number>
{
	async fn provide_inherent_data(
		&self,
		inherent_data: &mut sp_inherents::InherentData,
	) -> Result<(), sp_inherents::Error> {
		inherent_data.put_data(INHERENT_IDENTIFIER, &self.0)
	}

	async fn try_handle_error(
		&self,
		_: &InherentIdentifier,
		_: &[u8],
	) -> Option<Result<(), sp_inherents::Error>> {
		None
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	use sp_core::ByteArray;

	fn signature(n: u8) -> AuthoritySignature {
		AuthoritySignature::from_slice(&[n; 64]).expect("64 bytes; qed")
	}

	#[test]
	fn refuses_every_other_form() {
		let good = ParentAttestations::new(9, [(0, signature(1)), (8, signature(2))]).unwrap();
		assert_eq!(good.bitfield.to_vec(), vec![1, 1]);
		assert_eq!(good.signers(9).unwrap().len(), 2);
		assert_eq!(good.signers(8), None);
		assert_eq!(good.signers(17), None);

		let mut fewer = good.clone();
		fewer.signatures.pop();
		assert_eq!(fewer.signers(9), None);
		let mut past_the_set = good.clone();
		past_the_set.bitfield[1] = 2;
		assert_eq!(past_the_set.signers(9), None);

		assert_eq!(ParentAttestations::new(9, [(9, signature(1))]), None);
		assert_eq!(ParentAttestations::new(9, [(1, signature(1)), (1, signature(1))]), None);
		assert_eq!(ParentAttestations::new(9, [(1, signature(1)), (0, signature(1))]), None);
		assert_eq!(ParentAttestations::new(129, []), None);
	}

	proptest! {
		#[test]
		fn signers_come_back(set in prop::collection::vec(any::<bool>(), 0..=128)) {
			let signed: Vec<_> = (0..set.len())
				.filter(|i| set[*i])
				.map(|i| (i, signature(i as u8)))
				.collect();
			let made = ParentAttestations::new(set.len(), signed.clone()).unwrap();
			let back: Vec<_> =
				made.signers(set.len()).unwrap().into_iter().map(|(i, s)| (i, s.clone())).collect();
			prop_assert_eq!(back, signed);
			prop_assert_eq!(ParentAttestations::decode(&mut &made.encode()[..]).unwrap(), made);
		}

		#[test]
		fn no_bytes_panic(bytes: Vec<u8>, set_len in 0usize..=200) {
			if let Ok(made) = ParentAttestations::decode(&mut &bytes[..]) {
				let _ = made.signers(set_len);
			}
		}
	}
}
