//! # PoUW pallet
//!
//! Gives each block its weight, from what its author cannot make alone.
//!
//! ## Terms
//!
//! - **Set**: the authorities of a session with their stakes. The set of a block attests it.
//! - **Support**: the stake that attested a block, out of its set's.
//! - **Beacon**: of block `n`, `blake2(beacon of n - 1, VRF output of n's author)`.
//!
//! ## Overview
//!
//! The author of a block includes the attestations of its parent that it knows of, as an inherent
//! ([`Call::attest`]). They are checked against the parent's set, which in the first block of a
//! session may not be the block's own. They are passed on to [`Config::Attested`], with the author's
//! word on how far finality has come. At its end the block gets a digest with its weight by part:
//! kind of slot, support of the parent, and the useful work that [`Config::Work`] says was settled.
//! A header that claims another weight fails execution, so a client can choose between chains by
//! their headers.
//!
//! ## Example
//!
//! A block in a secondary slot whose parent half of the stake attested, and in which no work was
//! settled, weighs 500 + 500 + 0. With work in it that scored 1,000, it weighs 500 + 500 + 333: work
//! adds a third of the rest at most.
//!
//! ## Offences
//!
//! Whoever attests two blocks of one slot can be reported with both signatures and a proof that the
//! key was a validator's ([`Call::report_equivocation`]). If nobody signed for the report, the author
//! of the block that it is in counts as the reporter.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(any(test, feature = "runtime-benchmarks")),
	deny(
		clippy::arithmetic_side_effects,
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::indexing_slicing
	)
)]

extern crate alloc;

mod equivocation;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use equivocation::{AttestationOffence, EquivocationReportSystem};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use alloc::{boxed::Box, vec::Vec};
use codec::Encode;
use core::marker::PhantomData;
use frame_support::{pallet_prelude::*, traits::OneSessionHandler};
use frame_system::pallet_prelude::*;
use mbongo_primitives::{
	time::{BEACON_BLOCKS, EPOCH_SLOTS, HISTORY_SESSIONS},
	work::{AttestationSink, SettledWorkSource, StakeSource},
};
use sp_consensus_babe::digests::PreDigest;
use sp_consensus_pouw::{
	attestation_payload, find_claim, AuthorityId, AuthoritySet, BlockWeight, EquivocationProof,
	InherentType, OpaqueKeyOwnershipProof, ParentAttestations, PouwLog, Slot, Stake, WeightLog,
	INHERENT_IDENTIFIER, MAX_AUTHORITIES, WEIGHT_LOG_VERSION,
};
use sp_core::H256;
use sp_runtime::{
	traits::{One, SaturatedConversion, Saturating, Zero},
	BoundToRuntimeAppPublic, RuntimeAppPublic,
};
use sp_session::{GetSessionNumber, GetValidatorCount};
use sp_staking::{offence::OffenceReportSystem, SessionIndex};

const LOG_TARGET: &str = "runtime::pouw";

#[frame_support::pallet]
#[allow(clippy::expect_used)] // in what the macro writes for storage items
pub mod pallet {
	use super::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<Hash = H256> + pallet_session::Config {
		/// The weights of this pallet's calls and hooks.
		type WeightInfo: WeightInfo;

		/// The most authorities of a set, at most [`MAX_AUTHORITIES`].
		#[pallet::constant]
		type MaxAuthorities: Get<u32>;

		/// Where the stakes of a new set come from.
		type Stakes: StakeSource<Self::ValidatorId>;

		/// Where the useful work settled in the current block is heard of.
		type Work: SettledWorkSource;

		/// What hears of the attestations that blocks include. Its cost is part of
		/// [`WeightInfo::attest`].
		type Attested: AttestationSink;

		/// The VRF output of the current block's author, known at the block's end.
		type AuthorVrf: Get<Option<[u8; 32]>>;

		/// Proof that a key was a validator's in some session.
		type KeyOwnerProof: Parameter + GetSessionNumber + GetValidatorCount;

		/// What checks reports of equivocations, and passes them on to be punished.
		type EquivocationReportSystem: OffenceReportSystem<
			Option<Self::AccountId>,
			(EquivocationProof<H256>, Self::KeyOwnerProof),
		>;

		/// Makes validators that own keys.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::KeyOwnerProof>;
	}

	/// The set of the current block.
	#[pallet::storage]
	pub type Authorities<T: Config> =
		StorageValue<_, BoundedVec<(AuthorityId, Stake), T::MaxAuthorities>, ValueQuery>;

	/// The set of the parent, in the first block of a session; cleared at the block's end. It is there
	/// even if the new set is the same, since the validators need not be.
	#[pallet::storage]
	pub type ParentAuthorities<T: Config> =
		StorageValue<_, BoundedVec<(AuthorityId, Stake), T::MaxAuthorities>, OptionQuery>;

