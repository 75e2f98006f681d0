// Finality that does not come back by itself: Root notes the stall, and the validators vote in a new
// set from the last block that was final, as the runbook says.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accounts, connect, send, until } from "./common.mjs";
import { Network } from "./network.mjs";

const DELAY = 6;

describe("a stall that Root notes", () => {
	it("ends in a new set of voters", async () => {
		const network = await Network.create(4);
		let api, passed = false;
		try {
			const [alice, bob, charlie, dave] = network.nodes;
			for (const node of network.nodes) await node.start();
			await network.link(network.nodes);
			api = await connect(bob.url);
			await until("four validators finalise", async () => (await alice.finalised()) >= 3, 180);
			const { setId } = await alice.ask("grandpa_roundState");

			await charlie.kill();
			await dave.kill();
			const stalled = await until("finality stands still", async () => {
				const [best, final] = [await alice.best(), await alice.finalised()];
				return best.number >= final + 4 && final;
			}, 240);
			const call = api.tx.sudo.sudo(api.tx.grandpa.noteStalled(DELAY, stalled));
			const { error } = await send(call, accounts().alice);
			assert.equal(error, undefined);
			await until("the chain goes on", async () => (await alice.best()).number >= stalled + 10, 240);
			assert.ok((await alice.finalised()) <= stalled + 3, "two of four finalise nothing");

			await charlie.start();
			await dave.start();
			await network.link(network.nodes);
			await until("all vote in a new set", async () => {
				const states = await Promise.all(network.nodes.map((node) => node.ask("grandpa_roundState")));
				return states.every((state) => state.setId > setId);
			}, 300);
			const { number } = await alice.best();
			for (const node of network.nodes)
				await until(`${node.name} finalises ${number}`, async () => (await node.finalised()) >= number, 240);
			console.log(`  stalled at ${stalled}, final again beyond ${number}`);
			passed = true;
		} finally {
			await api?.disconnect();
			await network.close({ keep: !passed });
		}
	});
});
