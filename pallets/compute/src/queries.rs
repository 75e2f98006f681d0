//! What `ComputeApi` answers.

use crate::{
	api::{Page, Quote},
	*,
};
use codec::Encode;
use mbongo_compute_primitives::{kinds::Output, BlobId};
use mbongo_primitives::merkle::{self, MerkleProof};

/// The most of anything that is looked at for one answer.
pub const MOST_LOOKED_AT: u32 = 1_000;

/// What a price hint is for.
const HINTED_UNITS: Balance = 1_000;

impl<T: Config> Pallet<T> {
	/// Those from a number on that there are, and that are wanted.
	fn page<Item>(
		from: u64,
		end: u64,
		count: u32,
		get: impl Fn(u64) -> Option<Item>,
	) -> Page<u64, Item> {
		let to = from.saturating_add(count.min(MOST_LOOKED_AT).into()).min(end);
		let items = (from..to).filter_map(|key| Some((key, get(key)?))).collect();
		Page { items, next: Some(to).filter(|to| *to < end) }
	}

	/// See [`ComputeApi`](crate::api::ComputeApi), as all of these.
	pub fn assets(name: &[u8], from: AssetId, count: u32) -> Page<AssetId, Asset> {
		let has_name = |asset: &Asset| {
			let own = &asset.program.name;
			name.is_empty() || own.windows(name.len()).any(|part| part == name)
		};
		let get = |id| Assets::<T>::get(id).filter(has_name);
		Self::page(from, NextAsset::<T>::get(), count, get)
	}

	pub fn tasks(filter: &TaskFilter, from: TaskId, count: u32) -> Page<TaskId, Task> {
		let get = |id| Tasks::<T>::get(id).filter(|task| Self::is_let_through(filter, id, task));
		Self::page(from, NextTask::<T>::get(), count, get)
	}

	fn is_let_through(filter: &TaskFilter, id: TaskId, task: &Task) -> bool {
		let is_its = |who: &AccountId| Self::provider_of(id, task).as_ref() == Some(who);
		filter.state.is_none_or(|state| state == task.state.name())
			&& filter.requester.as_ref().is_none_or(|who| *who == task.requester)
			&& filter.asset.is_none_or(|asset| asset == task.asset)
			&& filter.provider.as_ref().is_none_or(is_its)
	}

	/// Who does, or did, a task.
	pub fn provider_of(id: TaskId, task: &Task) -> Option<AccountId> {
		match &task.state {
			State::Open | State::Expired | State::Cancelled => None,
			State::Assigned { provider, .. }
			| State::Accepted { provider, .. }
			| State::Committed { provider, .. } => Some(provider.clone()),
			State::Revealed
			| State::Disputed
			| State::Verified
			| State::Settled
			| State::Slashed => Some(Receipts::<T>::get(id)?.receipt.provider),
		}
	}

	pub fn demands(id: TaskId) -> Vec<(DemandId, Demand)> {
		Demands::<T>::iter_prefix(id).take(MOST_LOOKED_AT as usize).collect()
	}

	pub fn tasks_of(provider: &AccountId) -> Vec<(TaskId, StateName)> {
		let ids = TasksOf::<T>::iter_key_prefix(provider);
		ids.filter_map(|id| Some((id, Tasks::<T>::get(id)?.state.name()))).collect()
	}

	pub fn duties_of(validator: &AccountId) -> Vec<TaskId> {
		Duties::<T>::iter_key_prefix(validator).take(MOST_LOOKED_AT as usize).collect()
	}

	pub fn prove_receipt(id: TaskId) -> Option<(ComputeReceipt, MerkleProof)> {
		let receipt = Receipts::<T>::get(id)?;
		let leaf = merkle::leaf(&receipt.encode());
		let leaves = Block::<T>::get().settled;
		let index = leaves.iter().position(|one| *one == leaf)?;
		Some((receipt, merkle::prove(&leaves, index as u32)?))
	}

	pub fn provider(who: &AccountId) -> Option<(Provider, u32)> {
		let provider = Providers::<T>::get(who)?;
		let reputation = provider.record.reputation(T::Epoch::get());
		Some((provider, reputation))
	}

	pub fn providers(from: u32, count: u32) -> Page<u32, (AccountId, Provider, u32)> {
		let end = u64::from(PlaceCount::<T>::get()).saturating_add(1);
		let get = |place: u64| {
			let who = Places::<T>::get(place as u32)?;
			let (provider, reputation) = Self::provider(&who)?;
			Some((who, provider, reputation))
		};
		let page = Self::page(from.max(1).into(), end, count, get);
		let items = page.items.into_iter().map(|(place, item)| (place as u32, item)).collect();
		Page { items, next: page.next.map(|place| place as u32) }
	}

	pub fn earnings(provider: &AccountId) -> Vec<(EpochIndex, Option<Balance>)> {
		let earned = EarnedBy::<T>::iter_prefix(provider).take(MOST_LOOKED_AT as usize);
		earned
			.map(|(epoch, earned)| {
				let work = WorkOf::<T>::get(epoch);
				(epoch, work.and_then(|work| Self::reward(&work, &earned)))
			})
			.collect()
	}

	pub fn quote(asset: AssetId, sizes: &[u32], input: BlobId, checked: Percent) -> Option<Quote> {
		let asset = Assets::<T>::get(asset)?;
		let job = Self::job_of(&asset, sizes, input, checked).ok()?;
		let settings = Settings::<T>::get();
		let work_units = match job.layout()?.output {
			Output::Records(_, units) => Some(units),
			Output::LastState => None,
		};
		let least_fee = settings.least_fee;
		let suggested_fee = work_units.map(|units| {
			let hinted = asset.program.price_hint.saturating_mul(units.into());
			(hinted / HINTED_UNITS).max(least_fee)
		});
		let fee = suggested_fee.unwrap_or(least_fee);
		let (bond, verifiers) =
			(Self::bond_for(fee, checked), trials::verifiers_for(fee, &settings));
		Some(Quote { work_units, least_fee, suggested_fee, bond, verifiers })
	}
}
