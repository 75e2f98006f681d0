//! The mock does what the machine and the pallet do.

mod calls;
mod host;

use crate::{
	mock::{self, ALICE},
	Address, Call, Deploy,
};

/// A contract that does what it is told.
#[crate::contract(upgrade = "contract", terminate = "contract")]
pub mod agent {
	use crate::prelude::*;

	#[storage]
	pub struct Agent {
		kept: Cell<u64>,
		paid: Map<Address, u128>,
	}

	#[error]
	pub enum Error {
		Told(u8),
		#[codec(index = 7)]
		Numbered,
		NotPaid,
	}

	#[event]
	pub struct Kept(pub u64);

	#[data]
	pub struct Seen {
		pub caller: Address,
		pub origin: Address,
		pub this: Address,
		pub value: u128,
		pub block: u32,
		pub epoch: u32,
	}

	impl Agent {
		#[deploy]
		#[payable]
		pub fn make(&mut self, kept: u64) -> Result<(), Error> {
			if kept == 0 {
				return Err(Error::Told(0));
			}
			self.keep(kept);
			Ok(())
		}

		#[call]
		#[payable]
		pub fn keep(&mut self, kept: u64) {
			self.kept.set(&kept);
			self.paid.update(&env::caller(), |paid| *paid += env::value());
			env::log(&format!("kept {kept}"));
			Kept(kept).emit();
		}

		#[view]
		pub fn kept(&self) -> u64 {
			self.kept.get_or_default()
		}

		#[view]
		pub fn paid(&self, who: Address) -> u128 {
			self.paid.get_or_default(&who)
		}

		#[call]
		#[payable]
		pub fn look(&self) -> Seen {
			Seen {
				caller: env::caller(),
				origin: env::origin(),
				this: env::this(),
				value: env::value(),
				block: env::block(),
				epoch: env::epoch(),
			}
		}

		#[call]
		pub fn refuse(&mut self, how: u8) -> Result<(), Error> {
			self.keep(1_000);
			match how {
				0 => panic!("told to"),
				7 => Err(Error::Numbered),
				other => Err(Error::Told(other)),
			}
		}

		#[call]
		pub fn pay(&mut self, to: Address, amount: u128) -> Result<(), Error> {
			env::transfer(&to, amount).map_err(|_| Error::NotPaid)
		}

		/// Keeps something, and has another one keep it too.
		#[call]
		pub fn pass(&mut self, to: Address, function: String, value: u128) -> bool {
			self.kept.set(&77);
			Call::to(to).function(&function).arg(&78u64).value(value).gas(1_000).send_raw().is_ok()
		}

		/// Calls itself, or the same one as another does, so many times.
		#[call]
		pub fn chain(&mut self, rest: Vec<Address>) -> u32 {
			match rest.split_first() {
				None => 0,
				Some((next, rest)) => {
					let call = Call::to(*next).function("chain").arg(&rest.to_vec());
					call.send::<u32>().map_or(0, |below| below + 1)
				}
			}
		}

		#[call]
		pub fn become_other(&mut self, code_hash: [u8; 32]) -> bool {
			env::set_code(&code_hash).is_ok()
		}

		#[call]
		pub fn end(&mut self, beneficiary: Address) {
			env::terminate(&beneficiary)
		}

		#[call]
		pub fn order(&mut self, fee: u128) -> Option<u64> {
			compute::request(b"spec", fee, "done", 50_000).ok()
		}

		#[call]
		pub fn done(&mut self, task: u64, outcome: compute::Outcome) -> Result<(), Error> {
			match outcome {
				compute::Outcome::Settled(output) => {
					self.keep(task * 100 + output.len() as u64);
					Ok(())
				}
				_ => Err(Error::Told(1)),
			}
		}
	}
}

/// One of them, made with this much.
fn agent(salt: u8, value: u128) -> Address {
	let code = mock::upload(agent::CONTRACT);
	let made = Deploy::of(code).salt(&[salt]).function("make").arg(&5u64).value(value).send();
	made.unwrap()
}

/// A world in which Alice has 1,000.
fn begin() {
	mock::reset();
	mock::set_balance(ALICE, 1_000);
}

fn kept(agent: Address) -> u64 {
	Call::to(agent).function("kept").send().unwrap()
}
