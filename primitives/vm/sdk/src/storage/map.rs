//! Items by key.

use super::{key, read, write};
use crate::host;
use codec::{Decode, Encode};
use core::marker::PhantomData;

/// Items of a contract's storage, each by a key. There is no way to go through them all.
pub struct Map<K, V> {
	name: &'static [u8],
	of: PhantomData<fn(K) -> V>,
}

impl<K, V> Map<K, V> {
	/// The map of this name, which has its length in front: the attribute `contract` makes it of
	/// the field's.
	pub const fn new(name: &'static str) -> Self {
		Self { name: key::checked(name), of: PhantomData }
	}
}

impl<K: Encode, V> Map<K, V> {
	/// Whether there is a value.
	pub fn contains(&self, at: &K) -> bool {
		host::storage_exists(&key::in_map(self.name, at))
	}

	/// Removes a value: whether there was one.
	pub fn remove(&mut self, at: &K) -> bool {
		host::storage_delete(&key::in_map(self.name, at))
	}
}

impl<K: Encode, V: Decode> Map<K, V> {
	/// The value, if there is one.
	pub fn get(&self, at: &K) -> Option<V> {
		read(&key::in_map(self.name, at))
	}

	/// Removes the value, if there is one, and gives it.
	pub fn take(&mut self, at: &K) -> Option<V> {
		let value = self.get(at)?;
		self.remove(at);
		Some(value)
	}
}

impl<K: Encode, V: Decode + Default> Map<K, V> {
	/// The value, or the type's default.
	pub fn get_or_default(&self, at: &K) -> V {
		self.get(at).unwrap_or_default()
	}
}

impl<K: Encode, V: Encode> Map<K, V> {
	/// Keeps a value.
	pub fn set(&mut self, at: &K, value: &V) {
		write(&key::in_map(self.name, at), value);
	}
}

impl<K: Encode, V: Encode + Decode + Default> Map<K, V> {
	/// Changes a value, or the type's default if there is none.
	pub fn update<R>(&mut self, at: &K, change: impl FnOnce(&mut V) -> R) -> R {
		let mut value = self.get_or_default(at);
		let result = change(&mut value);
		self.set(at, &value);
		result
	}
}
