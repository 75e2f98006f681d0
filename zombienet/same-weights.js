// All nodes give the same weight to the same chain, and each part is the formula's.
const { ask } = require("./ask.js");

exports.run = async (_, { nodesByName }, names) => {
	const nodes = names.map((name) => nodesByName[name]);
	const finalised = await ask(nodes[0], "chain_getFinalizedHead");
	const number = Number((await ask(nodes[0], "chain_getHeader", [finalised])).number);
	let checked = 0;
	let last;
	for (let at = number; at < number + 3; at++) {
		const hash = await ask(nodes[0], "chain_getBlockHash", [at]);
		if (!hash) break;
		const answers = [];
		for (const node of nodes) answers.push(await ask(node, "mbongo_chainWeight", [hash]).catch(() => undefined));
		const known = answers.filter((answer) => answer?.chainWeight);
		if (new Set(known.map((answer) => answer.chainWeight)).size > 1)
			throw new Error(`block ${at} weighs differently: ${JSON.stringify(known)}`);
		for (const { base, attestation, pouw } of known)
			if (![500, 1000].includes(base) || attestation % 250 || pouw) throw new Error(`block ${at}: ${base} ${attestation} ${pouw}`);
		if (last && known[0] && BigInt(known[0].chainWeight) <= last) throw new Error(`block ${at} is no heavier`);
		if (known[0]) last = BigInt(known[0].chainWeight);
		checked += known.length;
	}
	if (checked < nodes.length) throw new Error(`only ${checked} weights were kept`);
	return 1;
};
