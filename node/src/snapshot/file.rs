//! The file of a snapshot: a magic number with the version of the format, then chunks. A chunk is the
//! length of its data in four bytes, the first least, then the BLAKE2b-256 hash of its number and its
//! data, then the data: a [`Chunk`], encoded and compressed by zstd. The first is the head, the last says
//! how much there is, so that none can be missing, altered or out of place.

use super::{finality::Change, Head, Size};
use codec::{Decode, DecodeAll, Encode};
use polkadot_sdk::sp_io::hashing::blake2_256;
use std::io::{self, Read, Write};

/// What a snapshot begins with, before the version of its format.
const MAGIC: [u8; 7] = *b"mbsnap\n";

/// The version of the format.
const VERSION: u8 = 1;

/// About how many bytes a chunk has before it is compressed.
const CHUNK_BYTES: usize = if cfg!(test) { 1 << 12 } else { 1 << 20 };

/// No chunk has more bytes than this, compressed or not. A value that is larger has no place; the largest
/// are runtimes, of which there is room for several.
const MAX_CHUNK_BYTES: u32 = 1 << 24;

/// A file does not decompress to more than so many times its length, or it could fill the memory.
const MAX_RATIO: u64 = 100;

/// How much zstd tries: its own default.
const COMPRESSION: i32 = 3;

/// How a file is not as it was written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
	/// It begins with something else.
	#[error("This is no snapshot")]
	NoSnapshot,
	/// It is of another version.
	#[error("This is a snapshot of version {0}; this node knows version {VERSION}")]
	Version(u8),
	/// A chunk is not what was written.
	#[error("Chunk {0} is damaged: {1}")]
	Chunk(u32, &'static str),
	/// The file ends too early.
	#[error("Chunk {0} is missing or cut short")]
	Missing(u32),
	/// The file goes on after its last chunk.
	#[error("Something follows chunk {0}, the last one")]
	Trailing(u32),
	/// The disk.
	#[error("Chunk {0} cannot be read: {1}")]
	Unreadable(u32, io::ErrorKind),
}

#[derive(Encode, Decode)]
enum Chunk {
	#[codec(index = 0)]
	Head(Box<Head>),
	/// Changes of GRANDPA's authorities, of which a chain has more and more.
	#[codec(index = 1)]
	Changes(Vec<Change>),
	#[codec(index = 2)]
	State(Vec<Part>),
	#[codec(index = 3)]
	End { entries: u64 },
}

/// Some entries of a trie.
#[derive(Encode, Decode)]
struct Part {
	/// The key of the child trie, if it is one.
	child: Option<Vec<u8>>,
	entries: Vec<(Vec<u8>, Vec<u8>)>,
}

fn hash(number: u32, data: &[u8]) -> [u8; 32] {
	blake2_256(&[&number.to_le_bytes(), data].concat())
}

/// Writes a snapshot.
pub struct Writer<W> {
	out: W,
	parts: Vec<Part>,
	filled: usize,
	size: Size,
}

impl<W: Write> Writer<W> {
	/// Begins with the head.
	pub fn new(mut out: W, head: &Head) -> io::Result<Self> {
		out.write_all(&MAGIC)?;
		out.write_all(&[VERSION])?;
		let bytes = (MAGIC.len() + 1) as u64;
		let size = Size { bytes, ..Default::default() };
		let mut writer = Self { out, parts: Vec::new(), filled: 0, size };
		let mut head = head.clone();
		let changes = std::mem::take(&mut head.finality.changes);
		writer.write(&Chunk::Head(Box::new(head)))?;
		let (mut some, mut filled) = (Vec::new(), 0);
		for change in changes {
			filled += change.encoded_size();
			some.push(change);
			if filled >= CHUNK_BYTES {
				writer.write(&Chunk::Changes(std::mem::take(&mut some)))?;
				filled = 0;
			}
		}
		if !some.is_empty() {
			writer.write(&Chunk::Changes(some))?;
		}
		Ok(writer)
	}

