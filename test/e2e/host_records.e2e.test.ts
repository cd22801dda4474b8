// Tests the plugin's records, from a chunk of the host to the records of a stream.
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { inflate } from "pako";
import { describe, expect, it, vi } from "vitest";
import { deaggregate, deaggregateAll, isAggregate } from "../support/deaggregate.js";
import { chunkOf, encodeV1, encodeV2, groupEnd, groupStart } from "../support/event_chunk.js";
import { jsonOf, textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
const numbered = (count: number): { n: number; log: string }[] =>
  Array.from({ length: count }, (_, n) => ({ n, log: `line ${n}` }));

describe("records", () => {
  const bodies = [
    { log: "plain", stream: "stdout" },
    { log: 'quotes " and \\ and \u0001 and ümläut 漢字 🎉', nested: { list: [1, -2, 3.5, true, false, null, "x"] } },
    { empty: {}, none: [], text: "", big: 4_294_967_296, small: -2_147_483_649 },
  ];

  it("arrive in order with the input's JSON values", async () => {
    const received = await streams.sendOnce(chunkOf(bodies));
    expect(received.map(jsonOf)).toEqual(bodies);
  });

  it("keep 64-bit integers exact", async () => {
    const received = await streams.sendOnce(chunkOf([{ most: 18_446_744_073_709_551_615n, odd: 9_007_199_254_740_993n }]));
    expect(received.map(textOf)).toEqual(['{"most":18446744073709551615,"odd":9007199254740993}']);
  });

  it("of both formats and all kinds of time arrive, but no group markers", async () => {
    const chunk = Buffer.concat([
      groupStart({ schema: "otlp" }, { resource: {} }),
      encodeV1({ body: { v: 1 }, time: { kind: "ext", seconds: 1_700_000_000, nanoseconds: 5 } }),
      encodeV1({ body: { v: 2 }, time: { kind: "int", seconds: 1_700_000_000 } }),
      encodeV1({ body: { v: 3 }, time: { kind: "float", seconds: 1_700_000_000.25 } }),
      encodeV2({ body: { v: 4 }, metadata: { a: 1 } }),
      groupEnd(),
    ]);
    const received = await streams.sendOnce(chunk);
    expect(received.map(jsonOf)).toEqual([{ v: 1 }, { v: 2 }, { v: 3 }, { v: 4 }]);
  });

  it("get a random partition key each by default", async () => {
    const received = await streams.sendOnce(chunkOf(numbered(50)));
    expect(new Set(received.map((record) => record.partitionKey)).size).toBe(50);
  });

  it("take their partition key from a nested field", async () => {
    const chunk = chunkOf([{ kubernetes: { pod: { name: "a-1" } } }, { kubernetes: { pod: { name: "b-2" } } }, { x: 1 }]);
    const received = await streams.sendOnce(chunk, { partition_key: "kubernetes->pod->name" });
    expect(received.slice(0, 2).map((record) => record.partitionKey)).toEqual(["a-1", "b-2"]);
    expect(received[2]?.partitionKey).toMatch(/^.{8,256}$/);
  });

  it("have only the keys of data_keys, and the partition key is found before the others are removed", async () => {
    const chunk = chunkOf([{ a: 1, b: { c: 2 }, d: 3, key: "k" }]);
    const received = await streams.sendOnce(chunk, { data_keys: "a, b", partition_key: "key" });
    expect(received.map(jsonOf)).toEqual([{ a: 1, b: { c: 2 } }]);
    expect(received[0]?.partitionKey).toBe("k");
  });

  it("are only the value of log_key: strings raw, others as JSON; records without it are dropped", async () => {
    const chunk = chunkOf([{ log: 'raw "text"' }, { log: { a: [1] } }, { log: 7 }, { other: 1 }, { log: "last" }]);
    const received = await streams.sendOnce(chunk, { log_key: "log" });
    expect(received.map(textOf)).toEqual(['raw "text"', '{"a":[1]}', "7", "last"]);
  });

  it("end with a newline under append_newline", async () => {
    const received = await streams.sendOnce(chunkOf([{ a: 1 }, { a: 2 }]), { append_newline: "True" });
    expect(received.map(textOf)).toEqual(['{"a":1}\n', '{"a":2}\n']);
  });

  it("have their own time under time_key, in the format of time_key_format", async () => {
    const time = { kind: "ext", seconds: 1_700_000_000, nanoseconds: 123_456_789 } as const;
    const chunk = Buffer.concat([encodeV2({ body: { a: 1 }, time }), encodeV1({ body: { a: 2 }, time })]);
    const options = { time_key: "at", time_key_format: "%Y-%m-%dT%H:%M:%S.%L %f" };
    const received = await streams.sendOnce(chunk, options);
    const at = "2023-11-14T22:13:20.123 123456";
    expect(received.map(jsonOf)).toEqual([{ a: 1, at }, { a: 2, at }]);
  });

  it("have the dots replaced in keys at every depth", async () => {
    const chunk = chunkOf([{ "a.b": { "c.d.e": 1 }, list: [{ "f.g": "x.y" }] }]);
    const received = await streams.sendOnce(chunk, { replace_dots: "-" });
    expect(received.map(jsonOf)).toEqual([{ "a-b": { "c-d-e": 1 }, list: [{ "f-g": "x.y" }] }]);
  });

  it.each([
    ["gzip", (data: Uint8Array): Uint8Array => gunzipSync(data)],
    ["ZLIB", (data: Uint8Array): Uint8Array => inflate(data)],
  ])("are compressed one by one with compression %s", async (compression, unpack) => {
    const received = await streams.sendOnce(chunkOf(bodies), { compression });
    expect(received.map((record) => jsonOf({ data: unpack(record.data) }))).toEqual(bodies);
  });
});

describe("aggregates", () => {
  it("have all records in order", async () => {
    const received = await streams.sendOnce(chunkOf(numbered(300)), { aggregation: "true" });
    expect(received.length).toBeLessThan(10);
    expect(received.every(isAggregate)).toBe(true);
    expect(deaggregateAll(received).map(jsonOf)).toEqual(numbered(300));
  });

  it("have each record's own partition key, in order by key, inside the shard that they arrived in", async () => {
    const bodies = numbered(200).map((body) => ({ ...body, key: `key-${body.n % 7}` }));
    const stream = await streams.newStream(4);
    const host = await streams.host();
    const instance = await host.open(streams.options(stream, { aggregation: "true", partition_key: "key" }));
    expect(await host.flush(instance, chunkOf(bodies))).toBe(1);
    const received = await streams.kinesis.readAll(stream);
    const ranges = await streams.kinesis.shardRanges(stream);
    const byKey = new Map<string, unknown[]>();
    for (const record of received) {
      const range = ranges.get(record.shardId);
      for (const user of deaggregate(record)) {
        byKey.set(user.partitionKey, [...(byKey.get(user.partitionKey) ?? []), jsonOf(user)]);
        const md5 = createHash("md5").update(user.partitionKey).digest("hex");
        const hashKey = user.explicitHashKey === undefined ? BigInt(`0x${md5}`) : BigInt(user.explicitHashKey);
        expect(hashKey >= (range?.first ?? 1n) && hashKey <= (range?.last ?? 0n)).toBe(true);
      }
    }
    const expected = new Map<string, unknown[]>();
    for (const body of bodies) expected.set(body.key, [...(expected.get(body.key) ?? []), body]);
    expect(Object.fromEntries(byKey)).toEqual(Object.fromEntries(expected));
  });

  it("have compressed records that can be decompressed one by one", async () => {
    const received = await streams.sendOnce(chunkOf(numbered(40)), { aggregation: "true", compression: "gzip" });
    const users = deaggregateAll(received);
    expect(users.map((user) => jsonOf({ data: gunzipSync(user.data) }))).toEqual(numbered(40));
  });

  it("stay below aggregation_maximum_record_size, and larger records are sent alone", async () => {
    const bodies = [...numbered(100), { n: 100, log: "x".repeat(3000) }];
    const options = { aggregation: "true", aggregation_maximum_record_size: "2000", skip_aggregation_record_size: "1500" };
    const received = await streams.sendOnce(chunkOf(bodies), options);
    const aggregates = received.filter(isAggregate);
    expect(aggregates.length).toBeGreaterThan(1);
    for (const aggregate of aggregates) expect(aggregate.data.length).toBeLessThanOrEqual(2000);
    expect(received.filter((record) => !isAggregate(record)).map(jsonOf)).toEqual([bodies[100]]);
    const arrived = deaggregateAll(received).map(jsonOf);
    expect(arrived.sort((a, b) => Number(a["n"]) - Number(b["n"]))).toEqual(bodies);
  });
});

describe("chunks", () => {
  it("of 1,201 records need several concurrent requests, and arrive once", async () => {
    const received = await streams.sendOnce(chunkOf(numbered(1201)));
    expect(received.map(jsonOf).sort((one, other) => Number(one["n"]) - Number(other["n"]))).toEqual(numbered(1201));
  });

  it("of 2,500 records with eight partition keys arrive in the order of each key, over several requests", async () => {
    const bodies = numbered(2500).map((body) => ({ ...body, key: `pod-${body.n % 8}` }));
    const received = await streams.sendOnce(chunkOf(bodies), { partition_key: "key" });
    expect(received).toHaveLength(2500);
    for (let key = 0; key < 8; key++) {
      const ofKey = received.map(jsonOf).filter((body) => body["key"] === `pod-${key}`);
      expect(ofKey).toEqual(bodies.filter((body) => body.key === `pod-${key}`));
    }
  });

  it("over 5 MiB arrive whole", async () => {
    const bodies = Array.from({ length: 70 }, (_, n) => ({ n, log: String.fromCharCode(97 + (n % 26)).repeat(100_000) }));
    const received = await streams.sendOnce(chunkOf(bodies));
    expect(received.map(textOf).sort()).toEqual(bodies.map((body) => JSON.stringify(body)).sort());
  });
});
