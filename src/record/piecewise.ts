/** Compresses large user records piece by piece, so that no more of one is compressed than fits. */
import type { ByteSink } from "../bytes/byte_sink.js";
import { characterBorder, truncatedSuffix } from "./truncation_marks.js";

/** A format whose compressed data can be made of pieces. */
export interface PieceFormat {
  readonly head: Uint8Array;
  readonly tailBytes: number;
  /** Returns bytes[start..end) packed, as they follow bytes[before..start); the last piece ends the data. */
  readonly pack: (bytes: Uint8Array, before: number, start: number, end: number, isLast: boolean) => Uint8Array;
  /** Returns the end of the format for the plain bytes of the sink from `start` on. */
  readonly tail: (sink: ByteSink, start: number) => Uint8Array;
}

/** Records from this size on. Smaller ones are compressed as a whole, up to eleven times, as the Go plugin does it. */
export const leastPiecewiseBytes = 4 * 1024 * 1024;
/** Each piece costs some 100 bytes more than the data in one run. The last one has at least half of that size. */
const pieceBytes = 512 * 1024;
/** The suffix and the newline packed, in a piece of their own. */
const maxEndingBytes = 64;
/** How far the pieces may go beyond the limit where the data in one run may still fit, in percent. */
const doubtPercent = 5;
/** Halves the last piece down to 4 KiB. */
const cutSteps = 7;

const newline = 0x0a;

/**
 * Compresses the sink's bytes from `start` on, in place, and cuts them where they would pack to more than `maxBytes`. "in doubt" leaves
 * the sink as it was: the bytes fit perhaps, when they are packed in one run.
 */
export function compressPiecewise(
  sink: ByteSink,
  start: number,
  maxBytes: number,
  hasNewline: boolean,
  format: PieceFormat,
): "whole" | "truncated" | "in doubt" {
  const room = maxBytes - format.head.length - format.tailBytes;
  const packed: Uint8Array[] = [];
  let bytes = 0;
  let fitting = { pieces: 0, bytes: 0, end: start };
  for (let from = start; from < sink.length; ) {
    const end = from + 1.5 * pieceBytes > sink.length ? sink.length : from + pieceBytes;
    const isLast = end === sink.length;
    const piece = format.pack(sink.bytes, start, from, end, isLast);
    packed.push(piece);
    bytes += piece.length;
    if (bytes > room + (maxBytes * doubtPercent) / 100) break;
    if (isLast && bytes <= room) return finish(sink, start, packed, format, "whole");
    if (isLast) return "in doubt";
    if (bytes + maxEndingBytes <= room) fitting = { pieces: packed.length, bytes, end };
    from = end;
  }
  const ending = packEnding(sink, start, fitting.end, room - fitting.bytes, hasNewline, format);
  return finish(sink, start, [...packed.slice(0, fitting.pieces), ending], format, "truncated");
}

/** Cuts the piece at `from` so that it fits with the suffix, and packs it. The sink then ends with the suffix. */
function packEnding(sink: ByteSink, start: number, from: number, room: number, hasNewline: boolean, format: PieceFormat): Uint8Array {
  const after = sink.bytes.slice(from, Math.min(from + 1.5 * pieceBytes, sink.length));
  const cutAt = (kept: number) => {
    sink.bytes.set(after, from);
    sink.length = from + characterBorder(sink.bytes, from, kept);
    sink.append(truncatedSuffix);
    if (hasNewline) sink.append(Uint8Array.of(newline));
    return format.pack(sink.bytes, start, from, sink.length, true);
  };
  let [kept, tooMuch] = [0, after.length - truncatedSuffix.length - 1];
  for (let step = 0; step < cutSteps; step++) {
    const middle = (kept + tooMuch) >>> 1;
    if (cutAt(middle).length <= room) kept = middle;
    else tooMuch = middle;
  }
  return cutAt(kept);
}

function finish<Outcome>(sink: ByteSink, start: number, packed: readonly Uint8Array[], format: PieceFormat, outcome: Outcome): Outcome {
  const tail = format.tail(sink, start);
  sink.length = start;
  for (const part of [format.head, ...packed, tail]) sink.append(part);
  return outcome;
}
