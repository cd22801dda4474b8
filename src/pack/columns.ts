/** Growing columns of numbers and of names, without an object for each row. */

/** Doubled 10 or 11 times, it just exceeds a full slice's entries or aggregated events (pack/slices.ts), with little to spare. */
export const minCapacity = 25;

/** Whole numbers below 2^32: `numbers[0..length)`. Growing replaces `numbers`: do not keep a reference across a `reserve` or `push`. */
export class NumberColumn {
  numbers = new Uint32Array(0);
  length = 0;
  /** Length of `numbers`, kept here because reading an array's length is a call in Node 18. */
  capacity = 0;

  /** Makes room for `more` further numbers. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.capacity) return;
    this.capacity = Math.max(needed, 2 * this.capacity, minCapacity);
    const grown = new Uint32Array(this.capacity);
    grown.set(this.numbers.subarray(0, this.length));
    this.numbers = grown;
  }

  /** Memory of the column, in bytes. */
  get bytes(): number {
    return Uint32Array.BYTES_PER_ELEMENT * this.capacity;
  }

  /** Appends a number. */
  push(number: number): void {
    if (this.length === this.capacity) this.reserve(1);
    this.numbers[this.length++] = number;
  }

  /** Appends numbers. */
  append(numbers: ArrayLike<number>): void {
    this.reserve(numbers.length);
    this.numbers.set(numbers, this.length);
    this.length += numbers.length;
  }
}

/** An optional name for each row, for few different names. Rows behind the last named row take no memory. */
export class NameColumn {
  /** Index 0 stands for no name. */
  #names: (string | undefined)[] = [undefined];
  readonly #numbers = new Map<string, number>();
  readonly #ofRows = new NumberColumn();
  #latest = 0;

  /** Sets the name of a row. Rows must come in ascending order. */
  put(row: number, name: string | undefined): void {
    if (name === undefined) return;
    if (name !== this.#names[this.#latest]) this.#latest = this.#numberOf(name);
    while (this.#ofRows.length < row) this.#ofRows.push(0);
    this.#ofRows.push(this.#latest);
  }

  /** Returns the name of a row, or undefined. */
  of(row: number): string | undefined {
    return row < this.#ofRows.length ? this.#names[this.#ofRows.numbers[row] as number] : undefined;
  }

  /** Removes all rows and names. */
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
