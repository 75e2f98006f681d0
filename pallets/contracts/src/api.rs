//! What the runtime answers about contracts.

use crate::{CodeInfo, CodeSource, ContractInfo, Simulation, Step};
use alloc::vec::Vec;
use mbongo_gas::Gas;
use mbongo_primitives::{AccountId, Balance, Hash};
use mbongo_vm::{Facts, Refusal, VmCall, VmOutput};
use sp_runtime::DispatchError;

sp_api::decl_runtime_apis! {
	/// Contracts, and what calls of them would come to. Nothing that is asked here changes anything.
	pub trait ContractsApi {
		/// What a call comes to in the next block: what is answered, the gas that it uses of its
		/// `gas_limit`, to the unit, deposits, events, and what is different in contracts' storage then. With
		/// no more gas than a transaction can have. What a receipt counts beside it is what any transaction
		/// costs: 21,000 and its data.
		fn simulate_call(
			origin: AccountId,
			contract: AccountId,
			call: VmCall,
			value: Balance,
			gas_limit: Gas,
			deposit_limit: Balance,
		) -> Simulation<AccountId>;

		/// What a deployment comes to in the next block.
		fn simulate_deploy(
			origin: AccountId,
			code: CodeSource<Hash>,
			call: VmCall,
			value: Balance,
			gas_limit: Gas,
			deposit_limit: Balance,
			salt: Vec<u8>,
		) -> Simulation<AccountId>;

		/// What a contract answers to who only looks: any change ends the run with `ReadOnly`.
		fn view(
			caller: AccountId,
			contract: AccountId,
			call: VmCall,
			gas_limit: Gas,
		) -> Result<VmOutput, DispatchError>;

		/// What a call does, function of the host by function of the host, up to so many; what it comes
		/// to; and the gas that it uses.
		fn trace_call(
			origin: AccountId,
			contract: AccountId,
			call: VmCall,
			value: Balance,
			gas_limit: Gas,
			deposit_limit: Balance,
			most_steps: u32,
		) -> (Vec<Step<AccountId>>, Result<VmOutput, DispatchError>, Gas);

		/// Whether code would be let in: what is found of it, or which rule it breaks, and where.
		fn check_code(code: Vec<u8>) -> Result<Facts, Refusal>;

		/// What is known of code.
		fn code(code_hash: Hash) -> Option<CodeInfo<AccountId>>;

		/// A contract.
		fn contract(address: AccountId) -> Option<ContractInfo<AccountId, Hash>>;

		/// An item of a contract's storage.
		fn storage(contract: AccountId, key: Vec<u8>) -> Option<Vec<u8>>;

		/// The address of a contract that may not be there yet.
		fn address_of(deployer: AccountId, code_hash: Hash, salt: Vec<u8>) -> AccountId;
	}
}
