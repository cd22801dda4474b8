// What the plugin remembers of chunks returned for retry: how they are recognized, and how many are kept for how long.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { PartialDeliveries, type MemoryLimits } from "../../../src/delivery/partial_deliveries.js";
import { EventSet } from "../../../src/pack/event_set.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { entryOf } from "../../support/scripted_client.js";
import { tableOf } from "../../support/entry.js";

const maxAgeMs = 60_000;

function setUp(limits: Partial<MemoryLimits> = {}) {
  const [clock, log] = [new JumpingClock(), new RecordedLog()];
  let digests = 0;
  const digest = (chunk: Uint8Array) => {
    digests++;
    return createHash("sha256").update(chunk).digest("base64");
  };
  const memory = new PartialDeliveries({ maxBytes: 1_000_000, maxAgeMs, ...limits }, { digest, now: clock.now, log });
  /** Remembers these events as unsent for a chunk of this text. */
  const keep = (text: string, events: readonly number[], tag = "tag") => {
    const remaining = new EventSet();
    remaining.add(...tableOf(events.map((event) => entryOf("key", 10, event))));
    memory.keep(Buffer.from(text), tag, remaining);
  };
  const take = (text: string, tag = "tag") => eventsOf(memory.take(Buffer.from(text), tag));
  return { memory, clock, log, keep, take, digests: () => digests };
}

function eventsOf(set: EventSet | undefined): number[] | undefined {
  return set === undefined ? undefined : Array.from({ length: set.bytes * 8 }, (_, n) => n).filter((n) => set.has(n));
}

describe("no chunk is hashed", () => {
  it("while no chunk is remembered", () => {
    const { take, digests } = setUp();
    for (let count = 0; count < 10; count++) expect(take(`chunk ${count}`)).toBeUndefined();
    expect(digests()).toBe(0);
  });

  it("when its tag or length differs from that of all remembered chunks", () => {
    const { keep, take, digests } = setUp();
    keep("chunk", [1]);
    expect(digests()).toBe(1);
    for (const [text, tag] of [["chunk", "other"], ["chun", "tag"], ["chunks", "tag"]] as const) {
      expect(take(text, tag)).toBeUndefined();
    }
    expect(digests()).toBe(1);
  });

  it("after the last remembered chunk was retried", () => {
    const { keep, take, digests } = setUp();
    keep("chunk", [1]);
    take("chunk");
    const before = digests();
    take("chunk");
    expect(digests()).toBe(before);
  });

  it("when it was detached before", () => {
    const { keep, take, digests, log } = setUp();
    keep("", [1, 2]);
    expect(digests()).toBe(0);
    expect(take("")).toBeUndefined();
    expect(log.messages).toEqual([]);
  });
});

describe("a retried chunk", () => {
  it("gets its unsent events back, once", () => {
    const { keep, take } = setUp();
    keep("chunk", [0, 3, 9]);
    expect(take("chunk")).toEqual([0, 3, 9]);
    expect(take("chunk")).toBeUndefined();
  });

  it("can be remembered again with fewer events", () => {
    const { keep, take } = setUp();
    keep("chunk", [0, 3, 9]);
    take("chunk");
    keep("chunk", [9]);
    expect(take("chunk")).toEqual([9]);
  });

  it("is recognized after other chunks, even of the same length", () => {
    const { keep, take } = setUp();
    keep("chunk a", [1]);
    keep("chunk b", [2]);
    expect(take("chunk c")).toBeUndefined();
    expect(take("chunk b")).toEqual([2]);
    expect(take("chunk a")).toEqual([1]);
  });

  it("is another chunk under another tag", () => {
    const { keep, take } = setUp();
    keep("chunk", [1], "one");
    keep("chunk", [2], "two");
    expect(take("chunk", "three")).toBeUndefined();
    expect(take("chunk", "two")).toEqual([2]);
    expect(take("chunk", "one")).toEqual([1]);
  });

  it("with a twin of the same content gets the events of one, then of the other", () => {
    const { keep, take } = setUp();
    keep("twin", [1]);
    keep("twin", [2, 3]);
    expect([take("twin"), take("twin"), take("twin")]).toEqual([[1], [2, 3], undefined]);
  });

  it("with no unsent events gets an empty set, not all events", () => {
    const { keep, take } = setUp();
    keep("chunk", []);
    expect(take("chunk")).toEqual([]);
  });
});

