// A local network whose links the test makes and cuts: nodes talk only to those that they were linked
// with (reserved peers, by the node's own RPC), so that a partition is a few calls.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Keyring } from "@polkadot/api";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import { freePort, nameOf, TestNode, until } from "../scripts/clients/common.mjs";
import { claimOf } from "./claim.js";

const KEYS = { babe: "sr25519", gran: "ed25519", audi: "sr25519", pouw: "sr25519" };
const here = dirname(fileURLToPath(import.meta.url));

// Has a node write down what it thinks of its peers: the network's two implementations log it under
// these names.
export const LOG_REPUTATIONS = "-lsub-libp2p::peerstore=trace,peerset=trace";

export class Network {
	// The first `validators` of so many nodes are validators of genesis. `binary` is the node whose code goes
	// into it, `chain` is the network that this one is made from, `accounts` are those of nobody in it,
	// `staking` is what staking chooses otherwise.
	static async create(
		nodes,
		{
			validators = nodes, binary = process.env.NODE_BINARY, chain = "local", epochSlots = 20, accounts = 0,
			staking = { leastAttested: 0 },
		} = {},
	) {
		await cryptoWaitReady();
		const network = new Network();
		network.base = mkdtempSync(join(tmpdir(), "mbongo-network-"));
		network.spec = join(network.base, "raw.json");
		const node = (...args) =>
			execFileSync(binary, args, { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
		const plain = join(network.base, "plain.json");
		writeFileSync(
			plain,
			execFileSync(process.execPath, [
				join(here, "spec.mjs"), ...[validators, epochSlots, accounts].map(String), JSON.stringify(staking),
			], {
				input: node("export-chain-spec", "--chain", chain),
				maxBuffer: 1 << 28,
			}),
		);
		writeFileSync(network.spec, node("export-chain-spec", "--chain", plain, "--raw"));
		network.nodes = Array.from({ length: nodes }, (_, index) => new Node(network, nameOf(index), index));
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

	// What each other node holds against this one for this reason, as often as it said so. For nodes that
	// were started with `LOG_REPUTATIONS`, as for the next one.
	held(liar, reason) {
		const isOne = (report) => report.peer === liar.peer && report.reason === reason;
		return this.nodes.filter((node) => node !== liar).map((node) => node.reports().filter(isOne));
	}

	// Has a node say something that all others hold against it.
	async refuse(liar, reason, say) {
		const before = this.held(liar, reason).map(({ length }) => length);
		let polls = 0;
		await until(`all hold "${reason}" against ${liar.name}`, async () => {
			// Said again only now and then: a few lies more would ban it.
			if (polls++ % 10 === 0) await say();
			return this.held(liar, reason).every(({ length }, index) => length > before[index]);
		});
		for (const reports of this.held(liar, reason)) assert.ok(reports.at(-1).change < 0, "it costs reputation");
	}

	async close() {
		for (const node of this.nodes) await node.kill();
	}
}

class Node extends TestNode {
	keys = Object.keys(KEYS);

	constructor(network, name, index) {
		super(join(network.base, name), name);
		Object.assign(this, { network, index });
	}

	async start(...options) {
		const keystore = join(this.base, "chains/mbongo_network/keystore");
		mkdirSync(keystore, { recursive: true });
		for (const id of this.keys) {
			const key = new Keyring({ type: KEYS[id] }).addFromUri(`//${this.name}`).publicKey;
			const file = Buffer.concat([Buffer.from(id), key]).toString("hex");
			writeFileSync(join(keystore, file), JSON.stringify(`//${this.name}`));
		}
		this.p2pPort ??= await freePort();
		// A light client is nobody's reserved peer, and comes by WebSocket.
		if (this.takesLightClients) this.wsPort ??= await freePort();
		const reach = this.wsPort ? ["--listen-addr", `/ip4/127.0.0.1/tcp/${this.wsPort}/ws`] : ["--reserved-only"];
		await super.start(
			"--validator", "--chain", this.network.spec, "--name", this.name, "--rpc-methods", "unsafe",
			"--listen-addr", `/ip4/127.0.0.1/tcp/${this.p2pPort}`, ...reach, ...options,
		);
		this.peer = await this.ask("system_localPeerId");
		this.address = `/ip4/127.0.0.1/tcp/${this.p2pPort}/p2p/${this.peer}`;
	}

	async best() {
		const { hash, number, chainWeight } = await this.ask("mbongo_chainWeight");
		return { hash, number, weight: BigInt(chainWeight) };
	}

	// Whether the block is in this node's best chain.
	async has({ hash, number }) {
		return (await this.ask("chain_getBlockHash", [number])) === hash;
	}

	// Which authority wrote the block at this height.
	async author(number) {
		const header = await this.ask("chain_getHeader", [await this.ask("chain_getBlockHash", [number])]);
		return claimOf(header.digest.logs).author;
	}

	// What it has reported of its peers, if it was started with `LOG_REPUTATIONS`.
	reports() {
		const lines = this.log().matchAll(/Report (\w+): ([+-]\d+) to -?\d+\. Reason: ([^.]*)\./g);
		return Array.from(lines, ([, peer, change, reason]) => ({ peer, change: Number(change), reason }));
	}
}
