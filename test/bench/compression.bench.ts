// Compression of single records at level 6: Node's own zlib against pako.
//
// Runs over container logs cut to 200 B, 500 B and 5 KB; each is a record of its own. Prints its machine.
import { gunzipSync, inflateSync } from "node:zlib";
import { deflate, gzip } from "pako";
import { bench, describe, expect } from "vitest";
import { compressorFor } from "../../src/compress/node_zlib.js";
import { containerLogs } from "./container_logs.js";
import { tellMachine } from "./machine.js";

const logs = Buffer.from(containerLogs(1000).map((body) => JSON.stringify(body)).join("\n"));
const nodeGzip = compressorFor("gzip");
const nodeZlib = compressorFor("zlib");

/** Compresses the records in turns, so that no two calls see the same bytes. */
function inTurns(records: readonly Uint8Array[], compress: (bytes: Uint8Array) => Uint8Array): () => void {
  let turn = 0;
  return () => void compress(records[turn++ % records.length] as Uint8Array);
}

tellMachine("compression");
for (const bytes of [200, 500, 5000]) {
  const records = Array.from({ length: 50 }, (_, index) => logs.subarray(index * bytes, (index + 1) * bytes));
  for (const record of records) {
    for (const compress of [nodeGzip, gzip]) expect(gunzipSync(compress(record)).equals(record)).toBe(true);
    for (const compress of [nodeZlib, deflate]) expect(inflateSync(compress(record)).equals(record)).toBe(true);
  }
  describe(`gzip of ${bytes} bytes`, () => {
    bench("node:zlib", inTurns(records, nodeGzip));
    bench("pako", inTurns(records, gzip));
  });
  describe(`zlib of ${bytes} bytes`, () => {
    bench("node:zlib", inTurns(records, nodeZlib));
    bench("pako", inTurns(records, deflate));
  });
}
