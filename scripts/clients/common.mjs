// What the tests share: a connection to the node under test and small helpers.
import { createServer } from "node:net";
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import { cryptoWaitReady } from "@polkadot/util-crypto";

export const MBO = 10n ** 18n;

// Whose keys the development accounts and the validators of test networks have.
export const NAMES = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];
export const nameOf = (index) => NAMES[index] ?? `Validator${index + 1}`;

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
export function send(transaction, who, options = {}, { finalized = false } = {}) {
	return new Promise((resolve, reject) => {
		transaction
			.signAndSend(who, options, (result) => {
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

// Polls until `probe` gives something; the limit only ends a test that hangs.
export async function until(what, probe, seconds = 120) {
	for (let i = 0; i < seconds; i++) {
		const value = await probe();
		if (value) return value;
		await new Promise((resolve) => setTimeout(resolve, 1000));
	}
	throw new Error(`gave up waiting until ${what}`);
}

export const freePort = () =>
	new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
