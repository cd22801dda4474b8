// Tests that other libraries can unpack compressed records, and that these are as small as at the Go plugin's level.
import { randomBytes } from "node:crypto";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { inflate, ungzip } from "pako";
import { describe, expect, test } from "vitest";
import { compressorFor } from "../../../src/pack/compression.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { containerLogs } from "../../bench/container_logs.js";
import { packed } from "../../support/packed.js";

const mebibyte = 1024 * 1024;
const storedHeadBytes = 5;
const logs = Buffer.from(containerLogs(3000).map((body) => JSON.stringify(body)).join("\n"));

describe.each([
  { algorithm: "gzip", unpack: gunzipSync, pako: ungzip, zlibs: gzipSync, headBytes: 10, tailBytes: 8 },
  { algorithm: "zlib", unpack: inflateSync, pako: inflate, zlibs: deflateSync, headBytes: 2, tailBytes: 4 },
] as const)("$algorithm", ({ algorithm, unpack, pako, zlibs, headBytes, tailBytes }) => {
  const pack = (bytes: Uint8Array) => packed(compressorFor(algorithm), bytes);
  const sizes = [0, 1, 2, 3, 4, 5, 257, 258, 259, 260, 1023, 1024, 1025, 8192];
  const largest = [511, 512, 513, 2047, 2048, 2049, 16_319, 16_320, 16_321, 32_767, 32_768, 32_769, 65_535, 65_536, mebibyte, 10 * mebibyte];

  test.each([...sizes, ...largest])("restores %i bytes of any kind", (bytes) => {
    const kinds = [Buffer.alloc(bytes, "All work and no play. "), Buffer.alloc(bytes), randomBytes(bytes), logs.subarray(0, bytes)];
    for (const record of kinds) {
      const result = pack(record);
      expect(unpack(result).equals(record)).toBe(true);
      expect(Buffer.from(pako(result)).equals(record)).toBe(true);
    }
  });

  test.each([0, 1, 450, 3072, 100_000])("for %i bytes has the head and tail of zlib's default settings", (bytes) => {
    const record = logs.subarray(0, bytes);
    const [ours, theirs] = [pack(record), zlibs(record)];
    expect(ours.subarray(0, headBytes).toString("hex")).toBe(theirs.subarray(0, headBytes).toString("hex"));
    expect(ours.subarray(-tailBytes).toString("hex")).toBe(theirs.subarray(-tailBytes).toString("hex"));
  });

  test.each([1, 100, 3072])("adds at most a frame to %i incompressible bytes", (bytes) => {
    for (let trial = 0; trial < 20; trial++) {
      expect(pack(randomBytes(bytes)).length).toBeLessThanOrEqual(headBytes + storedHeadBytes + bytes + tailBytes);
    }
  });

  test.each([100, 450, 1000, 2000, 3072, 8000])("takes at most 1.5 percent more than zlib for records of %i bytes", (bytes) => {
    const records = Array.from({ length: Math.min(300, Math.floor(logs.length / bytes)) }, (_, index) =>
      logs.subarray(index * bytes, (index + 1) * bytes),
    );
    const total = (compress: (record: Uint8Array) => Uint8Array) =>
      records.reduce((sum, record) => sum + compress(record).length, 0);
    expect(total(pack) / total((record) => zlibs(record))).toBeLessThan(1.015);
  });

  test("finds matches in the whole record, but not in earlier records", () => {
    const text = randomBytes(200);
    const record = Buffer.concat([text, randomBytes(3072 - 2 * text.length), text]);
    const result = pack(record);
    expect(result.length).toBeLessThan(record.length - text.length / 2);
    expect(unpack(result).equals(record)).toBe(true);
    // The previous record contains this text, and must not help to compress it.
    expect(pack(text).length).toBeGreaterThan(text.length);
  });

  test("does not change the sink's earlier bytes", () => {
    const sink = new ByteSink(0);
    sink.append(Buffer.from("before"));
    const record = logs.subarray(0, 1000);
    sink.append(record);
    compressorFor(algorithm)(sink, "before".length);
    const end = "before".length + record.length;
    expect(Buffer.from(sink.bytes.subarray(0, end)).equals(Buffer.concat([Buffer.from("before"), record]))).toBe(true);
    expect(unpack(sink.bytes.subarray(end, sink.length)).equals(record)).toBe(true);
  });

  test("compresses a record to the same bytes after any other records", () => {
    const record = logs.subarray(5000, 6000);
    const first = pack(record);
    pack(logs.subarray(0, 30_000));
    pack(record.subarray(1));
    expect(pack(record).equals(first)).toBe(true);
  });
});

test("alternating compressors do not affect each other", () => {
  const compressors = [compressorFor("gzip"), compressorFor("zlib"), compressorFor("gzip")];
  const unpack = [gunzipSync, inflateSync, gunzipSync];
  for (let turn = 0; turn < 300; turn++) {
    const record = logs.subarray(turn * 100, turn * 100 + 50 + turn * 7);
    const which = turn % 3;
    const result = packed(compressorFor(which === 1 ? "zlib" : "gzip"), record);
    expect(packed(compressors[which] as (typeof compressors)[0], record).equals(result)).toBe(true);
    expect((unpack[which] as typeof gunzipSync)(result).equals(record)).toBe(true);
  }
});
