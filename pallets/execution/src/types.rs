//! What a transaction costs, the books of the chain's money, and what this pallet asks of a runtime.

use crate::Config;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::dispatch::{DispatchInfo, Pays};
use mbongo_gas::{Gas, Operation};
use mbongo_primitives::{execution::ErrorClass, Balance};
use scale_info::TypeInfo;
use sp_runtime::DispatchResult;

/// What a call costs beside its data and the transaction around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallCost {
	/// So much, whatever it does.
	Fixed(Gas),
	/// Its weight.
	Weight,
	/// Its weight, and no more than its own limit.
	Limit(Gas),
}

/// The gas of a transaction, by what it is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bill {
	/// For being a transaction.
	pub base: Gas,
	/// For the bytes of its call.
	pub data: Gas,
	/// For what the call does.
	pub operations: Gas,
}

impl Bill {
	/// The most that a transaction with this call can use.
	pub fn worst_case<T: Config>(call: &T::RuntimeCall, info: &DispatchInfo) -> Self {
		if info.pays_fee == Pays::No {
			return Self { base: 0, data: 0, operations: 0 };
		}
		let operations = match T::Costs::cost(call) {
			CallCost::Fixed(gas) | CallCost::Limit(gas) => gas,
			CallCost::Weight => mbongo_gas::weight(info.call_weight),
		};
		Self {
			base: Operation::Transaction.gas(),
			data: mbongo_gas::data(&call.encode()),
			operations,
		}
	}

	/// All of it.
	pub fn gas(&self) -> Gas {
		self.base.saturating_add(self.data).saturating_add(self.operations)
	}
}

/// Which calls have another price than their weight.
pub trait CallCosts<Call> {
	/// What a call costs.
	fn cost(call: &Call) -> CallCost;
}

/// Which event says what came of a transaction.
pub trait Outcomes<Event> {
	/// What came of it, if this is the event.
	fn outcome(event: &Event) -> Option<DispatchResult>;
}

/// What kinds of errors there are.
pub trait ErrorTable {
	/// The class of a pallet's error.
	fn class(pallet: u8, error: u8) -> Option<ErrorClass>;
}

/// What events have said of the chain's money.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Supply {
	/// How much there was before the first block.
	pub genesis: Balance,
	/// How much has been minted since.
	pub minted: Balance,
	/// How much has been burned since.
	pub burned: Balance,
	/// The epoch that it is of.
	pub epoch: u32,
}

impl Supply {
	/// How much there is by the books.
	pub fn issued(&self) -> Balance {
		self.genesis.saturating_add(self.minted).saturating_sub(self.burned)
	}

	/// Notes a change.
	pub fn note(&mut self, change: IssuanceChange) {
		match change {
			IssuanceChange::Minted(amount) => self.minted = self.minted.saturating_add(amount),
			IssuanceChange::Burned(amount) => self.burned = self.burned.saturating_add(amount),
		}
	}
}

/// That there is more money, or less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IssuanceChange {
	/// So much more.
	Minted(Balance),
	/// So much less.
	Burned(Balance),
}

/// The chain's money.
pub trait Money<Event> {
	/// How much there is.
	fn issuance() -> Balance;
	/// How much there may ever be.
	fn cap() -> Balance;
	/// What an event says of how much there is.
	fn change(event: &Event) -> Option<IssuanceChange>;
	/// The epoch. The books are compared with the money at the end of each.
	fn epoch() -> u32;
	/// Whether accounts have what there is, and holds are what the pallets that made them think.
	#[cfg(feature = "try-runtime")]
	fn check_accounts() -> Result<(), sp_runtime::TryRuntimeError>;
}
