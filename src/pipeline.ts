/** The story of one flush: a chunk's bytes become events, user records, entries, and a delivery. */
import { Aggregator } from "./aggregate/aggregator.js";
import type { ShardMap } from "./aggregate/shard_map.js";
import type { Md5 } from "./aggregate/aggregated_record.js";
import type { Config } from "./config.js";
import { EventReader } from "./decode/event_reader.js";
import type { EventSet } from "./event_set.js";
import { inputOf } from "./decode/msgpack.js";
import { randomPartitionKeyCharacters } from "./limits.js";
import type { ByteSink } from "./record/byte_sink.js";
import { randomPartitionKey, utf8Bytes } from "./record/partition_key.js";
import { RecordShaper } from "./record/record_shaper.js";
import { compressToFit, truncate, type Compress } from "./record/truncation.js";
import { Entry } from "./entry.js";

/** What the pipeline needs of the world outside. */
export interface PipelineDependencies {
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  readonly md5: Md5;
  readonly compress: Compress | undefined;
  readonly report: RecordReport;
}

/** Takes what happened to records; the messages' rates are its business. */
export interface RecordReport {
  /** Values of the chunk that were no events. */
  broken(count: number): void;
  /** A record that was dropped, and why. */
  refused(reason: string): void;
  /** A record that was cut to the limit. */
  truncated(bytes: number): void;
  /** A record that cannot be made to fit the limit. */
  tooLarge(bytes: number): void;
  /** A record in which partition_key leads nowhere. */
  withoutPartitionKey(): void;
  /** All records of a chunk, before and after compression. */
  compressed(plainBytes: number, bytes: number): void;
}

/** Turns chunks into entries, by the options of one output instance. */
export class Pipeline {
  readonly #config: Config;
  readonly #dependencies: PipelineDependencies;
  readonly #shaper: RecordShaper;
  readonly #randomKey: () => string;
  #plainBytes = 0;

  constructor(config: Config, dependencies: PipelineDependencies) {
    this.#config = config;
    this.#dependencies = dependencies;
    this.#shaper = new RecordShaper(config.record);
    this.#randomKey = () => randomPartitionKey(dependencies.random, randomPartitionKeyCharacters);
  }

  /**
   * The entries to send for a chunk. Their data is in the sink (or their own), nothing of it in the chunk.
   * @param sink an empty one
   * @param wanted which of its events; all when undefined
   * @param shardMap of the stream, by which records are aggregated; "alone" when they are not to be
   */
  entriesOf(chunk: Uint8Array, sink: ByteSink, wanted?: EventSet, shardMap?: ShardMap | "alone"): Entry[] {
    const { report, md5, compress } = this.#dependencies;
    const { aggregation } = this.#config;
    const entries: Entry[] = [];
    const emit = (entry: Entry) => entries.push(entry);
    const aggregator =
      aggregation === undefined || shardMap === "alone"
        ? undefined
        : new Aggregator(aggregation, { randomKey: this.#randomKey, md5, shardMap, sink, emit });

    this.#plainBytes = 0;
    let recordBytes = 0;
    const input = inputOf(chunk);
    const events = new EventReader(input);
    for (let event = 0; events.next(); event++) {
      if (wanted?.has(event) === false) continue;
      const start = sink.length;
      const shaped = this.#shaper.shape(input, events.bodyOffset, events.seconds, events.nanoseconds, sink);
      if (shaped.kind === "refused") {
        report.refused(shaped.reason);
        continue;
      }
      const { partitionKey } = shaped;
      if (partitionKey === undefined && this.#config.record.partitionKeyPath.length > 0) {
        report.withoutPartitionKey();
      }
      const keyBytes = partitionKey === undefined ? randomPartitionKeyCharacters : utf8Bytes(partitionKey);
      if (!this.#fit(sink, start, this.#config.limits.maxRecordBytes - keyBytes)) continue;
      const { bytes: memory, length: end } = sink;
      recordBytes += end - start;
      if (aggregator !== undefined) aggregator.add(start, end, partitionKey, event);
      else emit(new Entry(memory, start, end, partitionKey, end - start + keyBytes, event));
    }
    aggregator?.close();
    if (wanted === undefined) report.broken(events.brokenEvents);
    if (compress !== undefined) report.compressed(this.#plainBytes, recordBytes);
    return entries;
  }

  /** Compresses and cuts the record that starts at `start`; false when it had to be dropped. */
  #fit(sink: ByteSink, start: number, maxBytes: number): boolean {
    const { compress, report } = this.#dependencies;
    const { appendNewline } = this.#config.record;
    const plainBytes = sink.length - start;
    if (compress !== undefined) {
      const result = compressToFit(sink, start, maxBytes, appendNewline, compress);
      if (result === "truncated") report.truncated(plainBytes);
      if (result !== "cannot fit") {
        this.#plainBytes += plainBytes;
        return true;
      }
      sink.length = start;
      report.tooLarge(plainBytes);
      return false;
    }
    if (plainBytes > maxBytes) {
      truncate(sink, start, maxBytes, appendNewline);
      report.truncated(plainBytes);
    }
    return true;
  }
}