describe("the limit in bytes", () => {
  /** Returns the bytes of one chunk with a tag of three letters and events up to `last`. */
  const costOf = (last: number) => 600 + 2 * 3 + ((last >>> 3) + 1);

  it.each([
    [-1, ["b", "c"]],
    [0, ["a", "b", "c"]],
    [1, ["a", "b", "c"]],
  ])("set to the size of three chunks plus %i bytes keeps %j", (more, kept) => {
    const { keep, take } = setUp({ maxBytes: 3 * costOf(79) + more });
    for (const text of ["a", "b", "c"]) keep(text, [0, 79]);
    expect(["a", "b", "c"].filter((text) => take(text) !== undefined)).toEqual(kept);
  });

  it("forgets the oldest chunks, and logs their number and the consequence", () => {
    const { keep, log, take } = setUp({ maxBytes: costOf(0) + costOf(8000) });
    for (const text of ["a", "b", "c"]) keep(text, [0]);
    expect(log.at("warning")).toEqual([]);
    keep("large", [8000]);
    expect(log.at("warning")).toEqual([
      `Forgot which records of 2 chunks were delivered (more than ${costOf(0) + costOf(8000)} bytes would be needed); ` +
        "if Fluent Bit retries these chunks, those records are sent twice",
    ]);
    expect(["a", "b", "c", "large"].map((text) => take(text))).toEqual([undefined, undefined, [0], [8000]]);
  });

  it("does not count chunks that were retried", () => {
    const { keep, take, log } = setUp({ maxBytes: 2 * costOf(0) });
    for (let count = 0; count < 20; count++) {
      keep(`chunk ${count}`, [0]);
      expect(take(`chunk ${count}`)).toEqual([0]);
    }
    keep("a", [0]);
    keep("b", [0]);
    expect([take("a"), take("b")]).toEqual([[0], [0]]);
    expect(log.messages).toEqual([]);
  });

  it("applies to a single chunk too", () => {
    const { keep, take, log } = setUp({ maxBytes: costOf(0) - 1 });
    keep("a", [0]);
    expect(take("a")).toBeUndefined();
    expect(log.at("warning")).toHaveLength(1);
  });
});

describe("the limit in age", () => {
  it.each([
    [maxAgeMs - 1, [1]],
    [maxAgeMs, [1]],
    [maxAgeMs + 1, undefined],
  ])("of 60,000 ms returns, after %i ms, the events %j", (age, found) => {
    const { keep, take, clock } = setUp();
    keep("chunk", [1]);
    clock.nowMs += age;
    expect(take("chunk")).toEqual(found);
  });

  it("forgets only chunks that are too old, with one message and their number", () => {
    const { keep, take, clock, log } = setUp();
    keep("a", [1]);
    keep("b", [2]);
    clock.nowMs += maxAgeMs;
    keep("c", [3]);
    clock.nowMs += 1;
    expect(take("d")).toBeUndefined();
    expect(log.at("info")).toEqual([
      "Forgot which records of 2 chunks were delivered (they did not come back within 1 minutes: Fluent Bit gave them up (Retry_Limit), or a processor of this output changes them on each retry); " +
        "if Fluent Bit retries these chunks, those records are sent twice",
    ]);
    expect([take("a"), take("b"), take("c")]).toEqual([undefined, undefined, [3]]);
    expect(log.at("info")).toHaveLength(1);
  });
});
