//! The gates that a transaction passes before it waits in a node's pool, with the figures that its
//! sender is told.

use crate::*;
use codec::{Compact, Decode, DecodeLimit, Encode};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{
		fungible::Inspect,
		tokens::{Fortitude, Preservation},
	},
	MAX_EXTRINSIC_DEPTH,
};
use mbongo_primitives::{
	gates::{Admission, Refusal, SignedFor},
	limits::{MAX_TRANSACTION_BYTES, MAX_UPGRADE_BYTES},
	Balance, Hash, Nonce,
};
use sp_runtime::{
	generic::{Era, Preamble, SignedPayload},
	traits::{StaticLookup, TransactionExtension, Verify},
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};

/// The versions of the format of transactions, and which bits of their first byte name it.
const FORMATS: core::ops::RangeInclusive<u8> = 4..=5;
const VERSION_BITS: u8 = 0b0011_1111;

/// How many spans of a mortal transaction, and how many versions, are tried to tell what a signature
/// that does not hold was made for. Each costs a check of the signature.
const SPANS_TRIED: u64 = 16;
const VERSIONS_TRIED: u32 = 8;

/// How many other chains are.
const CHAINS_TRIED: usize = 8;

/// A transaction's sender and what it signed beside its call.
struct Sender {
	who: AccountId,
	nonce: Nonce,
	tip: Balance,
	era: Era,
}

impl Sender {
	fn of(transaction: &UncheckedExtrinsic) -> Option<Self> {
		let Preamble::Signed(address, _, extension) = &transaction.preamble else { return None };
		let who = <Runtime as frame_system::Config>::Lookup::lookup(address.clone()).ok()?;
		let (_, _, _, _, _, era, nonce, _, charge, ..) = extension;
		Some(Self { who, nonce: nonce.0, tip: charge.tip(), era: era.0 })
	}
}

/// Whether a transaction may wait for the block after this one.
pub fn examine(
	source: TransactionSource,
	bytes: &[u8],
	block_hash: Hash,
) -> Result<Admission, Refusal> {
	let length = bytes.len() as u32;
	if length > MAX_TRANSACTION_BYTES {
		let limit = limit_of_large(bytes)?;
		if length > limit {
			return Err(Refusal::Oversized { length, limit });
		}
	}
	let transaction = decode(bytes)?;
	let sender = Sender::of(&transaction);
	let validity = Executive::validate_transaction(source, transaction.clone(), block_hash);
	let Some(sender) = sender else {
		return match validity {
			Ok(_) => Ok(Admission { sender: None, tip: 0 }),
			Err(error) => Err(Refusal::Invalid(error)),
		};
	};
	let poor = validity == Err(InvalidTransaction::Payment.into());
	if validity.is_ok() || poor {
		let Moved { all, staying } = moves(&transaction.function, &sender.who);
		can_spend(&transaction, &sender, all, Preservation::Expendable)?;
		if staying > 0 {
			can_spend(&transaction, &sender, staying, Preservation::Preserve)?;
		}
	}
	match validity {
		Ok(_) => Ok(Admission { sender: Some((sender.who, sender.nonce)), tip: sender.tip }),
		Err(error) => Err(refusal(error, &transaction, &sender)),
	}
}

/// How many bytes a transaction with more than the usual may have, by its call, of which no more is
/// decoded than which one it is.
fn limit_of_large(bytes: &[u8]) -> Result<u32, Refusal> {
	let input = &mut version_first(bytes)?;
	Preamble::<Address, Signature, TxExtension>::decode(input).map_err(|_| Refusal::Malformed)?;
	let bytes = Vec::new();
	let note = RuntimeCall::Preimage(pallet_preimage::Call::note_preimage { bytes });
	let code = Vec::new();
	let upgrade = RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { code });
	let is_large = [note, upgrade].iter().any(|call| call.encode().get(..2) == input.get(..2));
	Ok(if is_large { MAX_UPGRADE_BYTES } else { MAX_TRANSACTION_BYTES })
}

