// Gas, fees and receipts. Fees and roots are computed here again, from what any client can read.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hexToU8a, u8aConcat, u8aEq, u8aToHex } from "@polkadot/util";
import { blake2AsU8a } from "@polkadot/util-crypto";
import { accounts, connect, find, MBO, rpc, send, until } from "./common.mjs";

const GAS_PRICE = 10n ** 9n;

// The Merkle tree of a list, as primitives/core/src/merkle.rs describes it.
const hash = (kind, ...parts) => blake2AsU8a(u8aConcat([kind], ...parts), 256);
const leaf = (item) => hash(0, item);
const node = (left, right) => hash(1, left, right);
const close = (length, top) => hash(2, new Uint8Array(new Uint32Array([length]).buffer), top);

function rootOf(items) {
	let level = items.map(leaf);
	while (level.length > 1) {
		const next = [];
		for (let i = 0; i < level.length; i += 2)
			next.push(i + 1 < level.length ? node(level[i], level[i + 1]) : level[i]);
		level = next;
	}
	return close(items.length, level[0] ?? new Uint8Array());
}

function provenRoot({ receipt, length, index, siblings }) {
	let top = leaf(hexToU8a(receipt));
	const left = siblings.map((sibling) => hexToU8a(sibling));
	for (let width = length; width > 1; width = Math.ceil(width / 2), index >>= 1) {
		if ((index ^ 1) >= width) continue;
		const sibling = left.shift();
		top = index & 1 ? node(sibling, top) : node(top, sibling);
	}
	assert.equal(left.length, 0);
	return close(length, top);
}

// The root of its receipts that a header has.
function receiptsRoot(header) {
	const [log, ...others] = header.digest.logs
		.filter((item) => item.isConsensus && item.asConsensus[0].toString() === "mbex")
		.map((item) => item.asConsensus[1].toU8a(true));
	assert.equal(others.length, 0);
	assert.equal(log[0], 1, "version");
	return log.slice(1);
}

// A receipt from its fields, encoded as its leaf is.
function encode(api, receipt) {
	const { status, error } = receipt;
	const classes = [
		"OutOfGas",
		"InvalidOperation",
		"StateAccessDenied",
		"InvalidComputeReceipt",
		"InvariantViolation",
		"Deserialization",
	];
	const failed = () =>
		u8aConcat(
			[1, classes.indexOf(error.class)],
			error.pallet === null ? [0] : [1, error.pallet],
			hexToU8a(error.code),
		);
	const encoded = { Success: () => [0], Failed: failed, OutOfGas: () => [2] }[status]();
	return u8aConcat(
		[1],
		hexToU8a(receipt.transactionHash),
		api.createType("u32", receipt.index).toU8a(),
		encoded,
		api.createType("u64", receipt.gasUsed).toU8a(),
		hexToU8a(receipt.eventsRoot),
		api.createType("u32", receipt.eventCount).toU8a(),
	);
}

const dataGas = (call) => call.toU8a().reduce((gas, byte) => gas + (byte ? 16n : 4n), 0n);

async function answer(method, params) {
	const { result, error } = await rpc(method, params);
	assert.equal(error, undefined, `${method}: ${error?.message}`);
	return result;
}

