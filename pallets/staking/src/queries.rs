//! What can be asked, and what must hold.

use crate::*;
use frame_support::storage::{with_transaction_unchecked, TransactionOutcome};
use mbongo_primitives::staking::{DelegationInfo, UnbondingInfo, ValidatorInfo};

impl<T: Config> mbongo_primitives::work::StakeSource<T::AccountId> for Pallet<T> {
	fn stake_of(validator: &T::AccountId) -> Balance {
		Stakes::<T>::get(validator).pool.value
	}
}

impl<T: Config> Pallet<T> {
	/// All who are or were validators, in the order of registration.
	pub fn validators() -> Vec<ValidatorInfo<T::AccountId>> {
		let active = ActiveSet::<T>::get();
		let mut all: Vec<_> = Validators::<T>::iter().collect();
		all.sort_by_key(|(_, known)| known.number);
		all.into_iter()
			.map(|(validator, known)| {
				let stake = Stakes::<T>::get(&validator);
				let own = Delegations::<T>::get(&validator, &validator).unwrap_or_default();
				ValidatorInfo {
					standing: known.standing,
					active: active.contains(&validator),
					commission: known.commission,
					own: stake.pool.worth_of(&own.position),
					total: stake.pool.value,
					unpaid_commission: stake.earnings.commission,
					frozen: Self::is_frozen(&validator),
					validator,
				}
			})
			.collect()
	}

	/// What an account has with validators.
	pub fn delegations(who: T::AccountId) -> Vec<DelegationInfo<T::AccountId>> {
		Self::as_of_now(&who, |who| {
			Delegations::<T>::iter_prefix(who)
				.map(|(validator, delegation)| DelegationInfo {
					worth: Stakes::<T>::get(&validator).pool.worth_of(&delegation.position),
					held: delegation.position.held,
					liable: delegation.liable(),
					rewards: delegation.unclaimed,
					validator,
				})
				.collect()
		})
	}

	/// What an account is unbonding.
	pub fn unbonding(who: T::AccountId) -> Vec<UnbondingInfo<T::AccountId>> {
		let day_epochs = Settings::<T>::get().day_epochs;
		let look = |mut chunk: Chunk<_>| {
			Self::settle_chunk(&who, &mut chunk);
			let pool = UnbondingPools::<T>::get(&chunk.validator, chunk.day);
			UnbondingInfo {
				worth: pool.worth_of(&chunk.position),
				free_in_epoch: Self::free_on(chunk.day).saturating_mul(day_epochs),
				validator: chunk.validator,
			}
		};
		rolled_back(|| Unbonding::<T>::get(&who).into_iter().map(look).collect())
	}

	/// What an account can claim, of which validator.
	pub fn pending_rewards(who: T::AccountId) -> Vec<(T::AccountId, Balance)> {
		Self::as_of_now(&who, |who| {
			let mut all: Vec<_> = Delegations::<T>::iter_prefix(who)
				.map(|(validator, delegation)| (validator, delegation.unclaimed))
				.collect();
			let commission = Stakes::<T>::get(who).earnings.commission;
			match all.iter_mut().find(|(validator, _)| validator == who) {
				Some((_, own)) => *own = own.saturating_add(commission),
				None => all.push((who.clone(), commission)),
			}
			all.retain(|(_, amount)| *amount > 0);
			all
		})
	}

	/// The set of the next epoch, with the stakes of now.
	pub fn next_active_set() -> Vec<(T::AccountId, Balance)> {
		pallet_session::Pallet::<T>::queued_keys()
			.into_iter()
			.map(|(validator, _)| {
				let stake = Stakes::<T>::get(&validator).pool.value;
				(validator, stake)
			})
			.collect()
	}

	/// What `look` sees after everything of an account has been brought up to date, which it is not by this.
	fn as_of_now<R>(who: &T::AccountId, look: impl FnOnce(&T::AccountId) -> R) -> R {
		rolled_back(|| {
			let validators: Vec<_> = Delegations::<T>::iter_key_prefix(who).collect();
			for validator in validators {
				let (stake, delegation, _) = Self::touch(who, &validator);
				Self::save(who, &validator, stake, delegation);
			}
			look(who)
		})
	}

