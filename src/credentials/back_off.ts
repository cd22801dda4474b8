/** Delays calls to a failing credentials source: growing pauses with jitter, up to a limit. */
import { headersOf, readRetryAfter } from "../network/retry_after.js";

/**
 * The first pause ends within a flush's own retries (3 s). The longest pause, 20 s, is also the maximum of the AWS SDKs: a
 * service that throttles a fleet gets one call per process every 10 to 20 s, and Fluent Bit's own retries soon come less often.
 */
const pauseMs = { first: 1000, longest: 20_000 };
/** Maximum wait accepted from a response's Retry-After. */
const maxRetryAfterMs = 300_000;

/** Clocks and randomness for the pauses. */
export interface BackOffDependencies {
  /** Returns milliseconds since the epoch, for a date in Retry-After. */
  readonly now: () => number;
  /** Returns milliseconds of a monotonic clock. */
  readonly steadyNow: () => number;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
}

/** Failures of one source since its last success. */
export class BackOff {
  readonly #dependencies: BackOffDependencies;
  #failures = 0;
  #error: unknown;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(dependencies: BackOffDependencies) {
    this.#dependencies = dependencies;
  }

  /** The last failure while its pause lasts, during which no source may be called; undefined otherwise. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#dependencies.steadyNow() < this.#untilMs ? { error: this.#error } : undefined;
  }

  /** Begins a pause: one half is fixed, the other random, so that many processes do not call the source at the same time. */
  failed(error: unknown): void {
    const { now, steadyNow, random } = this.#dependencies;
    const fullMs = Math.min(pauseMs.longest, pauseMs.first * 2 ** Math.min(this.#failures, 10));
    const retryAfterMs = Math.min(readRetryAfter(headersOf(error), now) ?? 0, maxRetryAfterMs);
    this.#failures++;
    this.#error = error;
    this.#untilMs = steadyNow() + Math.max(fullMs / 2 + (random() * fullMs) / 2, retryAfterMs);
  }

  /** Resets the pauses after the source returned credentials. */
  succeeded(): void {
    this.#failures = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }
}
