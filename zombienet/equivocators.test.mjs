// One of four validators contradicts itself, as attester, as voter and as author. Each time the others
// prove it on chain, once, and it writes no blocks for the rest of the session.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { u8aConcat, u8aToHex } from "@polkadot/util";
import { connect, until } from "../scripts/clients/common.mjs";
import { attestation, voteTwice } from "./messages.mjs";
import { Network } from "./network.mjs";

describe("an equivocator is reported once and disabled for the session", () => {
	let network, api, alice, dave;

	before(async () => {
		network = await Network.create(4);
		[alice, , , dave] = network.nodes;
		dave.binary = process.env.FAULTS_BINARY;
		await network.run();
		api = await connect(alice.url);
		// What is disabled in the session of genesis stays so for one more.
		await until("the second session is final", async () =>
			(await (await at(await alice.finalised())).query.session.currentIndex()).toNumber() >= 1, 240);
	});

	after(async () => {
		await api?.disconnect();
		await network?.close();
	});

	const at = async (number) => api.at(await api.rpc.chain.getBlockHash(number));
	const bestNumber = async () => (await api.rpc.chain.getHeader()).number.toNumber();
	const isDisabled = async (state) =>
		(await state.query.session.disabledValidators()).some(([index]) => index.toNumber() === dave.index);

	// The offences of this kind in finalised blocks from `first` on.
	async function offences(kind, first) {
		const found = [];
		const last = await alice.finalised();
		for (let number = first; number <= last; number++) {
			const events = await (await at(number)).query.system.events();
			for (const { event } of events)
				if (api.events.offences.Offence.is(event) && Buffer.from(event.data[0]).toString() === kind)
					found.push({ number, slot: event.data[1].toHex() });
		}
		return found;
	}

	// What became of the reports of this offence in all blocks from `first` on: one that failed, too, has
	// cost a block's time.
	async function outcomes(pallet, slot, first) {
		const found = [];
		for (let number = first; number <= (await bestNumber()); number++) {
			const hash = await api.rpc.chain.getBlockHash(number);
			const [{ block }, events] = [await api.rpc.chain.getBlock(hash), await (await api.at(hash)).query.system.events()];
			for (const [index, { method: call }] of block.extrinsics.entries()) {
				if (call.section !== pallet || !call.method.startsWith("reportEquivocation")) continue;
				const [proof, owner] = call.args;
				const parts =
					pallet === "babe" ? [proof.slot]
					: pallet === "grandpa" ? [proof.setId, proof.equivocation.inner.roundNumber]
					: [owner.session]; // of attestations one offence counts in a session
				if (u8aToHex(u8aConcat(...parts.map((part) => part.toU8a()))) !== slot) continue;
				const ofCall = events.filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.eq(index));
				found.push(ofCall.at(-1).event.method);
			}
		}
		return found;
	}

	// `offender` is what the metrics call it.
	async function shows(kind, offender, equivocate) {
		const honest = network.nodes.filter(({ name }) => name !== dave.name);
		for (const node of honest) assert.equal(await node.equivocations(offender), 0, node.name);
		await until("Dave may write blocks", async () => !(await isDisabled(api)));
		const first = await bestNumber();
		await until(`a report of ${kind} is final`, async () => {
			if (!(await offences(kind, first)).length) await equivocate();
			return (await offences(kind, first)).length;
		}, 240);

		const [{ number, slot }] = await offences(kind, first);
		const state = await at(number);
		assert.ok(await isDisabled(state), `disabled in block ${number}, which reports it`);
		const session = (await state.query.session.currentIndex()).toNumber();
		const next = await until("the next session", async () => {
			for (let block = number + 1; block <= (await bestNumber()); block++)
				if ((await (await at(block)).query.session.currentIndex()).toNumber() > session) return block;
		}, 240);
		// The first block of a session is written under the rules of the last one's end.
		for (let block = number + 1; block < next; block++)
			assert.notEqual(await alice.author(block), dave.index, `block ${block} is not Dave's`);
		assert.ok(!(await isDisabled(await at(next))), "free again in the next session");
		await until("it is final", async () => (await alice.finalised()) >= next);
		assert.deepEqual(await outcomes(kind.split(":")[0], slot, first), ["ExtrinsicSuccess"], "reported once");
		for (const node of honest) assert.ok((await node.equivocations(offender)) >= 1, `${node.name} has counted it`);
		console.log(`  ${kind}: reported in block ${number}, silent to block ${next - 1}`);
	}

	it("as attester", () =>
		shows("pouw:equivocatio", "attester", async () => {
			const header = await api.rpc.chain.getHeader();
			for (const hash of [header.hash, header.parentHash])
				await dave.ask("test_sayOnAttest", [attestation(api, header, hash, "//Dave")]);
		}));

	it("as voter", () => shows("grandpa:equivoca", "voter", () => voteTwice(dave, api, "//Dave")));

	it("as author", async () => {
		const twin = network.twin(dave, ["babe"]);
		await shows("babe:equivocatio", "author", async () => {
			if (twin.process) return;
			await twin.start();
			await network.link(network.nodes);
		});
	});
});
