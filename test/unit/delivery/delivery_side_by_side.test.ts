// Delivery with concurrent requests: when they start, which entries count, and which remain in which order.
import { describe, expect, it } from "vitest";
import { ByteBudget } from "../../../src/bytes/byte_budget.js";
import type { EntryView } from "../../../src/pack/entry_table.js";
import type { RetryPolicy } from "../../../src/delivery/delivery.js";
import { deliver, type ViewDelivery, type ViewDependencies } from "../../support/delivered_entries.js";
import { KeyOrder } from "../../../src/delivery/key_order.js";
import { RequestWindow } from "../../../src/delivery/request_window.js";
import { HeldClock, JumpingClock, settled } from "../../support/fake_clock.js";
import { HeldClient } from "../../support/held_client.js";
import { windowOf } from "../../support/request_window.js";
import { allTaken, entriesOf, entryOf, failedAt, failedWith, keysOf, requestFailed } from "../../support/scripted_client.js";

const patient: RetryPolicy = { budgetMs: 1_000_000, firstBackoffMs: 100, maxBackoffMs: 1000 };
const once: RetryPolicy = { ...patient, maxRounds: 0 };
const reset = requestFailed("ECONNRESET", "transient");
const denied = requestFailed("AccessDeniedException", "setup");
const refusal = requestFailed("ValidationException", "content");

/** Room for two entries of 10 bytes, so that few entries make many requests. */
const maxRequestBytes = 20;

interface Started {
  readonly client: HeldClient;
  readonly clock: JumpingClock;
  readonly window: RequestWindow;
  readonly delivery: Promise<ViewDelivery>;
}

async function start(entries: readonly EntryView[], policy: RetryPolicy, changed: Partial<ViewDependencies> = {}): Promise<Started> {
  const client = new HeldClient();
  const clock = new JumpingClock();
  const window = changed.window ?? windowOf(4);
  const delivery = deliver(entries, policy, {
    client, window, maxRequestBytes, order: "none", takeApart: () => [], now: clock.now, sleep: clock.sleep, random: () => 0.5, ...changed,
  });
  await settled();
  return { client, clock, window, delivery };
}

function remainingOf(delivery: ViewDelivery): string[] {
  return delivery.kind === "remaining" ? keysOf(delivery.remaining) : [];
}

function isPoisoned(entries: readonly EntryView[], ...keys: readonly string[]): boolean {
  return keysOf(entries).some((key) => keys.includes(key));
}

describe("the requests of a chunk", () => {
  it.each([
    [3, 3],
    [4, 4],
    [5, 4],
  ])("(%i in a window of four) are sent concurrently: %i at once", async (batches, expected) => {
    const { client, delivery } = await start(entriesOf(2 * batches), patient);
    expect(client.underWay).toHaveLength(expected);
    await client.answerAll();
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 2 * batches });
    expect(client.requests.flatMap(({ entries }) => keysOf(entries))).toEqual(keysOf(entriesOf(2 * batches)));
    expect(client.maxUnderWay).toBe(expected);
  });

  it("count the entries and records that each response accepted", async () => {
    const entries = [entryOf("0"), entryOf("1", 10, [1, 2, 3]), entryOf("2", 10, [4, 5]), entryOf("3"), entryOf("4")];
    const { client, delivery } = await start(entries, once);
    await client.answer(0, failedAt(0));
    await client.answer(0, failedAt(0, 1));
    await client.answer(0);
    expect(await delivery).toMatchObject({ delivered: 2, deliveredRecords: 4 });
  });

  it("of two chunks share the places of their output", async () => {
    const window = windowOf(4);
    const client = new HeldClient();
    const chunks = [entriesOf(40), entriesOf(40)];
    const deliveries: Promise<ViewDelivery>[] = [];
    for (const entries of chunks) deliveries.push((await start(entries, patient, { window, client })).delivery);
    await client.answer(0);
    await client.answer(0);
    const own = client.underWay.filter(({ entries }) => chunks[0]?.includes(entries[0] as EntryView));
    expect([client.underWay.length, own.length]).toEqual([4, 2]);
    await client.answerAll();
    for (const delivery of deliveries) expect(await delivery).toMatchObject({ kind: "delivered", delivered: 40 });
  });
});

