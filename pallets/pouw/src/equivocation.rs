//! Reports of authorities that attested two blocks of one slot.
//!
//! A report is two signatures and a proof that the key was a validator's in the session of the
//! slot. Anyone may send one; a node that finds an equivocation puts the report unsigned into a
//! block that it writes itself. Whoever signed the report is its reporter, or else the block's author.

use crate::{Call, Config, Error, Pallet, LOG_TARGET};
use alloc::{boxed::Box, vec, vec::Vec};
use core::marker::PhantomData;
use frame_support::{
	ensure,
	traits::{Get, KeyOwnerProofSystem},
};
use sp_consensus_pouw::{AuthorityId, EquivocationProof, KEY_TYPE, OFFENCE_KIND};
use sp_core::H256;
use sp_runtime::{
	traits::Zero,
	transaction_validity::{
		InvalidTransaction, TransactionPriority, TransactionSource, TransactionValidity,
		TransactionValidityError, ValidTransaction,
	},
	DispatchError, KeyTypeId, Perbill,
};
use sp_session::{GetSessionNumber, GetValidatorCount};
use sp_staking::{
	offence::{Kind, Offence, OffenceReportSystem, ReportOffence},
	SessionIndex,
};

/// That a validator attested two blocks of one slot.
pub struct AttestationOffence<Offender> {
	/// The session of the slot.
	pub session_index: SessionIndex,
	/// How many validators the session had.
	pub validator_set_count: u32,
	/// The validator.
	pub offender: Offender,
}

impl<Offender: Clone> Offence<Offender> for AttestationOffence<Offender> {
	const ID: Kind = OFFENCE_KIND;
	/// One offence counts in a session. With a key there can be one for each of its slots, and none
	/// of them costs a reporter anything.
	type Slot = SessionIndex;

	fn offenders(&self) -> Vec<Offender> {
		vec![self.offender.clone()]
	}

	fn session_index(&self) -> SessionIndex {
		self.session_index
	}

	fn validator_set_count(&self) -> u32 {
		self.validator_set_count
	}

	fn slot(&self) -> SessionIndex {
		self.session_index
	}

	/// `min((3k / n)^2, 1)` for `k` offenders of `n` validators: the more at once, the worse.
	fn slash_fraction(&self, offenders_count: u32) -> Perbill {
		Perbill::from_rational(offenders_count.saturating_mul(3), self.validator_set_count).square()
	}
}

/// Checks reports against the proofs of `P`, and passes offences on to `R`. Unsigned reports stay in
/// the pool for `L` blocks.
pub struct EquivocationReportSystem<T, R, P, L>(PhantomData<(T, R, P, L)>);

impl<T, R, P, L>
	OffenceReportSystem<Option<T::AccountId>, (EquivocationProof<H256>, T::KeyOwnerProof)>
	for EquivocationReportSystem<T, R, P, L>
where
	T: Config + pallet_authorship::Config + frame_system::offchain::CreateBare<Call<T>>,
	R: ReportOffence<
		T::AccountId,
		P::IdentificationTuple,
		AttestationOffence<P::IdentificationTuple>,
	>,
	P: KeyOwnerProofSystem<(KeyTypeId, AuthorityId), Proof = T::KeyOwnerProof>,
	P::IdentificationTuple: Clone,
	L: Get<u64>,
{
	type Longevity = L;

	fn publish_evidence(
		(equivocation_proof, key_owner_proof): (EquivocationProof<H256>, T::KeyOwnerProof),
	) -> Result<(), ()> {
		let call = Call::report_equivocation_unsigned {
			equivocation_proof: Box::new(equivocation_proof),
			key_owner_proof,
		};
		let transaction = T::create_bare(call.into());
		frame_system::offchain::SubmitTransaction::<T, Call<T>>::submit_transaction(transaction)
			.inspect_err(|_| log::error!(target: LOG_TARGET, "No report could be submitted"))
	}

	fn check_evidence(
		(equivocation_proof, key_owner_proof): (EquivocationProof<H256>, T::KeyOwnerProof),
	) -> Result<(), TransactionValidityError> {
		let session_index = key_owner_proof.session();
		let offender = P::check_proof((KEY_TYPE, equivocation_proof.offender), key_owner_proof)
			.ok_or(InvalidTransaction::BadProof)?;
		ensure!(!R::is_known_offence(&[offender], &session_index), InvalidTransaction::Stale);
		Ok(())
	}

	fn process_evidence(
		reporter: Option<T::AccountId>,
		(equivocation_proof, key_owner_proof): (EquivocationProof<H256>, T::KeyOwnerProof),
	) -> Result<(), DispatchError> {
		let reporter = reporter.or_else(pallet_authorship::Pallet::<T>::author);
		let slot = equivocation_proof.slot;
		let session_index = key_owner_proof.session();
		let validator_set_count = key_owner_proof.validator_count();
		// A key may be a validator's in one session and not in another.
		ensure!(
			Pallet::<T>::is_in_session(slot, session_index),
			Error::<T>::InvalidKeyOwnershipProof
		);
		// Nobody has blocks of a slot to come, and there are too many of those.
		ensure!(slot <= Pallet::<T>::slot_claim().0, Error::<T>::InvalidEquivocationProof);
		let key = (KEY_TYPE, equivocation_proof.offender.clone());
		let offender =
			P::check_proof(key, key_owner_proof).ok_or(Error::<T>::InvalidKeyOwnershipProof)?;
		let genesis_hash = frame_system::Pallet::<T>::block_hash(
			frame_system::pallet_prelude::BlockNumberFor::<T>::zero(),
		);
		ensure!(equivocation_proof.verify(&genesis_hash), Error::<T>::InvalidEquivocationProof);
		let offence = AttestationOffence { session_index, validator_set_count, offender };
		R::report_offence(reporter.into_iter().collect(), offence)
			.map_err(|_| Error::<T>::DuplicateOffenceReport.into())
	}
}

impl<T: Config> Pallet<T> {
	/// Takes an unsigned report from this node itself only, so that nobody can flood others with
	/// them; whoever else has a proof signs for it.
	pub(crate) fn validate_report(
		source: TransactionSource,
		call: &Call<T>,
	) -> TransactionValidity {
		let Call::report_equivocation_unsigned { equivocation_proof, key_owner_proof } = call
		else {
			return InvalidTransaction::Call.into();
		};
		if !matches!(source, TransactionSource::Local | TransactionSource::InBlock) {
			return InvalidTransaction::Call.into();
		}
		Self::check_report(call)?;
		ValidTransaction::with_tag_prefix("PouwEquivocation")
			.priority(TransactionPriority::MAX)
			.and_provides((equivocation_proof.offender.clone(), key_owner_proof.session()))
			.longevity(<T::EquivocationReportSystem as OffenceReportSystem<_, _>>::Longevity::get())
			.propagate(false)
			.build()
	}

	/// Whether an unsigned report is of a validator, and new.
	pub(crate) fn check_report(call: &Call<T>) -> Result<(), TransactionValidityError> {
		let Call::report_equivocation_unsigned { equivocation_proof, key_owner_proof } = call
		else {
			return Err(InvalidTransaction::Call.into());
		};
		T::EquivocationReportSystem::check_evidence((
			*equivocation_proof.clone(),
			key_owner_proof.clone(),
		))
	}
}
