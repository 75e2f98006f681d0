// A network made from the `live` preset, where nobody is sudo, governs itself: a referendum upgrades its
// runtime, another spends what the treasury has, and the validators' council cancels a slash that was
// deferred. Nobody else can do any of it. An epoch is a day here, and so a minute.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { u8aConcat, u8aToHex } from "@polkadot/util";
import { blake2AsHex, encodeAddress, xxhashAsU8a } from "@polkadot/util-crypto";
import {
	accounts, approved, connect, eventsFrom, feeOf, find, free, MBO, NAMES, propose, refuses, stateAt, succeeds, tryRuntime,
	until,
} from "../scripts/clients/common.mjs";
import { attestation } from "./messages.mjs";
import { Network } from "./network.mjs";

const DAY = 20;
// What each voter votes with, of a million: of the validators' 50,000 are staked.
const VOTED = 960_000n * MBO;
// What the treasury is to pay, and to whom: somebody who has nothing.
const SPENT = 250_000n * MBO;
const beneficiary = encodeAddress(blake2AsHex("beneficiary"), 42);
// The number of the first slash.
const SLASH = 0;

describe("a live network governs itself", () => {
	const code = `0x${readFileSync(process.env.UPGRADE_WASM, "hex")}`;
	let network, api, alice, bob, dave, people;
	let upgrade, spending, cancelling; // referenda
	let least, applied; // the least delegation before the upgrade, and the block with the new code
	let had; // what Dave had before the slash

	before(async () => {
		const staking = { dayEpochs: 1, deferralSlots: 4 * DAY, leastAttested: 0 };
		network = await Network.create(4, { chain: "live", epochSlots: DAY, staking });
		[alice, bob, , dave] = network.nodes;
		dave.binary = process.env.FAULTS_BINARY;
		await network.run();
		api = await connect(alice.url);
		people = accounts();
	});

	after(async () => {
		await api?.disconnect();
		await network?.close();
	});

	const at = (number) => stateAt(api, number);
	const bestNumber = async () => (await api.rpc.chain.getHeader()).number.toNumber();

	// Ferdie proposes it, Eve wants it decided, and most of what there is is for it.
	const ask = (origin, call, options) => propose(api, origin, call, people.ferdie, people.eve, options);

	const voteFor = (indices) => {
		const Standard = { vote: { aye: true, conviction: "Locked2x" }, balance: VOTED };
		const votes = indices.map((index) => api.tx.convictionVoting.vote(index, { Standard }));
		const voters = NAMES.filter((name) => name !== "Ferdie").map((name) => people[name.toLowerCase()]);
		return Promise.all(voters.map((who) => succeeds(api.tx.utility.batchAll(votes), who)));
	};

	const treasury = (state) => free(state, { address: api.consts.treasury.potAccount.toString() });

	it("has nobody who is sudo", async () => {
		assert.ok((await api.query.sudo.key()).isNone);
		const call = api.tx.system.remark("0x");
		for (const who of [people.alice, people.eve]) await refuses(api, who, [api.tx.sudo.sudo(call), "sudo.RequireSudo"]);
	});

	it("lets nobody upgrade, spend or cancel on their own", async () => {
		await Promise.all([
			refuses(api, people.alice, [api.tx.system.authorizeUpgrade(blake2AsHex(code)), "BadOrigin"]),
			refuses(api, people.bob, [api.tx.treasury.spend(null, SPENT, beneficiary, null), "BadOrigin"]),
			refuses(api, people.charlie, [api.tx.staking.cancelSlash(SLASH), "BadOrigin"]),
			refuses(api, people.ferdie, [api.tx.system.applyAuthorizedUpgrade(code), "system.NothingAuthorized"]),
		]);
	});

	it("lets anybody propose, and who has tokens vote", async () => {
		// The longest one first.
		spending = await ask({ Governance: "Treasurer" }, api.tx.treasury.spend(null, SPENT, beneficiary, null));
		cancelling = await ask({ Governance: "Treasurer" }, api.tx.staking.cancelSlash(SLASH));
		upgrade = await ask({ system: "Root" }, api.tx.system.authorizeUpgrade(blake2AsHex(code)), { note: true });
		await voteFor([spending, cancelling, upgrade]);
		for (const index of [spending, cancelling, upgrade]) {
			const { ayes, nays, support } = (await api.query.referenda.referendumInfoFor(index)).unwrap().asOngoing.tally;
			const tally = [ayes, nays, support].map((votes) => votes.toBigInt());
			assert.deepEqual(tally, [2n * 5n * VOTED, 0n, 5n * VOTED]);
		}
	});

	it("has a next version that try-runtime accepts", async () => {
		const said = await tryRuntime(alice.url, process.env.UPGRADE_TRY_WASM);
		assert.match(said, /migrating storage version from 1 to 2/);
	});

	it("authorizes it by a referendum of Root's track, and anybody applies it", async () => {
		const confirmed = await approved(api, upgrade);
		assert.ok((await (await at(confirmed)).query.system.authorizedUpgrade()).isNone);
		await until("the upgrade is authorized", async () => (await api.query.system.authorizedUpgrade()).isSome, 240);
		assert.ok((await bestNumber()) >= confirmed + DAY, "a day after it was sure");

		least = (await api.query.staking.settings()).leastDelegation.toBigInt();
		assert.equal(api.runtimeVersion.specVersion.toNumber(), 1);
		const apply = api.tx.system.applyAuthorizedUpgrade(code);
		const { blockHash, events } = await succeeds(apply, people.ferdie, { finalized: true });
		assert.ok(find(events, "system", "CodeUpdated"));
		assert.equal(feeOf(events), 0n);
		applied = await alice.height(blockHash);
		await until("clients know the new version", () => api.runtimeVersion.specVersion.toNumber() === 2);
		await refuses(api, people.ferdie, [api.tx.system.applyAuthorizedUpgrade(code), "system.NothingAuthorized"]);
	});

	it("goes on with all validators, and with one that is restarted", async () => {
		await bob.stop();
		await bob.start();
		await network.link(network.nodes);
		assert.equal((await bob.ask("state_getRuntimeVersion")).specVersion, 2);
		const first = await bestNumber();
		const authors = new Set();
		let next = first + 1;
		await until("each validator has written a block", async () => {
			for (const last = await alice.finalised(); next <= last; next++) authors.add(await alice.author(next));
			return authors.size === network.nodes.length;
		}, 240);
		for (const node of network.nodes)
			await until(`${node.name} finalises ${next - 1}`, async () => (await node.finalised()) >= next - 1);
	});

	// What a slash could take.
	const ofDave = async (state) => ({
		holds: (await state.query.balances.holds(people.dave.address)).toJSON(),
		pool: (await state.query.staking.stakes(people.dave.address)).pool.toJSON(),
		own: (await state.query.staking.delegations(people.dave.address, people.dave.address)).unwrap().position.toJSON(),
	});

	it("defers the slash of who signs two things", async () => {
		await approved(api, cancelling);
		const first = await bestNumber();
		had = await ofDave(await at(first));
		const { data } = await until("a slash is deferred", async () => {
			const [deferred] = await eventsFrom(api, first, "staking", "SlashDeferred");
			if (deferred) return deferred;
			const header = await api.rpc.chain.getHeader();
			for (const hash of [header.hash, header.parentHash])
				await dave.ask("test_sayOnAttest", [attestation(api, header, hash, "//Dave")]);
		}, 240);
		assert.deepEqual([data.number.toNumber(), data.validator.toString()], [SLASH, people.dave.address]);
		const amount = data.amount.toBigInt();
		assert.ok(amount > 0n);
		assert.ok((await api.query.treasury.spends(0)).isNone, "what the referenda decided is still to be run");
		const { pool, ...rest } = await ofDave(api);
		assert.deepEqual(rest, { holds: had.holds, own: had.own }, "nothing is cut yet");
		assert.equal(BigInt(pool.aside), amount);
		assert.equal(BigInt(pool.value), BigInt(had.pool.value) - amount);
		assert.equal((await api.query.staking.frozen(people.dave.address)).toNumber(), 1);
		await refuses(api, people.dave, [api.tx.staking.resume(), "staking.SlashDeferred"]);
		console.log(`  ${data.fraction.toHuman()} are deferred until slot ${data.due}`);
	});

	it("lets neither one of the council cancel it, nor the treasurer's track, nor anybody", async () => {
		const call = api.tx.staking.cancelSlash(SLASH);
		for (const who of [people.dave, people.eve]) await refuses(api, who, [call, "BadOrigin"]);
		const { events } = await succeeds(api.tx.validatorsCouncil.propose(1, call, call.method.encodedLength), people.alice);
		assert.ok(find(events, "validatorsCouncil", "Executed").data.result.asErr.isBadOrigin);

		const confirmed = [await approved(api, spending), await approved(api, cancelling)];
		// What a referendum decides is scheduled under a name, and nothing else is.
		const results = await until("what the treasurer's referenda decided is run", async () => {
			const run = await eventsFrom(api, Math.min(...confirmed), "scheduler", "Dispatched");
			const named = run.filter(({ data }) => data.id.isSome);
			return named.length === 2 && named.map(({ data }) => data.result);
		}, 240);
		assert.ok(results[0].isOk && results[1].asErr.isBadOrigin);
		assert.ok((await api.query.staking.deferredSlashes(SLASH)).isSome, "it is still deferred");
	});

	it("pays what the treasurer's track has spent, whoever asks for it", async () => {
		const before = await treasury(api);
		assert.equal(await free(api, { address: beneficiary }), 0n);
		const { blockHash } = await succeeds(api.tx.treasury.payout(0), people.charlie);
		assert.equal(await free(await api.at(blockHash), { address: beneficiary }), SPENT);
		assert.equal(await treasury(await api.at(blockHash)), before - SPENT);
		await refuses(api, people.charlie, [api.tx.treasury.payout(0), "treasury.AlreadyAttempted"]);
	});

	it("lets two thirds of the council cancel it, as if it had never been", async () => {
		const inOrder = (list) => list.map(String).sort();
		const { query } = await api.at(await api.rpc.chain.getBlockHash());
		assert.deepEqual(inOrder(await query.validatorsCouncil.members()), inOrder(await query.session.validators()));

		const call = api.tx.staking.cancelSlash(SLASH);
		const length = call.method.encodedLength;
		const { events } = await succeeds(api.tx.validatorsCouncil.propose(3, call, length), people.alice);
		const { proposalIndex, proposalHash } = find(events, "validatorsCouncil", "Proposed").data;
		const vote = (who) =>
			succeeds(api.tx.validatorsCouncil.vote(proposalHash, proposalIndex, true), who, { finalized: true });
		const weight = { refTime: 10n ** 10n, proofSize: 10n ** 6n };
		const close = api.tx.validatorsCouncil.close(proposalHash, proposalIndex, weight, length);
		await vote(people.alice);
		await refuses(api, people.eve, [close, "validatorsCouncil.TooEarly"]);
		await Promise.all([people.bob, people.charlie].map(vote));
		const closed = await succeeds(close, people.eve);
		assert.ok(find(closed.events, "validatorsCouncil", "Executed").data.result.isOk);
		const { data } = find(closed.events, "staking", "SlashCancelled");
		assert.deepEqual([data.number.toNumber(), data.validator.toString()], [SLASH, people.dave.address]);

		const state = await api.at(closed.blockHash);
		assert.deepEqual(await ofDave(state), had);
		assert.ok((await state.query.staking.validators(people.dave.address)).unwrap().strike.isNone);
		assert.equal((await state.query.staking.frozen.entries()).length, 0);
		assert.equal((await state.query.staking.deferredSlashes.entries()).length, 0);
		assert.equal((await state.query.staking.slashQueue()).length, 0);
		await succeeds(api.tx.staking.resume(), people.dave);
	});

	it("gives back the deposits", async () => {
		const reserved = async (who) => (await api.query.system.account(who.address)).data.reserved.toBigInt();
		const all = [spending, cancelling, upgrade];
		assert.equal(await reserved(people.eve), 7_000n * MBO);
		const { refundDecisionDeposit, refundSubmissionDeposit } = api.tx.referenda;
		const refund = all.flatMap((index) => [refundDecisionDeposit(index), refundSubmissionDeposit(index)]);
		await succeeds(api.tx.utility.batchAll(refund), people.dave);
		const noted = blake2AsHex(api.tx.system.authorizeUpgrade(blake2AsHex(code)).method.toHex());
		await succeeds(api.tx.preimage.unnotePreimage(noted), people.ferdie);
		assert.deepEqual(await Promise.all([people.eve, people.ferdie].map(reserved)), [0n, 0n]);
	});

	it("has run the next version's migration once", async () => {
		const last = await until("an epoch has gone by", async () => {
			const number = await alice.finalised();
			return number > applied + DAY && number;
		}, 240);
		// The old connection has seen the block with the new code under both versions, and mixes them up.
		await api.disconnect();
		api = await connect(alice.url);
		for (let number = applied; number <= last; number++) {
			const { leastDelegation } = await (await at(number)).query.staking.settings();
			assert.equal(leastDelegation.toBigInt(), number > applied ? 2n * least : least, `in block ${number}`);
		}
		const key = u8aConcat(xxhashAsU8a("Governance", 128), xxhashAsU8a(":__STORAGE_VERSION__:", 128));
		assert.equal(await alice.ask("state_getStorage", [u8aToHex(key)]), "0x0200");
		console.log(`  upgraded in block ${applied}, once to block ${last}`);
	});
});
