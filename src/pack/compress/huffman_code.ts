/** A canonical Huffman code made of symbols' frequencies, its codes no longer than a limit (RFC 1951, 3.2.2). */

// A node of the tree in one number: its frequency, then its parent's index, then its depth, above the symbol's bits.
const symbolBits = 9;
const symbolMask = (1 << symbolBits) - 1;
const longestCode = 15;
// Frequencies from here on share a bucket when symbols are sorted. Few symbols of a small record are that frequent.
const buckets = 64;

const lengthCounts = new Int32Array(longestCode + 2);
const nextCodes = new Int32Array(longestCode + 1);
const bucketEnds = new Int32Array(buckets);

const reversedBytes = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
});

/** An entry is a code, its bits in the order in which they are sent, and its length << this. */
export const entryLengthShift = 16;
/** The code in an entry. */
export const codeMask = (1 << entryLengthShift) - 1;

/** The entries of the canonical code with these lengths. */
export function canonicalEntries(lengths: Uint8Array): Int32Array {
  const entries = new Int32Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= longestCode; length++) {
    lengths.forEach((its, symbol) => {
      if (its === length) entries[symbol] = reversed(code++, length) | (length << entryLengthShift);
    });
    code <<= 1;
  }
  return entries;
}

/** The code for an alphabet, built anew for each block. Allocates nothing after its construction. */
export class HuffmanCode {
  /** How often each symbol occurs. The builder raises zeros to one until two symbols occur. */
  readonly frequencies: Int32Array;
  /** The bits of each symbol's code, zero where it does not occur. */
  readonly lengths: Uint8Array;
  /** The entries of the symbols that occur. */
  readonly entries: Int32Array;
  readonly #maxLength: number;
  readonly #nodes: Int32Array;
  // The symbols that occur, in their order: frequency << symbolBits | symbol.
  readonly #used: Int32Array;
  #usedCount = 0;

  /**
   * @param symbols in the alphabet, at most 512
   * @param maxLength bits of the longest code, at most 15
   */
  constructor(symbols: number, maxLength: number) {
    this.frequencies = new Int32Array(symbols);
    this.lengths = new Uint8Array(symbols);
    this.entries = new Int32Array(symbols);
    this.#maxLength = maxLength;
    this.#nodes = new Int32Array(symbols);
    this.#used = new Int32Array(symbols);
  }

  /** Forgets the frequencies and the code that was built of them. */
  clear(): void {
    const { frequencies, lengths } = this;
    const used = this.#used;
    for (let index = 0; index < this.#usedCount; index++) {
      const symbol = (used[index] as number) & symbolMask;
      frequencies[symbol] = 0;
      lengths[symbol] = 0;
    }
    this.#usedCount = 0;
  }

  /** Bits that the symbols of the built code would take at so many bits each. */
  bitsAt(bitsOfSymbols: Uint8Array): number {
    const used = this.#used;
    let sum = 0;
    for (let index = 0; index < this.#usedCount; index++) {
      const symbol = used[index] as number;
      sum += (symbol >> symbolBits) * (bitsOfSymbols[symbol & symbolMask] as number);
    }
    return sum;
  }

  /** Builds the code of the frequencies, which must sum up to less than 2^22. */
  build(): void {
    this.#gatherUsed();
    this.#sortUsed();
    joinNodes(this.#nodes, this.#usedCount);
    countLengths(this.#nodes, this.#usedCount - 2, this.#maxLength);
    this.#assignCodes();
  }

  #gatherUsed(): void {
    const { frequencies } = this;
    const used = this.#used;
    const symbols = frequencies.length;
    let count = 0;
    for (let symbol = 0; symbol < symbols; symbol++) {
      const frequency = frequencies[symbol] as number;
      if (frequency !== 0) used[count++] = (frequency << symbolBits) | symbol;
    }
    this.#usedCount = count;
    // Decoders differ in what they make of a code of one symbol; none minds a second one that is never sent.
    if (count < 2) {
      frequencies[frequencies[0] === 0 ? 0 : 1] = 1;
      this.#gatherUsed();
    }
  }

  /** Puts the symbols that occur into the nodes, the rarest first. */
  #sortUsed(): void {
    const nodes = this.#nodes;
    const used = this.#used;
    const count = this.#usedCount;
    for (let bucket = 0; bucket < buckets; bucket++) bucketEnds[bucket] = 0;
    for (let index = 0; index < count; index++) {
      const frequency = (used[index] as number) >> symbolBits;
      (bucketEnds[frequency < buckets ? frequency : 0] as number)++;
    }
    let end = 0;
    for (let bucket = 1; bucket < buckets; bucket++) {
      const inBucket = bucketEnds[bucket] as number;
      bucketEnds[bucket] = end;
      end += inBucket;
    }
    bucketEnds[0] = end;
    for (let index = 0; index < count; index++) {
      const symbol = used[index] as number;
      const frequency = symbol >> symbolBits;
      nodes[(bucketEnds[frequency < buckets ? frequency : 0] as number)++] = symbol;
    }
    sortNodes(nodes, end, count);
  }

