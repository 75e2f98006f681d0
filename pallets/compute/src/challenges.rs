//! Who can prove a receipt wrong commits to the proof first, and shows it then. The runtime decides, for good,
//! whatever verifiers have voted.

use crate::*;
use mbongo_primitives::Hashing;
use mbongo_vm::costs::PICOS_PER_FUEL;
use sp_runtime::traits::Hash as _;

/// What a commitment to a proof is made for.
const CHALLENGE: &[u8] = b"mbongo-challenge";

/// What somebody commits to before the proof is shown.
pub fn challenge_commitment(
	genesis: &Hash,
	task: TaskId,
	who: &AccountId,
	proof: &FraudProof,
	salt: &[u8; 32],
) -> Hash {
	Hashing::hash_of(&(CHALLENGE, genesis, task, who, proof, salt))
}

/// What fuel weighs.
pub(crate) fn weight_of(fuel: u64) -> Weight {
	Weight::from_parts(fuel.saturating_mul(PICOS_PER_FUEL), 0)
}

impl<T: Config> Pallet<T> {
	/// A task whose receipt can be proven wrong still.
	pub(crate) fn on_trial(id: TaskId) -> Result<(Task, Trial), DispatchError> {
		let task = Self::task(id)?;
		let trial = Trials::<T>::get(id).ok_or(Error::<T>::AlreadyProcessed)?;
		Ok((task, trial))
	}

	pub(crate) fn do_commit_challenge(
		who: AccountId,
		id: TaskId,
		commitment: Hash,
	) -> DispatchResult {
		let (_, mut trial) = Self::on_trial(id)?;
		ensure!(!Challenges::<T>::contains_key(id, &who), Error::<T>::AlreadyChallenged);
		let bond = Settings::<T>::get().challenge_bond;
		Self::hold(HoldReason::Challenge, &who, bond)?;
		let (_, last) = CHALLENGE_BLOCKS;
		Self::set_timer(Self::after(last), Timer::Challenge(id, who.clone()));
		Challenges::<T>::insert(id, &who, Challenge { commitment, at: Self::now(), bond });
		trial.challenges = trial.challenges.saturating_add(1);
		Trials::<T>::insert(id, trial);
		Self::deposit_event(Event::ChallengeCommitted { task: id, who });
		Ok(())
	}

	pub(crate) fn do_prove_fraud(
		who: &AccountId,
		id: TaskId,
		proof: &FraudProof,
		salt: &[u8; 32],
		fuel: u64,
	) -> DispatchResult {
		let (task, mut trial) = Self::on_trial(id)?;
		let challenge = Challenges::<T>::get(id, who).ok_or(Error::<T>::NoChallenge)?;
		let (first, last) = CHALLENGE_BLOCKS;
		let passed = Self::now().saturating_sub(challenge.at);
		ensure!(passed >= first, Error::<T>::TooEarly);
		ensure!(passed <= last, Error::<T>::DeadlinePassed);
		let shown = challenge_commitment(&Self::genesis(), id, who, proof, salt);
		ensure!(shown == challenge.commitment, Error::<T>::CommitmentMismatch);
		ensure!(fuel >= task.job.work.record_fuel(), Error::<T>::FuelTooLow);
		Block::<T>::try_mutate(|block| {
			block.proofs = block.proofs.saturating_add(1);
			ensure!(block.proofs <= PROOFS_PER_BLOCK, Error::<T>::TooManyProofs);
			Ok::<_, DispatchError>(())
		})?;

		Challenges::<T>::remove(id, who);
		Clocks::<T>::remove(
			challenge.at.saturating_add(last).saturating_add(1),
			Timer::Challenge(id, who.clone()),
		);
		trial.challenges = trial.challenges.saturating_sub(1);
		let receipt = Receipts::<T>::get(id).ok_or(Error::<T>::AlreadyProcessed)?;
		let code = task.job.work.code_hash().and_then(|code_hash| T::Codes::code(&code_hash));
		match proof.check(&task.job, &receipt.receipt.claim(), code.as_ref()) {
			Ok(()) => {
				Self::release(HoldReason::Challenge, who, challenge.bond);
				for one in &trial.verifiers {
					if one.has_passed(&proof.place, task.checked) {
						T::Verifiers::slash(&one.who, one.epoch, who);
					}
				}
				let (provider, by) = (trial.provider.clone(), who.clone());
				Self::deposit_event(Event::FraudProven { task: id, provider, by });
				Self::slash(id, task, &trial, who, Verdict::Invalid);
			}
			Err(_) => Self::lose_challenge(id, task, trial, who, challenge.bond),
		}
		Ok(())
	}

	/// A challenge was for nothing: its bond is the provider's.
	fn lose_challenge(id: TaskId, task: Task, trial: Trial, who: &AccountId, bond: Balance) {
		Self::pay(HoldReason::Challenge, who, &trial.provider, bond);
		Self::deposit_event(Event::ChallengeFailed { task: id, who: who.clone(), bond });
		Self::go_on(id, task, trial);
	}

	/// Somebody has not shown in time what he committed to.
	pub(crate) fn challenge_is_late(id: TaskId, who: &AccountId) {
		let Some(challenge) = Challenges::<T>::take(id, who) else { return };
		match (Tasks::<T>::get(id), Trials::<T>::get(id)) {
			(Some(task), Some(mut trial)) => {
				trial.challenges = trial.challenges.saturating_sub(1);
				Self::lose_challenge(id, task, trial, who, challenge.bond);
			}
			// Somebody else was first.
			_ => Self::release(HoldReason::Challenge, who, challenge.bond),
		}
	}
}
