// Tests batches at the service's limits, to the record and to the byte.
import { describe, expect, it } from "vitest";
import { limitsFor, maxLargeRecordBytes, maxRecordBytes, maxRecordsPerRequest } from "../../../src/limits.js";
import { cutBatches } from "../../support/cut_entries.js";
import { entriesOf, entryOf } from "../../support/scripted_client.js";

const limits = { maxRecords: maxRecordsPerRequest, maxBytes: limitsFor(maxRecordBytes).maxRequestBytes };

function sizes(batches: readonly (readonly unknown[])[]): number[] {
  return batches.map((batch) => batch.length);
}

describe("cutBatches", () => {
  it.each([
    [0, []],
    [1, [1]],
    [499, [499]],
    [500, [500]],
    [501, [500, 1]],
    [1001, [500, 500, 1]],
  ])("cuts %i records into batches of %j", (count, expected) => {
    expect(sizes(cutBatches(entriesOf(count), limits))).toEqual(expected);
  });

  it.each([
    ["10 MiB less a byte", -1, [11]],
    ["exactly 10 MiB", 0, [11]],
    ["one byte more", 1, [10, 1]],
  ])("cuts entries of %s at 10 MiB", (_, more, expected) => {
    const entries = [...entriesOf(9, 1024 * 1024), entryOf("a", 1024 * 1024 - 1), entryOf("b", 1 + more)];
    expect(sizes(cutBatches(entries, limits))).toEqual(expected);
  });

  it.each([
    ["10 MiB less a byte", -1, [4]],
    ["exactly 10 MiB", 0, [4]],
    ["one byte more", 1, [3, 1]],
  ])("cuts entries of %s at 10 MiB where records may be larger than 1 MiB", (_, more, expected) => {
    const maxBytes = limitsFor(maxLargeRecordBytes).maxRequestBytes;
    const entries = [...entriesOf(2, 4 * 1024 * 1024), entryOf("a", 2 * 1024 * 1024 - 1), entryOf("b", 1 + more)];
    expect(sizes(cutBatches(entries, { ...limits, maxBytes }))).toEqual(expected);
  });

  it("puts a record of the maximum size into a separate batch", () => {
    const maxBytes = limitsFor(maxLargeRecordBytes).maxRequestBytes;
    const entries = [entryOf("a", 1), entryOf("b", maxLargeRecordBytes), entryOf("c", 1)];
    expect(sizes(cutBatches(entries, { ...limits, maxBytes }))).toEqual([1, 1, 1]);
  });

  it("is tested with the limits that the service documents", () => {
    expect(limits).toEqual({ maxRecords: 500, maxBytes: 10_485_760 });
  });
});