describe("gas and receipts", () => {
	let api, alice, bob, charlie, dave, eve, ferdie;
	before(async () => {
		api = await connect();
		({ alice, bob, charlie, dave, eve, ferdie } = accounts());
	});
	after(() => api.disconnect());
	// Less than an account must have.
	const tooLittle = () => api.tx.balances.transferKeepAlive(api.createType("AccountId"), 1);

	it("charges a transfer 21,000 + 2,100 gas and its data", async () => {
		const transfer = api.tx.balances.transferKeepAlive(dave.address, 5n * MBO);
		const gas = 23_100n + dataGas(transfer.method);
		assert.equal((await api.call.executionApi.gasPrice()).toBigInt(), GAS_PRICE);
		const { partialFee } = await transfer.paymentInfo(bob);
		assert.equal(partialFee.toBigInt(), gas * GAS_PRICE);
		const { events, blockHash } = await send(transfer, bob);
		const paid = find(events, "transactionPayment", "TransactionFeePaid").data.actualFee;
		assert.equal(paid.toBigInt(), gas * GAS_PRICE);
		const receipts = await answer("mbongo_getBlockReceipts", [blockHash]);
		assert.equal(BigInt(receipts.at(-1).gasUsed), gas);
	});

	it("gives back what a call did not use", async () => {
		// The worst case of a batch is that all of its calls are made.
		const calls = [tooLittle(), ...Array(20).fill(api.tx.system.remark("0x"))];
		const batch = api.tx.utility.batch(calls);
		const { partialFee } = await batch.paymentInfo(charlie);
		const { events } = await send(batch, charlie);
		assert.ok(find(events, "utility", "BatchInterrupted"));
		const paid = find(events, "transactionPayment", "TransactionFeePaid").data.actualFee;
		assert.ok(paid.toBigInt() < partialFee.toBigInt());
	});

	it("proves the receipt of each of 500 transactions in one block", { timeout: 180_000 }, async () => {
		const senders = [bob, charlie, dave, eve, ferdie];
		const make = [
			() => api.tx.balances.transferKeepAlive(alice.address, MBO),
			() => api.tx.system.remarkWithEvent("0x1234"),
			tooLittle,
			() => api.tx.sudo.sudo(api.tx.system.remark("0x")), // not theirs to do
			() => api.tx.utility.batchAll([api.tx.system.remark("0x"), api.tx.system.remark("0x")]),
		];
		const hashes = [];
		const first = [];
		for (const who of senders) {
			const nonce = (await api.rpc.system.accountNextIndex(who.address)).toNumber();
			for (let i = 0; i < 100; i++) {
				const signed = await make[i % make.length]().signAsync(who, { nonce: nonce + i, era: 0 });
				hashes.push(signed.hash.toHex());
				if (i === 0) first.push(signed);
				else await api.rpc.author.submitExtrinsic(signed);
			}
		}
		// Until the first of each sender comes, the others wait. They come just after a block, since the
		// next one begins three seconds later.
		const start = await new Promise((resolve) => {
			let skipped = false;
			const stop = api.rpc.chain.subscribeNewHeads(async (header) => {
				if (skipped) resolve(header), (await stop)();
				skipped = true;
			});
		});
		await Promise.all(first.map((signed) => api.rpc.author.submitExtrinsic(signed)));
		const receiptOf = (hash) => answer("mbongo_getTransactionReceipt", [hash]);
		await until("the last is in a block", () => receiptOf(hashes.at(-1)));
		const receipts = [];
		for (const hash of hashes) receipts.push(await until("it is in a block", () => receiptOf(hash)));
		const blocks = new Set(receipts.map(({ blockHash }) => blockHash));
		const inBlock = (block) => receipts.filter(({ blockHash }) => blockHash === block).length;
		console.log(`blocks after #${start.number}: ${[...blocks].map(inBlock)} of the 500 transactions each`);
		assert.equal(blocks.size, 1, "they are in one block");

		const [blockHash] = blocks;
		const header = await api.rpc.chain.getHeader(blockHash);
		const root = receiptsRoot(header);
		const { block } = await api.rpc.chain.getBlock(blockHash);
		const events = await (await api.at(blockHash)).query.system.events();
		const all = await answer("mbongo_getBlockReceipts", [blockHash]);
		assert.equal(all.length, block.extrinsics.length);
		for (const receipt of all) assert.equal(u8aToHex(encode(api, receipt)), receipt.encoded);
		assert.ok(u8aEq(rootOf(all.map((receipt) => encode(api, receipt))), root), "the root is in the header");

		const seen = {};
		for (const [index, receipt] of all.entries()) {
			assert.equal(receipt.index, index);
			assert.equal(receipt.blockHash, blockHash);
			assert.equal(receipt.blockNumber, header.number.toNumber());
			assert.equal(receipt.transactionHash, block.extrinsics[index].hash.toHex());
			const own = events.filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.eq(index));
			assert.equal(receipt.eventCount, own.length);
			assert.equal(receipt.eventsRoot, u8aToHex(rootOf(own.map((record) => record.toU8a()))));
			const succeeded = Boolean(find(own, "system", "ExtrinsicSuccess"));
			assert.equal(receipt.status, succeeded ? "Success" : "Failed");
			const paid = find(own, "transactionPayment", "TransactionFeePaid");
			assert.equal(BigInt(receipt.gasUsed) * GAS_PRICE, paid?.data.actualFee.toBigInt() ?? 0n);
			const kind = receipt.error ? `${receipt.error.class} ${receipt.error.name}` : receipt.status;
			seen[kind] = (seen[kind] ?? 0) + 1;

			const proof = await answer("mbongo_proveReceipt", [blockHash, index]);
			assert.equal(proof.receipt, receipt.encoded);
			assert.ok(u8aEq(provenRoot(proof), root), `receipt ${index} is proven`);
			const other = (index + 1) % all.length;
			assert.ok(!u8aEq(provenRoot({ ...proof, receipt: all[other].encoded }), root));
		}
		assert.deepEqual(seen, {
			Success: 300 + all.length - 500,
			"InvalidOperation null": 100,
			"StateAccessDenied Sudo.RequireSudo": 100,
		});
		for (const [index, hash] of hashes.entries()) assert.equal(receipts[index].transactionHash, hash);
	});

	it("has no receipt of what is in no block, and says what is wrong with a question", async () => {
		const unknown = `0x${"12".repeat(32)}`;
		assert.equal(await answer("mbongo_getTransactionReceipt", [unknown]), null);
		const best = (await api.rpc.chain.getBlockHash()).toHex();
		const fails = async (method, params, code) => assert.equal((await rpc(method, params)).error.code, code);
		await fails("mbongo_getBlockReceipts", [unknown], 10_001);
		await fails("mbongo_proveReceipt", [unknown, 0], 10_001);
		await fails("mbongo_proveReceipt", [best, 10_000], 10_002);
		await fails("mbongo_getTransactionReceipt", ["nonsense"], -32_602);
		await fails("mbongo_proveReceipt", [best, -1], -32_602);
	});
});
