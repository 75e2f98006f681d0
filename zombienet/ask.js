// Asks a node of zombienet's.
exports.ask = async (node, method, params = []) => {
	const answer = await fetch(node.wsUri.replace("ws", "http"), {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
	});
	const { result, error } = await answer.json();
	if (error) throw new Error(`${method}: ${error.message}`);
	return result;
};
