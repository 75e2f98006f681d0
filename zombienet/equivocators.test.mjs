// One of four validators contradicts itself, as attester, as voter and as author. Each time the others
// prove it on chain, once, and it writes no blocks for the rest of the session.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
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

	// The finalised block from `first` on that has the first offence of this kind.
	async function offence(kind, first) {
		const last = await alice.finalised();
		for (let number = first; number <= last; number++) {
			const events = await (await at(number)).query.system.events();
			for (const { event } of events)
				if (api.events.offences.Offence.is(event) && Buffer.from(event.data[0]).toString() === kind) return number;
		}
	}

	// What became of the reports in all blocks from `first` on, and of which session they were: one that
	// failed, too, has cost a block's time.
	async function reports(pallet, first) {
		const found = [];
		for (let number = first; number <= (await bestNumber()); number++) {
			const hash = await api.rpc.chain.getBlockHash(number);
			const [{ block }, events] = [await api.rpc.chain.getBlock(hash), await (await api.at(hash)).query.system.events()];
			for (const [index, { method: call }] of block.extrinsics.entries()) {
				if (call.section !== pallet || !call.method.startsWith("reportEquivocation")) continue;
				const ofCall = events.filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.eq(index));
				found.push({ number, session: call.args[1].session.toNumber(), outcome: ofCall.at(-1).event.method });
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
		const number = await until(`a report of ${kind} is final`, async () => {
			const found = await offence(kind, first);
			if (!found) await equivocate();
			return found;
		}, 240);
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
		// However often it was done.
		const all = await reports(kind.split(":")[0], first);
		const { session: reported } = all.find((report) => report.number === number);
		const outcomes = all.filter((report) => report.session === reported).map(({ outcome }) => outcome);
		assert.deepEqual(outcomes, ["ExtrinsicSuccess"], "reported once");
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
