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
	if (/^[ui](8|16|32|64|128)$|^bool$/.test(type)) return api.createType(type, type === "bool" ? value === "true" : value).toU8a();
	throw new Error(`Neither hex nor of a known type: ${argument}`);
}

const addressOf = (name) => accounts()[name.toLowerCase()]?.publicKey ?? decodeAddress(name);

export const callOf = (api, [name, ...args]) => ({ function: name, args: args.map((arg) => u8aToHex(encoded(api, arg))) });

const MOST = { gas: 200_000_000n, deposit: 10n ** 24n };

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

async function main() {
	const { values, positionals } = parseArgs({
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
	const [what, ...asked] = positionals;
	const api = await connect(process.env.WS ?? "ws://127.0.0.1:9944");
	const genesis = api.genesisHash.toHex();
	const kept = () => {
		try {
			return JSON.parse(readFileSync(values.kept, "utf8"));
		} catch {
			return {};
		}
	};
	const who = accounts()[values.who.toLowerCase()];
	assert.ok(who, `Not a development account: ${values.who}`);
	const value = BigInt(values.value);
	const call = callOf(api, asked);
	const target = () => {
		const contract = values.contract ?? kept()[genesis];
		assert.ok(contract, "Which contract? Deploy it first, or name it with --contract");
		return contract;
	};
	const show = (data) => {
		console.log(`  answers            ${data.toHex()}${values.as ? ` = ${api.createType(values.as, data.toU8a(true))}` : ""}`);
	};
	const told = (simulation) => {
		console.log(`  gas                ${simulation.gasUsed} used, ${simulation.gasNeeded} needed`);
		console.log(`  deposit            ${simulation.depositCharged} on hold, ${simulation.depositReleased} back`);
		if (simulation.result.isErr) throw new Error(`It comes to nothing: ${reasonOf(api, simulation.result.asErr)}`);
		show(simulation.result.asOk.data);
		for (const one of simulation.told) console.log(`  tells              ${JSON.stringify(one.toHuman())}`);
		for (const change of simulation.changes) {
			console.log(`  changes            ${change.key.toHex()}: ${change.before} -> ${change.after}`);
		}
	};
	// With what is needed, and a tenth more: others may come first.
	const limits = ({ gasNeeded, depositCharged }) => [
		(gasNeeded.toBigInt() * 11n) / 10n,
		(depositCharged.toBigInt() * 11n) / 10n,
	];
	const sent = async (transaction) => {
		const { blockHash, events, error } = await submit(await transaction.signAsync(who, { nonce: -1 }));
		if (error) throw new Error(`It has failed: ${nameOfError(error)}`);
		const receipt = await api.rpc.chain.getBlock(blockHash);
		console.log(`  in block           ${receipt.block.header.number} ${blockHash}`);
		return events;
	};
	if (what === "simulate") {
		told(await simulate(api, { who: who.address, contract: target(), call, value }));
	} else if (what === "call") {
		const contract = target();
		const simulation = await simulate(api, { who: who.address, contract, call, value });
		told(simulation);
		await sent(api.tx.contracts.call(contract, call.function, call.args, value, ...limits(simulation)));
	} else if (what === "deploy") {
		const code = u8aToHex(readFileSync(values.code));
		const salt = values.salt;
		const simulation = await simulate(api, { who: who.address, code: { Brought: code }, call, value, salt });
		told(simulation);
		const events = await sent(
			api.tx.contracts.deployCode(code, call.function, call.args, value, ...limits(simulation), salt),
		);
		const contract = find(events, "contracts", "Deployed").data.contract.toString();
		writeFileSync(values.kept, JSON.stringify({ ...kept(), [genesis]: contract }));
		console.log(`  contract           ${contract}`);
	} else if (what === "view") {
		const output = await api.call.contractsApi.view(who.address, target(), call, MOST.gas);
		if (output.isErr) throw new Error(`It does not answer: ${reasonOf(api, output.asErr)}`);
		show(output.asOk.data);
	} else {
		throw new Error(`Neither deploy, call, simulate nor view: ${what}`);
	}
	await api.disconnect();
}

if (process.argv[1]?.endsWith("contract.mjs")) {
	main().catch((error) => {
		console.error(`\x1b[31m${error.message}\x1b[0m`);
		process.exit(1);
	});
}
