//! What the fuzz targets do with their bytes.

mod admission;
pub mod dense;
mod differential;
mod execution;
mod host;
mod random;
pub mod smith;

pub use admission::admission;
pub use differential::{differential, is_smith, Compared};
pub use execution::{execution, run, Ran};
pub use random::bytes;

use mbongo_vm::{abi::IMPORT_MODULE, limits, Function, ValType};

/// The pages of memory that modules may have.
pub const PAGES: u32 = limits::CONTRACT_PAGES;

/// The targets, by the names of their folders in the corpus, and the guests that they make of their
/// bytes, if they make one.
pub const GUESTS: [(&str, fn(&[u8]) -> Option<Vec<u8>>); 3] = [
	("admission", admission::guest),
	("differential", differential::guest),
	("execution", execution::guest),
];

/// The text that imports a function of the host, under its own name.
fn import(function: Function) -> String {
	let types = |types: &[ValType]| types.iter().map(|kind| format!(" {kind}")).collect::<String>();
	let (takes, answers) = (types(function.parameters()), types(function.results()));
	let name = function.name();
	format!(
		"(import \"{IMPORT_MODULE}\" \"{name}\" (func ${name} (param{takes}) (result{answers})))"
	)
}
