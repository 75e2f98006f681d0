//! The edges of the pool of transactions. The SDK's pool does the pooling; what it has no rules for is
//! decided before it is asked: the gates of the runtime, how many one sender may have waiting, and what
//! a replacement must pay. Whoever submits, by RPC, as a peer or from within, comes through here.

mod error;
mod waiting;

pub use error::{Error, Limit};

use crate::{chain_spec, service::Client};
use async_trait::async_trait;
use codec::Encode;
use error::from_inner;
use futures::{
	channel::{mpsc, oneshot},
	lock::Mutex as AsyncMutex,
	SinkExt, StreamExt,
};
use mbongo_primitives::{
	gates::{Admission, GatesApi, Refusal},
	limits::{MAX_UPGRADE_BYTES, MIN_TRANSACTION_BYTES},
	Hash, OpaqueBlock as Block,
};
use parking_lot::Mutex;
use polkadot_sdk::{
	sc_service::SpawnTaskHandle,
	sc_transaction_pool::TransactionPoolHandle,
	sc_transaction_pool_api::{
		ChainEvent, ImportNotificationStream, InPoolTransaction, LocalTransactionPool,
		MaintainedTransactionPool, PoolStatus, ReadyTransactions, TransactionPool,
		TransactionSource, TransactionStatusStreamFor, TxInvalidityReportMap,
	},
	sp_api::ProvideRuntimeApi,
	sp_runtime::OpaqueExtrinsic,
};
use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};
use waiting::Waiting;

/// The SDK's pool.
type Inner = TransactionPoolHandle<Block, Client>;

/// How many transactions are examined at a time, and how many wait for it.
const EXAMINERS: usize = 2;
const UNEXAMINED: usize = 1_024;

type Job = Box<dyn FnOnce() + Send>;

/// The pool of transactions, with its gates.
pub struct GatedPool {
	inner: Inner,
	client: Arc<Client>,
	waiting: Mutex<Waiting>,
	examiners: Workers,
	explainer: Workers,
}

/// Tasks that do one thing after the other, where that holds up nobody else.
struct Workers(AsyncMutex<mpsc::Sender<Job>>);

impl Workers {
	fn spawn(tasks: &SpawnTaskHandle, name: &'static str, count: usize, waiting: usize) -> Self {
		let (jobs, queue) = mpsc::channel::<Job>(waiting);
		let queue = Arc::new(AsyncMutex::new(queue));
		for _ in 0..count {
			let queue = queue.clone();
			let worker = async move {
				loop {
					let Some(job) = queue.lock().await.next().await else { break };
					job();
				}
			};
			tasks.spawn_blocking(name, Some("transaction-pool"), worker);
		}
		Self(AsyncMutex::new(jobs))
	}

	/// Has something done when it is its turn.
	async fn run<T: Send + 'static>(
		&self,
		job: impl FnOnce() -> T + Send + 'static,
	) -> Result<T, Error> {
		let (job, answer) = with_answer(job);
		let stopped = || Error::Node("the node stops".into());
		// One sender for all, so that there is only so much room.
		self.0.lock().await.send(job).await.map_err(|_| stopped())?;
		answer.await.map_err(|_| stopped())
	}

	/// Has something done if there is room for it now.
	async fn try_run<T: Send + 'static>(
		&self,
		job: impl FnOnce() -> T + Send + 'static,
	) -> Option<T> {
		let (job, answer) = with_answer(job);
		self.0.lock().await.try_send(job).ok()?;
		answer.await.ok()
	}
}

fn with_answer<T: Send + 'static>(
	job: impl FnOnce() -> T + Send + 'static,
) -> (Job, oneshot::Receiver<T>) {
	let (answer, answered) = oneshot::channel();
	// Who has asked may be gone.
	(Box::new(move || drop(answer.send(job()))), answered)
}

impl GatedPool {
	/// Puts the gates around a pool.
	pub fn new(inner: Inner, client: Arc<Client>, tasks: &SpawnTaskHandle) -> Self {
		let examiners = Workers::spawn(tasks, "transaction-examiner", EXAMINERS, UNEXAMINED);
		// Who sends what is not signed waits for others like it, and keeps nobody else waiting.
		let explainer = Workers::spawn(tasks, "transaction-explainer", 1, 0);
		Self { inner, client, waiting: Mutex::default(), examiners, explainer }
	}

