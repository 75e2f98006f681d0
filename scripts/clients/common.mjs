// What the tests share: a connection to the node under test, nodes of their own, and small helpers.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import { blake2AsHex, cryptoWaitReady } from "@polkadot/util-crypto";

export const MBO = 10n ** 18n;

// Whose keys the development accounts and the validators of test networks have.
export const NAMES = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];
export const nameOf = (index) => NAMES[index] ?? `Validator${index + 1}`;

// A chain specification, whose amounts are larger than JavaScript's numbers: in between they are texts.
export const readSpec = (text) =>
	JSON.parse(text.replace(/([[,:]\s*)(\d{16,})(?=\s*[,\]}])/g, '$1"integer $2"'));
export const writeSpec = (spec) => JSON.stringify(spec).replace(/"integer (\d+)"/g, "$1");
export const integer = (amount) => `integer ${amount}`;

export async function connect(url = process.env.WS) {
	await cryptoWaitReady();
	const provider = new WsProvider(url);
	return ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true });
}

// The well-known development accounts.
export function accounts() {
	const keyring = new Keyring({ type: "sr25519", ss58Format: 42 });
	return Object.fromEntries(NAMES.map((name) => [name.toLowerCase(), keyring.addFromUri(`//${name}`)]));
}

// Signs, sends, and resolves with what happened in the block; rejects when the pool refuses.
export const send = async (transaction, who, options = {}, when = {}) =>
	submit(await transaction.signAsync(who, { nonce: -1, ...options }), when);

// The same for a transaction that is signed.
export function submit(signed, { finalized = false } = {}) {
	return new Promise((resolve, reject) => {
		signed
			.send((result) => {
				const done = finalized ? result.status.isFinalized : result.status.isInBlock;
				if (done) {
					const blockHash = (
						finalized ? result.status.asFinalized : result.status.asInBlock
					).toHex();
					resolve({ blockHash, events: result.events, error: result.dispatchError });
				} else if (result.isError) {
					reject(new Error(`the transaction ended as ${result.status.type}`));
				}
			})
			.catch(reject);
	});
}

export const free = async (api, who) => (await api.query.system.account(who.address)).data.free.toBigInt();

export const find = (events, section, method) =>
	events.map(({ event }) => event).find((event) => event.section === section && event.method === method);

// Why a call has failed, by its name; nothing, if it has not.
export function nameOfError(error) {
	if (error?.isModule) {
		const { section, name } = error.registry.findMetaError(error.asModule);
		return `${section}.${name}`;
	}
	return error?.isToken ? error.asToken.type : error?.type;
}

export async function succeeds(call, who, when) {
	const outcome = await send(call, who, {}, when);
	assert.equal(nameOfError(outcome.error), undefined);
	return outcome;
}

// Calls of one account and why each is refused; all in one block if it may be.
export async function refuses(api, who, ...cases) {
	const nonce = (await api.rpc.system.accountNextIndex(who.address)).toNumber();
	const sent = await Promise.all(cases.map(([call], index) => send(call, who, { nonce: nonce + index })));
	const named = (call) => `${call.method.section}.${call.method.method}`;
	assert.deepEqual(
		sent.map(({ error }, index) => [named(cases[index][0]), nameOfError(error)]),
		cases.map(([call, reason]) => [named(call), reason]),
	);
}

export const feeOf = (events) =>
	find(events, "transactionPayment", "TransactionFeePaid").data.actualFee.toBigInt();

export const sum = (numbers) => numbers.reduce((all, one) => all + one, 0n);

export const sessionOf = async (state) => (await state.query.session.currentIndex()).toNumber();

// The slots of this epoch that are over.
export async function slotOfEpoch({ query }) {
	const slots = [
		(await query.pouw.sessionStarts(await query.session.currentIndex())).unwrap(),
		// Genesis has none, but the first epoch begins with it.
		await query.babe.genesisSlot(),
	];
	return (await query.babe.currentSlot()).toNumber() - Math.max(...slots.map((slot) => slot.toNumber()));
}

// What of an account's money is on hold as stake.
export async function stakeOf(state, who) {
	const holds = await state.query.balances.holds(who.address);
	return sum(holds.filter(({ id }) => id.isStaking && id.asStaking.isStake).map(({ amount }) => amount.toBigInt()));
}

// What stake has earned and nobody has claimed, by validator.
export const pendingOf = async (state, who) =>
	(await state.call.stakingApi.pendingRewards(who.address)).map(([validator, amount]) =>
		[validator.toString(), amount.toBigInt()]);

// The state after the best chain's block of this height.
export const stateAt = async (api, number) => api.at(await api.rpc.chain.getBlockHash(number));

// The events of this kind in the best chain's blocks from `first` on.
export async function eventsFrom(api, first, section, method) {
	const found = [];
	const best = (await api.rpc.chain.getHeader()).number.toNumber();
	for (let number = first; number <= best; number++)
		for (const { event } of await (await stateAt(api, number)).query.system.events())
			if (event.section === section && event.method === method) found.push(event);
	return found;
}

// Proposes a call, for which somebody else places the track's deposit, and gives the referendum's number.
export async function propose(api, origin, call, proposer, depositor, { note = false } = {}) {
	const bytes = call.method.toHex();
	const proposal = note ? { Lookup: { hash: blake2AsHex(bytes), len: (bytes.length - 2) / 2 } } : { Inline: bytes };
	const submit = api.tx.referenda.submit(origin, proposal, { After: 0 });
	const calls = note ? [api.tx.preimage.notePreimage(bytes), submit] : [submit];
	const { events } = await succeeds(api.tx.utility.batchAll(calls), proposer);
	const index = find(events, "referenda", "Submitted").data.index.toNumber();
	await succeeds(api.tx.referenda.placeDecisionDeposit(index), depositor);
	return index;
}

