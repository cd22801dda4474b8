// The window of requests: how many are under way at once, which is next, how throttling narrows the window, and its end.
import { describe, expect, it } from "vitest";
import { ByteBudget } from "../../../src/bytes/byte_budget.js";
import { bodyBytesOf, RequestWindow, type RequestShare, type RequestWindowSettings } from "../../../src/delivery/request_window.js";
import type { PutRecordsOutcome } from "../../../src/delivery/kinesis_client.js";
import { settled } from "../../support/fake_clock.js";
import { HeldClient } from "../../support/held_client.js";
import { allTaken, entryOf, failedWith, requestFailed } from "../../support/scripted_client.js";
import { tableOf } from "../../support/entry.js";

const unlimited = Number.POSITIVE_INFINITY;
const throttling = "ProvisionedThroughputExceededException";
const throttledEntry = failedWith(throttling, 0);
const throttledRequest = requestFailed("LimitExceededException", "transient");

/** Sets up a window and a client. Each batch is one entry with a name. */
function setUp(maxRequests: number, maxBodyBytes = unlimited, throttledByShard?: RequestWindowSettings["throttledByShard"]) {
  const bodies = new ByteBudget(maxBodyBytes);
  const limits: number[] = [];
  const window = new RequestWindow({ maxRequests, bodies, throttledByShard, limitChanged: (limit) => limits.push(limit) });
  const client = new HeldClient();
  const outcomes = new Map<string, PutRecordsOutcome | undefined>();
  const send = (share: RequestShare, name: string, sizeBytes = 10) => {
    void share.send(...tableOf([entryOf(name, sizeBytes)]), client).then(
      (outcome) => outcomes.set(name, outcome),
      (error: unknown) => outcomes.set(`${name}: ${String(error)}`, undefined),
    );
  };
  const started = () => client.requests.map(({ entries }) => entries[0]?.partitionKey);
  /** Sends one request and completes it with this outcome. */
  const exchange = async (share: RequestShare, outcome: PutRecordsOutcome) => {
    send(share, "exchange");
    await settled();
    await client.answer(client.underWay.length - 1, outcome);
  };
  return { bodies, limits, window, client, outcomes, send, started, exchange };
}

describe("a window of three requests", () => {
  it.each([
    [2, 2],
    [3, 3],
    [4, 3],
  ])("with %i requests to send has %i under way", async (count, expected) => {
    const { window, client, send } = setUp(3);
    const share = window.open();
    for (let request = 0; request < count; request++) send(share, String(request));
    await settled();
    expect(client.underWay).toHaveLength(expected);
    expect(window.underWay).toBe(expected);
    expect(share.isWaiting).toBe(count > 3);
  });

  it("starts a waiting request when one under way has ended, with any outcome", async () => {
    const { window, client, send, started } = setUp(3);
    const share = window.open();
    for (const name of "abcdefg") send(share, name);
    await settled();
    await client.answer(1);
    expect(started()).toEqual(["a", "b", "c", "d"]);
    await client.answer(0, requestFailed("ECONNRESET", "transient"));
    expect(started()).toEqual(["a", "b", "c", "d", "e"]);
    await client.answer(2, requestFailed("ValidationException", "content"));
    expect(started()).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(window.underWay).toBe(3);
  });

  it("gets a request's place back when the client rejects, against its contract", async () => {
    const { bodies, window, client, send, outcomes } = setUp(1);
    const share = window.open();
    send(share, "a");
    send(share, "b");
    await settled();
    client.underWay[0]?.reject(new Error("a bug"));
    await settled();
    expect([...outcomes.keys()]).toEqual(["a: Error: a bug"]);
    await client.answer(0);
    expect(outcomes.get("b")).toBe(allTaken);
    expect([window.underWay, share.underWay, bodies.held]).toEqual([0, 0, 0]);
  });
});

describe("two chunks in one window", () => {
  it("share its places evenly, although the older chunk had filled it", async () => {
    const { window, client, send } = setUp(4);
    const [older, newer] = [window.open(), window.open()];
    for (let request = 0; request < 10; request++) send(older, `older ${request}`);
    await settled();
    expect(older.underWay).toBe(4);
    for (let request = 0; request < 10; request++) send(newer, `newer ${request}`);
    await client.answer(0);
    await client.answer(0);
    expect([older.underWay, newer.underWay]).toEqual([2, 2]);
    for (let count = 0; count < 8; count++) {
      await client.answer(0);
      expect(Math.abs(older.underWay - newer.underWay)).toBeLessThanOrEqual(2);
    }
  });

  it("with equally many requests under way give the next place to the older chunk", async () => {
    const { window, client, send, started } = setUp(1);
    const [older, newer] = [window.open(), window.open()];
    send(older, "first");
    send(newer, "newer");
    send(older, "older");
    await settled();
    await client.answer(0);
    expect(started()).toEqual(["first", "older"]);
    await client.answer(0);
    expect(started()).toEqual(["first", "older", "newer"]);
  });

  it("let a small chunk pass as soon as one request of a large chunk has ended", async () => {
    const { window, client, send, started } = setUp(2);
    const [large, small] = [window.open(), window.open()];
    for (let request = 0; request < 100; request++) send(large, `large ${request}`);
    send(small, "small");
    await settled();
    await client.answer(0);
    expect(started().at(-1)).toBe("small");
  });
});

