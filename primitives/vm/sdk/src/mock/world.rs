//! What there is, and is undone when a call fails.

use crate::abi::{Address, ReturnCode};
use alloc::{collections::BTreeMap, string::String, vec::Vec};

/// What a contract told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Emitted {
	/// The contract.
	pub contract: Address,
	/// The topic: the name of the event's type.
	pub topic: Vec<u8>,
	/// The event's SCALE bytes.
	pub data: Vec<u8>,
}

/// A task that a contract ordered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
	/// Its number.
	pub id: u64,
	/// Who ordered it.
	pub contract: Address,
	/// What it is.
	pub spec: Vec<u8>,
	/// What it may cost; the account that keeps the tasks has it.
	pub max_fee: u128,
	/// The function to be called with what came of it.
	pub callback: String,
	/// The gas for that.
	pub gas: u64,
}

/// What there is.
#[derive(Clone, Default)]
pub(crate) struct World {
	pub balances: BTreeMap<Address, u128>,
	/// The hash of each contract's code.
	pub contracts: BTreeMap<Address, [u8; 32]>,
	pub storage: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
	pub events: Vec<Emitted>,
	pub logs: Vec<(Address, Vec<u8>)>,
	pub tasks: Vec<Task>,
	pub next_task: u64,
}

impl World {
	pub fn balance(&self, who: &Address) -> u128 {
		self.balances.get(who).copied().unwrap_or_default()
	}

	/// Moves money. Who pays keeps `least`, and who is paid has it then.
	pub fn pay(
		&mut self,
		from: &Address,
		to: &Address,
		amount: u128,
		least: u128,
	) -> Result<(), ReturnCode> {
		if amount == 0 || from == to && self.balance(from) >= amount {
			return Ok(());
		}
		let left = self.balance(from).checked_sub(amount).filter(|left| *left >= least);
		let left = left.ok_or(ReturnCode::Insufficient)?;
		let there = self.balance(to).checked_add(amount).filter(|there| *there >= least);
		let there = there.ok_or(ReturnCode::BelowMinimum)?;
		self.balances.insert(*from, left);
		self.balances.insert(*to, there);
		Ok(())
	}

	/// Ends a contract: all that it has is the beneficiary's.
	pub fn end(&mut self, contract: &Address, beneficiary: &Address) {
		self.contracts.remove(contract);
		self.storage.retain(|(whose, _), _| whose != contract);
		let all = self.balances.remove(contract).unwrap_or_default();
		*self.balances.entry(*beneficiary).or_default() += all;
	}
}
