// The gates of a transaction on its way into the pool, and the limits of the pool: what is refused is
// told by rule and figures.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { u8aConcat, u8aToHex } from "@polkadot/util";
import { accounts, connect, find, free, freePort, MBO, rpc, send, TestNode, until } from "./common.mjs";

// What the node says to a transaction that it does not take.
async function refusal(bytes, url) {
	const { result, error } = await rpc("author_submitExtrinsic", [bytes], url);
	assert.equal(result, undefined, "it is taken");
	assert.equal(error.data.class, "Validation");
	return { code: error.code, rule: error.data.rule, figures: error.data.figures };
}
const refused = async (bytes, code, rule, figures) =>
	assert.deepEqual(await refusal(bytes), { code, rule, figures });

const ones = (length) => `0x${"01".repeat(length)}`;
const hex = (bytes) => `0x${Buffer.from(bytes).toString("hex")}`;

describe("gates", () => {
	let api, alice, bob, charlie, dave, eve, ferdie, chain;
	before(async () => {
		api = await connect();
		({ alice, bob, charlie, dave, eve, ferdie } = accounts());
		chain = { genesisHash: api.genesisHash.toHex(), specVersion: api.runtimeVersion.specVersion.toNumber() };
	});
	after(() => api.disconnect());

	const remark = (bytes = "0x01") => api.tx.system.remark(bytes);
	const nonceOf = async (who) => (await api.rpc.system.accountNextIndex(who.address)).toNumber();
	const sign = (call, who, options = {}) => call.signAsync(who, { nonce: -1, era: 0, ...options });

	it("size: 64 B to 128 KiB, and 3 MiB for the code of a runtime", async () => {
		const limit = 128 * 1024;
		const length = (await sign(remark(ones(limit)), bob)).toU8a().length;
		const fits = await sign(remark(ones(2 * limit - length)), bob);
		assert.equal(fits.toU8a().length, limit);
		await send(remark(ones(2 * limit - length)), bob, { era: 0 });
		const over = await sign(remark(ones(2 * limit - length + 1)), bob);
		await refused(over.toHex(), 1010, "Oversized", { length: limit + 1, limit });

		const code = (length) => sign(api.tx.preimage.notePreimage(ones(length)), bob);
		const { error } = await rpc("author_submitExtrinsic", [(await code(3 << 20)).toHex()]);
		assert.deepEqual([error.data.rule, error.data.figures.limit], ["Oversized", 3 << 20]);
		const { events } = await send(api.tx.preimage.notePreimage(ones(2 << 20)), bob);
		assert.ok(find(events, "preimage", "Noted"));

		await refused(hex([4 << 2, 4, 0, 0, 0]), 1001, "Malformed", {});
	});

	it("format: whole, and of a known version", async () => {
		const bytes = (await sign(remark(ones(100)), bob)).toU8a();
		await refused(hex(bytes.slice(0, -1)), 1001, "Malformed", {});
		await refused(hex([...bytes, 0]), 1001, "Malformed", {});
		await refused("0x", 1001, "Malformed", {});
		// The length, in two bytes, then the version.
		const version = 2;
		const with_ = (byte) => hex(bytes.map((old, place) => (place === version ? byte : old)));
		await refused(with_(0x83), 1001, "UnsupportedVersion", { version: 3 });
		await refused(with_(0x06), 1001, "UnsupportedVersion", { version: 6 });
		// Of a signed transaction without its signature the rest is no call.
		await refused(with_(0x04), 1001, "Malformed", {});
		const call = bytes.slice();
		call[call.length - 104] = 0xee; // the pallet
		await refused(hex(call), 1001, "Malformed", {});
	});

	it("signature: by the sender that is named", async () => {
		const signed = await sign(remark(), bob);
		const bytes = signed.toU8a();
		bytes[Buffer.from(bytes).indexOf(signed.signature)] ^= 1;
		await refused(hex(bytes), 1010, "InvalidSignature", { expected: chain });
		const another = await sign(remark(), bob);
		const stolen = another.toU8a();
		stolen.set(charlie.publicKey, Buffer.from(stolen).indexOf(bob.publicKey));
		await refused(hex(stolen), 1010, "InvalidSignature", { expected: chain });
	});

	it("chain: of this genesis, and this version", async () => {
		const node = new TestNode(join(process.env.BASE_PATH, "local"));
		await node.start("--chain", "local", "--port", await freePort());
		const genesisHash = await node.ask("chain_getBlockHash", [0]);
		await node.stop();
		const signFor = async (other) =>
			remark().sign(bob, {
				era: 0,
				nonce: await nonceOf(bob),
				genesisHash: api.genesisHash,
				blockHash: api.genesisHash,
				runtimeVersion: api.runtimeVersion,
				...other,
			});
		const elsewhere = await signFor({ genesisHash, blockHash: genesisHash });
		const got = { ...chain, genesisHash };
		await refused(elsewhere.toHex(), 1010, "WrongChain", { expected: chain, got });

		const runtimeVersion = { ...api.runtimeVersion.toJSON(), specVersion: chain.specVersion + 1 };
		const later = await signFor({ runtimeVersion });
		const version = { ...chain, specVersion: chain.specVersion + 1 };
		await refused(later.toHex(), 1010, "WrongChain", { expected: chain, got: version });
		// A chain that nobody knows is no other than a signature for anything else.
		const unknown = await signFor({ genesisHash: `0x${"12".repeat(32)}` });
		await refused(unknown.toHex(), 1010, "InvalidSignature", { expected: chain });
	});

	it("expiry: within its blocks", async () => {
		const head = await until("the chain is ten blocks long", async () => {
			const number = (await api.rpc.chain.getHeader()).number.toNumber();
			return number >= 10 && number;
		});
		const mortal = async (birth, period) =>
			sign(remark(), bob, {
				era: api.createType("ExtrinsicEra", { current: birth, period }),
				blockHash: await api.rpc.chain.getBlockHash(birth),
			});
		const { code, rule, figures } = await refusal((await mortal(head - 9, 8)).toHex());
		assert.deepEqual([code, rule, figures.until], [1010, "Expired", head - 1]);
		assert.ok(figures.now > head);
		const hash = await api.rpc.author.submitExtrinsic(await mortal(head, 64));
		await until("it is in a block", async () => (await rpc("mbongo_getTransactionReceipt", [hash])).result);
	});

	it("nonce: the next executes, a later one waits, an earlier one is refused", async () => {
		const nonce = await nonceOf(charlie);
		await send(remark(), charlie, { nonce });
		const stale = await sign(remark("0x02"), charlie, { nonce });
		await refused(stale.toHex(), 1010, "InvalidNonce", { expected: nonce + 1, got: nonce });
		const later = await sign(remark(), charlie, { nonce: nonce + 2 });
		const hash = await api.rpc.author.submitExtrinsic(later);
		const receipt = async () => (await rpc("mbongo_getTransactionReceipt", [hash])).result;
		const { blockHash } = await send(remark(), dave);
		assert.equal(await receipt(), null, `it waits after ${blockHash}`);
		await send(remark(), charlie, { nonce: nonce + 1 });
		assert.equal((await until("the later one is in a block", receipt)).status, "Success");
	});

	it("funds: the fee at its most, the tip, and what the call moves", async () => {
		const poor = alice.derive("//poor");
		const fee = async (call) => (await call.paymentInfo(poor)).partialFee.toBigInt();
		const nothing = await sign(remark(), poor, { nonce: 0 });
		await refused(nothing.toHex(), 1010, "InsufficientBalance", {
			required: String(await fee(remark())),
			available: "0",
		});
		const much = api.tx.balances.transferKeepAlive(dave.address, MBO);
		await refused((await sign(much, poor, { nonce: 0 })).toHex(), 1010, "InsufficientBalance", {
			required: String(MBO + (await fee(much))),
			available: "0",
		});

		await send(api.tx.balances.transferKeepAlive(poor.address, MBO), bob);
		const keeps = MBO / 1000n; // the existential deposit
		const pays = (value) => api.tx.balances.transferKeepAlive(dave.address, value);
		const all = MBO - keeps;
		await refused((await sign(pays(all), poor)).toHex(), 1010, "InsufficientBalance", {
			required: String(all + (await fee(pays(all)))),
			available: String(all),
		});
		// The fee depends on the bytes of the amount, which it is taken from.
		let most = all;
		while (most + (await fee(pays(most))) > all) most = all - (await fee(pays(most)));
		const over = await sign(pays(most + 10n ** 12n), poor);
		assert.equal((await refusal(over.toHex())).rule, "InsufficientBalance");
		const tipped = await sign(pays(most), poor, { tip: 10n ** 12n });
		assert.equal((await refusal(tipped.toHex())).rule, "InsufficientBalance");
		const batch = api.tx.utility.batchAll([pays(most / 2n), pays(most / 2n)]);
		assert.equal((await refusal((await sign(batch, poor)).toHex())).rule, "InsufficientBalance");
		assert.equal(await free(api, poor), MBO, "nothing was taken");
		assert.equal(await nonceOf(poor), 0);
		const { error } = await send(pays(most), poor);
		assert.equal(error, undefined);
		assert.ok((await free(api, poor)) - keeps < 10n ** 12n);
	});

	it("pool: known ones, the 101st of a sender, and replacements", async () => {
		const first = await nonceOf(eve);
		const tipped = (tip, nonce = first + 1) => sign(remark(), eve, { nonce, tip });
		// Those of Eve wait, since the first one is missing.
		const tip = 10n * MBO;
		const old = await tipped(tip);
		await api.rpc.author.submitExtrinsic(old);
		await refused(old.toHex(), 1013, "AlreadyKnown", { hash: old.hash.toHex() });
		const needs = (got) => ({ requiredTip: String(11n * MBO), tip: String(got) });
		for (const low of [(tip * 109n) / 100n, 11n * MBO - 1n])
			await refused((await tipped(low)).toHex(), 1014, "Underpriced", needs(low));
		const same = await sign(remark("0x02"), eve, { nonce: first + 1, tip });
		await refused(same.toHex(), 1014, "Underpriced", needs(tip));
		const replacement = await api.rpc.author.submitExtrinsic(await tipped(11n * MBO));
		await refused((await tipped(12n * MBO)).toHex(), 1014, "Underpriced", {
			requiredTip: String((121n * MBO) / 10n),
			tip: String(12n * MBO),
		});

		for (let waiting = 1; waiting < 100; waiting++)
			await api.rpc.author.submitExtrinsic(await tipped(0, first + 1 + waiting));
		await refused((await tipped(0, first + 101)).toHex(), 1016, "PoolFull", { perSender: 100 });
		// A replacement takes no more room, and others have theirs.
		const last = await api.rpc.author.submitExtrinsic(await tipped(1, first + 100));
		await send(remark(), ferdie);
		// The furthest one makes room for what all of them wait for.
		await send(remark(), eve, { nonce: first });
		const receipt = async () => (await rpc("mbongo_getTransactionReceipt", [replacement])).result;
		await until("the replacement is in a block", receipt);
		for (const gone of [old.hash, last])
			assert.equal((await rpc("mbongo_getTransactionReceipt", [gone.toHex()])).result, null);
		await until("the other 98 are in blocks", async () => (await nonceOf(eve)) === first + 100);
	});

	it("pool: when it is full the lowest priority leaves", async () => {
		// Nobody writes blocks here.
		const node = new TestNode(join(process.env.BASE_PATH, "full"));
		await node.start("--chain", "dev", "--pool-limit", "20", "--port", await freePort());
		const there = await connect(node.url);
		const signed = (who, nonce, tip) => there.tx.system.remark("0x01").signAsync(who, { nonce, tip, era: 0 });
		const pending = async () => (await there.rpc.author.pendingExtrinsics()).map((one) => one.hash.toHex());
		for (let nonce = 0; nonce < 20; nonce++) await there.rpc.author.submitExtrinsic(await signed(bob, nonce, 10 + nonce));
		const low = await signed(charlie, 0, 1);
		const { code, rule } = await refusal(low.toHex(), node.url);
		assert.deepEqual([code, rule], [1016, "PoolFull"]);
		const high = await signed(charlie, 0, MBO);
		await there.rpc.author.submitExtrinsic(high);
		const left = await pending();
		assert.ok(left.includes(high.hash.toHex()));
		assert.ok(left.length <= 20, `${left.length}`);
		await there.disconnect();
		await node.stop();
	});

	it("says the same to who watches", async () => {
		const stale = await sign(remark(), charlie, { nonce: 0 });
		await assert.rejects(
			new Promise((resolve, reject) => stale.send(resolve).catch(reject)),
			({ code, data }) => code === 1010 && data.rule === "InvalidNonce" && data.figures.got === 0,
		);
	});
});

