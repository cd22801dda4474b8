// The places of an output's requests: how streams share them, and that no waiting stream blocks another.
import { describe, expect, it } from "vitest";
import { ByteBudget } from "../../../src/bytes/byte_budget.js";
import { RequestPlaces } from "../../../src/delivery/request_places.js";
import { RequestWindow } from "../../../src/delivery/request_window.js";
import { settled } from "../../support/fake_clock.js";
import { HeldClient } from "../../support/held_client.js";
import { allTaken, entryOf, failedWith } from "../../support/scripted_client.js";
import { tableOf } from "../../support/entry.js";

const throttled = failedWith("ProvisionedThroughputExceededException", 0);

/** Sets up streams "a", "b" and so on that share the places of one output; each request is named after its stream. */
function setUp(places: number, streams: number, bodies = new ByteBudget(Number.POSITIVE_INFINITY)) {
  const shared = new RequestPlaces(places);
  const client = new HeldClient();
  const windows = Array.from({ length: streams }, () => new RequestWindow({ maxRequests: places, bodies, places: shared }));
  const shares = windows.map((window) => window.open());
  const send = (stream: number, count: number) => {
    for (let request = 0; request < count; request++) void shares[stream]?.send(...tableOf([entryOf("abcdefghijkl"[stream] ?? "")]), client);
  };
  const underWay = () => client.keysUnderWay.flat().join("");
  const started = () => client.requests.flatMap(({ entries }) => entries.map(({ partitionKey }) => partitionKey)).join("");
  return { shared, client, windows, shares, send, underWay, started };
}

/** Returns the number of a stream's requests. */
function countOf(stream: string, requests: string): number {
  return requests.split(stream).length - 1;
}

describe("the places of an output", () => {
  it.each([
    [2, 2],
    [3, 3],
    [4, 3],
  ])("let three requests of all streams together be under way: of %i requests %i are", async (streams, expected) => {
    const { send, client } = setUp(3, streams);
    for (let stream = 0; stream < streams; stream++) send(stream, 1);
    await settled();
    expect(client.underWay).toHaveLength(expected);
  });

  it("go to the stream with the fewest requests under way, although another has waited longer", async () => {
    const { send, client, underWay } = setUp(4, 2);
    send(0, 10);
    await settled();
    send(1, 10);
    expect(underWay()).toBe("aaaa");
    for (let count = 0; count < 2; count++) await client.answer(0);
    expect(underWay()).toBe("aabb");
    await client.answer(3);
    expect(underWay()).toBe("aabb");
  });

  it("go to many streams in turn, even when there are more streams than places", async () => {
    const { send, client, started } = setUp(2, 5);
    for (let stream = 0; stream < 5; stream++) send(stream, 3);
    await settled();
    while (client.underWay.length > 0) await client.answer(0);
    const first = started().slice(0, 6);
    expect(new Set(first).size, first).toBe(5);
    expect(["a", "b", "c", "d", "e"].map((stream) => countOf(stream, started()))).toEqual([3, 3, 3, 3, 3]);
  });

  it("of a throttled stream, whose limit alone falls, go to the other streams", async () => {
    const { send, client, windows, underWay } = setUp(4, 2);
    send(0, 8);
    await settled();
    send(1, 8);
    await client.answer(0, throttled);
    expect(windows.map(({ limit }) => limit)).toEqual([2, 4]);
    // Three of the throttled stream are still under way.
    expect(underWay()).toBe("aaab");
    for (let count = 0; count < 3; count++) await client.answer(0, throttled);
    expect(windows.map(({ limit }) => limit)).toEqual([2, 4]);
    expect(countOf("b", underWay())).toBeGreaterThanOrEqual(2);
    expect(countOf("a", underWay())).toBeLessThanOrEqual(2);
    expect(client.underWay).toHaveLength(4);
  });

  it("let a stream continue when its own limit has grown, without the end of another stream's request", async () => {
    const { send, client, windows, underWay } = setUp(4, 1);
    send(0, 1);
    await settled();
    await client.answer(0, throttled);
    expect(windows[0]?.limit).toBe(2);
    send(0, 8);
    await settled();
    expect(underWay()).toBe("aa");
    for (let count = 0; count < 3; count++) await client.answer(0, allTaken);
    expect(underWay()).toBe("aaa");
  });

  it("have no waiting streams once the output has ended", async () => {
    const { send, client, windows, shared } = setUp(1, 3);
    for (let stream = 0; stream < 3; stream++) send(stream, 2);
    await settled();
    windows[1]?.end();
    expect(shared.isEnded).toBe(true);
    expect(windows.map(({ isEnded }) => isEnded)).toEqual([true, true, true]);
    await client.answer(0);
    expect(client.requests).toHaveLength(1);
    send(2, 1);
    await settled();
    expect(client.requests).toHaveLength(1);
  });

  it("are not held by a stream whose chunks are done", async () => {
    const { send, client, shares, underWay } = setUp(1, 2);
    send(0, 1);
    send(1, 1);
    await settled();
    shares[1]?.close();
    await client.answer(0);
    expect(underWay()).toBe("");
    send(0, 1);
    await settled();
    expect(underWay()).toBe("a");
  });
});

describe("the bytes of bodies", () => {
  it("count for the output: its streams together go beyond the budget with one request", async () => {
    const { send, client } = setUp(10, 5, new ByteBudget(1));
    for (let stream = 0; stream < 5; stream++) send(stream, 1);
    await settled();
    expect(client.underWay).toHaveLength(1);
  });
});
