// Tests Snappy's block format: an independent reader restores every record, and there are no stream frames.
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { uncompress } from "snappyjs";
import { compressorFor } from "../../../src/pack/compression.js";
import { containerLogs } from "../../bench/container_logs.js";
import { packed } from "../../support/packed.js";
import { unpackSnappyBlock } from "../../support/snappy_block.js";

const logs = Buffer.from(containerLogs(3000).map((body) => JSON.stringify(body)).join("\n"));
const snappy = compressorFor("snappy");

describe("snappy", () => {
  test.each([0, 1, 3, 4, 14, 15, 16, 59, 60, 61, 255, 256, 257, 4096, 65_535, 65_536, 65_537, 1_048_576, 5_000_000])("restores %i bytes of any kind", (bytes) => {
    const kinds = [Buffer.alloc(bytes, "All work and no play. "), Buffer.alloc(bytes), randomBytes(bytes), logs.subarray(0, bytes)];
    for (const record of kinds) {
      const result = packed(snappy, record);
      expect(unpackSnappyBlock(result).equals(record)).toBe(true);
      expect(Buffer.from(uncompress(result)).equals(record)).toBe(true);
    }
  });

  test("begins with the length of the record and not with a stream header", () => {
    const record = Buffer.alloc(300, "x");
    // 300 as a varint, then a literal of one byte.
    expect(packed(snappy, record).subarray(0, 4).toString("hex")).toBe("ac020078");
    expect(packed(snappy, record).includes("sNaPpY")).toBe(false);
  });

  test.each([1, 100, 3072, 1_000_000])("adds less than a sixth and 32 bytes to %i incompressible bytes", (bytes) => {
    expect(packed(snappy, randomBytes(bytes)).length).toBeLessThan(bytes + bytes / 6 + 32);
  });

  test("halves the size of container logs", () => {
    expect(packed(snappy, logs).length / logs.length).toBeLessThan(0.5);
  });

  test("compresses a record to the same bytes after any other records", () => {
    const record = logs.subarray(5000, 6000);
    const first = packed(snappy, record);
    packed(snappy, logs.subarray(0, 300_000));
    expect(packed(snappy, record).equals(first)).toBe(true);
  });
});
