// All entries of a chunk at once, with all slices in one sink.
import type { ShardMap } from "../../src/pack/shard_map.js";
import type { Entry } from "../../src/pack/entry.js";
import type { Pipeline } from "../../src/pack/slices.js";
import type { ByteSink } from "../../src/bytes/byte_sink.js";

/** Returns what the pipeline makes of the chunk. */
export function allEntriesOf(pipeline: Pipeline, chunk: Uint8Array, sink: ByteSink, shardMap?: ShardMap, tag = "tag"): Entry[] {
  const slices = pipeline.open(chunk, tag, undefined, shardMap);
  const entries: Entry[] = [];
  while (!slices.isOver) for (const entry of slices.next(sink)) entries.push(entry);
  return entries;
}
