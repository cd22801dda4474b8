// Property: with any failures and any order of chunks and retries, each event arrives exactly once, except events that the
// service never accepts.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Shard } from "../../src/pack/shard_map.js";
import type { EntryView } from "../../src/pack/entry_table.js";
import type { PutRecordsOutcome } from "../../src/delivery/kinesis_client.js";
import { chunkOf } from "../support/event_chunk.js";
import { JumpingClock } from "../support/fake_clock.js";
import { allTextsIn, takenOf } from "../support/received_events.js";
import { requestFailed } from "../support/scripted_client.js";
import { scriptedInstance } from "../support/scripted_instance.js";

const greatest = (1n << 128n) - 1n;

const options = fc.record({
  aggregation: fc.constantFrom("true", "false"),
  aggregation_maximum_record_size: fc.constantFrom("1024", "2000", "1048576"),
  skip_aggregation_record_size: fc.constantFrom("100", "20480"),
  compression: fc.constantFrom("none", "gzip", "zlib"),
  partition_key: fc.constantFrom("", "key"),
});

const events = fc.record({ key: fc.constantFrom("p", "q", "r", "s", 7, ""), length: fc.nat(300), hasLog: fc.nat(9), isPoison: fc.nat(30).map((n) => n === 0) });
const chunks = fc.array(
  fc.record({
    events: fc.oneof(
      { weight: 5, arbitrary: fc.array(events, { maxLength: 40 }) },
      { weight: 1, arbitrary: fc.array(events, { minLength: 501, maxLength: 600 }) },
    ),
    tag: fc.constantFrom("one", "two"),
    /** Number of chunks with this content. */
    copies: fc.constantFrom(1, 1, 1, 2, 3),
  }),
  { minLength: 1, maxLength: 4 },
);

/** The outcome of one request: which of its entries fail (a repeating pattern), or a failure of the whole request. */
const outcomes = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }) },
  { weight: 2, arbitrary: fc.constantFrom("refused" as const, "unreachable" as const) },
);
/** For each turn: which one or two of the waiting chunks are flushed, and where the shards are cut. */
const turns = fc.record({ first: fc.nat(100), together: fc.constantFrom(1, 1, 2), cut: fc.bigInt({ min: 0n, max: greatest - 1n }) });

/** Suffix of records that the service refuses for their content. At most 9 in a chunk: from 10 refusals on, the delivery doubts them. */
const poison = "poison";
const maxPoison = 9;

type Outcome = readonly boolean[] | "refused" | "unreachable";

function outcomeOf(outcome: Outcome, entries: readonly EntryView[]): PutRecordsOutcome {
  if (allTextsIn(entries).some((text) => text.endsWith(poison))) {
    return { kind: "failed", code: "InvalidArgumentException", message: "", cause: "content" };
  }
  if (outcome === "refused") return requestFailed("AccessDeniedException", "setup");
  if (outcome === "unreachable") return requestFailed("ECONNREFUSED", "transient");
  const failed = entries.flatMap((_, index) =>
    outcome[index % outcome.length] === true ? [{ index, code: index % 2 === 0 ? "ProvisionedThroughputExceededException" : "InternalFailure", message: "" }] : [],
  );
  return { kind: "answered", failed, strayed: failed.length < entries.length ? 1 : 0 };
}

function shardsCutAt(cut: bigint, turn: number): Shard[] {
  return [
    { id: `low ${turn}`, startingHashKey: 0n, endingHashKey: cut },
    { id: `high ${turn}`, startingHashKey: cut + 1n, endingHashKey: greatest },
  ];
}

it("each event arrives exactly once per copy of its chunk", async () => {
  await fc.assert(
    fc.asyncProperty(options, chunks, fc.array(outcomes, { maxLength: 60 }), fc.array(turns, { minLength: 1, maxLength: 20 }),
      async (given, contents, script, plan) => {
        const taken: string[] = [];
        const respond = (outcome: Outcome) => (entries: readonly EntryView[]) => {
          const result = outcomeOf(outcome, entries);
          taken.push(...allTextsIn(takenOf(entries, result)));
          return result;
        };
        const clock = new JumpingClock();
        const { flush, client } = scriptedInstance({
          options: { ...given, log_key: "log" }, clock, random: () => 0.999, script: script.map(respond), afterwards: respond([false]),
        });

        const expected: string[] = [];
        const waiting = contents.flatMap((content, n) => {
          let poisoned = 0;
          // Without aggregation only: the service would refuse the whole aggregate.
          const isPoison = content.events.map((event) => given.aggregation === "false" && event.isPoison && poisoned++ < maxPoison);
          const logs = content.events.map(({ length }, event) => {
            return `${n}:${event};`.padEnd(length, ".") + (isPoison[event] === true ? poison : "");
          });
          const bodies = content.events.map(({ key, hasLog }, event) => (hasLog === 0 ? { key } : { key, log: logs[event] }));
          const copies = Array.from({ length: content.copies }, () => ({ bytes: chunkOf(bodies), tag: content.tag }));
          const sendable = logs.filter((_, event) => content.events[event]?.hasLog !== 0 && isPoison[event] !== true);
          expected.push(...copies.flatMap(() => sendable));
          return copies;
        });
        for (let turn = 0; waiting.length > 0; turn++) {
          const { first, together, cut } = plan[turn % plan.length] ?? { first: 0, together: 1, cut: 0n };
          client.shards = shardsCutAt(cut, turn);
          clock.nowMs += 2000;
          const coming = waiting.splice(first % waiting.length, together);
          const replies = await Promise.all(coming.map(({ bytes, tag }) => flush(bytes, tag)));
          waiting.push(...coming.filter((_, index) => replies[index] === "retry"));
          expect(turn, "every chunk is delivered in the end").toBeLessThan(200);
        }
        expect(taken.sort()).toEqual(expected.sort());
      }),
    { numRuns: 150 },
  );
}, 120_000);
