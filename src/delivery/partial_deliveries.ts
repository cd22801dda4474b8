/** Remembers of chunks that go back to Fluent Bit which of their events have still to be sent. */
import type { EventSet } from "../pack/event_set.js";
import type { Log } from "../telemetry/log.js";

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

/** A digest and the objects and tables that hold it, at a guess. */
const overheadBytes = 600;

/**
 * Chunks are known by tag and content. Two chunks with the same content are alike to the stream as well: whichever comes
 * first sends what is missing of one of them, and in the end each event has been sent as often as it was taken.
 */
export class PartialDeliveries {
  readonly #limits: MemoryLimits;
  readonly #dependencies: MemoryDependencies;
  /** The oldest first. */
  readonly #remembered = new Set<Remembered>();
  /** By tag and length, then by digest: chunks of the same content, the oldest first. */
  readonly #groups = new Map<string, Map<string, Remembered[]>>();
  #bytes = 0;

  constructor(limits: MemoryLimits, dependencies: MemoryDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  /** The events of a chunk that are still to be sent, which it then forgets; undefined when that is all of them. */
  take(chunk: Uint8Array, tag: string): EventSet | undefined {
    this.#forgetOld();
    // Nothing is hashed unless a chunk of this tag and length is waited for.
    const [found] = this.#groups.get(groupOf(tag, chunk.length))?.get(this.#dependencies.digest(chunk)) ?? [];
    if (found === undefined) return undefined;
    this.#forget(found);
    return found.remaining;
  }

  /** Remembers that of this chunk only these events are still to be sent. */
  keep(chunk: Uint8Array, tag: string, remaining: EventSet): void {
    // Detached: the flush was answered before its time, after an error that nobody expected.
    if (chunk.length === 0) return;
    const { digest, now } = this.#dependencies;
    this.#remember({ tag, chunkBytes: chunk.length, digest: digest(chunk), remaining, sinceMs: now() });
    let forgotten = 0;
    while (this.#bytes > this.#limits.maxBytes && this.#forgetOldest()) forgotten++;
    if (forgotten > 0) this.#dependencies.log.warning(forgot(forgotten, `more than ${this.#limits.maxBytes} bytes would be needed`));
  }

  #forgetOld(): void {
    const oldestMs = this.#dependencies.now() - this.#limits.maxAgeMs;
    let forgotten = 0;
    for (const { sinceMs } of this.#remembered) {
      if (sinceMs >= oldestMs) break;
      this.#forgetOldest();
      forgotten++;
    }
    const reason = `they did not come back within ${this.#limits.maxAgeMs / 60_000} minutes: Fluent Bit gave them up (Retry_Limit), or a processor of this output makes them others each time`;
    if (forgotten > 0) this.#dependencies.log.info(forgot(forgotten, reason));
  }

  /** Returns whether there was one. */
  #forgetOldest(): boolean {
    for (const oldest of this.#remembered) {
      this.#forget(oldest);
      return true;
    }
    return false;
  }

  #remember(one: Remembered): void {
    const name = groupOf(one.tag, one.chunkBytes);
    const group = this.#groups.get(name) ?? new Map<string, Remembered[]>();
    const twins = group.get(one.digest) ?? [];
    twins.push(one);
    group.set(one.digest, twins);
    this.#groups.set(name, group);
    this.#remembered.add(one);
    this.#bytes += bytesOf(one);
  }

  /** @param one the oldest of its content */
  #forget(one: Remembered): void {
    const name = groupOf(one.tag, one.chunkBytes);
    const group = this.#groups.get(name);
    const twins = group?.get(one.digest);
    twins?.shift();
    if (twins?.length === 0) group?.delete(one.digest);
    if (group?.size === 0) this.#groups.delete(name);
    this.#remembered.delete(one);
    this.#bytes -= bytesOf(one);
  }
}

function groupOf(tag: string, chunkBytes: number): string {
  return `${chunkBytes} ${tag}`;
}

function forgot(chunks: number, reason: string): string {
  return `Forgot which records of ${chunks} chunks were delivered (${reason}); if Fluent Bit brings them again, these are sent twice`;
}

function bytesOf({ tag, remaining }: Remembered): number {
  return overheadBytes + 2 * tag.length + remaining.bytes;
}
