/** Writes a msgpack value as JSON, from bytes to bytes. */
import { emptyHead, neverUsed, readHead, type Input } from "../decode/msgpack.js";
import { maxNestingDepth } from "../limits.js";
import type { ByteSink } from "./byte_sink.js";
import { jsonFloat } from "./json_number.js";
import { writeJsonText } from "./json_text.js";
import { timeText } from "./json_time.js";

/** Why a value cannot be written as JSON. */
export type JsonFailure =
  | "holds NaN or an infinite number, which JSON does not have"
  | "is nested too deeply"
  | "has a map, a list or an extension as a key"
  | "has a byte that msgpack never uses";

/** What {@link JsonWriter.write} gives instead of an offset when it failed. */
export const failed = -1;

/** Longest scalar: `"-9223372036854775808"` as a key, or a float of 24 characters. */
const maxScalarBytes = 32;

/** Writes values of one input to one sink. With `replaceDots`, dots in the keys of all maps become that text. */
export class JsonWriter {
  failure: JsonFailure | undefined;
  readonly #replaceDots: Uint8Array | undefined;
  readonly #head = emptyHead();

  constructor(replaceDots: Uint8Array | undefined) {
    this.#replaceDots = replaceDots;
  }

  /**
   * Writes the value at `offset`, which must lie wholly within the input.
   * Gives the offset behind it, or {@link failed} with {@link failure} set; what was written by then is to be undone.
   */
  write(input: Input, offset: number, sink: ByteSink, depth = 0): number {
    const { bytes, view } = input;
    const first = bytes[offset] as number;
    if (first >= 0xa0 && first < 0xc0) {
      const count = first & 0x1f;
      writeJsonText(input, offset + 1, count, sink);
      return offset + 1 + count;
    }
    sink.reserve(maxScalarBytes);
    if (first < 0x80) {
      writeSmallInteger(first, sink);
      return offset + 1;
    }
    if (first >= 0xe0) {
      sink.appendAscii(String(first - 0x100));
      return offset + 1;
    }
    switch (first) {
      case 0xc0:
        sink.appendAscii("null");
        return offset + 1;
      case neverUsed:
        return this.#fail("has a byte that msgpack never uses");
      case 0xc2:
        sink.appendAscii("false");
        return offset + 1;
      case 0xc3:
        sink.appendAscii("true");
        return offset + 1;
      case 0xca:
        return this.#writeFloat(jsonFloat(view.getFloat32(offset + 1)), sink, offset + 5);
      case 0xcb:
        return this.#writeFloat(jsonFloat(view.getFloat64(offset + 1)), sink, offset + 9);
      case 0xcc:
        writeSmallInteger(view.getUint8(offset + 1), sink);
        return offset + 2;
      case 0xcd:
        sink.appendAscii(String(view.getUint16(offset + 1)));
        return offset + 3;
      case 0xce:
        sink.appendAscii(String(view.getUint32(offset + 1)));
        return offset + 5;
      case 0xcf:
        sink.appendAscii(view.getBigUint64(offset + 1).toString());
        return offset + 9;
      case 0xd0:
        sink.appendAscii(String(view.getInt8(offset + 1)));
        return offset + 2;
      case 0xd1:
        sink.appendAscii(String(view.getInt16(offset + 1)));
        return offset + 3;
      case 0xd2:
        sink.appendAscii(String(view.getInt32(offset + 1)));
        return offset + 5;
      case 0xd3:
        sink.appendAscii(view.getBigInt64(offset + 1).toString());
        return offset + 9;
      default:
        return this.#writeCompound(input, offset, sink, depth);
    }
  }

