// Entries of single texts, for tests of what is done with entries: views, and tables that are made of them.
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

/** An entry with memory of its own; its size is that of data and key unless another one is given. */
export function entryOf({ data = new Uint8Array(0), partitionKey, sizeBytes, events = 0, shardId, stream }: EntryParts): EntryView {
  const size = sizeBytes ?? data.length + keyBytesOf(partitionKey);
  return { data, partitionKey, sizeBytes: size, events: [events].flat(), shardId, stream };
}

/** Bytes of a key, or of a random one. */
export function keyBytesOf(partitionKey: string | undefined): number {
  return partitionKey === undefined ? randomPartitionKeyCharacters : Buffer.byteLength(partitionKey);
}

/** The key of an entry that has one. */
export function keyOf({ partitionKey }: EntryView): string {
  if (partitionKey === undefined) throw new Error("the entry has no partition key");
  return partitionKey;
}

/** The number of user records in an entry. */
export function userRecordsOf({ events }: EntryView): number {
  return events.length;
}

/** Of each table that a test made, the views that its entries were made of. */
const madeOf = new WeakMap<EntryTable, EntryView[]>();

/** A table of these entries, and the entries in it: the first arguments of what is done with entries. */
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

/** The entries of a table as views: the very ones that it was made of; of another table copies, since its memory is used again. */
export function viewsOf(table: EntryTable, entries: readonly Entry[]): EntryView[] {
  const views = madeOf.get(table);
  return entries.map((entry) => {
    const view = views?.[entry] ?? table.view(entry);
    return views === undefined ? { ...view, data: view.data.slice() } : view;
  });
}

/** All entries of a table, whose memory stays. */
export function allViewsOf(table: EntryTable): EntryView[] {
  return table.from(0).map((entry) => table.view(entry));
}
