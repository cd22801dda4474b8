// Property: concurrent chunks of one tag, with responses in any order and any failures, keep the order of each key.
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { ByteBudget } from "../../src/bytes/byte_budget.js";
import { deliver } from "../support/delivered_entries.js";
import { KeyOrder } from "../../src/delivery/key_order.js";
import { RequestWindow } from "../../src/delivery/request_window.js";
import { ShardThrottle } from "../../src/delivery/shard_throttle.js";
import type { EntryView } from "../../src/pack/entry_table.js";
import { entryOf } from "../support/entry.js";
import { JumpingClock, settled } from "../support/fake_clock.js";
import { HeldClient } from "../support/held_client.js";
import { allTaken, failedWith, requestFailed } from "../support/scripted_client.js";

const keys = fc.oneof({ weight: 4, arbitrary: fc.constantFrom("a", "b", "c", "d", "e") }, fc.integer({ min: 0, max: 300 }).map((n) => `key ${n}`));
const contents = fc.array(fc.array(fc.record({ key: keys, sizeBytes: fc.integer({ min: 1, max: 100 }) }), { minLength: 1, maxLength: 40 }), { minLength: 2, maxLength: 5 });
const behaviours = fc.constantFrom("taken", "taken", "taken", "first fails", "reset", "denied", "refused");
const holding = fc.oneof(fc.constant([]), fc.array(fc.boolean(), { maxLength: 200 }));
const plans = fc.array(fc.record({ place: fc.nat(50), behaviour: behaviours }), { maxLength: 120 });

function outcomeOf(behaviour: string) {
  if (behaviour === "first fails") return failedWith("ProvisionedThroughputExceededException", 0);
  if (behaviour === "reset") return requestFailed("ECONNRESET", "transient");
  if (behaviour === "denied") return requestFailed("AccessDeniedException", "setup");
  return behaviour === "refused" ? requestFailed("ValidationException", "content") : allTaken;
}

/** Returns a throttle that holds back the entries marked in `held`. */
function throttleOf(held: readonly boolean[]): ShardThrottle {
  let asked = 0;
  const throttle = new ShardThrottle({ shardMap: () => undefined, renewShardMap: () => undefined, md5: (key) => Buffer.from(key), now: () => 0 });
  vi.spyOn(throttle, "isLimiting", "get").mockReturnValue(true);
  vi.spyOn(throttle, "admits").mockImplementation(() => held[asked++] !== true);
  return throttle;
}

it("a key is in one request at a time, and its entries of a chunk are sent only after those of all earlier chunks", async () => {
  await fc.assert(fc.asyncProperty(contents, plans, fc.integer({ min: 1, max: 8 }), fc.nat(2), holding, async (given, plan, maxRequests, maxRounds, held) => {
    const chunks = given.map((entries) => entries.map(({ key, sizeBytes }, event) => entryOf({ partitionKey: key, sizeBytes, events: event })));
    const chunkOf = new Map(chunks.flatMap((chunk, number) => chunk.map((entry) => [entry, number] as const)));
    const settledEntries = new Set<EntryView>();
    const ended = new Set<number>();
    const sent: EntryView[] = [];
    const client: HeldClient = new HeldClient((request) => {
      const others = new Set(client.underWay.flatMap(({ entries }) => (entries === request ? [] : entries.map(({ partitionKey }) => partitionKey))));
      for (const entry of request) {
        expect(others.has(entry.partitionKey), "the key is in another request under way").toBe(false);
        const number = chunkOf.get(entry) as number;
        const earlier = chunks.slice(0, number).filter((_, index) => !ended.has(index)).flat();
        const open = earlier.filter((other) => other.partitionKey === entry.partitionKey && !settledEntries.has(other));
        expect(open, "entries of the key in earlier chunks").toEqual([]);
        sent.push(entry);
      }
    });
    const window = new RequestWindow({ maxRequests, bodies: new ByteBudget(Number.POSITIVE_INFINITY) });
    const clock = new JumpingClock();
    const order = new KeyOrder();
    const throttle = throttleOf(held);
    const policy = { budgetMs: 1_000_000, firstBackoffMs: 100, maxBackoffMs: 1000, maxRounds };
    const deliveries = chunks.map(async (chunk, number) => {
      const outcome = await deliver(chunk, policy, {
        client, window, throttle, order: "by key", keys: { order, mapping: "by key" }, maxRequestBytes: 100, takeApart: () => [], now: clock.now, sleep: clock.sleep, random: () => 0.5,
        waits: (entries) => {
          const kept = new Set(entries);
          expect(chunk.filter((entry) => !settledEntries.has(entry) && !kept.has(entry)), "unsent entries whose memory is not kept").toEqual([]);
        },
      });
      ended.add(number);
      return outcome;
    });
    const finished = Promise.all(deliveries);
    finished.catch(() => undefined);
    await settled();
    let isCalm = true;
    for (let step = 0; client.underWay.length > 0; step++) {
      const { place, behaviour } = plan[step] ?? { place: 0, behaviour: "taken" };
      const request = client.underWay[place % client.underWay.length];
      const outcome = outcomeOf(behaviour);
      isCalm &&= outcome === allTaken;
      const failed = outcome.kind === "failed" ? undefined : new Set(outcome.failed.map(({ index }) => index));
      for (const [index, entry] of (request?.entries ?? []).entries()) if (failed?.has(index) === false) settledEntries.add(entry);
      if (outcome.kind === "failed" && outcome.cause === "content" && request?.entries.length === 1) settledEntries.add(request.entries[0] as EntryView);
      request?.answer(outcome);
      await settled();
    }
    for (const [number, outcome] of (await finished).entries()) {
      if (isCalm) expect(outcome).toMatchObject({ kind: "delivered", delivered: chunks[number]?.length });
    }
    if (!isCalm) return;
    for (const key of new Set(sent.map(({ partitionKey }) => partitionKey))) {
      const isOfKey = ({ partitionKey }: EntryView) => partitionKey === key;
      expect(sent.filter(isOfKey)).toEqual(chunks.flat().filter(isOfKey));
    }
  }), { numRuns: 500 });
}, 120_000);
