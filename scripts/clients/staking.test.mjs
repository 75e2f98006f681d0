// Staking as its users have it with @polkadot/api: stake comes and goes, earns, and every refusal has a name.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { u8aToHex } from "@polkadot/util";
import {
	accounts, connect, feeOf, find, free, MBO, nameOfError, pendingOf, refuses, rpc, sessionOf, slotOfEpoch, stakeOf,
	stateAt, succeeds, until,
} from "./common.mjs";

const [OWN, DAVES, STAKED, MOVED, TAKEN] = [100_000n, 1_000n, 500n, 100n, 50n].map((amount) => amount * MBO);
const STAYS = STAKED - MOVED - TAKEN;
const PERCENT = 10_000_000; // of a Perbill
const COMMISSION_OF_DAVE = 10 * PERCENT;
const UNBONDING_DAYS = 2; // which are epochs
const EARNINGS_SCALE = 10n ** 24n;
// What stakers have for each slot: half of 0.06 MBO a second.
const OF_A_SLOT = (180n * MBO) / 1000n / 2n;

describe("staking", () => {
	let api, staking, alice, bob, charlie, dave;
	let session; // in which Bob's stake comes

	before(async () => {
		api = await connect();
		staking = api.tx.staking;
		({ alice, bob, charlie, dave } = accounts());
	});
	after(() => api.disconnect());

	const at = (number) => stateAt(api, number);

	const inSession = (wanted) => until(`epoch ${wanted}`, async () => (await sessionOf(api)) >= wanted, 300);

	// The first block of an epoch.
	async function firstOf(wanted) {
		await inSession(wanted);
		let number = (await api.rpc.chain.getHeader()).number.toNumber();
		while ((await sessionOf(await at(number - 1))) >= wanted) number--;
		return number;
	}

	async function does(call, who) {
		const { blockHash, events } = await succeeds(call, who);
		const [state, header] = [await api.at(blockHash), await api.rpc.chain.getHeader(blockHash)];
		return { state, before: await api.at(header.parentHash), number: header.number.toNumber(), events, fee: feeOf(events) };
	}

	// An event's fields, by their names.
	const fields = (events, method) => {
		const { data } = find(events, "staking", method);
		return Object.fromEntries(data.names.map((name) => [name, data[name].toJSON()]));
	};
	const big = (value) => BigInt(value);

	const delegations = async (who, state = api) =>
		(await state.call.stakingApi.delegations(who.address)).map(({ validator, worth, held, liable, rewards }) =>
			[validator.toString(), ...[worth, held, liable, rewards].map((amount) => amount.toBigInt())])
			.sort(([, a], [, b]) => (a < b ? 1 : -1));

	it("can be read about in the metadata, by name", () => {
		const calls = Object.values(staking);
		assert.equal(calls.length, 12);
		for (const { meta } of calls) {
			const docs = meta.docs.join("\n");
			for (const part of ["## Origin", "## Errors"]) assert.ok(docs.includes(part), `${meta.name}: ${part}`);
			assert.ok(meta.docs[0].trim().length > 20, meta.name.toString());
		}
		const ours = api.runtimeMetadata.asLatest.apis.find(({ name }) => name.eq("StakingApi"));
		assert.deepEqual(ours.methods.map(({ name }) => name.toString()),
			["validators", "delegations", "unbonding", "pending_rewards", "next_active_set", "supply"]);
		for (const { name, docs } of ours.methods) assert.ok(docs.length, name.toString());
		assert.equal(api.consts.staking.supplyCap.toBigInt(), 31_536_000n * MBO);
	});

	it("takes stake, moves it, and begins to unbond", async () => {
		// All of it in one epoch.
		await until("an epoch has just begun", async () => (await slotOfEpoch(api)) <= 8);
		// A validator that is chilled at once is never in the set, whose other members this node would have to be.
		const { result: { keys, proof } } = await rpc("author_rotateKeysWithOwner", [u8aToHex(dave.publicKey)]);
		const [registered, staked] = await Promise.all([
			does(api.tx.utility.batchAll([
				staking.stake(dave.address, DAVES), api.tx.session.setKeys(keys, proof),
				staking.registerValidator(COMMISSION_OF_DAVE), staking.chill(),
			]), dave),
			does(staking.stake(alice.address, STAKED), bob),
		]);
		assert.deepEqual(fields(registered.events, "Registered"),
			{ validator: dave.address, commission: COMMISSION_OF_DAVE });
		assert.deepEqual(fields(registered.events, "Chilled"), { validator: dave.address, reason: "Asked" });
		const { who, validator, amount } = fields(staked.events, "Staked");
		assert.deepEqual([who, validator, big(amount)], [bob.address, alice.address, STAKED]);
		session = await sessionOf(staked.state);
		assert.equal(await stakeOf(staked.state, bob), STAKED);
		assert.equal((await free(staked.before, bob)) - (await free(staked.state, bob)), STAKED + staked.fee);
		assert.deepEqual(await delegations(bob, staked.state), [[alice.address, STAKED, STAKED, 0n, 0n]]);

		const moved = await does(staking.redelegate(alice.address, dave.address, MOVED), bob);
		const { from, to } = fields(moved.events, "Redelegated");
		assert.deepEqual([from, to], [alice.address, dave.address]);
		assert.deepEqual(await delegations(bob, moved.state), [
			[alice.address, STAKED - MOVED, STAKED - MOVED, 0n, 0n],
			[dave.address, MOVED, MOVED, MOVED, 0n],
		]);

		const taken = await does(staking.unstake(alice.address, TAKEN), bob);
		assert.equal(await sessionOf(taken.state), session);
		assert.equal(fields(taken.events, "Unstaked").freeOn, session + UNBONDING_DAYS + 1);
		const [chunk, ...others] = await taken.state.call.stakingApi.unbonding(bob.address);
		assert.equal(others.length, 0);
		assert.equal(chunk.validator.toString(), alice.address);
		assert.equal(chunk.worth.toBigInt(), TAKEN);
		assert.equal(chunk.freeInEpoch.toNumber(), session + UNBONDING_DAYS + 1);
		assert.equal(await stakeOf(taken.state, bob), STAKED, "none of it is free yet");
		assert.deepEqual((await delegations(bob, taken.state))[0], [alice.address, STAYS, STAYS, 0n, 0n]);
	});

	it("knows its validators and the next set", async () => {
		const known = (await api.call.stakingApi.validators()).map((one) => one.toJSON());
		assert.deepEqual(known.map(({ validator, standing, active, commission, frozen }) =>
			[validator, standing, active, commission, frozen]), [
			[alice.address, "Candidate", true, 5 * PERCENT, false],
			[dave.address, "Chilled", false, COMMISSION_OF_DAVE, false],
		]);
		assert.deepEqual(known.map(({ own, total }) => [big(own), big(total)]), [[OWN, OWN + STAYS], [DAVES, DAVES + MOVED]]);
		const next = await api.call.stakingApi.nextActiveSet();
		assert.deepEqual(next.map(([one, stake]) => [one.toString(), stake.toBigInt()]), [[alice.address, OWN + STAYS]]);
	});

	it("says by name what cannot be", () => Promise.all([
		refuses(api, charlie,
			[staking.stake(alice.address, MBO / 2n), "staking.BelowMinimum"],
			[staking.stake(bob.address, MBO), "staking.NotAValidator"],
			[staking.stake(alice.address, 10_000_000n * MBO), "FundsUnavailable"],
			[staking.unstake(alice.address, MBO), "staking.NoStake"],
			[staking.withdraw(), "staking.NothingToWithdraw"],
			[staking.claimRewards(alice.address), "staking.NoStake"],
			[staking.payout(bob.address), "staking.NoStake"],
			[staking.settle(bob.address, alice.address), "staking.NothingToSettle"],
			[staking.registerValidator(0), "staking.NoSessionKeys"],
			[staking.setCommission(0), "staking.NotAValidator"],
			[staking.chill(), "staking.NotAValidator"],
			[staking.resume(), "staking.NotAValidator"],
			[staking.cancelSlash(0), "BadOrigin"],
		),
		refuses(api, bob,
			[staking.unstake(alice.address, STAYS - MBO / 2n), "staking.BelowMinimum"],
			[staking.claimRewards(dave.address), "staking.NothingToClaim"],
			[staking.redelegate(alice.address, alice.address, MBO), "staking.SameValidator"],
			[staking.redelegate(alice.address, charlie.address, MBO), "staking.NotAValidator"],
			[staking.redelegate(charlie.address, alice.address, MBO), "staking.NoStake"],
			[staking.redelegate(alice.address, dave.address, STAYS - MBO / 2n), "staking.BelowMinimum"],
			[staking.redelegate(dave.address, alice.address, MBO), "staking.SecondHop"],
			[staking.withdraw(), "staking.NothingToWithdraw"],
		),
		refuses(api, dave,
			[staking.chill(), "staking.AlreadyChilled"],
			[api.tx.utility.batchAll([staking.unstake(dave.address, MBO), staking.resume()]), "staking.BelowOwnMinimum"],
		),
		refuses(api, alice,
			[staking.registerValidator(0), "staking.AlreadyAValidator"],
			[staking.resume(), "staking.NotChilled"],
			[staking.setCommission(7 * PERCENT), "staking.CommissionRisesTooFast"],
			[staking.unstake(alice.address, OWN - DAVES + MBO), "staking.BelowOwnMinimum"],
		),
	]));

	it("lets nobody but governance cancel slashes, of which there are none", async () => {
		const { events } = await does(api.tx.sudo.sudo(staking.cancelSlash(0)), alice);
		assert.equal(nameOfError(find(events, "sudo", "Sudid").data.sudoResult.asErr), "staking.NoSuchSlash");
	});

	it("pays for an epoch what the emission says, and stake from the epoch after it came", async () => {
		assert.deepEqual(await pendingOf(api, bob), []);
		const paid = async (epoch) => {
			const number = await firstOf(epoch + 1);
			const state = await at(number);
			const events = await state.query.system.events();
			const { stakers, usefulWork } = fields(events, "EpochPaid");
			const { validator, amount, commission } = fields(events, "Earned");
			assert.equal(validator, alice.address);
			assert.deepEqual([big(stakers), big(usefulWork)], [big(amount), big(amount)]);
			const slot = (await state.query.babe.currentSlot()).toBigInt();
			return { state, slot, amount: big(amount), commission: big(commission) };
		};
		const last = await paid(session);
		assert.deepEqual(await pendingOf(last.state, bob), [], "it has just come");
		const { state, slot, amount, commission } = await paid(session + 1);
		assert.equal(amount, (slot - last.slot) * OF_A_SLOT);
		assert.equal(commission, (amount * 5n) / 100n);
		const ofAShare = ((amount - commission) * EARNINGS_SCALE) / (OWN + STAYS);
		const reward = (ofAShare * STAYS) / EARNINGS_SCALE;
		assert.deepEqual(await pendingOf(state, bob), [[alice.address, reward]]);

		await until("the epoch does not end soon", async () => (await slotOfEpoch(api)) <= 15);
		const claimed = await does(staking.claimRewards(alice.address), bob);
		const { who, validator, amount: got } = fields(claimed.events, "Rewarded");
		assert.deepEqual([who, validator], [bob.address, alice.address]);
		assert.deepEqual(await pendingOf(claimed.before, bob), [[alice.address, big(got)]]);
		assert.ok(big(got) >= reward);
		assert.equal((await free(claimed.state, bob)) - (await free(claimed.before, bob)), big(got) - claimed.fee);
		assert.deepEqual(await pendingOf(claimed.state, bob), []);
		await refuses(api, bob,
			[staking.withdraw(), "staking.NothingToWithdraw"],
			[staking.claimRewards(alice.address), "staking.NothingToClaim"],
		);
	});

	it("pays a validator whoever asks for it", async () => {
		await until("the epoch does not end soon", async () => (await slotOfEpoch(api)) <= 15);
		const { state, before, events } = await does(staking.payout(alice.address), charlie);
		const { who, amount } = fields(events, "Rewarded");
		assert.equal(who, alice.address);
		assert.deepEqual(await pendingOf(before, alice), [[alice.address, big(amount)]]);
		assert.equal((await free(state, alice)) - (await free(before, alice)), big(amount));
		assert.deepEqual(await pendingOf(state, alice), []);
		await refuses(api, charlie, [staking.payout(alice.address), "staking.NothingToClaim"]);
	});

	it("gives back what has unbonded, and lets go what had moved", async () => {
		await inSession(session + UNBONDING_DAYS + 1);
		const withdrawn = await does(staking.withdraw(), bob);
		assert.equal(big(fields(withdrawn.events, "Withdrawn").amount), TAKEN);
		assert.equal(await stakeOf(withdrawn.state, bob), STAKED - TAKEN);
		assert.equal((await free(withdrawn.state, bob)) - (await free(withdrawn.before, bob)), TAKEN - withdrawn.fee);
		assert.equal((await api.call.stakingApi.unbonding(bob.address)).length, 0);
		const back = await does(staking.redelegate(dave.address, alice.address, MOVED), bob);
		const [[validator, worth, , liable], ...others] = await delegations(bob, back.state);
		assert.equal(others.length, 0);
		assert.deepEqual([validator, worth, liable], [alice.address, STAYS + MOVED, MOVED]);
	});

	it("lets commissions rise a point an epoch", async () => {
		const { events } = await does(staking.setCommission(6 * PERCENT), alice);
		assert.deepEqual(fields(events, "CommissionSet"), { validator: alice.address, commission: 6 * PERCENT });
		await refuses(api, alice, [staking.setCommission(8 * PERCENT), "staking.CommissionRisesTooFast"]);
		const [first] = await api.call.stakingApi.validators();
		assert.equal(first.commission.toNumber(), 6 * PERCENT);
	});

	it("removes a validator that nobody stands behind", async () => {
		const { events, state } = await does(staking.unstake(dave.address, DAVES), dave);
		assert.deepEqual(fields(events, "Removed"), { validator: dave.address });
		assert.equal((await state.call.stakingApi.validators()).length, 1);
		await refuses(api, bob, [staking.stake(dave.address, MBO), "staking.NotAValidator"]);
	});

	it("counts every token", async () => {
		const header = await api.rpc.chain.getHeader();
		const [hash, last] = [header.hash.toHex(), header.number.toNumber()];
		const { result } = await rpc("mbongo_supply", [hash]);
		const state = await api.at(hash);
		const supply = await state.call.stakingApi.supply();
		assert.deepEqual(result, {
			hash,
			number: last,
			...Object.fromEntries(Array.from(supply.keys(), (part) => [part, supply[part].toString()])),
		});
		const of = Object.fromEntries(Array.from(supply.keys(), (part) => [part, supply[part].toBigInt()]));
		assert.equal(of.issued, of.genesis + of.minted - of.burned);
		assert.equal(of.issued, (await state.query.balances.totalIssuance()).toBigInt());
		assert.equal(of.genesis, (await (await at(0)).query.balances.totalIssuance()).toBigInt());
		assert.equal(of.cap, api.consts.staking.supplyCap.toBigInt());
		const all = { EpochPaid: 0n, usefulWork: 0n, TransactionFeePaid: 0n };
		for (let number = 1; number <= last; number++)
			for (const { event: { method, data } } of await (await at(number)).query.system.events()) {
				if (method === "EpochPaid") {
					all.EpochPaid += data.stakers.toBigInt();
					all.usefulWork += data.usefulWork.toBigInt();
				}
				if (method === "TransactionFeePaid") all.TransactionFeePaid += data.actualFee.toBigInt();
			}
		assert.deepEqual(all, { EpochPaid: of.minted, usefulWork: of.forUsefulWork, TransactionFeePaid: of.burned });

		const now = (await rpc("mbongo_supply")).result;
		assert.ok(now.number >= last);
		const { error } = await rpc("mbongo_supply", [`0x${"12".repeat(32)}`]);
		assert.equal(error.code, 10001);
		assert.match(error.message, /is not known/);
		assert.equal((await rpc("mbongo_supply", ["nonsense"])).error.code, -32602);
	});
});
