// A fifth validator comes late, warp-syncs, and then writes blocks.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until } from "./common.mjs";
import { Network } from "./network.mjs";

describe("a late validator", () => {
	it("warp-syncs, attests and writes blocks", async () => {
		const network = await Network.create(5);
		let passed = false;
		try {
			const [alice, , , , eve] = network.nodes;
			const early = network.nodes.slice(0, 4);
			for (const node of early) await node.start();
			await network.link(early);
			// Past an epoch's border, where the proofs for warp sync are.
			await until("two epochs are final", async () => (await alice.finalised()) >= 30, 300);

			await eve.start("--sync", "warp");
			await network.link(network.nodes);
			const joined = await until("Eve has caught up", async () => {
				const head = await alice.best();
				return head.number > 30 && (await eve.has(head)) && head.number;
			}, 180);
			const written = await until("Eve writes a block that is final", async () => {
				for (let number = joined; number <= (await alice.finalised()); number++)
					if ((await alice.author(number)) === eve.index) return number;
			}, 240);
			assert.ok(await eve.has({ number: written, hash: await alice.ask("chain_getBlockHash", [written]) }));
			const full = await until("all five attest", async () =>
				(await alice.ask("mbongo_chainWeight")).attestation === 1000, 120);
			assert.ok(full);
			console.log(`  joined at ${joined}, wrote ${written}`);
			passed = true;
		} finally {
			await network.close({ keep: !passed });
		}
	});
});
