/** Table of a slice's entries, in columns: an object for each entry would take some 100 bytes of V8's heap. */
import { ByteSink } from "../bytes/byte_sink.js";
import { NameColumn, NumberColumn } from "./columns.js";

declare const entryBrand: unique symbol;

/** An entry of PutRecords (one user record, or several joined or aggregated ones), as its row in a table. */
export type Entry = number & { readonly [entryBrand]: true };

/** All fields of one entry. */
export interface EntryView {
  /** A view of the table's memory, not a copy. */
  readonly data: Uint8Array;
  /** Undefined for a random key: each attempt then makes a new one (`randomPartitionKeyCharacters`). */
  readonly partitionKey: string | undefined;
  /** Bytes that count against the limits of records and requests: data and partition key. */
  readonly sizeBytes: number;
  /** The events in the entry, as positions in the chunk. */
  readonly events: readonly number[];
  /** The shard that the shard map expects; undefined without a map. */
  readonly shardId: string | undefined;
  /** The stream that its records chose; undefined for the output's own. */
  readonly stream: string | undefined;
}

/** Bytes of an entry's places in the lists of its slice, its lane and its batch. */
const placesBytes = 3 * 8;
/** Bytes of a partition key besides its characters: its place in the list, and V8's overhead of a string. */
const keyOverheadBytes = 8 + 24;

/** A table with one row for each entry. Entry data lies in one or two sinks: an array for each entry would cost more than copying the data. */
export class EntryTable {
  /** Start of each entry's data in its sink. */
  readonly starts = new NumberColumn();
  readonly ends = new NumberColumn();
  readonly sizes = new NumberColumn();
  /** Undefined for random keys; shorter than the table when the last keys are random. */
  readonly partitionKeys: (string | undefined)[] = [];
  readonly shardIds = new NameColumn();
  readonly streams = new NameColumn();
  /** The events of all rows, row by row. */
  readonly events = new NumberColumn();
  /** Index in `events` of each row's first event, and at the end the length of `events`: a row's events end where the next row's begin. */
  readonly firstEvents = new NumberColumn();
  #first: ByteSink;
  /** The first sink again, unless {@link keepApart} was called. */
  #latest: ByteSink;
  #latestFrom = 0;
  #keyBytes = 0;

  /** @param sink receives an entry's data before the entry is appended */
  constructor(sink: ByteSink) {
    this.#first = sink;
    this.#latest = sink;
    this.firstEvents.push(0);
  }

  /** The sink for the data of further entries. */
  get sink(): ByteSink {
    return this.#latest;
  }

  /** Number of rows. */
  get length(): number {
    return this.starts.length;
  }

  /** Memory of the table and of lists of its entries, in bytes, without the data; counts each partition key as a separate string. */
  get bytes(): number {
    const columns = [this.starts, this.ends, this.sizes, this.shardIds, this.streams, this.events, this.firstEvents];
    return columns.reduce((sum, { bytes }) => sum + bytes, this.#keyBytes + placesBytes * this.length);
  }

  /** Appends an entry whose data lies in the sink from `start` to `end`. {@link EntryView} describes the other parameters. */
  append(start: number, end: number, partitionKey: string | undefined, sizeBytes: number, events: number | ArrayLike<number>, shardId?: string, stream?: string): Entry {
    const row = this.length as Entry;
    this.starts.push(start);
    this.ends.push(end);
    this.sizes.push(sizeBytes);
    if (typeof events === "number") this.events.push(events);
    else this.events.append(events);
    this.firstEvents.push(this.events.length);
    if (partitionKey !== undefined) {
      while (this.partitionKeys.length < row) this.partitionKeys.push(undefined);
      this.partitionKeys.push(partitionKey);
      this.#keyBytes += keyOverheadBytes + sizeBytes - (end - start);
    }
    this.shardIds.put(row, shardId);
    this.streams.put(row, stream);
    return row;
  }

  /** Puts the data of further entries into a second sink, so that the first sink, which is large, need not grow. */
  keepApart(): void {
    if (this.#latest !== this.#first) return;
    this.#latest = new ByteSink();
    this.#latestFrom = this.length;
  }

  /** Returns the memory of the sink that holds an entry's data. Do not keep it: a growing sink moves its memory. */
  memoryOf(entry: Entry): Uint8Array {
    return (entry < this.#latestFrom ? this.#first : this.#latest).bytes;
  }

  /** Returns the rows from `first` on. */
  from(first: number): Entry[] {
    // Not preallocated: V8 reads arrays that may have holes more slowly.
    const rows: Entry[] = [];
    for (let row = first; row < this.length; row++) rows.push(row as Entry);
    return rows;
  }

  /** Returns the number of user records in an entry. */
  userRecordsOf(entry: Entry): number {
    const { numbers } = this.firstEvents;
    return (numbers[entry + 1] as number) - (numbers[entry] as number);
  }

  /** Returns the total bytes of these entries' data. */
  dataBytesOf(entries: readonly Entry[]): number {
    const [starts, ends] = [this.starts.numbers, this.ends.numbers];
    return entries.reduce((sum, entry) => sum + (ends[entry] as number) - (starts[entry] as number), 0);
  }

  /** Returns all fields of an entry as an object. Too costly for every entry. */
  view(entry: Entry): EntryView {
    const firstEvents = this.firstEvents.numbers;
    return {
      data: this.memoryOf(entry).subarray(this.starts.numbers[entry], this.ends.numbers[entry]),
      partitionKey: this.partitionKeys[entry],
      sizeBytes: this.sizes.numbers[entry] as number,
      events: [...this.events.numbers.subarray(firstEvents[entry], firstEvents[entry + 1])],
      shardId: this.shardIds.of(entry),
      stream: this.streams.of(entry),
    };
  }

  /** Moves the data of these entries into a new sink that only the table uses, and drops the data of all others. Returns the bytes moved. */
  moveToOwnMemory(entries: readonly Entry[]): number {
    const own = new ByteSink(this.dataBytesOf(entries));
    const [starts, ends] = [this.starts.numbers, this.ends.numbers];
    // Each entry only once: its old start and end are overwritten.
    for (const entry of new Set(entries)) {
      const { data } = this.view(entry);
      starts[entry] = own.length;
      own.append(data);
      ends[entry] = own.length;
    }
    this.#first = own;
    this.#latest = own;
    this.#latestFrom = 0;
    return own.length;
  }

  /** Removes all entries and their data. */
  clear(): void {
    for (const column of [this.starts, this.ends, this.sizes, this.events]) column.length = 0;
    this.firstEvents.length = 1;
    this.partitionKeys.length = 0;
    this.#keyBytes = 0;
    this.shardIds.clear();
    this.streams.clear();
    this.#latest = this.#first;
    this.#latestFrom = 0;
    this.#first.length = 0;
  }
}
