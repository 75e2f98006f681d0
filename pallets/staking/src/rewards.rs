//! What an epoch's work earns, and who gets it.

use crate::*;
use mbongo_primitives::{emission::emitted, work::AttestationSink, BlockNumber};

/// Percent of stakers' half that is for the authors of blocks; the rest is for attesters.
const AUTHORS_PERCENT: u128 = 40;

/// A finality that lags by more blocks than this is not a single validator's fault.
const GREATEST_LAG: BlockNumber = 100;

impl<T: Config> pallet_authorship::EventHandler<T::AccountId, BlockNumberFor<T>> for Pallet<T> {
	fn note_author(author: T::AccountId) {
		let place = ActiveSet::<T>::get().iter().position(|it| *it == author);
		Work::<T>::mutate(|work| {
			work.blocks = work.blocks.saturating_add(1);
			work.written.count(place);
		});
	}
}

impl<T: Config> AttestationSink for Pallet<T> {
	fn attested(signers: &[usize], of_last_set: bool, unfinalised: BlockNumber) {
		let (set, last) = (ActiveSet::<T>::get(), LastSet::<T>::get());
		Work::<T>::mutate(|work| {
			if unfinalised > GREATEST_LAG {
				let author = pallet_authorship::Pallet::<T>::author();
				let place = author.and_then(|author| set.iter().position(|who| *who == author));
				if let Some(says) = place.and_then(|place| work.lagging.get_mut(place)) {
					*says = true;
				}
			}
			for signer in signers {
				// Who is in the set no more has nothing to earn in this epoch.
				let place = match of_last_set {
					true => last.get(*signer).and_then(|it| set.iter().position(|who| who == it)),
					false => Some(*signer),
				};
				work.included.count(place);
				// In the first block of an epoch they are of the last block of the one before.
				if !of_last_set {
					work.attested.count(place);
				}
			}
		});
	}
}

/// Counts by place in a set.
trait Count {
	fn count(&mut self, place: Option<usize>);
}

impl Count for BoundedVec<u32, MaxSet> {
	fn count(&mut self, place: Option<usize>) {
		if let Some(count) = place.and_then(|place| self.get_mut(place)) {
			*count = count.saturating_add(1);
		}
	}
}

impl Tally {
	/// Nothing yet, of a set of so many.
	pub(crate) fn of(members: usize) -> Self {
		let none = || BoundedVec::truncate_from(alloc::vec![0; members]);
		let lagging = BoundedVec::truncate_from(alloc::vec![false; members]);
		Self { blocks: 0, lagging, written: none(), attested: none(), included: none() }
	}

	/// How many blocks of this epoch could have been attested in it: all but the last one.
	pub(crate) fn attestable(&self) -> u32 {
		self.blocks.saturating_sub(1)
	}

	/// Whether finality lagged too far at some time: more than a third of the authors say so. Fewer could
	/// lie; so many could stop finality themselves.
	pub(crate) fn has_lagged(&self) -> bool {
		let authors = self.written.iter().filter(|blocks| **blocks > 0).count();
		let say_so = self.lagging.iter().filter(|says| **says).count();
		say_so.saturating_mul(3) > authors
	}
}

