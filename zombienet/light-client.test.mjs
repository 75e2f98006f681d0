// A light client that knows nothing of PoUW follows finality through whatever happens to the network:
// validators that are killed and come back, and a partition that heals.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { compactFromU8a, hexToU8a } from "@polkadot/util";
import { start } from "smoldot";
import { until } from "./common.mjs";
import { Network } from "./network.mjs";

// What smoldot says of the chain.
class LightClient {
	// Final blocks, in the order in which they were reported.
	final = [];
	// The blocks that it knows now, by hash: their numbers.
	numbers = new Map();
	// What it should not have said.
	faults = [];
	calls = new Map();

	static async connect(network, nodes) {
		const light = new LightClient();
		const spec = JSON.parse(readFileSync(network.spec, "utf8"));
		spec.bootNodes = nodes.map((node) => `/ip4/127.0.0.1/tcp/${node.wsPort}/ws/p2p/${node.peer}`);
		const log = join(network.base, "smoldot.log");
		light.client = start({
			forbidTcp: true,
			logCallback: (level, target, text) => appendFileSync(log, `${new Date().toISOString()} ${level} ${target} ${text}\n`),
		});
		light.chain = await light.client.addChain({ chainSpec: JSON.stringify(spec) });
		light.listening = light.listen();
		await light.follow();
		return light;
	}

	async close() {
		this.closed = true;
		await this.client.terminate();
		await this.listening;
	}

	get last() {
		return this.final.at(-1);
	}

	// The highest block that it knows.
	get tip() {
		return Math.max(...this.numbers.values());
	}

	async follow() {
		this.numbers.clear();
		this.subscription = await this.call("chainHead_v1_follow", false);
	}

	call(method, ...params) {
		const id = `${(this.lastId = (this.lastId ?? 0) + 1)}`;
		this.chain.sendJsonRpc(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
		return new Promise((resolve, reject) => this.calls.set(id, { resolve, reject }));
	}

	async listen() {
		try {
			for (;;) {
				const { id, result, error, params } = JSON.parse(await this.chain.nextJsonRpcResponse());
				const call = this.calls.get(id);
				this.calls.delete(id);
				if (error) call?.reject(new Error(`smoldot: ${error.message}`));
				else if (call) call.resolve(result);
				else if (params) this.hear(params).catch((error) => this.fail(error));
			}
		} catch (error) {
			this.fail(error);
		}
	}

	fail(error) {
		if (!this.closed) this.faults.push(error.message);
	}
