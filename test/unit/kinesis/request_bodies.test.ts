// Tests the bodies of requests: their memory and its reuse, and their format.
import { describe, expect, it, vi } from "vitest";
import type { RequestFormat } from "../../../src/kinesis/request_format.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { timedPool } from "../../support/sink_pool.js";

const arn = `arn:aws:kinesis:us-west-2:123456789012:stream/${"s".repeat(128)}`;

function entriesOf(count: number, bytes: number, partitionKey?: string) {
  return Array.from({ length: count }, () => entryOf({ data: new Uint8Array(bytes).fill(0x61), partitionKey }));
}

describe("RequestBodies", () => {
  it("writes concurrent bodies into separate memory", () => {
    const bodies = bodiesFor("logs");
    const [first, second] = [bodies.write(...tableOf(entriesOf(1, 10, "k1"))), bodies.write(...tableOf(entriesOf(1, 10, "k2")))];
    expect(first.sink).not.toBe(second.sink);
    expect(Buffer.from(first.bytes).toString()).toContain("k1");
    expect(Buffer.from(second.bytes).toString()).toContain("k2");
  });

  it("writes a body into the memory of a released one", () => {
    const bodies = bodiesFor("logs");
    const first = bodies.write(...tableOf(entriesOf(10, 100)));
    bodies.release(first);
    const second = bodies.write(...tableOf(entriesOf(9, 100)));
    expect(second.sink).toBe(first.sink);
    expect(JSON.parse(Buffer.from(second.bytes).toString())).toMatchObject({ StreamName: "logs" });
  });

  it("shares the memory of released bodies between outputs", () => {
    const { pool } = timedPool();
    const [one, other] = ["first", "other"].map((stream) => bodiesFor(stream, "json", undefined, pool));
    const first = one?.write(...tableOf(entriesOf(10, 100)));
    if (first !== undefined) one?.release(first);
    expect(other?.write(...tableOf(entriesOf(10, 100))).sink).toBe(first?.sink);
  });

  it.each<[RequestFormat, string, number, number, string | undefined]>([
    ["json", "logs", 1, 1, undefined],
    ["json", arn, 1, 1, undefined],
    ["json", "logs", 500, 450, undefined],
    ["json", arn, 500, 450, "kubernetes.var.log.containers"],
    ["json", "logs", 5, 1_000_000, undefined],
    ["json", "logs", 500, 1, "\u0001".repeat(256)],
    ["json", "logs", 500, 1, "語".repeat(256)],
    ["cbor", "logs", 1, 1, undefined],
    ["cbor", arn, 500, 450, "語".repeat(256)],
    ["cbor", "logs", 5, 1_000_000, undefined],
  ])("takes memory that is large enough from the start: %s for %s, %i entries of %i bytes, key %j", (format, stream, count, bytes, key) => {
    const { pool, freedBytes } = timedPool();
    const take = vi.spyOn(pool, "take");
    const { sink } = bodiesFor(stream, format, undefined, pool).write(...tableOf(entriesOf(count, bytes, key)));
    expect(take.mock.calls).toEqual([[sink.capacity]]);
    expect(sink.length).toBeLessThanOrEqual(sink.capacity);
    expect(freedBytes).toEqual([]);
  });

  it("takes at most 1 % more memory than a large body needs", () => {
    const { sink } = bodiesFor("logs").write(...tableOf(entriesOf(5, 1_000_000)));
    expect(sink.capacity).toBeLessThan(1.01 * sink.length);
  });

  it("falls back to JSON once, and reports it once", () => {
    const onFallBack = vi.fn();
    const bodies = bodiesFor("logs", "cbor", onFallBack);
    expect(bodies.write(...tableOf(entriesOf(1, 1))).format).toBe("cbor");
    bodies.fallBackToJson();
    bodies.fallBackToJson();
    expect(bodies.write(...tableOf(entriesOf(1, 1))).format).toBe("json");
    expect(onFallBack).toHaveBeenCalledOnce();
  });

  it("reports no fallback when bodies are JSON already", () => {
    const onFallBack = vi.fn();
    bodiesFor("logs", "json", onFallBack).fallBackToJson();
    expect(onFallBack).not.toHaveBeenCalled();
  });
});
