// The state that an output keeps across restarts: the unsent events of each chunk, and nothing of finished chunks.
import { describe, expect, it } from "vitest";
import { chunkOf } from "../../support/event_chunk.js";
import { HeldClock, JumpingClock, settled } from "../../support/fake_clock.js";
import { HeldState } from "../../support/held_state.js";
import { allTextsIn } from "../../support/received_events.js";
import { allTaken, failedAt, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance, type InstanceSetting } from "../../support/scripted_instance.js";

const denied = requestFailed("AccessDeniedException", "setup");
const refuses = requestFailed("ValidationException", "content");
const silence: Step = () => new Promise(() => undefined);
const raw = { log_key: "log", retry_timeout: "0" };
const three = chunkOf([{ log: "0" }, { log: "1" }, { log: "2" }]);
const linesOf = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
const chunkOfLines = (count: number) => chunkOf(linesOf(count).map((log) => ({ log })));

function keeping(setting: InstanceSetting = {}, stateFile = new HeldState()) {
  const instance = scriptedInstance({ options: raw, ...setting, stateFile });
  return { ...instance, state: stateFile, texts: () => instance.client.requests.flatMap(allTextsIn) };
}

describe("after a flush", () => {
  it("the output keeps nothing and waits for nothing when Kinesis accepts all records", async () => {
    const { flush, state, digests } = keeping();
    expect(await flush(three)).toBe("ok");
    expect([state.all, digests(), state.waits]).toEqual([[], 1, 0]);
  });

  it("the output keeps nothing and waits for nothing when Kinesis accepts nothing", async () => {
    const { flush, state, digests } = keeping({ afterwards: denied });
    expect(await flush(three)).toBe("retry");
    expect([state.all, digests(), state.waits, state.changes]).toEqual([[], 0, 0, 0]);
  });

  it("the output keeps the unsent events before the reply, without the events that a retry sent", async () => {
    const { flush, state } = keeping({ script: [failedAt(0, 2), failedAt(0)] });
    expect(await flush(three, "app")).toBe("retry");
    expect([state.leftOf(5), state.waits]).toEqual([[[0, 2]], 1]);
    expect(state.all[0]).toMatchObject({ tag: "app", chunkBytes: three.length });
    expect(await flush(three, "app")).toBe("retry");
    expect(state.leftOf(5)).toEqual([[0]]);
    expect(await flush(three, "app")).toBe("ok");
    expect(state.all).toEqual([]);
  });

  it("the output does not keep refused records as unsent", async () => {
    const { flush, state } = keeping({ script: [refuses, refuses, denied] });
    expect(await flush(three)).toBe("retry");
    expect(state.leftOf(5)).toEqual([[1, 2]]);
  });
});

describe("while a chunk is under way", () => {
  const twoRequests = chunkOfLines(600);

  it("the output keeps nothing of it until 100 ms after Kinesis accepts its first record", async () => {
    const clock = new HeldClock();
    const { flush, state, digests } = keeping({ options: { ...raw, concurrent_requests: "1" }, script: [allTaken], afterwards: silence, clock });
    void flush(twoRequests);
    await settled();
    expect(state.isChanging).toBe(true);
    expect(state.changes).toBe(1);
    await clock.advance(99);
    expect([state.all, digests()]).toEqual([[], 0]);
    await clock.advance(1);
    expect(state.leftOf(1000)).toEqual([Array.from({ length: 100 }, (_, n) => 500 + n)]);
    expect(digests()).toBe(1);
    expect(state.all).toHaveLength(1);
    expect(digests(), "the chunk is hashed once").toBe(1);
  });

  it("the output keeps what an earlier flush left unsent until the chunk is finished", async () => {
    const clock = new HeldClock();
    const { flush, state } = keeping({ script: [failedAt(0, 1), silence], clock });
    expect(await flush(three)).toBe("retry");
    void flush(three);
    await settled();
    expect(state.leftOf(5)).toEqual([[0, 1]]);
  });

  it("the output keeps the unsent events of earlier slices, of the current slice and of all later slices", async () => {
    const clock = new HeldClock();
    const count = 45_000;
    let requests = 0;
    const step: Step = () => {
      requests++;
      if (requests === 3) return failedAt(7);
      return requests <= 42 ? allTaken : new Promise(() => undefined);
    };
    const { flush, state } = keeping({ options: { ...raw, concurrent_requests: "1" }, afterwards: step, clock });
    void flush(chunkOfLines(count));
    for (let turn = 0; turn < 50; turn++) await clock.advance(2);
    await clock.advance(100);
    expect(requests).toBe(43);
    const [left = []] = state.leftOf(count);
    expect(left).toEqual([1007, ...Array.from({ length: count - 21_000 }, (_, n) => 21_000 + n)]);
  });

  it("the output does not keep dropped events as unsent once Kinesis has accepted a record of their slice", async () => {
    const clock = new HeldClock();
    const bodies = Array.from({ length: 600 }, (_, n) => (n % 10 === 0 ? { other: n } : { log: `${n}` }));
    const { flush, state } = keeping({ options: { ...raw, concurrent_requests: "1" }, script: [allTaken], afterwards: silence, clock });
    void flush(chunkOf(bodies));
    await settled();
    await clock.advance(100);
    expect(state.leftOf(600)[0]?.some((event) => event % 10 === 0)).toBe(false);
  });

  it("the output keeps all events of aggregates that Kinesis did not accept", async () => {
    const clock = new HeldClock();
    const options = { ...raw, aggregation: "true", aggregation_maximum_record_size: "1024", concurrent_requests: "1" };
    const { flush, state, client } = keeping({ options, script: [failedAt(1)], afterwards: silence, clock });
    void flush(chunkOf(Array.from({ length: 30 }, (_, n) => ({ log: `${n}`.padEnd(200, "x") }))));
    await settled();
    const events = client.requests[0]?.[1]?.events as readonly number[];
    expect(events.length).toBeGreaterThan(1);
    await clock.advance(100);
    expect(state.leftOf(40)).toEqual([[...events]]);
  });
});

