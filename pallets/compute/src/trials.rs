//! Receipts are judged by verifiers that the beacon draws: they vote, and where they vote against a receipt
//! they are to show why.

use crate::*;
use codec::Encode;

use mbongo_primitives::Hashing;
use sp_consensus_pouw::AuthorityId;
use sp_runtime::{
	traits::Hash as _,
	transaction_validity::{TransactionPriority, ValidTransaction},
	Perbill, RuntimeAppPublic,
};

/// How many judge.
const VERIFIERS: u32 = 3;

/// And where much is at stake, or others have found something unavailable that was shown then.
const MANY_VERIFIERS: u32 = 7;

/// How many more judge where the first ones do not agree.
const MORE_VERIFIERS: u32 = 2;

/// What a draw of a verifier is made with, and nothing else.
const VERIFIER: &[u8] = b"mbongo-verifier";

/// What a draw of a share of steps is made with, and nothing else.
const SHARE: &[u8] = b"mbongo-share";

/// What a commitment to a vote is made for.
const VOTE: &[u8] = b"mbongo-vote";

/// What a signature of such a commitment is made for.
const VOTE_COMMITMENT: &[u8] = b"mbongo-vote-commitment";

/// What a verifier that was silent is thought to be of what it was before, in millionths; and what is added
/// for each vote.
const SILENT: u32 = 800_000;
const VOTED: u32 = 50_000;

/// Below other transactions that bring the chain on, and above those that pay.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 4;

/// How many judge a task with this fee.
pub(crate) fn verifiers_for(fee: Balance, settings: &Parameters) -> u32 {
	if fee >= settings.large_fee {
		MANY_VERIFIERS
	} else {
		VERIFIERS
	}
}

/// What a verifier commits to before it shows its vote.
pub fn vote_commitment(
	genesis: &Hash,
	task: TaskId,
	verifier: &AccountId,
	vote: &Vote,
	salt: &[u8; 32],
) -> Hash {
	Hashing::hash_of(&(VOTE, genesis, task, verifier, vote, salt))
}

/// What a verifier signs when it commits to a vote.
pub fn vote_payload(
	genesis: &Hash,
	task: TaskId,
	verifier: &AccountId,
	commitment: &Hash,
) -> Vec<u8> {
	(VOTE_COMMITMENT, genesis, task, verifier, commitment).encode()
}

impl Trial {
	pub(crate) fn new(provider: AccountId, revealed: BlockNumber, in_time: Perbill) -> Self {
		Self {
			provider,
			revealed,
			in_time,
			phase: Phase::Drawing,
			judging: 0,
			has_more: false,
			is_appealed: false,
			verifiers: BoundedVec::new(),
			verdict: None,
			has_demanded: false,
			is_upheld: false,
			challenges: 0,
			next_demand: 0,
			open_demands: 0,
			waiting_demands: 0,
			window_left: None,
		}
	}

	/// Those who judge now.
	fn judges(&self) -> &[Verifier] {
		self.verifiers.get(usize::from(self.judging)..).unwrap_or_default()
	}

	fn judge(&mut self, who: &AccountId) -> Option<&mut Verifier> {
		let from = usize::from(self.judging);
		self.verifiers.iter_mut().skip(from).find(|one| one.who == *who)
	}

	/// What two thirds of those who have voted say, if most have.
	fn decision(&self) -> Option<Verdict> {
		let judges = self.judges();
		let voted = judges.iter().filter(|one| one.vote.is_some()).count();
		if voted.saturating_mul(2) <= judges.len() {
			return None;
		}
		[Verdict::Valid, Verdict::Invalid, Verdict::Unavailable].into_iter().find(|verdict| {
			let is =
				|one: &&Verifier| one.vote.as_ref().is_some_and(|vote| vote.verdict == *verdict);
			judges.iter().filter(is).count().saturating_mul(3) >= voted.saturating_mul(2)
		})
	}

	/// Whether nobody has anything to show, or is to be shown something.
	pub(crate) fn is_quiet(&self) -> bool {
		self.challenges == 0 && !self.has_demands()
	}

	pub(crate) fn has_demands(&self) -> bool {
		self.open_demands > 0 || self.waiting_demands > 0
	}
}

