/** Caches decoded texts by their bytes: a lookup costs less than decoding, and all records share one string. */

/** Number of cached texts, a power of two; a text replaces another one with the same slot. */
const slots = 256;
/** Maximum bytes of a cached text. */
const maxBytes = 256;

/** A cache of recently decoded texts. */
export class TextCache {
  readonly #decode: (bytes: Uint8Array) => string;
  readonly #texts: (string | undefined)[] = Array.from({ length: slots });
  readonly #counts = new Uint16Array(slots);
  /** Bytes of the texts: `maxBytes` for each slot. */
  readonly #bytes = new Uint8Array(slots * maxBytes);

  /** @param decode decodes bytes; equal bytes must always decode to equal texts */
  constructor(decode: (bytes: Uint8Array) => string) {
    this.#decode = decode;
  }

  /** Returns the text of the `count` bytes at `start`. */
  textOf(bytes: Uint8Array, start: number, count: number): string {
    if (count > maxBytes) return this.#decode(bytes.subarray(start, start + count));
    const slot = slotOf(bytes, start, count);
    const known = this.#texts[slot];
    if (known !== undefined && this.#isSame(slot, bytes, start, count)) return known;
    const text = this.#decode(bytes.subarray(start, start + count));
    for (let index = 0; index < count; index++) this.#bytes[slot * maxBytes + index] = bytes[start + index] as number;
    this.#counts[slot] = count;
    this.#texts[slot] = text;
    return text;
  }

  #isSame(slot: number, bytes: Uint8Array, start: number, count: number): boolean {
    if (this.#counts[slot] !== count) return false;
    const from = slot * maxBytes;
    for (let index = 0; index < count; index++) if (bytes[start + index] !== this.#bytes[from + index]) return false;
    return true;
  }
}

/** Returns the FNV-1a hash (Fowler, Noll, Vo) with its upper half folded into the lower one. */
function slotOf(bytes: Uint8Array, start: number, count: number): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < count; index++) hash = Math.imul(hash ^ (bytes[start + index] as number), 0x0100_0193);
  return (hash ^ (hash >>> 16)) & (slots - 1);
}
