//! `author_submitExtrinsic` and `author_submitAndWatchExtrinsic`: the SDK's methods, with its codes,
//! that tell who is refused by which rule, and the figures of it.

use crate::pool::{Error, GatedPool, Limit};
use codec::DecodeAll;
use jsonrpsee::{
	core::async_trait, proc_macros::rpc, types::ErrorObjectOwned, PendingSubscriptionSink,
};
use mbongo_primitives::{
	gates::{Refusal, SignedFor},
	Hash,
};
use polkadot_sdk::{
	sc_rpc::{
		author::error::Error as AuthorError,
		utils::{spawn_subscription_task, BoundedVecDeque, PendingSubscription},
		SubscriptionTaskExecutor,
	},
	sc_transaction_pool_api::{
		error::{Error as PoolError, IntoPoolError},
		TransactionPool, TransactionSource,
	},
	sp_blockchain::HeaderBackend,
	sp_core::Bytes,
	sp_runtime::{
		transaction_validity::{InvalidTransaction, TransactionValidityError, UnknownTransaction},
		OpaqueExtrinsic,
	},
};
use serde_json::{json, Value};
use std::sync::Arc;

/// How transactions are sent.
#[rpc(server)]
pub trait SubmissionApi {
	/// Sends a transaction.
	#[method(name = "author_submitExtrinsic")]
	async fn submit(&self, transaction: Bytes) -> Result<Hash, ErrorObjectOwned>;

	/// Sends a transaction, and tells what becomes of it.
	#[subscription(
		name = "author_submitAndWatchExtrinsic" => "author_extrinsicUpdate",
		unsubscribe = "author_unwatchExtrinsic",
		item = polkadot_sdk::sc_transaction_pool_api::TransactionStatus<Hash, Hash>,
	)]
	fn submit_and_watch(&self, transaction: Bytes);
}

/// The names of these methods, which take the place of the SDK's.
pub const METHODS: [&str; 3] =
	["author_submitExtrinsic", "author_submitAndWatchExtrinsic", "author_unwatchExtrinsic"];

/// What answers.
pub struct Submission<C> {
	pub client: Arc<C>,
	pub pool: Arc<GatedPool>,
	pub executor: SubscriptionTaskExecutor,
}

/// What comes by RPC is from outside, also when it comes from this machine.
const SOURCE: TransactionSource = TransactionSource::External;

#[async_trait]
impl<C: HeaderBackend<mbongo_primitives::OpaqueBlock> + 'static> SubmissionApiServer
	for Submission<C>
{
	async fn submit(&self, bytes: Bytes) -> Result<Hash, ErrorObjectOwned> {
		let at = self.client.info().best_hash;
		let transaction = decode(&bytes)?;
		match self.pool.submit_one(at, SOURCE, transaction).await {
			Ok(hash) => Ok(hash),
			Err(error) => Err(refused(self.pool.explain(at, error, &bytes).await)),
		}
	}

	fn submit_and_watch(&self, pending: PendingSubscriptionSink, bytes: Bytes) {
		let at = self.client.info().best_hash;
		let pool = self.pool.clone();
		let watch = async move {
			let transaction = match decode(&bytes) {
				Ok(transaction) => transaction,
				Err(error) => return pending.reject(error).await,
			};
			match pool.submit_and_watch(at, SOURCE, transaction).await {
				Ok(statuses) => {
					PendingSubscription::from(pending)
						.pipe_from_stream(statuses, BoundedVecDeque::default())
						.await
				}
				Err(error) => pending.reject(refused(pool.explain(at, error, &bytes).await)).await,
			}
		};
		spawn_subscription_task(&self.executor, watch);
	}
}

fn decode(bytes: &Bytes) -> Result<OpaqueExtrinsic, ErrorObjectOwned> {
	OpaqueExtrinsic::decode_all(&mut &bytes[..]).map_err(|_| refused(Refusal::Malformed.into()))
}

