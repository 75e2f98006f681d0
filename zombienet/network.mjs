// A local network whose links the test makes and cuts: nodes talk only to those that they were linked
// with (reserved peers, by the node's own RPC), so that a partition is a few calls.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Keyring } from "@polkadot/api";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import { freePort, nameOf, rpc, scrape, until } from "../scripts/clients/common.mjs";

const KEYS = { babe: "sr25519", gran: "ed25519", audi: "sr25519", pouw: "sr25519" };
const here = dirname(fileURLToPath(import.meta.url));

// No node outlives the test, however that ends.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

export class Network {
	// `binary` is the node whose code goes into genesis.
	static async create(validators, { binary = process.env.NODE_BINARY } = {}) {
		await cryptoWaitReady();
		const network = new Network();
		network.base = mkdtempSync(join(tmpdir(), "mbongo-network-"));
		network.spec = join(network.base, "raw.json");
		const node = (...args) =>
			execFileSync(binary, args, { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
		const plain = join(network.base, "plain.json");
		writeFileSync(
			plain,
			execFileSync(process.execPath, [join(here, "spec.mjs"), `${validators}`, "20"], {
				input: node("export-chain-spec", "--chain", "local"),
				maxBuffer: 1 << 28,
			}),
		);
		writeFileSync(network.spec, node("export-chain-spec", "--chain", plain, "--raw"));
		network.nodes = Array.from({ length: validators }, (_, index) => new Node(network, nameOf(index), index));
		return network;
	}

	// Starts these nodes and links them, until they finalise.
	async run(nodes = this.nodes, ...options) {
		for (const node of nodes) await node.start(...options);
		await this.link(nodes);
		await until("the validators finalise", async () => (await nodes[0].finalised()) >= 3, 180);
	}

	// A second node that holds some of a validator's keys.
	twin(node, types) {
		const twin = new Node(this, node.name, node.index);
		twin.base += "-twin";
		twin.keys = types;
		this.nodes.push(twin);
		return twin;
	}

	// Links each of these nodes with each other.
	async link(nodes) {
		for (const a of nodes) for (const b of nodes) if (a !== b) await a.ask("system_addReservedPeer", [b.address]);
	}

	// Parts the network into these sides. The nodes are restarted, which forgets the links made by RPC:
	// a node does not drop the connection to a peer that is no longer reserved.
	async part(...sides) {
		const nodes = sides.flat();
		for (const node of nodes) await node.kill();
		for (const node of nodes) await node.start();
		for (const side of sides) await this.link(side);
	}

	async close() {
		for (const node of this.nodes) await node.kill();
	}
}

class Node {
	constructor(network, name, index) {
		Object.assign(this, { network, name, index, base: join(network.base, name) });
		this.binary = process.env.NODE_BINARY;
		this.keys = Object.keys(KEYS);
	}

	async start(...options) {
		const keystore = join(this.base, "chains/mbongo_network/keystore");
		mkdirSync(keystore, { recursive: true });
		for (const id of this.keys) {
			const key = new Keyring({ type: KEYS[id] }).addFromUri(`//${this.name}`).publicKey;
			const file = Buffer.concat([Buffer.from(id), key]).toString("hex");
			writeFileSync(join(keystore, file), JSON.stringify(`//${this.name}`));
		}
		this.rpcPort ??= await freePort();
		this.p2pPort ??= await freePort();
		this.metricsPort ??= await freePort();
		// A light client is nobody's reserved peer, and comes by WebSocket.
		if (this.takesLightClients) this.wsPort ??= await freePort();
		const reach = this.wsPort ? ["--listen-addr", `/ip4/127.0.0.1/tcp/${this.wsPort}/ws`] : ["--reserved-only"];
		const log = openSync(join(this.base, "node.log"), "a");
		const child = spawn(
			this.binary,
			[
				"--validator", "--chain", this.network.spec, "--base-path", this.base, "--name", this.name,
				"--rpc-port", this.rpcPort, "--listen-addr", `/ip4/127.0.0.1/tcp/${this.p2pPort}`,
				"--rpc-methods", "unsafe", "--no-mdns", "--no-telemetry", "--prometheus-port", this.metricsPort,
				...reach, ...options,
			],
			{ stdio: ["ignore", log, log] },
		);
		closeSync(log);
		this.process = child;
		running.add(child);
		this.gone = new Promise((resolve) =>
			child.on("exit", () => {
				running.delete(child);
				this.process = undefined;
				resolve();
			}));
		this.peer = await until(`${this.name} answers`, () => {
			assert.ok(this.process, `${this.name} has stopped`);
			return this.ask("system_localPeerId").catch(() => undefined);
		});
		this.address = `/ip4/127.0.0.1/tcp/${this.p2pPort}/p2p/${this.peer}`;
	}

	async kill(signal = "SIGKILL") {
		if (!this.process) return;
		this.process.kill(signal);
		await this.gone;
	}

	async ask(method, params = []) {
		const { result, error } = await rpc(method, params, this.url);
		assert.equal(error, undefined, `${this.name}: ${method}: ${error?.message} ${error?.data ?? ""}`);
		return result;
	}

	get url() {
		return `ws://127.0.0.1:${this.rpcPort}`;
	}

	log() {
		return readFileSync(join(this.base, "node.log"), "utf8");
	}

	async best() {
		const { hash, number, chainWeight } = await this.ask("mbongo_chainWeight");
		return { hash, number, weight: BigInt(chainWeight) };
	}

	async finalised() {
		const { number } = await this.ask("chain_getHeader", [await this.ask("chain_getFinalizedHead")]);
		return Number(number);
	}

	// How many equivocations of this kind of offender its metrics have counted.
	async equivocations(kind) {
		return (await scrape(this.metricsPort)).get(`mbongo_pouw_equivocations_total{kind="${kind}"}`);
	}

	// Whether the block is in this node's best chain.
	async has({ hash, number }) {
		return (await this.ask("chain_getBlockHash", [number])) === hash;
	}

	// Which authority wrote the block at this height.
	async author(number) {
		const { digest } = await this.ask("chain_getHeader", [await this.ask("chain_getBlockHash", [number])]);
		// PreRuntime, "BABE", the length, the kind of slot, the authority's index in little endian.
		const claim = digest.logs.find((log) => log.startsWith("0x0642414245"));
		const bytes = Buffer.from(claim.slice(2), "hex");
		const body = bytes.subarray(5 + ((bytes[5] & 3) === 0 ? 1 : 2));
		return body.readUInt32LE(1);
	}
}
