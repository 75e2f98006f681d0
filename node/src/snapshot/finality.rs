//! That a block is final, shown to who knows genesis only.

use super::Error;
use crate::service::{Backend, Client};
use codec::{Decode, DecodeAll, Encode};
use mbongo_primitives::{BlockNumber, Hash, Header, OpaqueBlock as Block};
use polkadot_sdk::{
	sc_client_api::{BlockBackend, HeaderBackend},
	sc_consensus_grandpa::{
		find_scheduled_change,
		warp_proof::{NetworkProvider, WarpSyncFragment},
		GrandpaJustification, SharedAuthoritySet, GRANDPA_ENGINE_ID,
	},
	sc_network_sync::strategy::warp::WarpSyncProvider,
	sp_blockchain,
	sp_consensus_grandpa::{AuthorityList, SetId},
	sp_runtime::Justifications,
};
use std::sync::Arc;

/// How far after a block a justification is looked for: one is made this often.
const SEARCHED: BlockNumber = crate::layers::JUSTIFICATION_PERIOD;

/// The last block of a set of authorities, and its justification.
pub type Change = (Header, Vec<u8>);

/// Follows GRANDPA's authorities from genesis to a block. Justifications are encoded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FinalityProof {
	/// The changes before the block's set of authorities.
	pub changes: Vec<Change>,
	/// The blocks after the block to one with a justification.
	pub descendants: Vec<Header>,
	/// The justification of the last of them, or of the block itself.
	pub justification: Vec<u8>,
}

impl FinalityProof {
	/// Proves that a block is final.
	pub fn make(
		client: &Client,
		backend: &Arc<Backend>,
		authority_set: &SharedAuthoritySet<Hash, BlockNumber>,
		header: &Header,
	) -> Result<Self, Error> {
		let warp = WarpProof::collect(client, backend, authority_set)?;
		let (mut changes, mut later) = (Vec::new(), None);
		for WarpSyncFragment { header: last, justification } in warp {
			if last.number < header.number {
				changes.push((last, justification.encode()));
			} else {
				later = Some((last.number, justification.encode()));
				break;
			}
		}
		// The last fragment may be of no change, but the newest justification, of an older block.
		if changes.last().is_some_and(|(last, _)| find_scheduled_change::<Block>(last).is_none()) {
			changes.pop();
		}
		let unproven = || {
			Error::NotYet(format!(
				"There is no justification of block {} or a later one yet",
				header.number
			))
		};
		// The nearest one, if possible.
		let searched = header.number.saturating_add(SEARCHED).min(client.info().finalized_number);
		let end = later.as_ref().map_or(searched, |(number, _)| searched.min(*number));
		let mut nearest = later;
		for number in header.number..=end {
			let hash = client.hash(number)?.ok_or_else(unproven)?;
			let justifications = client.justifications(hash)?;
			let own = justifications.and_then(|all| all.into_justification(GRANDPA_ENGINE_ID));
			if let Some(justification) = own {
				nearest = Some((number, justification));
				break;
			}
		}
		let (last, justification) = nearest.ok_or_else(unproven)?;
		let descendants = (header.number + 1..=last)
			.map(|number| {
				let hash = client.hash(number)?.ok_or_else(unproven)?;
				client.header(hash)?.ok_or_else(unproven)
			})
			.collect::<Result<_, Error>>()?;
		Ok(Self { changes, descendants, justification })
	}

	/// The block's own justification, if it has one.
	pub fn into_justifications(self) -> Option<Justifications> {
		let own = self.descendants.is_empty().then_some(self.justification)?;
		Some(Justifications::from((GRANDPA_ENGINE_ID, own)))
	}

