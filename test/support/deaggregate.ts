// Deaggregates KPL aggregates with AWS's own package, which shares no code with ours; explicit hash keys with protobufjs.
import { createRequire } from "node:module";
import type { ReceivedRecord } from "./kinesis_local.js";
import { parseAggregate } from "./kpl_aggregate.js";

export interface UserRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Index in its aggregate; undefined for a record outside of an aggregate. */
  readonly subSequenceNumber: number | undefined;
  readonly outerPartitionKey: string;
  readonly explicitHashKey: string | undefined;
}

interface KplUserRecord {
  readonly partitionKey: string;
  readonly subSequenceNumber?: number;
  readonly data: string;
}

interface KplPackage {
  deaggregateSync(
    record: { readonly data: string; readonly partitionKey: string; readonly sequenceNumber: string },
    computeChecksums: boolean,
    done: (error: Error | undefined, records?: readonly KplUserRecord[]) => void,
  ): void;
}

// The package's own declarations need two packages that are not installed.
const kpl = createRequire(import.meta.url)("aws-kinesis-agg") as KplPackage;

/** Returns the user records of a stream record, checksum verified; a plain record is returned unchanged. */
export function deaggregate(record: ReceivedRecord): UserRecord[] {
  const users: UserRecord[] = [];
  const input = {
    data: Buffer.from(record.data).toString("base64"),
    partitionKey: record.partitionKey,
    sequenceNumber: record.sequenceNumber,
  };
  const hashKeys = isAggregate(record) ? explicitHashKeysOf(record.data) : [];
  kpl.deaggregateSync(input, true, (error, found = []) => {
    if (error) throw error;
    for (const [position, user] of found.entries()) {
      users.push({
        partitionKey: user.partitionKey,
        data: Buffer.from(user.data, "base64"),
        subSequenceNumber: user.subSequenceNumber,
        outerPartitionKey: record.partitionKey,
        explicitHashKey: hashKeys[position],
      });
    }
  });
  return users;
}

/** Returns the explicit hash key of each record. AWS's package returns the table's first one for a record without. */
function explicitHashKeysOf(data: Uint8Array): (string | undefined)[] {
  const { records, explicit_hash_key_table: table } = parseAggregate(data);
  return records.map(({ explicit_hash_key_index: index }) => (index === undefined ? undefined : table[index]));
}

export function deaggregateAll(records: readonly ReceivedRecord[]): UserRecord[] {
  return records.flatMap(deaggregate);
}

/** Returns whether a stream record is a KPL aggregate, by its first four bytes. */
export function isAggregate(record: ReceivedRecord): boolean {
  return Buffer.from(record.data.subarray(0, 4)).toString("hex") === "f3899ac2";
}
