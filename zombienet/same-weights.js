// All nodes give the same weight to the same chain, and each part is the formula's.
const { ask, until } = require("./ask.js");

const BLOCKS = 3;

exports.run = async (_, { nodesByName }, names) => {
	const nodes = names.map((name) => nodesByName[name]);
	let last = { chainWeight: "0" };
	for (let compared = 0; compared < BLOCKS; compared++) {
		// One that all know, and whose weight none has forgotten as it does those of final blocks.
		const answers = await until(async () => {
			const { hash } = await ask(nodes[0], "mbongo_chainWeight");
			if (hash === last.hash) return undefined;
			const weight = (node) => ask(node, "mbongo_chainWeight", [hash]).catch(() => undefined);
			const answers = await Promise.all(nodes.map(weight));
			return answers.every((answer) => answer?.chainWeight) && answers;
		});
		const [block] = answers;
		if (new Set(answers.map(({ chainWeight }) => chainWeight)).size > 1)
			throw new Error(`block ${block.number} weighs differently: ${JSON.stringify(answers)}`);
		for (const { base, attestation, pouw } of answers)
			if (![500, 1000].includes(base) || attestation % 250 || pouw)
				throw new Error(`block ${block.number}: ${base} ${attestation} ${pouw}`);
		if (BigInt(block.chainWeight) <= BigInt(last.chainWeight)) throw new Error(`block ${block.number} is no heavier`);
		last = block;
	}
	return 1;
};
