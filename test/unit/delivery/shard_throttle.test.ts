// Which entries a throttled shard holds back, and which failures count as throttling of a shard.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ShardThrottle } from "../../../src/delivery/shard_throttle.js";
import type { Entry, EntryTable, EntryView } from "../../../src/pack/entry_table.js";
import { ShardMap } from "../../../src/pack/shard_map.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { evenShards, keysOfShard } from "../../support/limited_shards.js";
import { allTaken, failedWith, requestFailed } from "../../support/scripted_client.js";

const shards = evenShards(2);
const [hotKey = "", otherHotKey = ""] = keysOfShard(shards, "shard 0", 2);
const [coldKey = ""] = keysOfShard(shards, "shard 1", 1);
const throttled = (...indexes: number[]) => failedWith("ProvisionedThroughputExceededException", ...indexes);

/** Returns an entry and its table. */
function one(view: EntryView): [EntryTable, Entry] {
  const [table, entries] = tableOf([view]);
  return [table, entries[0] as Entry];
}

function setUp() {
  const clock = new JumpingClock();
  const state = { map: new ShardMap(shards) as ShardMap | undefined, renewals: 0, hashed: 0 };
  const throttle = new ShardThrottle({
    shardMap: () => state.map,
    renewShardMap: () => state.renewals++,
    md5: (key) => {
      state.hashed++;
      return createHash("md5").update(key).digest();
    },
    now: clock.now,
  });
  const admits = (partitionKey?: string) => throttle.admits(...one(entryOf({ partitionKey })));
  return { clock, state, throttle, admits };
}

describe("the throttling of a shard", () => {
  it("holds back entries of all its keys, and no others", () => {
    const { throttle, admits } = setUp();
    const batch = [hotKey, coldKey].map((partitionKey) => entryOf({ partitionKey }));
    expect(throttle.isLimiting).toBe(false);
    expect(throttle.learn(...tableOf(batch), throttled(0))).toBe(true);
    expect([throttle.isLimiting, admits(hotKey), admits(otherHotKey), admits(coldKey), admits()]).toEqual([true, false, false, true, true]);
    expect(throttle.waitMs(...one(entryOf({ partitionKey: hotKey })))).toBeCloseTo(100, 5);
    expect([throttle.waitMs(...one(entryOf({ partitionKey: coldKey }))), throttle.waitMs(...one(entryOf({})))]).toEqual([0, 0]);
  });

  it("applies to the shard for which an aggregate was made, with any partition key", () => {
    const { state, throttle } = setUp();
    const aggregate = (shardId: string) => entryOf({ partitionKey: coldKey, shardId });
    expect(throttle.learn(...tableOf([aggregate("shard 0")]), throttled(0))).toBe(true);
    expect([throttle.admits(...one(aggregate("shard 0"))), throttle.admits(...one(aggregate("shard 1")))]).toEqual([false, true]);
    expect(state.hashed).toBe(0);
  });

  it.each([
    ["an entry with a random key is throttled", [undefined], throttled(0)],
    ["one of two throttled entries has a random key", [hotKey, undefined], throttled(0, 1)],
    ["KMS throttles", [hotKey], failedWith("KMSThrottlingException", 0)],
    ["the whole request is throttled", [hotKey], requestFailed("ProvisionedThroughputExceededException", "transient")],
    ["nothing is throttled", [hotKey], allTaken],
    ["an entry fails for another reason", [hotKey], failedWith("InternalFailure", 0)],
  ] as const)("is not assumed when %s", (_, keys, outcome) => {
    const { throttle } = setUp();
    expect(throttle.learn(...tableOf(keys.map((partitionKey) => entryOf({ partitionKey }))), outcome)).toBe(false);
  });

  it("is not detected without a map, which is requested at most once a minute", () => {
    const { clock, state, throttle, admits } = setUp();
    state.map = undefined;
    const batch = [entryOf({ partitionKey: hotKey })];
    expect(throttle.learn(...tableOf(batch), throttled(0))).toBe(false);
    expect([throttle.isLimiting, admits(hotKey), state.renewals]).toEqual([false, true, 1]);
    clock.nowMs += 59_999;
    throttle.learn(...tableOf(batch), throttled(0));
    expect(state.renewals).toBe(1);
    clock.nowMs += 1;
    throttle.learn(...tableOf(batch), throttled(0));
    expect(state.renewals).toBe(2);
  });

  it("hashes each key once, and again for a newer map", () => {
    const { state, throttle, admits } = setUp();
    throttle.learn(...tableOf([entryOf({ partitionKey: hotKey })]), throttled(0));
    for (let n = 0; n < 10; n++) admits(hotKey);
    expect(state.hashed).toBe(1);
    state.map = new ShardMap([{ id: "merged", startingHashKey: 0n, endingHashKey: (1n << 128n) - 1n }]);
    expect([admits(hotKey), admits(coldKey)]).toEqual([true, true]);
    expect(state.hashed).toBe(3);
  });

  it("caches the shards of a limited number of keys", () => {
    const { state, throttle, admits } = setUp();
    throttle.learn(...tableOf([entryOf({ partitionKey: hotKey })]), throttled(0));
    const hashedFor = (key: string) => {
      state.hashed = 0;
      admits(key);
      return state.hashed;
    };
    for (let n = 0; n < 999; n++) admits(`many ${n}`);
    expect([hashedFor("many 0"), hashedFor(hotKey)], "1,000 keys with the hot one").toEqual([0, 0]);
    admits("one more");
    expect([hashedFor("many 0"), hashedFor("one more")]).toEqual([1, 0]);
  });
});
