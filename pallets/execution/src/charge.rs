//! The extension that takes fees: the SDK's, but by gas. Taking the money, giving some of it back and
//! the event are left to `pallet-transaction-payment`.

use crate::*;
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::marker::PhantomData;
use frame_support::dispatch::{DispatchClass, DispatchInfo, PostDispatchInfo};
use mbongo_primitives::execution::ErrorClass;
use pallet_transaction_payment::{OnChargeTransaction, Pallet as TransactionPayment};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{
		AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Dispatchable, PostDispatchInfoOf,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{TransactionPriority, TransactionValidityError, ValidTransaction},
	DispatchResult,
};

/// Who takes the fees.
type Charging<T> = <T as pallet_transaction_payment::Config>::OnChargeTransaction;

/// A fee that was taken.
type Taken<T> = <Charging<T> as OnChargeTransaction<T>>::LiquidityInfo;

/// Takes the fee of a transaction from its sender, and a tip if it names one.
///
/// Its identifier and encoding are those of the SDK's extension of this name, so that wallets know it.
/// Transactions that nobody signed pay nothing.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct ChargeTransactionPayment<T>(#[codec(compact)] Balance, PhantomData<T>);

impl<T> ChargeTransactionPayment<T> {
	/// With this tip.
	pub fn from(tip: Balance) -> Self {
		Self(tip, PhantomData)
	}

	/// What the author gets.
	pub fn tip(&self) -> Balance {
		self.0
	}
}

impl<T> core::fmt::Debug for ChargeTransactionPayment<T> {
	fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
		write!(f, "ChargeTransactionPayment({})", self.0)
	}
}

/// What `gas` costs at a price.
pub(crate) fn fee(gas: Gas, price: Balance) -> Balance {
	Balance::from(gas).saturating_mul(price)
}

/// What a signed transaction is charged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge<AccountId> {
	who: AccountId,
	/// The most that its call can cost.
	limit: Bill,
	cost: CallCost,
	price: Balance,
	tip: Balance,
}

impl<AccountId> Charge<AccountId> {
	/// What has to be paid before execution, with the tip.
	fn most(&self) -> Balance {
		fee(self.limit.gas(), self.price).saturating_add(self.tip)
	}

	/// The gas that was used.
	fn used(
		&self,
		class: Option<ErrorClass>,
		info: &DispatchInfo,
		post_info: &PostDispatchInfo,
	) -> Gas {
		if post_info.pays_fee(info) == Pays::No {
			return 0;
		}
		let operations = match self.cost {
			_ if class == Some(ErrorClass::OutOfGas) => self.limit.operations,
			CallCost::Fixed(gas) => gas,
			CallCost::Weight | CallCost::Limit(_) => {
				let weight = post_info.calc_actual_weight(info);
				mbongo_gas::weight(weight.saturating_sub(info.extension_weight))
					.min(self.limit.operations)
			}
		};
		Bill { operations, ..self.limit }.gas()
	}
}

/// The higher the more is paid for what there is least of in a block. How operational calls come
/// first is the SDK's rule: a part of their fee counts as a tip.
fn priority<T: Config>(
	info: &DispatchInfo,
	length: usize,
	tip: Balance,
	most: Balance,
) -> TransactionPriority {
	let weight = info.total_weight().max(Weight::from_parts(1, 1));
	let by_weight = T::BlockWeights::get().max_block.checked_div_per_component(&weight);
	let block_length = u64::from(*T::BlockLength::get().max.get(info.class));
	let by_length = block_length.checked_div(length.max(1) as u64);
	let in_a_block = by_weight.min(by_length).unwrap_or_default().max(1);
	let virtual_tip = match info.class {
		DispatchClass::Operational => {
			let times = <T as pallet_transaction_payment::Config>::OperationalFeeMultiplier::get();
			most.saturating_mul(times.into())
		}
		_ => 0,
	};
	// One more, so that of transactions without a tip the smaller come first.
	let tip = tip.saturating_add(virtual_tip).saturating_add(1);
	squeeze(tip.saturating_mul(in_a_block.into()))
}

impl<T: Config> TransactionExtension<T::RuntimeCall> for ChargeTransactionPayment<T>
where
	T: Send + Sync,
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	<T::RuntimeCall as Dispatchable>::RuntimeOrigin: AsSystemOriginSigner<T::AccountId>,
{
	const IDENTIFIER: &'static str = "ChargeTransactionPayment";
	type Implicit = ();
	/// `None` if nobody signed.
	type Val = Option<Charge<T::AccountId>>;
	/// With the number of events there were before.
	type Pre = Option<(Charge<T::AccountId>, Taken<T>, u32)>;

	fn weight(&self, _: &T::RuntimeCall) -> Weight {
		<T as Config>::WeightInfo::charge_transaction_payment()
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		length: usize,
		_: (),
		_: &impl Encode,
		_: TransactionSource,
	) -> ValidateResult<Self::Val, T::RuntimeCall> {
		let Some(who) = origin.as_system_origin_signer().cloned() else {
			return Ok((ValidTransaction::default(), None, origin));
		};
		let charge = Charge {
			who,
			limit: Bill::worst_case::<T>(call, info),
			cost: T::Costs::cost(call),
			price: Pallet::<T>::gas_price(),
			tip: self.0,
		};
		let most = charge.most();
		Charging::<T>::can_withdraw_fee(&charge.who, call, info, most, self.0)?;
		let priority = priority::<T>(info, length, self.0, most);
		Ok((ValidTransaction { priority, ..Default::default() }, Some(charge), origin))
	}

	fn prepare(
		self,
		charge: Self::Val,
		_: &DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		_: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		let Some(charge) = charge else { return Ok(None) };
		let most = charge.most();
		let taken = Charging::<T>::withdraw_fee(&charge.who, call, info, most, self.0)?;
		Ok(Some((charge, taken, frame_system::Pallet::<T>::event_count())))
	}

	fn post_dispatch_details(
		pre: Self::Pre,
		info: &DispatchInfoOf<T::RuntimeCall>,
		post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		_: usize,
		result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		let Some((charge, taken, events)) = pre else {
			return Ok(<T as Config>::WeightInfo::charge_transaction_payment());
		};
		let class = result.as_ref().err().map(Pallet::<T>::class_of);
		let gas_used = charge.used(class, info, post_info);
		Pallet::<T>::note_gas(gas_used);
		let events = frame_system::Pallet::<T>::event_count().saturating_sub(events);
		Pallet::<T>::weigh_events(events, info.class);
		let Charge { who, price, tip, .. } = charge;
		let actual_fee = fee(gas_used, price).saturating_add(tip);
		Charging::<T>::correct_and_deposit_fee(&who, info, post_info, actual_fee, tip, taken)?;
		TransactionPayment::<T>::deposit_fee_paid_event(who, actual_fee, tip);
		Ok(Weight::zero())
	}
}

/// Makes a `u64` of a `u128` that keeps the order, exactly below `2^57`, and above it within a part
/// in `2^56`: tips have eighteen decimals, and one that is higher by a tenth is to rank higher.
pub(crate) fn squeeze(value: u128) -> u64 {
	const MANTISSA_BITS: u32 = 57;
	let bits = u128::BITS.saturating_sub(value.leading_zeros());
	let Some(dropped) = bits.checked_sub(MANTISSA_BITS) else {
		return value as u64;
	};
	// The first bit is always one here; that it is counted too only makes the order easier to see.
	let mantissa = (value >> dropped) as u64;
	(u64::from(dropped) << MANTISSA_BITS.saturating_sub(1)).saturating_add(mantissa)
}
