// Takes KPL aggregates apart with AWS's own package, which shares no code with ours; explicit hash keys by protobufjs.
import { createRequire } from "node:module";
import type { ReceivedRecord } from "./kinesis_local.js";
import { parseAggregate } from "./kpl_aggregate.js";

export interface UserRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** The place in its aggregate; undefined for a record that was sent on its own. */
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

// The package's own declarations need two others that are not installed.
const kpl = createRequire(import.meta.url)("aws-kinesis-agg") as KplPackage;

/** The user records of one stream record, checksum verified; a plain record comes back as it is. */
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

/** Of each record. The package gives one that has none the first of the table, where a consumer of AWS's sees none. */
function explicitHashKeysOf(data: Uint8Array): (string | undefined)[] {
  const { records, explicit_hash_key_table: table } = parseAggregate(data);
  return records.map(({ explicit_hash_key_index: index }) => (index === undefined ? undefined : table[index]));
}

export function deaggregateAll(records: readonly ReceivedRecord[]): UserRecord[] {
  return records.flatMap(deaggregate);
}

/** Whether a stream record is a KPL aggregate: its first four bytes say so. */
export function isAggregate(record: ReceivedRecord): boolean {
  return Buffer.from(record.data.subarray(0, 4)).toString("hex") === "f3899ac2";
}
