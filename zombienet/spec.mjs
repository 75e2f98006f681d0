// Prints the plain chain specification of a local network: the node's own `local` one, read from
// standard input, with the validators //Alice, //Bob, ... in the number asked for.
//
//   spec.mjs VALIDATORS [EPOCH_SLOTS] < local.json
import { Keyring } from "@polkadot/api";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import { nameOf } from "../scripts/clients/common.mjs";

await cryptoWaitReady();
const [validators, epochSlots] = process.argv.slice(2).map(Number);
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
// Balances are larger than JavaScript's numbers: they pass through as text.
const text = Buffer.concat(chunks).toString().replace(/([[,:]\s*)(\d{16,})(?=\s*[,\]}])/g, '$1"integer $2"');
const spec = JSON.parse(text);

const sr = new Keyring({ type: "sr25519", ss58Format: 42 });
const ed = new Keyring({ type: "ed25519", ss58Format: 42 });
const patch = spec.genesis.runtimeGenesis.patch;
patch.session.keys = Array.from({ length: validators }, (_, index) => {
	const uri = `//${nameOf(index)}`;
	const [own, grandpa] = [sr.addFromUri(uri).address, ed.addFromUri(uri).address];
	return [own, own, { babe: own, grandpa, authority_discovery: own, pouw: own }];
});
if (epochSlots) patch.pouw.epochSlots = epochSlots;
spec.id = "mbongo_network";
spec.name = "Mbongo Network";
console.log(JSON.stringify(spec).replace(/"integer (\d+)"/g, "$1"));