	/// Adds an entry of the state, or of a child trie.
	pub fn add(&mut self, child: Option<&[u8]>, key: Vec<u8>, value: Vec<u8>) -> io::Result<()> {
		self.size.entries += 1;
		self.filled += key.len() + value.len();
		match self.parts.last_mut().filter(|part| part.child.as_deref() == child) {
			Some(part) => part.entries.push((key, value)),
			None => {
				let child = child.map(<[u8]>::to_vec);
				self.filled += child.as_ref().map_or(0, Vec::len);
				self.parts.push(Part { child, entries: vec![(key, value)] });
			}
		}
		if self.filled < CHUNK_BYTES {
			return Ok(());
		}
		self.flush()
	}

	fn flush(&mut self) -> io::Result<()> {
		self.filled = 0;
		let parts = std::mem::take(&mut self.parts);
		self.write(&Chunk::State(parts))
	}

	/// Ends with how much there was.
	pub fn finish(mut self) -> io::Result<(W, Size)> {
		if !self.parts.is_empty() {
			self.flush()?;
		}
		self.write(&Chunk::End { entries: self.size.entries })?;
		self.out.flush()?;
		Ok((self.out, self.size))
	}

	fn write(&mut self, chunk: &Chunk) -> io::Result<()> {
		let chunk = chunk.encode();
		let data = zstd::bulk::compress(&chunk, COMPRESSION)?;
		if chunk.len().max(data.len()) > MAX_CHUNK_BYTES as usize {
			return Err(io::Error::other("a value is too large for a snapshot"));
		}
		self.out.write_all(&(data.len() as u32).to_le_bytes())?;
		self.out.write_all(&hash(self.size.chunks, &data))?;
		self.out.write_all(&data)?;
		self.size.chunks += 1;
		self.size.bytes += (4 + 32 + data.len()) as u64;
		Ok(())
	}
}

/// Reads a snapshot.
pub struct Reader<R> {
	input: R,
	size: Size,
	/// What was read after the head, and is of the state.
	next: Option<Chunk>,
	/// How many bytes chunks may still decompress to.
	room: u64,
}

impl<R: Read> Reader<R> {
	/// Of a file with so many bytes.
	pub fn new(input: R, length: u64) -> Self {
		let room = u64::from(MAX_CHUNK_BYTES) + length.saturating_mul(MAX_RATIO);
		Self { input, size: Size::default(), next: None, room }
	}

	/// Reads the head.
	pub fn head(&mut self) -> Result<Head, Damage> {
		let mut start = [0; MAGIC.len() + 1];
		self.fill(&mut start).map_err(|_| Damage::NoSnapshot)?;
		let [magic @ .., version] = start;
		if magic != MAGIC {
			return Err(Damage::NoSnapshot);
		}
		if version != VERSION {
			return Err(Damage::Version(version));
		}
		let Chunk::Head(mut head) = self.chunk()? else {
			return Err(Damage::Chunk(0, "it is not the head"));
		};
		loop {
			match self.chunk()? {
				Chunk::Changes(changes) => head.finality.changes.extend(changes),
				next => {
					self.next = Some(next);
					return Ok(*head);
				}
			}
		}
	}

	/// Reads all entries, to the end of the file.
	pub fn for_each(
		mut self,
		mut each: impl FnMut(Option<&[u8]>, Vec<u8>, Vec<u8>),
	) -> Result<Size, Damage> {
		loop {
			let next = self.next.take();
			let chunk = next.map_or_else(|| self.chunk(), Ok)?;
			match chunk {
				Chunk::State(parts) => {
					for Part { child, entries } in parts {
						self.size.entries += entries.len() as u64;
						let child = child.as_deref();
						entries.into_iter().for_each(|(key, value)| each(child, key, value));
					}
				}
				Chunk::End { entries } if entries == self.size.entries => break,
				_ => {
					let number = self.size.chunks - 1;
					return Err(Damage::Chunk(number, "it is not what follows the one before"));
				}
			}
		}
		match self.input.read(&mut [0]) {
			Ok(0) => Ok(self.size),
			_ => Err(Damage::Trailing(self.size.chunks - 1)),
		}
	}

