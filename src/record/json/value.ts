/** Writes a msgpack value as JSON, from bytes to bytes. */
import { emptyHead, neverUsed, readHead, type Input } from "../../chunk/msgpack.js";
import { maxNestingDepth } from "../../limits.js";
import type { ByteSink } from "../../bytes/byte_sink.js";
import { hasDot, replaceDotsIn } from "./dots.js";
import { writeExtension } from "./extension.js";
import { maxScalarBytes, putScalar, scalarBytes } from "./scalar.js";
import { jsonTextBytes, maxJsonBytes, putJsonText } from "./text.js";
import { timeText } from "./time.js";

/** Reason for which a value cannot be written as JSON. */
export type JsonFailure =
  | "holds NaN or an infinite number, which JSON does not have"
  | "is nested too deeply"
  | "has a map, a list or an extension as a key"
  | "has a byte that msgpack never uses";

/** Value that {@link JsonWriter.write} returns instead of an offset when it fails. */
export const failed = -1;

/** Bytes for a scalar or an empty map, and the comma after it. */
const roomBytes = maxScalarBytes + 1;
/** Maximum bytes of a text for which six times as many are reserved; for longer ones, the exact need is counted. */
const maxReservedTextBytes = 4096;

/** First byte of a text of 32 to 255 bytes. */
const text8 = 0xd9;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const closeList = 0x5d;
const openMap = 0x7b;
const closeMap = 0x7d;

/** Reason for which the loop of {@link JsonWriter} stopped: "no room" or "special value" mean before a value that it did not write. */
type Stop = "done" | "failed" | "no room" | "special value";

/** Writes msgpack values as JSON. Replaces dots in the keys of all maps by `replaceDots`, if set. */
export class JsonWriter {
  failure: JsonFailure | undefined;
  readonly #replaceDots: Uint8Array | undefined;
  readonly #head = emptyHead();
  /** For each map or list around the innermost one: its values left, and whether it is a map. */
  readonly #leftOf = new Int32Array(maxNestingDepth + 1);
  readonly #isMapAt = new Uint8Array(maxNestingDepth + 1);
  /** The loop's offset in the input and position in the sink. */
  #from = 0;
  #to = 0;
  /** Values left in the innermost map or list. In a map, the next one is a key at even numbers and a value at odd ones. */
  #left = 0;
  #isMap = 0;
  #depth = 0;
  #maxDepth = 0;

  constructor(replaceDots: Uint8Array | undefined) {
    this.#replaceDots = replaceDots;
  }

  /**
   * Writes the value at `offset`, which must lie wholly within the input. Returns the offset after it, or {@link failed} with
   * {@link failure} set; the caller must then remove the part written so far.
   */
  write(input: Input, offset: number, sink: ByteSink): number {
    return this.#write(input, offset, sink, maxNestingDepth);
  }

  /** Writes a record's body like {@link write}; the body's own map does not count as nesting. */
  writeBody(input: Input, offset: number, sink: ByteSink): number {
    return this.#write(input, offset, sink, maxNestingDepth + 1);
  }

