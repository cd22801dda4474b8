/** A set of events of one chunk, by their positions. */
import type { Entry } from "./entry.js";

/** One bit for each event. */
export class EventSet {
  readonly #bits: Uint8Array;

  /** The events that are in these entries. */
  constructor(entries: readonly Entry[]) {
    let last = -1;
    forEachEvent(entries, (event) => {
      if (event > last) last = event;
    });
    this.#bits = new Uint8Array(last < 0 ? 0 : (last >>> 3) + 1);
    forEachEvent(entries, (event) => {
      this.#bits[event >>> 3] = (this.#bits[event >>> 3] as number) | (1 << (event & 7));
    });
  }

  /** Memory that it takes, in bytes. */
  get bytes(): number {
    return this.#bits.length;
  }

  /** Whether an event is in it. @param event its position in the chunk */
  has(event: number): boolean {
    return ((this.#bits[event >>> 3] ?? 0) & (1 << (event & 7))) !== 0;
  }
}

function forEachEvent(entries: readonly Entry[], use: (event: number) => void): void {
  for (const { events } of entries) {
    if (typeof events === "number") use(events);
    else events.forEach(use);
  }
}
