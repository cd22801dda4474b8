/**
 * Joins user records of one chunk into entries of lines, like simple_aggregation of Fluent Bit's own output.
 *
 * Each record is followed by a newline, and an entry holds as many lines as fit into a Kinesis record before compression.
 * Source: Fluent Bit, src/aws/flb_aws_aggregation.c.
 */
import type { EntryTable } from "./entry_table.js";
import { collisionSafeKey } from "./collision_safe_key.js";
import { compressToFit, compressWhole, type Compress } from "../record/truncation.js";

/** Size limit and newlines of joined records. */
export interface JoinLimits {
  /** The service's limit for an entry, its partition key included. */
  readonly maxRecordBytes: number;
  /** Whether each record already ends with a newline; otherwise newlines stand only between records. */
  readonly hasNewlines: boolean;
}

/** The table and functions that {@link RecordJoiner} uses. */
export interface JoinerDependencies {
  /** Its sink holds the records; the joined entries are appended to it. */
  readonly table: EntryTable;
  readonly compress: Compress | undefined;
  /** Reports a record that was cut to the limit. */
  readonly truncated: (bytes: number) => void;
  /** Reports a record that cannot be made to fit the limit. */
  readonly tooLarge: (bytes: number, line: LostLine) => void;
  /** Reports the size of an entry before and after compression. */
  readonly compressed: (plainBytes: number, bytes: number) => void;
}

/** A record that is dropped because it cannot be made to fit. */
export interface LostLine {
  /** The position of its event in the chunk. */
  readonly event: number;
  readonly partitionKey: string | undefined;
  /** Undefined for the output's own stream. */
  readonly stream: string | undefined;
  /** Returns a copy of the record before compression. Valid only during the report. */
  readonly copy: () => Uint8Array;
}

/** The gathered lines of one key and stream, which will become one entry. */
interface Lines {
  readonly partitionKey: string | undefined;
  readonly stream: string | undefined;
  readonly keyBytes: number;
  /** Start and end of each line in the sink, newline included: {@link numbersPerRange} numbers for each. */
  ranges: number[];
  events: number[];
  bytes: number;
}

const newline = 0x0a;
const numbersPerRange = 2;

/** Joins records by stream and partition key, and keeps their order within each. */
export class RecordJoiner {
  readonly #limits: JoinLimits;
  readonly #dependencies: JoinerDependencies;
  /** Lines by stream, then by partition key. */
  readonly #lines = new Map<string | undefined, Map<string | undefined, Lines>>();

  constructor(limits: JoinLimits, dependencies: JoinerDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
  }

  /** Returns the maximum bytes of a joined record with a key of this size, its own newline included where it has one. */
  roomFor(keyBytes: number): number {
    return this.#limits.maxRecordBytes - keyBytes;
  }

  /**
   * Adds the record from `start` to the sink's end, which must be within {@link roomFor}, and appends its newline. The sink's bytes must
   * not move until {@link close}.
   * @param keyBytes size of the partition key, also of a random key that is not made yet
   * @param event the event's position in the chunk
   * @param stream the record's stream; undefined for the output's own
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
    lines.ranges.push(start, end);
    lines.events.push(event);
    lines.bytes += end - start;
  }

  /** Appends the entry of a key's gathered lines, before a record of that key is sent alone: this keeps their order. */
  closeKey(partitionKey: string | undefined, stream?: string): void {
    const lines = this.#lines.get(stream)?.get(lineKey(partitionKey));
    if (lines !== undefined) this.#emit(lines);
  }

  /** Appends the entries of all gathered lines. */
  close(): void {
    for (const byKey of this.#lines.values()) for (const lines of byKey.values()) this.#emit(lines);
  }

  /** Returns the maximum bytes of an entry's lines. Where records have no newline of their own, the last newline is not sent. */
  #maxBytes(keyBytes: number): number {
    return this.roomFor(keyBytes) + (this.#limits.hasNewlines ? 0 : 1);
  }

  #linesOf(partitionKey: string | undefined, keyBytes: number, stream: string | undefined): Lines {
    let byKey = this.#lines.get(stream);
    if (byKey === undefined) {
      byKey = new Map();
      this.#lines.set(stream, byKey);
    }
    const key = lineKey(partitionKey);
    let lines = byKey.get(key);
    if (lines === undefined) {
      lines = { partitionKey, stream, keyBytes, ranges: [], events: [], bytes: 0 };
      byKey.set(key, lines);
    }
    return lines;
  }

  #emit(lines: Lines): void {
    const { ranges, events } = lines;
    if (events.length === 0) return;
    lines.ranges = [];
    lines.events = [];
    lines.bytes = 0;
    this.#pack(lines, ranges, events);
  }

  #pack(lines: Lines, ranges: readonly number[], events: readonly number[]): void {
    const { table: { sink }, compress, compressed } = this.#dependencies;
    const { hasNewlines } = this.#limits;
    if (compress === undefined) {
      const [start, end] = this.#gather(ranges);
      this.#append(lines, start, hasNewlines ? end : end - 1, events);
      return;
    }
    const [start] = this.#copy(ranges);
    if (!hasNewlines) sink.length--;
    const plainBytes = sink.length - start;
    const room = this.roomFor(lines.keyBytes);
    if (!compressWhole(sink, start, room, compress)) {
      // Data that hardly compresses grows. Half of the lines may fit.
      if (events.length > 1) {
        const half = events.length >>> 1;
        sink.length = start;
        this.#pack(lines, ranges.slice(0, numbersPerRange * half), events.slice(0, half));
        this.#pack(lines, ranges.slice(numbersPerRange * half), events.slice(half));
        return;
      }
      if (!this.#cut(lines, ranges, events, start, compress)) return;
    }
    compressed(plainBytes, sink.length - start);
    this.#append(lines, start, sink.length, events);
  }

  /** Cuts the one record at the sink's end to fit. Returns false when it cannot fit, and is dropped. */
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

  /** Returns a range with the lines one after another; copies them unless they are adjacent already. */
  #gather(ranges: readonly number[]): readonly [start: number, end: number] {
    for (let next = numbersPerRange; next < ranges.length; next += numbersPerRange) {
      if (ranges[next] !== ranges[next - 1]) return this.#copy(ranges);
    }
    return [ranges[0] as number, ranges.at(-1) as number];
  }

  /** Appends a copy of the lines to the sink, and returns its range. */
  #copy(ranges: readonly number[]): readonly [start: number, end: number] {
    const { sink } = this.#dependencies.table;
    const start = sink.length;
    for (let next = 0; next < ranges.length; next += numbersPerRange) {
      const [from, to] = [ranges[next] as number, ranges[next + 1] as number];
      sink.reserve(to - from);
      sink.bytes.copyWithin(sink.length, from, to);
      sink.length += to - from;
    }
    return [start, sink.length];
  }
}

function lineKey(partitionKey: string | undefined): string | undefined {
  return partitionKey === undefined ? undefined : collisionSafeKey(partitionKey);
}
