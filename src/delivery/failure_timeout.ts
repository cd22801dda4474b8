/** Implements SEND_FAILURE_TIMEOUT: calls back when nothing was delivered for too long. */

/** A timeout that starts with the first failure and that any success resets. */
export class FailureTimeout {
  readonly #timeoutMs: number | undefined;
  readonly #now: () => number;
  readonly #expired: (timeoutMs: number) => void;
  #failingSince: number | undefined;

  /**
   * @param timeoutMs undefined for no limit
   * @param now returns milliseconds that never decrease
   * @param expired called when a delivery fails after the timeout
   */
  constructor(timeoutMs: number | undefined, now: () => number, expired: (timeoutMs: number) => void) {
    this.#timeoutMs = timeoutMs;
    this.#now = now;
    this.#expired = expired;
  }

  /** Records that something was delivered. */
  progressed(): void {
    this.#failingSince = undefined;
  }

  /** Records that nothing of a chunk was delivered, and that it returns to Fluent Bit. */
  failed(): void {
    if (this.#timeoutMs === undefined) return;
    const now = this.#now();
    this.#failingSince ??= now;
    if (now - this.#failingSince >= this.#timeoutMs) this.#expired(this.#timeoutMs);
  }
}
