// Times aggregation: our writer against protobufjs, from user records to aggregated records. As in a pipeline, our records
// are in the sink already; protobufjs's are in separate arrays.
//
// Once with MD5, as in use, and once without, since MD5 is the same for both.
import { createHash } from "node:crypto";
import { Aggregator } from "../../../src/pack/aggregator.js";
import type { Md5 } from "../../../src/pack/aggregated_record.js";
import { EntryTable } from "../../../src/pack/entry_table.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { aggregatedRecordType, writeAggregate } from "../../support/kpl_aggregate.js";
import { containerLogMix } from "../mixes/mixes.js";
import { type Case, mustEqual } from "../stage.js";
import { allViewsOf } from "../../support/entry.js";

const count = 2000;
const mebibyte = 1024 * 1024;
const key = "checkout-7d9f";
const magic = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
const limits = { maximumRecordBytes: mebibyte, skipRecordBytes: mebibyte, serviceRecordBytes: mebibyte };
const zeros = new Uint8Array(16);
const hashes: Readonly<Record<string, Md5>> = {
  "with MD5": (bytes) => createHash("md5").update(bytes).digest(),
  "without MD5": () => zeros,
};

export function aggregationCases(): Case[] {
  const records = containerLogMix.bodies(count).map((body) => Buffer.from(JSON.stringify(body)));
  const message = () => {
    const parts = records.map((data) => ({ partition_key_index: 0, data }));
    return { partition_key_table: [key], explicit_hash_key_table: [], records: parts };
  };
  const sink = new ByteSink();
  const table = new EntryTable(sink);
  const ends = records.map((data) => {
    sink.append(data);
    return sink.length;
  });
  return Object.entries(hashes).map(([name, md5]) => {
    const ours = (): Uint8Array => {
      const aggregator = new Aggregator(limits, { randomKey: () => key, md5, shardMap: undefined, table });
      let start = 0;
      table.clear();
      sink.length = ends[ends.length - 1] as number;
      ends.forEach((end, event) => {
        aggregator.add(start, end, key, event);
        start = end;
      });
      aggregator.close();
      const written = allViewsOf(table).map(({ data }) => data);
      return written.length === 1 ? (written[0] as Uint8Array) : Buffer.concat(written);
    };
    const protobufjs = (): Uint8Array => {
      const bytes = aggregatedRecordType.encode(message()).finish();
      return Buffer.concat([magic, bytes, md5(bytes)]);
    };
    const expected = name === "with MD5" ? writeAggregate(message()) : protobufjs();
    mustEqual(ours(), expected, `aggregate ${name}, ours`);
    mustEqual(protobufjs(), expected, `aggregate ${name}, protobufjs`);
    return {
      stage: "aggregation",
      name,
      records: count,
      bytes: records.reduce((sum, { length }) => sum + length, 0),
      ours: { name: "ours", run: ours },
      others: [{ name: "protobufjs", run: protobufjs }],
    };
  });
}
