//! What a contract tells the world.

use crate::host::{self, Buffer};
use codec::Encode;

/// What a contract tells: made by the attribute [`event`](macro@crate::event) of a struct.
pub trait Event: Encode {
	/// The event's topic: the name of its type, which is at most 32 bytes long.
	const NAME: &'static str;

	/// Tells it. The data are the event's SCALE bytes, of which there may be 1 KiB.
	fn emit(&self) {
		let mut data = Buffer::new();
		self.encode_to(&mut data);
		host::emit_event(Self::NAME.as_bytes(), &data);
	}
}
