// Checks what a run brought to the server: each record of the input once, its content unchanged.
import { isDeepStrictEqual } from "node:util";
import { cbor } from "@smithy/core/cbor";
import { textsOf } from "../../support/put_record.js";

interface PutRecordsRequest {
  readonly Records: readonly { readonly Data: string | Uint8Array; readonly PartitionKey: string }[];
}

const headBytes = 5;

/** The records in bodies that the server kept: aggregates taken apart, all unpacked and parsed. */
export function recordsIn(kept: Buffer): unknown[] {
  const records: unknown[] = [];
  for (let at = 0; at < kept.length; ) {
    const end = at + headBytes + kept.readUInt32LE(at);
    const body = kept.subarray(at + headBytes, end);
    const request = (kept[at + 4] === 1 ? cbor.deserialize(body) : JSON.parse(body.toString())) as PutRecordsRequest;
    for (const { Data: given, PartitionKey: partitionKey } of request.Records) {
      const data = typeof given === "string" ? Buffer.from(given, "base64") : given;
      for (const text of textsOf({ data, partitionKey })) records.push(JSON.parse(text));
    }
    at = end;
  }
  return records;
}

/** Throws when the records that arrived are not those of the input, in whatever order. */
export function checkArrival(arrived: readonly unknown[], input: readonly Record<string, unknown>[]): void {
  if (arrived.length !== input.length) throw new Error(`${arrived.length} records arrived of ${input.length}`);
  const byName = new Map(input.map((record) => [nameOf(record), record]));
  for (const record of arrived) {
    const name = nameOf(record as Record<string, unknown>);
    const expected = byName.get(name);
    if (expected === undefined) throw new Error(`a record arrived twice, or was never put in: ${JSON.stringify(record)}`);
    byName.delete(name);
    if (!isDeepStrictEqual(record, expected)) {
      throw new Error(`arrived: ${JSON.stringify(record)}\nput in:  ${JSON.stringify(expected)}`);
    }
  }
}

/** The pod's identifier, which is made of 128 random bits for each record. */
function nameOf(record: Record<string, unknown>): string {
  return (record["kubernetes"] as { readonly pod_id: string } | undefined)?.pod_id ?? "";
}
