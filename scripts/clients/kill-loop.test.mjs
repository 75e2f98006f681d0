// A validator that is killed again and again under transfers loses no finalised block and no weight.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { accounts, connect, freePort, MBO, rpc, until } from "./common.mjs";

const ROUNDS = 20;

describe("a node that is killed", () => {
	it(`comes back ${ROUNDS} times with all that was final`, async () => {
		const base = await mkdtemp(join(tmpdir(), "mbongo-kill-"));
		const log = openSync(join(base, "node.log"), "a");
		const port = await freePort();
		const url = `ws://127.0.0.1:${port}`;
		const ask = async (method, params = []) => {
			const { result, error } = await rpc(method, params, url);
			assert.equal(error, undefined, `${method}: ${error?.message}`);
			return result;
		};
		const finalised = new Map(); // by number
		let transfers = 0;
		for (let round = 1; round <= ROUNDS; round++) {
			const node = spawn(
				process.env.NODE_BINARY,
				[
					"--dev", "--base-path", base, "--rpc-port", port, "--no-prometheus", "--no-mdns",
					"--no-telemetry", "--listen-addr", "/ip4/127.0.0.1/tcp/0",
					"--state-pruning", "archive", "--blocks-pruning", "archive",
				],
				{ stdio: ["ignore", log, log] },
			);
			const gone = new Promise((resolve) => node.on("exit", resolve));
			try {
				await until("the node answers", () => rpc("system_health", [], url).catch(() => undefined));
				for (const [number, hash] of finalised)
					assert.equal(await ask("chain_getBlockHash", [number]), hash, `round ${round}: block ${number}`);

				const api = await connect(url);
				const { alice, bob } = accounts();
				const start = Number((await ask("chain_getHeader")).number);
				await until("there are new blocks", async () => {
					const nonce = await api.rpc.system.accountNextIndex(alice.address);
					await api.tx.balances.transferKeepAlive(bob.address, MBO / 100n).signAndSend(alice, { nonce });
					transfers++;
					return Number((await ask("chain_getHeader")).number) >= start + 2;
				});
				const head = await ask("chain_getFinalizedHead");
				const number = Number((await ask("chain_getHeader", [head])).number);
				if (number > 0) finalised.set(number, head);

				// Each weight is its parent's and its own.
				let hash = (await ask("mbongo_chainWeight")).hash;
				for (;;) {
					const own = await ask("mbongo_chainWeight", [hash]);
					const { parentHash } = await ask("chain_getHeader", [hash]);
					const parent = await ask("mbongo_chainWeight", [parentHash]);
					if (parent.chainWeight === null || own.number <= 1) break;
					assert.equal(
						BigInt(own.chainWeight) - BigInt(parent.chainWeight),
						BigInt(own.base + own.attestation + own.pouw),
						`round ${round}: block ${own.number}`,
					);
					hash = parentHash;
				}
				await api.disconnect();
			} finally {
				node.kill("SIGKILL");
				await gone;
			}
		}
		assert.ok(finalised.size >= ROUNDS / 2, `${finalised.size} finalised heads were seen`);
		console.log(`  ${transfers} transfers, ${finalised.size} finalised heads kept over ${ROUNDS} kills`);
		await rm(base, { recursive: true });
	});
});
