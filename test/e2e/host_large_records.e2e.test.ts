// Tests records over 1 MiB. kinesis-local rejects these, so another endpoint accepts them.
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { REGION } from "../support/kinesis_local.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
const limit = 10 * 1024 * 1024;
const randomKeyBytes = 8;

async function sendAll(bodies: readonly { readonly log: unknown }[], maxRecordSize = limit, more: Readonly<Record<string, string>> = {}) {
  const kinesis = await streams.instantKinesis();
  const host = await streams.host();
  const options = { stream: "large", region: REGION, endpoint: kinesis.endpoint, max_record_size: String(maxRecordSize) };
  const instance = await host.open({ ...options, log_key: "log", ...more });
  expect(await host.flush(instance, chunkOf(bodies))).toBe(1);
  expect((await host.end()).status).toBe(0);
  return kinesis;
}

it("a record of 9 MiB in one event arrives whole", async () => {
  const log = "0123456789abcdef".repeat((9 * 1024 * 1024) / 16);
  const { received } = await sendAll([{ log }]);
  expect(received.map((data) => Buffer.from(data).toString() === log)).toEqual([true]);
});

it("large records of all sizes are sent in requests of at most 10 MiB, the largest alone", async () => {
  const lengths = [1, limit - randomKeyBytes, 6_000_000, 4_000_000, 4_000_000];
  const { received, requestBytes } = await sendAll(lengths.map((length) => ({ log: "x".repeat(length) })));
  // Requests are concurrent, so they arrive in any order.
  const ascending = (one: number, other: number) => one - other;
  expect(received.map((data) => data.length).sort(ascending)).toEqual([...lengths].sort(ascending));
  const expected = [1 + randomKeyBytes, 4_000_000 + randomKeyBytes, 10_000_000 + 2 * randomKeyBytes, limit];
  expect([...requestBytes].sort(ascending)).toEqual(expected);
});

it("large records over max_record_size are cut to it", async () => {
  const { received } = await sendAll([{ log: "x".repeat(limit) }, { log: "y" }]);
  const [small, cut] = [...received].sort((one, other) => one.length - other.length);
  expect([small?.length, cut?.length]).toEqual([1, limit - randomKeyBytes]);
  expect(Buffer.from(cut ?? []).subarray(-15).toString()).toBe("x[Truncated...]");
});

it("records of 15 MB of binary data, 36 MB as JSON, are cut to the limit when they are compressed", async () => {
  const { received } = await sendAll([1, 2].map(() => ({ log: randomBytes(15_000_000) })), limit, { compression: "gzip" });
  expect(received).toHaveLength(2);
  for (const data of received) {
    expect(data.length).toBeLessThanOrEqual(limit - randomKeyBytes);
    expect(data.length).toBeGreaterThan(0.95 * limit);
    expect(gunzipSync(data).subarray(-14).toString()).toBe("[Truncated...]");
  }
});