	/// Says more of a signature that does not hold, for who has sent it and waits for an answer.
	pub async fn explain(&self, at: Hash, error: Error, bytes: &[u8]) -> Error {
		if !matches!(error, Error::Refused(Refusal::InvalidSignature { .. })) {
			return error;
		}
		let (client, bytes) = (self.client.clone(), bytes.to_vec());
		let explain = move || {
			let others = chain_spec::known_genesis_hashes().to_vec();
			client.runtime_api().explain_signature(at, bytes, others)
		};
		match self.explainer.try_run(explain).await {
			Some(Ok(Some(refusal))) => refusal.into(),
			_ => error,
		}
	}

	/// What can be said without decoding: known ones, and those of a wrong length.
	fn screen(&self, transaction: &OpaqueExtrinsic) -> Result<(Hash, Vec<u8>), Error> {
		let bytes = transaction.encode();
		let length = bytes.len() as u32;
		if length < MIN_TRANSACTION_BYTES {
			return Err(Refusal::Malformed.into());
		}
		if length > MAX_UPGRADE_BYTES {
			return Err(Refusal::Oversized { length, limit: MAX_UPGRADE_BYTES }.into());
		}
		let hash = self.inner.hash_of(transaction);
		if self.waiting.lock().has(&hash) {
			// The SDK's pool may have given it up for others since the last block.
			if self.holds(&hash) || !self.waiting.lock().forget_inside(&hash) {
				return Err(Error::AlreadyKnown(hash));
			}
		}
		Ok((hash, bytes))
	}

	/// Takes a place for a transaction, or says why it gets none.
	async fn admit(
		&self,
		at: Hash,
		source: TransactionSource,
		transaction: &OpaqueExtrinsic,
	) -> Result<Place<'_>, Error> {
		let (hash, bytes) = self.screen(transaction)?;
		let client = self.client.clone();
		let admission = self.examiners.run(move || examine(&client, at, source, bytes)).await??;
		self.waiting.lock().enter(hash, admission)?;
		Ok(Place { pool: self, hash, settled: false })
	}

	fn holds(&self, hash: &Hash) -> bool {
		self.inner.ready_transaction(hash).is_some()
			|| self.inner.futures().iter().any(|waiting| waiting.hash() == hash)
	}

	/// Forgets what has left the SDK's pool, and notes what a reorganisation has brought back to it.
	async fn follow(&self, at: Hash) {
		for (hash, bytes) in self.sweep() {
			let client = self.client.clone();
			let source = TransactionSource::External;
			let examined = self.examiners.run(move || examine(&client, at, source, bytes)).await;
			// Its sender may be poor by now. It still waits, and is not asked for again.
			let none = Admission { sender: None, tip: 0 };
			self.waiting.lock().note(hash, examined.and_then(|answer| answer).unwrap_or(none));
		}
	}

	/// Forgets what has left the SDK's pool. What has come back to it is to be noted.
	fn sweep(&self) -> Vec<(Hash, Vec<u8>)> {
		let mut waiting = self.waiting.lock();
		let futures = self.inner.futures().into_iter().map(Arc::new);
		let inside: HashMap<_, _> = self
			.inner
			.ready()
			.chain(futures)
			.map(|transaction| (*transaction.hash(), transaction))
			.collect();
		waiting.retain(|hash| inside.contains_key(hash));
		let returned = inside.iter().filter(|(hash, _)| !waiting.has(hash));
		returned.map(|(hash, transaction)| (*hash, transaction.data().encode())).collect()
	}
}

/// The place of a transaction that the SDK's pool is asked about. If nobody waits for the answer any
/// more, it is given up; should the SDK's pool have taken the transaction, that is noted later.
struct Place<'a> {
	pool: &'a GatedPool,
	hash: Hash,
	settled: bool,
}

impl Place<'_> {
	/// Notes whether the SDK's pool has taken it. What has lost its place to it leaves, if the SDK's pool
	/// still has it: of two that wait for an earlier one it would keep both.
	async fn settle<T>(mut self, taken: Result<T, InnerError>) -> Result<T, Error> {
		self.settled = true;
		let replaced = self.pool.waiting.lock().settle(&self.hash, taken.is_ok());
		if let Some(old) = replaced.filter(|old| self.pool.holds(old)) {
			let gone = [(old, None)].into_iter().collect();
			self.pool.inner.report_invalid(None, gone).await;
		}
		taken.map_err(|error| from_inner(error, self.hash))
	}
}

