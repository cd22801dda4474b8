/** Turns the events of a chunk into entries, a slice at a time: decoded, shaped, compressed, cut, aggregated. */
import { Aggregator, type AggregationLimits } from "./aggregator.js";
import { hidingBytes, loneRecord } from "./lone_record.js";
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

/** The options of an output by which its events become entries. */
export interface PipelineOptions {
  /** The output's own stream. */
  readonly connection: { readonly stream: string };
  readonly record: RecordOptions;
  readonly limits: ServiceLimits;
  /** Undefined when aggregation is off. */
  readonly aggregation: AggregationLimits | undefined;
  /** Whether records are joined by newlines; not together with aggregation. */
  readonly simpleAggregation: boolean;
}

/** What the pipeline needs of the world outside. */
export interface PipelineDependencies {
  /** Gives numbers from 0 up to 1. */
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
  /** Undefined when it is to be random, or is not known. */
  readonly partitionKey: string | undefined;
  /** The stream that it chooses; undefined for the output's own. */
  readonly stream: string | undefined;
  /** Returns a copy of the record before compression, or of the event's body in msgpack where no record came of it. Call it at once. */
  readonly copy: () => Uint8Array;
}

/** Takes what happened to records; the messages' rates are its business. */
export interface RecordReport {
  /** Values of the chunk that were no events. */
  broken(count: number): void;
  /** An event that did not become a record, and why. */
  refused(reason: string, event: DroppedEvent): void;
  /** A record that was cut to the limit. */
  truncated(bytes: number): void;
  /** A record that cannot be made to fit the limit. */
  tooLarge(bytes: number, event: DroppedEvent): void;
  /** A record in which partition_key leads nowhere. */
  withoutPartitionKey(): void;
  /** A record in which stream_key leads nowhere, or to a text that is no stream's name. */
  withoutStream(): void;
  /** All records of a chunk, before and after compression. */
  compressed(plainBytes: number, bytes: number): void;
}

/** How much of a chunk is turned into records at a time. */
export interface SliceLimits {
  /** Events of one slice, those that are dropped included. */
  readonly maxEvents: number;
  /** Bytes of records after which a slice ends; the last record may go beyond. */
  readonly recordBytes: number;
}

/** More than a chunk of 2 MB becomes as JSON, which is the most that Fluent Bit makes of a busy input: such a chunk is one slice. */
export const sliceRecordBytes = 4 * 1024 * 1024;

/**
 * Of the events that a log usually has, 2 MB. An entry takes some fifty bytes and its partition key (pack/entry_table.ts), so that a
 * chunk of the smallest events (three bytes) would take twenty to thirty times its size as a whole.
 */
const maxEvents = 20_000;
/** Each slice ends with aggregates that are not full, so it is larger; an event in one takes up to 32 bytes as long as it is filled, and then four. */
const maxAggregatedEvents = 50_000;
/** Each stream has a delivery of its own while the slice is under way. */
const maxStreams = 256;

/** A slice of large records, or of large aggregates, holds what fills two requests or four aggregates. */
function sliceLimits(service: ServiceLimits, aggregation: AggregateLimits | undefined): SliceLimits {
  const large = service.maxRecordBytes > maxRecordBytes ? 2 * service.maxRequestBytes : 0;
  if (aggregation === undefined) return { maxEvents: maxEvents, recordBytes: Math.max(sliceRecordBytes, large) };
  return { maxEvents: maxAggregatedEvents, recordBytes: Math.max(sliceRecordBytes, large, 4 * aggregation.maximumRecordBytes) };
}

