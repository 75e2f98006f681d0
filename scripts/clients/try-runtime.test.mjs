// Upgrading to this checkout's runtime passes try-runtime's checks on the state of a running chain.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { it } from "node:test";
import { accounts, connect, MBO, send } from "./common.mjs";

it("try-runtime accepts the runtime, and this chain's state", async () => {
	const api = await connect();
	const { alice, bob } = accounts();
	await send(api.tx.balances.transferKeepAlive(bob.address, MBO), alice, {}, { finalized: true });
	await api.disconnect();
	const { status, stdout, stderr } = spawnSync("scripts/try-runtime", [process.env.WS], { encoding: "utf8" });
	assert.equal(status, 0, stderr);
	assert.match(stdout, /Entire runtime state decodes without error/);
	assert.match(stdout, /Consumed weight: \d+ of max/);
	assert.doesNotMatch(stdout, /❌/);
});
