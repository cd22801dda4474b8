/** Keeps sinks to be used again: memory of megabytes that comes and goes makes the garbage collector run for it. */
import { ByteSink } from "./byte_sink.js";

/** Sinks that nobody uses, up to a limit. */
export class SinkPool {
  readonly #maxKeptBytes: number;
  /** The one that was given back last is taken first: its memory is in the processor's cache. */
  readonly #kept: ByteSink[] = [];
  #keptBytes = 0;

  /** @param maxKeptBytes of all sinks that wait here */
  constructor(maxKeptBytes: number) {
    this.#maxKeptBytes = maxKeptBytes;
  }

  /** An empty sink with room for so many bytes. It is the caller's until it is given back; it need not be. */
  take(capacityBytes: number): ByteSink {
    const sink = this.#kept.pop();
    if (sink === undefined) return new ByteSink(capacityBytes);
    this.#keptBytes -= sink.capacity;
    sink.length = 0;
    sink.reserve(capacityBytes);
    return sink;
  }

  /** Takes a sink back when nothing reads its memory any more. */
  give(sink: ByteSink): void {
    const bytes = sink.capacity;
    if (this.#keptBytes + bytes > this.#maxKeptBytes) return;
    this.#kept.push(sink);
    this.#keptBytes += bytes;
  }
}