	/// The slot of the last block: while a block executes, of its parent.
	#[pallet::storage]
	pub type LastSlot<T: Config> = StorageValue<_, Slot, OptionQuery>;

	/// The parent's support, once this block has included attestations; cleared at the block's end.
	#[pallet::storage]
	pub type ParentSupport<T: Config> = StorageValue<_, Support, OptionQuery>;

	/// The beacons of the last [`BEACON_BLOCKS`] blocks.
	#[pallet::storage]
	pub type Beacons<T: Config> = StorageMap<_, Twox64Concat, BlockNumberFor<T>, H256, OptionQuery>;

	/// The slots in which the last [`HISTORY_SESSIONS`] sessions began.
	#[pallet::storage]
	pub type SessionStarts<T: Config> =
		StorageMap<_, Twox64Concat, SessionIndex, Slot, OptionQuery>;

	/// Slots of an epoch, fixed at genesis, so that one code serves short epochs for development and
	/// long ones.
	#[pallet::storage]
	pub type EpochSlots<T: Config> = StorageValue<_, u32, ValueQuery, DefaultEpochSlots>;

	/// What [`EpochSlots`] is unless the genesis says otherwise.
	#[pallet::type_value]
	pub fn DefaultEpochSlots() -> u32 {
		EPOCH_SLOTS
	}

