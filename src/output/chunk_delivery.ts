/** Packs and delivers the slices of one chunk, and remembers the events that a retry must send. */
import type { ByteSink } from "../bytes/byte_sink.js";
import type { ChunkProgress } from "../delivery/chunk_progress.js";
import type { TagPlace } from "../delivery/tag_order.js";
import type { Turn } from "../delivery/turns.js";
import { EntryTable, type Entry } from "../pack/entry_table.js";
import { EventSet } from "../pack/event_set.js";
import type { FlushStages } from "./flush_stages.js";
import { packSlice, type PackedSlice, type SlicePacking } from "./packed_slice.js";
import type { SliceCounts } from "./record_counter.js";
import type { RetryBudget } from "./slice_delivery.js";

/** A chunk that has its turn. */
export interface OpenedChunk {
  readonly chunk: Uint8Array;
  readonly tag: string;
  /** The events to send; undefined for all events. */
  readonly wanted: EventSet | undefined;
  /** Undefined without a state file. */
  readonly progress: ChunkProgress | undefined;
  readonly turn: Turn;
  /** Undefined when records have no order. */
  readonly place: TagPlace | undefined;
}

/** One chunk from its first slice to its outcome: pack and deliver alternate, until one of them ends the chunk. */
export class ChunkDelivery {
  readonly #opened: OpenedChunk;
  readonly #stages: FlushStages;
  readonly #packing: SlicePacking;
  /** Undefined once returned to its pool. */
  #sink: ByteSink | undefined;
  /** The events that a retry must send. */
  readonly #remaining = new EventSet();
  /** Counts of records that a retry would count again if it had to start from scratch. */
  readonly #uncommitted: SliceCounts[] = [];
  #budget: RetryBudget | undefined;
  #isAllDelivered = true;
  #isAnyDelivered = false;
  /** Whether a retry must skip some events: they were delivered, refused or dropped. */
  #hasSettledEvents: boolean;

  /** @param sink that of the packing's table */
  private constructor(opened: OpenedChunk, stages: FlushStages, packing: SlicePacking, sink: ByteSink) {
    this.#opened = opened;
    this.#stages = stages;
    this.#packing = packing;
    this.#sink = sink;
    this.#hasSettledEvents = opened.wanted !== undefined;
  }

  /** Waits for the output's shard map, where it aggregates by shard. @param expectedBytes of the sink for one slice */
  static async open(opened: OpenedChunk, expectedBytes: number, stages: FlushStages): Promise<ChunkDelivery> {
    const { checksumReady, pipeline, recordCounter, delivery, sinks, isAggregated, isKeyed } = stages;
    const { chunk, tag, wanted, turn } = opened;
    if (isAggregated) await checksumReady();
    const shardMap = isKeyed ? undefined : await delivery.shardMapOf(undefined);
    const slices = pipeline.open(chunk, tag, wanted, shardMap);
    const sink = sinks.take(expectedBytes);
    return new ChunkDelivery(opened, stages, { turn, slices, table: new EntryTable(sink), shardMap, delivery, recordCounter }, sink);
  }

