//! Putting stake behind validators, moving it and taking it back.
//!
//! Whatever is done to a delegation begins with [`Pallet::touch`], which brings it up to date: what it has
//! earned, and what slashes have left of it.

use crate::*;
use alloc::vec;
use frame_support::traits::tokens::{Precision, Preservation};

/// What was taken from a validator.
struct TakenOut<AccountId> {
	/// How much it is.
	amount: Balance,
	/// The parts of it, with what they answer for.
	parts: Vec<(Balance, Option<Liability<AccountId>>)>,
}

impl Earnings {
	/// Has those earn that came before this epoch.
	pub(crate) fn roll(&mut self, epoch: EpochIndex) {
		if self.joined < epoch {
			self.earning = self.earning.saturating_add(self.joining);
			self.joining = 0;
			self.joined = epoch;
		}
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_stake(
		who: T::AccountId,
		validator: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		Self::ensure_can_join(&who, &validator)?;
		Self::put_in(&who, &validator, amount)?;
		Self::deposit_event(Event::Staked { who, validator, amount });
		Ok(())
	}

	pub(crate) fn do_unstake(
		who: T::AccountId,
		validator: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		let TakenOut { amount, parts } = Self::take_out(&who, &validator, amount, true)?;
		let day = Self::today();
		for (amount, liability) in parts {
			Self::unbond(&who, &validator, day, amount, liability)?;
		}
		Self::tidy(&validator);
		let free_on = Self::free_on(day);
		Self::deposit_event(Event::Unstaked { who, validator, amount, free_on });
		Ok(())
	}

	pub(crate) fn do_redelegate(
		who: T::AccountId,
		from: T::AccountId,
		to: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(from != to, Error::<T>::SameValidator);
		Self::ensure_can_join(&who, &to)?;
		let amount = Self::take_out(&who, &from, amount, false)?.amount;
		let day = Self::today();
		let mut position = Position::default();
		RedelegatedPools::<T>::try_mutate(&from, day, |pool| {
			Self::join_left(pool, &mut position, amount)
		})?;
		Self::join(&who, &to, amount)?;
		Delegations::<T>::try_mutate(&who, &to, |delegation| {
			let delegation = delegation.as_mut().ok_or(Error::<T>::NoStake)?;
			let same = |known: &&mut Liability<_>| known.from == from && known.day == day;
			let liability = Liability { from: from.clone(), day, position, left: amount };
			match delegation.liabilities.iter_mut().find(same) {
				Some(known) => known.merge(liability),
				None => delegation
					.liabilities
					.try_push(liability)
					.map_err(|_| Error::<T>::TooManyRedelegations)?,
			}
			Ok::<_, DispatchError>(())
		})?;
		Self::tidy(&from);
		Self::deposit_event(Event::Redelegated { who, from, to, amount });
		Ok(())
	}

	pub(crate) fn do_withdraw(who: T::AccountId) -> Result<u32, DispatchError> {
		let chunks = Unbonding::<T>::get(&who);
		let (count, today) = (chunks.len() as u32, Self::today());
		let (mut kept, mut freed, mut any) = (Vec::new(), 0 as Balance, false);
		for mut chunk in chunks {
			if Self::free_on(chunk.day) > today || Self::is_set_aside(&chunk) {
				kept.push(chunk);
				continue;
			}
			any = true;
			Self::settle_chunk(&who, &mut chunk);
			let left = Self::in_unbonding(&chunk.validator, chunk.day, |pool| {
				pool.leave(&mut chunk.position, Balance::MAX)
			});
			freed = freed.saturating_add(left.amount);
			Self::cut(&who, &chunk.validator, left.dust);
			if let Some(liability) = chunk.liability {
				Self::forget(liability);
			}
		}
		ensure!(any, Error::<T>::NothingToWithdraw);
		match kept.is_empty() {
			true => Unbonding::<T>::remove(&who),
			false => Unbonding::<T>::insert(&who, BoundedVec::truncate_from(kept)),
		}
		T::Token::release(&HoldReason::Stake.into(), &who, freed, Precision::Exact)?;
		Self::deposit_event(Event::Withdrawn { who, amount: freed });
		Ok(count)
	}

	pub(crate) fn do_settle(who: T::AccountId, validator: T::AccountId) -> DispatchResult {
		ensure!(!Self::is_frozen(&validator), Error::<T>::SlashDeferred);
		let (mut cut, mut is_over): (Balance, _) = (0, false);
		if Delegations::<T>::contains_key(&who, &validator) {
			let (stake, delegation, of_stake) = Self::touch(&who, &validator);
			cut = of_stake;
			Self::save(&who, &validator, stake, delegation);
			is_over = !Delegations::<T>::contains_key(&who, &validator);
		}
		Unbonding::<T>::mutate_exists(&who, |chunks| {
			for chunk in chunks.iter_mut().flatten().filter(|chunk| chunk.validator == validator) {
				cut = cut.saturating_add(Self::settle_chunk(&who, chunk));
			}
		});
		ensure!(cut > 0 || is_over, Error::<T>::NothingToSettle);
		Ok(())
	}

	/// Whether a deferred slash has set a part of a chunk aside.
	fn is_set_aside(chunk: &Chunk<T::AccountId>) -> bool {
		UnbondingPools::<T>::get(&chunk.validator, chunk.day).aside > 0
			|| chunk.liability.as_ref().is_some_and(Self::is_liability_set_aside)
	}

	/// The same of what answers for a validator that it was with.
	fn is_liability_set_aside(liability: &Liability<T::AccountId>) -> bool {
		RedelegatedPools::<T>::get(&liability.from, liability.day).aside > 0
	}

	/// Whether this account may put stake behind this validator.
	fn ensure_can_join(who: &T::AccountId, validator: &T::AccountId) -> DispatchResult {
		match Validators::<T>::get(validator) {
			Some(known) => ensure!(known.standing != Standing::Out, Error::<T>::Out),
			// Who wants to be one begins with stake.
			None => ensure!(who == validator, Error::<T>::NotAValidator),
		}
		ensure!(!Self::is_frozen(validator), Error::<T>::SlashDeferred);
		Ok(())
	}

	/// Puts free tokens behind a validator.
	pub(crate) fn put_in(
		who: &T::AccountId,
		validator: &T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		T::Token::hold(&HoldReason::Stake.into(), who, amount)?;
		Self::join(who, validator, amount)
	}

	/// Puts tokens that are on hold behind a validator.
	fn join(who: &T::AccountId, validator: &T::AccountId, amount: Balance) -> DispatchResult {
		let (mut stake, mut delegation, _) = Self::touch(who, validator);
		let least = Settings::<T>::get().least_delegation;
		let held = delegation.position.held.saturating_add(amount);
		ensure!(amount > 0 && held >= least, Error::<T>::BelowMinimum);
		ensure!(!stake.pool.is_closed(), Error::<T>::Closed);
		let shares = stake.pool.join(&mut delegation.position, amount)?;

		let (epoch, earnings) = (Self::epoch(), &mut stake.earnings);
		if delegation.joining == 0 {
			Snapshots::<T>::mutate(validator, epoch, |snapshot| {
				let snapshot = snapshot.get_or_insert_default();
				snapshot.of_a_share = earnings.of_a_share;
				snapshot.waiting = snapshot.waiting.saturating_add(1);
			});
		}
		earnings.joining = earnings.joining.saturating_add(shares);
		delegation.joining = delegation.joining.saturating_add(shares);
		delegation.joined = epoch;
		Self::save(who, validator, stake, delegation);
		Ok(())
	}

	/// Has everything behind a validator earn at once; for genesis.
	pub(crate) fn end_joining(validator: &T::AccountId) {
		Stakes::<T>::mutate(validator, |stake| {
			stake.earnings.earning = stake.earnings.earning.saturating_add(stake.earnings.joining);
			stake.earnings.joining = 0;
		});
		Delegations::<T>::mutate(validator, validator, |delegation| {
			if let Some(delegation) = delegation {
				delegation.joining = 0;
			}
		});
		Self::release_snapshot(validator, Self::epoch());
	}

	/// Takes stake from a validator: all, if there is not more. `with_liable` says whether parts that answer
	/// for other validators may be taken.
	fn take_out(
		who: &T::AccountId,
		validator: &T::AccountId,
		amount: Balance,
		with_liable: bool,
	) -> Result<TakenOut<T::AccountId>, DispatchError> {
		ensure!(Delegations::<T>::contains_key(who, validator), Error::<T>::NoStake);
		ensure!(!Self::is_frozen(validator), Error::<T>::SlashDeferred);
		let (mut stake, mut delegation, _) = Self::touch(who, validator);
		let worth = stake.pool.worth_of(&delegation.position);
		let amount = amount.min(worth);
		ensure!(amount > 0, Error::<T>::NoStake);
		Self::ensure_enough_stays(who, validator, worth.saturating_sub(amount))?;

		let liable = delegation.liable();
		let free = worth.saturating_sub(liable);
		ensure!(with_liable || amount <= free, Error::<T>::SecondHop);
		let mut parts = vec![];
		let mut rest = amount;
		if free > 0 {
			parts.push((rest.min(free), None));
			rest = rest.saturating_sub(free);
		}
		let goes = amount == worth;
		let mut stay = vec![];
		for mut liability in core::mem::take(&mut delegation.liabilities) {
			let part = rest.min(liability.left);
			rest = rest.saturating_sub(part);
			if goes {
				// All of it, though rounding may have left less than it answers for.
				liability.left = part;
				parts.push((part, Some(liability)));
				continue;
			}
			if part > 0 {
				parts.push((part, Some(liability.split(part))));
			}
			if liability.left > 0 {
				stay.push(liability);
			}
		}
		delegation.liabilities = BoundedVec::truncate_from(stay);

		let left = stake.pool.leave(&mut delegation.position, amount);
		Self::give_up(validator, &mut stake.earnings, &mut delegation, left.shares);
		Self::cut(who, validator, left.dust);
		if delegation.position.shares == 0 {
			// Nobody should have to know that something is left to be claimed where no stake is.
			Self::pay(who, validator, core::mem::take(&mut delegation.unclaimed))?;
		}
		Self::save(who, validator, stake, delegation);
		Ok(TakenOut { amount: left.amount, parts })
	}

	fn ensure_enough_stays(
		who: &T::AccountId,
		validator: &T::AccountId,
		stays: Balance,
	) -> DispatchResult {
		let parameters = Settings::<T>::get();
		let is_candidate =
			Validators::<T>::get(validator).is_some_and(|it| it.standing == Standing::Candidate);
		if who == validator && is_candidate {
			ensure!(stays >= parameters.least_own_stake, Error::<T>::BelowOwnMinimum);
		}
		ensure!(stays == 0 || stays >= parameters.least_delegation, Error::<T>::BelowMinimum);
		Ok(())
	}

	/// Brings an amount into the pool of what left a validator on this day.
	fn join_left(pool: &mut Pool, position: &mut Position, amount: Balance) -> DispatchResult {
		ensure!(!pool.is_closed(), Error::<T>::Closed);
		pool.join(position, amount)?;
		Ok(())
	}

	/// Begins unbonding.
	fn unbond(
		who: &T::AccountId,
		validator: &T::AccountId,
		day: Day,
		amount: Balance,
		liability: Option<Liability<T::AccountId>>,
	) -> DispatchResult {
		let mut position = Position::default();
		if amount > 0 {
			UnbondingPools::<T>::try_mutate(validator, day, |pool| {
				Self::join_left(pool, &mut position, amount)
			})?;
		}
		Unbonding::<T>::try_mutate(who, |chunks| {
			let of = |liability: &Option<Liability<T::AccountId>>| {
				liability.as_ref().map(|it| (it.from.clone(), it.day))
			};
			let same = |chunk: &&mut Chunk<T::AccountId>| {
				chunk.validator == *validator
					&& chunk.day == day
					&& of(&chunk.liability) == of(&liability)
			};
			if let Some(chunk) = chunks.iter_mut().find(same) {
				chunk.position.merge(position);
				if let (Some(known), Some(liability)) = (&mut chunk.liability, liability) {
					known.merge(liability);
				}
				return Ok(());
			}
			let chunk = Chunk { validator: validator.clone(), day, position, liability };
			chunks.try_push(chunk).map_err(|_| Error::<T>::TooManyChunks.into())
		})
	}

	/// Brings somebody's stake with a validator up to date. Gives also what was cut.
	pub(crate) fn touch(
		who: &T::AccountId,
		validator: &T::AccountId,
	) -> (Stake, Delegation<T::AccountId>, Balance) {
		let mut stake = Stakes::<T>::get(validator);
		let mut delegation = Delegations::<T>::get(who, validator).unwrap_or_default();
		stake.earnings.roll(Self::epoch());
		Self::earn(validator, &stake.earnings, &mut delegation);
		if Self::is_frozen(validator) {
			return (stake, delegation, 0);
		}
		let held = delegation.position.held;
		let mut all = stake.pool.settle(&mut delegation.position);
		Self::cut(who, validator, all);
		for liability in &mut delegation.liabilities {
			liability.share(all, held);
		}
		if stake.pool.is_closed() {
			let left = stake.pool.leave(&mut delegation.position, Balance::MAX);
			Self::give_up(validator, &mut stake.earnings, &mut delegation, left.shares);
			Self::cut(who, validator, left.dust);
			all = all.saturating_add(left.dust);
		}

		let mut stay = vec![];
		for mut liability in core::mem::take(&mut delegation.liabilities) {
			if Self::is_liability_set_aside(&liability) {
				stay.push(liability);
				continue;
			}
			all = all.saturating_add(Self::answer(who, &mut liability, |loss| {
				let left = stake.pool.leave(&mut delegation.position, loss);
				Self::give_up(validator, &mut stake.earnings, &mut delegation, left.shares);
				left
			}));
			let is_over = Self::free_on(liability.day) <= Self::today();
			if is_over || liability.left == 0 || delegation.position.shares == 0 {
				Self::forget(liability);
			} else {
				stay.push(liability);
			}
		}
		delegation.liabilities = BoundedVec::truncate_from(stay);
		(stake, delegation, all)
	}

	/// Keeps what is left of somebody's stake with a validator.
	pub(crate) fn save(
		who: &T::AccountId,
		validator: &T::AccountId,
		stake: Stake,
		delegation: Delegation<T::AccountId>,
	) {
		let is_over = delegation.position.shares == 0 && delegation.unclaimed == 0;
		match is_over && delegation.liabilities.is_empty() {
			true => Delegations::<T>::remove(who, validator),
			false => Delegations::<T>::insert(who, validator, delegation),
		}
		match stake.pool == Pool::default() && stake.earnings.commission == 0 {
			true => Stakes::<T>::remove(validator),
			false => Stakes::<T>::insert(validator, stake),
		}
	}

	/// Cuts a chunk, of whose pool nothing is set aside, to what slashes have left of it. Gives what was cut.
	pub(crate) fn settle_chunk(who: &T::AccountId, chunk: &mut Chunk<T::AccountId>) -> Balance {
		let Chunk { validator, day, position, liability } = chunk;
		let held = position.held;
		let of_chunk = Self::in_unbonding(validator, *day, |pool| pool.settle(position));
		Self::cut(who, validator, of_chunk);
		if let Some(liability) = liability {
			liability.share(of_chunk, held);
		}
		let liability = liability.as_mut().filter(|it| !Self::is_liability_set_aside(it));
		let of_liability = liability.map_or(0, |liability| {
			Self::answer(who, liability, |loss| {
				Self::in_unbonding(validator, *day, |pool| pool.leave(position, loss))
			})
		});
		of_chunk.saturating_add(of_liability)
	}

	/// Cuts stake by what it has lost with the validator that it came from, if nothing of that is set aside:
	/// `leave` takes it out of the pool that it is in now. Gives what was cut.
	fn answer(
		who: &T::AccountId,
		liability: &mut Liability<T::AccountId>,
		leave: impl FnOnce(Balance) -> pool::Left,
	) -> Balance {
		let Liability { from, day, position, left } = liability;
		let held = position.held;
		let loss = Self::in_redelegated(from, *day, |pool| pool.settle(position));
		// Only what is left of it can lose its part.
		let loss = pool::mul_div_up(loss, *left, held).unwrap_or_default().min(*left);
		if loss == 0 {
			return 0;
		}
		*left = left.saturating_sub(loss);
		let left = leave(loss);
		let cut = left.amount.saturating_add(left.dust);
		Self::cut(who, from, cut);
		cut
	}

	/// Changes the pool of what was taken from a validator on a day, and removes it when it is empty.
	pub(crate) fn in_unbonding<R>(
		validator: &T::AccountId,
		day: Day,
		change: impl FnOnce(&mut Pool) -> R,
	) -> R {
		UnbondingPools::<T>::mutate_exists(validator, day, |pool| change_or_remove(pool, change))
	}

	/// The same of what went on to other validators.
	pub(crate) fn in_redelegated<R>(
		validator: &T::AccountId,
		day: Day,
		change: impl FnOnce(&mut Pool) -> R,
	) -> R {
		RedelegatedPools::<T>::mutate_exists(validator, day, |pool| change_or_remove(pool, change))
	}

	/// Nobody answers for this any more. Only where nothing is set aside.
	fn forget(mut liability: Liability<T::AccountId>) {
		Self::in_redelegated(&liability.from, liability.day, |pool| {
			pool.settle(&mut liability.position);
			pool.leave(&mut liability.position, Balance::MAX)
		});
	}

	/// Adds what a delegation has earned to what can be claimed.
	fn earn(
		validator: &T::AccountId,
		earnings: &Earnings,
		delegation: &mut Delegation<T::AccountId>,
	) {
		let since = |of_a_share: u128, shares: u128| {
			let gained = earnings.of_a_share.saturating_sub(of_a_share);
			pool::mul_div(gained, shares, EARNINGS_SCALE).unwrap_or_default()
		};
		let shares = delegation.position.shares.saturating_sub(delegation.joining);
		let mut earned = since(delegation.of_a_share, shares);
		if delegation.joining > 0 && delegation.joined < Self::epoch() {
			let then =
				Self::release_snapshot(validator, delegation.joined).unwrap_or(earnings.of_a_share);
			earned = earned.saturating_add(since(then, delegation.joining));
			delegation.joining = 0;
		}
		delegation.unclaimed = delegation.unclaimed.saturating_add(earned);
		delegation.of_a_share = earnings.of_a_share;
	}

	/// Gives up shares of which a delegation has been relieved, the newest first.
	fn give_up(
		validator: &T::AccountId,
		earnings: &mut Earnings,
		delegation: &mut Delegation<T::AccountId>,
		shares: u128,
	) {
		let joining = shares.min(delegation.joining);
		delegation.joining = delegation.joining.saturating_sub(joining);
		earnings.joining = earnings.joining.saturating_sub(joining);
		earnings.earning = earnings.earning.saturating_sub(shares.saturating_sub(joining));
		if joining > 0 && delegation.joining == 0 {
			Self::release_snapshot(validator, delegation.joined);
		}
	}

	/// What a share had earned by the end of an epoch, which one delegation less needs to know.
	fn release_snapshot(validator: &T::AccountId, epoch: EpochIndex) -> Option<u128> {
		Snapshots::<T>::mutate_exists(validator, epoch, |snapshot| {
			let known = snapshot.as_mut()?;
			let then = known.of_a_share;
			known.waiting = known.waiting.saturating_sub(1);
			if known.waiting == 0 {
				*snapshot = None;
			}
			Some(then)
		})
	}

	/// Removes what is left of a validator behind which nobody's stake is.
	fn tidy(validator: &T::AccountId) {
		let stake = Stakes::<T>::get(validator);
		if stake.pool.shares > 0 || Self::is_frozen(validator) {
			return;
		}
		if Self::pay(validator, validator, stake.earnings.commission).is_ok() {
			Stakes::<T>::remove(validator);
		}
		// What is known against it stays known.
		let oldest = Self::epoch().saturating_sub(Self::reportable_epochs());
		let is_over = |it: Validator| {
			it.standing == Standing::Chilled
				&& it.strike.is_none()
				&& it.pardoned.iter().all(|epoch| *epoch < oldest)
		};
		if Validators::<T>::get(validator).is_some_and(is_over) {
			Validators::<T>::remove(validator);
			Self::deposit_event(Event::Removed { validator: validator.clone() });
		}
	}

	/// Pays a reward out of the pot.
	pub(crate) fn pay(
		who: &T::AccountId,
		validator: &T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		if amount > 0 {
			T::Token::transfer(&Self::pot(), who, amount, Preservation::Preserve)?;
			let (who, validator) = (who.clone(), validator.clone());
			Self::deposit_event(Event::Rewarded { who, validator, amount });
		}
		Ok(())
	}
}

impl<AccountId> Delegation<AccountId> {
	/// How much of it answers for other validators.
	pub(crate) fn liable(&self) -> Balance {
		self.liabilities
			.iter()
			.fold(0, |sum: Balance, liability| sum.saturating_add(liability.left))
	}
}

impl<AccountId: Clone> Liability<AccountId> {
	/// So much of the stake that this is a part of is lost where it is now.
	fn share(&mut self, lost: Balance, of: Balance) {
		let lost = pool::mul_div(self.left, lost, of).unwrap_or_default();
		self.left = self.left.saturating_sub(lost);
	}

	/// Takes off what so much of what is left answers for.
	fn split(&mut self, part: Balance) -> Self {
		let held = pool::mul_div_up(self.position.held, part, self.left).unwrap_or_default();
		let position = self.position.split(held);
		self.left = self.left.saturating_sub(part);
		Self { position, left: part, ..self.clone() }
	}

	fn merge(&mut self, other: Self) {
		self.position.merge(other.position);
		self.left = self.left.saturating_add(other.left);
	}
}

fn change_or_remove<R>(pool: &mut Option<Pool>, change: impl FnOnce(&mut Pool) -> R) -> R {
	let mut changed = pool.unwrap_or_default();
	let result = change(&mut changed);
	*pool = (changed.shares > 0).then_some(changed);
	result
}