	/// What should be on hold in an account for its stake.
	pub fn held_by(who: &T::AccountId) -> Balance {
		let staked = Delegations::<T>::iter_prefix_values(who).map(|it| it.position.held);
		let unbonding = Unbonding::<T>::get(who).into_iter().map(|it| it.position.held);
		staked.chain(unbonding).fold(0, |sum, held| sum.saturating_add(held))
	}
}

/// What `look` gives, without what it does to the state.
fn rolled_back<R>(look: impl FnOnce() -> R) -> R {
	with_transaction_unchecked(|| TransactionOutcome::Rollback(look()))
}

/// What holds between blocks.
#[cfg(any(feature = "try-runtime", test))]
mod invariants {
	#![allow(clippy::arithmetic_side_effects)]

	use super::*;
	use alloc::collections::{BTreeMap, BTreeSet};
	use sp_runtime::TryRuntimeError;

	/// What all positions in each pool are together.
	type Sums<K> = BTreeMap<K, Position>;

	fn add<K: Ord>(sums: &mut Sums<K>, key: K, position: &Position) {
		sums.entry(key).or_default().merge(*position);
	}

	/// Whether a pool is what is in it.
	fn is_sum(pool: &Pool, sum: Option<Position>) -> bool {
		let sum = sum.unwrap_or_default();
		pool.shares == sum.shares && pool.held() == sum.held
	}

	impl<T: Config> Pallet<T> {
		pub fn do_try_state() -> Result<(), TryRuntimeError> {
			Self::try_stakes()?;
			Self::try_left()?;
			Self::try_owners()?;
			Self::try_candidates()?;
			Self::try_slashes()
		}

		/// What is behind validators.
		fn try_stakes() -> Result<(), TryRuntimeError> {
			let mut staked = Sums::new();
			let mut joining = BTreeMap::<_, (u128, u32)>::new();
			for (_, validator, delegation) in Delegations::<T>::iter() {
				ensure!(
					delegation.joining <= delegation.position.shares,
					"more shares join than there are"
				);
				add(&mut staked, validator.clone(), &delegation.position);
				if delegation.joining > 0 {
					let waiting = joining.entry((validator, delegation.joined)).or_default();
					waiting.0 += delegation.joining;
					waiting.1 += 1;
				}
			}
			let now = Self::epoch();
			for (validator, stake) in Stakes::<T>::iter() {
				ensure!(
					is_sum(&stake.pool, staked.remove(&validator)),
					"a pool is not what is in it"
				);
				let earnings = stake.earnings;
				ensure!(
					earnings.earning + earnings.joining == stake.pool.shares,
					"shares neither earn nor will"
				);
				let new = joining.get(&(validator, now)).map_or(0, |(shares, _)| *shares);
				let says = if earnings.joined == now { earnings.joining } else { 0 };
				ensure!(new == says, "other shares join than the pool says");
			}
			// Who has lost all can still have something to claim.
			ensure!(staked.values().all(|sum| *sum == Position::default()), "a pool is missing");
			for (validator, epoch, snapshot) in Snapshots::<T>::iter() {
				let waiting = joining.remove(&(validator, epoch)).map_or(0, |(_, waiting)| waiting);
				ensure!(snapshot.waiting == waiting, "another number waits for a snapshot");
			}
			ensure!(joining.is_empty(), "a snapshot is missing");
			Ok(())
		}

		/// What has left validators, and is unbonding or with others.
		fn try_left() -> Result<(), TryRuntimeError> {
			let (mut unbonding, mut redelegated) = (Sums::new(), Sums::new());
			let mut liabilities: Vec<_> =
				Delegations::<T>::iter_values().flat_map(|it| it.liabilities).collect();
			for (_, chunks) in Unbonding::<T>::iter() {
				ensure!(!chunks.is_empty(), "nothing is unbonding, and it is kept");
				for chunk in chunks {
					add(&mut unbonding, (chunk.validator, chunk.day), &chunk.position);
					liabilities.extend(chunk.liability);
				}
			}
			for liability in liabilities {
				add(&mut redelegated, (liability.from, liability.day), &liability.position);
			}
			for (validator, day, pool) in UnbondingPools::<T>::iter() {
				let sum = unbonding.remove(&(validator, day));
				ensure!(is_sum(&pool, sum), "an unbonding pool is not what is in it");
			}
			ensure!(
				unbonding.values().all(|sum| *sum == Position::default()),
				"an unbonding pool is missing"
			);
			for (validator, day, pool) in RedelegatedPools::<T>::iter() {
				let sum = redelegated.remove(&(validator, day));
				ensure!(is_sum(&pool, sum), "a redelegated pool is not what is in it");
			}
			ensure!(redelegated.is_empty(), "a redelegated pool is missing");
			Ok(())
		}

