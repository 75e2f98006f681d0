//! The worst cases of this pallet's calls and hooks, and of each function of the host. What the machine
//! charges for the latter is in `mbongo_vm`; the runtime's tests compare it with what is measured here.
//! What instructions of guests take is measured by `scripts/bench contracts`.

mod guest;

use super::*;
use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::traits::tokens::Preservation;
use frame_system::RawOrigin;
use guest::{call as call_of, i32_const, i64_const, repeated, Guest};
use mbongo_vm::{abi::Permission, Function, ValType};
use sp_runtime::traits::Hash;

/// As much gas as can be counted.
const ALL_GAS: Gas = mbongo_vm::MOST_GAS;
/// More than anything here puts on hold.
const ALL_DEPOSITS: Balance = Balance::MAX;
/// How often a function of the host is called at most: fewer times than a call may log lines.
const TIMES: u32 = 60;
/// The most bytes that a function is given, or gives, where a page is the limit: with room for what is
/// beside them.
const MANY_BYTES: u32 = 64_000;
/// In place of an argument: the number that is another one each time.
const NUMBER: i64 = i64::MIN;
/// In place of an argument: the place in memory of what is another one each time, of a table of items of
/// 32 bytes.
const ITEM: i64 = i64::MIN + 1;
/// Where that table lies.
const TABLE: i32 = 8_192;

/// A message, and its signatures with the keys that they are of: what is no signature at all is refused
/// before anything is computed.
const MESSAGE: [u8; 32] = [7; 32];
const SR25519_KEY: [u8; 32] = [
	0x18, 0x9d, 0xac, 0x29, 0x29, 0x6d, 0x31, 0x81, 0x4d, 0xc8, 0xc5, 0x6c, 0xf3, 0xd3, 0x6a, 0x05,
	0x43, 0x37, 0x2b, 0xba, 0x75, 0x38, 0xfa, 0x32, 0x2a, 0x4a, 0xeb, 0xfe, 0xbc, 0x39, 0xe0, 0x56,
];
const SR25519_SIGNATURE: [u8; 64] = [
	0x8c, 0x8d, 0xae, 0x41, 0xaf, 0x10, 0x7f, 0x08, 0xf7, 0xbd, 0xb4, 0x5a, 0x97, 0x33, 0x4e, 0x35,
	0x8e, 0x19, 0x5b, 0xed, 0xc3, 0x16, 0x5d, 0x89, 0x99, 0x56, 0x68, 0x97, 0x88, 0x6a, 0x5b, 0x5a,
	0xe6, 0x55, 0x13, 0x52, 0x4d, 0x6c, 0x02, 0x6b, 0x8c, 0xea, 0xa5, 0x1f, 0x13, 0x52, 0xde, 0x12,
	0xed, 0x2e, 0xf3, 0x11, 0x96, 0x9a, 0x31, 0x5b, 0xa8, 0x5c, 0xe9, 0xb9, 0xee, 0x18, 0x3a, 0x88,
];
const ED25519_KEY: [u8; 32] = [
	0x8a, 0x88, 0xe3, 0xdd, 0x74, 0x09, 0xf1, 0x95, 0xfd, 0x52, 0xdb, 0x2d, 0x3c, 0xba, 0x5d, 0x72,
	0xca, 0x67, 0x09, 0xbf, 0x1d, 0x94, 0x12, 0x1b, 0xf3, 0x74, 0x88, 0x01, 0xb4, 0x0f, 0x6f, 0x5c,
];
const ED25519_SIGNATURE: [u8; 64] = [
	0x0e, 0x1b, 0xd0, 0x6c, 0x6a, 0xb9, 0x8e, 0xf3, 0x54, 0x70, 0x1a, 0x00, 0xc5, 0x57, 0x15, 0xd1,
	0xb6, 0x5a, 0x91, 0x5d, 0x89, 0x8b, 0x9f, 0x68, 0xe8, 0xe4, 0x8b, 0x03, 0x7c, 0x34, 0x5c, 0x56,
	0x75, 0xa2, 0x43, 0xfe, 0xea, 0xe3, 0xe7, 0xc4, 0xde, 0xca, 0x2d, 0xa6, 0xd3, 0x40, 0x85, 0x4e,
	0xdc, 0x5b, 0x86, 0x65, 0x54, 0x61, 0xe7, 0x4d, 0x9d, 0x65, 0xe0, 0x23, 0x33, 0x52, 0x1f, 0x0e,
];

