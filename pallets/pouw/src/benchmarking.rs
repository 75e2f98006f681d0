//! The worst cases of this pallet's calls and hooks.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::traits::Hooks;
use frame_system::RawOrigin;
use sp_consensus_babe::digests::{CompatibleDigestItem, SecondaryPlainPreDigest};
use sp_consensus_pouw::{Attestation, AuthoritySignature};
use sp_runtime::DigestItem;

fn key(n: u32) -> AuthorityId {
	AuthorityId::generate_pair(Some(alloc::format!("//{n}").into_bytes()))
}

fn genesis_hash<T: Config>() -> H256 {
	frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
}

fn sign<T: Config>(key: &AuthorityId, slot: Slot, hash: H256) -> AuthoritySignature {
	key.sign(&attestation_payload(&genesis_hash::<T>(), slot, &hash)).expect("it was just made")
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// Everybody of a full set could attest, and `n` did.
	#[benchmark]
	fn attest(n: Linear<0, { T::MaxAuthorities::get() }>) -> Result<(), BenchmarkError> {
		let slot = Slot::from(7);
		let parent = frame_system::Pallet::<T>::parent_hash();
		let keys: Vec<_> = (0..T::MaxAuthorities::get()).map(key).collect();
		let set: Vec<(AuthorityId, Stake)> = keys.iter().map(|key| (key.clone(), 1)).collect();
		Authorities::<T>::put(BoundedVec::truncate_from(set));
		ParentAuthorities::<T>::kill();
		ParentSupport::<T>::kill();
		LastSlot::<T>::put(slot);
		let signed =
			keys.iter().take(n as usize).map(|key| sign::<T>(key, slot, parent)).enumerate();
		let attestations = ParentAttestations::new(keys.len(), signed).expect("in order");

		#[extrinsic_call]
		_(RawOrigin::None, attestations, BlockNumberFor::<T>::zero());

		assert_eq!(ParentSupport::<T>::get().map(|support| support.attested), Some(n.into()));
		Ok(())
	}

	/// One of a full set, in the current session, whose proof is checked against all its keys.
	#[benchmark]
	fn report_equivocation() {
		let (offender, slot) = (key(0), Slot::from(7));
		let claim = SecondaryPlainPreDigest { authority_index: 0, slot };
		frame_system::Pallet::<T>::deposit_log(
			<DigestItem as CompatibleDigestItem>::babe_pre_digest(PreDigest::SecondaryPlain(claim)),
		);
		let owner = T::BenchmarkHelper::prove_in_full_set(offender.clone());
		SessionStarts::<T>::insert(owner.session(), slot);
		let [first, second] = [1, 2].map(|n| {
			let block_hash = H256::repeat_byte(n);
			let signature = sign::<T>(&offender, slot, block_hash);
			Attestation { slot, block_hash, authority: offender.clone(), signature }
		});
		let proof = EquivocationProof::from_pair(&first, &second).expect("two blocks of one slot");
		let evidence = (proof.clone(), owner.clone());
		assert!(T::EquivocationReportSystem::check_evidence(evidence.clone()).is_ok());

		#[extrinsic_call]
		_(RawOrigin::Signed(account("reporter", 0, 0)), Box::new(proof), owner);

		assert!(T::EquivocationReportSystem::check_evidence(evidence).is_err(), "known now");
	}

	/// A block with attestations, the first of a new set, that drops an old beacon.
	#[benchmark]
	fn on_finalize() {
		let number = BlockNumberFor::<T>::from(BEACON_BLOCKS).saturating_add(One::one());
		Beacons::<T>::insert(BlockNumberFor::<T>::one(), H256::repeat_byte(1));
		ParentSupport::<T>::put(Support { attested: 1, total: 2 });
		ParentAuthorities::<T>::put(BoundedVec::truncate_from(Pallet::<T>::authorities()));

		#[block]
		{
			Pallet::<T>::on_finalize(number);
		}

		assert!(Beacons::<T>::contains_key(number));
	}

	#[cfg(test)]
	fn with_keystore() -> sp_io::TestExternalities {
		let mut state = crate::mock::new_test_ext();
		let keystore = sp_keystore::testing::MemoryKeystore::new();
		state.register_extension(sp_keystore::KeystoreExt::new(keystore));
		state
	}

	impl_benchmark_test_suite!(Pallet, with_keystore(), crate::mock::Test);
}
