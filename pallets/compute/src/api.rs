//! What the runtime answers about useful work.

use crate::{
	Asset, AssetId, Demand, DemandId, EpochIndex, Parameters, Provider, Rates, StateName, Task,
	TaskFilter, TaskId, Trial,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use mbongo_compute_primitives::{BlobId, ComputeReceipt};
use mbongo_primitives::{merkle::MerkleProof, AccountId, Balance};
use scale_info::TypeInfo;
use sp_runtime::Percent;

/// Some of many, and where the others begin, if there are any.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Page<Key, Item> {
	/// They, by what they are called.
	pub items: Vec<(Key, Item)>,
	/// From where on there may be more.
	pub next: Option<Key>,
}

/// What work would be.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Quote {
	/// Units of work; nothing, where only the doing tells.
	pub work_units: Option<u64>,
	/// The fee at least.
	pub least_fee: Balance,
	/// The fee that the asset's owner thinks it is worth, if that is known.
	pub suggested_fee: Option<Balance>,
	/// What a provider answers with, for that fee or the least.
	pub bond: Balance,
	/// How many verifiers are drawn for that fee.
	pub verifiers: u32,
}

sp_api::decl_runtime_apis! {
	/// Tasks, who does them, and what becomes of them.
	pub trait ComputeApi {
		/// A program.
		fn asset(asset: AssetId) -> Option<Asset>;

		/// Programs from this number on, whose names contain this; so many are looked at.
		fn assets(name: Vec<u8>, from: AssetId, count: u32) -> Page<AssetId, Asset>;

		/// A task, unless it is forgotten.
		fn task(task: TaskId) -> Option<Task>;

		/// Tasks from this number on that the filter lets through; so many are looked at.
		fn tasks(filter: TaskFilter, from: TaskId, count: u32) -> Page<TaskId, Task>;

		/// How many tasks there were.
		fn task_count() -> TaskId;

		/// What becomes of a task's receipt, until it is settled.
		fn trial(task: TaskId) -> Option<Trial>;

		/// What is to be shown of a task.
		fn demands(task: TaskId) -> Vec<(DemandId, Demand)>;

		/// The tasks that a provider was assigned and that have not ended.
		fn tasks_of(provider: AccountId) -> Vec<(TaskId, StateName)>;

		/// The receipts that a validator is to judge.
		fn duties_of(validator: AccountId) -> Vec<TaskId>;

		/// What a provider has shown of a task, until it is forgotten.
		fn receipt(task: TaskId) -> Option<ComputeReceipt>;

		/// Shows that a receipt was settled in this block, against the root in its header.
		fn prove_receipt(task: TaskId) -> Option<(ComputeReceipt, MerkleProof)>;

		/// A provider, and its reputation in millionths.
		fn provider(who: AccountId) -> Option<(Provider, u32)>;

		/// Providers from this place on.
		fn providers(from: u32, count: u32) -> Page<u32, (AccountId, Provider, u32)>;

		/// What a provider has earned of the emission and not been paid, by epochs; nothing, where the epoch
		/// is not over.
		fn earnings(provider: AccountId) -> Vec<(EpochIndex, Option<Balance>)>;

		/// What a task of this asset, with these sizes and input, would be.
		fn quote(asset: AssetId, sizes: Vec<u32>, input: BlobId, checked: Percent) -> Option<Quote>;

		/// What this network has chosen, and what gives a point of score.
		fn parameters() -> (Parameters, Rates);
	}
}
