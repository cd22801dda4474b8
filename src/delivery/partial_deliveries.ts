/** Remembers of chunks that go back to Fluent Bit which of their events have still to be sent. */
import { EventSet } from "../pack/event_set.js";
import type { Log } from "../telemetry/log.js";
import { ChunkProgress } from "./chunk_progress.js";

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

/** A chunk of which only some events are still unsent, or none. */
export interface PartialDelivery {
  readonly tag: string;
  readonly chunkBytes: number;
  readonly digest: string;
  readonly remaining: EventSet;
}

/** A partial delivery as it is kept, with how long it has been remembered. */
export interface AgedDelivery extends Omit<PartialDelivery, "remaining"> {
  readonly remaining: Pick<EventSet, "bits" | "rest">;
  readonly ageMs: number;
}

/** What is to be kept at any moment. */
export interface DeliverySource {
  /** The oldest first. */
  readonly all: readonly AgedDelivery[];
  /** Whether it changes as time goes by. */
  readonly isChanging: boolean;
}

/** Keeps what is remembered beyond the end of the process. */
export interface DeliveryKeeper {
  /** Says where to look for what is to be kept. Returns what an earlier output kept, the oldest first. */
  attach(source: DeliverySource): readonly AgedDelivery[];
  /** What is to be kept has changed: it is written soon. */
  changed(): void;
  /** Resolves when all changes so far are written, or cannot be. */
  written(): Promise<void>;
}

interface Remembered extends PartialDelivery {
  readonly sinceMs: number;
}

/** A digest and the objects and tables that hold it, at a guess. */
const overheadBytes = 600;
/** A chunk that is delivered sooner is not kept as under way. */
const leastProgressMs = 100;
/** Between the moment from which Fluent Bit's engine looks at no reply any more and the end of the output: far less. */
const unheardMs = 2000;

/**
 * Chunks are known by tag and content. Two chunks with the same content are alike to the stream as well: whichever comes
 * first sends what is missing of one of them, and in the end each event has been sent as often as it was taken.
 */
export class PartialDeliveries implements DeliverySource {
  readonly #limits: MemoryLimits;
  readonly #dependencies: MemoryDependencies;
  /** The oldest first. */
  readonly #remembered = new Set<Remembered>();
  /** By tag and length, then by digest: chunks of the same content, the oldest first. */
  readonly #groups = new Map<string, Map<string, Remembered[]>>();
  readonly #underWay = new Set<ChunkProgress>();
  /** Chunks that were delivered a moment ago, the oldest first. */
  #delivered: (Omit<PartialDelivery, "remaining"> & { readonly atMs: number })[] = [];
  #isEnding = false;
  readonly #keeper: DeliveryKeeper | undefined;
  #bytes = 0;

  /** @param keeper undefined where all is forgotten at the end of the output */
  constructor(limits: MemoryLimits, dependencies: MemoryDependencies, keeper?: DeliveryKeeper) {
    this.#limits = limits;
    this.#dependencies = dependencies;
    this.#keeper = keeper;
    for (const { ageMs, remaining, ...kept } of keeper?.attach(this) ?? []) {
      this.#remember({ ...kept, remaining: new EventSet(remaining.bits, remaining.rest), sinceMs: dependencies.now() - ageMs });
    }
  }

  /** All that is to be kept, the oldest first. */
  get all(): readonly AgedDelivery[] {
    this.#forgetOld();
    const now = this.#dependencies.now();
    const remembered = [...this.#remembered].map(({ sinceMs, ...kept }) => ({ ...kept, ageMs: now - sinceMs }));
    const underWay = [...this.#underWay].flatMap((progress) => {
      if (!progress.isInPart(leastProgressMs)) return [];
      const { tag, chunkBytes, digest, remaining } = progress;
      return digest === undefined ? [] : [{ tag, chunkBytes, digest, remaining, ageMs: 0 }];
    });
    return [...remembered, ...underWay];
  }

  /** Whether chunks are under way of which a part was taken: their state changes as time goes by. */
  get isChanging(): boolean {
    for (const progress of this.#underWay) if (progress.isInPart(0)) return true;
    return false;
  }

  /** Follows a chunk until {@link end}, where that is kept. @param wanted what {@link take} has returned for it */
  follow(chunk: Uint8Array, tag: string, wanted: EventSet | undefined): ChunkProgress | undefined {
    const keeper = this.#keeper;
    if (keeper === undefined) return undefined;
    const { digest, now } = this.#dependencies;
    const progress = new ChunkProgress(chunk, tag, wanted, digest, now, () => keeper.changed());
    this.#underWay.add(progress);
    return progress;
  }

  /**
   * A chunk was delivered. Kept on disk, it comes again to the next output when Fluent Bit does not learn of that: from
   * {@link expectEnd} on, and a moment before.
   */
  delivered(progress: ChunkProgress): void {
    const { tag, chunkBytes, digest } = progress;
    // Taken away: the flush was answered before its time.
    if (digest === undefined) return;
    if (this.#isEnding) {
      progress.isKept = true;
      this.#add({ tag, chunkBytes, digest, remaining: new EventSet() });
      return;
    }
    const now = this.#dependencies.now();
    const isOver = this.#delivered.findIndex(({ atMs }) => atMs >= now - unheardMs);
    this.#delivered.splice(0, isOver < 0 ? this.#delivered.length : isOver);
    this.#delivered.push({ tag, chunkBytes, digest, atMs: now });
  }

  /** The output ends: Fluent Bit learns of no reply any more, nor of the last ones. */
  expectEnd(): void {
    if (this.#isEnding || this.#keeper === undefined) return;
    this.#isEnding = true;
    const sinceMs = this.#dependencies.now() - unheardMs;
    for (const { atMs, ...chunk } of this.#delivered) if (atMs >= sinceMs) this.#add({ ...chunk, remaining: new EventSet() });
    this.#delivered = [];
  }

  /** The chunk is no longer under way. Resolves when what is kept of it is written, or cannot be. */
  async end(progress: ChunkProgress | undefined): Promise<void> {
    if (progress === undefined) return;
    this.#underWay.delete(progress);
    if (progress.isInPart(0)) this.#keeper?.changed();
    if (progress.isKept) await this.#keeper?.written();
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

  /** Remembers that of this chunk only these events are still to be sent. @param progress undefined where it is not followed */
  keep(chunk: Uint8Array, tag: string, remaining: EventSet, progress?: ChunkProgress): void {
    const { digest } = this.#dependencies;
    const known = progress === undefined ? (chunk.length === 0 ? undefined : digest(chunk)) : progress.digest;
    // Detached: the flush was answered before its time, after an error that nobody expected.
    if (known === undefined) return;
    if (progress !== undefined) progress.isKept = true;
    this.#add({ tag, chunkBytes: progress?.chunkBytes ?? chunk.length, digest: known, remaining });
  }

  #add(one: PartialDelivery): void {
    this.#remember({ ...one, sinceMs: this.#dependencies.now() });
    let forgotten = 0;
    while (this.#bytes > this.#limits.maxBytes && this.#forgetOldest()) forgotten++;
    if (forgotten > 0) this.#dependencies.log.warning(forgot(forgotten, `more than ${this.#limits.maxBytes} bytes would be needed`));
    this.#keeper?.changed();
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
