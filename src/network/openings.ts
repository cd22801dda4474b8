/** Opens the connections of an agent within a time limit, and gives up all unfinished ones when the agent is destroyed. */
/** A connection, as far as giving it up needs it. */
export interface Destroyable {
  /** Ends it at once. */
  readonly destroy: () => unknown;
}

/** The unfinished connections of one agent. */
export class Openings {
  readonly #underWay = new Set<(reason: Error) => void>();
  readonly #timeoutMs: number;
  #isClosed = false;

  /** @param timeoutMs limits each opening */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Returns the connection of `open`. When the opening is given up, the signal aborts, and a connection that opens
   * nevertheless is destroyed.
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

  /** Gives up all unfinished openings, and refuses new ones. */
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
