//! What is put on hold, paid out, burned, scored and issued.

use crate::{providers::ALL, *};
use codec::Encode;
use frame_support::traits::tokens::{Fortitude, Precision, Restriction};
use mbongo_compute_primitives::Work;
use mbongo_primitives::{
	merkle,
	work::{SettledWork, SettledWorkSource, WorkEmissionSink},
};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// What of a fee is burned.
const BURNED: Percent = Percent::from_percent(10);

/// What of the rest its provider gets.
const TO_PROVIDER: Percent = Percent::from_percent(70);

/// And its verifiers. What is left after that is the treasury's.
const TO_VERIFIERS: Percent = Percent::from_percent(20);

/// What of what was burned for it a provider can earn of the emission.
const MOST_EARNED: Percent = Percent::from_percent(90);

/// How a fee is divided.
pub(crate) struct Parts {
	pub burned: Balance,
	pub provider: Balance,
	pub verifiers: Balance,
	pub treasury: Balance,
}

impl Parts {
	/// What rounding leaves is the treasury's.
	pub(crate) fn of(fee: Balance) -> Self {
		let burned = BURNED.mul_ceil(fee);
		let rest = fee.saturating_sub(burned);
		let (provider, verifiers) = (TO_PROVIDER.mul_floor(rest), TO_VERIFIERS.mul_floor(rest));
		let treasury = rest.saturating_sub(provider).saturating_sub(verifiers);
		Self { burned, provider, verifiers, treasury }
	}
}

impl Trial {
	/// What each who has voted gets at most, of what there is for verifiers.
	fn share(&self, verifiers: Balance) -> Balance {
		let voters = self.verifiers.iter().filter(|one| one.vote.is_some()).count();
		verifiers.checked_div(voters as Balance).unwrap_or_default()
	}

	/// Who has voted like this.
	fn voters(&self, verdict: Verdict) -> impl Iterator<Item = &Verifier> {
		let is = move |vote: &Vote| vote.verdict == verdict;
		self.verifiers.iter().filter(move |one| one.vote.as_ref().is_some_and(is))
	}

