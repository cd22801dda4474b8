/**
 * Joins user records of one chunk into entries of lines, as Fluent Bit's own output does by simple_aggregation: each record is followed by
 * a newline, and an entry holds as many as fit into a record of the service before compression (src/aws/flb_aws_aggregation.c).
 */
import type { EntryTable } from "./entry_table.js";
import { mapKey } from "./map_key.js";
import { compressToFit, compressWhole, type Compress } from "../record/truncation.js";

/** How records are joined. */
export interface JoinLimits {
  /** What the service takes: the whole together with its partition key. */
  readonly maxRecordBytes: number;
  /** Whether records end with a newline of their own; otherwise newlines stand between them only. */
  readonly hasNewlines: boolean;
}

/** What joining needs of the world outside. */
export interface JoinerDependencies {
  /** The records lie in its sink; the entries that are made of them are appended. */
  readonly table: EntryTable;
  readonly compress: Compress | undefined;
  /** A record that was cut to the limit. */
  readonly truncated: (bytes: number) => void;
  /** A record that cannot be made to fit the limit. */
  readonly tooLarge: (bytes: number, line: LostLine) => void;
  /** A whole, before and after compression. */
  readonly compressed: (plainBytes: number, bytes: number) => void;
}

/** A record that cannot be made to fit, of which nothing is sent. */
export interface LostLine {
  /** Its event, by its position in the chunk. */
  readonly event: number;
  readonly partitionKey: string | undefined;
  /** Undefined for the output's own. */
  readonly stream: string | undefined;
  /** Returns a copy of the record before compression. Call it at once. */
  readonly copy: () => Uint8Array;
}

/** Lines that are being gathered: where they begin and end in the sink, two numbers for each, newline included. */
interface Lines {
  readonly partitionKey: string | undefined;
  readonly stream: string | undefined;
  readonly keyBytes: number;
  places: number[];
  events: number[];
  bytes: number;
}

const newline = 0x0a;
/** Numbers in the places of a line. */
const placeNumbers = 2;

/** Keeps the order of the records of one partition key in one stream: they go through the same lines, one after another. */
export class RecordJoiner {
  readonly #limits: JoinLimits;
  readonly #dependencies: JoinerDependencies;
  /** By stream and by partition key. */
  readonly #lines = new Map<string | undefined, Map<string | undefined, Lines>>();

