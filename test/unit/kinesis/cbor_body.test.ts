// Tests PutRecords bodies in CBOR by reading them with the SDK's reader: each record once, in order, and nothing else.
import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EntryTable, type Entry, type EntryView } from "../../../src/pack/entry_table.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { writeCborBody } from "../../../src/kinesis/cbor_body.js";
import type { StreamTarget } from "../../../src/kinesis/stream_target.js";
import { entryOf, tableOf, viewsOf } from "../../support/entry.js";

interface Body {
  readonly Records: readonly { readonly Data: Uint8Array; readonly PartitionKey: string }[];
}

/** Returns a body written to a sink that has to grow. */
function bytesOf(entries: readonly EntryView[], target?: StreamTarget): Uint8Array {
  return written(...tableOf(entries), target);
}

function written(table: EntryTable, entries: readonly Entry[], target: StreamTarget = { StreamName: "logs" }): Uint8Array {
  const sink = new ByteSink(1);
  writeCborBody(table, entries, target, Math.random, sink);
  return sink.bytes.slice(0, sink.length);
}

function bodyOf(entries: readonly EntryView[], target?: StreamTarget): Body {
  return cbor.deserialize(bytesOf(entries, target)) as Body;
}

/** Returns the expected members of a body. */
function expected(entries: readonly EntryView[], target: StreamTarget): object {
  const records = entries.map(({ data, partitionKey }) => ({ Data: Uint8Array.from(data), PartitionKey: partitionKey }));
  return { Records: records, ...target };
}

describe("a CBOR body", () => {
  it("has the bytes of RFC 8949", () => {
    const entries = [entryOf({ data: Buffer.from("data"), partitionKey: "k" })];
    const text = Buffer.from(bytesOf(entries)).toString("latin1");
    expect(text).toBe("\xa2\x67Records\x81\xa2\x64Data\x44data\x6cPartitionKey\x61k\x6aStreamName\x64logs");
  });

  // Around the lengths at which a head grows to one, two, three and five bytes.
  it.each([0, 1, 7, 8, 9, 15, 16, 17, 22, 23, 24, 25, 254, 255, 256, 257, 1023, 1024, 1025, 65_534, 65_535, 65_536, 65_537, 1_048_576])("holds data of %i bytes", (length) => {
    const data = Uint8Array.from({ length }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 24);
    const entries = [entryOf({ data, partitionKey: "k" }), entryOf({ data: Buffer.from("next"), partitionKey: "l" })];
    expect(bodyOf(entries)).toEqual(expected(entries, { StreamName: "logs" }));
  });

  it.each([1, 23, 24, 85, 86, 255, 256])("holds partition keys of %i characters, of one byte or three each", (length) => {
    const entries = ["k", "☃"].map((character) => entryOf({ data: Buffer.from("d"), partitionKey: character.repeat(length) }));
    expect(bodyOf(entries)).toEqual(expected(entries, { StreamName: "logs" }));
  });

  it.each([0, 1, 23, 24, 255, 256, 500])("holds %i records", (count) => {
    const entries = Array.from({ length: count }, (_, index) => entryOf({ data: Buffer.from(`${index}`), partitionKey: "k" }));
    expect(bodyOf(entries)).toEqual(expected(entries, { StreamName: "logs" }));
  });

  it("holds data from the middle of a larger buffer", () => {
    const table = new EntryTable(new ByteSink());
    table.sink.append(Buffer.from("before|data|behind, and more of it"));
    const [first, second] = [table.append(7, 11, "k", 5, 0), table.append(12, 33, "l", 22, 1)];
    table.keepApart();
    table.sink.append(Buffer.from("elsewhere"));
    const other = table.append(4, 9, "m", 6, 2);
    for (const entries of [[first, second], [second, other, first, other]]) {
      expect(cbor.deserialize(written(table, entries))).toEqual(expected(viewsOf(table, entries), { StreamName: "logs" }));
    }
  });

  it("has a random partition key for an entry without one", () => {
    const keys = Array.from({ length: 50 }, () => bodyOf([entryOf({ data: Buffer.from("a") })]).Records[0]?.PartitionKey);
    expect(new Set(keys).size).toBe(50);
    for (const key of keys) expect(key).toMatch(/^[a-zA-Z0-9]{8}$/);
  });

  it("reads back unchanged for any records, keys and streams", () => {
    const entry = fc.record({ data: fc.uint8Array({ maxLength: 300 }), partitionKey: fc.string({ unit: "grapheme", maxLength: 100 }) });
    const target = fc.oneof(
      fc.string().map((StreamName) => ({ StreamName })),
      fc.string().map((StreamARN) => ({ StreamARN })),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), target, (parts, stream) => {
        const entries = parts.map(entryOf);
        expect(bodyOf(entries, stream)).toEqual(expected(entries, stream));
      }),
    );
  });
});
