// Property: records joined by simple_aggregation, split at newlines, are the records again, each once and in its key's order.
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { EntryView } from "../../src/pack/entry_table.js";
import { chunkOf } from "../support/event_chunk.js";
import { keyOf } from "../support/entry.js";
import { runPipeline, type PluginOptions } from "../support/recorded_pipeline.js";
import { unpackSnappyBlock } from "../support/snappy_block.js";

const maxRecordBytes = 4096;
const keys = ["a", "ü", "\u{1f511}", "1", "k1", "k".repeat(256)];
/** These records are never cut: they are within the limit with the longest key, and no compression doubles them. */
const maxTextBytes = 3000;

const records = fc.array(
  fc.record({
    key: fc.option(fc.constantFrom(...keys), { nil: undefined }),
    text: fc.oneof(
      { weight: 8, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }) },
      { weight: 2, arbitrary: fc.nat(maxTextBytes / 2).map((length) => "x".repeat(length)) },
      // Incompressible data grows.
      { weight: 2, arbitrary: fc.uint8Array({ minLength: 500, maxLength: 1200 }).map((bytes) => Buffer.from(bytes).toString("base64")) },
    ),
  }),
  { maxLength: 80 },
);
const compressions = { none: (data: Uint8Array) => Buffer.from(data), gzip: (data: Uint8Array) => gunzipSync(data), snappy: unpackSnappyBlock };
const settings = fc.record({
  compression: fc.constantFrom<keyof typeof compressions>("none", "gzip", "snappy"),
  append_newline: fc.boolean().map(String),
  hasKey: fc.boolean(),
});

interface Line {
  readonly n: number;
  readonly key?: string;
  readonly text: string;
}

it("joining loses, duplicates and reorders no record, and keeps the record limit", () => {
  fc.assert(
    fc.property(records, settings, (inputs, { compression, append_newline, hasKey }) => {
      const bodies = inputs.map(({ key, text }, n) => (key === undefined ? { n, text } : { n, key, text }));
      const options: PluginOptions = { simple_aggregation: "true", max_record_size: String(maxRecordBytes), compression, append_newline };
      const { entries, told } = runPipeline(hasKey ? { ...options, partition_key: "key" } : options, chunkOf(bodies));
      expect(told.filter(([what]) => what !== "without partition key")).toEqual([]);

      const linesIn = (entry: EntryView): Line[] => {
        const text = compressions[compression](entry.data).toString();
        expect(text.endsWith("\n")).toBe(append_newline === "true");
        const lines = (append_newline === "true" ? text.slice(0, -1) : text).split("\n").map((line) => JSON.parse(line) as Line);
        expect(lines.map(({ n }) => n)).toEqual(entry.events);
        return lines;
      };
      const found = entries.map((entry) => ({ entry, lines: linesIn(entry) }));
      expect(found.flatMap(({ lines }) => lines).sort((one, other) => one.n - other.n)).toEqual(bodies);
      for (const { entry, lines } of found) {
        expect(entry.sizeBytes).toBeLessThanOrEqual(maxRecordBytes);
        expect(entry.sizeBytes).toBe(entry.data.length + (entry.partitionKey === undefined ? 8 : Buffer.byteLength(keyOf(entry))));
        if (!hasKey) expect(entry.partitionKey).toBeUndefined();
        else for (const { key } of lines) expect(key).toBe(entry.partitionKey);
      }
      for (const key of hasKey ? [...keys, undefined] : [undefined]) {
        const order = found.filter(({ entry }) => entry.partitionKey === key).flatMap(({ lines }) => lines.map(({ n }) => n));
        expect(order).toEqual([...order].sort((one, other) => one - other));
      }
    }),
    { numRuns: 300 },
  );
});
