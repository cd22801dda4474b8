// Tests requests in CBOR through the host program: the stream has the same records; an endpoint that rejects CBOR gets JSON.
import { gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { deaggregateAll, isAggregate } from "../support/deaggregate.js";
import { chunkOf } from "../support/event_chunk.js";
import { FaultyKinesis } from "../support/faulty_kinesis.js";
import { REGION } from "../support/kinesis_local.js";
import { FLB_OK, FLB_RETRY, type Options } from "../support/plugin_host.js";
import { jsonOf, textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
const inCbor = { request_format: "cbor" };
const randomKeyBytes = 8;

/** Flushes once in CBOR, in which every request must be accepted; returns the stream's records. */
async function sendInCbor(bodies: readonly object[], options: Options = {}, shards = 1) {
  const stream = await streams.newStream(shards);
  const front = await streams.front();
  const host = await streams.host();
  const instance = await host.open(streams.options(stream, { ...inCbor, endpoint: front.endpoint, ...options }));
  expect(await host.flush(instance, chunkOf(bodies)), host.stderr).toBe(FLB_OK);
  expect((await host.end()).status).toBe(0);
  expect(new Set(front.forms)).toEqual(new Set(["cbor"]));
  return { received: await streams.kinesis.readAll(stream), requests: front.forms.length };
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ n, log: `line ${n} ümläut 漢字 🎉 "\\` }));

