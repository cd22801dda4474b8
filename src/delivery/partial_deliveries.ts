/** For each chunk returned for retry, remembers which events are still unsent. */
import { EventSet } from "../pack/event_set.js";
import type { Log } from "../telemetry/log.js";
import { ChunkProgress } from "./chunk_progress.js";

/** Limits of what one output remembers. */
export interface MemoryLimits {
  /** Maximum bytes of the event sets, including a fixed overhead for each chunk. */
  readonly maxBytes: number;
  /** Maximum time for which a chunk is remembered. */
  readonly maxAgeMs: number;
}

/** The dependencies of {@link PartialDeliveries}. */
export interface MemoryDependencies {
  /** Returns a digest that identifies a chunk by its content. */
  readonly digest: (chunk: Uint8Array) => string;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  readonly log: Log;
}

/** A chunk with the events that are still unsent; none when all were delivered. */
export interface PartialDelivery {
  readonly tag: string;
  readonly chunkBytes: number;
  readonly digest: string;
  readonly remaining: EventSet;
}

/** A partial delivery as it is kept on disk, with its age. */
export interface AgedDelivery extends Omit<PartialDelivery, "remaining"> {
  readonly remaining: Pick<EventSet, "bits" | "rest">;
  readonly ageMs: number;
}

/** The source of the state that a {@link DeliveryKeeper} writes. */
export interface DeliverySource {
  /** The state to keep, the oldest chunk first. */
  readonly all: readonly AgedDelivery[];
  /** Whether the state changes without a call of `changed`. */
  readonly isChanging: boolean;
}

/** Keeps partial deliveries beyond the end of the process. */
export interface DeliveryKeeper {
  /** Sets the source of the state to keep. Returns the state that an earlier output kept, the oldest chunk first. */
  attach(source: DeliverySource): readonly AgedDelivery[];
  /** Reports that the state has changed; the keeper writes it soon. */
  changed(): void;
  /** Resolves when all changes so far are written, or cannot be written. */
  written(): Promise<void>;
}

interface Remembered extends PartialDelivery {
  readonly sinceMs: number;
}

/** Estimated bytes of a digest and the objects that hold it. */
const overheadBytes = 600;
/** Minimum time since the first delivered part before a chunk under way is kept: most chunks are done sooner. */
const minProgressMs = 100;
/** Maximum time before the end of an output in which Fluent Bit's engine may have ignored replies; usually far shorter. */
const maxUnheardMs = 2000;

/**
 * Identifies chunks by tag and content. Chunks with the same content are interchangeable, since their records are equal: the
 * first retry sends the missing events of one of them, and in the end each event has been sent once for each chunk.
 */
export class PartialDeliveries implements DeliverySource {
  readonly #limits: MemoryLimits;
  readonly #dependencies: MemoryDependencies;
  /** Remembered chunks, the oldest first. */
  readonly #remembered = new Set<Remembered>();
  /** Remembered chunks by tag and length, then by digest; chunks of the same content with the oldest first. */
  readonly #groups = new Map<string, Map<string, Remembered[]>>();
  readonly #underWay = new Set<ChunkProgress>();
  /** Chunks delivered within the last `maxUnheardMs`, the oldest first. */
  #delivered: (Omit<PartialDelivery, "remaining"> & { readonly atMs: number })[] = [];
  #isEnding = false;
  readonly #keeper: DeliveryKeeper | undefined;
  #bytes = 0;

  /** @param keeper undefined where everything is forgotten at the end of the output */
  constructor(limits: MemoryLimits, dependencies: MemoryDependencies, keeper?: DeliveryKeeper) {
    this.#limits = limits;
    this.#dependencies = dependencies;
    this.#keeper = keeper;
    for (const { ageMs, remaining, ...kept } of keeper?.attach(this) ?? []) {
      this.#remember({ ...kept, remaining: new EventSet(remaining.bits, remaining.rest), sinceMs: dependencies.now() - ageMs });
    }
  }

  /** The state to keep: remembered chunks, the oldest first, then chunks delivered in part that are still under way. */
  get all(): readonly AgedDelivery[] {
    this.#forgetOld();
    const now = this.#dependencies.now();
    const remembered = [...this.#remembered].map(({ sinceMs, ...kept }) => ({ ...kept, ageMs: now - sinceMs }));
    const underWay = [...this.#underWay].flatMap((progress) => {
      if (!progress.isInPart(minProgressMs)) return [];
      const { tag, chunkBytes, digest, remaining } = progress;
      return digest === undefined ? [] : [{ tag, chunkBytes, digest, remaining, ageMs: 0 }];
    });
    return [...remembered, ...underWay];
  }

