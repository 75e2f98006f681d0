// Waits for a finalised block, makes a transfer, and waits until that is final too.
import { accounts, connect, free, MBO, submit, until } from "./common.mjs";

const api = await connect();
const { alice, ferdie } = accounts();
const number = await until("a block is finalised", async () => {
	const hash = await api.rpc.chain.getFinalizedHead();
	return (await api.rpc.chain.getHeader(hash)).number.toNumber();
});
console.log(`  finalised          block ${number}`);
const before = await free(api, ferdie);
const transfer = await api.tx.balances.transferKeepAlive(ferdie.address, MBO).signAsync(alice, { nonce: -1 });
const { blockHash, error } = await submit(transfer, { finalized: true });
if (error) throw new Error(`the transfer failed: ${error}`);
if ((await free(api, ferdie)) - before !== MBO) throw new Error("the transfer did not arrive");
console.log(`  transfer           1 MBO from Alice to Ferdie, final in ${blockHash}`);
console.log(`  its hash           ${transfer.hash.toHex()}`);
await api.disconnect();
