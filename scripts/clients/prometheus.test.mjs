// What Prometheus scrapes is what the chain says.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { connect, rpc, scrape, until, weightOf } from "./common.mjs";

let api;
before(async () => (api = await connect()));
after(() => api.disconnect());

it("has the heights, the weights by part, the support and the attestations", async () => {
	await until("a few blocks are final", async () =>
		(await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber() >= 3);
	// No block comes between the scrape and the questions; the heights are measured every few seconds only.
	const { metrics, header, final, chain } = await until("a quiet moment", async () => {
		const header = await api.rpc.chain.getHeader();
		const final = await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead());
		const { result: chain } = await rpc("mbongo_chainWeight", [header.hash.toHex()]);
		const metrics = await scrape();
		const quiet = (await api.rpc.chain.getBlockHash()).eq(header.hash);
		const [best, finalized] = ["best", "finalized"].map((status) => metrics.get(`substrate_block_height{status="${status}"}`));
		const measured = best === header.number.toNumber() && finalized === final.number.toNumber();
		return quiet && measured && { metrics, header, final, chain };
	});
	const weight = weightOf(api, header);
	for (const part of ["base", "attestation", "pouw"])
		assert.equal(metrics.get(`mbongo_pouw_block_weight{part="${part}"}`), weight[part], part);
	assert.equal(metrics.get("mbongo_pouw_attestation_support"), weight.attestation);
	assert.equal(metrics.get("mbongo_pouw_chain_weight"), Number(chain.chainWeight));
	assert.ok(final.number.toNumber() >= 3);
	for (const kind of ["author", "voter", "attester"])
		assert.equal(metrics.get(`mbongo_pouw_equivocations_total{kind="${kind}"}`), 0, kind);
	// The only validator attests each of its blocks.
	assert.ok(metrics.get('mbongo_pouw_attestations_total{outcome="signed"}') >= final.number.toNumber());
});
