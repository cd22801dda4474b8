// How an output with aggregation by partition key uses the list of shards, over failures and changes of it.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashKeyOf } from "../../../src/pack/shard_map.js";
import { chunkOf } from "../../support/event_chunk.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { parseAggregate } from "../../support/kpl_aggregate.js";
import { allTextsIn, takenOf, textsIn } from "../../support/received_events.js";
import { failedAt, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance } from "../../support/scripted_instance.js";

/** Failing for good: the flush is over, since such a request is not tried again within it. */
const denied = requestFailed("AccessDeniedException", "setup");
const letters = ["a", "b", "c", "d", "e"];
const raw = { log_key: "log" };

describe("a chunk that comes again after the shards have changed", () => {
  const options = { ...raw, aggregation: "true", partition_key: "k" };
  const greatest = (1n << 128n) - 1n;
  const hashOf = (key: string) => hashKeyOf(createHash("md5").update(key).digest());
  const keys = ["p", "q", "r", "s", "t"].sort((one, other) => (hashOf(one) < hashOf(other) ? -1 : 1));
  /** Shards that are cut behind the keys at these places in the order of their hash keys. */
  const shardsCutAt = (name: string, ...places: number[]) => {
    const starts = [0n, ...places.map((place) => hashOf(keys[place] as string) + 1n)];
    return starts.map((startingHashKey, n) => {
      return { id: `${name} ${n}`, startingHashKey, endingHashKey: (starts[n + 1] ?? greatest + 1n) - 1n };
    });
  };
  const keyed = chunkOf(letters.map((log, n) => ({ log, k: keys[n] })));

  it("gathers what is missing by the new shards", async () => {
    const clock = new JumpingClock();
    const strayed: Step = { kind: "answered", strayed: 1, failed: [{ index: 0, code: "X", message: "" }] };
    const run = scriptedInstance({ options, clock, script: [strayed, denied] });
    run.client.shards = shardsCutAt("old", 3);
    expect(await run.flush(keyed, "tag")).toBe("retry");
    expect(run.client.requests[0]?.map(textsIn)).toEqual([["a", "b", "c", "d"], ["e"]]);
    run.client.shards = shardsCutAt("new", 1);
    clock.nowMs += 1000;
    expect(await run.flush(keyed, "tag")).toBe("ok");
    expect(run.client.requests[2]?.map((entry) => [entry.shardId, textsIn(entry)])).toEqual([
      ["new 0", ["a", "b"]],
      ["new 1", ["c", "d"]],
    ]);
    expect(run.client.listings).toBe(2);
    const [first] = run.client.requests[2] ?? [];
    expect(parseAggregate(first?.data ?? new Uint8Array()).partition_key_table).toEqual(keys.slice(0, 2));
  });

  it("delivers each event once in all", async () => {
    const taken: string[] = [];
    const step = (outcome: ReturnType<typeof failedAt>): Step => (entries) => {
      taken.push(...allTextsIn(takenOf(entries, outcome)));
      return outcome;
    };
    const all = step(failedAt());
    const run = scriptedInstance({ options, script: [step(failedAt(0)), denied], afterwards: all });
    run.client.shards = shardsCutAt("old", 2);
    expect(await run.flush(keyed, "tag")).toBe("retry");
    run.client.shards = shardsCutAt("new", 0, 3);
    expect(await run.flush(keyed, "tag")).toBe("ok");
    expect(taken.sort()).toEqual(letters);
  });
});

describe("the list of shards", () => {
  const keyed = chunkOf([{ log: "a", k: "key" }]);

  it.each([
    ["aggregation and partition_key are both set", { aggregation: "true", partition_key: "k" }, 1],
    ["there is no partition_key, as random keys share one aggregate", { aggregation: "true" }, 0],
    ["there is no aggregation", { partition_key: "k" }, 0],
  ])("is asked for when %s: %#", async (_, options, listings) => {
    const { flush, client } = scriptedInstance({ options });
    for (let count = 0; count < 3; count++) await flush(keyed, "tag");
    expect(client.listings).toBe(listings);
  });

  it("that is refused keeps no record back, and is told in one warning", async () => {
    const { flush, client, log } = scriptedInstance({ options: { ...raw, aggregation: "true", partition_key: "k" } });
    for (let count = 0; count < 3; count++) expect(await flush(keyed, "tag")).toBe("ok");
    expect(client.requests.map(allTextsIn)).toEqual([["a"], ["a"], ["a"]]);
    expect(log.at("warning").filter((text) => text.includes("kinesis:ListShards"))).toHaveLength(1);
  });

  it("is asked for again when an answer shows other shards than expected, and not otherwise", async () => {
    const clock = new JumpingClock();
    const script: Step[] = [failedAt(), { kind: "answered", failed: [], strayed: 1 }];
    const { flush, client } = scriptedInstance({ options: { aggregation: "true", partition_key: "k" }, script, clock });
    client.shards = [{ id: "all", startingHashKey: 0n, endingHashKey: (1n << 128n) - 1n }];
    const listings: number[] = [];
    for (let count = 0; count < 4; count++) {
      await flush(keyed, "tag");
      listings.push(client.listings);
      clock.nowMs += 5000;
    }
    expect(listings).toEqual([1, 1, 2, 2]);
  });
});
