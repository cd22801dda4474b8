// Runs a chunk through a pipeline and returns all its entries at once, with all slices in one sink.
import type { ShardMap } from "../../src/pack/shard_map.js";
import { EntryTable, type EntryView } from "../../src/pack/entry_table.js";
import type { Pipeline } from "../../src/pack/slices.js";
import type { ByteSink } from "../../src/bytes/byte_sink.js";
import { allViewsOf } from "./entry.js";

/** Appends the pipeline's entries of the chunk. */
export function packAll(pipeline: Pipeline, chunk: Uint8Array, table: EntryTable, shardMap?: ShardMap, tag = "tag"): void {
  const slices = pipeline.open(chunk, tag, undefined, shardMap);
  while (!slices.isOver) slices.next(table);
}

/** Returns the pipeline's entries of the chunk. */
export function allEntriesOf(pipeline: Pipeline, chunk: Uint8Array, sink: ByteSink, shardMap?: ShardMap, tag = "tag"): EntryView[] {
  const table = new EntryTable(sink);
  packAll(pipeline, chunk, table, shardMap, tag);
  return allViewsOf(table);
}
