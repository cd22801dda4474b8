/** A set of events of one chunk, by their positions. */
import type { Entry, EntryTable } from "./entry_table.js";

/** One bit for each event up to a position; optionally also all events from {@link rest} on. */
export class EventSet {
  #bits: Uint8Array;
  #rest: number;

  /** @param bits bits of the first events, not copied. @param rest position from which all events are in the set, independent of the bits */
  constructor(bits: Uint8Array = new Uint8Array(0), rest = Number.POSITIVE_INFINITY) {
    this.#bits = bits;
    this.#rest = rest;
  }

  /** Adds the events of these entries. */
  add(table: EntryTable, entries: readonly Entry[]): void {
    const events = eventsOf(table, entries);
    let last = -1;
    for (const event of events) if (event > last) last = event;
    this.#grow(last < 0 ? 0 : (last >>> 3) + 1);
    const bits = this.#bits;
    for (const event of events) bits[event >>> 3] = (bits[event >>> 3] as number) | (1 << (event & 7));
  }

  /** Removes the events of these entries, except events from {@link rest} on. */
  remove(table: EntryTable, entries: readonly Entry[]): void {
    const bits = this.#bits;
    const known = 8 * bits.length;
    for (const event of eventsOf(table, entries)) if (event < known) bits[event >>> 3] = (bits[event >>> 3] as number) & ~(1 << (event & 7));
  }

  /** Adds all events from this position on. @param wanted adds only the events that are in this set too */
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

  /** One bit for each of the first events, the lowest bit of a byte first. Read-only. */
  get bits(): Uint8Array {
    return this.#bits;
  }

  /** Returns a copy of the set. */
  copy(): EventSet {
    return new EventSet(this.#bits.slice(), this.#rest);
  }

  /** Position from which all events are in the set; infinite when the set has no such position. */
  get rest(): number {
    return this.#rest;
  }

  /** Memory of the set, in bytes. */
  get bytes(): number {
    return this.#bits.length;
  }

  #grow(neededBytes: number): void {
    if (neededBytes <= this.#bits.length) return;
    const grown = new Uint8Array(neededBytes);
    grown.set(this.#bits);
    this.#bits = grown;
  }

  /** Returns whether the set has the event. @param event position in the chunk */
  has(event: number): boolean {
    return event >= this.#rest || ((this.#bits[event >>> 3] ?? 0) & (1 << (event & 7))) !== 0;
  }
}

/** Returns the positions of all events of these entries. */
function eventsOf(table: EntryTable, entries: readonly Entry[]): Uint32Array {
  const { events: { numbers: events }, firstEvents: { numbers: firstEvents } } = table;
  let count = 0;
  for (const entry of entries) count += table.userRecordsOf(entry);
  const all = new Uint32Array(count);
  let at = 0;
  for (const entry of entries) {
    const end = firstEvents[entry + 1] as number;
    for (let index = firstEvents[entry] as number; index < end; index++) all[at++] = events[index] as number;
  }
  return all;
}