describe("a throttled request", () => {
  it.each([
    ["of which one entry was throttled", throttledEntry],
    ["that was throttled as a whole", throttledRequest],
  ])("%s halves the window, down to 1", async (_, outcome) => {
    const { window, limits, exchange } = setUp(10);
    const share = window.open();
    for (let request = 0; request < 6; request++) await exchange(share, outcome);
    expect(limits).toEqual([10, 5, 2, 1]);
    expect(window.limit).toBe(1);
  });

  it.each([
    ["a time-out", requestFailed("RequestTimeout", "transient")],
    ["a failed connection", requestFailed("ECONNREFUSED", "transient")],
    ["missing permission", requestFailed("AccessDeniedException", "setup")],
    ["a refusal", requestFailed("ValidationException", "content")],
    ["an entry that failed otherwise", failedWith("InternalFailure", 0)],
  ])("differs from %s, which does not change the window", async (_, outcome) => {
    const { window, limits, exchange } = setUp(10);
    await exchange(window.open(), outcome);
    expect(limits).toEqual([10]);
  });

  it.each([
    ["known shards does not change the window", true, [10]],
    ["other causes narrows it", false, [10, 5]],
  ])("that was throttled by %s", async (_, isOfShards, expected) => {
    const learned: unknown[] = [];
    const { limits, exchange, window } = setUp(10, unlimited, (_table, batch, outcome) => {
      learned.push(batch.length, outcome);
      return isOfShards;
    });
    await exchange(window.open(), throttledEntry);
    expect([limits, learned]).toEqual([expected, [1, throttledEntry]]);
  });

  it("halves the window once for all requests under way at the same time", async () => {
    const { window, client, send } = setUp(8);
    const share = window.open();
    for (let request = 0; request < 20; request++) send(share, String(request));
    await settled();
    for (let request = 0; request < 8; request++) {
      await client.answer(0, throttledEntry);
      expect(window.limit).toBe(4);
    }
    expect(client.underWay, "they started after the decrease").toHaveLength(4);
    await client.answer(0, throttledEntry);
    expect(window.limit).toBe(2);
  });

  it("does not let a request start until fewer are under way than the narrower window holds", async () => {
    const { window, client, send } = setUp(4);
    const share = window.open();
    for (let request = 0; request < 6; request++) send(share, String(request));
    await settled();
    await client.answer(0, throttledRequest);
    expect([window.limit, client.underWay.length]).toEqual([2, 3]);
    await client.answer(0, requestFailed("ECONNRESET", "transient"));
    expect(client.underWay).toHaveLength(2);
    await client.answer(0, requestFailed("ECONNRESET", "transient"));
    expect(client.underWay).toHaveLength(2);
    expect(client.requests).toHaveLength(5);
  });
});

describe("a window that was narrowed to 1", () => {
  it("widens by one for as many fully accepted requests as it holds, up to its maximum", async () => {
    const { window, limits, exchange } = setUp(4);
    const share = window.open();
    await exchange(share, throttledEntry);
    await exchange(share, throttledEntry);
    expect(window.limit).toBe(1);
    for (let request = 0; request < 40; request++) await exchange(share, allTaken);
    expect(limits).toEqual([4, 2, 1, 2, 3, 4]);
    expect(window.limit).toBe(4);
  });

  it.each([
    [1, 2],
    [2, 2],
    [3, 2],
    [4, 3],
  ])("has, after %i fully accepted requests, the limit %i", async (count, limit) => {
    const { window, exchange } = setUp(50);
    const share = window.open();
    for (let request = 0; request < 10; request++) await exchange(share, throttledEntry);
    for (let request = 0; request < count; request++) await exchange(share, allTaken);
    expect(window.limit).toBe(limit);
  });

  it("lets waiting requests start as it widens", async () => {
    const { window, client, send, exchange } = setUp(2);
    const share = window.open();
    await exchange(share, throttledEntry);
    for (const name of "abc") send(share, name);
    await settled();
    expect(client.underWay).toHaveLength(1);
    await client.answer(0);
    expect(client.underWay).toHaveLength(2);
  });
});

