//! Guests that have the host work for them.

use crate::guests::{answering, data, escaped, guest, times};
use codec::Encode;
use mbongo_vm::{
	abi::{IMPORT_MODULE, MANIFEST_SECTION},
	limits, Function, Manifest, Permission, ValType,
};
use polkadot_sdk::sp_io::hashing::blake2_256;

/// A message, and its signatures with the keys that they are of, as text: what is no signature at all
/// is refused before anything is computed.
const MESSAGE: [u8; 32] = [7; 32];
const SR25519: (&str, &str) = (
	"189dac29296d31814dc8c56cf3d36a0543372bba7538fa322a4aebfebc39e056",
	"8c8dae41af107f08f7bdb45a97334e358e195bedc3165d8999566897886a5b5a\
	 e65513524d6c026b8ceaa51f1352de12ed2ef311969a315ba85ce9b9ee183a88",
);
const ED25519: (&str, &str) = (
	"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
	"0e1bd06c6ab98ef354701a00c55715d1b65a915d898b9f68e8e48b037c345c56\
	 75a243feeae3e7c4deca2da6d340854edc5b86655461e74d9d65e02333521f0e",
);

/// The text of a signature in memory, and of its key behind it.
fn signature(at: u32, (key, signature): (&str, &str)) -> String {
	let hex: Vec<_> = signature.bytes().chain(key.bytes()).map(char::from).collect();
	let bytes: String = hex.chunks(2).map(|byte| format!("\\{}{}", byte[0], byte[1])).collect();
	format!("(data (i32.const {at}) \"{bytes}\")")
}

/// The text that imports a function of the host.
fn import(function: Function) -> String {
	let types = |types: &[ValType]| types.iter().map(|kind| format!(" {kind}")).collect::<String>();
	let (takes, answers) = (types(function.parameters()), types(function.results()));
	let name = function.name();
	format!(
		"(import \"{IMPORT_MODULE}\" \"{name}\" (func ${name} (param{takes}) (result{answers})))"
	)
}

/// A call of a function of the host with these numbers.
fn call(function: Function, numbers: &[i64]) -> String {
	let kinds = function.parameters().iter();
	let numbers: String =
		kinds.zip(numbers).map(|(kind, number)| format!("({kind}.const {number})")).collect();
	format!("(call ${} {numbers})", function.name())
}

/// As before, whatever is answered.
fn tell(function: Function, numbers: &[i64]) -> String {
	let call = call(function, numbers);
	match function.results() {
		[] => call,
		_ => format!("(drop {call})"),
	}
}

/// As before, and the run fails unless it is done: to be refused takes less.
fn done(function: Function, numbers: &[i64]) -> String {
	format!("(if {} (then (unreachable)))", call(function, numbers))
}

// What lies in the memory of a guest that asks, and where.

/// A number that is another one each time, and zeros behind it: a key, a salt, somebody's address.
const NUMBER: i64 = 0;
/// Zeros: an amount of nothing, and a call of a function without a name or arguments.
const NOTHING: i64 = 32;
/// What an account must have. What is not needed is put here, too.
const AMOUNT: i64 = 64;
/// The hash of the code of the guest that calls itself.
const CODE: i64 = 96;
const SR25519_SIGNATURE: i64 = 256;
const SR25519_KEY: i64 = SR25519_SIGNATURE + 64;
const ED25519_SIGNATURE: i64 = 352;
const ED25519_KEY: i64 = ED25519_SIGNATURE + 64;
const SIGNED: i64 = 448;
/// Where addresses are put.
const ADDRESS: i64 = 512;
/// In its input, how it is called: by a function's name of five letters, without arguments.
const ASKED: i64 = 1_024 + 1;
/// In its input, its own address.
const OWN: i64 = ASKED + 6 + 1 + 64;
/// Where there is room for much.
const ROOM: i64 = 65_536;

/// The longest value in storage.
const VALUE_BYTES: i64 = limits::VALUE_BYTES as i64;

