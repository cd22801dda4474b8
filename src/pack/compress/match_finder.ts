/** Finds what of a record occurred in it before (LZ77), as zlib does at level 6: hash chains and lazy matches. */
import { distanceSymbolOf, firstLengthSymbol, lengthSymbols } from "./deflate_symbols.js";

/** The most bytes that are looked through at once; Deflate's window would let it be 32 KiB. */
export const mostBytes = 3 * 1024;

// Deflate could say 3. Looking for those walks longer chains, and finds less on the whole: zlib's own variant in
// Chromium looks for 4 too.
const shortestMatch = 4;
const longestMatch = 258;

// zlib's own for level 6 (deflate.c, configuration_table).
const goodLength = 8;
const lazyLength = 16;
const niceLength = 128;
const mostCandidates = 128;
const mostCandidatesWhenGood = mostCandidates >> 2;

const mostHashBits = 15;
const fewestHashBits = 12;
// 2^32 divided by the golden ratio: multiplied by it, neighbouring numbers are spread over the high bits.
const hashFactor = 0x9e3779b1 | 0;
// Positions start anew behind so many bytes, far from where they would overflow.
const largestBase = 2 ** 24;

/** A token is a literal byte, or a match: its length << this, and its distance. */
export const tokenLengthShift = 16;
/** Of a match its distance; a literal byte is below it, with a length of 0. */
export const tokenDistanceMask = 0xffff;

/** Turns bytes into literals and matches. Allocates nothing after its construction. */
export class MatchFinder {
  /** What {@link find} found. */
  readonly tokens = new Int32Array(mostBytes);
  // Per hash of four bytes the latest position, and per position the one before it with its hash. Positions are
  // counted on from record to record, so that those of earlier records are told by their numbers and nothing needs to
  // be cleared. Pages that no record was large enough for are never touched.
  readonly #latest = new Int32Array(1 << mostHashBits);
  readonly #earlier = new Int32Array(mostBytes);
  #base = 1;

  /**
   * Finds the tokens of `bytes[start..end)`, at most {@link mostBytes}, and counts their symbols. Gives their number.
   * @param view of the same bytes
   */
  find(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    literals: Int32Array,
    distances: Int32Array,
  ): number {
    if (this.#base > largestBase) {
      this.#latest.fill(0);
      this.#base = 1;
    }
    const { tokens } = this;
    const latest = this.#latest;
    const earlier = this.#earlier;
    const oldest = this.#base;
    const base = oldest - start;
    this.#base = oldest + (end - start);
    const hashShift = 32 - hashBitsFor(end - start);
    const lastHashed = end - shortestMatch;
    let count = 0;
    let literalsFrom = start;
    // The match that begins at the byte before this position; it is taken unless a longer one begins here.
    let heldLength = 0;
    let heldDistance = 0;
    for (let position = start; position <= lastHashed || heldLength > 0; position++) {
      let length = heldLength;
      let distance = 0;
      if (position <= lastHashed) {
        const four = view.getInt32(position, true);
        const hash = Math.imul(four, hashFactor) >>> hashShift;
        let candidate = latest[hash] as number;
        latest[hash] = base + position;
        earlier[position - start] = candidate;
        const limit = end - position < longestMatch ? end - position : longestMatch;
        if (candidate >= oldest && length < lazyLength && length < limit) {
          let tries = length >= goodLength ? mostCandidatesWhenGood : mostCandidates;
          do {
            const at = candidate - base;
            if (bytes[at + length] === bytes[position + length] && view.getInt32(at, true) === four) {
              const same = sameBytes(bytes, view, at, position, limit);
              if (same > length) {
                length = same;
                distance = position - at;
                if (same >= niceLength || same === limit) break;
              }
            }
            candidate = earlier[at - start] as number;
          } while (candidate >= oldest && --tries > 0);
        }
      }
      if (distance > 0) {
        heldLength = length;
        heldDistance = distance;
      } else if (heldLength > 0) {
        count = this.#putLiterals(bytes, literalsFrom, position - 1, count, literals);
        tokens[count++] = (heldLength << tokenLengthShift) | heldDistance;
        (literals[firstLengthSymbol + (lengthSymbols[heldLength] as number)] as number)++;
        (distances[distanceSymbolOf(heldDistance)] as number)++;
        literalsFrom = position - 1 + heldLength;
        const hashedEnd = literalsFrom <= lastHashed ? literalsFrom : lastHashed + 1;
        for (position++; position < hashedEnd; position++) {
          const hash = Math.imul(view.getInt32(position, true), hashFactor) >>> hashShift;
          earlier[position - start] = latest[hash] as number;
          latest[hash] = base + position;
        }
        position = literalsFrom - 1;
        heldLength = 0;
      }
    }
    return this.#putLiterals(bytes, literalsFrom, end, count, literals);
  }

  #putLiterals(bytes: Uint8Array, from: number, to: number, count: number, literals: Int32Array): number {
    const { tokens } = this;
    let next = count;
    for (let position = from; position < to; position++) {
      const literal = bytes[position] as number;
      tokens[next++] = literal;
      (literals[literal] as number)++;
    }
    return next;
  }
}

/** Bits of the hash for a record: four places or more for each byte, as far as that goes, so that few share one. */
function hashBitsFor(recordBytes: number): number {
  return Math.min(Math.max(35 - Math.clz32(recordBytes), fewestHashBits), mostHashBits);
}

/** How many bytes from `a` and `b` on are the same, at most `limit`; at least four are. */
function sameBytes(bytes: Uint8Array, view: DataView, a: number, b: number, limit: number): number {
  let same = 4;
  while (same + 4 <= limit && view.getInt32(a + same, true) === view.getInt32(b + same, true)) same += 4;
  while (same < limit && bytes[a + same] === bytes[b + same]) same++;
  return same;
}
