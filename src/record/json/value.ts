/** Writes a msgpack value as JSON, from bytes to bytes. */
import { emptyHead, neverUsed, readHead, type Input } from "../../chunk/msgpack.js";
import { maxNestingDepth } from "../../limits.js";
import type { ByteSink } from "../../bytes/byte_sink.js";
import { hasDot, replaceDotsIn } from "./dots.js";
import { writeExtension } from "./extension.js";
import { maxScalarBytes, putScalar, scalarBytes } from "./scalar.js";
import { jsonTextBytes, maxJsonBytes, putJsonText } from "./text.js";
import { timeText } from "./time.js";

/** Why a value cannot be written as JSON. */
export type JsonFailure =
  | "holds NaN or an infinite number, which JSON does not have"
  | "is nested too deeply"
  | "has a map, a list or an extension as a key"
  | "has a byte that msgpack never uses";

/** {@link JsonWriter.write} returns this instead of an offset when it failed. */
export const failed = -1;

/** A scalar, or an empty map, and the comma behind it. */
const roomBytes = maxScalarBytes + 1;
/** The longest text for which six times its bytes are reserved; of longer ones, what they need is counted. */
const longestTextReserved = 4096;

/** First byte of a text of 32 to 255 bytes. */
const text8 = 0xd9;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const closeList = 0x5d;
const openMap = 0x7b;
const closeMap = 0x7d;

/** Why the loop of {@link JsonWriter} stopped: before a value that needs more room, or one that it leaves to others. */
type Stop = "done" | "failed" | "no room" | "special value";

/** Writes values of one input to one sink. With `replaceDots`, dots in the keys of all maps become that text. */
export class JsonWriter {
  failure: JsonFailure | undefined;
  readonly #replaceDots: Uint8Array | undefined;
  readonly #head = emptyHead();
  /** Of each map and list that is open around the innermost one: its values left, and whether it is a map. */
  readonly #leftOf = new Int32Array(maxNestingDepth + 1);
  readonly #isMapAt = new Uint8Array(maxNestingDepth + 1);
  /** Where the loop stands: its offset in the input and its position in the sink. */
  #from = 0;
  #to = 0;
  /** Values left of the innermost map or list. A map has its keys at even numbers, its values at odd ones. */
  #left = 0;
  #isMap = 0;
  #depth = 0;
  #maxDepth = 0;

  constructor(replaceDots: Uint8Array | undefined) {
    this.#replaceDots = replaceDots;
  }

  /**
   * Writes the value at `offset`, which must lie wholly within the input.
   * Gives the offset behind it, or {@link failed} with {@link failure} set; what was written by then is to be undone.
   */
  write(input: Input, offset: number, sink: ByteSink): number {
    return this.#write(input, offset, sink, maxNestingDepth);
  }

  /** The same for a record's own map, which does not count as nesting. */
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
   * The loop over all that lies within a value. Its state is in locals, and nothing that it reads or writes changes its
   * place in it, so that the compiler keeps them in registers; nesting costs no stack.
   *
   * Behind each value it writes a comma, or a colon if it was a key. The end of a map or list takes the place of its
   * last comma.
   * @param lastRoom up to this position there is room for a scalar
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
        // Most keys are short texts, and are written like any other.
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
            // The end takes the place of a comma.
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

  /** Writes a key, an extension or a long text, and leaves room for the byte behind it. */
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
   * Writes the key at `offset` as a JSON string: text as it is, with its dots replaced; scalars as their text, which
   * is what Go's JSON encoder makes of them.
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

/** Writes a text, and leaves room for the byte behind it. */
function writeText(input: Input, start: number, end: number, sink: ByteSink): void {
  reserveText(input, start, end, sink);
  sink.length = putJsonText(input.bytes, input.view, start, end, sink.bytes, sink.view, sink.length);
}

function reserveText(input: Input, start: number, end: number, sink: ByteSink): void {
  const count = end - start;
  sink.reserve(roomBytes + (count > longestTextReserved ? jsonTextBytes(input, start, end) : maxJsonBytes(count)));
}
