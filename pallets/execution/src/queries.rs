//! What wallets ask about fees. The answer is what is charged before execution, without the tip; what
//! is not used goes back.

use crate::{charge::fee, *};
use frame_support::dispatch::{DispatchInfo, GetDispatchInfo};
use pallet_transaction_payment::{FeeDetails, InclusionFee, RuntimeDispatchInfo};
use sp_runtime::traits::Dispatchable;

impl<T: Config> Pallet<T>
where
	T::RuntimeCall: Dispatchable<Info = DispatchInfo> + GetDispatchInfo,
{
	/// What a signed transaction with this call weighs and pays. The extensions' weight is the
	/// caller's to know, so `info` is of the whole transaction.
	pub fn query_info(
		call: &T::RuntimeCall,
		info: &DispatchInfo,
		pays: bool,
	) -> RuntimeDispatchInfo<Balance> {
		let partial_fee = Self::query_fee_details(call, info, pays).final_fee();
		RuntimeDispatchInfo { weight: info.total_weight(), class: info.class, partial_fee }
	}

	/// Its fee by what it is for: the transaction itself, its bytes, what the call does.
	pub fn query_fee_details(
		call: &T::RuntimeCall,
		info: &DispatchInfo,
		pays: bool,
	) -> FeeDetails<Balance> {
		let price = Self::gas_price();
		let inclusion_fee = (pays && info.pays_fee == Pays::Yes).then(|| {
			let limit = Bill::worst_case::<T>(call, info);
			InclusionFee {
				base_fee: fee(limit.base, price),
				len_fee: fee(limit.data, price),
				adjusted_weight_fee: fee(limit.operations, price),
			}
		});
		FeeDetails { inclusion_fee, tip: 0 }
	}

	/// What a weight costs now.
	pub fn weight_to_fee(weight: Weight) -> Balance {
		let weight = weight.min(T::BlockWeights::get().max_block);
		fee(mbongo_gas::weight(weight), Self::gas_price())
	}

	/// What so many bytes of a call cost now at most, which is when none of them is zero.
	pub fn length_to_fee(bytes: u32) -> Balance {
		fee(mbongo_gas::data_at_most(bytes.into()), Self::gas_price())
	}
}
