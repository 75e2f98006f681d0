// Four validators are parted two and two: nothing becomes final, both sides go on, and when they are
// linked again the heavier side's chain is everybody's.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until } from "../scripts/clients/common.mjs";
import { Network } from "./network.mjs";

describe("a partition", () => {
	it("heals to the heavier side", async () => {
		const network = await Network.create(4);
		try {
			const [alice, bob, charlie, dave] = network.nodes;
			await network.run();

			await network.part([alice, bob], [charlie, dave]);
			const before = await alice.finalised();
			const parted = await until("the sides have written for themselves", async () => {
				const [left, right] = [await alice.best(), await charlie.best()];
				const apart = !(await charlie.has(left)) && !(await alice.has(right));
				const long = Math.min(left.number, right.number) >= before + 8;
				const margin = left.weight - right.weight;
				// By more than a block that is written while the links come up.
				return apart && long && (margin > 2666n || margin < -2666n) && { left, right };
			}, 300);
			assert.ok((await dave.finalised()) <= before + 3, "two of four finalise nothing new");

			const { left, right } = parted;
			const [heavier, lighter] = left.weight > right.weight ? [left, right] : [right, left];
			console.log(`  parted: ${heavier.number} blocks weigh ${heavier.weight}, ${lighter.number} weigh ${lighter.weight}`);
			await network.link(network.nodes);
			const winner = await until("all have one chain", async () => {
				const heads = await Promise.all(network.nodes.map((node) => node.best()));
				const shared = heads.reduce((low, head) => (head.number < low.number ? head : low));
				for (const node of network.nodes) if (!(await node.has(shared))) return undefined;
				return shared;
			}, 180);
			const survivor = (await alice.has(heavier)) ? heavier : lighter;
			console.log(`  healed: at ${winner.number}, the ${survivor === heavier ? "heavier" : "lighter"} side survived`);
			assert.equal(survivor, heavier);
			for (const node of network.nodes) assert.ok(await node.has(heavier), node.name);
			await until("it becomes final", async () => (await dave.finalised()) > heavier.number, 300);
		} finally {
			await network.close();
		}
	});
});