describe("a new output", () => {
  it("sends what the previous output left of a chunk, and then forgets the chunk", async () => {
    const first = keeping({ script: [failedAt(1)] });
    expect(await first.flush(three, "app")).toBe("retry");
    const next = keeping({}, new HeldState(first.state.all));
    expect(await next.flush(three, "app")).toBe("ok");
    expect(next.texts()).toEqual(["1"]);
    expect(next.state.all).toEqual([]);
  });

  it("sends a chunk with another tag or content whole", async () => {
    const first = keeping({ script: [failedAt(1)] });
    await first.flush(three, "app");
    const next = keeping({}, new HeldState(first.state.all));
    await next.flush(three, "other");
    await next.flush(chunkOf([{ log: "0" }, { log: "1" }, { log: "3" }]), "app");
    expect(next.texts()).toEqual(["0", "1", "2", "0", "1", "3"]);
    expect(next.state.leftOf(5)).toEqual([[1]]);
  });

  it("forgets state older than a week", async () => {
    const first = keeping({ script: [failedAt(1)] });
    await first.flush(three, "app");
    const week = 7 * 24 * 3_600_000;
    const aged = (ageMs: number) => first.state.all.map((kept) => ({ ...kept, ageMs }));
    const at = async (ageMs: number) => {
      const next = keeping({ clock: new JumpingClock(week * 2) }, new HeldState(aged(ageMs)));
      await next.flush(three, "app");
      return next.texts();
    };
    expect(await at(week)).toEqual(["1"]);
    expect(await at(week + 1)).toEqual(["0", "1", "2"]);
  });
});

describe("the end of an output with a state file", () => {
  it("keeps a delivered chunk whose reply Fluent Bit may not see, and closes the file last", async () => {
    const clock = new HeldClock();
    let take: (outcome: typeof allTaken) => void = () => undefined;
    const { instance, flush, state } = keeping({ afterwards: () => new Promise((resolve) => (take = resolve)), clock });
    const reply = flush(three, "app");
    await settled();
    const closing = instance.close(clock.now(), () => undefined);
    await settled();
    take(allTaken);
    expect(await reply).toBe("ok");
    await clock.advance(100);
    await closing;
    expect([state.leftOf(5), state.closed]).toEqual([[[]], 1]);
    const next = keeping({}, new HeldState(state.all));
    expect(await next.flush(three, "app")).toBe("ok");
    expect(next.client.requests).toEqual([]);
    expect(await next.flush(three, "app")).toBe("ok");
    expect(next.texts(), "a second chunk with the same content is another chunk").toEqual(["0", "1", "2"]);
  });

  it.each([
    [2000, [[]]],
    [2001, []],
  ])("%i ms after the delivery of a chunk keeps %j of it, since Fluent Bit may not have seen the reply", async (ms, left) => {
    const clock = new JumpingClock();
    const { instance, flush, state } = keeping({ clock });
    expect(await flush(chunkOf([{ log: "long before" }]))).toBe("ok");
    clock.nowMs += 10_000;
    expect(await flush(three)).toBe("ok");
    clock.nowMs += ms;
    const before = state.changes;
    instance.expectEnd();
    instance.expectEnd();
    expect([state.leftOf(5), state.changes - before]).toEqual([left, left.length]);
  });

  it("starts with the end of another output, since all outputs end", async () => {
    const clock = new HeldClock();
    const { instance, flush, state } = keeping({ clock });
    instance.expectEnd();
    expect(await flush(three)).toBe("ok");
    expect(state.leftOf(5)).toEqual([[]]);
  });

  it("keeps the unsent events of a chunk that it gives up", async () => {
    const clock = new HeldClock();
    const { instance, flush, state } = keeping({ options: { ...raw, concurrent_requests: "1", drain_timeout: "1" }, script: [allTaken], afterwards: silence, clock });
    const reply = flush(chunkOfLines(600));
    await settled();
    const closing = instance.close(clock.now(), () => undefined);
    await clock.advance(1200);
    expect(await reply).toBe("retry");
    await closing;
    expect(state.leftOf(1000)[0]).toHaveLength(100);
  });

  it("remembers delivered chunks only with a state file", async () => {
    const { instance, flush, digests } = scriptedInstance({ options: raw });
    instance.expectEnd();
    expect(await flush(three)).toBe("ok");
    expect(digests()).toBe(0);
  });
});

describe("a chunk that is detached during its flush, by the end of a worker", () => {
  it("is kept with the digest and length known before", async () => {
    const clock = new HeldClock();
    const options = { ...raw, concurrent_requests: "1" };
    let fail: (outcome: typeof denied) => void = () => undefined;
    const { instance, state } = keeping({ options, script: [allTaken, () => new Promise((resolve) => (fail = resolve))], clock });
    const { buffer } = Uint8Array.from(chunkOfLines(600));
    const chunk = new Uint8Array(buffer);
    const reply = instance.flush({ bytes: chunk.length, open: () => chunk }, "app", false);
    await settled();
    await clock.advance(100);
    const [before] = state.all;
    structuredClone(buffer, { transfer: [buffer] });
    fail(denied);
    expect(await reply).toBe("retry");
    expect(state.all).toMatchObject([{ digest: before?.digest, chunkBytes: before?.chunkBytes }]);
    expect(state.leftOf(1000)[0]).toHaveLength(100);
  });
});
