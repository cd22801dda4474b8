/** Turns a chunk's events into entries, slice by slice: decodes, shapes, compresses, cuts and aggregates them. */
import { Aggregator, type AggregationLimits } from "./aggregator.js";
import { wrapperBytes, appendLoneRecord } from "./lone_record.js";
import { eventTimesOf } from "./event_times.js";
import { RecordJoiner } from "./joined_records.js";
import type { AggregateLimits } from "./open_aggregate.js";
import type { ShardMap } from "./shard_map.js";
import { beginsAsAggregate, type Md5 } from "./aggregated_record.js";
import { EventReader } from "../chunk/event_reader.js";
import type { EventSet } from "./event_set.js";
import { inputOf, skipValue, type Input } from "../chunk/msgpack.js";
import { maxRecordBytes, randomPartitionKeyCharacters, streamNamePattern, type ServiceLimits } from "../limits.js";
import type { ByteSink } from "../bytes/byte_sink.js";
import { randomPartitionKey, utf8Bytes } from "../record/partition_key.js";
import { RecordShaper, type RecordOptions } from "../record/shaper.js";
import { compressToFit, truncate, type Compress } from "../record/truncation.js";
import type { Entry, EntryTable } from "./entry_table.js";
import { StreamRecords } from "./stream_records.js";

/** The options of an output that decide how its events become entries. */
export interface PipelineOptions {
  /** The output's own stream. */
  readonly connection: { readonly stream: string };
  readonly record: RecordOptions;
  readonly limits: ServiceLimits;
  /** Undefined when aggregation is off. */
  readonly aggregation: AggregationLimits | undefined;
  /** Whether records are joined by newlines; excludes aggregation. */
  readonly simpleAggregation: boolean;
}

/** External functions that the pipeline uses. */
export interface PipelineDependencies {
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly md5: Md5;
  readonly compress: Compress | undefined;
  readonly report: RecordReport;
}

/** An event whose record is dropped. */
export interface DroppedEvent {
  /** Seconds since the epoch. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Undefined when the key is random or unknown. */
  readonly partitionKey: string | undefined;
  /** The stream that the record chose; undefined for the output's own. */
  readonly stream: string | undefined;
  /** Returns a copy of the record before compression, or of the event's msgpack body if the event did not become a record. Valid only during the report. */
  readonly copy: () => Uint8Array;
}

/** Counts and logs what happened to records; limits the rate of its messages itself. */
export interface RecordReport {
  /** Counts values of the chunk that are not events. */
  broken(count: number): void;
  /** Reports an event that did not become a record. */
  refused(reason: string, event: DroppedEvent): void;
  /** Reports a record that was cut to the limit. */
  truncated(bytes: number): void;
  /** Reports a record that cannot be made to fit the limit. */
  tooLarge(bytes: number, event: DroppedEvent): void;
  /** Reports a record in which partition_key found no value. */
  withoutPartitionKey(): void;
  /** Reports a record in which stream_key found no valid stream name. */
  withoutStream(): void;
  /** Counts the bytes of a slice's records, before and after compression. */
  compressed(plainBytes: number, bytes: number): void;
}

/** How much of a chunk is turned into records at a time. */
export interface SliceLimits {
  /** Maximum events of one slice, dropped ones included. */
  readonly maxEvents: number;
  /** Bytes of records after which a slice ends; its last record may exceed them. */
  readonly recordBytes: number;
}

/** More than the JSON of a 2 MB chunk, the largest that Fluent Bit makes of a busy input: such a chunk is one slice. */
export const sliceRecordBytes = 4 * 1024 * 1024;

/**
 * About 2 MB of typical log events. An entry takes some 50 bytes and its partition key (pack/entry_table.ts), so a chunk of the
 * smallest events (3 bytes) would as a whole take 20 to 30 times its size.
 */