describe("order by key", () => {
  it("sends entries of one key only in successive requests", async () => {
    const entries = ["a", "b", "a", "b", "a", "b"].map((key, event) => entryOf(key, 10, event));
    const { client, delivery } = await start(entries, patient, { order: "by key" });
    expect(client.keysUnderWay).toEqual([["b", "b"], ["a", "a"]]);
    await client.answer(0);
    expect(client.keysUnderWay).toEqual([["a", "a"], ["b"]]);
    await client.answer(0);
    await client.answerAll();
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 6 });
    expect(client.requests).toHaveLength(4);
  });

  it("continues a lane after some of its entries failed", async () => {
    const { client, delivery } = await start(["a", "a", "a"].map((key, event) => entryOf(key, 10, event)), once, { order: "by key" });
    await client.answer(0, failedAt(1));
    expect(client.keysUnderWay).toEqual([["a"]]);
    await client.answer(0);
    expect(await delivery).toMatchObject({ kind: "remaining", delivered: 2, remaining: [{ events: [1] }] });
  });

  it("makes a lane wait only for lanes of the previous chunk that share a key with it", async () => {
    const keys = { order: new KeyOrder(), mapping: "by key" };
    const client = new HeldClient();
    const ofKeys = (...names: string[]) => names.map((key, event) => entryOf(key, 10, event));
    const first = await start(ofKeys("a", "a", "b", "b"), patient, { order: "by key", keys, client });
    const second = await start(ofKeys("a", "a", "b", "b", "c", "c"), patient, { order: "by key", keys, client });
    expect(client.keysUnderWay).toEqual([["b", "b"], ["a", "a"], ["c", "c"]]);
    await client.answer(0);
    expect(client.keysUnderWay).toEqual([["a", "a"], ["c", "c"], ["b", "b"]]);
    await client.answer(0);
    expect(client.keysUnderWay).toEqual([["c", "c"], ["b", "b"], ["a", "a"]]);
    await client.answerAll();
    expect([await first.delivery, await second.delivery]).toMatchObject([{ delivered: 4 }, { delivered: 6 }]);
  });

  it("holds back the keys of a chunk's remaining entries until its delivery has ended", async () => {
    const keys = { order: new KeyOrder(), mapping: "by key" };
    const client = new HeldClient();
    const clock = new HeldClock();
    const ofKeys = (...names: string[]) => names.map((key, event) => entryOf(key, 10, event));
    const first = await start(ofKeys("a", "a", "b", "b"), patient, { order: "by key", keys, client, now: clock.now, sleep: clock.sleep });
    await start(ofKeys("a", "a", "b", "b"), patient, { order: "by key", keys, client });
    await client.answer(0, failedAt(1));
    expect(client.keysUnderWay, "one entry of b is unsent").toEqual([["a", "a"]]);
    await client.answer(0);
    expect(client.keysUnderWay).toEqual([["a", "a"]]);
    await clock.advance(100);
    expect(client.keysUnderWay).toEqual([["a", "a"], ["b"]]);
    await client.answer(1);
    expect(client.keysUnderWay).toEqual([["a", "a"], ["b", "b"]]);
    expect(await first.delivery).toMatchObject({ kind: "delivered", delivered: 4 });
  });

  it("lets the next chunk start when a delivery ends in failure", async () => {
    const keys = { order: new KeyOrder(), mapping: "by key" };
    const client = new HeldClient();
    const entries = ["a", "a", "b", "b"].map((key, event) => entryOf(key, 10, event));
    const first = await start(entries, once, { order: "by key", keys, client });
    await start(entries, once, { order: "by key", keys, client });
    await client.answer(0, denied);
    expect(client.keysUnderWay, "a request of the first chunk is under way").toEqual([["a", "a"]]);
    await client.answer(0);
    expect(await first.delivery).toMatchObject({ kind: "remaining" });
    expect(client.keysUnderWay).toEqual([["b", "b"], ["a", "a"]]);
  });

  it("sends one request at a time when all entries must keep their order", async () => {
    const { client, delivery } = await start(entriesOf(6), patient, { order: "one after another" });
    await client.answerAll();
    expect(client.maxUnderWay).toBe(1);
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 6 });
  });
});

