use super::*;
use mbongo_compute_primitives::{kinds::MatMul, BlobId, UnsignedReceipt};
use mbongo_primitives::Signature;
use sp_core::Pair;

#[test]
fn success_from_an_order_to_what_everybody_gets() {
	run(|| {
		with_assets_and(&[11, 12]);
		let input = input(640);
		let before: Vec<_> = (1..=40).map(free).collect();
		let issued = Balances::total_issuance();
		let task = Order { max_fee: 10 * MBO, ..order(&input) };
		// More verifiers than usual judge so large a fee.
		let done = revealed(2, task, input, |_| {});
		assert_eq!(state(done.id), State::Revealed);
		pass_until(|| trial(done.id).phase == Phase::Committing);
		assert_eq!(judges(done.id).len(), 7);
		judged(done.id, &[Some(Valid); 7]);
		assert_eq!(state(done.id), State::Verified);
		pass_until(|| state(done.id) == State::Settled);
		assert_eq!(Compute::settled().provider_count, 0, "there was too little work for a score");

		let gained = |number: u8| free(number) as i128 - before[usize::from(number) - 1] as i128;
		let provider = done.provider;
		// The tenth that is burned is rounded in nobody's favour.
		assert_eq!(gained(provider), 6_300_000_000_000_000_000);
		let verifiers: i128 = VALIDATORS.map(gained).sum();
		assert_eq!(verifiers, 1_800_000_000_000_000_000 - 1_800_000_000_000_000_000 % 7);
		let burned = issued - Balances::total_issuance();
		assert_eq!(burned, MBO + 1_800_000_000_000_000_000 % 7);
		let treasury = Balances::free_balance(who(250)) - EXISTENTIAL_DEPOSIT;
		assert_eq!(treasury, 900_000_000_000_000_000);
		let deposit = Tasks::<Test>::get(done.id).unwrap().deposit;
		assert_eq!(-gained(2), (10 * MBO + deposit) as i128);

		pass_until(|| !Tasks::<Test>::contains_key(done.id));
		assert_eq!(-gained(2), (10 * MBO) as i128, "the deposit is back");
		assert_eq!(Receipts::<Test>::iter().count() + Trials::<Test>::iter().count(), 0);
		assert_eq!(Clocks::<Test>::iter().count() + Duties::<Test>::iter().count(), 0);
	});
}

#[test]
fn success_of_work_that_scores() {
	run(|| {
		with_assets_and(&[11]);
		let rates = Rates { units: [1; 4], price: MBO / 1_000 };
		assert_ok!(Compute::set_rates(RuntimeOrigin::root(), rates));
		let input = input(640);
		let done = revealed(2, order(&input), input, |_| {});
		judged(done.id, &[Some(Valid); 3]);
		pass_until(|| state(done.id) == State::Settled);
		// A tenth of an MBO was burned.
		let settled = Compute::settled();
		assert_eq!((settled.total_score, settled.provider_count), (100, 1));
		let receipt = Receipts::<Test>::get(done.id).unwrap();
		let leaf = mbongo_primitives::merkle::leaf(&codec::Encode::encode(&receipt));
		assert_eq!(settled.receipts_root, mbongo_primitives::merkle::root(&[leaf]));
		next_block();
		assert_eq!(Compute::settled(), Default::default());
	});
}

#[test]
fn success_of_a_product_whose_sizes_the_task_gives() {
	run(|| {
		with_assets_and(&[11]);
		let input = input(3 * 5 + 5 * 7);
		let sizes = vec![3, 5, 7].try_into().unwrap();
		let done = revealed(2, Order { asset: 0, sizes, ..order(&input) }, input, |_| {});
		assert_eq!(done.unsigned().work_units, 3 * 5 * 7);
		judged(done.id, &[Some(Valid); 3]);
		pass_until(|| state(done.id) == State::Settled);
	});
}

