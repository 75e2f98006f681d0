//! Whatever is uploaded: it is judged without a panic, and what is let in is valid elsewhere too, can be
//! loaded, and runs to an end.

use crate::{differential::is_valid, execution, smith, PAGES};
use arbitrary::Unstructured;
use mbongo_vm::{admit, limits, Module, Rule, VmCall};

/// Judges the bytes, or a module made of them: which rule it breaks, if it is a module.
pub fn admission(bytes: &[u8]) -> Result<(), Option<Rule>> {
	let Some(code) = guest(bytes) else { return Err(None) };
	let facts = match admit(&code, PAGES) {
		Ok(facts) => facts,
		Err(refusal) => {
			// What breaks off is missed behind its end.
			assert!(refusal.offset as usize <= code.len() + 1, "{refusal:?}");
			assert_eq!(admit(&code, PAGES), Err(refusal));
			return Err(Some(refusal.rule));
		}
	};
	assert!(code.len() <= limits::CODE_BYTES as usize && facts.locals <= limits::LOCALS as u16);
	assert!(is_valid(&code), "it is let in, and not valid");
	assert_eq!(admit(&code, limits::FOLD_PAGES), Ok(facts), "more pages allow less");
	let module = Module::new(&code, &facts).expect("it was let in");
	for (gas, is_read_only) in [(300_000, false), (60_000, true)] {
		let _ = execution::run(&module, gas, is_read_only, VmCall::default());
	}
	Ok(())
}

/// The bytes, or a module made of them, which may be none that is let in.
pub fn guest(bytes: &[u8]) -> Option<Vec<u8>> {
	// What starts as a module does is one, so that those in the corpus can be changed.
	match bytes.starts_with(b"\0asm") {
		true => Some(bytes.to_vec()),
		false => made(&mut Unstructured::new(bytes)).ok(),
	}
}

/// A guest, in which a few bytes may be others.
fn made(input: &mut Unstructured) -> arbitrary::Result<Vec<u8>> {
	let mut code = smith::guest(input)?;
	if input.ratio(1, 2)? {
		for _ in 0..input.int_in_range(1..=4)? {
			let place = input.int_in_range(0..=code.len() - 1)?;
			match input.int_in_range(0..=2)? {
				0 => code[place] = input.arbitrary()?,
				1 => code[place] ^= 1 << input.int_in_range(0..=7)?,
				_ => code.truncate(place.max(1)),
			}
		}
	}
	Ok(code)
}
