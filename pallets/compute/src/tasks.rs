//! Tasks until there is a receipt, and when they have ended.

use crate::{providers::ALL, *};
use codec::Encode;
use mbongo_compute_primitives::{kinds::KINDS_VERSION, receipt::RECEIPT_VERSION, BlobId, Job};
use mbongo_primitives::Hashing;
use sp_runtime::{traits::Hash as _, Perbill};

/// How often a provider is looked for in one draw.
const TRIES: u32 = 16;

/// By which power of two the time from draw to draw grows at most.
const LONGEST_PAUSE: u8 = 3;

/// What of its bond a provider loses for a missed deadline.
const MISSED: Perbill = Perbill::from_percent(1);

impl<T: Config> Pallet<T> {
	/// When the beacon can draw for something of this block.
	pub(crate) fn draw_at() -> BlockNumber {
		// The beacon of a block is known when it is over.
		Self::now().saturating_add(DRAW_BLOCKS).saturating_add(1)
	}

	/// The first block after the last of so many.
	pub(crate) fn after(blocks: BlockNumber) -> BlockNumber {
		Self::now().saturating_add(blocks).saturating_add(1)
	}

	/// What a provider answers with for a task: the fee, and so much that cheating does not pay if this share
	/// of the work is done again. Nobody gains more by it than the fee.
	pub(crate) fn bond_for(fee: Balance, checked: Percent) -> Balance {
		let checked = Balance::from(checked.deconstruct());
		let unchecked = 100_u128.saturating_sub(checked);
		let gain = fee.saturating_mul(2).saturating_mul(unchecked);
		fee.max(gain.checked_div(checked).unwrap_or(Balance::MAX))
	}

	/// What a task is, if there can be one like this.
	pub(crate) fn job_of(
		asset: &Asset,
		sizes: &[u32],
		input: BlobId,
		checked: Percent,
	) -> Result<Job, DispatchError> {
		let work = asset.program.work.sized(sizes).ok_or(Error::<T>::NoSuchJob)?;
		let job = Job { version: KINDS_VERSION, work, input, data: asset.program.data };
		ensure!(job.layout().is_some(), Error::<T>::NoSuchJob);
		let checked = checked.deconstruct();
		// Only a fold can be done again in part. What comes from outside can be more than all.
		let can_be = checked == 100 || ((1..100).contains(&checked) && job.work.record_fuel() > 0);
		ensure!(can_be, Error::<T>::BadShare);
		Ok(job)
	}

	pub(crate) fn do_submit(requester: AccountId, order: Order) -> Result<TaskId, DispatchError> {
		let settings = Settings::<T>::get();
		let asset = Assets::<T>::get(order.asset).ok_or(Error::<T>::AssetNotFound)?;
		ensure!(order.max_fee >= settings.least_fee, Error::<T>::FeeTooLow);
		ensure!((1..=MAX_DEADLINE).contains(&order.deadline), Error::<T>::BadDeadline);
		let job = Self::job_of(&asset, &order.sizes, order.input, order.checked)?;
		let open = OpenTasks::<T>::get(&requester);
		ensure!(open < TASKS_PER_REQUESTER, Error::<T>::TooManyTasks);
		Block::<T>::try_mutate(|block| {
			block.tasks = block.tasks.saturating_add(1);
			ensure!(block.tasks <= TASKS_PER_BLOCK, Error::<T>::TooManyTasks);
			Ok::<_, DispatchError>(())
		})?;
		let id = NextTask::<T>::get();
		let mut task = Task {
			requester: requester.clone(),
			asset: order.asset,
			asset_version: asset.version,
			bond: Self::bond_for(order.max_fee, order.checked),
			job,
			fee: order.max_fee,
			deposit: 0,
			deadline: order.deadline,
			checked: order.checked,
			requirements: order.requirements.with(&asset.program.requirements),
			assignment: order.assignment,
			open_since: Self::now(),
			draws: 0,
			assignments: 0,
			state: State::Open,
			clock: 0,
		};
		task.deposit = Self::deposit_for(1, task.encoded_size());
		Self::hold_code(&task.job.work)?;
		Self::hold(HoldReason::Fee, &requester, task.fee)?;
		Self::hold(HoldReason::Deposit, &requester, task.deposit)?;
		NextTask::<T>::put(id.saturating_add(1));
		OpenTasks::<T>::insert(&requester, open.saturating_add(1));
		Self::deposit_event(Event::TaskSubmitted {
			task: id,
			requester,
			asset: task.asset,
			fee: task.fee,
		});
		match task.assignment.clone() {
			Assignment::Drawn => {
				Self::set_clock(id, &mut task, Self::draw_at());
				Tasks::<T>::insert(id, task);
			}
			Assignment::Chosen(provider) => Self::assign(id, task, &provider)?,
		}
		Ok(id)
	}

