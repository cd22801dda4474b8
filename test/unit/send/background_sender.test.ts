// experimental_concurrency: how many chunks at once, when none is taken, retries, the end.
import { describe, expect, it } from "vitest";
import { BackgroundSender } from "../../../src/send/background_sender.js";
import type { Delivery } from "../../../src/send/delivery.js";
import type { Entry } from "../../../src/entry.js";
import { HeldClock, settled } from "../../support/fake_clock.js";
import { entriesOf, entryOf, keysOf } from "../../support/scripted_client.js";

interface Attempt {
  readonly entries: readonly Entry[];
  readonly succeed: () => void;
  /** So many entries at the chunk's beginning were delivered. */
  readonly fail: (delivered?: number) => void;
}

function setUp(concurrency: number, retries: number) {
  const clock = new HeldClock();
  const attempts: Attempt[] = [];
  const dropped: number[] = [];
  const sender = new BackgroundSender(
    { concurrency, retries, maxBytes: 1000 },
    {
      sleep: clock.sleep,
      dropped: (records) => void dropped.push(records),
      attempt: (entries) =>
        new Promise<Delivery>((resolve) => {
          const succeed = () => resolve({ kind: "delivered", delivered: entries.length, strayed: 0, refused: [], retryRounds: 0 });
          const fail = (delivered = 0) => {
            const failure = { code: "InternalFailure", message: "" };
            resolve({ kind: "remaining", delivered, strayed: 0, refused: [], retryRounds: 0, remaining: entries.slice(delivered), failure });
          };
          attempts.push({ entries, succeed, fail });
        }),
    },
  );
  const attempt = (index: number) => attempts[index] as Attempt;
  return { clock, attempts, attempt, dropped, sender };
}

describe("the limit", () => {
  it("refuses a chunk when so many are under way, and takes one again when one is done", async () => {
    const { sender, attempt } = setUp(2, 4);
    expect(sender.refusal).toBeUndefined();
    sender.take(entriesOf(1));
    expect(sender.refusal).toBeUndefined();
    sender.take(entriesOf(1));
    expect(sender.refusal).toBe("flush returning retry, concurrency limit reached (2)");
    attempt(1).succeed();
    await settled();
    expect(sender.refusal).toBeUndefined();
  });

  it.each([
    [998, undefined],
    [999, "flush returning retry, 1000 bytes are under way"],
    [1000, "flush returning retry, 1001 bytes are under way"],
  ])("of 1000 bytes with chunks of 1 and %i under way: %s", async (bytes, refusal) => {
    const { sender, attempt } = setUp(5, 4);
    sender.take([entryOf("a", 1)]);
    sender.take([entryOf("b", bytes)]);
    expect(sender.refusal).toBe(refusal);
    attempt(1).succeed();
    await settled();
    expect(sender.refusal).toBeUndefined();
  });
});