  /** Packs the next slice. Returns undefined after the last one, and when Fluent Bit no longer waits for the flush or the output has ended. */
  async pack(): Promise<PackedSlice | undefined> {
    const { slices, table } = this.#packing;
    const { chunk, tag, wanted, progress } = this.#opened;
    if (slices.isOver) return undefined;
    const { position } = slices;
    const packed = await packSlice(chunk, this.#packing);
    if (packed === undefined) {
      this.#leaveFrom(position);
      return undefined;
    }
    // Events before `rest` were counted in an earlier flush.
    if (position >= (wanted?.rest ?? 0)) this.#uncommitted.push(packed.counts);
    progress?.packed(table, packed.entries, slices.position, packed.isLast);
    this.#stages.log.debug(`Flushing ${packed.entries.length} entries with tag: ${tag}`);
    return packed;
  }

  /** Delivers a slice. Returns whether to go on with the next one. */
  async deliver(slice: PackedSlice): Promise<boolean> {
    const { groups, entries } = slice;
    const { delivery, deadLetters } = this.#stages;
    // Starts after the first slice is packed, so that waiting for shard lists uses up none of the retry time.
    this.#budget ??= delivery.newBudget();
    if (entries.length === 0) {
      this.#hasSettledEvents = true;
      this.#commitCounts();
      return true;
    }
    const { table } = this.#packing;
    const { chunk, tag, progress, place } = this.#opened;
    await place?.before;
    const outcome = await delivery.deliver(table, groups, this.#budget, this.#sliceOptions(slice));
    this.#isAnyDelivered ||= outcome.delivered > 0;
    this.#hasSettledEvents ||= this.#isAnyDelivered || outcome.refused.length > 0;
    if (outcome.refused.length > 0) {
      deadLetters?.refused(table, outcome.refused, chunk, tag);
      progress?.settled(table, outcome.refused.map(({ entry }) => entry));
    }
    if (this.#hasSettledEvents) this.#commitCounts();
    if (outcome.remaining.length === 0) return true;
    this.#isAllDelivered = false;
    this.#remaining.add(table, outcome.remaining);
    return delivery.goesOn(outcome, this.#budget);
  }

  /** Ends the chunk: remembers the unsent events for a retry. Returns true when all events are delivered. */
  finish(): boolean {
    const { chunk, tag, progress } = this.#opened;
    const { delivery, partialDeliveries } = this.#stages;
    this.#returnSink();
    if (!this.#packing.slices.isOver) this.#leaveFrom(this.#packing.slices.position);
    delivery.sent(this.#isAllDelivered || this.#isAnyDelivered);
    // With no settled event, the retry starts from scratch and counts its records again.
    if (this.#isAllDelivered || this.#hasSettledEvents) this.#commitCounts();
    if (this.#isAllDelivered && progress !== undefined) partialDeliveries.delivered(progress);
    if (!this.#isAllDelivered && this.#hasSettledEvents) partialDeliveries.keep(chunk, tag, this.#remaining, progress);
    return this.#isAllDelivered;
  }

  #sliceOptions(slice: PackedSlice) {
    const { isLast } = slice;
    const { place, progress } = this.#opened;
    const { table } = this.#packing;
    const sliceBytes = table.sink.length;
    return {
      place,
      isLast,
      takeApart: (entry: Entry) => this.#partsOf(entry),
      taken: progress && ((entries: readonly Entry[]) => {
        progress.settled(table, entries);
        // Dropped records must reach the dead letters before the state file makes a retry skip them.
        this.#commitCounts();
      }),
      // Only after the last slice: earlier ones leave the sink to the next slice.
      waits: isLast ? (left: readonly Entry[]) => this.#makeRoom(left, slice, sliceBytes) : undefined,
    };
  }

  /**
   * Makes room for other chunks before a back-off: lets the next chunks of the tag pass when part of the slice is delivered, and
   * moves the entries that are left to own memory when they are at most half of the slice's bytes.
   */
  #makeRoom(left: readonly Entry[], { entries }: PackedSlice, sliceBytes: number): void {
    const { turn, place } = this.#opened;
    const { table } = this.#packing;
    if (left.length < entries.length) place?.stepAside();
    if (table.dataBytesOf(left) > sliceBytes / 2) return;
    turn.resize(table.moveToOwnMemory(left) + table.bytes);
    this.#returnSink();
  }

  /** Appends the user records of an aggregate, or of joined lines, to the table as separate entries, and returns these. */
  #partsOf(aggregate: Entry): readonly Entry[] {
    const { chunk, tag } = this.#opened;
    const { pipeline, recordCounter } = this.#stages;
    const { table } = this.#packing;
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

  /** Leaves the wanted events from this position on to a retry. */
  #leaveFrom(position: number): void {
    this.#isAllDelivered = false;
    this.#remaining.addFrom(position, this.#opened.wanted);
  }

  #commitCounts(): void {
    for (const { commit } of this.#uncommitted.splice(0)) commit(this.#stages.metrics, this.#opened.tag);
  }

  #returnSink(): void {
    if (this.#sink !== undefined) this.#stages.sinks.give(this.#sink);
    this.#sink = undefined;
  }
}
