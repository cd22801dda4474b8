/** Cuts user records that are too large for Kinesis, with or without compression. */
import type { ByteSink } from "../bytes/byte_sink.js";

/** What a cut record ends with; the Go plugin's. */
export const truncatedSuffix = Uint8Array.from("[Truncated...]", (character) => character.charCodeAt(0));

const newline = 0x0a;
const percentKeptOfEstimate = 90;
const maxCompressionRounds = 10;

/** Appends to the sink what its bytes from `start` on pack to. */
export type Compress = (sink: ByteSink, start: number) => void;

/** The largest length not above `length` that does not cut a UTF-8 character in two. */
export function characterBorder(bytes: Uint8Array, start: number, length: number): number {
  let border = length;
  // A continuation byte behind the border means that its character began before it; none is longer than 4 bytes.
  for (let step = 0; step < 3 && border > 0 && ((bytes[start + border] as number) & 0xc0) === 0x80; step++) {
    border--;
  }
  return ((bytes[start + border] as number) & 0xc0) === 0x80 ? length : border;
}

/**
 * Shortens the sink's bytes from `start` on to `maxBytes`, suffix and, when the record ends with one of its own
 * (`hasNewline`), newline included. Gives false when there is no room for them.
 */
export function truncate(sink: ByteSink, start: number, maxBytes: number, hasNewline: boolean): boolean {
  const kept = maxBytes - truncatedSuffix.length - (hasNewline ? 1 : 0);
  if (kept < 0) return false;
  sink.length = start + characterBorder(sink.bytes, start, kept);
  sink.append(truncatedSuffix);
  if (hasNewline) {
    sink.reserve(1);
    sink.put(newline);
  }
  return true;
}

/**
 * Compresses the sink's bytes from `start` on, in place. While the result is larger than `maxBytes`, the plain input
 * is cut to nine tenths of what its ratio lets expect and compressed again, as the Go plugin does it.
 * "cannot fit" leaves the sink at an undefined length past `start`.
 */
export function compressToFit(
  sink: ByteSink,
  start: number,
  maxBytes: number,
  hasNewline: boolean,
  compress: Compress,
): "whole" | "truncated" | "cannot fit" {
  let plainEnd = sink.length;
  compress(sink, start);
  let result: "whole" | "truncated" = "whole";
  for (let round = 1; sink.length - plainEnd > maxBytes; round++) {
    if (round > maxCompressionRounds) return "cannot fit";
    const plainBytes = plainEnd - start;
    const estimate = Math.floor((maxBytes * plainBytes) / (sink.length - plainEnd));
    const target = Math.min(Math.floor((estimate * percentKeptOfEstimate) / 100), plainBytes - 1);
    sink.length = plainEnd;
    if (!truncate(sink, start, target, hasNewline)) return "cannot fit";
    plainEnd = sink.length;
    compress(sink, start);
    result = "truncated";
  }
  sink.bytes.copyWithin(start, plainEnd, sink.length);
  sink.length = start + (sink.length - plainEnd);
  return result;
}
