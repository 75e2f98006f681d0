// A validator that is killed again and again under transfers loses no finalised block and no weight, and
// never contradicts itself.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { accounts, connect, free, MBO, rpc, TestNode, until } from "./common.mjs";

const ROUNDS = 20;
const AMOUNT = MBO / 100n;
const SEED = Number(process.env.SEED ?? 1 + (Date.now() % 1_000_000));

// Lehmer's generator, since that of JavaScript takes no seed.
let state = SEED;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;

describe("a node that is killed", () => {
	const node = new TestNode(mkdtempSync(join(tmpdir(), "mbongo-kill-")));

	const start = () =>
		node.start(
			"--dev", "--listen-addr", "/ip4/127.0.0.1/tcp/0", "--state-pruning", "archive", "--blocks-pruning", "archive",
		);

	async function assertHonest() {
		for (const kind of ["author", "voter", "attester"]) assert.equal(await node.equivocations(kind), 0, kind);
	}

	// The blocks from the head down whose weights are kept, which are those from the last finalised
	// one on; each one's is its parent's and its own.
	async function weighed() {
		const blocks = [await node.ask("mbongo_chainWeight")];
		for (;;) {
			const own = blocks.at(-1);
			if (own.number === 1) return blocks;
			const { parentHash } = await node.ask("chain_getHeader", [own.hash]);
			const parent = await node.ask("mbongo_chainWeight", [parentHash]);
			if (parent.chainWeight === null) return blocks;
			assert.equal(
				BigInt(own.chainWeight) - BigInt(parent.chainWeight),
				BigInt(own.base + own.attestation + own.pouw),
				`block ${own.number}`,
			);
			blocks.push(parent);
		}
	}

	// A weight that was seen before the kill is the same or, once a later block is final, forgotten.
	// The block may be gone where it was not final. Returns whether the weight could be compared.
	async function isIntact(block) {
		const { result, error } = await rpc("mbongo_chainWeight", [block.hash], node.url);
		if (error?.code === 10001) return false;
		assert.equal(error, undefined);
		if (result.chainWeight === null) {
			const final = await node.finalised();
			assert.ok(block.number <= final, `the weight of block ${block.number} is lost`);
			return false;
		}
		assert.deepEqual(result, block);
		return true;
	}

	// Sends transfers one after another until the node is gone. Returns how many.
	async function sender(api, alice, bob) {
		let sent = 0;
		while (node.process) {
			try {
				const nonce = await node.ask("system_accountNextIndex", [alice.address]);
				const { genesisHash, runtimeVersion } = api;
				const transfer = api.tx.balances.transferKeepAlive(bob.address, AMOUNT);
				transfer.sign(alice, { nonce, era: 0, blockHash: genesisHash, genesisHash, runtimeVersion });
				sent++;
				await node.ask("author_submitExtrinsic", [transfer.toHex()]);
			} catch {
				// The kill came in between, or a block with the nonce did.
			}
			await sleep(20);
		}
		return sent;
	}

	it(`comes back ${ROUNDS} times with all that was final`, async () => {
		console.log(`  SEED=${SEED}, log: ${node.logFile}`);

		const finalised = new Map(); // by number
		let [number, remembered, sent, compared, walked, alices, bobs] = [0, [], 0, 0, 0];
		for (let round = 1; round <= ROUNDS; round++) {
			await start();
			for (const block of remembered) if (await isIntact(block)) compared++;
			const again = await node.finalised();
			assert.ok(again >= number, `round ${round}: finality went back from ${number} to ${again}`);
			for (const [number, hash] of finalised)
				assert.equal(await node.ask("chain_getBlockHash", [number]), hash, `round ${round}: block ${number}`);

			const api = await connect(node.url);
			const { alice, bob } = accounts();
			alices ??= await free(api, alice);
			bobs ??= await free(api, bob);
			const begin = await node.height();
			const sending = sender(api, alice, bob);
			await until("there are new blocks", async () => (await node.height()) >= begin + 2);
			await api.disconnect();

			await sleep(3000 * random());
			remembered = await weighed();
			walked += remembered.length - 1;
			const head = await node.ask("chain_getFinalizedHead");
			number = await node.height(head);
			if (number > 0) finalised.set(number, head);
			await assertHonest();
			await node.kill();
			sent += await sending;
		}
		assert.ok(finalised.size >= ROUNDS / 2, `${finalised.size} finalised heads were seen`);
		assert.ok(walked >= ROUNDS, `${walked} weights were summed up`);
		assert.ok(compared >= ROUNDS, `${compared} weights were compared`);

		// What is final is paid, all of it and nothing else.
		await start();
		const api = await connect(node.url);
		const { alice, bob } = accounts();
		const last = await node.height();
		await until("all is final", async () => (await node.finalised()) >= last);
		let [paid, fees] = [0, 0n];
		for (let number = 1; number <= last; number++) {
			const at = await api.at(await api.rpc.chain.getBlockHash(number));
			for (const { event } of await at.query.system.events()) {
				if (event.section === "balances" && event.method === "Transfer") paid++;
				assert.notEqual(event.section, "offences", `block ${number}`);
				if (event.section === "transactionPayment") fees += event.data.actualFee.toBigInt();
			}
		}
		const then = await api.at(await api.rpc.chain.getBlockHash(last));
		assert.equal((await then.query.system.account(alice.address)).nonce.toNumber(), paid);
		assert.equal(alices - (await free(then, alice)), AMOUNT * BigInt(paid) + fees);
		assert.equal((await free(then, bob)) - bobs, AMOUNT * BigInt(paid));
		assert.ok(paid >= ROUNDS && paid <= sent, `${paid} of ${sent} transfers are final`);
		await assertHonest();
		await api.disconnect();
		console.log(`  ${paid} of ${sent} transfers and ${finalised.size} finalised heads kept over ${ROUNDS} kills`);
		console.log(`  ${walked} weights summed up, ${compared} compared with those before a kill`);
	});
});
