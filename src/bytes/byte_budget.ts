/** Bounds the bytes that the whole process holds for one purpose. */

interface Waiter {
  readonly bytes: number;
  readonly group: object;
  readonly owner: object | undefined;
  readonly resolve: (isTaken: boolean) => void;
}

/**
 * A semaphore of bytes, first come, first served: a large request for bytes is not overtaken by smaller ones. A group
 * that holds nothing is always granted its next request, so that a group whose bytes never come back stops no other.
 * At most one request for each group goes beyond the budget.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  #waiting: Waiter[] = [];
  #held = 0;
  readonly #heldByGroup = new Map<object, number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that were taken and not yet given back. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes the bytes once they fit. Resolves to false, with nothing taken, when `owner` was withdrawn while it waited.
   * @param owner any object, see {@link withdraw}
   */
  take(bytes: number, group: object, owner?: object): Promise<boolean> {
    if (this.#hasNothing(group) || (this.#waiting.length === 0 && this.#fits(bytes))) {
      this.#grant(bytes, group);
      return Promise.resolve(true);
    }
    return new Promise((resolve) => void this.#waiting.push({ bytes, group, owner, resolve }));
  }

  /** Gives back bytes that were taken. */
  give(bytes: number, group: object): void {
    this.#held -= bytes;
    const left = (this.#heldByGroup.get(group) ?? 0) - bytes;
    if (left > 0) this.#heldByGroup.set(group, left);
    else this.#heldByGroup.delete(group);
    this.#admit();
  }

  /** Ends all waits of an owner. Bytes that it holds stay taken, and later calls of {@link take} wait as before. */
  withdraw(owner: object): void {
    const withdrawn = this.#waiting.filter((waiter) => waiter.owner === owner);
    if (withdrawn.length === 0) return;
    this.#waiting = this.#waiting.filter((waiter) => waiter.owner !== owner);
    for (const { resolve } of withdrawn) resolve(false);
    this.#admit();
  }

  #admit(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      const { bytes, group, resolve } = waiter;
      if (this.#hasNothing(group) || (this.#waiting.length === 0 && this.#fits(bytes))) {
        this.#grant(bytes, group);
        resolve(true);
      } else {
        this.#waiting.push(waiter);
      }
    }
  }

  #grant(bytes: number, group: object): void {
    this.#held += bytes;
    this.#heldByGroup.set(group, (this.#heldByGroup.get(group) ?? 0) + bytes);
  }

  #hasNothing(group: object): boolean {
    return !this.#heldByGroup.has(group);
  }

  #fits(bytes: number): boolean {
    return this.#held + bytes <= this.#maxBytes;
  }
}
