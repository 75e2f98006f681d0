//! The example contracts, built as guests, for tests of whoever runs guests. What each does is told in
//! its own crate, beside this one.

/// The guest of this name.
macro_rules! guest {
	($name:literal) => {
		include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".wasm"))
	};
}

/// Counts.
pub const COUNTER: &[u8] = guest!("counter");
/// The same, written by hand.
pub const COUNTER_WAT: &[u8] = guest!("counter_wat");
/// Keeps who has how much of a token.
pub const TOKEN: &[u8] = guest!("token");
/// Keeps a price until the goods are there.
pub const ESCROW: &[u8] = guest!("escrow");
/// Collects money for a goal, or gives it back.
pub const CROWDFUND: &[u8] = guest!("crowdfund");
/// Orders an inference and acts on the result.
pub const COMPUTE_CLIENT: &[u8] = guest!("compute_client");
/// Does all that the host offers.
pub const PROBE: &[u8] = guest!("probe");

/// All of them, by name.
pub const ALL: [(&str, &[u8]); 7] = [
	("counter", COUNTER),
	("counter.wat", COUNTER_WAT),
	("token", TOKEN),
	("escrow", ESCROW),
	("crowdfund", CROWDFUND),
	("compute-client", COMPUTE_CLIENT),
	("probe", PROBE),
];
