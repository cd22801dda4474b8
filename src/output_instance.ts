/** One output of Fluent Bit's configuration: its options, its pipeline, and how it sends. */
import { ChunkTally } from "./chunk_tally.js";
import type { Config } from "./config.js";
import { userRecordsOf, type Entry } from "./entry.js";
import { EventSet } from "./event_set.js";
import type { InstanceEnvironment } from "./environment.js";
import type { Log } from "./log.js";
import type { Metrics } from "./metrics.js";
import { Pipeline, type PipelineDependencies } from "./pipeline.js";
import { ByteSink } from "./record/byte_sink.js";
import { SinkPool } from "./record/sink_pool.js";
import { createRecordReport } from "./record_report.js";
import { BackgroundSender } from "./send/background_sender.js";
import { DeliveredMemory } from "./send/delivered_memory.js";
import { deliver, type Delivery, type DeliveryDependencies, type RetryPolicy } from "./send/delivery.js";
import { DeliveryReport } from "./send/delivery_report.js";
import { FailureTimeout } from "./send/failure_timeout.js";
import { metered } from "./send/metered_client.js";
import type { PutRecordsClient } from "./send/put_records.js";
import { ShardMapSource, type ShardLister } from "./send/shard_map_source.js";

/** What becomes of a chunk: it is dealt with, or Fluent Bit is to bring it again. */
export type FlushOutcome = "ok" | "retry";

/** The world outside, for an output instance. */
export interface InstanceDependencies extends Omit<PipelineDependencies, "report"> {
  readonly log: Log;
  readonly client: PutRecordsClient & ShardLister;
  readonly metrics: Metrics;
  /** Tells chunks apart by their content. */
  readonly digest: (chunk: Uint8Array) => string;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
  /** Resolves after so long. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Ends Fluent Bit at once. */
  readonly exitProcess: (status: number) => void;
}

const backoff = { firstBackoffMs: 100, longestBackoffMs: 1000 };

/** One attempt without waiting: the background sender's own back-off comes between. */
const singleAttempt: RetryPolicy = { budgetMs: 0, firstBackoffMs: 0, longestBackoffMs: 0 };

/** Entries that are sent in the background; ten chunks of the usual 2 MB at most are about 25 MB. */
const maxBackgroundBytes = 32 * 1024 * 1024;

/** The records of a few chunks, which Fluent Bit keeps at 2 MB as a rule. */
const maxKeptRecordBytes = 16 * 1024 * 1024;

/** Within the 5 s that Fluent Bit grants at shutdown. */
const drainTimeoutMs = 4000;

/**
 * About 10,000 chunks, and longer than Fluent Bit's default of 2000 s at most between two retries (Scheduler.Cap).
 */
const memoryLimits = { maxBytes: 4 * 1024 * 1024, maxAgeMs: 60 * 60_000 };

/** Answers the flushes of one output. */
export class OutputInstance {
  readonly #dependencies: InstanceDependencies;
  readonly #maxRequestBytes: number;
  readonly #retryPolicy: RetryPolicy;
  readonly #client: PutRecordsClient;
  readonly #tally: ChunkTally;
  readonly #pipeline: Pipeline;
  readonly #report: DeliveryReport;
  readonly #failureTimeout: FailureTimeout;
  readonly #background: BackgroundSender | undefined;
  readonly #memory: DeliveredMemory;
  readonly #shardMaps: ShardMapSource | undefined;
  readonly #aggregates: boolean;
  readonly #sinks = new SinkPool(maxKeptRecordBytes);