/// Where a contract that is called with [`first`] finds its own address: in its input, after the
/// version, the function, the arguments, the caller and the origin.
const OWN_ADDRESS: i64 = 1_024 + 1 + 4 + 1 + 32 + 32;

fn rich<T: Config>(name: &'static str) -> T::AccountId {
	let who = account(name, 0, 0);
	let least = T::Token::minimum_balance();
	T::Token::set_balance(&who, least.saturating_mul(1_000_000_000));
	who
}

/// Code that may be upgraded and ended by whom this says.
fn guest(permission: Permission) -> Guest {
	let manifest = abi::Manifest { upgrade: permission, terminate: permission, is_reentrant: true };
	Guest { manifest, ..Guest::default() }
}

fn bounded(code: Vec<u8>) -> CodeBytes {
	code.try_into().expect("it is short enough")
}

/// The first call of a contract.
fn first() -> (String, Vec<Vec<u8>>) {
	("new".into(), Vec::new())
}

/// A contract of this code, which does what it does as it is deployed.
fn deployed<T: Config>(guest: &Guest) -> T::AccountId {
	let deployer = rich::<T>("deployer");
	let code = bounded(guest.code());
	let code_hash = T::Hashing::hash(&code);
	let (function, args) = first();
	Pallet::<T>::deploy_code(
		RawOrigin::Signed(deployer.clone()).into(),
		code,
		function,
		args,
		0,
		ALL_GAS,
		ALL_DEPOSITS,
		Salt::default(),
	)
	.expect("it can be deployed");
	let contract = Pallet::<T>::address_of(&deployer, code_hash, &[]);
	let much = T::Token::minimum_balance().saturating_mul(1_000_000);
	T::Token::transfer(&deployer, &contract, much, Preservation::Preserve).expect("it is rich");
	contract
}

/// So many guests, no two of which have the same code.
fn different(guest: Guest, count: u32) -> impl Iterator<Item = Guest> {
	(1..=count as usize).map(move |filling| Guest { filling, ..guest.clone() })
}

/// Items of 32 bytes, for [`ITEM`].
fn table(items: impl Iterator<Item = [u8; 32]>) -> (i32, Vec<u8>) {
	(TABLE, items.collect::<Vec<_>>().concat())
}

/// So many codes that are there, no two the same.
fn stored<T: Config>(guest: Guest, count: u32) -> Vec<[u8; 32]> {
	let owner = rich::<T>("owner");
	let store = |guest: Guest| {
		let (code_hash, _) =
			Pallet::<T>::store_code_once(&owner, bounded(guest.code())).expect("it is code");
		code_hash.0
	};
	different(guest, count).map(store).collect()
}

/// Code of this length, of what takes most for its bytes: many functions, each with many branches.
fn long_code(bytes: u32) -> CodeBytes {
	const IF: [u8; 5] = [0x41, 0, 0x04, 0x40, 0x0b]; // if (i32.const 0)
	let body = IF.repeat(5);
	let mut guest = guest(Permission::Deployer);
	let some = |count| Guest { others: vec![(0, body.clone()); count], ..guest.clone() };
	let (one, eleven) = (some(1).code().len(), some(11).code().len());
	let count = (bytes as usize).saturating_sub(one + 64) * 10 / (eleven - one);
	guest.others = vec![(0, body); count.min(2_000)];
	guest.filling = (bytes as usize).saturating_sub(guest.code().len() + 16);
	bounded(guest.code())
}

