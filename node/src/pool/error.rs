//! Why a transaction does not get into the pool.

use mbongo_primitives::{gates::Refusal, Balance, Hash};
use polkadot_sdk::{
	sc_transaction_pool_api::error::{Error as PoolError, IntoPoolError},
	sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError},
};
use std::fmt;

/// What there is only so much room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
	/// In the whole pool.
	Pool,
	/// For the transactions of one sender.
	Sender(usize),
}

/// Why a transaction does not get into the pool.
#[derive(Debug)]
pub enum Error {
	/// A gate of the runtime is closed to it.
	Refused(Refusal),
	/// It is in the pool.
	AlreadyKnown(Hash),
	/// There is no room for it, nor does it pay more than another.
	PoolFull(Limit),
	/// It would replace another, and does not pay enough more.
	Underpriced {
		/// The tip that it would need.
		required: Balance,
		/// Its tip.
		got: Balance,
	},
	/// The SDK's pool has another reason.
	Pool(PoolError),
	/// The node could not tell.
	Node(String),
}

impl From<Refusal> for Error {
	fn from(refusal: Refusal) -> Self {
		Self::Refused(refusal)
	}
}

impl From<PoolError> for Error {
	fn from(error: PoolError) -> Self {
		Self::Pool(error)
	}
}

/// Names the rule behind an error of the SDK's pool.
pub(super) fn from_inner(error: impl IntoPoolError, hash: Hash) -> Error {
	match error.into_pool_error() {
		Ok(PoolError::AlreadyImported(_)) => Error::AlreadyKnown(hash),
		Ok(PoolError::ImmediatelyDropped) => Error::PoolFull(Limit::Pool),
		Ok(PoolError::InvalidTransaction(error)) => Refusal::Invalid(error.into()).into(),
		Ok(PoolError::UnknownTransaction(error)) => Refusal::Invalid(error.into()).into(),
		Ok(error) => Error::Pool(error),
		Err(error) => Error::Node(error.to_string()),
	}
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Refused(refusal) => write!(f, "{refusal:?}"),
			Self::AlreadyKnown(hash) => write!(f, "AlreadyKnown({hash:?})"),
			Self::PoolFull(Limit::Pool) => write!(f, "PoolFull"),
			Self::PoolFull(Limit::Sender(limit)) => {
				write!(f, "PoolFull: {limit} transactions of its sender wait")
			}
			Self::Underpriced { required, got } => {
				write!(f, "Underpriced: a tip of {required} is needed, not {got}")
			}
			Self::Pool(error) => error.fmt(f),
			Self::Node(reason) => f.write_str(reason),
		}
	}
}

/// What users of the pool that only know the SDK's errors are told: whether to try again, and whether
/// it was the sender's fault.
impl IntoPoolError for Error {
	fn into_pool_error(self) -> Result<PoolError, Self> {
		let refusal = match self {
			Self::Refused(refusal) => refusal,
			Self::AlreadyKnown(hash) => return Ok(PoolError::AlreadyImported(Box::new(hash))),
			Self::PoolFull(_) => return Ok(PoolError::ImmediatelyDropped),
			Self::Underpriced { required, got } => {
				let [old, new] = [required, got].map(|tip| tip.try_into().unwrap_or(u64::MAX));
				return Ok(PoolError::TooLowPriority { old, new });
			}
			Self::Pool(error) => return Ok(error),
			Self::Node(_) => return Err(self),
		};
		let invalid = match refusal {
			Refusal::Oversized { .. } => InvalidTransaction::ExhaustsResources,
			Refusal::Malformed | Refusal::UnsupportedVersion { .. } => InvalidTransaction::Call,
			Refusal::InvalidSignature { .. } | Refusal::WrongChain { .. } => {
				InvalidTransaction::BadProof
			}
			Refusal::Expired { .. } => InvalidTransaction::AncientBirthBlock,
			Refusal::InvalidNonce { .. } => InvalidTransaction::Stale,
			Refusal::InsufficientBalance { .. } => InvalidTransaction::Payment,
			Refusal::Invalid(TransactionValidityError::Invalid(invalid)) => invalid,
			Refusal::Invalid(TransactionValidityError::Unknown(unknown)) => {
				return Ok(PoolError::UnknownTransaction(unknown))
			}
		};
		Ok(PoolError::InvalidTransaction(invalid))
	}
}