describe("the budget for request bodies", () => {
  it("counts the data in base64 and the names of each record", () => {
    expect(bodyBytesOf(...tableOf([entryOf("a", 30), entryOf("b", 60)]))).toBe(120 + 80);
  });

  it("is shared by all outputs, each of which can always have one request under way", async () => {
    const bodies = new ByteBudget(200);
    const windows = [1, 2].map(() => new RequestWindow({ maxRequests: 5, bodies }));
    const client = new HeldClient();
    const [hanging, other] = windows.map((window) => window.open());
    for (const share of [hanging, hanging, other, other]) void share?.send(...tableOf([entryOf("a", 120)]), client);
    await settled();
    expect(client.underWay).toHaveLength(2);
    expect(bodies.held).toBe(400);
    // The second request of `other` replaces its first, although `hanging` still holds the whole budget.
    await client.answer(1);
    expect(client.requests).toHaveLength(3);
    expect(bodies.held).toBe(400);
  });

  it("is exceeded only by a larger request, which is sent alone", async () => {
    const { bodies, window, client, send, started } = setUp(10, 100);
    const share = window.open();
    send(share, "small", 15);
    send(share, "huge", 3000);
    send(share, "other", 15);
    await settled();
    expect([started(), bodies.held]).toEqual([["small"], 60]);
    await client.answer(0);
    expect([started(), bodies.held]).toEqual([["small", "huge"], 4040]);
    await client.answer(0);
    expect([started(), bodies.held]).toEqual([["small", "huge", "other"], 60]);
  });
});

describe("a paused share", () => {
  it("starts no request, ends its waits and lets requests under way complete", async () => {
    const { window, client, send, started, outcomes } = setUp(1);
    const [paused, other] = [window.open(), window.open()];
    send(paused, "under way");
    send(paused, "waits");
    send(other, "other");
    await settled();
    paused.pause();
    send(paused, "late");
    await settled();
    expect([...outcomes]).toEqual([["late", undefined], ["waits", undefined]]);
    await client.answer(0);
    expect(outcomes.get("under way")).toBe(allTaken);
    expect(started()).toEqual(["under way", "other"]);
    expect(window.underWay).toBe(1);
  });

  it("starts no request whose place or bytes were granted at the same moment", async () => {
    const { bodies, window, client, send, outcomes } = setUp(2, 50);
    const share = window.open();
    send(share, "granted");
    send(share, "waits for bytes", 40);
    share.pause();
    await settled();
    expect([...outcomes.values()]).toEqual([undefined, undefined]);
    expect(client.requests).toEqual([]);
    expect([window.underWay, share.underWay, bodies.held]).toEqual([0, 0, 0]);
  });

  it("does not begin to wait for bytes after the pause", async () => {
    const { bodies, window, send, outcomes } = setUp(1, 100);
    void bodies.take(100, window.places);
    const share = window.open();
    send(share, "a");
    share.pause();
    await settled();
    expect([...outcomes]).toEqual([["a", undefined]]);
    expect([window.underWay, bodies.held]).toEqual([0, 100]);
  });

  it("starts no request whose bytes were granted just before the pause", async () => {
    const { bodies, window, client, send, outcomes } = setUp(1, 100);
    void bodies.take(100, window.places);
    const share = window.open();
    send(share, "a");
    await settled();
    bodies.give(100, window.places);
    expect(bodies.held).toBeGreaterThan(0);
    share.pause();
    await settled();
    expect([...outcomes]).toEqual([["a", undefined]]);
    expect([client.requests, window.underWay, bodies.held]).toEqual([[], 0, 0]);
  });

  it("ends its waits for bytes", async () => {
    const { bodies, window, client, send, outcomes } = setUp(2, 100);
    void bodies.take(100, window.places);
    const share = window.open();
    send(share, "waits");
    await settled();
    expect(window.underWay).toBe(1);
    share.pause();
    await settled();
    expect([...outcomes]).toEqual([["waits", undefined]]);
    expect([window.underWay, bodies.held, client.requests]).toEqual([0, 100, []]);
  });

  it("starts requests again after it was resumed", async () => {
    const { window, send, started } = setUp(1);
    const share = window.open();
    share.pause();
    share.resume();
    send(share, "a");
    await settled();
    expect(started()).toEqual(["a"]);
  });

  it("that was closed does not take places of the window any more", async () => {
    const { window, client, send, outcomes } = setUp(1);
    const [closed, other] = [window.open(), window.open()];
    send(closed, "a");
    await settled();
    send(closed, "b");
    send(other, "c");
    closed.close();
    await client.answer(0);
    await client.answer(0);
    expect(outcomes.get("b")).toBeUndefined();
    expect(outcomes.get("c")).toBe(allTaken);
    expect(window.underWay).toBe(0);
  });
});

describe("an ended window", () => {
  it("starts no request of any share, ends all waits and lets requests under way complete", async () => {
    const { bodies, window, client, send, started, outcomes } = setUp(1);
    const [one, other] = [window.open(), window.open()];
    send(one, "under way");
    send(one, "waits");
    send(other, "waits too");
    await settled();
    window.end();
    other.resume();
    send(other, "late");
    const newest = window.open();
    send(newest, "newest");
    await settled();
    expect(window.isEnded).toBe(true);
    expect([...outcomes.values()]).toEqual([undefined, undefined, undefined, undefined]);
    await client.answer(0);
    expect(outcomes.get("under way")).toBe(allTaken);
    expect(started()).toEqual(["under way"]);
    expect([window.underWay, bodies.held]).toEqual([0, 0]);
  });
});
