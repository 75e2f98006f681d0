//! A chain that anybody may do anything to, except Root. After each block every pallet's `try_state`
//! must hold, no more money may have come than is emitted, and transactions may weigh no more than a block holds; at the end
//! a node that imports the blocks must come to the same states.

use codec::{Decode, Encode};
use mbongo_primitives::{emission, time, units, Balance};
use mbongo_runtime::{configs::RuntimeBlockWeights, genesis::dev_session_keys, *};
use polkadot_sdk::{
	frame_support::{
		dispatch::DispatchClass,
		storage::with_transaction_unchecked,
		traits::{TryState, TryStateSelect},
	},
	sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
	sp_core::{storage::Storage, Pair, H256},
	sp_io::TestExternalities,
	sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie},
	sp_runtime::{
		generic::{Era, SignedPayload},
		traits::Header as _,
		transaction_validity::TransactionSource,
		BuildStorage, Digest, DigestItem, Perbill, TransactionOutcome,
	},
	*,
};
use std::sync::LazyLock;

/// The slot of the first block.
const FIRST_SLOT: u64 = 1_000;

/// What happens to the chain.
#[derive(Clone, Debug, Decode, Encode)]
pub enum Step {
	/// A development account sends a transaction.
	Send { who: u8, tip: u8, call: RuntimeCall },
	/// Somebody hands in a transaction without a signature.
	HandIn(RuntimeCall),
	/// The block ends, and another begins after this many empty slots.
	EndBlock { empty_slots: u8 },
}

/// What each validator has staked, and others could.
const OWN_STAKE: Balance = 1_000 * units::MBO;

static GENESIS: LazyLock<Storage> = LazyLock::new(|| {
	let rich = Sr25519Keyring::well_known().map(|who| (who.to_account_id(), 2 * OWN_STAKE));
	RuntimeGenesisConfig {
		balances: BalancesConfig { balances: rich.collect(), ..Default::default() },
		staking: StakingConfig {
			parameters: pallet_staking::Parameters::development(),
			validators: [Alice, Bob, Charlie]
				.map(|who| (who.to_account_id(), OWN_STAKE, Perbill::from_percent(5)))
				.to_vec(),
			..Default::default()
		},
		session: SessionConfig {
			keys: [Alice, Bob, Charlie]
				.map(|who| (who.to_account_id(), who.to_account_id(), dev_session_keys(who)))
				.to_vec(),
			..Default::default()
		},
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH, ..Default::default() },
		pouw: PouwConfig { epoch_slots: time::DEV_EPOCH_SLOTS, ..Default::default() },
		..Default::default()
	}
	.build_storage()
	.expect("this genesis can be built")
});

/// A chain while its next block is written.
pub struct Chain {
	state: TestExternalities,
	issuance: Balance,
	blocks: Vec<Block>,
	body: Vec<UncheckedExtrinsic>,
	parent: H256,
	slot: u64,
}

impl Default for Chain {
	fn default() -> Self {
		Self::new()
	}
}

impl Chain {
	/// A chain whose first block has begun.
	pub fn new() -> Self {
		let mut state = TestExternalities::new(GENESIS.clone());
		let issuance = state.execute_with(Balances::total_issuance);
		let (blocks, body) = Default::default();
		let mut chain =
			Self { state, issuance, blocks, body, parent: H256::zero(), slot: FIRST_SLOT };
		chain.begin_block();
		chain
	}

	/// Looks at the state.
	pub fn look<R>(&mut self, look: impl FnOnce() -> R) -> R {
		self.state.execute_with(look)
	}

	/// Lets this happen.
	pub fn take(&mut self, step: Step) {
		match step {
			Step::Send { who, tip, call } => self.send(who, tip, call),
			Step::HandIn(call) => self.hand_in(call),
			Step::EndBlock { empty_slots } => {
				self.end_block();
				self.slot += 1 + u64::from(empty_slots);
				self.begin_block();
			}
		}
	}

