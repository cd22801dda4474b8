/** Tells one flush: a chunk becomes records, records are packed into entries, entries are delivered, Fluent Bit gets its reply. */
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
import type { ChunkTally, TakenCounts } from "./chunk_tally.js";
import type { DeadLetters } from "./dead_letters.js";
import { packSlice, type PackedSlice } from "./packed_slice.js";
import type { Effort, SliceDelivery } from "./slice_delivery.js";

/** The reply to a flush: Fluent Bit forgets the chunk, or brings it again. */
export type Reply = "ok" | "retry";

/** A chunk of Fluent Bit's, which it keeps until the reply to its flush. */
export interface WaitingChunk {
  readonly bytes: number;
  /** Returns its content; undefined when nobody waits for the flush any more. */
  readonly open: () => Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

/** What the flushes of one output go through, in this order. */
export interface FlushStages {
  /** Undefined where records have no order. */
  readonly tags: TagOrder | undefined;
  readonly turns: OutputTurns;
  readonly partialDeliveries: PartialDeliveries;
  readonly pipeline: Pipeline;
  readonly tally: ChunkTally;
  readonly delivery: SliceDelivery;
  /** Undefined where dropped records are not kept. */
  readonly deadLetters: DeadLetters | undefined;
  readonly sinks: SinkPool;
  readonly isAggregated: boolean;
  /** Whether records choose their streams. */
  readonly isKeyed: boolean;
  /** Whether what is packed lies behind the records that it is made of. */
  readonly copiesRecords: boolean;
  /** Resolves when a checksum of aggregates can be computed. */
  readonly checksumReady: () => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Delivers a chunk when those of its tag are through and there is memory for its records. */
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

/** Estimates the bytes of a slice's records: JSON takes more than msgpack, and aggregates are written behind their records. */
function expectedBytes(chunkBytes: number, { copiesRecords }: FlushStages): number {
  const recordBytes = Math.min(chunkBytes + (chunkBytes >>> 2), sliceRecordBytes);
  return copiesRecords ? 2 * recordBytes : recordBytes;
}

/** Delivers what an earlier flush has left of the chunk, or all of it. @param place undefined where records have no order */
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

/** Which of the events of a chunk to send, all when undefined, and what becomes of them. */
interface Rest {
  readonly wanted: EventSet | undefined;
  /** Undefined where nobody wants to know. */
  readonly progress: ChunkProgress | undefined;
}

/** Packs and delivers one slice of the chunk after the other. */
async function deliverSlices(
  chunk: Uint8Array,
  tag: string,
  { wanted, progress }: Rest,
  turn: Turn,
  place: TagPlace | undefined,
  stages: FlushStages,
): Promise<Reply> {
  const { checksumReady, partialDeliveries, pipeline, tally, delivery, deadLetters, sinks, metrics, log, isAggregated, isKeyed } = stages;
  if (isAggregated) await checksumReady();
  const shardMap = isKeyed ? undefined : await delivery.shardMapOf(undefined);
  const slices = pipeline.open(chunk, tag, wanted, shardMap);
  const remaining = new EventSet();
  const counts: TakenCounts[] = [];
  const sink = sinks.take(expectedBytes(chunk.length, stages));
  const table = new EntryTable(sink);
  const packing = { turn, slices, table, shardMap, delivery, tally };
  let effort: Effort | undefined;
  let isDelivered = true;
  let isAnyTaken = false;
  let isRemembered = wanted !== undefined;
  const settle = () => {
    for (const { addTo } of counts.splice(0)) addTo(metrics, tag);
  };
  const takeApart = (entry: Entry) => partsOf(chunk, tag, table, entry, stages);
  const taken = progress && ((entries: readonly Entry[]) => {
    progress.settled(table, entries);
    // Before it is kept that they need not be sent again.
    settle();
  });
  let hasSink = true;
  const giveSink = () => {
    if (hasSink) sinks.give(sink);
    hasSink = false;
  };
  while (!slices.isOver) {
    // What comes again was counted when it came first.
    const { position } = slices;
    const isNew = position >= (wanted?.rest ?? 0);
    const packed = await packSlice(chunk, packing);
    if (packed === undefined) {
      isDelivered = false;
      remaining.addFrom(position, wanted);
      break;
    }
    const { groups, entries, isLast } = packed;
    const sliceBytes = sink.length;
    // Nothing more is written to the sink.
    const waits = isLast ? (left: readonly Entry[]) => makeWay(table, left, packed, sliceBytes, turn, place) && giveSink() : undefined;
    // Not before: what a slice waits for, to know the shards of its streams, is no effort to deliver it.
    effort ??= delivery.newEffort();
    if (isNew) counts.push(packed.counts);
    progress?.packed(table, entries, slices.position, isLast);
    log.debug(`Flushing ${entries.length} entries with tag: ${tag}`);
    if (entries.length === 0) {
      // Nothing of it is to come again.
      isRemembered = true;
      settle();
      continue;
    }
    await place?.before;
    const outcome = await delivery.deliver(table, groups, effort, { place, isLast, takeApart, taken, waits });
    isAnyTaken ||= outcome.delivered > 0;
    isRemembered ||= isAnyTaken || outcome.refused.length > 0;
    if (outcome.refused.length > 0) {
      deadLetters?.refused(table, outcome.refused, chunk, tag);
      progress?.settled(table, outcome.refused.map(({ entry }) => entry));
    }
    if (isRemembered) settle();
    if (outcome.remaining.length === 0) continue;
    isDelivered = false;
    remaining.add(table, outcome.remaining);
    // The next slice would most likely fail like this one.
    if (!delivery.goesOn(outcome, effort)) break;
  }
  giveSink();
  if (!slices.isOver) {
    isDelivered = false;
    remaining.addFrom(slices.position, wanted);
  }
  delivery.sent(isDelivered || isAnyTaken);
  // A chunk of which nothing is remembered comes again as if it were new.
  if (isDelivered || isRemembered) settle();
  if (isDelivered && progress !== undefined) partialDeliveries.delivered(progress);
  if (!isDelivered && isRemembered) partialDeliveries.keep(chunk, tag, remaining, progress);
  return isDelivered ? "ok" : "retry";
}

/**
 * Lets the next chunks of its tag go on beside a chunk that waits with a part of its entries, and others have its memory where little is
 * left. Returns whether nothing lies in its sink any more.
 */
function makeWay(table: EntryTable, left: readonly Entry[], { entries }: PackedSlice, sliceBytes: number, turn: Turn, place: TagPlace | undefined): boolean {
  if (left.length < entries.length) place?.stepAside();
  if (table.dataBytesOf(left) > sliceBytes / 2) return false;
  turn.resize(table.moveToOwnMemory(left) + table.bytes);
  return true;
}

/** Appends the user records of an aggregate, or of joined lines, to the table, and returns them as entries of their own. */
function partsOf(chunk: Uint8Array, tag: string, table: EntryTable, aggregate: Entry, { pipeline, tally }: FlushStages): readonly Entry[] {
  const wanted = new EventSet();
  wanted.add(table, [aggregate]);
  const slices = pipeline.open(chunk, tag, wanted, "alone");
  table.keepApart();
  const first = table.length;
  const end = first + table.userRecordsOf(aggregate);
  while (table.length < end && !slices.isOver) slices.next(table);
  // They were counted with their aggregate.
  tally.take();
  return table.from(first);
}
