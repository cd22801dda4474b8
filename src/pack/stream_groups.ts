/** Groups entries by the stream that their records chose. */
import type { Entry, EntryTable } from "./entry_table.js";

/** Returns the entries of each stream, in their order; undefined stands for the output's own stream. */
export function groupByStream(table: EntryTable, entries: readonly Entry[]): Map<string | undefined, Entry[]> {
  const groups = new Map<string | undefined, Entry[]>();
  let latest: Entry[] | undefined;
  let latestStream: string | undefined;
  for (const entry of entries) {
    const stream = table.streams.of(entry);
    if (latest === undefined || stream !== latestStream) {
      latest = groups.get(stream) ?? [];
      groups.set(stream, latest);
      latestStream = stream;
    }
    latest.push(entry);
  }
  return groups;
}
