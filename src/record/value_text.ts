/** Reads the text of the value at a path in a record. */
import { emptyHead, inputOf, readHead, skipValue, type Head, type Input } from "../chunk/msgpack.js";
import { ByteSink } from "../bytes/byte_sink.js";
import { failed, JsonWriter } from "./json/value.js";
import { TextCache } from "./text_cache.js";

/** A step into a value: a key of a map, as bytes, or a position in a list, counted from 0. */
export type Step = Input | number;

const encoder = new TextEncoder();

/** Returns a key as bytes, for comparison with the keys of records. */
export function keyOf(text: string): Input {
  return inputOf(encoder.encode(text));
}

/** Returns the steps of a path with their keys as bytes. */
export function stepsOf(path: readonly (string | number)[]): Step[] {
  return path.map((step) => (typeof step === "number" ? step : keyOf(step)));
}

/** Returns whether the `count` bytes at `start` equal `key`, which is the whole of its input. */
export function isKey(input: Input, start: number, count: number, key: Input): boolean {
  if (count !== key.end) return false;
  for (let index = 0; index < count; index++) if (input.bytes[start + index] !== key.bytes[index]) return false;
  return true;
}

/** Reads texts from values and caches them: repeated texts cost little. */
export class ValueTextReader {
  readonly #head = emptyHead();
  /** `ignoreBOM` keeps a leading U+FEFF. Otherwise a key that consists of it alone would be empty. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #texts: TextCache;
  readonly #scalars = new JsonWriter(undefined);
  readonly #scratch = new ByteSink(64);

  /** @param maxCharacters maximum Unicode characters; longer texts are cut */
  constructor(maxCharacters: number) {
    this.#texts = new TextCache((bytes) => cutCharacters(this.#decoder.decode(bytes), maxCharacters));
  }

  /**
   * Returns the text of the value that the steps lead to from the value at `offset`: a text as it is, numbers and booleans as
   * JSON (the Go plugin accepts no numbers). Returns undefined when the steps lead to no value, an empty text, a map, a list or nil.
   */
  read(input: Input, offset: number, steps: readonly Step[]): string | undefined {
    let value = offset;
    for (const step of steps) {
      value = typeof step === "number" ? this.#item(input, value, step) : this.#entry(input, value, step);
      if (value < 0) return undefined;
    }
    const { kind, start, count } = this.#headAt(input, value);
    if (kind === "text") return this.#text(input.bytes, start, count);
    const isNil = input.bytes[value] === 0xc0;
    if (kind !== "scalar" || isNil) return undefined;
    this.#scratch.length = 0;
    if (this.#scalars.write(input, value, this.#scratch) === failed) return undefined;
    return this.#text(this.#scratch.bytes, 0, this.#scratch.length);
  }

  /** Returns the offset of the value under `key` in the map at `offset`, the last one if the key is repeated, or -1. */
  #entry(input: Input, offset: number, key: Input): number {
    const map = this.#headAt(input, offset);
    if (map.kind !== "map") return -1;
    const { count } = map;
    let position = map.start;
    let found = -1;
    for (let index = 0; index < count; index++) {
      const { kind, start, count: keyBytes } = this.#headAt(input, position);
      const value = skipValue(input, position);
      if (kind === "text" && isKey(input, start, keyBytes, key)) found = value;
      position = skipValue(input, value);
    }
    return found;
  }

  /** Returns the offset of a value in the list at `offset`, or -1. */
  #item(input: Input, offset: number, index: number): number {
    const list = this.#headAt(input, offset);
    if (list.kind !== "array" || index >= list.count) return -1;
    let position = list.start;
    for (let before = 0; before < index; before++) position = skipValue(input, position);
    return position;
  }

  #headAt(input: Input, offset: number): Head {
    readHead(input, offset, this.#head);
    return this.#head;
  }

  #text(bytes: Uint8Array, start: number, count: number): string | undefined {
    return count === 0 ? undefined : this.#texts.textOf(bytes, start, count);
  }
}

/** Returns the first `limit` Unicode characters of a text; Kinesis counts by characters. */
export function cutCharacters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let position = 0;
  for (let count = 0; count < limit && position < text.length; count++) {
    position += (text.codePointAt(position) as number) > 0xffff ? 2 : 1;
  }
  return text.slice(0, position);
}
