// The node as polkadot-api sees it, over the new JSON-RPC.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sr25519CreateDerive } from "@polkadot-labs/hdkd";
import { DEV_PHRASE, entropyToMiniSecret, mnemonicToEntropy, ss58Address } from "@polkadot-labs/hdkd-helpers";
import { createClient } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";
import { WebSocket } from "ws";

describe("polkadot-api", () => {
	let client, api;
	const derive = sr25519CreateDerive(entropyToMiniSecret(mnemonicToEntropy(DEV_PHRASE)));
	const alice = derive("//Alice");
	const bob = ss58Address(derive("//Bob").publicKey, 42);
	const signer = getPolkadotSigner(alice.publicKey, "Sr25519", alice.sign);
	before(() => {
		client = createClient(getWsProvider(process.env.WS, { websocketClass: WebSocket }));
		api = client.getUnsafeApi();
	});
	after(() => client.destroy());

	it("transfers and sees the events of the finalised block", async () => {
		const before = (await api.query.System.Account.getValue(bob)).data.free;
		const transfer = api.tx.Balances.transfer_keep_alive({
			dest: { type: "Id", value: bob },
			value: 10n ** 18n,
		});
		const done = await transfer.signAndSubmit(signer);
		assert.ok(done.ok);
		assert.ok(done.events.some((event) => event.type === "Balances" && event.value.type === "Transfer"));
		assert.equal((await api.query.System.Account.getValue(bob)).data.free - before, 10n ** 18n);
	});

	it("asks runtime APIs of ours", async () => {
		const set = await api.apis.PouwApi.authorities();
		assert.equal(set.length, 1);
		assert.equal(set[0][1], 1n);
		const { number } = await client.getFinalizedBlock();
		assert.ok(await api.apis.PouwApi.beacon(number));
		assert.equal(await api.apis.PouwApi.beacon(number + 1000), undefined);
	});

	it("refuses a used nonce", async () => {
		const remark = api.tx.System.remark({ remark: new Uint8Array([1]) });
		await assert.rejects(remark.signAndSubmit(signer, { nonce: 0 }), /Stale|Invalid/);
	});
});
