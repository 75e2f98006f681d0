// Prints the plain chain specification of a local network: the node's own `local` or `live` one, read
// from standard input, with the validators //Alice, //Bob, ... in the number asked for, and with so many
// accounts of nobody that have 1 MBO each. What staking chooses can be changed: a test of something else
// wants nobody chilled whose node it has stopped.
//
//   spec.mjs VALIDATORS [EPOCH_SLOTS [ACCOUNTS [STAKING]]] < local.json
import { Keyring } from "@polkadot/api";
import { blake2AsU8a, cryptoWaitReady, encodeAddress } from "@polkadot/util-crypto";
import { integer, MBO, NAMES, nameOf, readSpec, writeSpec } from "../scripts/clients/common.mjs";

await cryptoWaitReady();
const [validators, epochSlots, accounts = 0] = process.argv.slice(2, 5).map(Number);
const staking = JSON.parse(process.argv[5] ?? '{"leastAttested": 0}');
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const spec = readSpec(Buffer.concat(chunks).toString());

const sr = new Keyring({ type: "sr25519", ss58Format: 42 });
const ed = new Keyring({ type: "ed25519", ss58Format: 42 });
const patch = spec.genesis.runtimeGenesis.patch;
patch.session.keys = Array.from({ length: validators }, (_, index) => {
	const uri = `//${nameOf(index)}`;
	const [own, grandpa] = [sr.addFromUri(uri).address, ed.addFromUri(uri).address];
	return [own, own, { babe: own, grandpa, authority_discovery: own, pouw: own }];
});
// On `live` nobody has anything yet.
if (!patch.balances.balances.length)
	patch.balances.balances = NAMES.map((name) => [sr.addFromUri(`//${name}`).address, integer(1_000_000n * MBO)]);
const [, stake, commission] = patch.staking.validators[0] ?? [, patch.staking.parameters.leastOwnStake, 50_000_000];
patch.staking.validators = patch.session.keys.map(([own]) => [own, stake, commission]);
const { parameters } = patch.staking;
if (epochSlots) {
	patch.pouw.epochSlots = epochSlots;
	// A slash falls a day after its report, as always.
	parameters.deferralSlots = parameters.dayEpochs * epochSlots;
}
Object.assign(parameters, staking);
const endowed = new Set(patch.balances.balances.map(([who]) => who));
for (const [own] of patch.session.keys)
	if (!endowed.has(own)) patch.balances.balances.push([own, integer(2n * BigInt(stake.replace("integer ", "")))]);
for (let index = 0; index < accounts; index++)
	patch.balances.balances.push([encodeAddress(blake2AsU8a(`account ${index}`), 42), integer(MBO)]);
spec.id = "mbongo_network";
// Whose nodes make their own keys, and meet on loopback.
spec.chainType = "Local";
spec.name = "Mbongo Network";
console.log(writeSpec(spec));
