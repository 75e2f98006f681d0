//! Who has which transactions in the pool, and what they tip.

use super::{Error, Limit};
use mbongo_primitives::{gates::Admission, AccountId, Balance, Hash, Nonce};
use std::collections::{BTreeMap, HashMap};

/// How many transactions of one sender wait at most.
const PER_SENDER: usize = 100;

/// What part more a replacement must tip.
const REPLACEMENT_PART: Balance = 10;

/// The transactions that wait.
#[derive(Default)]
pub struct Waiting {
	transactions: HashMap<Hash, Transaction>,
	by_sender: HashMap<AccountId, BTreeMap<Nonce, Hash>>,
}

struct Transaction {
	admission: Admission,
	state: State,
}

enum State {
	/// The pool has not decided on it. What is to make place for it is kept until then.
	Entering {
		instead_of: Option<Hash>,
	},
	Inside,
}

impl Waiting {
	/// Whether a transaction is among them.
	pub fn has(&self, hash: &Hash) -> bool {
		self.transactions.contains_key(hash)
	}

	/// Lets one in, which the pool is asked about next.
	pub fn enter(&mut self, hash: Hash, admission: Admission) -> Result<(), Error> {
		if self.has(&hash) {
			return Err(Error::AlreadyKnown(hash));
		}
		let mut instead_of = None;
		if let Some((who, nonce)) = &admission.sender {
			let theirs = self.by_sender.entry(who.clone()).or_default();
			instead_of = theirs.get(nonce).copied();
			if let Some(old) = instead_of.and_then(|old| self.transactions.get(&old)) {
				let old = old.admission.tip;
				let more = old.div_ceil(REPLACEMENT_PART).max(1);
				let required = old.saturating_add(more);
				if admission.tip < required {
					return Err(Error::Underpriced { required, got: admission.tip });
				}
			} else if theirs.len() >= PER_SENDER {
				// The furthest one makes room for one that it may be waiting for.
				let furthest = theirs.last_entry().filter(|last| last.key() > nonce);
				let Some(furthest) = furthest else {
					return Err(Error::PoolFull(Limit::Sender(PER_SENDER)));
				};
				instead_of = Some(furthest.remove());
			}
			theirs.insert(*nonce, hash);
		}
		self.transactions
			.insert(hash, Transaction { admission, state: State::Entering { instead_of } });
		Ok(())
	}

	/// Notes whether the pool has taken one that was let in. Tells which one has lost its place to it.
	pub fn settle(&mut self, hash: &Hash, taken: bool) -> Option<Hash> {
		let transaction = self.transactions.get_mut(hash)?;
		let state = std::mem::replace(&mut transaction.state, State::Inside);
		let State::Entering { instead_of } = state else { return None };
		if taken {
			return instead_of.inspect(|old| {
				self.transactions.remove(old);
			});
		}
		self.forget(hash);
		let old = instead_of?;
		// Whoever came in its place takes over what it was to replace.
		let heir = self.transactions.values_mut().find_map(|one| match &mut one.state {
			State::Entering { instead_of } if instead_of.as_ref() == Some(hash) => Some(instead_of),
			_ => None,
		});
		if let Some(heir) = heir {
			*heir = Some(old);
			return None;
		}
		// The old one gets its place back, unless it is gone.
		let (who, nonce) = self.transactions.get(&old)?.admission.sender.clone()?;
		self.by_sender.entry(who).or_default().entry(nonce).or_insert(old);
		None
	}

	/// Notes one that the pool has, whatever the rules say.
	pub fn note(&mut self, hash: Hash, admission: Admission) {
		if let Some((who, nonce)) = &admission.sender {
			self.by_sender.entry(who.clone()).or_default().insert(*nonce, hash);
		}
		self.transactions.insert(hash, Transaction { admission, state: State::Inside });
	}

	/// Forgets one, unless the pool has not decided on it. Tells whether it has.
	pub fn forget_inside(&mut self, hash: &Hash) -> bool {
		let inside = |one: &Transaction| matches!(one.state, State::Inside);
		let decided = self.transactions.get(hash).is_none_or(inside);
		if decided {
			self.forget(hash);
		}
		decided
	}

	/// Forgets all but these, and those that the pool has not decided on.
	pub fn retain(&mut self, is_inside: impl Fn(&Hash) -> bool) {
		let gone: Vec<_> = self
			.transactions
			.iter()
			.filter(|(hash, one)| matches!(one.state, State::Inside) && !is_inside(hash))
			.map(|(hash, _)| *hash)
			.collect();
		for hash in gone {
			self.forget(&hash);
		}
	}

