// BABE's claim to a slot, from the items of a header's digest as RPC writes them: who wrote the block,
// and in which slot.
exports.claimOf = (logs) => {
	// PreRuntime, "BABE" and the length, and then the kind of slot, the authority's index, the slot.
	const claim = logs.find((log) => log.startsWith("0x0642414245"));
	const bytes = Buffer.from(claim.slice(2), "hex");
	const body = bytes.subarray((bytes[5] & 3) === 0 ? 6 : 7);
	return { author: body.readUInt32LE(1), slot: body.readBigUInt64LE(5) };
};