  /** Whether a chunk under way is delivered in part: its state changes with each response. */
  get isChanging(): boolean {
    for (const progress of this.#underWay) if (progress.isInPart(0)) return true;
    return false;
  }

  /** Tracks a chunk until {@link end}; returns undefined without a keeper. @param wanted the result of {@link take} for the chunk */
  follow(chunk: Uint8Array, tag: string, wanted: EventSet | undefined): ChunkProgress | undefined {
    const keeper = this.#keeper;
    if (keeper === undefined) return undefined;
    const { digest, now } = this.#dependencies;
    const progress = new ChunkProgress(chunk, tag, wanted, digest, now, () => keeper.changed());
    this.#underWay.add(progress);
    return progress;
  }

  /**
   * Records that a chunk was delivered. When Fluent Bit misses the reply and keeps the chunk on disk, it sends the chunk again
   * to the next output. Replies may be missed after {@link expectEnd} and up to `maxUnheardMs` before.
   */
  delivered(progress: ChunkProgress): void {
    const { tag, chunkBytes, digest } = progress;
    // Detached: the flush got its reply early.
    if (digest === undefined) return;
    if (this.#isEnding) {
      progress.isKept = true;
      this.#add({ tag, chunkBytes, digest, remaining: new EventSet() });
      return;
    }
    const now = this.#dependencies.now();
    const isOver = this.#delivered.findIndex(({ atMs }) => atMs >= now - maxUnheardMs);
    this.#delivered.splice(0, isOver < 0 ? this.#delivered.length : isOver);
    this.#delivered.push({ tag, chunkBytes, digest, atMs: now });
  }

  /** Prepares for the end of the output: from now on Fluent Bit misses all replies, and may have missed the last ones. */
  expectEnd(): void {
    if (this.#isEnding || this.#keeper === undefined) return;
    this.#isEnding = true;
    const sinceMs = this.#dependencies.now() - maxUnheardMs;
    for (const { atMs, ...chunk } of this.#delivered) if (atMs >= sinceMs) this.#add({ ...chunk, remaining: new EventSet() });
    this.#delivered = [];
  }

  /** Stops tracking a chunk. Resolves when its state is written, or cannot be written. */
  async end(progress: ChunkProgress | undefined): Promise<void> {
    if (progress === undefined) return;
    this.#underWay.delete(progress);
    if (progress.isInPart(0)) this.#keeper?.changed();
    if (progress.isKept) await this.#keeper?.written();
  }

  /** Returns the events of a chunk that are still unsent, and forgets the chunk; returns undefined when all are unsent. */
  take(chunk: Uint8Array, tag: string): EventSet | undefined {
    this.#forgetOld();
    // Hashes only when a chunk of this tag and length is remembered.
    const [found] = this.#groups.get(groupOf(tag, chunk.length))?.get(this.#dependencies.digest(chunk)) ?? [];
    if (found === undefined) return undefined;
    this.#forget(found);
    return found.remaining;
  }

  /** Remembers the unsent events of a chunk. @param progress undefined where the chunk is not tracked */
  keep(chunk: Uint8Array, tag: string, remaining: EventSet, progress?: ChunkProgress): void {
    const { digest } = this.#dependencies;
    const known = progress === undefined ? (chunk.length === 0 ? undefined : digest(chunk)) : progress.digest;
    // Detached: the flush got its reply early, after an unexpected error.
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
    const reason = `they did not come back within ${this.#limits.maxAgeMs / 60_000} minutes: Fluent Bit gave them up (Retry_Limit), or a processor of this output changes them on each retry`;
    if (forgotten > 0) this.#dependencies.log.info(forgot(forgotten, reason));
  }

  /** Forgets the oldest chunk. Returns false when no chunk is remembered. */
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

  /** Forgets a chunk. @param one the oldest chunk of its content */
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
  return `Forgot which records of ${chunks} chunks were delivered (${reason}); if Fluent Bit retries these chunks, those records are sent twice`;
}

function bytesOf({ tag, remaining }: Remembered): number {
  return overheadBytes + 2 * tag.length + remaining.bytes;
}
