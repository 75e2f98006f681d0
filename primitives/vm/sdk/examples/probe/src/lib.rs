//! A contract that does all that the host offers, each thing by a function of its own. It is for tests of
//! the machine with what `mbongo-contract` makes of Rust, and guards nothing.

#![cfg_attr(target_arch = "wasm32", no_std)]

/// The contract.
#[mbongo_contract::contract(reentrant, upgrade = "contract", terminate = "contract")]
pub mod probe {
	use mbongo_contract::{prelude::*, Mode};

	/// What it keeps.
	#[storage]
	pub struct Probe {
		text: Cell<String>,
		by_key: Map<Vec<u8>, Vec<u8>>,
		received: Cell<u128>,
	}

	/// Somebody said something.
	#[event]
	pub struct Said {
		/// What it was.
		pub text: String,
	}

	/// Why it refuses.
	#[error]
	pub enum Error {
		/// It was told to.
		Told(u32),
		/// What it asked for did not come about: the number of the code.
		Not(i32),
		/// It was refused: what was said.
		Refused(Vec<u8>),
		/// It was answered something else.
		OtherType,
	}

	impl From<ReturnCode> for Error {
		fn from(code: ReturnCode) -> Self {
			Self::Not(code.into())
		}
	}

	impl From<CallError> for Error {
		fn from(error: CallError) -> Self {
			match error {
				CallError::Not(code) => code.into(),
				CallError::Refused(data) => Self::Refused(data),
				CallError::OtherType => Self::OtherType,
			}
		}
	}

	impl Probe {
		/// Begins.
		#[deploy]
		#[payable]
		pub fn deploy(&mut self) {}

		/// What the machine says of the call: caller, origin, this, value, block, epoch, whether it is a
		/// look, and what this and the caller have.
		#[view]
		pub fn seen(&self) -> (Address, Address, Address, u32, u32, bool, u128, u128) {
			let (caller, this) = (env::caller(), env::this());
			let look = env::mode() == Mode::View;
			let has = (env::balance(), env::balance_of(&caller));
			(caller, env::origin(), this, env::block(), env::epoch(), look, has.0, has.1)
		}

		/// The value that came.
		#[call]
		#[payable]
		pub fn value(&mut self) -> u128 {
			env::value()
		}

		/// Takes note of what it is paid.
		#[call]
		#[payable]
		pub fn receive(&mut self) {
			self.received.update(|received| *received += env::value());
		}

		/// How much that was.
		#[view]
		pub fn received(&self) -> u128 {
			self.received.get_or_default()
		}

		/// Keeps a text, notes it and says it: the one before.
		#[call]
		pub fn say(&mut self, text: String) -> Option<String> {
			let before = self.text.take();
			self.text.set(&text);
			env::log(&format!("said: {text}"));
			Said { text }.emit();
			before
		}

		/// Keeps bytes by a key.
		#[call]
		pub fn keep(&mut self, key: Vec<u8>, value: Vec<u8>) -> bool {
			let was_there = self.by_key.contains(&key);
			self.by_key.set(&key, &value);
			was_there
		}

		/// What is kept by a key.
		#[view]
		pub fn kept(&self, key: Vec<u8>) -> Option<Vec<u8>> {
			self.by_key.get(&key)
		}

		/// Removes what is kept by a key.
		#[call]
		pub fn remove(&mut self, key: Vec<u8>) -> bool {
			self.by_key.remove(&key)
		}

		/// The three hashes.
		#[view]
		pub fn hashes(&self, bytes: Vec<u8>) -> [[u8; 32]; 3] {
			[crypto::blake2_256(&bytes), crypto::sha2_256(&bytes), crypto::keccak_256(&bytes)]
		}

		/// Whether a signature is one by either scheme.
		#[view]
		pub fn verify(&self, signature: [u8; 64], key: [u8; 32], message: Vec<u8>) -> (bool, bool) {
			(
				crypto::verify_ed25519(&signature, &key, &message),
				crypto::verify_sr25519(&signature, &key, &message),
			)
		}

		/// Moves money.
		#[call]
		pub fn pay(&mut self, to: Address, amount: u128) -> Result<(), Error> {
			Ok(env::transfer(&to, amount)?)
		}

		/// Calls another contract's function without arguments: its answer as it is.
		#[call]
		pub fn ask(
			&mut self,
			to: Address,
			function: String,
			arg: Vec<u8>,
			value: u128,
			gas: Option<u64>,
		) -> Result<Vec<u8>, Error> {
			let call = Call::to(to).function(&function).arg(&arg).value(value);
			let call = gas.into_iter().fold(call, Call::gas);
			Ok(call.send()?)
		}

		/// Makes a contract.
		#[call]
		pub fn make(
			&mut self,
			code_hash: [u8; 32],
			salt: Vec<u8>,
			value: u128,
		) -> Result<Address, Error> {
			let deploy = Deploy::of(code_hash).salt(&salt).value(value).gas(u64::MAX);
			Ok(deploy.function("deploy").send()?)
		}

		/// Becomes another contract.
		#[call]
		pub fn become_other(&mut self, code_hash: [u8; 32]) -> Result<(), Error> {
			Ok(env::set_code(&code_hash)?)
		}

		/// Ends.
		#[call]
		pub fn end(&mut self, beneficiary: Address) {
			env::terminate(&beneficiary)
		}

		/// Orders a task.
		#[call]
		pub fn order(&mut self, spec: Vec<u8>, max_fee: u128) -> Result<u64, Error> {
			Ok(compute::request(&spec, max_fee, "ordered", 1_000)?)
		}

		/// The randomness of a block.
		#[view]
		pub fn random(&self, block: u32) -> Option<[u8; 32]> {
			env::random_at(block)
		}

		/// Refuses, if it is not told 0; then it panics.
		#[call]
		pub fn refuse(&mut self, how: u32) -> Result<(), Error> {
			match how {
				0 => panic!("told to"),
				how => Err(Error::Told(how)),
			}
		}

		/// Takes memory, piece by piece, and sums it up.
		#[view]
		pub fn take_memory(&self, pieces: u32, bytes: u32) -> u64 {
			let taken: Vec<Vec<u8>> =
				(0..pieces).map(|piece| vec![piece as u8; bytes as usize]).collect();
			taken.iter().flatten().map(|byte| u64::from(*byte)).sum()
		}

		/// Bytes as they came.
		#[view]
		pub fn echo(&self, bytes: Vec<u8>) -> Vec<u8> {
			bytes
		}
	}
}