/// A transaction's bytes from its version on, which must be one that is known.
fn version_first(mut bytes: &[u8]) -> Result<&[u8], Refusal> {
	Compact::<u32>::decode(&mut bytes).map_err(|_| Refusal::Malformed)?;
	let version = bytes.first().ok_or(Refusal::Malformed)? & VERSION_BITS;
	match FORMATS.contains(&version) {
		true => Ok(bytes),
		false => Err(Refusal::UnsupportedVersion { version }),
	}
}

fn decode(bytes: &[u8]) -> Result<UncheckedExtrinsic, Refusal> {
	version_first(bytes)?;
	UncheckedExtrinsic::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &bytes[..])
		.map_err(|_| Refusal::Malformed)
}

/// Names the rule behind the error of an extension, with its figures.
fn refusal(
	error: TransactionValidityError,
	transaction: &UncheckedExtrinsic,
	sender: &Sender,
) -> Refusal {
	let TransactionValidityError::Invalid(invalid) = error else { return Refusal::Invalid(error) };
	match invalid {
		InvalidTransaction::BadProof => Refusal::InvalidSignature { expected: this_chain() },
		InvalidTransaction::AncientBirthBlock => {
			// Validation has begun the next block.
			let now = System::block_number();
			let birth = sender.era.birth(now.into()) as BlockNumber;
			// Nobody could sign for a block that is only being made: the span before it has just ended.
			// Else it is longer ago than the hashes of blocks are kept.
			let until = match birth < now {
				true => birth.saturating_add(configs::BlockHashCount::get()),
				false => birth,
			};
			Refusal::Expired { until, now }
		}
		InvalidTransaction::Stale => Refusal::InvalidNonce {
			expected: System::account_nonce(&sender.who),
			got: sender.nonce,
		},
		InvalidTransaction::Payment => can_spend(transaction, sender, 0, Preservation::Preserve)
			.err()
			.unwrap_or(Refusal::Invalid(error)),
		_ => Refusal::Invalid(error),
	}
}

/// Whether the sender has the fee, at its most, the tip, and what the call moves.
fn can_spend(
	transaction: &UncheckedExtrinsic,
	sender: &Sender,
	moved: Balance,
	preservation: Preservation,
) -> Result<(), Refusal> {
	let info = transaction.get_dispatch_info();
	let fee = Execution::query_info(&transaction.function, &info, true).partial_fee;
	let required = fee.saturating_add(sender.tip).saturating_add(moved);
	let available = Balances::reducible_balance(&sender.who, preservation, Fortitude::Polite);
	match available >= required {
		true => Ok(()),
		false => Err(Refusal::InsufficientBalance { required, available }),
	}
}

/// What a call needs its sender to have, beside the fee, if it is to succeed.
#[derive(Default)]
struct Moved {
	/// All of it.
	all: Balance,
	/// Up to the last time that the sender must be left with the existential deposit.
	staying: Balance,
}

/// Of a batch, which may bring money in before it spends it, only the transfers that it begins with are
/// counted; `batch` and `force_batch` succeed without.
fn moves(call: &RuntimeCall, who: &AccountId) -> Moved {
	let calls = match call {
		RuntimeCall::Utility(pallet_utility::Call::batch_all { calls }) => &calls[..],
		call => core::slice::from_ref(call),
	};
	let (mut moved, mut spent) = (Moved::default(), 0);
	for Transfer { value, stays, to_self } in calls.iter().map_while(|call| transfer(call, who)) {
		let needed = value.saturating_add(spent);
		moved.all = moved.all.max(needed);
		if stays {
			moved.staying = moved.all;
		}
		// What one gives oneself one must have, and still has.
		if !to_self {
			spent = needed;
		}
	}
	moved
}

