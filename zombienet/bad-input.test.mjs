// One of four validators says what no honest node would. The others refuse it, think less of the peer,
// and go on finalising.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect, until } from "../scripts/clients/common.mjs";
import { attestation, prevote, slotOf } from "./messages.mjs";
import { Network } from "./network.mjs";

describe("a peer that says bad things", () => {
	let network, api, honest, dave;

	before(async () => {
		network = await Network.create(4);
		honest = network.nodes.slice(0, 3);
		dave = network.nodes[3];
		dave.binary = process.env.FAULTS_BINARY;
		// Reputations are logged by the network's two implementations under these names.
		await network.run(network.nodes, "-lsub-libp2p::peerstore=trace,peerset=trace");
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

	// What each honest node holds against Dave for this reason, as often as it said so.
	const held = (reason) =>
		honest.map((node) =>
			node.log().split("\n").filter((line) => line.includes(dave.peer) && line.includes(`Reason: ${reason}`)));

	async function refused(reason, say) {
		const before = held(reason).map((lines) => lines.length);
		let polls = 0;
		await until(`all hold "${reason}" against Dave`, async () => {
			// Said again only now and then: a few lies more would ban him.
			if (polls++ % 10 === 0) await say();
			return held(reason).every((lines, index) => lines.length > before[index]);
		});
		for (const lines of held(reason)) assert.match(lines.at(-1), /: -\d+ to /, "it costs reputation");
		await goOn();
	}

	const head = () => api.rpc.chain.getHeader();
	const says = (message) => dave.ask("test_sayOnAttest", [message]);

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

	it("an old attestation again", () =>
		refused("PoUW: attestation of a slot long past", async () => {
			const header = await head();
			await says(attestation(api, header, header.hash, "//Dave", { slot: slotOf(header) - 40n }));
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

	it("a block that claims work that nobody did", async () => {
		await dave.ask("test_forgeWeight");
		const forged = await until("Dave has written one", () => dave.log().match(/A forged block of weight \d+: (0x\w+)/)?.[1]);
		assert.ok(await dave.ask("chain_getHeader", [forged]), "Dave himself has it");
		await until("the others hold it against him", () =>
			honest.every((node) => node.log().split("\n").some((line) =>
				line.includes(dave.peer) && /Reason: .*(block|import|erification)/i.test(line) && /: -\d+ to /.test(line))));
		for (const node of honest) assert.equal(await node.ask("chain_getHeader", [forged]), null, node.name);
		await goOn();
	});

	it("a message larger than any of ours", () =>
		refused("PoUW: oversized message", () => says(`0x${"01".repeat(512)}`)));

	it("messages so large that the transport does not take them", async () => {
		const before = held("PoUW: oversized message");
		for (let i = 0; i < 5; i++) await says(`0x${"01".repeat(100_000)}`);
		await goOn();
		assert.deepEqual(held("PoUW: oversized message"), before, "they are never read");
	});
});
