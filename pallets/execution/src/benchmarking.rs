//! The worst cases of this pallet's extension and hooks.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::{
	dispatch::{DispatchInfo, PostDispatchInfo},
	traits::Hooks,
};
use frame_system::{Pallet as System, RawOrigin};
use sp_runtime::traits::{
	AsSystemOriginSigner, AsTransactionAuthorizedOrigin, DispatchTransaction, Dispatchable,
};

#[benchmarks(where
	T: Send + Sync,
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	<T::RuntimeCall as Dispatchable>::RuntimeOrigin:
		AsSystemOriginSigner<T::AccountId> + AsTransactionAuthorizedOrigin + Clone,
)]
mod benchmarks {
	use super::*;

	/// Half of the fee goes back, and there is a tip.
	#[benchmark]
	fn charge_transaction_payment() {
		let who: T::AccountId = account("payer", 0, 0);
		<T as pallet_transaction_payment::Config>::OnChargeTransaction::endow_account(
			&who,
			1 << 80,
		);
		let call: T::RuntimeCall =
			frame_system::Call::remark { remark: alloc::vec![0; 256] }.into();
		let info =
			DispatchInfo { call_weight: Weight::from_parts(1 << 30, 0), ..Default::default() };
		let post_info =
			PostDispatchInfo { actual_weight: Some(info.call_weight / 2), ..Default::default() };
		let tip = <T as pallet_transaction_payment::Config>::OnChargeTransaction::minimum_balance();
		let extension = ChargeTransactionPayment::<T>::from(tip);
		let origin: T::RuntimeOrigin = RawOrigin::Signed(who).into();

		#[block]
		{
			assert!(extension
				.test_run(origin, &call, &info, 300, 0, |_| Ok(post_info))
				.is_ok_and(|result| result.is_ok()));
		}

		assert_eq!(GasUsed::<T>::get().len(), 1);
	}

	/// `t` transactions of 150 bytes after a first one that has `e` events, which is not charged for.
	#[benchmark]
	fn receipts(t: Linear<0, 1_000>, e: Linear<0, 20_000>) {
		// Genesis has no events.
		System::<T>::set_block_number(1_u32.into());
		System::<T>::reset_events();
		System::<T>::note_finished_initialize();
		let who: T::AccountId = account("sender", 0, 0);
		for n in 0..=t {
			System::<T>::set_extrinsic_index(n);
			System::<T>::note_extrinsic(alloc::vec![n as u8; 150]);
			if n > 0 {
				Pallet::<T>::note_gas(21_000);
			}
			for _ in 0..if n == 0 { e } else { 0 } {
				let account = who.clone();
				System::<T>::deposit_event(frame_system::Event::<T>::NewAccount { account });
			}
			System::<T>::note_applied_extrinsic(&Ok(().into()), Default::default());
		}
		System::<T>::note_finished_extrinsics();

		#[block]
		{
			Pallet::<T>::on_finalize(1_u32.into());
		}

		let written = Receipts::<T>::get();
		assert_eq!(written.len() as u32, t + 1);
		assert_eq!(written[0].event_count, e + 1);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