		/// What is on hold, and what can be claimed.
		fn try_owners() -> Result<(), TryRuntimeError> {
			let owners: BTreeSet<_> = Delegations::<T>::iter_keys()
				.map(|(who, _)| who)
				.chain(Unbonding::<T>::iter_keys())
				.chain(Stakes::<T>::iter_keys())
				.collect();
			let mut claims: Balance = 0;
			for who in owners {
				ensure!(
					T::Token::balance_on_hold(&HoldReason::Stake.into(), &who)
						== Self::held_by(&who),
					"more or less is on hold than is staked"
				);
				for (_, amount) in Self::pending_rewards(who) {
					claims = claims.saturating_add(amount);
				}
			}
			let pot = T::Token::balance(&Self::pot());
			ensure!(
				pot >= claims.saturating_add(T::Token::minimum_balance()),
				"the pot has less than can be claimed"
			);
			Ok(())
		}

		/// Who is in the set, or wants to be.
		fn try_candidates() -> Result<(), TryRuntimeError> {
			let candidates = Validators::<T>::iter()
				.filter(|(_, known)| known.standing == Standing::Candidate)
				.map(|(who, _)| who)
				.collect::<BTreeSet<_>>();
			ensure!(
				candidates == Candidates::<T>::iter_keys().collect(),
				"other candidates are listed than there are"
			);
			ensure!(
				Candidates::<T>::count() as usize == candidates.len(),
				"candidates are miscounted"
			);
			ensure!(
				ActiveSet::<T>::get().len() == pallet_session::Pallet::<T>::validators().len(),
				"the set is not that of the session"
			);
			Ok(())
		}

		/// What is deferred.
		fn try_slashes() -> Result<(), TryRuntimeError> {
			let mut frozen = BTreeMap::<T::AccountId, u32>::new();
			let mut said = BTreeMap::<(T::AccountId, Option<Day>, &str), Balance>::new();
			for slash in DeferredSlashes::<T>::iter_values() {
				let mut say = |day, what, amount: Balance| {
					if amount > 0 {
						*said.entry((slash.validator.clone(), day, what)).or_default() += amount;
					}
				};
				say(None, "", slash.stake);
				for part in &slash.left {
					say(Some(part.day), "unbonding", part.unbonding);
					say(Some(part.day), "redelegated", part.redelegated);
				}
				*frozen.entry(slash.validator).or_default() += 1;
			}
			ensure!(
				Frozen::<T>::iter().all(|(who, count)| frozen.remove(&who) == Some(count)),
				"somebody is frozen for nothing"
			);
			ensure!(frozen.is_empty(), "a slash is deferred, and nobody frozen");
			let stakes =
				Stakes::<T>::iter().map(|(who, stake)| ((who, None, ""), stake.pool.aside));
			let unbonding = UnbondingPools::<T>::iter()
				.map(|(who, day, pool)| ((who, Some(day), "unbonding"), pool.aside));
			let redelegated = RedelegatedPools::<T>::iter()
				.map(|(who, day, pool)| ((who, Some(day), "redelegated"), pool.aside));
			let all = stakes.chain(unbonding).chain(redelegated);
			let is: BTreeMap<_, _> = all.filter(|(_, aside)| *aside > 0).collect();
			ensure!(is == said, "something else is set aside than deferred slashes say");
			ensure!(
				SlashQueue::<T>::get().len() == DeferredSlashes::<T>::iter_keys().count(),
				"a deferred slash is not due at any time"
			);
			ensure!(Self::slashes_fall_in_time(), "what slashes take is free before they fall");
			Ok(())
		}
	}
}
