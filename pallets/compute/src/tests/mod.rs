mod dealing;
mod demands;
mod frauds;
mod money;
mod providers;
mod random;
mod tasks;
mod trials;

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use mbongo_primitives::{
	units::MBO,
	work::{SettledWorkSource, WorkEmissionSink},
};
use Verdict::{Invalid, Unavailable, Valid};

type Failure = Error<Test>;

/// What happened in this block.
fn has_happened(event: Event<Test>) -> bool {
	let event = RuntimeEvent::from(event);
	frame_system::Pallet::<Test>::events().into_iter().any(|record| record.event == event)
}
