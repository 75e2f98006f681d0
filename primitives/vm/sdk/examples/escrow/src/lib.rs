//! A price that waits for the goods: the buyer deposits it, and it goes to the seller or back, as the
//! two or an arbiter say. After a deadline the buyer can take it back alone.
//!
//! Who is paid may be a contract, and is then called, so that it knows; it may call back, or never
//! answer. So the state changes first, and the call comes last: whoever is called finds an escrow that
//! has already ended. The manifest does not allow to be called meanwhile either, but nothing here
//! depends on that.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(test)]
mod tests;

/// The contract.
#[mbongo_contract::contract]
pub mod escrow {
	use mbongo_contract::prelude::*;

	/// What a contract that is paid may use to take note of it: to keep a few items, and no more.
	pub const GAS_TO_RECEIVE: u64 = 1_000_000;

	/// What it keeps.
	#[storage]
	pub struct Escrow {
		terms: Cell<Terms>,
		state: Cell<State>,
	}

	/// What was agreed on.
	#[data]
	pub struct Terms {
		/// Who pays.
		pub buyer: Address,
		/// Who is paid.
		pub seller: Address,
		/// Who decides when they do not agree.
		pub arbiter: Address,
		/// How much.
		pub price: u128,
		/// For how many blocks after the deposit the buyer cannot take it back alone.
		pub blocks: u32,
	}

	/// How far it has come.
	#[data]
	#[derive(Copy, Default)]
	pub enum State {
		/// Nothing was deposited.
		#[default]
		Open,
		/// The price is here.
		Funded {
			/// The last block in which the buyer cannot take it back alone.
			until: u32,
		},
		/// The seller has it.
		Released,
		/// The buyer has it again.
		Refunded,
	}

	/// The price is here.
	#[event]
	pub struct Deposited {
		/// The last block in which the buyer cannot take it back alone.
		pub until: u32,
	}

	/// The price is gone.
	#[event]
	pub struct Paid {
		/// Who has it.
		pub to: Address,
		/// How much it was.
		pub amount: u128,
	}

	/// Why it does not go on.
	#[error]
	pub enum Error {
		/// It is not for the caller to say this.
		NotAllowed,
		/// It is not the price that came.
		NotThePrice,
		/// It was deposited already.
		NotOpen,
		/// Nothing was deposited, or it is gone.
		NotFunded,
		/// The deadline has not passed.
		TooEarly,
		/// The money could not be moved.
		NotPaid,
	}

	impl Escrow {
		/// Makes an escrow. Anybody may, for whoever it is.
		#[deploy]
		pub fn deploy(
			&mut self,
			buyer: Address,
			seller: Address,
			arbiter: Address,
			price: u128,
			blocks: u32,
		) {
			self.terms.set(&Terms { buyer, seller, arbiter, price, blocks });
		}

		/// What was agreed on.
		#[view]
		pub fn terms(&self) -> Option<Terms> {
			self.terms.get()
		}

		/// How far it has come.
		#[view]
		pub fn state(&self) -> State {
			self.state.get_or_default()
		}

		/// The buyer deposits the price, once.
		#[call]
		#[payable]
		pub fn deposit(&mut self) -> Result<(), Error> {
			let terms = self.agreed()?;
			only(env::caller() == terms.buyer, Error::NotAllowed)?;
			only(env::value() == terms.price, Error::NotThePrice)?;
			only(self.state() == State::Open, Error::NotOpen)?;
			let until = env::block().saturating_add(terms.blocks);
			self.state.set(&State::Funded { until });
			Deposited { until }.emit();
			Ok(())
		}

		/// The buyer has the goods, or the arbiter says so: the seller is paid.
		#[call]
		pub fn release(&mut self) -> Result<(), Error> {
			let terms = self.agreed()?;
			let caller = env::caller();
			only(caller == terms.buyer || caller == terms.arbiter, Error::NotAllowed)?;
			self.until()?;
			self.state.set(&State::Released);
			pay(terms.seller, terms.price)
		}

		/// The seller gives up, or the arbiter says so, or it took too long: the buyer is paid back.
		#[call]
		pub fn refund(&mut self) -> Result<(), Error> {
			let terms = self.agreed()?;
			let until = self.until()?;
			let caller = env::caller();
			if caller != terms.seller && caller != terms.arbiter {
				only(caller == terms.buyer, Error::NotAllowed)?;
				only(env::block() > until, Error::TooEarly)?;
			}
			self.state.set(&State::Refunded);
			pay(terms.buyer, terms.price)
		}

		fn agreed(&self) -> Result<Terms, Error> {
			self.terms.get().ok_or(Error::NotOpen)
		}

		/// That the price is here, and until when.
		fn until(&self) -> Result<u32, Error> {
			match self.state() {
				State::Funded { until } => Ok(until),
				_ => Err(Error::NotFunded),
			}
		}
	}

	fn only(holds: bool, error: Error) -> Result<(), Error> {
		match holds {
			true => Ok(()),
			false => Err(error),
		}
	}

	/// Pays, and tells a contract that it was paid. Comes last.
	fn pay(to: Address, amount: u128) -> Result<(), Error> {
		Paid { to, amount }.emit();
		let told = Call::to(to).function("receive").value(amount).gas(GAS_TO_RECEIVE).send_raw();
		if told.is_ok() {
			return Ok(());
		}
		// It is no contract, or none that wants to know. That it refuses must not stop the payment.
		env::transfer(&to, amount).map_err(|_| Error::NotPaid)
	}
}
