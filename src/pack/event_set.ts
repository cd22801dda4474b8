/** A set of events of one chunk, by their positions. */
import type { Entry } from "./entry.js";

/** One bit for each event up to a position, and all events behind it if need be. */
export class EventSet {
  #bits = new Uint8Array(0);
  #rest = Number.POSITIVE_INFINITY;

  /** Adds the events that are in these entries. */
  add(entries: readonly Entry[]): void {
    let last = -1;
    forEachEvent(entries, (event) => {
      if (event > last) last = event;
    });
    const neededBytes = last < 0 ? 0 : (last >>> 3) + 1;
    if (neededBytes > this.#bits.length) {
      const grown = new Uint8Array(neededBytes);
      grown.set(this.#bits);
      this.#bits = grown;
    }
    forEachEvent(entries, (event) => {
      this.#bits[event >>> 3] = (this.#bits[event >>> 3] as number) | (1 << (event & 7));
    });
  }

  /** Adds all events from this one on. */
  addFrom(event: number): void {
    this.#rest = Math.min(this.#rest, event);
  }

  /** The first of the events that were added by {@link addFrom}; infinite when none were. */
  get rest(): number {
    return this.#rest;
  }

  /** Memory that it takes, in bytes. */
  get bytes(): number {
    return this.#bits.length;
  }

  /** Whether an event is in it. @param event its position in the chunk */
  has(event: number): boolean {
    return event >= this.#rest || ((this.#bits[event >>> 3] ?? 0) & (1 << (event & 7))) !== 0;
  }
}

function forEachEvent(entries: readonly Entry[], use: (event: number) => void): void {
  for (const { events } of entries) {
    if (typeof events === "number") use(events);
    else events.forEach(use);
  }
}
