// Property: after any appends and moves to own memory, each entry has the fields it was appended with.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { EventSet } from "../../src/pack/event_set.js";
import { EntryTable, type Entry, type EntryView } from "../../src/pack/entry_table.js";
import { entryOf } from "../support/entry.js";

const names = fc.constantFrom("a", "b", "1", "__proto__", undefined);
const entry = fc.record({
  data: fc.uint8Array({ maxLength: 20 }),
  partitionKey: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, fc.string({ maxLength: 5 })),
  sizeBytes: fc.nat(2 ** 32 - 1),
  events: fc.oneof(fc.nat(5000), fc.array(fc.nat(5000), { minLength: 1, maxLength: 30 })),
  shardId: names,
  stream: names,
});
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ append: fc.array(entry, { maxLength: 60 }) }) },
    // Which of the entries are kept: a repeating pattern.
    { weight: 2, arbitrary: fc.record({ keep: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }) }) },
    { weight: 1, arbitrary: fc.constantFrom("clear" as const, "keep apart" as const) },
  ),
  { maxLength: 12 },
);

it("an entry table returns each entry as it was appended, also after moves", () => {
  fc.assert(
    fc.property(steps, fc.nat(100), (plan, sinkBytes) => {
      const table = new EntryTable(new ByteSink(sinkBytes));
      let known: (readonly [Entry, EntryView])[] = [];
      for (const step of plan) {
        if (step === "clear") {
          table.clear();
          known = [];
        } else if (step === "keep apart") {
          table.keepApart();
        } else if ("append" in step) {
          for (const view of step.append.map(entryOf)) {
            const start = table.sink.length;
            table.sink.append(view.data);
            known.push([table.append(start, table.sink.length, view.partitionKey, view.sizeBytes, view.events, view.shardId, view.stream), view]);
          }
        } else {
          const left = known.filter((_, index) => step.keep[index % step.keep.length]);
          const memories = [...left.map(([row]) => table.memoryOf(row)), table.sink.bytes];
          expect(table.moveToOwnMemory(left.map(([row]) => row))).toBe(left.reduce((sum, [, { data }]) => sum + data.length, 0));
          for (const memory of memories) memory.fill(0xff);
          known = left;
        }
        for (const [row, view] of known) {
          expect(table.view(row)).toEqual(view);
          expect([table.userRecordsOf(row), table.shardIds.of(row), table.streams.of(row)]).toEqual([view.events.length, view.shardId, view.stream]);
        }
        const set = new EventSet();
        set.add(table, known.map(([row]) => row));
        const events = new Set(known.flatMap(([, view]) => view.events));
        for (const event of events) expect(set.has(event)).toBe(true);
        expect(Array.from({ length: 5001 }, (_, event) => event).filter((event) => set.has(event))).toHaveLength(events.size);
      }
    }),
    { numRuns: 200 },
  );
});