describe("a request that fails as a whole while others are under way", () => {
  it("ends the round: no request starts, and requests under way count", async () => {
    const { client, delivery } = await start(entriesOf(12), once);
    await client.answer(1, reset);
    await client.answer(0);
    await client.answer(1, failedAt(1));
    await client.answer(0);
    expect(client.requests).toHaveLength(4);
    const result = await delivery;
    expect(result).toMatchObject({ kind: "remaining", delivered: 5, failure: { code: "ECONNRESET" } });
    expect(remainingOf(result)).toEqual(["2", "3", "7", "8", "9", "10", "11"]);
  });

  it("causes a retry of only the entries not accepted, in the order of the chunk", async () => {
    const { client, delivery } = await start(entriesOf(10), patient, { window: windowOf(3) });
    await client.answer(2, reset);
    await client.answer(1);
    await client.answer(0, failedAt(0));
    expect(client.keysUnderWay).toEqual([["0", "4"], ["5", "6"], ["7", "8"]]);
    await client.answerAll();
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 10, retryRounds: 1 });
    expect(client.requests.flatMap(({ entries }) => keysOf(entries)).sort()).toEqual([...keysOf(entriesOf(10)), "0", "4", "5"].sort());
  });

  it.each([
    ["first", [denied, reset]],
    ["last", [reset, denied]],
  ] as const)("with a permanent failure (%s) ends the delivery, regardless of the other failures", async (_, outcomes) => {
    const { client, delivery, clock } = await start(entriesOf(4), patient);
    for (const outcome of outcomes) await client.answer(0, outcome);
    expect(await delivery).toMatchObject({ kind: "remaining", delivered: 0, failure: { code: "AccessDeniedException" } });
    expect(clock.slept).toEqual([]);
  });

  it("is reported in preference to a failed entry of another request", async () => {
    const { client, delivery } = await start(entriesOf(4), once);
    await client.answer(0, failedAt(0));
    await client.answer(0, reset);
    expect(await delivery).toMatchObject({ failure: { code: "ECONNRESET" } });
  });

  it("delays the next round by the longest wait that the service requests", async () => {
    const { client, delivery, clock } = await start(entriesOf(6), patient);
    for (const retryAfterMs of [300, 900, 600]) await client.answer(0, { ...reset, retryAfterMs } as typeof reset);
    await client.answerAll();
    expect(clock.slept).toEqual([900]);
    expect(await delivery).toMatchObject({ kind: "delivered" });
  });

  it("ends the wait for a place in a window that another chunk fills, without starting the waiting request", async () => {
    const window = windowOf(2);
    const client = new HeldClient();
    await start(entriesOf(2), once, { window, client });
    const { delivery } = await start(entriesOf(6), once, { window, client });
    expect(client.keysUnderWay).toEqual([["0", "1"], ["0", "1"]]);
    await client.answer(1, reset);
    const result = await delivery;
    expect(result).toMatchObject({ kind: "remaining", delivered: 0 });
    expect(remainingOf(result)).toEqual(keysOf(entriesOf(6)));
    expect(client.requests).toHaveLength(2);
  });

  it("is reported in preference to a later failure of the same kind", async () => {
    const { client, delivery } = await start(entriesOf(4), once);
    await client.answer(0, reset);
    await client.answer(0, requestFailed("ETIMEDOUT", "transient"));
    expect(await delivery).toMatchObject({ failure: { code: "ECONNRESET" } });
  });
});

describe("the rounds", () => {
  it.each([0, 1, 2])("end after %i more than the first when that is the maximum", async (maxRounds) => {
    const { client, delivery } = await start(entriesOf(1), { ...patient, maxRounds });
    await client.answerAll(() => failedAt(0));
    expect(await delivery).toMatchObject({ kind: "remaining", retryRounds: maxRounds });
    expect(client.requests).toHaveLength(maxRounds + 1);
  });
});

describe("the end of the window", () => {
  it("leaves entries that were not sent, counts requests under way, and does not retry", async () => {
    const { client, clock, delivery, window } = await start(entriesOf(12), patient);
    window.end();
    await settled();
    for (let request = 0; request < 4; request++) await client.answer(0);
    const result = await delivery;
    expect(result).toMatchObject({ kind: "remaining", delivered: 8, failure: { code: "AbortError" } });
    expect(remainingOf(result)).toEqual(["8", "9", "10", "11"]);
    expect([client.requests.length, clock.slept]).toEqual([4, []]);
  });

  it("before the first request leaves all entries", async () => {
    const window = windowOf(4);
    window.end();
    const { client, delivery } = await start(entriesOf(5), patient, { window });
    const result = await delivery;
    expect(result).toMatchObject({ kind: "remaining", delivered: 0, failure: { code: "AbortError" } });
    expect(remainingOf(result)).toEqual(keysOf(entriesOf(5)));
    expect(client.requests).toEqual([]);
  });

  it("during a wait between rounds ends the delivery after the wait", async () => {
    const window = windowOf(4);
    const sleep = () => {
      window.end();
      return Promise.resolve();
    };
    const { client, delivery } = await start(entriesOf(2), patient, { window, sleep });
    await client.answer(0, failedAt(1));
    expect(await delivery).toMatchObject({ kind: "remaining", delivered: 1, failure: { code: "AbortError" }, remaining: [{ partitionKey: "1" }] });
    expect(client.requests).toHaveLength(1);
  });

  it("does not affect a delivery whose requests are all under way and accepted", async () => {
    const { client, delivery, window } = await start(entriesOf(4), patient);
    window.end();
    await client.answerAll();
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 4 });
  });
});

