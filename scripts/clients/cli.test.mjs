// What the program does beside running: with the folder of a chain, and what it exits with.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { integer, MBO, readSpec, rpc, TestNode, until, writeSpec } from "./common.mjs";

// Beyond the end of the first epoch, so that what is imported and taken back has one in it.
const BLOCKS = 24;

describe("mbongo-node", () => {
	let folder, spec;
	let blocks; // those of the original folder, by number, with their weights
	const path = (name) => join(folder, name);
	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "mbongo-cli-"));
		// Genesis is not made anew from a raw specification, which saves seconds each time.
		spec = path("raw.json");
		writeFileSync(spec, run("export-chain-spec", "--chain", "dev", "--raw").stdout);
		const author = await start("original", "--dev");
		await until("the chain is long enough", async () =>
			(await author.height()) >= BLOCKS && (await author.finalised()) >= BLOCKS - 4);
		assert.equal(await author.stop(), 0);
		const follower = await start("original");
		blocks = await weights(follower);
		assert.equal(await follower.stop(), 0);
		assert.ok(blocks.length > BLOCKS && blocks.at(-1).chainWeight !== null);
	});

	const run = (...args) =>
		spawnSync(process.env.NODE_BINARY, args, { encoding: "utf8", maxBuffer: 1 << 28, input: "n\n" });

	// Runs a command on one of the folders.
	const on = (name, command, ...args) =>
		run(command, ...args, "--chain", spec, "--base-path", path(name));

	function succeeds({ status, stdout, stderr }) {
		assert.equal(status, 0, stderr);
		return stdout;
	}

	function fails({ status, stderr }, code, said) {
		assert.match(stderr, said);
		assert.equal(status, code, stderr);
	}

	const info = (name) => JSON.parse(succeeds(on(name, "chain-info")));

	// Runs a node on one of the folders: an author with `--dev`, else one that only answers.
	async function start(name, ...options) {
		const node = new TestNode(path(name));
		await node.start("--chain", spec, "--listen-addr", "/ip4/127.0.0.1/tcp/0", ...options);
		return node;
	}

	async function weights(node) {
		const best = await node.height();
		const all = [];
		for (let number = 0; number <= best; number++)
			all.push(await node.ask("mbongo_chainWeight", [await node.ask("chain_getBlockHash", [number])]));
		return all;
	}

	const own = ({ base, attestation, pouw }) => BigInt(base + attestation + pouw);

	it("chain-info shows what a folder holds, unless a node runs on it", async () => {
		const { best_number, best_hash, genesis_hash, finalized_number, finalized_hash } = info("original");
		assert.equal(best_number, blocks.length - 1);
		assert.equal(best_hash, blocks.at(-1).hash);
		assert.equal(genesis_hash, blocks[0].hash);
		assert.ok(finalized_number >= BLOCKS - 4);
		assert.equal(finalized_hash, blocks[finalized_number].hash);
		const node = await start("original");
		fails(on("original", "chain-info"), 1, /in use/);
		assert.equal(await node.stop(), 0);
	});

	it("export-blocks and import-blocks carry a chain with its weights", async () => {
		succeeds(on("original", "export-blocks", "--binary", path("blocks.bin")));
		succeeds(on("imported", "import-blocks", "--binary", path("blocks.bin")));
		succeeds(on("original", "export-blocks", path("blocks.json")));
		succeeds(on("from-json", "import-blocks", path("blocks.json")));
		fails(on("original", "export-blocks", "--from", "1000"), 1, /Invalid block range/);
		assert.equal(info("from-json").best_hash, blocks.at(-1).hash);
		assert.equal(info("imported").best_hash, blocks.at(-1).hash);

		const node = await start("imported");
		const imported = await weights(node);
		assert.equal(await node.stop(), 0);
		assert.equal(imported.length, blocks.length);
		let compared = 0;
		for (const [number, block] of imported.entries()) {
			const { chainWeight, ...rest } = blocks[number];
			assert.deepEqual({ ...block, chainWeight }, { ...rest, chainWeight });
			// Of final blocks the weight is forgotten, and other blocks are final here.
			if (block.chainWeight === null || chainWeight === null) continue;
			assert.equal(block.chainWeight, chainWeight, `block ${number}`);
			compared++;
		}
		assert.ok(compared >= 2, `${compared} weights were compared`);
		const sum = blocks.slice(1).reduce((sum, block) => sum + own(block), 0n);
		assert.equal(BigInt(imported.at(-1).chainWeight), sum);
	});

	it("import-blocks refuses what is not the chain that was exported", () => {
		const bytes = readFileSync(path("blocks.bin"));
		const damaged = (name, bytes) => {
			writeFileSync(path(name), bytes);
			return on(name.split(".")[0], "import-blocks", "--binary", path(name));
		};
		for (const [index, place] of [bytes.length >> 1, bytes.length - 3].entries()) {
			const changed = Buffer.from(bytes);
			changed[place] ^= 1;
			fails(damaged(`changed${index}.bin`, changed), 1, /because of an error|Error reading block/);
			assert.ok(info(`changed${index}`).best_number < blocks.length - 1);
		}
		fails(damaged("cut.bin", bytes.subarray(0, -20)), 1, /Error reading block/);
		fails(damaged("empty.bin", Buffer.alloc(0)), 1, /Failed to decode/);
		fails(on("empty", "import-blocks", path("no-such-file")), 1, /No such file/);
		fails(on("empty", "import-blocks", path("blocks.bin")), 1, /Error reading block/); // not as text
	});

	it("check-block executes a block again", () => {
		const [head, { hash }] = [blocks.length - 1, blocks.at(-1)];
		for (const block of [1, head, hash])
			assert.match(succeeds(on("original", "check-block", `${block}`)), /is as its header says/);
		fails(on("original", "check-block", "0"), 2, /never executed/);
		fails(on("original", "check-block", "1000"), 1, /Unknown block/);
		fails(on("original", "check-block", `0x${"12".repeat(32)}`), 1, /Unknown block/);
		fails(on("original", "check-block", "first"), 2, /invalid value 'first'/);
	});

	it("index-receipts makes the index anew", () => {
		const { best_number } = info("original");
		assert.match(succeeds(on("original", "index-receipts")), new RegExp(`receipts of ${best_number} blocks`));
	});

	it("replay executes the chain once more, and writes what came of each transaction", () => {
		const { finalized_number: last } = info("original");
		const journal = path("journal");
		const replayed = succeeds(on("original", "replay", "--tx-roots", "--journal", journal));
		assert.match(replayed, new RegExp(`^Blocks 1 to ${last} with \\d+ transactions: .* are as their headers say`));
		const lines = readFileSync(journal, "utf8").trim().split("\n").map((line) => JSON.parse(line));
		assert.deepEqual([...new Set(lines.map(({ block }) => block))], [...Array(last).keys()].map((n) => n + 1));
		for (const line of lines) {
			assert.equal(line.blockHash, blocks[line.block].hash);
			assert.match(line.transactionHash, /^0x[0-9a-f]{64}$/);
			assert.match(line.stateRoot, /^0x[0-9a-f]{64}$/);
			assert.equal(line.status, "Success");
		}
		fails(on("original", "replay", "--from", "5", "--to", "4"), 2, /There are no blocks 5 to 4/);
		fails(on("original", "replay", "--to", "100000"), 1, /There is no block/);
	});

	it("export-state makes a specification of a block's state", () => {
		const state = (block) => JSON.parse(succeeds(on("original", "export-state", block)));
		assert.deepEqual(state("0").genesis, JSON.parse(readFileSync(spec)).genesis);
		const number = Buffer.alloc(4);
		number.writeUInt32LE(blocks.length - 1);
		const key = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac"; // System.Number
		const { genesis, id } = state(blocks.at(-1).hash);
		assert.equal(id, "mbongo_dev");
		assert.equal(genesis.raw.top[key], `0x${number.toString("hex")}`);
		fails(on("original", "export-state", "1000"), 1, /UnknownBlock/);
	});

	it("revert takes back what is not final, and the node goes on from there", async () => {
		const to = 15; // in the first epoch
		assert.ok(info("imported").finalized_number <= to, "it was imported without the proofs of finality");
		succeeds(on("imported", "revert", `${blocks.length - 1 - to}`));
		assert.equal(info("imported").best_hash, blocks[to].hash);

		const node = await start("imported", "--dev");
		for (const { hash } of blocks.slice(to + 1))
			assert.equal((await rpc("mbongo_chainWeight", [hash], node.url)).error?.code, 10001);
		await until("it finalises new blocks", async () => (await node.finalised()) >= to + 3);
		assert.equal(await node.ask("chain_getBlockHash", [to]), blocks[to].hash);
		const now = await weights(node);
		assert.equal(await node.stop(), 0);
		const kept = now.findLast(({ chainWeight }) => chainWeight !== null);
		const sum = now.slice(1, kept.number + 1).reduce((sum, block) => sum + own(block), 0n);
		assert.equal(BigInt(kept.chainWeight), sum);

		// No more than what is not final.
		succeeds(on("imported", "revert", "1000"));
		const { best_hash, finalized_hash } = info("imported");
		assert.equal(best_hash, finalized_hash);
		succeeds(on("imported", "revert", "1"));
		assert.equal(info("imported").best_hash, finalized_hash);
	});

	it("purge-chain removes the database and leaves the slots that were attested", () => {
		const chain = path("original/chains/mbongo_dev");
		const attested = readFileSync(join(chain, "attested-slots"));
		const had = readdirSync(chain);
		succeeds(on("original", "purge-chain")); // answered with no
		assert.deepEqual(readdirSync(chain), had);
		succeeds(on("original", "purge-chain", "-y"));
		assert.deepEqual(readdirSync(chain), had.filter((name) => name !== "paritydb"));
		assert.deepEqual(readFileSync(join(chain, "attested-slots")), attested);
		succeeds(on("original", "purge-chain", "-y")); // there is nothing any more
	});

	it("a database that cannot be opened is said to be damaged, with what to do", () => {
		writeFileSync(join(path("imported"), "chains/mbongo_dev/paritydb/full/metadata"), "nonsense");
		for (const tried of [on("imported", "check-block", "1"), run("--chain", spec, "--base-path", path("imported"))])
			fails(tried, 1, /cannot be read[^]*it is damaged[^]*purge-chain[^]*snapshot restore/);
	});

	it("no command makes a chain where there is none", () => {
		for (const command of ["chain-info", "check-block 1", "export-blocks", "export-state", "revert", "index-receipts", "replay"])
			fails(on("nothing", ...command.split(" ")), 2, /There is no database at/);
		assert.ok(!existsSync(path("nothing/chains/mbongo_dev/paritydb")));
	});

	it("misuse exits with 2", () => {
		const broken = path("broken.json");
		writeFileSync(broken, "{");
		for (const [said, ...args] of [
			[/unrecognized subcommand/, "no-such-command"],
			[/unexpected argument/, "--no-such-option"],
			[/unexpected argument/, "revert", "--no-such-option"],
			[/invalid value 'x'/, "revert", "x"],
			[/invalid value 'x'/, "--database", "x"],
			[/`nowhere` is neither/, "--chain", "nowhere"],
			[/`nowhere` is neither/, "chain-info", "--chain", "nowhere"],
			[/Error parsing spec file/, "--chain", broken],
			[/Error parsing spec file/, "export-blocks", "--chain", broken],
			[/Error parsing spec file/, "export-chain-spec", "--chain", broken],
		])
			fails(run(...args), 2, said);
		assert.ok(!existsSync(path("nowhere")));
	});

	it("will not run `live` before it has validators", () =>
		fails(run("--chain", "live", "--base-path", path("live")), 1, /no validators[^]*session\.keys[^]*staking\.validators/));

	it("begins a network with the keys that validators have made, or says what is wrong with it", () => {
		const [alice, bob] =
			["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"];
		const keysOf = (owner) => JSON.parse(succeeds(run(
			"key", "session", "--owner", owner, "--chain", "live", "--base-path", path("keys"), "--output-type", "json"))).genesis;
		const amount = integer(60_000n * MBO);
		const raw = (change) => {
			const spec = readSpec(succeeds(run("export-chain-spec", "--chain", "live")));
			const { session, staking, balances } = spec.genesis.runtimeGenesis.patch;
			spec.id = "ours";
			session.keys = [alice, bob].map(keysOf);
			staking.validators = [alice, bob].map((who) => [who, amount, 50_000_000]);
			// It keeps some, or there is no account.
			balances.balances = [alice, bob].map((who) => [who, integer(60_001n * MBO)]);
			change(staking);
			const file = path("ours.json");
			writeFileSync(file, writeSpec(spec));
			return run("export-chain-spec", "--chain", file, "--raw");
		};
		assert.equal(JSON.parse(succeeds(raw(() => {}))).id, "ours");
		fails(raw(({ validators }) => (validators[0][1] = 1)), 1, /a validator has too little stake/);
		fails(raw((staking) => staking.validators.pop()), 1, /has keys and is not in staking\.validators/);
		fails(raw(({ parameters }) => (parameters.deferralSlots = 1e6)), 1, /unbonding is too short/);
		fails(raw(({ parameters }) => (parameters.dayEpochs = 0)), 1, /parameters contradict each other/);
	});
});