#[test]
fn fails_when_there_can_be_no_such_task() {
	run(|| {
		with_assets_and(&[11]);
		let input = input(640);
		let good = order(&input);
		let sized = |asset, sizes: &[u32]| Order {
			asset,
			sizes: sizes.to_vec().try_into().unwrap(),
			..good.clone()
		};
		let chosen = |number| Assignment::Chosen(who(number));
		for (order, error) in [
			(Order { asset: 9, ..good.clone() }, Failure::AssetNotFound),
			(Order { max_fee: MBO / 100 - 1, ..good.clone() }, Failure::FeeTooLow),
			(Order { deadline: 0, ..good.clone() }, Failure::BadDeadline),
			(Order { deadline: MAX_DEADLINE + 1, ..good.clone() }, Failure::BadDeadline),
			(Order { checked: Percent::zero(), ..good.clone() }, Failure::BadShare),
			(Order { checked: Percent::from_percent(99), ..good.clone() }, Failure::BadShare),
			(Order { assignment: chosen(12), ..good.clone() }, Failure::ProviderNotRegistered),
			// Sizes where there are none to give, too few, and some that do not fit.
			(sized(1, &[1]), Failure::NoSuchJob),
			(sized(0, &[]), Failure::NoSuchJob),
			(sized(0, &[16, 20]), Failure::NoSuchJob),
			(sized(0, &[16, 20, 17]), Failure::NoSuchJob),
			(sized(0, &[0, 640, 1]), Failure::NoSuchJob),
			// Of which the product overflows.
			(sized(0, &[u32::MAX, u32::MAX, u32::MAX]), Failure::NoSuchJob),
			(Order { input: BlobId { len: 63, ..good.input }, ..good.clone() }, Failure::NoSuchJob),
			(Order { input: BlobId { len: 0, ..good.input }, ..good.clone() }, Failure::NoSuchJob),
			(
				Order { input: BlobId { version: 2, ..good.input }, ..good.clone() },
				Failure::NoSuchJob,
			),
		] {
			assert_noop!(Compute::submit_task(by(2), order), error);
		}
		assert_noop!(
			Compute::submit_task(by(99), good.clone()),
			sp_runtime::TokenError::FundsUnavailable
		);
		assert_noop!(
			Compute::submit_task(RuntimeOrigin::root(), good.clone()),
			DispatchError::BadOrigin
		);
		assert_ok!(Compute::submit_task(by(2), good));
		let too_large = MatMul { m: 1, k: 49_153, n: 1 };
		assert_ok!(Compute::register_asset(by(1), program(too_large)));
		let input = BlobId { len: 2 * 49_153, ..BlobId::of(&[]) };
		let order = Order { asset: 2, input, ..order(&[]) };
		assert_noop!(Compute::submit_task(by(2), order), Failure::NoSuchJob);
	});
}

#[test]
fn boundary_of_tasks_in_a_block_and_of_a_requester() {
	run(|| {
		with_assets_and(&[]);
		let input = input(64);
		for _ in 0..TASKS_PER_BLOCK {
			assert_ok!(Compute::submit_task(by(2), order(&input)));
		}
		assert_noop!(Compute::submit_task(by(3), order(&input)), Failure::TooManyTasks);
		next_block();
		assert_ok!(Compute::submit_task(by(3), order(&input)));
		OpenTasks::<Test>::insert(who(2), TASKS_PER_REQUESTER);
		assert_noop!(Compute::submit_task(by(2), order(&input)), Failure::TooManyTasks);
		OpenTasks::<Test>::insert(who(2), TASKS_PER_BLOCK);
	});
}

#[test]
fn nobody_who_could_do_it_and_the_task_expires() {
	run(|| {
		with_assets_and(&[11]);
		let before = free(2);
		let needed = Machine { memory: 2_048, accelerator: 0 };
		let id = submit(2, Order { requirements: needed, ..order(&input(64)) });
		pass(WAITS);
		assert_eq!(state(id), State::Open);
		pass(DRAW_BLOCKS * 10);
		assert_eq!(state(id), State::Expired);
		let deposit = Tasks::<Test>::get(id).unwrap().deposit;
		assert_eq!(free(2), before - deposit);
		pass_until(|| !Tasks::<Test>::contains_key(id));
		assert_eq!(free(2), before);
	});
}

#[test]
fn a_provider_that_does_not_accept_loses_nothing_and_the_third_time_the_task_expires() {
	run(|| {
		with_assets_and(&[11]);
		let (before, held) = (free(2), Providers::<Test>::get(who(11)).unwrap());
		let id = submit(2, order(&input(64)));
		pass_until(|| assigned(id).is_some());
		// In silence.
		pass(10);
		assert_eq!(assigned(id), Some(11));
		next_block();
		assert_eq!(state(id), State::Open);
		assert_eq!(Compute::accept(by(11), id), Err(Failure::AlreadyProcessed.into()));
		// And in words.
		for expected in [State::Open, State::Expired] {
			pass_until(|| assigned(id).is_some());
			assert_noop!(Compute::decline(by(12), id), Failure::NotYours);
			assert_ok!(Compute::decline(by(11), id));
			assert_eq!(state(id), expected);
		}
		assert_eq!(Providers::<Test>::get(who(11)).unwrap(), held);
		assert_eq!(free(2), before - Tasks::<Test>::get(id).unwrap().deposit);
	});
}

