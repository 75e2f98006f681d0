//! The weights of this pallet's calls and hooks.

use frame_support::weights::Weight;

/// What the calls and hooks weigh.
pub trait WeightInfo {
	fn register_asset() -> Weight;
	fn update_asset() -> Weight;
	fn retire_asset() -> Weight;
	fn register_provider() -> Weight;
	fn set_provider() -> Weight;
	fn withdraw_bond() -> Weight;
	fn submit_task() -> Weight;
	fn cancel_task() -> Weight;
	fn decline() -> Weight;
	fn accept() -> Weight;
	fn commit() -> Weight;
	fn reveal() -> Weight;
	fn commit_vote() -> Weight;
	fn authorize_vote() -> Weight;
	fn show_vote() -> Weight;
	fn commit_challenge() -> Weight;
	fn prove_fraud_of_product() -> Weight;
	fn prove_fraud_of_step() -> Weight;
	fn demand() -> Weight;
	fn answer() -> Weight;
	fn claim_work_reward() -> Weight;
	fn set_rates() -> Weight;
	fn look_at_clocks() -> Weight;
	fn open_demand() -> Weight;
	fn ring_open() -> Weight;
	fn ring_accepted() -> Weight;
	fn ring_revealed() -> Weight;
	fn ring_verified() -> Weight;
	fn ring_ended() -> Weight;
	fn ring_demand() -> Weight;
	fn ring_challenge() -> Weight;

	/// The proof that takes longest, without its fuel.
	fn prove_fraud() -> Weight {
		Self::prove_fraud_of_product().max(Self::prove_fraud_of_step())
	}

	/// A task's clock, wherever the task is.
	fn ring_task() -> Weight {
		[
			Self::ring_open(),
			Self::ring_accepted(),
			Self::ring_revealed(),
			// All votes are counted.
			Self::show_vote(),
			Self::ring_verified(),
			Self::ring_ended(),
		]
		.into_iter()
		.fold(Weight::zero(), |most, one| most.max(one))
	}
}

/// For tests.
impl WeightInfo for () {
	fn register_asset() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn update_asset() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn retire_asset() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn register_provider() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn set_provider() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn withdraw_bond() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn submit_task() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn cancel_task() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn decline() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn accept() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn commit() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn reveal() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn commit_vote() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn authorize_vote() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn show_vote() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn commit_challenge() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn prove_fraud_of_product() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn prove_fraud_of_step() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn demand() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn answer() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn claim_work_reward() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn set_rates() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn look_at_clocks() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn open_demand() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn ring_open() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn ring_accepted() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn ring_revealed() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn ring_verified() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn ring_ended() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn ring_demand() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn ring_challenge() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}
