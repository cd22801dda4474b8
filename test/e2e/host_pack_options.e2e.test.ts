// Tests options for packing records, and the region and role of an output, from the init to the records that arrive.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { REGION } from "../support/kinesis_local.js";
import { FLB_ERROR, FLB_OK, type Options } from "../support/plugin_host.js";
import { unpackSnappyBlock } from "../support/snappy_block.js";
import { textOf, useStreams } from "../support/stream_fixture.js";
import { LocalTokenService } from "../support/token_service.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), "pack-options-"))));
afterAll(() => rmSync(folder, { recursive: true }));

describe("without the option region", () => {
  it.each([
    ["AWS_REGION", { AWS_REGION: REGION, AWS_DEFAULT_REGION: "eu-west-1" }],
    ["AWS_DEFAULT_REGION", { AWS_DEFAULT_REGION: REGION }],
  ])("the region of %s is used", async (name, environment) => {
    const stream = await streams.newStream();
    const host = await streams.host(environment);
    const options = streams.options(stream, { region: "" });
    expect(await host.flush(await host.open(options), chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    await host.waitForMessage(new RegExp(`level=info msg=.*region ${REGION} comes from ${name}`, "u"));
    expect((await host.end()).status).toBe(0);
    expect((await streams.kinesis.readAll(stream)).map(textOf)).toEqual(['{"n":1}']);
  });

  it("the region of the profile is used, also for the services' addresses", async () => {
    const config = path.join(folder, "config");
    writeFileSync(config, `[profile logs]\nregion = ${REGION}\naws_access_key_id = A\naws_secret_access_key = s\n`);
    const stream = await streams.newStream();
    const host = await streams.host({ AWS_CONFIG_FILE: config });
    const options = streams.options(stream, { region: "", profile: "logs" });
    expect(await host.flush(await host.open(options), chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    await host.waitForMessage(new RegExp(`level=info msg=.*region ${REGION} comes from profile 'logs' of ${config} and /dev/null`, "u"));
    expect(await streams.kinesis.readAll(stream)).toHaveLength(1);
  });

  it("an invalid region is an error that names its variable", async () => {
    const host = await streams.host({ AWS_REGION: "us east" });
    expect((await host.init({ stream: "any" })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/level=error msg=.*Invalid 'AWS_REGION' value \(us east\) specified/u);
  });

  it("and without any other source, the error names all places", async () => {
    const host = await streams.host();
    expect((await host.init({ stream: "arn:aws:kinesis:eu-west-1:123456789012:stream/any" })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/level=error msg=.*\('region' is not set, and no region was found in AWS_REGION, AWS_DEFAULT_REGION, profile 'default' of \/dev\/null and \/dev\/null.*; the ARN in 'stream' names eu-west-1\)/u);
  });
});

it("role_session_name and role_duration reach STS", async () => {
  const tokens = await LocalTokenService.start();
  try {
    const stream = await streams.newStream();
    const host = await streams.host();
    const role = { role_arn: "arn:aws:iam::123456789012:role/logs", role_session_name: "node-1@logs", role_duration: "900", sts_endpoint: tokens.endpoint };
    expect(await host.flush(await host.open(streams.options(stream, role)), chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(tokens.calls.map(({ form }) => [form.get("RoleSessionName"), form.get("DurationSeconds")])).toEqual([["node-1@logs", "900"]]);
  } finally {
    await tokens.stop();
  }
});

it.each<[string, string, Options?]>([
  ["role_session_name", "a b"],
  ["role_duration", "899"],
  ["compression", "lz4"],
  ["simple_aggregation", "true", { aggregation: "true" }],
])("the plugin rejects %s=%s", async (option, value, others = {}) => {
  const host = await streams.host();
  expect((await host.init(streams.options("any", { [option]: value, ...others }))).code).toBe(FLB_ERROR);
  await host.waitForMessage(new RegExp(`level=error msg=.*Invalid '${option}' value \\(${value}\\)`, "u"));
});

describe("a request of more than 5 MiB", () => {
  // Three bytes per record: half a mebibyte of keys in addition to 4 MiB of records and a last one.
  const key = "☃".repeat(256);
  const bodies = Array.from({ length: 500 }, (_, n) => ({ key, log: `${n} `.padEnd(n < 499 ? 8400 : 1_000_000, "x") }));
  const bytes = bodies.reduce((sum, { log }) => sum + log.length + Buffer.byteLength(key), 0);

  it.each([
    [Number.POSITIVE_INFINITY, [bytes], []],
    [5 * 1024 * 1024, undefined, [bytes]],
  ])("arrives, in halves if the endpoint accepts only %d bytes: each record once, in the order of its key", async (most, requestBytes, refusedBytes) => {
    const kinesis = await streams.instantKinesis();
    kinesis.maxRequestBytes = most;
    const host = await streams.host();
    const options = { stream: "large", region: REGION, endpoint: kinesis.endpoint, partition_key: "key", log_key: "log" };
    expect(await host.flush(await host.open(options), chunkOf(bodies))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    expect(bytes).toBeGreaterThan(5 * 1024 * 1024);
    expect(kinesis.received.map((data) => Buffer.from(data).toString())).toEqual(bodies.map(({ log }) => log));
    expect(kinesis.refusedBytes).toEqual(refusedBytes);
    expect(kinesis.requestBytes).toHaveLength(requestBytes?.length ?? 2);
    if (requestBytes !== undefined) expect(kinesis.requestBytes).toEqual(requestBytes);
  });
});

describe("compression", () => {
  const bodies = Array.from({ length: 100 }, (_, n) => ({ n, log: "GET /health 200 ".repeat(n) }));

  it("snappy compresses each record in the block format", async () => {
    const received = await streams.sendOnce(chunkOf(bodies), { compression: "snappy", partition_key: "n" });
    expect(received.map(({ data }) => unpackSnappyBlock(data).toString()).sort()).toEqual(bodies.map((body) => JSON.stringify(body)).sort());
    expect(received.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThan(30_000);
  });

  const unpackZstd = Reflect.get(zlib, "zstdDecompressSync") as ((data: Uint8Array) => Buffer) | undefined;
  /** A process of the test's own Node. */
  const ownNode = { KINESIS_RUNTIME: "process", KINESIS_NODE: process.execPath };

  it.skipIf(unpackZstd === undefined)(`zstd compresses each record to a frame (Node ${process.versions.node} ${unpackZstd === undefined ? "cannot" : "can"})`, async () => {
    const stream = await streams.newStream();
    const host = await streams.host(ownNode);
    expect(await host.flush(await host.open(streams.options(stream, { compression: "zstd" })), chunkOf(bodies))).toBe(FLB_OK);
    expect((await host.end()).status).toBe(0);
    const received = await streams.kinesis.readAll(stream);
    expect(received.map(({ data }) => unpackZstd?.(data).toString()).sort()).toEqual(bodies.map((body) => JSON.stringify(body)).sort());
  });

  it.skipIf(unpackZstd !== undefined)("zstd is an error if Node does not have it, which names the running Node and the versions that have it", async () => {
    const host = await streams.host(ownNode);
    expect((await host.init(streams.options("any", { compression: "zstd" }))).code).toBe(FLB_ERROR);
    await host.waitForMessage(/level=error msg=.*Invalid 'compression' value \(zstd\) specified, it needs Node\.js 22\.15 or newer.*; this is v\d+\.\d+\.\d+/u);
    // The next output starts anyway.
    expect((await host.init(streams.options("any", { compression: "snappy" }))).code).toBe(FLB_OK);
  });
});

describe("simple_aggregation", () => {
  const bodies = Array.from({ length: 3000 }, (_, n) => ({ n, key: `pod-${n % 4}`, log: "x".repeat(n % 700) }));
  const linesOf = (texts: readonly string[]) => texts.flatMap((text) => text.trimEnd().split("\n").map((line) => JSON.parse(line) as (typeof bodies)[0]));

  it("joins the records of each partition key with newlines, in their order", async () => {
    const received = await streams.sendOnce(chunkOf(bodies), { simple_aggregation: "true", append_newline: "true", partition_key: "key" });
    expect(received).toHaveLength(4);
    for (const { partitionKey, data } of received) {
      const text = Buffer.from(data).toString();
      expect(text.endsWith("}\n")).toBe(true);
      expect(linesOf([text])).toEqual(bodies.filter(({ key }) => key === partitionKey));
    }
  });

  it("joins all records without a partition key up to 1 MiB, and compresses the joined record", async () => {
    const received = await streams.sendOnce(chunkOf(bodies), { simple_aggregation: "true", compression: "gzip" });
    expect(received).toHaveLength(2);
    const found = linesOf(received.map(({ data }) => zlib.gunzipSync(data).toString()));
    expect(found.sort((one, other) => one.n - other.n)).toEqual(bodies);
  });
});
