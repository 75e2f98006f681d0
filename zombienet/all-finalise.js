// What is the best block now becomes final on all these nodes.
const { heights, until } = require("./ask.js");

exports.run = async (name, { nodesByName }, names) => {
	const { best } = await heights(nodesByName[name]);
	for (const other of names) await until(async () => (await heights(nodesByName[other])).final >= best);
	return 1;
};
