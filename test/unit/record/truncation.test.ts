// Cutting records to a size: at character borders, with their newline, and with compression.
import { randomBytes } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { compressToFit, truncate } from "../../../src/record/truncation.js";
import { characterBorder } from "../../../src/record/truncation_marks.js";
import { packing } from "../../support/packed.js";

const zlib = packing((bytes) => deflateSync(bytes));
const suffix = "[Truncated...]";

function sinkOf(record: Uint8Array | string): { readonly sink: ByteSink; readonly start: number } {
  const sink = new ByteSink(8);
  sink.appendAscii("before");
  const start = sink.length;
  sink.append(Buffer.from(record));
  return { sink, start };
}

const recordIn = (sink: ByteSink, start: number) => Buffer.from(sink.bytes.subarray(start, sink.length));

function truncated(record: Uint8Array | string, maxBytes: number, hasNewline = false): string | undefined {
  const { sink, start } = sinkOf(record);
  const isCut = truncate(sink, start, maxBytes, hasNewline);
  expect(Buffer.from(sink.bytes.subarray(0, start)).toString()).toBe("before");
  return isCut ? recordIn(sink, start).toString() : undefined;
}

describe("truncate", () => {
  test("fills the size to the byte", () => {
    expect(truncated("a".repeat(100), 50)).toBe("a".repeat(36) + suffix);
    expect(truncated("a".repeat(99) + "\n", 50, true)).toBe(`${"a".repeat(35)}${suffix}\n`);
  });

  test("returns false if there is no room for the suffix", () => {
    expect(truncated("a".repeat(100), 14)).toBe(suffix);
    expect(truncated("a".repeat(100), 13)).toBeUndefined();
    expect(truncated("a".repeat(99) + "\n", 15, true)).toBe(`${suffix}\n`);
    expect(truncated("a".repeat(99) + "\n", 14, true)).toBeUndefined();
  });

  test.each(["é", "☃", "𝄞"])("never cuts within the character %s", (character) => {
    const bytes = Buffer.byteLength(character);
    for (let kept = 0; kept <= 24; kept++) {
      const text = truncated(character.repeat(30), kept + suffix.length);
      expect(text).toBe(character.repeat(Math.floor(kept / bytes)) + suffix);
    }
  });
});

describe("characterBorder", () => {
  test("keeps a length that ends between characters", () => {
    expect(characterBorder(Buffer.from("a☃b"), 0, 1)).toBe(1);
    expect(characterBorder(Buffer.from("a☃b"), 0, 4)).toBe(4);
  });

  test("keeps the length in bytes that are not UTF-8", () => {
    expect(characterBorder(new Uint8Array(20).fill(0x80), 0, 10)).toBe(10);
  });

  test("does not go below the start of the record", () => {
    expect(characterBorder(Buffer.from("☃☃"), 3, 1)).toBe(0);
    expect(characterBorder(Buffer.from("☃☃"), 3, 0)).toBe(0);
  });
});

describe("compressToFit", () => {
  test("replaces the record by its compressed bytes", () => {
    const { sink, start } = sinkOf("a".repeat(1000));
    expect(compressToFit(sink, start, 1000, false, zlib)).toBe("whole");
    expect(inflateSync(recordIn(sink, start)).toString()).toBe("a".repeat(1000));
    expect(Buffer.from(sink.bytes.subarray(0, start)).toString()).toBe("before");
  });

  test("keeps a record whole if the result has exactly the limit, and cuts it with one byte more", () => {
    const record = randomBytes(500);
    const size = deflateSync(record).length;
    const run = (maxBytes: number) => {
      const { sink, start } = sinkOf(record);
      const outcome = compressToFit(sink, start, maxBytes, false, zlib);
      return { outcome, record: recordIn(sink, start) };
    };
    expect(inflateSync(run(size).record)).toEqual(record);
    expect(run(size).outcome).toBe("whole");
    expect(run(size - 1).outcome).toBe("truncated");
    expect(run(size - 1).record.length).toBeLessThan(size);
  });

  test("ends a cut record with the suffix and the newline", () => {
    const { sink, start } = sinkOf(`${randomBytes(3000).toString("hex")}\n`);
    expect(compressToFit(sink, start, 1000, true, zlib)).toBe("truncated");
    const packed = recordIn(sink, start);
    expect(packed.length).toBeLessThanOrEqual(1000);
    expect(inflateSync(packed).toString()).toMatch(/^[0-9a-f]+\[Truncated\.\.\.\]\n$/);
  });

  test("cuts the input to 90 % of the size expected from its ratio", () => {
    const pack = vi.fn((bytes: Uint8Array) => bytes.slice(0, Math.floor(bytes.length / 2)));
    const { sink, start } = sinkOf("a".repeat(10_000));
    expect(compressToFit(sink, start, 1000, false, packing(pack))).toBe("truncated");
    expect(pack.mock.calls.map(([bytes]) => bytes.length)).toEqual([10_000, 1800]);
  });

  test("cuts again while the ratio gets worse", () => {
    let calls = 0;
    const compress = packing((bytes) => bytes.slice(0, Math.ceil(bytes.length * (calls++ === 0 ? 0.5 : 0.6))));
    const { sink, start } = sinkOf("a".repeat(10_000));
    expect(compressToFit(sink, start, 1000, false, compress)).toBe("truncated");
    expect(calls).toBe(3);
  });

  test("cuts at most ten times", () => {
    const run = (fitsAtCall: number) => {
      let calls = 0;
      const compress = packing(() => new Uint8Array(++calls >= fitsAtCall ? 1000 : 1001));
      const { sink, start } = sinkOf("a".repeat(100_000));
      return compressToFit(sink, start, 1000, false, compress);
    };
    expect([run(1), run(2), run(11), run(12)]).toEqual(["whole", "truncated", "truncated", "cannot fit"]);
  });

  test("returns \"cannot fit\" when there is no room for the suffix", () => {
    const { sink, start } = sinkOf("a".repeat(20));
    expect(compressToFit(sink, start, 5, false, packing((bytes) => new Uint8Array(bytes.length + 18)))).toBe("cannot fit");
  });
});
