// Tests PutRecords bodies in JSON against JSON.stringify: each record once, in order, and nothing else.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EntryTable, type Entry, type EntryView } from "../../../src/pack/entry_table.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { writeJsonBody } from "../../../src/kinesis/json_body.js";
import type { StreamTarget } from "../../../src/kinesis/stream_target.js";
import { entryOf, tableOf, viewsOf } from "../../support/entry.js";

/** Returns a body written to a sink that has to grow. */
function bodyOf(entries: readonly EntryView[], target: StreamTarget): string {
  return written(...tableOf(entries), target);
}

function written(table: EntryTable, entries: readonly Entry[], target: StreamTarget): string {
  const sink = new ByteSink(1);
  writeJsonBody(table, entries, target, Math.random, sink);
  return Buffer.from(sink.bytes.subarray(0, sink.length)).toString();
}

/** Returns the body that the AWS SDK writes, except for whitespace. */
function reference(entries: readonly EntryView[], target: object): string {
  const records = entries.map(({ data, partitionKey }) => ({
    Data: Buffer.from(data).toString("base64"),
    PartitionKey: partitionKey,
  }));
  return JSON.stringify({ Records: records, ...target });
}

describe("a JSON body", () => {
  it.each([0, 1, 2, 3, 4, 5])("holds data of %i bytes, with base64 padding", (length) => {
    const entries = [entryOf({ data: Buffer.from("abcdef").subarray(0, length), partitionKey: "k" })];
    expect(bodyOf(entries, { StreamName: "logs" })).toBe(reference(entries, { StreamName: "logs" }));
  });

  it("is complete without records", () => {
    expect(bodyOf([], { StreamName: "logs" })).toBe('{"Records":[],"StreamName":"logs"}');
  });

  it("holds data from the middle of a larger buffer", () => {
    const table = new EntryTable(new ByteSink());
    table.sink.append(Buffer.from("before|data|behind, and more of it"));
    const two = [table.append(7, 11, "k", 5, 0), table.append(12, 33, "l", 22, 1)];
    table.keepApart();
    table.sink.append(Buffer.from("elsewhere"));
    const other = table.append(4, 9, "m", 6, 2);
    const all = [...two, other, ...two];
    expect(written(table, all, { StreamName: "s" })).toBe(reference(viewsOf(table, all), { StreamName: "s" }));
  });

  it("equals the SDK's body for any records, keys and streams", () => {
    const entry = fc.record({ data: fc.uint8Array({ maxLength: 50 }), key: fc.string({ unit: "binary", maxLength: 20 }) });
    const target = fc.oneof(
      fc.string().map((StreamName) => ({ StreamName })),
      fc.string().map((StreamARN) => ({ StreamARN })),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), target, (parts, stream) => {
        const entries = parts.map(({ data, key }) => entryOf({ data, partitionKey: key }));
        expect(bodyOf(entries, stream)).toBe(reference(entries, stream));
      }),
    );
  });

  it("has a new random partition key each time for an entry without one", () => {
    const entries = [entryOf({ data: Buffer.from("a") }), entryOf({ data: Buffer.from("b"), partitionKey: "k" }), entryOf({ data: Buffer.from("c") })];
    const keys = () => (JSON.parse(bodyOf(entries, { StreamName: "s" })) as { Records: { PartitionKey: string }[] }).Records.map((record) => record.PartitionKey);
    const drawn = new Set<string>();
    for (let run = 0; run < 50; run++) {
      const [first = "", given, last = ""] = keys();
      expect([first, last]).toEqual([expect.stringMatching(/^[a-zA-Z0-9]{8}$/), expect.stringMatching(/^[a-zA-Z0-9]{8}$/)]);
      expect(given).toBe("k");
      drawn.add(first).add(last);
    }
    expect(drawn.size).toBe(100);
  });
});