const maxEvents = 20_000;
/** Larger, because each slice ends with aggregates that are not full. An event takes up to 32 bytes in an open aggregate, then 4. */
const maxAggregatedEvents = 50_000;
/** Bounded because each stream has a separate delivery while the slice is under way. */
const maxStreams = 256;

/** Returns the limits of a slice: of large records or aggregates, a slice holds two requests' or four aggregates' worth. */
function sliceLimits(service: ServiceLimits, aggregation: AggregateLimits | undefined): SliceLimits {
  const large = service.maxRecordBytes > maxRecordBytes ? 2 * service.maxRequestBytes : 0;
  if (aggregation === undefined) return { maxEvents: maxEvents, recordBytes: Math.max(sliceRecordBytes, large) };
  return { maxEvents: maxAggregatedEvents, recordBytes: Math.max(sliceRecordBytes, large, 4 * aggregation.maximumRecordBytes) };
}

/** Turns chunks into entries, by the options of one output. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #dependencies: PipelineDependencies;
  readonly #shaper: RecordShaper;
  readonly #randomKey: () => string;

  constructor(options: PipelineOptions, dependencies: PipelineDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#shaper = new RecordShaper(options.record);
    this.#randomKey = () => randomPartitionKey(dependencies.random, randomPartitionKeyCharacters);
  }

  /**
   * Starts reading a chunk.
   * @param wanted the events to turn into entries; all when undefined
   * @param shardMap shards by which the records are aggregated; "alone" to neither aggregate nor join records
   */
  open(chunk: Uint8Array, tag: string, wanted?: EventSet, shardMap?: ShardMap | "alone"): Slices {
    const isAggregated = shardMap !== "alone";
    const aggregation = isAggregated ? this.#options.aggregation : undefined;
    const { compress, report, md5 } = this.#dependencies;
    // No spread: its result would get a new object layout in V8 each time, and V8 would recompile Slices.next for each chunk.
    return new Slices(chunk, tag, wanted, sliceLimits(this.#options.limits, aggregation), {
      compress,
      report,
      md5,
      options: this.#options,
      shaper: this.#shaper,
      randomKey: this.#randomKey,
      aggregation,
      isJoined: isAggregated && this.#options.simpleAggregation,
      shardMap: isAggregated ? shardMap : undefined,
    });
  }
}

/** The parts of a pipeline that its slices use. */
interface SliceDependencies {
  readonly options: PipelineOptions;
  readonly shaper: RecordShaper;
  readonly compress: Compress | undefined;
  readonly report: RecordReport;
  readonly md5: Md5;
  readonly randomKey: () => string;
  /** Undefined when records are not to be aggregated. */
  readonly aggregation: AggregationLimits | undefined;
  readonly isJoined: boolean;
  readonly shardMap: ShardMap | undefined;
}

/** One chunk that is being turned into entries, slice by slice. */
export class Slices {
  readonly #dependencies: SliceDependencies;
  readonly #limits: SliceLimits;
  readonly #input: Input;
  readonly #events: EventReader;
  readonly #tag: string;
  readonly #wanted: EventSet | undefined;
  #position = 0;
  #isOver = false;
  #plainBytes = 0;
  #gathered: StreamRecords | undefined;
  /** The last name that a record chose, and its stream. */
  #latestName: string | undefined;
  #latestStream: string | undefined;
  #packedBytes = 0;

  /** For {@link Pipeline.open} only. */
  constructor(chunk: Uint8Array, tag: string, wanted: EventSet | undefined, limits: SliceLimits, dependencies: SliceDependencies) {
    this.#dependencies = dependencies;
    this.#limits = limits;
    this.#input = inputOf(chunk);
    this.#events = new EventReader(this.#input);
    this.#tag = tag;
    this.#wanted = wanted;
  }

  /** Number of the chunk's events that have been read. */
  get position(): number {
    return this.#position;
  }

  /** Whether all events have been read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether records choose their streams. */
  get isKeyed(): boolean {
    return this.#dependencies.options.record.streamKey !== undefined;
  }

