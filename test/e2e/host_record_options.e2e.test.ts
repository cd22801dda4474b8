// Tests options that add to records: partition keys of several values, time zones, the tag, metadata, omitted keys.
import { describe, expect, it, vi } from "vitest";
import { chunkOf, encodeV2, groupEnd, groupStart } from "../support/event_chunk.js";
import { FLB_ERROR, FLB_OK, type Options } from "../support/plugin_host.js";
import { jsonOf, textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();

describe("partition keys", () => {
  const bodies = [{ app: "web", kubernetes: { namespace_name: "prod" } }, { app: "web" }, { host: "h-1" }];

  it("are composed of values and the tag, or taken from the first existing value", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const options = { partition_key: "$kubernetes['namespace_name']/$app, logs-$TAG[1]:$app , host" };
    expect(await host.flush(await host.open(streams.options(stream, options)), chunkOf(bodies), "kube.eu.app")).toBe(FLB_OK);
    const received = await streams.kinesis.readAll(stream);
    expect(received.map(({ partitionKey }) => partitionKey)).toEqual(["prod/web", "logs-eu:web", "h-1"]);
  });

  it("of only the tag are the same for all records of a chunk, in aggregates too", async () => {
    const received = await streams.sendOnce(chunkOf(bodies), { partition_key: "$TAG", aggregation: "true" });
    expect(received.map(({ partitionKey }) => partitionKey)).toEqual(["test.tag"]);
  });
});

describe("the zone of time_key", () => {
  const seconds = 1_730_613_599;
  const chunk = Buffer.concat([0, 1].map((by) => encodeV2({ body: {}, time: { kind: "ext", seconds: seconds + by, nanoseconds: 250_000_000 } })));
  const time = { time_key: "at", time_key_format: "%Y-%m-%dT%H:%M:%S.%L%z %Z" };

  it.each([
    ["America/New_York", ["2024-11-03T01:59:59.250-0400 EDT", "2024-11-03T01:00:00.250-0500 EST"]],
    ["Asia/Tokyo", ["2024-11-03T14:59:59.250+0900 JST", "2024-11-03T15:00:00.250+0900 JST"]],
    ["UTC", ["2024-11-03T05:59:59.250+0000 UTC", "2024-11-03T06:00:00.250+0000 UTC"]],
  ])("is %s when time_key_zone names it", async (zone, expected) => {
    const received = await streams.sendOnce(chunk, { ...time, time_key_zone: zone });
    expect(received.map(jsonOf)).toEqual(expected.map((at) => ({ at })));
  });
});

describe("records", () => {
  it("have their tag under tag_key, and lack the keys of except_keys", async () => {
    const received = await streams.sendOnce(chunkOf([{ a: 1, secret: "x", token: { t: 1 } }]), { tag_key: "from", except_keys: "secret, token" });
    expect(received.map(textOf)).toEqual(['{"a":1,"from":"test.tag"}']);
  });

  it("have their metadata under metadata_key, with the resource and scope of their group", async () => {
    const chunk = Buffer.concat([
      groupStart({ schema: "otlp", resource_id: 0, scope_id: 0 }, { resource: { attributes: { "service.name": "shop" } }, scope: {} }),
      encodeV2({ body: { log: "x" }, metadata: { otlp: { severity_text: "INFO", trace_id: Buffer.from("0123456789abcdef", "hex") } } }),
      groupEnd(),
      encodeV2({ body: { log: "y" } }),
    ]);
    const received = await streams.sendOnce(chunk, { metadata_key: "metadata" });
    expect(received.map(jsonOf)).toEqual([
      { log: "x", metadata: { otlp: { severity_text: "INFO", trace_id: "0123456789abcdef" }, resource: { attributes: { "service.name": "shop" } } } },
      { log: "y" },
    ]);
  });
});

describe("invalid options end the start with their name", () => {
  it.each<[Options, RegExp]>([
    [{ partition_key: "$kubernetes->pod" }, /level=error.*Invalid 'partition_key' value \(\$kubernetes->pod\) specified, it mixes \$ and ->/],
    [{ partition_key: "pod,$['log']" }, /level=error.*'log' cannot be set as the partition key/],
    [{ time_key: "at", time_key_zone: "Mars/Base" }, /level=error.*Invalid 'time_key_zone' value \(Mars\/Base\) specified, must be 'local', 'UTC' or a zone/],
    [{ time_key: "x", tag_key: "x" }, /level=error.*'time_key' and 'tag_key' are both 'x'/],
    [{ tag_key: "x", metadata_key: "x" }, /level=error.*'tag_key' and 'metadata_key' are both 'x'/],
    [{ data_keys: "a", except_keys: "b" }, /level=error.*'except_keys' cannot be set together with 'data_keys'/],
  ])("%j", async (options, message) => {
    const host = await streams.host();
    const { code } = await host.init(streams.options("any", options));
    expect(code).toBe(FLB_ERROR);
    await host.waitForMessage(message);
  });
});
