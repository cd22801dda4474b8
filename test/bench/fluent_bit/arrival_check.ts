// Checks the records that arrived in a run: each of the input once, unchanged, under its partition key.
import { isDeepStrictEqual } from "node:util";
import { cbor } from "@smithy/core/cbor";
import { textsOf } from "../../support/put_record.js";
import { keptRequests } from "./kept_requests.js";

interface PutRecordsRequest {
  readonly Records: readonly { readonly Data: string | Uint8Array; readonly PartitionKey: string }[];
}

interface Arrival {
  readonly record: unknown;
  readonly partitionKey: string;
}

/** Yields the records in bodies that the server kept, deaggregated, decompressed and parsed. */
function* arrivalsIn(kept: Buffer): Generator<Arrival> {
  for (const { body, isCbor } of keptRequests(kept)) {
    const request = (isCbor ? cbor.deserialize(body) : JSON.parse(body.toString())) as PutRecordsRequest;
    for (const { Data: given, PartitionKey: partitionKey } of request.Records) {
      const data = typeof given === "string" ? Buffer.from(given, "base64") : given;
      for (const text of textsOf({ data, partitionKey })) yield { record: JSON.parse(text), partitionKey };
    }
  }
}

export function recordsIn(kept: Buffer): unknown[] {
  return Array.from(arrivalsIn(kept), ({ record }) => record);
}

/** Throws when the records that arrived are not those of the input, in any order. */
export function checkArrival(arrived: readonly unknown[], input: readonly Record<string, unknown>[]): void {
  if (arrived.length !== input.length) throw new Error(`${arrived.length} records arrived of ${input.length}`);
  const byName = new Map(input.map((record) => [nameOf(record), record]));
  for (const record of arrived) {
    const name = nameOf(record as Record<string, unknown>);
    const expected = byName.get(name);
    if (expected === undefined) throw new Error(`a record arrived twice, or is not in the input: ${JSON.stringify(record)}`);
    byName.delete(name);
    if (!isDeepStrictEqual(record, expected)) {
      throw new Error(`arrived: ${JSON.stringify(record)}\nput in:  ${JSON.stringify(expected)}`);
    }
  }
}

/** Throws when a record does not have the value of this field as its partition key. */
export function checkPartitionKeys(kept: Buffer, field: string): void {
  for (const { record, partitionKey } of arrivalsIn(kept)) {
    const expected = (record as Record<string, unknown>)[field];
    if (partitionKey !== expected) throw new Error(`a record of ${JSON.stringify(expected)} has the partition key '${partitionKey}'`);
  }
}

/** Returns the pod's identifier, which has 128 random bits for each record. */
function nameOf(record: Record<string, unknown>): string {
  return (record["kubernetes"] as { readonly pod_id: string } | undefined)?.pod_id ?? "";
}
