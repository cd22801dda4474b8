/** A set of events of one chunk, by their positions. */
import type { Entry, EntryTable } from "./entry_table.js";

/** One bit for each event up to a position, and all events behind it if need be. */
export class EventSet {
  #bits: Uint8Array;
  #rest: number;

  /** @param bits of the first events, kept as it is. @param rest the first of the events that are in it whatever the bits */
  constructor(bits: Uint8Array = new Uint8Array(0), rest = Number.POSITIVE_INFINITY) {
    this.#bits = bits;
    this.#rest = rest;
  }

  /** Adds the events that are in these entries. */
  add(table: EntryTable, entries: readonly Entry[]): void {
    let last = -1;
    forEachEvent(table, entries, (event) => {
      if (event > last) last = event;
    });
    this.#grow(last < 0 ? 0 : (last >>> 3) + 1);
    forEachEvent(table, entries, (event) => {
      this.#bits[event >>> 3] = (this.#bits[event >>> 3] as number) | (1 << (event & 7));
    });
  }

  /** Removes the events that are in these entries, but for those from {@link rest} on. */
  remove(table: EntryTable, entries: readonly Entry[]): void {
    forEachEvent(table, entries, (event) => {
      if (event >>> 3 < this.#bits.length) this.#bits[event >>> 3] = (this.#bits[event >>> 3] as number) & ~(1 << (event & 7));
    });
  }

  /** Adds all events from this one on. @param wanted only those of them that are in this set */
  addFrom(event: number, wanted?: EventSet): void {
    if (wanted === undefined) {
      this.#rest = Math.min(this.#rest, event);
      return;
    }
    this.#grow(wanted.#bits.length);
    for (let byte = event >>> 3; byte < wanted.#bits.length; byte++) {
      const mask = byte === event >>> 3 ? 0xff << (event & 7) : 0xff;
      this.#bits[byte] = (this.#bits[byte] as number) | ((wanted.#bits[byte] as number) & mask);
    }
    this.#rest = Math.min(this.#rest, Math.max(event, wanted.#rest));
  }

  /** One bit for each of the first events, the lowest bit of a byte first. Do not change it. */
  get bits(): Uint8Array {
    return this.#bits;
  }

  /** The same events in a set of its own. */
  copy(): EventSet {
    return new EventSet(this.#bits.slice(), this.#rest);
  }

  /** The first of the events that were added by {@link addFrom}; infinite when none were. */
  get rest(): number {
    return this.#rest;
  }

  /** Memory that it takes, in bytes. */
  get bytes(): number {
    return this.#bits.length;
  }

  #grow(neededBytes: number): void {
    if (neededBytes <= this.#bits.length) return;
    const grown = new Uint8Array(neededBytes);
    grown.set(this.#bits);
    this.#bits = grown;
  }

  /** Whether an event is in it. @param event its position in the chunk */
  has(event: number): boolean {
    return event >= this.#rest || ((this.#bits[event >>> 3] ?? 0) & (1 << (event & 7))) !== 0;
  }
}

function forEachEvent({ events: { numbers: events }, firstEvents: { numbers: firstEvents } }: EntryTable, entries: readonly Entry[], use: (event: number) => void): void {
  for (const entry of entries) {
    const end = firstEvents[entry + 1] as number;
    for (let index = firstEvents[entry] as number; index < end; index++) use(events[index] as number);
  }
}
