/** Opens an agent's connections within a time limit, and aborts the unfinished ones when the agent is destroyed. */

/** A connection that can be closed. */
export interface Destroyable {
  /** Closes the connection immediately. */
  readonly destroy: () => unknown;
}

/** The connections of one agent that are being opened. */
export class Openings {
  readonly #underWay = new Set<(reason: Error) => void>();
  readonly #timeoutMs: number;
  #isClosed = false;

  /** @param timeoutMs limits each opening */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Returns the connection of `open`. After the time limit or {@link close}, the signal aborts, and a connection that still opens is
   * destroyed.
   * @throws the error of `open`; ETIMEDOUT after the time limit; ABORT_ERR when the agent is destroyed
   */
  async run<Connection extends Destroyable>(open: (signal: AbortSignal) => Promise<Connection>): Promise<Connection> {
    if (this.#isClosed) throw closedError();
    const controller = new AbortController();
    let end: (reason: Error) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      end = (reason) => {
        reject(reason);
        controller.abort();
      };
    });
    this.#underWay.add(end);
    const timer = setTimeout(() => end(lateError(this.#timeoutMs)), this.#timeoutMs).unref();
    const opened = open(controller.signal);
    try {
      return await Promise.race([opened, ended]);
    } catch (error) {
      opened.then((connection) => connection.destroy(), () => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(end);
    }
  }

  /** Aborts all unfinished openings, and rejects new ones. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#underWay) end(closedError());
  }
}

function lateError(timeoutMs: number): Error {
  return Object.assign(new Error(`no connection within ${timeoutMs / 1000} s`), { code: "ETIMEDOUT" });
}

function closedError(): Error {
  return Object.assign(new Error("the connections are closed"), { code: "ABORT_ERR" });
}