impl<T: Config> Pallet<T> {
	/// The clock of a task that is judged rings.
	pub(crate) fn go_on_judging(id: TaskId, mut task: Task, rung: BlockNumber) {
		let Some(mut trial) = Trials::<T>::get(id) else { return };
		match trial.phase {
			Phase::Drawing => Self::draw_verifiers(id, &mut task, &mut trial, rung),
			Phase::Committing => Self::let_them_show(id, &mut task, &mut trial),
			Phase::Showing => Self::count_votes(id, &mut task, &mut trial),
			Phase::Over => {}
		}
		Tasks::<T>::insert(id, task);
		Trials::<T>::insert(id, trial);
	}

	/// Draws those who judge next, by their stakes. Who has been silent often is passed over more often.
	fn draw_verifiers(id: TaskId, task: &mut Task, trial: &mut Trial, rung: BlockNumber) {
		let wanted = match (trial.is_appealed, trial.has_more) {
			(true, _) => MANY_VERIFIERS,
			(false, true) => MORE_VERIFIERS,
			(false, false) => verifiers_for(task.fee, &Settings::<T>::get()),
		};
		let before = trial.verifiers.len();
		if let Some(beacon) = T::Beacon::beacon(rung.saturating_sub(1)) {
			let has_part = |who: &AccountId| {
				*who == trial.provider
					|| *who == task.requester
					|| trial.verifiers.iter().any(|one| one.who == *who)
			};
			let set = T::Verifiers::set();
			let set = set.into_iter().filter(|(who, ..)| !has_part(who)).collect();
			let (epoch, commitment, vote) = (T::Epoch::get(), None, None);
			for (who, key) in Self::drawn_by_stake(&beacon, id, set, wanted) {
				Duties::<T>::insert(&who, id, ());
				let seed = Hashing::hash_of(&(SHARE, beacon, id, &who));
				let verifier = Verifier { who, key, epoch, seed, commitment, vote };
				// There is room for all rounds.
				let _ = trial.verifiers.try_push(verifier);
			}
		}
		let drawn: Vec<_> =
			trial.verifiers.iter().skip(before).map(|one| one.who.clone()).collect();
		if drawn.is_empty() {
			return Self::stand(id, task, trial, None);
		}
		trial.phase = Phase::Committing;
		Self::set_clock(id, task, Self::after(Settings::<T>::get().vote));
		Self::deposit_event(Event::VerifiersDrawn { task: id, verifiers: drawn });
	}

	pub(crate) fn drawn_by_stake(
		beacon: &Hash,
		id: TaskId,
		mut set: Vec<(AccountId, AuthorityId, u128)>,
		wanted: u32,
	) -> Vec<(AccountId, AuthorityId)> {
		let mut drawn = Vec::new();
		let mut passed = Vec::new();
		let mut count = 0_u32;
		while drawn.len() < wanted as usize && !set.is_empty() {
			let total = set.iter().fold(0_u128, |sum, (.., stake)| sum.saturating_add(*stake));
			let mut at = draw::number(beacon, VERIFIER, id, count, total.max(1));
			let place = set
				.iter()
				.position(|(.., stake)| {
					let is_here = at < *stake;
					at = at.saturating_sub(*stake);
					is_here
				})
				.unwrap_or_default();
			let (who, key, _) = set.swap_remove(place);
			let diligence = Diligence::<T>::get(&who).unwrap_or(providers::ALL);
			let dice = draw::number(beacon, VERIFIER, id, !count, providers::ALL.into());
			match dice < diligence.into() {
				true => drawn.push((who, key)),
				false => passed.push((who, key)),
			}
			count = count.saturating_add(1);
		}
		// Somebody must.
		let missing = (wanted as usize).saturating_sub(drawn.len());
		drawn.extend(passed.into_iter().take(missing));
		drawn
	}

	fn let_them_show(id: TaskId, task: &mut Task, trial: &mut Trial) {
		trial.phase = Phase::Showing;
		Self::set_clock(id, task, Self::after(Settings::<T>::get().vote));
	}

