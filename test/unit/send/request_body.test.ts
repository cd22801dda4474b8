// The body of PutRecords, read back with JSON.parse: each record once, in order, and nothing besides.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../../src/entry.js";
import { putRecordsBody } from "../../../src/send/request_body.js";

function entryOf(data: Uint8Array, partitionKey: string): Entry {
  return { data, partitionKey, sizeBytes: 0, events: 0, shardId: undefined };
}

/** As the AWS SDK writes it, but for blanks. */
function reference(entries: readonly Entry[], target: object): string {
  const records = entries.map(({ data, partitionKey }) => ({
    Data: Buffer.from(data).toString("base64"),
    PartitionKey: partitionKey,
  }));
  return JSON.stringify({ Records: records, ...target });
}

describe("the body", () => {
  it.each([0, 1, 2, 3, 4, 5])("holds data of %i bytes, filled up as base64 asks", (length) => {
    const entries = [entryOf(Buffer.from("abcdef").subarray(0, length), "k")];
    expect(putRecordsBody(entries, { StreamName: "logs" }).toString()).toBe(reference(entries, { StreamName: "logs" }));
  });

  it("without records is whole too", () => {
    expect(putRecordsBody([], { StreamName: "logs" }).toString()).toBe('{"Records":[],"StreamName":"logs"}');
  });

  it("reads data from the middle of a larger buffer", () => {
    const whole = Buffer.from("before|data|behind");
    expect(putRecordsBody([entryOf(whole.subarray(7, 11), "k")], { StreamName: "s" }).toString()).toContain(`"${Buffer.from("data").toString("base64")}"`);
  });

  it("is what the SDK would write, for any records, keys and streams", () => {
    const entry = fc.record({ data: fc.uint8Array({ maxLength: 50 }), key: fc.string({ unit: "binary", maxLength: 20 }) });
    const target = fc.oneof(
      fc.string().map((StreamName) => ({ StreamName })),
      fc.string().map((StreamARN) => ({ StreamARN })),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), target, (parts, stream) => {
        const entries = parts.map(({ data, key }) => entryOf(data, key));
        expect(putRecordsBody(entries, stream).toString()).toBe(reference(entries, stream));
      }),
    );
  });
});
