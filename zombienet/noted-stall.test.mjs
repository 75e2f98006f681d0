// Finality that stands still: Root, or who is left of the validators' council, notes the stall, and the
// validators vote in a new set from the last block that was final, as the runbook says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ed25519Verify } from "@polkadot/util-crypto";
import { accounts, connect, find, rpc, sessionOf, stateAt, succeeds, until } from "../scripts/clients/common.mjs";
import { precommitPayload } from "./messages.mjs";
import { Network } from "./network.mjs";

const DELAY = 6;
// In GRANDPA's log of the runtime.
const FORCED_CHANGE = 2;

// Stops two validators of four. Gives the last block that will be final.
async function stall([alice, bob, charlie, dave]) {
	await charlie.kill();
	await dave.kill();
	return until("finality stands still", async () => {
		const [best, a, b] = [await alice.best(), await alice.finalised(), await bob.finalised()];
		return a === b && best.number >= a + 4 && a;
	}, 240);
}

describe("a stall that is noted", () => {
	it("ends in a new set of voters", async () => {
		const network = await Network.create(4);
		let api;
		try {
			const [alice, bob, charlie, dave] = network.nodes;
			await network.run();
			api = await connect(alice.url);

			const stalled = await stall(network.nodes);
			// No answer while the voter rests.
			const setOf = async (node) => (await rpc("grandpa_roundState", [], node.url)).result?.setId;
			const old = await setOf(alice);
			const call = api.tx.sudo.sudo(api.tx.grandpa.noteStalled(DELAY, stalled));
			const { blockHash } = await succeeds(call, accounts().alice);

			const sessionAt = async (number) => sessionOf(await stateAt(api, number));
			const noted = (await api.rpc.chain.getHeader(blockHash)).number.toNumber();
			const { number: announced, change } = await until("the change is announced", async () => {
				for (let number = noted; number <= (await alice.best()).number; number++) {
					const { digest } = await api.rpc.chain.getHeader(await api.rpc.chain.getBlockHash(number));
					for (const log of digest.logs) {
						if (!log.isConsensus || log.asConsensus[0].toString() !== "FRNK") continue;
						const bytes = log.asConsensus[1].toU8a(true);
						if (bytes[0] !== FORCED_CHANGE) continue;
						const change = api.registry.createType("(u32, Vec<([u8; 32], u64)>, u32)", bytes.slice(1));
						return { number, change };
					}
				}
			}, 240);
			const [median, voters, delay] = change;
			assert.deepEqual([median.toNumber(), voters.length, delay.toNumber()], [stalled, 4, DELAY]);
			assert.equal(await sessionAt(announced), (await sessionAt(announced - 1)) + 1, "as a session begins");

			await until("two vote in a new set", async () =>
				(await setOf(alice)) === old + 1 && (await setOf(bob)) === old + 1, 240);
			assert.ok((await alice.best()).number >= announced + DELAY);
			for (const node of [alice, bob]) assert.equal(await node.finalised(), stalled, "two of four finalise nothing");

			await charlie.start();
			await dave.start();
			await network.link(network.nodes);
			const { number } = await alice.best();
			for (const node of network.nodes)
				await until(`${node.name} finalises ${number}`, async () => (await node.finalised()) >= number, 400);

			// The new set's votes made what comes after the stall final.
			const proof = await alice.ask("grandpa_proveFinality", [stalled + 1]);
			const [, bytes] = api.registry.createType("(H256, Bytes, Vec<Header>)", proof);
			const { round, commit } = api.registry.createType("GrandpaJustification", bytes.toU8a(true));
			assert.ok(commit.targetNumber.toNumber() > stalled && commit.precommits.length >= 3);
			for (const { precommit, signature, id } of commit.precommits) {
				const { targetHash, targetNumber } = precommit;
				const isOf = (set) => ed25519Verify(
					precommitPayload(api, set, round, targetHash, targetNumber), signature.toU8a(), id.toU8a());
				assert.deepEqual([isOf(old), isOf(old + 1)], [false, true]);
			}

			// Nobody can follow the new authorities from genesis on: they were set by hand.
			await bob.stop();
			const { status, stderr } = spawnSync(
				bob.binary,
				["snapshot", "create", "--out", join(network.base, "none"), "--chain", network.spec, "--base-path", bob.base],
				{ encoding: "utf8" },
			);
			assert.equal(status, 1, stderr);
			assert.match(stderr, /cannot be proven from genesis on/);
			console.log(`  stalled at ${stalled}, noted in ${noted}, announced in ${announced}, final again beyond ${number}`);
		} finally {
			await api?.disconnect();
			await network.close();
		}
	});

	it("is ended by those who are left", async () => {
		const network = await Network.create(4);
		let api;
		try {
			const [alice, bob, charlie, dave] = network.nodes;
			const people = accounts();
			await network.run();
			api = await connect(alice.url);
			const stalled = await stall(network.nodes);

			// As staking does with the silent, but only when finality has lagged for a day.
			for (const who of [people.charlie, people.dave]) await succeeds(api.tx.staking.chill(), who);
			await until("two are left", async () => (await api.query.session.validators()).length === 2, 400);
			assert.equal((await api.query.validatorsCouncil.members()).length, 2);
			assert.equal(await alice.finalised(), stalled, "a new set alone finalises nothing");

			const call = api.tx.governance.noteStalled(DELAY, stalled);
			const length = call.method.encodedLength;
			const moved = await succeeds(api.tx.validatorsCouncil.propose(2, call, length), people.alice);
			const { proposalHash, proposalIndex } = find(moved.events, "validatorsCouncil", "Proposed").data;
			for (const who of [people.alice, people.bob])
				await succeeds(api.tx.validatorsCouncil.vote(proposalHash, proposalIndex, true), who);
			const weight = { refTime: 10n ** 10n, proofSize: 10n ** 6n };
			const closed = await succeeds(api.tx.validatorsCouncil.close(proposalHash, proposalIndex, weight, length), people.bob);
			assert.ok(find(closed.events, "validatorsCouncil", "Executed").data.result.isOk);
			const { number } = await alice.best();
			for (const node of [alice, bob])
				await until(`${node.name} finalises ${number}`, async () => (await node.finalised()) >= number, 400);

			// Who was away follows.
			await charlie.start();
			await dave.start();
			await network.link(network.nodes);
			const later = (await alice.best()).number;
			for (const node of network.nodes)
				await until(`${node.name} finalises ${later}`, async () => (await node.finalised()) >= later, 400);
		} finally {
			await api?.disconnect();
			await network.close();
		}
	});
});
