//! What can be asked about stake and the supply of the token.

use crate::{AccountId, Balance};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// Whether a validator is to be in the set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Standing {
	/// It is, if its stake is large enough.
	#[codec(index = 0)]
	Candidate,
	/// Left out of the sets to come until it resumes.
	#[codec(index = 1)]
	Chilled,
	/// Left out for good, after its second double signing.
	#[codec(index = 2)]
	Out,
}

/// A validator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ValidatorInfo<Account> {
	/// Its account.
	pub validator: Account,
	/// Whether it is to be in the set.
	pub standing: Standing,
	/// Whether it is in this epoch's set.
	pub active: bool,
	/// Its part of rewards before they are shared.
	pub commission: Perbill,
	/// Its own stake.
	pub own: Balance,
	/// All stake behind it.
	pub total: Balance,
	/// Its commission that was not paid out yet.
	pub unpaid_commission: Balance,
	/// Whether a slash of it is deferred, so that nobody joins or leaves it.
	pub frozen: bool,
}

/// Somebody's stake with a validator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DelegationInfo<Account> {
	/// The validator.
	pub validator: Account,
	/// What it is worth, without what a deferred slash has set aside.
	pub worth: Balance,
	/// What is on hold for it, which slashes may have made too large.
	pub held: Balance,
	/// The part that was redelegated, and can still be slashed for where it was.
	pub liable: Balance,
	/// What it has earned and can claim.
	pub rewards: Balance,
}

/// Stake that was taken from a validator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct UnbondingInfo<Account> {
	/// The validator.
	pub validator: Account,
	/// What it is worth.
	pub worth: Balance,
	/// From the beginning of this epoch on it can be withdrawn; if a deferred slash has set a part of it
	/// aside, when that is over.
	pub free_in_epoch: u32,
}

/// How much of the token there is: `issued = genesis + minted - burned`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo)]
pub struct Supply {
	/// What there was at genesis.
	pub genesis: Balance,
	/// What was made since.
	pub minted: Balance,
	/// What was destroyed since.
	pub burned: Balance,
	/// What there is.
	pub issued: Balance,
	/// What may ever be there.
	pub cap: Balance,
	/// The part of the emission that useful work can still earn, and that is not issued yet.
	pub for_useful_work: Balance,
}

sp_api::decl_runtime_apis! {
	/// Stake, rewards and supply.
	pub trait StakingApi {
		/// All who are or were validators.
		fn validators() -> Vec<ValidatorInfo<AccountId>>;
		/// What an account has with validators.
		fn delegations(who: AccountId) -> Vec<DelegationInfo<AccountId>>;
		/// What an account is unbonding.
		fn unbonding(who: AccountId) -> Vec<UnbondingInfo<AccountId>>;
		/// What an account can claim, of which validator; for a validator with its commission.
		fn pending_rewards(who: AccountId) -> Vec<(AccountId, Balance)>;
		/// The set of the next epoch, with the stakes of now.
		fn next_active_set() -> Vec<(AccountId, Balance)>;
		/// How much of the token there is.
		fn supply() -> Supply;
	}
}
