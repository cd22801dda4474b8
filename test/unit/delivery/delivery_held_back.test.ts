// Entries held back for a throttled shard: when they are sent, what counts as a retry, and how the wait ends.
import { describe, expect, it } from "vitest";
import type { RetryPolicy } from "../../../src/delivery/delivery.js";
import { deliver, type ViewDependencies } from "../../support/delivered_entries.js";
import { ShardThrottle } from "../../../src/delivery/shard_throttle.js";
import { ShardMap } from "../../../src/pack/shard_map.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { evenShards } from "../../support/limited_shards.js";
import { windowOf } from "../../support/request_window.js";
import { allTaken, failedWith, keysOf, ScriptedClient, type Step } from "../../support/scripted_client.js";
import { entryOf, tableOf } from "../../support/entry.js";

const patient: RetryPolicy = { budgetMs: 1000, firstBackoffMs: 100, maxBackoffMs: 1000 };
/** Returns entries with the ids of their shards, as aggregates have. */
const entriesFor = (...shards: string[]) => shards.map((shardId, n) => entryOf({ partitionKey: `${shardId} ${n}`, shardId, sizeBytes: 100, events: n }));
const throttled = (...indexes: number[]) => failedWith("ProvisionedThroughputExceededException", ...indexes);

function setUp(script: readonly Step[] = []) {
  const clock = new JumpingClock();
  const window = windowOf(4);
  const throttle = new ShardThrottle({ shardMap: () => new ShardMap(evenShards(2)), renewShardMap: () => undefined, md5: () => new Uint8Array(16), now: clock.now });
  const client = new ScriptedClient(script);
  const waiting: string[][] = [];
  const dependencies: ViewDependencies = {
    client, window, throttle, maxRequestBytes: 1_000_000, order: "by shard", takeApart: () => [], now: clock.now, sleep: clock.sleep, random: () => 0.5,
    waits: (entries) => waiting.push(keysOf(entries)),
  };
  /** Makes shard 0 throttle now. */
  const limit = () => throttle.learn(...tableOf(entriesFor("shard 0")), throttled(0));
  return { clock, window, client, waiting, dependencies, limit };
}

describe("entries of a throttled shard", () => {
  it("wait until the shard accepts enough for a request, while other entries are sent; the wait does not count as a retry", async () => {
    const { client, clock, dependencies, waiting, limit } = setUp();
    limit();
    const delivery = await deliver(entriesFor("shard 0", "shard 1", "shard 0"), { ...patient, maxRounds: 0 }, dependencies);
    expect(client.requests.map(keysOf)).toEqual([["shard 1 1"], ["shard 0 0", "shard 0 2"]]);
    expect(clock.slept.map(Math.round)).toEqual([100]);
    expect(waiting).toEqual([["shard 0 0", "shard 0 2"]]);
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 3, retryRounds: 0 });
  });

  it("are sent again after a back-off, at the rate that the shard accepts", async () => {
    const { client, dependencies, clock } = setUp([throttled(0, 2), allTaken]);
    const delivery = await deliver(entriesFor("shard 0", "shard 1", "shard 0"), { ...patient, budgetMs: 10_000 }, { ...dependencies, order: "none" });
    expect(client.requests.map(keysOf)).toEqual([["shard 0 0", "shard 1 1", "shard 0 2"], ["shard 0 0", "shard 0 2"]]);
    expect(clock.slept[0]).toBe(50);
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 3, retryRounds: 1 });
  });

  it("remain when the flush's time is over before, with throttling as the reason", async () => {
    const { client, dependencies, limit } = setUp();
    limit();
    const delivery = await deliver(entriesFor("shard 0", "shard 1"), { ...patient, budgetMs: 99 }, dependencies);
    expect(client.requests.map(keysOf)).toEqual([["shard 1 1"]]);
    expect(delivery).toMatchObject({ kind: "remaining", delivered: 1, failure: { code: "ProvisionedThroughputExceededException", message: expect.stringContaining("shard") as string } });
  });

  it("remain when the output ends, although none was due", async () => {
    const { client, dependencies, window, limit } = setUp();
    limit();
    window.end();
    const delivery = await deliver(entriesFor("shard 0"), patient, dependencies);
    expect(client.requests).toEqual([]);
    expect(delivery).toMatchObject({ kind: "remaining", failure: { code: "AbortError" } });
  });

  it("do not delay an end of the output during their wait", async () => {
    const { dependencies, window, limit, clock } = setUp();
    limit();
    const sleep = (milliseconds: number) => {
      window.end();
      return clock.sleep(milliseconds);
    };
    const delivery = await deliver(entriesFor("shard 0"), patient, { ...dependencies, sleep });
    expect(delivery).toMatchObject({ kind: "remaining", failure: { code: "AbortError" } });
    expect(clock.slept).toHaveLength(1);
  });
});
