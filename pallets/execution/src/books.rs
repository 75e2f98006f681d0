//! Keeps books of the chain's money by what events say of it, and compares them with the money itself at
//! the end of each epoch. What changes how much there is after this pallet's `on_finalize` would be
//! missing in them: no hook that comes later may.

use crate::*;

impl<T: Config> Pallet<T> {
	/// Adds what this block's events say.
	pub(crate) fn keep_books(changes: Supply) {
		let issued = T::Money::issuance();
		let epoch = T::Money::epoch();
		let before = Books::<T>::get();
		// They begin with the first block, before whose changes there was what genesis made.
		let opening = || Supply {
			genesis: issued.saturating_add(changes.burned).saturating_sub(changes.minted),
			epoch,
			..Default::default()
		};
		let mut books = before.unwrap_or_else(opening);
		books.note(IssuanceChange::Minted(changes.minted));
		books.note(IssuanceChange::Burned(changes.burned));
		if books.epoch != epoch {
			books.epoch = epoch;
			let (expected, cap) = (books.issued(), T::Money::cap());
			if issued != expected || issued > cap {
				log::error!("{issued} units exist, by the books {expected}, of at most {cap}");
				Self::deposit_event(Event::SupplyMismatch { issued, expected, cap });
			}
		}
		if before != Some(books) {
			Books::<T>::put(books);
		}
	}
}
