// Chopsticks forks the running chain with the stock executor.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setupWithServer } from "@acala-network/chopsticks";
import { WsProvider } from "@polkadot/api";
import { accounts, connect, free, MBO, send, until } from "./common.mjs";

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
		const ask = new WsProvider(`ws://${fork.addr}`);
		await ask.isReady;
		const changes = await ask.send("dev_dryRun", [{ raw: true, extrinsic: transfer.toHex() }]);
		await ask.disconnect();
		const received = api.query.system.account.key(bob.address);
		assert.ok(changes.some(([key]) => key === received), "Bob's account would change");
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
