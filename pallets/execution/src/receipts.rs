//! Writes the receipts of a block when it ends. Whether a transaction succeeded is said by an event
//! that comes after all extensions are done, and inherents do not pass through extensions at all: so
//! receipts are made of the events, and only the gas is noted by the extension.

use crate::*;
use alloc::vec;
use codec::{Compact, Decode, Encode};
use frame_support::{
	defensive,
	storage::{storage_prefix, unhashed},
	traits::PalletInfoAccess,
};
use frame_system::{EventRecord, Phase};
use mbongo_primitives::{
	execution::{receipts_root, ErrorClass, ExecutionLog, Status, EXECUTION_VERSION},
	merkle, Hashing,
};
use sp_runtime::{traits::Hash as _, DispatchError};

/// The bytes of events that are weighed as one.
const EVENT_BYTES: usize = 64;

type RuntimeEventOf<T> = <T as frame_system::Config>::RuntimeEvent;

/// What the events of a transaction say.
#[derive(Clone)]
struct Outcome {
	status: Status,
	events: Vec<H256>,
}

impl<T: Config> Pallet<T> {
	/// Writes the receipts, and their root into the header, and keeps the books.
	pub(crate) fn end_block() {
		let (receipts, changes) = Self::read_events();
		Self::keep_books(changes);
		let log =
			ExecutionLog { version: EXECUTION_VERSION, receipts_root: receipts_root(&receipts) };
		frame_system::Pallet::<T>::deposit_log(log.into());
		Receipts::<T>::put(receipts);
	}

	/// Notes what the current transaction has paid for.
	pub(crate) fn note_gas(gas: Gas) {
		let index = frame_system::Pallet::<T>::extrinsic_index().unwrap_or_default();
		GasUsed::<T>::append((index, gas));
	}

	/// What the block's events say: the receipts, and how much money was made and destroyed.
	fn read_events() -> (Vec<Receipt>, Changes) {
		let count = frame_system::Pallet::<T>::extrinsic_count();
		let gas_used = GasUsed::<T>::take();
		let charged =
			|index: u32| gas_used.binary_search_by_key(&index, |(index, _)| *index).is_ok();
		let (outcomes, changes) = Self::outcomes(count, charged);
		let mut gas_used = gas_used.into_iter().peekable();
		let receipts = (0..count)
			.zip(outcomes)
			.map(|(index, Outcome { status, events })| Receipt {
				version: EXECUTION_VERSION,
				extrinsic_hash: Hashing::hash(&frame_system::Pallet::<T>::extrinsic_data(index)),
				index,
				status,
				gas_used: gas_used.next_if(|(at, _)| *at == index).map_or(0, |(_, gas)| gas),
				events_root: merkle::root(&events),
				event_count: events.len() as u32,
			})
			.collect();
		(receipts, changes)
	}

	fn outcomes(count: u32, charged: impl Fn(u32) -> bool) -> (Vec<Outcome>, Changes) {
		let none = Outcome { status: Status::Success, events: Vec::new() };
		let mut outcomes = vec![none; count as usize];
		let mut weigh = 0_usize;
		let mut changes = Changes::default();
		// Read at once: what the SDK has for this reads piece by piece, and its host copies all of the
		// events for each piece.
		let key = storage_prefix(frame_system::Pallet::<T>::name().as_bytes(), b"Events");
		let all = unhashed::get_raw(&key).unwrap_or_default();
		let mut rest = &all[..];
		let number = Compact::<u32>::decode(&mut rest).map_or(0, |number| number.0);
		for _ in 0..number {
			let from_here = rest;
			let Ok(record) = EventRecord::<RuntimeEventOf<T>, H256>::decode(&mut rest) else {
				defensive!("an event does not decode");
				break;
			};
			let size = from_here.len().saturating_sub(rest.len());
			let bytes = from_here.get(..size).unwrap_or_default();
			changes.add(T::Money::changes(&record.event));
			let Phase::ApplyExtrinsic(index) = record.phase else { continue };
			// What happens between the last transaction and the hooks at the block's end has the place
			// of a transaction that is not there.
			let Some(outcome) = outcomes.get_mut(index as usize) else { continue };
			if let Some(status) = Self::status(&record.event) {
				outcome.status = status;
			}
			let units = size.div_ceil(EVENT_BYTES);
			weigh = weigh.saturating_add(units.saturating_sub(charged(index).into()));
			outcome.events.push(merkle::leaf(bytes));
		}
		Self::weigh_events(weigh as u32, DispatchClass::Mandatory);
		(outcomes, changes)
	}

	/// Adds what events weigh to the block. A transaction's are weighed when it ends, so that the next
	/// one finds less room, as if each had 64 bytes; what is more, when the block ends.
	pub(crate) fn weigh_events(count: u32, class: DispatchClass) {
		let weight = <T as Config>::WeightInfo::receipts(0, count)
			.saturating_sub(<T as Config>::WeightInfo::receipts(0, 0));
		frame_system::Pallet::<T>::register_extra_weight_unchecked(weight, class);
	}

	/// What the event at a transaction's end says.
	fn status(event: &RuntimeEventOf<T>) -> Option<Status> {
		match T::Outcomes::outcome(event)? {
			Ok(()) => Some(Status::Success),
			Err(error) => Some(match Self::class_of(&error) {
				ErrorClass::OutOfGas => Status::OutOfGas,
				class => {
					let (pallet, error) = Self::code_of(&error);
					Status::Failed { class, pallet, error }
				}
			}),
		}
	}

	/// The class of an error.
	pub fn class_of(error: &DispatchError) -> ErrorClass {
		match error {
			DispatchError::Module(error) => {
				let [code, ..] = error.error;
				T::Errors::class(error.index, code).unwrap_or_else(|| {
					defensive!("a pallet's error has no class");
					ErrorClass::InvalidOperation
				})
			}
			DispatchError::BadOrigin | DispatchError::RootNotAllowed => {
				ErrorClass::StateAccessDenied
			}
			DispatchError::Corruption | DispatchError::Trie(_) => ErrorClass::InvariantViolation,
			DispatchError::Other(_)
			| DispatchError::CannotLookup
			| DispatchError::ConsumerRemaining
			| DispatchError::NoProviders
			| DispatchError::TooManyConsumers
			| DispatchError::Token(_)
			| DispatchError::Arithmetic(_)
			| DispatchError::Transactional(_)
			| DispatchError::Exhausted
			| DispatchError::Unavailable => ErrorClass::InvalidOperation,
		}
	}

	/// The pallet and the code of an error, or the beginning of an error that is no pallet's.
	fn code_of(error: &DispatchError) -> (Option<u8>, [u8; 4]) {
		match error {
			DispatchError::Module(error) => (Some(error.index), error.error),
			other => {
				let mut code = [0; 4];
				for (to, from) in code.iter_mut().zip(other.encode()) {
					*to = from;
				}
				(None, code)
			}
		}
	}
}
