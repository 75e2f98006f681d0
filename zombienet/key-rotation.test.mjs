// A running validator changes its session keys, and changes them again a session later. Two sessions after
// each change the new ones act, and no validator's attestation is missing before, at or after these borders.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { u8aToHex } from "@polkadot/util";
import { accounts, connect, send, until, weightOf } from "../scripts/clients/common.mjs";
import { attestation, slotOf } from "./messages.mjs";
import { LOG_REPUTATIONS, Network } from "./network.mjs";

describe("a validator that changes its keys", () => {
	let network, api, alice, dave;
	let first, border, last; // blocks: in which the keys are changed, from which new ones act, and the end
	// The blocks of each slot, forks too.
	const blocks = new Map();

	before(async () => {
		network = await Network.create(4);
		[alice, , , dave] = network.nodes;
		// It says what the test tells it to.
		dave.binary = process.env.FAULTS_BINARY;
		await network.run(network.nodes, LOG_REPUTATIONS);
		api = await connect(alice.url);
		await api.rpc.chain.subscribeAllHeads((header) => {
			if (header.number.toNumber() === 0) return;
			const slot = slotOf(header);
			blocks.set(slot, (blocks.get(slot) ?? new Set()).add(header.hash.toHex()));
		});
		await until("a block is heard of", () => blocks.size);
	});

	after(async () => {
		await api?.disconnect();
		await network?.close();
	});

	const hashOf = (number) => api.rpc.chain.getBlockHash(number);
	const at = async (number) => api.at(await hashOf(number));
	const sessionAt = async (number) => (await (await at(number)).query.session.currentIndex()).toNumber();

	// Gives the block in which the keys are changed, and the one of them that will attest.
	async function changeKeys() {
		const owner = accounts().dave;
		const { keys, proof } = await dave.ask("author_rotateKeysWithOwner", [u8aToHex(owner.publicKey)]);
		const { blockHash, error } = await send(api.tx.session.setKeys(keys, proof), owner);
		assert.equal(error, undefined);
		return { number: await alice.height(blockHash), key: `0x${keys.slice(-64)}` };
	}

	// The first block in whose set the key is.
	async function actsFrom({ number: changed, key }) {
		const acts = async (number) => (await (await at(number)).query.pouw.authorities())[dave.index][0].toHex() === key;
		assert.ok(!(await acts(changed)));
		const border = await until("the new keys act", async () => {
			for (let number = changed, best = await alice.height(); number <= best; number++)
				if (await acts(number)) return number;
		}, 400);
		assert.equal(await sessionAt(border), (await sessionAt(changed)) + 2);
		return border;
	}

	it("goes on writing blocks, and finality goes on", async () => {
		const change = await changeKeys();
		const session = await sessionAt(change.number);
		await until("the next session", async () => (await sessionAt(await alice.height())) > session);
		const again = await changeKeys();
		first = change.number;
		border = await actsFrom(change);
		last = (await actsFrom(again)) + 25;
		for (const node of network.nodes)
			await until(`${node.name} finalises ${last}`, async () => (await node.finalised()) >= last, 400);
		await until("Dave writes a block with the newest keys", async () => {
			for (let number = last - 25; number <= (await alice.finalised()); number++)
				if ((await alice.author(number)) === dave.index) return number;
		});
	});

	it("goes on attesting, as the others do", async () => {
		let split = 0;
		for (let number = first; number <= last; number++) {
			const header = await api.rpc.chain.getHeader(await hashOf(number));
			const support = weightOf(api, header).attestation;
			if (support === 1000) continue;
			// Whoever attested another block of the parent's slot must not attest a second one.
			const parent = await api.rpc.chain.getHeader(header.parentHash);
			assert.ok(blocks.get(slotOf(parent)).size > 1, `block ${number}: ${support}, and its parent is alone`);
			split++;
		}
		assert.ok(split < (last - first) / 2, "in few blocks only");
		console.log(`  new keys act from ${border}; whole support from ${first} to ${last} but ${split} times after forks`);
	});

	// They are in neither of the last two sets.
	it("is nobody by its first keys", () =>
		network.refuse(dave, "PoUW: attestation by nobody of the set", async () => {
			const header = await api.rpc.chain.getHeader();
			await dave.ask("test_sayOnAttest", [attestation(api, header, header.hash, "//Dave")]);
		}));

	it("is named as author of its blocks by polkadot.js, as the others are of theirs", async () => {
		const named = accounts();
		const addresses = network.nodes.map(({ name }) => named[name.toLowerCase()].address);
		const authors = new Set();
		for (let number = last - 14; number <= last; number++) {
			assert.deepEqual((await (await at(number)).query.session.validators()).map(String), addresses);
			const { author } = await api.derive.chain.getHeader(await hashOf(number));
			const index = await alice.author(number);
			assert.equal(author.toString(), addresses[index], `block ${number}`);
			authors.add(index);
		}
		assert.ok(authors.size >= 2, `${authors.size} authors`);
	});
});