	/// Checks it from the authorities of genesis on. Tells how often they changed before.
	pub fn verify(&self, header: &Header, mut authorities: AuthorityList) -> Result<u64, Error> {
		let mut set_id = 0;
		let mut before = 0;
		for (last, justification) in &self.changes {
			let unproven = |what: &str| {
				Error::False(format!("The change of authorities at block {}: {what}", last.number))
			};
			if last.number <= before || last.number >= header.number {
				return Err(unproven("it is out of order"));
			}
			justify(justification, last, set_id, &authorities).map_err(|error| unproven(&error))?;
			let change = find_scheduled_change::<Block>(last)
				.ok_or_else(|| unproven("its header has none"))?;
			authorities = change.next_authorities;
			set_id += 1;
			before = last.number;
		}
		let mut last = header;
		for next in &self.descendants {
			if next.parent_hash != last.hash() || next.number != last.number + 1 {
				return Err(Error::False(format!(
					"Header {} does not follow the one before it",
					next.number
				)));
			}
			// From there on others would have to justify.
			if find_scheduled_change::<Block>(last).is_some() {
				return Err(Error::False(format!(
					"The authorities change at block {}, before the justified one",
					last.number
				)));
			}
			last = next;
		}
		justify(&self.justification, last, set_id, &authorities).map_err(|error| {
			Error::False(format!("The justification of block {}: {error}", last.number))
		})?;
		Ok(set_id)
	}
}

/// Whether a justification is of a block, and by these authorities.
fn justify(
	justification: &[u8],
	header: &Header,
	set_id: u64,
	authorities: &AuthorityList,
) -> Result<(), String> {
	let justification = GrandpaJustification::<Block>::decode_all(&mut &justification[..])
		.map_err(|error| error.to_string())?;
	if justification.target() != (header.number, header.hash()) {
		return Err("it is of another block".into());
	}
	justification.verify(set_id, authorities).map_err(|error| error.to_string())
}

/// Where GRANDPA's voter keeps how far it is.
pub const VOTER_STATE: &[u8] = b"grandpa_completed_round";

/// What the voter writes there when a set of authorities begins with a block: that the round before its
/// first ended with that block. A voter that runs does so itself after a warp sync.
pub fn voter_state(
	block: (Hash, BlockNumber),
	set_id: SetId,
	authorities: &AuthorityList,
) -> Vec<u8> {
	const LIVE: u8 = 0;
	const NOT_VOTED: u8 = 0;
	let completable = true;
	let (ghost, finalised, estimate) = (Some(block), Some(block), Some(block));
	let votes = Vec::<()>::new();
	let completed = vec![(0_u64, ghost, finalised, estimate, completable, block, votes)];
	let voters: Vec<_> = authorities.iter().map(|(voter, _)| voter).collect();
	let current = vec![(1_u64, NOT_VOTED)];
	(LIVE, completed, set_id, voters, current).encode()
}

/// What nodes give each other for a warp sync.
#[derive(Decode)]
struct WarpProof {
	fragments: Vec<WarpSyncFragment<Block>>,
	is_finished: bool,
}

impl WarpProof {
	/// All of it from genesis on, which comes in pieces.
	fn collect(
		client: &Client,
		backend: &Arc<Backend>,
		authority_set: &SharedAuthoritySet<Hash, BlockNumber>,
	) -> Result<Vec<WarpSyncFragment<Block>>, Error> {
		let provider =
			NetworkProvider::<Block, _>::new(backend.clone(), authority_set.clone(), Vec::new());
		let mut fragments = Vec::new();
		let mut start = client.info().genesis_hash;
		loop {
			let piece = provider.generate(start).map_err(|error| {
				Error::Missing(format!(
					"This node cannot follow GRANDPA's authorities from genesis: {error}"
				))
			})?;
			let piece = Self::decode_all(&mut &piece.0[..])
				.map_err(|error| sp_blockchain::Error::Backend(error.to_string()))?;
			let last = piece.fragments.last().map(|fragment| fragment.header.hash());
			fragments.extend(piece.fragments);
			match last {
				Some(last) if !piece.is_finished => start = last,
				_ => return Ok(fragments),
			}
		}
	}
}