  #write(input: Input, offset: number, sink: ByteSink, maxDepth: number): number {
    this.#maxDepth = maxDepth;
    this.#from = offset;
    this.#to = sink.length;
    this.#left = 1;
    this.#isMap = 0;
    this.#depth = 0;
    for (;;) {
      const stop = this.#run(input, input.bytes, sink.bytes, sink.view, sink.capacity - roomBytes);
      sink.length = this.#to;
      if (stop === "done") return this.#from;
      if (stop === "failed") return failed;
      if (stop === "special value") {
        this.#from = this.#writeSpecial(input, this.#from, sink);
        if (this.#from === failed) return failed;
        this.#left--;
        sink.put((this.#isMap & this.#left & 1) === 1 ? colon : comma);
      }
      sink.reserve(roomBytes);
      this.#to = sink.length;
    }
  }

  /**
   * Writes a value and all its nested values in one loop, without recursion: nesting takes no stack. The state is in
   * locals and the buffers stay the same, so that the compiler keeps them in registers.
   *
   * Writes a comma after each value, and a colon after each key. The closing bracket of a map or list overwrites its last comma.
   * @param lastRoom last position with room for a scalar
   */
  #run(input: Input, source: Uint8Array, bytes: Uint8Array, view: DataView, lastRoom: number): Stop {
    const head = this.#head;
    const leftOf = this.#leftOf;
    const isMapAt = this.#isMapAt;
    const maxDepth = this.#maxDepth;
    const sourceView = input.view;
    const replacesDots = this.#replaceDots !== undefined;
    let from = this.#from;
    let to = this.#to;
    let left = this.#left;
    let isMap = this.#isMap;
    let depth = this.#depth;
    let stop: Stop = "no room";
    while (to <= lastRoom) {
      if (left === 0) {
        if (depth === 0) {
          to--;
          stop = "done";
          break;
        }
        bytes[to - 1] = isMap === 1 ? closeMap : closeList;
        depth--;
        left = leftOf[depth] as number;
        isMap = isMapAt[depth] as number;
      } else {
        const first = source[from] as number;
        const isShortText = first >= 0xa0 && first < 0xc0;
        let start = from + 1;
        let count = first & 0x1f;
        // Writes keys that are short texts like values: most are.
        if ((isMap & ~left & 1) === 1 && (!isShortText || (replacesDots && hasDot(input, start, count)))) {
          stop = "special value";
          break;
        }
        if (first === text8) {
          start = from + 2;
          count = source[from + 1] as number;
        } else if (!isShortText) {
          const width = scalarBytes[first] as number;
          if (width > 0) {
            const end = putScalar(input, from, bytes, view, to);
            if (end < 0) {
              this.failure = "holds NaN or an infinite number, which JSON does not have";
              stop = "failed";
              break;
            }
            from += width;
            left--;
            bytes[end] = (isMap & left & 1) === 1 ? colon : comma;
            to = end + 1;
            continue;
          }
          readHead(input, from, head);
          ({ start, count } = head);
          if (head.kind === "map" || head.kind === "array") {
            if (depth === maxDepth) {
              this.failure = "is nested too deeply";
              stop = "failed";
              break;
            }
            leftOf[depth] = left;
            isMapAt[depth] = isMap;
            depth++;
            isMap = head.kind === "map" ? 1 : 0;
            left = count << isMap;
            from = start;
            bytes[to++] = isMap === 1 ? openMap : openList;
            // Leaves a byte for the closing bracket to overwrite, as there is no comma.
            if (count === 0) to++;
            continue;
          }
          if (head.kind !== "text") {
            stop = "special value";
            break;
          }
        }
        if (to + maxJsonBytes(count) > lastRoom) {
          stop = "special value";
          break;
        }
        from = start + count;
        to = putJsonText(source, sourceView, start, from, bytes, view, to);
      }
      left--;
      bytes[to++] = (isMap & left & 1) === 1 ? colon : comma;
    }
    this.#from = from;
    this.#to = to;
    this.#left = left;
    this.#isMap = isMap;
    this.#depth = depth;
    return stop;
  }

  /** Writes a key, an extension or a long text, and reserves room for the byte after it. */
  #writeSpecial(input: Input, offset: number, sink: ByteSink): number {
    if ((this.#isMap & ~this.#left & 1) === 1) return this.writeKey(input, offset, sink);
    if (input.bytes[offset] === neverUsed) return this.#fail("has a byte that msgpack never uses");
    const head = this.#head;
    readHead(input, offset, head);
    const end = head.start + head.count;
    if (head.kind === "text") writeText(input, head.start, end, sink);
    else writeExtension(input, head.extensionType, head.start, head.count, sink);
    sink.reserve(1);
    return end;
  }

  /**
   * Writes the key at `offset` as a JSON string: a text with its dots replaced, a time as its text, and a scalar as
   * its text, as in Go's JSON encoder. Returns the offset after it, or {@link failed}.
   */
  writeKey(input: Input, offset: number, sink: ByteSink): number {
    const head = this.#head;
    readHead(input, offset, head);
    const end = head.start + head.count;
    if (head.kind === "text") {
      if (this.#replaceDots === undefined || !hasDot(input, head.start, head.count)) {
        writeText(input, head.start, end, sink);
      } else {
        const replaced = replaceDotsIn(input, head.start, head.count, this.#replaceDots);
        writeText(replaced, 0, replaced.end, sink);
      }
      return end;
    }
    const first = input.bytes[offset] as number;
    const width = scalarBytes[first] as number;
    if (width === 0) {
      if (first === neverUsed) return this.#fail("has a byte that msgpack never uses");
      const text = head.kind === "extension" ? timeText(input, head.extensionType, head.start, head.count) : undefined;
      if (text === undefined) return this.#fail("has a map, a list or an extension as a key");
      sink.appendAscii(`"${text}"`);
      sink.reserve(1);
      return end;
    }
    sink.reserve(maxScalarBytes + 3);
    sink.put(quote);
    const to = putScalar(input, offset, sink.bytes, sink.view, sink.length);
    if (to < 0) return this.#fail("holds NaN or an infinite number, which JSON does not have");
    sink.length = to;
    sink.put(quote);
    return offset + width;
  }

  #fail(reason: JsonFailure): number {
    this.failure = reason;
    return failed;
  }
}

/** Writes a text, and reserves room for the byte after it. */
function writeText(input: Input, start: number, end: number, sink: ByteSink): void {
  reserveText(input, start, end, sink);
  sink.length = putJsonText(input.bytes, input.view, start, end, sink.bytes, sink.view, sink.length);
}

function reserveText(input: Input, start: number, end: number, sink: ByteSink): void {
  const count = end - start;
  sink.reserve(roomBytes + (count > maxReservedTextBytes ? jsonTextBytes(input, start, end) : maxJsonBytes(count)));
}
