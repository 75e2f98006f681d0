// Asks a node of zombienet's.
const ask = async (node, method, params = []) => {
	const answer = await fetch(node.wsUri.replace("ws", "http"), {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
	});
	const { result, error } = await answer.json();
	if (error) throw new Error(`${method}: ${error.message}`);
	return result;
};

const height = async (node, hash) => Number((await ask(node, "chain_getHeader", [hash])).number);

// How high its best and its final blocks are.
const heights = async (node) => ({
	best: await height(node),
	final: await height(node, await ask(node, "chain_getFinalizedHead")),
});

// Polls until `probe` gives something. The limit is that of the test's line.
async function until(probe) {
	for (;;) {
		const value = await probe();
		if (value) return value;
		await new Promise((resolve) => setTimeout(resolve, 1000));
	}
}

module.exports = { ask, heights, until };
