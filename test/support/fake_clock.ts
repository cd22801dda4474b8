// Clocks for tests, whose time passes only when a test moves them.

/** A clock on which sleeping takes no real time: it jumps ahead, and records by how much. */
export class JumpingClock {
  readonly slept: number[] = [];
  nowMs: number;

  constructor(nowMs = 1000) {
    this.nowMs = nowMs;
  }

  readonly now = (): number => this.nowMs;

  readonly sleep = (milliseconds: number): Promise<void> => {
    this.slept.push(milliseconds);
    this.nowMs += milliseconds;
    return Promise.resolve();
  };
}

/** A clock on which sleepers wake when the test has moved it far enough. */
export class HeldClock {
  readonly slept: number[] = [];
  #nowMs = 1000;
  #sleepers: { readonly wakeMs: number; readonly wake: () => void }[] = [];

  get sleeping(): number {
    return this.#sleepers.length;
  }

  readonly now = (): number => this.#nowMs;

  readonly sleep = (milliseconds: number): Promise<void> => {
    this.slept.push(milliseconds);
    const wakeMs = this.#nowMs + milliseconds;
    return new Promise((wake) => void this.#sleepers.push({ wakeMs, wake }));
  };

  /** Moves on, wakes the due sleepers in order of their times, and waits until they have run as far as they can. */
  async advance(milliseconds: number): Promise<void> {
    const endMs = this.#nowMs + milliseconds;
    for (;;) {
      await settled();
      const next = this.#sleepers.reduce((least, { wakeMs }) => Math.min(least, wakeMs), Number.POSITIVE_INFINITY);
      if (next > endMs) break;
      this.#nowMs = next;
      const due = this.#sleepers.filter(({ wakeMs }) => wakeMs === next);
      this.#sleepers = this.#sleepers.filter(({ wakeMs }) => wakeMs !== next);
      for (const { wake } of due) wake();
    }
    this.#nowMs = endMs;
  }
}

/** Waits until all promises that can continue have continued. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