	/// The sets come from the session's genesis.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// See [`EpochSlots`].
		pub epoch_slots: u32,
		#[serde(skip)]
		#[doc(hidden)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self { epoch_slots: EPOCH_SLOTS, _config: PhantomData }
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(self.epoch_slots > 0, "an epoch has one slot at least");
			EpochSlots::<T>::put(self.epoch_slots);
		}
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The parent is the genesis block, which nobody attests.
		GenesisParent,
		/// This block has included attestations already.
		AlreadyAttested,
		/// The bitfield is not the one form for the parent's set.
		MalformedAttestations,
		/// A signature is not that of the authority in its place.
		BadSignature,
		/// The two signatures do not prove an equivocation.
		InvalidEquivocationProof,
		/// The key was not a validator's in the session of the slot.
		InvalidKeyOwnershipProof,
		/// The offence has been reported already.
		DuplicateOffenceReport,
		/// The block that the author says to be final is not before its own.
		FinalisedTooHigh,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			// What `on_finalize` will take.
			<T as Config>::WeightInfo::on_finalize()
		}

		fn on_finalize(number: BlockNumberFor<T>) {
			ParentAuthorities::<T>::kill();
			Self::note_beacon(number);
			let (slot, primary) = Self::slot_claim();
			LastSlot::<T>::put(slot);
			Self::deposit_weight(primary);
		}

		fn integrity_test() {
			assert!(
				(1..=MAX_AUTHORITIES).contains(&T::MaxAuthorities::get()),
				"a set has one authority at least, and no more than attestations can name"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Includes attestations of the parent block, and the number of the last block that the
		/// author knew to be final, at most the parent. An inherent, at most once a block.
		///
		/// ## Origin
		/// None: authors include it, nobody can send it.
		///
		/// ## Details
		/// The attestations prove themselves; `finalised` is the author's word alone. It is passed on
		/// to [`Config::Attested`] and changes nothing here.
		///
		/// ## Errors
		/// Any error makes the block invalid: [`Error::GenesisParent`],
		/// [`Error::AlreadyAttested`], [`Error::FinalisedTooHigh`],
		/// [`Error::MalformedAttestations`], [`Error::BadSignature`].
		#[pallet::call_index(0)]
		#[pallet::weight((
			<T as Config>::WeightInfo::attest(attestations.signatures.len() as u32),
			DispatchClass::Mandatory
		))]
		pub fn attest(
			origin: OriginFor<T>,
			attestations: ParentAttestations,
			#[pallet::compact] finalised: BlockNumberFor<T>,
		) -> DispatchResult {
			ensure_none(origin)?;
			let slot = LastSlot::<T>::get().ok_or(Error::<T>::GenesisParent)?;
			ensure!(!ParentSupport::<T>::exists(), Error::<T>::AlreadyAttested);
			let number = frame_system::Pallet::<T>::block_number();
			ensure!(finalised < number, Error::<T>::FinalisedTooHigh);
			let last_set = ParentAuthorities::<T>::get();
			let of_last_set = last_set.is_some();
			let set = last_set.unwrap_or_else(Authorities::<T>::get);
			let signers =
				attestations.signers(set.len()).ok_or(Error::<T>::MalformedAttestations)?;

			let genesis_hash = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
			let parent_hash = frame_system::Pallet::<T>::parent_hash();
			let payload = attestation_payload(&genesis_hash, slot, &parent_hash);
			let mut attested: Stake = 0;
			for (index, signature) in &signers {
				let (authority, stake) =
					set.get(*index).ok_or(Error::<T>::MalformedAttestations)?;
				ensure!(authority.verify(&payload, signature), Error::<T>::BadSignature);
				attested = attested.saturating_add(*stake);
			}
			let total = set.iter().fold(0, |sum: Stake, (_, stake)| sum.saturating_add(*stake));
			ParentSupport::<T>::put(Support { attested, total });

			let places: Vec<_> = signers.into_iter().map(|(index, _)| index).collect();
			let unfinalised = number.saturating_sub(One::one()).saturating_sub(finalised);
			T::Attested::attested(&places, of_last_set, unfinalised.saturated_into());
			Ok(())
		}

		/// Reports an authority that attested two blocks of one slot.
		///
		/// ## Origin
		/// Signed, by the reporter. A good report costs no fee.
		///
		/// ## Errors
		/// [`Error::InvalidEquivocationProof`], [`Error::InvalidKeyOwnershipProof`],
		/// [`Error::DuplicateOffenceReport`].
		#[pallet::call_index(1)]
		// For a full set, whatever number of validators the proof claims.
		#[pallet::weight(<T as Config>::WeightInfo::report_equivocation())]
		pub fn report_equivocation(
			origin: OriginFor<T>,
			equivocation_proof: Box<EquivocationProof<H256>>,
			key_owner_proof: T::KeyOwnerProof,
		) -> DispatchResultWithPostInfo {
			let reporter = ensure_signed(origin)?;
			T::EquivocationReportSystem::process_evidence(
				Some(reporter),
				(*equivocation_proof, key_owner_proof),
			)?;
			Ok(Pays::No.into())
		}

		/// The same, by an author into its own block, who is then the reporter.
		///
		/// ## Origin
		/// None; only the node that writes the block can put it there.
		///
		/// ## Errors
		/// As [`Call::report_equivocation`].
		#[pallet::call_index(2)]
		// For a full set, whatever number of validators the proof claims.
		#[pallet::weight(<T as Config>::WeightInfo::report_equivocation())]
		pub fn report_equivocation_unsigned(
			origin: OriginFor<T>,
			equivocation_proof: Box<EquivocationProof<H256>>,
			key_owner_proof: T::KeyOwnerProof,
		) -> DispatchResultWithPostInfo {
			ensure_none(origin)?;
			T::EquivocationReportSystem::process_evidence(
				None,
				(*equivocation_proof, key_owner_proof),
			)?;
			Ok(Pays::No.into())
		}
	}

	#[pallet::inherent]
	impl<T: Config> ProvideInherent for Pallet<T> {
		type Call = Call<T>;
		type Error = sp_consensus_pouw::InherentError;
		const INHERENT_IDENTIFIER: InherentIdentifier = INHERENT_IDENTIFIER;

		fn create_inherent(data: &InherentData) -> Option<Self::Call> {
			let InherentType { attestations, finalised } =
				data.get_data(&INHERENT_IDENTIFIER).ok().flatten()?;
			(!attestations.signatures.is_empty())
				.then_some(Call::attest { attestations, finalised })
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::attest { .. })
		}
	}

	#[allow(deprecated)] // as the SDK's own pallets with reports do
	#[pallet::validate_unsigned]
	impl<T: Config> ValidateUnsigned for Pallet<T> {
		type Call = Call<T>;

		fn validate_unsigned(source: TransactionSource, call: &Self::Call) -> TransactionValidity {
			Self::validate_report(source, call)
		}

		fn pre_dispatch(call: &Self::Call) -> Result<(), TransactionValidityError> {
			match call {
				// Inherents come this way too; they are checked as they execute.
				Call::attest { .. } => Ok(()),
				_ => Self::check_report(call),
			}
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The set that attests the current block.
	pub fn authorities() -> AuthoritySet {
		Authorities::<T>::get().into_inner()
	}

	/// The beacon of a block, if it is kept.
	pub fn beacon(number: BlockNumberFor<T>) -> Option<H256> {
		Beacons::<T>::get(number)
	}

	/// Whether a slot fell in this session.
	pub fn is_in_session(slot: Slot, session: SessionIndex) -> bool {
		SessionStarts::<T>::get(session).is_some_and(|start| start <= slot)
			&& SessionStarts::<T>::get(session.saturating_add(1)).is_none_or(|next| slot < next)
	}

	/// Hands a report to the transaction pool; for an offchain context.
	pub fn submit_equivocation_report(
		equivocation_proof: EquivocationProof<H256>,
		key_owner_proof: OpaqueKeyOwnershipProof,
	) -> Option<()> {
		let key_owner_proof = key_owner_proof.decode::<T::KeyOwnerProof>()?;
		T::EquivocationReportSystem::publish_evidence((equivocation_proof, key_owner_proof)).ok()
	}

	/// The slot of the current block, and whether its author won it by VRF.
	fn slot_claim() -> (Slot, bool) {
		find_claim(&frame_system::Pallet::<T>::digest()).map_or((Slot::from(0), false), |claim| {
			(claim.slot(), matches!(claim, PreDigest::Primary(_)))
		})
	}

	fn note_beacon(number: BlockNumberFor<T>) {
		let last = Beacons::<T>::get(number.saturating_sub(One::one())).unwrap_or_default();
		let vrf = T::AuthorVrf::get().unwrap_or_default();
		Beacons::<T>::insert(number, H256(sp_io::hashing::blake2_256(&(last, vrf).encode())));
		Beacons::<T>::remove(number.saturating_sub(BEACON_BLOCKS.into()));
	}

	fn deposit_weight(primary: bool) {
		let support = ParentSupport::<T>::take().unwrap_or(Support { attested: 0, total: 0 });
		let work = T::Work::settled();
		let weight = BlockWeight::new(primary, support.attested, support.total, work.total_score);
		let log = PouwLog::Weight(WeightLog {
			version: WEIGHT_LOG_VERSION,
			base: weight.base,
			attestation: weight.attestation,
			pouw: weight.pouw,
			total_pouw_score: work.total_score,
			provider_count: work.provider_count,
			compute_receipts_root: work.receipts_root,
		});
		frame_system::Pallet::<T>::deposit_log(log.into());
	}

	/// Makes the set of a session that begins now.
	fn begin_session<'a>(validators: impl Iterator<Item = (&'a T::ValidatorId, AuthorityId)>)
	where
		T::ValidatorId: 'a,
	{
		let session = pallet_session::Pallet::<T>::current_index();
		let set: Vec<_> =
			validators.map(|(validator, key)| (key, T::Stakes::stake_of(validator))).collect();
		let most = T::MaxAuthorities::get();
		let left_out = set.len().saturating_sub(most as usize);
		if left_out > 0 {
			log::error!(
				target: LOG_TARGET,
				"{left_out} validators of session {session} cannot attest: a set holds {most}"
			);
		}
		let set = BoundedVec::truncate_from(set);
		SessionStarts::<T>::insert(session, Self::slot_claim().0);
		if let Some(forgotten) = session.checked_sub(HISTORY_SESSIONS) {
			SessionStarts::<T>::remove(forgotten);
		}
		ParentAuthorities::<T>::put(Authorities::<T>::get());
		Authorities::<T>::put(set);
	}

	/// What holds between blocks.
	#[cfg(any(feature = "try-runtime", test))]
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		ensure!(!ParentSupport::<T>::exists(), "support outlived its block");
		ensure!(!ParentAuthorities::<T>::exists(), "the parent's set outlived its block");
		ensure!(!Authorities::<T>::get().is_empty(), "nobody attests");

		let number = frame_system::Pallet::<T>::block_number();
		let kept = number.min(BEACON_BLOCKS.into());
		let oldest = number.saturating_sub(kept).saturating_add(One::one());
		let beacons: Vec<_> = Beacons::<T>::iter_keys().collect();
		// So many, none of them outside: then it is just these blocks that have one.
		ensure!(kept == (beacons.len() as u32).into(), "beacons are missing or left over");
		ensure!(
			beacons.iter().all(|block| (oldest..=number).contains(block)),
			"a beacon is not of the last blocks"
		);

		let mut starts: Vec<_> = SessionStarts::<T>::iter().collect();
		ensure!(starts.len() <= HISTORY_SESSIONS as usize, "too many sessions are kept");
		starts.sort_by_key(|(session, _)| *session);
		ensure!(
			starts.iter().zip(starts.iter().skip(1)).all(|((_, a), (_, b))| a <= b),
			"a later session began earlier"
		);
		Ok(())
	}
}

/// How many slots an epoch has, for BABE.
pub struct EpochDuration<T>(PhantomData<T>);

impl<T: Config> Get<u64> for EpochDuration<T> {
	fn get() -> u64 {
		EpochSlots::<T>::get().into()
	}
}

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
	type Public = AuthorityId;
}

impl<T: Config> OneSessionHandler<T::ValidatorId> for Pallet<T> {
	type Key = AuthorityId;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a T::ValidatorId, AuthorityId)> + 'a,
		T::ValidatorId: 'a,
	{
		Self::begin_session(validators);
		// The genesis block has no parent.
		ParentAuthorities::<T>::kill();
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued: I)
	where
		I: Iterator<Item = (&'a T::ValidatorId, AuthorityId)> + 'a,
		T::ValidatorId: 'a,
	{
		Self::begin_session(validators);
	}

	/// A disabled authority's attestations still count: to be disabled is to write no blocks.
	fn on_disabled(_: u32) {}
}
