//! What the fuzzers need of the machine's inside.

use crate::{admission, machine, Refusal};

pub use wasmi;

/// How wasmi is set up for a module with functions of so many locals at most.
pub fn engine(locals: u16, mode: wasmi::CompilationMode) -> wasmi::Engine {
	machine::engine(locals, mode)
}

/// Judges code by all rules but for what a guest must export. The locals of the function with the most
/// of them.
pub fn judge(code: &[u8], pages: u32) -> Result<u16, Refusal> {
	admission::judge(code, pages).map(|judge| judge.locals)
}
