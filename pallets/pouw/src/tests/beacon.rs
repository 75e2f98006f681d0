//! The beacon.

use crate::{mock::*, *};

#[test]
fn success_each_is_of_the_last_and_the_authors_draw() {
	run(|| {
		Vrf::set(Some([1; 32]));
		begin_block(1, false);
		end_block();
		let of =
			|last: H256, vrf: [u8; 32]| H256(sp_io::hashing::blake2_256(&(last, vrf).encode()));
		assert_eq!(Pouw::beacon(1), Some(of(H256::zero(), [1; 32])));
		Vrf::set(Some([2; 32]));
		begin_block(2, false);
		end_block();
		assert_eq!(Pouw::beacon(2), Some(of(Pouw::beacon(1).unwrap(), [2; 32])));
		Vrf::set(None);
	});
}

#[test]
fn boundary_as_many_are_kept_as_promised() {
	run(|| {
		let kept = u64::from(BEACON_BLOCKS);
		run_to(kept + 1);
		assert_eq!(Pouw::beacon(1), None);
		assert!(Pouw::beacon(2).is_some());
		assert_eq!(Beacons::<Test>::iter().count() as u64, kept);
		run_to(kept + 30);
		assert_eq!(Beacons::<Test>::iter().count() as u64, kept);
	});
}