describe("a chunk that failed", () => {
  it("keeps all others away until it is delivered", async () => {
    const { sender, attempt, clock } = setUp(5, 4);
    sender.take(entriesOf(1));
    attempt(0).fail();
    await settled();
    expect(sender.refusal).toBe("flush returning retry, kinesis retries in progress (1)");
    await clock.advance(200);
    attempt(1).fail();
    await settled();
    expect(sender.refusal).toContain("in progress (1)");
    await clock.advance(400);
    attempt(2).succeed();
    await settled();
    expect(sender.refusal).toBeUndefined();
  });

  it("is tried again with what is left of it only", async () => {
    const { sender, attempts, attempt, clock } = setUp(1, 4);
    sender.take(entriesOf(5));
    attempt(0).fail(2);
    await clock.advance(200);
    attempt(1).fail(1);
    await clock.advance(400);
    expect(attempts.map(({ entries }) => keysOf(entries))).toEqual([["0", "1", "2", "3", "4"], ["2", "3", "4"], ["3", "4"]]);
  });

  it("waits 100 ms × 2^retries, and is dropped after all of them with the number of its user records", async () => {
    const { sender, attempts, attempt, clock, dropped } = setUp(1, 3);
    sender.take([entryOf("a", 10, [0, 1, 2]), entryOf("b", 10, [3, 4, 5, 6, 7]), entryOf("c", 10, 8)]);
    attempt(0).fail(1);
    for (const ms of [200, 400, 800]) {
      expect(dropped).toEqual([]);
      await clock.advance(ms - 1);
      const before = attempts.length;
      await clock.advance(1);
      expect(attempts).toHaveLength(before + 1);
      attempt(before).fail();
    }
    await settled();
    expect(clock.slept).toEqual([200, 400, 800]);
    expect(dropped).toEqual([6]);
    expect(sender.refusal).toBeUndefined();
  });

  it("waits no longer than a timer of Node's can, which would be 1 ms", async () => {
    const { sender, attempt, clock } = setUp(1, 30);
    sender.take(entriesOf(1));
    for (let index = 0; index < 27; index++) {
      attempt(index).fail();
      await clock.advance(2 ** 31);
    }
    expect(clock.slept.slice(22)).toEqual([100 * 2 ** 23, 100 * 2 ** 24, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1]);
  });

  it("is dropped at once without retries", async () => {
    const { sender, attempts, attempt, clock, dropped } = setUp(1, 0);
    sender.take(entriesOf(3));
    attempt(0).fail();
    await settled();
    expect(dropped).toEqual([3]);
    expect(attempts).toHaveLength(1);
    expect(clock.slept).toEqual([]);
    expect(sender.refusal).toBeUndefined();
  });
});

describe("the end", () => {
  it("waits for what is under way", async () => {
    const { sender, attempt, clock } = setUp(2, 4);
    sender.take(entriesOf(1));
    sender.take(entriesOf(1));
    let left: number | undefined;
    const drained = sender.drain(4000).then((chunks) => (left = chunks));
    attempt(0).succeed();
    await clock.advance(3000);
    expect(left).toBeUndefined();
    attempt(1).succeed();
    await clock.advance(500);
    await drained;
    expect(left).toBe(0);
  });

  it("does not wait longer than it may, and tells how many chunks are left", async () => {
    const { sender, attempt, clock } = setUp(2, 4);
    sender.take(entriesOf(1));
    sender.take(entriesOf(1));
    attempt(0).succeed();
    let left: number | undefined;
    const drained = sender.drain(4000).then((chunks) => (left = chunks));
    await clock.advance(3999);
    expect(left).toBeUndefined();
    await clock.advance(1);
    await drained;
    expect(left).toBe(1);
  });

  it("takes no chunk any more: it would be lost without a word", async () => {
    const { sender } = setUp(1, 4);
    await sender.drain(4000);
    expect(sender.refusal).toBe("flush returning retry, the output is being closed");
  });

  it.each(["under way", "waiting for its retry"])("of a chunk that is %s is the end: it is neither tried again nor told a second time", async (state) => {
    const { sender, attempts, attempt, clock, dropped } = setUp(1, 8);
    sender.take(entriesOf(1));
    const fails = state !== "under way";
    if (fails) {
      for (const ms of [200, 400, 800, 1600]) {
        attempt(attempts.length - 1).fail();
        await clock.advance(ms);
      }
      attempt(attempts.length - 1).fail();
    }
    const before = attempts.length;
    const drained = sender.drain(1000);
    await clock.advance(1000);
    expect(await drained).toBe(1);
    if (!fails) attempt(0).fail();
    await clock.advance(1_000_000);
    expect(attempts).toHaveLength(before);
    expect(dropped).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });

  it("leaves no long timer behind, which would hold up the end of the process", async () => {
    const idle = setUp(1, 4);
    await idle.sender.drain(4000);
    expect(idle.clock.sleeping).toBe(0);
    const { sender, attempt, clock } = setUp(1, 4);
    sender.take(entriesOf(1));
    const drained = sender.drain(4000);
    attempt(0).succeed();
    await drained;
    await clock.advance(250);
    expect(clock.sleeping).toBe(0);
  });
});
