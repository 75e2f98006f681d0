//! Keeps books of the chain's money by what events say of it. Once in an epoch they are compared with the
//! money itself.

use crate::*;
use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// How much money was made and destroyed, by what events say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Changes {
	/// How much was minted.
	pub minted: Balance,
	/// How much was burned.
	pub burned: Balance,
}

impl Changes {
	/// Adds others.
	pub fn add(&mut self, others: Self) {
		self.minted = self.minted.saturating_add(others.minted);
		self.burned = self.burned.saturating_add(others.burned);
	}

	/// What there is after them, where there was so much before.
	pub fn after(&self, before: Balance) -> Balance {
		before.saturating_add(self.minted).saturating_sub(self.burned)
	}

	/// What there was before them, where there is so much after.
	pub fn before(&self, after: Balance) -> Balance {
		after.saturating_add(self.burned).saturating_sub(self.minted)
	}
}

/// The books of the chain's money.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Supply {
	/// How much there was before the first block.
	pub genesis: Balance,
	/// What has changed since.
	pub changes: Changes,
	/// The epoch in which they were last compared with the money.
	pub epoch: u32,
}

impl Supply {
	/// How much there is by the books.
	pub fn issued(&self) -> Balance {
		self.changes.after(self.genesis)
	}
}

/// The chain's money.
pub trait Money<Event> {
	/// How much there is.
	fn issuance() -> Balance;
	/// How much there may ever be.
	fn cap() -> Balance;
	/// What an event says of how much there is.
	fn changes(event: &Event) -> Changes;
}

impl<T: Config> Pallet<T> {
	/// Adds what this block's events say, and compares if it is the first of an epoch.
	pub(crate) fn keep_books(changes: Changes) {
		let issued = T::Money::issuance();
		let epoch = T::Epoch::get();
		// They begin with the first block, before whose changes there was what genesis made.
		let mut books = Books::<T>::get().unwrap_or_else(|| Supply {
			genesis: changes.before(issued),
			changes: Changes::default(),
			epoch,
		});
		books.changes.add(changes);
		if books.epoch != epoch {
			books.epoch = epoch;
			let (expected, cap) = (books.issued(), T::Money::cap());
			if issued != expected || issued > cap {
				log::error!("{issued} units exist, by the books {expected}, of at most {cap}");
				Self::deposit_event(Event::SupplyMismatch { issued, expected, cap });
			}
		}
		Books::<T>::put(books);
	}
}