  constructor(limits: JoinLimits, dependencies: JoinerDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  /** Returns the most bytes that a record of such a key may have to be joined, its own newline included where it has one. */
  roomFor(keyBytes: number): number {
    return this.#limits.maxRecordBytes - keyBytes;
  }

  /**
   * Takes the record from `start` to the sink's end, which is within {@link roomFor}, and puts its newline behind it. The sink's bytes
   * must stay there until {@link close}.
   * @param keyBytes of the partition key, also of one that is still to be made
   * @param event its position in the chunk
   * @param stream where it goes; undefined for the output's own
   */
  add(start: number, partitionKey: string | undefined, keyBytes: number, event: number, stream?: string): void {
    const { sink } = this.#dependencies.table;
    if (!this.#limits.hasNewlines) {
      sink.reserve(1);
      sink.put(newline);
    }
    const end = sink.length;
    const lines = this.#linesOf(partitionKey, keyBytes, stream);
    if (lines.bytes + (end - start) > this.#maxBytes(keyBytes)) this.#emit(lines);
    lines.places.push(start, end);
    lines.events.push(event);
    lines.bytes += end - start;
  }

  /** Appends the lines of a key, which go before a record of that key that goes alone. */
  closeKey(partitionKey: string | undefined, stream?: string): void {
    const lines = this.#lines.get(stream)?.get(known(partitionKey));
    if (lines !== undefined) this.#emit(lines);
  }

  /** Appends what has been gathered, if anything. */
  close(): void {
    for (const byKey of this.#lines.values()) for (const lines of byKey.values()) this.#emit(lines);
  }

  /** The last newline is not sent where records have none of their own. */
  #maxBytes(keyBytes: number): number {
    return this.roomFor(keyBytes) + (this.#limits.hasNewlines ? 0 : 1);
  }

  #linesOf(partitionKey: string | undefined, keyBytes: number, stream: string | undefined): Lines {
    let byKey = this.#lines.get(stream);
    if (byKey === undefined) {
      byKey = new Map();
      this.#lines.set(stream, byKey);
    }
    const key = known(partitionKey);
    let lines = byKey.get(key);
    if (lines === undefined) {
      lines = { partitionKey, stream, keyBytes, places: [], events: [], bytes: 0 };
      byKey.set(key, lines);
    }
    return lines;
  }

  #emit(lines: Lines): void {
    const { places, events } = lines;
    if (events.length === 0) return;
    lines.places = [];
    lines.events = [];
    lines.bytes = 0;
    this.#pack(lines, places, events);
  }

  #pack(lines: Lines, places: readonly number[], events: readonly number[]): void {
    const { table: { sink }, compress, compressed } = this.#dependencies;
    const { hasNewlines } = this.#limits;
    if (compress === undefined) {
      const [start, end] = this.#gather(places);
      this.#append(lines, start, hasNewlines ? end : end - 1, events);
      return;
    }
    const [start] = this.#copy(places);
    if (!hasNewlines) sink.length--;
    const plainBytes = sink.length - start;
    const room = this.roomFor(lines.keyBytes);
    if (!compressWhole(sink, start, room, compress)) {
      // What hardly can be compressed grows. The lines of half the records are less.
      if (events.length > 1) {
        const half = events.length >>> 1;
        sink.length = start;
        this.#pack(lines, places.slice(0, placeNumbers * half), events.slice(0, half));
        this.#pack(lines, places.slice(placeNumbers * half), events.slice(half));
        return;
      }
      if (!this.#cut(lines, places, events, start, compress)) return;
    }
    compressed(plainBytes, sink.length - start);
    this.#append(lines, start, sink.length, events);
  }

  /** Returns whether the one record at the sink's end fits, cut. */
  #cut({ partitionKey, stream, keyBytes }: Lines, [from = 0, to = 0]: readonly number[], [event = 0]: readonly number[], start: number, compress: Compress): boolean {
    const { table: { sink }, truncated, tooLarge } = this.#dependencies;
    const { hasNewlines } = this.#limits;
    const plainBytes = sink.length - start;
    const result = compressToFit(sink, start, this.roomFor(keyBytes), hasNewlines, compress);
    if (result === "cannot fit") {
      sink.length = start;
      const copy = () => sink.bytes.slice(from, hasNewlines ? to : to - 1);
      tooLarge(plainBytes, { event, partitionKey, stream, copy });
      return false;
    }
    truncated(plainBytes);
    return true;
  }

  #append({ partitionKey, stream, keyBytes }: Lines, start: number, end: number, events: readonly number[]): void {
    this.#dependencies.table.append(start, end, partitionKey, end - start + keyBytes, events, undefined, stream);
  }

  /** Returns where the lines lie one after another: where they are, if no others are between them. */
  #gather(places: readonly number[]): readonly [start: number, end: number] {
    for (let next = placeNumbers; next < places.length; next += placeNumbers) {
      if (places[next] !== places[next - 1]) return this.#copy(places);
    }
    return [places[0] as number, places.at(-1) as number];
  }

  /** Appends the lines to the sink. */
  #copy(places: readonly number[]): readonly [start: number, end: number] {
    const { sink } = this.#dependencies.table;
    const start = sink.length;
    for (let next = 0; next < places.length; next += placeNumbers) {
      const [from, to] = [places[next] as number, places[next + 1] as number];
      sink.reserve(to - from);
      sink.bytes.copyWithin(sink.length, from, to);
      sink.length += to - from;
    }
    return [start, sink.length];
  }
}

function known(partitionKey: string | undefined): string | undefined {
  return partitionKey === undefined ? undefined : mapKey(partitionKey);
}
