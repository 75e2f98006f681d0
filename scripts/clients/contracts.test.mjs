// Contracts by stock clients: from the source of one to the result of a call, with scripts/contract and
// with @polkadot/api; what a simulation says is what happens; what fails says why.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { hexToU8a, stringToU8a, u8aConcat, u8aToHex } from "@polkadot/util";
import { blake2AsHex } from "@polkadot/util-crypto";
import { accounts, connect, feeOf, find, free, MBO, nameOfError, rpc, send, TestNode } from "./common.mjs";
import { callOf, simulate } from "./contract.mjs";

const { alice, bob, charlie } = accounts();
const run = promisify(execFile);
const script = async (...args) => (await run("scripts/contract", args, { env: process.env })).stdout;
const line = (output, title) => output.match(new RegExp(`^  ${title} +(.*)$`, "m"))?.[1];
const GAS = 200_000_000n;
// The gas of being a transaction with such a call.
const ownGas = ({ method }) => method.toU8a().reduce((sum, byte) => sum + (byte ? 16n : 4n), 21_000n);

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
		// The path of a crate is one from where the caller is.
		const examples = { cwd: "primitives/vm/sdk/examples", env: process.env };
		assert.equal((await run(resolve("scripts/contract"), ["./counter", "build"], examples)).stdout, built);
		const deployed = await script("counter", "deploy", "deploy", "u64:5");
		const contract = line(deployed, "contract");
		const info = (await api.query.contracts.contractInfoOf(contract)).unwrap();
		assert.equal(info.deployer.toString(), alice.address);
		assert.equal(info.codeHash.toHex(), blake2AsHex(readFileSync(path)));
		const { contractsApi } = api.call;
		const about = (await contractsApi.code(info.codeHash)).unwrap();
		assert.equal(about.owner.toString(), alice.address);
		assert.deepEqual([about.bytes.toNumber(), about.contracts.toNumber()], [Number(bytes), 1]);
		assert.ok((await contractsApi.code(`0x${"11".repeat(32)}`)).isNone);
		assert.match(line(await script("counter", "simulate", "add", "u64:2", "--as", "u64"), "answers"), /= 7$/);
		assert.match(line(await script("counter", "view", "get", "--as", "u64"), "answers"), /= 5$/);
		assert.match(line(await script("counter", "call", "add", "u64:2", "--as", "u64"), "answers"), /= 7$/);
		assert.match(line(await script("counter", "view", "get", "--as", "u64"), "answers"), /= 7$/);
		// The item's key is its name, with the length in front.
		// The client takes the encoded answer for its bytes, so it is decoded here.
		const item = async (name) => {
			const asked = [api.createType("AccountId", contract), api.createType("Bytes", u8aToHex(stringToU8a(name)))];
			const answer = await api.rpc.state.call("ContractsApi_storage", u8aToHex(u8aConcat(...asked.map((it) => it.toU8a()))));
			return api.createType("Option<Bytes>", answer.toU8a(true));
		};
		assert.equal((await item("\x05count")).unwrap().toHex(), "0x0700000000000000");
		assert.ok((await item("\x05other")).isNone);
		assert.throws(() => callOf(api, ["add", "bool:yes"]), /Neither true nor false: bool:yes/);
		const { stdout, stderr, code } = await script("counter", "call", "no_such_function").catch((error) => error);
		assert.equal(code, 1);
		assert.match(line(stdout, "refuses"), /^by its number 2: 0x/);
		assert.match(stderr, /It comes to nothing: contracts\.Refused/);
		await assert.rejects(script("no-such-contract", "build"), /There is no contract/);
		const nonsense = join(mkdtempSync(join(tmpdir(), "mbongo-code-")), "nonsense.wasm");
		writeFileSync(nonsense, "no code at all");
		const refused = script("counter", "deploy", "deploy", "--code", nonsense);
		await assert.rejects(refused, /The code breaks the rule Valid, at byte 0/);
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
		assert.equal(BigInt(receipt.gasUsed), ownGas(transaction) + transfer.gasUsed.toBigInt());
		const emitted = find(told, "contracts", "Emitted");
		assert.equal(emitted.data.contract.toString(), token);
		assert.equal(emitted.data.topic.toUtf8(), "Transfer");

		const tokens = async (who) => {
			const asked = callOf(api, ["balance_of", `account:${who.address}`]);
			const answer = await api.call.contractsApi.view(alice.address, token, asked, GAS);
			return api.createType("u128", answer.asOk.data.toU8a(true)).toBigInt();
		};
		assert.equal(await tokens(bob), 250n);
		// More than there is: it refuses, and nothing changes but the fee.
		const money = async () => [await free(api, charlie), await free(api, { address: token })];
		const [charlies, contracts] = await money();
		const { error: refused, events: paid } = await call(token, ["transfer", bobs, "u128:1"], charlie);
		assert.equal(nameOfError(refused), "contracts.Refused");
		assert.deepEqual(await money(), [charlies - feeOf(paid), contracts]);
		assert.deepEqual([await tokens(bob), await tokens(charlie)], [250n, 0n]);
	});

	it("a proof needs nothing but a header's root; what was altered proves nothing", async () => {
		const contract = line(await script("counter", "deploy", "deploy", "u64:9", "--salt", "0x01"), "contract");
		const answer = await rpc("mbongo_proveCall", [contract, "get"]);
		const proven = answer.result;
		assert.equal(api.createType("u64", hexToU8a(proven.data)).toNumber(), 9);
		const { stateRoot } = await api.rpc.chain.getHeader(proven.blockHash);
		assert.equal(stateRoot.toHex(), proven.stateRoot);
		const verify = (what, root = stateRoot.toHex(), asked = "get") =>
			spawnSync(process.env.NODE_BINARY, ["contract", "verify", contract, asked, "--state-root", root], {
				encoding: "utf8",
				input: JSON.stringify(what),
			});
		for (const what of [answer, proven]) {
			const { status, stdout, stderr } = verify(what);
			assert.equal(status, 0, stderr);
			assert.equal(stdout, `The contract answers ${proven.data}\n`);
		}
		const refused = (outcome, said, status = 1) => {
			assert.match(outcome.stderr, said);
			assert.equal(outcome.status, status);
			assert.equal(outcome.stdout, "");
		};
		// A bit of each part of the proof is another, or the part is missing.
		const missing = /Nothing is proven: a part of the state that is read is missing, or was altered/;
		proven.proof.forEach((part, index) => {
			const bytes = hexToU8a(part);
			bytes[(index * 7) % bytes.length] ^= 1;
			refused(verify({ ...proven, proof: proven.proof.with(index, u8aToHex(bytes)) }), missing);
			refused(verify({ ...proven, proof: proven.proof.toSpliced(index, 1) }), missing);
		});
		refused(verify({ ...proven, data: "0x0800000000000000" }), /another answer than the one that is claimed/);
		refused(verify(proven, `0x${"11".repeat(32)}`), missing);
		// Another question: what it reads happens to be the same, and the contract knows no such function.
		refused(verify(proven, stateRoot.toHex(), "got"), /another answer/);
		refused(verify("nonsense"), /The answer is unreadable/, 2);
	});

	it("a proof is of the block, the arguments and the caller that it was asked for", async () => {
		const probe = line(await script("probe", "deploy", "deploy"), "contract");
		const { blockHash: older } = await call(probe, ["keep", "text:key", "text:before"]);
		const { blockHash: newer } = await call(probe, ["keep", "text:key", "text:now"]);
		const prove = (...question) => rpc("mbongo_proveCall", question);
		const { args } = callOf(api, ["kept", "text:key"]);
		const kept = ({ data }) => api.createType("Option<Text>", hexToU8a(data)).toString();
		assert.equal(kept((await prove(probe, "kept", args)).result), "now");
		assert.equal(kept((await prove(probe, "kept", args, newer)).result), "now");
		const proven = (await prove(probe, "kept", args, older, bob.address)).result;
		assert.deepEqual([kept(proven), proven.blockHash, proven.caller], ["before", older, bob.address]);
		const seen = (await prove(probe, "seen", [], older, bob.address)).result;
		assert.ok(seen.data.startsWith(u8aToHex(bob.publicKey)), "who calls");

		const rootOf = async (block) => (await api.rpc.chain.getHeader(block)).stateRoot.toHex();
		const [root, anotherRoot] = [await rootOf(older), await rootOf(newer)];
		const verify = (what, asked, options, against = root) =>
			spawnSync(process.env.NODE_BINARY, [
				"contract", "verify", probe, asked, "--state-root", against, ...options,
			], { encoding: "utf8", input: JSON.stringify(what) });
		const [arg, from] = [["--arg", args[0]], ["--from", bob.address]];
		for (const [what, asked, options] of [[proven, "kept", [...arg, ...from]], [seen, "seen", from]]) {
			const { stdout, stderr } = verify(what, asked, options);
			assert.equal(stdout, `The contract answers ${what.data}\n`, stderr);
		}
		const [other] = callOf(api, ["kept", "text:other"]).args;
		for (const refused of [
			verify(proven, "kept", [...arg, ...from], anotherRoot),
			verify(proven, "kept", ["--arg", other, ...from]),
			verify(proven, "kept", from),
			verify(seen, "seen", []),
			verify(seen, "seen", ["--from", alice.address]),
		]) {
			assert.match(refused.stderr, /Nothing is proven: |another answer than the one that is claimed/);
			assert.deepEqual([refused.status, refused.stdout], [1, ""]);
		}

		const why = async (...question) => {
			const { code, message } = (await prove(...question)).error;
			return [code, message];
		};
		const [nobodys, unknown] = [alice.address, `0x${"11".repeat(32)}`];
		assert.deepEqual(await why(nobodys, "get"), [10004, "Contracts.NoContract"]);
		assert.deepEqual(await why(probe, "kept", args, api.genesisHash.toHex()), [10004, "Contracts.NoContract"]);
		assert.deepEqual(await why(probe, "kept", args, unknown), [10001, `Block ${unknown} is not known`]);
	});

	it("what fails says why, and costs no more than its gas", async () => {
		const before = await free(api, charlie);
		const price = (await api.call.executionApi.gasPrice()).toBigInt();
		const [contract, gas] = [alice.address, 1_000_000n];
		const failed = api.tx.contracts.call(contract, "get", [], 0, gas, 0);
		const { error, events, blockHash } = await send(failed, charlie);
		assert.equal(nameOfError(error), "contracts.NoContract");
		const { status, gasUsed } = (await rpc("mbongo_getBlockReceipts", [blockHash])).result.at(-1);
		assert.equal(status, "Failed");
		assert.ok(BigInt(gasUsed) > ownGas(failed) && BigInt(gasUsed) < ownGas(failed) + gas, `${gasUsed}`);
		assert.equal(feeOf(events), BigInt(gasUsed) * price);
		assert.equal(await free(api, charlie), before - feeOf(events));
		const nonsense = api.tx.contracts.uploadCode(u8aToHex(stringToU8a("no code at all, but long enough")));
		assert.equal(nameOfError((await send(nonsense, charlie)).error), "contracts.CodeRefused");
		const judged = await api.call.contractsApi.checkCode("0x0061736d0100000000");
		assert.ok(judged.isErr);
		assert.equal(judged.asErr.rule.type, "Valid");
	});
});

