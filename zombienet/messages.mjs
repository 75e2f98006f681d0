// What nodes say to each other, made here from the formats' definitions.
import { Keyring } from "@polkadot/api";
import { u8aConcat, u8aToHex } from "@polkadot/util";
import { claimOf } from "./claim.js";

const encode = (api, type, value) => api.registry.createType(type, value).toU8a();

// The slot of a header.
export const slotOf = (header) => claimOf(header.digest.logs.map((log) => log.toHex())).slot;

// An attestation of the block `hash` in the slot of `header`; on another chain, if a genesis is given.
export function attestation(api, header, hash, uri, { genesis = api.genesisHash, slot = slotOf(header) } = {}) {
	const pair = new Keyring({ type: "sr25519" }).addFromUri(uri);
	const payload = encode(api, "(Bytes, H256, u64, H256)", ["mbongo-attest", genesis, slot, hash]);
	return u8aToHex(u8aConcat([1], encode(api, "(u64, H256)", [slot, hash]), pair.publicKey, pair.sign(payload)));
}

// GRANDPA's votes: the kind of vote and the block, and then where the vote belongs.
const [PREVOTE, PRECOMMIT] = [0, 1];
const voteFor = (api, kind, hash, number) => encode(api, "(u8, H256, u32)", [kind, hash, number]);
const place = (api, round, setId) => encode(api, "(u64, u64)", [round, setId]);

// What a precommit's signature is over.
export const precommitPayload = (api, setId, round, hash, number) =>
	u8aConcat(voteFor(api, PRECOMMIT, hash, number), place(api, round, setId));

// The message of a prevote for a block.
export function prevote(api, setId, round, hash, number, uri) {
	const pair = new Keyring({ type: "ed25519" }).addFromUri(uri);
	const [vote, at] = [voteFor(api, PREVOTE, hash, number), place(api, round, setId)];
	return u8aToHex(u8aConcat([0], at, vote, pair.sign(u8aConcat(vote, at)), pair.publicKey));
}

// Has a node say two prevotes of its key in one round, for the best block and for its parent.
export async function voteTwice(node, api, uri) {
	const { setId, best } = await node.ask("grandpa_roundState");
	const header = await api.rpc.chain.getHeader();
	const number = header.number.toNumber();
	for (const [hash, height] of [[header.hash, number], [header.parentHash, number - 1]])
		await node.ask("test_sayOnGrandpa", [prevote(api, setId, best.round, hash, height, uri)]);
}
