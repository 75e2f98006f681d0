//! The Mbongo Chain node.

#![allow(clippy::result_large_err)] // the SDK's error types

mod chain_spec;
mod checkpoints;
mod cli;
mod command;
mod errors;
#[cfg(feature = "test-faults")]
mod faults;
mod guard;
mod layers;
mod pool;
mod progress;
mod protocols;
mod receipts;
mod replay;
mod rpc;
mod service;
mod snapshot;
mod state;
mod tasks;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

fn main() -> ExitCode {
	let Err(error) = command::run() else { return ExitCode::SUCCESS };
	eprintln!("Error: {error}");
	command::exit_code(&error).into()
}