/// A contract that does what this guest does, but only from now on: what it had done as it was deployed
/// would not be left to do. It has money.
fn doing<T: Config>(guest: &Guest) -> T::AccountId {
	let idle = Guest { manifest: guest.manifest, ..Guest::default() };
	let contract = deployed::<T>(&idle);
	let (code_hash, _) =
		Pallet::<T>::store_code_once(&rich::<T>("deployer"), bounded(guest.code()))
			.expect("it is code");
	Pallet::<T>::change_code(&contract, code_hash).expect("there is such code");
	contract
}

/// A call of the function of the host that is imported at this place, with these arguments.
fn asking(index: u32, function: Function, arguments: &[i64]) -> Vec<u8> {
	let mut work = Vec::new();
	for (argument, of) in arguments.iter().zip(function.parameters()) {
		work.extend(match (*argument, of) {
			(NUMBER, _) => vec![0x20, 2, 0xa7], // i32.wrap_i64 (local.get 2)
			// Numbers begin with one: i32.mul, i32.add.
			(ITEM, _) => {
				let number = [vec![0x20, 2, 0xa7], i32_const(32), vec![0x6c]].concat();
				[i32_const(TABLE - 32), number, vec![0x6a]].concat()
			}
			(argument, ValType::I64) => i64_const(argument),
			(argument, _) => i32_const(argument as i32),
		});
	}
	work.extend(call_of(index));
	match function.results() {
		[] => (),
		// What is refused, or not there, would take less than is to be measured: then it traps.
		[ValType::I32] if function != Function::RandomAt => {
			work.extend(i32_const(0));
			work.extend([0x48, 0x04, 0x40, 0x00, 0x0b]); // i32.lt_s, if, unreachable, end
		}
		_ => work.push(0x1a), // drop
	}
	work
}

/// A contract that calls a function of the host so many times, with these arguments. A number that is
/// another one each time lies at 0.
fn calling<T: Config>(
	function: Function,
	times: u32,
	arguments: &[i64],
	data: Vec<(i32, Vec<u8>)>,
) -> T::AccountId {
	let mut guest = guest(Permission::Contract);
	guest.imports = vec![function];
	guest.data = data;
	// i64.store (i32.const 0) (local.get 2)
	let number = [i32_const(0), vec![0x20, 2, 0x37, 3, 0]].concat();
	let work = [number, asking(0, function, arguments)].concat();
	guest.body = repeated(times, &work);
	doing::<T>(&guest)
}

/// A contract that checks a signature so many times, of so many bytes: those from the message on.
fn verifying<T: Config>(
	function: Function,
	times: u32,
	signature: [u8; 64],
	key: [u8; 32],
	bytes: u32,
) -> T::AccountId {
	let data = vec![(64, signature.to_vec()), (128, key.to_vec()), (160, MESSAGE.to_vec())];
	calling::<T>(function, times, &[64, 128, 160, bytes.into()], data)
}

/// The first bytes of what is encoded; those after them are zeros, which are in memory anyway.
fn head(encoded: impl Encode) -> Vec<u8> {
	encoded.encode().into_iter().take(16).collect()
}

fn call_it<T: Config>(contract: &T::AccountId) {
	let (function, args) = first();
	let origin = RawOrigin::Signed(rich::<T>("caller")).into();
	Pallet::<T>::call(origin, contract.clone(), function, args, 0, ALL_GAS, ALL_DEPOSITS)
		.expect("it can be called");
}

/// Keys of eight bytes that contracts written here use: numbers from one on.
fn keys(times: u32) -> impl Iterator<Item = [u8; 8]> {
	(1..=u64::from(times)).map(u64::to_le_bytes)
}

