// Governance as its users have it with @polkadot/api: a referendum spends from the treasury, the validators'
// council does what it may, and whatever may not be is refused by name. A day is an epoch here, and so a minute.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { blake2AsHex } from "@polkadot/util-crypto";
import {
	accounts, approved, connect, eventsFrom, find, free, MBO, nameOfError, propose, refuses, succeeds, until,
} from "./common.mjs";

const DAY = 20;
const SMALL_SPENDER = 11;
const SMALL_SPEND = 1_000n * MBO;
const [SUBMISSION, DECISION] = [10n * MBO, 50n * MBO];
// Alice has a million free, and a tenth of that staked.
const STAKED_TOO = 1_050_000n * MBO;
const FREE = 900_000n * MBO;
const AGAINST = 1_000n * MBO;

describe("governance", () => {
	let api, alice, bob, charlie, dave, eve, ferdie, treasury;
	let spending, tooMuch, stalling, all; // referenda

	before(async () => {
		api = await connect();
		({ alice, bob, charlie, dave, eve, ferdie } = accounts());
		treasury = { address: api.consts.treasury.potAccount.toString() };
	});
	after(() => api.disconnect());

	const reserved = async (who) => (await api.query.system.account(who.address)).data.reserved.toBigInt();
	const lockedOf = async (who) => (await api.query.balances.locks(who.address)).map(({ amount }) => amount.toBigInt());
	const spend = (amount, whom) => api.tx.treasury.spend(null, amount, whom.address, null);
	const stranger = (name) => bob.derive(`//${name}`);

	it("can be read about in the metadata, with staking, work and execution", () => {
		const { pallets } = api.runtimeMetadata.asLatest;
		const variants = (type) => type.isSome ? api.registry.lookup.getSiType(type.unwrap().type).def.asVariant.variants : [];
		const counts = {};
		for (const name of ["Staking", "Governance", "Pouw", "Execution"]) {
			const { calls, events, errors, storage, constants } = pallets.find((pallet) => pallet.name.eq(name));
			const items = storage.isSome ? storage.unwrap().items : [];
			const parts = [calls, events, errors].map(variants);
			for (const one of [...parts.flat(), ...items, ...constants])
				assert.ok(one.docs.join("").trim(), `${name}.${one.name} has docs`);
			for (const { name: event, fields } of parts[1])
				for (const field of fields) assert.ok(field.name.isSome, `${name}.${event}'s fields are named`);
			counts[name] = [...parts, items, constants].map(({ length }) => length);
		}
		assert.ok(counts.Staking.every((count) => count > 0));
		assert.deepEqual(counts.Governance, [1, 0, 2, 0, 1]);
	});

	it("takes proposals, deposits and votes", async () => {
		await succeeds(api.tx.balances.transferKeepAlive(treasury.address, 2n * SMALL_SPEND), alice);
		const origin = { Governance: "SmallSpender" };
		const ask = (call, options) => propose(api, origin, call, ferdie, eve, options);
		spending = await ask(spend(SMALL_SPEND, stranger("beneficiary")), { note: true });
		tooMuch = await ask(spend(SMALL_SPEND + 1n, stranger("beneficiary")));
		stalling = await ask(api.tx.governance.noteStalled(0, 0));
		all = [spending, tooMuch, stalling];
		assert.equal(await reserved(eve), 3n * DECISION);
		assert.ok((await reserved(ferdie)) > 3n * SUBMISSION, "and what the preimage takes");

		const vote = (who, aye, conviction, balance) => {
			const Standard = { vote: { aye, conviction }, balance };
			return succeeds(api.tx.utility.batchAll(all.map((one) => api.tx.convictionVoting.vote(one, { Standard }))), who);
		};
		await Promise.all([
			vote(alice, true, "Locked2x", STAKED_TOO),
			vote(bob, true, "Locked1x", FREE),
			vote(charlie, true, "None", FREE),
			vote(dave, false, "Locked1x", AGAINST),
		]);
		const { track, tally } = (await api.query.referenda.referendumInfoFor(spending)).unwrap().asOngoing;
		assert.equal(track.toNumber(), SMALL_SPENDER);
		assert.deepEqual([tally.ayes, tally.nays, tally.support].map((votes) => votes.toBigInt()),
			[2n * STAKED_TOO + FREE + FREE / 10n, AGAINST, STAKED_TOO + 2n * FREE]);
		assert.deepEqual(await Promise.all([alice, bob, charlie, dave].map(lockedOf)),
			[[STAKED_TOO], [FREE], [FREE], [AGAINST]]);
	});

	it("says by name what cannot be", async () => {
		const poor = stranger("poor");
		await succeeds(api.tx.balances.transferKeepAlive(poor.address, SUBMISSION / 2n), eve);
		const { referenda, convictionVoting, governance, validatorsCouncil } = api.tx;
		const proposal = { Inline: api.tx.system.remark("0x").method.toHex() };
		const submit = (origin) => referenda.submit(origin, proposal, { After: 0 });
		const vote = (balance) =>
			convictionVoting.vote(spending, { Standard: { vote: { aye: true, conviction: "None" }, balance } });
		const cancel = api.tx.staking.cancelSlash(0);
		const length = cancel.method.encodedLength;
		await Promise.all([
			refuses(api, poor, [submit({ Governance: "SmallSpender" }), "balances.InsufficientBalance"]),
			refuses(api, dave,
				[submit({ system: { Signed: dave.address } }), "referenda.NoTrack"],
				[submit({ ValidatorsCouncil: { Members: [1, 1] } }), "referenda.NoTrack"],
				[referenda.placeDecisionDeposit(spending), "referenda.HasDeposit"],
				[referenda.placeDecisionDeposit(99), "referenda.NotOngoing"],
				[referenda.refundDecisionDeposit(spending), "referenda.Unfinished"],
				[referenda.refundSubmissionDeposit(spending), "referenda.BadStatus"],
				[referenda.cancel(spending), "BadOrigin"],
				[spend(1n, dave), "BadOrigin"],
				[api.tx.treasury.payout(0), "treasury.InvalidIndex"],
				[governance.noteStalled(0, 0), "BadOrigin"],
				[api.tx.whitelist.whitelistCall(cancel.method.hash), "BadOrigin"],
				[validatorsCouncil.propose(1, cancel, length), "validatorsCouncil.NotMember"],
				[validatorsCouncil.setMembers([dave.address], null, 1), "BadOrigin"],
			),
			refuses(api, eve,
				[vote(2_000_000n * MBO), "convictionVoting.InsufficientFunds"],
				[convictionVoting.vote(99, { Standard: { vote: { aye: true, conviction: "None" }, balance: MBO } }),
					"convictionVoting.NotOngoing"],
				[convictionVoting.removeVote(SMALL_SPENDER, spending), "convictionVoting.NotVoter"],
			),
			refuses(api, alice,
				[governance.noteStalled(0, 0), "BadOrigin"],
				[cancel, "BadOrigin"],
				[validatorsCouncil.propose(1, cancel, length - 1), "validatorsCouncil.WrongProposalLength"],
			),
		]);
	});

	// What becomes of a motion of Alice, who is the whole council.
	async function moved(call) {
		const { events, blockHash } = await succeeds(
			api.tx.validatorsCouncil.propose(1, call, call.method.encodedLength), alice);
		const { result } = find(events, "validatorsCouncil", "Executed").data;
		return { error: result.isErr ? nameOfError(result.asErr) : undefined, events, state: await api.at(blockHash) };
	}

	it("lets the council's motions do what is an emergency, and whitelist", async () => {
		const [members, set] = await Promise.all([api.query.validatorsCouncil.members(), api.query.session.validators()]);
		assert.deepEqual([members.map(String), set.map(String)], [[alice.address], [alice.address]]);
		// Past the origin, it is the arguments that are wrong.
		assert.equal((await moved(api.tx.staking.cancelSlash(0))).error, "staking.NoSuchSlash");
		const { noteStalled } = api.tx.governance;
		assert.equal((await moved(noteStalled(DAY + 1, 0))).error, "governance.DelayTooLong");
		assert.equal((await moved(noteStalled(DAY, 1_000_000))).error, "governance.BlockInFuture");

		const { hash } = api.tx.system.remark("0x01").method;
		const { error, events } = await moved(api.tx.whitelist.whitelistCall(hash));
		assert.equal(error, undefined);
		assert.ok(find(events, "whitelist", "CallWhitelisted").data.callHash.eq(hash));
	});

	it("lets them do nothing else, nor one of the council without a motion", async () => {
		const { tx } = api;
		for (const call of [
			tx.balances.forceSetBalance(alice.address, 0),
			tx.balances.forceTransfer(bob.address, alice.address, MBO),
			tx.system.authorizeUpgrade(blake2AsHex("code")),
			tx.system.setStorage([["0x01", "0x02"]]),
			tx.grandpa.noteStalled(0, 0),
			tx.treasury.spend(null, 1n, alice.address, null),
			tx.referenda.cancel(spending),
			tx.referenda.kill(spending),
			tx.validatorsCouncil.setMembers([alice.address], null, 1),
			tx.validatorsCouncil.kill(blake2AsHex("motion")),
			tx.whitelist.dispatchWhitelistedCallWithPreimage(tx.system.remark("0x01")),
		]) assert.equal((await moved(call)).error, "BadOrigin", `${call.method.section}.${call.method.method}`);

		for (const call of [tx.governance.noteStalled(0, 0), tx.staking.cancelSlash(0)]) {
			const { events } = await succeeds(tx.validatorsCouncil.execute(call, call.method.encodedLength), alice);
			assert.ok(find(events, "validatorsCouncil", "MemberExecuted").data.result.asErr.isBadOrigin);
		}
	});

	it("closes a motion that has no majority, and gives its deposit back", async () => {
		const call = api.tx.staking.cancelSlash(0);
		const length = call.method.encodedLength;
		const before = await reserved(alice);
		const { propose, vote, close, releaseProposalCost } = api.tx.validatorsCouncil;
		const { events } = await succeeds(propose(2, call, length), alice);
		const { proposalHash, proposalIndex } = find(events, "validatorsCouncil", "Proposed").data;
		assert.equal((await reserved(alice)) - before, 10n * MBO);
		await refuses(api, alice,
			[propose(2, call, length), "validatorsCouncil.DuplicateProposal"],
			[vote(proposalHash, proposalIndex.toNumber() + 1, true), "validatorsCouncil.WrongIndex"],
			[releaseProposalCost(proposalHash), "validatorsCouncil.ProposalActive"],
		);
		await succeeds(vote(proposalHash, proposalIndex, true), alice);
		const weight = { refTime: 10n ** 10n, proofSize: 10n ** 6n };
		const closed = await succeeds(close(proposalHash, proposalIndex, weight, length), eve);
		const [{ yes, no }, disapproved] = ["Closed", "Disapproved"].map((method) =>
			find(closed.events, "validatorsCouncil", method).data);
		assert.deepEqual([yes.toNumber(), no.toNumber()], [1, 0], "two of one cannot be");
		assert.ok(disapproved.proposalHash.eq(proposalHash));
		await refuses(api, eve,
			[close(proposalHash, proposalIndex, weight, length), "validatorsCouncil.ProposalMissing"]);
		await refuses(api, alice, [propose(2, call, length), "system.CallFiltered"]);
		await succeeds(releaseProposalCost(proposalHash), eve);
		assert.equal(await reserved(alice), before);
	});

	it("runs what was approved a day later, as its track's origin and no other", async () => {
		const confirmed = await Promise.all(all.map((index) => approved(api, index)));
		const first = Math.min(...confirmed);
		// What a referendum decides is scheduled under a name, and nothing else is.
		const run = await until("what was decided is run", async () => {
			const run = (await eventsFrom(api, first, "scheduler", "Dispatched")).filter(({ data }) => data.id.isSome);
			return run.length === all.length && run;
		}, 240);
		assert.deepEqual(
			run.map(({ data: { result } }) => result.isErr ? nameOfError(result.asErr) : undefined),
			[undefined, "treasury.InsufficientPermission", "BadOrigin"],
		);
		const [when] = run[0].data.task;
		assert.ok(when.toNumber() >= confirmed[0] + DAY);
		const [awarded, ...others] = await eventsFrom(api, first, "treasury", "AssetSpendApproved");
		assert.equal(others.length, 0);
		assert.deepEqual([awarded.data.index.toNumber(), awarded.data.amount.toBigInt()], [0, SMALL_SPEND]);
		console.log(`  approved in block ${confirmed[0]}, run in ${when}`);
	});

	it("pays it whoever asks", async () => {
		const beneficiary = stranger("beneficiary");
		const { blockHash } = await succeeds(api.tx.treasury.payout(0), charlie);
		const header = await api.rpc.chain.getHeader(blockHash);
		const [before, now] = [await api.at(header.parentHash), await api.at(blockHash)];
		assert.deepEqual([await free(before, beneficiary), await free(now, beneficiary)], [0n, SMALL_SPEND]);
		assert.equal((await free(before, treasury)) - (await free(now, treasury)), SMALL_SPEND);
		await refuses(api, charlie, [api.tx.treasury.payout(0), "treasury.AlreadyAttempted"]);
		const { events } = await succeeds(api.tx.treasury.checkStatus(0), charlie);
		assert.ok(find(events, "treasury", "SpendProcessed"));
		assert.ok((await api.query.treasury.spends(0)).isNone);
	});

	it("gives back the deposits", async () => {
		const { refundDecisionDeposit, refundSubmissionDeposit } = api.tx.referenda;
		const refund = all.flatMap((index) => [refundDecisionDeposit(index), refundSubmissionDeposit(index)]);
		await succeeds(api.tx.utility.batchAll(refund), dave);
		const noted = spend(SMALL_SPEND, stranger("beneficiary")).method.hash;
		await succeeds(api.tx.preimage.unnotePreimage(noted), ferdie);
		assert.deepEqual(await Promise.all([eve, ferdie].map(reserved)), [0n, 0n]);
		await refuses(api, dave, [refundDecisionDeposit(spending), "referenda.NoDeposit"]);
	});

	it("lets go of votes, and keeps locked what has won with conviction", async () => {
		const { removeVote, unlock } = api.tx.convictionVoting;
		await Promise.all([bob, charlie, dave].map((who) => succeeds(api.tx.utility.batchAll([
			...all.map((index) => removeVote(SMALL_SPENDER, index)), unlock(SMALL_SPENDER, who.address),
		]), who)));
		assert.deepEqual(await Promise.all([bob, charlie, dave].map(lockedOf)), [[FREE], [], []]);
	});

	it("lets the council say that finality stands still", async () => {
		const final = (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();
		const { error, state } = await moved(api.tx.governance.noteStalled(DAY, final));
		assert.equal(error, undefined);
		assert.deepEqual((await state.query.grandpa.stalled()).unwrap().map((part) => part.toNumber()), [DAY, final]);
	});
});
