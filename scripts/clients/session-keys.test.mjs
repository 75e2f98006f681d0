// Session keys with the proof that they are their owner's: made by the node and by its command line,
// taken by the chain, and refused with any other proof.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hexToU8a, u8aToHex } from "@polkadot/util";
import { accounts, connect, find, free, MBO, rpc, send } from "./common.mjs";

// What five items of storage cost: the four keys, and under each of them, with its type, the owner.
const DEPOSIT = (5n * 10n * MBO + ((4n * 32n + 4n * (4n + 32n + 32n)) * MBO) / 10n) / 1000n;
const TYPES = ["babe", "gran", "audi", "pouw"];

describe("session keys", () => {
	let api, bob, charlie, dave, eve, ferdie, folder, elsewhere;
	before(async () => {
		api = await connect();
		({ bob, charlie, dave, eve, ferdie } = accounts());
		folder = mkdtempSync(join(tmpdir(), "mbongo-keys-"));
		// Genesis is not made anew from a raw specification, which saves seconds each time.
		const spec = join(folder, "raw.json");
		const { stdout } = run("export-chain-spec", "--chain", "dev", "--raw");
		writeFileSync(spec, stdout);
		elsewhere = ["--chain", spec, "--base-path", folder];
	});
	after(async () => {
		await api.disconnect();
		rmSync(folder, { recursive: true, force: true });
	});

	const run = (...args) => spawnSync(process.env.NODE_BINARY, args, { encoding: "utf8", maxBuffer: 1 << 28 });

	// Keys that the command line made.
	function made(who, ...options) {
		const { status, stdout, stderr } = run(
			"key", "session", "--owner", who.address, "--output-type", "json", ...options);
		assert.equal(status, 0, stderr);
		return JSON.parse(stdout);
	}

	const registered = async (who) => (await api.query.session.nextKeys(who.address)).unwrapOr(null)?.toHex() ?? null;

	// What of an account's money is held for its keys.
	async function held(who) {
		const holds = await api.query.balances.holds(who.address);
		return holds.filter(({ id }) => id.isSession && id.asSession.isKeys).map(({ amount }) => amount.toBigInt());
	}

	// What it cost beside the fee.
	async function takes(who, { keys, proof }) {
		const before = await free(api, who);
		const { events, error } = await send(api.tx.session.setKeys(keys, proof), who);
		assert.equal(error, undefined);
		assert.equal(await registered(who), keys);
		assert.deepEqual(await held(who), [DEPOSIT]);
		const fee = find(events, "transactionPayment", "TransactionFeePaid").data.actualFee.toBigInt();
		return before - (await free(api, who)) - fee;
	}

	// Keys with their proofs, all in one block if it may be.
	async function refuses(who, reason, ...pairs) {
		const had = [await registered(who), await held(who)];
		const nonce = (await api.rpc.system.accountNextIndex(who.address)).toNumber();
		const sent = pairs.map(({ keys, proof }, index) =>
			send(api.tx.session.setKeys(keys, proof), who, { nonce: nonce + index }));
		for (const [index, { error }] of (await Promise.all(sent)).entries()) {
			assert.ok(error?.isModule, `${index}: ${reason} is expected`);
			const { section, name } = api.registry.findMetaError(error.asModule);
			assert.equal(`${section}.${name}`, `session.${reason}`, `${index}`);
		}
		assert.deepEqual([await registered(who), await held(who)], had, "nothing is stored");
	}

	async function rotate(who) {
		const { result, error } = await rpc("author_rotateKeysWithOwner", [u8aToHex(who.publicKey)]);
		assert.equal(error, undefined);
		return result;
	}

	it("made by the node are taken, for a deposit that comes back", async () => {
		const first = await rotate(bob);
		assert.equal(await takes(bob, first), DEPOSIT);
		const second = await rotate(bob);
		assert.notEqual(second.keys, first.keys);
		assert.equal(await takes(bob, second), 0n, "it is held once");
		const babe = ["babe", second.keys.slice(0, 66)];
		assert.equal((await api.query.session.keyOwner(babe)).unwrap().toString(), bob.address);

		const before = await free(api, bob);
		const { events, error } = await send(api.tx.session.purgeKeys(), bob);
		assert.equal(error, undefined);
		const fee = find(events, "transactionPayment", "TransactionFeePaid").data.actualFee.toBigInt();
		assert.equal((await free(api, bob)) - before, DEPOSIT - fee);
		assert.equal(await registered(bob), null);
		assert.deepEqual(await held(bob), []);
		assert.ok((await api.query.session.keyOwner(babe)).isNone);
	});

	it("made by the command line are taken, and are the running node's", async () => {
		const charlies = made(charlie, "--chain", "dev", "--base-path", process.env.BASE_PATH);
		assert.equal(charlies.owner, charlie.address);
		assert.equal(charlies.keys, `0x${TYPES.map((type) => charlies.publicKeys[type].slice(2)).join("")}`);
		assert.equal(await takes(charlie, charlies), DEPOSIT);
		assert.equal((await rpc("author_hasSessionKeys", [charlies.keys])).result, true);

		// From a seed, in a folder of their own, as text.
		const path = join(folder, "keystore");
		const { status, stdout } = run(
			"key", "session", "--owner", dave.address, "--suri", "//Dave", "--keystore-path", path, ...elsewhere);
		assert.equal(status, 0);
		const [, keys] = stdout.match(/^ +keys +(0x\w+)$/m);
		const [, proof] = stdout.match(/^ +proof +(0x\w+)$/m);
		assert.equal(readdirSync(path).length, TYPES.length);
		assert.equal(keys.slice(0, 66), u8aToHex(dave.publicKey));
		assert.equal(await takes(dave, { keys, proof }), DEPOSIT);
		assert.equal((await rpc("author_hasSessionKeys", [keys])).result, false);
	});

	it("are refused with any other proof", async () => {
		const { keys, proof } = made(eve, ...elsewhere);
		await refuses(ferdie, "InvalidProof", { keys, proof });
		// A bit of each key's part.
		const flipped = TYPES.map((_, part) => {
			const bytes = hexToU8a(proof);
			bytes[part * 64 + 5] ^= 1;
			return u8aToHex(bytes);
		});
		const other = made(eve, ...elsewhere).proof;
		const proofs = [...flipped, other, "0x", proof.slice(0, -2), `${proof}00`];
		await refuses(eve, "InvalidProof", ...proofs.map((proof) => ({ keys, proof })));
		assert.equal(await registered(eve), null);
		assert.equal(await takes(eve, { keys, proof }), DEPOSIT);
	});

	it("are refused when one of them is somebody else's already", async () => {
		const alices = made(ferdie, ...elsewhere, "--suri", "//Alice");
		const daves = made(ferdie, ...elsewhere, "--suri", "//Dave");
		const fresh = made(ferdie, ...elsewhere);
		// Three new ones and the last of Dave's, each with Ferdie's proof.
		const mix = (field, size) => fresh[field].slice(0, 2 + 6 * size) + daves[field].slice(2 + 6 * size);
		const mixed = { keys: mix("keys", 32), proof: mix("proof", 64) };
		await refuses(ferdie, "DuplicatedKey", alices, daves, mixed);
		assert.equal(await takes(ferdie, fresh), DEPOSIT);
	});

	it("are not made from what is wrong", () => {
		const file = join(folder, "file");
		writeFileSync(file, "");
		for (const [code, said, ...options] of [
			[2, /`Ferdinand` is not an address/, "--owner", "Ferdinand"],
			[2, /secret URI gives no session keys/, "--owner", eve.address, "--suri", "//Eve/soft"],
			[1, /keystore .*file cannot be written/, "--owner", eve.address, "--keystore-path", file],
			[2, /--owner/],
		]) {
			const { status, stdout, stderr } = run("key", "session", ...elsewhere, ...options);
			assert.match(stderr, said);
			assert.equal(status, code, stderr);
			assert.equal(stdout, "");
		}
	});
});
