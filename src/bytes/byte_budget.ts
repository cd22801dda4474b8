/** Limits the bytes that the whole process holds for one purpose. */

interface Waiter {
  readonly bytes: number;
  readonly group: object;
  readonly owner: object | undefined;
  readonly resolve: (isTaken: boolean) => void;
}

/**
 * A semaphore of bytes, first come, first served: smaller claims do not overtake a large one. A group that holds nothing
 * is always granted its next claim, so a group that never gives its bytes back does not block the others. At most one
 * claim of each group exceeds the budget.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  #waiting: Waiter[] = [];
  #held = 0;
  readonly #heldByGroup = new Map<object, number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes taken and not yet given back. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes the bytes once they fit. Resolves to false, with nothing taken, when `owner` is withdrawn during the wait.
   * @param owner any object, see {@link withdraw}
   */
  take(bytes: number, group: object, owner?: object): Promise<boolean> {
    if (this.#hasNothing(group) || (this.#waiting.length === 0 && this.#fits(bytes))) {
      this.#grant(bytes, group);
      return Promise.resolve(true);
    }
    return new Promise((resolve) => void this.#waiting.push({ bytes, group, owner, resolve }));
  }

  /** Gives back taken bytes. */
  give(bytes: number, group: object): void {
    this.#held -= bytes;
    const left = (this.#heldByGroup.get(group) ?? 0) - bytes;
    if (left > 0) this.#heldByGroup.set(group, left);
    else this.#heldByGroup.delete(group);
    this.#admit();
  }

  /** Ends all waits of an owner. Bytes that the owner holds stay taken; its later calls of {@link take} wait as usual. */
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