impl<T: Config> Pallet<T> {
	/// Gives out the emission since the last epoch's end: one half to who did the epoch's work, the other
	/// for useful work to come.
	pub(crate) fn pay_epoch(epoch: EpochIndex, set: &[T::AccountId], work: &Tally) {
		let until = T::Slot::get();
		let since = EmittedUntil::<T>::mutate(|slot| core::mem::replace(slot, until.max(*slot)));
		let issued = T::Token::total_issuance();
		let promised = UsefulWorkPot::<T>::get();
		let room = T::SupplyCap::get().saturating_sub(issued).saturating_sub(promised);
		let emission = emitted(until).saturating_sub(emitted(since)).min(room);
		let for_stakers = emission / 2;
		let for_useful_work = emission.saturating_sub(for_stakers);
		UsefulWorkPot::<T>::put(promised.saturating_add(for_useful_work));

		let for_authors = for_stakers.saturating_mul(AUTHORS_PERCENT) / 100;
		let for_attesters = for_stakers.saturating_sub(for_authors);
		let all = |counts: &[u32]| {
			counts.iter().fold(0, |sum: u128, it| sum.saturating_add((*it).into()))
		};
		let (written, included) = (all(&work.written), all(&work.included));
		let part = |of: Balance, count: Option<&u32>, all: u128| {
			pool::mul_div(of, count.copied().unwrap_or_default().into(), all).unwrap_or_default()
		};
		let mut paid: Balance = 0;
		for (place, validator) in set.iter().enumerate() {
			let amount = part(for_authors, work.written.get(place), written).saturating_add(part(
				for_attesters,
				work.included.get(place),
				included,
			));
			if amount > 0 {
				paid = paid.saturating_add(Self::credit(epoch, validator, amount));
			}
		}
		// What nobody can claim is not issued.
		if paid > 0 && T::Token::mint_into(&Self::pot(), paid).is_err() {
			log::error!(target: LOG_TARGET, "The rewards of epoch {epoch} cannot be issued");
		}
		let (stakers, useful_work) = (paid, for_useful_work);
		Self::deposit_event(Event::EpochPaid { epoch, stakers, useful_work });
	}

	/// Credits a validator and who is behind it with what they have earned in an epoch that ends. Gives how
	/// much of it somebody can claim.
	fn credit(epoch: EpochIndex, validator: &T::AccountId, amount: Balance) -> Balance {
		let Some(known) = Validators::<T>::get(validator) else { return 0 };
		let commission = known.commission.mul_floor(amount);
		Stakes::<T>::mutate(validator, |stake| {
			let earnings = &mut stake.earnings;
			earnings.roll(epoch);
			earnings.commission = earnings.commission.saturating_add(commission);
			let shared = amount.saturating_sub(commission);
			// Where nobody has a share that earns, the commission is all.
			let gained = pool::mul_div(shared, EARNINGS_SCALE, earnings.earning);
			let amount = if gained.is_some() { amount } else { commission };
			earnings.of_a_share = earnings.of_a_share.saturating_add(gained.unwrap_or_default());
			if earnings.joining > 0 {
				Snapshots::<T>::mutate_exists(validator, epoch, |snapshot| {
					if let Some(snapshot) = snapshot {
						snapshot.of_a_share = earnings.of_a_share;
					}
				});
			}
			if amount > 0 {
				let validator = validator.clone();
				Self::deposit_event(Event::Earned { validator, amount, commission });
			}
			amount
		})
	}

	pub(crate) fn do_claim(who: T::AccountId, validator: T::AccountId) -> DispatchResult {
		ensure!(Delegations::<T>::contains_key(&who, &validator), Error::<T>::NoStake);
		let (stake, mut delegation, _) = Self::touch(&who, &validator);
		let amount = core::mem::take(&mut delegation.unclaimed);
		ensure!(amount > 0, Error::<T>::NothingToClaim);
		Self::save(&who, &validator, stake, delegation);
		Self::pay(&who, &validator, amount)
	}

	pub(crate) fn do_payout(validator: T::AccountId) -> DispatchResult {
		ensure!(Stakes::<T>::contains_key(&validator), Error::<T>::NoStake);
		let (mut stake, mut delegation, _) = Self::touch(&validator, &validator);
		let own = core::mem::take(&mut delegation.unclaimed);
		let amount = core::mem::take(&mut stake.earnings.commission).saturating_add(own);
		ensure!(amount > 0, Error::<T>::NothingToClaim);
		Self::save(&validator, &validator, stake, delegation);
		Self::pay(&validator, &validator, amount)
	}
}
