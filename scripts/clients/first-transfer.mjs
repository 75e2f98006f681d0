// Waits for a finalised block, makes a transfer, and waits until that is final too.
import { accounts, connect, free, MBO, send, until } from "./common.mjs";

const api = await connect();
const { alice, ferdie } = accounts();
const number = await until("a block is finalised", async () => {
	const hash = await api.rpc.chain.getFinalizedHead();
	return (await api.rpc.chain.getHeader(hash)).number.toNumber();
});
console.log(`  finalised          block ${number}`);
const before = await free(api, ferdie);
const { blockHash, error } = await send(
	api.tx.balances.transferKeepAlive(ferdie.address, MBO),
	alice,
	{},
	{ finalized: true },
);
if (error) throw new Error(`the transfer failed: ${error}`);
if ((await free(api, ferdie)) - before !== MBO) throw new Error("the transfer did not arrive");
console.log(`  transfer           1 MBO from Alice to Ferdie, final in ${blockHash}`);
await api.disconnect();
