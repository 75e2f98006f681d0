// Snapshots of a chain with 100,000 accounts: written by a running node and by command, checked, and
// begun with. Of four validators one changes its keys meanwhile, and one begins anew.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { u8aToHex } from "@polkadot/util";
import { Network } from "../../zombienet/network.mjs";
import { accounts, connect, send, until } from "./common.mjs";

const ACCOUNTS = 100_000;
const INTERVAL = 5;
const KEEP = 2;

describe("snapshots", () => {
	let network, alice, bob, file, at;
	const folder = () => join(bob.base, "chains/mbongo_network/checkpoints");
	const checkpoints = () => (existsSync(folder()) ? readdirSync(folder()).filter((name) => name.endsWith(".mbsnap")) : []);
	const run = (...args) =>
		spawnSync(process.env.NODE_BINARY, ["snapshot", ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
	const verify = (file, spec = network.spec) => run("verify", file, "--chain", spec);
	const said = ({ status, stdout, stderr }) => {
		assert.equal(status, 0, stderr);
		console.log(`  ${stdout.trim()}`);
		return stdout;
	};

	before(async () => {
		network = await Network.create(4, { epochSlots: 10, accounts: ACCOUNTS });
		[alice, bob] = network.nodes;
	});
	after(() => network.close());

	it("are written by a running node every few finalised blocks", { timeout: 600_000 }, async () => {
		await network.run(undefined, "--checkpoint-interval", INTERVAL, "--checkpoint-keep", KEEP);
		// Alice's new keys make GRANDPA's authorities others from the epoch after the next on.
		const api = await connect(alice.url);
		const who = accounts().alice;
		const { keys, proof } = await alice.ask("author_rotateKeysWithOwner", [u8aToHex(who.publicKey)]);
		const { error } = await send(api.tx.session.setKeys(keys, proof), who);
		assert.equal(error, undefined);
		const setId = async () => (await api.query.grandpa.currentSetId()).toNumber();
		await until("there are other authorities", async () => (await setId()) === 1, 240);
		const change = await alice.height();
		await api.disconnect();

		await until("finality is past the change", async () => (await bob.finalised()) >= change + INTERVAL, 120);
		const last = await until("a checkpoint is too", () =>
			checkpoints().map((name) => parseInt(name)).find((number) => number > change));
		assert.equal(last % INTERVAL, 0);
		assert.ok(checkpoints().length <= KEEP, `${checkpoints()}`);
		const checked = said(verify(join(folder(), `${last}.mbsnap`)));
		assert.match(checked, /through 2 sets of GRANDPA's authorities/);
		await bob.stop();
		assert.ok(checkpoints().length <= KEEP);
	});

	it("are written by command, and checked", () => {
		file = join(network.base, "snapshot");
		const created = said(run("create", "--out", file, "--chain", network.spec, "--base-path", bob.base));
		const [, number, entries, chunks, bytes] =
			created.match(/block (\d+) \(0x\w+\): (\d+) entries in (\d+) chunks, (\d+) bytes/).map(Number);
		at = number;
		assert.ok(entries >= ACCOUNTS && chunks > 5);
		assert.equal(bytes, statSync(file).size);
		const checked = said(verify(file));
		assert.match(checked, new RegExp(`holds block ${at} `));
		// What is there is not written over.
		const again = run("create", "--out", file, "--chain", network.spec, "--base-path", bob.base);
		assert.equal(again.status, 2);
		assert.match(again.stderr, /is there already/);
		const earlier = join(network.base, "earlier");
		said(run("create", "--at", at - 3, "--out", earlier, "--chain", network.spec, "--base-path", bob.base));
		assert.match(said(verify(earlier)), new RegExp(`holds block ${at - 3} `));
		const none = run("create", "--at", at + 1000, "--out", join(network.base, "none"), "--chain", network.spec, "--base-path", bob.base);
		assert.equal(none.status, 2);
		assert.match(none.stderr, /from 1 to the finalised one/);
		assert.ok(!existsSync(join(network.base, "none")));
	});

	it("are refused when a byte is another, and nothing is written", { timeout: 600_000 }, () => {
		const sound = readFileSync(file);
		const damaged = join(network.base, "damaged");
		const chunks = [];
		for (let place = 8; place < sound.length; place += 36 + sound.readUInt32LE(place)) chunks.push(place);
		// In the magic number, and in the length, the hash and the data of some chunks.
		const places = [0, 7];
		for (const chunk of [0, 1, Math.floor(chunks.length / 2), chunks.length - 1])
			places.push(chunks[chunk], chunks[chunk] + 4, chunks[chunk] + 36, (chunks[chunk + 1] ?? sound.length) - 1);
		const base = join(network.base, "refused");
		const refuses = (bytes, reason, spec = network.spec) => {
			writeFileSync(damaged, bytes);
			for (const command of [["verify", damaged], ["restore", damaged, "--base-path", base]]) {
				const { status, stderr } = run(...command, "--chain", spec);
				assert.equal(status, 1, stderr);
				assert.match(stderr, reason);
			}
			assert.ok(!existsSync(base), "nothing is written");
		};
		for (const place of places) {
			const bytes = Buffer.from(sound);
			bytes[place] ^= 0x10;
			const chunk = chunks.filter((start) => start <= place).length - 1;
			refuses(bytes, chunk < 0 ? /This is (no|a) snapshot/ : new RegExp(`Chunk ${chunk} is `));
		}
		const [from, to] = chunks.slice(2, 4);
		refuses(Buffer.concat([sound.subarray(0, from), sound.subarray(to)]), /Chunk 2 is damaged/);
		refuses(sound.subarray(0, chunks.at(-1)), new RegExp(`Chunk ${chunks.length - 1} is missing`));
		refuses(Buffer.concat([sound, Buffer.from([0])]), /Something follows/);
		refuses(sound, /is of the chain with genesis 0x\w+, not of this one/, "dev");
		console.log(`  ${places.length} flipped bytes, a missing chunk in the middle and at the end, more bytes, another chain`);
	});

	it("begin a fresh database, which syncs on and authors", { timeout: 600_000 }, async () => {
		// The others go on. Bob's votes are in the database that he gives up, so no round that he has voted
		// in may still be open.
		const ahead = await until("the others are ahead", async () => {
			const head = await alice.best();
			return (await alice.finalised()) > at + 5 && head;
		});
		const fresh = network.twin(bob, bob.keys);
		said(run("restore", file, "--chain", network.spec, "--base-path", fresh.base));
		const twice = run("restore", file, "--chain", network.spec, "--base-path", fresh.base);
		assert.equal(twice.status, 2);
		assert.match(twice.stderr, /There is a database/);
		// What Bob has attested, he must know.
		copyFileSync(join(bob.base, "chains/mbongo_network/attested-slots"), join(fresh.base, "chains/mbongo_network/attested-slots"));
		await fresh.start();
		assert.equal(await fresh.finalised(), at);
		await network.link([...network.nodes.filter((node) => node !== bob && node !== fresh), fresh]);
		await until("it has caught up", () => fresh.has(ahead), 240);
		await until("it writes a block that both make final", async () => {
			for (let number = ahead.number; number <= (await alice.finalised()); number++)
				if ((await alice.author(number)) === bob.index) return fresh.has({ number, hash: await alice.ask("chain_getBlockHash", [number]) });
		}, 240);
		// What was before comes from peers.
		await until("it has the first block too", async () => fresh.ask("chain_getBlock", [await alice.ask("chain_getBlockHash", [1])]));
	});
});
