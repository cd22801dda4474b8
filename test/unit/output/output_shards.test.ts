// An output that aggregates by partition key: its use of the shard list, with failures and resharding.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashKeyOf } from "../../../src/pack/shard_map.js";
import { chunkOf } from "../../support/event_chunk.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { parseAggregate } from "../../support/kpl_aggregate.js";
import { allTextsIn, takenOf, textsIn } from "../../support/received_events.js";
import { failedAt, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance } from "../../support/scripted_instance.js";

/** A permanent failure: it ends the flush, without a further round. */
const denied = requestFailed("AccessDeniedException", "setup");
const letters = ["a", "b", "c", "d", "e"];
const raw = { log_key: "log" };

describe("a chunk retried after the shards have changed", () => {
  const options = { ...raw, aggregation: "true", partition_key: "k" };
  const greatest = (1n << 128n) - 1n;
  const hashOf = (key: string) => hashKeyOf(createHash("md5").update(key).digest());
  const keys = ["p", "q", "r", "s", "t"].sort((one, other) => (hashOf(one) < hashOf(other) ? -1 : 1));
  /** Returns shards that end after the keys at these places in the order of their hash keys. */
  const shardsCutAt = (name: string, ...places: number[]) => {
    const starts = [0n, ...places.map((place) => hashOf(keys[place] as string) + 1n)];
    return starts.map((startingHashKey, n) => {
      return { id: `${name} ${n}`, startingHashKey, endingHashKey: (starts[n + 1] ?? greatest + 1n) - 1n };
    });
  };
  const keyed = chunkOf(letters.map((log, n) => ({ log, k: keys[n] })));

  it("aggregates its unsent records by the new shards", async () => {
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

  it("delivers each event exactly once in total", async () => {
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

describe("the shard list", () => {
  const keyed = chunkOf([{ log: "a", k: "key" }]);

  it.each([
    ["aggregation and partition_key are both set", { aggregation: "true", partition_key: "k" }, 1],
    ["partition_key is unset, since random keys share one aggregate", { aggregation: "true" }, 0],
    ["aggregation is off", { partition_key: "k" }, 0],
  ])("is requested only as often as needed when %s: %#", async (_, options, listings) => {
    const { flush, client } = scriptedInstance({ options });
    for (let count = 0; count < 3; count++) await flush(keyed, "tag");
    expect(client.listings).toBe(listings);
  });

  it("that is refused delays no record, and causes one warning", async () => {
    const { flush, client, log } = scriptedInstance({ options: { ...raw, aggregation: "true", partition_key: "k" } });
    for (let count = 0; count < 3; count++) expect(await flush(keyed, "tag")).toBe("ok");
    expect(client.requests.map(allTextsIn)).toEqual([["a"], ["a"], ["a"]]);
    expect(log.at("warning").filter((text) => text.includes("kinesis:ListShards"))).toHaveLength(1);
  });

  it("is requested again only when results name other shards than expected", async () => {
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
