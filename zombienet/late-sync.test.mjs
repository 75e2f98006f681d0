// A fifth validator comes late, syncs without executing what was before, and then writes blocks.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rpc, until } from "../scripts/clients/common.mjs";
import { Network } from "./network.mjs";

describe("a late validator", () => {
	it("joins by warp sync", () => joins(["--sync", "warp"], /Warp sync is complete[^]*State sync is complete/));

	// The others' network is litep2p's.
	it("joins by fast sync, over libp2p", () =>
		joins(["--sync", "fast", "--network-backend", "libp2p"], /State sync is complete/));
});

async function joins(options, said) {
	const network = await Network.create(5);
	try {
		const [alice, bob, , , eve] = network.nodes;
		const early = network.nodes.slice(0, 4);
		await network.run(early);
		// Past an epoch's border, where the proofs for warp sync are.
		await until("two epochs are final", async () => (await alice.finalised()) >= 30, 300);

		await eve.start(...options);
		await network.link(network.nodes);
		await until("Eve has a state", () => said.test(eve.log()), 240);
		const joined = await until("Eve has caught up", async () => {
			const head = await alice.best();
			return head.number > 30 && (await eve.has(head)) && head.number;
		}, 240);
		const first = await alice.ask("chain_getBlockHash", [1]);
		const { error } = await rpc("state_getRuntimeVersion", [first], eve.url);
		await alice.ask("state_getRuntimeVersion", [first]);
		assert.ok(error, "Eve, unlike others, has no state of block 1: she has not executed it");

		// Where her weights begin is her own, and the same for each block.
		const offsets = new Map();
		const weight = async (node, hash) => {
			const { result } = await rpc("mbongo_chainWeight", [hash], node.url);
			return result?.chainWeight ? BigInt(result.chainWeight) : undefined;
		};
		await until("the weights of ten blocks are known to both", async () => {
			const { hash, number } = await alice.best();
			const [hers, others] = [await weight(eve, hash), await weight(alice, hash)];
			if (hers !== undefined && others !== undefined) offsets.set(number, others - hers);
			return offsets.size >= 10;
		}, 240);
		assert.equal(new Set(offsets.values()).size, 1, `${[...offsets].join(" ")}`);

		const written = await until("Eve writes a block that is final", async () => {
			for (let number = joined; number <= (await alice.finalised()); number++)
				if ((await alice.author(number)) === eve.index) return number;
		}, 240);
		assert.ok(await eve.has({ number: written, hash: await alice.ask("chain_getBlockHash", [written]) }));
		await until("all five attest", async () => (await alice.ask("mbongo_chainWeight")).attestation === 1000);
		await until("Eve follows finality", async () => (await eve.finalised()) >= written);
		const final = await eve.finalised();
		assert.ok(await bob.has({ number: final, hash: await eve.ask("chain_getBlockHash", [final]) }));
		console.log(`  joined at ${joined}, weights less by ${offsets.values().next().value}, wrote ${written}`);
	} finally {
		await network.close();
	}
}