struct Transfer {
	value: Balance,
	/// Whether the sender must be left with the existential deposit.
	stays: bool,
	to_self: bool,
}

fn transfer(call: &RuntimeCall, who: &AccountId) -> Option<Transfer> {
	use pallet_balances::Call::{transfer_allow_death, transfer_keep_alive};
	let (dest, value, stays) = match call {
		RuntimeCall::Balances(transfer_allow_death { dest, value }) => (dest, *value, false),
		RuntimeCall::Balances(transfer_keep_alive { dest, value }) => (dest, *value, true),
		_ => return None,
	};
	let dest = <Runtime as frame_system::Config>::Lookup::lookup(dest.clone()).ok()?;
	Some(Transfer { value, stays, to_self: dest == *who })
}

fn this_chain() -> SignedFor {
	SignedFor { genesis_hash: System::block_hash(0), spec_version: VERSION.spec_version }
}

/// What is wrong with a transaction whose signature is, if that can be known: it may have been for
/// blocks that are over, for another version, or for one of these other chains.
pub fn explain_signature(bytes: &[u8], others: &[Hash]) -> Option<Refusal> {
	// Anybody may ask, and each try hashes all of it.
	if bytes.len() > MAX_TRANSACTION_BYTES as usize {
		return None;
	}
	let transaction = decode(bytes).ok()?;
	let era = Sender::of(&transaction)?.era;
	let now = System::block_number().saturating_add(1);
	let expected = this_chain();
	let birth = era.birth(now.into());
	let hash_at = |number: u64| System::block_hash(number as BlockNumber);

	if let Era::Mortal(period, _) = era {
		let births = (1..=SPANS_TRIED).map_while(|spans| {
			let birth = birth.checked_sub(period.checked_mul(spans)?)?;
			(hash_at(birth) != Hash::zero()).then_some(birth)
		});
		for birth in births {
			if is_signed_for(&transaction, expected, hash_at(birth)) {
				let until = era.death(birth) as BlockNumber;
				return Some(Refusal::Expired { until, now });
			}
		}
	}

	let versions = expected.spec_version.saturating_sub(VERSIONS_TRIED)
		..=expected.spec_version.saturating_add(VERSIONS_TRIED);
	let of_versions = versions
		.filter(|version| *version != expected.spec_version)
		.map(|spec_version| (SignedFor { spec_version, ..expected }, hash_at(birth)));
	// Of another chain's blocks only the first is known here, which immortal transactions are for. A
	// mortal one may have come with a block of this chain.
	let others = others.iter().filter(|hash| **hash != expected.genesis_hash).take(CHAINS_TRIED);
	let of_others = others.flat_map(|genesis_hash| {
		let chain = SignedFor { genesis_hash: *genesis_hash, ..expected };
		[(chain, *genesis_hash), (chain, hash_at(birth))]
	});
	let got = of_versions
		.chain(of_others)
		.find(|(chain, birth_hash)| is_signed_for(&transaction, *chain, *birth_hash))?;
	Some(Refusal::WrongChain { expected, got: got.0 })
}

/// Whether a transaction's sender signed it for this chain and the block with this hash.
fn is_signed_for(transaction: &UncheckedExtrinsic, chain: SignedFor, birth_hash: Hash) -> bool {
	let Preamble::Signed(address, signature, extension) = &transaction.preamble else {
		return false;
	};
	let Ok(who) = <Runtime as frame_system::Config>::Lookup::lookup(address.clone()) else {
		return false;
	};
	let Ok(metadata_hash) = extension.9.implicit() else { return false };
	let implicit = (
		(),
		(),
		chain.spec_version,
		VERSION.transaction_version,
		chain.genesis_hash,
		birth_hash,
		(),
		(),
		(),
		metadata_hash,
		(),
	);
	let call = transaction.function.clone();
	SignedPayload::from_raw(call, extension.clone(), implicit)
		.using_encoded(|payload| signature.verify(payload, &who))
}