/** Turns chunks into entries, by the options of one output instance. */
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
   * Begins with a chunk, of which nothing is kept but the position in it.
   * @param wanted which of its events; all when undefined
   * @param shardMap of the stream, by which records are aggregated; "alone" when they are not to be, nor joined
   */
  open(chunk: Uint8Array, tag: string, wanted?: EventSet, shardMap?: ShardMap | "alone"): Slices {
    const isAggregated = shardMap !== "alone";
    const aggregation = isAggregated ? this.#options.aggregation : undefined;
    const { compress, report, md5 } = this.#dependencies;
    // No spread: V8 gives its result another layout each time, and compiles Slices.next anew for each chunk.
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

/** What the slices of a chunk need of their pipeline. */
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

/** A chunk, as it becomes entries slice by slice. */
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
  /** The name that a record chose last, and the stream that it stands for. */
  #latestName: string | undefined;
  #latestStream: string | undefined;
  #packedBytes = 0;

  /** Call {@link Pipeline.open} instead. */
  constructor(chunk: Uint8Array, tag: string, wanted: EventSet | undefined, limits: SliceLimits, dependencies: SliceDependencies) {
    this.#dependencies = dependencies;
    this.#limits = limits;
    this.#input = inputOf(chunk);
    this.#events = new EventReader(this.#input);
    this.#tag = tag;
    this.#wanted = wanted;
  }

  /** Events that have been read, the first ones of the chunk. */
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

  /** Returns the records of the last slice that {@link aggregate} has still to make entries of; undefined when there are none. */
  takeGathered(): StreamRecords | undefined {
    const gathered = this.#gathered;
    this.#gathered = undefined;
    return gathered;
  }

  /** Appends the entries of gathered records, which lie in the table's sink, and returns them. @param shardMapOf returns undefined where a stream's shards are unknown */
  aggregate(records: StreamRecords, table: EntryTable, shardMapOf: (stream: string | undefined) => ShardMap | undefined): Entry[] {
    const { aggregation, md5, randomKey } = this.#dependencies;
    const first = table.length;
    if (aggregation !== undefined) records.aggregate(aggregation, { table, md5, randomKey }, shardMapOf);
    return table.from(first);
  }

  /**
   * Appends the entries of the next slice, and returns them; there may be none in it. Their data is in the table's sink, nothing of
   * it in the chunk. A slice ends at {@link EventSet.rest}, so that all its events lie on one side. Where records choose their
   * streams, those to aggregate are gathered: the shards of a stream are asked for when the stream is known.
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
      const isHidden = compress === undefined && beginsAsAggregate(sink.bytes, start, sink.length);
      const isLine = joiner !== undefined && !isHidden && (compress === undefined || sink.length - start <= joiner.roomFor(keyBytes));
      if (isLine) {
        // What is to be compressed is within the limit, and is compressed together.
        if (compress === undefined) this.#fit(sink, start, joiner.roomFor(keyBytes));
        recordBytes += sink.length - start;
        joiner.add(start, partitionKey, keyBytes, event, stream);
        continue;
      }
      const besidesBytes = keyBytes + (isHidden ? hidingBytes(sink.length - start, keyBytes) : 0);
      const plainBytes = sink.length - start;
      if (!this.#fit(sink, start, options.limits.maxRecordBytes - besidesBytes)) {
        report.tooLarge(plainBytes, this.#tooLargeEvent(partitionKey, stream, sink));
        continue;
      }
      const end = sink.length;
      recordBytes += end - start;
      this.#packedBytes += end - start;
      joiner?.closeKey(partitionKey, stream);
      if (aggregator !== undefined) aggregator.add(start, end, partitionKey, event);
      else if (gathered !== undefined) gathered.add(stream, start, end, partitionKey, event);
      else loneRecord(start, end, partitionKey, keyBytes, event, undefined, alone, stream);
    }
    aggregator?.close();
    this.#gathered = gathered;
    joiner?.close();
    // What a chunk held besides events is told when all of it has been read for the first time.
    if (this.#isOver && (this.#wanted === undefined || Number.isFinite(rest))) report.broken(this.#events.brokenEvents);
    if (compress !== undefined) report.compressed(this.#plainBytes, this.#packedBytes);
    return table.from(first);
  }

  /** Returns the stream that the record of the body chooses; undefined for the output's own. */
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

  // Functions of their own: one inside the loop would cost each event an object for what it uses.
  #refusedEvent(): DroppedEvent {
    const { bodyOffset, seconds, nanoseconds } = this.#events;
    const copy = () => this.#input.bytes.slice(bodyOffset, skipValue(this.#input, bodyOffset));
    return { seconds, nanoseconds, partitionKey: undefined, stream: this.isKeyed ? this.#streamOf(bodyOffset) : undefined, copy };
  }

  #tooLargeEvent(partitionKey: string | undefined, stream: string | undefined, sink: ByteSink): DroppedEvent {
    const { seconds, nanoseconds } = this.#events;
    const start = sink.length;
    const copy = () => {
      // Written anew: what was tried has cut it.
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

  /** Compresses and cuts the record that starts at `start`; false when it has to be dropped, with nothing of it in the sink. */
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
