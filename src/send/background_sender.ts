/** experimental_concurrency: sends chunks behind flushes that were already answered. */
import type { Delivery } from "./delivery.js";
import { userRecordsOf, type Entry } from "../entry.js";

/** How much may go on in the background, and how long it is tried. */
export interface BackgroundLimits {
  /** Chunks under way at once. */
  readonly concurrency: number;
  /** Data and partition keys of the chunks under way; the one that goes over it is still taken. */
  readonly maxBytes: number;
  /** Attempts of a chunk after the first; then it is dropped. */
  readonly retries: number;
}

/** What the background sender needs of the world outside. */
export interface BackgroundDependencies {
  /** One attempt at what is left of a chunk; the first has the number 0. */
  readonly attempt: (entries: readonly Entry[], retry: number) => Promise<Delivery>;
  /** Resolves after so long. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** A chunk's records that were given up after all retries. */
  readonly dropped: (records: number) => void;
}

const firstBackoffMs = 100;
// Node's timers hold no more, and take what is longer for 1 ms.
const longestBackoffMs = 2 ** 31 - 1;
const drainStepMs = 100;

/** Holds the chunks that are under way. */
export class BackgroundSender {
  readonly #limits: BackgroundLimits;
  readonly #dependencies: BackgroundDependencies;
  readonly #underWay = new Set<Promise<void>>();
  #underWayBytes = 0;
  #retrying = 0;
  #isEnded = false;

  constructor(limits: BackgroundLimits, dependencies: BackgroundDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  /** Why no chunk can be taken now; undefined when one can. */
  get refusal(): string | undefined {
    if (this.#isEnded) return "flush returning retry, the output is being closed";
    if (this.#underWay.size >= this.#limits.concurrency) {
      return `flush returning retry, concurrency limit reached (${this.#underWay.size})`;
    }
    if (this.#underWayBytes >= this.#limits.maxBytes) {
      return `flush returning retry, ${this.#underWayBytes} bytes are under way`;
    }
    if (this.#retrying > 0) return `flush returning retry, kinesis retries in progress (${this.#retrying})`;
    return undefined;
  }

  /** Takes the entries of a chunk; {@link refusal} must have been undefined. */
  take(entries: readonly Entry[]): void {
    const bytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.#underWayBytes += bytes;
    const sending = this.#send(entries).finally(() => {
      this.#underWay.delete(sending);
      this.#underWayBytes -= bytes;
    });
    this.#underWay.add(sending);
  }

  /** Waits until nothing is under way, at most so long; gives the number of chunks that still are, which are given up. */
  async drain(timeoutMs: number): Promise<number> {
    // In short steps: a timer that is left behind keeps Node's loop, and with it the end of the process, waiting.
    for (let leftMs = timeoutMs; leftMs > 0 && this.#underWay.size > 0; leftMs -= drainStepMs) {
      const step = this.#dependencies.sleep(Math.min(leftMs, drainStepMs));
      await Promise.race([Promise.allSettled([...this.#underWay]), step]);
    }
    this.#isEnded = true;
    return this.#underWay.size;
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    // A function: TypeScript takes a field that was looked at for unchanged over an await.
    const isEnded = () => this.#isEnded;
    let pending = entries;
    let isRetrying = false;
    try {
      for (let retry = 0; !isEnded(); retry++) {
        const delivery = await this.#dependencies.attempt(pending, retry);
        if (delivery.kind === "delivered" || isEnded()) return;
        pending = delivery.remaining;
        if (retry === this.#limits.retries) {
          this.#dependencies.dropped(pending.reduce((sum, entry) => sum + userRecordsOf(entry), 0));
          return;
        }
        if (!isRetrying) {
          isRetrying = true;
          this.#retrying++;
        }
        const backoffMs = firstBackoffMs * 2 ** Math.min(retry + 1, this.#limits.retries);
        await this.#dependencies.sleep(Math.min(backoffMs, longestBackoffMs));
      }
    } finally {
      if (isRetrying) this.#retrying--;
    }
  }
}
