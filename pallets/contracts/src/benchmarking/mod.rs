//! The worst cases of this pallet's calls and hooks, of each function of the host, and of the
//! instructions of guests. What the machine charges for the latter two is in `mbongo_vm`; the runtime's
//! tests compare it with what is measured here.

mod guest;

use super::*;
use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::traits::tokens::Preservation;
use frame_system::RawOrigin;
use guest::{call as call_of, i32_const, i64_const, repeated, Guest};
use mbongo_vm::{abi::Permission, Function};
use sp_runtime::traits::Hash;

/// As much gas as can be counted.
const ALL_GAS: Gas = mbongo_vm::MOST_GAS;
/// More than anything here puts on hold.
const ALL_DEPOSITS: Balance = Balance::MAX;
/// How often a function of the host is called at most: with more a value of the beacon's blocks, and
/// the lines that a call may log, would be passed.
const TIMES: u32 = 60;

/// Where a contract that is called with [`first`] finds its own address: in its input, after the
/// version, the function, the arguments, the caller and the origin.
const OWN_ADDRESS: i64 = 1_024 + 1 + 4 + 1 + 32 + 32;

fn rich<T: Config>(name: &'static str) -> T::AccountId {
	let who = account(name, 0, 0);
	let least = T::Token::minimum_balance();
	T::Token::set_balance(&who, least.saturating_mul(1_000_000_000));
	who
}

/// Code that says that it may be upgraded and ended by anybody whom there is.
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

/// Code of this length, full of instructions.
fn long_code(bytes: u32) -> CodeBytes {
	// A number is added to itself.
	const WORK: [u8; 7] = [0x20, 0, 0x20, 0, 0x7c, 0x21, 0];
	let body = WORK.repeat(80);
	let mut guest = guest(Permission::Deployer);
	let one = Guest { others: vec![(8, body.clone())], ..guest.clone() }.code().len();
	let none = guest.code().len();
	let count = (bytes as usize).saturating_sub(none + 64) / (one - none);
	guest.others = vec![(8, body); count.min(2_000)];
	guest.filling = (bytes as usize).saturating_sub(guest.code().len() + 16);
	bounded(guest.code())
}

/// A contract that calls a function of the host so many times, with these arguments before each. A
/// number that is another one each time lies at 0, and it has money.
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
	let mut work = [i32_const(0), vec![0x20, 2, 0x37, 3, 0]].concat();
	for (argument, of) in arguments.iter().zip(function.parameters()) {
		work.extend(match of {
			mbongo_vm::ValType::I64 => i64_const(*argument),
			_ => i32_const(*argument as i32),
		});
	}
	work.extend(call_of(0));
	if !function.results().is_empty() {
		work.push(0x1a); // drop
	}
	guest.body = repeated(times, &work);
	deployed::<T>(&guest)
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
	Instances::<T>::mutate(contract, |info| {
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
		for place in 0..1 {
			DeletionQueue::<T>::insert(place, TrieId::default());
		}
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
		let trie = deletion::trie(&Instances::<T>::get(&contract).expect("it is one").trie_id);

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
		let contract = calling::<T>(Function::StorageRead, 1, &[0, 8, 64, 16_384], Vec::new());
		fill::<T>(&contract, 1, b);

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
		let contract = calling::<T>(Function::StorageWrite, 1, &[0, 8, 64, b.into()], Vec::new());

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
		let contract = calling::<T>(Function::VerifySr25519, r, &[64, 128, 0, 32], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_verify_ed25519(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::VerifyEd25519, r, &[64, 128, 0, 32], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// With what another contract, which does nothing, takes itself.
	#[benchmark]
	fn host_call(r: Linear<0, { TIMES }>) {
		let other: abi::Address = deployed::<T>(&guest(Permission::Nobody)).into();
		let (function, args) = first();
		let asked = VmCall { function, args }.encode();
		let data = vec![(64, other.to_vec()), (112, asked.clone())];
		let arguments = [64, 96, -1, 112, asked.len() as i64];
		let contract = calling::<T>(Function::Call, r, &arguments, data);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	/// With what the new contract, which does nothing, takes itself.
	#[benchmark]
	fn host_deploy(r: Linear<0, 20>) {
		let code = bounded(guest(Permission::Nobody).code());
		let (code_hash, _) =
			Pallet::<T>::store_code_once(&rich::<T>("owner"), code).expect("it is code");
		let (function, args) = first();
		let asked = VmCall { function, args }.encode();
		let data = vec![(64, code_hash.0.to_vec()), (112, asked.clone())];
		let arguments = [64, 0, 8, 96, -1, 112, asked.len() as i64, 160];
		let contract = calling::<T>(Function::Deploy, r, &arguments, data);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_set_code(r: Linear<0, { TIMES }>) {
		let code = bounded(guest(Permission::Contract).code());
		let (code_hash, _) =
			Pallet::<T>::store_code_once(&rich::<T>("owner"), code).expect("it is code");
		let data = vec![(64, code_hash.0.to_vec())];
		let contract = calling::<T>(Function::SetCode, r, &[64], data);

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	#[benchmark]
	fn host_random_at(r: Linear<0, { TIMES }>) {
		let contract = calling::<T>(Function::RandomAt, r, &[1, 64], Vec::new());

		#[block]
		{
			call_it::<T>(&contract);
		}
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
