/** Remembers texts by their bytes: to find one again costs less than to decode it, and it is the same text for all records. */

/** A power of two. Of more texts, each can take the place of another. */
const places = 256;
/** Longer texts are not kept. */
const maxBytes = 256;

/** Texts that were decoded lately. */
export class TextMemory {
  readonly #decode: (bytes: Uint8Array) => string;
  readonly #texts: (string | undefined)[] = Array.from({ length: places });
  readonly #counts = new Uint16Array(places);
  /** Those of each place lie in `maxBytes` of its own. */
  readonly #bytes = new Uint8Array(places * maxBytes);

  /** @param decode makes the text of bytes; bytes that are the same always become the same text */
  constructor(decode: (bytes: Uint8Array) => string) {
    this.#decode = decode;
  }

  /** Returns the text of the `count` bytes at `start`. */
  textOf(bytes: Uint8Array, start: number, count: number): string {
    if (count > maxBytes) return this.#decode(bytes.subarray(start, start + count));
    const place = placeOf(bytes, start, count);
    const known = this.#texts[place];
    if (known !== undefined && this.#isSame(place, bytes, start, count)) return known;
    const text = this.#decode(bytes.subarray(start, start + count));
    for (let index = 0; index < count; index++) this.#bytes[place * maxBytes + index] = bytes[start + index] as number;
    this.#counts[place] = count;
    this.#texts[place] = text;
    return text;
  }

  #isSame(place: number, bytes: Uint8Array, start: number, count: number): boolean {
    if (this.#counts[place] !== count) return false;
    const from = place * maxBytes;
    for (let index = 0; index < count; index++) if (bytes[start + index] !== this.#bytes[from + index]) return false;
    return true;
  }
}

/** FNV-1a (Fowler, Noll, Vo), its upper half folded into the lower one. */
function placeOf(bytes: Uint8Array, start: number, count: number): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < count; index++) hash = Math.imul(hash ^ (bytes[start + index] as number), 0x0100_0193);
  return (hash ^ (hash >>> 16)) & (places - 1);
}