describe("a flood", () => {
	const SENDERS = 200;
	const EACH = 100;
	let node, api;
	before(async () => {
		node = new TestNode(join(process.env.BASE_PATH, "flooded"));
		await node.start("--dev", "--port", await freePort());
		api = await connect(node.url);
	});
	after(async () => {
		await api.disconnect();
		await node.stop();
	});

	const memory = () => {
		const status = readFileSync(`/proc/${node.process.pid}/status`, "utf8");
		return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
	};

	// By hand, since a client takes a minute to sign so many.
	function signed(who, nonce, call) {
		const compact = (number) => api.createType("Compact<u128>", number).toU8a();
		const u32 = (number) => new Uint8Array(new Uint32Array([number]).buffer);
		const extension = u8aConcat([0], compact(nonce), compact(0), [0]);
		const { specVersion, transactionVersion } = api.runtimeVersion;
		const genesis = api.genesisHash.toU8a();
		const implicit = u8aConcat(u32(specVersion), u32(transactionVersion), genesis, genesis, [0]);
		const signature = who.sign(u8aConcat(call, extension, implicit));
		const body = u8aConcat([0x84, 0], who.publicKey, [1], signature, extension, call);
		return u8aToHex(u8aConcat(compact(body.length), body));
	}

	it("of 20,000 transactions fills the pool, and no more", { timeout: 600_000 }, async () => {
		const { alice, bob } = accounts();
		const senders = Array.from({ length: SENDERS }, (_, index) => alice.derive(`//${index}`));
		const fund = senders.map((who) => api.tx.balances.transferKeepAlive(who.address, MBO));
		const { error } = await send(api.tx.utility.batchAll(fund), bob);
		assert.equal(error, undefined);
		const before = memory();

		// A few senders cannot pay.
		const poor = Array.from({ length: 5 }, (_, index) => bob.derive(`//${index}`));
		const call = api.tx.system.remark("0x").method.toU8a();
		const all = [...senders, ...poor].flatMap((who) =>
			Array.from({ length: EACH }, (_, nonce) => signed(who, nonce, call)));
		const outcomes = {};
		let highest = before;
		let pending = 0;
		const watch = setInterval(async () => {
			highest = Math.max(highest, memory());
			const ready = await node.metric("substrate_ready_transactions_number");
			pending = Math.max(pending, ready ?? 0);
		}, 1000);
		const began = Date.now();
		for (let start = 0; start < all.length; start += 500) {
			const sent = all.slice(start, start + 500).map((bytes) =>
				api._rpcCore.provider.send("author_submitExtrinsic", [bytes]).then(
					() => "taken",
					({ data }) => data?.rule ?? "no rule",
				));
			for (const outcome of await Promise.all(sent)) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
		}
		clearInterval(watch);
		console.log(`${all.length} transactions in ${(Date.now() - began) / 1000} s:`, outcomes);
		console.log(`memory ${before.toFixed()} MiB before, ${highest.toFixed()} MiB at most; ${pending} ready at most`);
		assert.deepEqual(Object.keys(outcomes).filter((rule) => !["taken", "PoolFull"].includes(rule)), ["InsufficientBalance"]);
		assert.equal(outcomes.InsufficientBalance, poor.length * EACH);
		assert.ok(outcomes.taken >= 9_000, "the pool is filled");
		assert.ok(outcomes.PoolFull > 0, "and is full");
		assert.ok(pending <= 10_000, "and holds what it is told");
		assert.ok(highest - before < 1024, "memory is bounded");
		// Nothing is lost for who sends again what is not in a block yet.
		for (const who of senders.slice(0, 5)) {
			const mine = all.slice(senders.indexOf(who) * EACH).slice(0, EACH);
			await until("a sender's are all in blocks", async () => {
				const nonce = (await api.query.system.account(who.address)).nonce.toNumber();
				for (const bytes of mine.slice(nonce))
					await api._rpcCore.provider.send("author_submitExtrinsic", [bytes]).catch(() => undefined);
				return nonce === EACH;
			}, 240);
		}
		// Who pays more than those that wait gets in also where there is no room.
		const { error: later } = await send(api.tx.system.remark("0x"), bob, { tip: MBO });
		assert.equal(later, undefined);
	});
});