describe("mbongo-node contract trace", () => {
	it("shows what a contract asks of the host, with the gas before and after", async () => {
		const folder = mkdtempSync(join(tmpdir(), "mbongo-trace-"));
		const node = new TestNode(folder);
		await node.start("--dev", "--listen-addr", "/ip4/127.0.0.1/tcp/0");
		const api = await connect(node.url);
		const code = u8aToHex(readFileSync(line(await script("counter", "build"), "code").split(",")[0]));
		const deploy = api.tx.contracts.deployCode(code, "deploy", ["0x0100000000000000"], 0, GAS, MBO * 100n, "0x");
		const { events, error } = await send(deploy, alice);
		assert.equal(nameOfError(error), undefined);
		const contract = find(events, "contracts", "Deployed").data.contract.toString();
		const asked = callOf(api, ["add", "u64:2"]);
		const { gasUsed } = await simulate(api, { who: alice.address, contract, call: asked });
		await api.disconnect();
		assert.equal(await node.stop(), 0);
		const trace = (...options) =>
			spawnSync(process.env.NODE_BINARY, [
				"contract", "trace", contract, "add", "--arg", asked.args[0], "--from", alice.address,
				"--dev", "--base-path", folder, ...options,
			], { encoding: "utf8" });
		const { status, stdout, stderr } = trace();
		assert.equal(status, 0, stderr);
		const lines = stdout.trim().split("\n");
		const steps = lines.slice(0, -1).map((step) => step.match(/^(\S+) (\w+)\((.*)\).*, gas (\d+) -> (\d+)$/));
		assert.deepEqual(steps.map(([, , name]) => name), ["storage_read", "storage_write", "emit_event"]);
		for (const [, who, , , before, after] of steps) {
			assert.equal(who, contract);
			assert.ok(Number(before) > Number(after));
		}
		assert.match(lines[1], /\) \[0x[0-9a-f]+, 0x0300000000000000\], gas/, "the key, and what is written");
		assert.equal(lines.at(-1), `The contract answers 0x0300000000000000, for ${gasUsed} gas in 3 steps`);
		const cut = trace("--steps", "1");
		assert.equal(cut.stdout, `${lines[0]}\nStopped after 1 steps\n`);
		assert.equal(cut.status, 0, cut.stderr);
		assert.equal(trace("--steps", "3").stdout, stdout, "as many as there are");
		const most = trace("--steps", "100001");
		assert.match(most.stderr, /100001 is not in 1\.\.=100000/);
		assert.equal(most.status, 2);
		assert.match(trace("--gas-limit", "1").stdout, /It comes to nothing, for 1 gas in 0 steps: Contracts\.OutOfGas/);
		const bad = trace("--arg", "no hex");
		assert.match(bad.stderr, /--arg: /);
		assert.equal(bad.status, 2);
	});
});
