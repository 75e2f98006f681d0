//! What the node and stock tools ask of the runtime.

// A call of a contract has the arguments that it has.
#![allow(clippy::too_many_arguments)]

use crate::*;
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	dispatch::GetDispatchInfo,
	genesis_builder_helper::{build_state, get_preset},
	storage,
	traits::{Get, KeyOwnerProofSystem},
	weights::Weight,
};
use mbongo_gas::Gas;
use mbongo_primitives::{
	execution::Receipt,
	gates::{Admission, Refusal},
	limits,
	staking::{DelegationInfo, Supply, UnbondingInfo, ValidatorInfo},
	Balance, Hash, Nonce,
};
use mbongo_vm::{Facts, Refusal as CodeRefusal, VmCall, VmOutput};
use pallet_contracts::{CodeInfo, CodeSource, ContractInfo, Simulation, Step};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use sp_api::impl_runtime_apis;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_core::{crypto::KeyTypeId, storage::well_known_keys, OpaqueMetadata};
use sp_runtime::{
	generic::Preamble,
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, DispatchError,
};
use sp_session::OpaqueGeneratedSessionKeys;

/// Only who signs pays.
fn is_signed(transaction: &UncheckedExtrinsic) -> bool {
	matches!(transaction.preamble, Preamble::Signed(..))
}

