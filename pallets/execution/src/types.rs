//! What a transaction costs, and what this pallet asks of a runtime.

use crate::Config;
use codec::Encode;
use frame_support::dispatch::{DispatchInfo, Pays};
use mbongo_gas::{Gas, Operation};
use mbongo_primitives::execution::ErrorClass;
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

/// What holds of all accounts together, wherever they are kept.
#[cfg(feature = "try-runtime")]
pub trait Invariants {
	/// Whether it does.
	fn check() -> Result<(), sp_runtime::TryRuntimeError>;
}
