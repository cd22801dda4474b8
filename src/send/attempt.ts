/** Runs one request with a limit of time, and until the output instance is closed. */
import type { RequestFailure } from "./put_records.js";
import { readFailure } from "./request_failure.js";

/** One request under way, as far as it may have to be ended. */
export class Attempt {
  #isEnded = false;
  #end: (() => void) | undefined;
  #controller: AbortController | undefined;

  /** Calls `end` should the request have to end, at once when it has to already. */
  onEnd(end: () => void): void {
    this.#end = end;
    if (this.#isEnded) end();
  }

  /** The same as a signal, for the SDK. Made when it is asked for: it costs more than the rest of an attempt. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isEnded) this.#controller.abort();
    return this.#controller.signal;
  }

  /** The request has to end. */
  end(): void {
    this.#isEnded = true;
    this.#end?.();
    this.#controller?.abort();
  }
}

/** Starts attempts, and ends those under way when it is closed. */
export class AttemptRunner {
  readonly #underWay = new Set<() => void>();
  #isClosed = false;

  /**
   * Runs `send` and reads its answer. Never rejects.
   * @param timeoutMs for the whole attempt; 0 is none
   * @param timeoutName where the limit comes from, for the message
   */
  run<Answer, Outcome>(
    send: (attempt: Attempt) => Promise<Answer>,
    read: (answer: Answer) => Outcome | RequestFailure,
    timeoutMs: number,
    timeoutName: string,
  ): Promise<Outcome | RequestFailure> {
    return new Promise((resolve) => {
      const attempt = new Attempt();
      // Whoever fetches credentials or opens a way through a proxy may not hear of the end: the outcome does not wait.
      const endWith = (outcome: RequestFailure) => {
        settle(outcome);
        attempt.end();
      };
      const timeout = () => {
        const message = `no answer within ${timeoutName} (${timeoutMs / 1000} s)`;
        endWith({ kind: "failed", code: "RequestTimeout", message, cause: "transient" });
      };
      const timer = timeoutMs === 0 ? undefined : setTimeout(timeout, timeoutMs).unref();
      const close = () => endWith({ kind: "failed", code: "AbortError", message: "the attempt was ended", cause: "setup" });
      const settle = (outcome: Outcome | RequestFailure) => {
        clearTimeout(timer);
        this.#underWay.delete(close);
        resolve(outcome);
      };
      this.#underWay.add(close);
      if (this.#isClosed) return close();
      sendAndRead(send, attempt, read).then(settle, (error: unknown) => settle(readFailure(error)));
    });
  }

  /** Ends what is under way; it is reported as failed. */
  close(): void {
    this.#isClosed = true;
    for (const close of [...this.#underWay]) close();
  }
}

/** Async, so that what `send` or `read` throws is a rejection. */
async function sendAndRead<Answer, Outcome>(
  send: (attempt: Attempt) => Promise<Answer>,
  attempt: Attempt,
  read: (answer: Answer) => Outcome,
): Promise<Outcome> {
  return read(await send(attempt));
}