#[test]
fn a_missed_deadline_costs_a_hundredth_of_the_bond() {
	run(|| {
		with_assets_and(&[11]);
		let id = submit(2, Order { max_fee: 20 * MBO, ..order(&input(64)) });
		pass_until(|| assigned(id).is_some());
		assert_ok!(Compute::accept(by(11), id));
		assert_eq!(Providers::<Test>::get(who(11)).unwrap().reserved, 20 * MBO);
		let issued = Balances::total_issuance();
		pass(30);
		assert!(matches!(state(id), State::Accepted { .. }));
		next_block();
		assert_eq!(state(id), State::Open);
		let provider = Providers::<Test>::get(who(11)).unwrap();
		assert_eq!((provider.bond, provider.reserved), (990 * MBO, 0));
		assert_eq!(Balances::total_issuance(), issued - 10 * MBO);
		assert!(provider.record.reputation(1) < 500_000);

		// A commitment that is not revealed is no receipt either.
		pass_until(|| assigned(id).is_some());
		assert_ok!(Compute::accept(by(11), id));
		next_block();
		let done = work(id, 11, input(64), |_| {});
		assert_ok!(done.commit());
		pass(10);
		assert!(matches!(state(id), State::Committed { .. }));
		next_block();
		assert_eq!(state(id), State::Open);
		assert_noop!(done.reveal(), Failure::AlreadyProcessed);
	});
}

#[test]
fn of_a_small_task_no_more_is_lost_than_was_reserved() {
	run(|| {
		with_assets_and(&[11]);
		let id = submit(2, order(&input(64)));
		pass_until(|| assigned(id).is_some());
		assert_ok!(Compute::accept(by(11), id));
		pass(31);
		assert_eq!(Providers::<Test>::get(who(11)).unwrap().bond, 999 * MBO);
	});
}

#[test]
fn a_task_is_taken_back_until_somebody_has_accepted() {
	run(|| {
		with_assets_and(&[11]);
		let open = submit(2, order(&input(64)));
		assert_noop!(Compute::cancel_task(by(3), open), Failure::NotYours);
		assert_noop!(Compute::cancel_task(by(2), 77), Failure::TaskNotFound);
		assert_ok!(Compute::cancel_task(by(2), open));
		assert_noop!(Compute::cancel_task(by(2), open), Failure::AlreadyProcessed);
		let assigned_one = submit(2, order(&input(64)));
		pass_until(|| assigned(assigned_one).is_some());
		assert_ok!(Compute::cancel_task(by(2), assigned_one));
		assert_eq!(Providers::<Test>::get(who(11)).unwrap().tasks, 0);
		let accepted = submit(2, order(&input(64)));
		pass_until(|| assigned(accepted).is_some());
		assert_ok!(Compute::accept(by(11), accepted));
		assert_noop!(Compute::cancel_task(by(2), accepted), Failure::AlreadyProcessed);
	});
}

#[test]
fn a_chosen_provider_is_paid_and_gives_no_score() {
	run(|| {
		with_assets_and(&[11, 12]);
		let rates = Rates { units: [1; 4], price: 1 };
		assert_ok!(Compute::set_rates(RuntimeOrigin::root(), rates));
		let assignment = Assignment::Chosen(who(12));
		let done = revealed(2, Order { assignment, ..order(&input(64)) }, input(64), |_| {});
		assert_eq!(done.provider, 12);
		judged(done.id, &[Some(Valid); 3]);
		let before = free(12);
		pass_until(|| state(done.id) == State::Settled);
		assert_eq!(free(12) - before, 630_000_000_000_000_000);
		assert_eq!(Compute::settled().total_score, 0);
		assert_eq!(WorkOf::<Test>::iter().count(), 0);

		// One that is chosen and does not accept was the only one.
		let assignment = Assignment::Chosen(who(12));
		let id = submit(2, Order { assignment, ..order(&input(64)) });
		assert_ok!(Compute::decline(by(12), id));
		assert_eq!(state(id), State::Expired);
	});
}

#[test]
fn fails_when_a_commitment_is_not_the_providers_or_of_no_block_of_this_chain() {
	run(|| {
		with_assets_and(&[11, 12]);
		let id = submit(2, order(&input(64)));
		pass_until(|| assigned(id).is_some());
		let provider = assigned(id).unwrap();
		let now = frame_system::Pallet::<Test>::block_number();
		let (before, later) = (Compute::hash_of(now - 1), now + 1);
		let done = |anchor| Compute::commit(by(provider), id, anchor, Hash::repeat_byte(1));
		assert_noop!(done((now, before)), Failure::AlreadyProcessed);
		assert_ok!(Compute::accept(by(provider), id));
		pass(3);
		let hash = Compute::hash_of(now);
		for anchor in [
			(now, before),
			(now, Hash::zero()),
			(now + 3, Hash::zero()),
			(now + 4, hash),
			(later + 99, Hash::zero()),
			// Older than the assignment.
			(now - 1, before),
		] {
			assert_noop!(done(anchor), Failure::AnchorUnknown);
		}
		let other = if provider == 11 { 12 } else { 11 };
		let commitment = Hash::repeat_byte(1);
		assert_noop!(Compute::commit(by(other), id, (now, hash), commitment), Failure::NotYours);
		assert_ok!(done((now, hash)));
		assert_noop!(done((now, hash)), Failure::AlreadyProcessed);
	});
}

