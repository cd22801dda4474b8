/** Writes a record as one Deflate block (RFC 1951), in whichever of its three forms is the shortest. */
import { BitWriter } from "./bit_writer.js";
import { CodeLengths } from "./code_lengths.js";
import {
  distanceBases,
  distanceExtraBits,
  distanceSymbolOf,
  distanceSymbols,
  endOfBlock,
  firstLengthSymbol,
  lengthBases,
  lengthExtraBits,
  lengthSymbols,
  literalSymbols,
} from "./deflate_symbols.js";
import { canonicalEntries, codeMask, entryLengthShift, HuffmanCode } from "./huffman_code.js";
import { MatchFinder, tokenDistanceMask, tokenLengthShift } from "./match_finder.js";

// The first three bits: that this block is the last, then its form.
const lastStored = 0b001;
const lastFixed = 0b011;
const lastDynamic = 0b101;
const headBits = 3;
// Head and padding in one byte, the number of bytes in two, and its complement in two.
const storedHeadBytes = 5;
const longestCode = 15;

// The fixed codes are those of these lengths (3.2.6); two literals and two distances in them are never sent.
const fixedLiteralLengths = Uint8Array.from({ length: literalSymbols + 2 }, (_, symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);
const fixedDistanceLengths = new Uint8Array(distanceSymbols + 2).fill(5);
const fixedLiterals = canonicalEntries(fixedLiteralLengths);
const fixedDistances = canonicalEntries(fixedDistanceLengths);

const literalExtraBits = new Uint8Array(literalSymbols);
literalExtraBits.set(lengthExtraBits, firstLengthSymbol);

/** The most bytes that a block takes for so many of a record: it can always be stored. */
export const mostBlockBytes = (recordBytes: number): number => storedHeadBytes + recordBytes;

/** Compresses records of up to the match finder's window, one block each. Allocates nothing after its construction. */
export class DeflateBlock {
  readonly #matches = new MatchFinder();
  readonly #literals = new HuffmanCode(literalSymbols, longestCode);
  readonly #distances = new HuffmanCode(distanceSymbols, longestCode);
  readonly #codeLengths = new CodeLengths();
  readonly #writer = new BitWriter();

  /**
   * Writes `bytes[start..end)` as a last block to `bytes[at..)`, which must have room for {@link mostBlockBytes}.
   * Gives the position behind it.
   * @param view of the same bytes
   */
  write(bytes: Uint8Array, view: DataView, start: number, end: number, at: number): number {
    const literals = this.#literals;
    const distances = this.#distances;
    literals.clear();
    distances.clear();
    literals.frequencies[endOfBlock] = 1;
    const tokens = this.#matches.find(bytes, view, start, end, literals.frequencies, distances.frequencies);
    literals.build();
    distances.build();

    const extra = literals.bitsAt(literalExtraBits) + distances.bitsAt(distanceExtraBits);
    const fixed = literals.bitsAt(fixedLiteralLengths) + distances.bitsAt(fixedDistanceLengths);
    const head = this.#codeLengths.pack(literals.lengths, distances.lengths);
    const dynamic = head + literals.bitsAt(literals.lengths) + distances.bitsAt(distances.lengths);
    if (headBits + extra + Math.min(fixed, dynamic) > 8 * mostBlockBytes(end - start)) return store(bytes, start, end, at);

    this.#writer.start(bytes, at);
    if (fixed <= dynamic) {
      this.#writer.put(lastFixed, headBits);
      this.#writeTokens(tokens, fixedLiterals, fixedDistances);
    } else {
      this.#writer.put(lastDynamic, headBits);
      this.#codeLengths.write(this.#writer);
      this.#writeTokens(tokens, literals.entries, distances.entries);
    }
    return this.#writer.end();
  }

  /** Writes the tokens and the block's end by the codes' entries. */
  #writeTokens(count: number, literals: Int32Array, distances: Int32Array): void {
    const writer = this.#writer;
    const { tokens } = this.#matches;
    for (let index = 0; index < count; index++) {
      const token = tokens[index] as number;
      const length = token >> tokenLengthShift;
      if (length === 0) {
        const literal = literals[token] as number;
        writer.put(literal & codeMask, literal >> entryLengthShift);
        continue;
      }
      const distance = token & tokenDistanceMask;
      const lengthSymbol = lengthSymbols[length] as number;
      const lengthEntry = literals[firstLengthSymbol + lengthSymbol] as number;
      writer.put(lengthEntry & codeMask, lengthEntry >> entryLengthShift);
      writer.put(length - (lengthBases[lengthSymbol] as number), lengthExtraBits[lengthSymbol] as number);
      const distanceSymbol = distanceSymbolOf(distance);
      const distanceEntry = distances[distanceSymbol] as number;
      writer.put(distanceEntry & codeMask, distanceEntry >> entryLengthShift);
      writer.put(distance - (distanceBases[distanceSymbol] as number), distanceExtraBits[distanceSymbol] as number);
    }
    const end = literals[endOfBlock] as number;
    writer.put(end & codeMask, end >> entryLengthShift);
  }
}

function store(bytes: Uint8Array, start: number, end: number, at: number): number {
  const count = end - start;
  bytes[at] = lastStored;
  bytes[at + 1] = count;
  bytes[at + 2] = count >> 8;
  bytes[at + 3] = ~count;
  bytes[at + 4] = ~count >> 8;
  bytes.copyWithin(at + storedHeadBytes, start, end);
  return at + storedHeadBytes + count;
}