describe("an entry that the service refuses, with concurrent requests,", () => {
  const poisoned = (...keys: readonly string[]) => (entries: readonly EntryView[]) => (isPoisoned(entries, ...keys) ? refusal : allTaken);

  it.each(["none", "by key", "one after another"] as const)("is found, and all others are accepted once (order: %s)", async (order) => {
    const { client, delivery } = await start(entriesOf(20), patient, { order });
    await client.answerAll(poisoned("3", "8", "19"));
    const result = await delivery;
    expect(result).toMatchObject({ kind: "delivered", delivered: 17 });
    expect(result.refused.map(({ entry }) => entry.partitionKey).sort()).toEqual(["19", "3", "8"]);
    const taken = client.requests.map(({ entries }) => entries).filter((entries) => !isPoisoned(entries, "3", "8", "19"));
    expect(taken.flat()).toHaveLength(17);
  });

  it("causes its batch to be sent in halves one after the other, while other lanes continue", async () => {
    const { client, delivery } = await start(entriesOf(12), patient, { window: windowOf(3) });
    await client.answer(0);
    expect(client.keysUnderWay).toEqual([["2", "3"], ["4", "5"], ["6", "7"]]);
    await client.answer(0, refusal);
    expect(client.keysUnderWay).toEqual([["4", "5"], ["6", "7"], ["2"]]);
    await client.answer(2);
    expect(client.keysUnderWay).toEqual([["4", "5"], ["6", "7"], ["3"]]);
    await client.answerAll(poisoned("3"));
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 11, refused: [{ entry: { partitionKey: "3" } }] });
  });

  it("reduces the round to one request at a time until an entry is accepted", async () => {
    const { client, delivery } = await start(entriesOf(16), patient);
    await client.answer(0, refusal);
    expect(client.requests, "none starts").toHaveLength(4);
    await client.answer(0, refusal);
    await client.answer(0, refusal);
    await client.answer(0, refusal);
    expect(client.underWay).toHaveLength(1);
    await client.answer(0, refusal);
    expect(client.underWay).toHaveLength(1);
    await client.answer(0);
    expect(client.underWay).toHaveLength(4);
    await client.answerAll();
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 15 });
  });

  it.each([
    [9, "delivered", 9],
    [10, "remaining", 0],
    [11, "remaining", 0],
  ] as const)("(%i entries, each alone in its request, none accepted) ends the delivery as %s, with %i entries refused", async (count, kind, refused) => {
    const { client, delivery } = await start(entriesOf(count, maxRequestBytes), patient, { window: windowOf(50) });
    await client.answerAll(() => refusal);
    const result = await delivery;
    expect(result).toMatchObject({ kind, delivered: 0 });
    expect(result.refused).toHaveLength(refused);
    expect(remainingOf(result)).toEqual(refused > 0 ? [] : keysOf(entriesOf(count)));
  });

  it("is dropped, like nine others, if a request under way at the same time was accepted", async () => {
    const { client, delivery } = await start(entriesOf(11, maxRequestBytes), patient, { window: windowOf(11) });
    for (let request = 0; request < 10; request++) await client.answer(0, refusal);
    await client.answer(0);
    const result = await delivery;
    expect(result).toMatchObject({ kind: "delivered", delivered: 1 });
    expect(result.refused).toHaveLength(10);
  });

  it("at the head of a chunk, one of 60, does not prevent delivery of the others", async () => {
    const bad = keysOf(entriesOf(60));
    const { client, delivery } = await start(entriesOf(200), patient, { window: windowOf(8), random: () => 0 });
    await client.answerAll(poisoned(...bad));
    const result = await delivery;
    expect(result).toMatchObject({ kind: "delivered", delivered: 140 });
    expect(result.refused).toHaveLength(60);
  });

  it("costs few requests among 4000 entries that are all refused", async () => {
    const entries = entriesOf(4000);
    const { client, delivery } = await start(entries, patient, { window: windowOf(8), maxRequestBytes: 5 * 1024 * 1024 });
    await client.answerAll(() => refusal);
    const result = await delivery;
    expect(result).toMatchObject({ kind: "remaining", delivered: 0, refused: [], failure: { code: "ValidationException" } });
    expect(client.requests.length).toBeLessThan(48);
    expect(remainingOf(result)).toEqual(keysOf(entries));
  });

  it("is counted over all rounds: the tenth is not dropped as long as no entry was accepted", async () => {
    const { client, delivery } = await start(entriesOf(10, maxRequestBytes), patient, { window: windowOf(10) });
    for (let request = 0; request < 9; request++) await client.answer(0, refusal);
    await client.answer(0, failedAt(0));
    await client.answer(0, refusal);
    const result = await delivery;
    expect(result).toMatchObject({ kind: "remaining", refused: [], retryRounds: 1, failure: { code: "ValidationException" } });
    expect(remainingOf(result)).toEqual(keysOf(entriesOf(10)));
  });

  it.each([
    ["ends the round", reset],
    ["fails for another reason", failedAt(0)],
  ])("is not dropped, like nine others with none accepted, when the last probe %s", async (_, outcome) => {
    const { client, delivery } = await start(entriesOf(11, maxRequestBytes), once, { window: windowOf(1) });
    for (let request = 0; request < 10; request++) await client.answer(0, refusal);
    await client.answer(0, outcome);
    const result = await delivery;
    expect(result).toMatchObject({ kind: "remaining", delivered: 0, refused: [], failure: { code: "ValidationException" } });
    expect(remainingOf(result)).toEqual(keysOf(entriesOf(11)));
  });

  it("stays refused when another request ends the round, and is not sent again", async () => {
    const { client, delivery } = await start(entriesOf(3, maxRequestBytes), patient, { window: windowOf(3) });
    await client.answer(0, refusal);
    await client.answer(0, reset);
    await client.answer(0);
    await client.answerAll();
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 2, refused: [{ entry: { partitionKey: "0" } }] });
    expect(client.requests.map(({ entries }) => keysOf(entries))).toEqual([["0"], ["1"], ["2"], ["1"]]);
  });

  it("is replaced by its remaining user records when it is an aggregate", async () => {
    const aggregate = entryOf("aggregate", 10, [2, 3, 4]);
    const parts = [2, 3, 4].map((event) => entryOf(`part ${event}`, 10, event));
    const entries = [entryOf("0"), entryOf("1"), aggregate, entryOf("5"), entryOf("6")];
    const { client, delivery } = await start(entries, once, { takeApart: () => parts });
    await client.answerAll((batch) => {
      if (isPoisoned(batch, "aggregate", "part 3")) return refusal;
      if (isPoisoned(batch, "1", "part 2")) return failedWith("InternalFailure", batch.length - 1);
      return isPoisoned(batch, "6") ? failedAt(0) : allTaken;
    });
    const result = await delivery;
    expect(remainingOf(result)).toEqual(["1", "part 2", "6"]);
    expect(result.refused.map(({ entry }) => entry.partitionKey)).toEqual(["part 3"]);
    expect(result).toMatchObject({ delivered: 3, deliveredRecords: 3 });
  });
});

