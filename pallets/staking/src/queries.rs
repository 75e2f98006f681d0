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
					standing: known.status,
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
		Unbonding::<T>::get(who)
			.into_iter()
			.map(|chunk| UnbondingInfo {
				worth: UnbondingPools::<T>::get(&chunk.validator, chunk.day)
					.worth_of(&chunk.position),
				free_in_epoch: Self::free_on(chunk.day).saturating_mul(day_epochs),
				validator: chunk.validator,
			})
			.collect()
	}

	/// What an account can claim, of which validator.
	pub fn pending_rewards(who: T::AccountId) -> Vec<(T::AccountId, Balance)> {
		Self::as_of_now(&who, |who| {
			Delegations::<T>::iter_prefix(who)
				.map(|(validator, delegation)| {
					let commission = match validator == *who {
						true => Stakes::<T>::get(&validator).earnings.commission,
						false => 0,
					};
					(validator, delegation.unclaimed.saturating_add(commission))
				})
				.filter(|(_, amount)| *amount > 0)
				.collect()
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
		with_transaction_unchecked(|| {
			let validators: Vec<_> = Delegations::<T>::iter_key_prefix(who).collect();
			for validator in validators {
				let (stake, delegation, _) = Self::touch(who, &validator);
				Self::save(who, &validator, stake, delegation);
			}
			TransactionOutcome::Rollback(look(who))
		})
	}

	/// What should be on hold in an account for its stake.
	pub fn held_by(who: &T::AccountId) -> Balance {
		let staked = Delegations::<T>::iter_prefix_values(who).map(|it| it.position.held);
		let unbonding = Unbonding::<T>::get(who).into_iter().map(|it| it.position.held);
		staked.chain(unbonding).fold(0, |sum, held| sum.saturating_add(held))
	}

	/// What holds between blocks.
	#[cfg(any(feature = "try-runtime", test))]
	#[allow(clippy::arithmetic_side_effects)]
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		use alloc::collections::{BTreeMap, BTreeSet};
		type Sums<K> = BTreeMap<K, Position>;

		fn add<K: Ord>(sums: &mut Sums<K>, key: K, position: &Position) {
			sums.entry(key).or_default().merge(*position);
		}

		let (mut staked, mut unbonding, mut redelegated) =
			(Sums::<_>::new(), Sums::<_>::new(), Sums::<_>::new());
		let mut joining = BTreeMap::<(T::AccountId, EpochIndex), (u128, u32)>::new();
		let mut owners = BTreeSet::new();
		let mut claims: Balance = 0;
		for (who, validator, delegation) in Delegations::<T>::iter() {
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
			for liability in delegation.liabilities {
				add(&mut redelegated, (liability.from, liability.day), &liability.position);
			}
			owners.insert(who);
		}
		for (who, chunks) in Unbonding::<T>::iter() {
			ensure!(!chunks.is_empty(), "nothing is unbonding, and it is kept");
			for chunk in chunks {
				add(&mut unbonding, (chunk.validator, chunk.day), &chunk.position);
				if let Some(liability) = chunk.liability {
					add(&mut redelegated, (liability.from, liability.day), &liability.position);
				}
			}
			owners.insert(who);
		}

		for who in &owners {
			let reason = HoldReason::Stake.into();
			ensure!(
				T::Token::balance_on_hold(&reason, who) == Self::held_by(who),
				"more or less is on hold than is staked"
			);
			for (_, amount) in Self::pending_rewards(who.clone()) {
				claims = claims.saturating_add(amount);
			}
		}

		let is_sum = |pool: &Pool, sum: Option<Position>| {
			let sum = sum.unwrap_or_default();
			pool.shares == sum.shares && pool.held() == sum.held
		};
		let now = Self::epoch();
		for (validator, stake) in Stakes::<T>::iter() {
			ensure!(is_sum(&stake.pool, staked.remove(&validator)), "a pool is not what is in it");
			let earnings = stake.earnings;
			ensure!(
				earnings.earning + earnings.joining == stake.pool.shares,
				"shares neither earn nor will"
			);
			if !Delegations::<T>::contains_key(&validator, &validator) {
				claims = claims.saturating_add(earnings.commission);
			}
			let new = joining.get(&(validator, now)).map_or(0, |(shares, _)| *shares);
			let says = if earnings.joined == now { earnings.joining } else { 0 };
			ensure!(new == says, "other shares join than the pool says");
		}
		ensure!(staked.is_empty(), "a pool is missing");
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
		for (validator, epoch, snapshot) in Snapshots::<T>::iter() {
			let waiting = joining.remove(&(validator, epoch)).map_or(0, |(_, waiting)| waiting);
			ensure!(snapshot.waiting == waiting, "another number waits for a snapshot");
		}
		ensure!(joining.is_empty(), "a snapshot is missing");
		ensure!(
			T::Token::balance(&Self::pot()) >= claims.saturating_add(T::Token::minimum_balance()),
			"the pot has less than can be claimed"
		);

		let candidates = Validators::<T>::iter()
			.filter(|(_, known)| known.status == Standing::Candidate)
			.map(|(who, _)| who)
			.collect::<BTreeSet<_>>();
		ensure!(
			candidates == Candidates::<T>::iter_keys().collect(),
			"other candidates are listed than there are"
		);
		ensure!(Candidates::<T>::count() as usize == candidates.len(), "candidates are miscounted");

		let mut frozen = BTreeMap::<T::AccountId, u32>::new();
		let mut aside = BTreeMap::<T::AccountId, Balance>::new();
		for slash in DeferredSlashes::<T>::iter_values() {
			*frozen.entry(slash.validator.clone()).or_default() += 1;
			*aside.entry(slash.validator).or_default() += slash.stake;
		}
		ensure!(
			Frozen::<T>::iter().all(|(who, count)| frozen.remove(&who) == Some(count)),
			"somebody is frozen for nothing"
		);
		ensure!(frozen.is_empty(), "a slash is deferred, and nobody frozen");
		ensure!(
			aside.into_iter().all(|(who, sum)| Stakes::<T>::get(who).pool.aside == sum),
			"something else is set aside than deferred slashes say"
		);
		ensure!(
			SlashQueue::<T>::get().len() == DeferredSlashes::<T>::iter_keys().count(),
			"a deferred slash is not due at any time"
		);
		ensure!(
			ActiveSet::<T>::get().len() == pallet_session::Pallet::<T>::validators().len(),
			"the set is not that of the session"
		);
		Ok(())
	}
}