// The block in which a referendum was approved.
export const approved = (api, index) =>
	until(`referendum ${index} is approved`, async () => {
		const outcome = (await api.query.referenda.referendumInfoFor(index)).unwrap();
		assert.ok(outcome.isOngoing || outcome.isApproved, `it is ${outcome.type}`);
		return outcome.isApproved && outcome.asApproved[0].toNumber();
	}, 900);

// The PoUW weight digest of a header, by part.
export function weightOf(api, header) {
	const items = header.digest.logs
		.filter((item) => item.isConsensus && item.asConsensus[0].toString() === "pouw")
		.map((item) => item.asConsensus[1].toU8a(true));
	if (items.length !== 1) throw new Error(`${items.length} weight digests`);
	const [index, version, base, attestation, pouw, score, providers, root] = api.registry.createType(
		"(u8, u8, u64, u64, u64, u128, u32, H256)",
		items[0],
	);
	return {
		index: index.toNumber(),
		version: version.toNumber(),
		base: base.toNumber(),
		attestation: attestation.toNumber(),
		pouw: pouw.toNumber(),
		score: score.toBigInt(),
		providers: providers.toNumber(),
		root: root.toHex(),
	};
}

export async function rpc(method, params = [], url = process.env.WS) {
	const answer = await fetch(url.replace(/^ws/, "http"), {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
	});
	return answer.json();
}

// The samples of a scrape by name and labels, without the label of the chain that the SDK adds.
export async function scrape(port = process.env.METRICS_PORT) {
	const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
	if (!answer.ok) throw new Error(`no metrics: ${answer.status}`);
	const samples = (await answer.text()).split("\n").filter((line) => line && !line.startsWith("#"));
	return new Map(samples.map((line) => {
		const [, name, labels = "", value] = line.match(/^(\w+)(?:\{(.*)\})? (\S+)$/);
		const rest = labels.split(",").filter((label) => label && !label.startsWith("chain="));
		return [rest.length ? `${name}{${rest}}` : name, Number(value)];
	}));
}

// Upgrades a fork of a running chain to this checkout's runtime, or to the one that is given, and gives
// what try-runtime says: it accepts both.
export async function tryRuntime(url, ...wasm) {
	const { stdout } = await promisify(execFile)("scripts/try-runtime", [url, ...wasm], { maxBuffer: 1 << 28 });
	assert.match(stdout, /Entire runtime state decodes without error/);
	assert.match(stdout, /Consumed weight: \d+ of max/);
	assert.doesNotMatch(stdout, /❌/);
	return stdout;
}

// Polls until `probe` gives something; the limit only ends a test that hangs.
export async function until(what, probe, seconds = 120) {
	for (let i = 0; i < seconds; i++) {
		const value = await probe();
		if (value) return value;
		await new Promise((resolve) => setTimeout(resolve, 1000));
	}
	throw new Error(`gave up waiting until ${what}`);
}

// One that the system gives to no outgoing connection meanwhile.
export async function freePort() {
	for (;;) {
		const port = 20_000 + Math.floor(Math.random() * 12_000);
		const server = createServer();
		const isFree = await new Promise((resolve) =>
			server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true)));
		if (!isFree) continue;
		await new Promise((resolve) => server.close(resolve));
		return port;
	}
}

// No node outlives the test that runs it, however that ends.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

// A node that a test starts itself, each time on the same folder and ports.
export class TestNode {
	binary = process.env.NODE_BINARY;

	constructor(base, name = "the node") {
		Object.assign(this, { base, name });
	}

	// Until it answers.
	async start(...options) {
		this.rpcPort ??= await freePort();
		this.metricsPort ??= await freePort();
		mkdirSync(this.base, { recursive: true });
		const log = openSync(this.logFile, "a");
		const child = spawn(
			this.binary,
			[
				"--base-path", this.base, "--rpc-port", this.rpcPort, "--prometheus-port", this.metricsPort,
				"--no-mdns", "--no-telemetry", ...options,
			],
			{ stdio: ["ignore", log, log] },
		);
		closeSync(log);
		this.process = child;
		running.add(child);
		this.gone = new Promise((resolve) =>
			child.on("exit", (code) => {
				running.delete(child);
				this.process = undefined;
				resolve(code);
			}));
		await until(`${this.name} answers`, () => {
			assert.ok(this.process, `${this.name} has stopped by itself; its log: ${this.logFile}`);
			return this.ask("system_health").catch(() => undefined);
		});
	}

	// Resolves with what the node has exited with.
	kill(signal = "SIGKILL") {
		this.process?.kill(signal);
		return this.gone;
	}

	stop() {
		return this.kill("SIGTERM");
	}

	get url() {
		return `ws://127.0.0.1:${this.rpcPort}`;
	}

	async ask(method, params = []) {
		const { result, error } = await rpc(method, params, this.url);
		assert.equal(error, undefined, `${this.name}: ${method}: ${error?.message} ${error?.data ?? ""}`);
		return result;
	}

	// The best block's height, if no other block is named.
	async height(hash) {
		return Number((await this.ask("chain_getHeader", [hash])).number);
	}

	async finalised() {
		return this.height(await this.ask("chain_getFinalizedHead"));
	}

	// What Prometheus would scrape of it under this name, or nothing.
	async metric(name) {
		return (await scrape(this.metricsPort)).get(name);
	}

	// How many equivocations of this kind of offender it has counted since it was started.
	equivocations(kind) {
		return this.metric(`mbongo_pouw_equivocations_total{kind="${kind}"}`);
	}

	get logFile() {
		return join(this.base, "node.log");
	}

	log() {
		return readFileSync(this.logFile, "utf8");
	}
}
