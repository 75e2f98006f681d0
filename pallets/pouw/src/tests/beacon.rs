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

#[test]
fn fails_when_the_kept_ones_are_not_the_last_blocks() {
	run(|| {
		for number in [6, u64::from(BEACON_BLOCKS) + 3] {
			System::set_block_number(number);
			let oldest = number - number.min(BEACON_BLOCKS.into()) + 1;
			let _ = Beacons::<Test>::clear(u32::MAX, None);
			(oldest..=number).for_each(|block| Beacons::<Test>::insert(block, H256::zero()));
			// As many as there must be, but for a block too old or to come; or one fewer.
			for gone in [oldest, oldest + 2, number] {
				let beacon = Beacons::<Test>::take(gone).unwrap();
				assert!(Pouw::do_try_state().is_err(), "without {gone}");
				for instead in [oldest - 1, number + 1] {
					Beacons::<Test>::insert(instead, beacon);
					assert!(Pouw::do_try_state().is_err(), "{instead} for {gone}");
					Beacons::<Test>::remove(instead);
				}
				Beacons::<Test>::insert(gone, beacon);
				assert_eq!(Pouw::do_try_state(), Ok(()));
			}
			Beacons::<Test>::insert(oldest - 1, H256::zero());
			assert!(Pouw::do_try_state().is_err(), "one left over");
			Beacons::<Test>::remove(oldest - 1);
		}
	});
}
