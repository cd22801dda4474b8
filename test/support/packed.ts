// Converts compressors to functions of bytes for tests, and back.
import { ByteSink } from "../../src/bytes/byte_sink.js";
import type { Compress } from "../../src/record/truncation.js";

/** Returns a compressor's output for bytes that follow others in a sink. */
export function packed(compress: Compress, bytes: Uint8Array): Buffer {
  const sink = new ByteSink(0);
  sink.appendAscii("before");
  const start = sink.length;
  sink.append(bytes);
  const end = sink.length;
  compress(sink, start);
  return Buffer.from(sink.bytes.subarray(end, sink.length));
}

/** Returns a compressor that appends a function's result. */
export function packing(pack: (bytes: Uint8Array) => Uint8Array): Compress {
  return (sink, start) => sink.append(pack(sink.bytes.subarray(start, sink.length)));
}
