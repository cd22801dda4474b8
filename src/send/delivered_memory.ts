/** Remembers of chunks that go back to Fluent Bit which of their events have still to be sent. */
import type { EventSet } from "../event_set.js";
import type { Log } from "../log.js";

/** Bounds of the memory of one output instance. */
export interface MemoryLimits {
  /** For the sets of events; what else a remembered chunk takes is small and counted with them. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** What the memory needs of the world outside. */
export interface MemoryDependencies {
  /** Tells chunks apart by their content. */
  readonly digest: (chunk: Uint8Array) => string;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
  readonly log: Log;
}

interface Remembered {
  readonly tag: string;
  readonly chunkBytes: number;
  readonly digest: string;
  readonly remaining: EventSet;
  readonly sinceMs: number;
}

/** A digest, a tag and the objects that hold them, at a guess. */
const overheadBytes = 400;

/**
 * Chunks are known by tag and content. Two chunks with the same content are alike to the stream as well: whichever comes
 * first sends what is missing of one of them, and in the end each event has been sent as often as it was taken.
 */
export class DeliveredMemory {
  readonly #limits: MemoryLimits;
  readonly #dependencies: MemoryDependencies;
  /** The oldest first. */
  #remembered: Remembered[] = [];
  #bytes = 0;

  constructor(limits: MemoryLimits, dependencies: MemoryDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  /** The events of a chunk that are still to be sent, which it then forgets; undefined when that is all of them. */
  take(chunk: Uint8Array, tag: string): EventSet | undefined {
    this.#forgetOld();
    // Nothing is hashed unless a chunk of this tag and length is waited for.
    if (!this.#remembered.some((one) => one.tag === tag && one.chunkBytes === chunk.length)) return undefined;
    const digest = this.#dependencies.digest(chunk);
    const index = this.#remembered.findIndex((one) => one.tag === tag && one.digest === digest);
    const [found] = index < 0 ? [] : this.#remembered.splice(index, 1);
    if (found === undefined) return undefined;
    this.#bytes -= bytesOf(found);
    return found.remaining;
  }

  /** Remembers that of this chunk only these events are still to be sent. */
  keep(chunk: Uint8Array, tag: string, remaining: EventSet): void {
    // Detached: the flush was answered before its time, after an error that nobody expected.
    if (chunk.length === 0) return;
    const { digest, now } = this.#dependencies;
    const one: Remembered = {
      tag,
      chunkBytes: chunk.length,
      digest: digest(chunk),
      remaining,
      sinceMs: now(),
    };
    this.#remembered.push(one);
    this.#bytes += bytesOf(one);
    let forgotten = 0;
    while (this.#bytes > this.#limits.maxBytes) {
      this.#dropOldest();
      forgotten++;
    }
    if (forgotten > 0) this.#dependencies.log.warning(forgot(forgotten, `more than ${this.#limits.maxBytes} bytes would be needed`));
  }

  #forgetOld(): void {
    const oldestMs = this.#dependencies.now() - this.#limits.maxAgeMs;
    let forgotten = 0;
    while ((this.#remembered[0]?.sinceMs ?? oldestMs) < oldestMs) {
      this.#dropOldest();
      forgotten++;
    }
    // As a rule Fluent Bit has given them up (Retry_Limit).
    const reason = `they did not come back within ${this.#limits.maxAgeMs / 60_000} minutes`;
    if (forgotten > 0) this.#dependencies.log.info(forgot(forgotten, reason));
  }

  #dropOldest(): void {
    const oldest = this.#remembered.shift();
    if (oldest !== undefined) this.#bytes -= bytesOf(oldest);
  }
}

function forgot(chunks: number, reason: string): string {
  return `Forgot which records of ${chunks} chunks were delivered (${reason}); if Fluent Bit brings them again, these are sent twice`;
}

function bytesOf({ tag, remaining }: Remembered): number {
  return overheadBytes + 2 * tag.length + remaining.bytes;
}
