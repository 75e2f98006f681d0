//! Who deals with himself: orders, does and judges work with as many identities as he likes, and is always drawn.
//! Whatever he tries, he loses on it.

use super::*;
use proptest::prelude::*;

/// What somebody does who owns every requester, provider and verifier.
#[derive(Clone, Debug)]
enum Move {
	/// Orders work from himself, all of it done and judged well, by so many blobs of 64 bytes, for a fee.
	Work { items: usize, fee: Balance, is_chosen: bool },
	/// The same, and then proves himself wrong, for the bond.
	Cheat { items: usize, fee: Balance, by_provider: bool },
	/// Votes against himself, and shows nothing, for what his verifiers lose.
	Dispute { fee: Balance },
	/// Demands from himself, and answers or not.
	Demand { fee: Balance, answers: bool },
	/// Waits for the next epoch, with this much emitted for useful work, and claims all that is earned.
	Claim { emission: Balance },
}

fn fee() -> impl Strategy<Value = Balance> {
	prop_oneof![
		Just(MBO / 100),
		MBO / 100..MBO,
		MBO..200 * MBO,
		// Where rounding could give something away.
		MBO / 100..MBO / 100 + 1_000,
	]
}

fn moves() -> impl Strategy<Value = Move> {
	let items = prop_oneof![1..4_usize, 1..400_usize];
	prop_oneof![
		4 => (items.clone(), fee(), any::<bool>())
			.prop_map(|(items, fee, is_chosen)| Move::Work { items, fee, is_chosen }),
		1 => (items, fee(), any::<bool>())
			.prop_map(|(items, fee, by_provider)| Move::Cheat { items, fee, by_provider }),
		1 => fee().prop_map(|fee| Move::Dispute { fee }),
		1 => (fee(), any::<bool>()).prop_map(|(fee, answers)| Move::Demand { fee, answers }),
		2 => prop_oneof![Just(0), 0..MBO, Just(1_000_000 * MBO)]
			.prop_map(|emission| Move::Claim { emission }),
	]
}

/// All that he has, wherever it is.
fn wealth() -> Balance {
	(1..=40).map(|number| Balances::total_balance(&who(number))).sum()
}

fn ordered(items: usize, fee: Balance, chosen: Option<u8>, change: bool) -> Option<Done> {
	let assignment = chosen.map_or(Assignment::Drawn, |number| Assignment::Chosen(who(number)));
	let data = input(items * 64);
	let order = Order { max_fee: fee, assignment, ..order(&data) };
	let id = submit(2, order);
	pass_until(|| state(id) != State::Open);
	// None has enough bond left.
	let provider = assigned(id)?;
	if Compute::accept(by(provider), id).is_err() {
		return None;
	}
	next_block();
	let done = work(id, provider, data, |parts| parts.output[0] ^= u8::from(change));
	done.commit().unwrap();
	next_block();
	done.reveal().unwrap();
	Some(done)
}

fn step(one: &Move, fees: &mut Balance) {
	match *one {
		Move::Work { items, fee, is_chosen } => {
			let chosen = is_chosen.then_some(11);
			let Some(done) = ordered(items, fee, chosen, false) else { return };
			judged(done.id, &[Some(Valid); 7]);
			pass_until(|| state(done.id) == State::Settled);
			*fees += fee;
		}
		Move::Cheat { items, fee, by_provider } => {
			let Some(done) = ordered(items, fee, None, true) else { return };
			judged(done.id, &[Some(Invalid); 7]);
			let by = if by_provider { done.provider } else { 5 };
			challenge(by, done.id, &done.fraud().unwrap()).unwrap();
			assert_eq!(state(done.id), State::Slashed);
		}
		Move::Dispute { fee } => {
			let Some(done) = ordered(1, fee, None, false) else { return };
			judged(done.id, &[Some(Invalid); 7]);
			pass_until(|| state(done.id) == State::Settled);
			*fees += fee;
		}
		Move::Demand { fee, answers } => {
			let Some(done) = ordered(1, fee, None, false) else { return };
			let part = mbongo_compute_primitives::Part::Output;
			Compute::demand(by(6), done.id, Demanded::Range { part, start: 0, len: 1 }).unwrap();
			if answers {
				done.answer(0).unwrap();
			}
			pass_until(|| state(done.id).is_over());
			*fees += if answers { fee } else { 0 };
		}
		Move::Claim { emission } => {
			let epoch = Epoch::get();
			Epoch::set(epoch + 1);
			Compute::epoch_is_over(epoch, emission);
			for number in [11, 12] {
				let _ = Compute::claim_work_reward(by(7), who(number), epoch);
			}
		}
	}
}

/// What is lost by these moves, and what fees were paid by them.
fn played(moves: &[Move]) -> (Balance, Balance) {
	let (mut lost, mut fees) = (0, 0);
	run(|| {
		with_assets_and(&[11, 12]);
		Pot::set(1_000_000_000 * MBO);
		Settings::<Test>::mutate(|settings| settings.kept = 1);
		// However little work and however little fee makes a score.
		assert_ok!(Compute::set_rates(RuntimeOrigin::root(), Rates { units: [1; 4], price: 1 }));
		let before = wealth();
		for one in moves {
			step(one, &mut fees);
			assert!(wealth() <= before, "a profit");
		}
		step(&Move::Claim { emission: 1_000_000 * MBO }, &mut fees);
		lost = before.checked_sub(wealth()).expect("a profit");
	});
	(lost, fees)
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 24, ..Default::default() })]
	#[test]
	fn nobody_gains_by_dealing_with_himself(moves in prop::collection::vec(moves(), 1..12)) {
		let (lost, fees) = played(&moves);
		// A tenth of each fee is burned, a tenth of the rest is the treasury's, and of the first nine tenths come
		// back at most.
		prop_assert!(lost >= fees / 10, "{lost} of {fees}");
	}
}

#[test]
fn the_best_of_many_strategies_loses_a_tenth_of_the_fees() {
	let mut best: Option<(f64, Move)> = None;
	let mut try_one = |one: Move| {
		let (lost, fees) = played(&[one.clone(), Move::Claim { emission: 1_000_000 * MBO }]);
		let loss = lost as f64 / fees.max(1) as f64;
		if fees > 0 && best.as_ref().is_none_or(|(least, _)| loss < *least) {
			best = Some((loss, one));
		}
	};
	for fee in [MBO / 100, MBO / 100 + 9, MBO, 9 * MBO, 10 * MBO, 100 * MBO, 900 * MBO] {
		for items in [1, 10, 400] {
			for is_chosen in [false, true] {
				try_one(Move::Work { items, fee, is_chosen });
			}
		}
		try_one(Move::Dispute { fee });
		try_one(Move::Demand { fee, answers: true });
	}
	let (loss, strategy) = best.unwrap();
	println!("the best strategy, {strategy:?}, loses {:.2} % of the fees", 100.0 * loss);
	assert!((0.1..0.101).contains(&loss), "{loss}");
}