/// Has the guest do nothing where the function that is called has no name, as when it calls itself.
const UNLESS_UNNAMED: &str =
	"(if (i32.eqz (i32.load8_u offset=1 (local.get 0))) (then (return (i32.const 768))))";

fn imports(functions: &[Function]) -> String {
	functions.iter().copied().map(import).collect()
}

/// Does this with another number each time, as often as there may be events.
fn for_each_number(body: &str) -> String {
	let next = format!(
		"(i32.store (i32.const {NUMBER}) (i32.add (i32.load (i32.const {NUMBER})) (i32.const 1)))"
	);
	times(&format!("{next} {body}"), limits::EVENTS / 8)
}

/// A guest that does this first, and then this for each number.
fn asks(known: &str, functions: &[Function], first: &str, each: &str) -> String {
	guest(&imports(functions), known, &format!("{first} {}", for_each_number(each)))
}

/// What the code of guests that ask says of itself: that they may do all.
fn manifest() -> String {
	let manifest = Manifest {
		is_reentrant: true,
		upgrade: Permission::Contract,
		terminate: Permission::Contract,
	};
	format!("(@custom \"{MANIFEST_SECTION}\" \"{}\")", escaped(&manifest.encode()))
}

/// Guests that have the host work for them, where an account must have so much. They are to be deployed
/// in this order, since some make contracts of the first one's code, and then to be called as they were
/// when they were made: some do what they are for only then.
pub fn asking(existential_deposit: u128) -> Vec<(&'static str, String)> {
	let calls_itself = asks(
		&manifest(),
		&[Function::Call],
		UNLESS_UNNAMED,
		&done(Function::Call, &[OWN, NOTHING, -1, NOTHING, 2]),
	);
	let code = wat::parse_str(&calls_itself).expect("it is WASM");
	let known = [
		data(AMOUNT as u32, &existential_deposit.to_le_bytes()),
		data(CODE as u32, &blake2_256(&code)),
		signature(SR25519_SIGNATURE as u32, SR25519),
		signature(ED25519_SIGNATURE as u32, ED25519),
		data(SIGNED as u32, &MESSAGE),
		manifest(),
	]
	.concat();
	let mut all = vec![("call of itself", calls_itself)];
	all.extend(asking_for_one(&known));
	all.extend(asking_for_items(&known));
	all.extend(asking_for_contracts(&known));
	all
}

