//! `contract trace` and `contract verify`.

use crate::{errors, rpc::ProvenCall, service::Client};
use mbongo_gas::Gas;
use mbongo_primitives::{AccountId, Balance, Hash};
use mbongo_vm::{
	proof::{self, Question},
	VmCall, VmOutput,
};
use pallet_contracts::{api::ContractsApi, Step, MOST_GAS_ASKED, MOST_STEPS};
use polkadot_sdk::{
	sc_cli::{self, CliConfiguration, DatabaseParams, ImportParams, PruningParams, SharedParams},
	sc_client_api::{BlockBackend, HeaderBackend},
	sp_api::ProvideRuntimeApi,
	sp_core::{bytes::from_hex, hexdisplay::HexDisplay},
};
use std::{fs, io, path::PathBuf, sync::Arc};

/// Look at contracts
#[derive(Debug, Clone, clap::Subcommand)]
pub enum ContractCmd {
	/// Call a contract in the state of a block, and show every function of the host that it calls
	Trace(Box<TraceCmd>),

	/// Check, without a node, what `mbongo_proveCall` has answered
	Verify(VerifyCmd),
}

/// What a contract is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct Asked {
	/// The contract's address
	pub contract: AccountId,

	/// The function
	pub function: String,

	/// An argument, encoded, in hex; may be given several times
	#[arg(long, value_name = "HEX")]
	pub arg: Vec<String>,

	/// Who calls; nobody's account unless given
	#[arg(long, value_name = "ADDRESS")]
	pub from: Option<AccountId>,
}

impl Asked {
	fn caller(&self) -> AccountId {
		self.from.clone().unwrap_or(ProvenCall::NOBODY)
	}

	fn call(&self) -> sc_cli::Result<VmCall> {
		let decoded = self.arg.iter().map(|arg| from_hex(arg));
		let args = decoded.collect::<Result<Vec<_>, _>>();
		let args = args.map_err(|error| sc_cli::Error::Input(format!("--arg: {error}")))?;
		Ok(VmCall { function: self.function.clone(), args })
	}
}

/// Call a contract in the state of a block, and show every function of the host that it calls
#[derive(Debug, Clone, clap::Parser)]
pub struct TraceCmd {
	#[command(flatten)]
	pub asked: Asked,

	/// The value that comes with the call, in the smallest unit
	#[arg(long, value_name = "AMOUNT", default_value_t = 0)]
	pub value: Balance,

	/// The gas that it may use; higher limits are taken for the default
	#[arg(long, value_name = "GAS", default_value_t = MOST_GAS_ASKED)]
	pub gas_limit: Gas,

	/// Stop after so many calls of the host, 100,000 at most
	#[arg(
		long,
		value_name = "NUMBER",
		default_value_t = 1_000,
		value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_STEPS))
	)]
	pub steps: u32,

	/// In the state of this block, by its hash; of the best one unless given
	#[arg(long, value_name = "HASH")]
	pub at: Option<Hash>,

	#[command(flatten)]
	pub shared_params: SharedParams,

	#[command(flatten)]
	pub import_params: ImportParams,
}

impl CliConfiguration for TraceCmd {
	fn shared_params(&self) -> &SharedParams {
		&self.shared_params
	}

	fn import_params(&self) -> Option<&ImportParams> {
		Some(&self.import_params)
	}

	fn pruning_params(&self) -> Option<&PruningParams> {
		Some(&self.import_params.pruning_params)
	}

	fn database_params(&self) -> Option<&DatabaseParams> {
		Some(&self.import_params.database_params)
	}
}

