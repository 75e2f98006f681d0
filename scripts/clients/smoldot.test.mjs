// A light client that knows nothing of PoUW follows the chain.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { start } from "smoldot";
import { rpc, until } from "./common.mjs";

describe("smoldot", () => {
	// The light client says nothing while it finds no peer.
	it("syncs to the finalised head and follows it", { timeout: 300_000 }, async () => {
		const { result: peer } = await rpc("system_localPeerId");
		await until("the node has finalised a few blocks", async () => (await finalised()) >= 3);
		const spec = JSON.parse(
			execFileSync(
				process.env.NODE_BINARY,
				["export-chain-spec", "--chain", "dev", "--raw"],
				{ maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] },
			),
		);
		spec.bootNodes = [`/ip4/127.0.0.1/tcp/${process.env.P2P_PORT}/ws/p2p/${peer}`];
		const client = start({ maxLogLevel: 1, forbidWss: true, forbidTcp: true });
		const chain = await client.addChain({ chainSpec: JSON.stringify(spec) });
		chain.sendJsonRpc('{"jsonrpc":"2.0","id":1,"method":"chainHead_v1_follow","params":[false]}');
		const seen = [];
		while (seen.length < 4) {
			const message = JSON.parse(await chain.nextJsonRpcResponse());
			const event = message.params?.result;
			if (event?.event === "initialized") seen.push(...event.finalizedBlockHashes.slice(-1));
			if (event?.event === "finalized") seen.push(...event.finalizedBlockHashes);
		}
		const heights = [];
		for (const hash of seen) {
			const { result } = await rpc("chain_getHeader", [hash]);
			assert.ok(result, `the node knows ${hash}`);
			heights.push(Number(result.number));
		}
		assert.ok(heights.at(-1) > heights[0], `finality advances: ${heights}`);
		await client.terminate();
	});
});

async function finalised() {
	const { result: hash } = await rpc("chain_getFinalizedHead");
	return Number((await rpc("chain_getHeader", [hash])).result.number);
}
