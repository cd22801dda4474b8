// Large records: compressed only once and only as far as they fit, sent whole if they fit in one run, else cut close to the limit.
import { randomBytes } from "node:crypto";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { compressorFor } from "../../../src/pack/compression.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { minPiecewiseBytes } from "../../../src/record/piecewise.js";
import { compressToFit, type Compress } from "../../../src/record/truncation.js";

const mebibyte = 1024 * 1024;
const suffix = "[Truncated...]";
const formats = [["gzip", gunzipSync, gzipSync], ["zlib", inflateSync, deflateSync]] as const;

interface Fitted {
  readonly outcome: string;
  readonly record: Buffer;
  /** Compressed plain bytes, of all attempts together. */
  readonly work: number;
}

function fit(algorithm: "gzip" | "zlib", record: Uint8Array, maxBytes: number, hasNewline = false): Fitted {
  const compressor = compressorFor(algorithm);
  const { pieces } = compressor;
  if (pieces === undefined) throw new Error("the compressor makes no pieces");
  let work = 0;
  const whole = (sink: ByteSink, start: number) => {
    work += sink.length - start;
    compressor(sink, start);
  };
  const pack: typeof pieces.pack = (bytes, before, start, end, isLast) => {
    work += end - start;
    return pieces.pack(bytes, before, start, end, isLast);
  };
  const compress: Compress = Object.assign(whole, { pieces: { ...pieces, pack } });
  const sink = new ByteSink(8);
  sink.appendAscii("before");
  const start = sink.length;
  sink.append(record);
  const outcome = compressToFit(sink, start, maxBytes, hasNewline, compress);
  expect(Buffer.from(sink.bytes.subarray(0, start)).toString()).toBe("before");
  return { outcome, record: Buffer.from(sink.bytes.subarray(start, sink.length)), work };
}

/** Returns text that compresses to three quarters of its size. */
const text = (bytes: number) => Buffer.from(randomBytes(Math.ceil((bytes * 3) / 4)).toString("base64").slice(0, bytes));

describe.each(formats)("a large record in %s", (algorithm, unpack, inOneRun) => {
  test.each([-1, 0, 1])("stays whole around the size from which it is compressed in pieces (%i bytes)", (more) => {
    const record = text(minPiecewiseBytes + more);
    const fitted = fit(algorithm, record, 10 * mebibyte);
    expect(fitted.outcome).toBe("whole");
    expect(unpack(fitted.record).equals(record)).toBe(true);
  });

  test("stays whole if the pieces fit exactly or if only one run fits, and is cut with one byte less", () => {
    const record = text(5_000_000);
    const inPieces = fit(algorithm, record, 10 * mebibyte).record.length;
    const least = inOneRun(record).length;
    expect(least).toBeLessThan(inPieces);
    for (const most of [inPieces + 1, inPieces, inPieces - 1, least + 1, least]) {
      const fitted = fit(algorithm, record, most);
      expect(fitted.outcome).toBe("whole");
      expect(fitted.record.length).toBeLessThanOrEqual(most);
      expect(unpack(fitted.record).equals(record)).toBe(true);
    }
    const cut = fit(algorithm, record, least - 1);
    expect(cut.outcome).toBe("truncated");
    expect(cut.record.length).toBeLessThan(least);
  });

  test.each([
    ["without", false],
    ["with", true],
  ])("that is cut fills at least 95 % of the limit and ends with the suffix, %s a newline", (_, hasNewline) => {
    const end = hasNewline ? "\n" : "";
    const record = Buffer.concat([text(6_000_000), Buffer.from(end)]);
    for (const most of [mebibyte - 1, mebibyte, mebibyte + 1, 4 * mebibyte]) {
      const { outcome, record: packed } = fit(algorithm, record, most, hasNewline);
      expect(outcome).toBe("truncated");
      expect(packed.length).toBeLessThanOrEqual(most);
      expect(packed.length).toBeGreaterThan(0.95 * most);
      const plain = unpack(packed);
      const kept = plain.length - suffix.length - end.length;
      expect(plain.subarray(kept).toString()).toBe(suffix + end);
      expect(plain.subarray(0, kept).equals(record.subarray(0, kept))).toBe(true);
    }
  });

  test("is cut between characters", () => {
    const record = Buffer.from(Array.from(randomBytes(1_500_000), (byte) => String.fromCodePoint(0x1f300 + byte)).join(""));
    for (const most of [mebibyte, mebibyte - 7, mebibyte - 13]) {
      const { outcome, record: packed } = fit(algorithm, record, most);
      expect(outcome).toBe("truncated");
      expect(unpack(packed).toString()).not.toContain("\ufffd");
    }
  });

  test.each([
    ["random", () => randomBytes(12_000_000)],
    ["text", () => text(12_000_000)],
    ["random, then repetitive", () => Buffer.concat([randomBytes(3_000_000), Buffer.alloc(12_000_000, "a")])],
    ["repetitive, then random", () => Buffer.concat([Buffer.alloc(12_000_000, "a"), randomBytes(3_000_000)])],
    ["repetitive", () => Buffer.alloc(12_000_000, "a")],
  ])("that is %s is compressed only once, except its last piece", (_, make) => {
    const record = make();
    const { record: packed, work } = fit(algorithm, record, mebibyte);
    expect(packed.length).toBeLessThanOrEqual(mebibyte);
    expect(work).toBeLessThanOrEqual(record.length + 9 * 768 * 1024);
    expect(() => unpack(packed)).not.toThrow();
  });

  test("that compresses to twenty times the limit has less than a third of its bytes compressed", () => {
    const record = randomBytes(20 * mebibyte);
    expect(fit(algorithm, record, mebibyte).work).toBeLessThan(record.length / 3);
  });
});
