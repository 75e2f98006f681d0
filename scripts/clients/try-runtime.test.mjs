// Upgrading to this checkout's runtime passes try-runtime's checks on the state of a running chain, in which
// stake has come, moved and begun to leave, a referendum is voted on, and a motion too.
import assert from "node:assert/strict";
import { it } from "node:test";
import { u8aToHex } from "@polkadot/util";
import { accounts, connect, MBO, propose, rpc, succeeds, tryRuntime } from "./common.mjs";

it("try-runtime accepts the runtime, and this chain's state", async () => {
	const api = await connect();
	const { alice, bob, charlie, dave, eve, ferdie } = accounts();
	const { balances, convictionVoting, governance, session, staking, treasury, utility, validatorsCouncil } = api.tx;
	// A validator that is chilled at once is never in the set, whose other members this node would have to be.
	const { result: { keys, proof } } = await rpc("author_rotateKeysWithOwner", [u8aToHex(dave.publicKey)]);
	await succeeds(utility.batchAll([
		staking.stake(dave.address, 1_000n * MBO), session.setKeys(keys, proof), staking.registerValidator(0), staking.chill(),
	]), dave);
	await succeeds(utility.batchAll([
		staking.stake(alice.address, 500n * MBO),
		staking.redelegate(alice.address, dave.address, 100n * MBO),
		staking.unstake(alice.address, 50n * MBO),
	]), bob);
	const spend = treasury.spend(null, MBO, bob.address, null);
	const index = await propose(api, { Governance: "SmallSpender" }, spend, ferdie, eve, { note: true });
	// Not enough to pass.
	const Standard = { vote: { aye: true, conviction: "Locked1x" }, balance: 1_000n * MBO };
	await succeeds(convictionVoting.vote(index, { Standard }), charlie);
	const motion = governance.noteStalled(0, 0);
	await succeeds(validatorsCouncil.propose(2, motion, motion.method.encodedLength), alice);
	await succeeds(balances.transferKeepAlive(bob.address, MBO), alice, { finalized: true });

	const { query } = await api.at(await api.rpc.chain.getFinalizedHead());
	assert.ok((await query.referenda.referendumInfoFor(index)).unwrap().isOngoing);
	for (const map of [
		query.staking.delegations, query.staking.unbonding, query.staking.unbondingPools, query.staking.redelegatedPools,
		query.convictionVoting.votingFor, query.preimage.requestStatusFor, query.validatorsCouncil.proposalOf,
	]) assert.ok((await map.keys()).length);
	await api.disconnect();
	await tryRuntime(process.env.WS);
});
