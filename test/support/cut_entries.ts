// Cuts batches and lanes for tests, from views of entries to views.
import { cutLanes as cutLanesOfRows, type Lane } from "../../src/delivery/lanes.js";
import { cutBatches as cutRows } from "../../src/pack/batches.js";
import type { EntryView } from "../../src/pack/entry_table.js";
import { tableOf, viewsOf } from "./entry.js";

type Rest<Cut> = Cut extends (table: never, entries: never, ...rest: infer Given) => unknown ? Given : never;

interface ViewLane extends Omit<Lane, "batches"> {
  readonly batches: EntryView[][];
}

/** Cuts entries into batches, in a new table. */
export function cutBatches(entries: readonly EntryView[], ...rest: Rest<typeof cutRows>): EntryView[][] {
  const [table, rows] = tableOf(entries);
  return cutRows(table, rows, ...rest).map((batch) => viewsOf(table, batch));
}

/** Cuts entries into lanes, in a new table. */
export function cutLanes(entries: readonly EntryView[], ...rest: Rest<typeof cutLanesOfRows>): ViewLane[] {
  const [table, rows] = tableOf(entries);
  return cutLanesOfRows(table, rows, ...rest).map(({ batches, slots }) => ({ batches: batches.map((batch) => viewsOf(table, batch)), slots }));
}
