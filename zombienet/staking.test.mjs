// Somebody becomes a validator, others stand behind it, and both earn. It contradicts itself, and both are
// slashed and it leaves the set; so does a validator whose node is off. Through all of it blocks become
// final, and every token is counted.
//
// The set has fourteen members at least, since one offender of so many loses 5 %: of fewer it would lose more,
// the square of three times its part.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Keyring } from "@polkadot/api";
import { u8aToHex } from "@polkadot/util";
import {
	accounts, connect, feeOf, find, free, MBO, pendingOf, refuses, sessionOf, slotOfEpoch, stakeOf, stateAt, succeeds, sum,
	until, weightOf,
} from "../scripts/clients/common.mjs";
import { attestation, slotOf } from "./messages.mjs";
import { Network } from "./network.mjs";

const OF_GENESIS = 14;
const [OWN, DELEGATED] = [100_000n * MBO, 50_000n * MBO];
const COMMISSION = 10n; // percent
const EARNINGS_SCALE = 10n ** 24n;
const DEFERRAL = 10;
// Of so many blocks one of fifteen writes fifteen or so. Each is anybody's, independently of the others, so
// it writes none with a probability of (14/15)^220, 3 in 10 million, and more than three times its share, 44,
// with one of 2 in 100 billion.
const COUNTED = 220;
// The states since genesis are asked for at the end.
const ARCHIVE = ["--state-pruning", "archive"];

