// Makes entries of single texts for tests: views, and tables of them.
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { EntryTable, type Entry, type EntryView } from "../../src/pack/entry_table.js";
import { randomPartitionKeyCharacters } from "../../src/limits.js";

export interface EntryParts {
  readonly data?: Uint8Array;
  readonly partitionKey?: string | undefined;
  readonly sizeBytes?: number;
  readonly events?: number | readonly number[];
  readonly shardId?: string | undefined;
  readonly stream?: string | undefined;
}

/** Returns an entry with separate memory; its size is that of data and key by default. */
export function entryOf({ data = new Uint8Array(0), partitionKey, sizeBytes, events = 0, shardId, stream }: EntryParts): EntryView {
  const size = sizeBytes ?? data.length + keyBytesOf(partitionKey);
  return { data, partitionKey, sizeBytes: size, events: [events].flat(), shardId, stream };
}

/** Returns the bytes of a key, or of a random one. */
export function keyBytesOf(partitionKey: string | undefined): number {
  return partitionKey === undefined ? randomPartitionKeyCharacters : Buffer.byteLength(partitionKey);
}

/** Returns the key of an entry that has one. */
export function keyOf({ partitionKey }: EntryView): string {
  if (partitionKey === undefined) throw new Error("the entry has no partition key");
  return partitionKey;
}

/** Returns the number of user records in an entry. */
export function userRecordsOf({ events }: EntryView): number {
  return events.length;
}

/** The views of each table that a test made. */
const madeOf = new WeakMap<EntryTable, EntryView[]>();

/** Returns a table of these entries, and the entries in it: the first arguments of functions on entries. */
export function tableOf(views: readonly EntryView[]): [table: EntryTable, entries: Entry[]] {
  const table = new EntryTable(new ByteSink());
  madeOf.set(table, []);
  return [table, appendTo(table, views)];
}

/** Appends entries to a table of {@link tableOf}. */
export function appendTo(table: EntryTable, views: readonly EntryView[]): Entry[] {
  return views.map((view) => {
    const start = table.sink.length;
    table.sink.append(view.data);
    madeOf.get(table)?.push(view);
    return table.append(start, table.sink.length, view.partitionKey, view.sizeBytes, view.events, view.shardId, view.stream);
  });
}

/** Returns entries as views: the original ones for a table of {@link tableOf}, else copies, since the table's memory is reused. */
export function viewsOf(table: EntryTable, entries: readonly Entry[]): EntryView[] {
  const views = madeOf.get(table);
  return entries.map((entry) => {
    const view = views?.[entry] ?? table.view(entry);
    return views === undefined ? { ...view, data: view.data.slice() } : view;
  });
}

/** Returns all entries of a table whose memory stays. */
export function allViewsOf(table: EntryTable): EntryView[] {
  return table.from(0).map((entry) => table.view(entry));
}