	/// The votes are in, or late.
	fn count_votes(id: TaskId, task: &mut Task, trial: &mut Trial) {
		for silent in trial.judges().iter().filter(|one| one.vote.is_none()) {
			Self::note_diligence(&silent.who, false);
		}
		let decision = trial.decision();
		if decision.is_none() && !trial.has_more && !trial.is_appealed {
			// Who was silent can vote then, too.
			trial.has_more = true;
			trial.phase = Phase::Drawing;
			return Self::set_clock(id, task, Self::draw_at());
		}
		trial.phase = Phase::Over;
		for judge in trial.judges() {
			Duties::<T>::remove(&judge.who, id);
		}
		match decision {
			// Paid, but it gives no score.
			Some(Verdict::Unavailable) if trial.is_appealed => {
				Self::stand(id, task, trial, decision)
			}
			None | Some(Verdict::Valid) => Self::stand(id, task, trial, decision),
			Some(Verdict::Invalid | Verdict::Unavailable) => {
				trial.verdict = decision;
				task.state = State::Disputed;
				let until = Self::after(Settings::<T>::get().dispute);
				Self::set_clock(id, task, until);
				Self::deposit_event(Event::Judged { task: id, verdict: decision });
				Self::deposit_event(Event::Disputed { task: id, until });
			}
		}
	}

	fn note_diligence(who: &AccountId, has_voted: bool) {
		Diligence::<T>::mutate_exists(who, |diligence| {
			let before = diligence.unwrap_or(providers::ALL);
			let after = match has_voted {
				true => before.saturating_add(VOTED),
				false => providers::times(before, SILENT),
			};
			*diligence = Some(after).filter(|after| *after < providers::ALL);
		});
	}

	/// A receipt stands with this verdict, unless it is proven wrong in the time that is left.
	fn stand(id: TaskId, task: &mut Task, trial: &mut Trial, verdict: Option<Verdict>) {
		trial.phase = Phase::Over;
		trial.verdict = verdict;
		Self::deposit_event(Event::Judged { task: id, verdict });
		let window = Settings::<T>::get().window;
		// Where nobody has judged it there is more time to.
		let window = if verdict.is_none() { window.saturating_mul(2) } else { window };
		Self::begin_window(id, task, trial, window);
	}

	fn begin_window(id: TaskId, task: &mut Task, trial: &mut Trial, window: BlockNumber) {
		task.state = State::Verified;
		match trial.has_demands() {
			true => {
				trial.window_left = Some(window);
				Self::set_clock(id, task, 0);
			}
			false => Self::set_clock(id, task, Self::after(window)),
		}
	}

	/// Those who judged a receipt wrong had their time.
	pub(crate) fn end_dispute(id: TaskId, mut task: Task) {
		let Some(mut trial) = Trials::<T>::get(id) else { return };
		if !trial.is_quiet() {
			// It goes on when they are through.
			return Tasks::<T>::insert(id, task);
		}
		let was_answered = trial.verdict == Some(Verdict::Unavailable) && trial.has_demanded;
		if was_answered && !trial.is_appealed {
			trial.is_appealed = true;
			trial.judging = trial.verifiers.len() as u8;
			trial.phase = Phase::Drawing;
			task.state = State::Revealed;
			Self::set_clock(id, &mut task, Self::draw_at());
		} else {
			trial.is_upheld = true;
			Self::deposit_event(Event::Upheld { task: id });
			let window = Settings::<T>::get().window;
			Self::begin_window(id, &mut task, &mut trial, window);
		}
		Tasks::<T>::insert(id, task);
		Trials::<T>::insert(id, trial);
	}

	/// The time in which a receipt could be proven wrong is over.
	pub(crate) fn end_window(id: TaskId, mut task: Task) {
		let Some(trial) = Trials::<T>::get(id) else { return };
		if !trial.is_quiet() {
			return Tasks::<T>::insert(id, task);
		}
		if Block::<T>::get().settled.is_full() {
			let next = Self::now().saturating_add(1);
			Self::set_clock(id, &mut task, next);
			return Tasks::<T>::insert(id, task);
		}
		match Receipts::<T>::get(id) {
			Some(receipt) => Self::settle(id, task, &trial, &receipt),
			None => log::error!(target: LOG_TARGET, "Task {id} has no receipt"),
		}
	}

	/// Somebody is through with what he had to show, or was to be shown.
	pub(crate) fn go_on(id: TaskId, mut task: Task, mut trial: Trial) {
		let is_over = matches!(task.state, State::Disputed | State::Verified) && task.clock == 0;
		if is_over && !trial.has_demands() {
			let left = trial.window_left.take().map(|left| left.max(Settings::<T>::get().answer));
			if let Some(left) = left {
				Self::set_clock(id, &mut task, Self::after(left));
			} else if trial.challenges == 0 {
				let next = Self::now().saturating_add(1);
				Self::set_clock(id, &mut task, next);
			}
		}
		Tasks::<T>::insert(id, task);
		Trials::<T>::insert(id, trial);
	}

