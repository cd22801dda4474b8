/** Finds a record's partition key: the text at the end of a path of keys. */
import { emptyHead, readHead, skipValue, type Head, type Input } from "../chunk/msgpack.js";
import { maxPartitionKeyCharacters } from "../limits.js";
import { ByteSink } from "../bytes/byte_sink.js";
import { failed, JsonWriter } from "./json/value.js";
import { TextMemory } from "./text_memory.js";

/** Compares the `count` bytes at `start` with a key, which is all of its input. */
export function isKey(input: Input, start: number, count: number, key: Input): boolean {
  if (count !== key.end) return false;
  for (let index = 0; index < count; index++) if (input.bytes[start + index] !== key.bytes[index]) return false;
  return true;
}

/** Reads partition keys from values. Each output instance has one. */
export class PartitionKeyReader {
  readonly #head = emptyHead();
  /** `ignoreBOM` keeps a leading U+FEFF, which would otherwise be dropped: a key of nothing else would be empty. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #texts = new TextMemory((bytes) => cutCharacters(this.#decoder.decode(bytes), maxPartitionKeyCharacters));
  readonly #scalars = new JsonWriter(undefined);
  readonly #scratch = new ByteSink(64);

  /**
   * The partition key that starts from the value at `offset`, going down by the keys in `path`.
   * Text is taken as it is, numbers and booleans as their text (the Go plugin takes no numbers); at most 256
   * characters of it. Undefined when the path leads nowhere, to an empty text, or to a map, a list or nil.
   */
  read(input: Input, offset: number, path: readonly Input[]): string | undefined {
    let value = offset;
    for (const key of path) {
      value = this.#entry(input, value, key);
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

  /** Offset of the value under a key of the map at `offset`, the last one when there are several; -1 without it. */
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

  #headAt(input: Input, offset: number): Head {
    readHead(input, offset, this.#head);
    return this.#head;
  }

  #text(bytes: Uint8Array, start: number, count: number): string | undefined {
    return count === 0 ? undefined : this.#texts.textOf(bytes, start, count);
  }
}

/** The first `limit` Unicode characters of a text, which is how the service counts. */
export function cutCharacters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let position = 0;
  for (let count = 0; count < limit && position < text.length; count++) {
    position += (text.codePointAt(position) as number) > 0xffff ? 2 : 1;
  }
  return text.slice(0, position);
}

/** Bytes of a text in UTF-8, without encoding it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) bytes++;
    // A surrogate pair is two units and four bytes: one more for each half.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes++;
  }
  return bytes;
}

const randomCharacters = Uint8Array.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", (character) =>
  character.charCodeAt(0),
);
const randomCharacterCount = randomCharacters.length;

/** Returns a random key of letters and digits. `random` returns numbers from 0 up to 1. */
export function randomPartitionKey(random: () => number, characters: number): string {
  const bytes = new Uint8Array(characters);
  putRandomKey(random, characters, bytes, 0);
  return String.fromCharCode(...bytes);
}

/** Of the 52 bits of a random number, four characters take 24: their share is even to one in 10^8. */
const charactersPerNumber = 4;

/** Writes a random key at `position`, which needs no escape in JSON. Returns the position behind it. */
export function putRandomKey(random: () => number, characters: number, bytes: Uint8Array, position: number): number {
  let rest = 0;
  for (let index = 0; index < characters; index++) {
    if (index % charactersPerNumber === 0) rest = random();
    rest *= randomCharacterCount;
    // An integer to the compiler too: with a double, old V8s (Node 18) look an element up ten times as slowly.
    const digit = rest | 0;
    bytes[position + index] = randomCharacters[digit] as number;
    rest -= digit;
  }
  return position + characters;
}
