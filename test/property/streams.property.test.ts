// Property: records of many streams, keys and chunks, with responses in any order and any failures, retried until delivered,
// arrive exactly once, each in its own stream; while nothing fails, each key keeps its order within a stream.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { EntryView } from "../../src/pack/entry_table.js";
import type { PutRecordsOutcome } from "../../src/delivery/kinesis_client.js";
import type { Reply } from "../../src/output/flush.js";
import { chunkOf } from "../support/event_chunk.js";
import { JumpingClock, settled } from "../support/fake_clock.js";
import { HeldClient } from "../support/held_client.js";
import { allTextsIn, takenOf } from "../support/received_events.js";
import { allTaken, failedWith, requestFailed } from "../support/scripted_client.js";
import { scriptedInstance } from "../support/scripted_instance.js";

const records = fc.record({ to: fc.constantFrom("own", "a", "b", "c", "no name", undefined), k: fc.constantFrom("k", "l", "m", "1") });
const chunks = fc.array(fc.record({ tag: fc.constantFrom("t", "u"), bodies: fc.array(records, { minLength: 1, maxLength: 25 }) }), { minLength: 1, maxLength: 5 });
const behaviours = fc.constantFrom("taken", "taken", "taken", "first fails", "throttled", "reset", "missing");
const plans = fc.array(fc.record({ place: fc.nat(50), behaviour: behaviours }), { maxLength: 80 });
const settings = fc.record({
  concurrent_requests: fc.integer({ min: 1, max: 6 }).map(String),
  aggregation: fc.constantFrom("true", "false"),
  hasKeys: fc.boolean(),
  max: fc.nat(3),
  isCalm: fc.boolean(),
});

function outcomeOf(behaviour: string, entries: readonly EntryView[]): PutRecordsOutcome {
  if (behaviour === "first fails") return failedWith("InternalFailure", 0);
  if (behaviour === "throttled") return failedWith("ProvisionedThroughputExceededException", ...entries.keys());
  if (behaviour === "reset") return requestFailed("ECONNRESET", "transient");
  return behaviour === "missing" ? requestFailed("ResourceNotFoundException", "setup") : allTaken;
}

it("each record of many streams arrives exactly once in its own stream, and in key order while nothing fails", async () => {
  await fc.assert(fc.asyncProperty(chunks, plans, settings, async (given, plan, { hasKeys, isCalm, aggregation, concurrent_requests, max }) => {
    const clock = new JumpingClock();
    const service = new HeldClient();
    const options = { log_key: "log", stream_key: "to", stream: "own", aggregation, concurrent_requests, ...(hasKeys ? { partition_key: "k" } : {}) };
    const output = scriptedInstance({ options, clock, afterwards: (entries, stream) => service.hold(entries, stream) });
    let number = 0;
    const expected = new Map<string, string[]>();
    const contents = given.map(({ tag, bodies }) => {
      const events = bodies.map(({ to, k }) => {
        const log = `${tag} ${k} ${number++}`;
        const stream = to === undefined || to === "no name" ? "own" : to;
        expected.set(stream, [...(expected.get(stream) ?? []), log]);
        return { log, k, ...(to === undefined ? {} : { to }) };
      });
      return { tag, bytes: chunkOf(events) };
    });
    const arrived = new Map<string, string[]>();
    let pending: readonly { readonly tag: string; readonly bytes: Uint8Array }[] = contents;
    let step = 0;
    for (let tries = 0; pending.length > 0; tries++) {
      expect(tries).toBeLessThan(200);
      const replies: (Reply | undefined)[] = pending.map(() => undefined);
      for (const [index, { tag, bytes }] of pending.entries()) void output.flush(bytes, tag).then((reply) => (replies[index] = reply));
      for (;;) {
        // A chunk continues after several waits that take no time.
        for (let turn = 0; turn < 3; turn++) await settled();
        expect(service.underWay.length).toBeLessThanOrEqual(Number(concurrent_requests));
        if (service.underWay.length === 0) break;
        const { place, behaviour } = isCalm ? { place: plan[step % (plan.length || 1)]?.place ?? 0, behaviour: "taken" } : (plan[step] ?? { place: 0, behaviour: "taken" });
        step++;
        const request = service.underWay[place % service.underWay.length];
        if (request === undefined) break;
        const outcome = outcomeOf(behaviour, request.entries);
        const stream = request.stream ?? "own";
        arrived.set(stream, [...(arrived.get(stream) ?? []), ...allTextsIn(takenOf(request.entries, outcome))]);
        request.answer(outcome);
      }
      expect(replies).not.toContain(undefined);
      if (isCalm) expect(replies.every((reply) => reply === "ok")).toBe(true);
      pending = pending.filter((_, index) => replies[index] === "retry");
      if (tries > max) step = Math.max(step, plan.length);
    }
    expect(new Set(arrived.keys())).toEqual(new Set(expected.keys()));
    for (const [stream, texts] of expected) {
      const found = arrived.get(stream) ?? [];
      expect([...found].sort()).toEqual([...texts].sort());
      if (!isCalm || !hasKeys) continue;
      for (const key of new Set(texts.map((text) => text.split(" ").slice(0, 2).join(" ")))) {
        expect(found.filter((text) => text.startsWith(`${key} `))).toEqual(texts.filter((text) => text.startsWith(`${key} `)));
      }
    }
  }), { numRuns: 300 });
}, 120_000);
