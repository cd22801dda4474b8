// Compressors as functions of bytes, as tests like to call them, and the other way round.
import { ByteSink } from "../../src/bytes/byte_sink.js";
import type { Compress } from "../../src/record/truncation.js";

/** What a compressor makes of bytes that stand behind others in a sink. */
export function packed(compress: Compress, bytes: Uint8Array): Buffer {
  const sink = new ByteSink(0);
  sink.appendAscii("before");
  const start = sink.length;
  sink.append(bytes);
  const end = sink.length;
  compress(sink, start);
  return Buffer.from(sink.bytes.subarray(end, sink.length));
}

/** A compressor that appends what a function makes of the bytes. */
export function packing(pack: (bytes: Uint8Array) => Uint8Array): Compress {
  return (sink, start) => sink.append(pack(sink.bytes.subarray(start, sink.length)));
}