	/// Whether this receipt, settled, is work that counts.
	pub(crate) fn is_good(&self) -> bool {
		self.is_upheld || self.verdict == Some(Verdict::Valid)
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn hold(reason: HoldReason, who: &AccountId, amount: Balance) -> DispatchResult {
		T::Token::hold(&reason.into(), who, amount)
	}

	pub(crate) fn release(reason: HoldReason, who: &AccountId, amount: Balance) {
		let released = T::Token::release(&reason.into(), who, amount, Precision::Exact);
		if released.is_err() {
			log::error!(target: LOG_TARGET, "{amount} that should be on hold is not");
		}
	}

	pub(crate) fn burn(reason: HoldReason, who: &AccountId, amount: Balance) {
		let (exact, force) = (Precision::Exact, Fortitude::Force);
		if T::Token::burn_held(&reason.into(), who, amount, exact, force).is_err() {
			log::error!(target: LOG_TARGET, "{amount} that should be on hold is not");
		}
	}

	/// Pays from what is on hold. What would not make an account is burned.
	pub(crate) fn pay(reason: HoldReason, from: &AccountId, to: &AccountId, amount: Balance) {
		if from == to {
			return Self::release(reason, from, amount);
		}
		let paid = T::Token::transfer_on_hold(
			&reason.into(),
			from,
			to,
			amount,
			Precision::Exact,
			Restriction::Free,
			Fortitude::Force,
		);
		if paid.is_err() {
			Self::burn(reason, from, amount);
		}
	}

	/// A receipt has stood: pays and scores it.
	pub(crate) fn settle(id: TaskId, mut task: Task, trial: &Trial, receipt: &ComputeReceipt) {
		let fee = core::mem::take(&mut task.fee);
		let parts = Parts::of(fee);
		let (from, provider) = (task.requester.clone(), trial.provider.clone());
		let mut left = parts.verifiers;
		if trial.is_good() {
			let share = trial.share(parts.verifiers);
			for right in trial.voters(Verdict::Valid) {
				Self::pay(HoldReason::Fee, &from, &right.who, share);
				left = left.saturating_sub(share);
			}
			// Who has held it up for nothing pays for that.
			if trial.is_upheld {
				Self::pay(HoldReason::Fee, &from, &provider, core::mem::take(&mut left));
			}
		}
		Self::pay(HoldReason::Fee, &from, &provider, parts.provider);
		Self::pay(HoldReason::Fee, &from, &T::Treasury::get(), parts.treasury);
		Self::burn(HoldReason::Fee, &from, parts.burned.saturating_add(left));

		let result = providers::Outcome {
			success: Some(ALL),
			timeliness: Some(Self::timeliness(trial.in_time)),
			verification: Some(if trial.is_good() { ALL } else { 0 }),
		};
		Self::leave_task(&provider, id, task.bond, 0, result);
		let score = match trial.is_good() && task.assignment == Assignment::Drawn {
			true => Self::score(&task.job.work, receipt.receipt.work_units, parts.burned),
			false => 0,
		};
		Self::note_settled(&provider, receipt, score, parts.burned);
		Self::drop_trial(id, trial);
		Self::end(id, task, State::Settled);
		Self::deposit_event(Event::TaskSettled { task: id, provider, score });
	}

	/// What work is worth for the chain.
	pub(crate) fn score(work: &Work, units: u64, burned: Balance) -> u128 {
		let rates = ScoreRates::<T>::get();
		let unit = rates.units.get(work.place()).copied().unwrap_or_default();
		let done = units.checked_div(unit).unwrap_or_default();
		burned.checked_div(rates.price).unwrap_or_default().min(done.into())
	}

	fn note_settled(provider: &AccountId, receipt: &ComputeReceipt, score: u128, burned: Balance) {
		Block::<T>::mutate(|block| {
			block.score = block.score.saturating_add(score);
			// There was room when it was begun.
			let _ = block.settled.try_push(merkle::leaf(&receipt.encode()));
			if score > 0 && !block.providers.contains(provider) {
				let _ = block.providers.try_push(provider.clone());
			}
		});
		if score == 0 {
			return;
		}
		let epoch = T::Epoch::get();
		let is_first = EarnedBy::<T>::mutate(provider, epoch, |earned| {
			let is_first = earned.is_none();
			let earned = earned.get_or_insert_default();
			earned.score = earned.score.saturating_add(score);
			earned.burned = earned.burned.saturating_add(burned);
			is_first
		});
		WorkOf::<T>::mutate(epoch, |work| {
			let work = work.get_or_insert_default();
			work.score = work.score.saturating_add(score);
			work.unclaimed = work.unclaimed.saturating_add(is_first.into());
		});
	}

	/// What somebody who has done this in an epoch gets of its emission, when it is over.
	pub(crate) fn reward(work: &EpochWork, earned: &Earned) -> Option<Balance> {
		let (emission, most) = (work.emission?, MOST_EARNED.mul_floor(earned.burned));
		let share =
			multiply_by_rational_with_rounding(emission, earned.score, work.score, Rounding::Down);
		share.map(|share| share.min(most))
	}

	pub(crate) fn do_claim_work_reward(provider: &AccountId, epoch: EpochIndex) -> DispatchResult {
		let mut work = WorkOf::<T>::get(epoch).ok_or(Error::<T>::NothingEarned)?;
		let earned = EarnedBy::<T>::take(provider, epoch).ok_or(Error::<T>::NothingEarned)?;
		let amount = Self::reward(&work, &earned).ok_or(Error::<T>::NothingEarned)?;
		ensure!(T::Emission::issue(provider, amount), Error::<T>::NothingEarned);
		work.unclaimed = work.unclaimed.saturating_sub(1);
		WorkOf::<T>::set(epoch, Some(work).filter(|work| work.unclaimed > 0));
		let provider = provider.clone();
		Self::deposit_event(Event::WorkRewarded { provider, epoch, amount });
		Ok(())
	}

	/// A receipt is wrong, or was not shown: the provider loses what it answers with. First those are paid who
	/// voted so, then half of the rest is for who has shown it, and the other half is burned.
	pub(crate) fn slash(id: TaskId, task: Task, trial: &Trial, by: &AccountId, seen: Verdict) {
		let provider = trial.provider.clone();
		let share = trial.share(Parts::of(task.fee).verifiers);
		let mut left = task.bond;
		for right in trial.voters(seen) {
			let share = share.min(left);
			Self::pay(HoldReason::Bond, &provider, &right.who, share);
			left = left.saturating_sub(share);
		}
		// Its own proof would give it half of the bond back.
		if *by != provider {
			let half = left / 2;
			Self::pay(HoldReason::Bond, &provider, by, half);
			left = left.saturating_sub(half);
		}
		Self::burn(HoldReason::Bond, &provider, left);
		let result =
			providers::Outcome { success: Some(0), timeliness: None, verification: Some(0) };
		Self::leave_task(&provider, id, task.bond, task.bond, result);
		Self::drop_trial(id, trial);
		let amount = task.bond;
		Self::end(id, task, State::Slashed);
		Self::deposit_event(Event::ProviderSlashed { task: id, provider, amount });
	}
}

impl<T: Config> WorkEmissionSink for Pallet<T> {
	fn epoch_is_over(epoch: EpochIndex, emission: Balance) {
		WorkOf::<T>::mutate(epoch, |work| {
			if let Some(work) = work {
				work.emission = Some(emission);
			}
		});
	}
}

impl<T: Config> SettledWorkSource for Pallet<T> {
	fn settled() -> SettledWork {
		let block = Block::<T>::get();
		let receipts_root = match block.settled.is_empty() {
			true => Hash::zero(),
			false => merkle::root(&block.settled),
		};
		SettledWork {
			total_score: block.score,
			provider_count: block.providers.len() as u32,
			receipts_root,
		}
	}
}
