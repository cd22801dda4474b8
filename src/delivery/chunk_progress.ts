/** Tracks which events of a chunk under way are still unsent. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { EventSet } from "../pack/event_set.js";

/** The progress of one chunk, from its first slice to its end. */
export class ChunkProgress {
  readonly tag: string;
  readonly chunkBytes: number;
  /** Whether the chunk is remembered for its retry. */
  isKept = false;
  readonly #wanted: EventSet | undefined;
  readonly #digestOf: () => string | undefined;
  readonly #changed: () => void;
  readonly #now: () => number;
  /** Unsent events of the slices packed so far. */
  readonly #left = new EventSet();
  #digest: string | undefined;
  #position = 0;
  #isOver = false;
  #takenSinceMs: number | undefined;

  /**
   * @param wanted the events to send; all when undefined
   * @param now returns milliseconds that never decrease
   * @param changed called once, when the first events are settled
   */
  constructor(chunk: Uint8Array, tag: string, wanted: EventSet | undefined, digest: (chunk: Uint8Array) => string, now: () => number, changed: () => void) {
    this.tag = tag;
    this.chunkBytes = chunk.length;
    this.#wanted = wanted;
    // A detached chunk is empty: the end of a worker detaches it before the flush is done.
    this.#digestOf = () => (chunk.length === 0 ? undefined : digest(chunk));
    this.#now = now;
    this.#changed = changed;
    if (wanted !== undefined) this.#digest = this.#digestOf();
  }

  /** Digest of the chunk; undefined when the chunk was detached before the first call. */
  get digest(): string | undefined {
    return (this.#digest ??= this.#digestOf());
  }

  /** Whether a part was delivered by an earlier flush, or at least `sinceMs` ago by this one. */
  isInPart(sinceMs: number): boolean {
    return this.#wanted !== undefined || (this.#takenSinceMs !== undefined && this.#now() - this.#takenSinceMs >= sinceMs);
  }

  /** Records a packed slice. @param position number of events read so far. @param isOver whether the chunk has no more */
  packed(table: EntryTable, entries: readonly Entry[], position: number, isOver: boolean): void {
    this.#left.add(table, entries);
    this.#position = position;
    this.#isOver = isOver;
  }

  /** Records entries that the service accepted or will never accept. */
  settled(table: EntryTable, entries: readonly Entry[]): void {
    this.#left.remove(table, entries);
    if (this.#takenSinceMs !== undefined) return;
    this.#takenSinceMs = this.#now();
    this.#changed();
  }

  /** Events that are still unsent, including all wanted events of slices that are not packed yet. */
  get remaining(): EventSet {
    const remaining = this.#left.copy();
    if (!this.#isOver) remaining.addFrom(this.#position, this.#wanted);
    return remaining;
  }
}
