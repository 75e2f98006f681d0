// Finality comes to lag by "at-least" or "less-than" so many blocks.
const { ask } = require("./ask.js");

exports.run = async (name, { nodesByName }, [bound, blocks]) => {
	const holds = { "at-least": (lag) => lag >= Number(blocks), "less-than": (lag) => lag < Number(blocks) }[bound];
	const node = nodesByName[name];
	for (;;) {
		const best = Number((await ask(node, "chain_getHeader")).number);
		const final = Number((await ask(node, "chain_getHeader", [await ask(node, "chain_getFinalizedHead")])).number);
		console.log(`best ${best}, final ${final}`);
		if (holds(best - final)) return 1;
		await new Promise((resolve) => setTimeout(resolve, 3000));
	}
};
