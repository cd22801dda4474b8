/** Runs one request until it has an outcome, reaches its time limit, or its output is closed. */
import type { RequestFailure } from "../delivery/kinesis_client.js";
import { readFailure } from "./failure.js";

/** The time limit of an attempt. */
export interface TimeLimit {
  /**
   * attempt: the whole attempt, from its start;
   * response: from the last sent byte to the complete response. Each sent part of the request restarts the limit, so a slow
   * upload may take longer.
   */
  readonly of: "attempt" | "response";
  /** 0 means no limit. */
  readonly milliseconds: number;
  /** Names the limit in messages, with its length, such as "http_request_timeout (2 s)". */
  readonly name: string;
}

/** One request under way: its time limit, and how to end it early. */
export class Attempt {
  readonly #limit: TimeLimit;
  readonly #timeUp: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isSettled = false;
  #isEnded = false;
  #end: (() => void) | undefined;
  #controller: AbortController | undefined;
  #credentialSource: (() => string) | undefined;

  /** @param timeUp is called when the limit is reached, at most once */
  constructor(limit: TimeLimit, timeUp: () => void) {
    this.#limit = limit;
    this.#timeUp = timeUp;
    if (limit.of === "attempt") this.#restart();
  }

  /** Registers the function that ends the request. Calls it immediately when the attempt has ended already. */
  onEnd(end: () => void): void {
    this.#end = end;
    if (this.#isEnded) end();
  }

  /** Returns the end of the attempt as a signal, for the SDK. Created on first use: it costs more than the rest of an attempt. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isEnded) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Returns whether the attempt has ended, so that its request must not begin. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Restarts a limit of the response: the connection is open, or a part of the request was sent. */
  moved(): void {
    if (this.#limit.of === "response") this.#restart();
  }

  /**
   * Waits for credentials. If the limit is reached meanwhile, the failure names their source and not the service.
   * @param source returns the name of the source that has not responded yet
   */
  async waitForCredentials<Credentials>(source: () => string, credentials: Promise<Credentials>): Promise<Credentials> {
    this.#credentialSource = source;
    try {
      return await credentials;
    } finally {
      this.#credentialSource = undefined;
    }
  }

  /** Returns the failure of an attempt that has reached its limit. */
  timeoutFailure(): RequestFailure {
    const { name } = this.#limit;
    const source = this.#credentialSource;
    if (source === undefined) {
      return { kind: "failed", code: "RequestTimeout", message: `no response within ${name}`, cause: "transient" };
    }
    const message = `no credentials within ${name}: no response from ${source()}`;
    return { kind: "failed", code: "CredentialsTimeout", message, cause: "transient" };
  }

  /** Stops the limit: the attempt has its outcome. */
  settle(): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
  }

  /** Ends the request. */
  end(): void {
    this.#isEnded = true;
    this.#end?.();
    this.#controller?.abort();
  }

  /** Starts the timer or restarts it. The timer does not keep Node's loop alive: an open connection does. */
  #restart(): void {
    const { milliseconds } = this.#limit;
    if (this.#isSettled || milliseconds === 0) return;
    if (this.#timer === undefined) this.#timer = setTimeout(this.#timeUp, milliseconds).unref();
    else this.#timer.refresh();
  }
}

/** Starts attempts, and ends those under way when it is closed. */
export class AttemptRunner {
  readonly #underWay = new Set<() => void>();
  #isClosed = false;

  /** Runs `send` and reads its response. Never rejects. */
  run<Response, Outcome>(
    send: (attempt: Attempt) => Promise<Response>,
    read: (response: Response) => Outcome | RequestFailure,
    limit: TimeLimit,
  ): Promise<Outcome | RequestFailure> {
    return new Promise((resolve) => {
      const attempt = new Attempt(limit, () => endWith(attempt.timeoutFailure()));
      // Settles first: a fetch of credentials or a proxy's tunnel may notice the end late or never.
      const endWith = (outcome: RequestFailure) => {
        settle(outcome);
        attempt.end();
      };
      const close = () => endWith({ kind: "failed", code: "AbortError", message: "the attempt was ended", cause: "setup" });
      const settle = (outcome: Outcome | RequestFailure) => {
        attempt.settle();
        this.#underWay.delete(close);
        resolve(outcome);
      };
      this.#underWay.add(close);
      if (this.#isClosed) return close();
      sendAndRead(send, attempt, read).then(settle, (error: unknown) => settle(readFailure(error)));
    });
  }

  /** Ends all attempts under way; each is reported as failed. */
  close(): void {
    this.#isClosed = true;
    for (const close of [...this.#underWay]) close();
  }
}

/** Sends a request and reads its response. Async, so that an error thrown by `send` or `read` is a rejection. */
async function sendAndRead<Response, Outcome>(
  send: (attempt: Attempt) => Promise<Response>,
  attempt: Attempt,
  read: (response: Response) => Outcome,
): Promise<Outcome> {
  return read(await send(attempt));
}