/// Puts items into a contract's storage.
fn fill<T: Config>(contract: &T::AccountId, times: u32, bytes: u32) {
	ContractInfoOf::<T>::mutate(contract, |info| {
		let info = info.as_mut().expect("it is a contract");
		for key in keys(times) {
			let place = host::place(&key);
			let value = vec![1; bytes as usize];
			frame_support::storage::child::put_raw(&deletion::trie(&info.trie_id), &place, &value);
		}
		info.items = times;
		info.bytes = times * (8 + bytes);
	});
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn upload_code(b: Linear<2_000, { limits::CODE_BYTES }>) {
		let owner = rich::<T>("owner");
		let code = long_code(b);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), code);
	}

	#[benchmark]
	fn remove_code() {
		let owner = rich::<T>("owner");
		let code = long_code(limits::CODE_BYTES);
		let code_hash = T::Hashing::hash(&code);
		Pallet::<T>::store_code(&owner, code).expect("it is code");

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), code_hash);
	}

	/// With a first call that does nothing, whose cost is charged once more as it is run.
	#[benchmark]
	fn deploy_base() {
		let deployer = rich::<T>("deployer");
		let code = bounded(guest(Permission::Deployer).code());
		let code_hash = Pallet::<T>::store_code(&deployer, code).expect("it is code");
		let (function, args) = first();
		let value = T::Token::minimum_balance();
		let salt = Salt::default();

		#[extrinsic_call]
		deploy(
			RawOrigin::Signed(deployer),
			code_hash,
			function,
			args,
			value,
			ALL_GAS,
			ALL_DEPOSITS,
			salt,
		);
	}

	/// Of a contract that does nothing, which is charged once more as it is run.
	#[benchmark]
	fn call_base() {
		let contract = deployed::<T>(&guest(Permission::Deployer));
		let (function, args) = first();
		let value = T::Token::minimum_balance();
		let caller = rich::<T>("caller");

		#[extrinsic_call]
		call(RawOrigin::Signed(caller), contract, function, args, value, ALL_GAS, ALL_DEPOSITS);
	}

	#[benchmark]
	fn set_code() {
		let contract = deployed::<T>(&guest(Permission::Deployer));
		let deployer = rich::<T>("deployer");
		let code_hash = Pallet::<T>::store_code(&deployer, long_code(3_000)).expect("it is code");

		#[extrinsic_call]
		_(RawOrigin::Signed(deployer), contract, code_hash);
	}

	#[benchmark]
	fn terminate() {
		let contract = deployed::<T>(&guest(Permission::Deployer));
		fill::<T>(&contract, 1, 8);
		let deployer = rich::<T>("deployer");
		Pallet::<T>::settle(&contract, &deployer).expect("it is rich");
		let beneficiary = account("beneficiary", 0, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(deployer), contract, beneficiary);
	}

	#[benchmark]
	fn settle() {
		let contract = deployed::<T>(&guest(Permission::Deployer));
		fill::<T>(&contract, 10, 8);
		let payer = rich::<T>("payer");

		#[block]
		{
			Pallet::<T>::settle(&contract, &payer).expect("it is rich");
		}
	}

	#[benchmark]
	fn delete_base() {
		DeletionQueue::<T>::insert(0, TrieId::default());
		DeletionPlaces::<T>::put((0, 1));
		let time = T::WeightInfo::delete_base().saturating_add(T::WeightInfo::delete_item(1));
		let time = time.saturating_add(T::DbWeight::get().reads(1));

		#[block]
		{
			Pallet::<T>::delete_some(time);
		}
	}

	#[benchmark]
	fn delete_item(n: Linear<1, 1_000>) {
		let contract = deployed::<T>(&guest(Permission::Deployer));
		fill::<T>(&contract, n, 64);
		let trie = deletion::trie(&ContractInfoOf::<T>::get(&contract).expect("it is one").trie_id);

		#[block]
		{
			let _ = frame_support::storage::child::clear_storage(&trie, Some(n), None);
		}
	}

	#[benchmark]
	fn host_log(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::Log, r, &[0, 64], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_log_bytes(b: Linear<0, { limits::LOG_BYTES }>) {
		let contract = calling::<T>(Function::Log, TIMES, &[0, b.into()], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_balance(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::Balance, r, &[0, 32], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_storage_read(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::StorageRead, r, &[0, 8, 64, 8], Vec::new());
		fill::<T>(&contract, r, 8);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_storage_read_bytes(b: Linear<0, { limits::VALUE_BYTES }>) {
		let arguments = [0, 8, 64, limits::VALUE_BYTES.into()];
		let contract = calling::<T>(Function::StorageRead, TIMES, &arguments, Vec::new());
		fill::<T>(&contract, TIMES, b);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_storage_len(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::StorageLen, r, &[0, 8], Vec::new());
		fill::<T>(&contract, r, 8);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_storage_write(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::StorageWrite, r, &[0, 8, 64, 8], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_storage_write_bytes(b: Linear<0, { limits::VALUE_BYTES }>) {
		let arguments = [0, 8, 64, b.into()];
		let contract = calling::<T>(Function::StorageWrite, TIMES, &arguments, Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_storage_delete(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::StorageDelete, r, &[0, 8], Vec::new());
		fill::<T>(&contract, r, 8);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_transfer(r: Linear<0, { TIMES }>) {
		// To another account each time, which is new.
		let amount = (64, T::Token::minimum_balance().to_le_bytes().to_vec());
		let function = Function::TransferWide;
		let contract = calling::<T>(function, r, &[OWN_ADDRESS, 32, 0, 32, 64], vec![amount]);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_emit_event(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::EmitEvent, r, &[0, 8, 64, 64], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_emit_event_bytes(b: Linear<0, { limits::EVENT_BYTES }>) {
		let arguments = [0, 8, 64, b.into()];
		let contract = calling::<T>(Function::EmitEvent, TIMES, &arguments, Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// Of nothing.
	#[benchmark]
	fn host_hash(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::HashKeccak, r, &[0, 0, 64], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_hash_blake2(b: Linear<0, 65_536>) {
		let contract = calling::<T>(Function::HashBlake2, 1, &[0, b.into(), 0], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_hash_sha2(b: Linear<0, 65_536>) {
		let contract = calling::<T>(Function::HashSha2, 1, &[0, b.into(), 0], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_hash_keccak(b: Linear<0, 65_536>) {
		let contract = calling::<T>(Function::HashKeccak, 1, &[0, b.into(), 0], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_verify_sr25519(r: Linear<0, { TIMES }>) {
		let (signature, key) = (SR25519_SIGNATURE, SR25519_KEY);
		assert!(sp_io::crypto::sr25519_verify(&signature.into(), &MESSAGE, &key.into()));
		let bytes = MESSAGE.len() as u32;
		let contract = verifying::<T>(Function::VerifySr25519, r, signature, key, bytes);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// It is no signature of these bytes, which shows only in the end.
	#[benchmark]
	fn host_verify_sr25519_bytes(b: Linear<0, { MANY_BYTES }>) {
		let (signature, key) = (SR25519_SIGNATURE, SR25519_KEY);
		let contract = verifying::<T>(Function::VerifySr25519, 1, signature, key, b);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_verify_ed25519(r: Linear<0, { TIMES }>) {
		let (signature, key) = (ED25519_SIGNATURE, ED25519_KEY);
		assert!(sp_io::crypto::ed25519_verify(&signature.into(), &MESSAGE, &key.into()));
		let bytes = MESSAGE.len() as u32;
		let contract = verifying::<T>(Function::VerifyEd25519, r, signature, key, bytes);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// It is no signature of these bytes, which shows only in the end.
	#[benchmark]
	fn host_verify_ed25519_bytes(b: Linear<0, { MANY_BYTES }>) {
		let (signature, key) = (ED25519_SIGNATURE, ED25519_KEY);
		let contract = verifying::<T>(Function::VerifyEd25519, 1, signature, key, b);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// Each time of another contract, which does nothing; with what it takes itself.
	#[benchmark]
	fn host_call(r: Linear<0, { TIMES }>) {
		let others = different(guest(Permission::Nobody), r);
		let others = table(others.map(|other| deployed::<T>(&other).into()));
		let (function, args) = first();
		let asked = VmCall { function, args }.encode();
		let data = vec![(112, asked.clone()), others];
		let arguments = [ITEM, 96, -1, 112, asked.len() as i64];
		let contract = calling::<T>(Function::Call, r, &arguments, data);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// With what the other contract is given.
	#[benchmark]
	fn host_call_bytes(b: Linear<0, { MANY_BYTES }>) {
		let other: abi::Address = deployed::<T>(&guest(Permission::Nobody)).into();
		let (function, _) = first();
		let asked = VmCall { function, args: vec![vec![0; b as usize]] };
		let length = asked.encoded_size() as i64;
		let data = vec![(64, other.to_vec()), (112, head(asked))];
		let contract = calling::<T>(Function::Call, 1, &[64, 96, -1, 112, length], data);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// Of nothing.
	#[benchmark]
	fn host_output_copy(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::OutputCopy, r, &[64, 8], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// With what it takes that another contract answers them.
	#[benchmark]
	fn host_output_copy_bytes(b: Linear<0, { MANY_BYTES }>) {
		let answering = Guest { answer: b as usize, ..guest(Permission::Nobody) };
		let other: abi::Address = deployed::<T>(&answering).into();
		let (function, args) = first();
		let asked = VmCall { function, args }.encode();
		let mut guest = guest(Permission::Contract);
		guest.imports = vec![Function::Call, Function::OutputCopy];
		guest.data = vec![(64, other.to_vec()), (112, asked.clone())];
		guest.body = [
			asking(0, Function::Call, &[64, 96, -1, 112, asked.len() as i64]),
			asking(1, Function::OutputCopy, &[0, b.into()]),
		]
		.concat();
		let contract = doing::<T>(&guest);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// Each time of other code, which does nothing; with what the new contract takes itself.
	#[benchmark]
	fn host_deploy(r: Linear<0, 20>) {
		let codes = table(stored::<T>(guest(Permission::Nobody), r).into_iter());
		let (function, args) = first();
		let asked = VmCall { function, args }.encode();
		let data = vec![(112, asked.clone()), codes];
		let arguments = [ITEM, 0, 8, 96, -1, 112, asked.len() as i64, 160];
		let contract = calling::<T>(Function::Deploy, r, &arguments, data);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// Each time to other code.
	#[benchmark]
	fn host_set_code(r: Linear<0, { TIMES }>) {
		let codes = table(stored::<T>(guest(Permission::Contract), r).into_iter());
		let contract = calling::<T>(Function::SetCode, r, &[ITEM], vec![codes]);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// With all of the call in which it ends.
	#[benchmark]
	fn host_terminate() {
		let beneficiary: T::AccountId = account("beneficiary", 0, 0);
		let beneficiary: abi::Address = beneficiary.into();
		let data = vec![(64, beneficiary.to_vec())];
		let contract = calling::<T>(Function::Terminate, 1, &[64, 32], data);
		fill::<T>(&contract, 1, 8);
		Pallet::<T>::settle(&contract, &rich::<T>("payer")).expect("it is rich");

		#[block]
		{
			call_it::<T>(&contract);
		}

		assert!(!ContractInfoOf::<T>::contains_key(&contract));
	}

	/// Of blocks that are over: of others nothing is read.
	#[benchmark]
	fn host_random_at(r: Linear<0, { TIMES }>) {
		frame_system::Pallet::<T>::set_block_number((TIMES + 1).into());
		let contract = calling::<T>(Function::RandomAt, r, &[NUMBER, 64], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
