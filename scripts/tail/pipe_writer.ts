/** Writes to a stream that may be slow, or closed by its reader. */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";

export class PipeWriter {
  /** What went wrong with the output; undefined while nothing did. */
  error: NodeJS.ErrnoException | undefined;
  readonly #output: Writable;
  readonly #signal: AbortSignal;
  #turn: Promise<void> = Promise.resolve();

  /** @param failed called when the output takes no more */
  constructor(output: Writable, signal: AbortSignal, failed: () => void) {
    this.#output = output;
    this.#signal = signal;
    output.on("error", (error: NodeJS.ErrnoException) => {
      this.error ??= error;
      failed();
    });
  }

  /**
   * One after another. Rejects when the output fails, or the signal ends the waiting.
   * @param written called when the output has it, full or not
   */
  readonly write = (text: string, written?: () => void): Promise<void> => {
    this.#turn = this.#turn.then(async () => {
      if (this.error !== undefined) throw this.error;
      this.#signal.throwIfAborted();
      const hasRoom = this.#output.write(text);
      written?.();
      if (!hasRoom) await once(this.#output, "drain", { signal: this.#signal });
      // Node writes to pipes and terminals at once, so there may be no waiting, and Ctrl-C needs a turn of its own.
      else await nextTurn();
    });
    return this.#turn;
  };
}

/** Whether the reader of a pipe went away, as `head` does when it has enough. */
export function isClosedPipe(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === "EPIPE" || error?.code === "ERR_STREAM_DESTROYED";
}