describe("in CBOR", () => {
  it("1,201 records arrive once, with random keys", async () => {
    const { received, requests } = await sendInCbor(numbered(1201));
    expect(requests).toBe(3);
    expect(received.map(jsonOf).sort((one, other) => Number(one["n"]) - Number(other["n"]))).toEqual(numbered(1201));
    expect(new Set(received.map(({ partitionKey }) => partitionKey)).size).toBe(1201);
    expect(received.every(({ partitionKey }) => /^[A-Za-z0-9]{8}$/.test(partitionKey))).toBe(true);
  });

  it("batches of 1, 23 and 24 records arrive: the list's head has another form from 24 on", async () => {
    for (const count of [1, 23, 24]) expect((await sendInCbor(numbered(count))).received.map(jsonOf)).toEqual(numbered(count));
  });

  it("aggregates by shard arrive with all records and keys", async () => {
    const bodies = numbered(400).map((body) => ({ ...body, key: `pod-${body.n % 20}` }));
    const { received } = await sendInCbor(bodies, { aggregation: "true", partition_key: "key" }, 4);
    expect(received.every(isAggregate)).toBe(true);
    expect(new Set(received.map(({ shardId }) => shardId)).size).toBe(4);
    const users = deaggregateAll(received).map((user) => ({ body: jsonOf(user), key: user.partitionKey }));
    expect(users.every(({ body, key }) => body["key"] === key)).toBe(true);
    expect(users.map(({ body }) => body).sort((a, b) => Number(a["n"]) - Number(b["n"]))).toEqual(bodies);
  });

  it("compressed records can be decompressed", async () => {
    const { received } = await sendInCbor(numbered(60), { compression: "gzip" });
    expect(received.map(({ data }) => jsonOf({ data: gunzipSync(data) }))).toEqual(numbered(60));
  });

  it("partition keys of unusual characters and various lengths stay the same", async () => {
    const odd = [" ", '"', "\\", "\n\t", "\u0001", "\u007f", "ä", "漢字", "🎉", "e\u0301", "\u2028", "FailedRecordCount\u0000", "Data", "nSequenceNumber"];
    const lengths = [23, 24, 255, 256];
    const keys = [...odd, ...lengths.flatMap((length) => ["k".repeat(length), "ü".repeat(length), "漢".repeat(length)])];
    const { received } = await sendInCbor(keys.map((key) => ({ key })), { partition_key: "key" });
    expect(received.map(({ partitionKey }) => partitionKey)).toEqual(keys);
    expect(received.map(jsonOf)).toEqual(keys.map((key) => ({ key })));
  });

  it("records arrive byte for byte at the lengths where their heads change, up to 1 MiB with the key", async () => {
    const lengths = [1, 23, 24, 255, 256, 65_535, 65_536, 1_048_576 - randomKeyBytes];
    const { received } = await sendInCbor(lengths.map((length) => ({ log: "x".repeat(length) })), { log_key: "log" });
    expect(received.map(textOf)).toEqual(lengths.map((length) => "x".repeat(length)));
  });

  it("records of up to 10 MiB arrive in a stream that accepts them", async () => {
    const limit = 10 * 1024 * 1024;
    const kinesis = await streams.instantKinesis();
    const host = await streams.host();
    const common = { stream: "large", region: REGION, endpoint: kinesis.endpoint, max_record_size: String(limit) };
    const instance = await host.open({ ...common, ...inCbor, log_key: "log" });
    const logs = [1, limit - randomKeyBytes, 6_000_000].map((length) => "0123456789abcdef".repeat(limit / 16).slice(0, length));
    expect(await host.flush(instance, chunkOf(logs.map((log) => ({ log }))))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(kinesis.received.map((data) => logs.indexOf(Buffer.from(data).toString()))).toEqual([0, 1, 2]);
    expect(kinesis.forms).toEqual(["cbor", "cbor", "cbor"]);
  });
});

const refusals = ["400:SerializationException", "400:UnknownOperationException", "400:UnsupportedMediaTypeException", "415"];
const balanced = { lost: [], doubledAvoidably: [], doubledUnavoidably: [], refused: [], unknown: [] };

describe("where CBOR is rejected", () => {
  it.each(refusals)("with %s, all further requests are in JSON, with one warning, no record lost or doubled", async (refusal) => {
    // The rejection may come late, as when an endpoint is replaced.
    const kinesis = await FaultyKinesis.start(`ok*2, no-cbor(${refusal})`);
    try {
      const host = await streams.host();
      const common = { stream: "any", region: REGION, endpoint: kinesis.endpoint };
      const instance = await host.open({ ...common, ...inCbor });
      const bodies = numbered(1201);
      const chunks = [bodies.slice(0, 1001), bodies.slice(1001, 1101), bodies.slice(1101)];
      for (const chunk of chunks) expect(await host.flush(instance, chunkOf(chunk)), host.stderr).toBe(FLB_OK);
      expect((await host.end()).status).toBe(0);
      expect(kinesis.ledger.balance(bodies.map((body) => JSON.stringify(body)))).toEqual(balanced);
      expect(kinesis.forms).toEqual(["cbor", "cbor", "cbor", "json", "json", "json"]);
      expect(host.problems.filter((line) => !line.includes("partition key"))).toEqual([
        expect.stringMatching(/level=warning.*does not accept CBOR requests.*JSON.*request_format/),
      ]);
    } finally {
      await kinesis.destroy();
    }
  });

  it("four concurrent threads lose and double no record, and there is one warning", async () => {
    const kinesis = await FaultyKinesis.start("no-cbor(415)");
    try {
      const host = await streams.host();
      const instance = await host.open({ stream: "any", region: REGION, endpoint: kinesis.endpoint, ...inCbor });
      const parts = [0, 1, 2, 3].map((part) => numbered(1200).slice(part * 300, part * 300 + 300));
      const started: number[] = [];
      for (const part of parts) started.push(await host.start(instance, chunkOf(part)));
      expect(await Promise.all(started.map((number) => host.replyOf(number)))).toEqual([1, 1, 1, 1]);
      expect((await host.end()).status).toBe(0);
      expect(kinesis.ledger.balance(numbered(1200).map((body) => JSON.stringify(body)))).toEqual(balanced);
      expect(host.problems.filter((line) => line.includes("CBOR"))).toHaveLength(1);
    } finally {
      await kinesis.destroy();
    }
  });

  it("and JSON too, the flush gets retry, and CBOR is not tried again", async () => {
    const kinesis = await FaultyKinesis.start("error(400:UnknownOperationException)*flush, ok");
    try {
      const host = await streams.host();
      const instance = await host.open({ stream: "any", region: REGION, endpoint: kinesis.endpoint, ...inCbor, retry_timeout: "0" });
      expect(await host.flush(instance, chunkOf(numbered(5)))).toBe(FLB_RETRY);
      kinesis.flushEnded();
      expect(await host.flush(instance, chunkOf(numbered(5)))).toBe(FLB_OK);
      expect((await host.end()).status).toBe(0);
      expect(kinesis.forms).toEqual(["cbor", "json", "json"]);
    } finally {
      await kinesis.destroy();
    }
  });
});
