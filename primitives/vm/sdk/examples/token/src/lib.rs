//! A token, with the functions, events and refusals of ERC-20 as its usual implementations have them:
//! all that there is is made at the deployment, and an allowance of the most that the type holds is
//! never used up. Where ERC-20 answers `true` they answer nothing: what is not done is refused with an error,
//! and undone, so that no caller can take a `false` for success.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(test)]
mod tests;

/// The contract.
#[mbongo_contract::contract]
pub mod token {
	use mbongo_contract::prelude::*;

	/// An allowance without an end.
	pub const INFINITE: u128 = u128::MAX;

	/// What it keeps.
	#[storage]
	pub struct Token {
		about: Cell<About>,
		supply: Cell<u128>,
		balances: Map<Address, u128>,
		/// By owner and spender.
		allowances: Map<(Address, Address), u128>,
	}

	/// What the token is called. One item of storage, for it never changes.
	#[data]
	#[derive(Default)]
	pub struct About {
		/// The whole name.
		pub name: String,
		/// The short one.
		pub symbol: String,
		/// How many digits come after the point where amounts are shown.
		pub decimals: u8,
	}

	/// Tokens have moved.
	#[event]
	pub struct Transfer {
		/// Who had them; nobody, if they are new.
		pub from: Option<Address>,
		/// Who has them.
		pub to: Address,
		/// How many.
		pub value: u128,
	}

	/// Somebody may spend tokens of another.
	#[event]
	pub struct Approval {
		/// Whose they are.
		pub owner: Address,
		/// Who may.
		pub spender: Address,
		/// How many.
		pub value: u128,
	}

	/// Why tokens do not move.
	#[error]
	pub enum Error {
		/// The owner has fewer.
		InsufficientBalance,
		/// The owner allows fewer.
		InsufficientAllowance,
	}

	impl Token {
		/// Makes all tokens, for who deploys.
		#[deploy]
		pub fn deploy(&mut self, name: String, symbol: String, decimals: u8, supply: u128) {
			let owner = env::caller();
			self.about.set(&About { name, symbol, decimals });
			self.supply.set(&supply);
			self.set_balance(&owner, supply);
			Transfer { from: None, to: owner, value: supply }.emit();
		}

		/// The token's name.
		#[view]
		pub fn name(&self) -> String {
			self.about.get_or_default().name
		}

		/// The token's short name.
		#[view]
		pub fn symbol(&self) -> String {
			self.about.get_or_default().symbol
		}

		/// How many digits come after the point where amounts are shown.
		#[view]
		pub fn decimals(&self) -> u8 {
			self.about.get_or_default().decimals
		}

		/// How many there are.
		#[view]
		pub fn total_supply(&self) -> u128 {
			self.supply.get_or_default()
		}

		/// How many somebody has.
		#[view]
		pub fn balance_of(&self, owner: Address) -> u128 {
			self.balances.get_or_default(&owner)
		}

		/// Gives tokens of the caller to somebody.
		#[call]
		pub fn transfer(&mut self, to: Address, value: u128) -> Result<(), Error> {
			self.pass(env::caller(), to, value)
		}

		/// Lets somebody spend so many of the caller's tokens, instead of how many it was before.
		#[call]
		pub fn approve(&mut self, spender: Address, value: u128) {
			let owner = env::caller();
			self.set_allowance(&(owner, spender), value);
			Approval { owner, spender, value }.emit();
		}

		/// How many tokens of an owner somebody may spend.
		#[view]
		pub fn allowance(&self, owner: Address, spender: Address) -> u128 {
			self.allowances.get_or_default(&(owner, spender))
		}

		/// Gives tokens of an owner who has allowed it to somebody.
		#[call]
		pub fn transfer_from(
			&mut self,
			from: Address,
			to: Address,
			value: u128,
		) -> Result<(), Error> {
			let pair = (from, env::caller());
			let allowed = self.allowances.get_or_default(&pair);
			if allowed != INFINITE {
				let rest = allowed.checked_sub(value).ok_or(Error::InsufficientAllowance)?;
				self.set_allowance(&pair, rest);
			}
			self.pass(from, to, value)
		}

		fn pass(&mut self, from: Address, to: Address, value: u128) -> Result<(), Error> {
			let rest = self.balance_of(from).checked_sub(value);
			self.set_balance(&from, rest.ok_or(Error::InsufficientBalance)?);
			// Read only now: it may be the same account. The sum is not more than all that there is.
			self.set_balance(&to, self.balance_of(to) + value);
			Transfer { from: Some(from), to, value }.emit();
			Ok(())
		}

		/// What is nothing is not kept: that would cost a deposit.
		fn set_balance(&mut self, owner: &Address, balance: u128) {
			match balance {
				0 => drop(self.balances.remove(owner)),
				balance => self.balances.set(owner, &balance),
			}
		}

		fn set_allowance(&mut self, pair: &(Address, Address), allowance: u128) {
			match allowance {
				0 => drop(self.allowances.remove(pair)),
				allowance => self.allowances.set(pair, &allowance),
			}
		}
	}
}
