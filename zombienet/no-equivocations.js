// No node has counted an equivocation since it was started. Not by zombienet's own `reports ... is 0`, for
// which a metric that is missing is 0, and which looks at what it has scraped before.
const KINDS = 3;

exports.run = async (_, { nodesByName }, names) => {
	for (const name of names) {
		const metrics = await (await fetch(nodesByName[name].prometheusUri)).text();
		const counts = metrics.match(/^mbongo_pouw_equivocations_total.*$/gm) ?? [];
		if (counts.length !== KINDS || !counts.every((count) => count.endsWith(" 0")))
			throw new Error(`${name}: ${counts.join(", ")}`);
	}
	return 1;
};
