/** Writes to a pipe that may be slow, or closed by its reader. */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";

export class PipeWriter {
  /** First error of the output, if any. */
  error: NodeJS.ErrnoException | undefined;
  readonly #output: Writable;
  readonly #signal: AbortSignal;
  #turn: Promise<void> = Promise.resolve();

  /** @param failed called when the output fails */
  constructor(output: Writable, signal: AbortSignal, failed: () => void) {
    this.#output = output;
    this.#signal = signal;
    output.on("error", (error: NodeJS.ErrnoException) => {
      this.error ??= error;
      failed();
    });
  }

  /**
   * Writes texts one after another; resolves when there is room for more. Rejects when the output fails or the signal aborts.
   * @param written called when the output has accepted the text
   */
  readonly write = (text: string, written?: () => void): Promise<void> => {
    this.#turn = this.#turn.then(async () => {
      if (this.error !== undefined) throw this.error;
      this.#signal.throwIfAborted();
      const hasRoom = this.#output.write(text);
      written?.();
      if (!hasRoom) await once(this.#output, "drain", { signal: this.#signal });
      // Node writes to pipes and terminals synchronously: without this turn of the event loop, Ctrl-C would not be handled.
      else await nextTurn();
    });
    return this.#turn;
  };
}

/** Returns whether the reader closed the pipe, as `head` does after its last line. */
export function isClosedPipe(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === "EPIPE" || error?.code === "ERR_STREAM_DESTROYED";
}
