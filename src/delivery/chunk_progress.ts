/** Follows a chunk under way: which of its events are still unsent at this moment. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { EventSet } from "../pack/event_set.js";

/** A chunk from its first slice to its end. */
export class ChunkProgress {
  readonly tag: string;
  readonly chunkBytes: number;
  /** Whether it is remembered for the time when it comes again. */
  isKept = false;
  readonly #wanted: EventSet | undefined;
  readonly #digestOf: () => string | undefined;
  readonly #changed: () => void;
  readonly #now: () => number;
  /** Of the slices that were packed. */
  readonly #left = new EventSet();
  #digest: string | undefined;
  #position = 0;
  #isOver = false;
  #takenSinceMs: number | undefined;

  /**
   * @param wanted which of its events; all when undefined
   * @param now milliseconds that only ever grow
   * @param changed called when the service has taken something
   */
  constructor(chunk: Uint8Array, tag: string, wanted: EventSet | undefined, digest: (chunk: Uint8Array) => string, now: () => number, changed: () => void) {
    this.tag = tag;
    this.chunkBytes = chunk.length;
    this.#wanted = wanted;
    // Empty once the chunk was taken away, which a worker's end does before the flush is through.
    this.#digestOf = () => (chunk.length === 0 ? undefined : digest(chunk));
    this.#now = now;
    this.#changed = changed;
    if (wanted !== undefined) this.#digest = this.#digestOf();
  }

  /** The chunk's digest; undefined when the chunk was taken away before it was ever asked for. */
  get digest(): string | undefined {
    return (this.#digest ??= this.#digestOf());
  }

  /** Whether a part of it was taken so long ago, or by an earlier flush. */
  isInPart(sinceMs: number): boolean {
    return this.#wanted !== undefined || (this.#takenSinceMs !== undefined && this.#now() - this.#takenSinceMs >= sinceMs);
  }

  /** A slice was packed. @param position events that have been read. @param isOver whether there are no more */
  packed(table: EntryTable, entries: readonly Entry[], position: number, isOver: boolean): void {
    this.#left.add(table, entries);
    this.#position = position;
    this.#isOver = isOver;
  }

  /** The service took these, or will never take them. */
  settled(table: EntryTable, entries: readonly Entry[]): void {
    this.#left.remove(table, entries);
    if (this.#takenSinceMs !== undefined) return;
    this.#takenSinceMs = this.#now();
    this.#changed();
  }

  /** Returns the events that are still unsent. Nothing of a slice that is not packed was dropped. */
  get remaining(): EventSet {
    const remaining = this.#left.copy();
    if (!this.#isOver) remaining.addFrom(this.#position, this.#wanted);
    return remaining;
  }
}
