// Finality stands still while the chain comes to be so many blocks ahead of it: more slowly beyond 20 of
// them (`UNFINALISED_SLACK`), where authors pass over slots that they could write in.
const { ask, heights, until } = require("./ask.js");
const { claimOf } = require("./claim.js");

const SLACK = 20;

exports.run = async (name, { nodesByName }, [ahead]) => {
	const node = nodesByName[name];
	// Votes that were on their way may still have counted.
	const { final } = await until(async () => {
		const now = await heights(node);
		return now.best - now.final >= 8 && now;
	});
	const { best } = await until(async () => {
		const now = await heights(node);
		if (now.final !== final) throw new Error(`block ${now.final} has become final after ${final}`);
		return now.best - final >= Number(ahead) && now;
	});

	const slot = async (number) => {
		const { digest } = await ask(node, "chain_getHeader", [await ask(node, "chain_getBlockHash", [number])]);
		return Number(claimOf(digest.logs).slot);
	};
	const slotsABlock = async (from, to) => ((await slot(to)) - (await slot(from))) / (to - from);
	const [before, beyond] = [await slotsABlock(final - 8, final), await slotsABlock(final + SLACK, best)];
	console.log(`final ${final}, best ${best}; slots a block: ${before} before, ${beyond} beyond the slack`);
	if (beyond <= before) throw new Error("the chain goes on no more slowly");
	return 1;
};
