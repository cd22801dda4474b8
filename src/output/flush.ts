/** Runs one flush: a chunk becomes records, records become entries, entries are delivered, and Fluent Bit gets its reply. */
import { EntryTable, type Entry } from "../pack/entry_table.js";
import { EventSet } from "../pack/event_set.js";
import { sliceRecordBytes, type Pipeline } from "../pack/slices.js";
import type { SinkPool } from "../bytes/sink_pool.js";
import type { ChunkProgress } from "../delivery/chunk_progress.js";
import type { PartialDeliveries } from "../delivery/partial_deliveries.js";
import type { TagOrder, TagPlace } from "../delivery/tag_order.js";
import type { OutputTurns, Turn } from "../delivery/turns.js";
import type { Log } from "../telemetry/log.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { DeadLetters } from "./dead_letters.js";
import { packSlice, type PackedSlice } from "./packed_slice.js";
import type { RecordCounter, SliceCounts } from "./record_counter.js";
import type { RetryBudget, SliceDelivery } from "./slice_delivery.js";

/** The reply to a flush: Fluent Bit discards the chunk (ok), or flushes it again (retry). */
export type Reply = "ok" | "retry";

/** A chunk in Fluent Bit's memory, which stays valid until the reply to its flush. */
export interface WaitingChunk {
  readonly bytes: number;
  /** Returns the chunk's content, or undefined when Fluent Bit no longer waits for the flush. */
  readonly open: () => Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

/** The stages that the flushes of one output share, in the order of their use. */
export interface FlushStages {
  /** Undefined when records have no order. */
  readonly tags: TagOrder | undefined;
  readonly turns: OutputTurns;
  readonly partialDeliveries: PartialDeliveries;
  readonly pipeline: Pipeline;
  readonly recordCounter: RecordCounter;
  readonly delivery: SliceDelivery;
  /** Undefined when dropped records are not kept. */
  readonly deadLetters: DeadLetters | undefined;
  readonly sinks: SinkPool;
  readonly isAggregated: boolean;
  /** Whether records choose their streams. */
  readonly isKeyed: boolean;
  /** Whether packing appends entries to the sink behind the records that they copy. */
  readonly copiesRecords: boolean;
  /** Resolves when the checksum of aggregates can be computed. */
  readonly checksumReady: () => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Delivers a chunk once the earlier chunks of its tag let it pass and there is memory for its records. */
export async function flush(waiting: WaitingChunk, tag: string, stages: FlushStages): Promise<Reply> {
  const place = stages.tags?.enter(tag);
  try {
    await place?.next;
    if (waiting.bytes === 0) return "ok";
    const turn = await stages.turns.take(expectedBytes(waiting.bytes, stages));
    if (turn === undefined) return "retry";
    try {
      if (!(await stages.delivery.isWorthSending())) return "retry";
      return await stages.delivery.sending(async () => {
        const chunk = await waiting.open();
        if (chunk === undefined || stages.delivery.hasEnded) return "retry";
        return deliverChunk(chunk, tag, turn, place, stages);
      });
    } finally {
      turn.give();
    }
  } finally {
    place?.leave();
  }
}

/** Estimates the sink bytes of one slice: JSON takes about 25 % more than msgpack, and copied records take their bytes twice. */
function expectedBytes(chunkBytes: number, { copiesRecords }: FlushStages): number {
  const recordBytes = Math.min(chunkBytes + (chunkBytes >>> 2), sliceRecordBytes);
  return copiesRecords ? 2 * recordBytes : recordBytes;
}

/** Delivers the events that an earlier flush of the chunk left unsent, or all of them. @param place undefined when records have no order */
async function deliverChunk(chunk: Uint8Array, tag: string, turn: Turn, place: TagPlace | undefined, stages: FlushStages): Promise<Reply> {
  const { partialDeliveries } = stages;
  const wanted = partialDeliveries.take(chunk, tag);
  const progress = partialDeliveries.follow(chunk, tag, wanted);
  try {
    return await deliverSlices(chunk, tag, { wanted, progress }, turn, place, stages);
  } finally {
    await partialDeliveries.end(progress);
  }
}

/** The events of a chunk to send, and the record of their delivery. */
interface UnsentEvents {
  /** Undefined for all events. */
  readonly wanted: EventSet | undefined;
  /** Undefined without a state file. */
  readonly progress: ChunkProgress | undefined;
}

/** Packs and delivers the chunk slice by slice. */
async function deliverSlices(
  chunk: Uint8Array,
  tag: string,
  { wanted, progress }: UnsentEvents,
  turn: Turn,
  place: TagPlace | undefined,
  stages: FlushStages,
): Promise<Reply> {
  const { checksumReady, partialDeliveries, pipeline, recordCounter, delivery, deadLetters, sinks, metrics, log, isAggregated, isKeyed } = stages;
  if (isAggregated) await checksumReady();
  const shardMap = isKeyed ? undefined : await delivery.shardMapOf(undefined);
  const slices = pipeline.open(chunk, tag, wanted, shardMap);
  const remaining = new EventSet();
  const uncommitted: SliceCounts[] = [];
  const sink = sinks.take(expectedBytes(chunk.length, stages));
  const table = new EntryTable(sink);
  const packing = { turn, slices, table, shardMap, delivery, recordCounter };
  let budget: RetryBudget | undefined;
  let isAllDelivered = true;
  let isAnyDelivered = false;
  // Whether a retry must skip some events: they were delivered, refused or dropped.
  let hasSettledEvents = wanted !== undefined;
  const commitCounts = () => {
    for (const { commit } of uncommitted.splice(0)) commit(metrics, tag);
  };
  const takeApart = (entry: Entry) => partsOf(chunk, tag, table, entry, stages);
  const taken = progress && ((entries: readonly Entry[]) => {
    progress.settled(table, entries);
    // Dropped records must reach the dead letters before the state file makes a retry skip them.
    commitCounts();
  });
  let hasSink = true;
  const returnSink = () => {
    if (hasSink) sinks.give(sink);
    hasSink = false;
  };
  while (!slices.isOver) {
    const { position } = slices;
    // Events before `rest` were counted in an earlier flush.
    const isNew = position >= (wanted?.rest ?? 0);
    const packed = await packSlice(chunk, packing);
    if (packed === undefined) {
      isAllDelivered = false;
      remaining.addFrom(position, wanted);
      break;
    }
    const { groups, entries, isLast } = packed;
    const sliceBytes = sink.length;
    // Only after the last slice: earlier ones leave the sink to the next slice.
    const waits = isLast ? (left: readonly Entry[]) => makeRoom(table, left, packed, sliceBytes, turn, place) && returnSink() : undefined;
    // Starts after the first slice is packed, so that waiting for shard lists uses up none of the retry time.
    budget ??= delivery.newBudget();
    if (isNew) uncommitted.push(packed.counts);
    progress?.packed(table, entries, slices.position, isLast);
    log.debug(`Flushing ${entries.length} entries with tag: ${tag}`);
    if (entries.length === 0) {
      hasSettledEvents = true;
      commitCounts();
      continue;
    }
    await place?.before;
    const outcome = await delivery.deliver(table, groups, budget, { place, isLast, takeApart, taken, waits });
    isAnyDelivered ||= outcome.delivered > 0;
    hasSettledEvents ||= isAnyDelivered || outcome.refused.length > 0;
    if (outcome.refused.length > 0) {
      deadLetters?.refused(table, outcome.refused, chunk, tag);
      progress?.settled(table, outcome.refused.map(({ entry }) => entry));
    }
    if (hasSettledEvents) commitCounts();
    if (outcome.remaining.length === 0) continue;
    isAllDelivered = false;
    remaining.add(table, outcome.remaining);
    if (!delivery.goesOn(outcome, budget)) break;
  }
  returnSink();
  if (!slices.isOver) {
    isAllDelivered = false;
    remaining.addFrom(slices.position, wanted);
  }
  delivery.sent(isAllDelivered || isAnyDelivered);
  // With no settled event, the retry starts from scratch and counts its records again.
  if (isAllDelivered || hasSettledEvents) commitCounts();
  if (isAllDelivered && progress !== undefined) partialDeliveries.delivered(progress);
  if (!isAllDelivered && hasSettledEvents) partialDeliveries.keep(chunk, tag, remaining, progress);
  return isAllDelivered ? "ok" : "retry";
}

/**
 * Makes room for other chunks before a back-off: lets the next chunks of the tag pass when part of the slice is delivered, and
 * moves the entries that are left to own memory when they are at most half of the slice's bytes. Returns whether they were moved.
 */
function makeRoom(table: EntryTable, left: readonly Entry[], { entries }: PackedSlice, sliceBytes: number, turn: Turn, place: TagPlace | undefined): boolean {
  if (left.length < entries.length) place?.stepAside();
  if (table.dataBytesOf(left) > sliceBytes / 2) return false;
  turn.resize(table.moveToOwnMemory(left) + table.bytes);
  return true;
}

/** Appends the user records of an aggregate, or of joined lines, to the table as separate entries, and returns these. */
function partsOf(chunk: Uint8Array, tag: string, table: EntryTable, aggregate: Entry, { pipeline, recordCounter }: FlushStages): readonly Entry[] {
  const wanted = new EventSet();
  wanted.add(table, [aggregate]);
  const slices = pipeline.open(chunk, tag, wanted, "alone");
  table.keepApart();
  const first = table.length;
  const end = first + table.userRecordsOf(aggregate);
  while (table.length < end && !slices.isOver) slices.next(table);
  // Discards the counts: the records were counted with their aggregate.
  recordCounter.take();
  return table.from(first);
}