	fn begin_block(&mut self) {
		let claim = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: 0,
			slot: self.slot.into(),
		});
		let digest =
			Digest { logs: vec![<DigestItem as CompatibleDigestItem>::babe_pre_digest(claim)] };
		let number = self.blocks.len() as u32 + 1;
		let header = Header::new(number, H256::zero(), H256::zero(), self.parent, digest);
		self.state.execute_with(|| Executive::initialize_block(&header));
		let now = self.slot * time::SLOT_MILLIS;
		let set_time = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
		self.apply(UncheckedExtrinsic::new_bare(set_time));
		assert_eq!(self.body.len(), 1, "time can be set");
	}

	/// Puts a transaction into the block, if it is valid.
	fn apply(&mut self, transaction: UncheckedExtrinsic) {
		let applied = self.state.execute_with(|| {
			with_transaction_unchecked(|| match Executive::apply_extrinsic(transaction.clone()) {
				Ok(_) => TransactionOutcome::Commit(true),
				Err(_) => TransactionOutcome::Rollback(false),
			})
		});
		if applied {
			self.body.push(transaction);
		}
	}

	fn send(&mut self, who: u8, tip: u8, call: RuntimeCall) {
		let all: Vec<_> = Sr25519Keyring::well_known().collect();
		let who = all[usize::from(who) % all.len()];
		let transaction = self.state.execute_with(|| {
			let nonce = System::account_nonce(who.to_account_id());
			let extension: TxExtension = (
				frame_system::AuthorizeCall::new(),
				frame_system::CheckNonZeroSender::new(),
				frame_system::CheckSpecVersion::new(),
				frame_system::CheckTxVersion::new(),
				frame_system::CheckGenesis::new(),
				frame_system::CheckEra::from(Era::Immortal),
				frame_system::CheckNonce::from(nonce),
				frame_system::CheckWeight::new(),
				pallet_execution::ChargeTransactionPayment::from(tip.into()),
				frame_metadata_hash_extension::CheckMetadataHash::new(false),
				frame_system::WeightReclaim::new(),
			);
			let payload = SignedPayload::new(call, extension).expect("nothing is missing for it");
			let signature = payload.using_encoded(|bytes| who.pair().sign(bytes));
			let (call, extension, _) = payload.deconstruct();
			let address = who.to_account_id().into();
			UncheckedExtrinsic::new_signed(call, address, signature.into(), extension)
		});
		self.apply(transaction);
	}

	/// Only what the pool would take: authors put nothing else without a signature into a block.
	fn hand_in(&mut self, call: RuntimeCall) {
		let transaction = UncheckedExtrinsic::new_bare(call);
		let parent = self.parent;
		let valid = self.state.execute_with(|| {
			with_transaction_unchecked(|| {
				let source = TransactionSource::External;
				let valid = Executive::validate_transaction(source, transaction.clone(), parent);
				TransactionOutcome::Rollback(valid.is_ok())
			})
		});
		if valid {
			self.apply(transaction);
		}
	}

	fn end_block(&mut self) {
		let header = self.state.execute_with(Executive::finalize_block);
		self.state.execute_with(|| check(*header.number(), self.issuance));
		self.state.commit_all().expect("the state can be committed");
		self.parent = header.hash();
		self.blocks.push(Block { header, extrinsics: std::mem::take(&mut self.body) });
	}

	/// Executes all blocks as a node does that gets them from another.
	pub fn replay(mut self) {
		self.end_block();
		let mut state = TestExternalities::new(GENESIS.clone());
		for block in self.blocks {
			// Compares every root and the digest.
			state.execute_with(|| Executive::execute_block(block.into()));
			state.commit_all().expect("the state can be committed");
		}
	}
}

/// What must hold after each block.
fn check(number: u32, issuance: Balance) {
	AllPalletsWithSystem::try_state(number, TryStateSelect::All).expect("the state is sound");
	let owned: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(owned, Balances::total_issuance(), "somebody has what was issued");
	let emitted = emission::emitted(pallet_staking::EmittedUntil::<Runtime>::get());
	assert!(owned <= issuance + emitted, "nothing else is issued");
	// The block that begins a session counts as full, and so is above it with its inherents.
	let (used, limits) = (System::block_weight(), RuntimeBlockWeights::get());
	for class in [DispatchClass::Normal, DispatchClass::Operational] {
		let (used, limit) = (used.get(class), limits.get(class).max_total);
		assert!(limit.is_none_or(|limit| used.all_lte(limit)), "{class:?}: {used:?}");
	}
}