	/// Draws a provider.
	pub(crate) fn look_for_provider(id: TaskId, mut task: Task, rung: BlockNumber) {
		let beacon = T::Beacon::beacon(rung.saturating_sub(1));
		let drawn = beacon.and_then(|beacon| {
			(0..TRIES)
				.filter_map(|count| Self::draw_provider(&beacon, id, count))
				.find(|who| Providers::<T>::get(who).is_some_and(|one| Self::can_do(&one, &task)))
		});
		if let Some(provider) = drawn {
			if Self::assign(id, task, &provider).is_err() {
				log::error!(target: LOG_TARGET, "Task {id} has lost the provider that was drawn");
			}
			return;
		}
		if Self::now().saturating_sub(task.open_since) >= WAITS {
			return Self::expire(id, task);
		}
		// Who asks for what nobody has does not keep the chain busy.
		let pause = DRAW_BLOCKS.saturating_add(1) << task.draws.min(LONGEST_PAUSE);
		task.draws = task.draws.saturating_add(1);
		let at = Self::now().saturating_add(pause);
		Self::set_clock(id, &mut task, at);
		Tasks::<T>::insert(id, task);
	}

	/// A provider can accept a task now.
	fn assign(id: TaskId, mut task: Task, provider: &AccountId) -> DispatchResult {
		Self::take_task(provider, id)?;
		task.state = State::Assigned { provider: provider.clone(), since: Self::now() };
		let at = Self::after(Settings::<T>::get().acceptance);
		Self::set_clock(id, &mut task, at);
		Tasks::<T>::insert(id, task);
		Self::deposit_event(Event::TaskAssigned { task: id, provider: provider.clone() });
		Ok(())
	}

	/// A provider does not accept.
	pub(crate) fn leave_assigned(id: TaskId, task: Task, provider: &AccountId) {
		Self::leave_task(provider, id, 0, 0, Default::default());
		Self::open_again(id, task);
	}

	/// Nobody has brought a receipt: somebody else may.
	fn open_again(id: TaskId, mut task: Task) {
		task.assignments = task.assignments.saturating_add(1);
		if task.assignment != Assignment::Drawn || task.assignments >= ASSIGNMENTS {
			return Self::expire(id, task);
		}
		task.state = State::Open;
		task.open_since = Self::now();
		task.draws = 0;
		Self::set_clock(id, &mut task, Self::draw_at());
		Tasks::<T>::insert(id, task);
	}

	/// A provider that has accepted brings nothing in time.
	pub(crate) fn miss_deadline(id: TaskId, task: Task, provider: &AccountId) {
		let bond = Providers::<T>::get(provider).map_or(0, |provider| provider.bond);
		let slashed = MISSED.mul_ceil(bond).min(task.bond);
		Self::burn(HoldReason::Bond, provider, slashed);
		let result =
			providers::Outcome { success: Some(0), timeliness: Some(0), verification: None };
		Self::leave_task(provider, id, task.bond, slashed, result);
		let provider = provider.clone();
		Self::deposit_event(Event::DeadlineMissed { task: id, provider, slashed });
		Self::open_again(id, task);
	}

	fn expire(id: TaskId, task: Task) {
		Self::end(id, task, State::Expired);
		Self::deposit_event(Event::TaskExpired { task: id });
	}

	/// A task ends, and is kept for a while. What is still on hold of its fee is the requester's.
	pub(crate) fn end(id: TaskId, mut task: Task, state: State) {
		Self::release(HoldReason::Fee, &task.requester, core::mem::take(&mut task.fee));
		Self::release_code(&task.job.work);
		OpenTasks::<T>::mutate_exists(&task.requester, |open| {
			*open = open.map(|open| open.saturating_sub(1)).filter(|open| *open > 0);
		});
		task.state = state;
		let at = Self::after(Settings::<T>::get().kept);
		Self::set_clock(id, &mut task, at);
		Tasks::<T>::insert(id, task);
	}

	/// Nothing of a task that has ended is kept any longer.
	pub(crate) fn forget(id: TaskId, task: &Task) {
		Self::release(HoldReason::Deposit, &task.requester, task.deposit);
		Tasks::<T>::remove(id);
		Receipts::<T>::remove(id);
	}

	pub(crate) fn do_cancel(requester: &AccountId, id: TaskId) -> DispatchResult {
		let task = Self::task(id)?;
		ensure!(task.requester == *requester, Error::<T>::NotYours);
		match &task.state {
			State::Open => {}
			State::Assigned { provider, .. } => {
				Self::leave_task(provider, id, 0, 0, Default::default());
			}
			_ => return Err(Error::<T>::AlreadyProcessed.into()),
		}
		Self::end(id, task, State::Cancelled);
		Self::deposit_event(Event::TaskCancelled { task: id });
		Ok(())
	}