describe("the window", () => {
  it("gets all places and bytes back when a delivery ends, even by a bug of the client", async () => {
    const bodies = new ByteBudget(1_000_000);
    const window = windowOf(2, bodies);
    const { client, delivery } = await start(entriesOf(8), patient, { window });
    client.underWay[0]?.reject(new Error("a bug"));
    await expect(delivery).rejects.toThrow("a bug");
    await client.answerAll();
    expect([window.underWay, bodies.held, client.requests.length]).toEqual([0, 0, 2]);
  });

  it("narrows to 1 while the service throttles everything, and widens when it accepts entries again", async () => {
    const limits: number[] = [];
    const bodies = new ByteBudget(Number.POSITIVE_INFINITY);
    const window = new RequestWindow({ maxRequests: 8, bodies, limitChanged: (limit) => limits.push(limit) });
    const { client, delivery } = await start(entriesOf(200), patient, { window });
    let requests = 0;
    await client.answerAll((entries) => {
      const isThrottled = requests++ < 150;
      if (requests > 100 && isThrottled) expect(client.underWay.length).toBe(1);
      return isThrottled ? failedWith("ProvisionedThroughputExceededException", ...entries.keys()) : allTaken;
    });
    expect(await delivery).toMatchObject({ kind: "delivered", delivered: 200 });
    expect(limits.slice(0, 4)).toEqual([8, 4, 2, 1]);
    expect(limits.at(-1)).toBe(8);
  });
});