impl TraceCmd {
	/// Calls, and shows what the contract does, a line for each call of the host.
	pub fn run(&self, client: Arc<Client>) -> sc_cli::Result<()> {
		let at = self.at.unwrap_or_else(|| client.info().best_hash);
		if client.block(at)?.is_none() {
			return Err(sc_cli::Error::Input(format!("Block {at:?} is not in the database")));
		}
		let (steps, result, gas_used) = client
			.runtime_api()
			.trace_call(
				at,
				self.asked.caller(),
				self.asked.contract.clone(),
				self.asked.call()?,
				self.value,
				self.gas_limit,
				Balance::MAX,
				self.steps,
			)
			.map_err(|error| sc_cli::Error::Application(Box::new(error)))?;
		for step in &steps {
			println!("{}", line(step));
		}
		match result {
			Ok(output) => {
				let data = HexDisplay::from(&output.data);
				println!(
					"The contract answers 0x{data}, for {gas_used} gas in {} steps",
					steps.len()
				);
			}
			Err(error) => {
				let reason = errors::reason(&*client, error);
				println!("{}", failed(steps.len(), self.steps, gas_used, &reason));
			}
		}
		Ok(())
	}
}

/// Check, without a node, what `mbongo_proveCall` has answered
#[derive(Debug, Clone, clap::Parser)]
pub struct VerifyCmd {
	#[command(flatten)]
	pub asked: Asked,

	/// The root of the state, from a header that you trust: the answer's own proves nothing
	#[arg(long, value_name = "HASH")]
	pub state_root: Hash,

	/// The file with the answer, as it came or the `result` of it; standard input unless given
	#[arg(long, value_name = "FILE")]
	pub proof: Option<PathBuf>,
}

impl VerifyCmd {
	/// Runs the contract again on what the answer brings along, and shows what it answers.
	pub fn run(&self) -> sc_cli::Result<()> {
		let text = match &self.proof {
			Some(path) => fs::read_to_string(path)
				.map_err(|error| sc_cli::Error::Input(format!("{}: {error}", path.display())))?,
			None => io::read_to_string(io::stdin())?,
		};
		let output = self.check(&text)?;
		let data = HexDisplay::from(&output.data);
		match output.status {
			0 => println!("The contract answers 0x{data}"),
			status => println!("The contract refuses by its number {status}: 0x{data}"),
		}
		Ok(())
	}

	fn check(&self, text: &str) -> sc_cli::Result<VmOutput> {
		let unreadable = |error: serde_json::Error| {
			sc_cli::Error::Input(format!("The answer is unreadable: {error}"))
		};
		let refused = |why: String| sc_cli::Error::Application(why.into());
		let mut answer: serde_json::Value = serde_json::from_str(text).map_err(unreadable)?;
		if let Some(result) = answer.get_mut("result") {
			answer = result.take();
		}
		let answer: ProvenCall = serde_json::from_value(answer).map_err(unreadable)?;
		// Whoever has made the answer must not keep this busy as long as they like.
		if answer.gas_limit > MOST_GAS_ASKED {
			return Err(refused(format!(
				"Nothing is proven: no node asks with more than {MOST_GAS_ASKED} gas, and this is for {}",
				answer.gas_limit
			)));
		}
		let question = Question {
			caller: self.asked.caller().into(),
			contract: self.asked.contract.clone().into(),
			call: self.asked.call()?,
			gas_limit: answer.gas_limit,
		};
		let parts = answer.proof.into_iter().map(|part| part.0);
		let output = proof::verify(self.state_root, parts, &question)
			.map_err(|error| refused(format!("Nothing is proven: {error}")))?
			.map_err(|error| refused(format!("The contract does not answer: {error:?}")))?;
		if (output.status, &output.data) != (answer.status, &answer.data.0) {
			return Err(refused(
				"The proof shows another answer than the one that is claimed".into(),
			));
		}
		Ok(output)
	}
}

/// What is said of a call that has come to nothing. With one error the runtime also ends what would take
/// more steps than are wanted, which is no fault of the contract's.
fn failed(steps: usize, wanted: u32, gas_used: Gas, reason: &str) -> String {
	match steps == wanted as usize && reason == "Contracts.ResourceLimitExceeded" {
		true => format!("Stopped after {steps} steps"),
		false => format!("It comes to nothing, for {gas_used} gas in {steps} steps: {reason}"),
	}
}