impl Drop for Place<'_> {
	fn drop(&mut self) {
		if !self.settled {
			self.pool.waiting.lock().settle(&self.hash, false);
		}
	}
}

fn examine(
	client: &Client,
	at: Hash,
	source: TransactionSource,
	bytes: Vec<u8>,
) -> Result<Admission, Error> {
	let examined = client.runtime_api().examine(at, source, bytes, at);
	examined.map_err(|error| Error::Node(error.to_string()))?.map_err(Error::Refused)
}

type InnerError = <Inner as TransactionPool>::Error;
type InPool = <Inner as TransactionPool>::InPoolTransaction;

#[async_trait]
impl TransactionPool for GatedPool {
	type Block = Block;
	type Hash = Hash;
	type InPoolTransaction = InPool;
	type Error = Error;

	async fn submit_at(
		&self,
		at: Hash,
		source: TransactionSource,
		transactions: Vec<OpaqueExtrinsic>,
	) -> Result<Vec<Result<Hash, Error>>, Error> {
		let submitted = transactions.into_iter().map(|one| self.submit_one(at, source, one));
		Ok(futures::future::join_all(submitted).await)
	}

	async fn submit_one(
		&self,
		at: Hash,
		source: TransactionSource,
		transaction: OpaqueExtrinsic,
	) -> Result<Hash, Error> {
		let place = self.admit(at, source, &transaction).await?;
		place.settle(self.inner.submit_one(at, source, transaction).await).await
	}

	async fn submit_and_watch(
		&self,
		at: Hash,
		source: TransactionSource,
		transaction: OpaqueExtrinsic,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Error> {
		let place = self.admit(at, source, &transaction).await?;
		place.settle(self.inner.submit_and_watch(at, source, transaction).await).await
	}

	async fn ready_at(&self, at: Hash) -> Box<dyn ReadyTransactions<Item = Arc<InPool>> + Send> {
		self.inner.ready_at(at).await
	}

	fn ready(&self) -> Box<dyn ReadyTransactions<Item = Arc<InPool>> + Send> {
		self.inner.ready()
	}

	async fn report_invalid(
		&self,
		at: Option<Hash>,
		errors: TxInvalidityReportMap<Hash>,
	) -> Vec<Arc<InPool>> {
		self.inner.report_invalid(at, errors).await
	}

	fn futures(&self) -> Vec<InPool> {
		self.inner.futures()
	}

	fn status(&self) -> PoolStatus {
		self.inner.status()
	}

	fn import_notification_stream(&self) -> ImportNotificationStream<Hash> {
		self.inner.import_notification_stream()
	}

	fn on_broadcasted(&self, propagations: HashMap<Hash, Vec<String>>) {
		self.inner.on_broadcasted(propagations)
	}

	fn hash_of(&self, transaction: &OpaqueExtrinsic) -> Hash {
		self.inner.hash_of(transaction)
	}

	fn ready_transaction(&self, hash: &Hash) -> Option<Arc<InPool>> {
		self.inner.ready_transaction(hash)
	}

	async fn ready_at_with_timeout(
		&self,
		at: Hash,
		timeout: Duration,
	) -> Box<dyn ReadyTransactions<Item = Arc<InPool>> + Send> {
		self.inner.ready_at_with_timeout(at, timeout).await
	}
}

#[async_trait]
impl MaintainedTransactionPool for GatedPool {
	async fn maintain(&self, event: ChainEvent<Block>) {
		let best = match &event {
			ChainEvent::NewBestBlock { hash, .. } => Some(*hash),
			ChainEvent::NewBlock { .. } | ChainEvent::Finalized { .. } => None,
		};
		self.inner.maintain(event).await;
		if let Some(best) = best {
			self.follow(best).await;
		}
	}
}

impl LocalTransactionPool for GatedPool {
	type Block = Block;
	type Hash = Hash;
	type Error = Error;

	fn submit_local(&self, at: Hash, transaction: OpaqueExtrinsic) -> Result<Hash, Error> {
		let (hash, bytes) = self.screen(&transaction)?;
		let admission = examine(&self.client, at, TransactionSource::Local, bytes)?;
		self.waiting.lock().enter(hash, admission)?;
		let taken = self.inner.submit_local(at, transaction);
		// What a node submits itself has no sender, and so takes nobody's place.
		self.waiting.lock().settle(&hash, taken.is_ok());
		taken.map_err(|error| from_inner(error, hash))
	}
}
