/** Cuts and compresses records that are too large for Kinesis. */
import type { ByteSink } from "../bytes/byte_sink.js";
import { compressPiecewise, minPiecewiseBytes, type PieceFormat } from "./piecewise.js";
import { characterBorder, truncatedSuffix } from "./truncation_marks.js";

const newline = 0x0a;
const percentKeptOfEstimate = 90;
const maxCompressionRounds = 10;

/** Compresses the sink's bytes from `start` on and appends the result to the sink. */
export interface Compress {
  (sink: ByteSink, start: number): void;
  /** Format for compressing large records in pieces; without it they are compressed whole too. */
  readonly pieces?: PieceFormat;
}

/**
 * Shortens the sink's bytes from `start` on to `maxBytes`, including the suffix and, if `hasNewline`, the newline at the end of the
 * record. Returns false when there is no room for these.
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
 * Compresses the sink's bytes from `start` on, in place. Returns false and leaves the sink unchanged when the result is larger
 * than `maxBytes`.
 */
export function compressWhole(sink: ByteSink, start: number, maxBytes: number, compress: Compress): boolean {
  const plainEnd = sink.length;
  compress(sink, start);
  const isFitting = sink.length - plainEnd <= maxBytes;
  if (isFitting) replaceWithPacked(sink, start, plainEnd);
  else sink.length = plainEnd;
  return isFitting;
}

/**
 * Compresses the sink's bytes from `start` on, in place. While the result is larger than `maxBytes`, cuts the plain input to 90 % of the
 * size expected from its ratio and compresses it again, as the Go plugin does. Of large records, compresses only as much as fits: otherwise
 * they would take seconds and block the plugin. "cannot fit" leaves the sink at an undefined length past `start`.
 */
export function compressToFit(
  sink: ByteSink,
  start: number,
  maxBytes: number,
  hasNewline: boolean,
  compress: Compress,
): "whole" | "truncated" | "cannot fit" {
  let plainEnd = sink.length;
  if (compress.pieces !== undefined && plainEnd - start >= minPiecewiseBytes) {
    const outcome = compressPiecewise(sink, start, maxBytes, hasNewline, compress.pieces);
    if (outcome !== "in doubt") return outcome;
  }
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
  replaceWithPacked(sink, start, plainEnd);
  return result;
}

function replaceWithPacked(sink: ByteSink, start: number, plainEnd: number): void {
  sink.bytes.copyWithin(start, plainEnd, sink.length);
  sink.length = start + (sink.length - plainEnd);
}