  constructor(config: Config, environment: InstanceEnvironment, dependencies: InstanceDependencies) {
    const { log, now, sleep, exitProcess, client, metrics } = dependencies;
    this.#dependencies = dependencies;
    this.#client = metered(client, metrics, now);
    this.#maxRequestBytes = config.limits.maxRequestBytes;
    this.#retryPolicy = { ...backoff, budgetMs: config.retryTimeoutMs };
    const report = createRecordReport(log, config.connection.stream, config.limits.maxRecordBytes, now);
    this.#tally = new ChunkTally(report);
    this.#pipeline = new Pipeline(config, { ...dependencies, report: this.#tally });
    this.#report = new DeliveryReport(log, now);
    this.#memory = new DeliveredMemory(memoryLimits, dependencies);
    // Records of which the key is random all share the key of their aggregate.
    this.#aggregates = config.aggregation !== undefined;
    const mixesKeys = this.#aggregates && config.record.partitionKeyPath.length > 0;
    this.#shardMaps = mixesKeys ? new ShardMapSource(dependencies) : undefined;
    this.#failureTimeout = new FailureTimeout(environment.sendFailureTimeoutMs, now, (timeoutMs) => {
      log.error(`timeout threshold reached: Failed to send logs for ${timeoutMs / 1000}s`);
      log.error("Quitting Fluent Bit");
      exitProcess(1);
    });
    if (config.concurrency > 0) {
      this.#background = new BackgroundSender(
        { concurrency: config.concurrency, retries: config.concurrencyRetries, maxBytes: maxBackgroundBytes },
        {
          sleep,
          attempt: (entries, retry) => {
            if (retry > 0) metrics.add("retry_rounds_total", 1);
            // The chunk is Fluent Bit's again.
            return this.#deliver(entries, singleAttempt, () => []).finally(() => metrics.publish());
          },
          dropped: (records) => {
            log.error(`Failed to send (${records}) records after retries ${config.concurrencyRetries}; they are lost`);
            metrics.add("dropped_records_total:retries_exhausted", records);
            metrics.publish();
          },
        },
      );
    }
  }

  /** Takes a chunk; it is read until the flush has its answer. */
  async flush(chunk: Uint8Array, tag: string): Promise<FlushOutcome> {
    const { metrics } = this.#dependencies;
    const outcome = await this.#send(chunk, tag);
    if (outcome === "retry") metrics.add("flush_retries_total", 1);
    metrics.publish();
    return outcome;
  }

  async #send(chunk: Uint8Array, tag: string): Promise<FlushOutcome> {
    const { log, metrics } = this.#dependencies;
    const shardMap = this.#shardMaps === undefined ? undefined : await this.#shardMaps.current();
    const refusal = this.#background?.refusal;
    if (refusal !== undefined) {
      log.info(refusal);
      return "retry";
    }
    const wanted = this.#memory.take(chunk, tag);
    const recordBytes = chunk.length + (chunk.length >>> 2);
    // Aggregates are written behind the records that they are made of.
    const sink = this.#sinks.take(this.#aggregates ? 2 * recordBytes : recordBytes);
    const entries = this.#pipeline.entriesOf(chunk, sink, wanted, shardMap);
    const tally = this.#tally.take();
    log.debug(`Flushing ${entries.length} entries with tag: ${tag}`);
    if (this.#background !== undefined || entries.length === 0) {
      tally.addTo(metrics);
      this.#sendInBackground(entries, sink);
      return "ok";
    }
    const takeApart = (entry: Entry) => {
      const parts = this.#pipeline.entriesOf(chunk, new ByteSink(), new EventSet([entry]), "alone");
      // They were counted with their aggregate.
      this.#tally.take();
      return parts;
    };
    const delivery = await this.#deliver(entries, this.#retryPolicy, takeApart);
    this.#sinks.give(sink);
    const isDelivered = delivery.kind === "delivered";
    const isPartlyDone = delivery.delivered > 0 || delivery.refused.length > 0;
    // A chunk of which nothing is remembered comes again as if it were new.
    if (wanted === undefined && (isDelivered || isPartlyDone)) tally.addTo(metrics);
    if (isDelivered) return "ok";
    if (isPartlyDone || wanted !== undefined) this.#memory.keep(chunk, tag, delivery.remaining);
    return "retry";
  }

  /** Waits a while for what is sent in the background, and closes the connections. */
  async close(): Promise<void> {
    const { client, log, metrics } = this.#dependencies;
    const left = (await this.#background?.drain(drainTimeoutMs)) ?? 0;
    if (left > 0) log.error(`${left} chunks could not be sent before the end; their records are lost`);
    client.close();
    metrics.publish();
  }

  /** Few and large, aggregates are copied, so that they do not hold the memory of their user records as well. */
  #sendInBackground(entries: readonly Entry[], sink: ByteSink): void {
    const keepsSink = entries.length > 0 && !this.#aggregates;
    if (!keepsSink) this.#sinks.give(sink);
    if (entries.length > 0) this.#background?.take(keepsSink ? entries : entries.map((entry) => entry.withOwnMemory()));
  }

  async #deliver(
    entries: readonly Entry[],
    policy: RetryPolicy,
    takeApart: DeliveryDependencies["takeApart"],
  ): Promise<Delivery> {
    const { metrics, now, random, sleep } = this.#dependencies;
    const dependencies = { client: this.#client, maxRequestBytes: this.#maxRequestBytes, now, random, sleep, takeApart };
    const delivery = await deliver(entries, policy, dependencies);
    metrics.add("retry_rounds_total", delivery.retryRounds);
    metrics.add("dropped_records_total:refused", delivery.refused.reduce((sum, { entry }) => sum + userRecordsOf(entry), 0));
    if (delivery.delivered > 0) this.#failureTimeout.progressed();
    if (delivery.strayed > 0) this.#shardMaps?.invalidate();
    this.#report.report(delivery);
    if (delivery.delivered === 0) this.#failureTimeout.failed();
    return delivery;
  }
}
