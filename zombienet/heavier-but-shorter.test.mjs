// Useful work makes the shorter of two branches the heavier one, and everybody takes it. The scores
// come from a storage key that sudo sets, in a runtime that is built for this test.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stringToHex, u8aToHex } from "@polkadot/util";
import { accounts, connect, send, until } from "../scripts/clients/common.mjs";
import { Network } from "./network.mjs";

describe("a heavier but shorter chain", () => {
	it("is everybody's when a partition heals", async () => {
		const network = await Network.create(4, { binary: process.env.FAULTS_BINARY });
		try {
			const [alice, bob, charlie, dave] = network.nodes;
			await network.run();
			await network.part([alice, bob], [charlie, dave]);

			// On one side only: each block settles more work than its weight may count.
			const api = await connect(charlie.url);
			const score = u8aToHex(api.registry.createType("u128", 1_000_000n).toU8a());
			const settle = api.tx.system.setStorage([[stringToHex(":test:score"), score]]);
			await send(api.tx.sudo.sudo(settle), accounts().alice);
			await api.disconnect();

			const shorter = await until("work has made Charlie's side heavier", async () => {
				const [left, right] = [await alice.best(), await charlie.best()];
				// By more than the blocks that the other side is still to gain can weigh: each at most 1,000,
				// and 500 for the half of the stake that is there to attest.
				const toGain = Math.max(right.number - left.number, 0) + 2;
				return right.weight > left.weight + 1500n * BigInt(toGain) && right;
			}, 400);
			const { base, attestation, pouw } = await charlie.ask("mbongo_chainWeight", [shorter.hash]);
			assert.equal(pouw, Math.floor((base + attestation) / 3), "the cap");
			await charlie.kill();
			await dave.kill();
			const longer = await until("Alice's side is longer", async () => {
				const left = await alice.best();
				return left.number > shorter.number && left;
			}, 400);
			assert.ok(longer.weight < shorter.weight, "and lighter");
			console.log(`  ${longer.number} blocks weigh ${longer.weight}, ${shorter.number} weigh ${shorter.weight}`);

			await charlie.start();
			await dave.start();
			const before = await Promise.all([alice.best(), charlie.best()]);
			assert.ok(before[0].number > before[1].number && before[0].weight < before[1].weight, "still so");
			await network.link(network.nodes);
			await until("all have the shorter chain", async () => {
				for (const node of network.nodes) if (!(await node.has(shorter))) return false;
				return true;
			}, 180);
			assert.ok(!(await alice.has(longer)));
			await until("it becomes final", async () => (await bob.finalised()) > shorter.number, 300);
			for (const node of network.nodes) assert.ok(await node.has(shorter), node.name);
		} finally {
			await network.close();
		}
	});
});