/// Lets what is asked happen in the next block.
fn begin_next_block() {
	let (number, parent) = (System::block_number(), System::parent_hash());
	System::initialize(&number.saturating_add(1), &parent, &Default::default());
}

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}

		fn initialize_block(
			header: &<Block as BlockT>::Header,
		) -> sp_runtime::ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(
			data: sp_inherents::InherentData,
		) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(
			owner: Vec<u8>,
			seed: Option<Vec<u8>>,
		) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl sp_consensus_babe::BabeApi<Block> for Runtime {
		fn configuration() -> sp_consensus_babe::BabeConfiguration {
			let epoch_config = Babe::epoch_config().unwrap_or(BABE_GENESIS_EPOCH);
			sp_consensus_babe::BabeConfiguration {
				slot_duration: Babe::slot_duration(),
				epoch_length: <Runtime as pallet_babe::Config>::EpochDuration::get(),
				c: epoch_config.c,
				authorities: Babe::authorities().to_vec(),
				randomness: Babe::randomness(),
				allowed_slots: epoch_config.allowed_slots,
			}
		}

		fn current_epoch_start() -> sp_consensus_babe::Slot {
			Babe::current_epoch_start()
		}

		fn current_epoch() -> sp_consensus_babe::Epoch {
			Babe::current_epoch()
		}

		fn next_epoch() -> sp_consensus_babe::Epoch {
			Babe::next_epoch()
		}

		fn generate_key_ownership_proof(
			slot: sp_consensus_babe::Slot,
			authority_id: sp_consensus_babe::AuthorityId,
		) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> {
			// A proof of another session than the slot's would pass the pool and fail in the block.
			if !Pouw::is_in_session(slot, Session::current_index()) {
				return None;
			}
			Historical::prove((sp_consensus_babe::KEY_TYPE, authority_id))
				.map(|proof| sp_consensus_babe::OpaqueKeyOwnershipProof::new(proof.encode()))
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_babe::EquivocationProof<<Block as BlockT>::Header>,
			key_owner_proof: sp_consensus_babe::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			// BABE's client also reports headers without their seals. Such a report would fail in a
			// block, and until then keep a good one out of the pool.
			if !sp_consensus_babe::check_equivocation_proof(equivocation_proof.clone()) {
				return None;
			}
			Babe::submit_unsigned_equivocation_report(
				equivocation_proof,
				key_owner_proof.decode()?,
			)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			pallet_grandpa::CurrentSetId::<Runtime>::get()
		}

		fn generate_key_ownership_proof(
			_set_id: sp_consensus_grandpa::SetId,
			authority_id: GrandpaId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			Historical::prove((sp_consensus_grandpa::KEY_TYPE, authority_id))
				.map(|proof| sp_consensus_grandpa::OpaqueKeyOwnershipProof::new(proof.encode()))
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_grandpa::EquivocationProof<
				<Block as BlockT>::Hash,
				NumberFor<Block>,
			>,
			key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Grandpa::submit_unsigned_equivocation_report(
				equivocation_proof,
				key_owner_proof.decode()?,
			)
		}
	}

	impl sp_consensus_pouw::PouwApi<Block> for Runtime {
		fn authorities() -> sp_consensus_pouw::AuthoritySet {
			Pouw::authorities()
		}

		fn next_authorities() -> Vec<sp_consensus_pouw::AuthorityId> {
			Session::queued_keys().into_iter().map(|(_, keys)| keys.pouw).collect()
		}

		fn included_attestations(
			extrinsic: <Block as BlockT>::Extrinsic,
		) -> Option<sp_consensus_pouw::ParentAttestations> {
			match extrinsic.function {
				RuntimeCall::Pouw(pallet_pouw::Call::attest { attestations, .. }) => {
					Some(attestations)
				}
				_ => None,
			}
		}

		fn reported_offences() -> Vec<sp_consensus_pouw::OffenceKind> {
			System::read_events_no_consensus()
				.filter_map(|record| match record.event {
					RuntimeEvent::Offences(pallet_offences::Event::Offence { kind, .. }) => {
						Some(kind)
					}
					_ => None,
				})
				.collect()
		}

		fn beacon(number: BlockNumber) -> Option<Hash> {
			Pouw::beacon(number)
		}

		fn generate_key_ownership_proof(
			slot: sp_consensus_babe::Slot,
			authority: sp_consensus_pouw::AuthorityId,
		) -> Option<sp_consensus_pouw::OpaqueKeyOwnershipProof> {
			// The proof is of the current session: only for it are all keys in the state.
			if !Pouw::is_in_session(slot, Session::current_index()) {
				return None;
			}
			Historical::prove((sp_consensus_pouw::KEY_TYPE, authority))
				.map(|proof| sp_consensus_pouw::OpaqueKeyOwnershipProof::new(proof.encode()))
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_pouw::EquivocationProof<<Block as BlockT>::Hash>,
			key_owner_proof: sp_consensus_pouw::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Pouw::submit_equivocation_report(equivocation_proof, key_owner_proof)
		}
	}

	impl sp_authority_discovery::AuthorityDiscoveryApi<Block> for Runtime {
		fn authorities() -> Vec<sp_authority_discovery::AuthorityId> {
			AuthorityDiscovery::authorities()
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl mbongo_primitives::execution::ExecutionApi<Block> for Runtime {
		fn receipts() -> Vec<Receipt> {
			Execution::receipts()
		}

		fn receipt(index: u32) -> Option<Receipt> {
			Execution::receipts().into_iter().nth(index as usize)
		}

		fn gas_price() -> Balance {
			Execution::gas_price()
		}

		fn error_name(pallet: u8, error: u8) -> Option<(Vec<u8>, Vec<u8>)> {
			errors::ErrorTable::names(pallet, error)
				.map(|(pallet, error)| (pallet.into(), error.into()))
		}
	}

	impl pallet_contracts::api::ContractsApi<Block> for Runtime {
		fn simulate_call(
			origin: AccountId,
			contract: AccountId,
			call: VmCall,
			value: Balance,
			gas_limit: Gas,
			deposit_limit: Balance,
		) -> Simulation<AccountId> {
			begin_next_block();
			Contracts::simulate_call(origin, contract, call, value, gas_limit, deposit_limit)
		}

		fn simulate_deploy(
			origin: AccountId,
			code: CodeSource<Hash>,
			call: VmCall,
			value: Balance,
			gas_limit: Gas,
			deposit_limit: Balance,
			salt: Vec<u8>,
		) -> Simulation<AccountId> {
			begin_next_block();
			Contracts::simulate_deploy(
				origin,
				code,
				call,
				value,
				gas_limit,
				deposit_limit,
				salt,
			)
		}

		fn view(
			caller: AccountId,
			contract: AccountId,
			call: VmCall,
			gas_limit: Gas,
		) -> Result<VmOutput, DispatchError> {
			Contracts::view(caller, contract, call, gas_limit)
		}

		fn trace_call(
			origin: AccountId,
			contract: AccountId,
			call: VmCall,
			value: Balance,
			gas_limit: Gas,
			deposit_limit: Balance,
			most_steps: u32,
		) -> (Vec<Step<AccountId>>, Result<VmOutput, DispatchError>, Gas) {
			begin_next_block();
			Contracts::trace_call(
				origin,
				contract,
				call,
				value,
				gas_limit,
				deposit_limit,
				most_steps,
			)
		}

		fn check_code(code: Vec<u8>) -> Result<Facts, CodeRefusal> {
			mbongo_vm::admit(&code, mbongo_vm::limits::CONTRACT_PAGES)
		}

		fn code(code_hash: Hash) -> Option<CodeInfo<AccountId>> {
			pallet_contracts::CodeInfoOf::<Runtime>::get(code_hash)
		}

		fn contract(address: AccountId) -> Option<ContractInfo<AccountId, Hash>> {
			pallet_contracts::ContractInfoOf::<Runtime>::get(address)
		}

		fn storage(contract: AccountId, key: Vec<u8>) -> Option<Vec<u8>> {
			Contracts::storage(&contract, &key)
		}

		fn address_of(deployer: AccountId, code_hash: Hash, salt: Vec<u8>) -> AccountId {
			Contracts::address_of(&deployer, code_hash, &salt)
		}
	}

	impl mbongo_primitives::staking::StakingApi<Block> for Runtime {
		fn validators() -> Vec<ValidatorInfo<AccountId>> {
			Staking::validators()
		}

		fn delegations(who: AccountId) -> Vec<DelegationInfo<AccountId>> {
			Staking::delegations(who)
		}

		fn unbonding(who: AccountId) -> Vec<UnbondingInfo<AccountId>> {
			Staking::unbonding(who)
		}

		fn pending_rewards(who: AccountId) -> Vec<(AccountId, Balance)> {
			Staking::pending_rewards(who)
		}

		fn next_active_set() -> Vec<(AccountId, Balance)> {
			Staking::next_active_set()
		}

		fn supply() -> Supply {
			let issued = Balances::total_issuance();
			let (genesis, changes) = Execution::books();
			Supply {
				genesis,
				minted: changes.minted,
				burned: changes.burned,
				issued,
				cap: mbongo_primitives::units::SUPPLY_CAP,
				for_useful_work: pallet_staking::UsefulWorkPot::<Runtime>::get(),
			}
		}
	}

	impl mbongo_primitives::gates::GatesApi<Block> for Runtime {
		fn examine(
			source: TransactionSource,
			transaction: Vec<u8>,
			block_hash: Hash,
		) -> Result<Admission, Refusal> {
			gates::examine(source, &transaction, block_hash)
		}

		fn explain_signature(transaction: Vec<u8>, others: Vec<Hash>) -> Option<Refusal> {
			gates::explain_signature(&transaction, &others)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance>
		for Runtime
	{
		fn query_info(
			uxt: <Block as BlockT>::Extrinsic,
			_len: u32,
		) -> RuntimeDispatchInfo<Balance> {
			Execution::query_info(&uxt.function, &uxt.get_dispatch_info(), is_signed(&uxt))
		}

		fn query_fee_details(uxt: <Block as BlockT>::Extrinsic, _len: u32) -> FeeDetails<Balance> {
			Execution::query_fee_details(&uxt.function, &uxt.get_dispatch_info(), is_signed(&uxt))
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			Execution::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			Execution::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<
		Block,
		Balance,
		RuntimeCall,
	> for Runtime {
		fn query_call_info(call: RuntimeCall, _len: u32) -> RuntimeDispatchInfo<Balance> {
			Execution::query_info(&call, &call.get_dispatch_info(), true)
		}

		fn query_call_fee_details(call: RuntimeCall, _len: u32) -> FeeDetails<Balance> {
			Execution::query_fee_details(&call, &call.get_dispatch_info(), true)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			Execution::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			Execution::length_to_fee(length)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)?;
			storage::unhashed::put(well_known_keys::HEAP_PAGES, &limits::HEAP_PAGES);
			genesis::check()
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis::preset)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis::preset_names()
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (
			Vec<frame_benchmarking::BenchmarkList>,
			Vec<frame_support::traits::StorageInfo>,
		) {
			use frame_benchmarking::{baseline::Pallet as BaselineBench, BenchmarkList};
			use frame_support::traits::StorageInfoTrait;
			use frame_system_benchmarking::{
				extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench,
			};

			let mut list = Vec::<BenchmarkList>::new();
			list_benchmarks!(list, extra);
			(list, AllPalletsWithSystem::storage_info())
		}

		#[allow(non_local_definitions)]
		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			use frame_benchmarking::{baseline::Pallet as BaselineBench, BenchmarkBatch};
			use frame_support::traits::{TrackedStorageKey, WhitelistedStorageKeys};
			use frame_system_benchmarking::{
				extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench,
			};

			impl frame_system_benchmarking::Config for Runtime {}
			impl frame_benchmarking::baseline::Config for Runtime {}

			let whitelist: Vec<TrackedStorageKey> =
				AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::<BenchmarkBatch>::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			let weight = Executive::try_runtime_upgrade(checks)
				.expect("a failed check must stop the tool that asked for it");
			(weight, configs::RuntimeBlockWeights::get().max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("a failed check must stop the tool that asked for it")
		}
	}
}
