/** Compresses large records piece by piece and stops when the record's limit is reached. */
import type { ByteSink } from "../bytes/byte_sink.js";
import { characterBorder, truncatedSuffix } from "./truncation_marks.js";

/** A compression format whose data can be made of pieces. */
export interface PieceFormat {
  readonly head: Uint8Array;
  readonly tailBytes: number;
  /** Compresses bytes[start..end) as the continuation of bytes[before..start); the last piece ends the data. */
  readonly pack: (bytes: Uint8Array, before: number, start: number, end: number, isLast: boolean) => Uint8Array;
  /** Returns the format's trailer for the sink's plain bytes from `start` on. */
  readonly tail: (sink: ByteSink, start: number) => Uint8Array;
}

/** Minimum size of a record compressed in pieces. Smaller ones are compressed whole, up to eleven times, as in the Go plugin. */
export const minPiecewiseBytes = 4 * 1024 * 1024;
/** Plain bytes of a piece; the last one has between half and 1.5 times as many. Each piece adds about 100 bytes to the result. */
const pieceBytes = 512 * 1024;
/** Maximum compressed bytes of a piece that holds only the suffix and the newline. */
const maxEndingBytes = 64;
/** Percentage by which the pieces may exceed the limit while the data compressed in one run may still fit. */
const doubtPercent = 5;
/** Steps of the search for the cut, which narrow it down to 4 KiB. */
const cutSteps = 7;

const newline = 0x0a;

/**
 * Compresses the sink's bytes from `start` on, in place, and cuts them where the result would exceed `maxBytes`. "in doubt" leaves the
 * sink unchanged: the bytes may fit when compressed in one run.
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

/** Cuts the piece at `from` so that it fits with the suffix, and returns it compressed. The sink then ends with the suffix. */
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
