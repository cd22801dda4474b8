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

/** Whoever reads columns reads them anew after an entry was appended: they move when they grow. */
export class EntryTable {
  /** By rows; those of random keys behind the last other one are missing. */
  readonly partitionKeys: (string | undefined)[] = [];
  readonly #starts = new NumberColumn();
  readonly #ends = new NumberColumn();
  readonly #sizes = new NumberColumn();
  /** Of each row, and behind the last one: where its events begin in the column of all. */
  readonly #firstEvents = new NumberColumn();
  readonly #events = new NumberColumn();
  readonly #shardIds = new NameColumn();
  readonly #streams = new NameColumn();
  #sink: ByteSink;
  #keyBytes = 0;

  /** @param sink the data of all entries lies in it, which is so much cheaper than an array for each */
  constructor(sink: ByteSink) {
    this.#sink = sink;
    this.#firstEvents.push(0);
  }

  /** Where the data of further entries is written. */
  get sink(): ByteSink {
    return this.#sink;
  }

  /** The bytes in which the data of each row lies from its start to its end. */
  get memory(): Uint8Array {
    return this.#sink.bytes;
  }

  get starts(): Uint32Array {
    return this.#starts.numbers;
  }

  get ends(): Uint32Array {
    return this.#ends.numbers;
  }

  /** Of each row, see {@link EntryView.sizeBytes}. */
  get sizes(): Uint32Array {
    return this.#sizes.numbers;
  }

  /** The events of all rows, one row's behind the other's. */
  get events(): Uint32Array {
    return this.#events.numbers;
  }

  /** Of each row: where its events begin, and end where those of the next row do. */
  get firstEvents(): Uint32Array {
    return this.#firstEvents.numbers;
  }

  /** Rows. */
  get length(): number {
    return this.#starts.length;
  }

  /** Memory that the table and lists of its entries take besides the data; as much as if each partition key were a text of its own. */
  get bytes(): number {
    const columns = [this.#starts, this.#ends, this.#sizes, this.#firstEvents, this.#events, this.#shardIds, this.#streams];
    return columns.reduce((sum, { bytes }) => sum + bytes, this.#keyBytes + placesBytes * this.length);
  }

  /** Appends an entry; the parameters are members of {@link EntryView}. Its data lies in the sink from `start` to `end`. */
  append(start: number, end: number, partitionKey: string | undefined, sizeBytes: number, events: number | ArrayLike<number>, shardId?: string, stream?: string): Entry {
    const row = this.length as Entry;
    this.#starts.push(start);
    this.#ends.push(end);
    this.#sizes.push(sizeBytes);
    if (typeof events === "number") this.#events.push(events);
    else this.#events.append(events);
    this.#firstEvents.push(this.#events.length);
    if (partitionKey !== undefined) {
      while (this.partitionKeys.length < row) this.partitionKeys.push(undefined);
      this.partitionKeys.push(partitionKey);
      this.#keyBytes += keyOverheadBytes + sizeBytes - (end - start);
    }
    this.#shardIds.put(row, shardId);
    this.#streams.put(row, stream);
    return row;
  }

  /** Returns the rows from this one on. */
  from(first: number): Entry[] {
    const rows = new Array<Entry>(this.length - first);
    for (let index = 0; index < rows.length; index++) rows[index] = (first + index) as Entry;
    return rows;
  }

  /** Returns where the shard map expects an entry, see {@link EntryView.shardId}. */
  shardIdOf(entry: Entry): string | undefined {
    return this.#shardIds.of(entry);
  }

  /** Returns the stream of an entry, see {@link EntryView.stream}. */
  streamOf(entry: Entry): string | undefined {
    return this.#streams.of(entry);
  }

  /** Returns the number of user records in an entry. */
  userRecordsOf(entry: Entry): number {
    const { firstEvents } = this;
    return (firstEvents[entry + 1] as number) - (firstEvents[entry] as number);
  }

  /** Returns the bytes of the data of these entries. */
  dataBytesOf(entries: readonly Entry[]): number {
    const { starts, ends } = this;
    let bytes = 0;
    for (const entry of entries) bytes += (ends[entry] as number) - (starts[entry] as number);
    return bytes;
  }

  /** Returns all that is known of an entry: for what is done with few of them. */
  view(entry: Entry): EntryView {
    return {
      data: this.memory.subarray(this.starts[entry], this.ends[entry]),
      partitionKey: this.partitionKeys[entry],
      sizeBytes: this.sizes[entry] as number,
      events: [...this.events.subarray(this.firstEvents[entry], this.firstEvents[entry + 1])],
      shardId: this.shardIdOf(entry),
      stream: this.streamOf(entry),
    };
  }

  /**
   * Moves the data of these entries into memory of the table's own, where that of further ones follows; the data of all others is
   * gone. The sink is free then. Returns the bytes.
   */
  moveToOwnMemory(entries: readonly Entry[]): number {
    const { memory, starts, ends } = this;
    const own = new ByteSink(this.dataBytesOf(entries));
    this.#sink = own;
    // Each once: its place in the old memory is lost.
    for (const entry of new Set(entries)) {
      const data = memory.subarray(starts[entry], ends[entry]);
      starts[entry] = own.length;
      own.append(data);
      ends[entry] = own.length;
    }
    return own.length;
  }

  /** Forgets all entries and what is in the sink. */
  clear(): void {
    for (const column of [this.#starts, this.#ends, this.#sizes, this.#events]) column.length = 0;
    this.#firstEvents.length = 1;
    this.partitionKeys.length = 0;
    this.#keyBytes = 0;
    this.#shardIds.clear();
    this.#streams.clear();
    this.#sink.length = 0;
  }
}