#[test]
fn fails_when_what_is_shown_is_not_what_was_committed_to() {
	run(|| {
		with_assets_and(&[11]);
		let (done, receipt) = committed(|_| {});
		let reveal = |receipt, salt| Compute::reveal(by(11), receipt, salt, None);
		let good = done.sign(receipt.clone());
		assert_noop!(reveal(good.clone(), [1; 32]), Failure::CommitmentMismatch);
		let mut other = receipt.clone();
		other.metrics.execution_time_ms = 1;
		assert_noop!(reveal(done.sign(other), SALT), Failure::CommitmentMismatch);
		let by_nobody = Compute::reveal(by(12), good.clone(), SALT, None);
		assert_noop!(by_nobody, Failure::ProviderNotRegistered);
		assert_ok!(Compute::register_provider(by(12), 10 * MBO, MACHINE));
		let by_another = Compute::reveal(by(12), good.clone(), SALT, None);
		assert_noop!(by_another, Failure::NotYours);

		// Signed by somebody else, for another chain, and another receipt.
		let message = receipt.message(&Compute::genesis());
		let on_another_chain = receipt.message(&Hash::repeat_byte(1));
		let mut later = receipt.clone();
		later.metrics.memory_bytes = 1;
		let of_another = later.message(&Compute::genesis());
		for (signer, message) in [(12, message), (11, on_another_chain), (11, of_another)] {
			let signature = Signature::Sr25519(key(signer).sign(message.as_bytes()));
			let forged = ComputeReceipt { signature, ..good.clone() };
			assert_noop!(reveal(forged, SALT), Failure::InvalidSignature);
		}
		// A point that is on no curve.
		let alien = sp_core::sr25519::Signature::from_raw([0xff; 64]);
		let forged = ComputeReceipt { signature: Signature::Sr25519(alien), ..good.clone() };
		assert_noop!(reveal(forged, SALT), Failure::InvalidSignature);
		let alien = sp_core::ed25519::Signature::from_raw([0xff; 64]);
		let forged = ComputeReceipt { signature: Signature::Ed25519(alien), ..good.clone() };
		assert_noop!(reveal(forged, SALT), Failure::InvalidSignature);

		assert_ok!(reveal(good.clone(), SALT));
		assert_noop!(reveal(good, SALT), Failure::AlreadyProcessed);
	});
}

/// A task of 128 bytes that provider 11 has committed to, with a receipt that says something else.
fn committed(change: impl Fn(&mut UnsignedReceipt)) -> (Done, UnsignedReceipt) {
	let id = submit(2, order(&input(128)));
	pass_until(|| assigned(id).is_some());
	assert_ok!(Compute::accept(by(11), id));
	next_block();
	let done = work(id, 11, input(128), |_| {});
	let mut receipt = done.unsigned();
	change(&mut receipt);
	let commitment = receipt.commitment(&Compute::genesis(), &SALT);
	assert_ok!(Compute::commit(by(11), id, done.anchor, commitment));
	(done, receipt)
}

#[test]
fn fails_when_a_receipt_cannot_be_this_tasks() {
	type Change = fn(&mut UnsignedReceipt);
	let changes: [Change; 11] = [
		|receipt| receipt.version = 2,
		|receipt| receipt.provider = who(12),
		|receipt| receipt.asset = 0,
		|receipt| receipt.input_root.len += 64,
		|receipt| receipt.input_root.root = Hash::repeat_byte(1),
		|receipt| receipt.output_root.len += 32,
		|receipt| receipt.output_root.version = 2,
		|receipt| receipt.intermediate_roots.try_push(receipt.output_root).unwrap(),
		|receipt| receipt.anchor_block.0 += 1,
		|receipt| receipt.anchor_block.1 = Hash::repeat_byte(1),
		|receipt| receipt.work_units += 1,
	];
	for change in changes {
		run(|| {
			with_assets_and(&[11]);
			let (done, receipt) = committed(change);
			let receipt = done.sign(receipt);
			let reveal = |ending| Compute::reveal(by(11), receipt.clone(), SALT, ending);
			assert_noop!(reveal(None), Failure::OutputMismatch);
			// There is another try, but only of what was committed to.
			assert_noop!(done.reveal(), Failure::CommitmentMismatch);
			pass_until(|| state(done.id) == State::Open);
		});
	}
	run(|| {
		with_assets_and(&[11]);
		let (done, receipt) = committed(|receipt| receipt.task_id = 77);
		let receipt = done.sign(receipt);
		assert_noop!(Compute::reveal(by(11), receipt, SALT, None), Failure::TaskNotFound);
	});
}
