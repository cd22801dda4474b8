/** Finds the entries of a map that a later one of the same key takes the place of, as when Go decodes it. */
import { emptyHead, readHead, skipValue, type Input } from "../chunk/msgpack.js";

/** A power of two, and so many more than there are keys in a usual map that few share a place. */
const places = 1024;
/** Beyond these, a map is left to {@link repeatedKeys}, whose work no choice of keys can multiply. */
const maxKeys = 256;
const maxSteps = 8;

/** Remembers the text keys of one map after another: cheap enough for every key of every record. */
export class KeyMemory {
  /** The number of the map that last took the place, and where its key lies. */
  readonly #takenBy = new Uint32Array(places);
  readonly #starts = new Int32Array(places);
  readonly #counts = new Int32Array(places);
  #map = 0;
  #keys = 0;

  /** Forgets all keys: those of a new map follow. */
  startMap(): void {
    if (this.#map === 0xffff_ffff) this.#takenBy.fill(0);
    this.#map = this.#map === 0xffff_ffff ? 1 : this.#map + 1;
    this.#keys = 0;
  }

  /** True when the map, of this input, has had the key; also when it has so many keys, or such odd ones, that it may. */
  mayRepeat({ bytes }: Input, start: number, count: number): boolean {
    if (++this.#keys > maxKeys) return true;
    let place = 0;
    if (count > 0) {
      // Keys of one map mostly differ in their length, or at their ends or middle.
      const middle = bytes[start + (count >> 1)] as number;
      place = count * 131 + (bytes[start] as number) * 31 + middle * 11 + (bytes[start + count - 1] as number) * 197;
    }
    for (let step = 0; step < maxSteps; step++) {
      place &= places - 1;
      if (this.#takenBy[place] !== this.#map) {
        this.#takenBy[place] = this.#map;
        this.#starts[place] = start;
        this.#counts[place] = count;
        return false;
      }
      if (this.#counts[place] === count && isSame(bytes, this.#starts[place] as number, start, count)) return true;
      place++;
    }
    return true;
  }
}

function isSame(bytes: Uint8Array, one: number, other: number, count: number): boolean {
  for (let index = 0; index < count; index++) if (bytes[one + index] !== bytes[other + index]) return false;
  return true;
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
      const key = keyText(input, head.start, head.count);
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
 * Returns a key's bytes as a text to find it by: one character for each byte, so that different bytes are different texts. With a letter before them: V8 hashes texts
 * that are whole numbers by the number, so that many can be made to collide, and all others with a secret. On Node
 * 18.20.4, 16,000 keys that are multiples of 4096 took 507 ms in a map, and 3 ms with the letter.
 */
export function keyText({ bytes }: Input, start: number, count: number): string {
  const end = start + count;
  let text = "k";
  for (let from = start; from < end; from += bytesPerCall) {
    text += String.fromCharCode(...bytes.subarray(from, Math.min(from + bytesPerCall, end)));
  }
  return text;
}
