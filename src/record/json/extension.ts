/** Writes a msgpack extension as JSON: a time as text, any other as Go's decoder represents it (codec.RawExt). */
import { base64Bytes, bufferOf, putBase64 } from "../../bytes/base64.js";
import type { Input } from "../../chunk/msgpack.js";
import type { ByteSink } from "../../bytes/byte_sink.js";
import { timeText } from "./time.js";

/** Writes the extension whose `count` bytes lie at `start`. */
export function writeExtension(input: Input, type: number, start: number, count: number, sink: ByteSink): void {
  const time = timeText(input, type, start, count);
  if (time !== undefined) return sink.appendAscii(`"${time}"`);
  sink.appendAscii(`{"Tag":${type & 0xff},"Data":"`);
  sink.reserve(base64Bytes(count));
  sink.length = putBase64(bufferOf(input.bytes), start, start + count, bufferOf(sink.bytes), sink.length);
  sink.appendAscii(`","Value":null}`);
}