	/// A receipt is judged no more.
	pub(crate) fn drop_trial(id: TaskId, trial: &Trial) {
		for one in &trial.verifiers {
			Duties::<T>::remove(&one.who, id);
		}
		Trials::<T>::remove(id);
	}

	/// What is to judge, and who.
	fn duty(
		id: TaskId,
		verifier: &AccountId,
		is_now: impl FnOnce(Phase) -> bool,
	) -> Option<(Task, Trial, Verifier)> {
		let task = Tasks::<T>::get(id)?;
		let mut trial = Trials::<T>::get(id).filter(|trial| is_now(trial.phase))?;
		let one = trial.judge(verifier)?.clone();
		Some((task, trial, one))
	}

	fn vote_is_valid(
		id: TaskId,
		task: &Task,
		verifier: &AccountId,
		tag: &'static str,
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		let left = task.clock.saturating_sub(Self::now()).max(1);
		let valid = ValidTransaction::with_tag_prefix(tag)
			.priority(PRIORITY)
			.and_provides((id, verifier))
			.longevity(left.into())
			.propagate(true)
			.build()?;
		Ok((valid, Weight::zero()))
	}

	pub(crate) fn authorize_commitment(
		id: TaskId,
		verifier: &AccountId,
		commitment: &Hash,
		signature: &AuthoritySignature,
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		let (task, _, one) = Self::duty(id, verifier, |phase| matches!(phase, Phase::Committing))
			.filter(|(.., one)| one.commitment.is_none())
			.ok_or(InvalidTransaction::Stale)?;
		let payload = vote_payload(&Self::genesis(), id, verifier, commitment);
		if !one.key.verify(&payload, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		Self::vote_is_valid(id, &task, verifier, "ComputeVoteCommitted")
	}

	pub(crate) fn do_commit_vote(
		id: TaskId,
		verifier: &AccountId,
		commitment: Hash,
	) -> DispatchResult {
		let (mut task, mut trial, _) =
			Self::duty(id, verifier, |phase| matches!(phase, Phase::Committing))
				.ok_or(Error::<T>::AlreadyProcessed)?;
		if let Some(one) = trial.judge(verifier) {
			ensure!(one.commitment.is_none(), Error::<T>::AlreadyProcessed);
			one.commitment = Some(commitment);
		}
		Self::deposit_event(Event::VoteCommitted { task: id, verifier: verifier.clone() });
		if trial.judges().iter().all(|one| one.commitment.is_some()) {
			Self::let_them_show(id, &mut task, &mut trial);
			Tasks::<T>::insert(id, task);
		}
		Trials::<T>::insert(id, trial);
		Ok(())
	}

	pub(crate) fn authorize_vote(
		id: TaskId,
		verifier: &AccountId,
		vote: &Vote,
		salt: &[u8; 32],
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		let (task, _, one) = Self::duty(id, verifier, |phase| matches!(phase, Phase::Showing))
			.filter(|(.., one)| one.vote.is_none())
			.ok_or(InvalidTransaction::Stale)?;
		let commitment = vote_commitment(&Self::genesis(), id, verifier, vote, salt);
		if one.commitment != Some(commitment) {
			return Err(InvalidTransaction::BadProof.into());
		}
		Self::vote_is_valid(id, &task, verifier, "ComputeVoteShown")
	}

	pub(crate) fn do_show_vote(id: TaskId, verifier: &AccountId, vote: Vote) -> DispatchResult {
		let (mut task, mut trial, _) =
			Self::duty(id, verifier, |phase| matches!(phase, Phase::Showing))
				.ok_or(Error::<T>::AlreadyProcessed)?;
		let verdict = vote.verdict;
		if let Some(one) = trial.judge(verifier) {
			ensure!(one.vote.is_none(), Error::<T>::AlreadyProcessed);
			one.vote = Some(vote);
		}
		Duties::<T>::remove(verifier, id);
		Self::note_diligence(verifier, true);
		let verifier = verifier.clone();
		Self::deposit_event(Event::Voted { task: id, verifier, verdict });
		if trial.judges().iter().all(|one| one.vote.is_some() || one.commitment.is_none()) {
			Self::count_votes(id, &mut task, &mut trial);
			Tasks::<T>::insert(id, task);
		}
		Trials::<T>::insert(id, trial);
		Ok(())
	}
}