  /**
   * Writes the key at `offset` as a JSON string: text as it is, with its dots replaced; scalars as their text, which
   * is what Go's JSON encoder makes of them.
   */
  writeKey(input: Input, offset: number, sink: ByteSink): number {
    const head = this.#head;
    readHead(input, offset, head);
    if (head.kind === "text") {
      if (this.#replaceDots === undefined || !hasDot(input, head.start, head.count)) {
        writeJsonText(input, head.start, head.count, sink);
      } else {
        const replaced = replaceDotsIn(input, head.start, head.count, this.#replaceDots);
        writeJsonText(replaced, 0, replaced.end, sink);
      }
      return head.start + head.count;
    }
    if (head.kind !== "scalar") {
      const text = head.kind === "extension" ? timeText(input, head.extensionType, head.start, head.count) : undefined;
      if (text === undefined) return this.#fail("has a map, a list or an extension as a key");
      sink.appendAscii(`"${text}"`);
      return head.start + head.count;
    }
    sink.reserve(1);
    sink.put(0x22);
    const end = this.write(input, offset, sink);
    if (end !== failed) {
      sink.reserve(1);
      sink.put(0x22);
    }
    return end;
  }

  #writeCompound(input: Input, offset: number, sink: ByteSink, depth: number): number {
    const head = this.#head;
    readHead(input, offset, head);
    if (head.kind === "text") {
      writeJsonText(input, head.start, head.count, sink);
      return head.start + head.count;
    }
    if (head.kind === "extension") {
      return writeExtension(input, head.extensionType, head.start, head.count, sink);
    }
    if (depth >= maxNestingDepth) return this.#fail("is nested too deeply");
    const isMap = head.kind === "map";
    const { count } = head;
    sink.put(isMap ? 0x7b : 0x5b);
    let position = head.start;
    for (let index = 0; index < count; index++) {
      if (index > 0) {
        sink.reserve(1);
        sink.put(0x2c);
      }
      if (isMap) {
        position = this.writeKey(input, position, sink);
        if (position === failed) return failed;
        sink.reserve(1);
        sink.put(0x3a);
      }
      position = this.write(input, position, sink, depth + 1);
      if (position === failed) return failed;
    }
    sink.reserve(1);
    sink.put(isMap ? 0x7d : 0x5d);
    return position;
  }

  #writeFloat(text: string | undefined, sink: ByteSink, end: number): number {
    if (text === undefined) {
      return this.#fail("holds NaN or an infinite number, which JSON does not have");
    }
    sink.appendAscii(text);
    return end;
  }

  #fail(reason: JsonFailure): number {
    this.failure = reason;
    return failed;
  }
}

function writeSmallInteger(value: number, sink: ByteSink): void {
  if (value >= 100) sink.put(0x30 + Math.trunc(value / 100));
  if (value >= 10) sink.put(0x30 + (Math.trunc(value / 10) % 10));
  sink.put(0x30 + (value % 10));
}

/** A time becomes its text; any other extension what Go's decoder shows of one (codec.RawExt). */
function writeExtension(input: Input, type: number, start: number, count: number, sink: ByteSink): number {
  const time = timeText(input, type, start, count);
  if (time === undefined) {
    sink.appendAscii(`{"Tag":${type & 0xff},"Data":"`);
    writeBase64(input, start, count, sink);
    sink.appendAscii(`","Value":null}`);
  } else {
    sink.appendAscii(`"${time}"`);
  }
  return start + count;
}

const base64Digits = Uint8Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  (digit) => digit.charCodeAt(0),
);
const base64Padding = 0x3d;

function writeBase64({ bytes }: Input, start: number, count: number, sink: ByteSink): void {
  sink.reserve(Math.ceil(count / 3) * 4);
  for (let done = 0; done < count; done += 3) {
    const left = count - done;
    const first = bytes[start + done] as number;
    const second = left > 1 ? (bytes[start + done + 1] as number) : 0;
    const third = left > 2 ? (bytes[start + done + 2] as number) : 0;
    const group = (first << 16) | (second << 8) | third;
    sink.put(base64Digits[group >> 18] as number);
    sink.put(base64Digits[(group >> 12) & 63] as number);
    sink.put(left > 1 ? (base64Digits[(group >> 6) & 63] as number) : base64Padding);
    sink.put(left > 2 ? (base64Digits[group & 63] as number) : base64Padding);
  }
}

const dot = 0x2e;

function hasDot(input: Input, start: number, count: number): boolean {
  for (let index = start; index < start + count; index++) if (input.bytes[index] === dot) return true;
  return false;
}

/** The text at `start` with each dot replaced, as an input of its own. */
export function replaceDotsIn(input: Input, start: number, count: number, replacement: Uint8Array): Input {
  let dots = 0;
  for (let index = start; index < start + count; index++) if (input.bytes[index] === dot) dots++;
  const bytes = new Uint8Array(count + dots * (replacement.length - 1));
  let to = 0;
  for (let index = start; index < start + count; index++) {
    const byte = input.bytes[index] as number;
    if (byte === dot) {
      bytes.set(replacement, to);
      to += replacement.length;
    } else {
      bytes[to++] = byte;
    }
  }
  return { bytes, view: new DataView(bytes.buffer), end: bytes.length };
}
