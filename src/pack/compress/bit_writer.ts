/** Writes bits in Deflate's order, the least significant first (RFC 1951, 3.1.1). */

const nothing = new Uint8Array(0);

/** Writes to bytes that have room for it. */
export class BitWriter {
  #bytes: Uint8Array = nothing;
  #position = 0;
  // Fewer than 16 bits wait here whenever something is put, and that has 16 at most: 32 bits hold both.
  #bits = 0;
  #bitCount = 0;

  /** Writes to `bytes[at..)` from now on. */
  start(bytes: Uint8Array, at: number): void {
    this.#bytes = bytes;
    this.#position = at;
    this.#bits = 0;
    this.#bitCount = 0;
  }

  /** Writes the lowest bits of a value without others, 16 at most. */
  put(value: number, count: number): void {
    const bits = this.#bits | (value << this.#bitCount);
    const bitCount = this.#bitCount + count;
    if (bitCount < 16) {
      this.#bits = bits;
      this.#bitCount = bitCount;
      return;
    }
    const position = this.#position;
    this.#bytes[position] = bits;
    this.#bytes[position + 1] = bits >> 8;
    this.#position = position + 2;
    this.#bits = bits >>> 16;
    this.#bitCount = bitCount - 16;
  }

  /** Fills the last byte up with zeros, lets the bytes go, and gives the position behind them. */
  end(): number {
    let position = this.#position;
    for (; this.#bitCount > 0; this.#bitCount -= 8) {
      this.#bytes[position++] = this.#bits;
      this.#bits >>>= 8;
    }
    this.#bytes = nothing;
    return position;
  }
}
