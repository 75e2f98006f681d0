use super::{key, Cell, Map};
use crate::{abi::limits::KEY_BYTES, crypto::blake2_256, host, mock};
use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};
use codec::Encode;

#[test]
fn a_cell_keeps_one_value() {
	mock::reset();
	let mut cell = Cell::<u32>::new("\u{5}count");
	assert_eq!((cell.get(), cell.get_or_default(), cell.exists()), (None, 0, false));
	cell.set(&5);
	assert_eq!((cell.get(), cell.exists()), (Some(5), true));
	let twice = cell.update(|count| {
		*count += 1;
		*count * 2
	});
	assert_eq!((twice, cell.get()), (12, Some(6)));
	assert_eq!((cell.take(), cell.take()), (Some(6), None));
	cell.set(&0);
	assert!(cell.remove());
	assert!(!cell.remove());
}

#[test]
fn a_map_keeps_values_by_key() {
	mock::reset();
	let mut map = Map::<(u8, u16), String>::new("\u{5}names");
	map.set(&(1, 2), &String::from("one"));
	map.set(&(2, 1), &String::from("two"));
	assert_eq!(map.get(&(1, 2)).as_deref(), Some("one"));
	assert_eq!(map.get(&(1, 1)), None);
	assert_eq!(map.get_or_default(&(1, 1)), "");
	map.update(&(3, 3), |name| name.push('x'));
	assert_eq!(map.take(&(3, 3)).as_deref(), Some("x"));
	assert!(!map.contains(&(3, 3)) && map.contains(&(2, 1)));
	assert!(map.remove(&(2, 1)));
	assert!(!map.remove(&(2, 1)));
}

#[test]
fn no_two_items_meet() {
	// What one name and its key say, another name and key would too, without the length in front.
	assert_ne!(key::in_map(b"\x02ab", &b'c'), key::in_map(b"\x01a", b"bc"));
	assert_ne!(&b"\x02ab"[..], key::in_map(b"\x01a", &b'b'));
	assert_eq!(key::checked("\u{5}count"), b"\x05count");
	assert_eq!(key::in_map(b"\x02of", &7u16), b"\x02of\x07\x00");
}

#[test]
fn long_keys_are_hashed_where_no_other_begins() {
	let whole = |length: usize| [&b"\x02of"[..], &vec![7u8; length].encode()].concat();
	// A length over 63 takes two bytes.
	let fits = KEY_BYTES as usize - 3 - 2;
	assert_eq!(key::in_map(b"\x02of", &vec![7u8; fits]), whole(fits));
	let hashed = key::in_map(b"\x02of", &vec![7u8; fits + 1]);
	assert_eq!(hashed, [&[0][..], &blake2_256(&whole(fits + 1))].concat());
	mock::reset();
	let mut map = Map::<Vec<u8>, u8>::new("\u{2}of");
	map.set(&vec![7; 1_000], &1);
	map.set(&vec![8; 1_000], &2);
	assert_eq!((map.get(&vec![7; 1_000]), map.get(&vec![8; 1_000])), (Some(1), Some(2)));
}

#[test]
#[should_panic(expected = "of another type")]
fn what_is_of_another_type_is_not_read() {
	mock::reset();
	host::storage_write(b"\x05count", &[1, 2, 3]);
	Cell::<u32>::new("\u{5}count").get();
}

#[test]
fn a_name_has_its_length_in_front() {
	for name in ["", "\u{0}", "count", "\u{6}count", &format!("\u{21}{}", "x".repeat(33))] {
		let name: &'static str = name.to_owned().leak();
		assert!(std::panic::catch_unwind(|| Cell::<u32>::new(name)).is_err(), "{name}");
	}
	let longest = format!("\u{20}{}", "x".repeat(32)).leak();
	assert!(!Cell::<u32>::new(longest).exists());
}