	fn forget(&mut self, hash: &Hash) {
		let Some(transaction) = self.transactions.remove(hash) else { return };
		let Some((who, nonce)) = transaction.admission.sender else { return };
		let Some(theirs) = self.by_sender.get_mut(&who) else { return };
		if theirs.get(&nonce) == Some(hash) {
			theirs.remove(&nonce);
		}
		if theirs.is_empty() {
			self.by_sender.remove(&who);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn hash(number: u64) -> Hash {
		Hash::from_low_u64_be(number)
	}

	fn by(who: u8, nonce: Nonce, tip: Balance) -> Admission {
		Admission { sender: Some(([who; 32].into(), nonce)), tip }
	}

	#[test]
	fn a_sender_has_a_hundred() {
		let mut waiting = Waiting::default();
		for nonce in 1..=100 {
			waiting.enter(hash(nonce), by(1, nonce as Nonce, 0)).unwrap();
			assert_eq!(waiting.settle(&hash(nonce), true), None);
		}
		let full = waiting.enter(hash(101), by(1, 101, u128::MAX)).unwrap_err();
		assert!(matches!(full, Error::PoolFull(Limit::Sender(100))));
		waiting.enter(hash(200), by(2, 0, 0)).expect("others have their own");
		// What the others wait for takes the place of the furthest, or leaves it if it is not taken.
		for taken in [false, true] {
			waiting.enter(hash(300), by(1, 0, 0)).expect("it is the first");
			let full = waiting.enter(hash(101), by(1, 101, 0)).unwrap_err();
			assert!(matches!(full, Error::PoolFull(Limit::Sender(100))));
			assert_eq!(waiting.settle(&hash(300), taken), taken.then_some(hash(100)));
			assert_eq!(waiting.has(&hash(100)), !taken);
		}
		waiting.retain(|one| *one == hash(300));
		waiting.enter(hash(101), by(1, 101, 0)).expect("there is room");
	}

	#[test]
	fn a_replacement_pays_a_tenth_more() {
		let mut waiting = Waiting::default();
		let mut next = 0;
		let mut enter = |tip, taken| {
			next += 1;
			let entered = waiting.enter(hash(next), by(1, 0, tip));
			match entered {
				Ok(()) => Ok(waiting.settle(&hash(next), taken)),
				Err(Error::Underpriced { required, got }) => Err((required, got)),
				Err(other) => panic!("{other}"),
			}
		};
		assert_eq!(enter(0, true), Ok(None));
		assert_eq!(enter(0, true), Err((1, 0)));
		assert_eq!(enter(100, true), Ok(Some(hash(1))));
		assert_eq!(enter(109, true), Err((110, 109)));
		// One that the pool does not take leaves the old one where it is.
		assert_eq!(enter(110, false), Ok(None));
		assert_eq!(enter(110, true), Ok(Some(hash(3))));
		assert_eq!(enter(u128::MAX, true), Ok(Some(hash(6))));
	}

	/// A replacement's replacement takes over what it was to replace.
	#[test]
	fn none_is_forgotten_between_two_replacements() {
		let mut waiting = Waiting::default();
		waiting.enter(hash(1), by(1, 0, 10)).unwrap();
		waiting.settle(&hash(1), true);
		waiting.enter(hash(2), by(1, 0, 20)).unwrap();
		waiting.enter(hash(3), by(1, 0, 30)).unwrap();
		assert_eq!(waiting.settle(&hash(2), false), None);
		assert_eq!(waiting.settle(&hash(3), true), Some(hash(1)));
		assert!(waiting.has(&hash(3)) && !waiting.has(&hash(1)) && !waiting.has(&hash(2)));
	}

	proptest! {
		/// Whatever comes, in whatever order it is decided: no sender has more than a hundred, nothing is
		/// counted that is not there, and what is gone leaves nothing behind.
		#[test]
		fn it_adds_up(steps in prop::collection::vec(
			(0u8..3, 0u32..130, 0u128..1_000, any::<prop::sample::Index>(), 0u8..10),
			0..600,
		)) {
			let mut waiting = Waiting::default();
			let mut entering = Vec::new();
			for (number, (who, nonce, tip, which, what)) in steps.into_iter().enumerate() {
				match what {
					0..=4 => {
						if waiting.enter(hash(number as u64), by(who, nonce, tip)).is_ok() {
							entering.push(hash(number as u64));
						}
					}
					5 | 6 if !entering.is_empty() => {
						let one = entering.swap_remove(which.index(entering.len()));
						if let Some(old) = waiting.settle(&one, what == 5) {
							prop_assert!(!waiting.has(&old));
						}
					}
					7 => waiting.note(hash(number as u64), by(who, nonce, tip)),
					8 => {
						let some = waiting.transactions.keys().copied().next();
						some.map(|one| waiting.forget_inside(&one));
					}
					_ => waiting.retain(|one| one.to_low_u64_be() % 3 != 0),
				}
				for (who, theirs) in &waiting.by_sender {
					prop_assert!((1..=PER_SENDER).contains(&theirs.len()));
					for (nonce, hash) in theirs {
						let one = &waiting.transactions[hash].admission;
						prop_assert_eq!(&one.sender, &Some((who.clone(), *nonce)));
					}
				}
			}
			for one in entering {
				waiting.settle(&one, false);
			}
			waiting.retain(|_| false);
			prop_assert!(waiting.transactions.is_empty() && waiting.by_sender.is_empty());
		}
	}
}
