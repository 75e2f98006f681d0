//! Each call, and what contracts can do.

mod abuse;
mod between;
mod calls;
mod dispatched;
mod properties;

use crate::{mock::*, *};
use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok};
use mbongo_primitives::AccountId;
use sp_runtime::traits::Hash;

pub const PLENTY: Gas = 100_000_000;
pub const MUCH: Balance = 1_000_000;

pub fn signed(who: &AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.clone())
}

pub fn code(text: &str) -> CodeBytes {
	wat::parse_str(text).expect("it is WASM").try_into().expect("it is short")
}

/// The error for code that breaks this rule, wherever it does.
pub fn refused(text: &str, rule: mbongo_vm::Rule) -> Error<Test> {
	let refusal = mbongo_vm::admit(&code(text), limits::CONTRACT_PAGES).unwrap_err();
	assert_eq!(refusal.rule, rule);
	assert!(refusal.offset > 0 && (refusal.offset as usize) < code(text).len());
	Error::CodeRefused(refusal.into())
}

pub fn hash_of(text: &str) -> sp_core::H256 {
	sp_runtime::traits::BlakeTwo256::hash(&code(text))
}

/// Deploys a contract of Alice's, of code that is brought with it.
pub fn deployed(text: &str) -> AccountId {
	deployed_with(text, 0, &[])
}

pub fn deployed_with(text: &str, value: Balance, salt: &[u8]) -> AccountId {
	let salt: Salt = salt.to_vec().try_into().unwrap();
	let address = Contracts::address_of(&ALICE, hash_of(text), &salt);
	let (function, args) = ("new".into(), Vec::new());
	assert_ok!(Contracts::deploy_code(
		signed(&ALICE),
		code(text),
		function,
		args,
		value,
		PLENTY,
		MUCH,
		salt
	));
	address
}

/// Calls a contract, with plenty of gas.
pub fn call(who: &AccountId, contract: &AccountId, function: &str) -> Result<(), DispatchError> {
	let call = Contracts::call(
		signed(who),
		contract.clone(),
		function.into(),
		Vec::new(),
		0,
		PLENTY,
		MUCH,
	);
	call.map(|_| ()).map_err(|error| error.error)
}

pub fn told() -> Vec<Event<Test>> {
	let events = System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Contracts(event) => Some(event),
		_ => None,
	});
	events.collect()
}

/// The text of a guest, whose `execute` does something and then succeeds with `length` bytes at
/// 65,542.
pub fn guest(more: &str, body: &str, length: u8) -> String {
	let output = VmOutput { abi: 1, status: 0, data: vec![0; length.into()] }.encode();
	let all = output.len();
	let bytes: String = output.iter().map(|byte| format!("\\{byte:02x}")).collect();
	format!(
		r#"(module
			{more}
			(memory (export "memory") 2 16)
			(data (i32.const 65536) "{bytes}")
			(func (export "alloc") (param i32) (result i32) (i32.const 1024))
			(func (export "output_len") (result i32) (i32.const {all}))
			(func (export "execute") (param $at i32) (param $len i32) (result i32)
				{body}
				(i32.const 65536)))"#
	)
}

pub const READ: &str =
	r#"(import "mbongo" "storage_read" (func $read (param i32 i32 i32 i32) (result i32)))"#;
pub const WRITE: &str =
	r#"(import "mbongo" "storage_write" (func $write (param i32 i32 i32 i32)))"#;

/// Adds one to a number in storage, and answers it.
pub fn counter() -> String {
	guest(
		&format!("{READ}{WRITE}"),
		r#"
		(drop (call $read (i32.const 0) (i32.const 4) (i32.const 65542) (i32.const 8)))
		(i64.store (i32.const 65542) (i64.add (i64.load (i32.const 65542)) (i64.const 1)))
		(call $write (i32.const 0) (i32.const 4) (i32.const 65542) (i32.const 8))
		"#,
		8,
	)
}

/// The text of bytes that lie somewhere in a guest's memory.
pub fn data(at: u32, bytes: &[u8]) -> String {
	let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
	format!("(data (i32.const {at}) \"{bytes}\")")
}

/// Where a guest finds another account, 16 bytes of an amount, and the name of a function to call.
const ACCOUNT: u32 = 0;
const AMOUNT: u32 = 32;
const ASKED: u32 = 64;

/// A guest that knows an account, an amount and a call, and answers eight bytes.
pub fn knowing(
	imports: &str,
	account: &AccountId,
	amount: Balance,
	asked: &str,
	body: &str,
) -> String {
	let asked = VmCall { function: asked.into(), args: Vec::new() }.encode();
	let text = guest(imports, body, 8);
	let segments =
		[data(ACCOUNT, account.as_ref()), data(AMOUNT, &amount.to_le_bytes()), data(ASKED, &asked)];
	text.replacen("(data", &format!("{} (data", segments.concat()), 1)
		.replace("$asked", &format!("(i32.const {ASKED}) (i32.const {})", asked.len()))
}

pub const CALL: &str =
	r#"(import "mbongo" "call" (func $call (param i32 i32 i64 i32 i32) (result i32)))"#;
pub const COPY: &str =
	r#"(import "mbongo" "output_copy" (func $copy (param i32 i32) (result i32)))"#;
pub const PAY: &str = r#"(import "mbongo" "transfer_wide"
	(func $pay (param i32 i32 i32 i32 i32) (result i32)))"#;
pub const END: &str = r#"(import "mbongo" "terminate" (func $end (param i32 i32)))"#;
pub const SET_CODE: &str =
	r#"(import "mbongo" "set_code" (func $set_code (param i32) (result i32)))"#;
pub const EMIT: &str = r#"(import "mbongo" "emit_event" (func $emit (param i32 i32 i32 i32)))"#;
pub const LOG: &str = r#"(import "mbongo" "log" (func $log (param i32 i32)))"#;

/// A guest that calls another contract with all its gas, and answers what came of it.
pub fn caller(contract: &AccountId, amount: Balance, asked: &str) -> String {
	knowing(
		CALL,
		contract,
		amount,
		asked,
		"(i64.store (i32.const 65542) (i64.extend_i32_s
			(call $call (i32.const 0) (i32.const 32) (i64.const -1) $asked)))",
	)
}

/// A guest that does nothing.
pub fn idle() -> String {
	guest("", "", 0)
}

/// With what its code says of itself.
pub fn with_manifest(text: &str, manifest: abi::Manifest) -> String {
	let bytes: String = manifest.encode().iter().map(|byte| format!("\\{byte:02x}")).collect();
	let end = text.rfind(')').unwrap();
	format!("{} (@custom \"mbongo\" \"{bytes}\"))", &text[..end])
}

/// What a contract answers to a call of Bob's, and what it would change.
pub fn simulated(contract: &AccountId, function: &str) -> Simulation<AccountId> {
	let call = VmCall { function: function.into(), args: Vec::new() };
	frame_support::storage::with_transaction(|| {
		let simulation = Contracts::simulate_call(BOB, contract.clone(), call, 0, PLENTY, MUCH);
		frame_support::storage::TransactionOutcome::Rollback(Ok::<_, DispatchError>(simulation))
	})
	.unwrap()
}

/// The number that a contract answers.
pub fn answer(contract: &AccountId, function: &str) -> i64 {
	let output = simulated(contract, function).result.unwrap();
	i64::decode(&mut &output.data[..]).unwrap()
}