  /** Gives the longest codes to the rarest symbols, and codes of one length by the symbols' order. */
  #assignCodes(): void {
    const { lengths, entries } = this;
    const nodes = this.#nodes;
    const used = this.#used;
    let node = 0;
    let code = 0;
    for (let length = this.#maxLength; length > 0; length--) {
      for (let count = lengthCounts[length] as number; count > 0; count--) {
        lengths[(nodes[node++] as number) & symbolMask] = length;
      }
    }
    for (let length = 1; length <= this.#maxLength; length++) {
      nextCodes[length] = code;
      code = (code + (lengthCounts[length] as number)) << 1;
    }
    for (let index = 0; index < this.#usedCount; index++) {
      const symbol = (used[index] as number) & symbolMask;
      const length = lengths[symbol] as number;
      entries[symbol] = reversed((nextCodes[length] as number)++, length) | (length << entryLengthShift);
    }
  }
}

/** The code's bits in the opposite order. */
function reversed(code: number, length: number): number {
  const low = reversedBytes[code & 0xff] as number;
  const high = reversedBytes[code >> 8] as number;
  return ((low << 8) | high) >> (16 - length);
}

/** Sorts by insertion: a few nodes. */
function sortNodes(nodes: Int32Array, from: number, to: number): void {
  for (let next = from + 1; next < to; next++) {
    const node = nodes[next] as number;
    let place = next;
    for (; place > from && (nodes[place - 1] as number) > node; place--) nodes[place] = nodes[place - 1] as number;
    nodes[place] = node;
  }
}

/**
 * Joins the two rarest nodes until one is left, in place: the joined ones take the places, from the front, of symbols
 * that have found their parent. Afterwards the first `used - 1` nodes hold the index of their parent.
 */
function joinNodes(nodes: Int32Array, used: number): void {
  const last = used - 1;
  let leaf = 0;
  let joined = 0;
  for (let next = 0; next < last; next++) {
    let frequency = 0;
    for (let child = 0; child < 2; child++) {
      const takesLeaf =
        leaf <= last && (joined === next || (nodes[leaf] as number) >> symbolBits <= (nodes[joined] as number) >> symbolBits);
      if (takesLeaf) {
        frequency += (nodes[leaf++] as number) >> symbolBits;
      } else {
        frequency += (nodes[joined] as number) >> symbolBits;
        nodes[joined] = (next << symbolBits) | ((nodes[joined] as number) & symbolMask);
        joined++;
      }
    }
    nodes[next] = (frequency << symbolBits) | ((nodes[next] as number) & symbolMask);
  }
}

/**
 * Counts the leaves of each depth from the root down, each joined node splitting a leaf in two. A node that would lie
 * too deep splits the deepest leaf above the limit instead, which costs next to nothing and keeps the code complete.
 */
function countLengths(nodes: Int32Array, root: number, maxLength: number): void {
  for (let length = 0; length <= maxLength; length++) lengthCounts[length] = 0;
  lengthCounts[1] = 2;
  nodes[root] = (nodes[root] as number) & symbolMask;
  for (let node = root - 1; node >= 0; node--) {
    const parent = (nodes[node] as number) >> symbolBits;
    let depth = ((nodes[parent] as number) >> symbolBits) + 1;
    nodes[node] = ((nodes[node] as number) & symbolMask) | (depth << symbolBits);
    if (depth >= maxLength) {
      depth = maxLength;
      do depth--;
      while (lengthCounts[depth] === 0);
    }
    (lengthCounts[depth] as number)--;
    (lengthCounts[depth + 1] as number) += 2;
  }
}
