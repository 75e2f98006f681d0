// With N > 0: finality lags by N blocks at least. With N < 0: it comes to lag by less than that.
async function run(nodeName, networkInfo, [wanted]) {
	const ask = async (method, params = []) => {
		const answer = await fetch(networkInfo.nodesByName[nodeName].wsUri.replace("ws", "http"), {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
		});
		return (await answer.json()).result;
	};
	for (;;) {
		const best = Number((await ask("chain_getHeader")).number);
		const final = Number((await ask("chain_getHeader", [await ask("chain_getFinalizedHead")])).number);
		console.log(`best ${best}, final ${final}`);
		if (wanted > 0 ? best - final >= wanted : best - final < -wanted) return 1;
		await new Promise((resolve) => setTimeout(resolve, 3000));
	}
}

module.exports = { run };
