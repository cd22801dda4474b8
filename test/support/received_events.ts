// Reads the entries that a scripted client accepted as a consumer would: deaggregated and decompressed.
import { gunzipSync, inflateSync } from "node:zlib";
import type { EntryView } from "../../src/pack/entry_table.js";
import type { PutRecordsOutcome } from "../../src/delivery/kinesis_client.js";
import { isAggregate, parseAggregate } from "./kpl_aggregate.js";

/** Returns the accepted entries of a request, by its outcome. */
export function takenOf(entries: readonly EntryView[], outcome: PutRecordsOutcome): EntryView[] {
  if (outcome.kind === "failed") return [];
  const failed = new Set(outcome.failed.map(({ index }) => index));
  return entries.filter((_, index) => !failed.has(index));
}

/** Returns the texts of an entry's user records. */
export function textsIn({ data }: EntryView): string[] {
  const parts = isAggregate(data) ? parseAggregate(data).records.map((record) => record.data) : [data];
  return parts.map((part) => Buffer.from(unpack(part)).toString());
}

export function allTextsIn(entries: readonly EntryView[]): string[] {
  return entries.flatMap(textsIn);
}

/** Decompresses by the first bytes of gzip (1f 8b) and of zlib at level 6 (78 9c); JSON begins otherwise. */
function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  return bytes[0] === 0x78 && bytes[1] === 0x9c ? inflateSync(bytes) : bytes;
}
