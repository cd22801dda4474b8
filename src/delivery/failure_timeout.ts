/** SEND_FAILURE_TIMEOUT: gives up when nothing has been delivered for too long. */

/** Starts with the first failure; any success resets it. */
export class FailureTimeout {
  readonly #timeoutMs: number | undefined;
  readonly #now: () => number;
  readonly #expired: (timeoutMs: number) => void;
  #failingSince: number | undefined;

  /**
   * @param timeoutMs undefined for no limit
   * @param now milliseconds that only ever grow
   * @param expired called when a delivery fails after the limit
   */
  constructor(timeoutMs: number | undefined, now: () => number, expired: (timeoutMs: number) => void) {
    this.#timeoutMs = timeoutMs;
    this.#now = now;
    this.#expired = expired;
  }

  /** Something was delivered. */
  progressed(): void {
    this.#failingSince = undefined;
  }

  /** Nothing of a chunk was delivered, and it goes back to Fluent Bit. */
  failed(): void {
    if (this.#timeoutMs === undefined) return;
    const now = this.#now();
    this.#failingSince ??= now;
    if (now - this.#failingSince >= this.#timeoutMs) this.#expired(this.#timeoutMs);
  }
}
