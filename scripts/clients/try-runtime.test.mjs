// Upgrading to this checkout's runtime passes try-runtime's checks on the state of a running chain.
import { it } from "node:test";
import { accounts, connect, MBO, send, tryRuntime } from "./common.mjs";

it("try-runtime accepts the runtime, and this chain's state", async () => {
	const api = await connect();
	const { alice, bob } = accounts();
	await send(api.tx.balances.transferKeepAlive(bob.address, MBO), alice, {}, { finalized: true });
	await api.disconnect();
	await tryRuntime(process.env.WS);
});
