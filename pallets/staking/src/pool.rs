//! The arithmetic of pools: who has which share of a stake, however often it is slashed.
//!
//! A pool's shares are worth its value. A slash lowers the value, and with it what every share is worth,
//! in one step. What each holder's tokens on hold are too many by then is *pending*, until the holder is
//! settled. Rounding is against the holder, always.

use crate::types::{Pool, Position};
use frame_support::ensure;
use mbongo_primitives::Balance;
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding, ArithmeticError, Perbill, Rounding,
};

/// `a * b / c`, rounded down.
pub fn mul_div(a: u128, b: u128, c: u128) -> Option<u128> {
	multiply_by_rational_with_rounding(a, b, c, Rounding::Down)
}

/// `a * b / c`, rounded up.
pub fn mul_div_up(a: u128, b: u128, c: u128) -> Option<u128> {
	multiply_by_rational_with_rounding(a, b, c, Rounding::Up)
}

/// What comes of leaving a pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Left {
	/// What leaves.
	pub amount: Balance,
	/// The shares that were given up for it.
	pub shares: u128,
	/// What rounding leaves on hold that is nobody's any more.
	pub dust: Balance,
}

impl Position {
	/// Takes so much of this position off, with the same part of its shares.
	pub fn split(&mut self, amount: Balance) -> Self {
		if amount >= self.held {
			return core::mem::take(self);
		}
		let shares = mul_div(self.shares, amount, self.held).unwrap_or_default();
		self.shares = self.shares.saturating_sub(shares);
		self.held = self.held.saturating_sub(amount);
		Self { shares, held: amount }
	}

	/// Adds another one in the same pool.
	pub fn merge(&mut self, other: Self) {
		self.shares = self.shares.saturating_add(other.shares);
		self.held = self.held.saturating_add(other.held);
	}
}

impl Pool {
	/// What is on hold for it.
	pub fn held(&self) -> Balance {
		self.value.saturating_add(self.aside).saturating_add(self.pending)
	}

	/// Whether all of it was slashed: what shares there are, are void, and nobody can join.
	pub fn is_closed(&self) -> bool {
		self.value == 0 && self.aside == 0 && self.shares > 0
	}

	/// What so many shares are worth.
	fn worth(&self, shares: u128) -> Balance {
		mul_div(shares, self.value, self.shares).unwrap_or_default()
	}

	/// What a position is worth: never more than is on hold for it, though the rounding of others may have
	/// made its shares worth a little more.
	pub fn worth_of(&self, position: &Position) -> Balance {
		self.worth(position.shares).min(position.held)
	}

	/// Brings an amount in. Gives the shares that it buys.
	pub fn join(
		&mut self,
		position: &mut Position,
		amount: Balance,
	) -> Result<u128, ArithmeticError> {
		let shares = match self.shares {
			0 => amount,
			// Nothing, for a pool without value.
			all => mul_div(amount, all, self.value).ok_or(ArithmeticError::Overflow)?,
		};
		ensure!(shares > 0, ArithmeticError::Underflow);
		let overflow = || ArithmeticError::Overflow;
		self.shares = self.shares.checked_add(shares).ok_or_else(overflow)?;
		self.value = self.value.checked_add(amount).ok_or_else(overflow)?;
		position.shares = position.shares.checked_add(shares).ok_or_else(overflow)?;
		position.held = position.held.checked_add(amount).ok_or_else(overflow)?;
		Ok(shares)
	}

	/// Cuts what is held for a position to what it is worth, after slashes. Gives the cut.
	pub fn settle(&mut self, position: &mut Position) -> Balance {
		let too_much = position.held.saturating_sub(self.worth_of(position));
		let cut = too_much.min(self.pending);
		self.pending = self.pending.saturating_sub(cut);
		position.held = position.held.saturating_sub(cut);
		cut
	}

	/// Takes an amount out, or all if there is no more; for a position that has been settled.
	pub fn leave(&mut self, position: &mut Position, amount: Balance) -> Left {
		let worth = self.worth_of(position);
		if amount >= worth {
			let Position { shares, held } = core::mem::take(position);
			self.shares = self.shares.saturating_sub(shares);
			self.value = self.value.saturating_sub(held);
			return Left { amount: worth, shares, dust: held.saturating_sub(worth) };
		}
		let shares =
			mul_div_up(amount, self.shares, self.value).unwrap_or_default().min(position.shares);
		position.shares = position.shares.saturating_sub(shares);
		position.held = position.held.saturating_sub(amount);
		self.shares = self.shares.saturating_sub(shares);
		self.value = self.value.saturating_sub(amount);
		Left { amount, shares, dust: 0 }
	}

	/// Sets a part of the value aside, until it is decided whether it is slashed. Gives how much.
	pub fn set_aside(&mut self, fraction: Perbill) -> Balance {
		let mut amount = fraction.mul_ceil(self.value);
		if !fraction.is_one() {
			// Rounding closes no pool.
			amount = amount.min(self.value.saturating_sub(1));
		}
		self.value = self.value.saturating_sub(amount);
		self.aside = self.aside.saturating_add(amount);
		amount
	}

	/// It was wrong to set this aside.
	pub fn put_back(&mut self, amount: Balance) {
		self.aside = self.aside.saturating_sub(amount);
		self.value = self.value.saturating_add(amount);
	}

	/// What was set aside is lost, and to be cut from what is held.
	pub fn lose(&mut self, amount: Balance) {
		self.aside = self.aside.saturating_sub(amount);
		self.pending = self.pending.saturating_add(amount);
	}
}