/// What the sender of a refused transaction is told: the SDK's code and message, and in `data` the rule,
/// its figures, and the SDK's own words, which some look for.
fn refused(error: Error) -> ErrorObjectOwned {
	let ours = error.to_string();
	let (class, (rule, figures)) = match &error {
		Error::Node(_) => ("System", ("Unknown".into(), json!({}))),
		error => ("Validation", rule(error)),
	};
	let tip_is_too_low = matches!(error, Error::Underpriced { .. });
	let stock: ErrorObjectOwned = match error {
		// The SDK has a code for it, and no case.
		Error::Refused(Refusal::Malformed | Refusal::UnsupportedVersion { .. }) => {
			AuthorError::BadFormat("no transaction of this chain".into())
		}
		error => match error.into_pool_error() {
			Ok(error) => AuthorError::Pool(error),
			Err(error) => AuthorError::Client(Box::new(error)),
		},
	}
	.into();
	let message = match tip_is_too_low {
		true => format!("Priority is too low: {ours}"),
		false => stock.message().into(),
	};
	let words: Option<String> = stock.data().and_then(|data| serde_json::from_str(data.get()).ok());
	let words = words.unwrap_or(ours);
	let data = json!({ "class": class, "rule": rule, "figures": figures, "message": words });
	ErrorObjectOwned::owned(stock.code(), message, Some(data))
}

/// The name of the rule, and its figures. Amounts are text: they have more digits than JSON keeps.
fn rule(error: &Error) -> (String, Value) {
	let of_chain = |chain: &SignedFor| json!({ "genesisHash": chain.genesis_hash, "specVersion": chain.spec_version });
	let (rule, figures) = match error {
		Error::Refused(Refusal::Oversized { length, limit }) => {
			("Oversized", json!({ "length": length, "limit": limit }))
		}
		Error::Refused(Refusal::Malformed) => ("Malformed", json!({})),
		Error::Refused(Refusal::UnsupportedVersion { version }) => {
			("UnsupportedVersion", json!({ "version": version }))
		}
		Error::Refused(Refusal::InvalidSignature { expected }) => {
			("InvalidSignature", json!({ "expected": of_chain(expected) }))
		}
		Error::Refused(Refusal::WrongChain { expected, got }) => {
			("WrongChain", json!({ "expected": of_chain(expected), "got": of_chain(got) }))
		}
		Error::Refused(Refusal::Expired { until, now }) => {
			("Expired", json!({ "until": until, "now": now }))
		}
		Error::Refused(Refusal::InvalidNonce { expected, got }) => {
			("InvalidNonce", json!({ "expected": expected, "got": got }))
		}
		Error::Refused(Refusal::InsufficientBalance { required, available }) => (
			"InsufficientBalance",
			json!({ "required": required.to_string(), "available": available.to_string() }),
		),
		Error::Refused(Refusal::Invalid(error)) => return other_rule(error),
		Error::AlreadyKnown(hash) => ("AlreadyKnown", json!({ "hash": hash })),
		Error::PoolFull(Limit::Pool) => ("PoolFull", json!({})),
		Error::PoolFull(Limit::Sender(limit)) => ("PoolFull", json!({ "perSender": limit })),
		Error::Underpriced { required, got } => {
			("Underpriced", json!({ "requiredTip": required.to_string(), "tip": got.to_string() }))
		}
		// Its tip is high enough, but it takes more of a block.
		Error::Pool(PoolError::TooLowPriority { old, new }) => {
			("Underpriced", json!({ "requiredPriority": old.saturating_add(1), "priority": new }))
		}
		Error::Pool(error) => return (error.as_ref().into(), json!({})),
		Error::Node(_) => ("Unknown", json!({})),
	};
	(rule.into(), figures)
}

/// Rules that the SDK has names for.
fn other_rule(error: &TransactionValidityError) -> (String, Value) {
	let (rule, number) = match error {
		TransactionValidityError::Invalid(InvalidTransaction::Custom(number))
		| TransactionValidityError::Unknown(UnknownTransaction::Custom(number)) => {
			("Custom", Some(number))
		}
		TransactionValidityError::Invalid(invalid) => (invalid.as_ref(), None),
		TransactionValidityError::Unknown(unknown) => (unknown.as_ref(), None),
	};
	(rule.into(), number.map_or(json!({}), |number| json!({ "number": number })))
}
