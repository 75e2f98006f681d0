// A running validator changes its session keys. Two sessions later the new ones act, and no validator's
// attestation is missing before, at or after that border.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { u8aToHex } from "@polkadot/util";
import { accounts, connect, send, until, weightOf } from "../scripts/clients/common.mjs";
import { slotOf } from "./messages.mjs";
import { Network } from "./network.mjs";

describe("a validator that changes its keys", () => {
	it("goes on attesting and writing blocks, and finality goes on", async () => {
		const network = await Network.create(4);
		let api;
		try {
			const [alice, , , dave] = network.nodes;
			await network.run();
			api = await connect(alice.url);
			// The blocks of each slot, forks too.
			const blocks = new Map();
			await api.rpc.chain.subscribeAllHeads((header) => {
				if (header.number.toNumber() === 0) return;
				const slot = slotOf(header);
				blocks.set(slot, (blocks.get(slot) ?? new Set()).add(header.hash.toHex()));
			});
			await until("a block is heard of", () => blocks.size);

			const owner = accounts().dave;
			const { keys, proof } = await dave.ask("author_rotateKeysWithOwner", [u8aToHex(owner.publicKey)]);
			const { blockHash, error } = await send(api.tx.session.setKeys(keys, proof), owner);
			assert.equal(error, undefined);
			const first = (await api.rpc.chain.getHeader(blockHash)).number.toNumber();
			const pouw = `0x${keys.slice(-64)}`;
			const acts = async (number) => {
				const set = await (await api.at(await api.rpc.chain.getBlockHash(number))).query.pouw.authorities();
				return set[dave.index][0].toHex() === pouw;
			};
			assert.ok(!(await acts(first)));
			const border = await until("the new keys act", async () => {
				for (let number = first, last = (await alice.best()).number; number <= last; number++)
					if (await acts(number)) return number;
			}, 400);
			const last = border + 25;
			for (const node of network.nodes)
				await until(`${node.name} finalises ${last}`, async () => (await node.finalised()) >= last, 400);
			await until("Dave writes a block with his new keys", async () => {
				for (let number = border; number <= (await alice.finalised()); number++)
					if ((await alice.author(number)) === dave.index) return number;
			});

			let split = 0;
			for (let number = first; number <= last; number++) {
				const header = await api.rpc.chain.getHeader(await api.rpc.chain.getBlockHash(number));
				const { attestation } = weightOf(api, header);
				if (attestation === 1000) continue;
				// Whoever attested another block of the parent's slot must not attest a second one.
				const parent = await api.rpc.chain.getHeader(header.parentHash);
				assert.ok(blocks.get(slotOf(parent)).size > 1, `block ${number}: ${attestation}, and its parent is alone`);
				split++;
			}
			assert.ok(split < (last - first) / 2, "in few blocks only");
			console.log(`  new keys act from ${border}; whole support from ${first} to ${last} but ${split} times after forks`);
		} finally {
			await api?.disconnect();
			await network.close();
		}
	});
});
