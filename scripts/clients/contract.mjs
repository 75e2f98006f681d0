// Deploys a contract, calls it, or shows what a call would come to: what scripts/contract does with a
// running node.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compactToU8a, hexToU8a, stringToU8a, u8aConcat, u8aToHex } from "@polkadot/util";
import { decodeAddress } from "@polkadot/util-crypto";
import { accounts, connect, find, nameOfError, submit } from "./common.mjs";

// An argument as it is written on the command line: `u64:5`, `account:Alice`, `text:some words`,
// `0x` and hex for what is encoded.
export function encoded(api, argument) {
	if (argument.startsWith("0x")) return hexToU8a(argument);
	const colon = argument.indexOf(":");
	const [type, value] = [argument.slice(0, colon), argument.slice(colon + 1)];
	if (type === "account") return addressOf(value);
	if (type === "text") return u8aConcat(compactToU8a(stringToU8a(value).length), stringToU8a(value));
	if (type === "bool" && !["true", "false"].includes(value)) throw new Error(`Neither true nor false: ${argument}`);
	if (/^[ui](8|16|32|64|128)$|^bool$/.test(type)) return api.createType(type, type === "bool" ? value === "true" : value).toU8a();
	throw new Error(`Neither hex nor of a known type: ${argument}`);
}

const addressOf = (name) => accounts()[name.toLowerCase()]?.publicKey ?? decodeAddress(name);

export const callOf = (api, [name, ...args]) => ({ function: name, args: args.map((arg) => u8aToHex(encoded(api, arg))) });

// The runtime takes higher limits of gas for the most that it lets anything use which is only asked. The
// deposit is more than anybody would pay.
const MOST = { gas: 2n ** 64n - 1n, deposit: 10n ** 24n };

// What a call, or a deployment if `code` is given, would come to.
export async function simulate(api, { who, contract, code, call, value = 0n, salt = "0x" }) {
	const { contractsApi } = api.call;
	const simulation = code
		? await contractsApi.simulateDeploy(who, code, call, value, MOST.gas, MOST.deposit, salt)
		: await contractsApi.simulateCall(who, contract, call, value, MOST.gas, MOST.deposit);
	return simulation;
}

// Why there is no answer, in words.
export function reasonOf(api, error) {
	return nameOfError(api.createType("DispatchError", error.toU8a())) ?? error.toString();
}

// The contracts that were deployed last, by the genesis of their chain.
function kept(file) {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch {
		return {};
	}
}

const say = (title, text) => console.log(`  ${title.padEnd(19)}${text}`);

// What somebody asks for: who it is, what is called with which value, and the options.
class Asked {
	constructor(api, { values, positionals: [, ...asked] }) {
		this.who = accounts()[values.who.toLowerCase()];
		assert.ok(this.who, `Not a development account: ${values.who}`);
		const [value, call] = [BigInt(values.value), callOf(api, asked)];
		Object.assign(this, { api, value, call, options: values, genesis: api.genesisHash.toHex() });
	}

	get contract() {
		const contract = this.options.contract ?? kept(this.options.kept)[this.genesis];
		assert.ok(contract, "Which contract? Deploy it first, or name it with --contract");
		return contract;
	}

	// Shows what a contract answers.
	show(data) {
		const { as } = this.options;
		say("answers", `${data.toHex()}${as ? ` = ${this.api.createType(as, data.toU8a(true))}` : ""}`);
	}

	// Shows what it would come to, and gives that.
	async simulated(target) {
		const { api, call, value } = this;
		const simulation = await simulate(api, { who: this.who.address, call, value, ...target });
		say("gas", `${simulation.gasUsed} used, ${simulation.gasNeeded} needed, beside what any transaction costs`);
		say("deposit", `${simulation.depositCharged} for deposits and new accounts, ${simulation.depositReleased} back`);
		if (simulation.refusal.isSome) {
			const { status, data } = simulation.refusal.unwrap();
			say("refuses", `by its number ${status}: ${data.toHex()}`);
		}
		if (simulation.result.isErr) throw new Error(`It comes to nothing: ${reasonOf(api, simulation.result.asErr)}`);
		this.show(simulation.result.asOk.data);
		for (const one of simulation.events) say("tells", JSON.stringify(one.toHuman()));
		for (const { key, before, after } of simulation.changes) say("changes", `${key.toHex()}: ${before} -> ${after}`);
		return simulation;
	}

	// Sends it, and gives what happened.
	async sent(transaction) {
		const { blockHash, events, error } = await submit(await transaction.signAsync(this.who, { nonce: -1 }));
		if (error) throw new Error(`It has failed: ${nameOfError(error)}`);
		const { block } = await this.api.rpc.chain.getBlock(blockHash);
		say("in block", `${block.header.number} ${blockHash}`);
		return events;
	}
}

// With what is needed, and a tenth more: others may come first.
const limits = ({ gasNeeded, depositCharged }) => [
	(gasNeeded.toBigInt() * 11n) / 10n,
	(depositCharged.toBigInt() * 11n) / 10n,
];

const COMMANDS = {
	async simulate(asked) {
		await asked.simulated({ contract: asked.contract });
	},

	async call(asked) {
		const { api, contract, call, value } = asked;
		const simulation = await asked.simulated({ contract });
		await asked.sent(api.tx.contracts.call(contract, call.function, call.args, value, ...limits(simulation)));
	},

	async deploy(asked) {
		const { api, call, value, options } = asked;
		const code = u8aToHex(readFileSync(options.code));
		const judged = await api.call.contractsApi.checkCode(code);
		if (judged.isErr) {
			const { rule, offset } = judged.asErr;
			throw new Error(`The code breaks the rule ${rule}, at byte ${offset}`);
		}
		const simulation = await asked.simulated({ code: { Brought: code }, salt: options.salt });
		const events = await asked.sent(
			api.tx.contracts.deployCode(code, call.function, call.args, value, ...limits(simulation), options.salt),
		);
		const contract = find(events, "contracts", "Deployed").data.contract.toString();
		writeFileSync(options.kept, JSON.stringify({ ...kept(options.kept), [asked.genesis]: contract }));
		say("contract", contract);
	},

	async view(asked) {
		const { api, who, contract, call } = asked;
		const output = await api.call.contractsApi.view(who.address, contract, call, MOST.gas);
		if (output.isErr) throw new Error(`It does not answer: ${reasonOf(api, output.asErr)}`);
		asked.show(output.asOk.data);
	},
};

async function main() {
	const parsed = parseArgs({
		allowPositionals: true,
		options: {
			who: { type: "string", default: "Alice" },
			value: { type: "string", default: "0" },
			salt: { type: "string", default: "0x" },
			contract: { type: "string" },
			as: { type: "string" },
			code: { type: "string" },
			kept: { type: "string" },
		},
	});
	const [what] = parsed.positionals;
	const api = await connect(process.env.WS ?? "ws://127.0.0.1:9944");
	const command = Object.hasOwn(COMMANDS, what) && COMMANDS[what];
	if (!command) throw new Error(`Neither deploy, call, simulate nor view: ${what}`);
	await command(new Asked(api, parsed));
	await api.disconnect();
}

if (process.argv[1]?.endsWith("contract.mjs")) {
	main().catch((error) => {
		console.error(`\x1b[31m${error.message}\x1b[0m`);
		process.exit(1);
	});
}
