//! A header, and what PoUW reads in its digest.

#![no_main]

use codec::{DecodeAll, Encode};
use libfuzzer_sys::fuzz_target;
use mbongo_primitives::Header;
use sp_consensus_pouw::{find_slot, find_weight_log, PouwLog};
use sp_runtime::DigestItem;

fuzz_target!(|bytes: &[u8]| {
	let Ok(header) = Header::decode_all(&mut &bytes[..]) else { return };
	assert_eq!(header.encode(), bytes);
	let _ = find_slot(&header);
	if let Ok(log) = find_weight_log(&header) {
		assert!(log.weight().is_possible());
		assert!(header.digest.logs.contains(&DigestItem::from(PouwLog::Weight(log))));
	}
});
