/** Lists of numbers and of names that grow, with no object for each member. */

/** Doubled ten and eleven times it holds a full slice (pack/slices.ts), of entries or of aggregated events, with little to spare. */
export const smallestCapacity = 25;

/** Whole numbers below 2^32: `numbers[0..length)`. Growing moves them: never keep `numbers` over a `reserve`. */
export class NumberColumn {
  numbers = new Uint32Array(0);
  length = 0;
  /** Length of `numbers`: in Node 18 the length of an array is a call. */
  capacity = 0;

  /** Makes room for so many more numbers. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.capacity) return;
    this.capacity = Math.max(needed, 2 * this.capacity, smallestCapacity);
    const grown = new Uint32Array(this.capacity);
    grown.set(this.numbers.subarray(0, this.length));
    this.numbers = grown;
  }

  /** Memory that it takes. */
  get bytes(): number {
    return Uint32Array.BYTES_PER_ELEMENT * this.capacity;
  }

  /** Appends a number. */
  push(number: number): void {
    if (this.length === this.capacity) this.reserve(1);
    this.numbers[this.length++] = number;
  }

  /** Appends numbers as they are. */
  append(numbers: ArrayLike<number>): void {
    this.reserve(numbers.length);
    this.numbers.set(numbers, this.length);
    this.length += numbers.length;
  }
}

/** A name for each row, of few names that come again and again; none for rows behind the last one that has a name. */
export class NameColumn {
  /** The first stands for no name. */
  #names: (string | undefined)[] = [undefined];
  readonly #numbers = new Map<string, number>();
  readonly #ofRows = new NumberColumn();
  #latest = 0;

  /** Gives a row its name. Rows come in their order. */
  put(row: number, name: string | undefined): void {
    if (name === undefined) return;
    if (name !== this.#names[this.#latest]) this.#latest = this.#numberOf(name);
    while (this.#ofRows.length < row) this.#ofRows.push(0);
    this.#ofRows.push(this.#latest);
  }

  /** Returns the name of a row; undefined when it has none. */
  of(row: number): string | undefined {
    return row < this.#ofRows.length ? this.#names[this.#ofRows.numbers[row] as number] : undefined;
  }

  /** Forgets all rows and names. */
  clear(): void {
    this.#names = [undefined];
    this.#numbers.clear();
    this.#ofRows.length = 0;
    this.#latest = 0;
  }

  /** Memory of the rows, in bytes. */
  get bytes(): number {
    return this.#ofRows.bytes;
  }

  #numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }
}
