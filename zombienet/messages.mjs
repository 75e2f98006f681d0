// What nodes say to each other, made here from the formats' definitions.
import { Keyring } from "@polkadot/api";
import { u8aConcat, u8aToHex } from "@polkadot/util";

const encode = (api, type, value) => api.registry.createType(type, value).toU8a();

// The slot of a header, from BABE's claim: the kind of slot, the authority's index, the slot.
export function slotOf(header) {
	const claim = header.digest.logs.find((log) => log.isPreRuntime && log.asPreRuntime[0].toString() === "BABE");
	return claim.asPreRuntime[1].toU8a(true).slice(5, 13).reduceRight((slot, byte) => slot * 256n + BigInt(byte), 0n);
}

// An attestation of the block `hash` in the slot of `header`; on another chain, if a genesis is given.
export function attestation(api, header, hash, uri, { genesis = api.genesisHash, slot = slotOf(header) } = {}) {
	const pair = new Keyring({ type: "sr25519" }).addFromUri(uri);
	const payload = encode(api, "(Bytes, H256, u64, H256)", ["mbongo-attest", genesis, slot, hash]);
	return u8aToHex(u8aConcat([1], encode(api, "(u64, H256)", [slot, hash]), pair.publicKey, pair.sign(payload)));
}

// A prevote of GRANDPA for a block.
export function vote(api, setId, round, hash, number, uri) {
	const pair = new Keyring({ type: "ed25519" }).addFromUri(uri);
	const message = u8aConcat([0], encode(api, "(H256, u32)", [hash, number]));
	const position = encode(api, "(u64, u64)", [round, setId]);
	return u8aToHex(u8aConcat([0], position, message, pair.sign(u8aConcat(message, position)), pair.publicKey));
}