  /** Returns the last slice's records that are still to be passed to {@link aggregate}; undefined when no records wait for that. */
  takeGathered(): StreamRecords | undefined {
    const gathered = this.#gathered;
    this.#gathered = undefined;
    return gathered;
  }

  /** Aggregates gathered records, which lie in the table's sink, and returns the new entries. @param shardMapOf returns undefined for unknown shards */
  aggregate(records: StreamRecords, table: EntryTable, shardMapOf: (stream: string | undefined) => ShardMap | undefined): Entry[] {
    const { aggregation, md5, randomKey } = this.#dependencies;
    const first = table.length;
    if (aggregation !== undefined) records.aggregate(aggregation, { table, md5, randomKey }, shardMapOf);
    return table.from(first);
  }

  /**
   * Appends the entries of the next slice, and returns them; a slice may have none. Their data lies in the table's sink and does not
   * refer to the chunk. A slice ends at {@link EventSet.rest}, so that all its events lie on one side of it. Where records choose their
   * streams, records to aggregate are only gathered ({@link takeGathered}): shards can be requested only when the stream is known.
   */
  next(table: EntryTable): Entry[] {
    const { options, shaper, compress, report, md5, randomKey, aggregation, shardMap } = this.#dependencies;
    const { maxEvents, recordBytes: maxBytes } = this.#limits;
    const rest = this.#wanted?.rest ?? 0;
    const border = this.#position < rest ? rest : Number.POSITIVE_INFINITY;
    const { sink, length: first } = table;
    const alone = { table, md5, randomKey };
    const { isKeyed } = this;
    const streams = new Set<string | undefined>();
    const gathered = aggregation === undefined || !isKeyed ? undefined : new StreamRecords();
    const aggregator = aggregation === undefined || isKeyed ? undefined : new Aggregator(aggregation, { ...alone, shardMap });
    const joiner = this.#dependencies.isJoined ? this.#openJoiner(table) : undefined;
    this.#plainBytes = 0;
    this.#packedBytes = 0;
    let recordBytes = 0;
    let left = maxEvents;
    while (left > 0 && recordBytes < maxBytes && this.#position < border && streams.size < maxStreams) {
      if (!this.#events.next()) {
        this.#isOver = true;
        break;
      }
      const event = this.#position++;
      if (this.#wanted?.has(event) === false) continue;
      left--;
      const start = sink.length;
      const shaped = shaper.shape(this.#input, this.#events, this.#tag, sink);
      if (shaped.kind === "refused") {
        report.refused(shaped.reason, this.#refusedEvent());
        continue;
      }
      const { partitionKey } = shaped;
      if (partitionKey === undefined && options.record.partitionKey !== undefined) report.withoutPartitionKey();
      const keyBytes = partitionKey === undefined ? randomPartitionKeyCharacters : utf8Bytes(partitionKey);
      let stream: string | undefined;
      if (isKeyed) {
        stream = this.#streamOf(this.#events.bodyOffset);
        streams.add(stream);
      }
      const isWrapped = compress === undefined && beginsAsAggregate(sink.bytes, start, sink.length);
      const isLine = joiner !== undefined && !isWrapped && (compress === undefined || sink.length - start <= joiner.roomFor(keyBytes));
      if (isLine) {
        // With compression, the record is within the limit and is compressed later, with the other lines of its entry.
        if (compress === undefined) this.#fit(sink, start, joiner.roomFor(keyBytes));
        recordBytes += sink.length - start;
        joiner.add(start, partitionKey, keyBytes, event, stream);
        continue;
      }
      const overheadBytes = keyBytes + (isWrapped ? wrapperBytes(sink.length - start, keyBytes) : 0);
      const plainBytes = sink.length - start;
      if (!this.#fit(sink, start, options.limits.maxRecordBytes - overheadBytes)) {
        report.tooLarge(plainBytes, this.#tooLargeEvent(partitionKey, stream, sink));
        continue;
      }
      const end = sink.length;
      recordBytes += end - start;
      this.#packedBytes += end - start;
      joiner?.closeKey(partitionKey, stream);
      if (aggregator !== undefined) aggregator.add(start, end, partitionKey, event);
      else if (gathered !== undefined) gathered.add(stream, start, end, partitionKey, event);
      else appendLoneRecord(start, end, partitionKey, keyBytes, event, undefined, alone, stream);
    }
    aggregator?.close();
    this.#gathered = gathered;
    joiner?.close();
    // Reported once per chunk: when it has been read to its end for the first time.
    if (this.#isOver && (this.#wanted === undefined || Number.isFinite(rest))) report.broken(this.#events.brokenEvents);
    if (compress !== undefined) report.compressed(this.#plainBytes, this.#packedBytes);
    return table.from(first);
  }

  /** Returns the stream that the record with this body chooses; undefined for the output's own. */
  #streamOf(body: number): string | undefined {
    const { options, shaper, report } = this.#dependencies;
    const name = shaper.streamOf(this.#input, body, this.#tag);
    if (name !== undefined && name === this.#latestName) return this.#latestStream;
    if (name === undefined || !streamNamePattern.test(name)) {
      report.withoutStream();
      return undefined;
    }
    this.#latestName = name;
    this.#latestStream = name === options.connection.stream ? undefined : name;
    return this.#latestStream;
  }

  // Separate methods: closures inside the loop would cost an object per event.
  #refusedEvent(): DroppedEvent {
    const { bodyOffset, seconds, nanoseconds } = this.#events;
    const copy = () => this.#input.bytes.slice(bodyOffset, skipValue(this.#input, bodyOffset));
    return { seconds, nanoseconds, partitionKey: undefined, stream: this.isKeyed ? this.#streamOf(bodyOffset) : undefined, copy };
  }

  #tooLargeEvent(partitionKey: string | undefined, stream: string | undefined, sink: ByteSink): DroppedEvent {
    const { seconds, nanoseconds } = this.#events;
    const start = sink.length;
    const copy = () => {
      // Shaped again: the attempts to fit have cut the record.
      this.#dependencies.shaper.shape(this.#input, this.#events, this.#tag, sink);
      const record = sink.bytes.slice(start, sink.length);
      sink.length = start;
      return record;
    };
    return { seconds, nanoseconds, partitionKey, stream, copy };
  }

  #openJoiner(table: EntryTable): RecordJoiner {
    const { options, compress, report } = this.#dependencies;
    const limits = { maxRecordBytes: options.limits.maxRecordBytes, hasNewlines: options.record.appendNewline };
    return new RecordJoiner(limits, {
      ...{ table, compress },
      truncated: (bytes) => report.truncated(bytes),
      tooLarge: (bytes, { event, ...line }) => {
        const { seconds, nanoseconds } = eventTimesOf(this.#input.bytes, [event]).get(event) ?? { seconds: 0, nanoseconds: 0 };
        report.tooLarge(bytes, { seconds, nanoseconds, ...line });
      },
      compressed: (plainBytes, bytes) => {
        this.#plainBytes += plainBytes;
        this.#packedBytes += bytes;
      },
    });
  }

  /** Compresses and cuts the record at `start`. Returns false, with the record removed from the sink, when it cannot be made to fit. */
  #fit(sink: ByteSink, start: number, maxBytes: number): boolean {
    const { compress, report, options } = this.#dependencies;
    const { appendNewline } = options.record;
    const plainBytes = sink.length - start;
    if (compress !== undefined) {
      const result = compressToFit(sink, start, maxBytes, appendNewline, compress);
      if (result === "truncated") report.truncated(plainBytes);
      if (result !== "cannot fit") {
        this.#plainBytes += plainBytes;
        return true;
      }
      sink.length = start;
      return false;
    }
    if (plainBytes > maxBytes) {
      truncate(sink, start, maxBytes, appendNewline);
      report.truncated(plainBytes);
    }
    return true;
  }
}
