// A light client that knows nothing of PoUW follows finality through whatever happens to the network:
// validators that are killed and come back, one that votes for two blocks, a partition that heals.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { start } from "smoldot";
import { connect, until } from "../scripts/clients/common.mjs";
import { voteTwice } from "./messages.mjs";
import { Network } from "./network.mjs";

// smoldot, and the finalised headers that it reports, in their order.
class LightClient {
	final = [];

	async follow(spec, node) {
		const chainSpec = JSON.parse(readFileSync(spec, "utf8"));
		chainSpec.bootNodes = [`/ip4/127.0.0.1/tcp/${node.wsPort}/ws/p2p/${node.peer}`];
		this.client = start({ maxLogLevel: 1, forbidTcp: true });
		const chain = await this.client.addChain({ chainSpec: JSON.stringify(chainSpec) });
		chain.sendJsonRpc('{"jsonrpc":"2.0","id":1,"method":"chain_subscribeFinalizedHeads","params":[]}');
		this.listening = (async () => {
			for await (const answer of chain.jsonRpcResponses) {
				const { params } = JSON.parse(answer);
				if (params) this.final.push({ ...params.result, number: Number(params.result.number) });
			}
		})();
	}

	get height() {
		return this.final.at(-1)?.number ?? 0;
	}

	async close() {
		await this.client?.terminate();
		await this.listening?.catch(() => {});
	}
}

describe("a light client follows finality", () => {
	const light = new LightClient();
	let network, api, alice, bob, charlie, dave;

	before(async () => {
		network = await Network.create(4);
		[alice, bob, charlie, dave] = network.nodes;
		alice.takesLightClients = true;
		dave.binary = process.env.FAULTS_BINARY;
		await network.run();
		api = await connect(bob.url);
		await light.follow(network.spec, alice);
	});

	after(async () => {
		await light.close();
		await api?.disconnect();
		await network?.close();
	});

	// It reaches a block that was not final yet when this was called, and saw none that the chain has not.
	async function follows() {
		const goal = (await alice.finalised()) + 3;
		await until(`the light client is at ${goal}`, () => light.height >= goal, 300);
		light.final.reduce((last, { number }) => {
			assert.ok(number > last, `${number} comes after ${last}`);
			return number;
		}, -1);
		for (const { number, parentHash, stateRoot } of light.final) {
			const hash = await alice.ask("chain_getBlockHash", [number]);
			const header = await alice.ask("chain_getHeader", [hash]);
			assert.deepEqual({ parentHash, stateRoot }, { parentHash: header.parentHash, stateRoot: header.stateRoot });
		}
		console.log(`  followed to ${light.height}`);
	}

	it("of four validators", follows);

	it("while one is killed and comes back", async () => {
		await dave.kill();
		await follows();
		await dave.start();
		await network.link(network.nodes);
		await follows();
	});

	it("that stops with two of them, and goes on", async () => {
		await charlie.kill();
		await dave.kill();
		const { number } = await alice.best();
		await until("the chain goes on", async () => (await alice.best()).number >= number + 8, 240);
		const stalled = await alice.finalised();
		assert.ok(stalled < number + 3, "without finality");
		assert.ok(light.height <= stalled, "for the light client too");
		await charlie.start();
		await dave.start();
		await network.link(network.nodes);
		await follows();
	});

	it("while one votes for two blocks in a round", async () => {
		await until("the vote is reported", async () => {
			await voteTwice(dave, api, "//Dave");
			return (await api.query.session.disabledValidators()).length;
		}, 240);
		await follows();
	});

	it("through a partition that heals", async () => {
		await network.part([alice, bob], [charlie, dave]);
		const first = await alice.best();
		const sides = () => Promise.all([alice.best(), charlie.best()]);
		await until("both sides write for themselves", async () =>
			(await sides()).every(({ number }) => number >= first.number + 6), 300);
		await network.link(network.nodes);
		await follows();
	});
});
