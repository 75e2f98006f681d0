// The node as polkadot.js apps sees it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { merkleizeMetadata } from "@polkadot-api/merkleize-metadata";
import { u8aConcat, u8aToHex } from "@polkadot/util";
import { blake2AsHex } from "@polkadot/util-crypto";
import { accounts, connect, find, free, MBO, rpc, send, until, weightOf } from "./common.mjs";


describe("@polkadot/api", () => {
	let api, alice, bob, charlie, dave, eve;
	before(async () => {
		api = await connect();
		({ alice, bob, charlie, dave, eve } = accounts());
	});
	after(() => api.disconnect());

	it("reads metadata 14, 15 and 16, token and chain", async () => {
		const versions = (await api.call.metadata.metadataVersions()).map((v) => v.toNumber());
		for (const version of [14, 15, 16]) {
			assert.ok(versions.includes(version), `metadata ${version}`);
			assert.ok((await api.call.metadata.metadataAtVersion(version)).isSome);
		}
		assert.deepEqual(api.registry.chainTokens, ["MBO"]);
		assert.deepEqual(api.registry.chainDecimals, [18]);
		assert.equal(api.registry.chainSS58, 42);
		assert.equal(api.runtimeVersion.specName.toString(), "mbongo");
		assert.equal(api.consts.balances.existentialDeposit.toBigInt(), MBO / 1000n);
		assert.equal(api.consts.babe.expectedBlockTime.toNumber(), 3000);
		assert.equal(api.consts.babe.epochDuration.toNumber(), 20);
	});

	it("has the extensions in their order for good", () => {
		assert.deepEqual(api.registry.signedExtensions, [
			"AuthorizeCall",
			"CheckNonZeroSender",
			"CheckSpecVersion",
			"CheckTxVersion",
			"CheckGenesis",
			"CheckMortality",
			"CheckNonce",
			"CheckWeight",
			"ChargeTransactionPayment",
			"CheckMetadataHash",
			"WeightReclaim",
		]);
	});

	it("takes a signature over the metadata's hash, as hardware wallets make it, and over no other", async () => {
		const metadata = (await api.call.metadata.metadataAtVersion(15)).unwrap().toU8a(true);
		const digest = merkleizeMetadata(metadata, { decimals: 18, tokenSymbol: "MBO" }).digest();
		const transfer = api.tx.balances.transferKeepAlive(dave.address, MBO);
		const { error } = await send(transfer, eve, { mode: 1, metadataHash: u8aToHex(digest) });
		assert.equal(error, undefined);
		digest[0] ^= 1;
		await assert.rejects(send(transfer, eve, { mode: 1, metadataHash: u8aToHex(digest) }), /bad signature/);
	});

	it("transfers, for the fee that was asked, burned, with the tip to the author", async () => {
		const transfer = api.tx.balances.transferKeepAlive(dave.address, 5n * MBO);
		const tip = MBO / 10n;
		const { partialFee } = await transfer.paymentInfo(bob, { tip });
		const { blockHash, events, error } = await send(transfer, bob, { tip });
		assert.equal(error, undefined);
		assert.ok(find(events, "system", "ExtrinsicSuccess"));
		const paid = find(events, "transactionPayment", "TransactionFeePaid");
		assert.equal(paid.data.tip.toBigInt(), tip);
		const fee = paid.data.actualFee.toBigInt() - tip;
		assert.equal(fee, partialFee.toBigInt(), "the fee is the one that was asked for");
		// Of this block alone: the first one of an epoch pays stakers, and has no transactions.
		const { parentHash } = await api.rpc.chain.getHeader(blockHash);
		const [before, after] = await Promise.all([parentHash, blockHash].map((hash) => api.at(hash)));
		const gained = async (who) => (await free(after, who)) - (await free(before, who));
		assert.equal(await gained(bob), -(5n * MBO + fee + tip));
		assert.equal(await gained(dave), 5n * MBO);
		assert.equal(await gained(alice), tip, "Alice is the only author");
		const issued = async (at) => (await at.query.balances.totalIssuance()).toBigInt();
		assert.equal((await issued(before)) - (await issued(after)), fee, "the fee is burned");
	});

	it("derives the author", async () => {
		const header = await until("a header has an author", async () => {
			const header = await api.derive.chain.getHeader(await api.rpc.chain.getBlockHash());
			return header.author && header;
		});
		assert.equal(header.author.toString(), alice.address);
	});

	it("refuses a past nonce, a broken signature and too little money", async () => {
		const remark = api.tx.system.remark("0x01");
		await send(remark, charlie);
		await assert.rejects(send(remark, charlie, { nonce: 0 }), /^RpcError: 1010: .*Transaction is outdated/);

		const signed = await remark.signAsync(charlie, { nonce: -1 });
		const bytes = signed.toU8a();
		const place = Buffer.from(bytes).indexOf(signed.signature);
		bytes[place] ^= 1;
		await assert.rejects(api.rpc.author.submitExtrinsic(bytes), /^RpcError: 1010: .*Transaction has a bad signature/);
		bytes[place] ^= 1;
		await api.rpc.author.submitExtrinsic(bytes);

		const poor = alice.derive("//nobody");
		await assert.rejects(send(remark, poor), /^RpcError: 1010: .*balance too low/);
	});

	it("keeps a failed call's fee and nonce only", async () => {
		const [eveBefore, nonceBefore] = [await free(api, eve), await api.rpc.system.accountNextIndex(eve.address)];
		// Nobody has less than the existential deposit.
		const nobody = api.createType("AccountId");
		const { events, error } = await send(api.tx.balances.transferKeepAlive(nobody, 1), eve);
		assert.ok(error);
		const paid = find(events, "transactionPayment", "TransactionFeePaid").data.actualFee.toBigInt();
		assert.equal(eveBefore - (await free(api, eve)), paid);
		const nonce = await api.rpc.system.accountNextIndex(eve.address);
		assert.equal(nonce.toNumber(), nonceBefore.toNumber() + 1);
	});

	it("batches all or nothing, acts by proxy and by multisig", async () => {
		const transfer = (to, amount) => api.tx.balances.transferKeepAlive(to.address, amount);
		const before = await free(api, dave);
		const bad = await send(
			api.tx.utility.batchAll([
				transfer(dave, MBO),
				api.tx.balances.transferKeepAlive(api.createType("AccountId"), 1), // too little to be there
			]),
			bob,
		);
		assert.ok(bad.error);
		assert.equal(await free(api, dave), before);
		const good = await send(api.tx.utility.batchAll([transfer(dave, MBO), transfer(dave, MBO)]), bob);
		assert.equal(good.error, undefined);
		assert.equal((await free(api, dave)) - before, 2n * MBO);

		assert.equal((await send(api.tx.proxy.addProxy(eve.address, "Any", 0), bob)).error, undefined);
		const acted = await send(api.tx.proxy.proxy(bob.address, null, transfer(dave, MBO)), eve);
		assert.ok(find(acted.events, "proxy", "ProxyExecuted").data.result.isOk);
		assert.equal((await free(api, dave)) - before, 3n * MBO);

		const others = (who) =>
			[bob, charlie, eve].filter((one) => one !== who).map((one) => one.address).sort();
		const call = api.tx.system.remarkWithEvent("0x02");
		const weight = { refTime: 10n ** 9n, proofSize: 10n ** 5n };
		const first = await send(api.tx.multisig.asMulti(2, others(bob), null, call, weight), bob);
		assert.equal(first.error, undefined);
		const maybeTimepoint = await timepoint(api, first);
		const second = await send(
			api.tx.multisig.asMulti(2, others(eve), maybeTimepoint, call, weight),
			eve,
		);
		assert.ok(find(second.events, "multisig", "MultisigExecuted").data.result.isOk);
	});

	it("gives sudo to its key alone", async () => {
		const call = api.tx.sudo.sudo(api.tx.system.setStorage([["0x3a74657374", "0x01"]]));
		const refused = await send(call, bob);
		assert.equal(api.registry.findMetaError(refused.error.asModule).name, "RequireSudo");
		const done = await send(call, alice);
		assert.ok(find(done.events, "sudo", "Sudid").data.sudoResult.isOk);
		assert.equal((await api.rpc.state.getStorage("0x3a74657374")).toString(), "0x01");
	});

	it("shows the weight of each block by part, and of its chain", async () => {
		const head = await api.rpc.chain.getHeader();
		const last = head.number.toNumber();
		let chain;
		for (let number = Math.max(2, last - 5); number <= last; number++) {
			const hash = await api.rpc.chain.getBlockHash(number);
			const own = weightOf(api, await api.rpc.chain.getHeader(hash));
			assert.equal(own.index, 0);
			assert.equal(own.version, 1);
			assert.ok([500, 1000].includes(own.base), `base ${own.base}`);
			assert.equal(own.attestation, 1000, "the one validator attests");
			assert.equal(own.pouw, 0);
			const { result } = await rpc("mbongo_chainWeight", [hash.toHex()]);
			assert.equal(result.number, number);
			assert.equal(result.base, own.base);
			if (result.chainWeight !== null && chain !== undefined)
				assert.equal(BigInt(result.chainWeight) - chain, BigInt(own.base + own.attestation + own.pouw));
			chain = result.chainWeight === null ? undefined : BigInt(result.chainWeight);
		}
		assert.ok(chain > 0n);
		const { error } = await rpc("mbongo_chainWeight", [`0x${"12".repeat(32)}`]);
		assert.equal(error.code, 10001);
		assert.match(error.message, /is not known/);
		assert.equal((await rpc("mbongo_chainWeight", ["nonsense"])).error.code, -32602);
	});

	it("hashes the authors' randomness into the beacons of the last blocks", async () => {
		const last = await until("the chain is six blocks long", async () => {
			const number = (await api.rpc.chain.getHeader()).number.toNumber();
			return number >= 6 && number;
		});
		const seen = new Set();
		for (let number = last - 4; number <= last; number++) {
			const at = await api.at(await api.rpc.chain.getBlockHash(number));
			const randomness = (await at.query.babe.authorVrfRandomness()).unwrap();
			seen.add(randomness.toHex());
			const [before, beacon] = await Promise.all([number - 1, number].map((n) => at.call.pouwApi.beacon(n)));
			assert.equal(beacon.unwrap().toHex(), blake2AsHex(u8aConcat(before.unwrap(), randomness)), `block ${number}`);
			assert.equal((await api.query.pouw.beacons(number)).toHex(), beacon.toHex(), "it is kept");
		}
		assert.equal(seen.size, 5, "each block has its own");
	});
});

async function timepoint(api, { blockHash, events }) {
	const { number } = await api.rpc.chain.getHeader(blockHash);
	return { height: number.toNumber(), index: events[0].phase.asApplyExtrinsic.toNumber() };
}
