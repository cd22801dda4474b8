/** Runs one request of the SDK with a limit of time, and until the output instance is closed. */
import type { RequestFailure } from "./put_records.js";
import { readFailure } from "./request_failure.js";

/** Starts attempts, and ends those under way when it is closed. */
export class AttemptRunner {
  readonly #closing = new AbortController();

  /**
   * Runs `send`, whose signal ends the request, and reads its answer. Never rejects.
   * @param timeoutMs for the whole attempt; 0 is none
   * @param timeoutName where the limit comes from, for the message
   */
  async run<Answer, Outcome>(
    send: (signal: AbortSignal) => Promise<Answer>,
    read: (answer: Answer) => Outcome | RequestFailure,
    timeoutMs: number,
    timeoutName: string,
  ): Promise<Outcome | RequestFailure> {
    const timeout = timeoutMs === 0 ? undefined : AbortSignal.timeout(timeoutMs);
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    timeout?.addEventListener("abort", abort);
    this.#closing.signal.addEventListener("abort", abort);
    if (this.#closing.signal.aborted) abort();
    try {
      // The SDK does not abort while it fetches credentials.
      return read(await Promise.race([send(attempt.signal), endOf(attempt.signal)]));
    } catch (error) {
      if (timeout?.aborted === true) {
        const message = `no answer within ${timeoutName} (${timeoutMs / 1000} s)`;
        return { kind: "failed", code: "RequestTimeout", message, cause: "transient" };
      }
      return readFailure(error);
    } finally {
      timeout?.removeEventListener("abort", abort);
      this.#closing.signal.removeEventListener("abort", abort);
    }
  }

  /** Ends what is under way; it is reported as failed. */
  close(): void {
    this.#closing.abort();
  }
}

/** Rejects when the signal is aborted. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(Object.assign(new Error("the attempt was ended"), { name: "AbortError" }));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