describe("stake, its rewards and its slashes", () => {
	let network, api, alice, off, newcomer, treasury;
	let delegator, anybody; // accounts without a node
	let key, uri; // of the newcomer's attestations
	let enters, joined; // epochs: of which set the newcomer is the first time, and of the delegation
	let away; // blocks: while the newcomer's node was off
	let slashed; // what is known of the slash
	let last = 0; // the last block known to be final

	before(async () => {
		network = await Network.create(OF_GENESIS + 1, {
			validators: OF_GENESIS,
			staking: { dayEpochs: 1, unbondingDays: 2, deferralSlots: DEFERRAL },
		});
		[alice, off] = network.nodes;
		newcomer = network.nodes.at(-1);
		// It says what the test tells it to.
		newcomer.binary = process.env.FAULTS_BINARY;
		await network.run(network.nodes, ...ARCHIVE);
		api = await connect(alice.url);
		const keyring = new Keyring({ type: "sr25519", ss58Format: 42 });
		newcomer.account = keyring.addFromUri(`//${newcomer.name}`);
		[delegator, anybody] = ["//Delegator", "//Anybody"].map((uri) => keyring.addFromUri(uri));
		treasury = { address: api.consts.treasury.potAccount.toString() };
	});

	after(async () => {
		await api?.disconnect();
		await network?.close();
	});

	const hashOf = (number) => api.rpc.chain.getBlockHash(number);
	const at = (number) => stateAt(api, number);
	const sessionAt = async (number) => sessionOf(await at(number));
	const validatorsAt = async (number) => (await (await at(number)).query.session.validators()).map(String);
	const authoritiesAt = async (number) =>
		(await (await at(number)).query.pouw.authorities()).map(([key, stake]) => [key.toHex(), stake.toBigInt()]);
	const slotAt = async (number) => slotOf(await api.rpc.chain.getHeader(await hashOf(number)));
	const freeAt = async (number, who) => free(await at(number), who);
	const isOf = (event, method, validator) =>
		event.section === "staking" && event.method === method && event.data.validator.eq(validator.address);

	const heldAt = async (number, who) => stakeOf(await at(number), who);

	// The events of final blocks, each read once.
	const known = new Map();
	async function eventsOf(number) {
		if (!known.has(number)) {
			const records = await (await at(number)).query.system.events();
			known.set(number, records.map(({ event }) => event));
		}
		return known.get(number);
	}

	async function events(section, method, first = 1) {
		const found = [];
		for (let number = first; number <= last; number++)
			for (const event of await eventsOf(number))
				if (event.section === section && event.method === method) found.push({ number, data: event.data });
		return found;
	}

	// The first final block from `first` on of which `is` says something.
	const firstFinal = (what, first, is, seconds = 600) => {
		let next = first;
		return until(what, async () => {
			last = await alice.finalised();
			for (; next <= last; next++) if (await is(next)) return next;
		}, seconds);
	};
	const firstOf = (session, from = 1) =>
		firstFinal(`session ${session}`, from, async (number) => (await sessionAt(number)) >= session);
	const eventOf = (method, validator, from = 1) =>
		firstFinal(`${method} of ${validator.name}`, from, async (number) =>
			(await eventsOf(number)).some((event) => isOf(event, method, validator)));

	// Gives the final block in which the call has been done.
	async function does(call, who) {
		const { blockHash, events } = await succeeds(call, who, { finalized: true });
		const number = await alice.height(blockHash);
		return { number, events, fee: feeOf(events), session: await sessionAt(number) };
	}

	const info = async (number, who) =>
		(await (await at(number)).call.stakingApi.validators()).find(({ validator }) => validator.eq(who.address));
	const pending = async (number, who) => pendingOf(await at(number), who);

	it("somebody registers, and is in the set two epochs later", async () => {
		const pay = (who, amount) => api.tx.balances.transferKeepAlive(who.address, amount);
		await does(api.tx.utility.batchAll([
			pay(newcomer.account, 2n * OWN), pay(delegator, 2n * DELEGATED), pay(anybody, 100n * MBO),
		]), accounts().alice);
		const owner = u8aToHex(newcomer.account.publicKey);
		const { keys, proof } = await newcomer.ask("author_rotateKeysWithOwner", [owner]);
		key = `0x${keys.slice(-64)}`;
		// The node made them, and keeps what they are made of.
		const kept = Buffer.concat([Buffer.from("pouw"), Buffer.from(key.slice(2), "hex")]).toString("hex");
		uri = JSON.parse(readFileSync(join(newcomer.base, "chains/mbongo_network/keystore", kept), "utf8"));

		await does(api.tx.session.setKeys(keys, proof), newcomer.account);
		await does(api.tx.staking.stake(newcomer.account.address, OWN), newcomer.account);
		const commission = COMMISSION * 10_000_000n;
		const { number, session } = await does(api.tx.staking.registerValidator(commission), newcomer.account);
		enters = session + 2;
		const then = await info(number, newcomer.account);
		assert.ok(then.standing.isCandidate && then.active.isFalse && then.frozen.isFalse);
		assert.equal(then.own.toBigInt(), OWN);

		const border = await firstOf(enters, number);
		const ofGenesis = await validatorsAt(border - 1);
		assert.equal(ofGenesis.length, OF_GENESIS);
		assert.ok(!ofGenesis.includes(newcomer.account.address));
		assert.deepEqual(await validatorsAt(border), [...ofGenesis, newcomer.account.address]);
		assert.ok((await info(border, newcomer.account)).active.isTrue);
		assert.deepEqual((await authoritiesAt(border)).at(-1), [key, OWN]);
		console.log(`  registered in block ${number} of session ${session}, in the set from block ${border} on`);
	});

	it("its attestations weigh as much more as others have put behind it, from the next epoch on", async () => {
		const staked = await does(api.tx.staking.stake(newcomer.account.address, DELEGATED), delegator);
		joined = staked.session;
		const border = await firstOf(joined + 1, staked.number);
		const [old, now] = [await authoritiesAt(border - 1), await authoritiesAt(border)];
		assert.deepEqual(old.at(-1), [key, OWN]);
		assert.deepEqual(now, [...old.slice(0, -1), [key, OWN + DELEGATED]]);

		// Off around the end of an epoch, it is missing in half of neither.
		await until("an epoch is about to end", async () => (await slotOfEpoch(api)) >= 16);
		const stopped = await alice.height();
		await newcomer.kill();
		const all = sum(now.map(([, stake]) => stake));
		const without = Number((1000n * (all - OWN - DELEGATED)) / all);
		await until("a block has all attestations but its", async () => {
			for (let number = stopped + 1, best = await alice.height(); number <= best; number++)
				if (weightOf(api, await api.rpc.chain.getHeader(await hashOf(number))).attestation === without) return number;
		});
		await newcomer.start(...ARCHIVE);
		await network.link(network.nodes);
		const end = await alice.height();
		await until("it is final", async () => (await alice.finalised()) >= end);
		away = { from: stopped, to: end };
		const missing = [];
		for (let number = border + 1; number <= end; number++) {
			const hash = await hashOf(number);
			// That of its parent, whom the attestations are of.
			const set = await authoritiesAt(number - 1);
			const { block } = await api.rpc.chain.getBlock(hash);
			const inherent = block.extrinsics.find(({ method: { section, method } }) => `${section}.${method}` === "pouw.attest");
			const bits = inherent?.method.args[0].bitfield.toU8a(true) ?? [];
			const attested = set.filter((_, place) => (bits[place >> 3] >> (place & 7)) & 1);
			const part = sum(attested.map(([, stake]) => stake)) * 1000n / sum(set.map(([, stake]) => stake));
			assert.equal(weightOf(api, block.header).attestation, Number(part), `block ${number}`);
			if (attested.length === set.length - 1 && !attested.some(([one]) => one === key)) missing.push(number);
		}
		assert.ok(missing.length >= 1);
		console.log(`  without it blocks have ${without} of 1000: ${missing.join(", ")}`);
	});

	it("who stands behind it is paid what was said", async () => {
		// What came in an epoch earns in the next one, which is paid for when it ends.
		const border = await firstOf(joined + 2);
		const earned = (await eventsOf(border)).find((event) => isOf(event, "Earned", newcomer.account)).data;
		const commission = (earned.amount.toBigInt() * COMMISSION) / 100n;
		assert.equal(earned.commission.toBigInt(), commission);
		const ofAShare = ((earned.amount.toBigInt() - commission) * EARNINGS_SCALE) / (OWN + DELEGATED);
		const reward = (ofAShare * DELEGATED) / EARNINGS_SCALE;
		assert.deepEqual(await pending(border, delegator), [[newcomer.account.address, reward]]);

		const paid = async (call, who, whom) => {
			// So that the block before says it: an epoch's first block pays for the last one.
			await until("the epoch has not just begun, nor soon ends", async () => {
				const slot = await slotOfEpoch(api);
				return slot >= 1 && slot <= 14;
			});
			const { number, events, fee } = await does(call, who);
			const [[validator, amount], ...others] = await pending(number - 1, whom);
			assert.equal(validator, newcomer.account.address);
			assert.equal(others.length, 0);
			assert.equal(find(events, "staking", "Rewarded").data.amount.toBigInt(), amount);
			const gained = (await freeAt(number, whom)) - (await freeAt(number - 1, whom));
			assert.equal(gained, amount - (who === whom ? fee : 0n));
			assert.deepEqual(await pending(number, whom), []);
			return amount;
		};
		const claimed = await paid(api.tx.staking.claimRewards(newcomer.account.address), delegator, delegator);
		assert.ok(claimed >= reward, "of this epoch, or of the next one too");
		const own = await paid(api.tx.staking.payout(newcomer.account.address), anybody, newcomer.account);
		assert.ok(own > 2n * reward + commission, "of two epochs, and twice as much stake");
		console.log(`  ${earned.amount} for the epoch, ${reward} of it the delegator's`);
	});

	it("it writes its share of the blocks", async () => {
		const first = await firstOf(enters);
		// BABE gives each the same share of slots, whatever its stake.
		const shares = (await (await at(first)).query.babe.authorities()).map(([, share]) => share.toNumber());
		assert.deepEqual(shares, Array(OF_GENESIS + 1).fill(1));
		const isIts = async (number) =>
			(await validatorsAt(number))[await alice.author(number)] === newcomer.account.address;
		let [own, all] = [0, 0];
		await firstFinal(`it could have written ${COUNTED} blocks`, first, async (number) => {
			if (number > away.from && number <= away.to) return false;
			own += await isIts(number);
			return ++all === COUNTED;
		}, 1200);
		const most = (3 * all) / (OF_GENESIS + 1);
		assert.ok(own >= 1 && own <= most, `${own} of ${all} blocks, where ${most} are the most`);
		console.log(`  ${own} of ${all} blocks`);
	});

	it("it contradicts itself, and loses 5 % with all behind it, after the deferral", async () => {
		const from = last;
		const offence = await until("its slash is deferred", async () => {
			last = await alice.finalised();
			for (let number = from; number <= last; number++)
				if ((await eventsOf(number)).some((event) => isOf(event, "SlashDeferred", newcomer.account))) return number;
			const header = await api.rpc.chain.getHeader();
			for (const hash of [header.hash, header.parentHash])
				await newcomer.ask("test_sayOnAttest", [attestation(api, header, hash, uri)]);
		}, 240);
		const set = await validatorsAt(offence);
		assert.equal(set.length, OF_GENESIS + 1);
		const chilled = (await eventsOf(offence)).find((event) => isOf(event, "Chilled", newcomer.account)).data;
		assert.ok(chilled.reason.isOffence);
		const deferred = (await eventsOf(offence)).find((event) => isOf(event, "SlashDeferred", newcomer.account)).data;
		const amount = (OWN + DELEGATED) / 20n;
		assert.equal(deferred.fraction.toNumber(), 50_000_000);
		assert.equal(deferred.amount.toBigInt(), amount);
		const start = (await (await at(offence)).query.babe.genesisSlot()).toBigInt();
		const due = deferred.due.toBigInt();
		assert.equal(due, (await slotAt(offence)) - start + BigInt(DEFERRAL));
		const slash = (await (await at(offence)).query.staking.deferredSlashes(deferred.number)).unwrap();
		const reporter = { address: slash.reporter.unwrap().toString() };
		assert.equal(reporter.address, set[await alice.author(offence)], "whose block it was reported in");
		slashed = { offence, session: await sessionAt(offence), reporter, amount };

		const then = await info(offence, newcomer.account);
		assert.ok(then.standing.isChilled && then.frozen.isTrue && then.active.isTrue);
		assert.equal(then.total.toBigInt(), OWN + DELEGATED - amount, "set aside already");
		assert.equal(await heldAt(offence, newcomer.account), OWN, "but not taken");
		await refuses(api, anybody, [api.tx.staking.stake(newcomer.account.address, 1000n * MBO), "staking.SlashDeferred"]);

		const block = await eventOf("Slashed", newcomer.account, offence);
		assert.ok((await slotAt(block)) - start >= due);
		// Staking's hook is before BABE's, and goes by the slot of the block before.
		assert.ok((await slotAt(block - 2)) - start < due);
		const done = (await eventsOf(block)).find((event) => isOf(event, "Slashed", newcomer.account)).data;
		assert.ok(done.number.eq(deferred.number));
		assert.equal(done.amount.toBigInt(), amount);
		assert.ok((await info(block, newcomer.account)).frozen.isFalse);
		assert.equal(await heldAt(block, delegator), DELEGATED, "the delegator is cut later");
		await cuts(block, newcomer.account, OWN);

		const settled = await does(api.tx.staking.settle(delegator.address, newcomer.account.address), anybody);
		await cuts(settled.number, delegator, DELEGATED);
		assert.ok((await (await at(settled.number)).query.staking.owed(newcomer.account.address)).isEmpty, "all is paid");
		await refuses(api, anybody,
			[api.tx.staking.settle(delegator.address, newcomer.account.address), "staking.NothingToSettle"]);
		console.log(`  reported in block ${offence}, slashed in ${block}, settled in ${settled.number}`);
	});

	// That a twentieth of somebody's stake was cut in this block, and by whom it is had now.
	async function cuts(number, who, stake) {
		const data = (await eventsOf(number)).filter((event) =>
			isOf(event, "Cut", newcomer.account) && event.data.who.eq(who.address)).map(({ data }) => data);
		assert.equal(data.length, 1);
		const [cut, { reporter }] = [stake / 20n, slashed];
		assert.deepEqual(
			[data[0].burned, data[0].toTreasury, data[0].toReporters].map((part) => part.toBigInt()),
			[cut / 2n, (cut * 3n) / 10n, cut / 5n],
		);
		assert.equal(await heldAt(number - 1, who), stake);
		assert.equal(await heldAt(number, who), stake - cut);
		for (const [one, part] of [[treasury, (cut * 3n) / 10n], [reporter, cut / 5n]])
			assert.equal((await freeAt(number, one)) - (await freeAt(number - 1, one)), part, one.address);
	}

	it("a validator is off for an epoch, is chilled, and leaves the set", async () => {
		const account = accounts()[off.name.toLowerCase()];
		const stopped = await alice.height();
		await off.kill();
		// When the epoch ends that it missed.
		const chilled = await eventOf("Chilled", account, stopped);
		const { data } = (await eventsOf(chilled)).find((event) => isOf(event, "Chilled", account));
		assert.ok(data.reason.isMissing);
		const session = await sessionAt(chilled);
		assert.equal(await sessionAt(chilled - 1), session - 1);
		const out = await firstOf(session + 1, chilled);
		assert.ok((await validatorsAt(out - 1)).includes(account.address));
		assert.ok(!(await validatorsAt(out)).includes(account.address), "two epochs after the one that it missed");
		const lag = (await alice.height()) - (await alice.finalised());
		console.log(`  off from block ${stopped}, chilled in ${chilled}, out in ${out}, ${lag} blocks are not final`);
	});

	it("who contradicted itself has left the set two epochs later", async () => {
		const out = await firstOf(slashed.session + 2, slashed.offence);
		assert.ok((await validatorsAt(out - 1)).includes(newcomer.account.address));
		assert.ok(!(await validatorsAt(out)).includes(newcomer.account.address));
		assert.ok(!(await authoritiesAt(out)).some(([one]) => one === key));
		const now = await info(out, newcomer.account);
		assert.ok(now.standing.isChilled && now.active.isFalse);
		const total = OWN + DELEGATED - slashed.amount;
		assert.deepEqual([now.own.toBigInt(), now.total.toBigInt()], [OWN - OWN / 20n, total]);
	});

	it("nobody else was chilled or slashed", async () => {
		last = await alice.finalised();
		const chilled = (await events("staking", "Chilled")).map(({ data }) => data.validator.toString());
		assert.deepEqual(chilled, [newcomer.account.address, accounts()[off.name.toLowerCase()].address]);
		assert.equal((await events("staking", "SlashDeferred")).length, 1);
		assert.equal((await events("staking", "Cut")).length, 2);
	});

	it("every token is counted", async () => {
		const all = async (section, method, field) =>
			sum((await events(section, method)).map(({ data }) => data[field].toBigInt()));
		const hash = (await hashOf(last)).toHex();
		const supply = await alice.ask("mbongo_supply", [hash]);
		assert.equal(supply.hash, hash);
		assert.equal(supply.number, last);
		const [genesis, minted, burned, issued, useful] =
			["genesis", "minted", "burned", "issued", "forUsefulWork"].map((part) => BigInt(supply[part]));
		assert.equal(genesis, (await (await at(0)).query.balances.totalIssuance()).toBigInt());
		assert.equal(minted, await all("staking", "EpochPaid", "stakers"));
		assert.equal(useful, await all("staking", "EpochPaid", "usefulWork"));
		const fees = await all("transactionPayment", "TransactionFeePaid", "actualFee");
		assert.equal(burned, fees + (await all("staking", "Cut", "burned")));
		assert.equal(issued, genesis + minted - burned);
		assert.equal(issued, (await (await at(last)).query.balances.totalIssuance()).toBigInt());
		console.log(`  after block ${last}: ${issued} = ${genesis} + ${minted} - ${burned}`);
	});
});
