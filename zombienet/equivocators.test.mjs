// Three of six validators contradict themselves, one as attester, one as voter and one as author. Each time
// the others prove it on chain, once, a slash of it is deferred, it is chilled, and it writes no blocks for
// the rest of the session.
//
// They are three, since each leaves the set two sessions later. The last ones go first, so that nobody's
// place changes.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accounts, connect, sessionOf, stateAt, until } from "../scripts/clients/common.mjs";
import { attestation, voteTwice } from "./messages.mjs";
import { Network } from "./network.mjs";

describe("an equivocator is reported once and disabled for the session", () => {
	let network, api, alice, honest, dave, eve, ferdie;

	before(async () => {
		network = await Network.create(6);
		honest = network.nodes.slice(0, 3);
		[alice, , , dave, eve, ferdie] = network.nodes;
		for (const node of [dave, eve, ferdie]) node.binary = process.env.FAULTS_BINARY;
		await network.run();
		api = await connect(alice.url);
		// What is disabled in the session of genesis stays so for one more.
		await until("the second session is final", async () =>
			(await sessionOf(await at(await alice.finalised()))) >= 1, 240);
	});

	after(async () => {
		await api?.disconnect();
		await network?.close();
	});

	const at = (number) => stateAt(api, number);
	const bestNumber = async () => (await api.rpc.chain.getHeader()).number.toNumber();
	const isDisabled = async (state, { index }) =>
		(await state.query.session.disabledValidators()).some(([place]) => place.toNumber() === index);

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

	// That the block has the slash of this validator, and of nobody else, with what it is known for then.
	async function isSlashed(number, { name }) {
		const { address } = accounts()[name.toLowerCase()];
		const state = await at(number);
		const events = (await state.query.system.events()).map(({ event }) => event);
		const [{ data }, ...others] = events.filter((event) => api.events.staking.SlashDeferred.is(event));
		assert.equal(others.length, 0);
		assert.equal(data.validator.toString(), address);
		let then = number;
		while ((await sessionOf(await at(then))) > data.epoch.toNumber()) then--;
		const members = (await (await at(then)).query.session.validators()).length;
		// The square of three times its part of them, which is more than the 5 % at least.
		const fraction = Math.floor((9 * 1e9) / members ** 2);
		assert.equal(data.fraction.toNumber(), fraction);

		const chilled = events.find((event) => api.events.staking.Chilled.is(event)).data;
		assert.deepEqual([chilled.validator.toString(), chilled.reason.type], [address, "Offence"]);
		const { standing, strike } = (await state.query.staking.validators(address)).unwrap();
		assert.ok(standing.isChilled);
		const { count, since, fraction: all, slashes } = strike.unwrap().toJSON();
		assert.deepEqual([count, since, all, slashes], [1, data.epoch.toNumber(), fraction, 1]);
		return `${data.fraction.toHuman()} of ${members}`;
	}

	// `what` is what the metrics call such an offender.
	async function shows(kind, what, offender, equivocate) {
		for (const node of honest) assert.equal(await node.equivocations(what), 0, node.name);
		await until("a session begins anew", async () => (await api.query.session.disabledValidators()).isEmpty);
		const first = await bestNumber();
		const number = await until(`a report of ${kind} is final`, async () => {
			const found = await offence(kind, first);
			if (!found) await equivocate();
			return found;
		}, 240);
		const state = await at(number);
		assert.ok(await isDisabled(state, offender), `disabled in block ${number}, which reports it`);
		const slashed = await isSlashed(number, offender);
		const session = await sessionOf(state);
		const next = await until("the next session", async () => {
			for (let block = number + 1; block <= (await bestNumber()); block++)
				if ((await sessionOf(await at(block))) > session) return block;
		}, 240);
		// The first block of a session is written under the rules of the last one's end.
		for (let block = number + 1; block < next; block++)
			assert.notEqual(await alice.author(block), offender.index, `block ${block} is not ${offender.name}'s`);
		assert.ok(!(await isDisabled(await at(next), offender)), "free again in the next session");
		await until("it is final", async () => (await alice.finalised()) >= next);
		// However often it was done.
		const all = await reports(kind.split(":")[0], first);
		const { session: reported } = all.find((report) => report.number === number);
		const outcomes = all.filter((report) => report.session === reported).map(({ outcome }) => outcome);
		assert.deepEqual(outcomes, ["ExtrinsicSuccess"], "reported once");
		for (const node of honest) assert.ok((await node.equivocations(what)) >= 1, `${node.name} has counted it`);
		console.log(`  ${kind}: reported in block ${number}, ${slashed}, silent to block ${next - 1}`);
	}

	it("as attester", () =>
		shows("pouw:equivocatio", "attester", ferdie, async () => {
			const header = await api.rpc.chain.getHeader();
			for (const hash of [header.hash, header.parentHash])
				await ferdie.ask("test_sayOnAttest", [attestation(api, header, hash, "//Ferdie")]);
		}));

	it("as voter", () => shows("grandpa:equivoca", "voter", eve, () => voteTwice(eve, api, "//Eve")));

	it("as author", async () => {
		const twin = network.twin(dave, ["babe"]);
		await shows("babe:equivocatio", "author", dave, async () => {
			if (twin.process) return;
			await twin.start();
			await network.link(network.nodes);
		});
	});
});
