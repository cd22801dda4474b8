// What an output keeps over restarts: at each moment the events that are unsent, and nothing of chunks that are through.
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
  it("nothing is kept or waited for when all was taken", async () => {
    const { flush, state, digests } = keeping();
    expect(await flush(three)).toBe("ok");
    expect([state.all, digests(), state.waits]).toEqual([[], 1, 0]);
  });

  it("nothing is kept or waited for when nothing was taken", async () => {
    const { flush, state, digests } = keeping({ afterwards: denied });
    expect(await flush(three)).toBe("retry");
    expect([state.all, digests(), state.waits, state.changes]).toEqual([[], 0, 0, 0]);
  });

  it("what is left is kept before the reply, and what a retry sent is not", async () => {
    const { flush, state } = keeping({ script: [failedAt(0, 2), failedAt(0)] });
    expect(await flush(three, "app")).toBe("retry");
    expect([state.leftOf(5), state.waits]).toEqual([[[0, 2]], 1]);
    expect(state.all[0]).toMatchObject({ tag: "app", chunkBytes: three.length });
    expect(await flush(three, "app")).toBe("retry");
    expect(state.leftOf(5)).toEqual([[0]]);
    expect(await flush(three, "app")).toBe("ok");
    expect(state.all).toEqual([]);
  });

  it("records that Kinesis refused are not kept as unsent", async () => {
    const { flush, state } = keeping({ script: [refuses, refuses, denied] });
    expect(await flush(three)).toBe("retry");
    expect(state.leftOf(5)).toEqual([[1, 2]]);
  });
});

describe("while a chunk is under way", () => {
  const twoRequests = chunkOfLines(600);

  it("nothing is kept of it as long as nothing was taken, or for 100 ms", async () => {
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
    expect(digests(), "is hashed once").toBe(1);
  });

  it("what it had left before is kept until it is through", async () => {
    const clock = new HeldClock();
    const { flush, state } = keeping({ script: [failedAt(0, 1), silence], clock });
    expect(await flush(three)).toBe("retry");
    void flush(three);
    await settled();
    expect(state.leftOf(5)).toEqual([[0, 1]]);
  });

  it("of many slices, what is left of the earlier ones, of this one and all behind", async () => {
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

  it("events that are not records are not kept as unsent once something of their slice was taken", async () => {
    const clock = new HeldClock();
    const bodies = Array.from({ length: 600 }, (_, n) => (n % 10 === 0 ? { other: n } : { log: `${n}` }));
    const { flush, state } = keeping({ options: { ...raw, concurrent_requests: "1" }, script: [allTaken], afterwards: silence, clock });
    void flush(chunkOf(bodies));
    await settled();
    await clock.advance(100);
    expect(state.leftOf(600)[0]?.some((event) => event % 10 === 0)).toBe(false);
  });

  it("of aggregates, all events of those that were not taken", async () => {
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
  it("sends what the one before had left of a chunk, and then knows nothing more of it", async () => {
    const first = keeping({ script: [failedAt(1)] });
    expect(await first.flush(three, "app")).toBe("retry");
    const next = keeping({}, new HeldState(first.state.all));
    expect(await next.flush(three, "app")).toBe("ok");
    expect(next.texts()).toEqual(["1"]);
    expect(next.state.all).toEqual([]);
  });

  it("sends a chunk of another tag or content whole", async () => {
    const first = keeping({ script: [failedAt(1)] });
    await first.flush(three, "app");
    const next = keeping({}, new HeldState(first.state.all));
    await next.flush(three, "other");
    await next.flush(chunkOf([{ log: "0" }, { log: "1" }, { log: "3" }]), "app");
    expect(next.texts()).toEqual(["0", "1", "2", "0", "1", "3"]);
    expect(next.state.leftOf(5)).toEqual([[1]]);
  });

  it("forgets what is older than a week", async () => {
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

describe("the end", () => {
  it("keeps that a chunk was delivered when Fluent Bit does not learn of it, and closes the file when all is over", async () => {
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
    expect(next.texts(), "a second chunk of the same content is another one").toEqual(["0", "1", "2"]);
  });

  it.each([
    [2000, [[]]],
    [2001, []],
  ])("%i ms after a chunk was delivered keeps %j of it: Fluent Bit may not have looked at the reply any more", async (ms, left) => {
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

  it("of another output counts as its own: they all end", async () => {
    const clock = new HeldClock();
    const { instance, flush, state } = keeping({ clock });
    instance.expectEnd();
    expect(await flush(three)).toBe("ok");
    expect(state.leftOf(5)).toEqual([[]]);
  });

  it("keeps what is left of a chunk that is given up", async () => {
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

  it("remembers delivered chunks only where that outlives the output", async () => {
    const { instance, flush, digests } = scriptedInstance({ options: raw });
    instance.expectEnd();
    expect(await flush(three)).toBe("ok");
    expect(digests()).toBe(0);
  });
});

describe("a chunk that is taken away in the middle, by the end of a worker", () => {
  it("is kept by what was known of it before", async () => {
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
