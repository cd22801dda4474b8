// Property: each user record is in exactly one aggregate, in its key's order, and aggregates are within their limits.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Aggregator } from "../../src/pack/aggregator.js";
import { hashKeyOf, ShardMap, type Shard } from "../../src/pack/shard_map.js";
import { EntryTable, type EntryView } from "../../src/pack/entry_table.js";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { isAggregate, parseAggregate } from "../support/kpl_aggregate.js";
import { allViewsOf, keyOf } from "../support/entry.js";
import { appended } from "../support/sink_records.js";

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();
const keys = ["a", "ü", "\u{1f511}", "k".repeat(127), "k".repeat(128), "k".repeat(256)];

const records = fc.array(
  fc.record({
    key: fc.option(fc.constantFrom(...keys), { nil: undefined }),
    length: fc.oneof({ weight: 9, arbitrary: fc.nat(200) }, { weight: 1, arbitrary: fc.nat(5000) }),
  }),
  { maxLength: 200 },
);
const limits = fc.record({
  maximumRecordBytes: fc.integer({ min: 100, max: 6000 }),
  skipRecordBytes: fc.integer({ min: 1, max: 5100 }),
  serviceRecordBytes: fc.integer({ min: 100, max: 6000 }),
});

/** No map, or one of the whole range, cut at these points. */
const shardMaps = fc.option(
  fc.uniqueArray(fc.bigInt({ min: 1n, max: (1n << 128n) - 1n }), { maxLength: 6 }).map((cuts) => {
    const starts = [0n, ...cuts.sort((a, b) => (a < b ? -1 : 1))];
    return starts.map((startingHashKey, index) => ({
      id: `shard ${index}`,
      startingHashKey,
      endingHashKey: (starts[index + 1] ?? 1n << 128n) - 1n,
    }));
  }),
  { nil: undefined },
);

interface Found {
  readonly index: number;
  readonly key: string;
  readonly length: number;
}

/** Returns data that identifies its input, and does not begin like an aggregate. */
function dataOf(index: number, length: number): Buffer {
  return Buffer.from(`${index};`.padEnd(length, "."));
}

function recordsIn(entry: EntryView): Found[] {
  const found = (data: Uint8Array, key: string): Found => {
    const text = Buffer.from(data).toString();
    return { index: Number.parseInt(text, 10), key, length: data.length };
  };
  if (!isAggregate(entry.data)) return [found(entry.data, keyOf(entry))];
  const parsed = parseAggregate(entry.data);
  const routingHash = BigInt(`0x${createHash("md5").update(keyOf(entry)).digest("hex")}`).toString();
  return parsed.records.map((record) => {
    const key = parsed.partition_key_table[record.partition_key_index] as string;
    if (key !== entry.partitionKey) {
      expect(parsed.explicit_hash_key_table[record.explicit_hash_key_index as number]).toBe(routingHash);
    }
    return found(record.data, key);
  });
}

it("aggregation loses, duplicates and reorders no record, and keeps the limits", () => {
  fc.assert(
    fc.property(records, limits, shardMaps, (inputs, { maximumRecordBytes, skipRecordBytes, serviceRecordBytes }, shards) => {
      const sink = new ByteSink(100);
      const table = new EntryTable(sink);
      let random = 0;
      const randomKey = () => `random ${random++}`;
      const aggregator = new Aggregator(
        { maximumRecordBytes, skipRecordBytes, serviceRecordBytes },
        {
          randomKey,
          md5,
          shardMap: shards === undefined ? undefined : new ShardMap(shards),
          table,
        },
      );
      const data = inputs.map(({ length }, index) => dataOf(index, length));
      data.forEach((bytes, index) => aggregator.add(...appended(sink, bytes), inputs[index]?.key, index));
      aggregator.close();
      const entries = allViewsOf(table);

      const found = entries.flatMap(recordsIn);
      expect(found.map(({ index }) => index).sort((a, b) => a - b)).toEqual(data.map((_, index) => index));
      for (const { index, key, length } of found) {
        expect(length).toBe(data[index]?.length);
        const given = inputs[index]?.key;
        if (given !== undefined) expect(key).toBe(given);
      }
      for (const key of keys) {
        const order = found.filter(({ index }) => inputs[index]?.key === key).map(({ index }) => index);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
      for (const entry of entries) {
        expect(entry.sizeBytes).toBe(entry.data.length + Buffer.byteLength(keyOf(entry)));
        expect(entry.events).toEqual(recordsIn(entry).map(({ index }) => index));
        const shard = shards?.find(({ id }) => id === entry.shardId);
        expect(shard === undefined).toBe(shards === undefined);
        for (const { key } of shard === undefined ? [] : recordsIn(entry)) {
          const hashKey = hashKeyOf(md5(Buffer.from(key)));
          expect(hashKey >= (shard as Shard).startingHashKey && hashKey <= (shard as Shard).endingHashKey).toBe(true);
        }
        if (!isAggregate(entry.data)) continue;
        expect(entry.data.length).toBeLessThan(maximumRecordBytes);
        expect(entry.sizeBytes).toBeLessThanOrEqual(serviceRecordBytes);
        for (const { length } of recordsIn(entry)) expect(length).toBeLessThan(skipRecordBytes);
      }
    }),
    { numRuns: 300 },
  );
});
