/** The head of a block with codes of its own: the lengths of their codes, packed by a third code (RFC 1951, 3.2.7). */
import type { BitWriter } from "./bit_writer.js";
import { distanceSymbols, fewestLiteralSymbols, literalSymbols } from "./deflate_symbols.js";
import { codeMask, entryLengthShift, HuffmanCode } from "./huffman_code.js";

// The third code's symbols: 0 to 15 are lengths, then come repetitions, the number of times above the fewest in extra bits.
const symbols = 19;
const longestCode = 7;
const repeatLast = { symbol: 16, fewest: 3, most: 6, extraBits: 2 } as const;
const repeatZero = { symbol: 17, fewest: 3, most: 10, extraBits: 3 } as const;
const repeatZeroOften = { symbol: 18, fewest: 11, most: 138, extraBits: 7 } as const;
const extraBits = new Uint8Array(symbols);
for (const { symbol, extraBits: bits } of [repeatLast, repeatZero, repeatZeroOften]) extraBits[symbol] = bits;

// The order in which that code's own lengths are sent, 3 bits each: the last ones are likely to be left out.
const sendingOrder = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);
const fewestSent = 4;
const lengthBits = 3;
// Three counts: of literals' and lengths' codes, of distances' codes, and of lengths of the third code.
const literalCountBits = 5;
const distanceCountBits = 5;
const sentCountBits = 4;
const countBits = literalCountBits + distanceCountBits + sentCountBits;

const runSymbolBits = 5;
const runSymbolMask = (1 << runSymbolBits) - 1;

/** Packs the lengths of two codes. Allocates nothing after its construction. */
export class CodeLengths {
  readonly #code = new HuffmanCode(symbols, longestCode);
  // A symbol, and its extra bits << runSymbolBits.
  readonly #runs = new Uint16Array(literalSymbols + distanceSymbols);
  #runCount = 0;
  #literalCount = 0;
  #distanceCount = 0;
  #sentCount = 0;

  /** Packs the codes' lengths, and gives the bits that {@link write} will write. */
  pack(literals: Uint8Array, distances: Uint8Array): number {
    const code = this.#code;
    code.clear();
    this.#runCount = 0;
    this.#literalCount = countSent(literals, fewestLiteralSymbols);
    this.#distanceCount = countSent(distances, 1);
    this.#addRuns(literals, this.#literalCount);
    this.#addRuns(distances, this.#distanceCount);
    code.build();
    let sent = symbols;
    while (sent > fewestSent && code.lengths[sendingOrder[sent - 1] as number] === 0) sent--;
    this.#sentCount = sent;
    return countBits + lengthBits * sent + code.bitsAt(code.lengths) + code.bitsAt(extraBits);
  }

  /** Writes what was packed. */
  write(writer: BitWriter): void {
    const { lengths, entries } = this.#code;
    writer.put(this.#literalCount - fewestLiteralSymbols, literalCountBits);
    writer.put(this.#distanceCount - 1, distanceCountBits);
    writer.put(this.#sentCount - fewestSent, sentCountBits);
    for (let index = 0; index < this.#sentCount; index++) {
      writer.put(lengths[sendingOrder[index] as number] as number, lengthBits);
    }
    const runs = this.#runs;
    for (let index = 0; index < this.#runCount; index++) {
      const run = runs[index] as number;
      const symbol = run & runSymbolMask;
      const entry = entries[symbol] as number;
      const length = entry >> entryLengthShift;
      writer.put((entry & codeMask) | ((run >> runSymbolBits) << length), length + (extraBits[symbol] as number));
    }
  }

  #addRuns(lengths: Uint8Array, count: number): void {
    for (let index = 0; index < count; ) {
      const length = lengths[index] as number;
      let end = index + 1;
      while (end < count && lengths[end] === length) end++;
      let times = end - index;
      index = end;
      if (length === 0) {
        times = this.#addRepeats(repeatZeroOften, times);
        times = this.#addRepeats(repeatZero, times);
      } else if (times > repeatLast.fewest) {
        this.#addRun(length, 0);
        times = this.#addRepeats(repeatLast, times - 1);
      }
      for (; times > 0; times--) this.#addRun(length, 0);
    }
  }

  /** Adds as many repetitions as there are, and gives the times that are left. */
  #addRepeats(repeat: { symbol: number; fewest: number; most: number }, times: number): number {
    let left = times;
    while (left >= repeat.fewest) {
      const repeated = Math.min(left, repeat.most);
      this.#addRun(repeat.symbol, repeated - repeat.fewest);
      left -= repeated;
    }
    return left;
  }

  #addRun(symbol: number, extra: number): void {
    this.#runs[this.#runCount++] = symbol | (extra << runSymbolBits);
    (this.#code.frequencies[symbol] as number)++;
  }
}

/** How many of the lengths are sent: up to the last that is used. */
function countSent(lengths: Uint8Array, fewest: number): number {
  let count = lengths.length;
  while (count > fewest && lengths[count - 1] === 0) count--;
  return count;
}
