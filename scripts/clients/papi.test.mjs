// The node as polkadot-api sees it, over the new JSON-RPC.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sr25519CreateDerive } from "@polkadot-labs/hdkd";
import { DEV_PHRASE, entropyToMiniSecret, mnemonicToEntropy, ss58Address } from "@polkadot-labs/hdkd-helpers";
import { createClient, InvalidTxError } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";
import { WebSocket } from "ws";
import { until } from "./common.mjs";

const MBO = 10n ** 18n;

describe("polkadot-api", () => {
	let client, api;
	const derive = sr25519CreateDerive(entropyToMiniSecret(mnemonicToEntropy(DEV_PHRASE)));
	const account = (uri) => {
		const { publicKey, sign } = derive(uri);
		return { address: ss58Address(publicKey, 42), signer: getPolkadotSigner(publicKey, "Sr25519", sign) };
	};
	// Alice is the author, to whom what a transaction pays might come back.
	const [bob, charlie, dave] = ["//Bob", "//Charlie", "//Dave"].map(account);
	before(() => {
		client = createClient(getWsProvider(process.env.WS, { websocketClass: WebSocket }));
		api = client.getUnsafeApi();
	});
	after(() => client.destroy());

	const free = async (who) => (await api.query.System.Account.getValue(who.address)).data.free;
	const transfer = (to, value) =>
		api.tx.Balances.transfer_keep_alive({ dest: { type: "Id", value: to.address }, value });
	const refused = (reason) => (error) => {
		assert.ok(error instanceof InvalidTxError, error);
		assert.deepEqual(error.error, { type: "Invalid", value: { type: reason, value: undefined } });
		return true;
	};

	it("reads metadata 14, 15 and 16, and the constants in it", async () => {
		assert.deepEqual(await api.apis.Metadata.metadata_versions(), [14, 15, 16]);
		const { hash } = await client.getFinalizedBlock();
		// After the magic number comes the version, here that of the newest stable one.
		const metadata = await client.getMetadata(hash);
		assert.equal(new TextDecoder().decode(metadata.slice(0, 4)), "meta");
		assert.equal(metadata[4], 16);
		assert.equal(await api.constants.Balances.ExistentialDeposit(), MBO / 1000n);
		assert.equal(await api.constants.Babe.ExpectedBlockTime(), 3000n);
		const { name, properties } = await client.getChainSpecData();
		assert.equal(name, "Mbongo Development");
		assert.deepEqual(properties, { ss58Format: 42, tokenDecimals: 18, tokenSymbol: "MBO" });
	});

	it("transfers for the fee that was asked, and sees the events of the finalised block", async () => {
		const [bobBefore, daveBefore] = [await free(bob), await free(dave)];
		const fee = await transfer(dave, MBO).getEstimatedFees(bob.address);
		assert.ok(fee > 0n);
		const done = await transfer(dave, MBO).signAndSubmit(bob.signer);
		assert.ok(done.ok);
		const event = (pallet, name) =>
			done.events.find(({ type, value }) => type === pallet && value.type === name)?.value.value;
		assert.deepEqual(event("Balances", "Transfer"), { from: bob.address, to: dave.address, amount: MBO });
		assert.deepEqual(event("TransactionPayment", "TransactionFeePaid"), {
			who: bob.address,
			actual_fee: fee,
			tip: 0n,
		});
		assert.ok(event("System", "ExtrinsicSuccess"));
		assert.equal((await free(dave)) - daveBefore, MBO);
		assert.equal(bobBefore - (await free(bob)), MBO + fee);
	});

	it("asks runtime APIs of ours", async () => {
		const set = await api.apis.PouwApi.authorities();
		assert.equal(set.length, 1);
		const staked = (await api.apis.StakingApi.validators())[0].total;
		assert.equal(staked, 100_000n * MBO);
		assert.equal(set[0][1], staked);
		const { number } = await client.getFinalizedBlock();
		assert.ok(await api.apis.PouwApi.beacon(number));
		assert.equal(await api.apis.PouwApi.beacon(number + 1000), undefined);
	});

	it("refuses a used nonce", async () => {
		const remark = api.tx.System.remark({ remark: new Uint8Array([1]) });
		assert.ok((await remark.signAndSubmit(charlie.signer, { nonce: 0 })).ok);
		await assert.rejects(remark.signAndSubmit(charlie.signer, { nonce: 0 }), refused("Stale"));
		assert.ok((await remark.signAndSubmit(charlie.signer, { nonce: 1 })).ok);
	});

	it("refuses an era that is over", async () => {
		const period = 8;
		const signed = () => transfer(dave, MBO).sign(charlie.signer, { mortality: { mortal: true, period } });
		const { number } = await client.getFinalizedBlock();
		const old = await signed();
		// From then on, and for as many blocks again, the era of that phase is the next one, which began
		// at another block than the one that was signed for.
		await until("the era is over", async () => (await client.getFinalizedBlock()).number > number + period);
		await assert.rejects(client.submit(old), refused("BadProof"));
		assert.ok((await client.submit(await signed())).ok);
	});
});
