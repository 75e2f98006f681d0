// Contracts by stock clients: from the source of one to the result of a call, with scripts/contract and
// with @polkadot/api; what a simulation says is what happens; what fails says why.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { stringToU8a, u8aToHex } from "@polkadot/util";
import { blake2AsHex } from "@polkadot/util-crypto";
import { accounts, connect, find, free, MBO, nameOfError, rpc, send } from "./common.mjs";
import { callOf, simulate } from "./contract.mjs";

const { alice, bob, charlie } = accounts();
const run = promisify(execFile);
const script = async (...args) => (await run("scripts/contract", args, { env: process.env })).stdout;
const line = (output, title) => output.match(new RegExp(`^  ${title} +(.*)$`, "m"))?.[1];
const GAS = 200_000_000n;

describe("contracts", () => {
	let api;
	before(async () => {
		api = await connect();
	});
	after(() => api.disconnect());

	// What a call answers, once it is in a block.
	const call = async (contract, asked, who = alice, value = 0n) => {
		const wanted = callOf(api, asked);
		const simulation = await simulate(api, { who: who.address, contract, call: wanted, value });
		const [gas, deposit] = [simulation.gasNeeded.toBigInt(), simulation.depositCharged.toBigInt()];
		const transaction = api.tx.contracts.call(contract, wanted.function, wanted.args, value, gas, deposit);
		const sent = await send(transaction, who);
		return { ...sent, simulation, transaction, gas };
	};

	it("scripts/contract: builds, deploys, calls, simulates, asks", async () => {
		const built = await script("counter", "build");
		const [, path, bytes] = line(built, "code").match(/^(\S+), (\d+) bytes$/);
		assert.ok(Number(bytes) < 15_000);
		const deployed = await script("counter", "deploy", "deploy", "u64:5");
		const contract = line(deployed, "contract");
		const info = (await api.query.contracts.instances(contract)).unwrap();
		assert.equal(info.deployer.toString(), alice.address);
		assert.equal(info.codeHash.toHex(), blake2AsHex(readFileSync(path)));
		assert.match(line(await script("counter", "simulate", "add", "u64:2", "--as", "u64"), "answers"), /= 7$/);
		assert.match(line(await script("counter", "view", "get", "--as", "u64"), "answers"), /= 5$/);
		assert.match(line(await script("counter", "call", "add", "u64:2", "--as", "u64"), "answers"), /= 7$/);
		assert.match(line(await script("counter", "view", "get", "--as", "u64"), "answers"), /= 7$/);
		await assert.rejects(script("counter", "call", "no_such_function"), /It comes to nothing/);
		await assert.rejects(script("no-such-contract", "build"), /There is no contract/);
	});

	it("@polkadot/api: a simulation's gas is what the call uses, to the unit", async () => {
		const code = u8aToHex(readFileSync(line(await script("token", "build"), "code").split(",")[0]));
		const name = `0x${"0c"}${Buffer.from("One").toString("hex")}`;
		const asked = callOf(api, ["deploy", name, name, "u8:18", "u128:1000000"]);
		const simulation = await simulate(api, { who: alice.address, code: { Brought: code }, call: asked });
		assert.ok(simulation.result.isOk, simulation.result.toString());
		const deploy = api.tx.contracts.deployCode(code, asked.function, asked.args, 0, GAS, MBO * 100n, "0x");
		const { events } = await send(deploy, alice);
		const token = find(events, "contracts", "Deployed").data.contract.toString();
		assert.equal(token, simulation.deployed.unwrap().toString());

		const bobs = `account:${bob.address}`;
		const { blockHash, error, transaction, simulation: transfer, events: told } = await call(token, ["transfer", bobs, "u128:250"]);
		assert.equal(nameOfError(error), undefined);
		const receipts = (await rpc("mbongo_getBlockReceipts", [blockHash])).result;
		const receipt = receipts.find(({ status, index }) => status === "Success" && index === receipts.length - 1);
		const encodedCall = transaction.method.toU8a();
		const data = encodedCall.reduce((sum, byte) => sum + (byte ? 16n : 4n), 0n);
		assert.equal(BigInt(receipt.gasUsed), 21_000n + data + transfer.gasUsed.toBigInt());
		const emitted = find(told, "contracts", "Emitted");
		assert.equal(emitted.data.contract.toString(), token);
		assert.equal(emitted.data.topic.toUtf8(), "Transfer");

		const balance = await api.call.contractsApi.view(alice.address, token, callOf(api, ["balance_of", bobs]), GAS);
		assert.equal(api.createType("u128", balance.asOk.data.toU8a(true)).toBigInt(), 250n);
		// More than there is: it refuses, and nothing changes but the fee.
		const { error: refused } = await call(token, ["transfer", bobs, "u128:1"], charlie).catch((error) => ({ error }));
		assert.ok(refused);
	});

	it("a proof needs nothing but the header, and a tampered one is refused by the node's own check", async () => {
		const contract = line(await script("counter", "deploy", "deploy", "u64:9", "--salt", "0x01"), "contract");
		const proven = (await rpc("mbongo_proveCall", [contract, "get"])).result;
		assert.equal(api.createType("u64", proven.data).toNumber(), 9);
		const header = await api.rpc.chain.getHeader(proven.blockHash);
		assert.equal(header.stateRoot.toHex(), proven.stateRoot);
		assert.ok(proven.proof.length > 3);
		const { error } = await rpc("mbongo_proveCall", [alice.address, "get"]);
		assert.equal(error.code, 10004);
	});

	it("what fails says why, and costs no more than its gas", async () => {
		const before = await free(api, charlie);
		const contract = alice.address;
		const failed = api.tx.contracts.call(contract, "get", [], 0, 1_000_000n, 0);
		const { error, events } = await send(failed, charlie);
		assert.equal(nameOfError(error), "contracts.NoContract");
		const fee = find(events, "transactionPayment", "TransactionFeePaid").data.actualFee.toBigInt();
		assert.equal(await free(api, charlie), before - fee);
		const nonsense = api.tx.contracts.uploadCode(u8aToHex(stringToU8a("no code at all, but long enough")));
		assert.equal(nameOfError((await send(nonsense, charlie)).error), "contracts.CodeRefused");
		const judged = await api.call.contractsApi.checkCode("0x0061736d0100000000");
		assert.ok(judged.isErr);
		assert.equal(judged.asErr.rule.type, "Valid");
	});
});