	pub(crate) fn do_accept(provider: &AccountId, id: TaskId) -> DispatchResult {
		let mut task = Self::task(id)?;
		let State::Assigned { provider: assigned, since } = &task.state else {
			return Err(Error::<T>::AlreadyProcessed.into());
		};
		ensure!(assigned == provider, Error::<T>::NotYours);
		ensure!(Self::now() < task.clock, Error::<T>::DeadlinePassed);
		Self::change_provider(provider, |provider| {
			ensure!(provider.free() >= task.bond, Error::<T>::BondTooLow);
			provider.reserved = provider.reserved.saturating_add(task.bond);
			Ok(())
		})?;
		let (provider, assigned, bond) = (provider.clone(), *since, task.bond);
		task.state = State::Accepted { provider: provider.clone(), assigned, since: Self::now() };
		let at = Self::after(task.deadline);
		Self::set_clock(id, &mut task, at);
		Tasks::<T>::insert(id, task);
		Self::deposit_event(Event::TaskAccepted { task: id, provider, bond });
		Ok(())
	}

	pub(crate) fn do_decline(provider: &AccountId, id: TaskId) -> DispatchResult {
		let task = Self::task(id)?;
		let State::Assigned { provider: assigned, .. } = &task.state else {
			return Err(Error::<T>::AlreadyProcessed.into());
		};
		ensure!(assigned == provider, Error::<T>::NotYours);
		Self::deposit_event(Event::TaskDeclined { task: id, provider: provider.clone() });
		Self::leave_assigned(id, task, provider);
		Ok(())
	}

	pub(crate) fn do_commit(
		provider: &AccountId,
		id: TaskId,
		anchor: (BlockNumber, Hash),
		commitment: Hash,
	) -> DispatchResult {
		let mut task = Self::task(id)?;
		let State::Accepted { provider: accepted, assigned, .. } = &task.state else {
			return Err(Error::<T>::AlreadyProcessed.into());
		};
		ensure!(accepted == provider, Error::<T>::NotYours);
		ensure!(Self::now() < task.clock, Error::<T>::DeadlinePassed);
		let (number, hash) = anchor;
		let is_known = number >= *assigned
			&& number < Self::now()
			&& !hash.is_zero()
			&& Self::hash_of(number) == hash;
		ensure!(is_known, Error::<T>::AnchorUnknown);
		let left = task.clock.saturating_sub(Self::now()).saturating_sub(1);
		let in_time = Perbill::from_rational(left, task.deadline);
		let provider = provider.clone();
		task.state = State::Committed { provider: provider.clone(), anchor, commitment, in_time };
		let at = Self::after(Settings::<T>::get().reveal);
		Self::set_clock(id, &mut task, at);
		Tasks::<T>::insert(id, task);
		Self::deposit_event(Event::ReceiptCommitted { task: id, provider, commitment });
		Ok(())
	}

	pub(crate) fn do_reveal(
		provider: &AccountId,
		receipt: ComputeReceipt,
		salt: &[u8; 32],
		ending: Option<RangeProof>,
	) -> DispatchResult {
		let said = &receipt.receipt;
		let id = said.task_id;
		let mut task = Self::task(id)?;
		ensure!(Providers::<T>::contains_key(provider), Error::<T>::ProviderNotRegistered);
		let State::Committed { provider: committed, anchor, commitment, in_time } = &task.state
		else {
			return Err(Error::<T>::AlreadyProcessed.into());
		};
		ensure!(committed == provider, Error::<T>::NotYours);
		ensure!(Self::now() < task.clock, Error::<T>::DeadlinePassed);
		let genesis = Self::genesis();
		ensure!(said.commitment(&genesis, salt) == *commitment, Error::<T>::CommitmentMismatch);
		let fits = said.version == RECEIPT_VERSION
			&& said.provider == *provider
			&& said.asset == task.asset
			&& said.input_root == task.job.input
			&& said.anchor_block == *anchor
			&& task.job.check(&said.claim(), ending.as_ref()).is_ok();
		ensure!(fits, Error::<T>::OutputMismatch);
		ensure!(receipt.is_signed(&genesis), Error::<T>::InvalidSignature);

		let trial = Trial::new(provider.clone(), Self::now(), *in_time);
		task.state = State::Revealed;
		Self::set_clock(id, &mut task, Self::draw_at());
		Tasks::<T>::insert(id, task);
		Trials::<T>::insert(id, trial);
		let hash = Hashing::hash_of(&receipt);
		Receipts::<T>::insert(id, receipt);
		let provider = provider.clone();
		Self::deposit_event(Event::ReceiptRevealed { task: id, provider, receipt: hash });
		Ok(())
	}

	/// How timely a receipt was: wholly, if it took half of the time that there was.
	pub(crate) fn timeliness(left: Perbill) -> u32 {
		left.mul_floor(ALL).saturating_mul(2).min(ALL)
	}
}
