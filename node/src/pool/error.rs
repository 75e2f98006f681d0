//! Why a transaction does not get into the pool.

use mbongo_primitives::{gates::Refusal, Balance, Hash};
use polkadot_sdk::{
	sc_transaction_pool_api::error::{Error as PoolError, IntoPoolError},
	sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError},
};

/// What there is only so much room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
	/// In the whole pool.
	Pool,
	/// For the transactions of one sender.
	Sender(usize),
}

/// Why a transaction does not get into the pool.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A gate of the runtime is closed to it.
	#[error("{0}")]
	Refused(Refusal),
	/// It is in the pool.
	#[error("it is known: {0:?}")]
	AlreadyKnown(Hash),
	/// There is no room for it, nor does it pay more than another.
	#[error("{}", match .0 {
		Limit::Pool => "the pool is full".into(),
		Limit::Sender(limit) => format!("{limit} transactions of its sender wait"),
	})]
	PoolFull(Limit),
	/// It would replace another, and does not pay enough more.
	#[error("a tip of {required} is needed to replace another, not {got}")]
	Underpriced {
		/// The tip that it would need.
		required: Balance,
		/// Its tip.
		got: Balance,
	},
	/// The SDK's pool has another reason.
	#[error("{0}")]
	Pool(PoolError),
	/// The node could not tell.
	#[error("{0}")]
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

/// What users of the pool that only know the SDK's errors are told: whether to try again, and whether
/// it was the sender's fault.
impl IntoPoolError for Error {
	fn into_pool_error(self) -> Result<PoolError, Self> {
		let refusal = match self {
			Self::Refused(refusal) => refusal,
			Self::AlreadyKnown(hash) => return Ok(PoolError::AlreadyImported(Box::new(hash))),
			Self::PoolFull(_) => return Ok(PoolError::ImmediatelyDropped),
			// Its figures are priorities; tips have more digits.
			Self::Underpriced { .. } => return Ok(PoolError::TooLowPriority { old: 0, new: 0 }),
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
