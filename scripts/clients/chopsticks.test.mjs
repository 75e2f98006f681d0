// Chopsticks forks the running chain with the stock executor.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setupWithServer } from "@acala-network/chopsticks";
import { accounts, connect, free, MBO, until, send } from "./common.mjs";

describe("chopsticks", () => {
	it("forks the chain, dry-runs a transfer and builds a block with it", async () => {
		const original = await connect();
		const { alice, bob } = accounts();
		await until("there is a finalised block", async () =>
			(await original.rpc.chain.getHeader(await original.rpc.chain.getFinalizedHead())).number.toNumber() > 1);
		const fork = await setupWithServer({
			endpoint: process.env.WS,
			host: "127.0.0.1",
			port: 0,
			"mock-signature-host": true,
			"build-block-mode": "Instant",
		});
		const api = await connect(`ws://${fork.addr}`);
		const transfer = await api.tx.balances.transferKeepAlive(bob.address, MBO).signAsync(alice);
		const dry = await api.rpc("dev_dryRun", { extrinsic: transfer.toHex() }).catch(() => undefined);
		if (dry) assert.ok(dry.outcome);
		const before = await free(api, bob);
		const originally = await free(original, bob);
		assert.equal((await send(api.tx.balances.transferKeepAlive(bob.address, MBO), alice)).error, undefined);
		assert.equal((await free(api, bob)) - before, MBO);
		assert.equal(await free(original, bob), originally, "the chain itself is untouched");
		await api.disconnect();
		await fork.close();
		await original.disconnect();
	});
});
