//! Runs a target on as many inputs as one likes, without the fuzzer, and counts what came of them:
//! `cargo run --release --example many -- differential 100000 [FIRST [LEAST]]`. A panic names the seed.
//! Fewer modules of wasm-smith compared than LEAST are a failure too.

use mbongo_vm_fuzz::{admission, bytes, differential, execution, Compared, Ran};
use std::{
	collections::BTreeMap,
	env,
	panic::{catch_unwind, AssertUnwindSafe},
	process::ExitCode,
};

fn main() -> ExitCode {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let number = |place: usize| arguments.get(place).and_then(|number| number.parse().ok());
	let (Some(target), Some(count)) = (arguments.first(), number(1)) else {
		eprintln!("Which target, how many, and from which on?");
		return ExitCode::FAILURE;
	};
	let first: u64 = number(2).unwrap_or_default();
	let least: u64 = number(3).unwrap_or_default();
	let (mut compared, mut ran, mut admitted) =
		(Compared::default(), Ran::default(), BTreeMap::<String, u64>::new());
	let mut wrong = Vec::new();
	for seed in first..first + count {
		// Of different lengths.
		let input = bytes(seed, 200 + (seed % 16) as usize * 200);
		let done = catch_unwind(AssertUnwindSafe(|| match target.as_str() {
			"differential" => compared += differential(&input),
			"execution" => ran += execution(&input),
			"admission" => {
				let judged = format!("{:?}", admission(&input));
				*admitted.entry(judged).or_default() += 1;
			}
			_ => panic!("there is no such target"),
		}));
		if done.is_err() {
			eprintln!("wrong with seed {seed}");
			wrong.push(seed);
		}
	}
	match target.as_str() {
		"differential" => println!("{compared:?}"),
		"execution" => println!("{ran:?}"),
		_ => println!("{admitted:?}"),
	}
	println!("{} wrong of {count}: {:?}", wrong.len(), &wrong[..wrong.len().min(50)]);
	let is_enough = compared.smith >= least;
	if !is_enough {
		println!("{} modules of wasm-smith were compared, and not {least}", compared.smith);
	}
	if wrong.is_empty() && is_enough {
		ExitCode::SUCCESS
	} else {
		ExitCode::FAILURE
	}
}
