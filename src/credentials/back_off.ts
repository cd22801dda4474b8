/** Says when a source of credentials may be asked again after failures: pauses that grow, with chance in them, up to a bound. */
import { headersOf, readRetryAfter } from "../network/retry_after.js";

/**
 * The first pause is over within a flush's own retries (3 s). Twenty seconds, the longest of the AWS SDKs' too: a service
 * that throttles a fleet gets one call of each process in 10 to 20 s, and Fluent Bit's own retries come less often soon.
 */
const pauseMs = { first: 1000, longest: 20_000 };
/** The longest wait that is heeded of a response's Retry-After. */
const longestAskedMs = 300_000;

/** What the pauses need of the world outside. */
export interface BackOffDependencies {
  /** Milliseconds since the epoch, for a date in Retry-After. */
  readonly now: () => number;
  /** Milliseconds that only ever grow. */
  readonly steadyNow: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** The failures of one source since its last success. */
export class BackOff {
  readonly #dependencies: BackOffDependencies;
  #failures = 0;
  #error: unknown;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(dependencies: BackOffDependencies) {
    this.#dependencies = dependencies;
  }

  /** The last failure, as long as its pause lasts: nobody is to be asked. Undefined otherwise. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#dependencies.steadyNow() < this.#untilMs ? { error: this.#error } : undefined;
  }

  /** Begins a pause: half of it is certain, the other half is left to chance, so that many processes do not ask together. */
  failed(error: unknown): void {
    const { now, steadyNow, random } = this.#dependencies;
    const fullMs = Math.min(pauseMs.longest, pauseMs.first * 2 ** Math.min(this.#failures, 10));
    const askedMs = Math.min(readRetryAfter(headersOf(error), now) ?? 0, longestAskedMs);
    this.#failures++;
    this.#error = error;
    this.#untilMs = steadyNow() + Math.max(fullMs / 2 + (random() * fullMs) / 2, askedMs);
  }

  /** The source has given credentials: the next failure is a first one. */
  succeeded(): void {
    this.#failures = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }
}
