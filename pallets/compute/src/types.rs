//! What this pallet stores, and asks of a runtime.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use mbongo_compute_primitives::{
	blob::NodeProof,
	kinds::{Code, KIND_COUNT},
	BlobId, Job, Part, Place, RangeProof, Work,
};
use mbongo_primitives::{
	units::{MBO, MILLI_MBO},
	AccountId, Balance, BlockNumber, Hash, Hashing,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_consensus_pouw::{AuthorityId, Stake};
use sp_runtime::{traits::Hash as _, Perbill, Percent};

/// The number of an asset.
pub type AssetId = u64;

/// The number of a task.
pub type TaskId = u64;

/// The number of a demand of a task.
pub type DemandId = u32;

/// An epoch, by its session.
pub type EpochIndex = u32;

/// Bytes of an asset's name.
pub const MAX_NAME: u32 = 64;

/// Bytes of what an asset says of itself.
pub const MAX_METADATA: u32 = 1_024;

/// The most assets that one can build upon.
pub const MAX_DEPENDENCIES: u32 = 8;

/// The most sizes that a task gives.
pub const MAX_SIZES: u32 = 3;

/// The most verifiers of a task: seven, two more, and seven others.
pub const MAX_VERIFIERS: u32 = 16;

/// The most that settle in a block.
pub const MAX_SETTLED: u32 = 100;

macro_rules! stored {
	($($(#[$meta:meta])* pub $sort:ident $name:ident $(<$of:ident>)? $body:tt)*) => {
		$(
			#[derive(
				Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
			)]
			$(#[$meta])*
			pub $sort $name $(<$of>)? $body
		)*
	};
}

/// What a genesis may choose.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
	/// A provider's bond at least.
	pub least_bond: Balance,
	/// A task's fee at least.
	pub least_fee: Balance,
	/// From which fee on more verifiers are drawn.
	pub large_fee: Balance,
	/// What is on hold for a challenge.
	pub challenge_bond: Balance,
	/// What is on hold for the first demands of a task.
	pub demand_bond: Balance,
	/// The most demands that are open at a time, of all tasks.
	pub open_demands: u32,
	/// Blocks in which a provider accepts what it was assigned.
	pub acceptance: BlockNumber,
	/// Blocks in which a receipt is revealed after its commitment.
	pub reveal: BlockNumber,
	/// Blocks in which verifiers commit to their votes, and as many in which they show them.
	pub vote: BlockNumber,
	/// Blocks in which those who vote against a receipt prove it, or demand.
	pub dispute: BlockNumber,
	/// Blocks in which a verified receipt can be proven false.
	pub window: BlockNumber,
	/// Blocks in which a demand is answered.
	pub answer: BlockNumber,
	/// Blocks until a bond that was asked back is free.
	pub unbonding: BlockNumber,
	/// Blocks for which a task is kept when it has ended.
	pub kept: BlockNumber,
}

impl Default for Parameters {
	/// Those of a live network.
	fn default() -> Self {
		Self {
			least_bond: 1_000 * MBO,
			least_fee: MBO,
			large_fee: 1_000 * MBO,
			challenge_bond: 50 * MBO,
			demand_bond: MBO,
			open_demands: 256,
			acceptance: 20,
			reveal: 20,
			vote: 10,
			dispute: 40,
			window: 100,
			answer: 20,
			unbonding: 28_800,
			kept: 28_800,
		}
	}
}

impl Parameters {
	/// Those for development.
	pub fn development() -> Self {
		Self {
			least_bond: 10 * MBO,
			least_fee: 10 * MILLI_MBO,
			large_fee: 10 * MBO,
			challenge_bond: MBO,
			demand_bond: 10 * MILLI_MBO,
			open_demands: 64,
			acceptance: 10,
			reveal: 10,
			vote: 5,
			dispute: 10,
			window: 10,
			answer: 5,
			unbonding: 20,
			kept: 1_200,
		}
	}
}

stored! {
	/// How much work, and how much of what is burned of a fee, gives a point of score.
	pub struct Rates {
		/// Units of work, by kind.
		pub units: [u64; KIND_COUNT],
		/// What is burned.
		pub price: Balance,
	}

	/// What a machine has, or must have.
	#[derive(Copy, Default)]
	pub struct Machine {
		/// MiB of memory.
		pub memory: u32,
		/// MiB of an accelerator's memory; none, if this is zero.
		pub accelerator: u32,
	}

	/// A program that tasks run.
	pub struct Asset {
		/// Whose it is.
		pub owner: AccountId,
		/// Counts its changes, from 1.
		pub version: u32,
		/// What it is.
		pub program: Program,
		/// What is on hold for it.
		pub deposit: Balance,
	}

	/// What an asset's owner says that it is.
	pub struct Program {
		/// What it is called.
		pub name: BoundedVec<u8, ConstU32<MAX_NAME>>,
		/// What is done. Sizes that are zero are left to tasks.
		pub work: Work,
		/// What belongs to it, such as a network's weights.
		pub data: Option<BlobId>,
		/// More of it, for people and searches.
		pub metadata: BoundedVec<u8, ConstU32<MAX_METADATA>>,
		/// What it needs.
		pub requirements: Machine,
		/// What it builds upon.
		pub dependencies: BoundedVec<AssetId, ConstU32<MAX_DEPENDENCIES>>,
		/// What the owner thinks that a thousand units of work are worth.
		pub price_hint: Balance,
	}

	/// What somebody wants to be done.
	pub struct Order {
		/// What is to be run.
		pub asset: AssetId,
		/// The sizes that the asset leaves open.
		pub sizes: BoundedVec<u32, ConstU32<MAX_SIZES>>,
		/// What goes in.
		pub input: BlobId,
		/// What is paid for it.
		#[codec(compact)]
		pub max_fee: Balance,
		/// Blocks from acceptance until there must be a result.
		pub deadline: BlockNumber,
		/// How much of the work verifiers do again.
		pub checked: Percent,
		/// What its provider must have, beside what the asset needs.
		pub requirements: Machine,
		/// Who does it.
		pub assignment: Assignment,
	}

	/// Who does a task.
	pub enum Assignment {
		/// Whom the beacon draws. Only this is work for the chain.
		#[codec(index = 0)]
		Drawn,
		/// Whom the requester wants.
		#[codec(index = 1)]
		Chosen(AccountId),
	}

	/// A task.
	pub struct Task {
		/// Who wants it.
		pub requester: AccountId,
		/// What is run.
		pub asset: AssetId,
		/// In which version.
		pub asset_version: u32,
		/// All that fixes the result.
		pub job: Job,
		/// On hold in the requester's account.
		pub fee: Balance,
		/// On hold there until the task is forgotten.
		pub deposit: Balance,
		/// What its provider answers with.
		pub bond: Balance,
		/// See [`Order`].
		pub deadline: BlockNumber,
		/// See [`Order`].
		pub checked: Percent,
		/// What its provider must have.
		pub requirements: Machine,
		/// See [`Order`].
		pub assignment: Assignment,
		/// Since when it is open.
		pub open_since: BlockNumber,
		/// How often nobody was found since then.
		pub draws: u8,
		/// How often somebody was found, and no receipt came.
		pub assignments: u8,
		/// Where it is.
		pub state: State,
		/// When something becomes of it though nobody does anything; never, if this is zero.
		pub clock: BlockNumber,
	}

	/// Where a task is.
	pub enum State {
		/// It waits for a provider.
		#[codec(index = 0)]
		Open,
		/// A provider can accept it.
		#[codec(index = 1)]
		Assigned {
			/// Who.
			provider: AccountId,
			/// Since when.
			since: BlockNumber,
		},
		/// A provider works on it.
		#[codec(index = 2)]
		Accepted {
			/// Who.
			provider: AccountId,
			/// Since when it was assigned.
			assigned: BlockNumber,
			/// Since when it was accepted.
			since: BlockNumber,
		},
		/// There is a result that is not shown yet.
		#[codec(index = 3)]
		Committed {
			/// By whom.
			provider: AccountId,
			/// See [`ComputeReceipt`](mbongo_compute_primitives::ComputeReceipt).
			anchor: (BlockNumber, Hash),
			/// The commitment.
			commitment: Hash,
			/// How much of the time that there was has not passed.
			in_time: Perbill,
		},
		/// There is a receipt, and verifiers judge it.
		#[codec(index = 4)]
		Revealed,
		/// Verifiers have voted against it, and are to prove it.
		#[codec(index = 5)]
		Disputed,
		/// It stands, unless somebody proves it false.
		#[codec(index = 6)]
		Verified,
		/// It was done, and is paid.
		#[codec(index = 7)]
		Settled,
		/// It was proven false, or not shown.
		#[codec(index = 8)]
		Slashed,
		/// Nobody did it.
		#[codec(index = 9)]
		Expired,
		/// It was taken back.
		#[codec(index = 10)]
		Cancelled,
	}

	/// What becomes of a receipt.
	pub struct Trial {
		/// Whose it is.
		pub provider: AccountId,
		/// When it was revealed.
		pub revealed: BlockNumber,
		/// How much of the provider's time had not passed when it was committed.
		pub in_time: Perbill,
		/// What its verifiers do.
		pub phase: Phase,
		/// Those of them from this place on judge now.
		pub judging: u8,
		/// Whether two more were drawn.
		pub has_more: bool,
		/// Whether seven others were drawn.
		pub is_appealed: bool,
		/// The verifiers.
		pub verifiers: BoundedVec<Verifier, ConstU32<MAX_VERIFIERS>>,
		/// What they found; nothing, if they could not agree.
		pub verdict: Option<Verdict>,
		/// Whether one of the verifiers has demanded something of it.
		pub has_demanded: bool,
		/// Whether those who voted against it have shown nothing.
		pub is_upheld: bool,
		/// Challenges that are committed to, and not shown.
		pub challenges: u32,
		/// The number of the next demand.
		pub next_demand: DemandId,
		/// How many demands are open.
		pub open_demands: u32,
		/// How many wait to be opened.
		pub waiting_demands: u32,
		/// What is left of the window, while it stands still.
		pub window_left: Option<BlockNumber>,
	}

	/// What verifiers do.
	#[derive(Copy)]
	pub enum Phase {
		/// They are drawn when the clock says so.
		#[codec(index = 0)]
		Drawing,
		/// They commit to their votes.
		#[codec(index = 1)]
		Committing,
		/// They show them.
		#[codec(index = 2)]
		Showing,
		/// They are through.
		#[codec(index = 3)]
		Over,
	}

	/// Somebody drawn to judge a receipt.
	pub struct Verifier {
		/// A validator.
		pub who: AccountId,
		/// The key that it signs votes with.
		pub key: AuthorityId,
		/// The epoch in which it was drawn.
		pub epoch: EpochIndex,
		/// What draws its share of a fold's steps.
		pub seed: Hash,
		/// What it has committed to.
		pub commitment: Option<Hash>,
		/// How it has voted.
		pub vote: Option<Vote>,
	}

	/// A vote.
	#[derive(Copy)]
	pub struct Vote {
		/// What it says.
		pub verdict: Verdict,
		/// Of what.
		pub covers: Covers,
	}

	/// What a verifier says of a receipt.
	#[derive(Copy)]
	pub enum Verdict {
		/// It is right.
		#[codec(index = 0)]
		Valid,
		/// It is wrong.
		#[codec(index = 1)]
		Invalid,
		/// Something of it cannot be had.
		#[codec(index = 2)]
		Unavailable,
	}

	/// What a vote is about.
	#[derive(Copy)]
	pub enum Covers {
		/// All of it.
		#[codec(index = 0)]
		All,
		/// Those steps of a fold that were [drawn](is_drawn) for the verifier.
		#[codec(index = 1)]
		Share,
	}

	/// What somebody has committed to show.
	pub struct Challenge {
		/// The commitment.
		pub commitment: Hash,
		/// When it was made.
		pub at: BlockNumber,
		/// On hold for it.
		pub bond: Balance,
	}

	/// What somebody wants a provider to show.
	pub struct Demand {
		/// Who.
		pub who: AccountId,
		/// What.
		pub what: Demanded,
		/// On hold for it.
		pub bond: Balance,
		/// When it was opened, if it is.
		pub opened: Option<BlockNumber>,
	}

	/// Something of a blob.
	#[derive(Copy)]
	pub enum Demanded {
		/// Bytes.
		#[codec(index = 0)]
		Range {
			/// Of which part.
			part: Part,
			/// From which on.
			start: u64,
			/// How many.
			len: u32,
		},
		/// Nodes of its tree.
		#[codec(index = 1)]
		Nodes {
			/// Of which part.
			part: Part,
			/// Of which level, from the leaves up.
			level: u8,
			/// From which place on.
			start: u64,
			/// How many.
			count: u32,
		},
	}

	/// What a demand is answered with.
	pub enum Answer {
		/// Bytes.
		#[codec(index = 0)]
		Range(RangeProof),
		/// Nodes.
		#[codec(index = 1)]
		Nodes(NodeProof),
	}

	/// Who does tasks.
	pub struct Provider {
		/// On hold.
		pub bond: Balance,
		/// That part of it which answers for tasks.
		pub reserved: Balance,
		/// That part of it which was asked back.
		pub leaving: Balance,
		/// When that is free.
		pub free_at: BlockNumber,
		/// What it has.
		pub machine: Machine,
		/// Whether it wants tasks.
		pub is_open: bool,
		/// How many tasks it has been assigned and not ended.
		pub tasks: u32,
		/// Its place among those who can be drawn, from 1 on.
		pub place: u32,
		/// How likely it is to be.
		pub weight: u128,
		/// Until when it is not drawn.
		pub jailed_until: BlockNumber,
		/// How well it has done.
		pub record: Record,
	}

	/// How well a provider has done, in millionths.
	#[derive(Copy)]
	pub struct Record {
		/// Whether its tasks came to an end.
		pub success: u32,
		/// Whether in time.
		pub timeliness: u32,
		/// Whether verifiers agreed.
		pub verification: u32,
		/// Since which epoch it is a provider.
		pub since: EpochIndex,
		/// In which epoch it last did something.
		pub last: EpochIndex,
	}

	/// Something that is to happen at some block.
	pub enum Timer {
		/// A task's clock.
		#[codec(index = 0)]
		Task(TaskId),
		/// A demand is not answered.
		#[codec(index = 1)]
		Demand(TaskId, DemandId),
		/// A challenge is not proven.
		#[codec(index = 2)]
		Challenge(TaskId, AccountId),
		/// A provider is out of jail.
		#[codec(index = 3)]
		Jail(AccountId),
	}

	/// What an epoch's work has earned.
	#[derive(Copy, Default)]
	pub struct EpochWork {
		/// The emission for it, when it is over.
		pub emission: Option<Balance>,
		/// The sum of scores.
		pub score: u128,
		/// How many providers have not claimed their parts.
		pub unclaimed: u32,
	}

	/// What a provider has done in an epoch.
	#[derive(Copy, Default)]
	pub struct Earned {
		/// Its score.
		pub score: u128,
		/// What was burned of the fees.
		pub burned: Balance,
	}

	/// What happened in this block.
	#[derive(Default)]
	pub struct ThisBlock {
		/// Tasks that came.
		pub tasks: u32,
		/// Fraud proofs.
		pub proofs: u32,
		/// The sum of scores.
		pub score: u128,
		/// The receipts that were settled, as leaves of a tree.
		pub settled: BoundedVec<Hash, ConstU32<MAX_SETTLED>>,
		/// Who did the work that scores.
		pub providers: BoundedVec<AccountId, ConstU32<MAX_SETTLED>>,
	}
}

impl Default for Rates {
	fn default() -> Self {
		// A product of 256 x 256 x 256 cells; as much in layers; a MiB; a tenth of a second of the machine.
		Self { units: [1 << 24, 1 << 24, 1 << 20, 1_000_000_000], price: MILLI_MBO }
	}
}

impl Machine {
	/// Whether this has what is needed.
	pub fn has(&self, needed: &Self) -> bool {
		self.memory >= needed.memory && self.accelerator >= needed.accelerator
	}

	/// What has enough for both.
	pub fn with(&self, other: &Self) -> Self {
		Self {
			memory: self.memory.max(other.memory),
			accelerator: self.accelerator.max(other.accelerator),
		}
	}
}

impl Provider {
	/// What of its bond is for tasks to come.
	pub fn free(&self) -> Balance {
		self.bond.saturating_sub(self.reserved).saturating_sub(self.leaving)
	}
}

/// Which tasks are asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo)]
pub struct TaskFilter {
	/// Where they are.
	pub state: Option<StateName>,
	/// Who does them.
	pub provider: Option<AccountId>,
	/// Who wants them.
	pub requester: Option<AccountId>,
	/// What they run.
	pub asset: Option<AssetId>,
}

macro_rules! named {
	($($name:ident = $index:literal),*) => {
		/// Where a task is, by its name alone.
		#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
		pub enum StateName {
			$(#[doc = concat!("See [`State::", stringify!($name), "`].")] #[codec(index = $index)] $name),*
		}

		impl State {
			/// Its name.
			pub fn name(&self) -> StateName {
				match self { $(Self::$name { .. } => StateName::$name),* }
			}
		}
	};
}

named!(
	Open = 0,
	Assigned = 1,
	Accepted = 2,
	Committed = 3,
	Revealed = 4,
	Disputed = 5,
	Verified = 6,
	Settled = 7,
	Slashed = 8,
	Expired = 9,
	Cancelled = 10
);

impl State {
	/// Whether the task has ended.
	pub fn is_over(&self) -> bool {
		matches!(self, Self::Settled | Self::Slashed | Self::Expired | Self::Cancelled)
	}
}

/// Whether a step of a fold is of the share that the one with this seed does again.
pub fn is_drawn(seed: &Hash, step: u64, share: Percent) -> bool {
	let random = Hashing::hash_of(&(seed, step));
	let (low, _) = random.as_fixed_bytes().split_at(8);
	let random = u64::from_le_bytes(low.try_into().unwrap_or_default());
	random.checked_rem(100).unwrap_or_default() < u64::from(share.deconstruct())
}

impl Verifier {
	/// Whether it has let this place pass, where it should have done this share again.
	pub fn has_passed(&self, place: &Place, share: Percent) -> bool {
		self.vote.is_some_and(|vote| {
			let covers = vote.covers == Covers::All || is_drawn(&self.seed, place.record, share);
			vote.verdict == Verdict::Valid && covers
		})
	}
}

impl Demanded {
	/// Of which part.
	pub fn part(&self) -> Part {
		match self {
			Self::Range { part, .. } | Self::Nodes { part, .. } => *part,
		}
	}
}

/// What is random of a block.
pub trait Beacons {
	/// The beacon of a block that is over, if it is still known.
	fn beacon(block: BlockNumber) -> Option<Hash>;
}

/// Who judges receipts.
pub trait VerifierSet {
	/// Validators, the keys by which they vote, and their stakes.
	fn set() -> Vec<(AccountId, AuthorityId, Stake)>;

	/// Slashes one that let a wrong result pass in this epoch.
	fn slash(who: &AccountId, epoch: EpochIndex, reporter: &AccountId);
}

/// Where guests' code is.
pub trait Codes {
	/// Notes that code is in use: whether it is there.
	fn hold(code_hash: &[u8; 32]) -> bool;

	/// Notes that it is so no longer.
	fn release(code_hash: &[u8; 32]);

	/// The code.
	fn code(code_hash: &[u8; 32]) -> Option<Code>;
}

/// The part of the emission that is for useful work.
pub trait WorkEmission {
	/// Issues some of it to a provider. Whether it could.
	fn issue(to: &AccountId, amount: Balance) -> bool;
}

/// What the benchmarks need of a runtime.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
	/// Makes a full set of verifiers, one of whom votes by this key: who that is.
	fn full_set(key: AuthorityId) -> AccountId;

	/// Brings the longest code: its hash.
	fn code() -> [u8; 32];

	/// Makes this block one that has a beacon.
	fn beacon(block: BlockNumber);

	/// Makes it so that useful work can earn this much.
	fn pot(amount: Balance);
}
