//! Builds the contracts beside this file as guests, each with a cargo of its own, as an author would.

use std::{
	env, fs,
	path::{Path, PathBuf},
	process::Command,
};

const CONTRACTS: [&str; 7] =
	["counter", "token", "escrow", "crowdfund", "compute-client", "probe", "workload"];

/// What every guest is compiled with.
const FLAGS: &str = include_str!("../guest.flags");

fn main() {
	let here = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
	let out = PathBuf::from(variable("OUT_DIR"));
	// What guests are made of. The profile is in the workspace's manifest.
	for path in ["../src", "../macros", "../Cargo.toml", "../../abi", "../../../../Cargo.toml"] {
		println!("cargo:rerun-if-changed={}", here.join(path).display());
	}
	for contract in CONTRACTS {
		let folder = here.join(contract);
		println!("cargo:rerun-if-changed={}", folder.display());
		build(contract, &folder, &out);
	}
	let text = here.join("counter/counter.wat");
	let code = wat::parse_file(&text).unwrap_or_else(|error| panic!("{error}"));
	write(&out.join("counter_wat.wasm"), &code);
}

fn build(contract: &str, folder: &Path, out: &Path) {
	let target = out.join("target");
	let mut cargo = Command::new(variable("CARGO"));
	// What holds for whoever builds this crate must not change what a guest is.
	for (name, _) in env::vars_os() {
		let name = name.to_string_lossy();
		let is_theirs = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_FEATURE_"]
			.iter()
			.any(|start| name.starts_with(start))
			|| ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "TARGET"]
				.contains(&&*name);
		if is_theirs {
			cargo.env_remove(&*name);
		}
	}
	cargo
		.current_dir(folder)
		.args(["rustc", "--locked", "--profile", "contract", "--target", "wasm32v1-none"])
		.args(["--crate-type", "cdylib", "--target-dir"])
		.arg(&target)
		.arg("--")
		.args(FLAGS.split_whitespace());
	let output = cargo.output().unwrap_or_else(|error| panic!("{cargo:?}: {error}"));
	if !output.status.success() {
		panic!("{cargo:?}\n{}", String::from_utf8_lossy(&output.stderr));
	}
	let file = format!("{}.wasm", contract.replace('-', "_"));
	let built = target.join("wasm32v1-none/contract").join(&file);
	let code = fs::read(&built).unwrap_or_else(|error| panic!("{}: {error}", built.display()));
	write(&out.join(file), &code);
}

fn variable(name: &str) -> String {
	env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn write(path: &Path, bytes: &[u8]) {
	fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
