// One of four validators says what no honest node would. The others refuse it, think less of the peer,
// and go on finalising.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect, until, weightOf } from "../scripts/clients/common.mjs";
import { attestation, prevote, slotOf } from "./messages.mjs";
import { LOG_REPUTATIONS, Network } from "./network.mjs";

describe("a peer that says bad things", () => {
	let network, api, honest, dave;
	let past; // an attestation that was a good one

	before(async () => {
		network = await Network.create(4);
		honest = network.nodes.slice(0, 3);
		dave = network.nodes[3];
		dave.binary = process.env.FAULTS_BINARY;
		await network.run(network.nodes, LOG_REPUTATIONS);
		api = await connect(honest[0].url);
	});

	after(async () => {
		await api?.disconnect();
		await network?.close();
	});

	async function goOn() {
		const heights = await Promise.all(honest.map((node) => node.finalised()));
		for (const [index, node] of honest.entries())
			await until(`${node.name} finalises more`, async () => (await node.finalised()) > heights[index] + 1, 180);
	}

	async function refused(reason, say) {
		await network.refuse(dave, reason, say);
		await goOn();
	}

	const head = () => api.rpc.chain.getHeader();
	const says = (message) => dave.ask("test_sayOnAttest", [message]);

	it("an attestation that is known, which costs nothing", async () => {
		const known = () =>
			Promise.all(honest.map(async (node) => (await node.metric('mbongo_pouw_attestations_total{outcome="known"}')) ?? 0));
		const header = await until("a block is attested by all, and so by Dave", async () => {
			const child = await head();
			return weightOf(api, child).attestation === 1000 && api.rpc.chain.getHeader(child.parentHash);
		});
		// With another signature than his own: gossip passes over bytes that it has seen, and asks nobody.
		past = { slot: slotOf(header), message: attestation(api, header, header.hash, "//Dave") };
		const before = await known();
		for (let i = 0; i < 2; i++) await says(past.message);
		await until("all have passed over both", async () =>
			(await known()).every((count, index) => count >= before[index] + 2));
		await goOn();
		for (const node of honest)
			assert.ok(!node.reports().some(({ change, reason }) => change < 0 && reason.startsWith("PoUW")), node.name);
	});

	it("a forged signature", () =>
		refused("PoUW: bad signature of an attestation", async () => {
			const header = await head();
			const good = attestation(api, header, header.parentHash, "//Dave");
			await says(good.slice(0, -4) + (good.endsWith("00ff") ? "ff00" : "00ff"));
		}));

	it("an attestation of another chain", () =>
		refused("PoUW: bad signature of an attestation", async () => {
			const header = await head();
			await says(attestation(api, header, header.parentHash, "//Dave", { genesis: header.hash }));
		}));

	it("an attestation of a slot to come", () =>
		refused("PoUW: attestation of a slot to come", async () => {
			const header = await head();
			await says(attestation(api, header, header.hash, "//Dave", { slot: slotOf(header) + 40n }));
		}));

	it("an attestation by nobody of the set", () =>
		refused("PoUW: attestation by nobody of the set", async () => {
			const header = await head();
			await says(attestation(api, header, header.hash, "//Ferdie"));
		}));

	it("bytes that are no attestation", () => refused("PoUW: malformed attestation", () => says("0x01020304")));

	it("a vote with a forged signature", () =>
		refused("Grandpa: Bad signature", async () => {
			const { setId, best } = await dave.ask("grandpa_roundState");
			const header = await head();
			const good = prevote(api, setId, best.round, header.hash, header.number.toNumber(), "//Dave");
			// The signature stands before the voter's key.
			const forged = good.slice(0, -66) + (good.slice(-66, -64) === "00" ? "01" : "00") + good.slice(-64);
			await dave.ask("test_sayOnGrandpa", [forged]);
		}));

	it("an old attestation again", async () => {
		await until("it is old", async () => slotOf(await head()) > past.slot + 33n, 180);
		await refused("PoUW: attestation of a slot long past", () => says(past.message));
	});

	it("a block that claims work that nobody did", async () => {
		const before = honest.map((node) => node.reports().length);
		await dave.ask("test_forgeWeight");
		const forged = await until("Dave has written one", () => dave.log().match(/A forged block of weight \d+: (0x\w+)/)?.[1]);
		assert.ok(await dave.ask("chain_getHeader", [forged]), "Dave himself has it");
		await until("the others hold it against him", () =>
			honest.every((node, index) =>
				node.reports().slice(before[index]).some(({ peer, change, reason }) =>
					peer === dave.peer && change < 0 && ["Bad block", "Block verification failed"].includes(reason))));
		for (const node of honest) assert.equal(await node.ask("chain_getHeader", [forged]), null, node.name);
		await goOn();
	});

	it("a message larger than any of ours", () =>
		refused("PoUW: oversized message", () => says(`0x${"01".repeat(512)}`)));

	it("messages so large that the transport does not take them", async () => {
		const oversized = () => network.held(dave, "PoUW: oversized message");
		const before = oversized();
		for (let i = 0; i < 5; i++) await says(`0x${"01".repeat(100_000)}`);
		await goOn();
		assert.deepEqual(oversized(), before, "they are never read");
	});

	it("while honest ones say nothing again and again", () => {
		for (const node of honest) {
			const reports = node.reports();
			const messages = reports.filter(({ reason }) => reason === "Successful gossip").length;
			for (const other of honest) {
				// A message comes once from each peer, and counts against all but the first.
				const again = reports.filter(({ peer, reason }) => peer === other.peer && reason === "Duplicate gossip").length;
				assert.ok(again < messages, `${node.name}: ${messages} messages, and ${again} times one again from ${other.name}`);
			}
		}
	});
});