/// Guests that ask for one thing, with the same places each time.
fn asking_for_one(known: &str) -> Vec<(&'static str, String)> {
	let all: [(&'static str, Function, &[i64]); 15] = [
		("log of a line", Function::Log, &[AMOUNT, 64]),
		("get_balance", Function::Balance, &[NUMBER, 32]),
		("transfer_wide to a new account", Function::TransferWide, &[OWN, 32, NUMBER, 32, AMOUNT]),
		("storage_read of nothing", Function::StorageRead, &[NUMBER, 8, ROOM, 8]),
		("storage_write of 8 bytes", Function::StorageWrite, &[NUMBER, 8, AMOUNT, 8]),
		("storage_write of 16 KiB", Function::StorageWrite, &[NUMBER, 8, AMOUNT, VALUE_BYTES]),
		("storage_len of nothing", Function::StorageLen, &[NUMBER, 8]),
		("emit_event of 64 bytes", Function::EmitEvent, &[NUMBER, 8, AMOUNT, 64]),
		("hash_blake2_256 of nothing", Function::HashBlake2, &[NUMBER, 0, AMOUNT]),
		("hash_blake2_256 of 64 KiB", Function::HashBlake2, &[NUMBER, 65_536, AMOUNT]),
		("hash_sha2_256 of 64 KiB", Function::HashSha2, &[NUMBER, 65_536, AMOUNT]),
		("hash_keccak_256 of 64 KiB", Function::HashKeccak, &[NUMBER, 65_536, AMOUNT]),
		("verify_sr25519", Function::VerifySr25519, &[SR25519_SIGNATURE, SR25519_KEY, SIGNED, 32]),
		("verify_ed25519", Function::VerifyEd25519, &[ED25519_SIGNATURE, ED25519_KEY, SIGNED, 32]),
		("call of nobody", Function::Call, &[NUMBER, NOTHING, -1, ASKED, 7]),
	];
	let mut all: Vec<_> = all
		.into_iter()
		.map(|(name, function, numbers)| {
			(name, asks(known, &[function], "", &tell(function, numbers)))
		})
		.collect();
	let random =
		format!("(drop (call $random_at (i32.load (i32.const {NUMBER})) (i32.const {AMOUNT})))");
	all.push(("random_at", asks(known, &[Function::RandomAt], "", &random)));
	all
}

/// Guests that ask for items that are in storage. They write them when they are made, and find them when
/// they are called again.
fn asking_for_items(known: &str) -> Vec<(&'static str, String)> {
	let asks = |function, numbers: &[i64], bytes| {
		let each = format!(
			"(if (i32.lt_s {} (i32.const 0)) (then {}))",
			call(function, numbers),
			tell(Function::StorageWrite, &[NUMBER, 8, AMOUNT, bytes])
		);
		asks(known, &[function, Function::StorageWrite], "", &each)
	};
	let read = asks(Function::StorageRead, &[NUMBER, 8, ROOM, VALUE_BYTES], VALUE_BYTES);
	let delete = |bytes| asks(Function::StorageDelete, &[NUMBER, 8], bytes);
	vec![
		("storage_read of 16 KiB", read),
		("storage_len of 16 KiB", asks(Function::StorageLen, &[NUMBER, 8], VALUE_BYTES)),
		("storage_delete of 8 bytes", delete(8)),
		("storage_delete of 16 KiB", delete(VALUE_BYTES)),
	]
}

/// Guests that make, call, change and end contracts.
fn asking_for_contracts(known: &str) -> Vec<(&'static str, String)> {
	use Function::{
		Call, Deploy, OutputCopy, SetCode, StorageLen, StorageRead, StorageWrite, Terminate,
	};
	let deploy = done(Deploy, &[CODE, NUMBER, 8, NOTHING, -1, NOTHING, 2, ADDRESS]);
	// Makes them when it is made itself, and calls them when it is called again.
	let calls_another = format!(
		"(if (i32.lt_s {} (i32.const 0)) (then {deploy} {}) (else {}))",
		call(StorageRead, &[NUMBER, 8, ADDRESS, 32]),
		tell(StorageWrite, &[NUMBER, 8, ADDRESS, 32]),
		done(Call, &[ADDRESS, AMOUNT, -1, NOTHING, 2])
	);
	// What says how long it is belongs to what is answered.
	let answer = limits::OUTPUT_BYTES as usize - 9;
	let answer_itself = format!("{UNLESS_UNNAMED} {}", done(Call, &[OWN, NOTHING, -1, NOTHING, 2]));
	let copies = for_each_number(&format!(
		"(if (i32.ne {} (i32.const {answer})) (then (unreachable)))",
		call(OutputCopy, &[ROOM, answer as i64])
	));
	let copies = answering(
		answer,
		&imports(&[Call, OutputCopy]),
		known,
		&format!("{answer_itself} {copies}"),
	);
	// What is ended, or has other code, as soon as it is made could not be measured.
	let when_called_again = format!(
		"(if (i32.lt_s {} (i32.const 0)) (then {} (return (i32.const 768))))",
		call(StorageLen, &[NUMBER, 8]),
		tell(StorageWrite, &[NUMBER, 8, AMOUNT, 8])
	);
	let later = |function, each: &str| {
		asks(known, &[StorageLen, StorageWrite, function], &when_called_again, each)
	};
	vec![
		(
			"call of another, with money",
			asks(known, &[StorageRead, StorageWrite, Deploy, Call], "", &calls_another),
		),
		("output_copy of 64 KiB", copies),
		("deploy", later(Deploy, &deploy)),
		("set_code", later(SetCode, &done(SetCode, &[CODE]))),
		("terminate, once", later(Terminate, &tell(Terminate, &[NUMBER, 32]))),
	]
}
