/** Packs the next slice of a chunk into entries, grouped by stream. */
import type { Turn } from "../delivery/turns.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { ShardMap } from "../pack/shard_map.js";
import type { Slices } from "../pack/slices.js";
import { groupByStream } from "../pack/stream_groups.js";
import type { RecordCounter, SliceCounts } from "./record_counter.js";
import type { SliceDelivery, StreamEntries } from "./slice_delivery.js";

/** A slice ready for delivery. */
export interface PackedSlice {
  readonly groups: readonly StreamEntries[];
  /** The entries of all groups. */
  readonly entries: readonly Entry[];
  /** Whether this is the chunk's last slice. */
  readonly isLast: boolean;
  readonly counts: SliceCounts;
}

/** The tools to pack the slices of one chunk. */
export interface SlicePacking {
  readonly turn: Turn;
  readonly slices: Slices;
  /** Holds the entries of one slice at a time. */
  readonly table: EntryTable;
  /** The shards of the output's own stream, for aggregation; undefined when records choose their streams. */
  readonly shardMap: ShardMap | undefined;
  readonly delivery: Pick<SliceDelivery, "shardMapOf">;
  readonly recordCounter: RecordCounter;
}

/** Estimated memory of the delivery to each further stream: windows, orders and promises. */
const bytesPerStream = 4096;

/** Returns the next slice; undefined when Fluent Bit no longer waits for the flush, or the output has ended. */
export async function packSlice(chunk: Uint8Array, { turn, slices, table, shardMap, delivery, recordCounter }: SlicePacking): Promise<PackedSlice | undefined> {
  table.clear();
  const packed = await turn.encode(() => {
    // Detached after an early reply to the flush.
    if (chunk.length === 0) return undefined;
    return { entries: slices.next(table), records: slices.takeGathered(), isLast: slices.isOver, counts: recordCounter.take() };
  });
  if (packed === undefined) return undefined;
  const { records, isLast, counts } = packed;
  let { entries } = packed;
  const shardMaps = new Map([[undefined as string | undefined, shardMap]]);
  if (records !== undefined) {
    await Promise.all(records.streams.map(async (stream) => shardMaps.set(stream, await delivery.shardMapOf(stream))));
    const aggregated = await turn.encode(() => slices.aggregate(records, table, (stream) => shardMaps.get(stream)));
    if (aggregated === undefined) return undefined;
    entries = aggregated;
  }
  const groups = slices.isKeyed ? [...groupByStream(table, entries)] : [[undefined, entries] as const];
  turn.resize(table.sink.length + table.bytes + bytesPerStream * (groups.length - 1));
  return {
    groups: groups.map(([stream, own]) => ({ stream, entries: own, shardMap: shardMaps.get(stream) })),
    entries,
    isLast,
    counts,
  };
}
