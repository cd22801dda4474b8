// Compressed records can be unpacked by anyone, and are what the Go plugin's level makes of them.
import { createHash } from "node:crypto";
import { gunzipSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { compressorFor } from "../../../src/compress/node_zlib.js";

describe.each([
  ["gzip", gunzipSync, "1f8b08"],
  ["zlib", inflateSync, "789c"],
] as const)("%s", (algorithm, unpack, head) => {
  const compress = compressorFor(algorithm);

  test.each([0, 1, 100, 65_536, 1_048_577])("comes back whole from %s bytes", (count) => {
    const bytes = Buffer.alloc(count, "All work and no play. ");
    const packed = compress(bytes);
    expect(createHash("md5").update(unpack(packed)).digest("hex")).toBe(createHash("md5").update(bytes).digest("hex"));
    expect(Buffer.from(packed).toString("hex")).toMatch(new RegExp(`^${head}`));
  });

  test("one result is not the next one's memory", () => {
    const first = compress(Buffer.from("first"));
    compress(Buffer.from("second"));
    expect(unpack(first).toString()).toBe("first");
  });

  test("compresses only its part of a larger buffer", () => {
    expect(unpack(compress(Buffer.from("before record behind").subarray(7, 13))).toString()).toBe("record");
  });
});
