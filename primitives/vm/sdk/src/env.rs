//! Who calls, where and when; and what a contract can do with its money and itself.

use crate::{
	errors::done,
	host::{self, input},
	Address, Mode, ReturnCode,
};

/// Who calls: an account, or a contract.
pub fn caller() -> Address {
	input(|input| input.caller())
}

/// Who sent the transaction. Contracts that let somebody do something ask for [`caller`], for whoever
/// is called can call on.
pub fn origin() -> Address {
	input(|input| input.origin())
}

/// The contract's own account.
pub fn this() -> Address {
	input(|input| input.contract())
}

/// What came with the call, and is the contract's by now.
pub fn value() -> u128 {
	input(|input| input.value())
}

/// The number of the block.
pub fn block() -> u32 {
	input(|input| input.block())
}

/// The number of the epoch.
pub fn epoch() -> u32 {
	input(|input| input.epoch())
}

/// Whether the contract may change anything in this call.
pub fn mode() -> Mode {
	input(|input| input.mode())
}

/// An account's free balance.
pub fn balance_of(who: &Address) -> u128 {
	host::balance(who)
}

/// The contract's own free balance, with what makes it an account.
pub fn balance() -> u128 {
	balance_of(&this())
}

/// Moves money of the contract. It runs nobody's code.
pub fn transfer(to: &Address, amount: u128) -> Result<(), ReturnCode> {
	done(host::transfer(&this(), to, amount))
}

/// Notes a line, of at most 1 KiB, for who reads the node's events.
pub fn log(line: &str) {
	host::log(line.as_bytes());
}

/// The randomness of a block that is over, if it is still known. Who uses it must have bound itself
/// before that block.
pub fn random_at(block: u32) -> Option<[u8; 32]> {
	host::random_at(block)
}

/// Gives the contract other code, from its next call on, if its manifest says `upgrade = "contract"`.
pub fn set_code(code_hash: &[u8; 32]) -> Result<(), ReturnCode> {
	done(host::set_code(code_hash))
}

/// Ends the contract, and the run, if its manifest says `terminate = "contract"`. All that it has is
/// the beneficiary's.
pub fn terminate(beneficiary: &Address) -> ! {
	host::terminate(beneficiary)
}
