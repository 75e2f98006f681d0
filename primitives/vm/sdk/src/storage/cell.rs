//! One item.

use super::{key, read, write};
use crate::host;
use codec::{Decode, Encode};
use core::marker::PhantomData;

/// One item of a contract's storage.
pub struct Cell<T> {
	name: &'static [u8],
	of: PhantomData<fn() -> T>,
}

impl<T> Cell<T> {
	/// The item of this name, which has its length in front: the attribute `contract` makes it of
	/// the field's.
	pub const fn new(name: &'static str) -> Self {
		Self { name: key::checked(name), of: PhantomData }
	}

	/// Whether there is a value.
	pub fn exists(&self) -> bool {
		host::storage_exists(self.name)
	}

	/// Removes the value: whether there was one.
	pub fn remove(&mut self) -> bool {
		host::storage_delete(self.name)
	}
}

impl<T: Decode> Cell<T> {
	/// The value, if there is one.
	pub fn get(&self) -> Option<T> {
		read(self.name)
	}

	/// Removes the value, if there is one, and gives it.
	pub fn take(&mut self) -> Option<T> {
		let value = self.get()?;
		self.remove();
		Some(value)
	}
}

impl<T: Decode + Default> Cell<T> {
	/// The value, or the type's default.
	pub fn get_or_default(&self) -> T {
		self.get().unwrap_or_default()
	}
}

impl<T: Encode> Cell<T> {
	/// Keeps a value.
	pub fn set(&mut self, value: &T) {
		write(self.name, value);
	}
}

impl<T: Encode + Decode + Default> Cell<T> {
	/// Changes the value, or the type's default if there is none.
	pub fn update<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> R {
		let mut value = self.get_or_default();
		let result = change(&mut value);
		self.set(&value);
		result
	}
}
