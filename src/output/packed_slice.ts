/** Packs the next slice of a chunk: its entries, those of each stream apart. */
import type { Turn } from "../delivery/turns.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { ShardMap } from "../pack/shard_map.js";
import type { Slices } from "../pack/slices.js";
import { groupByStream } from "../pack/stream_groups.js";
import type { ChunkTally, TakenCounts } from "./chunk_tally.js";
import type { SliceDelivery, StreamEntries } from "./slice_delivery.js";

/** A slice that is ready to be delivered. */
export interface PackedSlice {
  readonly groups: readonly StreamEntries[];
  /** Those of all groups. */
  readonly entries: readonly Entry[];
  /** Whether the chunk has no further one. */
  readonly isLast: boolean;
  readonly counts: TakenCounts;
}

/** What a slice is packed with. */
export interface SlicePacking {
  readonly turn: Turn;
  readonly slices: Slices;
  /** Holds the entries of one slice after the other. */
  readonly table: EntryTable;
  /** Of the output's own stream, which its slices are aggregated by; undefined where records choose their streams. */
  readonly shardMap: ShardMap | undefined;
  readonly delivery: Pick<SliceDelivery, "shardMapOf">;
  readonly tally: ChunkTally;
}

/** The windows, orders and promises of one more stream under way. */
const streamBytes = 4096;

/** Returns the next slice; undefined when nobody waits for the flush any more. */
export async function packSlice(chunk: Uint8Array, { turn, slices, table, shardMap, delivery, tally }: SlicePacking): Promise<PackedSlice | undefined> {
  table.clear();
  const packed = await turn.encode(() => {
    // Detached: nobody waits for the flush any more.
    if (chunk.length === 0) return undefined;
    return { entries: slices.next(table), records: slices.takeGathered(), isLast: slices.isOver, counts: tally.take() };
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
  turn.resize(table.sink.length + table.bytes + streamBytes * (groups.length - 1));
  return {
    groups: groups.map(([stream, own]) => ({ stream, entries: own, shardMap: shardMaps.get(stream) })),
    entries,
    isLast,
    counts,
  };
}
