//! How far a long command is, on standard error: a line that is written over on a terminal, a line
//! for every tenth elsewhere.

use std::{
	io::{stderr, IsTerminal, Write},
	time::{Duration, Instant},
};

/// How far something is.
pub struct Progress {
	what: &'static str,
	done: u64,
	of: u64,
	shown: Option<Instant>,
	tenth: u64,
	terminal: bool,
}

impl Progress {
	/// Of something in so many steps.
	pub fn new(what: &'static str, of: u64) -> Self {
		Self {
			what,
			done: 0,
			of: of.max(1),
			shown: None,
			tenth: 0,
			terminal: stderr().is_terminal(),
		}
	}

	/// So many steps further.
	pub fn advance(&mut self, steps: u64) {
		self.done = self.done.saturating_add(steps).min(self.of);
		let percent = self.done * 100 / self.of;
		if self.terminal {
			let is_due = self.shown.is_none_or(|at| at.elapsed() > Duration::from_millis(100));
			if is_due || self.done == self.of {
				self.shown = Some(Instant::now());
				let bar = "#".repeat(percent as usize / 5);
				eprint!(
					"\r{} [{bar:<20}] {percent:>3} % ({} of {})",
					self.what, self.done, self.of
				);
				if self.done == self.of {
					eprintln!();
				}
				let _ = stderr().flush();
			}
		} else if percent / 10 > self.tenth {
			self.tenth = percent / 10;
			eprintln!("{}: {percent} % ({} of {})", self.what, self.done, self.of);
		}
	}
}
