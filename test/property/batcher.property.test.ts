// Property: batches keep the order of entries, lose none, are within the limits, and are as full as possible.
import fc from "fast-check";
import { expect, it } from "vitest";
import { cutBatches } from "../support/cut_entries.js";
import { entryOf } from "../support/scripted_client.js";

const cases = fc
  .record({ maxRecords: fc.integer({ min: 1, max: 12 }), maxBytes: fc.integer({ min: 1, max: 1000 }) })
  .chain((limits) =>
    fc.record({ limits: fc.constant(limits), sizes: fc.array(fc.integer({ min: 0, max: limits.maxBytes })) }),
  );

it("cutBatches cuts any entries into batches that are as full as possible", () => {
  fc.assert(
    fc.property(cases, ({ limits, sizes }) => {
      const entries = sizes.map((size, index) => entryOf(String(index), size));
      const batches = cutBatches(entries, limits);
      expect(batches.flat()).toEqual(entries);
      const bytesOf = (batch: readonly { sizeBytes: number }[]) =>
        batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      batches.forEach((batch, index) => {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(limits.maxRecords);
        expect(bytesOf(batch)).toBeLessThanOrEqual(limits.maxBytes);
        const next = batches[index + 1]?.[0];
        if (next === undefined) return;
        const isFull = batch.length === limits.maxRecords || bytesOf(batch) + next.sizeBytes > limits.maxBytes;
        expect(isFull).toBe(true);
      });
    }),
    { numRuns: 1000 },
  );
});
