/** The entries of a slice, in columns of numbers: an object for each would take some hundred bytes of V8's heap. */
import { ByteSink } from "../bytes/byte_sink.js";
import { NameColumn, NumberColumn } from "./columns.js";

declare const entryBrand: unique symbol;

/** What goes to the service as one Kinesis record, a user record or several that were aggregated: its row in a table. */
export type Entry = number & { readonly [entryBrand]: true };

/** All that a table knows of one entry. */
export interface EntryView {
  /** Nothing is copied. */
  readonly data: Uint8Array;
  /** Undefined when it is to be random; then each attempt makes one (`randomPartitionKeyCharacters`). */
  readonly partitionKey: string | undefined;
  /** Bytes that count against the limits of records and requests: data and partition key. */
  readonly sizeBytes: number;
  /** The events of the chunk that it holds, by their positions there. */
  readonly events: readonly number[];
  /** The shard where the shard map expects it; undefined without a map. */
  readonly shardId: string | undefined;
  /** The name of the stream that its records chose; undefined for the output's own. */
  readonly stream: string | undefined;
}

/** The places of an entry in lists: of its slice, its lane and its batch. */
const placesBytes = 3 * 8;
/** A partition key besides its characters: its place in its list, and what V8 has before and behind a text. */
const keyOverheadBytes = 8 + 24;

/** Columns by rows. The data of entries lies in one sink, or two: an array of its own for each would cost more than to copy what is in it. */
export class EntryTable {
  /** Where the data lies. */
  readonly starts = new NumberColumn();
  readonly ends = new NumberColumn();
  readonly sizes = new NumberColumn();
  /** Random ones behind the last other one are missing. */
  readonly partitionKeys: (string | undefined)[] = [];
  readonly shardIds = new NameColumn();
  readonly streams = new NameColumn();
  /** The events of all rows, one row's behind the other's. */
  readonly events = new NumberColumn();
  /** Where the events of each row begin; they end where those of the next row do, which the last row has too. */
  readonly firstEvents = new NumberColumn();
  #first: ByteSink;
  /** The same, unless later entries are apart. */
  #latest: ByteSink;
  #latestFrom = 0;
  #keyBytes = 0;

  /** @param sink takes the data before its entry is appended */
  constructor(sink: ByteSink) {
    this.#first = sink;
    this.#latest = sink;
    this.firstEvents.push(0);
  }

  /** Takes the data of further entries. */
  get sink(): ByteSink {
    return this.#latest;
  }

  /** Rows. */
  get length(): number {
    return this.starts.length;
  }

  /** Memory that the table and lists of its entries take besides the data; as much as if each partition key were a text of its own. */
  get bytes(): number {
    const columns = [this.starts, this.ends, this.sizes, this.shardIds, this.streams, this.events, this.firstEvents];
    return columns.reduce((sum, { bytes }) => sum + bytes, this.#keyBytes + placesBytes * this.length);
  }

  /** Appends an entry, whose data lies in the sink from `start` to `end`. {@link EntryView} describes the others. */
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

  /** Puts the data of further entries into a sink of their own: the first one is large, and would have to grow for it. */
  keepApart(): void {
    if (this.#latest !== this.#first) return;
    this.#latest = new ByteSink();
    this.#latestFrom = this.length;
  }

  /** Returns the bytes among which the data of an entry lies. Do not keep them: they move when a sink grows. */
  memoryOf(entry: Entry): Uint8Array {
    return (entry < this.#latestFrom ? this.#first : this.#latest).bytes;
  }

  /** Returns the rows from this one on. */
  from(first: number): Entry[] {
    // Not of its length from the start: V8 takes longer to read lists that may have holes.
    const rows: Entry[] = [];
    for (let row = first; row < this.length; row++) rows.push(row as Entry);
    return rows;
  }

  /** Returns the number of user records in an entry. */
  userRecordsOf(entry: Entry): number {
    const { numbers } = this.firstEvents;
    return (numbers[entry + 1] as number) - (numbers[entry] as number);
  }

  /** Returns the bytes of the data of these entries. */
  dataBytesOf(entries: readonly Entry[]): number {
    const [starts, ends] = [this.starts.numbers, this.ends.numbers];
    return entries.reduce((sum, entry) => sum + (ends[entry] as number) - (starts[entry] as number), 0);
  }

  /** Returns all that is known of an entry, in an object: for few of them. */
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

  /** Moves the data of these entries into a sink of the table's own, and forgets that of all others. Returns the bytes. */
  moveToOwnMemory(entries: readonly Entry[]): number {
    const own = new ByteSink(this.dataBytesOf(entries));
    const [starts, ends] = [this.starts.numbers, this.ends.numbers];
    // Each once: where it was is lost by then.
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

  /** Forgets all entries, and their data. */
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
