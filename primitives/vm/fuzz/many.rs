//! Runs a target on as many inputs as one likes, without the fuzzer, on all cores, and counts what came of them:
//! `cargo run --release --example many -- differential 100000 [FIRST]`. A panic names the seed.
//!
//! `smith 100000 [FIRST]` is the differential target with wasm-smith's modules alone, until so many of them were
//! called and compared.

use mbongo_vm_fuzz::{admission, bytes, differential, execution, is_smith, Compared, Ran};
use std::{
	collections::BTreeMap,
	env,
	panic::{catch_unwind, AssertUnwindSafe},
	process::ExitCode,
	sync::{
		atomic::{AtomicU64, Ordering::Relaxed},
		Mutex,
	},
	thread,
};

/// What came of all inputs.
#[derive(Default)]
struct Seen {
	compared: Compared,
	ran: Ran,
	admitted: BTreeMap<String, u64>,
	wrong: Vec<u64>,
}

fn main() -> ExitCode {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let number = |place: usize| arguments.get(place).and_then(|number| number.parse().ok());
	let (Some(target), Some(count)) = (arguments.first(), number(1)) else {
		eprintln!("Which target, how many, and from which on?");
		return ExitCode::FAILURE;
	};
	let first: u64 = number(2).unwrap_or_default();
	let (next, seen) = (AtomicU64::new(first), Mutex::new(Seen::default()));
	let work = || loop {
		let seed = next.fetch_add(1, Relaxed);
		let is_over = match target.as_str() {
			"smith" => seen.lock().is_ok_and(|seen| seen.compared.smith >= count),
			_ => seed >= first + count,
		};
		if is_over {
			return;
		}
		// Of different lengths.
		let input = bytes(seed, 200 + (seed % 16) as usize * 200);
		if target == "smith" && !is_smith(&input) {
			continue;
		}
		let mut one = Seen::default();
		let done = catch_unwind(AssertUnwindSafe(|| match target.as_str() {
			"differential" | "smith" => one.compared = differential(&input),
			"execution" => one.ran = execution(&input),
			"admission" => {
				one.admitted.insert(format!("{:?}", admission(&input)), 1);
			}
			_ => panic!("there is no such target"),
		}));
		let mut seen = seen.lock().expect("nobody panics here");
		if done.is_err() {
			eprintln!("wrong with seed {seed}");
			seen.wrong.push(seed);
			// Nothing comes of it, so it would never end.
			if target == "smith" {
				return;
			}
		}
		seen.compared += one.compared;
		seen.ran += one.ran;
		for (judged, count) in one.admitted {
			*seen.admitted.entry(judged).or_default() += count;
		}
	};
	thread::scope(|scope| {
		for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
			scope.spawn(work);
		}
	});
	let seen = seen.into_inner().expect("nobody has panicked there");
	match target.as_str() {
		"differential" | "smith" => println!("{:?}", seen.compared),
		"execution" => println!("{:?}", seen.ran),
		_ => println!("{:?}", seen.admitted),
	}
	let inputs = next.into_inner().min(if target == "smith" { u64::MAX } else { first + count });
	println!("{} wrong of the seeds from {first} to {inputs}: {:?}", seen.wrong.len(), seen.wrong);
	match seen.wrong.is_empty() {
		true => ExitCode::SUCCESS,
		false => ExitCode::FAILURE,
	}
}
