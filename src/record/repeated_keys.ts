/** Finds the entries of a map that a later one of the same key takes the place of, as when Go decodes it. */
import { emptyHead, readHead, skipValue, type Input } from "../decode/msgpack.js";

/** A power of two: of 20 keys two share a slot, for which nothing is wrong, in one map of ten. */
const slots = 2048;

/** Remembers the keys of one map after another, roughly: cheap enough for every key of every record. */
export class KeyMemory {
  /** The number of the map in which a key of this kind was last seen. */
  readonly #seenIn = new Uint32Array(slots);
  #map = 0;

  /** Forgets all keys: those of a new map follow. */
  startMap(): void {
    if (this.#map === 0xffff_ffff) this.#seenIn.fill(0);
    this.#map = this.#map === 0xffff_ffff ? 1 : this.#map + 1;
  }

  /** False when the map has not had the key yet; true when it has, or, rarely, one like it. */
  mayRepeat({ bytes }: Input, start: number, count: number): boolean {
    let slot = 0;
    if (count > 0) {
      // Keys of one map differ in their length, or at their end or middle: a few bytes tell most apart.
      const middle = bytes[start + (count >> 1)] as number;
      const last = bytes[start + count - 1] as number;
      slot = (count * 131 + middle * 11 + last * 197) & (slots - 1);
    }
    const isKnown = this.#seenIn[slot] === this.#map;
    this.#seenIn[slot] = this.#map;
    return isKnown;
  }
}

/** Offsets of the text keys of the map at `body` that stand there again behind. The map must lie wholly within the input. */
export function repeatedKeys(input: Input, body: number): ReadonlySet<number> {
  const head = emptyHead();
  readHead(input, body, head);
  const { count } = head;
  const last = new Map<string, number>();
  const repeated = new Set<number>();
  let position = head.start;
  for (let index = 0; index < count; index++) {
    readHead(input, position, head);
    if (head.kind === "text") {
      const key = latin1(input, head.start, head.count);
      const before = last.get(key);
      if (before !== undefined) repeated.add(before);
      last.set(key, position);
    }
    position = skipValue(input, skipValue(input, position));
  }
  return repeated;
}

/** As many bytes as arguments of one call are sure to be taken. */
const bytesPerCall = 4096;

/**
 * One character for each byte, so that different bytes are different texts. With a letter before them: V8 hashes texts
 * that are whole numbers by the number, so that many can be made to collide, and all others with a secret. On Node
 * 18.20.4, 16,000 keys that are multiples of 4096 took 507 ms in a map, and 3 ms with the letter.
 */
function latin1({ bytes }: Input, start: number, count: number): string {
  const end = start + count;
  let text = "k";
  for (let from = start; from < end; from += bytesPerCall) {
    text += String.fromCharCode(...bytes.subarray(from, Math.min(from + bytesPerCall, end)));
  }
  return text;
}
