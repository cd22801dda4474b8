// Tests Zstandard where Node has it, and the error where it has not.
import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../../src/configuration_error.js";
import { compressorFor } from "../../../src/pack/compression.js";
import { zstdCompressor } from "../../../src/pack/zstd_compression.js";
import { containerLogs } from "../../bench/container_logs.js";
import { packed } from "../../support/packed.js";

const unpack = Reflect.get(zlib, "zstdDecompressSync") as ((bytes: Uint8Array) => Buffer) | undefined;
const logs = Buffer.from(containerLogs(3000).map((body) => JSON.stringify(body)).join("\n"));

describe.skipIf(unpack === undefined)(`zstd (which Node ${process.versions.node} ${unpack === undefined ? "lacks" : "has"})`, () => {
  test.each([0, 1, 100, 255, 256, 4096, 65_536, 1_048_576, 5_000_000])("restores %i bytes of any kind", (bytes) => {
    const kinds = [Buffer.alloc(bytes, "All work and no play. "), Buffer.alloc(bytes), randomBytes(bytes), logs.subarray(0, bytes)];
    for (const record of kinds) expect(unpack?.(packed(compressorFor("zstd"), record)).equals(record)).toBe(true);
  });

  test.each([[0, "2000"], [255, "20ff"], [256, "600000"], [450, "60c200"]])("writes the size of a record of %i bytes into its head, which some consumers need", (bytes, head) => {
    const result = packed(compressorFor("zstd"), Buffer.alloc(bytes, "x"));
    // RFC 8878, 3.1.1.1: magic, a single segment, and the size in one byte, or minus 256 in two.
    expect(result.subarray(0, 4 + head.length / 2).toString("hex")).toBe(`28b52ffd${head}`);
  });

  test("halves the size of container logs", () => {
    expect(packed(compressorFor("zstd"), logs).length / logs.length).toBeLessThan(0.5);
  });
});

describe.skipIf(unpack !== undefined)("zstd on a Node.js without it", () => {
  test("is rejected with the required and the running version of Node.js", () => {
    expect(() => compressorFor("zstd", "v18.20.4")).toThrow(ConfigurationError);
    expect(() => compressorFor("zstd", "v18.20.4")).toThrow(
      "Invalid 'compression' value (zstd) specified, it needs Node.js 22.15 or newer (in the 23 series, 23.8 or newer); this is v18.20.4",
    );
  });
});

describe("zstdCompressor", () => {
  test("returns undefined for a Node.js without the function", () => {
    expect(zstdCompressor({ gzipSync: zlib.gzipSync })).toBeUndefined();
    expect(zstdCompressor({ zstdCompressSync: undefined })).toBeUndefined();
  });

  test.each([[0, 64], [1, 65], [16 * 1024 - 65, 16 * 1024 - 1], [16 * 1024 - 64, 16 * 1024], [16 * 1024 - 63, 16 * 1024]])(
    "compresses a record of %i bytes with a chunk size of %i",
    (bytes, expected) => {
      const asked: number[] = [];
      const compress = zstdCompressor({
        zstdCompressSync: (record: Uint8Array, { chunkSize }: { chunkSize: number }) => {
          asked.push(chunkSize);
          return Buffer.concat([Buffer.from("z"), record]);
        },
      });
      if (compress === undefined) throw new Error("no compressor");
      const record = randomBytes(bytes);
      expect(packed(compress, record).equals(Buffer.concat([Buffer.from("z"), record]))).toBe(true);
      expect(asked).toEqual([expected]);
    },
  );
});