	fn chunk(&mut self) -> Result<Chunk, Damage> {
		let number = self.size.chunks;
		let damaged = |what| Damage::Chunk(number, what);
		let (mut length, mut expected) = ([0; 4], [0; 32]);
		self.fill(&mut length)?;
		self.fill(&mut expected)?;
		let length = u32::from_le_bytes(length);
		if length > MAX_CHUNK_BYTES {
			return Err(damaged("it is too long"));
		}
		let mut data = vec![0; length as usize];
		self.fill(&mut data)?;
		if hash(number, &data) != expected {
			return Err(damaged("its hash is another"));
		}
		let room = self.room.min(MAX_CHUNK_BYTES.into()) as usize;
		let chunk = zstd::bulk::decompress(&data, room)
			.map_err(|_| damaged("it does not decompress to what a chunk may be"))?;
		self.room -= chunk.len() as u64;
		let chunk =
			Chunk::decode_all(&mut &chunk[..]).map_err(|_| damaged("it does not decode"))?;
		self.size.chunks += 1;
		Ok(chunk)
	}

	fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Damage> {
		let number = self.size.chunks;
		self.input.read_exact(buffer).map_err(|error| match error.kind() {
			io::ErrorKind::UnexpectedEof => Damage::Missing(number),
			kind => Damage::Unreadable(number, kind),
		})?;
		self.size.bytes += buffer.len() as u64;
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::snapshot::FinalityProof;
	use mbongo_primitives::{Hash, Header};
	use proptest::prelude::*;

	fn head() -> Head {
		let header = Header {
			parent_hash: Hash::repeat_byte(1),
			number: 7,
			state_root: Hash::repeat_byte(2),
			extrinsics_root: Hash::repeat_byte(3),
			digest: Default::default(),
		};
		let finality = FinalityProof {
			changes: (0..10).map(|n| (header.clone(), vec![n; 1_000])).collect(),
			descendants: vec![header.clone()],
			justification: vec![4; 50],
		};
		Head { genesis_hash: Hash::repeat_byte(5), header, body: Vec::new(), finality }
	}

	type Entry = (Option<Vec<u8>>, Vec<u8>, Vec<u8>);

	fn write(entries: &[Entry]) -> (Vec<u8>, Size) {
		let mut writer = Writer::new(Vec::new(), &head()).unwrap();
		for (child, key, value) in entries {
			writer.add(child.as_deref(), key.clone(), value.clone()).unwrap();
		}
		writer.finish().unwrap()
	}

	fn read(bytes: &[u8]) -> Result<(Head, Vec<Entry>, Size), Damage> {
		let mut entries = Vec::new();
		let mut reader = Reader::new(bytes, bytes.len() as u64);
		let head = reader.head()?;
		let size = reader.for_each(|child, key, value| {
			entries.push((child.map(<[u8]>::to_vec), key, value));
		})?;
		Ok((head, entries, size))
	}

	/// In chunks of their own, whatever compression makes of them.
	fn large() -> Vec<Entry> {
		let value = |n: u8| vec![n; CHUNK_BYTES];
		(0..3).map(|n| (None, vec![n], value(n))).collect()
	}

	/// Where each chunk begins, and where the file ends.
	fn borders(bytes: &[u8]) -> Vec<usize> {
		let mut borders = vec![MAGIC.len() + 1];
		while *borders.last().unwrap() < bytes.len() {
			let at = *borders.last().unwrap();
			let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
			borders.push(at + 4 + 32 + length);
		}
		borders
	}

	#[test]
	fn a_flipped_bit_is_found_and_its_chunk_named() {
		let (bytes, _) = write(&large());
		let borders = borders(&bytes);
		assert_eq!(borders.len(), 9, "the head, three of changes, three of state, the end");
		for place in 0..bytes.len() {
			for bit in 0..8 {
				let mut bytes = bytes.clone();
				bytes[place] ^= 1 << bit;
				let damage = read(&bytes).expect_err("it is damaged");
				let chunk = borders.iter().filter(|border| **border <= place).count();
				match (chunk.checked_sub(1), damage) {
					(None, Damage::NoSnapshot | Damage::Version(_)) => (),
					(Some(chunk), Damage::Chunk(named, _) | Damage::Missing(named))
						if named as usize == chunk => {}
					other => panic!("{place}: {other:?}"),
				}
			}
		}
	}

	#[test]
	fn a_missing_or_moved_chunk_is_found() {
		let (bytes, _) = write(&large());
		let borders = borders(&bytes);
		let chunk = |number: usize| &bytes[borders[number]..borders[number + 1]];
		let file = |chunks: &[usize]| {
			let chunks: Vec<_> = chunks.iter().map(|number| chunk(*number)).collect();
			[&bytes[..borders[0]], &chunks.concat()].concat()
		};
		assert!(read(&file(&[0, 1, 2, 3, 4, 5, 6, 7])).is_ok());
		let other = "its hash is another";
		assert_eq!(read(&file(&[1, 2, 3, 4, 5, 6, 7])), Err(Damage::Chunk(0, other)));
		assert_eq!(read(&file(&[0, 2, 3, 4, 5, 6, 7])), Err(Damage::Chunk(1, other)));
		assert_eq!(read(&file(&[0, 1, 2, 3, 5, 4, 6, 7])), Err(Damage::Chunk(4, other)));
		assert_eq!(read(&file(&[0, 1, 2, 3, 4, 4, 6, 7])), Err(Damage::Chunk(5, other)));
		assert_eq!(read(&file(&[0, 1, 2, 3, 4, 5, 7])), Err(Damage::Chunk(6, other)));
		assert_eq!(read(&file(&[0, 1, 2, 3, 4, 5, 6])), Err(Damage::Missing(7)));
		assert_eq!(read(&file(&[0, 1, 2, 3, 4, 5, 6, 7, 7])), Err(Damage::Trailing(7)));
		assert_eq!(read(&file(&[])), Err(Damage::Missing(0)));
		for end in 0..bytes.len() {
			let damage = read(&bytes[..end]).expect_err("it is cut short");
			assert!(matches!(damage, Damage::Missing(_) | Damage::NoSnapshot), "{damage:?}");
		}
	}

	#[test]
	fn what_decompresses_to_too_much_is_refused() {
		let bomb = zstd::bulk::compress(&vec![0; MAX_CHUNK_BYTES as usize + 1], 3).unwrap();
		assert!(bomb.len() < 100_000);
		let mut bytes = [&MAGIC[..], &[VERSION]].concat();
		bytes.extend((bomb.len() as u32).to_le_bytes());
		bytes.extend(hash(0, &bomb));
		bytes.extend(bomb);
		let refused = "it does not decompress to what a chunk may be";
		assert_eq!(read(&bytes), Err(Damage::Chunk(0, refused)));
		// Nor in many small chunks.
		let zeros = vec![0; 1 << 21];
		let entries: Vec<_> = (0..200).map(|n| (None, vec![n], zeros.clone())).collect();
		let (bytes, _) = write(&entries);
		assert!(bytes.len() < 100_000);
		assert!(matches!(read(&bytes), Err(Damage::Chunk(_, what)) if what == refused));
	}

	proptest! {
		#[test]
		fn what_is_written_is_read(entries in prop::collection::vec(
			(
				prop::option::of(prop::sample::select(vec![vec![1], vec![2; 40]])),
				prop::collection::vec(any::<u8>(), 0..40),
				prop_oneof![
					prop::collection::vec(any::<u8>(), 0..100),
					(any::<u8>(), 0..CHUNK_BYTES * 2).prop_map(|(byte, length)| vec![byte; length]),
				],
			),
			0..20,
		)) {
			let (bytes, size) = write(&entries);
			prop_assert_eq!(size.bytes, bytes.len() as u64);
			prop_assert_eq!(size.entries, entries.len() as u64);
			prop_assert_eq!(read(&bytes), Ok((head(), entries, size)));
		}

		#[test]
		fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..1_000)) {
			prop_assert!(read(&bytes).is_err());
			let bytes = [&MAGIC[..], &[VERSION], &bytes].concat();
			prop_assert!(read(&bytes).is_err());
		}
	}
}
