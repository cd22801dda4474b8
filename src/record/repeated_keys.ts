/** Finds map entries overridden by a later entry with the same key (last one wins, as in Go). */
import { emptyHead, readHead, skipValue, type Input } from "../chunk/msgpack.js";

/** Slots of the hash table: a power of two, and many more than the keys of a usual map, so that few collide. */
const slots = 1024;
/** Maximum keys looked up here. Larger maps need {@link repeatedKeys}, whose cost hostile keys cannot raise. */
const maxKeys = 256;
const maxSteps = 8;

/** Hash table of the text keys of the current map: cheap enough for every key of every record. */
export class KeyMemory {
  /** For each slot, the number of the map that used it last, and the start and length of its key. */
  readonly #takenBy = new Uint32Array(slots);
  readonly #starts = new Int32Array(slots);
  readonly #counts = new Int32Array(slots);
  #map = 0;
  #keys = 0;

  /** Forgets all keys and starts a new map. */
  startMap(): void {
    if (this.#map === 0xffff_ffff) this.#takenBy.fill(0);
    this.#map = this.#map === 0xffff_ffff ? 1 : this.#map + 1;
    this.#keys = 0;
  }

  /** Adds a key of the map. Returns true if the map has had the key, or may have had it: with many keys or too many collisions. */
  mayRepeat({ bytes }: Input, start: number, count: number): boolean {
    if (++this.#keys > maxKeys) return true;
    let slot = 0;
    if (count > 0) {
      // Keys of one map mostly differ in their length or in their first, middle or last byte.
      const middle = bytes[start + (count >> 1)] as number;
      slot = count * 131 + (bytes[start] as number) * 31 + middle * 11 + (bytes[start + count - 1] as number) * 197;
    }
    for (let step = 0; step < maxSteps; step++) {
      slot &= slots - 1;
      if (this.#takenBy[slot] !== this.#map) {
        this.#takenBy[slot] = this.#map;
        this.#starts[slot] = start;
        this.#counts[slot] = count;
        return false;
      }
      if (this.#counts[slot] === count && isSame(bytes, this.#starts[slot] as number, start, count)) return true;
      slot++;
    }
    return true;
  }
}

function isSame(bytes: Uint8Array, one: number, other: number, count: number): boolean {
  for (let index = 0; index < count; index++) if (bytes[one + index] !== bytes[other + index]) return false;
  return true;
}

/** Returns the offsets of the text keys that occur again later in the map at `body`. The map must lie wholly within the input. */
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
      const key = keyText(input, head.start, head.count);
      const before = last.get(key);
      if (before !== undefined) repeated.add(before);
      last.set(key, position);
    }
    position = skipValue(input, skipValue(input, position));
  }
  return repeated;
}

/** Bytes per call: safely below the maximum number of arguments. */
const bytesPerCall = 4096;

/**
 * Returns a key's bytes as a text for lookups: one character per byte, so that different bytes have different texts. A letter in front
 * prevents hash flooding: V8 hashes integer-like texts by their number, so that hostile keys can collide, and all others with a secret.
 * On Node 18.20.4, a map of 16,000 keys that are multiples of 4096 took 507 ms, and 3 ms with the letter.
 */
export function keyText({ bytes }: Input, start: number, count: number): string {
  const end = start + count;
  let text = "k";
  for (let from = start; from < end; from += bytesPerCall) {
    text += String.fromCharCode(...bytes.subarray(from, Math.min(from + bytesPerCall, end)));
  }
  return text;
}