/// A step as it is shown: what was called with what, what lies in memory there, what came of it, and the
/// gas left before and after.
fn line(step: &Step<AccountId>) -> String {
	let indent = "  ".repeat(step.depth as usize);
	let arguments: Vec<_> = step.arguments.iter().map(i64::to_string).collect();
	let bytes: Vec<_> =
		step.bytes.iter().map(|bytes| format!("0x{}", HexDisplay::from(bytes))).collect();
	let bytes = match bytes.is_empty() {
		true => String::new(),
		false => format!(" [{}]", bytes.join(", ")),
	};
	let result = match step.result {
		Ok(None) => String::new(),
		Ok(Some(number)) => format!(" = {number}"),
		Err(error) => format!(" ends the run: {error:?}"),
	};
	format!(
		"{indent}{} {}({}){bytes}{result}, gas {} -> {}",
		step.contract,
		step.function,
		arguments.join(", "),
		step.gas_before,
		step.gas_after,
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use mbongo_vm::VmError;

	#[test]
	fn steps_are_lines() {
		let mut step = Step {
			depth: 1,
			contract: AccountId::new([0; 32]),
			function: "storage_len".into(),
			arguments: vec![-1, 5],
			bytes: Vec::new(),
			result: Ok(Some(8)),
			gas_before: 100,
			gas_after: 90,
		};
		let who = step.contract.to_string();
		assert_eq!(line(&step), format!("  {who} storage_len(-1, 5) = 8, gas 100 -> 90"));
		step.result = Err(VmError::MemoryViolation);
		let ends =
			format!("  {who} storage_len(-1, 5) ends the run: MemoryViolation, gas 100 -> 90");
		assert_eq!(line(&step), ends);
		(step.bytes, step.result) = (vec![vec![1, 255], Vec::new()], Ok(None));
		let shows = format!("  {who} storage_len(-1, 5) [0x01ff, 0x], gas 100 -> 90");
		assert_eq!(line(&step), shows);
	}

	#[test]
	fn a_trace_that_is_cut_is_no_failure_of_the_contract() {
		let limit = "Contracts.ResourceLimitExceeded";
		assert_eq!(failed(3, 3, 100, limit), "Stopped after 3 steps");
		let nothing = "It comes to nothing, for 100 gas in 3 steps: ";
		assert_eq!(failed(3, 4, 100, limit), format!("{nothing}{limit}"));
		let refused = "Contracts.Refused";
		assert_eq!(failed(3, 3, 100, refused), format!("{nothing}{refused}"));
	}

	#[test]
	fn fails_when_no_step_is_wanted_or_more_than_are_shown() {
		let contract = AccountId::new([1; 32]).to_string();
		let parse = |steps: &str| {
			TraceCmd::try_parse_from(["trace", contract.as_str(), "get", "--steps", steps])
		};
		assert!(parse("0").is_err());
		assert_eq!(parse("1").unwrap().steps, 1);
		// The help has this number in words.
		assert_eq!(parse("100000").unwrap().steps, MOST_STEPS);
		assert!(parse("100001").is_err());
	}

	#[test]
	fn fails_when_the_answer_is_for_more_gas_than_nodes_ask_with() {
		let said = |gas_limit: Gas| {
			let asked = Asked {
				contract: AccountId::new([1; 32]),
				function: "get".into(),
				arg: Vec::new(),
				from: None,
			};
			let answer = ProvenCall {
				block_hash: Hash::zero(),
				block_number: 1,
				state_root: Hash::zero(),
				caller: asked.caller(),
				gas_limit,
				status: 0,
				data: Vec::new().into(),
				proof: Vec::new(),
			};
			let cmd = VerifyCmd { asked, state_root: Hash::zero(), proof: None };
			let error = cmd.check(&serde_json::to_string(&answer).unwrap()).unwrap_err();
			assert_eq!(crate::command::exit_code(&error), 1);
			error.to_string()
		};
		let most = said(MOST_GAS_ASKED);
		assert!(most.contains("is missing"), "{most}");
		let more = said(MOST_GAS_ASKED + 1);
		assert!(more.contains("no node asks with more"), "{more}");
	}
}
