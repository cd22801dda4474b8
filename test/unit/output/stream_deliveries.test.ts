// The deliveries that an output keeps per stream: created on demand, and limited in number.
import { describe, expect, it } from "vitest";
import { StreamDeliveries } from "../../../src/output/stream_deliveries.js";
import type { StreamDelivery } from "../../../src/output/stream_delivery.js";

/** Returns streams whose deliveries the test marks as busy. */
function setUp(most: number) {
  const opened: (string | undefined)[] = [];
  const busy = new Set<string | undefined>();
  const streams = new StreamDeliveries((stream) => {
    opened.push(stream);
    return { get isIdle() { return !busy.has(stream); }, pulse: stream } as unknown as StreamDelivery;
  }, most);
  return { streams, opened, busy, kept: () => [...streams.pulses()] as unknown[] };
}

describe("the streams of an output", () => {
  it("are opened on first use, the output's own stream too", () => {
    const { streams, opened } = setUp(3);
    const own = streams.of(undefined);
    expect(streams.of("a")).not.toBe(own);
    expect(streams.of(undefined)).toBe(own);
    expect(opened).toEqual([undefined, "a"]);
  });

  it.each([
    [2, ["a", "b"]],
    [3, ["a", "b", "c"]],
    [4, ["b", "c", "d"]],
  ])("are three at most: of %i the most recently used are kept", (count, expected) => {
    const { streams, kept } = setUp(3);
    for (const stream of ["a", "b", "c", "d"].slice(0, count)) streams.of(stream);
    expect(kept()).toEqual(expected);
    expect(streams.size).toBe(expected.length);
  });

  it("are dropped by their last use, not by their first use", () => {
    const { streams, kept } = setUp(3);
    for (const stream of ["a", "b", "c", "a", "d"]) streams.of(stream);
    expect(kept()).toEqual(["c", "a", "d"]);
  });

  it("are kept while deliveries to them are under way, even beyond the limit", () => {
    const { streams, busy, kept } = setUp(3);
    for (const stream of ["a", "b", "c"]) {
      busy.add(stream);
      streams.of(stream);
    }
    streams.of("d");
    expect(kept()).toEqual(["a", "b", "c", "d"]);
    busy.delete("b");
    busy.delete("a");
    streams.of("e");
    expect(kept()).toEqual(["c", "d", "e"]);
  });

  it("are opened again after they were dropped", () => {
    const { streams, opened } = setUp(1);
    for (const stream of ["a", "b", "a"]) streams.of(stream);
    expect(opened).toEqual(["a", "b", "a"]);
  });
});
